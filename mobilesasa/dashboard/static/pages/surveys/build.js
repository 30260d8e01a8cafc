// The builder: the conversation from its introduction to its thanks, with the phone and the map beside it.
import { html, useEffect, useMemo, useState } from '../../parts/ui.js';
import { t } from '../../parts/texts.js';
import { setQuery } from '../../parts/router.js';
import { AreaField, Button, Menu, Segmented } from '../../parts/forms.js';
import { Empty, RequestId } from '../../parts/states.js';
import { Card, Notice } from '../../parts/page.js';
import { Icon } from '../../parts/icons.js';
import { toast } from '../../parts/toasts.js';
import { KINDS, QUESTIONS_MAX, added, changed, copied, mentions, moved, newQuestion, removed } from './draft.js';
import { faultAt } from './drafting.js';
import { useDragging } from './dragging.js';
import { flowOf, troubleOf } from './flow.js';
import { FlowMap } from './flowmap.js';
import { opening } from './length.js';
import { useCodes } from './create.js';
import { KIND_ICONS, QuestionCard } from './question.js';
import { Definition, Parts, Sum } from './reading.js';
import { Conduct, OwnWords, WhoAsks } from './settings.js';
import { Simulator } from './simulator.js';
import { cut, questionName } from './words.js';

const PANES = ['form', 'phone', 'flow'];

/**
 * @param {{survey: object, work: object, query: Record<string, string>, mayWrite: boolean, onPublish: () => void, publishing: boolean}} props
 *   work: see drafting.useDraft
 */
export function Builder({ survey, work, query, mayWrite, onPublish, publishing }) {
  const [current, setCurrent] = useState(null);
  const [open, setOpen] = useState(work.draft.questions[0]?.uuid ?? null);
  const pane = PANES.includes(query.pane) ? query.pane : 'form';
  const choose = (uuid) => {
    if (mayWrite) setOpen(uuid);
    setQuery({ pane: '' }, { replace: true });
    requestAnimationFrame(() => document.getElementById(`question-${uuid}`)?.scrollIntoView({ block: 'center', behavior: 'smooth' }));
  };
  const see = (fault) => {
    if (fault.uuid) setOpen(fault.uuid);
    requestAnimationFrame(() => requestAnimationFrame(() => placeOf(fault)?.focus()));
  };
  useEffect(() => {
    if (work.refused.length) see(work.refused[0]);
  }, [work.refused]);
  const canPublish = mayWrite && (work.dirty || survey.is_changed || !survey.version);
  return html`<div class="sv-build" data-pane=${pane}>
    <div class="sv-panes"><${Segmented} label=${t('surveys.panes')} value=${pane}
      onChange=${(next) => setQuery({ pane: next === 'form' ? '' : next }, { replace: true })}
      options=${PANES.map((value) => ({ value, label: t(`surveys.pane.${value}`) }))}/></div>
    <div class="sv-form">
      ${mayWrite ? html`<${Form} ...${{ work, open, setOpen, current, see }}/>` : html`<${Card}><${Definition} draft=${work.draft}/></${Card}>`}
      ${mayWrite && html`<${SaveBar} ...${{ survey, work, canPublish, onPublish, publishing, see }}/>`}
    </div>
    <div class="sv-beside">
      <div class="sv-phone"><${Simulator} survey=${survey} questions=${work.draft.questions} dirty=${mayWrite && work.dirty} busy=${work.saving} onSave=${work.save}
        onQuestion=${setCurrent}/></div>
      <div class="sv-flow"><${Card} title=${t('surveys.flow')} lead=${t('surveys.flow_text')}><${FlowMap} draft=${work.draft} current=${current}
        onChoose=${choose}/></${Card}></div>
    </div>
  </div>`;
}

