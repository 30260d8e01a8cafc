/** Which messages go to which carriers: routes by prefix, rules, why a message would go where, and whose numbers are whose. */
import { html, useState } from '../../parts/ui.js';
import { del, get, post, put } from '../../parts/api.js';
import { number } from '../../parts/format.js';
import { Menu, Tabs } from '../../parts/forms.js';
import { useLoad } from '../../parts/load.js';
import { Page } from '../../parts/page.js';
import { Link, setQuery } from '../../parts/router.js';
import { t } from '../../parts/texts.js';
import { toast } from '../../parts/toasts.js';
import { inPath, plain, prefixWords, useCarriers } from './choices.js';
import { Explain } from './explain.js';
import { FormDialog } from './form_dialog.js';
import { Listed, doIt } from './listed.js';
import { Networks } from './networks.js';
import { Rules } from './rules.js';

const TABS = { routes: Routes, rules: Rules, explain: Explain, networks: Networks };
const pathOf = (route) => `/admin/routes/${inPath(route.prefix)}/${encodeURIComponent(route.carrier)}`;
const namesOf = (route) => ({ prefix: prefixWords(route.prefix), carrier: route.carrier });

/** Some of a prefix compete, and then the lowest priority is tried first. */
const places = (rows) => {
  const order = [...rows].sort((a, b) => a.prefix.localeCompare(b.prefix) || a.priority - b.priority || a.carrier.localeCompare(b.carrier));
  return order.map((each) => {
    const same = order.filter((other) => other.prefix === each.prefix);
    return { ...each, id: `${each.prefix}/${each.carrier}`, nth: same.indexOf(each) + 1, among: same.length };
  });
};

const columns = (onChange, onRemove) => [
  {
    key: 'prefix', title: t('admin.routes.prefix'), sort: 'prefix',
    cell: (each) => html`<span class=${each.prefix ? 'mono' : undefined}>${prefixWords(each.prefix)}</span>`,
  },
  { key: 'carrier', title: t('admin.routes.carrier'), sort: 'carrier', cell: (each) => html`<${Link} to=${`/admin/carriers/${encodeURIComponent(each.carrier)}`}>${each.carrier}</${Link}>` },
  { key: 'priority', title: t('admin.routes.priority'), num: true, sort: 'priority', cell: (each) => number(each.priority) },
  { key: 'place', title: t('admin.routes.place'), hide: 'narrow', cell: (each) => (each.among > 1 ? t('admin.routes.nth', { nth: each.nth, among: each.among }) : t('admin.routes.only')) },
  {
    key: 'do', title: t('common.actions'), hideTitle: true, class: 'is-acts', width: '3rem',
    cell: (each) => html`<${Menu} small label=${`${t('common.actions')}: ${each.prefix || t('admin.choices.default')} ${each.carrier}`} items=${[
      { label: t('admin.routes.change'), icon: 'pencil', onClick: () => onChange(each) },
      { label: t('admin.routes.remove'), icon: 'trash', danger: true, onClick: () => onRemove(each) },
    ]}/>`,
  },
];

function Routes({ query }) {
  const load = useLoad((signal) => get('/admin/routes', {}, { signal }), [], { everyS: 30 });
  const [changed, setChanged] = useState(null);
  const remove = (route) => doIt({
    question: { title: t('admin.routes.remove_title', namesOf(route)), text: t('admin.routes.remove_text', namesOf(route)), act: t('admin.routes.remove') },
    act: () => del(pathOf(route)), done: t('admin.routes.removed', namesOf(route)), again: load.again,
    undo: () => post('/admin/routes', { prefix: route.prefix, carrier: route.carrier, priority: route.priority }),
  });
  const change = async ({ priority }) => {
    await put(pathOf(changed), { priority });
    toast(t('common.saved'), { kind: 'good', undo: async () => { await put(pathOf(changed), { priority: changed.priority }); await load.again(); } });
    await load.again();
  };
  return html`<${Listed} of=${load} label=${t('admin.routes.routes')} lead=${t('admin.routes.routes_lead')} title=${t('admin.routes.routes')} icon="route" query=${query}
      columns=${columns(setChanged, remove)} rows=${(data) => places(data.items)} rowLabel=${(each) => `${each.prefix} ${each.carrier}`}
      empty=${{ title: t('admin.routes.empty'), text: t('admin.routes.empty_text') }} add=${{ label: t('admin.routes.add'), onClick: () => setQuery({ new: 1 }) }}/>
    ${query.new && html`<${NewRoute} again=${load.again}/>`}
    ${changed && html`<${FormDialog} title=${t('admin.routes.change_title', namesOf(changed))} act=${t('common.save')} onSubmit=${change} onClose=${() => setChanged(null)}
      fields=${[{ name: 'priority', label: t('admin.routes.priority'), kind: 'number', min: 0, required: true, value: changed.priority, help: t('admin.routes.priority_help') }]}/>`}`;
}

function NewRoute({ again }) {
  const carriers = useCarriers();
  const make = async ({ prefix, carrier, priority }) => {
    const made = await post('/admin/routes', { prefix: plain(prefix), carrier, priority: priority ?? undefined });
    toast(t('admin.routes.made', namesOf(made)), { kind: 'good', undo: async () => { await del(pathOf(made)); await again(); } });
    await again();
  };
  return html`<${FormDialog} title=${t('admin.routes.add')} lead=${t('admin.routes.add_lead')} act=${t('admin.routes.make')} onSubmit=${make}
    onClose=${() => setQuery({ new: undefined }, { replace: true })} fields=${[
      { name: 'prefix', label: t('admin.routes.prefix'), value: '', help: t('admin.routes.prefix_help'), inputmode: 'numeric', mono: true },
      { name: 'carrier', label: t('admin.routes.carrier'), kind: 'select', value: '', options: carriers, placeholder: t('admin.choices.pick'), required: true },
      { name: 'priority', label: t('admin.routes.priority'), kind: 'number', min: 0, value: 100, help: t('admin.routes.priority_help') },
    ]}/>`;
}

/** @param {{query: Record<string, string>}} props */
export default function RoutesPage({ query }) {
  const tab = Object.hasOwn(TABS, query.tab ?? '') ? query.tab : 'routes';
  const tabs = Object.keys(TABS).map((each) => ({ id: each, label: t(`admin.routes.tabs.${each}`) }));
  const turn = (to) => setQuery({ tab: to, new: undefined, sort: undefined, page: undefined });
  return html`<${Page} title=${t('admin.routes.title')} lead=${t('admin.routes.lead')} tabs=${html`<${Tabs} label=${t('admin.routes.title')} tabs=${tabs} value=${tab} onChange=${turn}/>`}>
    <${TABS[tab]} key=${tab} query=${query}/>
  </${Page}>`;
}
