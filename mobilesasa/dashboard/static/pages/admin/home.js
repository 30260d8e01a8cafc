/** The state of the platform at one look: what needs somebody, then nodes, carriers, queues and what waits for a decision. */
import { html, useRef } from '../../parts/ui.js';
import { get } from '../../parts/api.js';
import { Figure, When, number, percent } from '../../parts/format.js';
import { Button } from '../../parts/forms.js';
import { Loaded, useLoad } from '../../parts/load.js';
import { Card, Grid, Notice, Page, Stack } from '../../parts/page.js';
import { Link, href } from '../../parts/router.js';
import { Empty, Skeleton } from '../../parts/states.js';
import { Table } from '../../parts/table.js';
import { t } from '../../parts/texts.js';
import { CarrierState } from './carriers.js';
import { NodeState, lostOf } from './nodes.js';
import { CheckSums, SumsVerdict, lastSums } from './sums.js';

const FEW = 5; // rows that a box shows
const ofCarrier = (name) => `/admin/carriers/${encodeURIComponent(name)}`;
const waitingIn = (lanes) => lanes.reduce((sum, each) => sum + each.messages, 0);

/** All that the page shows, each call by itself: one that fails leaves the others. */
function useParts() {
  const every = (path, query, everyS = 10) => useLoad((signal) => get(path, query, { signal }), [], { everyS });
  return {
    nodes: every('/admin/nodes'),
    carriers: every('/admin/carriers'),
    queues: every('/admin/queues'),
    receipts: every('/admin/receipts/unmatched', { page_size: 1 }, 30),
    senders: every('/admin/sender-ids', { status: 'pending', page_size: FEW }, 30),
    extensions: every('/admin/ussd/extensions', { status: 'requested', page_size: FEW }, 30),
  };
}

/** What is not as it should be, each with the page where it is mended. */
function troublesOf({ nodes, carriers, queues }) {
  const down = (carriers.data?.items ?? []).filter((each) => each.state === 'down');
  const lost = lostOf(nodes.data?.items ?? []);
  const idle = carriers.data && !carriers.data.items.some((each) => each.enabled);
  return [
    ...down.map((each) => ({ key: each.name, kind: 'bad', title: t('admin.home.down', { name: each.name }), text: each.why, to: ofCarrier(each.name) })),
    idle && { key: 'idle', kind: 'warn', title: t('admin.home.no_carrier'), text: t('admin.home.no_carrier_text'), to: '/admin/carriers' },
    lost.length > 0 && { key: 'lost', kind: 'warn', title: t('admin.home.lost', { n: lost.length }), text: lost.map((each) => each.node).join(', '), to: '/admin/nodes' },
    queues.data?.dead > 0 && { key: 'dead', kind: 'warn', title: t('admin.home.dead', { n: queues.data.dead }), text: t('admin.home.dead_text'), to: '/admin/queues' },
  ].filter(Boolean);
}

function Troubles({ of }) {
  const known = of.nodes.data && of.carriers.data && of.queues.data;
  const troubles = troublesOf(of);
  if (known && !troubles.length) {
    return html`<${Notice} kind="good">${t('admin.home.well')}</${Notice}>`;
  }
  return html`<${Stack} gap=${2}>${troubles.map((each) => html`<${Notice} key=${each.key} kind=${each.kind} title=${each.title}
    action=${html`<${Button} small to=${each.to} aria-label=${`${t('admin.home.look')}: ${each.title}`}>${t('admin.home.look')}</${Button}>`}>${each.text}</${Notice}>`)}</${Stack}>`;
}

