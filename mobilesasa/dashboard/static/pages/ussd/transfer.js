/** Menus as files: JSON out, and JSON in, with what is wrong with a file in words. */
import { save } from '../../parts/api.js';
import { t } from '../../parts/texts.js';
import { KINDS, definitionOf, isName } from './draft.js';

const LARGEST = 2_000_000; // octets; a menu of 500 full screens has half of it

/** Have the browser save a menu. */
export function exportMenu(definition, suffix = '') {
  const stem = definition.name.toLowerCase().normalize('NFKD').replace(/[^a-z0-9]+/g, '-').replace(/^-+|-+$/g, '').slice(0, 60) || 'menu';
  const text = `${JSON.stringify(definitionOf(definition), null, 2)}\n`;
  save(new Blob([text], { type: 'application/json' }), `${stem}${suffix}.ussd.json`);
}

/**
 * Read a file that somebody chose.
 * @param {File} file
 * @returns {Promise<object>} a definition
 * @throws {Error} its message is for people
 */
export async function readFile(file) {
  if (file.size > LARGEST) throw new Error(t('ussd.import.large'));
  return readText(await file.text(), file.name.replace(/(\.ussd)?\.json$/i, ''));
}

/** Read what stands in a file, or was pasted: a menu as it is exported, or an answer of the API with one in it. */
export function readText(text, name = '') {
  let read;
  try {
    read = JSON.parse(text);
  } catch (error) {
    throw new Error(t('ussd.import.not_json', { why: error.message }), { cause: error });
  }
  const menu = isObject(read?.data) ? read.data : read;
  if (!isObject(menu) || !isObject(menu.screens)) throw new Error(t('ussd.import.no_screens'));
  for (const [id, screen] of Object.entries(menu.screens)) {
    if (!isName(id)) throw new Error(t('ussd.import.bad_name', { name: id.slice(0, 80) }));
    if (!isObject(screen) || !KINDS.includes(screen.kind)) throw new Error(t('ussd.import.bad_kind', { name: id, kinds: KINDS.join(', ') }));
  }
  return definitionOf({ ...menu, name: typeof menu.name === 'string' && menu.name.trim() ? menu.name : name || t('ussd.nameless') });
}

const isObject = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);
