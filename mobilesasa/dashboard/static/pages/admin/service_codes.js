/** USSD service codes: dedicated to one team or shared by extensions; giving a team one of those. */
import { html, useState } from '../../parts/ui.js';
import { del, get, post, put } from '../../parts/api.js';
import { Status, When } from '../../parts/format.js';
import { Menu } from '../../parts/forms.js';
import { useLoad } from '../../parts/load.js';
import { setQuery } from '../../parts/router.js';
import { t } from '../../parts/texts.js';
import { toast } from '../../parts/toasts.js';
import { optionsOf } from './choices.js';
import { FormDialog } from './form_dialog.js';
import { Listed, doIt } from './listed.js';

const TYPES = ['dedicated', 'shared'];
const STATES = ['pending', 'approved', 'suspended'];
const dialled = (code) => `*${code}#`;
const list = (text) => (text ?? '').split(',').map((each) => each.trim()).filter(Boolean);

const columns = (act) => [
  { key: 'code', title: t('admin.codes.code'), sort: 'code', cell: (each) => html`<span class="mono">${dialled(each.code)}</span>` },
  { key: 'status', title: t('common.status'), sort: 'status', cell: (each) => html`<${Status} of=${each.status}/>` },
  { key: 'type', title: t('admin.codes.type'), sort: 'type', cell: (each) => t(`admin.codes.types.${each.type}`) },
  { key: 'networks', title: t('admin.codes.networks'), cell: (each) => each.networks.join(', ') || t('admin.approvals.all_networks') },
  { key: 'note', title: t('common.note'), hide: 'narrow', cell: (each) => html`<span class="small">${each.note || '–'}</span>` },
  { key: 'created', title: t('common.created'), sort: 'created_at', hide: 'narrow', cell: (each) => html`<${When} at=${each.created_at}/>` },
  {
    key: 'do', title: t('common.actions'), hideTitle: true, class: 'is-acts', width: '3rem',
    cell: (each) => html`<${Menu} small label=${`${t('common.actions')}: ${dialled(each.code)}`} items=${[
      { label: t('admin.codes.give'), icon: 'user-plus', onClick: () => act.give(each) },
      { label: t('admin.codes.extensions'), icon: 'list', to: `/admin/approvals?tab=extensions&status=all` },
      { label: t('common.change'), icon: 'pencil', onClick: () => act.change(each) },
      each.status !== 'suspended' && { label: t('admin.codes.suspend'), icon: 'pause', danger: true, onClick: () => act.suspend(each) },
      { label: t('admin.codes.remove'), icon: 'trash', danger: true, onClick: () => act.remove(each) },
    ]}/>`,
  },
];

const fieldsOf = (code) => [
  !code.uuid && { name: 'code', label: t('admin.codes.code'), required: true, value: '', mono: true, help: t('admin.codes.code_help') },
  { name: 'type', label: t('admin.codes.type'), kind: 'select', value: code.type ?? 'shared', options: optionsOf(TYPES, 'admin.codes.types_long') },
  { name: 'networks', label: t('admin.codes.networks'), value: (code.networks ?? []).join(', '), help: t('admin.approvals.networks_help') },
  { name: 'status', label: t('common.status'), kind: 'select', value: code.status ?? 'approved', options: optionsOf(STATES, 'status') },
  { name: 'note', label: t('common.note'), value: code.note ?? '', help: t('admin.codes.note_help') },
];

function CodeDialog({ code, again, onClose }) {
  const save = async (said) => {
    const body = { ...said, networks: list(said.networks) };
    if (code.uuid) {
      const { type, networks, status, note } = code;
      await put(`/admin/ussd/codes/${code.uuid}`, body);
      toast(t('common.saved'), { kind: 'good', undo: async () => { await put(`/admin/ussd/codes/${code.uuid}`, { type, networks, status, note }); await again(); } });
    } else {
      const made = await post('/admin/ussd/codes', { ...body, code: said.code.replace(/[*#\s]/g, '') });
      toast(t('admin.codes.made', { code: dialled(made.code) }), { kind: 'good' });
    }
    await again();
  };
  return html`<${FormDialog} title=${code.uuid ? t('admin.codes.change_title', { code: dialled(code.code) }) : t('admin.codes.add')} act=${t(code.uuid ? 'common.save' : 'admin.codes.make')}
    fields=${fieldsOf(code)} onSubmit=${save} onClose=${onClose}/>`;
}

function Give({ code, onClose }) {
  const give = async (said) => {
    const made = await post('/admin/ussd/extensions', { code: code.code, team: said.team.trim(), extension: said.extension || undefined });
    toast(t('admin.codes.given', { dial: made.dial, team: made.team }), { kind: 'good' });
  };
  return html`<${FormDialog} title=${t('admin.codes.give_title', { code: dialled(code.code) })} lead=${t(`admin.codes.give_lead.${code.type}`)} act=${t('admin.codes.give_act')} onSubmit=${give}
    onClose=${onClose} fields=${[
      { name: 'team', label: t('common.team'), value: '', required: true, mono: true, help: t('admin.choices.team_help') },
      code.type === 'shared' && { name: 'extension', label: t('admin.codes.extension'), value: '', required: true, mono: true, help: t('admin.codes.extension_help', { code: code.code }) },
    ]}/>`;
}

/** @param {{query: Record<string, string>}} props */
export function Codes({ query }) {
  const load = useLoad((signal) => get('/admin/ussd/codes', {}, { signal }), []);
  const [open, setOpen] = useState(null); // {change} or {give}
  const close = () => {
    setOpen(null);
    if (query.new) {
      setQuery({ new: undefined }, { replace: true });
    }
  };
  const path = (each) => `/admin/ussd/codes/${each.uuid}`;
  const names = (each) => ({ code: dialled(each.code) });
  const act = {
    change: (each) => setOpen({ change: each }),
    give: (each) => setOpen({ give: each }),
    suspend: (each) => doIt({
      question: { title: t('admin.codes.suspend_title', names(each)), text: t('admin.codes.suspend_text'), act: t('admin.codes.suspend') },
      act: () => put(path(each), { status: 'suspended' }), done: t('admin.codes.suspended', names(each)), again: load.again, undo: () => put(path(each), { status: each.status }),
    }),
    remove: (each) => doIt({
      question: { title: t('admin.codes.remove_title', names(each)), text: t('admin.codes.remove_text'), act: t('admin.codes.remove') },
      act: () => del(path(each)), done: t('admin.codes.removed', names(each)), again: load.again,
      undo: () => post('/admin/ussd/codes', { code: each.code, type: each.type, networks: each.networks, status: each.status, note: each.note }),
    }),
  };
  return html`<${Listed} of=${load} title=${t('admin.numbers.tabs.codes')} lead=${t('admin.codes.lead')} label=${t('admin.numbers.tabs.codes')} icon="hash" columns=${columns(act)} query=${query}
      empty=${{ title: t('admin.codes.empty'), text: t('admin.codes.empty_text') }} add=${{ label: t('admin.codes.add'), onClick: () => setQuery({ new: 1 }) }}/>
    ${(open?.change || query.new) && html`<${CodeDialog} code=${open?.change ?? {}} again=${load.again} onClose=${close}/>`}
    ${open?.give && html`<${Give} code=${open.give} onClose=${close}/>`}`;
}
