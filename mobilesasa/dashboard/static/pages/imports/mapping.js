/** Where one says what the columns of a file mean, and sees at once how its first rows would become contacts. */
import { html } from '../../parts/ui.js';
import { Button, SelectField, TextField } from '../../parts/forms.js';
import { number } from '../../parts/format.js';
import { Card, Facts, Notice } from '../../parts/page.js';
import { t } from '../../parts/texts.js';
import { MEANINGS, keepAll } from './columns.js';

const SAMPLES = 3;
const SHOWN_ROWS = 5;

function samplesOf(preview, at) {
  const found = preview.rows.map((row) => row[at] ?? '').filter((cell) => cell.trim() !== '');
  return [...new Set(found)].slice(0, SAMPLES);
}

function ColumnRow({ column, samples, fault, onChange }) {
  const options = MEANINGS.map((value) => ({ value, label: t(`imports.means_${value || 'nothing'}`) }));
  return html`<li class=${`pp-column-row ${column.meaning ? '' : 'is-out'}`}>
    <div class="pp-column-words">
      <strong class="pp-breaks">${column.header || t('imports.no_header')}</strong>
      <span class="muted small truncate" title=${samples.join(' · ')}>${samples.length ? samples.join(' · ') : t('imports.column_empty')}</span>
    </div>
    ${column.isTwin
      ? html`<p class="muted small">${t(column.header ? 'imports.twin' : 'imports.nameless')}</p>`
      : html`<${SelectField} name=${`column-${column.at}`} label=${t('imports.means')} value=${column.meaning} options=${options}
          onInput=${(meaning) => onChange({ ...column, meaning })} error=${fault && column.meaning !== 'own' ? t(fault) : undefined} />`}
    ${column.meaning === 'own' && !column.isTwin && html`<${TextField} name=${`own-${column.at}`} label=${t('imports.own_name')} value=${column.own}
      onInput=${(own) => onChange({ ...column, own })} error=${fault ? t(fault) : undefined} autocomplete="off" spellcheck=${false} maxlength="40" />`}
  </li>`;
}

/** The first rows under what their columns mean. */
function FirstRows({ preview, columns }) {
  const read = columns.filter((each) => each.meaning && !each.isTwin);
  if (!read.length) return null;
  return html`<div class="pp-sheet-scroll" tabindex="0" role="region" aria-label=${t('imports.first_rows')}>
    <table class="pp-sheet">
      <caption class="visually-hidden">${t('imports.first_rows')}</caption>
      <thead><tr>${read.map((each) => html`<th scope="col" key=${each.at}>${each.meaning === 'own' ? each.own : t(`imports.means_${each.meaning}`)}</th>`)}</tr></thead>
      <tbody>${preview.rows.slice(0, SHOWN_ROWS).map((row, at) => html`<tr key=${at}>
        ${read.map((each) => html`<td key=${each.at} title=${row[each.at]}>${row[each.at]}</td>`)}</tr>`)}</tbody>
    </table>
  </div>`;
}

function factsOf(preview) {
  const facts = [[t('imports.rows'), number(preview.total_rows)], [t('imports.format'), preview.format.toUpperCase()]];
  if (preview.sheet) facts.push([t('imports.sheet'), preview.sheet]);
  if (preview.separator) facts.push([t('imports.separator'), t(`imports.separator_${{ ',': 'comma', ';': 'semicolon', '\t': 'tab', '|': 'bar' }[preview.separator] ?? 'other'}`)]);
  if (preview.encoding) facts.push([t('imports.encoding'), preview.encoding.toUpperCase()]);
  return facts;
}

/**
 * @param {{preview: object, columns: import('./columns.js').Column[], faults: object, onChange: (columns: object[]) => void}} props
 */
export function Mapping({ preview, columns, faults, onChange }) {
  const change = (changed) => onChange(columns.map((each) => (each.at === changed.at ? changed : each)));
  const out = columns.filter((each) => each.meaning === '' && !each.isTwin);
  const keep = out.length > 0 && html`<${Button} kind="quiet" icon="plus" onClick=${() => onChange(keepAll(columns))}>${t('imports.keep_all', { n: out.length })}<//>`;
  return html`<${Card} title=${t('imports.columns')} actions=${keep}>
    <${Facts} columns items=${factsOf(preview)} class="pp-preview-facts" />
    ${faults.whole && html`<${Notice} kind="warn" title=${t('imports.no_phone_title')}>${t(faults.whole)}<//>`}
    <ul class="pp-plain-list pp-column-list">
      ${columns.map((each) => html`<${ColumnRow} key=${each.at} column=${each} samples=${samplesOf(preview, each.at)} fault=${faults.at[each.at]} onChange=${change} />`)}
    </ul>
    <h3>${t('imports.first_rows')}</h3>
    <${FirstRows} preview=${preview} columns=${columns} />
  <//>`;
}
