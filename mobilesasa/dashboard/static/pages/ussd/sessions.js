/** Sessions of people who dialled: those of this moment, past ones, and those in which something went wrong. */
import { html } from '../../parts/ui.js';
import { get } from '../../parts/api.js';
import { Segmented } from '../../parts/forms.js';
import { duration, number, phone, When } from '../../parts/format.js';
import { Icon } from '../../parts/icons.js';
import { Loaded, useLoad } from '../../parts/load.js';
import { fromZone } from '../../parts/moments.js';
import { Card, Page } from '../../parts/page.js';
import { setQuery } from '../../parts/router.js';
import { Empty, Skeleton } from '../../parts/states.js';
import { Filters, Pager, Table } from '../../parts/table.js';
import { t } from '../../parts/texts.js';
import { AreaTabs, STATUSES, SessionStatus } from './area.js';
import { Dial } from './dial.js';

const LIVE_S = 3;
const PAST_S = 10;
const DAY_MS = 86_400_000;

/** @param {{query: Record<string, string>}} props */
export default function SessionsPage({ query }) {
  const asked = askedOf(query);
  const isLive = query.live === 'true';
  const list = useLoad((signal) => get('/ussd/sessions', asked, { signal }), [JSON.stringify(asked)], { everyS: isLive ? LIVE_S : PAST_S });
  const known = useLoad((signal) => knownOf(signal), []);
  return html`
    <${Page} title=${t('ussd.tab.sessions')} lead=${t('ussd.sessions.lead')} crumbs=${[{ label: t('ussd.title'), to: '/ussd' }]} tabs=${html`<${AreaTabs} value="sessions"/>`}>
      <${Card} kind="flush">
        <${Which} query=${query} known=${known.data}/>
        <${Loaded} of=${list} skeleton=${html`<${Skeleton} rows=${8}/>`}>${(found) => html`
          <${List} found=${found} query=${query} menus=${known.data?.menus}/>
          <${Pager} page=${found} query=${query}/>`}</${Loaded}>
      </${Card}>
    </${Page}>`;
}

/** What of the address is asked of the API; days are those of the team's zone. */
function askedOf({ live, trouble, status, phone: number_, extension, menu, from, to, page, page_size, cursor }) {
  return {
    live, trouble, status, phone: isPhone(number_) ? number_ : undefined, extension, menu, page, page_size, cursor,
    created_from: from && fromZone(`${from}T00:00`),
    created_to: to && fromZone(`${new Date(Date.parse(`${to}T00:00:00Z`) + DAY_MS).toISOString().slice(0, 10)}T00:00`),
  };
}

/** Whether so much of a number has been typed that it can be one; a list of refusals while somebody types helps nobody. */
const isPhone = (typed) => /^\+?[0-9][0-9\s-]{6,18}$/.test(typed ?? '');

async function knownOf(signal) {
  const [menus, extensions] = await Promise.all([
    get('/ussd/menus', { page_size: 100 }, { signal }),
    get('/ussd/extensions', { status: 'any', page_size: 100 }, { signal }),
  ]);
  return { menus: menus.items, extensions: extensions.items };
}

function Which({ query, known }) {
  const view = query.live === 'true' ? 'live' : query.trouble === 'true' ? 'trouble' : 'all';
  const choose = (chosen) => setQuery({ live: chosen === 'live' ? 'true' : undefined, trouble: chosen === 'trouble' ? 'true' : undefined, page: undefined, cursor: undefined });
  const fields = [
    { name: 'phone', kind: 'search', label: t('common.phone'), placeholder: t('ussd.sessions.phone'), width: '12rem' },
    { name: 'status', kind: 'select', label: t('common.status'), options: STATUSES.map((value) => ({ value, label: t(`ussd.session.${value}`) })) },
    known?.extensions.length > 0 && { name: 'extension', kind: 'select', label: t('ussd.dialled'), options: known.extensions.map((each) => ({ value: each.uuid, label: each.dial })) },
    known?.menus.length > 0 && { name: 'menu', kind: 'select', label: t('ussd.menu'), width: '11rem', options: known.menus.map((each) => ({ value: each.uuid, label: each.name })) },
    { name: 'from', kind: 'date', label: t('ussd.from') },
    { name: 'to', kind: 'date', label: t('ussd.to') },
  ];
  return html`
    <div class="ussd-which">
      <${Segmented} small label=${t('ussd.sessions.which')} value=${view} onChange=${choose}
        options=${['all', 'live', 'trouble'].map((value) => ({ value, label: t(`ussd.sessions.${value}`) }))}/>
      <${Filters} fields=${fields} query=${query}/>
    </div>`;
}

function List({ found, query, menus }) {
  const columns = [
    { key: 'phone', title: t('common.phone'), cell: (row) => html`<span class="num nowrap">${phone(row.phone)}</span>` },
    { key: 'dial', title: t('ussd.dialled'), cell: (row) => html`<${Dial} dial=${row.dial}/>` },
    { key: 'menu', title: t('ussd.who_answers'), cell: (row) => html`<${Answered} row=${row} menus=${menus}/>` },
    { key: 'screen', title: t('ussd.sessions.last_screen'), cell: (row) => (row.screen ? html`<span class="mono small">${row.screen}</span>` : html`<span class="muted">–</span>`) },
    { key: 'steps', title: t('ussd.screens'), num: true, cell: (row) => number(row.steps) },
    { key: 'status', title: t('common.status'), cell: (row) => html`<${SessionStatus} of=${row.status}/>${row.trouble && html`<${Trouble} text=${row.trouble}/>`}` },
    { key: 'started', title: t('ussd.sessions.started'), cell: (row) => html`<${When} at=${row.started_at}/>` },
    { key: 'took', title: t('ussd.sessions.took'), num: true, cell: (row) => html`<span class="nowrap">${took(row)}</span>` },
  ];
  return html`<${Table} label=${t('ussd.tab.sessions')} columns=${columns} rows=${found.items} href=${(row) => `/ussd/sessions/${row.uuid}`} empty=${html`<${None} query=${query}/>`}/>`;
}

/** How long a session has lasted, in words. */
export function took(session) {
  const seconds = secondsOf(session);
  return seconds < 1 ? t('ussd.sessions.moment') : duration(seconds);
}

/** How long a session has lasted, from what was dialled to the last sign of the person. */
function secondsOf(session) {
  return Math.max(0, (Date.parse(session.ended_at ?? session.last_at) - Date.parse(session.started_at)) / 1000);
}

function Answered({ row, menus }) {
  if (!row.menu) return html`<span class="muted nowrap">${t('ussd.answers.own')}</span>`;
  const name = menus?.find((each) => each.uuid === row.menu)?.name ?? t('ussd.menu');
  return html`<span class="ussd-answered"><span class="truncate" title=${name}>${name}</span> ${row.version && html`<span class="muted small num nowrap">${t('ussd.version_short', { n: row.version })}</span>`}</span>`;
}

function Trouble({ text }) {
  return html` <span class="ussd-trouble small" title=${text}><${Icon} name="alert-triangle" label=${t('ussd.sessions.trouble_label')}/> <span>${text}</span></span>`;
}

function None({ query }) {
  const isFiltered = Object.keys(query).some((name) => !['page', 'page_size', 'cursor', 'live'].includes(name));
  const which = isFiltered ? 'filtered' : query.live === 'true' ? 'live' : 'none';
  return html`<${Empty} icon="activity" title=${t(`ussd.sessions.empty_${which}`)} text=${t(`ussd.sessions.empty_${which}_text`)}/>`;
}
