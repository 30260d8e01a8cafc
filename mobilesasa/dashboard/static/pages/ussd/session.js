/** One session: who dialled what, how far they came, how it ended and what went wrong in it. */
import { html, useEffect, useMemo, useState } from '../../parts/ui.js';
import { get, sentence } from '../../parts/api.js';
import { Button } from '../../parts/buttons.js';
import { number, phone, When, exactTime } from '../../parts/format.js';
import { Icon } from '../../parts/icons.js';
import { Loaded, useLoad } from '../../parts/load.js';
import { Card, Facts, Notice, Page } from '../../parts/page.js';
import { Link } from '../../parts/router.js';
import { canRead } from '../../parts/session.js';
import { Skeleton } from '../../parts/states.js';
import { t } from '../../parts/texts.js';
import { SessionStatus } from './area.js';
import { Dial } from './dial.js';
import { usePublished } from './published.js';
import { took } from './sessions.js';
import { wayTo } from './tree.js';
import { firstWords } from './treeview.js';

const LIVE_S = 2;

/** @param {{params: {uuid: string}}} props */
export default function SessionPage({ params }) {
  const load = useSession(params.uuid);
  const shown = load.data;
  const crumbs = [{ label: t('ussd.title'), to: '/ussd' }, { label: t('ussd.tab.sessions'), to: '/ussd/sessions' }];
  return html`
    <${Page} title=${shown ? phone(shown.phone) : t('ussd.session')} name=${t('ussd.session')} crumbs=${crumbs} status=${shown && html`<${SessionStatus} of=${shown.status}/>`}
      lead=${shown && html`<${Dial} dial=${shown.dial}/>`}>
      <${Loaded} of=${load} skeleton=${html`<${Skeleton} kind="card"/>`}>${(session) => html`<${Told} session=${session}/>`}</${Loaded}>
    </${Page}>`;
}

/** A session, again and again while it is live. */
function useSession(uuid) {
  const [isOver, setOver] = useState(false);
  const load = useLoad((signal) => get(`/ussd/sessions/${uuid}`, {}, { signal }), [uuid], { keep: false, everyS: isOver ? 0 : LIVE_S });
  useEffect(() => setOver(load.data !== undefined && load.data.status !== 'live'), [load.data]);
  return load;
}

function Told({ session }) {
  const { menu, version } = session;
  const isByMenu = Boolean(menu && version);
  return html`
    ${session.trouble && html`<${Notice} kind="bad" title=${t('ussd.session.trouble')}>${sentence(session.trouble)}</${Notice}>`}
    <div class="ussd-beside">
      <${Card} title=${t('ussd.session.facts')}><${About} session=${session}/></${Card}>
      <${Card} title=${t('ussd.session.course')}>
        <${Course} session=${session}/>
        ${isByMenu && session.screen && html`<${LastScreen} session=${session}/>`}
        <p class="small muted ussd-private">${t(isByMenu ? 'ussd.session.private' : 'ussd.session.private_own')}</p>
      </${Card}>
    </div>`;
}

function About({ session }) {
  const items = [
    [t('common.phone'), canRead('messages') ? html`<${Link} to=${`/inbox/${session.phone}`} class="num">${phone(session.phone)}</${Link}>` : phone(session.phone)],
    [t('ussd.dialled'), html`<${Dial} dial=${session.dial}/>`],
    [t('ussd.who_answers'), session.menu
      ? html`<${Link} to=${`/ussd/menus/${session.menu}`} query=${{ tab: 'versions', version: session.version }}>${t('ussd.session.menu_version', { n: session.version ?? 0 })}</${Link}>`
      : t('ussd.answers.own')],
    [t('ussd.session.network'), session.network || '–'],
    [t('ussd.session.gateway'), session.gateway],
    [t('ussd.sessions.steps'), number(session.steps)],
    [t('ussd.sessions.took'), took(session)],
    [t('ussd.session.id'), html`<span class="mono small">${session.uuid}</span>`],
  ];
  return html`<${Facts} items=${items}/>`;
}

/** What happened, in order. */
function Course({ session }) {
  const events = [
    { at: session.started_at, icon: 'phone', words: t('ussd.session.dialled', { dial: session.dial }) },
    session.steps > 0 && { at: session.last_at, icon: 'smartphone', words: t('ussd.session.shown', { n: session.steps }) },
    session.ended_at
      ? { at: session.ended_at, icon: session.status === 'ended' ? 'circle-check' : 'circle-x', words: t(`ussd.session.how.${session.status}`) }
      : { at: null, icon: 'clock', words: t('ussd.session.how.live') },
  ].filter(Boolean);
  return html`
    <ol class="ussd-course">
      ${events.map((event) => html`
        <li key=${event.words}><${Icon} name=${event.icon}/> <span>${event.words}</span> ${event.at && html`<span class="muted small"><${When} at=${event.at}/> <span class="num">· ${exactTime(event.at)}</span></span>`}</li>`)}
    </ol>`;
}

/** The screen that was last shown, and the screens on the way to it. */
function LastScreen({ session }) {
  const { data: version } = usePublished({ uuid: session.menu, version: session.version });
  const screen = version?.screens[session.screen];
  const way = useMemo(() => (version ? [...wayTo(version, session.screen), session.screen] : [session.screen]), [version, session.screen]);
  return html`
    <div class="ussd-last">
      <h3 class="ussd-heading">${t(session.status === 'live' ? 'ussd.session.is_at' : 'ussd.session.was_at')}</h3>
      <p class="ussd-way">${way.map((name, at) => html`${at > 0 && html`<${Icon} name="chevron-right"/>`}<code key=${name} class=${name === session.screen ? 'is-last' : undefined}>${name}</code>`)}</p>
      ${way.length > 1 && html`<p class="small muted">${t('ussd.session.way')}</p>`}
      ${screen && html`<blockquote class="ussd-said">${screen.text || firstWords(screen)}</blockquote>`}
      <${Button} small to=${`/ussd/menus/${session.menu}`} query=${{ screen: session.screen }}>${t('ussd.session.edit')}</${Button}>
    </div>`;
}
