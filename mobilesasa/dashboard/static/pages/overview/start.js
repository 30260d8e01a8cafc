/** What a team does first: a sender name, a first message, and a look at it. */
import { html } from '../../parts/ui.js';
import { get } from '../../parts/api.js';
import { Button } from '../../parts/forms.js';
import { Icon } from '../../parts/icons.js';
import { Loaded, useLoad } from '../../parts/load.js';
import { Card } from '../../parts/page.js';
import { can, canRead, team } from '../../parts/session.js';
import { Skeleton } from '../../parts/states.js';
import { t } from '../../parts/texts.js';

const LIVE_S = 10;

/** For a team that has sent nothing yet. */
export function Start() {
  const load = useLoad(readSteps, [team.value.code], { everyS: LIVE_S });
  return html`<${Card} title=${t('overview.start_title')} lead=${t('overview.start_lead')}>
    <${Loaded} of=${load} skeleton=${html`<${Skeleton} kind="text" rows=${6} />`}>
      ${({ senders, tokens }) => html`<ol class="ov-steps">
        <${SenderStep} senders=${senders} />
        <${FirstStep} tokens=${tokens} isReady=${senders.some(isApproved)} />
        <${LookStep} />
      </ol>`}
    <//>
  <//>`;
}

async function readSteps(signal) {
  const mayReadSenders = canRead(['messages', 'campaigns', 'team']);
  const [senders, tokens] = await Promise.all([
    mayReadSenders ? get('/sender-ids', { page_size: 100 }, { signal }) : { items: [] },
    canRead('api_tokens') ? get('/tokens', { page_size: 20 }, { signal }) : { items: [] },
  ]);
  return { senders: senders.items, tokens: tokens.items.filter((each) => each.status === 'active') };
}

const isApproved = (sender) => sender.status === 'approved';

function Step({ n, title, isDone, children, action }) {
  return html`<li class=${isDone ? 'is-done' : ''}>
    <span class="ov-steps-mark num">${isDone ? html`<${Icon} name="check" label=${t('overview.start_done')} />` : n}</span>
    <div class="ov-steps-text"><strong>${title}</strong><div class="muted small">${children}</div></div>
    <div class="row is-wrapping ov-steps-act">${action}</div>
  </li>`;
}

function SenderStep({ senders }) {
  const usable = senders.find((each) => each.is_default && isApproved(each)) || senders.find(isApproved);
  const pending = senders.find((each) => each.status === 'pending');
  const text = senderWords(usable, pending);
  const act = senders.length ? 'overview.start_sender_see' : 'overview.start_sender_act';
  const action = (senders.length > 0 || can('team')) && html`<${Button} kind=${usable || pending ? 'plain' : 'primary'} icon="tag" to="/senders">${t(act)}<//>`;
  return html`<${Step} n="1" title=${t('overview.start_sender')} isDone=${Boolean(usable)} action=${action}>${text}<//>`;
}

function senderWords(usable, pending) {
  if (usable || pending) {
    return t(usable ? 'overview.start_sender_has' : 'overview.start_sender_pending', { name: (usable || pending).name });
  }
  return can('team') ? t('overview.start_sender_text') : `${t('overview.start_sender_text')} ${t('overview.start_sender_owner')}`;
}

function FirstStep({ tokens, isReady }) {
  const writes = can('messages');
  const text = !writes ? t('overview.start_first_viewer') : tokens.length ? t('overview.start_first_has', { name: tokens[0].name }) : t('overview.start_first_text');
  const action = writes && html`
    <${Button} kind=${isReady ? 'primary' : 'plain'} icon="send" to="/send">${t('overview.start_first_act')}<//>
    ${can('api_tokens') && html`<${Button} icon="key" to="/tokens">${t('overview.start_first_token')}<//>`}`;
  return html`<${Step} n="2" title=${t('overview.start_first')} action=${action}>${text}<//>`;
}

function LookStep() {
  const action = html`<${Button} icon="message-square" to="/messages">${t('overview.start_look_act')}<//>`;
  return html`<${Step} n="3" title=${t('overview.start_look')} action=${action}>${t('overview.start_look_text')}<//>`;
}
