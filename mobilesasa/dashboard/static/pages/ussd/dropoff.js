/** Where people leave a menu: on its tree, by day, and as a table. */
import { html, useMemo } from '../../parts/ui.js';
import { get } from '../../parts/api.js';
import { TimeChart } from '../../parts/charts.js';
import { Figure, number, percent } from '../../parts/format.js';
import { Loaded, useLoad } from '../../parts/load.js';
import { Card, Grid } from '../../parts/page.js';
import { go, setQuery } from '../../parts/router.js';
import { Empty, Skeleton } from '../../parts/states.js';
import { Filters, Table } from '../../parts/table.js';
import { t } from '../../parts/texts.js';
import { usePublished } from './published.js';
import { TreeView } from './treeview.js';

const DAY_S = 86_400;

/** @param {{menu: object, draft: object, query: Record<string, string>}} props draft: what is kept of it, for menus without a version */
export function DropOff({ menu, draft, query }) {
  const { date_from, date_to, version } = query;
  const load = useLoad((signal) => get(`/ussd/menus/${menu.uuid}/dropoff`, { date_from, date_to, version }, { signal }), [menu.uuid, date_from, date_to, version], { everyS: 60 });
  const of = usePublished(menu, Number(version) || menu.version);
  const versions = Array.from({ length: menu.version ?? 0 }, (_, at) => menu.version - at);
  const fields = [
    { name: 'date_from', label: t('ussd.from'), kind: 'date' },
    { name: 'date_to', label: t('ussd.to'), kind: 'date' },
    versions.length > 1 && { name: 'version', label: t('ussd.version'), kind: 'select', options: versions.map((n) => ({ value: String(n), label: t('ussd.version_n', { n }) })) },
  ];
  return html`
    <${Filters} fields=${fields} query=${query}/>
    <${Loaded} of=${load} skeleton=${html`<${Skeleton} kind="card" rows=${6}/>`}>${(counts) => (counts.screens.length === 0
      ? html`<${Card}><${Empty} icon="bar-chart" title=${t('ussd.dropoff.empty')} text=${t(menu.dials.length ? 'ussd.dropoff.empty_text' : 'ussd.dropoff.nowhere_text')}/></${Card}>`
      : html`<${Counted} counts=${counts} shown=${of.data ?? draft} menu=${menu} sort=${query.sort ?? '-left'}/>`)}</${Loaded}>`;
}

function Counted({ counts, shown, menu, sort }) {
  const left = counts.screens.reduce((sum, each) => sum + each.left, 0);
  const began = counts.screens.find((each) => each.screen === shown.start)?.shown ?? 0;
  const worst = counts.screens.filter((each) => each.left > 0)[0];
  return html`
    <${Grid} min="12rem">
      <${Figure} label=${t('ussd.dropoff.shown')} value=${counts.screens.reduce((sum, each) => sum + each.shown, 0)} help=${t('ussd.dropoff.began', { n: began })}/>
      <${Figure} label=${t('ussd.dropoff.left')} value=${left} help=${began ? t('ussd.dropoff.left_help', { part: percent(Math.min(1, left / began)) }) : undefined}/>
      <${Figure} label=${t('ussd.dropoff.worst')} value=${worst ? worst.screen : t('common.none')} help=${!worst ? t('ussd.dropoff.worst_none') : t('ussd.dropoff.worst_help', { n: worst.left, part: percent(worst.left_percent / 100) })}/>
    </${Grid}>
    <${OnTree} counts=${counts} shown=${shown} menu=${menu}/>
    <${Card} title=${t('ussd.dropoff.days')} lead=${t('ussd.dropoff.utc')}><${Days} counts=${counts}/></${Card}>
    <${Card} title=${t('ussd.dropoff.table')} kind="flush"><${Screens} counts=${counts} menu=${menu} sort=${sort}/></${Card}>`;
}

