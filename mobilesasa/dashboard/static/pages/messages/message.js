/** One message: what it says, where it stands, and all that happened to it. */
import { html, useState } from '../../parts/ui.js';
import { get, post } from '../../parts/api.js';
import { Code, Copy } from '../../parts/copy.js';
import { confirm } from '../../parts/dialogs.js';
import { Button, Menu } from '../../parts/forms.js';
import { phone, Status } from '../../parts/format.js';
import { Loaded, useAct, useLoad } from '../../parts/load.js';
import { Card, Notice, Page } from '../../parts/page.js';
import { go } from '../../parts/router.js';
import { can, canRead, refreshAccount } from '../../parts/session.js';
import { Skeleton } from '../../parts/states.js';
import { t } from '../../parts/texts.js';
import { failed, toast } from '../../parts/toasts.js';
import { CurlDialog, curlOf } from './curl.js';
import { Details } from './details.js';
import { Money } from './money.js';
import { Receipts } from './receipts.js';
import { detailOf, hasText, isOver, MessageText, reasonOf } from './shown.js';
import { Timeline } from './timeline.js';
import { Whole } from './whole.js';

const LIVE_S = 2; // while something is expected
const CALM_S = 30; // then for receipts that come late

/** @param {{params: {uuid: string}}} props */
export default function Message({ params }) {
  const [isEnded, setEnded] = useState(false);
  const load = useLoad(
    async (signal) => {
      const story = await get(`/messages/${encodeURIComponent(params.uuid)}`, {}, { signal });
      setEnded(isOver(story));
      return story;
    },
    [params.uuid],
    { everyS: isEnded ? CALM_S : LIVE_S, keep: false },
  );
  const story = load.data;
  const title = story ? t('messages.message_title', { to: phone(story.to) }) : t('messages.message_short');
  return html`<${Page} title=${title} status=${story && html`<${Status} of=${story.status} />`} crumbs=${[{ label: t('messages.title'), to: '/messages' }]}
    actions=${story && html`<${Actions} story=${story} again=${load.again} />`}>
    <${Loaded} of=${load} skeleton=${html`<${Waiting} />`}>
      ${(found) => html`<${Story} story=${found} />`}
    <//>
  <//>`;
}

function Waiting() {
  return html`<div class="msg-page"><${Skeleton} kind="card" /><${Skeleton} kind="card" /></div>`;
}

function Story({ story }) {
  return html`<div class="msg-page">
    <div class="stack">
      ${story.status === 'failed' && html`<${Why} story=${story} />`}
      <${Card} title=${t('messages.text')}>
        <div class="msg-body">
          <${MessageText} message=${story} />
          ${hasText(story) && html`<${Copy} text=${story.message} label=${t('messages.text')} />`}
        </div>
        ${story.body_hex && html`<div><div class="small muted">${t('messages.octets')}</div><${Code} text=${story.body_hex} copy /></div>`}
      <//>
      ${story.group && html`<${Whole} group=${story.group} uuid=${story.uuid} />`}
      <${Card} title=${t('messages.timeline')}><${Timeline} story=${story} /><//>
      <${Receipts} story=${story} />
    </div>
    <div class="stack">
      <${Details} story=${story} />
      ${canRead(['reports', 'team']) && html`<${Money} story=${story} />`}
      <${Raw} story=${story} />
    </div>
  </div>`;
}

/** Why it failed, in our words and in the carrier's. */
function Why({ story }) {
  const said = [detailOf(story), story.failure_code && t('messages.carrier_code', { code: story.failure_code })].filter(Boolean);
  return html`<${Notice} kind="bad" title=${reasonOf(story)}>${said.length > 0 && said.join(' · ')}<//>`;
}

/** The answer of the API itself, as long as the page is open. */
function Raw({ story }) {
  return html`<${Card}>
    <details class="msg-fold">
      <summary>${t('messages.raw')}</summary>
      <${Code} text=${JSON.stringify(story, null, 2)} lang="json" label=${t('messages.raw')} />
    </details>
  <//>`;
}

function Actions({ story, again }) {
  const [showsCurl, setShowsCurl] = useState(false);
  const [resend, resending] = useAct(() => sendAgain(story).catch(failed));
  const [cancel, cancelling] = useAct(() => takeBack(story, again).catch(failed));
  const writes = can('messages');
  const canResend = writes && story.status === 'failed' && story.message !== null;
  const items = [
    writes && hasText(story) && { label: t('messages.act_again'), icon: 'pencil', to: '/send', query: { to: story.to, message: story.message, sender: story.sender_id } },
    { label: t('messages.act_curl'), icon: 'terminal', onClick: () => setShowsCurl(true) },
  ];
  return html`
    <${Button} icon="message-square" to=${`/inbox/${story.to}`}>${t('messages.act_thread')}<//>
    ${writes && story.status === 'queued' && html`<${Button} icon="x" busy=${cancelling.busy} onClick=${cancel}>${t('messages.act_cancel')}<//>`}
    ${canResend && html`<${Button} kind="primary" icon="refresh" busy=${resending.busy} onClick=${resend}>${t('messages.act_resend')}<//>`}
    <${Menu} label=${t('common.more_actions')} icon="more-horizontal" items=${items} />
    ${showsCurl && html`<${CurlDialog} open calls=${callsOf(story)} onClose=${() => setShowsCurl(false)} />`}`;
}

async function sendAgain(story) {
  const asked = { title: t('messages.resend_title'), text: t('messages.resend_text', { to: phone(story.to), n: story.units }), act: t('messages.act_resend') };
  if (!(await confirm(asked))) {
    return;
  }
  const made = await post(`/messages/${story.uuid}/resend`);
  refreshAccount();
  toast(t('messages.resent'), { kind: 'good' });
  go(`/messages/${made.uuid}`);
}

async function takeBack(story, again) {
  const text = t('messages.cancel_text', { to: phone(story.to), n: story.units });
  if (!(await confirm({ title: t('messages.cancel_title'), text, act: t('messages.act_cancel'), danger: true }))) {
    return;
  }
  try {
    await post(`/messages/${story.uuid}/cancel`);
    toast(t('messages.cancelled'), { kind: 'good' });
    refreshAccount();
  } finally {
    again();
  }
}

function callsOf(story) {
  const text = hasText(story) ? story.message : '…';
  const body = { to: story.to, message: text, sender_id: story.sender_id };
  if (story.client_reference) {
    body.client_reference = story.client_reference;
  }
  return [
    { id: 'send', label: t('messages.curl_send'), text: curlOf('POST', '/messages', body), note: hasText(story) ? '' : t('messages.curl_hidden') },
    { id: 'look', label: t('messages.curl_look'), text: curlOf('GET', `/messages/${story.uuid}`) },
  ];
}
