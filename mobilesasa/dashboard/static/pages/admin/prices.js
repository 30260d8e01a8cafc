/** What a part costs teams, and what it costs the operator at each carrier, by prefix. */
import { html, useState } from '../../parts/ui.js';
import { del, get, put } from '../../parts/api.js';
import { number, units } from '../../parts/format.js';
import { Button, IconButton, Tabs } from '../../parts/forms.js';
import { useLoad } from '../../parts/load.js';
import { Page, Row } from '../../parts/page.js';
import { Link, setQuery } from '../../parts/router.js';
import { t } from '../../parts/texts.js';
import { toast } from '../../parts/toasts.js';
import { inPath, plain, prefixWords, useCarriers } from './choices.js';
import { FormDialog } from './form_dialog.js';
import { Listed, doIt } from './listed.js';

const MICRO = 1_000_000;
const TABS = { prices: Prices, costs: Costs };
const pricePath = (prefix) => `/admin/prices/${inPath(prefix)}`;
const costPath = (each) => `/admin/carriers/${encodeURIComponent(each.carrier)}/costs/${inPath(each.prefix)}`;

const prefixCell = (each) => html`<span class=${each.prefix ? 'mono' : undefined}>${prefixWords(each.prefix)}</span>`;

function Edits({ name, onChange, onRemove }) {
  return html`<${Row} gap=${1} end><${IconButton} small icon="pencil" label=${`${t('common.change')}: ${name}`} onClick=${onChange}/>
    <${IconButton} small icon="trash" label=${`${t('common.remove')}: ${name}`} onClick=${onRemove}/></${Row}>`;
}

const prefixField = (open) => ({
  name: 'prefix', label: t('admin.prices.prefix'), value: open.prefix ?? '', mono: true, readonly: open.prefix !== undefined, inputmode: 'numeric', help: t('admin.prices.prefix_help'),
});

/** A table of prices as lines of text, and the other way round; an Error: a line that says none. */
const asLines = (items) => items.map((each) => `${each.prefix || 'default'} ${each.units}`).join('\n');

function fromLines(text) {
  const prices = {};
  for (const line of text.split('\n').map((each) => each.trim()).filter(Boolean)) {
    const [, prefix, price] = /^\+?(\d+|default)[\s,;=:]+(\d+)$/.exec(line) ?? [];
    if (price === undefined) {
      return new Error(t('admin.prices.bad_line', { line }));
    }
    prices[prefix === 'default' ? '' : prefix] = Number(price);
  }
  return prices;
}

function Whole({ items, again, onClose }) {
  const before = Object.fromEntries(items.map((each) => [each.prefix, each.units]));
  const replace = async ({ lines }) => {
    const { items: made } = await put('/admin/prices', { prices: lines });
    toast(t('admin.prices.replaced', { n: made.length }), { kind: 'good', undo: async () => { await put('/admin/prices', { prices: before }); await again(); } });
    await again();
  };
  return html`<${FormDialog} wide title=${t('admin.prices.whole')} lead=${t('admin.prices.whole_lead')} act=${t('admin.prices.replace')} onSubmit=${replace} onClose=${onClose}
    fields=${[{ name: 'lines', label: t('admin.prices.lines'), kind: 'area', rows: 12, mono: true, spellcheck: false, value: asLines(items), check: fromLines, help: t('admin.prices.lines_help') }]}/>`;
}

function Prices({ query }) {
  const load = useLoad((signal) => get('/admin/prices', {}, { signal }), []);
  const [open, setOpen] = useState(null);
  const [whole, setWhole] = useState(false);
  const items = load.data?.items ?? [];
  const remove = (each) => doIt({
    question: { title: t('admin.prices.remove_title', { prefix: prefixWords(each.prefix) }), text: t('admin.prices.remove_text'), act: t('common.remove') },
    act: () => del(pricePath(each.prefix)), done: t('admin.prices.removed', { prefix: prefixWords(each.prefix) }), again: load.again,
    undo: () => put(pricePath(each.prefix), { units: each.units }),
  });
  const save = async ({ prefix, units: price }) => {
    const before = items.find((each) => each.prefix === plain(prefix));
    const made = await put(pricePath(prefix), { units: price });
    const undo = async () => {
      await (before ? put(pricePath(prefix), { units: before.units }) : del(pricePath(prefix)));
      await load.again();
    };
    toast(t('admin.prices.set', { prefix: prefixWords(made.prefix), units: units(made.units) }), { kind: 'good', undo });
    await load.again();
  };
  const columns = [
    { key: 'prefix', title: t('admin.prices.prefix'), sort: 'prefix', cell: prefixCell },
    { key: 'units', title: t('admin.prices.units'), num: true, sort: 'units', cell: (each) => number(each.units) },
    { key: 'do', title: t('common.actions'), hideTitle: true, class: 'is-acts', width: '5rem', cell: (each) => html`<${Edits} name=${prefixWords(each.prefix)} onChange=${() => setOpen(each)} onRemove=${() => remove(each)}/>` },
  ];
  return html`<${Listed} of=${load} title=${t('admin.prices.tabs.prices')} lead=${t('admin.prices.prices_lead')} label=${t('admin.prices.tabs.prices')} icon="coins" columns=${columns} query=${query}
      rowKey=${(each) => `p${each.prefix}`} empty=${{ title: t('admin.prices.empty'), text: t('admin.prices.empty_text') }}
      actions=${html`<${Button} small icon="table" onClick=${() => setWhole(true)}>${t('admin.prices.whole')}</${Button}>`}
      add=${{ label: t('admin.prices.add'), onClick: () => setOpen({}) }}/>
    ${open && html`<${FormDialog} title=${t('admin.prices.add')} act=${t('common.save')} onSubmit=${save} onClose=${() => setOpen(null)} fields=${[
      prefixField(open),
      { name: 'units', label: t('admin.prices.units'), kind: 'number', min: 1, required: true, value: open.units ?? 1 },
    ]}/>`}
    ${whole && html`<${Whole} items=${items} again=${load.again} onClose=${() => setWhole(false)}/>`}`;
}

