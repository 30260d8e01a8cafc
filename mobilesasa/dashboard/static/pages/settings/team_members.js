/** The members of a team: their roles, new links, taking somebody out. */
import { html, useState } from '../../parts/ui.js';
import { del, get, post, put } from '../../parts/api.js';
import { Dialog, confirm } from '../../parts/dialogs.js';
import { Status, When } from '../../parts/format.js';
import { Button, Form, FormActions, Menu } from '../../parts/forms.js';
import { Loaded, useAct, useLoad } from '../../parts/load.js';
import { Card, Facts, Notice, Stack } from '../../parts/page.js';
import { can, me, team } from '../../parts/session.js';
import { Skeleton } from '../../parts/states.js';
import { Table } from '../../parts/table.js';
import { t } from '../../parts/texts.js';
import { failed, toast } from '../../parts/toasts.js';
import { LinkShown } from './team_invite.js';
import { ROLES, RoleChoice, whyNot } from './team_roles.js';

const isMe = (member) => member.uuid === me.value?.user.uuid;

async function remove(member, again) {
  const text = t('team.remove.text');
  const sure = await confirm({
    title: t('team.remove.title', { name: member.name }),
    text: isMe(member) ? `${t('team.remove.yourself', { team: team.value?.name ?? '' })}\n${text}` : text,
    act: t('team.remove.act'),
    danger: true,
  });
  if (!sure) {
    return;
  }
  try {
    await del(`/team/members/${member.uuid}`);
    toast(t('team.remove.done', { name: member.name }), { kind: 'good' });
    await again();
  } catch (error) {
    failed(error);
  }
}

async function newLink(member, onMade) {
  const sure = await confirm({ title: t('team.link.title', { name: member.name }), text: t('team.link.text'), act: t('team.link.act') });
  if (!sure) {
    return;
  }
  try {
    onMade(await post(`/team/members/${member.uuid}/link`));
  } catch (error) {
    failed(error);
  }
}

/** Another role for somebody, in a dialog; can be undone. */
function ChangeRole({ member, onClose, again }) {
  const [chosen, choose] = useState(member.role);
  const set = async (role) => {
    await put(`/team/members/${member.uuid}`, { role });
    await again();
  };
  const [save, act] = useAct(async () => {
    await set(chosen);
    onClose();
    const undo = isMe(member) ? undefined : () => set(member.role);
    toast(t('team.change_role.done', { name: member.name, role: t(`team.role.${chosen}`) }), { kind: 'good', undo });
  });
  return html`<${Dialog} open title=${t('team.change_role.title', { name: member.name })} onClose=${onClose}>
    <${Form} onSubmit=${save} error=${act.error} busy=${act.busy}>
      ${isMe(member) && html`<${Notice} kind="warn">${t('team.change_role.yourself')}</${Notice}>`}
      <${RoleChoice} label=${t('team.change_role.role')} value=${chosen} onInput=${choose}/>
      <p class="small muted">${t('team.change_role.text')}</p>
      <${FormActions}>
        <${Button} kind="primary" type="submit" busy=${act.busy} disabled=${chosen === member.role}>${t('team.change_role.act')}</${Button}>
        <${Button} kind="quiet" onClick=${onClose}>${t('common.cancel')}</${Button}>
      </${FormActions}>
    </${Form}>
  </${Dialog}>`;
}

function actionsOf(member, owners, { change, made, again }) {
  const why = whyNot(member, owners);
  const items = [{ label: t('team.action.role'), icon: 'shield', disabled: Boolean(why), title: why, onClick: () => change(member) }];
  if (member.status === 'invited') {
    items.push({ label: t('team.action.link'), icon: 'link', disabled: member.role === 'owner' && Boolean(why), onClick: () => newLink(member, made) });
  }
  items.push({ line: true }, { label: t('team.action.remove'), icon: 'trash', danger: true, disabled: Boolean(why), title: why, onClick: () => remove(member, again) });
  return items;
}

function columnsOf(owners, acts) {
  return [
    {
      key: 'name', title: t('team.column.name'), sort: 'name',
      cell: (each) => html`<span class="set-strong">${each.name}</span>${isMe(each) && html` <span class="set-tag">${t('team.you')}</span>`}
        <div class="small muted set-wrap-any">${each.email}</div>`,
    },
    {
      key: 'role', title: t('team.column.role'), sort: (a, b) => ROLES.indexOf(a.role) - ROLES.indexOf(b.role),
      cell: (each) => html`<span title=${t(`team.role_about.${each.role}`)}>${t(`team.role.${each.role}`)}</span>
        ${owners === 1 && each.role === 'owner' && can('team') && html`<div class="small muted">${t('team.why_not.last_owner_here')}</div>`}`,
    },
    { key: 'status', title: t('team.column.status'), sort: 'status', cell: (each) => html`<${Status} of=${each.status} title=${t(`team.status_help.${each.status}`)}/>` },
    { key: 'since', title: t('team.column.since'), sort: 'since', hide: 'middle', cell: (each) => html`<${When} at=${each.since}/>` },
    { key: 'login', title: t('team.column.login'), sort: 'last_login_at', cell: (each) => html`<${When} at=${each.last_login_at} empty=${t('team.never')}/>` },
    can('team') && {
      key: 'act', title: t('common.actions'), hideTitle: true, class: 'is-acts', width: '3rem',
      cell: (each) => html`<${Menu} label=${`${t('common.actions')}: ${each.name}`} items=${actionsOf(each, owners, acts)}/>`,
    },
  ];
}

/** @param {{query: Record<string, string>, invite: (again: Function) => any}} props `invite`: the dialog, where it is open */
export function Members({ query, invite }) {
  const load = useLoad((signal) => get('/team/members', {}, { signal }), [], { everyS: 60 });
  const [changing, change] = useState(null);
  const [linked, setLinked] = useState(null);
  const owners = (load.data?.items ?? []).filter((each) => each.role === 'owner').length;
  const acts = { change, made: setLinked, again: load.again };
  return html`<${Stack}>
    <${Card} kind="flush">
      <${Loaded} of=${load} skeleton=${html`<${Skeleton} kind="table" rows=${4}/>`}>${(data) => html`
        <${Table} label=${t('team.members')} columns=${columnsOf(owners, acts)} rows=${data.items} sort=${query.sort}/>`}
      </${Loaded}>
    </${Card}>
    <${Card} title=${t('team.roles')}>
      <${Facts} items=${ROLES.map((each) => [t(`team.role.${each}`), t(`team.role_about.${each}`)])}/>
    </${Card}>
    ${changing && html`<${ChangeRole} member=${changing} onClose=${() => change(null)} again=${load.again}/>`}
    ${linked && html`<${LinkShown} member=${linked} onDone=${() => setLinked(null)}/>`}
    ${invite(load.again)}
  </${Stack}>`;
}
