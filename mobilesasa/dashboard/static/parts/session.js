/** Who has logged in, in which team, and what they may do there; the same in all tabs, for they share the cookies. */
import { signal, computed, batch } from './ui.js';
import {
  get, post, put, refresh, csrf, accessGranted, onSessionEnd, onRefreshed, onOtherTeam, settled, workingAs, cookiesOf, ApiError,
} from './api.js';
import { reportDefect } from './defects.js';
import { zoneOfCountry } from './zones.js';

/** GET /auth/me: `{user, team, role, scopes, teams}`; null: nobody has logged in. */
export const me = signal(null);
/** The team to work in, or null. */
export const team = computed(() => me.value?.team ?? null);
/** owner, admin, operator, viewer or null. */
export const role = computed(() => me.value?.role ?? null);
/** GET /account: `{balance, reserved, available, low, …}`, or null until it is there. */
export const account = signal(null);
/** GET /team: what the team has set for itself, or null. */
export const settings = signal(null);
/** Why the login is over, for the login page to say: '', 'expired', 'ended', 'out' or 'everywhere'. */
export const over = signal('');

const OVER = 'mobilesasa.over'; // in sessionStorage, for the page is loaded anew
const STAYING = ['mobilesasa.theme', 'mobilesasa.language', 'mobilesasa.code']; // in localStorage: of the machine, not of the login
let unclean = false; // what pages remember is of a login that is over

const tabs = typeof BroadcastChannel === 'function' ? new BroadcastChannel('mobilesasa') : null;
let onTeamOfAnotherTab = () => {};

const held = computed(() => new Set(me.value?.scopes ?? []));
const listed = (scope) => (Array.isArray(scope) ? scope : [scope]);

/**
 * Whether one of these scopes is held to write.
 * @param {string|string[]} scope
 */
export function can(scope) {
  return listed(scope).some((each) => held.value.has(each));
}

/**
 * Whether one of these scopes is held, if only to read.
 * @param {string|string[]} scope none: anybody may
 */
export function canRead(scope) {
  const wanted = listed(scope ?? []);
  return wanted.length === 0 || wanted.some((each) => held.value.has(each) || held.value.has(`${each}:read`));
}

/** Whether who has logged in administers the platform. */
export function isPlatformAdmin() {
  return Boolean(me.value?.user.platform_admin);
}

/** The time zone of the team, as `Africa/Nairobi`; of this machine where there is no team. */
export function zone() {
  const known = settings.value;
  if (known) {
    return known.days_zone ?? known.zone ?? zoneOfCountry(known.country) ?? 'UTC';
  }
  const of = account.value?.team.country;
  return (of && zoneOfCountry(of)) ?? Intl.DateTimeFormat().resolvedOptions().timeZone ?? 'UTC';
}

/** The country in which national numbers are read, as `KE`. */
export function country() {
  return settings.value?.country ?? account.value?.team.country ?? 'KE';
}

/** Find out who has logged in; false: nobody. Asks nothing where there is no cookie. */
export async function begin() {
  over.value = takenOver();
  if (!csrf()) {
    return false;
  }
  try {
    me.value = await get('/auth/me');
    cookiesOf(me.value);
  } catch (error) {
    if ([400, 401, 403].includes(error.status)) { // 400 and 403: of a refresh, by cookies that do not fit each other
      return false;
    }
    throw error;
  }
  await about();
  return true;
}

function takenOver() {
  try {
    const why = sessionStorage.getItem(OVER) ?? '';
    sessionStorage.removeItem(OVER);
    return why;
  } catch {
    return '';
  }
}

/** Read what is the team's, and give it to a signal if the team is still the one to work in. */
async function readOfTeam(path, into) {
  const as = workingAs(me.value);
  const found = await get(path);
  if (as === workingAs(me.value)) {
    into.value = found;
  }
}

/** Read the team's settings and units; a page does not wait for what cannot be had. */
async function about() {
  if (team.value === null) {
    batch(() => {
      settings.value = null;
      account.value = null;
    });
    return;
  }
  await Promise.allSettled([refreshSettings(), refreshAccount()]);
}

/** Read the team's units again, after what has spent some. */
export async function refreshAccount() {
  if (team.value === null) {
    return;
  }
  try {
    await readOfTeam('/account', account);
  } catch (error) {
    if (!(error instanceof ApiError)) {
      throw error;
    }
  }
}

