/**
 * What was between the team and a phone, newest first: several lists put into one, each of which goes on by itself.
 *
 * A list ("source") is read page by page. What is older than the oldest thing of a list that goes on is kept back until
 * that list has come as far: so nothing is shown before its place is sure, and nothing moves later.
 */
import { useCallback, useRef, useState } from '../../parts/ui.js';
import { get } from '../../parts/api.js';
import { useLoad } from '../../parts/load.js';

const SIZE = 30;

/**
 * @typedef {{kind: string, at: string, uuid: string, it: object}} Thing
 * @typedef {{name: string, read: (next: string|null, signal?: AbortSignal) => Promise<{items: Thing[], next: string|null}>}} Source
 */

const thing = (kind, at) => (it) => ({ kind, at: it[at], uuid: it.uuid, it });

/** The timeline of a contact; `kind` leaves one kind alone. */
export const timelineOf = (uuid, kind) => ({
  name: 'timeline',
  async read(next, signal) {
    const data = await get(`/contacts/${uuid}/timeline`, { kind, page_size: SIZE, before: next }, { signal });
    return { items: data.items.map((each) => ({ kind: each.kind, at: each.at, uuid: each.uuid, it: each[each.kind] })), next: data.next };
  },
});

/** Messages to a phone. */
export const messagesTo = (phone) => ({
  name: 'messages',
  async read(next, signal) {
    const page = await get('/messages', { phone, page_size: SIZE, cursor: next }, { signal });
    return { items: page.items.map(thing('message', 'created_at')), next: page.next_cursor };
  },
});

/** Messages from a phone. */
export const inboundFrom = (phone) => ({
  name: 'inbound',
  async read(next, signal) {
    const { items } = await get('/inbound', { phone, page_size: SIZE, before: next }, { signal });
    return { items: items.map(thing('inbound', 'received_at')), next: items.length === SIZE ? items[SIZE - 1].uuid : null };
  },
});

/** What keeps a phone from getting messages. */
export const suppressionsOf = (phone) => ({
  name: 'suppressions',
  async read(_next, signal) {
    const page = await get('/suppressions', { phone, page_size: 100 }, { signal });
    return { items: page.items.map(thing('suppression', 'created_at')), next: null };
  },
});

/** What a phone has dialled. */
export const ussdOf = (phone) => ({
  name: 'ussd',
  async read(next, signal) {
    const page = await get('/ussd/sessions', { phone, page_size: SIZE, cursor: next }, { signal });
    return { items: page.items.map(thing('ussd', 'started_at')), next: page.next_cursor };
  },
});

const idOf = (source, each) => `${source.name} ${each.kind} ${each.uuid}`;
const oldestOf = (items) => items.reduce((at, each) => (at === null || each.at < at ? each.at : at), null);

/** Newest first; of one second by their ids, which are made in order. */
function byTime(one, other) {
  if (one.at !== other.at) return one.at < other.at ? 1 : -1;
  return one.uuid < other.uuid ? 1 : -1;
}

/** Take the newest page of a list in: what it no longer has is gone. */
function takeNewest(kept, source, page) {
  const had = [...kept.things.keys()].filter((id) => id.startsWith(`${source.name} `));
  const now = new Set(page.items.map((each) => idOf(source, each)));
  const isFar = had.length > 0 && page.next !== null && !had.some((id) => now.has(id)); // more came than a page holds
  const oldest = page.next === null ? '' : oldestOf(page.items) ?? '';
  for (const id of had) {
    if (isFar || (kept.things.get(id).at >= oldest && !now.has(id))) kept.things.delete(id);
  }
  for (const each of page.items) kept.things.set(idOf(source, each), each);
  if (isFar || !kept.ends.has(source.name)) kept.ends.set(source.name, { next: page.next, oldest: oldestOf(page.items) });
}

/** Take an older page of a list in. */
function takeOlder(kept, source, page) {
  for (const each of page.items) kept.things.set(idOf(source, each), each);
  const before = kept.ends.get(source.name);
  kept.ends.set(source.name, { next: page.next, oldest: oldestOf(page.items) ?? before.oldest });
}

/** Return the time up to which all lists are known; an empty text where they are to their ends. */
function floorOf(kept) {
  let floor = '';
  for (const end of kept.ends.values()) {
    if (end.next !== null && (end.oldest ?? '') > floor) floor = end.oldest;
  }
  return floor;
}

/**
 * Read several lists as one.
 *
 * @param {Source[]} sources
 * @param {string} key names them: with another one all is read anew
 * @param {number} [everyS] how often the newest is asked for
 * @returns {{things: Thing[]|null, load: object, more: (() => Promise<void>)|null, add: (thing: Thing) => void, again: () => void}}
 *   `things`: null until they are there; `more` reads what is older, null: nothing is
 */
export function useStream(sources, key, everyS) {
  const ref = useRef(null);
  if (ref.current?.key !== key) ref.current = { key, things: new Map(), ends: new Map(), seen: null };
  const kept = ref.current;
  const [, drawn] = useState(0);
  const load = useLoad(
    async (signal) => ({ key, pages: await Promise.all(sources.map((each) => each.read(null, signal))) }),
    [key],
    { everyS },
  );
  if (load.data?.key === key && kept.seen !== load.data) {
    kept.seen = load.data;
    sources.forEach((source, at) => takeNewest(kept, source, load.data.pages[at]));
  }
  const floor = floorOf(kept);
  const more = useCallback(async () => {
    const bound = sources.filter((each) => kept.ends.get(each.name)?.next != null && (kept.ends.get(each.name).oldest ?? '') >= floor);
    const pages = await Promise.all(bound.map((each) => each.read(kept.ends.get(each.name).next)));
    bound.forEach((source, at) => takeOlder(kept, source, pages[at]));
    drawn((count) => count + 1);
  }, [kept, floor, key]);
  const add = useCallback((each) => {
    kept.things.set(`${sources[0].name} ${each.kind} ${each.uuid}`, each);
    drawn((count) => count + 1);
  }, [kept, key]);
  const things = kept.seen && [...kept.things.values()].filter((each) => each.at >= floor).sort(byTime);
  return { things, load, more: floor ? more : null, add, again: load.again };
}
