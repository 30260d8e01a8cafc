/** The list of messages as its address asks for it, and as the API and exports are asked for the same. */
import { momentOf } from './days.js';

/** What of an address narrows the list. */
export const FILTERS = ['status', 'phone', 'sender', 'campaign_uuid', 'client_reference', 'message_id', 'date_from', 'date_to'];
const SAME = ['status', 'phone', 'sender', 'campaign_uuid', 'client_reference'];
/** Rows of a page, where the address does not say it. */
export const PAGE_SIZE = 20;

const UUID = /^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$/i;
const SMPP_ID = /^[0-9a-z]{20,26}$/i;

/** Say whether a text may be the uuid or the message_id of a message. */
export function isId(text) {
  return UUID.test(text) || SMPP_ID.test(text);
}

/** Return the filters that are set: {status: 'failed', …}. */
export function filtersOf(query) {
  return Object.fromEntries(FILTERS.filter((name) => query[name]).map((name) => [name, String(query[name]).trim()]));
}

/**
 * Return the query of GET /messages for an address.
 * @param {object} query of the page
 * @param {string} zone in which days begin
 * @returns {object|null} null: no message can fit
 */
export function listQuery(query, zone) {
  const { message_id: id, ...filters } = filtersOf(query);
  if (id && !isId(id)) {
    return null;
  }
  const asked = { page_size: query.page_size || PAGE_SIZE, message_id: id };
  for (const name of SAME) {
    asked[name] = filters[name];
  }
  asked.created_from = momentOf(filters.date_from, zone);
  asked.created_to = momentOf(filters.date_to, zone, true);
  return { ...asked, ...(query.cursor ? { cursor: query.cursor } : { page: query.page }) };
}

/** Return the filters of an export for an address; an id is none of them, for that is one message. */
export function exportFilters(query) {
  const { message_id: _, ...filters } = filtersOf(query);
  return filters;
}
