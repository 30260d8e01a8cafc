/** One user: in which teams and as what, a new link for the password, disabling. */
import { html, useState } from '../../parts/ui.js';
import { del, get, post, put } from '../../parts/api.js';
import { When } from '../../parts/format.js';
import { Button, Menu, SelectField } from '../../parts/forms.js';
import { Loaded, useLoad } from '../../parts/load.js';
import { Card, Facts, Page, Stack } from '../../parts/page.js';
import { setQuery } from '../../parts/router.js';
import { Empty } from '../../parts/states.js';
import { Table } from '../../parts/table.js';
import { t } from '../../parts/texts.js';
import { failed } from '../../parts/toasts.js';
import { FormDialog } from './form_dialog.js';
import { LinkOnce } from './link_once.js';
import { doIt } from './listed.js';
import { roleOptions, UserStatus } from './users.js';

const close = () => setQuery({ act: undefined });

function Grants({ user, again }) {
  const path = (code) => `/admin/users/${user.uuid}/teams/${encodeURIComponent(code)}`;
  const change = ({ code, role: before }, role) => doIt({
    act: () => put(path(code), { role }), done: t('admin.users.role_set', { code, role: t(`role.${role}`) }), again, undo: () => put(path(code), { role: before }),
  });
  const remove = ({ code, role }) => doIt({
    question: { title: t('admin.users.remove_title', { code }), text: t('admin.users.remove_text', { name: user.name || user.email, code }), act: t('admin.users.remove') },
    act: () => del(path(code)), done: t('admin.users.removed', { code }), again, undo: () => put(path(code), { role }),
  });
  const rows = Object.entries(user.teams).map(([code, role]) => ({ code, role }));
  const columns = [
    { key: 'code', title: t('admin.users.team'), sort: 'code', cell: (each) => html`<span class="mono">${each.code}</span>` },
    {
      key: 'role', title: t('admin.users.role'),
      cell: (each) => html`<${SelectField} hideLabel name=${`role-${each.code}`} label=${`${t('admin.users.role')}: ${each.code}`} value=${each.role} options=${roleOptions()} onInput=${(role) => change(each, role)}/>`,
    },
    { key: 'remove', title: t('common.actions'), hideTitle: true, class: 'is-acts', cell: (each) => html`<${Button} small of=${each.code} kind="quiet" onClick=${() => remove(each)}>${t('admin.users.remove')}</${Button}>` },
  ];
  const adding = html`<${Button} small icon="plus" onClick=${() => setQuery({ act: 'grant' })}>${t('admin.users.grant')}</${Button}>`;
  return html`<${Card} kind="flush" title=${t('admin.users.teams')} actions=${adding}>
    <${Table} label=${t('admin.users.teams')} columns=${columns} rows=${rows} rowKey=${(each) => each.code}
      empty=${html`<${Empty} icon="building" title=${t('admin.users.in_none')} text=${t('admin.users.in_none_text')}/>`}/>
  </${Card}>`;
}

function UserPage({ user, query, again }) {
  const [made, setMade] = useState(null);
  const set = (patch) => put(`/admin/users/${user.uuid}`, patch);
  const name = user.name || user.email;
  const disable = () => (user.disabled
    ? doIt({ act: () => set({ disabled: false }), done: t('admin.users.enabled', { name }), again, undo: () => set({ disabled: true }) })
    : doIt({
      question: { title: t('admin.users.disable_title', { name }), text: t('admin.users.disable_text'), act: t('admin.users.disable') },
      act: () => set({ disabled: true }), done: t('admin.users.disabled', { name }), again, undo: () => set({ disabled: false }),
    }));
  const newLink = () => post(`/admin/users/${user.uuid}/link`).then(setMade).catch(failed);
  const items = [
    { label: t('admin.users.change'), icon: 'pencil', onClick: () => setQuery({ act: 'change' }) },
    { label: t(user.disabled ? 'admin.users.enable' : 'admin.users.disable'), icon: user.disabled ? 'play' : 'pause', danger: !user.disabled, onClick: disable },
  ];
  const grant = async ({ code, role }) => {
    await put(`/admin/users/${user.uuid}/teams/${encodeURIComponent(code)}`, { role });
    await again();
  };
  const change = async (said) => {
    await set(said);
    await again();
  };
  return html`<${Page} title=${name} crumbs=${[{ label: t('admin.users.title'), to: '/admin/users' }]} status=${html`<${UserStatus} user=${user}/>`}
    actions=${html`<${Button} icon="link" onClick=${newLink}>${t('admin.users.new_link')}</${Button}><${Menu} label=${t('common.actions')} items=${items}/>`}>
    <${Stack}>
      <${Card} title=${t('admin.users.facts')}><${Facts} items=${[
        [t('admin.users.email'), user.email],
        [t('admin.users.platform'), t(user.platform_admin ? 'common.yes' : 'common.no')],
        [t('common.created'), html`<${When} at=${user.created_at}/>`],
        [t('admin.users.seen'), html`<${When} at=${user.last_login_at} empty=${t('admin.users.never')}/>`],
      ]}/></${Card}>
      <${Grants} user=${user} again=${again}/>
    </${Stack}>
    ${query.act === 'grant' && html`<${FormDialog} title=${t('admin.users.grant')} act=${t('admin.users.grant')} onSubmit=${grant} onClose=${close}
      fields=${[{ name: 'code', label: t('admin.users.team'), required: true }, { name: 'role', label: t('admin.users.role'), kind: 'select', value: 'viewer', options: roleOptions() }]}/>`}
    ${query.act === 'change' && html`<${FormDialog} title=${t('admin.users.change')} act=${t('common.save')} onSubmit=${change} onClose=${close} fields=${[
      { name: 'name', label: t('common.name'), value: user.name },
      { name: 'platform_admin', label: t('admin.users.platform'), kind: 'check', value: user.platform_admin, help: t('admin.users.platform_help') },
    ]}/>`}
    ${made && html`<${LinkOnce} user=${made} onDone=${() => setMade(null)}/>`}
  </${Page}>`;
}

/** @param {{params: {uuid: string}, query: Record<string, string>}} props */
export default function User({ params, query }) {
  const load = useLoad((signal) => get(`/admin/users/${params.uuid}`, {}, { signal }), [params.uuid]);
  return html`<${Loaded} of=${load}>${(user) => html`<${UserPage} user=${user} query=${query} again=${load.again}/>`}</${Loaded}>`;
}
