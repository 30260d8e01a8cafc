/** What happened to a message, from its acceptance to its end, and what it waits for. */
import { html } from '../../parts/ui.js';
import { sentence } from '../../parts/api.js';
import { day, dayTime, duration, exact, exactTime } from '../../parts/format.js';
import { Icon } from '../../parts/icons.js';
import { t } from '../../parts/texts.js';
import { detailOf, reasonOf } from './shown.js';

// The icon and the colour of each event; those whose sentence says more than their title show it.
const EVENTS = {
  accepted: ['check', 'neutral'],
  postponed: ['clock', 'warn', 'says'],
  uncertain: ['help-circle', 'warn', 'says'],
  refused: ['x', 'bad', 'says'],
  rerouted: ['git-branch', 'warn', 'says'],
  replaced: ['pencil', 'neutral'],
  cancelled: ['undo', 'bad'],
  sent: ['send', 'info'],
  delivered: ['circle-check', 'good'],
  failed: ['circle-x', 'bad'],
  no_receipt: ['help-circle', 'warn'],
};

/** @param {{story: object}} props a MessageStory */
export function Timeline({ story }) {
  const events = story.timeline;
  const waits = waitingFor(story);
  return html`<ol class="msg-timeline">
    ${events.map((event, n) => html`<${Happening} key=${`${n} ${event.event}`} event=${event} before=${events[n - 1]} story=${story} />`)}
    ${waits && html`<li class="msg-event is-waiting">
      <span class="msg-event-mark"><i aria-hidden="true"></i></span>
      <div><strong>${waits.title}</strong><div class="small muted">${waits.detail}</div></div>
    </li>`}
  </ol>`;
}

function Happening({ event, before, story }) {
  const [icon, colour, says] = EVENTS[event.event] || ['info', 'neutral', 'says'];
  const laterS = before ? (Date.parse(event.at) - Date.parse(before.at)) / 1000 : 0;
  const details = [wordsOf(event, story), says ? sentence(event.text) : '', refsOf(event, story)].filter(Boolean);
  return html`<li class=${`msg-event kind-${colour}`}>
    <span class="msg-event-mark"><${Icon} name=${icon} /></span>
    <div>
      <div class="msg-event-head">
        <strong>${titleOf(event)}</strong>
        <time class="small muted num nowrap" datetime=${event.at} title=${exact(event.at)}>
          ${!before && `${day(event.at)}, `}${exactTime(event.at)}
          ${laterS >= 1 && html` <span class="msg-event-later">${t('messages.after', { duration: duration(laterS) })}</span>`}
        </time>
      </div>
      ${details.map((detail) => html`<div class="small muted msg-event-detail">${detail}</div>`)}
      ${event.code && html`<div class="small muted">${t('messages.carrier_code', { code: event.code })}</div>`}
    </div>
  </li>`;
}

function titleOf({ event, carrier, text }) {
  return EVENTS[event] ? t(`messages.event_${event}`, { carrier: carrier || t('messages.no_carrier') }) : text;
}

/** What is known of an event beside its own sentence. */
function wordsOf({ event }, story) {
  if (event === 'accepted') {
    return story.units ? t('messages.event_accepted_detail', { n: story.units }) : t('messages.event_accepted_free');
  }
  return event === 'failed' ? [reasonOf(story), detailOf(story)].filter(Boolean).join(': ') : '';
}

/** Return the carrier's ids of the parts, of the event that sent them. */
function refsOf({ event }, { part_details: parts }) {
  return event === 'sent' ? parts.map((each) => each.carrier_message_id).filter(Boolean).join(', ') : '';
}

/** Return what a message waits for, or null at its end. */
function waitingFor(story) {
  if (story.status === 'queued') {
    const held = story.scheduled_at && Date.parse(story.scheduled_at) > Date.now();
    if (held) {
      return { title: t('messages.event_scheduled'), detail: t('messages.event_at', { when: dayTime(story.scheduled_at) }) };
    }
    return { title: t('messages.event_waiting'), detail: t('messages.event_until', { when: dayTime(story.expires_at) }) };
  }
  if (story.status === 'sent' && !story.timeline.some((each) => each.event === 'no_receipt')) {
    return { title: t('messages.event_waiting_receipt'), detail: t('messages.event_until', { when: dayTime(story.expires_at) }) };
  }
  return null;
}
