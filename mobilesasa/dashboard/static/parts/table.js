/** Tables, their pages, and the filters above them; all of it in the address. */
import { html, cx, debounced, useEffect, useMemo, useRef, useState } from './ui.js';
import { Button } from './buttons.js';
import { choiceOf } from './fields.js';
import { Icon } from './icons.js';
import { href as addressOf, setQuery, route } from './router.js';
import { number } from './format.js';
import { language, t } from './texts.js';

const nameOf = (sort) => sort?.replace(/^-/, '');
const keyOf = (row) => row.uuid ?? row.id ?? row.name;

/** What a column sorts by: a path in the row, or a comparison of its own; what is missing is last, downwards too. */
function comparison(by, down) {
  if (typeof by === 'function') {
    return down ? (a, b) => by(b, a) : by;
  }
  const at = (row) => String(by).split('.').reduce((inner, name) => inner?.[name], row);
  return (a, b) => {
    const [one, other] = [at(a), at(b)];
    const order = compare(one, other);
    return down && !isMissing(one) && !isMissing(other) ? -order : order;
  };
}

const isMissing = (value) => value === null || value === undefined;

/** Numbers as numbers, texts as people sort them, and what is missing last. */
export function compare(a, b) {
  const [noA, noB] = [isMissing(a), isMissing(b)];
  if (noA || noB) {
    return Number(noA) - Number(noB);
  }
  if (typeof a === 'number' || typeof a === 'boolean') {
    return a - b;
  }
  return String(a).localeCompare(String(b), language.value, { numeric: true, sensitivity: 'base' });
}

function sorted(rows, columns, sort) {
  const column = sort && columns.find((each) => each.key === nameOf(sort));
  if (!column?.sort || column.sort === 'server') {
    return rows;
  }
  const by = comparison(column.sort === true ? column.key : column.sort, sort.startsWith('-'));
  return [...rows].sort(by);
}

/**
 * A table; cards on narrow screens.
 *
 * The first column becomes the link (or the button) of the whole row where `href` or `onRow` is given, so it has none of its own.
 * @param {{label: string, columns: {key: string, title: any, cell?: (row: any) => any, num?: boolean, sort?: any,
 *   hide?: 'narrow'|'middle', width?: string, hideTitle?: boolean, class?: string}[], rows: any[], rowKey?: (row: any) => any,
 *   onRow?: (row: any) => void, href?: (row: any) => string, sort?: string, onSort?: (sort: string) => void, empty?: any,
 *   select?: boolean, selected?: Set<any>|any[], onSelect?: (selected: Set<any>) => void, current?: any, rowClass?: Function,
 *   rowLabel?: (row: any) => string, loading?: boolean, foot?: any}} props sort: a column's key, `-key` downwards; onSort: left out,
 *   it goes to the address as `sort`; column.sort: 'key' or a comparison sorts what is there, 'server' leaves it to the page;
 *   current: the key of the row that is open
 */
export function Table({ label, columns, rows, sort, empty, rowKey = keyOf, select, selected, onSelect, foot, loading, ...rest }) {
  const shown = columns.filter(Boolean);
  const order = useMemo(() => sorted(rows, shown, sort), [rows, sort, columns]);
  const [box, scrolls] = useScrolls();
  if (rows.length === 0 && empty) {
    return empty;
  }
  const chosen = selected instanceof Set ? selected : new Set(selected ?? []);
  const keys = order.map(rowKey);
  return html`
    <div class=${cx('table-box', loading && 'is-loading')} ref=${box} ...${scrolls ? { tabindex: '0', role: 'region', 'aria-label': label } : {}}>
      <table class="table" role="table" aria-busy=${loading ? 'true' : undefined}>
        <caption class="visually-hidden">${label}</caption>
        <thead role="rowgroup">
          <tr role="row" data-label=${t('common.sort')}>
            ${select && html`<th role="columnheader" class="table-tick" data-label=${t('common.select_all')}><${Tick} label=${t('common.select_all')} keys=${keys} chosen=${chosen} onSelect=${onSelect}/></th>`}
            ${shown.map((each) => html`<${Head} key=${each.key} column=${each} sort=${sort} onSort=${rest.onSort}/>`)}
          </tr>
        </thead>
        <tbody role="rowgroup">
          ${order.map((row) => html`<${TableRow} key=${rowKey(row)} id=${rowKey(row)} row=${row} columns=${shown} select=${select} chosen=${chosen} onSelect=${onSelect} ...${rest}/>`)}
        </tbody>
        ${foot && html`<tfoot role="rowgroup">${foot}</tfoot>`}
      </table>
    </div>
  `;
}

