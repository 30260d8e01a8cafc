/** A period at a glance: its figures beside those of the period before, its course, and what failed. */
import { html } from '../../parts/ui.js';
import { get } from '../../parts/api.js';
import { Bars, TimeChart } from '../../parts/charts.js';
import { Figure, number, percent } from '../../parts/format.js';
import { Loaded, useLoad } from '../../parts/load.js';
import { Card, Grid, Stack } from '../../parts/page.js';
import { Button } from '../../parts/forms.js';
import { can } from '../../parts/session.js';
import { Empty, Skeleton } from '../../parts/states.js';
import { t } from '../../parts/texts.js';
import { failuresOf, nameOf, seriesOf } from './figures.js';
import { Freshness } from './fresh.js';
import { startOf } from './period.js';

const MOST = 6; // networks or senders that are shown
const BY_HOUR_DAYS = 2; // so many days are shown by the hour

/** @param {{asked: object, names: Map<string, string>, nDays: number}} props */
export function Summary({ asked, names, nDays }) {
  const key = JSON.stringify(asked);
  const load = useLoad((signal) => get('/reports/summary', asked, { signal }), [key], { everyS: 60 });
  return html`<${Loaded} of=${load} skeleton=${html`<${Skeleton} rows=${6} kind="card" />`}>
    ${(report) => report.figures.accepted === 0 && report.before.figures.accepted === 0
      ? html`<${Nothing} />`
      : html`<${Stack}>
          <${Figures} report=${report} />
          <${Course} asked=${asked} by=${nDays <= BY_HOUR_DAYS ? 'hour' : 'day'} />
          <div class="rp-bars">
            <${Failures} figures=${report.figures} />
            <${Largest} asked=${asked} by="network" names=${names} />
            <${Largest} asked=${asked} by="sender" names=${names} />
          </div>
          <${Freshness} report=${report} />
        <//>`}
  <//>`;
}

/** What stands where there is nothing to report on. */
export function Nothing() {
  return html`<${Empty} icon="bar-chart" title=${t('reports.nothing')} text=${t('reports.nothing_text')}
    action=${can('messages') && html`<${Button} kind="primary" icon="send" to="/send">${t('reports.send_first')}<//>`} />`;
}

function Figures({ report }) {
  const { figures, before, trend } = report;
  const was = (n) => t('reports.before', { n });
  const was_ratio = before.figures.delivery_ratio;
  return html`<${Grid} min="8rem">
    <${Figure} label=${t('reports.accepted')} value=${figures.accepted} trend=${trend.accepted} help=${was(before.figures.accepted)} />
    <${Figure} label=${t('reports.delivered')} value=${figures.delivered} trend=${trend.delivered} help=${was(before.figures.delivered)} />
    <${Figure} label=${t('reports.failed')} value=${figures.failed} trend=${trend.failed} upIsBad help=${was(before.figures.failed)} />
    <${Figure} label=${t('reports.delivery_ratio')} value=${percent(figures.delivery_ratio)} trend=${trend.delivery_ratio} help=${was_ratio === null ? t('reports.before_none') : was(percent(was_ratio))} />
    <${Figure} label=${t('reports.on_the_way')} value=${figures.pending + figures.queued} help=${t('reports.pending_help')} />
    <${Figure} label=${t('reports.units')} value=${figures.units} trend=${trend.units} help=${was(before.figures.units)} />
  <//>`;
}

function Course({ asked, by }) {
  const load = useLoad((signal) => get('/reports/messages', { ...asked, group_by: by }, { signal }), [JSON.stringify(asked), by], { everyS: 60 });
  return html`<${Card} title=${t(`reports.course_${by}`)}>
    <${Loaded} of=${load} skeleton=${html`<${Skeleton} rows=${6} kind="card" />`}>
      ${(report) => html`<${TimeChart} label=${t(`reports.course_${by}`)} series=${seriesOf(report.items)} times=${report.items.map((item) => startOf(item.key))} kind="bars" stacked height=${240} />`}
    <//>
  <//>`;
}

function Failures({ figures }) {
  const items = failuresOf(figures.failures);
  return html`<${Card} title=${t('reports.why_failed')}>
    ${items.length ? html`<${Bars} label=${t('reports.why_failed')} items=${items} />` : html`<p class="muted small">${t('reports.nothing_failed')}</p>`}
  <//>`;
}

function Largest({ asked, by, names }) {
  const load = useLoad((signal) => get('/reports/messages', { ...asked, group_by: by }, { signal }), [JSON.stringify(asked), by], { everyS: 60 });
  const items = (load.data?.items ?? []).slice(0, MOST).map((item) => ({
    label: nameOf(by, item, names), value: item.accepted, colour: 'accent',
    text: item.delivery_ratio === null ? number(item.accepted) : t('reports.with_ratio', { n: item.accepted, ratio: percent(item.delivery_ratio) }),
  }));
  return html`<${Card} title=${t(`reports.largest_${by}`)}>
    ${items.length > 0 ? html`<${Bars} label=${t(`reports.largest_${by}`)} items=${items} />` : load.data && html`<p class="muted small">${t('reports.none_in_period')}</p>`}
  <//>`;
}
