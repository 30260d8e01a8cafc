/** Beside the form: what the message comes to, how it looks on a phone, and the button that sends it. */
import { html } from '../../parts/ui.js';
import { Button } from '../../parts/forms.js';
import { number } from '../../parts/format.js';
import { Card, Notice } from '../../parts/page.js';
import { Phone, SmsBubbles } from '../../parts/phone.js';
import { Link } from '../../parts/router.js';
import { account, settings } from '../../parts/session.js';
import { t } from '../../parts/texts.js';

/** @param {{form: object, estimate: object|null, count: number, busy: boolean, onCurl: () => void}} props `count`: numbers */
export function Summary({ form, estimate, count, busy, onCurl }) {
  const { available } = account.value || { available: null };
  const isCosted = Boolean(estimate && estimate.recipients.length);
  const good = isCosted ? estimate.recipients.filter((each) => !each.error).length : count;
  const needed = isCosted ? estimate.units : 0;
  const isShort = available !== null && needed > available;
  const act = form.when === 'later' ? 'messages.do_schedule' : 'messages.do_send';
  return html`<aside class="send-summary stack" aria-label=${t('messages.summary')}>
    <${Card} title=${t('messages.summary')}><div class="stack">
      ${isCosted
        ? html`<dl class="send-sums">
            <${Sum} name="numbers" value=${number(good)} />
            <${Sum} name="parts" value=${number(estimate.parts)} />
            <${Sum} name="units" value=${number(needed)} strong />
            ${available !== null && html`<${Sum} name="after" value=${number(Math.max(0, available - needed))} bad=${isShort} />`}
          </dl>`
        : html`<p class="muted small send-sums-none">${t('messages.sum_nothing')}</p>`}
      ${isShort && html`<${Notice} kind="warn">
        ${t('messages.sum_short', { available: number(available), units: number(needed) })} <${Link} to="/units">${t('messages.sum_top_up')}<//>
      <//>`}
      <div class="row is-wrapping send-acts">
        <${Button} kind="primary" type="submit" icon=${form.when === 'later' ? 'calendar-clock' : 'send'} busy=${busy}>${t(act, { n: Math.max(1, good) })}<//>
        <${Button} kind="plain" icon="terminal" onClick=${onCurl}>${t('messages.act_curl')}<//>
      </div>
      <p class="small muted">${t('messages.send_keys')}</p>
    </div><//>
    <${Preview} form=${form} estimate=${estimate} />
  </aside>`;
}

function Sum({ name, value, strong, bad }) {
  return html`<div class=${`${strong ? 'is-strong' : ''} ${bad ? 'danger' : ''}`}><dt>${t(`messages.sum_${name}`)}</dt><dd class="num">${value}</dd></div>`;
}

function Preview({ form, estimate }) {
  const text = form.message.trim() ? form.message + ((estimate && estimate.appended) || '') : '';
  return html`<div class="send-preview">
    <${Phone} title=${form.sender || settings.value?.default_sender_id || t('messages.preview')}>
      <${SmsBubbles} items=${[{ from: 'us', text: text || t('messages.preview_nothing') }]} />
    <//>
  </div>`;
}