function Form({ work, open, setOpen, current, see }) {
  const { codes } = useCodes();
  const { draft, faults } = work;
  const set = (patch) => work.set({ ...work.draft, ...patch });
  const first = draft.questions.length ? t('surveys.with_first') : '';
  return html`
    ${work.foreign && html`<${Notice} kind="warn" live title=${t('surveys.foreign')}
      action=${html`<${Button} onClick=${work.discard}>${t('surveys.foreign_take')}</${Button}>`}>${t('surveys.foreign_text')}</${Notice}>`}
    <${Faults} work=${work} see=${see}/>
    <${WhoAsks} work=${work} codes=${codes}/>
    <section class="sv-said-by" aria-label=${t('surveys.conversation')}>
      <${Card}><${AreaField} name="introduction" label=${t('surveys.introduction')} help=${t('surveys.introduction_help')} value=${draft.introduction}
        onInput=${(introduction) => set({ introduction })} rows=${2} grow maxlength="2000"
        error=${faultAt(faults, null, 'introduction')} aside=${html`<span class="muted small">${first} <${Parts} text=${opening(draft)}/></span>`}/></${Card}>
      <${Questions} ...${{ work, open, setOpen, current }}/>
      <${Card}><${AreaField} name="thanks" label=${t('surveys.thanks')} help=${t('surveys.thanks_help')} value=${draft.thanks} onInput=${(thanks) => set({ thanks })}
        rows=${2} grow maxlength="2000"
        error=${faultAt(faults, null, 'thanks')} aside=${html`<${Parts} text=${draft.thanks}/>`}/></${Card}>
    </section>
    <${Conduct} work=${work}/>
    <${OwnWords} work=${work}/>`;
}

function Questions({ work, open, setOpen, current }) {
  const { draft, faults } = work;
  const [said, setSaid] = useState('');
  const flow = useMemo(() => flowOf(draft), [draft]);
  const move = (from, to) => {
    const questions = moved(draft.questions, from, to);
    if (questions === draft.questions) return;
    const focused = document.activeElement;
    work.set({ ...draft, questions });
    setSaid(t('surveys.moved', { from: String(from + 1), to: String(to + 1) }));
    requestAnimationFrame(() => focused?.isConnected && focused.focus());
  };
  const drag = useDragging(move);
  const add = (type, place) => {
    const question = newQuestion(type);
    work.set(added(draft, question, place));
    setOpen(question.uuid);
  };
  const remove = (question) => {
    const before = draft;
    const lost = mentions(draft, question.uuid);
    work.set(removed(draft, question.uuid));
    const words = t('surveys.removed', { name: cut(question.text, 30) || t('surveys.untitled') });
    toast(lost ? `${words} ${t('surveys.removed_ways', { n: lost })}` : words, { kind: 'info', undo: async () => work.set(before) });
  };
  const copy = (question, place) => {
    const twin = copied(question);
    work.set(added(draft, twin, place));
    setOpen(twin.uuid);
  };
  const acts = { open: setOpen, move, remove, copy, change: (uuid, patch) => work.set(changed(draft, uuid, patch)) };
  return html`<div class="sv-questions">
    <div class="sv-questions-head"><h2>${t('surveys.questions')}</h2><${Sum} draft=${draft}/></div>
    ${draft.questions.length === 0 && html`<${Empty} small icon="clipboard-list" title=${t('surveys.no_questions')} text=${t('surveys.no_questions_text')}/>`}
    <ol class="sv-list">
      ${draft.questions.map((question, place) => html`<${QuestionCard} key=${question.uuid} ...${{ draft, question, place, faults, acts, drag }}
        ways=${flow.ways.get(question.uuid) ?? []}
        trouble=${troubleOf(flow, question.uuid)} open=${open === question.uuid} current=${current === question.uuid}/>`)}
    </ol>
    <${AddQuestion} onAdd=${(type) => add(type)} disabled=${draft.questions.length >= QUESTIONS_MAX}/>
    <span class="visually-hidden" role="status">${said}</span>
  </div>`;
}

function AddQuestion({ onAdd, disabled }) {
  const items = KINDS.map((type) => ({
    label: t(`surveys.kind.${type}`), hint: t(`surveys.kind_hint.${type}`), icon: KIND_ICONS[type], onClick: () => onAdd(type), disabled,
  }));
  return html`<div class="sv-add"><${Menu} label=${t('surveys.add_question')} text=${t('surveys.add_question')} icon="plus" kind="plain" align="start" items=${items}/></div>`;
}

