/** A phone: messages in bubbles, or a USSD screen that can be answered. */
import { html, cx, useEffect, useRef, useState } from './ui.js';
import { Button } from './buttons.js';
import { When } from './format.js';
import { t } from './texts.js';

/** The frame. @param {{title: any, status?: any, children: any, foot?: any}} props */
export function Phone({ title, status, children, foot }) {
  return html`
    <section class="phone" aria-label=${t('common.phone_frame')}>
      <header class="phone-head"><span class="phone-title truncate">${title}</span>${status && html`<span class="phone-status">${status}</span>`}</header>
      <div class="phone-screen">${children}</div>
      ${foot && html`<footer class="phone-foot">${foot}</footer>`}
    </section>
  `;
}

/**
 * Messages, as a phone shows them: ours from the left, the phone's own from the right.
 * @param {{items: {from: 'us'|'them', text: any, at?: string, note?: any, key?: string}[], live?: boolean}} props live: what is added
 *   is read out, and scrolled to
 */
export function SmsBubbles({ items, live = false }) {
  const end = useRef(null);
  useEffect(() => {
    if (live && end.current) {
      end.current.scrollTop = end.current.scrollHeight;
    }
  }, [items.length, live]);
  return html`
    <ol class="bubbles" ref=${end} role=${live ? 'log' : undefined} aria-live=${live ? 'polite' : undefined} tabindex=${live ? '0' : undefined} aria-label=${live ? t('common.messages') : undefined}>
      ${items.map((each, nth) => html`
        <li key=${each.key ?? nth} class=${cx('bubble', each.from === 'us' ? 'is-us' : 'is-them')}>
          <span class="visually-hidden">${t(each.from === 'us' ? 'common.phone_to' : 'common.phone_from')}: </span>
          <span class="bubble-text">${each.text}</span>
          ${(each.at || each.note) && html`<span class="bubble-foot">${each.note}${each.at && html`<${When} at=${each.at}/>`}</span>`}
        </li>`)}
    </ol>
  `;
}

/**
 * A USSD screen: its text, and an answer where it wants one.
 * @param {{text: string, onAnswer?: (said: string) => void, onEnd?: () => void, ended?: boolean, busy?: boolean, note?: any}} props
 */
export function UssdScreen({ text, onAnswer, onEnd, ended = false, busy = false, note }) {
  const [said, setSaid] = useState('');
  const field = useRef(null);
  const shown = useRef(false);
  useEffect(() => {
    setSaid('');
    if (shown.current && !ended) {
      field.current?.focus();
    }
    shown.current = true;
  }, [text, ended]);
  const submitted = (event) => {
    event.preventDefault();
    if (!busy) {
      onAnswer?.(said);
    }
  };
  return html`
    <div class="ussd">
      <p class="ussd-text" role="status" aria-live="polite">${text}</p>
      ${note && html`<p class="small muted">${note}</p>`}
      ${ended ? html`<p class="ussd-ended small muted">${t('common.phone_ended')}</p>` : onAnswer && html`
        <form class="ussd-answer" onSubmit=${submitted}>
          <input class="input" ref=${field} value=${said} aria-label=${t('common.phone_answer')} autocomplete="off" onInput=${(event) => setSaid(event.target.value)}/>
          <div class="ussd-buttons">
            ${onEnd && html`<${Button} onClick=${onEnd}>${t('common.phone_end')}</${Button}>`}
            <${Button} kind="primary" type="submit" busy=${busy}>${t('common.phone_send')}</${Button}>
          </div>
        </form>`}
    </div>
  `;
}
