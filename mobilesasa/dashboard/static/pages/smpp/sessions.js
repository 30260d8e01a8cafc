/** The sessions that are bound now, looked at every two seconds, and the binds that were refused. */
import { html, useState } from '../../parts/ui.js';
import { get } from '../../parts/api.js';
import { Meter } from '../../parts/charts.js';
import { Figure, When, number } from '../../parts/format.js';
import { Button, IconButton } from '../../parts/forms.js';
import { Icon } from '../../parts/icons.js';
import { Loaded, useLoad } from '../../parts/load.js';
import { Card, Grid, Notice, Stack } from '../../parts/page.js';
import { setQuery } from '../../parts/router.js';
import { can } from '../../parts/session.js';
import { Empty, Skeleton } from '../../parts/states.js';
import { Table } from '../../parts/table.js';
import { t } from '../../parts/texts.js';
import { RefusedBinds } from './refused.js';
import { unbind } from './unbind.js';

const EVERY_S = 2;

/** Whether a session is over TLS. */
export function Encryption({ session }) {
  return session.tls
    ? html`<span class="set-tag is-good" title=${`${session.tls.version} ${session.tls.cipher}`}><${Icon} name="lock"/>${t('smpp.tls')}</span>`
    : html`<span class="set-tag">${t('smpp.plain')}</span>`;
}

/** Where a session is shown. */
export const pageOf = (id) => `/smpp/${encodeURIComponent(id)}`;

function Windows({ session }) {
  const { window_in: waiting, window_in_limit: limit } = session;
  const label = t('smpp.window_in', { n: waiting, limit });
  const out = t('smpp.window_out', { n: session.window_out, limit: session.window_out_limit });
  return html`<div class="set-window" title=${`${label}. ${out}.`}><${Meter} value=${waiting} max=${limit} label=${label} text=${`${number(waiting)} / ${number(limit)}`}/></div>`;
}

function Rate({ session }) {
  const limit = session.submits_per_s_limit;
  return html`<span class="num">${number(session.submits_per_s, 1)}</span>
    <div class="small muted num nowrap">${limit === null ? t('smpp.no_limit') : t('smpp.of', { n: limit })}</div>`;
}

function columnsOf(again) {
  return [
    {
      key: 'type', title: t('smpp.column.session'), sort: 'bind_type',
      cell: (each) => html`<span class="set-strong">${t(`smpp.bind.${each.bind_type}`)}</span><div class="small muted mono">${each.team}</div>`,
    },
    {
      key: 'address', title: t('smpp.column.address'), sort: 'address',
      cell: (each) => html`<span class="mono small set-wrap-any">${each.address}</span><div><${Encryption} session=${each}/></div>`,
    },
    { key: 'rate', title: t('smpp.column.rate'), num: true, sort: 'submits_per_s', cell: (each) => html`<${Rate} session=${each}/>` },
    { key: 'window', title: t('smpp.column.window'), sort: 'window_in', cell: (each) => html`<${Windows} session=${each}/>` },
    { key: 'idle', title: t('smpp.column.idle'), sort: 'last_pdu_at', cell: (each) => html`<${When} at=${each.last_pdu_at}/>` },
    { key: 'since', title: t('smpp.column.since'), sort: 'bound_since', hide: 'middle', cell: (each) => html`<${When} at=${each.bound_since}/>` },
    {
      key: 'problem', title: t('smpp.column.problem'), hide: 'middle',
      cell: (each) => (each.last_error
        ? html`<span class="small set-clamp" title=${each.last_error.reason}><span class="warn">${each.last_error.status}</span> <${When} at=${each.last_error.at}/><br/>${each.last_error.reason}</span>`
        : html`<span class="muted">–</span>`),
    },
    can('messages') && {
      key: 'act', title: t('common.actions'), hideTitle: true, class: 'is-acts', width: '3rem',
      cell: (each) => html`<${IconButton} icon="unplug" label=${`${t('smpp.unbind.act')}: ${each.address}`} onClick=${() => unbind(each, again)}/>`,
    },
  ];
}

function Totals({ data, terms }) {
  const sum = (name) => data.items.reduce((all, each) => all + each[name], 0);
  return html`<${Grid} min="9rem">
    <${Figure} label=${t('smpp.bound')} value=${data.items.length} unit=${terms ? t('smpp.of', { n: terms.max_sessions }) : undefined}/>
    <${Figure} label=${t('smpp.rate')} value=${number(sum('submits_per_s'), 1)}/>
    <${Figure} label=${t('smpp.under_way')} value=${sum('window_in')}/>
    <${Figure} label=${t('smpp.refused_count')} value=${data.refused_binds.reduce((all, each) => all + each.times, 0)} kind=${data.refused_binds.length ? 'warn' : undefined}/>
  </${Grid}>`;
}

function NobodyBound() {
  const action = html`<${Button} kind="primary" icon="plug" onClick=${() => setQuery({ tab: 'connect' })}>${t('smpp.empty.act')}</${Button}>`;
  return html`<${Empty} icon="plug" title=${t('smpp.empty.title')} text=${t('smpp.empty.text')} action=${action}/>`;
}

/** @param {{query: Record<string, string>, terms: object|undefined}} props `terms`: what the team's sessions may do */
export function Sessions({ query, terms }) {
  const [live, setLive] = useState(true);
  const load = useLoad((signal) => get('/smpp/sessions', {}, { signal }), [], { everyS: live ? EVERY_S : 0 });
  const pause = html`<${Button} small icon=${live ? 'pause' : 'play'} onClick=${() => setLive(!live)}>${t(live ? 'smpp.pause' : 'smpp.go_on')}</${Button}>`;
  return html`<${Loaded} of=${load} skeleton=${html`<${Skeleton} kind="table" rows=${4}/>`}>${(data) => html`<${Stack}>
    <${Totals} data=${data} terms=${terms}/>
    ${data.missing_nodes > 0 && html`<${Notice} kind="warn">${t('smpp.missing', { n: data.missing_nodes })}</${Notice}>`}
    <${Card} title=${t('smpp.sessions')} kind="flush" actions=${data.items.length > 0 && pause}>
      <${Table} label=${t('smpp.sessions')} columns=${columnsOf(load.again)} rows=${data.items} sort=${query.sort} href=${(each) => pageOf(each.id)} empty=${html`<${NobodyBound}/>`}/>
    </${Card}>
    <${RefusedBinds} refused=${data.refused_binds}/>
  </${Stack}>`}</${Loaded}>`;
}
