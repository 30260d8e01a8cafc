/** What the forms of the platform choose from, and how prefixes are written. */
import { get } from '../../parts/api.js';
import { useLoad } from '../../parts/load.js';
import { t } from '../../parts/texts.js';

/** The names of all carriers, as choices. @returns {[string, string][]} */
export function useCarriers() {
  const load = useLoad((signal) => get('/admin/carriers', {}, { signal }), []);
  return (load.data?.items ?? []).map((each) => [each.name, each.name]);
}

/** A prefix in a path: `default` stands for the empty one. @param {string} prefix */
export const inPath = (prefix) => encodeURIComponent(plain(prefix) || 'default');

/** A prefix as the API writes it: digits without the plus. @param {string} [prefix] */
export const plain = (prefix) => (prefix ?? '').trim().replace(/^\+/, '');

/** A prefix in words. @param {string} prefix */
export const prefixWords = (prefix) => (prefix ? `+${prefix}` : t('admin.choices.default'));

/** What was left empty as null. @param {any} value */
export const orNull = (value) => (value === '' || value === undefined ? null : value);

/** Choices of words with texts below a key, and one for none of them. @param {string[]} words @param {string} below */
export const optionsOf = (words, below) => words.map((each) => [each, t(`${below}.${each}`)]);
