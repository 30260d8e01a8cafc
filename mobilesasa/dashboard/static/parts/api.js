/**
 * The REST API, as this page uses it: the cookies of the login, the CSRF header on writes, an Idempotency-Key on every POST,
 * errors as ApiError.
 *
 * Access ends after a quarter of an hour, and a refresh token is good once (docs/logins.rst): so it is renewed shortly before,
 * by one tab for all of them, and every other tab sees from what is kept that it has been.
 */
import { signal } from './ui.js';
import { t, has } from './texts.js';
import { alone, keep, kept } from './alone.js';

const BASE = '/api/v1';
const GOOD_UNTIL = 'mobilesasa.access'; // in localStorage: until when access is good, ms, by this machine's clock
const EARLY_MS = 30_000;
const WORKING = 'mobilesasa.team'; // in localStorage: whom and which team the cookies are of, as the last answer had it

/** Whether the last call has reached the server. */
export const online = signal(true);

let endSession = () => {};
let goOn = () => {};
let shownHere = () => '';
let moved = () => {};
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
 * Say whom and which team this tab shows, and what is to be done when a write was for another one.
 * @param {() => string} shown as `workingAs` has it; '' where nobody has logged in
 * @param {() => void} fn
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

function written(query) {
  const pairs = new URLSearchParams();
  for (const [name, value] of Object.entries(query ?? {})) {
    for (const each of Array.isArray(value) ? value : [value]) {
      if (each !== undefined && each !== null && each !== '') {
        pairs.append(name, String(each));
      }
    }
  }
  const text = pairs.toString();
  return text && `?${text}`;
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

/** Note for all tabs whom and which team the cookies are of. @param {object} of an answer of /auth/… */
export function nowWorkingAs(of) {
  keep(WORKING, workingAs(of));
}

/** A write is for the team that its tab shows: the cookies are of all tabs, and another may have gone on elsewhere. */
function sameTeam(as) {
  const now = kept(WORKING) || shownHere();
  if (as && now && now !== as) {
    moved();
    throw new ApiError(409, { code: 'team_changed' });
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
  const before = kept(WORKING);
  if (body.team !== undefined) {
    keep(WORKING, `${before.split(' ')[0]} ${body.team}`); // from now on no tab writes for another team
  }
  let made;
  try {
    made = await read(await once('POST', '/auth/refresh', { body: JSON.stringify(body) }));
  } catch (error) {
    keep(WORKING, before);
    throw error;
  }
  accessGranted(made.expires_in);
  nowWorkingAs(made);
  goOn(made, body.team !== undefined);
  return made;
}

/** Wait until no tab renews access or goes on in another team. */
export const settled = () => alone(() => {});

async function once(method, path, { body, key, signal: aborted, query, as }) {
  if (method !== 'GET') {
    sameTeam(as);
  }
  const headers = {};
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

async function answered(method, path, given) {
  const as = isOpen(path) || path === '/auth/logout' ? '' : shownHere(); // before anything is waited for
  const asked = { ...given, as };
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
    return formAnswer(sent);
  }
  await renewed(stale);
  return formAnswer(await sendForm(path, form, onProgress, aborted, key, as));
}

function sendForm(path, form, onProgress, aborted, key, as) {
  return new Promise((done, fail) => {
    aborted?.throwIfAborted();
    sameTeam(as);
    const sent = new XMLHttpRequest();
    sent.open('POST', BASE + path);
    sent.setRequestHeader('X-CSRF-Token', csrf());
    sent.setRequestHeader('Idempotency-Key', key);
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

function formAnswer(sent) {
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
