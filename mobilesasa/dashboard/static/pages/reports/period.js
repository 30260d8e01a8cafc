/** Which days a report is about: a usual span or two days, in the team's zone and in the address. */
import { html, useState } from '../../parts/ui.js';
import { isoDay } from '../../parts/format.js';
import { fromZone } from '../../parts/moments.js';
import { setQuery } from '../../parts/router.js';
import { t } from '../../parts/texts.js';

export const SPANS = ['today', 'yesterday', '7d', '30d', 'month', 'last_month', '90d', 'year'];
const USUAL = '7d';
const DAY_MS = 86_400_000;

/** @param {string} day as 2026-05-11 @param {number} n @returns {string} the day so many days later */
export function plusDays(day, n) {
  return new Date(Date.parse(`${day}T00:00:00Z`) + n * DAY_MS).toISOString().slice(0, 10);
}

/** @param {string} from @param {string} to @returns {number} days of a period, both ends in it */
export function daysOf(from, to) {
  return Math.round((Date.parse(to) - Date.parse(from)) / DAY_MS) + 1;
}

function spanOf(span) {
  const today = isoDay();
  const first = `${today.slice(0, 8)}01`;
  const lastMonth = plusDays(first, -1);
  return {
    today: [today, today],
    yesterday: [plusDays(today, -1), plusDays(today, -1)],
    '7d': [plusDays(today, -6), today],
    '30d': [plusDays(today, -29), today],
    '90d': [plusDays(today, -89), today],
    month: [first, today],
    last_month: [`${lastMonth.slice(0, 8)}01`, lastMonth],
    year: [plusDays(today, -364), today],
  }[span];
}

/**
 * @param {Object<string, string>} query of the address
 * @returns {{span: string, from: string, to: string}} span: one of SPANS, or 'own'
 */
export function periodOf(query) {
  const isDay = (text) => /^\d{4}-\d{2}-\d{2}$/.test(text ?? '');
  if (isDay(query.from) && isDay(query.to) && query.from <= query.to) return { span: 'own', from: query.from, to: query.to };
  const span = SPANS.includes(query.period) ? query.period : USUAL;
  const [from, to] = spanOf(span);
  return { span, from, to };
}

/** @param {string} key of a day or an hour as reports give it @returns {number} when it begins, seconds */
export function startOf(key) {
  return Math.round(Date.parse(key.length === 10 ? fromZone(`${key}T00:00`) : key) / 1000);
}

/**
 * The choice of a period, for the filters' row.
 * @param {{period: {span: string, from: string, to: string}}} props
 */
export function PeriodPicker({ period }) {
  const [own, setOwn] = useState(null); // days that make no period yet
  const shown = own ?? period;
  const choose = (span) => setQuery(span === 'own'
    ? { period: '', from: period.from, to: period.to, page: '' }
    : { period: span === USUAL ? '' : span, from: '', to: '', page: '' });
  const change = (patch) => {
    const next = { from: shown.from, to: shown.to, ...patch };
    const whole = next.from && next.to && next.from <= next.to;
    setOwn(whole ? null : next);
    if (whole) setQuery({ ...next, period: '', page: '' }, { replace: true });
  };
  return html`
    <select class="input select is-small" aria-label=${t('reports.period')} title=${t('reports.period')} value=${period.span} onChange=${(event) => choose(event.target.value)}>
      ${[...SPANS, 'own'].map((span) => html`<option key=${span} value=${span} selected=${span === period.span}>${t(`reports.span_${span}`)}</option>`)}
    </select>
    ${period.span === 'own' && html`
      <label class="filter-date small"><span class="muted">${t('common.from')}</span>
        <input type="date" class="input is-small num" value=${shown.from} max=${shown.to || undefined} onChange=${(event) => change({ from: event.target.value })} /></label>
      <label class="filter-date small"><span class="muted">${t('common.to')}</span>
        <input type="date" class="input is-small num" value=${shown.to} min=${shown.from || undefined} max=${isoDay()} onChange=${(event) => change({ to: event.target.value })} /></label>`}`;
}
