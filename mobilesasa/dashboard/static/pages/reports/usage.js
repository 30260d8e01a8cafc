/** The units that came and went, day by day, by the kinds of the ledger. */
import { html } from '../../parts/ui.js';
import { get } from '../../parts/api.js';
import { TimeChart } from '../../parts/charts.js';
import { Figure, number, weekday } from '../../parts/format.js';
import { Loaded, useLoad } from '../../parts/load.js';
import { Card, Grid, Stack } from '../../parts/page.js';
import { Link } from '../../parts/router.js';
import { Empty, Skeleton } from '../../parts/states.js';
import { Table } from '../../parts/table.js';
import { t } from '../../parts/texts.js';
import { Freshness } from './fresh.js';
import { startOf } from './period.js';

const KINDS = ['charged', 'reserved', 'refunded', 'released', 'topped_up', 'adjusted'];

/** What went for good: taken by messages and campaigns, without what came back. */
const spentOf = (used) => used.charged + used.reserved - used.refunded - used.released;
const isBlank = (used) => KINDS.every((kind) => !used[kind]);

/** @param {{asked: {date_from: string, date_to: string}, query: Object<string, string>}} props */
export function Usage({ asked, query }) {
  const load = useLoad((signal) => get('/reports/usage', asked, { signal }), [JSON.stringify(asked)], { everyS: 60 });
  return html`<${Loaded} of=${load} skeleton=${html`<${Skeleton} rows=${8} kind="card" />`}>
    ${(report) => isBlank(report.total)
      ? html`<${Empty} icon="wallet" title=${t('reports.no_usage')} text=${t('reports.no_usage_text')} />`
      : html`<${Stack}>
          <${Figures} total=${report.total} />
          ${report.items.length > 1 && html`<${Card} title=${t('reports.usage_by_day')}>
            <${TimeChart} label=${t('reports.usage_by_day')} series=${seriesOf(report.items)} times=${report.items.map((item) => startOf(item.day))} kind="bars" stacked height=${240} />
          <//>`}
          <${Days} report=${report} query=${query} />
          <p class="small muted"><${Link} to="/units">${t('reports.to_ledger')}<//></p>
          <${Freshness} report=${report} />
        <//>`}
  <//>`;
}

function Figures({ total }) {
  return html`<${Grid} min="8rem">
    <${Figure} label=${t('reports.spent')} value=${spentOf(total)} help=${t('reports.spent_help')} />
    <${Figure} label=${t('reports.charged')} value=${total.charged} help=${t('reports.charged_help')} />
    <${Figure} label=${t('reports.reserved')} value=${total.reserved} help=${t('reports.reserved_help')} />
    <${Figure} label=${t('reports.came_back')} value=${total.refunded + total.released} help=${t('reports.came_back_help', { refunded: total.refunded, released: total.released })} />
    <${Figure} label=${t('reports.topped_up')} value=${total.topped_up} help=${total.adjusted ? t('reports.adjusted_help', { n: total.adjusted }) : t('reports.topped_up_help')} />
  <//>`;
}

function seriesOf(items) {
  return [
    { label: t('reports.charged'), colour: 'accent', values: items.map((item) => item.charged) },
    { label: t('reports.reserved'), colour: 'info', values: items.map((item) => item.reserved) },
  ];
}

function Days({ report, query }) {
  const columns = [
    { key: 'day', title: t('reports.day'), sort: 'day', cell: (row) => html`<span class="num nowrap">${weekday(`${row.day}T12:00:00Z`)}</span>` },
    { key: 'messages', title: t('reports.messages_charged'), num: true, sort: 'messages', cell: (row) => number(row.messages) },
    ...KINDS.map((kind) => ({ key: kind, title: t(`reports.${kind}`), num: true, sort: kind, cell: (row) => number(row[kind]) })),
    { key: 'spent', title: t('reports.spent'), num: true, sort: (a, b) => spentOf(a) - spentOf(b), cell: (row) => number(spentOf(row)) },
  ];
  return html`<${Card} kind="flush">
    <${Table} label=${t('reports.usage_by_day')} columns=${columns} rows=${report.items.filter((item) => !isBlank(item))} rowKey=${(row) => row.day} sort=${query.sort} />
  <//>`;
}
