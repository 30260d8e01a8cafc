/** How many units were spent on each of the last 30 days, without what came back. */
import { html } from '../../parts/ui.js';
import { get } from '../../parts/api.js';
import { TimeChart } from '../../parts/charts.js';
import { isoDay } from '../../parts/format.js';
import { useLoad } from '../../parts/load.js';
import { Card } from '../../parts/page.js';
import { Skeleton } from '../../parts/states.js';
import { t } from '../../parts/texts.js';
import { beginningOf } from './days.js';

const DAYS = 30;
const DAY_MS = 86_400_000;

/** A chart; where it cannot be had the page does without. */
export function UnitsChart() {
  const load = useLoad((signal) => get('/reports/usage', { date_from: isoDay(new Date(Date.now() - (DAYS - 1) * DAY_MS)), date_to: isoDay() }, { signal }), []);
  if (load.error) {
    return null;
  }
  const items = load.data?.items ?? [];
  const spent = items.map((each) => each.charged + each.reserved - each.refunded - each.released);
  const series = [{ label: t('units.chart_spent'), values: spent, colour: 'accent' }];
  return html`<${Card} title=${t('units.chart')}>
    ${!load.data && html`<div class="set-units-chart">${load.slow && html`<${Skeleton} kind="card" rows=${1}/>`}</div>`}
    ${load.data && (spent.some((each) => each !== 0)
      ? html`<${TimeChart} label=${t('units.chart')} series=${series} times=${items.map((each) => Date.parse(beginningOf(each.day)) / 1000)} kind="bars" height=${180}/>`
      : html`<p class="muted">${t('units.chart_empty')}</p>`)}
  </${Card}>`;
}
