// One question in the builder: a line that says what it asks and where it leads, and all of it to be edited in its place.
import { html, cx, useEffect, useRef } from '../../parts/ui.js';
import { t } from '../../parts/texts.js';
import { AreaField, CheckField, IconButton, Menu, NumberField, SelectField, TextField } from '../../parts/forms.js';
import { Icon } from '../../parts/icons.js';
import { KINDS, isChoice, retyped } from './draft.js';
import { OF_FLOW, faultAt } from './drafting.js';
import { sayingAt } from './length.js';
import { Branches } from './branches.js';
import { Choices } from './choices.js';
import { Parts, bounds } from './reading.js';
import { cut, targetMark, wayWords } from './words.js';

export const KIND_ICONS = {
  single_choice: 'circle-check', multiple_choice: 'check', rating: 'bar-chart', nps: 'activity', yes_no: 'help-circle', number: 'hash', date: 'clock', text: 'message-square',
};

/**
 * @param {object} props
 * @param {object} props.draft @param {object} props.question @param {number} props.place
 * @param {object[]} props.ways of flow.flowOf @param {string|null} props.trouble of flow.troubleOf
 * @param {object[]} props.faults of the whole draft
 * @param {boolean} props.open @param {boolean} props.current whether the phone is asked it now
 * @param {{open: Function, change: Function, move: Function, copy: Function, remove: Function}} props.acts
 * @param {object} props.drag of dragging.useDragging
 */
export function QuestionCard({ draft, question, place, ways, trouble, faults, open, current, acts, drag }) {
  const box = useRef(null);
  const own = faults.filter((fault) => fault.uuid === question.uuid && !OF_FLOW.includes(fault.code));
  const count = own.length + (trouble ? 1 : 0);
  const number = String(place + 1);
  const toggle = () => acts.open(open ? null : question.uuid);
  const keyed = (event) => {
    const by = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (!event.altKey || !by) return;
    event.preventDefault();
    acts.move(place, place + by);
  };
  const names = cx('sv-question', open && 'is-open', current && 'is-current', count > 0 && 'has-faults', drag.mark(place));
  return html`<li class=${names} id=${`question-${question.uuid}`} ref=${box} ...${drag.over(place)} onKeyDown=${keyed}>
    <div class="sv-head">
      <span class="sv-grip" ...${drag.handle(place, box)} title=${t('surveys.drag')}><${Icon} name="grip"/></span>
      <button type="button" class="sv-line" aria-expanded=${open ? 'true' : 'false'} onClick=${toggle}>
        <span class="sv-place num">${number}</span>
        <span class="sv-words">
          <span class="sv-text">${cut(question.text, 120) || html`<span class="muted">${t('surveys.untitled')}</span>`}</span>
          <${Summary} ...${{ draft, question, place, ways }}/>
        </span>
        ${count > 0 && html`<span class="sv-bad small"><${Icon} name="alert-triangle"/><span class="visually-hidden">${t('surveys.faults_n', { n: count })}</span></span>`}
        <${Icon} name=${open ? 'chevron-up' : 'chevron-down'}/>
      </button>
      <span class="sv-acts">
        <${IconButton} small icon="arrow-up" label=${t('surveys.move_up', { number })} disabled=${place === 0} onClick=${() => acts.move(place, place - 1)}/>
        <${IconButton} small icon="arrow-down" label=${t('surveys.move_down', { number })} disabled=${place === draft.questions.length - 1}
          onClick=${() => acts.move(place, place + 1)}/>
        <${Menu} small label=${t('surveys.question_menu', { number })} items=${[
          { label: t('common.move_up'), icon: 'arrow-up', disabled: place === 0, onClick: () => acts.move(place, place - 1) },
          { label: t('common.move_down'), icon: 'arrow-down', disabled: place === draft.questions.length - 1, onClick: () => acts.move(place, place + 1) },
          { label: t('surveys.copy_question'), icon: 'copy', onClick: () => acts.copy(question, place) },
          { label: t('surveys.remove_question'), icon: 'trash', danger: true, onClick: () => acts.remove(question) },
        ]}/>
      </span>
    </div>
    ${trouble && html`<p class="sv-trouble small"><${Icon} name="alert-triangle"/> ${t(`surveys.fault.${trouble}`)}</p>`}
    ${open && html`<${Editor} ...${{ draft, question, place, faults }} onChange=${(patch) => acts.change(question.uuid, patch)}/>`}
  </li>`;
}

