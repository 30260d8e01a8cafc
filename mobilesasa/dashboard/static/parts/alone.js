/** What all tabs share: texts that are kept, and a lock for what only one of them may do at a time. */
const LOCK = 'mobilesasa.refresh';
const LOCK_MS = 10_000; // who holds it longer has gone away

const pause = (ms) => new Promise((done) => { setTimeout(done, ms); });

/** Keep a text in localStorage; false: it cannot be. @param {string} name @param {string} value */
export function keep(name, value) {
  try {
    localStorage.setItem(name, value);
    return true;
  } catch {
    return false; // nothing is kept then: a 401 tells that access is over
  }
}

/** What is kept, or an empty text. @param {string} name */
export function kept(name) {
  try {
    return localStorage.getItem(name) ?? '';
  } catch {
    return '';
  }
}

/** Do what only one tab may do at a time; where there are no locks (plain HTTP) the tabs go by what is kept. */
export function alone(fn) {
  if (navigator.locks) {
    return navigator.locks.request(LOCK, fn);
  }
  return aloneByStorage(fn);
}

async function aloneByStorage(fn) {
  const mine = crypto.getRandomValues(new Uint32Array(4)).join('-');
  const until = Date.now() + 2 * LOCK_MS; // then without it: `fn` looks again at what is kept
  while (Date.now() < until) {
    const [holder, since] = kept(LOCK).split(' ');
    if (!holder || Date.now() - Number(since) > LOCK_MS) {
      if (!keep(LOCK, `${mine} ${Date.now()}`)) {
        break;
      }
      await pause(30); // whoever wrote last within this time has it
      if (kept(LOCK).startsWith(mine)) {
        break;
      }
    }
    await pause(100);
  }
  try {
    return await fn();
  } finally {
    if (kept(LOCK).startsWith(mine)) {
      localStorage.removeItem(LOCK);
    }
  }
}
