/** How a call of a webhook was answered, and what that means for whoever runs the receiver. */
import { html } from '../../parts/ui.js';
import { t } from '../../parts/texts.js';

const WORDS = { 401: 'unauthorized', 403: 'unauthorized', 404: 'missing', 410: 'gone', 429: 'later', 503: 'later' };

const isGood = (status) => status >= 200 && status < 300;

/** The status of HTTP, or why there is none. @param {{of: object}} props a delivery */
export function Answer({ of }) {
  if (of.response_status !== null) {
    return html`<span class=${isGood(of.response_status) ? 'num good' : 'num bad'}>${of.response_status}</span>`;
  }
  return of.error ? html`<span class="bad small set-clamp" title=${of.error}>${of.error}</span>` : html`<span class="muted">${t('webhooks.log.none')}</span>`;
}

/** What an answer means; null: nothing is wrong, or nothing came yet. @param {object} delivery */
export function whatOf({ last_attempt_at: last, response_status: status }) {
  if (!last || isGood(status)) {
    return null;
  }
  if (status === null) {
    return t('webhooks.delivery.what.silent');
  }
  return t(`webhooks.delivery.what.${WORDS[status] ?? (status >= 500 ? 'broken' : 'refused')}`, { status });
}
