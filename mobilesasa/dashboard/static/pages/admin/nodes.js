/** The processes of the platform, the months of messages that it keeps, and the sums that must hold. */
import { html } from '../../parts/ui.js';
import { get } from '../../parts/api.js';
import { Status, When, number } from '../../parts/format.js';
import { Tabs } from '../../parts/forms.js';
import { useLoad } from '../../parts/load.js';
import { Page } from '../../parts/page.js';
import { setQuery } from '../../parts/router.js';
import { t, textOr } from '../../parts/texts.js';
import { Listed } from './listed.js';
import { Retention } from './retention.js';
import { Sums } from './sums.js';

const TABS = { nodes: Nodes, retention: Retention, sums: Sums };

/** The processes that went without a word, and whose node has not come back. */
export function lostOf(nodes) {
  const back = new Set(nodes.filter((each) => each.lives).map((each) => each.node));
  return nodes.filter((each) => each.lost && !back.has(each.node));
}

/** Whether a process runs, ended, or was lost without a word. */
export function NodeState({ node }) {
  const state = node.lives ? 'lives' : node.lost ? 'lost' : 'ended';
  return html`<${Status} of=${state} label=${t(`admin.nodes.states.${state}`)} kind=${{ lives: 'good', ended: 'neutral', lost: 'bad' }[state]}/>`;
}

const holds = (node) => [
  node.jobs && t('admin.nodes.jobs'),
  node.teams > 0 && t('admin.nodes.teams', { n: node.teams }),
  node.webhooks > 0 && t('admin.nodes.webhooks', { n: node.webhooks }),
].filter(Boolean);

const columns = () => [
  { key: 'node', title: t('admin.nodes.node'), sort: 'node', cell: (each) => html`${each.node}<div class="small muted num">${t('admin.nodes.run', { n: each.run })}</div>` },
  { key: 'state', title: t('common.status'), sort: (a, b) => Number(b.lives) - Number(a.lives), cell: (each) => html`<${NodeState} node=${each}/>` },
  { key: 'roles', title: t('admin.nodes.roles'), cell: (each) => html`<span class="admin-tags">${each.roles.map((role) => html`<span key=${role} class="admin-tag" title=${textOr(`admin.nodes.role_help.${role}`, role)}>${role}</span>`)}</span>` },
  { key: 'carriers', title: t('admin.nodes.carriers'), cell: (each) => html`<span class="small">${each.carriers.join(', ') || '–'}</span>` },
  { key: 'holds', title: t('admin.nodes.holds'), cell: (each) => html`<span class="small">${holds(each).join(', ') || '–'}</span>` },
  { key: 'version', title: t('common.version'), hide: 'narrow', cell: (each) => html`<span class="num">${each.version ?? '–'}</span>` },
  { key: 'started', title: t('common.started_at'), sort: 'started_at', cell: (each) => html`<${When} at=${each.started_at}/>` },
  { key: 'seen', title: t('admin.nodes.seen'), sort: 'seen_at', cell: (each) => html`<${When} at=${each.ended_at ?? each.seen_at}/>` },
];

function Nodes({ query }) {
  const load = useLoad((signal) => get('/admin/nodes', {}, { signal }), [], { everyS: 5 });
  const living = load.data?.items.filter((each) => each.lives).length;
  return html`<${Listed} of=${load} title=${t('admin.nodes.tabs.nodes')} lead=${living === undefined ? t('admin.nodes.list_lead') : t('admin.nodes.living', { n: living, of: number(load.data.items.length) })}
    label=${t('admin.nodes.tabs.nodes')} icon="server" columns=${columns()} query=${query} rowKey=${(each) => `${each.node}/${each.run}`} rowLabel=${(each) => each.node}
    empty=${{ title: t('admin.nodes.empty'), text: t('admin.nodes.empty_text') }}/>`;
}

/** @param {{query: Record<string, string>}} props */
export default function NodesPage({ query }) {
  const tab = Object.hasOwn(TABS, query.tab ?? '') ? query.tab : 'nodes';
  const tabs = Object.keys(TABS).map((each) => ({ id: each, label: t(`admin.nodes.tabs.${each}`) }));
  return html`<${Page} title=${t('admin.nodes.title')} lead=${t('admin.nodes.lead')}
    tabs=${html`<${Tabs} label=${t('admin.nodes.title')} tabs=${tabs} value=${tab} onChange=${(to) => setQuery({ tab: to, sort: undefined })}/>`}>
    <${TABS[tab]} key=${tab} query=${query}/>
  </${Page}>`;
}
