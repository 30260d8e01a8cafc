/** Putting people into a group: contacts that are searched for, or numbers that are pasted. */
import { html, useState } from '../../parts/ui.js';
import { get, sentence } from '../../parts/api.js';
import { Drawer } from '../../parts/dialogs.js';
import { AreaField, Button, Form, Tabs, TextField } from '../../parts/forms.js';
import { Icon } from '../../parts/icons.js';
import { useAct, useLoad } from '../../parts/load.js';
import { Notice, Stack } from '../../parts/page.js';
import { Link } from '../../parts/router.js';
import { can, canRead } from '../../parts/session.js';
import { Failure, Skeleton } from '../../parts/states.js';
import { t } from '../../parts/texts.js';
import { failed } from '../../parts/toasts.js';
import { PersonLine, calledOf, phonesIn } from './people.js';
import { joinGroup } from './removing.js';

const MOST = 10_000; // numbers that are pasted at once; more of them are a file

/** One that was found, with the button that puts it in, or a word that it is in already. */
function Found({ person, isIn, onAdd }) {
  const [add, act] = useAct(() => onAdd(person).catch(failed));
  return html`<li class="pp-pick-row">
    <${PersonLine} person=${person} />
    ${isIn ? html`<span class="muted small nowrap"><${Icon} name="check" /> ${t('contacts.is_in')}</span>`
      : html`<${Button} kind="quiet" icon="plus" busy=${act.busy} onClick=${add} title=${t('contacts.add_one', { name: calledOf(person) })}>${t('contacts.add')}<//>`}
  </li>`;
}

function SearchPeople({ group, onChange }) {
  const [search, setSearch] = useState('');
  const [joined, setJoined] = useState(new Set());
  const asked = search.trim();
  const found = useLoad((signal) => get('/contacts', { search: asked, page_size: 20, sort: asked ? undefined : 'newest' }, { signal }), [asked]);
  const members = useLoad(async (signal) => {
    const page = asked ? await get(`/groups/${group.uuid}/contacts`, { search: asked, page_size: 100 }, { signal }) : { items: [] };
    return new Set(page.items.map((each) => each.uuid));
  }, [asked, group.uuid, joined.size]);
  const add = async (person) => {
    await joinGroup(group, [person.phone], onChange);
    setJoined((before) => new Set([...before, person.uuid]));
  };
  const isIn = (person) => joined.has(person.uuid) || members.data?.has(person.uuid);
  return html`<${Stack} gap=${4}>
    <${TextField} name="search" label=${t('contacts.search')} value=${search} onInput=${setSearch} placeholder=${t('contacts.search_example')} autocomplete="off" autofocus />
    ${found.error && !found.data && html`<${Failure} error=${found.error} again=${found.again} />`}
    ${!found.data && found.slow && html`<${Skeleton} kind="text" rows=${6} />`}
    ${found.data && (found.data.items.length
      ? html`<ul class="pp-plain-list">${found.data.items.map((person) => html`<${Found} key=${person.uuid} person=${person} isIn=${isIn(person)} onAdd=${add} />`)}</ul>`
      : html`<p class="muted">${t('contacts.search_none')}</p>`)}
  <//>`;
}

/** What came of numbers that were pasted. */
function Outcome({ items }) {
  const count = (outcome) => items.filter((each) => each.outcome === outcome).length;
  const wrong = items.filter((each) => each.outcome === 'invalid');
  const lines = ['added', 'created', 'already_member'].filter((each) => count(each) > 0);
  return html`<${Stack} gap=${3} role="status">
    <${Notice} kind=${wrong.length ? 'warn' : 'good'} title=${t('contacts.paste_done')}>
      ${lines.map((each) => html`<div key=${each}>${t(`contacts.outcome_${each}`, { n: count(each) })}</div>`)}
      ${wrong.length > 0 && html`<div>${t('contacts.outcome_invalid', { n: wrong.length })}</div>`}
    <//>
    ${wrong.length > 0 && html`<ul class="pp-plain-list pp-wrong-list">${wrong.slice(0, 100).map((each, at) => html`<li key=${at}>
      <span class="mono pp-breaks">${each.phone}</span> <span class="danger small">${sentence(each.error)}</span></li>`)}</ul>`}
  <//>`;
}

function PastePeople({ group, onChange }) {
  const [text, setText] = useState('');
  const [items, setItems] = useState(null);
  const phones = phonesIn(text);
  const tooMany = phones.length > MOST;
  const [add, act] = useAct(async () => {
    const said = await joinGroup(group, phones, onChange);
    setItems(said.items);
    setText(said.items.filter((each) => each.outcome === 'invalid').map((each) => each.phone).join('\n'));
  });
  return html`<${Form} onSubmit=${() => phones.length && !tooMany && add()} error=${act.error} busy=${act.busy}>
    <${AreaField} name="phones" label=${t('contacts.paste')} help=${t('contacts.paste_help')} value=${text} rows="8" onInput=${setText} spellcheck=${false}
      error=${tooMany ? t('contacts.paste_too_many', { n: MOST }) : undefined} />
    ${tooMany && can('contacts') && html`<p><${Link} to="/imports/new" query=${{ group: group.uuid }}>${t('contacts.paste_import')}<//></p>`}
    <${Button} kind="primary" type="submit" busy=${act.busy} disabled=${phones.length === 0 || tooMany}>${t('contacts.paste_act', { n: phones.length })}<//>
    ${items && html`<${Outcome} items=${items} />`}
  <//>`;
}

/**
 * @param {{group: object, onClose: () => void, onChange: () => void}} props
 */
export function AddPeople({ group, onClose, onChange }) {
  const [tab, setTab] = useState(canRead('contacts') ? 'search' : 'paste');
  const tabs = [...(canRead('contacts') ? [{ id: 'search', label: t('contacts.add_search') }] : []), { id: 'paste', label: t('contacts.add_paste') }];
  return html`<${Drawer} open title=${t('contacts.add_title', { name: group.name })} onClose=${onClose}>
    <${Stack} gap=${4}>
      <${Tabs} tabs=${tabs} value=${tab} onChange=${setTab} />
      ${tab === 'search' ? html`<${SearchPeople} group=${group} onChange=${onChange} />` : html`<${PastePeople} group=${group} onChange=${onChange} />`}
    <//>
  <//>`;
}
