/** All that was said between the team and a phone, the newest below, with the answer under it. */
import { html, useEffect, useRef } from '../../parts/ui.js';
import { useLoad } from '../../parts/load.js';
import { Page } from '../../parts/page.js';
import { canRead } from '../../parts/session.js';
import { phone as shownPhone } from '../../parts/format.js';
import { t } from '../../parts/texts.js';
import { findPerson, nameOf, rememberPerson } from '../contacts/people.js';
import { inboundFrom, messagesTo, suppressionsOf, timelineOf, ussdOf, useStream } from '../contacts/stream.js';
import { Answer } from './answer.js';
import { InboxActions } from './actions.js';
import { Bubbles } from './bubbles.js';
import { Conversations } from './conversations.js';
import { ThreadHead } from './head.js';
import { useSuppressions } from './suppressing.js';

const POLLED_S = 4;

/** A phone that can be written to; messages may also come from the name of a service. */
const isNumber = (phone) => /^\+\d{8,15}$/.test(phone);

function sourcesOf(phone, person) {
  const told = person ? [timelineOf(person.uuid)] : [messagesTo(phone), inboundFrom(phone), suppressionsOf(phone)];
  return canRead('ussd') && isNumber(phone) ? [...told, ussdOf(phone)] : told;
}

/** Keep the end of the talk in sight: when it is opened, and when something comes while one is there. */
function useFoot(newest) {
  const box = useRef(null);
  const atFoot = useRef(true);
  const size = useRef('');
  const follow = () => {
    if (box.current && atFoot.current) box.current.scrollTop = box.current.scrollHeight;
  };
  useEffect(follow, [newest]);
  useEffect(() => {
    const watch = new ResizeObserver(follow); // what stands above or below it may grow
    watch.observe(box.current);
    return () => watch.disconnect();
  }, []);
  const onScroll = () => {
    const { scrollHeight, scrollTop, clientHeight } = box.current;
    const now = `${scrollHeight} ${clientHeight}`;
    if (now === size.current) atFoot.current = scrollHeight - scrollTop - clientHeight < 80;
    else follow(); // the browser has scrolled, for there is more or less to see
    size.current = now;
  };
  return { box, onScroll, toFoot: () => { atFoot.current = true; } };
}

function Talk({ phone, person, again }) {
  const stream = useStream(sourcesOf(phone, person), `${phone} ${person?.uuid ?? ''}`, POLLED_S);
  const stops = useSuppressions(phone);
  const newest = stream.things?.[0];
  const { box, onScroll, toFoot } = useFoot(`${phone} ${newest?.uuid}`);
  const changed = () => { stops.again(); stream.again(); };
  const sent = (message) => {
    toFoot();
    stream.add({ kind: 'message', at: message.created_at, uuid: message.uuid, it: message });
  };
  return html`<section class="pp-thread" aria-label=${t('inbox.thread_with', { name: person ? nameOf(person) || phone : phone })}>
    <${ThreadHead} phone=${phone} person=${person} stops=${stops.data ?? []} onChange=${changed} onContact=${again} isNumber=${isNumber(phone)} />
    <div class="pp-thread-scroll" ref=${box} onScroll=${onScroll} tabindex="0" role="log" aria-label=${t('inbox.log')}>
      <${Bubbles} stream=${stream} />
    </div>
    <${Answer} key=${phone} phone=${phone} person=${person} stops=${stops.data ?? []} things=${stream.things ?? []} isNumber=${isNumber(phone)} onSent=${sent} />
  </section>`;
}

/** The thread of a phone, and on a wide screen the list beside it. */
export default function Thread({ params, query }) {
  const { phone } = params;
  const looked = useLoad(async (signal) => {
    const person = canRead('contacts') && isNumber(phone) ? await findPerson(phone, signal) : null;
    rememberPerson(phone, person);
    return { phone, person };
  }, [phone]);
  const known = looked.data?.phone === phone ? looked.data : looked.error ? { phone, person: null } : null;
  const name = known?.person ? nameOf(known.person) : '';
  return html`<${Page} title=${t('inbox.title')} name=${name || shownPhone(phone)} actions=${html`<${InboxActions} query=${query} />`}>
    <div class="pp-mailbox" data-open="thread">
      <${Conversations} query=${query} phone=${phone} />
      ${known ? html`<${Talk} key=${`${phone} ${known.person?.uuid ?? ''}`} phone=${phone} person=${known.person} again=${looked.again} />`
        : html`<div class="pp-thread" aria-busy="true" />`}
    </div>
  <//>`;
}
