/** What reports count, as columns of a table, as series of a chart and as words; and what the groups of a report are called. */
import { html } from '../../parts/ui.js';
import { day, number, percent, time, weekday } from '../../parts/format.js';
import { t } from '../../parts/texts.js';

/** Reasons of failures, in the order in which they are shown, with their colours. */
export const REASONS = ['undelivered', 'expired', 'rejected', 'refused', 'expired_unsent', 'cancelled'];

/** Fates of messages from the bottom of a chart to its top; together they are all that was accepted. */
const FATES = [['delivered', 'good'], ['pending', 'accent'], ['queued', 'muted'], ['failed', 'bad']];

/** @param {object[]} items groups of a report, in time @returns {object[]} for TimeChart */
export function seriesOf(items) {
  return FATES.map(([name, colour]) => ({ label: t(`reports.${name}`), colour, values: items.map((item) => item[name]) }));
}

/** @param {object} figures @returns {object[]} for Donut */
export function fatesOf(figures) {
  return FATES.map(([name, colour]) => ({ label: t(`reports.${name}`), value: figures[name], colour }));
}

/** @param {object} failures @returns {object[]} for Bars: those that there are, the most first */
export function failuresOf(failures) {
  return REASONS.filter((reason) => failures[reason]).sort((a, b) => failures[b] - failures[a]).map((reason) => ({
    label: t(`reports.failure_${reason}`), value: failures[reason], text: number(failures[reason]), colour: reason === 'cancelled' ? 'muted' : 'bad' }));
}

/**
 * What a group is called.
 * @param {string} by what the report is grouped by
 * @param {{key: string|null, country?: string|null}} group
 * @param {Map<string, string>} names of campaigns by their uuids
 */
export function nameOf(by, group, names) {
  const { key } = group;
  if (key === null) return t(`reports.no_${by}`);
  if (by === 'day') return `${weekday(`${key}T12:00:00Z`)}`;
  if (by === 'hour') return `${day(key)}, ${time(key)}`;
  if (by === 'status') return t(`reports.${key}`);
  if (by === 'campaign') return names.get(key) ?? key;
  return by === 'network' && group.country ? `${key} (${group.country})` : key;
}

const counted = (name) => ({ key: name, title: t(`reports.${name}`), num: true, sort: name, cell: (row) => number(row[name]) });

/** The columns of figures. @param {boolean} byStatus by status there are no parts, no units and no ratio */
export function columnsOf(byStatus) {
  if (byStatus) return [counted('accepted')];
  return [
    counted('accepted'), counted('delivered'), counted('failed'), counted('pending'), counted('queued'),
    { key: 'delivery_ratio', title: t('reports.delivery_ratio'), num: true, sort: 'delivery_ratio', cell: (row) => html`<${Ratio} of=${row.delivery_ratio} />` },
    counted('parts'), counted('units'),
  ];
}

/** A share that is worth a look is coloured. @param {{of: number|null}} props */
export function Ratio({ of }) {
  const kind = of === null ? 'muted' : of < 0.7 ? 'danger' : of < 0.9 ? 'warn' : '';
  return html`<span class=${kind}>${percent(of, 1)}</span>`;
}
