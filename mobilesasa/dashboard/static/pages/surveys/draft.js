// The draft of a survey as the builder holds it, and what can be done with it: values in, values out, nothing is changed in place.
//
// Options and questions have their uuid from the beginning, and a rule that looks at a choice has the uuids of options as its value
// (the API takes either), so that nothing breaks when a code is written otherwise. Codes that are only places are kept empty.

export const KINDS = ['single_choice', 'multiple_choice', 'rating', 'nps', 'yes_no', 'number', 'date', 'text'];
export const OPTIONS = { reask: 2, reminder_after_h: 24, lapse_after_h: 48, repeat: 'once', invitation_valid_h: 72 };
export const QUESTIONS_MAX = 100;
export const OPTIONS_MAX = 50;
export const BOUNDS = { rating: [1, 5], nps: [0, 10] };

const EITHER = ['answered', 'unanswered'];
const EQUAL = ['eq', 'ne', 'in', ...EITHER];
const ORDERED = ['lt', 'lte', 'gt', 'gte', ...EQUAL];
/** How rules may look at answers of each kind, the usual way first. */
export const OPS = {
  single_choice: EQUAL,
  multiple_choice: ['includes', 'excludes', ...EITHER],
  rating: ['lte', 'gte', 'lt', 'gt', ...EQUAL],
  nps: ['lte', 'gte', 'lt', 'gt', ...EQUAL],
  number: ORDERED,
  date: ORDERED,
  yes_no: ['eq', 'ne', ...EITHER],
  text: ['includes', 'excludes', 'eq', 'ne', 'in', ...EITHER],
};

/** @param {string} type */
export const isChoice = (type) => type === 'single_choice' || type === 'multiple_choice';
/** @param {string} op */
export const needsValue = (op) => !EITHER.includes(op);

/** A uuid, also where the context is not secure. */
export function newUuid() {
  const octets = crypto.getRandomValues(new Uint8Array(16));
  octets[6] = (octets[6] & 0x0f) | 0x40;
  octets[8] = (octets[8] & 0x3f) | 0x80;
  const hex = [...octets].map((octet) => octet.toString(16).padStart(2, '0')).join('');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}

/** A new option. */
export const newOption = (label = '') => ({ uuid: newUuid(), code: '', label, next: null });

/**
 * A new question of a type.
 * @param {string} type one of KINDS
 */
export function newQuestion(type) {
  const [min, max] = BOUNDS[type] ?? [null, null];
  return {
    uuid: newUuid(), code: '', type, text: '', required: true, show_options: true, min, max, whole: false,
    options: isChoice(type) ? [newOption(), newOption()] : [], min_select: 1, max_select: null, rules: [], next: null,
  };
}

/**
 * A new rule of a question.
 * @param {{type: string}} question
 */
export const newRule = (question) => ({
  uuid: newUuid(), next: 'end', when: { question: null, op: OPS[question.type][0], value: firstValue(question) },
});

/** The value that a rule begins with. */
export function firstValue(question) {
  if (isChoice(question.type)) return question.options[0]?.uuid ?? null;
  return { yes_no: true, rating: 2, nps: 6, number: null, date: '', text: '' }[question.type];
}

/**
 * The draft of a survey, or a version of one, as it is edited.
 * @param {object} shown SurveyShown or VersionShown
 */
export function fromShown(shown) {
  const questions = shown.questions.map(questionFrom);
  return {
    name: shown.name, language: shown.language, sender_id: shown.sender_id ?? '', keyword: shown.keyword ?? '',
    introduction: shown.introduction, thanks: shown.thanks, texts: { ...shown.texts }, options: { ...shown.options },
    questions: questions.map((question) => ({ ...question, rules: question.rules.map((rule) => ruleFrom(rule, question, questions)) })),
  };
}

function questionFrom(shown) {
  const places = shown.options.every((option, place) => option.code === String(place + 1));
  return {
    ...newQuestion(shown.type), ...shown, code: shown.code ?? '',
    options: shown.options.map((option) => ({ next: null, ...option, code: places ? '' : option.code })),
  };
}

function ruleFrom(rule, owner, questions) {
  const looked = questions.find((question) => question.uuid === (rule.when.question ?? owner.uuid));
  const named = (value) => {
    const place = looked?.options.findIndex((option, at) => (option.code || String(at + 1)) === value) ?? -1;
    return place < 0 ? value : looked.options[place].uuid;
  };
  const value = Array.isArray(rule.when.value) ? rule.when.value.map(named) : named(rule.when.value);
  return { uuid: newUuid(), next: rule.next, when: { ...rule.when, value } };
}

