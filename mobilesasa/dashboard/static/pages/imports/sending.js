/** Files of contacts on their way to the node: looked at, tried, imported. */
import { upload } from '../../parts/api.js';
import { once, postOnce } from '../../parts/once.js';
import { team } from '../../parts/session.js';

export const MOST_OCTETS = 52_000_000;
export const KINDS = '.csv,.txt,.tsv,.xlsx';

/** What was asked for last, by the upload that it became: after a trial the same file can be imported without being chosen again. */
const held = { uuid: null, asked: null };

/** Return what was asked for with an upload, if this page still has its file. */
export const heldFor = (uuid) => (held.uuid === uuid ? held.asked : null);

/**
 * See how a file would be read; nothing is kept of it.
 *
 * @param {File} file
 * @param {(part: number) => void} onProgress
 * @param {AbortSignal} signal
 */
export function previewFile(file, onProgress, signal) {
  const form = new FormData();
  form.append('file', file, file.name);
  return upload('/contacts/import/preview', form, { onProgress, signal });
}

/**
 * @typedef {{file: File, mapping: Record<string, string>, onExisting: string, group: string, groupName: string}} Asked
 *   `group`: a uuid, '' for none, or 'new' for one of `groupName`
 */

const groups = new Map(); // team and name → uuid of those that were made for an import that has not begun yet

const placeOf = (asked) => `${team.value?.code} ${asked.groupName}`;

async function groupOf(asked, dry) {
  if (asked.group !== 'new') return asked.group;
  if (dry) return '';
  if (groups.has(placeOf(asked))) return groups.get(placeOf(asked));
  const made = await postOnce('/groups', { name: asked.groupName });
  groups.set(placeOf(asked), made.uuid); // it is there now, also when the file is refused
  return made.uuid;
}

/**
 * Send a file of contacts.
 *
 * @param {Asked} asked
 * @param {boolean} dry only count
 * @param {(part: number) => void} onProgress
 * @returns {Promise<object>} UploadShown
 */
export async function sendImport(asked, dry, onProgress) {
  const form = new FormData();
  const group = await groupOf(asked, dry);
  const said = { mapping: JSON.stringify(asked.mapping), on_existing: asked.onExisting, ...(group ? { group } : {}), dry_run: String(dry) };
  Object.entries(said).forEach(([name, value]) => form.append(name, value));
  form.append('file', asked.file, asked.file.name);
  const { name, size, lastModified } = asked.file;
  const begun = await once(['/contacts/import', said, name, size, lastModified], (key) => upload('/contacts/import', form, { onProgress, key }));
  groups.delete(placeOf(asked));
  held.uuid = dry ? begun.uuid : null;
  held.asked = dry ? asked : null;
  return begun;
}
