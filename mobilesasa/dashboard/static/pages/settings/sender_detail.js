/** One sender ID with all that was said of it, in a drawer, and how it looks on a phone. */
import { html } from '../../parts/ui.js';
import { get } from '../../parts/api.js';
import { Copy } from '../../parts/copy.js';
import { Drawer } from '../../parts/dialogs.js';
import { Status, When } from '../../parts/format.js';
import { Button } from '../../parts/forms.js';
import { Loaded, useLoad } from '../../parts/load.js';
import { Facts, Row, Stack } from '../../parts/page.js';
import { Phone, SmsBubbles } from '../../parts/phone.js';
import { setQuery } from '../../parts/router.js';
import { language, t } from '../../parts/texts.js';

/** What a status means for the team, in a line. */
export function meaning(sender) {
  if (sender.reason && (sender.status === 'rejected' || sender.status === 'suspended')) {
    return t('senders.because', { reason: sender.reason });
  }
  return t(`senders.meaning.${sender.status === 'approved' && sender.networks.length ? 'approved_some' : sender.status}`);
}

/** The name of a country, or its two letters where there is no such one. */
export function countryName(code) {
  try {
    return new Intl.DisplayNames([language.value], { type: 'region', fallback: 'none' }).of(code.toUpperCase());
  } catch {
    return undefined;
  }
}

/** A message from a sender, as a phone shows it. */
export function SenderOnPhone({ name }) {
  return html`<div class="set-small-phone"><${Phone} title=${name}>
    <${SmsBubbles} items=${[{ from: 'us', text: t('senders.detail.sample') }]}/>
  </${Phone}></div>`;
}

function factsOf(sender) {
  const listed = (names, none) => names.join(', ') || none;
  const countries = sender.countries.map((code) => countryName(code) ?? code);
  const facts = [
    [t('senders.detail.status'), html`<${Status} of=${sender.status}/> <span class="small muted">${meaning(sender)}</span>`],
    [t('senders.detail.purpose'), html`${t(`senders.purpose.${sender.sender_class}`)}
      <div class="small muted">${t(`senders.purpose_help.${sender.sender_class}`)}</div>`],
    [t('senders.detail.countries'), listed(countries, t('senders.own_country'))],
    [t('senders.detail.asked_networks'), listed(sender.asked_networks, t('senders.every_network'))],
  ];
  if (sender.status === 'approved' || sender.status === 'suspended') {
    facts.push([t('senders.detail.networks'), listed(sender.networks, t('senders.every_network'))]);
  }
  return [
    ...facts,
    [t('senders.detail.note'), sender.note || t('senders.detail.none')],
    [t('senders.detail.asked'), html`<${When} at=${sender.created_at}/>`],
    [t('senders.detail.decided'), sender.decided_at ? html`<${When} at=${sender.decided_at}/>` : t('senders.detail.not_yet')],
    [t('senders.detail.uuid'), html`<${Row} gap=${2}><span class="mono small truncate">${sender.uuid}</span><${Copy} text=${sender.uuid} label=${t('senders.detail.uuid')}/></${Row}>`],
  ];
}

/**
 * @param {{uuid: string, known?: object, actions: (sender: object) => {label: string, icon: string, onClick: () => void}[]}} props
 *   `known`: the sender, where the list has it already
 */
export function SenderDetail({ uuid, known, actions }) {
  const load = useLoad(known ? async () => known : (signal) => get(`/sender-ids/${uuid}`, {}, { signal }), [uuid, known]);
  const title = load.data ? t('senders.detail.title', { name: load.data.name }) : t('senders.title');
  return html`<${Drawer} open title=${title} onClose=${() => setQuery({ sender: undefined })}>
    <${Loaded} of=${load}>${(sender) => html`<${Stack}>
      <${Facts} items=${factsOf(sender)}/>
      <${Row} gap=${2} wrap>${actions(sender).map((each) => html`
        <${Button} kind=${each.danger ? 'danger' : 'plain'} icon=${each.icon} onClick=${each.onClick}>${each.label}</${Button}>`)}</${Row}>
      <section aria-label=${t('senders.detail.looks')}>
        <h3 class="small muted set-gap-below">${t('senders.detail.looks')}</h3>
        <${SenderOnPhone} name=${sender.name}/>
      </section>
    </${Stack}>`}</${Loaded}>
  </${Drawer}>`;
}
