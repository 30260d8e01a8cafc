/** A contact: who it is, what keeps it from messages, its groups, and all that was between it and the team. */
import { html, useState } from '../../parts/ui.js';
import { get, put, save } from '../../parts/api.js';
import { Copy } from '../../parts/copy.js';
import { Button, IconButton, Menu, Tabs } from '../../parts/forms.js';
import { When, phone as shownPhone } from '../../parts/format.js';
import { useKeys } from '../../parts/keys.js';
import { Loaded, useLoad } from '../../parts/load.js';
import { Card, Facts, Page, Stack } from '../../parts/page.js';
import { Link, go, setQuery } from '../../parts/router.js';
import { can, canRead } from '../../parts/session.js';
import { Empty, Skeleton } from '../../parts/states.js';
import { t } from '../../parts/texts.js';
import { failed, toast } from '../../parts/toasts.js';
import { SuppressionCard } from '../inbox/suppressing.js';
import { EraseDialog, ErasurePage, canErase } from './erasing.js';
import { ContactDrawer } from './form.js';
import { GroupPicker } from './picking.js';
import { Initials, calledOf, nameOf, rememberPerson, valueText } from './people.js';
import { deleteContacts, joinGroup, leaveGroup } from './removing.js';
import { timelineOf, ussdOf, useStream } from './stream.js';
import { TimelineList } from './timeline.js';

const POLLED_S = 10;
const KINDS = ['message', 'inbound', 'survey_response', 'ussd', 'suppression'];
const SCOPE_OF = { message: 'messages', inbound: 'messages', survey_response: 'surveys', ussd: 'ussd', suppression: 'contacts' };

function sourcesOf(contact, kind) {
  if (kind === 'ussd') return [ussdOf(contact.phone)];
  return kind || !canRead('ussd') ? [timelineOf(contact.uuid, kind)] : [timelineOf(contact.uuid), ussdOf(contact.phone)];
}

function TimelineCard({ contact, kind }) {
  const stream = useStream(sourcesOf(contact, kind), `${contact.uuid} ${contact.phone} ${kind ?? ''}`, POLLED_S);
  const tabs = [{ id: '', label: t('common.all') }, ...KINDS.filter((each) => canRead(SCOPE_OF[each])).map((id) => ({ id, label: t(`contacts.kind_of_${id}`) }))];
  return html`<${Card} title=${t('contacts.timeline')}>
    <${Tabs} tabs=${tabs} value=${kind ?? ''} onChange=${(id) => setQuery({ tab: id || undefined }, { replace: true })} />
    <${TimelineList} stream=${stream} emptyText=${kind ? t('contacts.tl_none_of_kind') : t('contacts.tl_none_text')} />
  <//>`;
}

function FactsCard({ contact }) {
  const words = { yes: t('common.yes'), no: t('common.no') };
  const none = html`<span class="muted">–</span>`;
  return html`<${Card} title=${t('contacts.about')}>
    <div class="pp-who"><${Initials} name=${nameOf(contact)} large /><div class="pp-who-words">
      <strong class="pp-breaks">${nameOf(contact) || t('contacts.no_name')}</strong>
      <span class="num">${shownPhone(contact.phone)} <${Copy} text=${contact.phone} label=${t('common.phone_number')} /></span>
    </div></div>
    <${Facts} items=${[
      [t('contacts.email'), contact.email ? html`<span class="pp-breaks">${contact.email}</span>` : none],
      ...Object.entries(contact.attributes).map(([name, value]) => [html`<span class="mono">${name}</span>`, html`<span class="pp-breaks">${valueText(value, words)}</span>`]),
      [t('contacts.added'), html`<${When} at=${contact.created_at} />`],
      [t('contacts.changed'), html`<${When} at=${contact.updated_at} />`],
    ]} />
    ${contact.notes && html`<h3>${t('contacts.notes')}</h3><p class="pp-said">${contact.notes}</p>`}
  <//>`;
}

function GroupsCard({ contact, again }) {
  const [picking, setPicking] = useState(false);
  const groups = contact.groups ?? [];
  const join = async (group) => {
    await joinGroup(group, [contact.phone], again);
    setPicking(false);
  };
  const add = can('groups') && html`<${Button} small icon="plus" onClick=${() => setPicking(true)}>${t('contacts.to_group')}<//>`;
  return html`<${Card} title=${t('contacts.groups')} actions=${add}>
    ${groups.length === 0 ? html`<p class="muted">${t('contacts.in_no_group')}</p>` : html`<ul class="pp-plain-list pp-group-tags">
      ${groups.map((group) => html`<li class="pp-people-tag" key=${group.uuid}>
        <${Link} to=${`/groups/${group.uuid}`} class="truncate">${group.name}<//>
        ${can('groups') && html`<${IconButton} icon="x" label=${t('contacts.leave', { group: group.name })} onClick=${() => leaveGroup(group, [contact], again)} />`}
      </li>`)}
    </ul>`}
    ${picking && html`<${GroupPicker} title=${t('contacts.to_group_title', { n: 1 })} without=${groups.map((each) => each.uuid)}
      onClose=${() => setPicking(false)} onPick=${join} />`}
  <//>`;
}

