/** What teams ask for and the operator decides: sender names, and extensions of USSD codes. */
import { html, useState } from '../../parts/ui.js';
import { get, post } from '../../parts/api.js';
import { Status, When } from '../../parts/format.js';
import { Button, Menu, Segmented, Tabs } from '../../parts/forms.js';
import { useLoad } from '../../parts/load.js';
import { Page, Row, Stack } from '../../parts/page.js';
import { setQuery } from '../../parts/router.js';
import { t } from '../../parts/texts.js';
import { toast } from '../../parts/toasts.js';
import { FormDialog } from './form_dialog.js';
import { Listed } from './listed.js';

const CLASSES = ['transactional', 'promotional', 'otp'];
const list = (text) => (text ?? '').split(/[,;\n]+/).map((each) => each.trim()).filter(Boolean);

/** What can be decided of a request, by its status. */
const DECISIONS = {
  pending: ['approve', 'reject'], requested: ['approve', 'reject'], approved: ['suspend'], rejected: ['approve'], suspended: ['approve'],
};

function Decide({ row, onDecide }) {
  const [first, ...others] = DECISIONS[row.status] ?? [];
  const items = others.map((each) => ({ label: t(`admin.approvals.${each}`), danger: each !== 'approve', onClick: () => onDecide(row, each) }));
  return html`<${Row} gap=${2}>
    ${first && html`<${Button} small of=${row.name ?? row.dial} kind=${first === 'approve' ? 'primary' : 'plain'} onClick=${() => onDecide(row, first)}>${t(`admin.approvals.${first}`)}</${Button}>`}
    ${items.length > 0 && html`<${Menu} small label=${`${t('common.actions')}: ${row.name ?? row.dial}`} items=${items}/>`}
  </${Row}>`;
}

const senderColumns = (decide) => [
  { key: 'name', title: t('admin.approvals.sender'), sort: 'name', cell: (each) => html`${each.name}<div class="small muted">${t('admin.approvals.of_team', { team: each.team })}</div>` },
  { key: 'status', title: t('common.status'), sort: 'status', cell: (each) => html`<${Status} of=${each.status}/>${each.reason && html`<div class="small muted">${each.reason}</div>`}` },
  { key: 'class', title: t('admin.approvals.class'), cell: (each) => t(`admin.approvals.classes.${each.sender_class}`) },
  {
    key: 'where', title: t('admin.approvals.where'), hide: 'narrow',
    cell: (each) => html`${each.countries.join(', ') || '–'}<div class="small muted">${(each.networks.length ? each.networks : each.asked_networks).join(', ') || t('admin.approvals.all_networks')}</div>`,
  },
  { key: 'note', title: t('admin.approvals.note'), hide: 'narrow', cell: (each) => html`<span class="small">${each.note || '–'}</span>` },
  { key: 'when', title: t('admin.approvals.asked'), sort: 'created_at', cell: (each) => html`<${When} at=${each.created_at}/>` },
  { key: 'decide', title: t('common.actions'), hideTitle: true, class: 'is-acts', cell: (each) => html`<${Decide} row=${each} onDecide=${decide}/>` },
];

const extensionColumns = (decide) => [
  { key: 'dial', title: t('admin.approvals.dial'), sort: 'dial', cell: (each) => html`<span class="mono">${each.dial}</span><div class="small muted">${t('admin.approvals.of_team', { team: each.team })}</div>` },
  { key: 'status', title: t('common.status'), sort: 'status', cell: (each) => html`<${Status} of=${each.status}/>${each.reason && html`<div class="small muted">${each.reason}</div>`}` },
  { key: 'answers', title: t('admin.approvals.answers'), cell: (each) => each.menu_name ?? each.callback_url ?? t(each.smpp ? 'admin.approvals.bind' : 'common.none') },
  { key: 'near', title: t('admin.approvals.near'), hide: 'narrow', cell: (each) => html`<span class="mono small">${each.near.join(', ') || '–'}</span>` },
  { key: 'note', title: t('admin.approvals.note'), hide: 'narrow', cell: (each) => html`<span class="small">${each.note || '–'}</span>` },
  { key: 'when', title: t('admin.approvals.asked'), sort: 'created_at', cell: (each) => html`<${When} at=${each.created_at}/>` },
  { key: 'decide', title: t('common.actions'), hideTitle: true, class: 'is-acts', cell: (each) => html`<${Decide} row=${each} onDecide=${decide}/>` },
];

