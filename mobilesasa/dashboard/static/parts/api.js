/**
 * The REST API, as this page uses it: the cookies of the login, the CSRF header on writes, an Idempotency-Key on every POST,
 * errors as ApiError.
 *
 * The cookies are of all tabs, and another may go on in another team at any moment: so each call says in X-Team which team this
 * tab shows, and where that is no longer the team of the cookies the server does nothing (409 team_changed).
 *
 * Access ends after a quarter of an hour, and a refresh token is good once (docs/logins.rst): so it is renewed shortly before,
 * by one tab for all of them, and every other tab sees from what is kept that it has been.
 */
import { signal } from './ui.js';
import { t, has } from './texts.js';
import { alone, keep, kept } from './alone.js';
import { written } from './query.js';

const BASE = '/api/v1';
const GOOD_UNTIL = 'mobilesasa.access'; // in localStorage: until when access is good, ms, by this machine's clock
const OPEN = '1'; // … kept there while nobody knows whether it has been renewed: long over
const EARLY_MS = 30_000;
const WHOSE = 'mobilesasa.user'; // in localStorage: whose the cookies are, as the last answer had it

/** Whether the last call has reached the server. */
export const online = signal(true);

let endSession = () => {};
let goOn = () => {};
let shownHere = () => null;
let moved = async () => {};
let refreshing = null;

/** Say what is to be done when the login is over; the session's to give. */
export function onSessionEnd(fn) {
  endSession = fn;
}

/** Say what is to be done with what a refresh has answered: who has logged in, and what they may do now. */
export function onRefreshed(fn) {
  goOn = fn;
}

/**
 * Say whom and which team this tab shows, and what is to be done when a call was for another one than the cookies are of.
 * @param {() => {user: {uuid: string}, team: {code: string}|null}|null} shown null: nobody has logged in
 * @param {(as: object, refused: boolean) => Promise<void>} fn finds out, and never fails; as: what was shown then; refused: it was a write
 */
export function onOtherTeam(shown, fn) {
  shownHere = shown;
  moved = fn;
}

/** An error answer of the API, or none at all (status 0). `message` is for people. */
export class ApiError extends Error {
  /**
   * @param {number} status 0: the server was not reached
   * @param {{code?: string, error?: string, fields?: {field: string, message: string}[], request_id?: string}} body
   * @param {number|null} retryAfterS
   */
  constructor(status, body, retryAfterS = null) {
    const { success, error, code = '', fields = [], request_id: requestId = '', ...extra } = body;
    super(has(`error.${code}`) ? t(`error.${code}`) : sentence(error ?? t('common.failed')));
    this.name = 'ApiError';
    this.status = status;
    this.code = code;
    this.said = error ?? '';
    this.fields = fields.map((each) => ({ field: each.field, message: sentence(each.message) }));
    this.requestId = requestId;
    this.retryAfterS = retryAfterS;
    this.extra = extra;
  }
}

/** A text of the API with a capital letter first. */
export function sentence(text) {
  return text ? text[0].toUpperCase() + text.slice(1) : '';
}

/** A key for one write, so that its repeat does nothing more; also where the page came by plain HTTP. */
export function newKey() {
  const octets = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(octets, (each) => each.toString(16).padStart(2, '0')).join('');
}

/** The address of a path below /api/v1, for links and for curl. */
export function addressOf(path, query) {
  return BASE + path + written(query);
}

/** The CSRF token of the login, read anew: another tab may have renewed it. */
export function csrf() {
  const found = /(?:^|;\s*)(?:__Host-)?mobilesasa_csrf=([^;]*)/.exec(document.cookie);
  return found ? decodeURIComponent(found[1]) : '';
}

const goodUntil = () => Number(kept(GOOD_UNTIL));

/** Whom and which team an answer is of, as one text. @param {{user: {uuid: string}, team: {code: string}|null}|null} of */
export function workingAs(of) {
  return of ? `${of.user.uuid} ${of.team?.code ?? ''}` : '';
}

/** Note for all tabs whose the cookies are. @param {object} of an answer of /auth/… */
export function cookiesOf(of) {
  keep(WHOSE, of.user.uuid);
}

/**
 * A call that has waited, for access or for a file, is not sent when its tab has gone on since. And a write is of whom its tab shows:
 * somebody else may have logged in in another tab, perhaps in the same team.
 */
function check(as, writes) {
  const here = shownHere();
  const now = kept(WHOSE);
  const other = writes && now && now !== as?.user.uuid;
  if (as && here && (other || workingAs(here) !== workingAs(as))) {
    if (other) {
      moved(as, true);
    }
    throw new ApiError(409, { code: 'team_changed' });
  }
}

/** The team that a call is for, as a header has it; in none it is empty. */
const teamHeader = (as) => (as ? { 'X-Team': as.team?.code ?? '' } : {});

