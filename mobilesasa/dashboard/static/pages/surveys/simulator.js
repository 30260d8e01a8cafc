// The phone beside the builder: it answers a survey step by step as phones do, by POST /surveys/{uuid}/simulate; nothing is sent or kept.
import { html, useState, useEffect, useRef } from '../../parts/ui.js';
import { t } from '../../parts/texts.js';
import { post } from '../../parts/api.js';
import { useAct } from '../../parts/load.js';
import { Button, SelectField } from '../../parts/forms.js';
import { Card, Notice } from '../../parts/page.js';
import { Phone, SmsBubbles } from '../../parts/phone.js';
import { Icon } from '../../parts/icons.js';
import { keysOf } from './length.js';
import { answerWords, cut } from './words.js';

const NOTHING = { items: [], state: null, question: null, ended: null, parts: 0 };

/**
 * A conversation with a version of a survey, or with its draft as it was saved.
 * @param {string} uuid of the survey
 * @param {string|number} version
 * @param {(uuid: string|null) => void} onQuestion is told of the question that waits
 */
function useConversation(uuid, version, onQuestion) {
  const [talk, setTalk] = useState(NOTHING);
  const [step, act] = useAct(async (say, before) => {
    const heard = say === undefined ? [] : [{ from: 'them', text: say }];
    if (say !== undefined) setTalk((was) => ({ ...was, items: [...was.items, ...heard] }));
    try {
      const made = await post(`/surveys/${uuid}/simulate`, { version, ...(say === undefined ? {} : { say, state: before }) });
      setTalk((was) => follow(say === undefined ? NOTHING : was, made));
      onQuestion(made.question_uuid);
    } catch (error) {
      setTalk((was) => (say === undefined ? NOTHING : { ...was, items: was.items.slice(0, -1) }));
      throw error;
    }
  });
  return { talk, act, begin: () => step(), say: (text) => step(text, talk.state), forget: () => { setTalk(NOTHING); onQuestion(null); } };
}

/** What was said before and what it was taken for, and what is said now. */
function follow(was, made) {
  const heard = was.items.at(-1);
  const items = heard ? [...was.items.slice(0, -1), { ...heard, note: html`<${Understood} made=${made}/>` }] : [];
  return {
    items: made.say ? [...items, { from: 'us', text: made.say }] : items,
    state: made.state, question: made.question_uuid, ended: made.ended, parts: was.parts + made.parts,
  };
}

/** What people may answer with one tap: of a choice, a scale, or yes and no. */
function shortcuts(question) {
  if (!question) return [];
  if (question.options.length) return keysOf(question).map((key, place) => ({ say: key, label: `${key} · ${cut(question.options[place].label, 18)}` }));
  if (question.type === 'yes_no') return ['yes', 'no'].map((key) => ({ say: t(`surveys.say.${key}`), label: t(`surveys.say.${key}`) }));
  if (question.type === 'nps' || question.type === 'rating') {
    const [min, max] = [question.min ?? 0, question.max ?? 10];
    return max - min > 10 ? [] : Array.from({ length: max - min + 1 }, (_, at) => ({ say: String(min + at), label: String(min + at) }));
  }
  return [];
}

/**
 * @param {{survey: object, questions: object[], dirty?: boolean, busy?: boolean, onSave?: () => Promise<any>, onQuestion: (uuid: string|null) => void}} props
 *   questions: those of the draft, for what can be tapped; dirty: the draft is not saved as it stands
 */
