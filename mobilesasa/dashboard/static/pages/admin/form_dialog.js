/** A form in a dialog, over a table of its fields; what the operator changes in one place is one of these. */
import { html, useState } from '../../parts/ui.js';
import { Dialog } from '../../parts/dialogs.js';
import { AreaField, Button, CheckField, CheckList, Form, FormActions, NumberField, RadioList, SelectField, TextField } from '../../parts/forms.js';
import { useAct } from '../../parts/load.js';
import { t } from '../../parts/texts.js';

const CONTROLS = { text: TextField, number: NumberField, select: SelectField, check: CheckField, checks: CheckList, radios: RadioList, area: AreaField, json: AreaField };

/** The text of an object, as a field for JSON has it. */
export const asJson = (value) => JSON.stringify(value ?? {}, null, 2);

/** The object that a field for JSON says; an Error: it says none. */
function read(text) {
  try {
    const found = text.trim() ? JSON.parse(text) : {};
    return found !== null && typeof found === 'object' && !Array.isArray(found) ? found : new Error(t('admin.form.json_object'));
  } catch (wrong) {
    return new Error(t('admin.form.json_wrong', { why: wrong.message }));
  }
}

function valuesOf(fields, said) {
  const found = {};
  for (const { name, kind, check = (value) => value } of fields) {
    found[name] = kind === 'json' ? read(said[name] ?? '') : check(said[name]);
  }
  return found;
}

function FieldOf({ field, value, wrong, onInput }) {
  const { kind = 'text', control, follows, check, ...props } = field;
  const Control = control ?? CONTROLS[kind];
  const more = kind === 'json' ? { rows: 10, spellcheck: false, class: 'admin-json' } : {};
  return html`<${Control} ...${more} ...${props} error=${wrong} value=${value} onInput=${onInput}/>`;
}

/**
 * @param {{title: string, lead?: any, fields: {name: string, label: string, kind?: string, value?: any, help?: any}[], act: string, danger?: boolean,
 *   wide?: boolean, columns?: boolean, onSubmit: (said: Record<string, any>) => Promise<void>, onClose: () => void, children?: any}} props
 *   fields: kind is text, number, select, check, checks, radios, area or json, or `control` is a component of its own; value: what it begins
 *   with; `follows(given, said)`: what else is said then; `check(said)`: what is meant by it, or an Error with what is wrong; columns: beside each other where there is room
 */
export function FormDialog({ title, lead, fields, act, danger, wide, columns, onSubmit, onClose, children }) {
  const shown = fields.filter(Boolean);
  const [said, setSaid] = useState(() => Object.fromEntries(shown.map((each) => [each.name, each.value])));
  const values = valuesOf(shown, said);
  const wrong = (name) => (values[name] instanceof Error ? values[name].message : undefined);
  const [submit, acting] = useAct(async () => {
    await onSubmit(values);
    onClose();
  });
  const isWrong = shown.some((each) => values[each.name] instanceof Error);
  return html`<${Dialog} open title=${title} lead=${lead} onClose=${onClose} wide=${wide}>
    <${Form} class=${columns && 'admin-columns'} onSubmit=${submit} error=${acting.error} busy=${acting.busy}>
      ${shown.map(({ value, ...field }) => html`<${FieldOf} key=${field.name} field=${field} value=${said[field.name]} wrong=${wrong(field.name)}
        onInput=${(given) => setSaid((old) => ({ ...old, [field.name]: given, ...field.follows?.(given, old) }))}/>`)}
      ${children}
      <${FormActions}>
        <${Button} kind=${danger ? 'danger' : 'primary'} type="submit" busy=${acting.busy} disabled=${isWrong}>${act}</${Button}>
        <${Button} kind="quiet" onClick=${onClose}>${t('common.cancel')}</${Button}>
      </${FormActions}>
    </${Form}>
  </${Dialog}>`;
}