/** After an answer: the tab goes on as the others do where the call was for the team of before. What was to be read waits for that. */
async function sameTeam(method, as, code) {
  if (as && code === 'team_changed') {
    const gone = moved(as, method !== 'GET');
    await (method === 'GET' ? gone : undefined);
  }
}

/** Note how long access is good, as a login or a refresh has answered. */
export function accessGranted(expiresInS) {
  keep(GOOD_UNTIL, String(expiresInS === 0 ? 0 : Date.now() + expiresInS * 1000));
}

/**
 * Renew access; all calls of this tab share one, and all tabs by a lock.
 * @param {string} [team] the code of the team to go on in
 * @param {number} [stale] until when access was good, as it was kept before a call that was refused: later now means that a tab was quicker
 * @returns {Promise<object|null>} what the API answered; null: another tab has done it
 */
export function refresh(team, stale) {
  if (team !== undefined) {
    return alone(() => refreshed({ team }));
  }
  refreshing ??= alone(() => {
    const other = goodUntil() > (stale === undefined ? Date.now() + EARLY_MS : Math.max(stale, Date.now()));
    return other ? null : refreshed({});
  }).finally(() => {
    refreshing = null;
  });
  return refreshing;
}

async function refreshed(body) {
  const before = kept(GOOD_UNTIL);
  keep(GOOD_UNTIL, OPEN); // if the answer is lost the next call asks again, of whatever tab: at once it may (docs/logins.rst)
  let made;
  try {
    made = await read(await once('POST', '/auth/refresh', { body: JSON.stringify(body) }));
  } catch (error) {
    if (error.status >= 400 && error.status < 500) { // refused; whatever else may have been done
      keep(GOOD_UNTIL, before);
    }
    throw error;
  }
  accessGranted(made.expires_in);
  cookiesOf(made);
  goOn(made, body.team !== undefined);
  return made;
}

/** Wait until no tab renews access or goes on in another team. */
export const settled = () => alone(() => {});

async function once(method, path, { body, key, signal: aborted, query, as }) {
  check(as, method !== 'GET');
  const headers = teamHeader(as);
  if (typeof body === 'string') {
    headers['Content-Type'] = 'application/json';
  }
  if (method !== 'GET') {
    headers['X-CSRF-Token'] = csrf();
  }
  if (key) {
    headers['Idempotency-Key'] = key;
  }
  try {
    const answer = await fetch(addressOf(path, query), { method, headers, body, signal: aborted, credentials: 'same-origin' });
    online.value = true;
    return answer;
  } catch (error) {
    if (error.name === 'AbortError') {
      throw error;
    }
    online.value = false;
    throw new ApiError(0, { code: 'no_network', error: error.message });
  }
}

function retryAfter(answer) {
  const said = answer.headers.get('Retry-After');
  return said === null ? null : Number(said);
}

async function read(answer) {
  const type = answer.headers.get('Content-Type') ?? '';
  if (!type.startsWith('application/json')) {
    if (answer.ok) {
      return answer.text();
    }
    throw new ApiError(answer.status, { code: 'bad_answer', request_id: answer.headers.get('X-Request-ID') ?? '' });
  }
  const said = await answer.json();
  if (answer.ok && said.success !== false) {
    return 'data' in said ? said.data : said;
  }
  throw new ApiError(answer.status, said, retryAfter(answer));
}

/** Access that is over or nearly so is renewed before the call, so that no call is refused for it. */
async function ready() {
  const until = goodUntil();
  if (until && until < Date.now() + EARLY_MS && csrf()) {
    await renewed();
  }
}

async function renewed(stale) {
  try {
    return await refresh(undefined, stale);
  } catch (error) {
    if (error.status === 401 || error.status === 403 || error.status === 400) {
      accessGranted(0);
      endSession(error);
    }
    throw error;
  }
}

const isOpen = (path) => ['/auth/login', '/auth/refresh', '/auth/link'].includes(path);
/** Whether a call is for whatever team the cookies are of: it asks which that is, or is the same in each. */
const isOfAny = (method, path) => isOpen(path) || path === '/auth/logout' || (method === 'GET' && path === '/auth/me');

let wroteAs = ''; // whom and which team the last write was for that has had its answer

/** Whether the last write that has had its answer was for another team than is shown by now: what undoes it must not act here. */
export function wroteElsewhere() {
  const elsewhere = wroteAs !== '' && wroteAs !== workingAs(shownHere());
  wroteAs = '';
  return elsewhere;
}

async function answered(method, path, given) {
  const as = isOfAny(method, path) ? null : shownHere(); // before anything is waited for
  const asked = { ...given, as };
  const answer = await answeredAs(method, path, asked);
  if (method !== 'GET' && answer.ok) {
    wroteAs = workingAs(as);
  }
  if (answer.status === 409) {
    await sameTeam(method, as, await codeOf(answer));
  }
  return answer;
}