/** The two lists: where each is, what waits is called, what approving one asks. */
const LISTS = {
  senders: {
    path: '/admin/sender-ids', waits: 'pending', icon: 'tag', columns: senderColumns, name: (row) => row.name,
    approve: (row) => [
      { name: 'sender_class', label: t('admin.approvals.class'), kind: 'select', value: row.sender_class, options: CLASSES.map((each) => [each, t(`admin.approvals.classes.${each}`)]) },
      { name: 'networks', label: t('admin.approvals.networks'), value: (row.networks.length ? row.networks : row.asked_networks).join(', '), help: t('admin.approvals.networks_help') },
    ],
    body: (said) => ({ ...said, ...('networks' in said ? { networks: list(said.networks) } : {}) }),
  },
  extensions: {
    path: '/admin/ussd/extensions', waits: 'requested', icon: 'hash', columns: extensionColumns, name: (row) => row.dial,
    approve: () => [{ name: 'reason', label: t('admin.approvals.words'), value: '', help: t('admin.approvals.words_help') }],
    body: (said) => said,
  },
};

function Decision({ kind, row, decision, onClose, again }) {
  const { path, name, approve, body } = LISTS[kind];
  const values = { name: name(row), team: row.team };
  const reason = [{ name: 'reason', label: t('admin.approvals.reason'), help: t('admin.approvals.reason_help'), required: decision === 'reject', value: '', kind: 'area', rows: 3 }];
  const decide = async (said) => {
    await post(`${path}/${row.uuid}/${decision}`, body(said));
    toast(t(`admin.approvals.${decision}_done`, values), { kind: decision === 'approve' ? 'good' : 'info' });
    await again();
  };
  return html`<${FormDialog} title=${t(`admin.approvals.${decision}_title`, values)} lead=${t(`admin.approvals.${decision}_text`, values)} danger=${decision !== 'approve'}
    fields=${decision === 'approve' ? approve(row) : reason} act=${t(`admin.approvals.${decision}`)} onSubmit=${decide} onClose=${onClose}/>`;
}

function Requests({ kind, query }) {
  const { path, waits, icon, columns } = LISTS[kind];
  const { team, page, page_size } = query;
  const status = query.status === 'all' ? undefined : query.status ?? waits;
  const load = useLoad((signal) => get(path, { status, team, page, page_size }, { signal }), [kind, status, team, page, page_size], { everyS: 20, keep: false });
  const [asked, setAsked] = useState(null);
  const options = [waits, 'approved', 'rejected', 'suspended', 'all'].map((each) => ({ value: each, label: t(`admin.approvals.states.${each}`) }));
  return html`<${Stack}>
    <div><${Segmented} label=${t('common.status')} options=${options} value=${query.status ?? waits} onChange=${(value) => setQuery({ status: value === waits ? undefined : value, page: undefined })}/></div>
    <${Listed} of=${load} label=${t(`admin.approvals.${kind}`)} icon=${icon} columns=${columns((row, decision) => setAsked({ row, decision }))} query=${query}
      filters=${[{ name: 'team', label: t('admin.users.team'), kind: 'text' }]}
      empty=${{ title: t(`admin.approvals.empty.${status === waits ? 'waiting' : 'other'}`), text: t(`admin.approvals.empty.${kind}`) }}/>
    ${asked && html`<${Decision} kind=${kind} ...${asked} again=${load.again} onClose=${() => setAsked(null)}/>`}
  </${Stack}>`;
}

/** @param {{query: Record<string, string>}} props */
export default function Approvals({ query }) {
  const kind = query.tab === 'extensions' ? 'extensions' : 'senders';
  const tabs = Object.keys(LISTS).map((each) => ({ id: each, label: t(`admin.approvals.${each}`) }));
  return html`<${Page} title=${t('admin.approvals.title')} lead=${t('admin.approvals.lead')}
    tabs=${html`<${Tabs} label=${t('admin.approvals.title')} tabs=${tabs} value=${kind} onChange=${(tab) => setQuery({ tab, status: undefined, page: undefined, sort: undefined })}/>`}>
    <${Requests} key=${kind} kind=${kind} query=${query}/>
  </${Page}>`;
}