function Figures({ of: { nodes, carriers, queues, receipts, senders, extensions } }) {
  const living = nodes.data?.items.filter((each) => each.lives).length;
  const enabled = carriers.data?.items.filter((each) => each.enabled);
  const up = enabled?.filter((each) => each.state === 'up' || each.state === 'throttled').length;
  const wait = senders.data && extensions.data ? senders.data.total + extensions.data.total : undefined;
  const warn = (n) => (n > 0 ? 'warn' : undefined);
  return html`<${Grid} min="9rem" gap=${3}>
    <${Figure} icon="server" label=${t('admin.home.nodes')} value=${living} kind=${living === 0 ? 'bad' : undefined} href=${href('/admin/nodes')}/>
    <${Figure} icon="radio" label=${t('admin.home.carriers')} value=${up} unit=${enabled && t('admin.home.of', { n: enabled.length })} kind=${enabled && up < enabled.length ? 'bad' : undefined} href=${href('/admin/carriers')}/>
    <${Figure} icon="list" label=${t('admin.home.waiting')} value=${queues.data && waitingIn(queues.data.lanes)} href=${href('/admin/queues')}/>
    <${Figure} icon="octagon-x" label=${t('admin.home.dead_letters')} value=${queues.data?.dead} kind=${warn(queues.data?.dead)} href=${href('/admin/queues')}/>
    <${Figure} icon="mail-x" label=${t('admin.home.receipts')} value=${receipts.data?.total} href=${href('/admin/receipts')}/>
    <${Figure} icon="circle-check" label=${t('admin.home.approvals')} value=${wait} kind=${warn(wait)} href=${href('/admin/approvals', senders.data?.total === 0 && wait ? { tab: 'extensions' } : {})}/>
  </${Grid}>`;
}

const more = (to, words = t('common.show_all'), label) => html`<${Button} small kind="quiet" to=${to} aria-label=${`${words}: ${label}`} iconEnd="chevron-right">${words}</${Button}>`;

function Carriers({ of }) {
  const columns = [
    { key: 'name', title: t('common.carrier'), cell: (each) => each.name },
    { key: 'state', title: t('common.status'), cell: (each) => html`<${CarrierState} of=${each.state}/>` },
    { key: 'way', title: t('admin.carriers.under_way'), num: true, cell: (each) => `${number(each.parts_under_way)} / ${number(each.window)}` },
    { key: 'delivered', title: t('admin.carriers.delivered'), num: true, cell: (each) => (each.delivery_ratio === null ? '–' : percent(each.delivery_ratio)) },
  ];
  const empty = html`<${Empty} small icon="radio" title=${t('admin.carriers.empty')} text=${t('admin.carriers.empty_text')}/>`;
  return html`<${Card} kind="flush" title=${t('nav.admin_carriers')} actions=${more('/admin/carriers', undefined, t('nav.admin_carriers'))}>
    <${Loaded} of=${of} skeleton=${html`<${Skeleton} rows=${3}/>`}>${(data) => html`<${Table} label=${t('nav.admin_carriers')} columns=${columns} rows=${data.items} href=${(each) => ofCarrier(each.name)} empty=${empty}/>`}</${Loaded}>
  </${Card}>`;
}

/** What waits for each carrier; of one that is switched off only where something does. */
function Lanes({ of, carriers }) {
  const off = new Set((carriers.data?.items ?? []).filter((each) => !each.enabled).map((each) => each.name));
  const columns = [
    { key: 'carrier', title: t('common.carrier') },
    { key: 'lane', title: t('admin.queues.lane'), cell: (each) => t(`admin.lanes.${each.lane}`) },
    { key: 'messages', title: t('admin.queues.messages'), num: true, cell: (each) => number(each.messages) },
  ];
  const empty = html`<${Empty} small icon="list" title=${t('admin.queues.no_lanes')} text=${t('admin.queues.no_lanes_text')}/>`;
  return html`<${Card} kind="flush" title=${t('admin.queues.lanes')} actions=${more('/admin/queues', undefined, t('admin.queues.lanes'))}>
    <${Loaded} of=${of} skeleton=${html`<${Skeleton} rows=${3}/>`}>${(data) => html`<${Table} label=${t('admin.queues.lanes')} columns=${columns} rows=${data.lanes.filter((each) => each.messages > 0 || !off.has(each.carrier))} rowKey=${(each) => `${each.carrier}/${each.lane}`} empty=${empty}/>`}</${Loaded}>
  </${Card}>`;
}

