/** A group: who is in it, found and sorted; people put in and taken out, the group renamed and deleted. */
import { html, useState } from '../../parts/ui.js';
import { get } from '../../parts/api.js';
import { Button, IconButton, Menu } from '../../parts/forms.js';
import { When } from '../../parts/format.js';
import { useKeys } from '../../parts/keys.js';
import { Loaded, useLoad } from '../../parts/load.js';
import { Card, Page } from '../../parts/page.js';
import { go, setQuery } from '../../parts/router.js';
import { can, canRead } from '../../parts/session.js';
import { Empty, Skeleton } from '../../parts/states.js';
import { Filters, Pager, Selected, Table } from '../../parts/table.js';
import { t } from '../../parts/texts.js';
import { AddPeople } from './adding.js';
import { deleteGroup } from './group_removing.js';
import { changeGroup } from './groups.js';
import { Reach, useChosen } from './list.js';
import { PersonLine, calledOf } from './people.js';
import { GroupDialog } from './picking.js';
import { leaveGroup } from './removing.js';

const fields = () => [
  { name: 'search', label: t('contacts.search'), kind: 'search', placeholder: t('contacts.search_example') },
  {
    name: 'suppressed', label: t('contacts.reach'), kind: 'select',
    all: t('contacts.reach_any'),
    options: [{ value: 'false', label: t('contacts.reach_yes') }, { value: 'true', label: t('contacts.reach_no') }],
  },
  {
    name: 'sort', label: t('contacts.sort'), kind: 'select',
    all: t('contacts.sort_newest'),
    options: [{ value: 'oldest', label: t('contacts.sort_oldest') }, { value: 'name', label: t('contacts.sort_name') }],
  },
];

const columns = (group, again) => [
  { key: 'name', title: t('common.name'), cell: (each) => html`<${PersonLine} person=${each} />` },
  { key: 'reach', title: t('common.status'), cell: (each) => html`<${Reach} suppressed=${each.suppressed} />` },
  ...(can('groups') ? [{ key: 'act', title: t('common.actions'), hideTitle: true, class: 'is-acts',
    cell: (each) => html`<${IconButton} icon="user-minus" label=${t('contacts.take_out', { name: calledOf(each) })} onClick=${() => leaveGroup(group, [each], again)} />` }] : []),
];

function NoMembers({ filtered, onAdd }) {
  if (filtered) {
    const clear = () => setQuery({ search: undefined, suppressed: undefined, page: undefined, cursor: undefined });
    return html`<${Empty} icon="search" title=${t('contacts.not_found_title')} text=${t('contacts.not_found_text')}
      action=${html`<${Button} onClick=${clear}>${t('contacts.clear_filters')}<//>`} />`;
  }
  return html`<${Empty} icon="user-plus" title=${t('contacts.group_empty_title')} text=${t('contacts.group_empty_text')}
    action=${can('groups') && html`<${Button} kind="primary" icon="user-plus" onClick=${onAdd}>${t('contacts.add_people')}<//>`} />`;
}

function Members({ group, query, again }) {
  const asked = { search: query.search, suppressed: query.suppressed, sort: query.sort, page: query.page, cursor: query.cursor, page_size: query.page_size };
  const load = useLoad((signal) => get(`/groups/${group.uuid}/contacts`, asked, { signal }), [group.uuid, JSON.stringify(asked)]);
  const [chosen, choose, clear] = useChosen();
  const people = [...chosen.values()];
  const add = () => setQuery({ add: '1' });
  const changed = () => { clear(); load.again(); again(); };
  return html`
    <${Filters} fields=${fields()} query=${query} />
    <${Loaded} of=${load} skeleton=${html`<${Card} kind="flush"><${Skeleton} kind="table" rows=${8} /><//>`}>${(page) => html`<${Card} kind="flush" class="pp-list pp-aside">
      <${Table} label=${t('contacts.people_of', { name: group.name })} columns=${columns(group, changed)} rows=${page.items} rowKey=${(each) => each.uuid}
        href=${canRead('contacts') ? (each) => `/contacts/${each.uuid}` : undefined} rowLabel=${calledOf}
        empty=${html`<${NoMembers} filtered=${Boolean(query.search || query.suppressed)} onAdd=${add} />`}
        select=${can('groups')} selected=${new Set(chosen.keys())} onSelect=${choose(page.items)} />
      <${Pager} page=${page} query=${query} />
      <${Selected} n=${people.length} onClear=${clear}>
        <${Button} small kind="danger" icon="user-minus" onClick=${() => leaveGroup(group, people, changed)}>${t('contacts.leave_many')}<//>
      <//>
    <//>`}<//>
    ${query.add === '1' && can('groups') && html`<${AddPeople} group=${group} onClose=${() => setQuery({ add: undefined })} onChange=${changed} />`}`;
}

function GroupPage({ group, query, again }) {
  const [editing, setEditing] = useState(false);
  const add = () => setQuery({ add: '1' });
  useKeys(can('groups') ? { a: [t('contacts.add_people'), add] } : {});
  const change = async (body) => {
    await changeGroup(group, body, again);
    setEditing(false);
  };
  const remove = () => deleteGroup(group, () => go('/groups'), (made) => go(`/groups/${made.uuid}`));
  const actions = html`
    ${can('campaigns') && group.contact_count > 0 && html`<${Button} icon="megaphone" to="/campaigns/new" query=${{ groups: group.uuid }}>${t('contacts.group_write')}<//>`}
    ${can('groups') && html`<${Button} kind="primary" icon="user-plus" onClick=${add}>${t('contacts.add_people')}<//>
      <${Menu} label=${t('contacts.group_more', { name: group.name })} icon="more-horizontal" items=${[
        { label: t('contacts.group_rename'), icon: 'pencil', onClick: () => setEditing(true) },
        { label: t('contacts.group_delete'), icon: 'trash', danger: true, onClick: remove },
      ]} />`}`;
  const lead = html`${group.description && html`<span>${group.description}</span> · `}<span class="num">${t('contacts.members', { n: group.contact_count })}</span>
    ${' · '}${t('common.created')} <${When} at=${group.created_at} />`;
  return html`<${Page} title=${group.name} crumbs=${[{ label: t('contacts.groups'), to: '/groups' }]} lead=${lead} actions=${actions}>
    <${Members} key=${group.uuid} group=${group} query=${query} again=${again} />
    ${editing && html`<${GroupDialog} group=${group} onClose=${() => setEditing(false)} onSave=${change} />`}
  <//>`;
}

/** The page of a group. */
export default function Group({ params, query }) {
  const load = useLoad((signal) => get(`/groups/${params.uuid}`, {}, { signal }), [params.uuid]);
  if (load.data) return html`<${GroupPage} group=${load.data} query=${query} again=${load.again} />`;
  return html`<${Page} title=${t('contacts.group')} crumbs=${[{ label: t('contacts.groups'), to: '/groups' }]}>
    <${Loaded} of=${load} skeleton=${html`<${Skeleton} kind="table" rows=${8} />`}>${() => null}<//>
  <//>`;
}
