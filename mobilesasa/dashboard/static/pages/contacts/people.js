/** Helpers about people: what they are called, how they are shown, and who has a phone. */
import { html, signal, useEffect } from '../../parts/ui.js';
import { get } from '../../parts/api.js';
import { canRead, team } from '../../parts/session.js';
import { Icon } from '../../parts/icons.js';
import { phone as shownPhone } from '../../parts/format.js';

const AT_ONCE = 3; // look-ups of names under way; a list must not keep the node busy

/**
 * @param {{first_name?: string|null, last_name?: string|null, phone: string}} person
 * @returns {string} their name; where there is none an empty text
 */
export function nameOf(person) {
  return [person.first_name, person.last_name].filter(Boolean).join(' ');
}

/** Return what somebody is called: the name, else the phone. */
export function calledOf(person) {
  return nameOf(person) || shownPhone(person.phone);
}

function initialsOf(name) {
  const words = name.split(/\s+/).map((word) => word.match(/[\p{L}\p{N}]/u)?.[0]).filter(Boolean);
  const letters = words.length > 1 ? [words[0], words[words.length - 1]] : words;
  return letters.join('').toLocaleUpperCase();
}

/**
 * A round mark with somebody's initials; says nothing to a screen reader, for the name stands beside it.
 *
 * @param {{name?: string, large?: boolean}} props
 */
export function Initials({ name = '', large = false }) {
  const letters = initialsOf(name);
  return html`<span class=${large ? 'pp-initials large' : 'pp-initials'} aria-hidden="true">
    ${letters || html`<${Icon} name="user" />`}
  </span>`;
}

/**
 * Somebody in a list: initials, the name and below it the phone.
 *
 * @param {{person: {phone: string}, large?: boolean}} props
 */
export function PersonLine({ person, large = false }) {
  const name = nameOf(person);
  return html`<span class="pp-person">
    <${Initials} name=${name} large=${large} />
    <span class="pp-person-words">
      <span class="pp-person-name truncate">${name || shownPhone(person.phone)}</span>
      ${name && html`<span class="muted small num truncate">${shownPhone(person.phone)}</span>`}
    </span>
  </span>`;
}

/** Return an attribute's value as a person reads it. */
export function valueText(value, words) {
  if (value === true) return words.yes;
  if (value === false) return words.no;
  return String(value);
}

/**
 * Take a text with numbers apart, however they are parted.
 *
 * @param {string} text
 * @returns {string[]} each once, in order
 */
export function phonesIn(text) {
  const found = text.split(/[\n\r,;\t|]+/).map((each) => each.trim()).filter(Boolean);
  return [...new Set(found)];
}

/** Return an array in pieces of so many at most. */
export function pieces(items, size) {
  const made = [];
  for (let at = 0; at < items.length; at += size) made.push(items.slice(at, at + size));
  return made;
}

/**
 * Call a function for each item, some at a time; the first failure ends it.
 *
 * @param {any[]} items
 * @param {(item: any) => Promise<any>} call
 * @param {number} atOnce
 * @returns {Promise<any[]>} what came of each, in their order
 */
export async function eachOf(items, call, atOnce = 4) {
  const outcomes = new Array(items.length);
  let next = 0;
  const work = async () => {
    while (next < items.length) {
      const at = next++;
      outcomes[at] = await call(items[at]);
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, work));
  return outcomes;
}

const known = signal({ team: null, people: {} }); // by phone: the contact, or null where there is none
const asked = new Set();
const waiting = []; // of {code, number}
let running = 0;

/** Return the contact of a phone; null where the team has none. */
export async function findPerson(number, signal) {
  const page = await get('/contacts', { search: number, page_size: 10 }, { signal });
  return page.items.find((each) => each.phone === number) ?? null;
}

/** Keep what is known of a phone, where somebody has just looked. */
export function rememberPerson(number, person) {
  const code = team.value?.code;
  const people = known.value.team === code ? known.value.people : {};
  known.value = { team: code, people: { ...people, [number]: person } };
  asked.add(`${code} ${number}`);
}

async function lookUp() {
  running += 1;
  while (waiting.length) {
    const { code, number } = waiting.shift();
    const person = code === team.value?.code ? await findPerson(number).catch(() => undefined) : undefined;
    if (person !== undefined && code === team.value?.code) rememberPerson(number, person);
    else asked.delete(`${code} ${number}`);
  }
  running -= 1;
}

/**
 * Look up whose numbers these are, a few at a time, and each once.
 *
 * @param {string[]} numbers E.164
 * @returns {Record<string, object|null|undefined>} contacts by phone: null where there is none, undefined: not known yet
 */
export function usePeople(numbers) {
  const code = team.value?.code;
  useEffect(() => {
    if (!canRead('contacts')) return;
    for (const number of numbers) {
      const key = `${code} ${number}`;
      if (!number.startsWith('+') || asked.has(key)) continue;
      asked.add(key);
      waiting.push({ code, number });
    }
    while (running < AT_ONCE && waiting.length) lookUp();
  }, [code, numbers.join()]);
  return known.value.team === code ? known.value.people : {};
}