/** Whether a box has more than fits, so that it must be reached by keyboard. */
function useScrolls() {
  const box = useRef(null);
  const [scrolls, setScrolls] = useState(false);
  useEffect(() => {
    if (!box.current) {
      return undefined;
    }
    const look = () => box.current && setScrolls(box.current.scrollWidth > box.current.clientWidth + 1);
    const watch = new ResizeObserver(look);
    watch.observe(box.current);
    if (box.current.firstElementChild) {
      watch.observe(box.current.firstElementChild);
    }
    return () => watch.disconnect();
  }, [box.current]);
  return [box, scrolls];
}

function Head({ column, sort, onSort }) {
  const on = nameOf(sort) === column.key;
  const down = on && sort.startsWith('-');
  const title = column.hideTitle ? html`<span class="visually-hidden">${column.title}</span>` : column.title;
  const classes = cx(column.num && 'is-num', column.hide && `hide-${column.hide}`, column.class);
  if (!column.sort) {
    return html`<th role="columnheader" scope="col" class=${classes} style=${{ width: column.width }}>${title}</th>`;
  }
  const turn = () => {
    const next = on && !down ? `-${column.key}` : column.key;
    (onSort ?? ((to) => setQuery({ sort: to, page: undefined, cursor: undefined }, { replace: true })))(next);
  };
  return html`
    <th role="columnheader" scope="col" class=${classes} style=${{ width: column.width }} aria-sort=${on ? (down ? 'descending' : 'ascending') : undefined}>
      <button type="button" class=${cx('sort', on && 'is-on')} onClick=${turn}>
        <span>${title}</span><${Icon} name=${down ? 'arrow-down' : 'arrow-up'}/>
      </button>
    </th>
  `;
}

function Tick({ label, keys, chosen, onSelect }) {
  const among = keys.filter((each) => chosen.has(each)).length;
  const turned = (event) => {
    const next = new Set(chosen);
    keys.forEach((each) => (event.target.checked ? next.add(each) : next.delete(each)));
    onSelect?.(next);
  };
  return html`<input type="checkbox" aria-label=${label} checked=${keys.length > 0 && among === keys.length} indeterminate=${among > 0 && among < keys.length} onChange=${turned}/>`;
}

function TableRow({ id, row, columns, select, chosen, onSelect, href, onRow, current, rowClass, rowLabel }) {
  const leads = Boolean(href?.(row) || onRow);
  const name = rowLabel?.(row) ?? String(row.name ?? row.title ?? row.phone ?? row.code ?? id);
  return html`
    <tr role="row" class=${cx(leads && 'is-link', chosen.has(id) && 'is-selected', current === id && current !== undefined && 'is-current', rowClass?.(row))}>
      ${select && html`<td role="cell" class="table-tick"><${Tick} label=${t('common.select_row', { name })} keys=${[id]} chosen=${chosen} onSelect=${onSelect}/></td>`}
      ${columns.map((column, nth) => html`<${Cell} key=${column.key} column=${column} row=${row} href=${nth === 0 && href} onRow=${nth === 0 ? onRow : undefined}/>`)}
    </tr>
  `;
}

function Cell({ column, row, href, onRow }) {
  const inner = column.cell ? column.cell(row) : row[column.key] ?? '–';
  const to = href && href(row);
  let shown = inner;
  if (to) {
    shown = html`<a class="row-link" href=${addressOf(to)}>${inner}</a>`;
  } else if (onRow) {
    shown = html`<button type="button" class="row-link" onClick=${() => onRow(row)}>${inner}</button>`;
  }
  const title = typeof column.title === 'string' && !column.hideTitle ? column.title : '';
  return html`<td role="cell" class=${cx(column.num && 'is-num num', column.hide && `hide-${column.hide}`, column.class)} data-label=${title}><div class="cell">${shown}</div></td>`;
}

