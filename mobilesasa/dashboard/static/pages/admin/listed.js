/** What most pages of the platform are: a table in a card, with its filters, its pages, and a button that adds to it. */
import { html } from '../../parts/ui.js';
import { Button } from '../../parts/forms.js';
import { Loaded } from '../../parts/load.js';
import { Card } from '../../parts/page.js';
import { Empty, Skeleton } from '../../parts/states.js';
import { Filters, Pager, Table } from '../../parts/table.js';
import { confirm } from '../../parts/dialogs.js';
import { t } from '../../parts/texts.js';
import { failed, toast } from '../../parts/toasts.js';

/**
 * @param {{of: object, label: string, title?: any, lead?: any, columns: object[], query: Record<string, string>, filters?: object[], icon: string,
 *   empty: {title: string, text: string}, add?: {label: string, onClick: () => void}, rows?: (data: any) => any[], actions?: any}} props
 *   of: a load; rows: finds them in what was loaded; more goes to the table
 */
export function Listed({ of, label, title, lead, columns, query, filters, icon, empty, add, actions, rows = (data) => data.items, ...more }) {
  const filtered = filters?.some((each) => query[each.name]);
  const words = filtered ? { title: t('admin.none_title'), text: t('admin.none_text') } : empty;
  const adding = add && html`<${Button} kind="primary" small icon="plus" onClick=${add.onClick}>${add.label}</${Button}>`;
  const nothing = html`<${Empty} icon=${icon} title=${words.title} text=${words.text} action=${!filtered && adding}/>`;
  const inHead = adding && title && !(of.data && !filtered && rows(of.data).length === 0); // else it stands in the middle of what is empty
  return html`<${Card} kind="flush" title=${title} lead=${lead} actions=${(actions || inHead) && html`${actions}${inHead && adding}`}>
    ${filters && html`<${Filters} fields=${filters} query=${query}/>`}
    <${Loaded} of=${of} skeleton=${html`<${Skeleton} kind="table" rows=${6}/>`}>${(data) => html`
      <${Table} label=${label} columns=${columns} rows=${rows(data)} sort=${query.sort} empty=${nothing} ...${more}/>
      ${data.page !== undefined && html`<${Pager} page=${data} query=${query}/>`}`}
    </${Loaded}>
  </${Card}>`;
}

/**
 * The button of a page whose table has no title of its own; none where the table is empty, for then it stands in the middle of it.
 * @param {{of: object, label: string, onClick: () => void, filtered?: any}} props
 */
export function Adding({ of, label, onClick, filtered }) {
  const isEmpty = of.data && !filtered && of.data.items.length === 0;
  return !isEmpty && html`<${Button} kind="primary" icon="plus" onClick=${onClick}>${label}</${Button}>`;
}

/**
 * Do something that is asked about first, tell that it is done, and offer to take it back where that can be.
 * @param {{question?: object, act: () => Promise<any>, done: string, again?: () => Promise<any>, undo?: () => Promise<any>}} what
 */
export async function doIt({ question, act, done, again, undo }) {
  if (question && !(await confirm({ danger: true, ...question }))) {
    return;
  }
  try {
    await act();
    await again?.();
    toast(done, { kind: 'good', undo: undo && (async () => { await undo(); await again?.(); }) });
  } catch (error) {
    failed(error);
  }
}
