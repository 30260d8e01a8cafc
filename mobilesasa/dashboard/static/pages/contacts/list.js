/** Contacts: searched, filtered, sorted and paged in the address; made, deleted, and put into groups, several at once. */
import { html, useMemo, useState } from '../../parts/ui.js';
import { get } from '../../parts/api.js';
import { Code } from '../../parts/copy.js';
import { Button } from '../../parts/forms.js';
import { Status, When } from '../../parts/format.js';
import { useKeys } from '../../parts/keys.js';
import { Loaded, useLoad } from '../../parts/load.js';
import { Card, Page, Row } from '../../parts/page.js';
import { go, setQuery } from '../../parts/router.js';
import { can } from '../../parts/session.js';
import { Empty, Skeleton } from '../../parts/states.js';
import { Filters, Pager, Selected, Table } from '../../parts/table.js';
import { t } from '../../parts/texts.js';
import { ExportButton } from '../reports/export_job.js';
import { ContactDrawer } from './form.js';
import { GroupPicker, useGroups } from './picking.js';
import { PersonLine, calledOf, valueText } from './people.js';
import { deleteContacts, joinGroup } from './removing.js';

const SHOWN_ATTRIBUTES = 2;
/** What the API sorts by, as the heads of the columns say it, and the other way; there is no name downwards: that is the newest first again. */
const HEADS = { name: 'name', oldest: 'created' };
const SORTS = { name: 'name', created: 'oldest' };
const FILTERS = ['search', 'group', 'attribute', 'suppressed'];

const CURL = () => `curl -X POST ${location.origin}/api/v1/contacts \\
  -H "Authorization: Bearer mbs_your_token_here" \\
  -H "Content-Type: application/json" \\
  -d '{"phone": "+254712345678", "first_name": "Jane"}'`;

function useFields(query) {
  const groups = useGroups();
  const isListed = !query.group || groups.data?.some((each) => each.uuid === query.group);
  return useMemo(() => [
    { name: 'search', label: t('contacts.search'), kind: 'search', placeholder: t('contacts.search_example') },
    ...(groups.data?.length ? [{
      name: 'group', label: t('contacts.group'), kind: 'select', width: '12rem',
      all: t('contacts.group_any'),
      options: [...groups.data.map((each) => ({ value: each.uuid, label: each.name })), ...(isListed ? [] : [{ value: query.group, label: t('contacts.group') }])],
    }] : []),
    {
      name: 'suppressed', label: t('contacts.reach'), kind: 'select',
      all: t('contacts.reach_any'),
      options: [{ value: 'false', label: t('contacts.reach_yes') }, { value: 'true', label: t('contacts.reach_no') }],
    },
    { name: 'attribute', label: t('contacts.attribute'), kind: 'text', width: '13rem', placeholder: t('contacts.attribute_example') },
    {
      name: 'sort', label: t('contacts.sort'), kind: 'select',
      all: t('contacts.sort_newest'),
      options: [{ value: 'oldest', label: t('contacts.sort_oldest') }, { value: 'name', label: t('contacts.sort_name') }],
    },
  ], [groups.data, isListed]);
}

/** The first of somebody's own fields, and how many more there are. */
function Attributes({ attributes }) {
  const all = Object.entries(attributes);
  const words = { yes: t('common.yes'), no: t('common.no') };
  return html`<span class="pp-people-tags">
    ${all.slice(0, SHOWN_ATTRIBUTES).map(([name, value]) => html`<span class="pp-people-tag" key=${name} title=${`${name}: ${valueText(value, words)}`}>
      <span class="muted">${name}</span> <span class="truncate">${valueText(value, words)}</span>
    </span>`)}
    ${all.length > SHOWN_ATTRIBUTES && html`<span class="muted small nowrap" title=${all.slice(SHOWN_ATTRIBUTES).map(([name]) => name).join(', ')}>+${all.length - SHOWN_ATTRIBUTES}</span>`}
  </span>`;
}

/** A pill for who gets no messages of at least one sender. */
export function Reach({ suppressed }) {
  return suppressed ? html`<${Status} of="suppressed" kind="bad" title=${t('contacts.suppressed_title')} />` : null;
}

const columns = () => [
  { key: 'name', title: t('common.name'), sort: 'server', cell: (each) => html`<${PersonLine} person=${each} />` },
  { key: 'email', title: t('contacts.email'), hide: 'narrow', cell: (each) => html`<span class="truncate">${each.email ?? ''}</span>` },
  { key: 'attributes', title: t('contacts.fields'), hide: 'narrow', cell: (each) => html`<${Attributes} attributes=${each.attributes} />` },
  { key: 'reach', title: t('common.status'), cell: (each) => html`<${Reach} suppressed=${each.suppressed} />` },
  { key: 'created', title: t('contacts.added'), hide: 'narrow', sort: 'server', cell: (each) => html`<${When} at=${each.created_at} />` },
];

