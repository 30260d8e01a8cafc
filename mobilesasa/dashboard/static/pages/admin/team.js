/** One team as the platform sees it: its units, its limits, its people, whom it may not reach; suspending it. */
import { html } from '../../parts/ui.js';
import { del, get, post, put } from '../../parts/api.js';
import { Figure, Status, When, phone, units } from '../../parts/format.js';
import { Button, Menu } from '../../parts/forms.js';
import { Loaded, useLoad } from '../../parts/load.js';
import { postOnce } from '../../parts/once.js';
import { Card, Facts, Notice, Page, Stack } from '../../parts/page.js';
import { setQuery } from '../../parts/router.js';
import { t } from '../../parts/texts.js';
import { toast } from '../../parts/toasts.js';
import { asJson, FormDialog } from './form_dialog.js';
import { Listed, doIt } from './listed.js';

const close = () => setQuery({ act: undefined });
const orUsual = (value) => value ?? t('admin.usual');

const fieldsOf = (team) => [
  { name: 'name', label: t('admin.teams.name'), value: team.name, required: true },
  { name: 'country', label: t('admin.teams.country'), value: team.country, required: true, help: t('admin.teams.country_help') },
  { name: 'zone', label: t('admin.team.zone'), value: team.zone ?? '', help: t('admin.team.zone_help') },
  { name: 'max_sessions', label: t('admin.teams.sessions'), kind: 'number', min: 0, value: team.max_sessions, help: t('admin.team.usual_help') },
  { name: 'session_tps', label: t('admin.teams.tps'), kind: 'number', min: 1, value: team.session_tps, help: t('admin.team.usual_help') },
  { name: 'text_days', label: t('admin.team.text_days'), kind: 'number', min: 0, value: team.text_days, help: t('admin.team.text_days_help') },
  { name: 'low_balance_units', label: t('admin.team.low'), kind: 'number', min: 0, value: team.low_balance_units },
  { name: 'smpp_any_address', label: t('admin.team.any_address'), kind: 'check', value: team.smpp_any_address, help: t('admin.team.any_address_help') },
  { name: 'smpp', label: t('admin.team.smpp'), kind: 'json', rows: 4, value: asJson(team.smpp), help: t('admin.team.smpp_help') },
  { name: 'tlvs', label: t('admin.team.tlvs'), kind: 'json', rows: 4, value: asJson(team.tlvs), help: t('admin.team.tlvs_help') },
];

function TopUp({ team, again }) {
  const give = async ({ units: many, note }) => {
    const made = await postOnce(`/admin/teams/${team.uuid}/units`, { units: many, note: note || null });
    toast(t('admin.team.given', { units: units(made.units), left: units(made.balance_units) }), { kind: 'good' });
    await again();
  };
  return html`<${FormDialog} title=${t('admin.team.give')} lead=${t('admin.team.give_lead', { name: team.name, units: units(team.balance_units) })} act=${t('admin.team.give_act')}
    onSubmit=${give} onClose=${close} fields=${[
      { name: 'units', label: t('admin.team.give_units'), kind: 'number', required: true, help: t('admin.team.give_help') },
      { name: 'note', label: t('admin.team.give_note'), help: t('admin.team.give_note_help') },
    ]}/>`;
}

function Change({ team, again }) {
  const change = async (said) => {
    await put(`/admin/teams/${team.uuid}`, { ...said, zone: said.zone || null });
    toast(t('common.saved'), { kind: 'good' });
    await again();
  };
  return html`<${FormDialog} wide columns title=${t('admin.team.change')} act=${t('common.save')} fields=${fieldsOf(team)} onSubmit=${change} onClose=${close}/>`;
}

function suspend(team, again) {
  const set = (suspended) => put(`/admin/teams/${team.uuid}`, { suspended });
  if (team.suspended) {
    return doIt({ act: () => set(false), done: t('admin.team.goes_on', { name: team.name }), again, undo: () => set(true) });
  }
  const question = { title: t('admin.team.suspend_title', { name: team.name }), text: t('admin.team.suspend_text'), act: t('admin.team.suspend') };
  return doIt({ question, act: () => set(true), done: t('admin.team.suspended', { name: team.name }), again, undo: () => set(false) });
}

const peopleColumns = (code) => [
  { key: 'name', title: t('common.name'), sort: 'name', cell: (each) => html`${each.name}<div class="small muted">${each.email}</div>` },
  { key: 'role', title: t('admin.users.role'), cell: (each) => t(`role.${each.teams[code] ?? 'viewer'}`) },
  { key: 'seen', title: t('admin.users.seen'), cell: (each) => html`<${When} at=${each.last_login_at} empty=${t('admin.users.never')}/>` },
];

