/** A chart over time, drawn by uPlot, which is fetched with the first chart; beside it a table for who does not see it. */
import { html, cx, useEffect, useMemo, useRef, useState } from './ui.js';
import { compact, dayTime, number, shortDay, time } from './format.js';
import { zone } from './session.js';
import { shownTheme } from './theme.js';
import { reportDefect } from './defects.js';
import { language, t } from './texts.js';
import { Icon } from './icons.js';

let library = null;

/** uPlot and its stylesheet, once. */
function fetched() {
  speakable();
  library ??= Promise.all([import('uplot'), styled()]).then(([module]) => module.default).catch((error) => {
    library = null;
    throw error;
  });
  return library;
}

/** uPlot writes numbers in the language of the browser, and some have one that Intl does not know (en-US@posix). */
function speakable() {
  try {
    Intl.getCanonicalLocales(navigator.language);
  } catch {
    Object.defineProperty(navigator, 'language', { value: language.value, configurable: true });
  }
}

function styled() {
  return new Promise((done) => {
    const link = Object.assign(document.createElement('link'), { rel: 'stylesheet', href: new URL('../vendor/uplot.css', import.meta.url).pathname });
    link.onload = done;
    link.onerror = done;
    document.head.append(link);
  });
}

const COLOURS = ['accent', 'good', 'warn', 'bad', 'info', 'muted'];
const colourName = (colour, nth) => (COLOURS.includes(colour) ? colour : COLOURS[nth % COLOURS.length]);

function colour(name) {
  const style = getComputedStyle(document.documentElement);
  return style.getPropertyValue(`--chart-${name}`).trim() || style.getPropertyValue('--text-2').trim();
}

/** Each series on top of those before it, as uPlot wants the values; the highest first. */
function stackedOf(series) {
  const sums = series[0]?.values.map(() => 0) ?? [];
  return series.map((each) => each.values.map((value, nth) => {
    sums[nth] += value ?? 0;
    return sums[nth];
  }));
}

/**
 * @param {{label: string, series: {label: string, values: (number|null)[], colour?: 'good'|'bad'|'muted'|'accent'|'warn'|'info'}[],
 *   times: number[], kind?: 'line'|'bars'|'area', stacked?: boolean, height?: number, value?: (n: number) => string, hideLegend?: boolean}}
 *   props times: seconds since 1970, rising; value: how numbers are written
 */
export function TimeChart({ label, series, times, kind = 'line', stacked = false, height = 220, value = number, hideLegend = false }) {
  const box = useRef(null);
  const [hidden, setHidden] = useState(() => new Set());
  const [at, setAt] = useState(null); // {nth, left}: what is pointed at
  const seen = series.filter((each) => !hidden.has(each.label));
  const dark = shownTheme.value;
  const place = zone();
  const sign = useMemo(() => JSON.stringify([times, seen.map((each) => [each.label, each.values, each.colour]), kind, stacked, height]), [times, series, hidden, kind, stacked, height]);

  useEffect(() => {
    let chart = null;
    let watch = null;
    let gone = false;
    fetched().then((Plot) => {
      if (gone || !box.current) {
        return;
      }
      const width = () => box.current.clientWidth;
      const all = series.map((each, nth) => ({ ...each, tone: colourName(each.colour, nth) })).filter((each) => !hidden.has(each.label));
      chart = new Plot(optionsOf(Plot, all, { kind, stacked, height, width: width(), value, setAt, place, times, step: stepOf(times) }), dataOf(all, times, stacked), box.current);
      watch = new ResizeObserver(() => box.current && chart.setSize({ width: width(), height }));
      watch.observe(box.current);
    }).catch(reportDefect);
    return () => {
      gone = true;
      watch?.disconnect();
      chart?.destroy();
    };
  }, [sign, dark, place]);

  const turned = (name) => setHidden((old) => {
    const next = new Set(old);
    return next.delete(name) ? next : next.add(name);
  });
  return html`
    <figure class="chart">
      ${!hideLegend && series.length > 1 && html`<${Legend} series=${series} hidden=${hidden} onTurn=${turned}/>`}
      <div class="chart-place" style=${{ height: `${height}px` }}>
        <div class="chart-box" ref=${box} aria-hidden="true"></div>
        ${times.length === 0 && html`<p class="chart-none muted">${t('common.chart_none')}</p>`}
        ${at && times[at.nth] !== undefined && html`<${Tip} at=${at} time=${times[at.nth]} series=${series} hidden=${hidden} value=${value}/>`}
      </div>
      <${AsTable} label=${label} series=${series} times=${times} value=${value}/>
    </figure>
  `;
}

function Legend({ series, hidden, onTurn }) {
  return html`
    <div class="chart-legend" aria-hidden="true">
      ${series.map((each, nth) => html`
        <button key=${each.label} type="button" tabindex="-1" class=${cx('chart-key', hidden.has(each.label) && 'is-off')} onClick=${() => onTurn(each.label)}>
          <span class="legend-dot tone-${colourName(each.colour, nth)}"></span>${each.label}
        </button>`)}
    </div>`;
}

