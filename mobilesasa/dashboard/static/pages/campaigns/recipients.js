/** Everybody who was found when a campaign was sent, with their own text and where it stands; as a file too. */
import { html } from '../../parts/ui.js';
import { get } from '../../parts/api.js';
import { Status, number, phone } from '../../parts/format.js';
import { Loaded, useLoad } from '../../parts/load.js';
import { Row, Stack } from '../../parts/page.js';
import { Link } from '../../parts/router.js';
import { can, canRead } from '../../parts/session.js';
import { Empty, Skeleton } from '../../parts/states.js';
import { Filters, Pager, Table } from '../../parts/table.js';
import { t } from '../../parts/texts.js';
import { ExportButton } from '../reports/export_job.js';
import { hasWaiting, leftOutWords } from './words.js';

const STATUSES = ['waiting', 'queued', 'sent', 'delivered', 'failed', 'skipped'];

/** @param {{campaign: object, query: Object<string, string>}} props */
export function Recipients({ campaign, query }) {
  const { status, phone: sought, page, page_size: size, cursor } = query;
  const isLive = campaign.phase === 'sending' || hasWaiting(campaign) || campaign.stats.sent > 0;
  const load = useLoad((signal) => get(`/campaigns/${campaign.uuid}/recipients`, { status, phone: sought, page, page_size: size, cursor }, { signal }),
    [campaign.uuid, status, sought, page, size, cursor], { everyS: isLive ? 5 : 0 });
  return html`<${Stack}>
    <${Row} between wrap>
      <${Filters} fields=${filters()} query=${query} />
      ${can('campaigns') && html`<${ExportButton} kind="recipients" filters=${{ campaign_uuid: campaign.uuid }} name=${campaign.name} />`}
    <//>
    <${Loaded} of=${load} skeleton=${html`<${Skeleton} rows=${8} kind="table" />`}>
      ${(found) => html`
        <${Table} label=${t('campaigns.tab_recipients')} columns=${columnsOf(campaign)} rows=${found.items} rowKey=${(row) => row.message_uuid ?? row.to}
          href=${(row) => (row.message_uuid && canRead('messages') ? `/messages/${row.message_uuid}` : undefined)}
          sort=${query.sort} empty=${html`<${None} found=${found} filtered=${Boolean(status || sought)} />`} />
        <${Pager} page=${found} query=${query} />`}
    <//>
    ${canRead('messages') && html`<p class="small muted"><${Link} to="/messages" query=${{ campaign_uuid: campaign.uuid }}>${t('campaigns.as_messages')}<//></p>`}
  <//>`;
}

function filters() {
  return [
    { name: 'phone', label: t('campaigns.phone'), kind: 'search' },
    { name: 'status', label: t('campaigns.status'), kind: 'select', options: STATUSES.map((value) => ({ value, label: t(`campaigns.recipient_${value}`) })) },
  ];
}

function columnsOf(campaign) {
  const columns = [
    { key: 'to', title: t('campaigns.recipient'), cell: (row) => html`<span class="num nowrap">${phone(row.to)}</span>` },
    { key: 'status', title: t('campaigns.status'), sort: 'status', cell: (row) => html`<${Standing} recipient=${row} />` },
    { key: 'message', title: t('campaigns.text'), cell: (row) => html`<span class="cp-text">${row.message ?? campaign.message ?? t('campaigns.text_gone')}</span>` },
    { key: 'parts', title: t('campaigns.parts_title'), num: true, sort: 'parts', cell: (row) => number(row.parts) },
    { key: 'units', title: t('campaigns.units_title'), num: true, sort: 'units', cell: (row) => number(row.units) },
  ];
  if (campaign.track_links) columns.push({ key: 'clicks', title: t('campaigns.clicks'), num: true, sort: 'clicks', cell: (row) => number(row.clicks) });
  return columns;
}

function Standing({ recipient }) {
  return html`<span class="nowrap"><${Status} of=${recipient.status} /></span>
    ${recipient.skipped && html` <span class="small muted">${leftOutWords(recipient.skipped)}</span>`}`;
}

/** A page of one status may be empty although others follow. */
function None({ found, filtered }) {
  if (found.next_cursor) return html`<${Empty} icon="search" title=${t('campaigns.none_on_page')} text=${t('campaigns.none_on_page_text')} />`;
  return filtered
    ? html`<${Empty} icon="search" title=${t('campaigns.no_such_recipient')} text=${t('campaigns.no_such_recipient_text')} />`
    : html`<${Empty} icon="users" title=${t('campaigns.recipients_gone')} text=${t('campaigns.recipients_gone_text')} />`;
}
