/** The list of messages: filters in the address, live on its first page. */
import { cx, html } from '../../parts/ui.js';
import { get } from '../../parts/api.js';
import { Code } from '../../parts/copy.js';
import { Button, Menu, Segmented } from '../../parts/forms.js';
import { useKeys } from '../../parts/keys.js';
import { Loaded, useLoad } from '../../parts/load.js';
import { Card, Page } from '../../parts/page.js';
import { go, Link, setQuery } from '../../parts/router.js';
import { can, canRead, zone } from '../../parts/session.js';
import { Empty, Skeleton } from '../../parts/states.js';
import { Filters, Pager, Table } from '../../parts/table.js';
import { t } from '../../parts/texts.js';
import { ExportButton } from '../reports/export_job.js';
import { exportFilters, FILTERS, filtersOf, listQuery } from './asked.js';
import { chosenColumns, columnItems, columnsOf } from './columns.js';
import { curlOf } from './curl.js';

const LIVE_S = 4;
const REACH = 10_000; // rows
const STATUSES = ['queued', 'sent', 'delivered', 'failed'];
const NOBODY = { items: [], page: 1, page_size: 20, total: 0, pages: 0, total_is_estimate: false, next_cursor: null };

/** @param {{query: object}} props */
export default function Messages({ query }) {
  const asked = listQuery(query, zone());
  const isDeep = Boolean(query.cursor) || Number(query.page) > 1;
  const live = query.live !== 'off' && !isDeep;
  const load = useLoad(
    (signal) => (asked ? get('/messages', asked, { signal }) : Promise.resolve(NOBODY)),
    [JSON.stringify(asked)],
    { everyS: live && asked ? LIVE_S : 0, keep: true },
  );
  const names = chosenColumns(query);
  useKeys({
    ...(can('messages') ? { n: [t('messages.send'), () => go('/send')] } : {}),
    l: [t('messages.live_turn'), () => turnLive(query)],
  });
  return html`<${Page} title=${t('messages.title')} lead=${t('messages.lead')} actions=${html`<${Actions} query=${query} />`}>
    <div class="msg-bar">
      <${StatusTabs} status=${query.status} />
      <span class="row">
        <${LiveSwitch} ...${{ live, isDeep, query }} isStale=${Boolean(load.error)} />
        <${Menu} label=${t('messages.columns')} text=${t('messages.columns')} icon="columns-3" small items=${columnItems(names)} />
      </span>
    </div>
    <${MessageFilters} query=${query} />
    <${Loaded} of=${load} skeleton=${html`<${Card} kind="flush"><${Skeleton} rows=${12} /><//>`}>
      ${(data) => html`<${List} ...${{ data, query, names }} />`}
    <//>
  <//>`;
}

function Actions({ query }) {
  if (!can('messages')) {
    return null;
  }
  return html`
    ${!query.message_id && html`<${ExportButton} kind="messages" filters=${exportFilters(query)} name=${t('messages.export_name')} />`}
    <${Button} kind="primary" icon="send" to="/send">${t('messages.send')}<//>`;
}

function StatusTabs({ status = '' }) {
  const options = [
    { value: '', label: t('messages.all') },
    ...STATUSES.map((value) => ({ value, label: t(`common.status.${value}`) })),
  ];
  const choose = (value) => setQuery({ status: value || undefined, page: undefined, cursor: undefined });
  return html`<${Segmented} label=${t('messages.col_status')} options=${options} value=${status} onChange=${choose} />`;
}

