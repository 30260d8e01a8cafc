// How long a text of a survey is as messages: the rules of mobilesasa/sms/estimate.py, so that it can be told while somebody writes.

const BASIC = new Set(
  '@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !"#¤%&\'()*+,-./0123456789:;<=>?'
  + '¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà',
);
const EXTENSION = new Set('\f^{}\\[~]|€');
const ROOM = { gsm7: [160, 153], ucs2: [70, 67] };

/** The most parts that whatever is said at once may take. */
export const PARTS_MAX = 10;

/**
 * What a text takes.
 * @param {string} text
 * @returns {{parts: number, characters: number, left: number, alphabet: 'gsm7'|'ucs2', odd: string[]}}
 *   characters as phones count them; left: how many more go into the last part; odd: what forces UCS-2, each once
 */
export function measure(text) {
  const characters = [...text];
  const odd = [...new Set(characters.filter((c) => !BASIC.has(c) && !EXTENSION.has(c)))];
  const alphabet = odd.length ? 'ucs2' : 'gsm7';
  const sizes = characters.map((c) => (odd.length ? c.length : EXTENSION.has(c) ? 2 : 1));
  const total = sizes.reduce((sum, size) => sum + size, 0);
  const [single, part] = ROOM[alphabet];
  if (total <= single) return { parts: total ? 1 : 0, characters: total, left: single - total, alphabet, odd };
  let parts = 1;
  let used = 0;
  for (const size of sizes) {
    if (used + size > part) {
      parts += 1;
      used = 0;
    }
    used += size;
  }
  return { parts, characters: total, left: part - used, alphabet, odd };
}

const SHORT_CODE = 3;

/**
 * What stands before each option in the message: the codes where all are short, else 1, 2, 3.
 * @param {{options: {code: string}[]}} question
 * @returns {string[]}
 */
export function keysOf(question) {
  const codes = question.options.map((option, place) => option.code.trim() || String(place + 1));
  return codes.every((code) => code.length <= SHORT_CODE) ? codes : codes.map((_, place) => String(place + 1));
}

/**
 * A question as a phone gets it, with its options.
 * @param {object} question
 * @returns {string}
 */
export function asking(question) {
  const isChoice = question.type === 'single_choice' || question.type === 'multiple_choice';
  if (!isChoice || !question.show_options || !question.options.length) return question.text;
  const keys = keysOf(question);
  const lines = question.options.map((option, place) => `${keys[place]}. ${option.label}`);
  return [question.text, ...lines].join('\n');
}

/**
 * The first message: the introduction, and the first question behind it.
 * @param {{introduction: string, questions: object[]}} draft
 * @returns {string}
 */
export function opening(draft) {
  return [draft.introduction, ...draft.questions.slice(0, 1).map(asking)].filter(Boolean).join('\n');
}

/**
 * What is said at a place of the survey: of the first question with the introduction.
 * @param {{introduction: string, questions: object[]}} draft
 * @param {number} place
 * @returns {string}
 */
export function sayingAt(draft, place) {
  return place === 0 ? opening(draft) : asking(draft.questions[place]);
}
