/** What was said, as bubbles by day, the newest below; what else happened stands between them in a line. */
import { html } from '../../parts/ui.js';
import { Status, day, time, dayTime } from '../../parts/format.js';
import { Link } from '../../parts/router.js';
import { Empty, Failure, Skeleton } from '../../parts/states.js';
import { t } from '../../parts/texts.js';
import { Older } from '../contacts/timeline.js';
import { OptOut, excerpt } from './conversations.js';

const isKept = (it) => Boolean(it.message);

function Said({ it }) {
  return html`<p class=${isKept(it) ? 'pp-bubble-text' : 'pp-bubble-text muted'}>${excerpt(it)}</p>`;
}

function Ours({ it, at }) {
  return html`<li class="pp-bubble-row us">
    <div class=${`pp-bubble ${it.status === 'failed' ? 'is-failed' : ''}`}><${Said} it=${it} /></div>
    <div class="pp-bubble-foot small muted">
      <span class="truncate">${it.sender_id}</span> <time datetime=${at} title=${dayTime(at)} class="num">${time(at)}</time>
      <${Link} to=${`/messages/${it.uuid}`} class="pp-bubble-status" title=${it.failure_detail ?? t('inbox.open_message')}><${Status} of=${it.status} /><//>
    </div>
  </li>`;
}

function Theirs({ it, at }) {
  return html`<li class="pp-bubble-row them">
    <div class="pp-bubble"><${Said} it=${it} /></div>
    <div class="pp-bubble-foot small muted">
      <span class="num">${t('inbox.to_code', { code: it.code })}</span> <time datetime=${at} title=${dayTime(at)} class="num">${time(at)}</time>
      <${OptOut} word=${it.opt_out} />
      ${it.missing_parts > 0 && html`<${Status} kind="warn" label=${t('inbox.missing_parts', { n: it.missing_parts })} />`}
    </div>
  </li>`;
}

const LINES = {
  suppression: (it) => html`${it.sender_id ? t('inbox.line_suppressed_sender', { sender: it.sender_id }) : t('inbox.line_suppressed')}
    ${' · '}${t(`inbox.reason_${it.reason}`)}`,
  survey_response: (it) => html`<${Link} to=${`/surveys/${it.survey}`} query=${{ tab: 'responses' }}>${t('inbox.line_survey', { name: it.survey_name })}<//> <${Status} of=${it.status} />`,
  ussd: (it) => html`<${Link} to=${`/ussd/sessions/${it.uuid}`}>${t('inbox.line_ussd', { dial: it.dial })}<//> <${Status} of=${it.status} />`,
};

function Entry({ thing }) {
  const { kind, it, at } = thing;
  if (kind === 'message') return html`<${Ours} it=${it} at=${at} />`;
  if (kind === 'inbound') return html`<${Theirs} it=${it} at=${at} />`;
  return html`<li class="pp-bubble-line small muted"><span>${LINES[kind](it)}</span> <time datetime=${at} title=${dayTime(at)} class="num">${time(at)}</time></li>`;
}

/** Return what was said day by day, the oldest first. */
function days(things) {
  const found = [];
  for (const each of [...things].reverse()) {
    const name = day(each.at);
    if (found.at(-1)?.name !== name) found.push({ name, things: [] });
    found.at(-1).things.push(each);
  }
  return found;
}

/** @param {{stream: ReturnType<typeof import('../contacts/stream.js').useStream>}} props */
export function Bubbles({ stream }) {
  const { things, load, more } = stream;
  if (!things && load.error) return html`<${Failure} error=${load.error} again=${load.again} />`;
  if (!things) return load.slow ? html`<${Skeleton} kind="text" rows=${6} />` : html`<div class="pp-tl-wait" />`;
  if (!things.length && !more) return html`<${Empty} icon="message-square" title=${t('inbox.silence_title')} text=${t('inbox.silence_text')} />`;
  return html`<div class="bubbles">
    ${more && html`<${Older} more=${more} />`}
    ${days(things).map(({ name, things: some }) => html`<section key=${name} aria-label=${name}>
      <h3 class="pp-bubble-day">${name}</h3>
      <ol class="pp-plain-list">${some.map((each) => html`<${Entry} key=${`${each.kind}-${each.uuid}`} thing=${each} />`)}</ol>
    </section>`)}
  </div>`;
}