function Tip({ at, time: when, series, hidden, value }) {
  return html`
    <div class=${cx('chart-tip', at.right && 'is-right')} style=${{ left: `${at.left}px` }} aria-hidden="true">
      <p class="chart-tip-time">${dayTime(when)}</p>
      ${series.map((each, nth) => !hidden.has(each.label) && html`
        <p key=${each.label} class="chart-tip-row"><span class="legend-dot tone-${colourName(each.colour, nth)}"></span><span>${each.label}</span><span class="num">${each.values[at.nth] === null || each.values[at.nth] === undefined ? '–' : value(each.values[at.nth])}</span></p>`)}
    </div>`;
}

/** The same as a table: to be read out, and to be opened by who wants the numbers. */
function AsTable({ label, series, times, value }) {
  const [open, setOpen] = useState(false);
  return html`
    <details class="chart-table" onToggle=${(event) => setOpen(event.currentTarget.open)}>
      <summary class="small muted"><${Icon} name="table"/> ${t('common.chart_table', { name: label })}</summary>
      ${open && html`
        <div class="chart-table-box" tabindex="0" role="region" aria-label=${label}>
          <table class="table is-tight">
            <caption class="visually-hidden">${label}</caption>
            <thead><tr><th scope="col">${t('common.chart_time')}</th>${series.map((each) => html`<th scope="col" class="is-num">${each.label}</th>`)}</tr></thead>
            <tbody>${times.map((when, nth) => html`<tr><th scope="row" class="num">${dayTime(when)}</th>${series.map((each) => html`<td class="is-num num">${each.values[nth] === null || each.values[nth] === undefined ? '–' : value(each.values[nth])}</td>`)}</tr>`)}</tbody>
          </table>
        </div>`}
    </details>`;
}

function dataOf(series, times, stacked) {
  const values = stacked ? stackedOf(series).reverse() : series.map((each) => each.values);
  return [times, ...values];
}

/** A colour (#rrggbb) that lets through what is behind it. */
function faded(text, part) {
  return part === 1 ? text : `${text}${Math.round(part * 255).toString(16).padStart(2, '0')}`;
}

/** How far apart the times are, in seconds: of two that follow each other, the shortest; of one alone, a day or an hour. */
function stepOf(times) {
  if (times.length === 1) {
    return time(times[0]) === '00:00' ? DAY_S : 3600;
  }
  return times.slice(1).reduce((least, each, nth) => Math.min(least, each - times[nth]), times.length ? Infinity : 3600);
}

/** From the first time to the last; bars, and a time alone, have room at both sides. */
function xRange(times, step, kind) {
  const [low, high] = [times[0] ?? 0, times.at(-1) ?? step];
  return kind === 'bars' || low === high ? [low - step / 2, high + step / 2] : [low, high];
}

const DAY_S = 86_400;
const DAYS = [1, 2, 7, 14, 28, 91].map((each) => each * DAY_S);

function optionsOf(Plot, series, { kind, stacked, height, width, value, setAt, place, times, step }) {
  const text = colour('text');
  const grid = { stroke: colour('grid'), width: 1 };
  const axis = { stroke: text, grid, ticks: { show: false }, font: '11px system-ui, sans-serif' };
  const order = stacked ? [...series].reverse() : series;
  const bars = kind === 'bars' ? Plot.paths.bars({ size: [0.72, 48], radius: stacked ? 0 : 0.12 }) : undefined;
  return {
    width,
    height,
    padding: [8, 18, 0, 0],
    legend: { show: false },
    tzDate: (seconds) => Plot.tzDate(new Date(seconds * 1000), place),
    cursor: { y: false, points: { show: kind === 'line', size: 7 }, drag: { x: false, y: false } },
    hooks: { setCursor: [(plot) => pointed(plot, setAt)] },
    scales: { x: { time: true, range: () => xRange(times, step, kind) }, y: { range: (_, low, high) => [0, Math.max(1, high * 1.08)] } },
    axes: [
      { ...axis, grid: { show: false }, size: 26, space: 70, incrs: step >= DAY_S - 3601 ? DAYS : undefined, values: (_, splits) => ticksOf(splits) },
      { ...axis, size: 46, gap: 6, space: 36, values: (_, splits) => splits.map((each) => (Number.isInteger(each) || each < 10 ? compact(each) : '')) },
    ],
    series: [{}, ...order.map((each) => drawn(each, { kind, stacked, bars, value, alone: times.length === 1 && kind !== 'bars' }))],
  };
}

function drawn(each, { kind, stacked, bars, value, alone }) {
  const stroke = colour(each.tone);
  const filled = kind === 'area' || kind === 'bars';
  return {
    label: each.label,
    stroke,
    width: kind === 'bars' ? 0 : 1.75,
    fill: filled ? faded(stroke, kind === 'bars' || stacked ? 1 : 0.16) : undefined,
    paths: bars,
    points: { show: alone },
    value: (_, raw) => (raw === null ? '–' : value(raw)),
  };
}

/** Days where the ticks are days apart, else times; a day where a new one begins. */
function ticksOf(splits) {
  const apart = splits.length > 1 ? splits[1] - splits[0] : 0;
  return splits.map((each) => (apart >= 86_400 || time(each) === '00:00' ? shortDay(each) : time(each)));
}

function pointed(plot, setAt) {
  const { idx: nth, left } = plot.cursor;
  if (nth === null || nth === undefined || left < 0) {
    setAt(null);
    return;
  }
  const from = plot.over.offsetLeft + plot.valToPos(plot.data[0][nth], 'x');
  setAt((old) => (old?.nth === nth && old.left === from ? old : { nth, left: from, right: from > plot.over.offsetLeft + plot.over.clientWidth / 2 }));
}
