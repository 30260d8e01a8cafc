/** What was between the team and a person, thing by thing, newest first and day by day. */
import { html } from '../../parts/ui.js';
import { Button } from '../../parts/forms.js';
import { Status, When, day } from '../../parts/format.js';
import { Icon } from '../../parts/icons.js';
import { useAct } from '../../parts/load.js';
import { Link } from '../../parts/router.js';
import { Empty, Failure, Skeleton } from '../../parts/states.js';
import { t } from '../../parts/texts.js';
import { failed } from '../../parts/toasts.js';

function Text({ it }) {
  if (it.message === null) return html`<em class="muted">${t('contacts.text_gone')}</em>`;
  if (it.encoding === 'binary' && !it.message) return html`<em class="muted">${t('contacts.text_binary')}</em>`;
  return html`<span class="pp-said">${it.message}</span>`;
}

const VIEWS = {
  message: (it) => ({
    icon: 'send', to: `/messages/${it.uuid}`, title: t('contacts.tl_message', { sender: it.sender_id }),
    badge: html`<${Status} of=${it.status} />`, body: html`<${Text} it=${it} />`,
    note: it.failure_detail && html`<p class="small danger">${it.failure_detail}</p>`,
  }),
  inbound: (it) => ({
    icon: 'inbox', tone: 'accent', to: `/inbox/${encodeURIComponent(it.phone)}`, title: t('contacts.tl_inbound', { code: it.code }),
    badge: it.opt_out && html`<${Status} kind=${it.opt_out === 'stop' ? 'bad' : 'good'} label=${it.opt_out.toUpperCase()} />`,
    body: html`<${Text} it=${it} />`,
  }),
  suppression: (it) => ({
    icon: 'ban', tone: 'bad', to: '/suppressions', query: { phone: it.phone },
    title: it.sender_id ? t('contacts.tl_suppressed_sender', { sender: it.sender_id }) : t('contacts.tl_suppressed_all'),
    body: html`<span class="muted">${t(`inbox.reason_${it.reason}`)}</span>`,
  }),
  survey_response: (it) => ({
    icon: 'clipboard-list', tone: 'good', to: `/surveys/${it.survey}`, query: { tab: 'responses' }, title: t('contacts.tl_survey', { name: it.survey_name }),
    badge: html`<${Status} of=${it.status} />`,
    body: it.answers.length > 0 && html`<dl class="pp-answers">${it.answers.map((each) => html`<div key=${each.question_uuid}>
      <dt class="muted small">${each.question}</dt><dd>${each.labels?.join(', ') || each.raw}</dd></div>`)}</dl>`,
  }),
  ussd: (it) => ({
    icon: 'hash', to: `/ussd/sessions/${it.uuid}`, title: t('contacts.tl_ussd', { dial: it.dial }), badge: html`<${Status} of=${it.status} />`,
    body: html`<span class="muted">${t('contacts.tl_ussd_steps', { n: it.steps })}${it.trouble ? ` · ${it.trouble}` : ''}</span>`,
  }),
};

/** @param {{thing: import('./stream.js').Thing}} props */
function Entry({ thing }) {
  const view = VIEWS[thing.kind](thing.it);
  return html`<li class="pp-tl-entry">
    <span class=${`pp-tl-mark ${view.tone ?? ''}`}><${Icon} name=${view.icon} /></span>
    <div class="pp-tl-body">
      <div class="pp-tl-head">
        <${Link} class="pp-tl-title" to=${view.to} query=${view.query}>${view.title}<//>
        ${view.badge}
        <span class="pp-tl-at muted small nowrap"><${When} at=${thing.at} /></span>
      </div>
      ${view.body && html`<div class="pp-tl-text">${view.body}</div>`}
      ${view.note}
    </div>
  </li>`;
}

/** Return things by their days, in order. */
function byDay(things) {
  const days = [];
  for (const each of things) {
    const name = day(each.at);
    if (days.at(-1)?.name !== name) days.push({ name, things: [] });
    days.at(-1).things.push(each);
  }
  return days;
}

/** A button that reads what is older. */
export function Older({ more }) {
  const [read, act] = useAct(() => more().catch(failed));
  return html`<div class="pp-older"><${Button} kind="quiet" busy=${act.busy} onClick=${read}>${t('contacts.tl_older')}<//></div>`;
}

/**
 * @param {{stream: ReturnType<typeof import('./stream.js').useStream>, emptyText: string}} props
 */
export function TimelineList({ stream, emptyText }) {
  const { things, load, more } = stream;
  if (!things && load.error) return html`<${Failure} error=${load.error} again=${load.again} />`;
  if (!things) return load.slow ? html`<${Skeleton} kind="text" rows=${6} />` : html`<div class="pp-tl-wait" />`;
  if (!things.length && !more) return html`<${Empty} icon="activity" title=${t('contacts.tl_none_title')} text=${emptyText} />`;
  return html`<div class="pp-timeline">
    ${byDay(things).map(({ name, things: some }) => html`<section key=${name} aria-label=${name}>
      <h3 class="pp-tl-day">${name}</h3>
      <ol class="pp-plain-list">${some.map((each) => html`<${Entry} key=${`${each.kind}-${each.uuid}`} thing=${each} />`)}</ol>
    </section>`)}
    ${more && html`<${Older} more=${more} />`}
  </div>`;
}
