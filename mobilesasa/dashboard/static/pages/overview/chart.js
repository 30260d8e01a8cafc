/** What became of messages over a day, a week or a month, and why some failed. */
import { html } from '../../parts/ui.js';
import { get } from '../../parts/api.js';
import { Bars, TimeChart } from '../../parts/charts.js';
import { Segmented } from '../../parts/forms.js';
import { isoDay, number, percent } from '../../parts/format.js';
import { Loaded, useLoad } from '../../parts/load.js';
import { Card } from '../../parts/page.js';
import { Link, setQuery } from '../../parts/router.js';
import { team } from '../../parts/session.js';
import { Skeleton } from '../../parts/states.js';
import { t } from '../../parts/texts.js';
import { plusDays, startOfDay } from '../messages/days.js';

const REFRESH_S = 15;
const HOUR_MS = 3_600_000;
const RANGES = ['24h', '7d', '30d'];
const DAYS = { '7d': 7, '30d': 30 };
const SERIES = [
  ['delivered', 'good'],
  ['pending', 'accent'],
  ['queued', 'muted'],
  ['failed', 'bad'],
];

/** @param {{query: {range?: string}}} props */
export function Chart({ query }) {
  const range = RANGES.includes(query.range) ? query.range : '24h';
  const load = useLoad((signal) => get('/reports/messages', askedFor(range), { signal }), [range, team.value.code], { everyS: REFRESH_S });
  const options = RANGES.map((value) => ({ value, label: t(`overview.range_${value}`) }));
  const choose = (value) => setQuery({ range: value === '24h' ? undefined : value }, { replace: true });
  return html`
    <${Card} title=${t('overview.chart')} actions=${html`<${Segmented} small label=${t('overview.chart_range')} options=${options} value=${range} onChange=${choose} />`}>
      <div class="ov-chart">
        <${Loaded} of=${load} skeleton=${html`<${Skeleton} kind="card" rows=${6} />`}>
          ${(report) => html`<${Lines} report=${report} />`}
        <//>
      </div>
    <//>
    <${Card} title=${t('overview.why')} actions=${html`<${Link} class="small" to="/reports">${t('overview.chart_report')}<//>`}>
      <${Loaded} of=${load} skeleton=${html`<${Skeleton} kind="text" rows=${4} />`}>
        ${(report) => html`<${Reasons} failures=${report.total.failures} />`}
      <//>
    <//>`;
}

/** Return the query of the report: hours to the end of this one, or days to today. */
function askedFor(range) {
  if (range === '24h') {
    const end = Math.ceil(Date.now() / HOUR_MS) * HOUR_MS;
    return { group_by: 'hour', date_from: new Date(end - 24 * HOUR_MS).toISOString(), date_to: new Date(end).toISOString() };
  }
  return { group_by: 'day', date_from: plusDays(isoDay(), 1 - DAYS[range]) };
}

function Lines({ report }) {
  const { items, total, zone: where } = report;
  const times = items.map((each) => Date.parse(report.group_by === 'day' ? startOfDay(each.key, where) : each.key) / 1000);
  const series = SERIES.map(([name, colour]) => ({ label: t(`overview.series_${name}`), colour, values: items.map((each) => each[name]) }));
  return html`
    <p class="ov-total">
      <strong class="num">${t('overview.chart_total', { n: total.accepted })}</strong>
      ${total.delivery_ratio !== null && html` <span class="muted num">${t('overview.chart_ratio', { share: percent(total.delivery_ratio, 1) })}</span>`}
    </p>
    ${total.accepted
      ? html`<${TimeChart} label=${t('overview.chart_label')} ...${{ series, times }} kind="bars" stacked height=${240} />`
      : html`<p class="ov-none muted">${t('overview.chart_empty')}</p>`}`;
}

function Reasons({ failures }) {
  const found = Object.entries(failures).filter(([, n]) => n > 0).sort(([, one], [, other]) => other - one);
  if (!found.length) {
    return html`<p class="muted small">${t('overview.why_none')}</p>`;
  }
  const items = found.map(([reason, n]) => ({ label: t(`overview.failure_${reason}`), value: n, text: number(n), colour: reason === 'cancelled' ? 'muted' : 'bad' }));
  return html`<${Bars} label=${t('overview.why')} items=${items} />`;
}
