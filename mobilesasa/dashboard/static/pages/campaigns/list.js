/** All campaigns of the team: where each stands, how far it has come, what it costs. */
import { html, useState } from '../../parts/ui.js';
import { Code } from '../../parts/copy.js';
import { Meter } from '../../parts/charts.js';
import { Status, When, number, percent } from '../../parts/format.js';
import { Button } from '../../parts/forms.js';
import { useKeys } from '../../parts/keys.js';
import { Loaded, useLoad } from '../../parts/load.js';
import { Card, Page } from '../../parts/page.js';
import { get } from '../../parts/api.js';
import { go } from '../../parts/router.js';
import { can, canRead } from '../../parts/session.js';
import { Empty, Skeleton } from '../../parts/states.js';
import { Filters, Pager, Table } from '../../parts/table.js';
import { t } from '../../parts/texts.js';
import { isSeries, paceOf, seriesWords } from './words.js';

const PHASES = ['draft', 'scheduled', 'sending', 'paused', 'completed', 'cancelled'];

/** @param {{query: Object<string, string>}} props */
export default function Campaigns({ query }) {
  const [pace, setPace] = useState(0);
  const asked = { search: query.search, phase: query.phase, group_id: query.group_id, series: query.series, page: query.page, page_size: query.page_size, cursor: query.cursor };
  const load = useLoad(async (signal) => {
    const page = await get('/campaigns', asked, { signal });
    setPace(Math.min(...page.items.map(paceOf).filter(Boolean), 60) % 60);
    return page;
  }, [JSON.stringify(asked)], { everyS: pace });
  useKeys(can('campaigns') ? { n: [t('campaigns.new'), () => go('/campaigns/new')] } : {});
  const isFiltered = Boolean(query.search || query.phase || query.group_id || query.series);
  return html`<${Page} title=${t('campaigns.title')} lead=${t('campaigns.lead')} actions=${can('campaigns') && html`<${NewButton} />`}>
    ${(isFiltered || load.data?.total > 0) && html`<${Filters} fields=${filters()} query=${query} />`}
    <${Loaded} of=${load} skeleton=${html`<${Card} kind="flush"><${Skeleton} rows=${8} kind="table" /><//>`}>
      ${(page) => html`<${Card} kind="flush">
        <${Table} label=${t('campaigns.title')} columns=${columns()} rows=${page.items} rowKey=${(row) => row.uuid}
          href=${addressOf} sort=${query.sort}
          empty=${isFiltered ? html`<${NoneFound} />` : html`<${First} />`} />
        <${Pager} page=${page} query=${query} />
      <//>`}
    <//>
  <//>`;
}

/** Who may change drafts goes on where they were left. */
function addressOf(campaign) {
  return campaign.phase === 'draft' && can('campaigns') ? `/campaigns/${campaign.uuid}/edit` : `/campaigns/${campaign.uuid}`;
}

function NewButton() {
  return html`<${Button} kind="primary" icon="plus" to="/campaigns/new">${t('campaigns.new')}<//>`;
}

function filters() {
  return [
    { name: 'search', label: t('campaigns.search'), kind: 'search' },
    { name: 'phase', label: t('campaigns.phase'), kind: 'select', options: PHASES.map((value) => ({ value, label: t(`campaigns.phase_${value}`) })) },
  ];
}

function columns() {
  return [
    { key: 'name', title: t('campaigns.name'), sort: 'name', cell: (row) => html`<${Name} campaign=${row} />` },
    { key: 'phase', title: t('campaigns.phase'), sort: 'phase', cell: (row) => html`<${Status} of=${row.phase} />` },
    { key: 'progress', title: t('campaigns.progress'), sort: (a, b) => shareOf(a) - shareOf(b), cell: (row) => html`<${Came} campaign=${row} />` },
    { key: 'people', title: t('campaigns.people_title'), num: true, sort: 'recipient_count', cell: (row) => number(row.recipient_count) },
    { key: 'units', title: t('campaigns.units_title'), num: true, sort: (a, b) => costOf(a) - costOf(b), cell: (row) => number(costOf(row)) },
    { key: 'when', title: t('campaigns.when'), sort: (a, b) => Date.parse(momentOf(a).at) - Date.parse(momentOf(b).at), cell: (row) => html`<${Moment} campaign=${row} />` },
  ];
}