function NothingYet() {
  const action = can('contacts') && html`<${Row} wrap>
    <${Button} kind="primary" icon="upload" to="/imports/new">${t('contacts.import')}<//>
    <${Button} icon="user-plus" onClick=${() => setQuery({ new: '1' })}>${t('contacts.new')}<//>
  <//>
  <${Code} text=${CURL()} lang="shell" copy />`;
  return html`<${Empty} icon="users" title=${t('contacts.none_title')} text=${t('contacts.none_text')} action=${action} />`;
}

function NothingFound() {
  const clear = () => setQuery(Object.fromEntries([...FILTERS, 'page', 'cursor'].map((name) => [name, undefined])));
  return html`<${Empty} icon="search" title=${t('contacts.not_found_title')} text=${t('contacts.not_found_text')}
    action=${html`<${Button} onClick=${clear}>${t('contacts.clear_filters')}<//>`} />`;
}

/** Keep who is chosen, over several pages. */
export function useChosen(key = (each) => each.uuid) {
  const [chosen, setChosen] = useState(new Map());
  /** Take what a table of these rows says is chosen of them. */
  const choose = (rows) => (keys) => setChosen((before) => {
    const now = new Map(before);
    for (const each of rows) {
      if (keys.has(key(each))) now.set(key(each), each);
      else now.delete(key(each));
    }
    return now;
  });
  return [chosen, choose, () => setChosen(new Map())];
}

/** The list of contacts. */
export default function Contacts({ query }) {
  const asked = { page: query.page, cursor: query.cursor, page_size: query.page_size, sort: query.sort, ...Object.fromEntries(FILTERS.map((name) => [name, query[name]])) };
  const load = useLoad((signal) => get('/contacts', asked, { signal }), [JSON.stringify(asked)]);
  const fields = useFields(query);
  const [chosen, choose, clear] = useChosen();
  const [picking, setPicking] = useState(false);
  const people = [...chosen.values()];
  const isNew = query.new === '1' && can('contacts');
  useKeys(can('contacts') ? { n: [t('contacts.new'), () => setQuery({ new: '1' })] } : {});
  const done = () => { clear(); load.again(); };
  const toGroup = async (group) => {
    await joinGroup(group, people.map((each) => each.phone), done);
    setPicking(false);
  };
  const actions = can('contacts') && html`
    <${ExportButton} kind="contacts" filters=${{ group_uuid: query.group }} name=${t('contacts.title')} />
    <${Button} icon="upload" to="/imports/new">${t('contacts.import')}<//>
    <${Button} kind="primary" icon="user-plus" onClick=${() => setQuery({ new: '1' })}>${t('contacts.new')}<//>`;
  const isFiltered = FILTERS.some((name) => query[name]);
  return html`<${Page} title=${t('contacts.title')} actions=${actions}>
    <${Filters} fields=${fields} query=${query} />
    <${Loaded} of=${load} skeleton=${html`<${Card} kind="flush"><${Skeleton} kind="table" rows=${8} /><//>`}>${(page) => html`<${Card} kind="flush" class="pp-list">
      <${Table} label=${t('contacts.title')} columns=${columns()} rows=${page.items} rowKey=${(each) => each.uuid}
        href=${(each) => `/contacts/${each.uuid}`} rowLabel=${calledOf} empty=${isFiltered ? html`<${NothingFound} />` : html`<${NothingYet} />`}
        sort=${HEADS[query.sort] ?? '-created'} onSort=${(to) => setQuery({ sort: SORTS[to], page: undefined, cursor: undefined }, { replace: true })}
        select=${can('contacts')} selected=${new Set(chosen.keys())} onSelect=${choose(page.items)} />
      <${Pager} page=${page} query=${query} />
      <${Selected} n=${people.length} onClear=${clear}>
        ${can('groups') && html`<${Button} small icon="plus" onClick=${() => setPicking(true)}>${t('contacts.to_group')}<//>`}
        <${Button} small kind="danger" icon="trash" onClick=${() => deleteContacts(people, done)}>${t('common.delete')}<//>
      <//>
    <//>`}<//>
    ${picking && html`<${GroupPicker} title=${t('contacts.to_group_title', { n: people.length })} onClose=${() => setPicking(false)} onPick=${toGroup} />`}
    <${ContactDrawer} open=${isNew} number=${query.phone} onClose=${() => setQuery({ new: undefined, phone: undefined })}
      onSaved=${(made) => go(`/contacts/${made.uuid}`)} />
  <//>`;
}
