/** Charts: time by uPlot, which comes only with the first of them; bars, rings, sparks, meters of our own. All have words besides. */
import { html, cx, useId } from './ui.js';
import { compact, number, percent } from './format.js';
import { t } from './texts.js';

export { TimeChart } from './time_chart.js';

const COLOURS = ['accent', 'good', 'warn', 'bad', 'info', 'muted'];

/** The class of a colour: one of ours by name, else by its place. */
const tone = (colour, nth = 0) => `tone-${COLOURS.includes(colour) ? colour : COLOURS[nth % COLOURS.length]}`;

/**
 * Bars side by side, from the largest value.
 * @param {{label: string, items: {label: any, value: number, colour?: string, text?: any, href?: string}[], max?: number, share?: boolean}}
 *   props text: in the place of the number; share: the part of the whole beside it
 */
export function Bars({ label, items, max, share = false }) {
  const most = max ?? Math.max(1, ...items.map((each) => each.value ?? 0));
  const whole = items.reduce((sum, each) => sum + (each.value ?? 0), 0);
  return html`
    <ul class="bars" aria-label=${label}>
      ${items.map((each, nth) => html`
        <li key=${typeof each.label === 'string' ? each.label : nth} class="bar-row">
          <span class="bar-label truncate" title=${typeof each.label === 'string' ? each.label : undefined}>${each.href ? html`<a href=${each.href}>${each.label}</a>` : each.label}</span>
          <span class="bar-track" aria-hidden="true"><span class=${cx('bar-fill', tone(each.colour ?? 'accent'))} style=${{ width: `${Math.max(0, Math.min(100, (100 * (each.value ?? 0)) / most))}%` }}></span></span>
          <span class="bar-value num">${each.text ?? number(each.value)}${share && whole > 0 && html` <span class="muted">${percent(each.value / whole)}</span>`}</span>
        </li>`)}
    </ul>
  `;
}

/**
 * A ring of parts, with its list.
 * @param {{label: string, items: {label: string, value: number, colour?: string}[], centre?: any}} props centre: in the middle; else
 *   the whole
 */
export function Donut({ label, items, centre }) {
  const shown = items.filter((each) => each.value > 0);
  const whole = shown.reduce((sum, each) => sum + each.value, 0);
  const around = 2 * Math.PI * 42;
  let done = 0;
  return html`
    <div class="donut">
      <svg class="donut-ring" viewBox="0 0 100 100" role="img" aria-label=${`${label}: ${shown.map((each) => `${each.label} ${percent(each.value / whole)}`).join(', ') || t('common.none')}`}>
        <circle class="donut-back" cx="50" cy="50" r="42"/>
        ${shown.map((each, nth) => {
          const part = (each.value / whole) * around;
          const from = done;
          done += part;
          const gap = shown.length > 1 ? Math.min(1.5, part / 3) : 0;
          return html`<circle class=${cx('donut-part', tone(each.colour, nth))} cx="50" cy="50" r="42" stroke-dasharray="${Math.max(0.5, part - gap)} ${around}" stroke-dashoffset=${-from}/>`;
        })}
        <text class="donut-centre" x="50" y="50" text-anchor="middle" dominant-baseline="central">${centre ?? compact(whole)}</text>
      </svg>
      <ul class="legend">
        ${items.map((each, nth) => html`<li key=${each.label}><span class=${cx('legend-dot', tone(each.colour, shown.indexOf(each) < 0 ? nth : shown.indexOf(each)))} aria-hidden="true"></span>
          <span class="legend-label truncate">${each.label}</span><span class="num">${number(each.value)}</span><span class="num muted legend-part">${whole ? percent(each.value / whole) : ''}</span></li>`)}
      </ul>
    </div>
  `;
}

/**
 * A line without axes, as large as its text.
 * @param {{values: (number|null)[], label: string, colour?: string}} props
 */
export function Spark({ values, label, colour = 'accent' }) {
  const known = values.map((each) => each ?? 0);
  const most = Math.max(1, ...known);
  const step = known.length > 1 ? 100 / (known.length - 1) : 100;
  const points = known.map((each, nth) => `${(nth * step).toFixed(1)},${(22 - (20 * each) / most).toFixed(1)}`);
  return html`
    <svg class=${cx('spark', tone(colour))} viewBox="0 0 100 24" preserveAspectRatio="none" role="img" aria-label=${`${label}: ${number(known.at(-1))}`}>
      <polygon class="spark-fill" points="0,24 ${points.join(' ')} 100,24"/>
      <polyline class="spark-line" points=${points.join(' ')}/>
    </svg>
  `;
}

/**
 * How much of what there may be.
 * @param {{value: number, max?: number, label: string, colour?: string, text?: any}} props
 */
export function Meter({ value, max = 1, label, colour, text }) {
  const part = max > 0 ? Math.max(0, Math.min(1, value / max)) : 0;
  return html`
    <div class="meter">
      <div class="meter-track" role="meter" aria-label=${label} aria-valuemin="0" aria-valuemax=${max} aria-valuenow=${value} aria-valuetext=${typeof text === 'string' ? text : `${number(value)} / ${number(max)}`}>
        <span class=${cx('meter-fill', tone(colour ?? 'accent'))} style=${{ width: `${100 * part}%` }}></span>
      </div>
      ${text !== undefined && html`<span class="meter-text num">${text}</span>`}
    </div>
  `;
}

/**
 * How far something is that goes on; without a value: that it does.
 * @param {{value?: number|null, max?: number, label: string, text?: any, colour?: string}} props
 */
export function Progress({ value, max = 1, label, text, colour = 'accent' }) {
  const id = useId();
  const known = value !== undefined && value !== null;
  const part = known && max > 0 ? Math.max(0, Math.min(1, value / max)) : 0;
  return html`
    <div class="progress">
      <div class="progress-words"><span id=${id}>${label}</span><span class="num muted">${text ?? (known ? percent(part, 0) : '')}</span></div>
      <div class=${cx('progress-track', !known && 'is-endless')} role="progressbar" aria-labelledby=${id} aria-valuemin="0" aria-valuemax="100" aria-valuenow=${known ? Math.round(100 * part) : undefined}>
        <span class=${cx('progress-fill', tone(colour))} style=${{ width: known ? `${100 * part}%` : undefined }}></span>
      </div>
    </div>
  `;
}
