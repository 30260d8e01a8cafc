/** Small pieces that show a message wherever one is shown. */
import { html } from '../../parts/ui.js';
import { sentence } from '../../parts/api.js';
import { Icon } from '../../parts/icons.js';
import { Status } from '../../parts/format.js';
import { t } from '../../parts/texts.js';

/** What stands in the place of a text that is kept from a role; the API writes it so. */
export const HIDDEN = '••••••';

/** Say whether a message's text is there to be read, copied and sent again. */
export function hasText(message) {
  return message.message !== null && message.message !== HIDDEN && message.encoding !== 'binary';
}

/**
 * The text of a message, or why there is none.
 * @param {{message: object, short?: boolean}} props `short`: on one line, cut off
 */
export function MessageText({ message, short = false }) {
  const text = message.message;
  if (text === null) {
    return html`<span class="muted msg-none">${t('messages.text_gone')}</span>`;
  }
  if (text === HIDDEN) {
    return html`<span class="muted msg-none" title=${t('messages.text_hidden')}>
      <${Icon} name="eye-off" label=${t('messages.text_hidden')} /> ${text}
    </span>`;
  }
  if (message.encoding === 'binary') {
    return html`<span class="muted msg-none">${t('messages.text_binary')}</span>`;
  }
  return short
    ? html`<span class="msg-line" title=${text} dir="auto">${text}</span>`
    : html`<span class="msg-text" dir="auto">${text}</span>`;
}

/** Why a message failed, in a few words. */
export function reasonOf(message) {
  return message.failure_reason ? t(`messages.failure_${message.failure_reason}`) : '';
}

// What the API says where nobody gave a reason of their own (FAILURE_TEXTS in mobilesasa/api/resources/shown.py): no more than our words.
const NO_REASON = [
  'the handset was not reached',
  'the validity period ended at the carrier',
  'the carrier took the message and then refused it',
  'no carrier took the message',
  'the validity period ended before a carrier took the message',
  'the carrier never said what became of the message',
  'the message was taken back',
];

/** What the carrier said of a failure beside that; '' where it said nothing. */
export function detailOf(message) {
  const detail = message.failure_detail ?? '';
  return NO_REASON.includes(detail) ? '' : sentence(detail);
}

/** Where a message stands, and why where it failed. */
export function MessageStatus({ message }) {
  const why = message.status === 'failed' ? reasonOf(message) : '';
  return html`<span class="msg-two">
    <${Status} of=${message.status} />
    ${why && html`<span class="small muted msg-why" title=${detailOf(message) || why}>${why}</span>`}
  </span>`;
}

/** Return how long it took from acceptance to the end, seconds, or null. */
export function tookS(message) {
  if (!message.done_at) {
    return null;
  }
  const begins = message.scheduled_at && message.scheduled_at > message.created_at ? message.scheduled_at : message.created_at;
  return Math.max(0, (Date.parse(message.done_at) - Date.parse(begins)) / 1000);
}

/** Say whether nothing more is expected of a message; late receipts may come all the same. */
export function isOver(message) {
  return message.status === 'delivered' || message.status === 'failed';
}