const SIZES = [20, 50, 100];

/**
 * The pages of a list, or its cursor; in the address as `page`, `page_size`, `cursor`.
 * @param {{page: object, query: Record<string, any>, onGo?: (patch: object) => void}} props page: what the API answered
 */
export function Pager({ page, query = route.value.query, onGo }) {
  const turn = (patch) => (onGo ?? setQuery)(patch);
  const { total, page: nth = 1, page_size: size = page.items?.length ?? 0, next_cursor: cursor, items = [] } = page;
  const pages = page.pages ?? page.total_pages ?? (size ? Math.ceil((total ?? 0) / size) : 0);
  const byCursor = page.page === undefined || Boolean(query.cursor);
  if (byCursor) {
    return (cursor || query.cursor) ? html`
      <nav class="pager" aria-label=${t('common.pages')}>
        <span class="muted num">${total === undefined || total === null ? '' : t('common.page_rows', { n: total })}</span>
        <span class="pager-turn">
          <${Button} small disabled=${!query.cursor} icon="chevrons-left" onClick=${() => turn({ cursor: undefined })}>${t('common.page_newest')}</${Button}>
          <${Button} small disabled=${!cursor} iconEnd="chevron-right" onClick=${() => turn({ cursor })}>${t('common.page_next')}</${Button}>
        </span>
      </nav>` : null;
  }
  if (!total || (pages <= 1 && total <= SIZES[0])) {
    return total ? html`<div class="pager"><span class="muted num">${t('common.page_rows', { n: total })}</span></div>` : null;
  }
  const from = (nth - 1) * size + 1;
  const words = t(page.total_is_estimate ? 'common.page_of_about' : 'common.page_of', { from, to: from + items.length - 1, total });
  return html`
    <nav class="pager" aria-label=${t('common.pages')}>
      <span class="muted num" aria-live="polite">${words}</span>
      <span class="pager-turn">
        <${PageSize} size=${size} turn=${turn}/>
        <${Button} small icon="chevron-left" disabled=${nth <= 1} aria-label=${t('common.page_previous')} title=${t('common.page_previous')} class="button-icon" onClick=${() => turn({ page: nth > 2 ? nth - 1 : undefined })}/>
        <span class="num small nowrap">${number(nth)} / ${number(pages)}</span>
        <${Button} small icon="chevron-right" disabled=${nth >= pages} aria-label=${t('common.page_next')} title=${t('common.page_next')} class="button-icon" onClick=${() => turn({ page: nth + 1 })}/>
      </span>
    </nav>
  `;
}

function PageSize({ size, turn }) {
  const options = SIZES.includes(size) ? SIZES : [...SIZES, size].sort((a, b) => a - b);
  return html`
    <label class="pager-size small muted">${t('common.page_size')}
      <select class="input select is-small" value=${size} onChange=${(event) => turn({ page_size: event.target.value === String(SIZES[0]) ? undefined : event.target.value, page: undefined, cursor: undefined })}>
        ${options.map((each) => html`<option value=${each} selected=${each === size}>${each}</option>`)}
      </select>
    </label>
  `;
}

/**
 * Filters, in the address; what is typed goes there after a moment.
 * @param {{fields: {name: string, label: string, kind?: 'text'|'select'|'date'|'search', options?: any[], placeholder?: string,
 *   all?: string, width?: string}[], query: Record<string, any>, keep?: string[], children?: any, onChange?: (patch: object) => void}}
 *   props all: what a choice of none is called; children: more at the end of the row
 */