async function answeredAs(method, path, asked) {
  if (!isOpen(path)) {
    await ready();
  }
  const stale = goodUntil();
  const first = await once(method, path, asked);
  if (first.status !== 401 || isOpen(path) || (await codeOf(first)) === 'login_failed') {
    return first;
  }
  await renewed(stale);
  return once(method, path, asked);
}

/** The code of an error answer, which can still be read afterwards. */
async function codeOf(answer) {
  try {
    return (await answer.clone().json()).code;
  } catch {
    return '';
  }
}

async function call(method, path, { body, ...asked } = {}) {
  const text = body === undefined ? undefined : JSON.stringify(body);
  return read(await answered(method, path, { ...asked, body: text }));
}

/**
 * @param {string} path below /api/v1, as '/messages'
 * @param {Record<string, any>} [query] what is undefined, null or '' is left out; arrays are repeated
 * @param {{signal?: AbortSignal}} [options]
 * @returns {Promise<any>} the `data` of the answer
 */
export const get = (path, query, { signal: aborted } = {}) => call('GET', path, { query, signal: aborted });

/** @param {string} path @param {object} [body] @param {{key?: string, signal?: AbortSignal}} [options] */
export const post = (path, body, { key = newKey(), signal: aborted } = {}) => call('POST', path, { body: body ?? {}, key, signal: aborted });

/** @param {string} path @param {object} [body] */
export const put = (path, body) => call('PUT', path, { body: body ?? {} });

/** @param {string} path @param {object} [body] */
export const patch = (path, body) => call('PATCH', path, { body: body ?? {} });

/** @param {string} path @param {object} [body] */
export const del = (path, body) => call('DELETE', path, { body });

/**
 * Send a form with a file.
 * @param {string} path
 * @param {FormData} form
 * @param {{onProgress?: (part: number) => void, signal?: AbortSignal, key?: string}} [options] progress is 0 to 1
 */
export async function upload(path, form, { onProgress, signal: aborted, key = newKey() } = {}) {
  const as = shownHere();
  await ready();
  const stale = goodUntil();
  const sent = await sendForm(path, form, onProgress, aborted, key, as);
  if (sent.status !== 401) {
    return formAnswer(sent, as);
  }
  await renewed(stale);
  return formAnswer(await sendForm(path, form, onProgress, aborted, key, as), as);
}

function sendForm(path, form, onProgress, aborted, key, as) {
  return new Promise((done, fail) => {
    aborted?.throwIfAborted();
    check(as, true);
    const sent = new XMLHttpRequest();
    sent.open('POST', BASE + path);
    sent.setRequestHeader('X-CSRF-Token', csrf());
    sent.setRequestHeader('Idempotency-Key', key);
    Object.entries(teamHeader(as)).forEach(([name, value]) => sent.setRequestHeader(name, value));
    sent.upload.onprogress = (event) => event.lengthComputable && onProgress?.(event.loaded / event.total);
    sent.onload = () => done(sent);
    sent.onerror = () => {
      online.value = false;
      fail(new ApiError(0, { code: 'no_network' }));
    };
    sent.onabort = () => fail(new DOMException('aborted', 'AbortError'));
    aborted?.addEventListener('abort', () => sent.abort());
    sent.send(form);
  });
}

async function formAnswer(sent, as) {
  online.value = true;
  let said;
  try {
    said = JSON.parse(sent.responseText);
  } catch {
    throw new ApiError(sent.status, { code: 'bad_answer' });
  }
  if (sent.status >= 200 && sent.status < 300) {
    return 'data' in said ? said.data : said;
  }
  await sameTeam('POST', as, said.code);
  const after = sent.getResponseHeader('Retry-After');
  throw new ApiError(sent.status, said, after === null ? null : Number(after));
}

/**
 * Fetch a file with the login, and have the browser save it.
 * @param {string} path
 * @param {Record<string, any>} [query]
 * @param {string} [filename] else as the server names it
 */
export async function download(path, query, filename) {
  const answer = await answered('GET', path, { query });
  if (!answer.ok) {
    await read(answer);
  }
  save(await answer.blob(), filename ?? named(answer) ?? path.split('/').pop());
}

function named(answer) {
  const said = answer.headers.get('Content-Disposition') ?? '';
  const wide = /filename\*=UTF-8''([^;]+)/i.exec(said);
  return wide ? decodeURIComponent(wide[1]) : /filename="?([^";]+)"?/i.exec(said)?.[1];
}

/** Have the browser save octets as a file. @param {Blob} blob @param {string} filename */
export function save(blob, filename) {
  const address = URL.createObjectURL(blob);
  const link = Object.assign(document.createElement('a'), { href: address, download: filename });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}
