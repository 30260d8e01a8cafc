/** Where a message from a phone is answered, under its thread. */
import { html, useMemo, useRef, useState } from '../../parts/ui.js';
import { get, newKey, post } from '../../parts/api.js';
import { Composer } from '../../parts/composer.js';
import { Button } from '../../parts/forms.js';
import { useAct, useLoad } from '../../parts/load.js';
import { useLeaveGuard } from '../../parts/router.js';
import { can } from '../../parts/session.js';
import { t } from '../../parts/texts.js';
import { isSilent } from './suppressing.js';

/** The one to whom they wrote, or who wrote to them last: an answer comes from whom they know. */
function useKnownSender(things) {
  const load = useLoad(async (signal) => (await get('/sender-ids', { status: 'approved', page_size: 100 }, { signal })).items, []);
  const ours = new Set((load.data ?? []).map((each) => each.name));
  const names = things.map(({ kind, it }) => ({ message: it.sender_id, inbound: it.code })[kind]);
  return names.find((each) => ours.has(each)) ?? '';
}

function Silent({ text }) {
  return html`<div class="pp-answer pp-answer-none muted">${text}</div>`;
}

/**
 * @param {{phone: string, person: object|null, stops: object[], things: object[], isNumber: boolean, onSent: (message: object) => void}} props
 */
export function Answer({ phone, stops, things, isNumber, onSent }) {
  const [text, setText] = useState('');
  const [chosen, setSender] = useState(null);
  const key = useRef(newKey()); // of one answer: what is sent again after a broken line is not sent twice
  const to = useMemo(() => [phone], [phone]);
  const known = useKnownSender(things);
  const sender = chosen ?? known;
  const [send, act] = useAct(async () => {
    const sent = await post('/messages', { to: phone, message: text, ...(sender ? { sender_id: sender } : {}) }, { key: key.current });
    key.current = newKey();
    setText('');
    onSent(sent);
  });
  useLeaveGuard(text.trim() ? t('inbox.unsent') : false);
  if (!can('messages')) return html`<${Silent} text=${t('inbox.may_not_answer')} />`;
  if (!isNumber) return html`<${Silent} text=${t('inbox.cannot_answer')} />`;
  if (isSilent(stops)) return html`<${Silent} text=${t('inbox.silent_answer')} />`;
  const change = (value) => {
    if (value !== text) key.current = newKey();
    setText(value);
  };
  const onKeyDown = (event) => {
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey) && text.trim()) {
      event.preventDefault();
      send();
    }
  };
  const submit = (event) => {
    event.preventDefault();
    if (text.trim()) send();
  };
  return html`<form class="pp-answer" onSubmit=${submit} onKeyDown=${onKeyDown} aria-label=${t('inbox.answer')}>
    <${Composer} value=${text} onInput=${change} sender=${sender} onSender=${setSender} to=${to} label=${t('inbox.answer')}
      error=${act.error ? `${act.error.message} ${act.error.requestId ? t('inbox.request', { id: act.error.requestId }) : ''}` : undefined} />
    <div class="pp-answer-foot">
      <span class="muted small">${t('inbox.answer_keys')}</span>
      <${Button} kind="primary" type="submit" icon="send" busy=${act.busy} disabled=${!text.trim()}>${t('inbox.send')}<//>
    </div>
  </form>`;
}
