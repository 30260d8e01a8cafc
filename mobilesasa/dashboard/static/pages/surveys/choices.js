// The options of a choice: what people read, the code that they may write, and of a single choice where each leads.
import { html, useRef } from '../../parts/ui.js';
import { t } from '../../parts/texts.js';
import { Button, CheckField, IconButton, NumberField } from '../../parts/forms.js';
import { OPTIONS_MAX, moved, newOption } from './draft.js';
import { faultAt } from './drafting.js';
import { keysOf } from './length.js';
import { Target } from './branches.js';

/**
 * @param {{draft: object, question: object, faults: object[], onChange: (patch: object) => void}} props
 */
export function Choices({ draft, question, faults, onChange }) {
  const box = useRef(null);
  const { options } = question;
  const keys = keysOf(question);
  const set = (place, patch) => onChange({ options: options.map((option, at) => (at === place ? { ...option, ...patch } : option)) });
  const focusAt = (place) => requestAnimationFrame(() => box.current?.querySelectorAll('.sv-label')[place]?.focus());
  const add = () => {
    onChange({ options: [...options, newOption()] });
    focusAt(options.length);
  };
  /** Several lines that are pasted become options, one a line. */
  const pasted = (place, event) => {
    const lines = event.clipboardData.getData('text').split(/\r?\n/).map((line) => line.trim()).filter(Boolean);
    if (lines.length < 2) return;
    event.preventDefault();
    const [first, ...rest] = lines.slice(0, OPTIONS_MAX - options.length + 1);
    onChange({ options: [...options.slice(0, place), { ...options[place], label: first }, ...rest.map(newOption), ...options.slice(place + 1)] });
    focusAt(place + rest.length);
  };
  const leads = question.type === 'single_choice';
  const few = faultAt(faults, question.uuid, 'options');
  return html`<fieldset class="sv-choices" ref=${box}>
    <legend>${t('surveys.options')}</legend>
    <div class=${`sv-option-head small muted${leads ? ' with-next' : ''}`} aria-hidden="true">
      <span></span><span>${t('surveys.label')}</span><span>${t('surveys.option_code')}</span>${leads && html`<span>${t('surveys.leads_to')}</span>`}<span></span>
    </div>
    ${options.map((option, place) => html`<${Choice} key=${option.uuid} ...${{ draft, question, option, place, leads, faults }} mark=${keys[place]} count=${options.length}
      onChange=${(patch) => set(place, patch)} onPaste=${(event) => pasted(place, event)} onEnter=${add}
      onMove=${(to) => onChange({ options: moved(options, place, to) })}
      onRemove=${() => onChange({ options: options.filter((_, at) => at !== place) })}/>`)}
    ${few && html`<p class="field-error">${few}</p>`}
    <${Button} small icon="plus" onClick=${add} disabled=${options.length >= OPTIONS_MAX}>${t('surveys.add_option')}</${Button}>
    <div class="sv-row">
      <${CheckField} label=${t('surveys.show_options')} help=${t('surveys.show_options_help')} value=${question.show_options}
        onInput=${(show_options) => onChange({ show_options })}/>
    </div>
    ${question.type === 'multiple_choice' && html`<${HowMany} question=${question} faults=${faults} onChange=${onChange}/>`}
  </fieldset>`;
}

function Choice({ draft, question, option, place, leads, faults, mark, count, onChange, onPaste, onEnter, onMove, onRemove }) {
  const number = String(place + 1);
  const at = (name) => faultAt(faults, question.uuid, `options[${place}].${name}`);
  const wrong = at('label') ?? at('code') ?? at('next');
  const keyed = (event) => {
    if (event.key !== 'Enter') return;
    event.preventDefault();
    onEnter();
  };
  return html`<div class=${`sv-option${leads ? ' with-next' : ''}`}>
    <span class="mono muted sv-key" aria-hidden="true">${mark}.</span>
    <input class="input sv-label" aria-label=${t('surveys.option_label_n', { number })} value=${option.label} maxlength="160" aria-invalid=${at('label') ? 'true' : undefined}
      onInput=${(event) => onChange({ label: event.target.value })} onPaste=${onPaste} onKeyDown=${keyed}/>
    <input class="input mono" aria-label=${t('surveys.option_code_n', { number })} value=${option.code} placeholder=${number} maxlength="20"
      aria-invalid=${at('code') ? 'true' : undefined}
      onInput=${(event) => onChange({ code: event.target.value })} onKeyDown=${keyed}/>
    ${leads && html`<${Target} draft=${draft} owner=${question} value=${option.next} onInput=${(next) => onChange({ next })}
      label=${t('surveys.option_next_n', { number })} plain=${t('surveys.as_else')}/>`}
    <span class="sv-acts">
      <${IconButton} small icon="arrow-up" label=${t('surveys.option_up', { number })} disabled=${place === 0} onClick=${() => onMove(place - 1)}/>
      <${IconButton} small icon="arrow-down" label=${t('surveys.option_down', { number })} disabled=${place === count - 1} onClick=${() => onMove(place + 1)}/>
      <${IconButton} small icon="x" label=${t('surveys.option_remove', { number })} onClick=${onRemove}/>
    </span>
    ${wrong && html`<p class="field-error sv-wide">${wrong}</p>`}
  </div>`;
}

function HowMany({ question, faults, onChange }) {
  return html`<div class="sv-two">
    <${NumberField} label=${t('surveys.min_select')} value=${question.min_select} min="1" max=${question.options.length}
      onInput=${(least) => onChange({ min_select: least ?? 1 })}/>
    <${NumberField} label=${t('surveys.max_select')} help=${t('surveys.max_select_help')} value=${question.max_select} min="1" max=${question.options.length}
      onInput=${(max_select) => onChange({ max_select })} error=${faultAt(faults, question.uuid, 'max_select')}/>
  </div>`;
}
