/** Where we are: the address as a signal, and ways to go on. Paths here are without the /app they have in the address. */
import { html, signal, useEffect } from './ui.js';
import { t } from './texts.js';
import { confirm } from './dialogs.js';
import { written } from './query.js';

const PREFIX = '/app';

/** `{path, page, params, query}`; page is a row of pages.js, or null where there is none. */
export const route = signal({ path: '/', page: null, params: {}, query: {} });

let table = []; // of {page, pattern, names}
let home = '/overview';
let guards = [];
let step = 0; // counts the entries of the history, so that a step back can be undone
let held = false; // a step of ours to undo one is under way
const places = new Map(); // step → how far it was scrolled

/**
 * Begin: know the pages, read the address, listen.
 * @param {{path: string}[]} pages
 * @param {string} start where `/` leads
 */
export function beginRouting(pages, start) {
  table = pages.map((page) => {
    const names = [];
    const source = page.path.replace(/:(\w+)/g, (_, name) => `([^/]+)${(names.push(name), '')}`);
    return { page, names, pattern: new RegExp(`^${source}/?$`) };
  });
  home = start;
  history.scrollRestoration = 'manual';
  step = history.state?.step ?? 0;
  if (history.state?.step === undefined) {
    history.replaceState({ step }, '');
  }
  window.addEventListener('popstate', onStep);
  document.addEventListener('click', onClick);
  window.addEventListener('beforeunload', (event) => guarded() && event.preventDefault());
  read();
}

/** The address of a path. @param {string} path @param {Record<string, any>} [query] */
export function href(path, query) {
  return PREFIX + path + written(query).replace(/%2C/gi, ',').replace(/%3A/gi, ':'); // for people
}

function queryOf(search) {
  const query = {};
  for (const [name, value] of new URLSearchParams(search)) {
    query[name] = name in query ? [].concat(query[name], value) : value;
  }
  return query;
}

function read() {
  let path = location.pathname.startsWith(PREFIX) ? location.pathname.slice(PREFIX.length) : location.pathname;
  if (path === '' || path === '/') {
    path = home;
    history.replaceState({ step }, '', href(home) + location.search);
  }
  const { page, params } = match(path);
  route.value = { path, page, params, query: queryOf(location.search) };
}

/** The page of a path and what the path says in its places. */
export function match(path) {
  for (const { page, names, pattern } of table) {
    const found = pattern.exec(path);
    if (found) {
      return { page, params: Object.fromEntries(names.map((name, nth) => [name, decoded(found[nth + 1])])) };
    }
  }
  return { page: null, params: {} };
}

function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/**
 * Go to a page.
 * @param {string} path without /app; may have a query of its own
 * @param {Record<string, any>} [query]
 * @param {{replace?: boolean}} [options]
 */
export async function go(path, query, { replace = false } = {}) {
  const address = href(path, query);
  const bare = path.split('?')[0];
  if (bare !== route.value.path && !(await mayLeave())) {
    return;
  }
  enter(address, replace);
}

function enter(address, replace) {
  places.set(step, window.scrollY);
  if (replace) {
    history.replaceState({ step }, '', address);
  } else if (address !== location.pathname + location.search) {
    step += 1;
    history.pushState({ step }, '', address);
  }
  read();
}

/**
 * Change some of the query, and stay.
 * @param {Record<string, any>} patch undefined, null or '' takes a key out
 * @param {{replace?: boolean}} [options]
 */
export function setQuery(patch, { replace = false } = {}) {
  enter(href(route.value.path, { ...route.value.query, ...patch }), replace);
}

/** Where the page was scrolled to when this place of the history was left. */
export function scrolledTo() {
  return places.get(step) ?? 0;
}

async function onStep(event) {
  if (held) {
    held = false;
    return;
  }
  const to = event.state?.step ?? 0;
  if (guarded() && pathOf(location.pathname) !== route.value.path) {
    const back = to - step;
    held = true;
    history.go(-back);
    if (await mayLeave()) {
      guards = [];
      history.go(back);
    }
    return;
  }
  places.set(step, window.scrollY);
  step = to;
  read();
}

const pathOf = (whole) => (whole.startsWith(PREFIX) ? whole.slice(PREFIX.length) : whole);

/** Links of the page itself are followed without leaving it; with a key held, or another button, the browser does as ever. */
function onClick(event) {
  const link = event.target.closest?.('a[href]');
  if (!link || event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) {
    return;
  }
  const to = new URL(link.href, location.href);
  const ours = to.origin === location.origin && (to.pathname === PREFIX || to.pathname.startsWith(`${PREFIX}/`));
  if (!ours || (link.target && link.target !== '_self') || link.hasAttribute('download') || link.getAttribute('href').startsWith('#')) {
    return;
  }
  event.preventDefault();
  go(pathOf(to.pathname) || '/', queryOf(to.search));
}

/**
 * Have people asked before they leave; gives what takes the guard away.
 * @param {() => boolean|string} asks true, or why they should stay
 */
export function leaveGuard(asks) {
  guards.push(asks);
  return () => {
    guards = guards.filter((each) => each !== asks);
  };
}

/** Ask before the page is left while there is something unsaved. @param {boolean|string} dirty */
export function useLeaveGuard(dirty) {
  useEffect(() => (dirty ? leaveGuard(() => dirty) : undefined), [dirty]);
}

function guarded() {
  for (const each of guards) {
    const why = each();
    if (why) {
      return why;
    }
  }
  return false;
}

/** Whether people who have something unsaved want to leave all the same; asks them. */
export async function mayLeave() {
  const why = guarded();
  return !why || confirm({
    title: t('common.leave_title'),
    text: typeof why === 'string' ? why : t('common.leave_text'),
    act: t('common.leave_act'),
    danger: true,
  });
}

/** Give up all guards: the session is over, or what was unsaved has been saved. */
export function dropGuards() {
  guards = [];
}

/**
 * A link within the dashboard.
 * @param {{to: string, query?: Record<string, any>, children?: any}} props and whatever an <a> takes
 */
export function Link({ to, query, children, ...rest }) {
  return html`<a ...${rest} href=${href(to, query)}>${children}</a>`;
}