/** The filters; senders and campaigns by name, as far as the role may read them. */
function MessageFilters({ query }) {
  const senders = useLoad(() => get('/sender-ids', { page_size: 100 }), []);
  const campaigns = useLoad(() => (canRead('campaigns') ? get('/campaigns', { page_size: 100 }) : Promise.resolve({ items: [] })), []);
  const names = senders.data ? senders.data.items.map((each) => each.name) : [];
  const known = campaigns.data ? campaigns.data.items.map(({ uuid, name }) => ({ value: uuid, label: name })) : [];
  const fields = [
    { name: 'phone', label: t('messages.filter_phone'), kind: 'search' },
    { name: 'date_from', label: t('messages.filter_from'), kind: 'date' },
    { name: 'date_to', label: t('messages.filter_to'), kind: 'date' },
    {
      name: 'sender',
      label: t('messages.filter_sender'),
      kind: 'select',
      all: t('messages.filter_all_senders'),
      options: withChosen([...new Set(names)].map((name) => ({ value: name, label: name })), query.sender),
    },
    { name: 'client_reference', label: t('messages.filter_reference'), kind: 'text', width: '8.25rem' },
    { name: 'message_id', label: t('messages.filter_id'), kind: 'text', width: '7.5rem' },
  ];
  if (known.length || query.campaign_uuid) {
    const options = withChosen(known, query.campaign_uuid);
    fields.splice(4, 0, { name: 'campaign_uuid', label: t('messages.filter_campaign'), kind: 'select', all: t('messages.filter_all_campaigns'), options });
  }
  return html`<${Filters} fields=${fields} query=${query} />`;
}

/** The options of a filter, the one that is chosen among them even where it is of long ago. */
function withChosen(options, chosen) {
  return !chosen || options.some((each) => each.value === chosen) ? options : [...options, { value: chosen, label: chosen }];
}

function turnLive({ live }) {
  setQuery({ live: live === 'off' ? undefined : 'off' }, { replace: true });
}

/** It is green only while what is below it is as new as it says. */
function LiveSwitch({ live, isDeep, isStale, query }) {
  const on = isStale ? 'live_stale' : 'live_on';
  const help = t(`messages.${isDeep ? 'live_deep' : live ? on : 'live_off'}`);
  return html`<button type="button" class=${cx('msg-live', live && (isStale ? 'is-behind' : 'is-live'))} aria-pressed=${live} title=${help} disabled=${isDeep}
    onClick=${() => turnLive(query)}>
    <i aria-hidden="true"></i>${t('messages.live')}
  </button>`;
}

function List({ data, query, names }) {
  if (!data.items.length) {
    return html`<${Card}><${Nothing} ...${{ data, query }} /><//>`;
  }
  const href = (row) => `/messages/${row.uuid}`;
  return html`<${Card} kind="flush">
    <${Table} label=${t('messages.table')} columns=${columnsOf(names)} rows=${data.items} href=${href} rowLabel=${(row) => row.to} sort=${query.sort} />
    <${Pager} page=${paged(data)} query=${query} />
  <//>`;
}

/** Pages reach so far back and no further; a longer list goes on by cursor alone. */
function paged({ page, ...data }) {
  return data.total > REACH ? data : { page, ...data };
}

/** Why the list is empty, and what to do about it. */
function Nothing({ data, query }) {
  if (Object.keys(filtersOf(query)).length || query.cursor) {
    const clear = Object.fromEntries([...FILTERS, 'page', 'cursor'].map((name) => [name, undefined]));
    if (data.next_cursor) {
      return html`<${Empty} icon="search" title=${t('messages.nothing_yet_title')} text=${t('messages.nothing_yet_text')} />
        <${Pager} page=${data} query=${query} />`;
    }
    const action = html`<${Button} kind="plain" icon="x" onClick=${() => setQuery(clear)}>${t('messages.nothing_clear')}<//>`;
    return html`<${Empty} icon="search" title=${t('messages.nothing_title')} text=${t('messages.nothing_text')} action=${action} />`;
  }
  if (!can('messages')) {
    return html`<${Empty} icon="send" title=${t('messages.empty_title')} text=${t('messages.empty_viewer')} />`;
  }
  const call = curlOf('POST', '/messages', { to: '+254700000001', message: 'Hello from Mobile Sasa!' });
  const action = html`<div class="stack msg-first">
    <${Code} text=${call} lang="sh" copy />
    <div class="row is-wrapping">
      <${Button} kind="primary" icon="send" to="/send">${t('messages.send')}<//>
      ${can('api_tokens') && html`<${Link} to="/tokens">${t('messages.curl_make_token')}<//>`}
    </div>
  </div>`;
  return html`<${Empty} icon="send" title=${t('messages.empty_title')} text=${t('messages.empty_text')} action=${action} />`;
}