export function Simulator({ survey, questions, dirty, busy, onSave, onQuestion }) {
  const [version, setVersion] = useState('draft');
  const { talk, act, begin, say, forget } = useConversation(survey.uuid, version === 'draft' ? 'draft' : Number(version), onQuestion);
  useEffect(() => () => onQuestion(null), []);
  const choose = (next) => {
    setVersion(next);
    forget();
  };
  const isDraft = version === 'draft';
  const stale = isDraft && dirty;
  const restart = async () => {
    if (stale && !(await onSave())) return;
    begin();
  };
  const newest = String(survey.version);
  const versions = [['draft', t('surveys.the_draft')], ...(survey.version ? [[newest, t('surveys.version_n', { number: newest })]] : [])];
  const asked = questions.find((question) => question.uuid === talk.question);
  const empty = !survey.question_count && isDraft && !questions.length;
  return html`<${Card} title=${t('surveys.try')} class="sv-simulator">
    <div class="sv-try-head">
      <${SelectField} name="version" label=${t('surveys.try_version')} value=${version} onInput=${choose} options=${versions}/>
      <${Button} icon=${talk.items.length ? 'undo' : 'play'} onClick=${restart} busy=${busy} disabled=${empty} kind=${talk.items.length ? 'plain' : 'primary'}>
        ${t(stale ? 'surveys.save_and_try' : talk.items.length ? 'surveys.restart' : 'surveys.begin')}</${Button}>
    </div>
    <${Phone} title=${survey.sender_id || t('surveys.no_code')}
      foot=${html`<${Answer} onSay=${say} busy=${act.busy} disabled=${!talk.state || Boolean(talk.ended)} taps=${shortcuts(asked)}/>`}>
      <${Talk} talk=${talk} empty=${empty}/>
    </${Phone}>
    ${act.error && html`<${Notice} kind="bad">${act.error.message}</${Notice}>`}
    <p class="muted small">${t('surveys.try_note')}</p>
  </${Card}>`;
}

function Talk({ talk, empty }) {
  const end = useRef(null);
  useEffect(() => {
    const box = end.current?.parentElement;
    if (box) box.scrollTop = box.scrollHeight;
  }, [talk.items.length, talk.ended]);
  return html`<div class="sv-talk" tabindex="0" role="log" aria-label=${t('surveys.conversation')}>
    ${talk.items.length ? html`<${SmsBubbles} items=${talk.items}/>` : html`<p class="muted small sv-quiet">${t(empty ? 'surveys.try_empty' : 'surveys.try_quiet')}</p>`}
    ${talk.ended && html`<${Ended} ended=${talk.ended} parts=${talk.parts}/>`}
    <span ref=${end}></span>
  </div>`;
}

/** What an answer was taken for. */
function Understood({ made }) {
  if (made.answered) return html`<span class="sv-understood"><${Icon} name="check" size="small"/> ${t('surveys.understood', { answer: cut(answerWords(made.answered), 40) })}</span>`;
  return !made.ended && html`<span class="sv-understood is-warn"><${Icon} name="info" size="small"/> ${t('surveys.not_understood')}</span>`;
}

function Ended({ ended, parts }) {
  const words = ended.reason ? t(`surveys.reason.${ended.reason}`) : t('surveys.ended_completed');
  return html`<p class=${`sv-ended small is-${ended.status}`}><${Icon}
    name=${ended.status === 'completed' ? 'circle-check' : 'circle-x'}/> ${words} ${t('surveys.ended_parts', { n: parts })}</p>`;
}

function Answer({ onSay, busy, disabled, taps }) {
  const [text, setText] = useState('');
  const field = useRef(null);
  useEffect(() => {
    if (disabled) setText('');
  }, [disabled]);
  const send = (what) => {
    if (!what.trim() || disabled || busy) return;
    onSay(what);
    setText('');
    field.current?.focus();
  };
  const submit = (event) => {
    event.preventDefault();
    send(text);
  };
  return html`<form class="sv-answer" onSubmit=${submit}>
    ${!disabled && taps.length > 0 && html`<div class="sv-taps">
      ${taps.map((tap) => html`<button type="button" key=${tap.say} disabled=${busy} onClick=${() => send(tap.say)}>${tap.label}</button>`)}
    </div>`}
    <div class="sv-say">
      <input ref=${field} name="say" aria-label=${t('surveys.your_answer')} placeholder=${t('surveys.your_answer')} value=${text} disabled=${disabled}
        autocomplete="off" maxlength="2000" onInput=${(event) => setText(event.target.value)}/>
      <button type="submit" class="sv-send" disabled=${disabled || busy || !text.trim()} aria-label=${t('surveys.say_it')}><${Icon} name="send"/></button>
    </div>
  </form>`;
}
