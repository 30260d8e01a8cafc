/** The words that people read: one catalogue an area and language, loaded with the page; `t` finds them. */
import { signal } from './ui.js';

const FALLBACK = 'en';
const KEPT = 'mobilesasa.language';

/** The languages there are catalogues of; Swahili comes as `['sw', 'Kiswahili']` with its folder under texts/. */
export const LANGUAGES = [['en', 'English']];

/** The language of the texts, which numbers, times and plurals follow too. */
export const language = signal(chosen());

const catalogues = new Map(); // area → its texts
const under_way = new Map(); // area → the promise of them
const rules = new Map(); // language → Intl.PluralRules
const missed = new Set();

function chosen() {
  const known = LANGUAGES.map(([code]) => code);
  const wanted = [kept(), ...(navigator.languages ?? []).map((each) => each.slice(0, 2))];
  return wanted.find((each) => known.includes(each)) ?? FALLBACK;
}

function kept() {
  try {
    return localStorage.getItem(KEPT);
  } catch {
    return null;
  }
}

/** Keep another language, and begin anew with it. */
export function chooseLanguage(code) {
  try {
    localStorage.setItem(KEPT, code);
  } catch {
    // private windows of some browsers keep nothing: the language holds until the page is left
  }
  location.reload();
}

/**
 * Load the texts of areas, each once.
 * @param {string[]} areas names of files under texts/<language>/
 */
export async function loadTexts(areas) {
  await Promise.all(areas.map((area) => {
    if (!under_way.has(area)) {
      under_way.set(area, loadArea(area).catch((error) => {
        under_way.delete(area);
        throw error;
      }));
    }
    return under_way.get(area);
  }));
}

async function loadArea(area) {
  const main = (await import(`../texts/${FALLBACK}/${area}.js`)).default;
  const own = language.value === FALLBACK ? {} : (await import(`../texts/${language.value}/${area}.js`)).default;
  catalogues.set(area, { ...main, ...own });
}

/** Give the texts of an area that somebody has imported already. */
export function addTexts(area, texts) {
  catalogues.set(area, texts);
}

function find(key) {
  const dot = key.indexOf('.');
  const area = catalogues.get(key.slice(0, dot));
  const rest = key.slice(dot + 1);
  return at(area, rest) ?? at(catalogues.get('common'), key);
}

function at(catalogue, key) {
  if (catalogue === undefined) {
    return undefined;
  }
  if (key in catalogue) {
    return catalogue[key];
  }
  const dot = key.indexOf('.');
  const inner = dot > 0 ? catalogue[key.slice(0, dot)] : undefined;
  return inner !== null && typeof inner === 'object' ? at(inner, key.slice(dot + 1)) : undefined;
}

/** Whether there is a text of that key. */
export function has(key) {
  return find(key) !== undefined;
}

function plural(forms, n) {
  if (!rules.has(language.value)) {
    rules.set(language.value, new Intl.PluralRules(language.value));
  }
  return forms[rules.get(language.value).select(Number(n))] ?? forms.other;
}

function found(key, values) {
  const text = find(key);
  if (typeof text === 'string') {
    return text;
  }
  if (text !== null && typeof text === 'object' && 'other' in text) {
    return plural(text, values.n ?? 0);
  }
  if (!missed.has(key)) {
    missed.add(key);
    console.error(`no text of the key ${key}`);
  }
  return key;
}

function shown(value) {
  return typeof value === 'number' ? value.toLocaleString(language.value) : String(value ?? '');
}

/**
 * The text of a key, as `area.name`. `{n}` in it becomes values.n, a number with separators; a text of several forms
 * (`{ one: '…', other: '…' }`) is chosen by values.n.
 * @param {string} key
 * @param {Record<string, string|number|null|undefined>} [values]
 * @returns {string}
 */
export function t(key, values = {}) {
  return found(key, values).replace(/\{(\w+)\}/g, (whole, name) => (name in values ? shown(values[name]) : whole));
}

/**
 * As `t`, but values may be elements: gives what can be a child in a template.
 * @param {string} key
 * @param {Record<string, any>} values
 * @returns {any[]}
 */
export function rich(key, values = {}) {
  return found(key, values).split(/(\{\w+\})/g).filter(Boolean).map((piece) => {
    const name = /^\{(\w+)\}$/.exec(piece)?.[1];
    if (name === undefined || !(name in values)) {
      return piece;
    }
    const value = values[name];
    return value !== null && typeof value === 'object' ? value : shown(value);
  });
}

/** The text of a key, or another one where there is none: for words that come from the server. */
export function textOr(key, other, values = {}) {
  return has(key) ? t(key, values) : other;
}