/** Read the team's settings again, after a change. */
export async function refreshSettings() {
  await readOfTeam('/team', settings);
}

/**
 * Log in, with the tokens in cookies.
 * @param {{email: string, password: string}} said
 */
export async function logIn({ email, password }) {
  const made = await post('/auth/login', { email, password, cookie: true });
  accessGranted(made.expires_in);
  cookiesOf(made);
  over.value = '';
  if (unclean) {
    location.reload();
    return;
  }
  await entered(made);
}

/** Go on in another team, in all tabs. @param {string} code */
export async function switchTeam(code) {
  const made = await refresh(code);
  tabs?.postMessage({ kind: 'team', code }); // at once: what they show is not what they may write to
  await entered(made);
}

async function entered(made) {
  enter(made);
  await about();
}

function enter(made) {
  const { user, team: of, role: as, scopes, teams } = made;
  batch(() => {
    settings.value = null;
    account.value = null;
    me.value = { user, team: of, role: as, scopes, teams };
  });
}

/**
 * Log out: here, or on all devices.
 * @param {boolean} [everywhere]
 */
export async function logOut(everywhere = false) {
  const staying = STAYING.map((name) => [name, stored(name)]).filter(([, value]) => value !== null);
  await post('/auth/logout', { everywhere });
  staying.forEach(([name, value]) => localStorage.setItem(name, value)); // the answer has the browser clear what is stored
  tabs?.postMessage({ kind: 'ended', why: everywhere ? 'everywhere' : 'out' });
  end(everywhere ? 'everywhere' : 'out');
}

function stored(name) {
  try {
    return localStorage.getItem(name);
  } catch {
    return null;
  }
}

/** Change the name of who has logged in, where the API has it. */
export async function rename(name) {
  const user = await put('/auth/me', { name });
  me.value = { ...me.value, user: { ...me.value.user, ...user } };
}

/** Whether a login has ended since the page was loaded: what its modules remember must go, by a real load. */
export function isUnclean() {
  return unclean;
}

function end(why) {
  accessGranted(0);
  unclean = true;
  try {
    sessionStorage.setItem(OVER, why);
  } catch {
    // the login page does not say why then
  }
  batch(() => {
    over.value = why;
    me.value = null;
    account.value = null;
    settings.value = null;
  });
}

onSessionEnd((error) => {
  if (me.value !== null) {
    end(error?.code === 'unauthenticated' || error?.code === 'access_ended' ? 'expired' : 'ended');
  }
});

/** What a refresh says of the role and its scopes holds from then on. */
onRefreshed((made, asked) => {
  if (asked || me.value === null) {
    return;
  }
  if (workingAs(made) !== workingAs(me.value)) {
    follow(made);
  } else {
    const { user, team: of, role: as, scopes, teams } = made;
    me.value = { user, team: of, role: as, scopes, teams };
  }
});

/** Go on as another tab has: in its team, or all anew where somebody else has logged in. Nobody waits for what is the team's. */
function follow(made) {
  if (made.user.uuid !== me.value?.user.uuid) {
    location.reload();
  } else if (made.team?.code !== team.value?.code) {
    enter(made);
    about().catch(reportDefect);
    onTeamOfAnotherTab(refused);
  }
}

let following = null;
let refused = false; // a write of this tab, for it was meant for the team before

/** Another tab has changed whom or which team the cookies are of: find out, and follow, unless this tab has gone on since. */
function ask(as) {
  following ??= (async () => {
    await settled();
    if (workingAs(me.value) !== workingAs(as)) {
      if (refused && me.value !== null) {
        onTeamOfAnotherTab(true);
      }
      return;
    }
    const made = await get('/auth/me');
    cookiesOf(made);
    if (me.value !== null) {
      follow(made);
    }
  })().catch(reportDefect).finally(() => {
    following = null;
    refused = false;
  });
  return following;
}

onOtherTeam(() => me.value, (as, wrote) => {
  refused ||= wrote;
  return ask(as);
});

/** Say what is to be done when another tab has gone on in another team. @param {(refused: boolean) => void} fn refused: a write
 * of this tab, for it was meant for the team before */
export function onTeamChanged(fn) {
  onTeamOfAnotherTab = fn;
}

tabs?.addEventListener('message', ({ data }) => {
  if (data.kind === 'ended' && me.value !== null) {
    end(data.why);
  } else if (data.kind === 'team' && me.value !== null && team.value?.code !== data.code) {
    ask(me.value);
  }
});
