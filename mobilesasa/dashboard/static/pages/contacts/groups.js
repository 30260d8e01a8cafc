/** Groups: the list of them; made, renamed, and deleted while their contacts stay. */
import { html, useState } from '../../parts/ui.js';
import { get, post, put } from '../../parts/api.js';
import { Code } from '../../parts/copy.js';
import { Button, Menu } from '../../parts/forms.js';
import { When, number } from '../../parts/format.js';
import { useKeys } from '../../parts/keys.js';
import { Loaded, useLoad } from '../../parts/load.js';
import { Card, Page } from '../../parts/page.js';
import { go, setQuery } from '../../parts/router.js';
import { can } from '../../parts/session.js';
import { Empty, Skeleton } from '../../parts/states.js';
import { Filters, Pager, Table } from '../../parts/table.js';
import { t } from '../../parts/texts.js';
import { toast } from '../../parts/toasts.js';
import { deleteGroup } from './group_removing.js';
import { GroupDialog } from './picking.js';

const CURL = () => `curl -X POST ${location.origin}/api/v1/groups \\
  -H "Authorization: Bearer mbs_your_token_here" \\
  -H "Content-Type: application/json" \\
  -d '{"name": "VIP Customers"}'`;

function Acts({ group, onEdit, again }) {
  return html`<${Menu} label=${t('contacts.group_more', { name: group.name })} icon="more-horizontal" items=${[
    { label: t('contacts.group_rename'), icon: 'pencil', onClick: () => onEdit(group) },
    { label: t('common.delete'), icon: 'trash', danger: true, onClick: () => deleteGroup(group, again) },
  ]} />`;
}

const columns = (onEdit, again) => [
  {
    key: 'name', title: t('common.name'),
    cell: (each) => html`<span class="pp-person-words"><span class="pp-person-name truncate">${each.name}</span>
      ${each.description && html`<span class="muted small truncate">${each.description}</span>`}</span>`,
  },
  { key: 'members', title: t('contacts.people'), num: true, cell: (each) => number(each.contact_count) },
  { key: 'created', title: t('common.created'), cell: (each) => html`<${When} at=${each.created_at} />` },
  ...(can('groups') ? [{ key: 'act', title: t('common.actions'), hideTitle: true, class: 'is-acts',
    cell: (each) => html`<${Acts} group=${each} onEdit=${onEdit} again=${again} />` }] : []),
];

/** Change a group's name and words, with the way back. */
export async function changeGroup(before, body, again) {
  await put(`/groups/${before.uuid}`, body);
  again();
  toast(t('contacts.group_saved'), { kind: 'good', undo: async () => {
    await put(`/groups/${before.uuid}`, { name: before.name, description: before.description });
    again();
  } });
}

/** The list of groups. */
export default function Groups({ query }) {
  const asked = { search: query.search, page: query.page, cursor: query.cursor, page_size: query.page_size };
  const load = useLoad((signal) => get('/groups', asked, { signal }), [JSON.stringify(asked)]);
  const [edited, setEdited] = useState(null);
  const open = () => setQuery({ new: '1' });
  const close = () => setQuery({ new: undefined });
  useKeys(can('groups') ? { n: [t('contacts.group_new'), open] } : {});
  const make = async (body) => go(`/groups/${(await post('/groups', body)).uuid}`);
  const change = async (body) => {
    await changeGroup(edited, body, load.again);
    setEdited(null);
  };
  const actions = can('groups') && html`<${Button} kind="primary" icon="plus" onClick=${open}>${t('contacts.group_new')}<//>`;
  const fields = [{ name: 'search', label: t('contacts.group_search'), kind: 'search' }];
  const none = query.search
    ? html`<${Empty} icon="search" title=${t('contacts.group_not_found')} text=${t('contacts.group_not_found_text')}
        action=${html`<${Button} onClick=${() => setQuery({ search: undefined })}>${t('contacts.clear_filters')}<//>`} />`
    : html`<${Empty} icon="users" title=${t('contacts.group_none_title')} text=${t('contacts.group_none_text')}
        action=${can('groups') && html`<${Button} kind="primary" icon="plus" onClick=${open}>${t('contacts.group_new')}<//><${Code} text=${CURL()} lang="shell" copy />`} />`;
  return html`<${Page} title=${t('contacts.groups')} actions=${actions}>
    <${Filters} fields=${fields} query=${query} />
    <${Loaded} of=${load} skeleton=${html`<${Card} kind="flush"><${Skeleton} kind="table" rows=${6} /><//>`}>${(page) => html`<${Card} kind="flush" class="pp-aside">
      <${Table} label=${t('contacts.groups')} columns=${columns(setEdited, load.again)} rows=${page.items} rowKey=${(each) => each.uuid}
        href=${(each) => `/groups/${each.uuid}`} rowLabel=${(each) => each.name} empty=${none} />
      <${Pager} page=${page} query=${query} />
    <//>`}<//>
    ${query.new === '1' && can('groups') && html`<${GroupDialog} onClose=${close} onSave=${make} />`}
    ${edited && html`<${GroupDialog} group=${edited} onClose=${() => setEdited(null)} onSave=${change} />`}
  <//>`;
}
