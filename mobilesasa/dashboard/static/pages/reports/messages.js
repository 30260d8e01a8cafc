/** Messages by what they have in common: a chart and a table; a group leads to its days, a day to its hours. */
import { html } from '../../parts/ui.js';
import { get } from '../../parts/api.js';
import { Bars, Donut, TimeChart } from '../../parts/charts.js';
import { percent } from '../../parts/format.js';
import { Loaded, useLoad } from '../../parts/load.js';
import { Card, Stack } from '../../parts/page.js';
import { setQuery } from '../../parts/router.js';
import { Skeleton } from '../../parts/states.js';
import { Table } from '../../parts/table.js';
import { t } from '../../parts/texts.js';
import { columnsOf, fatesOf, nameOf, seriesOf } from './figures.js';
import { Freshness } from './fresh.js';
import { startOf } from './period.js';
import { Nothing } from './summary.js';

const GROUPS = ['day', 'hour', 'sender', 'network', 'status', 'campaign', 'carrier'];
const HOUR_DAYS = 31; // by the hour a report is about so many days
const MOST = 12; // groups that have a bar

/** @param {{asked: object, query: Object<string, string>, names: Map<string, string>, nDays: number}} props */
export function Messages({ asked, query, names, nDays }) {
  const by = shownGroup(query, nDays);
  const load = useLoad((signal) => get('/reports/messages', { ...asked, group_by: by }, { signal }), [JSON.stringify(asked), by], { everyS: 60 });
  return html`<${Loaded} of=${load} skeleton=${html`<${Skeleton} rows=${8} kind="table" />`}>
    ${(report) => report.total.accepted === 0 ? html`<${Nothing} />` : html`<${Stack}>
      <${Card} title=${t(`reports.by_${report.group_by}`)}><${Picture} report=${report} names=${names} /><//>
      <${Groups} report=${report} names=${names} query=${query} />
      <${Freshness} report=${report} />
    <//>`}
  <//>`;
}

/** What is grouped by: by the hour a report is not about many days. @param {Object<string, string>} query @param {number} nDays */
export function shownGroup(query, nDays) {
  const wanted = GROUPS.includes(query.group_by) ? query.group_by : 'day';
  return wanted === 'hour' && nDays > HOUR_DAYS ? 'day' : wanted;
}

/** The choice of a grouping, for the filters' row. @param {{query: Object<string, string>, nDays: number}} props */
export function GroupBy({ query, nDays }) {
  const by = shownGroup(query, nDays);
  return html`
    <span class="filter-date small"><span class="muted" aria-hidden="true">${t('reports.group_by')}</span>
      <select class="input select is-small" aria-label=${t('reports.group_by')} value=${by} onChange=${(event) => setQuery({ group_by: event.target.value === 'day' ? '' : event.target.value, sort: '' })}>
        ${GROUPS.map((each) => html`<option key=${each} value=${each} selected=${each === by} disabled=${each === 'hour' && nDays > HOUR_DAYS}>${t(`reports.${each}`)}</option>`)}
      </select></span>
    ${query.group_by === 'hour' && nDays > HOUR_DAYS && html`<span class="small muted">${t('reports.hours_limit', { n: HOUR_DAYS })}</span>`}`;
}

function Picture({ report, names }) {
  const { group_by: by, items, total } = report;
  const label = t(`reports.by_${by}`);
  if ((by === 'day' || by === 'hour') && items.length > 1) {
    return html`<${TimeChart} label=${label} series=${seriesOf(items)} times=${items.map((item) => startOf(item.key))} kind="bars" stacked height=${260} />`;
  }
  if (by === 'status' || items.length === 1) return html`<${Donut} label=${label} items=${fatesOf(total)} />`;
  const shown = items.slice(0, MOST).map((item) => ({
    label: nameOf(by, item, names), value: item.accepted, colour: 'accent', text: t('reports.with_ratio', { n: item.accepted, ratio: percent(item.delivery_ratio) }) }));
  return html`<${Bars} label=${label} items=${shown} />
    ${items.length > MOST && html`<p class="small muted">${t('reports.largest_shown', { n: MOST, all: items.length })}</p>`}`;
}

/** Where a group leads: its days, or the hours of a day. @returns {string} */
function addressOf(by, group, query) {
  if (group.key === null || by === 'hour' || by === 'status') return '';
  const name = by === 'campaign' ? 'campaign_uuid' : by;
  const to = by === 'day' ? { period: '', from: group.key, to: group.key, group_by: 'hour' } : { [name]: group.key, group_by: '' };
  const whole = Object.entries({ ...query, sort: '', ...to }).filter(([, value]) => value);
  return `/reports?${new URLSearchParams(whole)}`;
}

function Groups({ report, names, query }) {
  const { group_by: by, items, total } = report;
  const timed = by === 'day' || by === 'hour';
  const rows = timed ? items.filter((item) => item.accepted > 0) : items;
  const columns = [
    { key: 'key', title: t(`reports.${by}`), sort: timed ? 'key' : (a, b) => nameOf(by, a, names).localeCompare(nameOf(by, b, names)),
      cell: (row) => html`<span class=${timed ? 'num nowrap' : 'rp-key'}>${nameOf(by, row, names)}</span>` },
    ...columnsOf(by === 'status'),
  ];
  const foot = by !== 'status' && html`<tr role="row" class="rp-total"><th role="rowheader" scope="row">${t('common.total')}</th>
    ${columnsOf(false).map((column) => html`<td role="cell" key=${column.key} class="is-num num" data-label=${column.title}>${column.cell(total)}</td>`)}</tr>`;
  return html`<${Card} kind="flush">
    <${Table} label=${t(`reports.by_${by}`)} columns=${columns} rows=${rows} rowKey=${(row) => `${row.key} ${row.country ?? ''}`} sort=${query.sort}
      href=${(row) => addressOf(by, row, query)} foot=${foot} />
  <//>`;
}
