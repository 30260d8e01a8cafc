// What the parts of a survey are called: questions, where they lead, what rules look at, what answers mean.
import { t, textOr } from '../../parts/texts.js';
import { day, number } from '../../parts/format.js';
import { isChoice, needsValue } from './draft.js';

/**
 * A text in one line, no longer than so many characters.
 * @param {string} text
 * @param {number} most
 */
export function cut(text, most) {
  const characters = [...text.replace(/\s+/g, ' ').trim()];
  return characters.length > most ? `${characters.slice(0, most - 1).join('').trimEnd()}…` : characters.join('');
}

/** A question by its number and its beginning: `2. What went wrong?` */
export function questionName(draft, uuid, most = 40) {
  const place = draft.questions.findIndex((question) => question.uuid === uuid);
  if (place < 0) return t('surveys.no_such_question');
  return t('surveys.numbered', { number: String(place + 1), text: cut(draft.questions[place].text, most) || t('surveys.untitled') });
}

/** Where something leads: a question, or the end. */
export const targetName = (draft, to, most) => (to === 'end' ? t('surveys.the_end') : questionName(draft, to, most));

/** The same, short: `→ 3`, `→ end`. */
export function targetMark(draft, to) {
  const place = draft.questions.findIndex((question) => question.uuid === to);
  return place < 0 ? t('surveys.mark.end') : t('surveys.mark.question', { number: String(place + 1) });
}

/** What a comparison is called for answers of a kind. */
export const opWords = (type, op) => textOr(`surveys.op_of.${type}.${op}`, t(`surveys.op.${op}`));

/** A day that an answer or a rule names, which is the same in every zone. */
export const dayWords = (iso) => (/^\d{4}-\d\d-\d\d$/.test(iso) ? day(`${iso}T12:00:00Z`) : String(iso));

/** A value that a rule compares with. */
export function comparedWords(question, value) {
  if (Array.isArray(value)) return value.map((each) => comparedWords(question, each)).join(t('surveys.or'));
  if (isChoice(question.type)) return question.options.find((option) => option.uuid === value)?.label || t('surveys.no_such_option');
  if (typeof value === 'boolean') return t(value ? 'common.yes' : 'common.no');
  if (value === null || value === undefined || value === '') return '…';
  return typeof value === 'number' ? number(value) : question.type === 'date' ? dayWords(value) : t('surveys.quoted', { text: String(value) });
}

/** Which answers a rule is for: `is at most 6`, `Answer 1 is Good`. */
export function ruleWords(draft, owner, rule) {
  const { question: uuid, op, value } = rule.when;
  const asked = uuid && uuid !== owner.uuid ? draft.questions.find((each) => each.uuid === uuid) : owner;
  if (!asked) return t('surveys.no_such_question');
  const said = needsValue(op) ? t('surveys.compared', { op: opWords(asked.type, op), value: comparedWords(asked, value) }) : opWords(asked.type, op);
  if (asked === owner) return said;
  return t('surveys.of_answer', { number: String(draft.questions.indexOf(asked) + 1), said });
}

/** The same as short as can be, for the map: `≥ 9`, `Good`, `1: Yes`. */
function ruleMark(draft, owner, rule) {
  const { question: uuid, op, value } = rule.when;
  const asked = uuid && uuid !== owner.uuid ? draft.questions.find((each) => each.uuid === uuid) : owner;
  if (!asked || !needsValue(op)) return ruleWords(draft, owner, rule);
  const named = op === 'eq' || op === 'in' || op === 'includes' ? comparedWords(asked, value) : t('surveys.compared', { op: t(`surveys.op_mark.${op}`), value: comparedWords(asked, value) });
  return asked === owner ? named : t('surveys.mark.of_answer', { number: String(draft.questions.indexOf(asked) + 1), said: named });
}

/** Who goes a way, as short as can be. */
export const wayMark = (draft, question, way) => (way.rule ? ruleMark(draft, question, way.rule) : wayWords(draft, question, way));

/** Who goes a way: by an option, by a rule, or all others. */
export function wayWords(draft, question, way) {
  if (way.option) return way.option.label || t('surveys.untitled');
  return way.rule ? ruleWords(draft, question, way.rule) : t('surveys.else');
}

/**
 * What an answer means, for people.
 * @param {{type: string, value: any, labels: string[]|null}} answer
 */
export function answerWords({ type, value, labels }) {
  if (value === null) return t('surveys.answer.none');
  if (labels?.length) return labels.join(', ');
  if (typeof value === 'boolean') return t(value ? 'common.yes' : 'common.no');
  if (typeof value === 'number') return number(value);
  return type === 'date' ? dayWords(value) : Array.isArray(value) ? value.join(', ') : String(value);
}

/** What is wrong, in a sentence: of what the API names by a code, and else as the API says it. */
export function faultWords(fault) {
  const said = fault.message ? fault.message[0].toUpperCase() + fault.message.slice(1) : '';
  return textOr(`surveys.fault.${fault.code}`, said);
}
