/** Every sum and reference that must hold in the store: checked when somebody asks, and remembered while the page lives. */
import { html, signal } from '../../parts/ui.js';
import { get } from '../../parts/api.js';
import { When, number } from '../../parts/format.js';
import { Button } from '../../parts/forms.js';
import { Icon } from '../../parts/icons.js';
import { useAct } from '../../parts/load.js';
import { Card, Notice, Stack } from '../../parts/page.js';
import { Empty } from '../../parts/states.js';
import { Table } from '../../parts/table.js';
import { t } from '../../parts/texts.js';
import { failed } from '../../parts/toasts.js';

/** What the last check of this page found, and when; null: none yet. */
export const lastSums = signal(null);

/** A button that checks them. @param {{kind?: string, small?: boolean}} props */
export function CheckSums({ kind = 'plain', small }) {
  const [check, { busy }] = useAct(async () => {
    try {
      const found = await get('/admin/audit/sums');
      lastSums.value = { ...found, at: new Date().toISOString() };
    } catch (error) {
      failed(error);
    }
  });
  return html`<${Button} kind=${kind} small=${small} icon="list-checks" busy=${busy} onClick=${check}>${t(lastSums.value ? 'admin.sums.again' : 'admin.sums.check')}</${Button}>`;
}

const wrongOf = (found) => found.checks.reduce((sum, each) => sum + each.wrong, 0);

/** What the last check found, in a sentence. @param {{of: object}} props */
export function SumsVerdict({ of }) {
  const values = { n: of.checks.length, rows: of.checks.reduce((sum, each) => sum + each.checked, 0), wrong: wrongOf(of) };
  return html`<${Notice} live kind=${of.clean ? 'good' : 'bad'} title=${t(of.clean ? 'admin.sums.clean' : 'admin.sums.wrong', values)}>
    ${t(of.clean ? 'admin.sums.clean_text' : 'admin.sums.wrong_text', values)} <span class="muted"><${When} at=${of.at}/></span></${Notice}>`;
}

const columns = () => [
  {
    key: 'holds', title: t('admin.sums.holds'), sort: (a, b) => b.wrong - a.wrong,
    cell: (each) => html`<span class="admin-check"><${Icon} name=${each.wrong ? 'circle-x' : 'circle-check'} label=${t(each.wrong ? 'admin.sums.no' : 'admin.sums.yes')}/>
      <span>${each.sentence[0].toUpperCase() + each.sentence.slice(1)}${each.examples.length > 0 && html`<span class="small mono muted admin-break admin-line">${each.examples.join(', ')}</span>`}</span></span>`,
  },
  { key: 'name', title: t('common.name'), sort: 'name', hide: 'narrow', cell: (each) => html`<span class="mono small">${each.name}</span>` },
  { key: 'checked', title: t('admin.sums.checked'), num: true, sort: 'checked', cell: (each) => number(each.checked) },
  { key: 'wrong', title: t('admin.sums.wrong_rows'), num: true, sort: 'wrong', cell: (each) => html`<span class=${each.wrong ? 'bad' : undefined}>${number(each.wrong)}</span>` },
];

/** @param {{query: Record<string, string>}} props */
export function Sums({ query }) {
  const found = lastSums.value;
  return html`<${Stack}>
    ${found && html`<${SumsVerdict} of=${found}/>`}
    <${Card} kind="flush" title=${t('admin.nodes.tabs.sums')} lead=${t('admin.sums.lead')} actions=${found && html`<${CheckSums} small/>`}>
      ${found ? html`<${Table} label=${t('admin.nodes.tabs.sums')} columns=${columns()} rows=${found.checks} rowKey=${(each) => each.name} sort=${query.sort ?? 'holds'}/>`
        : html`<${Empty} icon="list-checks" title=${t('admin.sums.empty')} text=${t('admin.sums.empty_text')} action=${html`<${CheckSums} kind="primary"/>`}/>`}
    </${Card}>
  </${Stack}>`;
}
