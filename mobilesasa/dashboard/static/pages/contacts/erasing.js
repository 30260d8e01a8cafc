/** Having a person forgotten, for good: what is asked before, and how far it has come. */
import { html, useState } from '../../parts/ui.js';
import { get, post } from '../../parts/api.js';
import { Dialog } from '../../parts/dialogs.js';
import { Button, CheckField, Form, TextField } from '../../parts/forms.js';
import { When, dayTime } from '../../parts/format.js';
import { Icon } from '../../parts/icons.js';
import { Loaded, useAct, useLoad } from '../../parts/load.js';
import { Card, Facts, Notice, Page } from '../../parts/page.js';
import { Link, go } from '../../parts/router.js';
import { role } from '../../parts/session.js';
import { t } from '../../parts/texts.js';
import { rememberPerson } from './people.js';

const POLLED_S = 5;

/** Whether this person may have others forgotten (docs/security.rst). */
export const canErase = () => role.value === 'owner' || role.value === 'admin';

/**
 * The question before: it says what goes and what stays, and wants the number typed.
 *
 * @param {{contact: object, onClose: () => void}} props
 */
export function EraseDialog({ contact, onClose }) {
  const [typed, setTyped] = useState('');
  const [suppress, setSuppress] = useState(true);
  const digits = (text) => text.replace(/\D/g, '');
  const isSame = digits(typed) === digits(contact.phone);
  const [erase, act] = useAct(async () => {
    const begun = await post(`/contacts/${contact.uuid}/erase`, { phone: contact.phone, suppress });
    rememberPerson(contact.phone, null);
    go(`/contacts/${contact.uuid}`, { erasure: begun.uuid }, { replace: true });
  });
  const footer = html`<${Button} onClick=${onClose}>${t('common.cancel')}<//>
    <${Button} kind="danger" type="submit" form="erase-form" disabled=${!isSame} busy=${act.busy}>${t('contacts.erase_act')}<//>`;
  return html`<${Dialog} open title=${t('contacts.erase_title')} onClose=${onClose} footer=${footer}>
    <${Form} id="erase-form" onSubmit=${() => isSame && erase()} error=${act.error} busy=${act.busy}>
      <${Notice} kind="bad" title=${t('contacts.erase_for_good')}>${t('contacts.erase_what')}<//>
      <ul class="pp-steps-list">
        ${['contact', 'texts', 'number', 'counts'].map((what) => html`<li key=${what}>${t(`contacts.erase_${what}`)}</li>`)}
      </ul>
      <${CheckField} name="suppress" label=${t('contacts.erase_suppress')} help=${t('contacts.erase_suppress_help')} value=${suppress} onInput=${setSuppress} />
      <${TextField} name="phone" label=${t('contacts.erase_type', { phone: contact.phone })} value=${typed} onInput=${setTyped} autocomplete="off" inputmode="tel" />
    <//>
  <//>`;
}

function Step({ done, children }) {
  return html`<li class=${done ? 'pp-step done' : 'pp-step'}>
    <${Icon} name=${done ? 'circle-check' : 'clock'} label=${done ? t('contacts.step_done') : t('contacts.step_waits')} /> <span>${children}</span>
  </li>`;
}

/** How far it has come; the contact is gone, so that this stands in its place. */
export function ErasurePage({ uuid }) {
  const load = useLoad((signal) => get(`/contacts/erasures/${uuid}`, {}, { signal }), [uuid], { everyS: POLLED_S });
  const crumbs = [{ label: t('contacts.title'), to: '/contacts' }];
  return html`<${Page} title=${t('contacts.erasure_title')} crumbs=${crumbs}>
    <${Loaded} of=${load}>${(erasure) => html`<${Card} title=${t(`contacts.erasure_${erasure.status}`)}>
      <ul class="pp-steps-list pp-plain-list">
        <${Step} done>${t('contacts.erasure_contact')}<//>
        <${Step} done=${erasure.status === 'completed'}>${t('contacts.erasure_texts')}<//>
        <${Step} done=${erasure.status === 'completed'}>${t('contacts.erasure_numbers')}<//>
      </ul>
      <${Facts} items=${[
        [t('contacts.erasure_asked'), html`<${When} at=${erasure.requested_at} />`],
        [t('contacts.erasure_to'), t('contacts.n_messages', { n: erasure.messages })],
        [t('contacts.erasure_from'), t('contacts.n_messages', { n: erasure.inbound })],
        ...(erasure.finished_at ? [[t('contacts.erasure_ended'), dayTime(erasure.finished_at)]] : []),
      ]} />
      <p class="muted small">${t('contacts.erasure_note')}</p>
      <p><${Link} to="/contacts">${t('contacts.back_to_list')}<//></p>
    <//>`}<//>
  <//>`;
}
