// Where a question leads: rules by its answer, or by the answer to another one, in their order; and where it goes on else.
import { html, useId } from '../../parts/ui.js';
import { t } from '../../parts/texts.js';
import { Button, IconButton } from '../../parts/forms.js';
import { Icon } from '../../parts/icons.js';
import { OPS, firstValue, isChoice, moved, needsValue, newRule } from './draft.js';
import { faultAt } from './drafting.js';
import { opWords, questionName } from './words.js';

const NUMBERS = ['number', 'rating', 'nps'];

/**
 * Where something leads, as a choice: the questions, the end; and what happens where nothing is said.
 * @param {{draft: object, owner: object, value: string|null, onInput: (next: string|null) => void, label: string, plain?: string, error?: string}} props
 *   plain: what no choice means; without it one must be made
 */
export function Target({ draft, owner, value, onInput, label, plain, error }) {
  const known = draft.questions.some((question) => question.uuid === value) || value === 'end';
  return html`<span class="sv-target"><${Icon} name="git-branch"/>
    <select class="input select" aria-label=${label} value=${value ?? ''} aria-invalid=${error ? 'true' : undefined}
      onChange=${(event) => onInput(event.target.value || null)}>
      ${plain && html`<option value="">${plain}</option>`}
      ${draft.questions.map((question) => html`<option key=${question.uuid} value=${question.uuid}
        disabled=${question.uuid === owner.uuid && value !== owner.uuid}>${questionName(draft, question.uuid, 44)}</option>`)}
      <option value="end">${t('surveys.the_end')}</option>
      ${value && !known && html`<option value=${value}>${t('surveys.no_such_question')}</option>`}
    </select>
  </span>`;
}

/** What comes behind a question where nothing else is said. */
export function followingName(draft, question) {
  const behind = draft.questions[draft.questions.findIndex((each) => each.uuid === question.uuid) + 1];
  return behind ? t('surveys.the_next', { name: questionName(draft, behind.uuid, 30) }) : t('surveys.the_next_end');
}

/** @param {{draft: object, question: object, faults: object[], onChange: (patch: object) => void}} props */
export function Branches({ draft, question, faults, onChange }) {
  const { rules } = question;
  const set = (place, rule) => onChange({ rules: rules.map((each, at) => (at === place ? rule : each)) });
  const wrong = faultAt(faults, question.uuid, 'next');
  return html`<fieldset class="sv-branches">
    <legend>${t('surveys.branching')}</legend>
    ${rules.map((rule, place) => html`<${Rule} key=${rule.uuid} ...${{ draft, question, rule, place, faults }} count=${rules.length}
      onChange=${(next) => set(place, next)} onMove=${(to) => onChange({ rules: moved(rules, place, to) })}
      onRemove=${() => onChange({ rules: rules.filter((_, at) => at !== place) })}/>`)}
    <div class="sv-else">
      <span class="small">${t(rules.length || question.options.some((option) => option.next) ? 'surveys.else_then' : 'surveys.then')}</span>
      <${Target} draft=${draft} owner=${question} value=${question.next} onInput=${(next) => onChange({ next })} label=${t('surveys.else_label')}
        plain=${followingName(draft, question)} error=${wrong}/>
      <${Button} small icon="plus" onClick=${() => onChange({ rules: [...rules, newRule(question)] })} disabled=${rules.length >= 50}>${t('surveys.add_rule')}</${Button}>
    </div>
    ${wrong && html`<p class="field-error">${wrong}</p>`}
  </fieldset>`;
}

