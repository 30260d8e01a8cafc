/** What a series has made so far, and when it does so next. */
import { html } from '../../parts/ui.js';
import { get } from '../../parts/api.js';
import { Status, When, number } from '../../parts/format.js';
import { Loaded, useLoad } from '../../parts/load.js';
import { Empty, Skeleton } from '../../parts/states.js';
import { Pager, Table } from '../../parts/table.js';
import { t } from '../../parts/texts.js';

/** @param {{campaign: object, query: Object<string, string>}} props campaign: a series */
export function Made({ campaign, query }) {
  const { page, page_size: size, cursor } = query;
  const load = useLoad((signal) => get('/campaigns', { series: campaign.uuid, page, page_size: size, cursor }, { signal }), [campaign.uuid, page, size, cursor], { everyS: campaign.phase === 'scheduled' ? 30 : 0 });
  const columns = [
    { key: 'name', title: t('campaigns.name'), cell: (row) => html`<span class="truncate">${row.name}</span>` },
    { key: 'phase', title: t('campaigns.phase'), sort: 'phase', cell: (row) => html`<${Status} of=${row.phase} />` },
    { key: 'people', title: t('campaigns.people_title'), num: true, sort: 'recipient_count', cell: (row) => number(row.recipient_count) },
    { key: 'delivered', title: t('campaigns.delivered'), num: true, cell: (row) => number(row.stats?.delivered ?? 0) },
    { key: 'failed', title: t('campaigns.failed'), num: true, cell: (row) => number(row.stats?.failed ?? 0) },
    { key: 'spent', title: t('campaigns.spent'), num: true, cell: (row) => number(row.units.spent) },
    { key: 'made', title: t('campaigns.made_at'), sort: 'created_at', cell: (row) => html`<${When} at=${row.created_at} />` },
  ];
  const text = campaign.next_at ? html`${t('campaigns.next')} <${When} at=${campaign.next_at} />` : t(campaign.phase === 'draft' ? 'campaigns.none_made_draft' : 'campaigns.none_made_text');
  return html`<${Loaded} of=${load} skeleton=${html`<${Skeleton} rows=${4} kind="table" />`}>
    ${(found) => html`<${Table} label=${t('campaigns.tab_made')} columns=${columns} rows=${found.items} rowKey=${(row) => row.uuid} href=${(row) => `/campaigns/${row.uuid}`}
      sort=${query.sort} empty=${html`<${Empty} icon="clock" title=${t('campaigns.none_made')} text=${text} />`} />
      <${Pager} page=${found} query=${query} />`}
  <//>`;
}