/** All that keeps the draft from being published, each with a way to its place. */
function Faults({ work, see }) {
  const { draft, faults, dirty } = work;
  if (!faults.length) return work.error && work.error.code !== 'bad_definition' && html`<${Notice} kind="bad" live
    title=${t('surveys.not_saved')}>${work.error.message} <${RequestId} id=${work.error.requestId}/></${Notice}>`;
  const refused = work.error?.code === 'bad_definition';
  return html`<${Notice} kind=${refused ? 'bad' : 'warn'} live title=${t(refused ? 'surveys.cannot_save' : 'surveys.cannot_publish', { n: faults.length })}>
    <ul class="sv-faults small">
      ${faults.map((fault) => html`<li key=${`${fault.field} ${fault.code}`}><button type="button" class="sv-from"
        onClick=${() => see(fault)}>${whereOf(draft, fault)}</button>: ${fault.words}</li>`)}
    </ul>
    ${dirty && !refused && html`<p class="small muted">${t('surveys.as_saved')}</p>`}
  </${Notice}>`;
}

const FIELDS = {
  sender_id: 'surveys.code', keyword: 'surveys.keyword', introduction: 'surveys.introduction', thanks: 'surveys.thanks', name: 'surveys.name',
  questions: 'surveys.questions', language: 'surveys.language',
};

function whereOf(draft, fault) {
  if (fault.uuid) return questionName(draft, fault.uuid, 32);
  if (fault.path.startsWith('options.')) return t('surveys.conduct');
  if (fault.path.startsWith('texts.')) return t('surveys.own_words');
  return FIELDS[fault.path] ? t(FIELDS[fault.path]) : fault.field;
}

/** The element where a fault can be mended. */
function placeOf(fault) {
  if (!fault.uuid) return document.querySelector(`.sv-form [name="${fault.path.replace('texts.', 'texts-')}"], .sv-form [aria-invalid=true]`);
  const card = document.getElementById(`question-${fault.uuid}`);
  return card?.querySelector('.sv-editor [aria-invalid=true]') ?? card?.querySelector('.sv-editor textarea') ?? card?.querySelector('.sv-line');
}

/** What is saved and what is not, and what can be done about it; it stays in sight. */
function SaveBar({ survey, work, canPublish, onPublish, publishing, see }) {
  useEffect(() => {
    const keyed = (event) => {
      if (!(event.ctrlKey || event.metaKey) || event.key !== 's') return;
      event.preventDefault();
      if (work.dirty) work.save();
    };
    document.addEventListener('keydown', keyed);
    return () => document.removeEventListener('keydown', keyed);
  }, [work]);
  const words = work.dirty ? t('surveys.unsaved') : survey.version && survey.is_changed ? t('surveys.saved_unpublished', { number: String(survey.version) })
    : survey.version ? t('surveys.saved_published', { number: String(survey.version) }) : t('surveys.saved_draft');
  return html`<div class="sv-bar" role="region" aria-label=${t('surveys.bar')}>
    <span class=${`small ${work.dirty ? 'sv-dirty' : 'muted'}`} role="status">${words}</span>
    ${work.faults.length > 0 && html`<button type="button" class="sv-from sv-mend" onClick=${() => see(work.faults[0])}>
      <${Icon} name="alert-triangle" size="small"/> ${t('surveys.faults_n', { n: work.faults.length })}</button>`}
    <span class="sv-bar-acts">
      ${work.dirty && html`<${Button} kind="quiet" onClick=${work.discard} disabled=${work.saving}>${t('surveys.discard')}</${Button}>`}
      <${Button} onClick=${() => work.save()} busy=${work.saving} disabled=${!work.dirty} title=${t('surveys.save_key')}>${t('surveys.save')}</${Button}>
      <${Button} kind="primary" onClick=${onPublish} busy=${publishing} disabled=${!canPublish}>${t('surveys.publish')}</${Button}>
    </span>
  </div>`;
}
