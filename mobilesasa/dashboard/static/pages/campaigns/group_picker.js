/** Groups of contacts to be ticked, with a search where there are many. */
import { html, useState } from '../../parts/ui.js';
import { get } from '../../parts/api.js';
import { number } from '../../parts/format.js';
import { IconButton } from '../../parts/forms.js';
import { useLoad } from '../../parts/load.js';
import { Link } from '../../parts/router.js';
import { Skeleton } from '../../parts/states.js';
import { t } from '../../parts/texts.js';
import { Wrong } from './wrong.js';

const SHOWN = 100; // groups a page; with more there is a search at the API
const FEW = 8; // up to so many need no search field

/**
 * The groups of these uuids, also those that are not on the page of the list; one that is gone has no name.
 * @param {string[]} uuids
 * @param {object[]} known groups that were loaded already
 * @returns {object[]} in the order of the uuids
 */
export function useGroups(uuids, known = []) {
  const here = new Map(known.map((group) => [group.uuid, group]));
  const wanted = uuids.filter((uuid) => !here.has(uuid));
  const load = useLoad(async (signal) => {
    const read = (uuid) => get(`/groups/${uuid}`, {}, { signal }).catch((error) => {
      if (error.status === 404) return { uuid, gone: true };
      throw error;
    });
    return Promise.all(wanted.map(read));
  }, [wanted.join()]);
  for (const group of load.data ?? []) here.set(group.uuid, group);
  return uuids.map((uuid) => here.get(uuid) ?? { uuid, name: '…' });
}

/**
 * @param {{name: string, label: string, help?: string, value: string[], onInput: (uuids: string[]) => void, error?: string, disabled?: string[]}} props
 *   disabled: uuids that cannot be ticked here, for they are ticked elsewhere
 */
export function GroupPicker({ name, label, help, value, onInput, error, disabled = [] }) {
  const [search, setSearch] = useState('');
  const load = useLoad((signal) => get('/groups', { page_size: SHOWN, search: search.trim() }, { signal }), [search.trim()]);
  const listed = load.data?.items ?? [];
  const picked = useGroups(value, listed);
  const isLong = search !== '' || (load.data?.total ?? 0) > FEW;
  const toggle = (uuid) => onInput(value.includes(uuid) ? value.filter((each) => each !== uuid) : [...value, uuid]);
  return html`<fieldset class="field field-group cp-pick">
    <legend class="field-label">${label}</legend>
    ${help && html`<p class="field-help">${help}</p>`}
    <${Chips} groups=${picked} onRemove=${toggle} />
    ${isLong && html`<input type="search" class="input" value=${search} aria-label=${t('campaigns.search_groups')}
      placeholder=${t('campaigns.search_groups')} onInput=${(event) => setSearch(event.target.value)}
      onKeyDown=${(event) => event.key === 'Enter' && event.preventDefault()} />`}
    <${Rows} load=${load} listed=${listed} value=${value} toggle=${toggle} disabled=${disabled} search=${search} />
    <${Wrong} name=${name} error=${error} />
  </fieldset>`;
}

function Chips({ groups, onRemove }) {
  if (!groups.length) return null;
  return html`<ul class="cp-pick-chips">${groups.map((group) => html`
    <li key=${group.uuid} class=${group.gone ? 'cp-pick-chip cp-pick-gone' : 'cp-pick-chip'}>
      <span class="truncate">${group.gone ? t('campaigns.group_gone') : group.name}</span>
      <${IconButton} icon="x" label=${t('campaigns.take_out', { name: group.gone ? group.uuid : group.name })} onClick=${() => onRemove(group.uuid)} />
    </li>`)}</ul>`;
}

function Rows({ load, listed, value, toggle, disabled, search }) {
  if (load.error) return html`<p class="field-error" role="alert">${load.error.message}</p>`;
  if (!load.data) return load.slow ? html`<${Skeleton} rows=${4} kind="text" />` : html`<div class="cp-pick-rows"></div>`;
  if (!listed.length) {
    return search.trim() ? html`<p class="small muted">${t('campaigns.no_such_group')}</p>` : html`<${NoGroups} />`;
  }
  return html`
    <ul class="cp-pick-rows">${listed.map((group) => html`<${Row} key=${group.uuid} group=${group} toggle=${toggle}
      checked=${value.includes(group.uuid)} disabled=${disabled.includes(group.uuid)} />`)}</ul>
    ${load.data.total > listed.length && html`<p class="small muted">${t('campaigns.more_groups', { n: load.data.total - listed.length })}</p>`}`;
}

function Row({ group, checked, disabled, toggle }) {
  return html`<li><label class=${checked ? 'cp-pick-row cp-pick-on' : 'cp-pick-row'}>
    <input type="checkbox" checked=${checked} disabled=${disabled} onChange=${() => toggle(group.uuid)} />
    <span class="cp-pick-name"><span class="truncate">${group.name}</span>
      ${group.description && html`<span class="small muted truncate">${group.description}</span>`}</span>
    <span class="num muted">${number(group.contact_count)}</span>
  </label></li>`;
}

function NoGroups() {
  return html`<p class="cp-pick-none">${t('campaigns.no_groups')} <${Link} to="/groups">${t('campaigns.first_groups')}<//>
    ${' · '}<${Link} to="/imports/new">${t('campaigns.first_import')}<//></p>`;
}
