/** Who gets no messages: shown for a phone, suppressed and let go on, each with a question before and a way back. */
import { html, useState } from '../../parts/ui.js';
import { del, get, post } from '../../parts/api.js';
import { Dialog, confirm } from '../../parts/dialogs.js';
import { Button, Form, SelectField, TextField } from '../../parts/forms.js';
import { Status, When, phone as shownPhone } from '../../parts/format.js';
import { useAct, useLoad } from '../../parts/load.js';
import { Card } from '../../parts/page.js';
import { can, canRead } from '../../parts/session.js';
import { t } from '../../parts/texts.js';
import { failed, toast } from '../../parts/toasts.js';

const POLLED_S = 30;

/** Whether this person may suppress phones, and lift that. */
export const canSuppress = () => can('messages') || can('contacts');

/** The suppressions of a phone. */
export function useSuppressions(phone) {
  return useLoad(async (signal) => (await get('/suppressions', { phone, page_size: 100 }, { signal })).items, [phone], { everyS: POLLED_S });
}

/** Whether nothing at all goes to whom these suppressions are of. */
export const isSilent = (items) => items.some((each) => each.sender_id === null);

/** What a suppression keeps away, in words. */
export function keptAway(suppression) {
  return suppression.sender_id === null ? t('inbox.all_senders') : suppression.sender_id;
}

/** Why, as a pill. */
export function Reason({ reason }) {
  const kind = { stop: 'bad', operator: 'warn', blacklisted: 'warn' }[reason] ?? 'neutral';
  return html`<${Status} kind=${kind} label=${t(`inbox.reason_${reason}`)} title=${t(`inbox.reason_${reason}_help`)} />`;
}

/**
 * Take a suppression away after a question, with the way back.
 *
 * @param {object} suppression
 * @param {() => void} after
 */
export async function lift(suppression, after) {
  const said = { phone: shownPhone(suppression.phone), sender: keptAway(suppression) };
  const sure = await confirm({
    title: t('inbox.lift_title', said),
    text: suppression.reason === 'stop' ? t('inbox.lift_text_stop', said) : t('inbox.lift_text', said),
    act: t('inbox.lift'),
    danger: suppression.reason === 'stop',
  });
  if (!sure) return;
  try {
    await del(`/suppressions/${suppression.uuid}`);
    toast(t('inbox.lifted', said), { kind: 'good', undo: async () => {
      await post('/suppressions', { phone: suppression.phone, ...(suppression.sender_id ? { sender_id: suppression.sender_id } : {}) });
      after();
    } });
  } catch (error) {
    failed(error);
  }
  after();
}

/**
 * The question whom to write to no more, and as whom.
 *
 * @param {{phone?: string, onClose: () => void, onDone: (made: object) => void}} props a phone that is given cannot be changed
 */
export function SuppressDialog({ phone, onClose, onDone }) {
  const [number, setNumber] = useState(phone ?? '');
  const [sender, setSender] = useState('');
  const senders = useLoad(async (signal) => (await get('/sender-ids', { page_size: 100 }, { signal })).items, []);
  const [suppress, act] = useAct(async () => {
    const made = await post('/suppressions', { phone: number, ...(sender ? { sender_id: sender } : {}) });
    toast(t('inbox.suppressed', { phone: shownPhone(made.phone), sender: keptAway(made) }), {
      kind: 'good',
      undo: async () => { await del(`/suppressions/${made.uuid}`); onDone(made); },
    });
    onDone(made);
  });
  const options = [{ value: '', label: t('inbox.all_senders') }, ...(senders.data ?? []).map((each) => ({ value: each.name, label: each.name }))];
  const footer = html`<${Button} onClick=${onClose}>${t('common.cancel')}<//>
    <${Button} kind="danger" type="submit" form="suppress-form" busy=${act.busy}>${t('inbox.suppress')}<//>`;
  return html`<${Dialog} open title=${phone ? t('inbox.suppress_title', { phone: shownPhone(phone) }) : t('inbox.suppress_new_title')} onClose=${onClose} footer=${footer}>
    <${Form} id="suppress-form" onSubmit=${suppress} error=${act.error} busy=${act.busy}>
      <p>${t('inbox.suppress_text')}</p>
      ${!phone && html`<${TextField} name="phone" type="tel" label=${t('common.phone')} value=${number} onInput=${setNumber} required autocomplete="off" autofocus />`}
      <${SelectField} name="sender_id" label=${t('inbox.sender')} value=${sender} onInput=${setSender} options=${options} />
    <//>
  <//>`;
}

function Row({ suppression, again }) {
  const isOurs = suppression.reason !== 'operator';
  return html`<li class="pp-stop-row">
    <div class="pp-stop-words">
      <strong class="truncate">${keptAway(suppression)}</strong>
      <span class="muted small"><${Reason} reason=${suppression.reason} /> <${When} at=${suppression.created_at} /></span>
    </div>
    ${canSuppress() && isOurs && html`<${Button} small onClick=${() => lift(suppression, again)}>${t('inbox.lift')}<//>`}
  </li>`;
}

/**
 * A card that says whether a phone gets messages, and changes it.
 *
 * @param {{phone: string, onChange?: () => void}} props
 */
export function SuppressionCard({ phone, onChange = () => {} }) {
  const load = useSuppressions(phone);
  const [asking, setAsking] = useState(false);
  const again = () => { load.again(); onChange(); };
  if (!load.data || !canRead(['messages', 'contacts'])) return null;
  const action = canSuppress() && !isSilent(load.data) && html`<${Button} small icon="ban" onClick=${() => setAsking(true)}>${t('inbox.suppress')}<//>`;
  return html`<${Card} title=${t('inbox.state')} actions=${action}>
    ${load.data.length === 0
      ? html`<p>${t('inbox.state_open')}</p>`
      : html`<p>${isSilent(load.data) ? t('inbox.state_silent') : t('inbox.state_some')}</p>
        <ul class="pp-plain-list">${load.data.map((each) => html`<${Row} key=${each.uuid} suppression=${each} again=${again} />`)}</ul>`}
    ${asking && html`<${SuppressDialog} phone=${phone} onClose=${() => setAsking(false)} onDone=${() => { setAsking(false); again(); }} />`}
  <//>`;
}