export function Filters({ fields, query = route.value.query, children, onChange }) {
  const shown = fields.filter(Boolean);
  const used = shown.filter((each) => query[each.name]);
  const [open, setOpen] = useState(false); // where it is narrow only the first, and those in use, are seen at first
  const isMore = (each, nth) => shown.length > 2 && nth > 0 && !query[each.name];
  const turn = (patch, replace) => {
    const whole = { ...patch, page: undefined, cursor: undefined };
    return onChange ? onChange(whole) : setQuery(whole, { replace });
  };
  const filters = shown.map((each, nth) => html`<${Filter} key=${each.name} field=${each} value=${query[each.name]} turn=${turn} place=${isMore(each, nth) && 'filter-more'}/>`);
  return html`
    <div class=${cx('filters', open && 'is-open')} role="search" aria-label=${t('common.filters')}>
      ${filters.slice(0, 1)}
      ${shown.some(isMore) && html`<${Button} class="filters-toggle" small icon="sliders-horizontal" aria-expanded=${String(open)} onClick=${() => setOpen(!open)}>${t('common.filters')}</${Button}>`}
      ${filters.slice(1)}
      ${used.length > 0 && html`<${Button} kind="quiet" small icon="x" onClick=${() => turn(Object.fromEntries(used.map((each) => [each.name, undefined])), true)}>${t('common.filters_clear')}</${Button}>`}
      ${children && html`<span class="filters-end">${children}</span>`}
    </div>
  `;
}

function Filter({ field, value = '', turn, place }) {
  const { name, label, kind = 'text', options, placeholder, all, width } = field;
  if (kind === 'select') {
    const choices = options.map(choiceOf).filter((each) => each.value !== '' && each.value !== undefined && each.value !== null);
    return html`
      <select class=${cx('input select is-small', value && 'is-set', place)} style=${{ width }} name=${name} aria-label=${label} title=${label} value=${value} onChange=${(event) => turn({ [name]: event.target.value })}>
        <option value="" selected=${value === ''}>${all ?? `${label}: ${t('common.all')}`}</option>
        ${choices.map((each) => html`<option value=${each.value} selected=${String(each.value) === value}>${each.label}</option>`)}
      </select>`;
  }
  if (kind === 'date') {
    return html`<label class=${cx('filter-date small', place)}><span class="muted">${label}</span>
      <input type="date" class=${cx('input is-small num', value && 'is-set')} name=${name} value=${value} onChange=${(event) => turn({ [name]: event.target.value })}/></label>`;
  }
  return html`<${TypedFilter} ...${{ name, label, kind, placeholder, width, value, turn, place }}/>`;
}

function TypedFilter({ name, label, kind, placeholder, width, value, turn, place }) {
  const [text, setText] = useState(value);
  const mine = useRef(value); // what this field has put into the address itself
  const latest = useRef(turn);
  latest.current = turn;
  const typedAt = useRef(''); // where it was typed: the next page may be on its way already
  const later = useMemo(() => debounced((typed) => {
    if (route.value.path !== typedAt.current) {
      return;
    }
    mine.current = typed;
    latest.current({ [name]: typed }, true);
  }, 300), [name]);
  useEffect(() => later.stop, []);
  useEffect(() => {
    if (value !== mine.current) {
      mine.current = value;
      later.stop();
      setText(value);
    }
  }, [value]);
  const typed = (event) => {
    setText(event.target.value);
    typedAt.current = route.value.path;
    later(event.target.value);
  };
  const onKeyDown = (event) => event.key === 'Enter' && later.now();
  return html`
    <span class=${cx('filter-text', kind === 'search' && 'is-search', place)} style=${{ width }}>
      ${kind === 'search' && html`<${Icon} name="search"/>`}
      <input type="search" class=${cx('input is-small', value && 'is-set')} name=${name} aria-label=${label} placeholder=${placeholder ?? label} value=${text}
        data-search=${kind === 'search' ? '' : undefined} autocomplete="off" spellcheck=${false} onInput=${typed} onKeyDown=${onKeyDown}/>
    </span>
  `;
}

/** A row below a table that says what is chosen, with what can be done with it. @param {{n: number, onClear: () => void, children: any}} props */
export function Selected({ n, onClear, children }) {
  return n > 0 && html`
    <div class="selected" role="region" aria-label=${t('common.selected', { n })}>
      <span class="num" role="status">${t('common.selected', { n })}</span>
      <${Button} kind="quiet" small onClick=${onClear}>${t('common.clear')}</${Button}>
      <span class="selected-acts">${children}</span>
    </div>`;
}