function Rule({ draft, question, rule, place, count, faults, onChange, onMove, onRemove }) {
  const asked = draft.questions.find((each) => each.uuid === (rule.when.question ?? question.uuid)) ?? question;
  const others = draft.questions.filter((each) => each.uuid !== question.uuid);
  const number = String(place + 1);
  const when = (patch) => onChange({ ...rule, when: { ...rule.when, ...patch } });
  const at = (path) => faultAt(faults, question.uuid, `rules[${place}].${path}`);
  const wrong = at('when.question') ?? at('when.op') ?? at('when.value') ?? at('next');
  const look = (uuid) => {
    const other = draft.questions.find((each) => each.uuid === uuid) ?? question;
    onChange({ ...rule, when: { question: uuid === question.uuid ? null : uuid, op: OPS[other.type][0], value: firstValue(other) } });
  };
  const compare = (op) => when({ op, value: valueFor(asked, op, rule.when) });
  return html`<div class="sv-rule" role="group" aria-label=${t('surveys.rule_n', { number })}>
    <span class="small sv-if">${t(place ? 'surveys.or_if' : 'surveys.if')}</span>
    <div class="sv-when">
      <select class="input select" aria-label=${t('surveys.rule_question', { number })} value=${asked.uuid} onChange=${(event) => look(event.target.value)}>
        <option value=${question.uuid}>${t('surveys.this_answer')}</option>
        ${others.map((each) => html`<option key=${each.uuid} value=${each.uuid}>${questionName(draft, each.uuid, 30)}</option>`)}
      </select>
      <select class="input select" aria-label=${t('surveys.rule_op', { number })} value=${rule.when.op} onChange=${(event) => compare(event.target.value)}>
        ${OPS[asked.type].map((op) => html`<option key=${op} value=${op}>${opWords(asked.type, op)}</option>`)}
        ${!OPS[asked.type].includes(rule.when.op) && html`<option value=${rule.when.op}>${opWords(asked.type, rule.when.op)}</option>`}
      </select>
      ${needsValue(rule.when.op) && html`<${Compared} asked=${asked} when=${rule.when} onInput=${(value) => when({ value })} label=${t('surveys.rule_value', { number })}/>`}
    </div>
    <span class="sv-acts">
      ${count > 1 && html`<${IconButton} small icon="arrow-up" label=${t('surveys.rule_up', { number })} disabled=${place === 0} onClick=${() => onMove(place - 1)}/>
      <${IconButton} small icon="arrow-down" label=${t('surveys.rule_down', { number })} disabled=${place === count - 1} onClick=${() => onMove(place + 1)}/>`}
      <${IconButton} small icon="x" label=${t('surveys.rule_remove', { number })} onClick=${onRemove}/>
    </span>
    <span class="small sv-if">${t('surveys.then_go')}</span>
    <${Target} draft=${draft} owner=${question} value=${rule.next} onInput=${(next) => onChange({ ...rule, next: next ?? 'end' })}
      label=${t('surveys.rule_next', { number })} error=${at('next')}/>
    ${wrong && html`<p class="field-error sv-wide">${wrong}</p>`}
  </div>`;
}

/** The value that a rule keeps when it compares otherwise: one for `in` is several, and back. */
function valueFor(asked, op, { op: before, value }) {
  if (!needsValue(op)) return null;
  const kept = needsValue(before) ? value : firstValue(asked);
  if (op === 'in') return Array.isArray(kept) ? kept : kept === null || kept === '' ? [] : [kept];
  return Array.isArray(kept) ? kept[0] ?? firstValue(asked) : kept;
}

/** What an answer is compared with, as fits what is asked. */
function Compared({ asked, when, onInput, label }) {
  const { op, value } = when;
  if (isChoice(asked.type) && op === 'in') return html`<${Several} asked=${asked} value=${value ?? []} onInput=${onInput} label=${label}/>`;
  if (isChoice(asked.type)) {
    return html`<select class="input select" aria-label=${label} value=${value ?? ''} onChange=${(event) => onInput(event.target.value || null)}>
      ${!asked.options.some((option) => option.uuid === value) && html`<option value=${value ?? ''}>${t('surveys.no_such_option')}</option>`}
      ${asked.options.map((option) => html`<option key=${option.uuid} value=${option.uuid}>${option.label || t('surveys.untitled')}</option>`)}
    </select>`;
  }
  if (asked.type === 'yes_no') {
    return html`<select class="input select" aria-label=${label} value=${String(value)} onChange=${(event) => onInput(event.target.value === 'true')}>
      <option value="true">${t('common.yes')}</option><option value="false">${t('common.no')}</option>
    </select>`;
  }
  if (op === 'in') return html`<${Listed} asked=${asked} value=${value ?? []} onInput=${onInput} label=${label}/>`;
  if (NUMBERS.includes(asked.type)) {
    return html`<input class="input num sv-short" type="number" step="any" aria-label=${label} value=${value ?? ''}
      onInput=${(event) => onInput(event.target.value === '' ? null : event.target.valueAsNumber)}/>`;
  }
  return html`<input class="input" type=${asked.type === 'date' ? 'date' : 'text'} aria-label=${label} value=${value ?? ''} maxlength="160"
    onInput=${(event) => onInput(event.target.value)}/>`;
}

function Several({ asked, value, onInput, label }) {
  const id = useId();
  const turn = (uuid) => onInput(value.includes(uuid) ? value.filter((each) => each !== uuid) : [...value, uuid]);
  return html`<span class="sv-several" role="group" aria-label=${label}>
    ${asked.options.map((option) => html`<label key=${option.uuid} class="small"><input type="checkbox" name=${id} checked=${value.includes(option.uuid)}
      onChange=${() => turn(option.uuid)}/> ${option.label || t('surveys.untitled')}</label>`)}
  </span>`;
}

/** Several values with commas between. */
function Listed({ asked, value, onInput, label }) {
  const meant = (word) => (NUMBERS.includes(asked.type) && Number.isFinite(Number(word)) ? Number(word) : word);
  const read = (text) => text.split(',').map((each) => each.trim()).filter(Boolean).map(meant);
  return html`<input class="input" aria-label=${label} placeholder=${t('surveys.listed')} value=${value.join(', ')}
    onChange=${(event) => onInput(read(event.target.value))}/>`;
}
