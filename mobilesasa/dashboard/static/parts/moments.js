/** Choosing a day or a moment, in the team's zone; what goes out is UTC. */
import { html, cx } from './ui.js';
import { Field } from './forms.js';
import { zone } from './session.js';
import { t } from './texts.js';

/** What a clock in a zone shows at a moment, as 2026-05-11T14:05. @param {string|Date} at @param {string} place */
export function inZone(at, place = zone()) {
  const date = new Date(at);
  if (Number.isNaN(date.getTime())) {
    return '';
  }
  const pieces = Object.fromEntries(new Intl.DateTimeFormat('en-CA', {
    timeZone: place, year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit', hourCycle: 'h23',
  }).formatToParts(date).map((each) => [each.type, each.value]));
  return `${pieces.year}-${pieces.month}-${pieces.day}T${pieces.hour}:${pieces.minute}`;
}

/**
 * The moment at which a clock in a zone shows that, as ISO in UTC; of two (a clock set back) the first, of none the later.
 * @param {string} local 2026-05-11T14:05
 * @param {string} place
 * @returns {string}
 */
export function fromZone(local, place = zone()) {
  const wanted = Date.parse(`${local}:00Z`);
  if (Number.isNaN(wanted)) {
    return '';
  }
  let guess = wanted;
  for (let nth = 0; nth < 3; nth += 1) {
    const shown = Date.parse(`${inZone(new Date(guess), place)}:00Z`);
    if (shown === wanted) {
      break;
    }
    guess += wanted - shown;
  }
  return new Date(guess).toISOString().replace('.000Z', 'Z');
}

/** A zone in words: `Africa/Nairobi (GMT+3)`. @param {string} place */
export function zoneWords(place = zone()) {
  const offset = new Intl.DateTimeFormat('en-GB', { timeZone: place, timeZoneName: 'shortOffset' }).formatToParts(new Date()).find((each) => each.type === 'timeZoneName');
  return `${place.replaceAll('_', ' ')} (${offset?.value ?? 'GMT'})`;
}

/**
 * A moment; shown in the team's zone, given as ISO in UTC ('' where there is none).
 * @param {{name?: string, label: any, value: string|null, onInput: (iso: string) => void, help?: any, required?: boolean,
 *   min?: string, max?: string, disabled?: boolean, error?: string, zone?: string}} props min, max: ISO
 */
export function DateTimeField({ value, onInput, min, max, help, disabled, zone: place, name, label, error, required, optional, hideLabel, class: className }) {
  const where = place ?? zone();
  const words = html`${t('common.zone_help', { zone: zoneWords(where) })}${help && html`<br/>${help}`}`;
  return html`<${Field} ...${{ name, label, error, required, optional, hideLabel, class: className }} help=${words}>${(tied) => html`
    <input type="datetime-local" class=${cx('input', 'num')} value=${value ? inZone(value, where) : ''} min=${min ? inZone(min, where) : undefined}
      max=${max ? inZone(max, where) : undefined} disabled=${disabled} ...${tied}
      onChange=${(event) => onInput?.(event.target.value ? fromZone(event.target.value, where) : '')}/>`}</${Field}>`;
}

/**
 * A day, as 2026-05-11.
 * @param {object} props as of DateTimeField
 */
export function DateField({ value, onInput, min, max, disabled, name, label, help, error, required, optional, hideLabel, class: className }) {
  return html`<${Field} ...${{ name, label, help, error, required, optional, hideLabel, class: className }}>${(tied) => html`
    <input type="date" class="input num" value=${value ?? ''} min=${min} max=${max} disabled=${disabled} ...${tied}
      onChange=${(event) => onInput?.(event.target.value)}/>`}</${Field}>`;
}
