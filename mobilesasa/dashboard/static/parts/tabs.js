/** Tabs, and a choice of a few side by side. */
import { html, cx, useId, useLayoutEffect, useRef } from './ui.js';
import { choiceOf } from './fields.js';
import { Icon } from './icons.js';
import { number } from './format.js';

/** Keep what is chosen in sight, in a row that is longer than its room; the page itself stays where it is. */
function useInSight(box, selector, chosen) {
  useLayoutEffect(() => {
    const [row, on] = [box.current, box.current?.querySelector(selector)];
    if (row && on) {
      const [within, at] = [row.getBoundingClientRect(), on.getBoundingClientRect()];
      if (at.left < within.left || at.right > within.right) {
        row.scrollLeft += at.left - within.left - (within.width - at.width) / 2;
      }
    }
  }, [chosen]);
}

/**
 * Tabs; arrows move among them. What is below them is the page's.
 * @param {{tabs: {id: string, label: string, count?: number, icon?: string}[], value: string, onChange: (id: string) => void,
 *   label?: string, panel?: string}} props panel: id of the element that shows the tab's content
 */
export function Tabs({ tabs, value, onChange, label, panel }) {
  const box = useRef(null);
  const shown = tabs.filter(Boolean);
  const current = shown.some((each) => each.id === value) ? value : shown[0]?.id;
  useInSight(box, '[aria-selected=true]', current);
  const moved = (event) => {
    const at = shown.findIndex((each) => each.id === current);
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: shown.length - 1 }[event.key];
    if (to === undefined) {
      return;
    }
    event.preventDefault();
    const nth = (to + shown.length) % shown.length;
    onChange(shown[nth].id);
    box.current.querySelectorAll('[role=tab]')[nth]?.focus();
  };
  return html`
    <div class="tabs" role="tablist" aria-label=${label} ref=${box} onKeyDown=${moved}>
      ${shown.map((each) => html`
        <button key=${each.id} type="button" role="tab" class="tab" aria-selected=${String(each.id === current)} aria-controls=${panel}
          tabindex=${each.id === current ? '0' : '-1'} onClick=${() => onChange(each.id)}>
          ${each.icon && html`<${Icon} name=${each.icon}/>`}<span>${each.label}</span>
          ${each.count !== undefined && each.count !== null && html`<span class="tab-count num">${number(each.count)}</span>`}
        </button>`)}
    </div>
  `;
}

/**
 * A choice of a few, side by side.
 * @param {{options: any[], value: any, onChange: (value: any) => void, label: string, small?: boolean}} props options as of
 *   SelectField; `icon` is shown before the label, or in its place with `iconOnly`
 */
export function Segmented({ options, value, onChange, label, small }) {
  const name = useId();
  const box = useRef(null);
  useInSight(box, '.is-on', value);
  return html`
    <div ref=${box} class=${cx('segmented', small && 'is-small')} role="radiogroup" aria-label=${label}>
      ${options.map((option) => ({ ...option, ...choiceOf(option) })).map((each) => html`
        <label key=${each.value} class=${cx('segment', each.value === value && 'is-on')} title=${each.iconOnly ? each.label : each.title}>
          <input type="radio" class="visually-hidden" name=${name} value=${each.value} checked=${each.value === value} disabled=${each.disabled}
            onChange=${() => onChange(each.value)}/>
          ${each.icon && html`<${Icon} name=${each.icon}/>`}
          <span class=${each.iconOnly ? 'visually-hidden' : undefined}>${each.label}</span>
        </label>`)}
    </div>
  `;
}