async function exportPerson(contact) {
  try {
    const said = await get(`/contacts/${contact.uuid}/export`);
    save(new Blob([JSON.stringify(said, null, 2)], { type: 'application/json' }), `person-${contact.phone.replace(/\D/g, '')}.json`);
    toast(said.complete ? t('contacts.exported') : t('contacts.exported_part'), { kind: said.complete ? 'good' : 'info' });
  } catch (error) {
    failed(error);
  }
}

function actionsOf(contact, setErasing) {
  const gone = () => go('/contacts');
  const remove = () => deleteContacts([contact], gone, ([made]) => go(`/contacts/${made.uuid}`));
  const items = [
    ...(canRead('messages') ? [{ label: t('contacts.export_person'), icon: 'download', onClick: () => exportPerson(contact) }] : []),
    ...(can('contacts') ? [{ label: t('contacts.delete_one'), icon: 'trash', danger: true, onClick: remove }] : []),
    ...(can('contacts') && canErase() ? [{ label: t('contacts.erase'), icon: 'user-x', danger: true, onClick: () => setErasing(true) }] : []),
  ];
  return html`
    ${canRead('messages') && html`<${Button} icon="message-square" to=${`/inbox/${encodeURIComponent(contact.phone)}`}>${t('contacts.thread')}<//>`}
    ${can('contacts') && html`<${Button} icon="pencil" onClick=${() => setQuery({ edit: '1' })}>${t('common.edit')}<//>`}
    ${items.length > 0 && html`<${Menu} label=${t('contacts.more')} icon="more-horizontal" items=${items} />`}`;
}

/** Return what takes a change back: the whole contact as it was. */
function backTo(before) {
  const { phone, first_name, last_name, email, notes } = before;
  return async (now) => {
    const added = Object.keys(now.attributes).filter((name) => !(name in before.attributes)).map((name) => [name, null]);
    await put(`/contacts/${before.uuid}`, { phone, first_name, last_name, email, notes, attributes: { ...before.attributes, ...Object.fromEntries(added) } });
    rememberPerson(phone, before);
  };
}

function ContactPage({ contact, query, load }) {
  const [erasing, setErasing] = useState(false);
  const actions = actionsOf(contact, setErasing);
  useKeys(can('contacts') ? { e: [t('common.edit'), () => setQuery({ edit: '1' })] } : {});
  const saved = (now) => {
    setQuery({ edit: undefined }, { replace: true });
    load.again();
    const undo = async () => { await backTo(contact)(now); load.again(); };
    toast(t('contacts.saved'), { kind: 'good', undo });
  };
  return html`<${Page} title=${calledOf(contact)} crumbs=${[{ label: t('contacts.title'), to: '/contacts' }]} actions=${actions}>
    <div class="pp-beside">
      <${Stack} gap=${4}>
        <${FactsCard} contact=${contact} />
        <${SuppressionCard} phone=${contact.phone} onChange=${load.again} />
        ${contact.groups && html`<${GroupsCard} contact=${contact} again=${load.again} />`}
      <//>
      <${TimelineCard} contact=${contact} kind=${query.tab} />
    </div>
    ${can('contacts') && html`<${ContactDrawer} open=${query.edit === '1'} contact=${contact} onClose=${() => setQuery({ edit: undefined })} onSaved=${saved} />`}
    ${erasing && html`<${EraseDialog} contact=${contact} onClose=${() => setErasing(false)} />`}
  <//>`;
}

function Gone() {
  return html`<${Page} title=${t('contacts.gone_title')} crumbs=${[{ label: t('contacts.title'), to: '/contacts' }]}>
    <${Empty} icon="users" title=${t('contacts.gone_title')} text=${t('contacts.gone_text')}
      action=${html`<${Button} to="/contacts">${t('contacts.back_to_list')}<//>`} />
  <//>`;
}

/** The page of a contact; of one that is being forgotten how far that is. */
export default function Contact({ params, query }) {
  return query.erasure ? html`<${ErasurePage} uuid=${query.erasure} />` : html`<${Known} uuid=${params.uuid} query=${query} />`;
}

function Known({ uuid, query }) {
  const load = useLoad((signal) => get(`/contacts/${uuid}`, {}, { signal }), [uuid]);
  if (load.error?.status === 404) return html`<${Gone} />`;
  if (load.data) return html`<${ContactPage} contact=${load.data} query=${query} load=${load} />`;
  return html`<${Page} title=${t('contacts.one')} crumbs=${[{ label: t('contacts.title'), to: '/contacts' }]}>
    <${Loaded} of=${load} skeleton=${html`<${Skeleton} kind="card" rows=${3} />`}>${() => null}<//>
  <//>`;
}
