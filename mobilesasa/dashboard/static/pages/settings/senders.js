/** Sender IDs: those the team has and what their status means, the request for one, the default, taking one back. */
import { html } from '../../parts/ui.js';
import { del, get, put, download } from '../../parts/api.js';
import { confirm } from '../../parts/dialogs.js';
import { Status, When } from '../../parts/format.js';
import { Button, Menu, Segmented } from '../../parts/forms.js';
import { useKeys } from '../../parts/keys.js';
import { Loaded, useLoad } from '../../parts/load.js';
import { Card, Notice, Page, Stack } from '../../parts/page.js';
import { setQuery } from '../../parts/router.js';
import { can, refreshSettings, settings } from '../../parts/session.js';
import { Empty, Skeleton } from '../../parts/states.js';
import { Pager, Table } from '../../parts/table.js';
import { t } from '../../parts/texts.js';
import { failed, toast } from '../../parts/toasts.js';
import { AskSender } from './sender_ask.js';
import { SenderDetail, meaning } from './sender_detail.js';

const STATUSES = ['pending', 'approved', 'rejected', 'suspended'];

const open = (uuid) => setQuery({ sender: uuid });
const ask = () => setQuery({ new: 1 });

/** Make a sender the default, or end that; can be undone. */
async function setDefault(name, again) {
  const before = settings.value?.default_sender_id ?? null;
  const set = async (to) => {
    await put('/sender-ids/default', { sender_id: to });
    await Promise.all([again(), refreshSettings()]);
  };
  try {
    await set(name);
    toast(t(name === null ? 'senders.ended_default' : 'senders.made_default', { name }), { kind: 'good', undo: () => set(before) });
  } catch (error) {
    failed(error);
  }
}

async function takeBack(sender, again) {
  const sure = await confirm({
    title: t('senders.take_back.title', { name: sender.name }),
    text: t(`senders.take_back.${sender.status}`),
    act: t('senders.take_back.act'),
    danger: true,
  });
  if (!sure) {
    return;
  }
  try {
    await del(`/sender-ids/${sender.uuid}`);
    setQuery({ sender: undefined }, { replace: true });
    toast(t('senders.take_back.done', { name: sender.name }), { kind: 'good' });
    await again();
  } catch (error) {
    failed(error);
  }
}

function actionsOf(sender, again) {
  const items = [{ label: t('senders.action.details'), icon: 'info', onClick: () => open(sender.uuid) }];
  if (!can('team')) {
    return items;
  }
  if (sender.status === 'approved') {
    items.push(sender.is_default
      ? { label: t('senders.action.end_default'), icon: 'x', onClick: () => setDefault(null, again) }
      : { label: t('senders.action.make_default'), icon: 'circle-check', onClick: () => setDefault(sender.name, again) });
  }
  if (sender.document_uuid) {
    const fetchIt = () => download(`/sender-ids/documents/${sender.document_uuid}`).catch(failed);
    items.push({ label: t('senders.action.document'), icon: 'download', onClick: fetchIt });
  }
  if (sender.status === 'pending' || sender.status === 'rejected') {
    items.push({ label: t('senders.action.take_back'), icon: 'undo', danger: true, onClick: () => takeBack(sender, again) });
  }
  return items;
}

function columnsOf(again) {
  return [
    {
      key: 'name', title: t('senders.column.name'), sort: 'name',
      cell: (each) => html`<span class="set-strong">${each.name}</span>
        ${each.is_default && html` <span class="set-tag" title=${t('senders.default_help')}>${t('senders.default')}</span>`}`,
    },
    {
      key: 'status', title: t('senders.column.status'), sort: 'status',
      cell: (each) => html`<${Status} of=${each.status}/><div class="small muted set-clamp">${meaning(each)}</div>`,
    },
    { key: 'purpose', title: t('senders.column.purpose'), sort: 'sender_class', cell: (each) => t(`senders.purpose.${each.sender_class}`) },
    {
      key: 'where', title: t('senders.column.where'), hide: 'narrow',
      cell: (each) => html`${each.countries.join(', ') || t('senders.own_country')}
        <div class="small muted">${(each.networks.length ? each.networks : each.asked_networks).join(', ') || t('senders.every_network')}</div>`,
    },
    { key: 'asked', title: t('senders.column.asked'), sort: 'created_at', cell: (each) => html`<${When} at=${each.created_at}/>` },
    {
      key: 'actions', title: t('common.actions'), hideTitle: true, class: 'is-acts', width: '3rem',
      cell: (each) => html`<${Menu} label=${`${t('common.actions')}: ${each.name}`} icon="more-horizontal" items=${actionsOf(each, again)}/>`,
    },
  ];
}

function NoSenders({ status }) {
  if (status) {
    return html`<${Empty} icon="tag" title=${t('senders.empty.filtered')} text=${t('senders.empty.filtered_text')}/>`;
  }
  const action = can('team') && html`<${Button} kind="primary" icon="plus" onClick=${ask}>${t('senders.request')}</${Button}>`;
  return html`<${Empty} icon="tag" title=${t('senders.empty.title')} text=${t('senders.empty.text')} action=${action}/>`;
}

/** @param {{query: Record<string, string>}} props */
export default function Senders({ query }) {
  const { status, page, page_size } = query;
  useKeys(can('team') ? { n: [t('senders.request'), ask] } : {});
  const load = useLoad((signal) => get('/sender-ids', { status, page, page_size }, { signal }), [status, page, page_size], { everyS: 30 });
  const sender = load.data?.items.find((each) => each.uuid === query.sender);
  const options = [{ value: '', label: t('senders.filter.all') }, ...STATUSES.map((each) => ({ value: each, label: t(`senders.status.${each}`) }))];
  const lacksDefault = settings.value?.default_sender_id === null && load.data?.items.some((each) => each.status === 'approved');
  const action = can('team') && html`<${Button} kind="primary" icon="plus" onClick=${ask}>${t('senders.request')}</${Button}>`;
  return html`<${Page} title=${t('senders.title')} lead=${t('senders.lead')} actions=${action}>
    <${Stack}>
      ${lacksDefault && html`<${Notice} kind="info">${t('senders.no_default')}</${Notice}>`}
      <div><${Segmented} label=${t('senders.filter.label')} options=${options} value=${status ?? ''}
        onChange=${(value) => setQuery({ status: value, page: undefined })}/></div>
      <${Card} kind="flush">
        <${Loaded} of=${load} skeleton=${html`<${Skeleton} kind="table" rows=${4}/>`}>${(data) => html`
          <${Table} label=${t('senders.list')} columns=${columnsOf(load.again)} rows=${data.items} sort=${query.sort} current=${query.sender}
            onRow=${(each) => open(each.uuid)} empty=${html`<${NoSenders} status=${status}/>`}/>
          <${Pager} page=${data} query=${query}/>`}
        </${Loaded}>
      </${Card}>
    </${Stack}>
    ${query.sender && html`<${SenderDetail} uuid=${query.sender} known=${sender} actions=${(each) => actionsOf(each, load.again).slice(1)}/>`}
    ${query.new && can('team') && html`<${AskSender} senders=${load.data?.items ?? []} onDone=${load.again}/>`}
  </${Page}>`;
}