function Costs({ query }) {
  const { carrier } = query;
  const load = useLoad((signal) => get('/admin/costs', { carrier }, { signal }), [carrier]);
  const carriers = useCarriers();
  const [open, setOpen] = useState(null);
  const nameOf = (each) => `${each.carrier} ${prefixWords(each.prefix)}`;
  const remove = (each) => doIt({
    question: { title: t('admin.prices.forget_title', { carrier: each.carrier, prefix: prefixWords(each.prefix) }), text: t('admin.prices.forget_text'), act: t('common.remove') },
    act: () => del(costPath(each)), done: t('admin.prices.forgotten', { carrier: each.carrier }), again: load.again, undo: () => put(costPath(each), { cost_micro: each.cost_micro }),
  });
  const save = async (said) => {
    const made = await put(costPath(said), { cost_micro: Math.round(said.cost_micro * MICRO) });
    toast(t('admin.prices.cost_set', { carrier: made.carrier, prefix: prefixWords(made.prefix), cost: number(made.cost_micro / MICRO, 6) }), { kind: 'good' });
    await load.again();
  };
  const columns = [
    { key: 'carrier', title: t('admin.prices.carrier'), sort: 'carrier', cell: (each) => html`<${Link} to=${`/admin/carriers/${encodeURIComponent(each.carrier)}`}>${each.carrier}</${Link}>` },
    { key: 'prefix', title: t('admin.prices.prefix'), sort: 'prefix', cell: prefixCell },
    { key: 'cost', title: t('admin.prices.cost'), num: true, sort: 'cost_micro', cell: (each) => number(each.cost_micro / MICRO, 6) },
    { key: 'do', title: t('common.actions'), hideTitle: true, class: 'is-acts', width: '5rem', cell: (each) => html`<${Edits} name=${nameOf(each)} onChange=${() => setOpen(each)} onRemove=${() => remove(each)}/>` },
  ];
  return html`<${Listed} of=${load} title=${t('admin.prices.tabs.costs')} lead=${t('admin.prices.costs_lead')} label=${t('admin.prices.tabs.costs')} icon="banknote" columns=${columns} query=${query}
      filters=${[{ name: 'carrier', label: t('admin.prices.carrier'), kind: 'select', options: carriers }]} rowKey=${nameOf}
      empty=${{ title: t('admin.prices.no_costs'), text: t('admin.prices.no_costs_text') }} add=${{ label: t('admin.prices.add_cost'), onClick: () => setOpen({}) }}/>
    ${open && html`<${FormDialog} title=${t('admin.prices.add_cost')} act=${t('common.save')} onSubmit=${save} onClose=${() => setOpen(null)} fields=${[
      { name: 'carrier', label: t('admin.prices.carrier'), kind: 'select', value: open.carrier ?? carrier ?? '', options: carriers, placeholder: t('admin.choices.pick'), required: true },
      prefixField(open),
      { name: 'cost_micro', label: t('admin.prices.cost'), kind: 'number', min: 0, step: 0.000001, required: true, value: open.cost_micro === undefined ? null : open.cost_micro / MICRO, help: t('admin.prices.cost_help') },
    ]}/>`}`;
}

/** @param {{query: Record<string, string>}} props */
export default function PricesPage({ query }) {
  const tab = Object.hasOwn(TABS, query.tab ?? '') ? query.tab : 'prices';
  const tabs = Object.keys(TABS).map((each) => ({ id: each, label: t(`admin.prices.tabs.${each}`) }));
  const turn = (to) => setQuery({ tab: to, carrier: undefined, sort: undefined });
  return html`<${Page} title=${t('admin.prices.title')} lead=${t('admin.prices.lead')} tabs=${html`<${Tabs} label=${t('admin.prices.title')} tabs=${tabs} value=${tab} onChange=${turn}/>`}>
    <${TABS[tab]} key=${tab} query=${query}/>
  </${Page}>`;
}
