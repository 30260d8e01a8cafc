/** Calls that may not be done twice: who tries again after a lost answer gets the answer of the first. */
import { newKey, post } from './api.js';

const LONGEST_MS = 600_000; // who says the same later than this means it anew
const waiting = new Map(); // what a call says → its key, until it has succeeded

function keyOf(what) {
  const held = waiting.get(what);
  if (held && Date.now() - held.at < LONGEST_MS) {
    return held.key;
  }
  const key = newKey();
  waiting.set(what, { key, at: Date.now() });
  return key;
}

/**
 * Do something under a key that stays the same for the same until it has succeeded; what the API refuses keeps no key there, so that it
 * can be tried again under it.
 * @template T
 * @param {any} of what the call says, for JSON
 * @param {(key: string) => Promise<T>} act
 * @returns {Promise<T>}
 */
export async function once(of, act) {
  const what = JSON.stringify(of);
  const made = await act(keyOf(what));
  waiting.delete(what);
  return made;
}

/** `post` of `api.js` for what makes, sends or charges something. @param {string} path @param {object} [body] */
export const postOnce = (path, body) => once([path, body], (key) => post(path, body, { key }));
