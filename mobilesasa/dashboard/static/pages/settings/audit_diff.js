/** What a change changed, as people read it: field by field, what was and what is. */
import { html } from '../../parts/ui.js';
import { dayTime, number } from '../../parts/format.js';
import { Icon } from '../../parts/icons.js';
import { t, textOr } from '../../parts/texts.js';
import { device } from '../account/logins.js';

const MOMENT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}/;
const IN_LINE = 3; // fields that a row of the list shows

const isNothing = (value) => value === null || value === '' || value === false || (Array.isArray(value) && !value.length);

/** The name of a field in words. */
export const fieldName = (field) => textOr(`audit.field.${field}`, field.charAt(0).toUpperCase() + field.slice(1).replaceAll('_', ' '));

/**
 * The fields of a change, each with what was and what is.
 * @param {{before: object|null, after: object|null}} change
 * @returns {{field: string, before: any, after: any, was: boolean, is: boolean}[]} was, is: whether it was told at all
 */
export function fieldsOf({ before, after }) {
  const names = [...new Set([...Object.keys(before ?? {}), ...Object.keys(after ?? {})])];
  const rows = names.map((field) => ({
    field,
    before: before?.[field],
    after: after?.[field],
    was: before !== null && field in before,
    is: after !== null && field in after,
  }));
  const told = rows.filter((each) => !(each.was && each.is) || JSON.stringify(each.before) !== JSON.stringify(each.after));
  return told.length ? told : rows;
}

function listed(items) {
  return items.every((each) => typeof each !== 'object' || each === null) ? items.map((each) => String(each)).join(', ') : JSON.stringify(items);
}

/** A value in words. @param {string} field @param {any} value */
export function shown(field, value) {
  if (value === null || value === undefined) {
    return t('audit.diff.none');
  }
  if (value === '' || (typeof value === 'object' && !Object.keys(value).length)) {
    return t('audit.diff.empty');
  }
  if (typeof value === 'boolean') {
    return t(value ? 'audit.diff.yes' : 'audit.diff.no');
  }
  if (typeof value === 'number') {
    return field.endsWith('_ms') && value > 1e11 ? dayTime(value / 1000) : number(value);
  }
  if (Array.isArray(value)) {
    return listed(value);
  }
  if (field === 'agent') {
    return device(String(value));
  }
  if (typeof value === 'object') {
    return Object.entries(value).map(([name, inner]) => `${fieldName(name)}: ${shown(name, inner)}`).join(', ');
  }
  return MOMENT.test(value) ? dayTime(value) : String(value);
}

/** Of two lists what came and what went; undefined where they are no lists. */
function movedIn(before, after) {
  if (!Array.isArray(before) || !Array.isArray(after)) {
    return undefined;
  }
  const came = after.filter((each) => !before.includes(each));
  const went = before.filter((each) => !after.includes(each));
  return [came.length && t('audit.diff.added', { items: listed(came) }), went.length && t('audit.diff.removed', { items: listed(went) })].filter(Boolean).join('; ');
}

function Value({ row }) {
  const moved = row.was && row.is ? movedIn(row.before, row.after) : undefined;
  if (moved) {
    return html`<span class="set-wrap-any">${moved}</span>`;
  }
  if (!row.was) {
    return html`<span class="set-wrap-any">${shown(row.field, row.after)}</span>`;
  }
  const was = html`<del class="set-wrap-any">${shown(row.field, row.before)}</del>`;
  return row.is
    ? html`${was} <${Icon} name="arrow-right" label=${t('audit.diff.after')}/> <ins class="set-wrap-any">${shown(row.field, row.after)}</ins>`
    : was;
}

/** The first fields of a change, in a line of the list. @param {{change: object}} props */
export function DiffLine({ change }) {
  const rows = fieldsOf(change).filter((row) => (row.was && row.is) || !isNothing(row.was ? row.before : row.after));
  const rest = rows.length - IN_LINE;
  return html`<div class="set-diff-line small">
    ${rows.slice(0, IN_LINE).map((row) => html`<div key=${row.field} class="set-clamp"><span class="muted">${fieldName(row.field)}:</span> <${Value} row=${row}/></div>`)}
    ${rest > 0 && html`<div class="muted">${t('audit.diff.more', { n: rest })}</div>`}
  </div>`;
}

/** All fields of a change, with what was beside what is. @param {{change: object}} props */
export function Diff({ change }) {
  const rows = fieldsOf(change);
  if (!rows.length) {
    return html`<p class="muted">${t('audit.detail.nothing')}</p>`;
  }
  const both = change.before !== null && change.after !== null;
  const cell = (kind, told, field, value) => html`<td class="set-wrap-any" data-label=${t(`audit.diff.${kind}`)}>
    ${told ? html`<span class=${both ? `set-diff-${kind}` : undefined}>${shown(field, value)}</span>` : html`<span class="muted">–</span>`}</td>`;
  return html`<table class="set-diff" aria-label=${t('audit.diff.label')}>
    <thead><tr><th scope="col">${t('audit.diff.field')}</th><th scope="col">${t('audit.diff.before')}</th><th scope="col">${t('audit.diff.after')}</th></tr></thead>
    <tbody>${rows.map((row) => html`<tr key=${row.field}>
      <th scope="row">${fieldName(row.field)}</th>
      ${cell('before', row.was, row.field, row.before)}
      ${cell('after', row.is, row.field, row.after)}
    </tr>`)}</tbody>
  </table>`;
}