/** Under the text of a question: what kind it is, and where it leads. */
function Summary({ draft, question, place, ways }) {
  const following = draft.questions[place + 1]?.uuid ?? 'end';
  const branches = ways.filter((way) => way.to !== following || way.rule || way.option);
  return html`<span class="sv-sub small muted">
    <span class="sv-kind"><${Icon} name=${KIND_ICONS[question.type]}/> ${t(`surveys.kind.${question.type}`)}</span>
    ${bounds(question) && html`<span>${bounds(question)}</span>`}
    ${isChoice(question.type) && html`<span>${t('surveys.options_n', { n: question.options.length })}</span>`}
    ${!question.required && html`<span>${t('surveys.optional')}</span>`}
    <${Parts} text=${sayingAt(draft, place)}/>
    ${branches.slice(0, 3).map((way) => html`<span key=${way.key} class="sv-way">${cut(wayWords(draft, question, way), 22)} ${targetMark(draft, way.to)}</span>`)}
    ${branches.length > 3 && html`<span>${t('surveys.more_ways', { n: branches.length - 3 })}</span>`}
  </span>`;
}

function Editor({ draft, question, place, faults, onChange }) {
  const box = useRef(null);
  useEffect(() => {
    if (!question.text) box.current?.querySelector('textarea')?.focus();
  }, []);
  const at = (path) => faultAt(faults, question.uuid, path);
  const rest = faults.filter((fault) => fault.uuid === question.uuid && !OF_FLOW.includes(fault.code) && ['', 'uuid', 'rules'].includes(fault.path));
  return html`<div class="sv-editor" ref=${box}>
    ${rest.map((fault) => html`<p key=${fault.path + fault.code} class="field-error">${fault.words}</p>`)}
    <${AreaField} name=${`text-${question.uuid}`} label=${t('surveys.text')} value=${question.text} onInput=${(text) => onChange({ text })} rows=${2} grow required
      maxlength="2000" error=${at('text')} aside=${html`<${Parts} text=${sayingAt(draft, place)}/>`}/>
    <div class="sv-three">
      <${SelectField} label=${t('surveys.kind_label')} value=${question.type} onInput=${(type) => onChange(retyped(question, type))}
        options=${KINDS.map((value) => ({ value, label: t(`surveys.kind.${value}`) }))} help=${t(`surveys.kind_help.${question.type}`)} error=${at('type')}/>
      <${TextField} label=${t('surveys.question_code')} value=${question.code} onInput=${(code) => onChange({ code })} mono maxlength="20"
        help=${t('surveys.question_code_help')} error=${at('code')}/>
      <${Bounds} question=${question} at=${at} onChange=${onChange}/>
    </div>
    <${CheckField} label=${t('surveys.required')} help=${t(question.required ? 'surveys.required_help' : 'surveys.optional_help')} value=${question.required}
      onInput=${(required) => onChange({ required })}/>
    ${isChoice(question.type) && html`<${Choices} ...${{ draft, question, faults, onChange }}/>`}
    <${Branches} ...${{ draft, question, faults, onChange }}/>
  </div>`;
}

function Bounds({ question, at, onChange }) {
  if (question.type !== 'number' && question.type !== 'rating') return null;
  return html`<div class="sv-bounds">
    <div class="sv-two">
      <${NumberField} label=${t('surveys.min')} step="any" value=${question.min} onInput=${(min) => onChange({ min })} error=${at('min')}/>
      <${NumberField} label=${t('surveys.max')} step="any" value=${question.max} onInput=${(max) => onChange({ max })} error=${at('max')}/>
    </div>
    ${question.type === 'number' && html`<${CheckField} label=${t('surveys.whole')} value=${question.whole} onInput=${(whole) => onChange({ whole })}/>`}
  </div>`;
}