function Name({ campaign }) {
  const small = isSeries(campaign) ? seriesWords(campaign) : t('campaigns.from_sender', { sender: campaign.sender });
  return html`<span class="cp-name"><strong class="truncate">${campaign.name}</strong><span class="small muted truncate">${small}</span></span>`;
}

function shareOf(campaign) {
  return campaign.stats ? ratioOf(campaign) : -1;
}

function ratioOf({ stats }) {
  const ended = stats.delivered + stats.failed - stats.cancelled;
  return ended > 0 ? stats.delivered / ended : 0;
}

function costOf(campaign) {
  return campaign.phase === 'completed' || campaign.phase === 'cancelled' ? campaign.units.spent : campaign.cost_units;
}

/** While it is queued how far that is; then which share was delivered. */
function Came({ campaign }) {
  const { progress, stats } = campaign;
  if (isSeries(campaign) || !stats || campaign.phase === 'scheduled') return html`<span class="muted">–</span>`;
  if (progress.left > 0 && campaign.phase !== 'cancelled') {
    const label = t('campaigns.queued_of', { queued: number(progress.queued), all: number(progress.recipients) });
    return html`<${Share} value=${progress.percent / 100} label=${label} words=${t('campaigns.percent_queued', { percent: progress.percent })} />`;
  }
  if (!progress.queued) return html`<span class="muted">${t('campaigns.nothing_sent')}</span>`;
  const label = t('campaigns.delivered_of', { delivered: number(stats.delivered), all: number(progress.queued) });
  const share = stats.delivered / progress.queued;
  return html`<${Share} value=${share} label=${label} words=${t('campaigns.percent_delivered', { percent: percent(share, 0) })} colour="good" />`;
}

function Share({ value, label, words, colour }) {
  return html`<span class="cp-share" title=${label}><${Meter} value=${value} max=${1} label=${label} text=${words} colour=${colour} /></span>`;
}

function momentOf(campaign) {
  if (campaign.next_at) return { key: 'campaigns.next', at: campaign.next_at };
  if (campaign.phase === 'draft') return { key: 'campaigns.changed', at: campaign.updated_at };
  if (campaign.phase === 'scheduled') return { key: 'campaigns.begins', at: campaign.scheduled_at ?? campaign.updated_at };
  if (campaign.finished_at) return { key: 'campaigns.ended', at: campaign.finished_at };
  return { key: 'campaigns.began', at: campaign.started_at ?? campaign.updated_at };
}

function Moment({ campaign }) {
  const { key, at } = momentOf(campaign);
  return html`<span class="nowrap"><span class="small muted">${t(key)}</span> <${When} at=${at} /></span>`;
}

function NoneFound() {
  return html`<${Empty} icon="search" title=${t('campaigns.none_found')} text=${t('campaigns.none_found_text')}
    action=${html`<${Button} to="/campaigns">${t('campaigns.show_all')}<//>`} />`;
}

const CURL = `curl -X POST ${location.origin}/api/v1/campaigns \\
  -H "Authorization: Bearer mbs_your_token_here" \\
  -H "Content-Type: application/json" \\
  -d '{"name": "May Promo", "message": "Hi {first_name:there}, 20% off this weekend!", "sender_id": "MYAPP", "group_ids": ["group-uuid"]}'`;

/** What a team that has no campaign yet does first. */
function First() {
  const action = html`<div class="stack cp-first">
    ${can('campaigns') && html`<div class="row is-wrapping">
      <${NewButton} />
      ${canRead('groups') && html`<${Button} to="/groups" icon="users">${t('campaigns.first_groups')}<//>`}
      ${can('contacts') && html`<${Button} to="/imports/new" icon="upload">${t('campaigns.first_import')}<//>`}
    </div>`}
    <details><summary>${t('campaigns.first_api')}</summary><${Code} text=${CURL} lang="shell" copy /></details>
  </div>`;
  return html`<${Empty} icon="megaphone" title=${t('campaigns.first')} text=${t('campaigns.first_text')} action=${action} />`;
}
