/** The head of a thread: whose it is, whether messages reach them, and what can be done about either. */
import { html, useState } from '../../parts/ui.js';
import { Copy } from '../../parts/copy.js';
import { Button, IconButton, Menu } from '../../parts/forms.js';
import { phone as shownPhone } from '../../parts/format.js';
import { Link } from '../../parts/router.js';
import { can, canRead } from '../../parts/session.js';
import { t } from '../../parts/texts.js';
import { ContactDrawer } from '../contacts/form.js';
import { Initials, nameOf } from '../contacts/people.js';
import { Reason, SuppressDialog, canSuppress, isSilent, keptAway, lift } from './suppressing.js';

/** What keeps messages away, a line each, with the way to lift it. */
function Stops({ stops, onChange }) {
  return stops.length > 0 && html`<ul class="pp-plain-list stops">
    ${stops.map((each) => html`<li key=${each.uuid} class="pp-stop-line">
      <span>${each.sender_id === null ? t('inbox.stop_all') : t('inbox.stop_sender', { sender: keptAway(each) })}</span>
      <${Reason} reason=${each.reason} />
      ${canSuppress() && each.reason !== 'operator' && html`<${Button} small onClick=${() => lift(each, onChange)}>${t('inbox.lift')}<//>`}
    </li>`)}
  </ul>`;
}

/**
 * @param {{phone: string, person: object|null, stops: object[], isNumber: boolean, onChange: () => void, onContact: () => void}} props
 */
export function ThreadHead({ phone, person, stops, isNumber, onChange, onContact }) {
  const [asking, setAsking] = useState(false);
  const [making, setMaking] = useState(false);
  const name = person ? nameOf(person) : '';
  const items = [
    ...(canRead('messages') ? [{ label: t('inbox.all_messages'), icon: 'list', to: '/messages', query: { phone } }] : []),
    ...(canSuppress() && isNumber && !isSilent(stops) ? [{ label: t('inbox.suppress_menu'), icon: 'ban', danger: true, onClick: () => setAsking(true) }] : []),
  ];
  return html`<header class="pp-thread-head">
    <div class="pp-thread-who">
      <${IconButton} class="pp-back" icon="arrow-left" label=${t('inbox.back')} to="/inbox" />
      <${Initials} name=${name} />
      <div class="pp-thread-words">
        <h2 class="truncate">${person ? html`<${Link} to=${`/contacts/${person.uuid}`}>${name || shownPhone(phone)}<//>` : shownPhone(phone)}</h2>
        <span class="muted small num">${name ? shownPhone(phone) : t(isNumber ? 'inbox.no_contact' : 'inbox.no_number')} <${Copy} text=${phone} label=${t('common.phone_number')} /></span>
      </div>
      <div class="pp-thread-acts">
        ${!person && isNumber && can('contacts') && html`<${Button} icon="user-plus" aria-label=${t('inbox.add_contact')} title=${t('inbox.add_contact')} onClick=${() => setMaking(true)}>${t('inbox.add_contact')}<//>`}
        ${items.length > 0 && html`<${Menu} label=${t('inbox.more')} icon="more-horizontal" items=${items} />`}
      </div>
    </div>
    <${Stops} stops=${stops} onChange=${onChange} />
    ${asking && html`<${SuppressDialog} phone=${phone} onClose=${() => setAsking(false)} onDone=${() => { setAsking(false); onChange(); }} />`}
    <${ContactDrawer} open=${making} number=${phone} onClose=${() => setMaking(false)} onSaved=${() => { setMaking(false); onContact(); }} />
  </header>`;
}
