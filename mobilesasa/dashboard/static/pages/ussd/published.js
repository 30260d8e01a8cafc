/** A version of a menu, read when it is needed; a version never changes, so it is read once. */
import { get } from '../../parts/api.js';
import { useLoad } from '../../parts/load.js';

const KEPT = 30;
const known = new Map();

/**
 * @param {{uuid: string, version: number|null}} menu
 * @param {number} [version] the last one, unless another is said
 */
export function usePublished(menu, version = menu.version) {
  const read = version ? (signal) => versionOf(menu.uuid, version, signal) : null;
  return useLoad(read, [menu.uuid, version]);
}

/** One version of a menu. */
export async function versionOf(uuid, version, signal) {
  const key = `${uuid} ${version}`;
  if (!known.has(key)) {
    const read = await get(`/ussd/menus/${uuid}/versions/${version}`, {}, { signal });
    if (known.size >= KEPT) known.clear();
    known.set(key, read);
  }
  return known.get(key);
}