function Suppressions({ team, query }) {
  const { page, phone: wanted } = query;
  const path = `/admin/teams/${team.uuid}/suppressions`;
  const load = useLoad((signal) => get(path, { page, phone: wanted }, { signal }), [team.uuid, page, wanted]);
  const lift = (each) => doIt({
    question: { title: t('admin.team.lift_title', { phone: phone(each.phone) }), text: t('admin.team.lift_text'), act: t('admin.team.lift') },
    act: () => del(`${path}/${each.uuid}`), done: t('admin.team.lifted', { phone: phone(each.phone) }), again: load.again,
    undo: () => post(path, { phone: `+${each.phone.replace(/^\+/, '')}`, sender_id: each.sender_id }),
  });
  const columns = [
    { key: 'phone', title: t('common.phone'), cell: (each) => phone(each.phone) },
    { key: 'sender', title: t('admin.team.sender'), cell: (each) => each.sender_id ?? t('admin.team.all_senders') },
    { key: 'reason', title: t('admin.team.reason'), cell: (each) => t(`admin.team.reasons.${each.reason}`) },
    { key: 'when', title: t('common.when'), cell: (each) => html`<${When} at=${each.created_at}/>` },
    { key: 'lift', title: t('common.actions'), hideTitle: true, class: 'is-acts', cell: (each) => html`<${Button} small of=${phone(each.phone)} kind="quiet" onClick=${() => lift(each)}>${t('admin.team.lift')}</${Button}>` },
  ];
  const add = async (said) => {
    await post(path, { phone: said.phone, sender_id: said.sender_id || null });
    await load.again();
  };
  return html`<${Listed} of=${load} title=${t('admin.team.suppressions')} lead=${t('admin.team.suppressions_lead')} label=${t('admin.team.suppressions')} icon="ban" columns=${columns}
      query=${query} filters=${[{ name: 'phone', label: t('common.phone'), kind: 'search' }]}
      empty=${{ title: t('admin.team.no_suppressions'), text: t('admin.team.no_suppressions_text') }}
      add=${{ label: t('admin.team.suppress'), onClick: () => setQuery({ act: 'suppress' }) }}/>
    ${query.act === 'suppress' && html`<${FormDialog} title=${t('admin.team.suppress')} lead=${t('admin.team.suppress_lead')} act=${t('admin.team.suppress')} onSubmit=${add} onClose=${close}
      fields=${[{ name: 'phone', label: t('common.phone'), required: true }, { name: 'sender_id', label: t('admin.team.sender'), help: t('admin.team.sender_help') }]}/>`}`;
}

function People({ team }) {
  const load = useLoad((signal) => get('/admin/users', { team: team.code, page_size: 100 }, { signal }), [team.code]);
  return html`<${Listed} of=${load} title=${t('admin.team.people')} label=${t('admin.team.people')} icon="users" columns=${peopleColumns(team.code)} query=${{}}
    href=${(each) => `/admin/users/${each.uuid}`} empty=${{ title: t('admin.team.no_people'), text: t('admin.team.no_people_text') }}
    actions=${html`<${Button} small icon="user-plus" to="/admin/users" query=${{ new: 1, for: team.code }}>${t('admin.team.invite')}</${Button}>`}/>`;
}

function TeamPage({ team, query, again }) {
  const items = [
    { label: t('admin.team.change'), icon: 'pencil', onClick: () => setQuery({ act: 'change' }) },
    { label: t('admin.team.senders_link'), icon: 'tag', to: `/admin/approvals?team=${encodeURIComponent(team.code)}&status=all` },
    { label: t('admin.team.trail'), icon: 'scroll', to: `/admin/audit?team=${encodeURIComponent(team.code)}` },
    { label: t(team.suspended ? 'admin.team.go_on' : 'admin.team.suspend'), icon: team.suspended ? 'play' : 'pause', danger: !team.suspended, onClick: () => suspend(team, again) },
  ];
  const actions = html`<${Button} kind="primary" icon="coins" onClick=${() => setQuery({ act: 'give' })}>${t('admin.team.give')}</${Button}>
    <${Menu} label=${t('common.actions')} items=${items}/>`;
  return html`<${Page} title=${team.name} crumbs=${[{ label: t('admin.teams.title'), to: '/admin/teams' }]} actions=${actions}
    status=${html`<${Status} of=${team.suspended ? 'suspended' : 'active'} label=${t(team.suspended ? 'admin.teams.is_suspended' : 'admin.teams.is_active')}/>`}>
    <${Stack}>
      ${team.suspended && html`<${Notice} kind="warn">${t('admin.team.suspended_notice')}</${Notice}>`}
      <div class="admin-halves">
      <${Stack}>
      <${Figure} icon="coins" label=${t('admin.teams.units')} value=${team.balance_units}/>
      <${Card} title=${t('admin.team.facts')}>
        <${Facts} items=${[
          [t('admin.teams.code'), html`<span class="mono">${team.code}</span>`],
          [t('admin.teams.country'), team.country],
          [t('admin.team.zone'), team.zone ?? t('admin.team.zone_of_country')],
          [t('admin.team.default_sender'), team.default_sender_id ?? t('common.none')],
          [t('admin.team.text_days'), team.text_days ?? t('admin.usual')],
          [t('admin.team.low'), team.low_balance_units ?? t('common.none')],
          [t('admin.teams.sessions'), orUsual(team.max_sessions)],
          [t('admin.teams.tps'), orUsual(team.session_tps)],
          [t('admin.team.any_address'), t(team.smpp_any_address ? 'common.yes' : 'common.no')],
          [t('common.created'), html`<${When} at=${team.created_at}/>`],
        ]}/>
      </${Card}>
      </${Stack}>
      <${Stack}>
        <${People} team=${team}/>
        <${Suppressions} team=${team} query=${query}/>
      </${Stack}>
      </div>
    </${Stack}>
    ${query.act === 'give' && html`<${TopUp} team=${team} again=${again}/>`}
    ${query.act === 'change' && html`<${Change} team=${team} again=${again}/>`}
  </${Page}>`;
}

/** @param {{params: {uuid: string}, query: Record<string, string>}} props */
export default function Team({ params, query }) {
  const load = useLoad((signal) => get(`/admin/teams/${params.uuid}`, {}, { signal }), [params.uuid], { everyS: 30 });
  return html`<${Loaded} of=${load}>${(team) => html`<${TeamPage} team=${team} query=${query} again=${load.again}/>`}</${Loaded}>`;
}