/** The tree of the screens, with a bar at each: how often it was shown, and the part of it that was left. */
function OnTree({ counts, shown, menu }) {
  const most = Math.max(1, ...counts.screens.map((each) => each.shown));
  const marks = useMemo(() => new Map(counts.screens.map((each) => [each.screen, html`<${Mark} count=${each} most=${most}/>`])), [counts]);
  return html`
    <${Card} title=${t('ussd.dropoff.tree')} lead=${html`<span class="ussd-key-line"><span class="ussd-swatch is-shown"></span>${t('ussd.dropoff.went_on')} <span class="ussd-swatch is-left"></span>${t('ussd.dropoff.left_here')}</span>`}>
      <div class="ussd-drop-tree"><div class="ussd-drop ussd-drop-heads small muted" aria-hidden="true"><span></span><span class="ussd-drop-n">${t('ussd.dropoff.head_shown')}</span><span class="ussd-drop-left">${t('ussd.dropoff.head_left')}</span></div>
        <${TreeView} menu=${shown} marks=${marks} label=${t('ussd.dropoff.tree')} onChoose=${(screen) => go(`/ussd/menus/${menu.uuid}`, { screen })}/></div>
    </${Card}>`;
}

function Mark({ count, most }) {
  const width = (n) => ({ width: `${(100 * n) / most}%` });
  return html`
    <span class="ussd-drop" title=${t('ussd.dropoff.mark', { shown: number(count.shown), left: number(count.left), part: percent(count.left_percent / 100) })}>
      <span class="ussd-drop-bar" aria-hidden="true"><span class="is-shown" style=${width(count.shown - count.left)}></span><span class="is-left" style=${width(count.left)}></span></span>
      <span class="num ussd-drop-n">${number(count.shown)}</span>
      <span class=${count.left ? 'num ussd-drop-left bad' : 'num ussd-drop-left muted'}>${count.left ? `−${number(count.left)}` : '–'}</span>
    </span>`;
}

function Days({ counts }) {
  const [times, shown, left] = useMemo(() => byDay(counts), [counts]);
  const series = [
    { label: t('ussd.dropoff.shown'), values: shown, colour: 'accent' },
    { label: t('ussd.dropoff.left'), values: left, colour: 'bad' },
  ];
  return html`<${TimeChart} label=${t('ussd.dropoff.days')} series=${series} times=${times} kind="bars" height=${200}/>`;
}

/** All days of the period, also those on which nothing was shown. */
function byDay({ days, date_from, date_to }) {
  const known = new Map(days.map((each) => [each.day, each]));
  const [first, last] = [date_from, date_to].map((day) => Date.parse(`${day}T00:00:00Z`) / 1000);
  const times = [];
  for (let at = first; at <= last; at += DAY_S) times.push(at);
  const of = (at) => known.get(new Date(at * 1000).toISOString().slice(0, 10));
  return [times, times.map((at) => of(at)?.shown ?? 0), times.map((at) => of(at)?.left ?? 0)];
}

function Screens({ counts, menu, sort }) {
  const columns = [
    { key: 'screen', title: t('ussd.screen'), sort: 'screen', cell: (row) => html`<b>${row.screen}</b>` },
    { key: 'shown', title: t('ussd.dropoff.shown'), num: true, sort: 'shown', cell: (row) => number(row.shown) },
    { key: 'left', title: t('ussd.dropoff.left'), num: true, sort: 'left', cell: (row) => number(row.left) },
    { key: 'left_percent', title: t('ussd.dropoff.part'), num: true, sort: 'left_percent', cell: (row) => percent(row.left_percent / 100) },
  ];
  return html`
    <${Table} label=${t('ussd.dropoff.table')} columns=${columns} rows=${counts.screens} rowKey=${(row) => row.screen} rowLabel=${(row) => row.screen} sort=${sort}
      onSort=${(to) => setQuery({ sort: to }, { replace: true })} onRow=${(row) => go(`/ussd/menus/${menu.uuid}`, { screen: row.screen })}/>`;
}
