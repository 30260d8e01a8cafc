/**
 * What the wizard knows of a campaign: read from what the API shows or from the URL, and written as what the API wants.
 * No component and no request is in here.
 */

export const STEPS = ['who', 'what', 'when', 'check'];

/** In which step a field of the API is asked for; a refusal of that field leads there. */
const STEP_OF_FIELD = {
  name: 'who', group_ids: 'who', exclude_group_ids: 'who', audience_id: 'who',
  message: 'what', sender_id: 'what', track_links: 'what', link_days: 'what',
  scheduled_at: 'when', repeat: 'when', trigger: 'when', rate_per_s: 'when', validity_minutes: 'when',
  stop_failures_percent: 'when', stop_complaints_percent: 'when',
};

export const FAILURES_PERCENT = 50;
export const COMPLAINTS_PERCENT = 5;
export const LINK_DAYS = 30;

/**
 * @typedef {{name: string, who: 'groups'|'file', groups: string[], excluded: string[], audience: string, message: string, sender: string,
 *   trackLinks: boolean, linkDays: number, when: 'now'|'at'|'repeat'|'joined', scheduledAt: string, rate: string|number, validity: string|number,
 *   stopFailures: number|null, stopComplaints: number|null, repeat: object, delay: string|number}} Draft
 */

/** @returns {object} how a series by the calendar begins: Mondays at nine */
function newRepeat() {
  return { every: 'week', at: '09:00', weekdays: [1], days: [1], ends: 'never', until: '', times: '' };
}

/** @returns {Draft} a campaign of which nothing is said yet */
export function emptyDraft() {
  return {
    name: '', who: 'groups', groups: [], excluded: [], audience: '', message: '', sender: '', trackLinks: false, linkDays: LINK_DAYS,
    when: 'now', scheduledAt: '', rate: '', validity: '', stopFailures: FAILURES_PERCENT, stopComplaints: COMPLAINTS_PERCENT,
    repeat: newRepeat(), delay: '',
  };
}

/**
 * @param {object} shown a campaign as the API shows it
 * @returns {Draft}
 */
export function draftOf(shown) {
  return {
    ...emptyDraft(),
    name: shown.name,
    who: shown.audience_id ? 'file' : 'groups',
    groups: shown.group_ids,
    excluded: shown.exclude_group_ids,
    audience: shown.audience_id ?? '',
    message: shown.message ?? '',
    sender: shown.sender,
    trackLinks: shown.track_links,
    linkDays: shown.link_days,
    when: whenOf(shown),
    scheduledAt: shown.scheduled_at ?? '',
    rate: shown.rate_per_s ?? '',
    validity: shown.validity_minutes ?? '',
    stopFailures: shown.stop_failures_percent,
    stopComplaints: shown.stop_complaints_percent,
    repeat: repeatOf(shown.repeat),
    delay: shown.trigger?.delay_minutes || '',
  };
}

function whenOf(shown) {
  if (shown.repeat) return 'repeat';
  if (shown.trigger) return 'joined';
  return shown.scheduled_at ? 'at' : 'now';
}

function repeatOf(repeat) {
  if (!repeat) return newRepeat();
  return {
    every: repeat.every,
    at: repeat.at,
    weekdays: repeat.weekdays.length ? repeat.weekdays : [1],
    days: repeat.days.length ? repeat.days : [1],
    ends: repeat.until ? 'until' : repeat.times ? 'times' : 'never',
    until: repeat.until ?? '',
    times: repeat.times ?? '',
  };
}

/**
 * @param {Draft} draft
 * @returns {object} the whole of it as `POST /campaigns` takes it
 */
export function bodyOf(draft) {
  const toFile = draft.who === 'file';
  return {
    name: draft.name.trim(),
    message: draft.message,
    sender_id: draft.sender,
    group_ids: toFile ? null : draft.groups,
    exclude_group_ids: draft.excluded.length ? draft.excluded : null,
    audience_id: toFile ? draft.audience || null : null,
    scheduled_at: draft.when === 'now' ? null : draft.scheduledAt || null,
    rate_per_s: numberOrNull(draft.rate),
    validity_minutes: numberOrNull(draft.validity),
    stop_failures_percent: numberOrNull(draft.stopFailures),
    stop_complaints_percent: numberOrNull(draft.stopComplaints),
    track_links: draft.trackLinks,
    link_days: numberOrNull(draft.linkDays) ?? LINK_DAYS,
    repeat: draft.when === 'repeat' ? repeatBody(draft.repeat) : null,
    trigger: draft.when === 'joined' ? { on: 'joined_group', delay_minutes: numberOrNull(draft.delay) ?? 0 } : null,
  };
}