function Nodes({ of }) {
  const columns = [
    { key: 'node', title: t('admin.nodes.node') },
    { key: 'state', title: t('common.status'), cell: (each) => html`<${NodeState} node=${each}/>` },
    { key: 'version', title: t('common.version'), cell: (each) => html`<span class="num">${each.version ?? '–'}</span>` },
    { key: 'started', title: t('common.started_at'), cell: (each) => html`<${When} at=${each.started_at}/>` },
  ];
  return html`<${Card} kind="flush" title=${t('nav.admin_nodes')} actions=${more('/admin/nodes', undefined, t('nav.admin_nodes'))}>
    <${Loaded} of=${of} skeleton=${html`<${Skeleton} rows=${2}/>`}>${(data) => html`<${Table} label=${t('nav.admin_nodes')} columns=${columns} rows=${data.items.slice(0, FEW)} rowKey=${(each) => `${each.node}/${each.run}`}/>`}</${Loaded}>
  </${Card}>`;
}

function Waiting({ senders, extensions }) {
  const rows = [
    ...(senders.data?.items ?? []).map((each) => ({ ...each, what: each.name, kind: 'senders' })),
    ...(extensions.data?.items ?? []).map((each) => ({ ...each, what: each.dial, kind: 'extensions' })),
  ].sort((a, b) => a.created_at.localeCompare(b.created_at)).slice(0, FEW);
  const known = senders.data && extensions.data;
  const columns = [
    { key: 'what', title: t('admin.home.what'), cell: (each) => html`${each.what} <span class="small muted">${t('admin.approvals.of_team', { team: each.team })}</span>` },
    { key: 'kind', title: t('common.kind'), cell: (each) => t(`admin.home.kinds.${each.kind}`) },
    { key: 'when', title: t('admin.approvals.asked'), cell: (each) => html`<${When} at=${each.created_at}/>` },
  ];
  const empty = known && html`<${Empty} small icon="circle-check" title=${t('admin.approvals.empty.waiting')} text=${t('admin.home.nothing_waits')}/>`;
  return html`<${Card} kind="flush" title=${t('admin.home.approvals')} actions=${more('/admin/approvals', undefined, t('admin.home.approvals'))}>
    <${Loaded} of=${senders} skeleton=${html`<${Skeleton} rows=${3}/>`}>${() => html`<${Table} label=${t('admin.home.approvals')} columns=${columns} rows=${rows} empty=${empty}
      href=${(each) => `/admin/approvals?tab=${each.kind}&team=${encodeURIComponent(each.team)}`}/>`}</${Loaded}>
  </${Card}>`;
}

function SumsBox() {
  const found = lastSums.value;
  return html`<${Card} title=${t('admin.home.sums')} lead=${t('admin.sums.lead')} actions=${html`<${CheckSums} small/>`}>
    ${found ? html`<${SumsVerdict} of=${found}/>` : html`<p class="muted small">${t('admin.home.sums_text')}</p>`}
    ${found && html`<p class="small admin-after"><${Link} to="/admin/nodes" query=${{ tab: 'sums' }}>${t('admin.home.sums_each')}</${Link}></p>`}
  </${Card}>`;
}

/** The platform's first page. */
export default function Home() {
  const of = useParts();
  const parts = Object.values(of);
  const isKnown = useRef(false); // from then on each part renews itself; before, what comes later would push what is there
  isKnown.current ||= parts.every((each) => each.data !== undefined || each.error);
  const waits = parts.some((each) => each.slow) ? html`<${Skeleton} kind="card" rows=${6}/>` : html`<div class="not-yet" aria-busy="true"></div>`;
  return html`<${Page} title=${t('admin.home.title')} lead=${t('admin.home.lead')}>
    ${isKnown.current ? html`<${Stack}>
      <${Troubles} of=${of}/>
      <${Figures} of=${of}/>
      <${Grid} min="26rem">
        <${Stack}><${Carriers} of=${of.carriers}/><${Nodes} of=${of.nodes}/><${SumsBox}/></${Stack}>
        <${Stack}><${Waiting} ...${of}/><${Lanes} of=${of.queues} carriers=${of.carriers}/></${Stack}>
      </${Grid}>
    </${Stack}>` : waits}
  </${Page}>`;
}
