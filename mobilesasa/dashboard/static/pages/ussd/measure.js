/** How much a text takes on a phone's screen: septets of the GSM alphabet, or units of UCS-2 (3GPP TS 23.038 §6.2.1). */

const BASIC = new Set(
  '@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !"#¤%&\'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà',
);
const EXTENSION = new Set('\f^{}\\[~]|€');
/** What a person would type instead (the first of `mobilesasa/sms/replacements.py`; the composer of messages has them all). */
const TYPED = {
  "'": '‘’‚‛′ʼ`´', '"': '“”„‟″«»', '-': '‐‑‒–—―−', '...': '…', '*': '•·', x: '×', '->': '→', '<-': '←',
  ' ': '\t\u00a0\u2007\u2009\u200a\u202f', '': '\u00ad\u200b\u200c\u200d\u2060\ufe0e\ufe0f\ufeff',
};
const INSTEAD = new Map(Object.entries(TYPED).flatMap(([typed, all]) => [...all].map((each) => [each, typed])));

/** How many septets a text takes; null where the GSM alphabet lacks one of its characters. */
export function septets(text) {
  let taken = 0;
  for (const each of text) {
    if (BASIC.has(each)) taken += 1;
    else if (EXTENSION.has(each)) taken += 2;
    else return null;
  }
  return taken;
}

/** The characters of a text that the GSM alphabet lacks, each once, with what may stand instead (null: nothing is like it). */
export function lacking(text) {
  const found = new Map();
  for (const each of text) if (!BASIC.has(each) && !EXTENSION.has(each)) found.set(each, replacementOf(each));
  return [...found].map(([character, replacement]) => ({ character, replacement }));
}

/** A text with what may stand instead of the characters that have something like them. */
export function replaced(text) {
  return [...text].map((each) => (BASIC.has(each) || EXTENSION.has(each) ? each : (replacementOf(each) ?? each))).join('');
}

function replacementOf(character) {
  if (INSTEAD.has(character)) return INSTEAD.get(character);
  const plain = character.normalize('NFKD').replace(/[\u0300-\u036f]/g, '');
  return plain !== character && septets(plain) !== null ? plain : null;
}

/**
 * What a text takes.
 * @returns {{alphabet: 'gsm7'|'ucs2', taken: number, most: number}} `most` is what one screen of so many septets holds
 */
export function sizeOf(text, most = 182) {
  const taken = septets(text);
  return taken === null ? { alphabet: 'ucs2', taken: text.length, most: Math.floor(Math.ceil((most * 7) / 8) / 2) } : { alphabet: 'gsm7', taken, most };
}

/** How many parts a message takes: 160 septets or 70 units in one, 153 or 67 in each of several. */
export function partsOf(text) {
  const taken = septets(text);
  if (taken !== null) return taken <= 160 ? 1 : Math.ceil(taken / 153);
  return text.length <= 70 ? 1 : Math.ceil(text.length / 67);
}
