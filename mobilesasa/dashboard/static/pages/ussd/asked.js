/** What a screen asks for: the variable that keeps it, its type and bounds, and what is said to other answers. */
import { html } from '../../parts/ui.js';
import { DateField, NumberField, SelectField, TextField } from '../../parts/forms.js';
import { t } from '../../parts/texts.js';
import { TYPES, variableName } from './draft.js';
import { TextArea } from './fields.js';

export function Asked({ desk }) {
  const input = desk.screen.input ?? {};
  const field = (key) => ({
    name: `input.${key}`,
    value: input[key] === null || input[key] === undefined ? '' : String(input[key]),
    onInput: (value) => desk.put(`input.${key}`, value, true),
    error: desk.faultOf(`input.${key}`),
    disabled: desk.disabled,
  });
  const setType = (type) => desk.put('input', { ...input, type, min: null, max: null, pattern: null });
  return html`
    <fieldset class="ussd-set">
      <legend class="ussd-heading">${t('ussd.asked')}</legend>
      <div class="ussd-fields">
        <${TextField} label=${t('ussd.asked.variable')} help=${input.variable ? t('ussd.asked.variable_used', { name: input.variable }) : t('ussd.asked.variable_help')} mono maxlength="40" autocomplete="off" ...${field('variable')}
          onInput=${(name) => desk.put('input.variable', variableName(name), true)}/>
        <${SelectField} label=${t('ussd.asked.type')} help=${t(`ussd.asked.help.${input.type ?? 'text'}`)} ...${field('type')} onInput=${setType}
          options=${TYPES.map((type) => ({ value: type, label: t(`ussd.type.${type}`) }))}/>
        ${input.type !== 'phone' && html`<${Bounds} type=${input.type ?? 'text'} field=${field} desk=${desk}/>`}
        ${(input.type ?? 'text') === 'text' && html`
          <${TextField} class="ussd-wide" label=${t('ussd.asked.pattern')} help=${t('ussd.asked.pattern_help')} placeholder="[A-Z]{2}[0-9]{6}" mono maxlength="200" ...${field('pattern')}/>`}
      </div>
      <${TextArea} rows="2" label=${t('ussd.asked.error')} help=${t('ussd.asked.error_help')} maxlength="2000" variables=${desk.offered} ...${field('error')}/>
    </fieldset>`;
}

function Bounds({ type, field, desk }) {
  const Bound = type === 'date' ? DateField : NumberField;
  const put = (key) => (value) => desk.put(`input.${key}`, bounded(type, value), true);
  const own = type === 'date' ? {} : { step: type === 'text' ? 1 : 'any', min: type === 'text' ? 0 : undefined };
  return ['min', 'max'].map((key) => html`<${Bound} key=${key + type} label=${t(`ussd.asked.${key}.${type}`)} ...${own} ...${field(key)} onInput=${put(key)}/>`);
}

/** A bound as the API takes it; null: none. Of a text it is a number of characters. */
function bounded(type, value) {
  if (value === '' || value === null || Number.isNaN(value)) return null;
  return type === 'text' ? Math.abs(Math.trunc(value)) : value;
}
