/** What screens may name outside of their menu: approved senders, live surveys, groups, attributes of contacts. */
import { get } from '../../parts/api.js';
import { useLoad } from '../../parts/load.js';
import { canRead } from '../../parts/session.js';

const MOST = 100; // of each; whoever has more writes the uuid

/**
 * @returns {{senders: object[]|null, surveys: object[]|null, groups: object[]|null, attributes: string[]}} null: they cannot be read, or not yet
 */
export function useThings() {
  const { data } = useLoad((signal) => things(signal), []);
  return data ?? { senders: null, surveys: null, groups: null, attributes: [] };
}

async function things(signal) {
  const [senders, surveys, groups, attributes] = await Promise.all([
    read(['messages', 'campaigns', 'team'], '/sender-ids', { status: 'approved', page_size: MOST }, signal),
    read(['surveys'], '/surveys', { status: 'live', page_size: MOST }, signal),
    read(['groups'], '/groups', { page_size: MOST }, signal),
    read(['contacts'], '/contacts/attributes', {}, signal),
  ]);
  return { senders, surveys, groups, attributes: attributes ?? [] };
}

/** One list, or null where it cannot be had: the editor asks for a name or a uuid then. */
async function read(scopes, path, query, signal) {
  if (!scopes.some(canRead)) return null;
  try {
    return (await get(path, query, { signal })).items;
  } catch (error) {
    if (error.name === 'AbortError') throw error;
    return null;
  }
}

/** What a survey or a group is called; its uuid where that is not known. */
export function nameOf(list, uuid) {
  return list?.find((each) => each.uuid === uuid)?.name ?? uuid;
}