/**
 * The body of PUT /surveys/{uuid}.
 * @param {object} draft
 */
export function toBody(draft) {
  return {
    name: draft.name, language: draft.language, sender_id: draft.sender_id || null, keyword: draft.keyword.trim() || null,
    introduction: draft.introduction, thanks: draft.thanks, texts: draft.texts, options: draft.options,
    questions: draft.questions.map(questionBody),
  };
}

function questionBody(question) {
  const { uuid, type, text, required, show_options, next } = question;
  const body = { uuid, code: question.code.trim() || null, type, text, required, next, rules: question.rules.map(ruleBody) };
  if (isChoice(type)) {
    body.show_options = show_options;
    body.options = question.options.map((option) => optionBody(option, type));
  }
  if (type === 'multiple_choice') Object.assign(body, { min_select: question.min_select, max_select: question.max_select });
  if (type === 'number' || type === 'rating') Object.assign(body, { min: question.min, max: question.max });
  if (type === 'number') body.whole = question.whole;
  return body;
}

function optionBody({ uuid, code, label, next }, type) {
  const body = { uuid, label, ...(code.trim() ? { code: code.trim() } : {}) };
  return type === 'single_choice' ? { ...body, next } : body;
}

function ruleBody({ when, next }) {
  return { when: needsValue(when.op) ? when : { question: when.question, op: when.op }, next };
}

/** Say whether two drafts say the same. */
export const isSame = (one, other) => JSON.stringify(toBody(one)) === JSON.stringify(toBody(other));

/** The draft with a question changed. */
export function changed(draft, uuid, patch) {
  return { ...draft, questions: draft.questions.map((each) => (each.uuid === uuid ? { ...each, ...patch } : each)) };
}

/** The draft with a question more, behind a place; -1: at the beginning. */
export function added(draft, question, place = draft.questions.length - 1) {
  return { ...draft, questions: [...draft.questions.slice(0, place + 1), question, ...draft.questions.slice(place + 1)] };
}

/** A list with what is at a place moved to another. */
export function moved(list, from, to) {
  if (to < 0 || to >= list.length || from === to) return list;
  const rest = list.filter((_, place) => place !== from);
  return [...rest.slice(0, to), list[from], ...rest.slice(to)];
}

/** A question once more, with a uuid of its own, and so its options. */
export function copied(question) {
  const uuids = new Map(question.options.map((option) => [option.uuid, newUuid()]));
  const named = (value) => (Array.isArray(value) ? value.map(named) : uuids.get(value) ?? value);
  return {
    ...question, uuid: newUuid(), code: '',
    options: question.options.map((option) => ({ ...option, uuid: uuids.get(option.uuid) })),
    rules: question.rules.map((rule) => ({ ...rule, uuid: newUuid(), when: { ...rule.when, value: named(rule.when.value) } })),
  };
}

/** How often other questions lead to one, or look at its answer. */
export function mentions(draft, uuid) {
  return draft.questions.filter((each) => each.uuid !== uuid).reduce((sum, question) => sum
    + (question.next === uuid) + question.options.filter((option) => option.next === uuid).length
    + question.rules.filter((rule) => rule.next === uuid || rule.when.question === uuid).length, 0);
}

/** The draft without a question, and without what led to it or looked at its answer. */
export function removed(draft, uuid) {
  const kept = (next) => (next === uuid ? null : next);
  return {
    ...draft,
    questions: draft.questions.filter((question) => question.uuid !== uuid).map((question) => ({
      ...question, next: kept(question.next),
      options: question.options.map((option) => ({ ...option, next: kept(option.next) })),
      rules: question.rules.filter((rule) => rule.next !== uuid && rule.when.question !== uuid),
    })),
  };
}

/** What of a question changes with its type: what only the old one had goes, and rules that cannot look at the new one. */
export function retyped(question, type) {
  const fresh = newQuestion(type);
  const options = !isChoice(type) ? [] : isChoice(question.type) ? question.options : fresh.options;
  const both = isChoice(type) && isChoice(question.type);
  const fits = (rule) => rule.when.question || !needsValue(rule.when.op) || (both && OPS[type].includes(rule.when.op));
  return { type, options, min: fresh.min, max: fresh.max, whole: false, min_select: 1, max_select: null, rules: question.rules.filter(fits) };
}
