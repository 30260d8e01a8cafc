/** A message before it is sent: what is written in the form, as the API is asked to send it. */
import { t } from '../../parts/texts.js';
import { MOST, readNumbers } from './numbers.js';

/** Return an empty form, or one that an address fills: /send?to=…&message=…&sender=…&reference=… */
export function formOf(query) {
  const first = (value) => (Array.isArray(value) ? value.join('\n') : value || '');
  return {
    to: first(query.to),
    message: first(query.message),
    sender: first(query.sender),
    reference: first(query.reference),
    when: 'now',
    at: '',
    validity: '',
  };
}

/**
 * Return the call that sends what the form says.
 * @returns {{path: string, body: object, numbers: string[]}} one message, or a batch of them
 */
export function callOf(form) {
  const { numbers } = readNumbers(form.to);
  const body = { to: numbers.length === 1 ? numbers[0] : numbers, message: form.message };
  if (form.sender) {
    body.sender_id = form.sender;
  }
  if (form.when === 'later' && form.at) {
    body.scheduled_at = form.at;
  }
  if (form.validity) {
    body.validity_minutes = Number(form.validity);
  }
  if (form.reference.trim()) {
    body.client_reference = form.reference.trim();
  }
  return { path: numbers.length === 1 ? '/messages' : '/messages/batch', body, numbers };
}

/** Return what is missing, by field: {to: 'Say who …'}; nothing where it can be sent. */
export function missingIn(form) {
  const { numbers } = readNumbers(form.to);
  const missing = {};
  if (!numbers.length) {
    missing.to = t('messages.to_required');
  }
  if (numbers.length > MOST) {
    missing.to = t('messages.to_too_many', { most: MOST });
  }
  if (!form.message.trim()) {
    missing.message = t('messages.message_required');
  }
  if (form.when === 'later' && !form.at) {
    missing.scheduled_at = t('messages.when_required');
  }
  return missing;
}

/**
 * Return what became of a call, whichever it was.
 * @returns {{rows: object[], accepted: object[], refused: object[], units: number}} rows in the order of the numbers
 */
export function outcomeOf(answer, numbers) {
  const items = 'items' in answer ? answer.items : [answer];
  const rows = items.map((item, n) => ({ ...item, to: item.to || numbers[n], written: numbers[n] }));
  const accepted = rows.filter((each) => each.uuid);
  return { rows, accepted, refused: rows.filter((each) => !each.uuid), units: accepted.reduce((sum, each) => sum + each.units, 0) };
}
