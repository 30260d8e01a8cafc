/** What is known of deliveries, and how long they took. */
import { html } from '../../parts/ui.js';
import { get } from '../../parts/api.js';
import { Donut } from '../../parts/charts.js';
import { duration, number, percent } from '../../parts/format.js';
import { Loaded, useLoad } from '../../parts/load.js';
import { Card, Grid, Stack } from '../../parts/page.js';
import { Skeleton } from '../../parts/states.js';
import { Table } from '../../parts/table.js';
import { t } from '../../parts/texts.js';
import { Freshness } from './fresh.js';
import { Nothing } from './summary.js';

const KNOWN = [['confirmed', 'good'], ['accepted_only', 'accent'], ['no_receipt', 'warn'], ['failed', 'bad'], ['never_sent', 'muted']];
const SHARES = ['p50', 'p90', 'p95', 'p99'];

/** @param {{asked: object}} props */
export function Delivery({ asked }) {
  const load = useLoad((signal) => get('/reports/delivery', asked, { signal }), [JSON.stringify(asked)], { everyS: 60 });
  return html`<${Loaded} of=${load} skeleton=${html`<${Skeleton} rows=${6} kind="card" />`}>
    ${(report) => KNOWN.every(([name]) => !report[name]) ? html`<${Nothing} />` : html`<${Stack}>
      <${Grid} min="22rem">
        <${Known} report=${report} />
        <${Took} report=${report} />
      <//>
      <${Freshness} report=${report} />
    <//>`}
  <//>`;
}

function Known({ report }) {
  const all = KNOWN.reduce((sum, [name]) => sum + report[name], 0);
  return html`<${Card} title=${t('reports.what_is_known')}>
    <${Donut} label=${t('reports.what_is_known')} items=${KNOWN.map(([name, colour]) => ({ label: t(`reports.known_${name}`), value: report[name], colour }))} />
    <dl class="rp-known">${KNOWN.filter(([name]) => report[name]).map(([name]) => html`<div key=${name}>
      <dt>${t(`reports.known_${name}`)} <span class="num muted">${number(report[name])}, ${percent(report[name] / all)}</span></dt>
      <dd class="small muted">${t(`reports.known_${name}_help`)}</dd></div>`)}</dl>
  <//>`;
}

function Took({ report }) {
  const rows = ['accept_to_carrier_ms', 'carrier_to_handset_ms'].map((name) => ({ name, ...report[name] }));
  const columns = [
    { key: 'name', title: t('reports.way'), cell: (row) => t(`reports.${row.name}`) },
    ...SHARES.map((share) => ({ key: share, title: t(`reports.${share}`), num: true, cell: (row) => (row[share] === null ? '–' : duration(row[share] / 1000)) })),
  ];
  return html`<${Card} title=${t('reports.how_long')} lead=${t('reports.how_long_help')}>
    <${Table} label=${t('reports.how_long')} columns=${columns} rows=${rows} rowKey=${(row) => row.name} />
  <//>`;
}
