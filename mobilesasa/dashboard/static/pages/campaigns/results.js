/** What became of a campaign's messages, why some failed, how it went by network and how fast, and what it has cost. */
import { html } from '../../parts/ui.js';
import { get } from '../../parts/api.js';
import { Bars } from '../../parts/charts.js';
import { Figure, duration, isoDay, number, percent } from '../../parts/format.js';
import { useLoad } from '../../parts/load.js';
import { Card, Facts, Grid, Stack } from '../../parts/page.js';
import { Link } from '../../parts/router.js';
import { canRead } from '../../parts/session.js';
import { Empty } from '../../parts/states.js';
import { Table } from '../../parts/table.js';
import { t } from '../../parts/texts.js';

const REASONS = ['undelivered', 'expired', 'rejected', 'refused', 'expired_unsent', 'cancelled'];
const LATER_DAYS = 4; // messages are tried for a day, and their receipts come within days

/** @param {{campaign: object}} props */
export function Results({ campaign }) {
  const { stats, progress } = campaign;
  if (!progress.queued) {
    return html`<${Empty} icon="clock" title=${t('campaigns.no_results')} text=${t('campaigns.no_results_text')} />`;
  }
  return html`<${Stack}>
    <${Figures} campaign=${campaign} stats=${stats} queued=${progress.queued} />
    <div class="cp-results">
      ${canRead('reports') && html`<${Stack}>
        <${Failures} campaign=${campaign} />
        <${ByNetwork} campaign=${campaign} />
      <//>`}
      <${Card} title=${t('campaigns.cost')} actions=${canRead(['reports', 'team']) && html`<${Link} class="small" to="/units" query=${{ campaign_uuid: campaign.uuid }}>${t('campaigns.to_ledger')}<//>`}>
        <${Facts} class="is-sums" items=${unitsOf(campaign)} /><//>
    </div>
  <//>`;
}

function Figures({ campaign, stats, queued }) {
  const share = (n) => percent(queued ? n / queued : 0, 1);
  return html`<${Grid} min="8rem">
    <${Figure} label=${t('campaigns.delivered')} value=${number(stats.delivered)} help=${share(stats.delivered)} />
    <${Figure} label=${t('campaigns.on_the_way')} value=${number(stats.sent + stats.waiting)} help=${t('campaigns.on_the_way_help', { sent: stats.sent, waiting: stats.waiting })} />
    <${Figure} label=${t('campaigns.failed')} value=${number(stats.failed)} help=${share(stats.failed)} />
    ${campaign.track_links && html`<${Figure} label=${t('campaigns.clicks')} value=${number(stats.clicks)} help=${t('campaigns.clicks_help')} />`}
    <${Figure} label=${t('campaigns.complaints')} value=${number(stats.complaints)} help=${t('campaigns.complaints_help')} />
    <${Figure} label=${t('campaigns.spent')} value=${number(campaign.units.spent)} help=${t('campaigns.spent_help')} />
  <//>`;
}

function unitsOf({ units }) {
  return [
    [t('campaigns.estimated'), number(units.estimated)],
    [t('campaigns.reserved'), number(units.reserved)],
    [t('campaigns.captured'), number(units.captured)],
    [t('campaigns.released'), number(units.released)],
    [t('campaigns.refunded'), number(units.refunded)],
    [t('campaigns.spent'), html`<strong>${number(units.spent)}</strong>`],
  ];
}

/** The days in which its messages were accepted, for the reports. */
function periodOf(campaign) {
  const last = Math.min(Date.now(), Date.parse(campaign.finished_at ?? new Date().toISOString()) + LATER_DAYS * 86_400_000);
  return { campaign_uuid: campaign.uuid, date_from: isoDay(campaign.started_at), date_to: isoDay(new Date(last)) };
}

/** A figure of a campaign changes with its counts; the reports are asked again when they do. */
const changesWith = ({ uuid, stats }) => [uuid, stats.delivered, stats.failed, stats.sent];

function Failures({ campaign }) {
  const load = useLoad((signal) => get('/reports/summary', periodOf(campaign), { signal }), changesWith(campaign));
  const failures = load.data?.figures.failures;
  const items = failures ? REASONS.filter((reason) => failures[reason]).map((reason) => ({
    label: t(`campaigns.failure_${reason}`), value: failures[reason], text: number(failures[reason]), colour: reason === 'cancelled' ? 'muted' : 'bad' })) : [];
  return html`<${Card} title=${t('campaigns.why_failed')}>
    <${Stack} gap=${3}>
      ${items.length
        ? html`<${Bars} label=${t('campaigns.why_failed')} items=${items} />`
        : html`<p class="muted small">${t(campaign.stats.failed ? 'campaigns.failures_soon' : 'campaigns.nothing_failed')}</p>`}
      ${campaign.stats.failed > 0 && html`<p class="small"><${Link} to=${`/campaigns/${campaign.uuid}`} query=${{ tab: 'recipients', status: 'failed' }}>${t('campaigns.show_failed')}<//></p>`}
    <//>
  <//>`;
}

function ByNetwork({ campaign }) {
  const asked = periodOf(campaign);
  const groups = useLoad((signal) => get('/reports/messages', { ...asked, group_by: 'network' }, { signal }), changesWith(campaign));
  const took = useLoad((signal) => get('/reports/delivery', asked, { signal }), changesWith(campaign));
  if (!groups.data?.items.length) return null;
  const columns = [
    { key: 'key', title: t('campaigns.network'), cell: (row) => row.key ?? t('campaigns.network_unknown') },
    { key: 'accepted', title: t('campaigns.messages_title'), num: true, cell: (row) => number(row.accepted) },
    { key: 'delivered', title: t('campaigns.delivered'), num: true, cell: (row) => number(row.delivered) },
    { key: 'failed', title: t('campaigns.failed'), num: true, cell: (row) => number(row.failed) },
    { key: 'ratio', title: t('campaigns.delivery_ratio'), num: true, cell: (row) => (row.delivery_ratio === null ? '–' : percent(row.delivery_ratio, 1)) },
  ];
  return html`<${Card} title=${t('campaigns.by_network')}>
    <${Stack} gap=${3}>
      <${Table} label=${t('campaigns.by_network')} columns=${columns} rows=${groups.data.items} rowKey=${(row) => row.key ?? ''} />
      ${took.data && html`<${Took} took=${took.data} />`}
    <//>
  <//>`;
}

function Took({ took }) {
  const { accept_to_carrier_ms: toCarrier, carrier_to_handset_ms: toHandset } = took;
  if (toCarrier.p50 === null) return null;
  const said = [t('campaigns.to_carrier', { p50: duration(toCarrier.p50 / 1000), p95: duration(toCarrier.p95 / 1000) })];
  if (toHandset.p50 !== null) said.push(t('campaigns.to_handset', { p50: duration(toHandset.p50 / 1000), p95: duration(toHandset.p95 / 1000) }));
  return html`<p class="small muted">${said.join(' ')}</p>`;
}