function repeatBody(repeat) {
  return {
    every: repeat.every,
    at: repeat.at,
    weekdays: repeat.every === 'week' ? repeat.weekdays : null,
    days: repeat.every === 'month' ? repeat.days : null,
    until: repeat.ends === 'until' ? repeat.until || null : null,
    times: repeat.ends === 'times' ? numberOrNull(repeat.times) : null,
  };
}

function numberOrNull(written) {
  if (written === null || written === undefined || written === '') return null;
  const read = Number(written);
  return Number.isFinite(read) ? read : null;
}

/**
 * What of a draft is to be written: a time that has passed and was not touched must not be refused again.
 * @param {Draft} draft
 * @param {Draft|null} saved what the API has; null: nothing
 * @returns {object} the body of a PUT, or of a POST; empty where nothing has changed
 */
export function changesOf(draft, saved) {
  const now = bodyOf(draft);
  if (!saved) return now;
  const was = bodyOf(saved);
  const changed = Object.keys(now).filter((name) => JSON.stringify(now[name]) !== JSON.stringify(was[name]));
  return Object.fromEntries(changed.map((name) => [name, now[name]]));
}

/**
 * What is missing in a step, before the API is asked.
 * @param {string} step
 * @param {Draft} draft
 * @returns {Object<string, string>} keys of texts by the API's names of the fields
 */
export function missingIn(step, draft) {
  const missing = {};
  if (step === 'who') {
    if (!draft.name.trim()) missing.name = 'campaigns.name_missing';
    if (draft.who === 'groups' && !draft.groups.length) missing.group_ids = 'campaigns.groups_missing';
    if (draft.who === 'file' && !draft.audience) missing.audience_id = 'campaigns.file_missing';
  }
  if (step === 'what') {
    if (!draft.message.trim()) missing.message = 'campaigns.message_missing';
    if (!draft.sender) missing.sender_id = 'campaigns.sender_missing';
  }
  if (step === 'when') {
    if (draft.when === 'at' && !draft.scheduledAt) missing.scheduled_at = 'campaigns.time_missing';
    if (draft.when === 'joined' && draft.who === 'file') missing.trigger = 'campaigns.joined_needs_groups';
    if (draft.when === 'repeat') Object.assign(missing, missingInRepeat(draft.repeat));
  }
  return missing;
}

function missingInRepeat(repeat) {
  if (!repeat.at) return { repeat: 'campaigns.repeat_at_missing' };
  if (repeat.every === 'week' && !repeat.weekdays.length) return { repeat: 'campaigns.repeat_days_missing' };
  if (repeat.every === 'month' && !repeat.days.length) return { repeat: 'campaigns.repeat_days_missing' };
  if (repeat.ends === 'until' && !repeat.until) return { repeat: 'campaigns.repeat_until_missing' };
  if (repeat.ends === 'times' && !repeat.times) return { repeat: 'campaigns.repeat_times_missing' };
  return {};
}

/**
 * @param {{fields?: Array<{field: string}>}} error a refusal of the API
 * @returns {string|undefined} the first step that asks for something that it refuses
 */
export function stepOfError(error) {
  const steps = (error.fields ?? []).map((each) => STEP_OF_FIELD[each.field.split(/[.[]/)[0]]);
  return STEPS.find((step) => steps.includes(step));
}

/**
 * The first step as it stands in the URL of a campaign that is not made yet, so that a reload loses nothing of it.
 * @param {Draft} draft
 */
export function queryOf(draft) {
  return {
    name: draft.name,
    who: draft.who === 'file' ? 'file' : '',
    groups: draft.groups.join(','),
    excluded: draft.excluded.join(','),
    audience: draft.audience,
  };
}

/**
 * @param {Object<string, string>} query
 * @returns {Draft}
 */
export function draftOfQuery(query) {
  const listed = (written) => (written ?? '').split(',').filter(Boolean);
  return {
    ...emptyDraft(),
    name: query.name ?? '',
    who: query.who === 'file' || query.audience ? 'file' : 'groups',
    groups: listed(query.groups),
    excluded: listed(query.excluded),
    audience: query.audience ?? '',
  };
}

/**
 * The text as a phone might show it before anybody is known: defaults in the place of fields, and names where there is none.
 * @param {string} message
 */
export function sampled(message) {
  return message.replace(/\{\s*([A-Za-z]\w{0,39})\s*(?::([^{}]*))?\}/g, (_, name, other) => other || `‹${name}›`);
}

/** @param {string} message @returns {boolean} whether it has a link that could be made short */
export function hasLink(message) {
  return /https?:\/\/\S/i.test(message);
}
