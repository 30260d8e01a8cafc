/** The links of a campaign with how many followed each, and who did, when. */
import { html } from '../../parts/ui.js';
import { get } from '../../parts/api.js';
import { Meter } from '../../parts/charts.js';
import { When, number, percent, phone } from '../../parts/format.js';
import { Loaded, useLoad } from '../../parts/load.js';
import { Card, Stack } from '../../parts/page.js';
import { Empty, Skeleton } from '../../parts/states.js';
import { Filters, Pager, Table } from '../../parts/table.js';
import { t } from '../../parts/texts.js';
import { hasWaiting } from './words.js';

/** @param {{campaign: object, query: Object<string, string>}} props */
export function Links({ campaign, query }) {
  const isLive = campaign.phase === 'sending' || hasWaiting(campaign) || Date.now() - Date.parse(campaign.started_at ?? 0) < 86_400_000;
  const load = useLoad((signal) => get(`/campaigns/${campaign.uuid}/links`, {}, { signal }), [campaign.uuid], { everyS: isLive ? 10 : 0 });
  return html`<${Stack}>
    <${Loaded} of=${load} skeleton=${html`<${Skeleton} rows=${4} kind="table" />`}>
      ${({ items }) => html`<${Card} kind="flush" title=${t('campaigns.tab_links')} lead=${items.length > 0 && t('campaigns.links_note')}>
          <${Table} label=${t('campaigns.tab_links')} columns=${linkColumns(campaign)} rows=${items} rowKey=${(row) => row.link}
            empty=${html`<${Empty} icon="link" title=${t('campaigns.no_links')} text=${t('campaigns.no_links_text')} />`} />
        <//>
        ${items.length > 0 && html`<${Clicks} campaign=${campaign} links=${items} query=${query} />`}`}
    <//>
  <//>`;
}

/** An address of a text is a link only where it is one of the web. */
function Url({ url }) {
  return /^https?:\/\//i.test(url)
    ? html`<a class="cp-url" href=${url} target="_blank" rel="noopener noreferrer">${url}</a>`
    : html`<span class="cp-url">${url}</span>`;
}

function linkColumns(campaign) {
  const all = campaign.progress.queued || 1;
  return [
    { key: 'link', title: '#', num: true, cell: (row) => row.link },
    { key: 'url', title: t('campaigns.link'), cell: (row) => html`<${Url} url=${row.url} />` },
    { key: 'share', title: t('campaigns.followed'), cell: (row) => {
      const label = t('campaigns.followed_of', { n: row.recipients, all });
      return html`<span class="cp-share" title=${label}><${Meter} value=${row.recipients} max=${all} label=${label} text=${percent(row.recipients / all, 1)} /></span>`;
    } },
    { key: 'recipients', title: t('campaigns.people_title'), num: true, cell: (row) => number(row.recipients) },
    { key: 'clicks', title: t('campaigns.clicks'), num: true, cell: (row) => number(row.clicks) },
    { key: 'previews', title: t('campaigns.previews'), num: true, cell: (row) => number(row.previews) },
    { key: 'expires', title: t('campaigns.expires'), cell: (row) => (row.expires_at ? html`<${When} at=${row.expires_at} />` : '–') },
  ];
}

function Clicks({ campaign, links, query }) {
  const { link, page, page_size: size, cursor } = query;
  const load = useLoad((signal) => get(`/campaigns/${campaign.uuid}/clicks`, { link, page, page_size: size, cursor }, { signal }), [campaign.uuid, link, page, size, cursor]);
  const options = links.map((each) => ({ value: String(each.link), label: `${each.link}  ${each.url}` }));
  const columns = [
    { key: 'phone', title: t('campaigns.recipient'), cell: (row) => (row.phone ? html`<span class="num nowrap">${phone(row.phone)}</span>` : html`<span class="muted">${t('campaigns.forgotten')}</span>`) },
    { key: 'link', title: t('campaigns.link'), num: true, sort: 'link', cell: (row) => row.link },
    { key: 'clicks', title: t('campaigns.clicks'), num: true, sort: 'clicks', cell: (row) => number(row.clicks) },
    { key: 'previews', title: t('campaigns.previews'), num: true, sort: 'previews', cell: (row) => number(row.previews) },
    { key: 'first', title: t('campaigns.first_click'), sort: 'first_at', cell: (row) => html`<${When} at=${row.first_at} />` },
    { key: 'last', title: t('campaigns.last_click'), sort: 'last_at', cell: (row) => html`<${When} at=${row.last_at} />` },
  ];
  return html`<${Card} kind="flush" title=${t('campaigns.who_followed')}>
      ${links.length > 1 && html`<${Filters} query=${query} fields=${[{ name: 'link', label: t('campaigns.link'), kind: 'select', options }]} />`}
      <${Loaded} of=${load} skeleton=${html`<${Skeleton} rows=${4} kind="table" />`}>
        ${(found) => html`<${Table} label=${t('campaigns.who_followed')} columns=${columns} rows=${found.items} rowKey=${(row) => `${row.phone} ${row.link}`}
          sort=${query.sort}
          empty=${html`<${Empty} icon="link" title=${t('campaigns.no_clicks')} text=${t('campaigns.no_clicks_text')} />`} />
          <${Pager} page=${found} query=${query} />`}
      <//>
  <//>`;
}
