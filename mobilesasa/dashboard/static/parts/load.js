/** Reading and writing with the API from a component: loading, failing, polling on purpose. */
import { html, useState, useEffect, useRef, useCallback, useMemo } from './ui.js';
import { online } from './api.js';
import { Button } from './buttons.js';
import { reportDefect } from './defects.js';
import { time } from './format.js';
import { Notice } from './page.js';
import { Failure, Forbidden, Missing, RequestId, Skeleton } from './states.js';
import { t } from './texts.js';

const SLOW_MS = 150;
const LONGEST_POLL_S = 60;
const LONGEST_LOAD_MS = 60_000; // a poll that has had no answer for so long is begun anew

/** What is nothing but a call that was given up. */
const isAbort = (error) => error?.name === 'AbortError';

/**
 * Load something, again when `deps` change. Old data stays while it is loaded again.
 * @param {(signal: AbortSignal) => Promise<any>} fn null or undefined given: nothing is loaded yet
 * @param {any[]} deps
 * @param {{everyS?: number, keep?: boolean}} [options] everyS: again so often while the tab is seen; keep: false shows no old
 *   data when deps have changed
 * @returns {{data: any, error: Error|null, loading: boolean, slow: boolean, at?: number, again: () => Promise<void>, set: (data: any) => void}}
 *   at: when what is shown was read; set: shows what a write has answered, and gives up a load that may be older
 */
export function useLoad(fn, deps, { everyS = 0, keep = true } = {}) {
  const [state, setState] = useState({ data: undefined, error: null, loading: Boolean(fn), slow: false });
  const latest = useRef(fn);
  latest.current = fn;
  const life = useRef({ under_way: null, failures: 0, began: 0, at: 0 }).current;

  const again = useCallback(async () => {
    if (!latest.current) {
      return;
    }
    life.under_way?.abort();
    const mine = new AbortController();
    life.under_way = mine;
    life.began = Date.now();
    setState((old) => (old.loading ? old : { ...old, loading: true }));
    const timer = setTimeout(() => setState((old) => ({ ...old, slow: true })), SLOW_MS);
    try {
      const data = await latest.current(mine.signal);
      if (life.under_way === mine) {
        life.failures = 0;
        setState({ data, error: null, loading: false, slow: false, at: Date.now() });
      }
    } catch (error) {
      if (life.under_way === mine && !isAbort(error)) {
        life.failures += 1;
        reportDefect(error);
        setState((old) => ({ ...old, error, loading: false, slow: false }));
      }
    } finally {
      clearTimeout(timer);
      if (life.under_way === mine) {
        life.under_way = null;
        life.at = Date.now();
      }
    }
  }, []);

  useEffect(() => {
    if (!keep) {
      setState({ data: undefined, error: null, loading: Boolean(fn), slow: false });
    }
    again();
    return () => {
      life.under_way?.abort();
      life.under_way = null;
    };
  }, deps);

  usePoll(again, everyS, life);

  useEffect(() => {
    if (online.value && state.error?.status === 0) { // the server is there again
      again();
    }
  }, [online.value]);

  const set = useCallback((data) => {
    life.under_way?.abort();
    life.under_way = null;
    life.at = Date.now();
    setState((old) => ({ data: typeof data === 'function' ? data(old.data) : data, error: null, loading: false, slow: false, at: Date.now() }));
  }, []);
  return useMemo(() => ({ ...state, again, set }), [state]);
}

/** Call it every so often while the tab is seen, more rarely after failures, and at once when the tab is seen again. */
function usePoll(again, everyS, life) {
  useEffect(() => {
    if (!everyS) {
      return undefined;
    }
    const due = () => {
      if (life.under_way && Date.now() - life.began < LONGEST_LOAD_MS) {
        return; // what is slow would never come if it were asked for anew
      }
      const afterS = Math.min(everyS * 2 ** life.failures, Math.max(LONGEST_POLL_S, everyS));
      if (document.visibilityState === 'visible' && Date.now() - life.at >= afterS * 1000 - 50) {
        again();
      }
    };
    const timer = setInterval(due, Math.min(everyS, 1) * 1000);
    document.addEventListener('visibilitychange', due);
    return () => {
      clearInterval(timer);
      document.removeEventListener('visibilitychange', due);
    };
  }, [everyS]);
}

/**
 * A write: what failed is kept for the form, and a second click while it is under way does nothing.
 * @param {(...args: any[]) => Promise<any>} fn
 * @returns {[(...args: any[]) => Promise<any>, {busy: boolean, error: Error|null, clear: () => void}]} the call gives what fn
 *   gave, and undefined where it failed: what is to follow success stands in fn
 */
export function useAct(fn) {
  const [state, setState] = useState({ busy: false, error: null });
  const latest = useRef(fn);
  latest.current = fn;
  const life = useRef({ busy: false, there: true }).current;

  useEffect(() => {
    life.there = true;
    return () => {
      life.there = false;
    };
  }, []);

  const show = (next) => life.there && setState(next);
  const run = useCallback(async (...args) => {
    if (life.busy) {
      return undefined;
    }
    life.busy = true;
    show({ busy: true, error: null });
    try {
      const made = await latest.current(...args);
      show({ busy: false, error: null });
      return made;
    } catch (error) {
      reportDefect(error);
      show({ busy: false, error: isAbort(error) ? null : error });
      return undefined;
    } finally {
      life.busy = false;
    }
  }, []);
  const clear = useCallback(() => show((old) => ({ ...old, error: null })), []);
  return [run, { ...state, clear }];
}

/**
 * What useLoad gave, on purpose: data, with a word above it where it could not be read again; or no permission, nothing there, a
 * failure with "try again"; or a skeleton.
 * @param {{of: object, skeleton?: any, children: (data: any) => any}} props
 */
export function Loaded({ of, skeleton, children }) {
  const child = Array.isArray(children) ? children.find((each) => typeof each === 'function') : children;
  if (of.data !== undefined) {
    return html`${of.error?.status > 0 && html`<${Stale} of=${of}/>`}${child(of.data)}`; // without network the frame says so
  }
  if (of.error) {
    return html`<${Trouble} error=${of.error} again=${of.again}/>`;
  }
  return of.slow ? skeleton ?? html`<${Skeleton}/>` : html`<div class="not-yet" aria-busy="true"></div>`;
}

/** Data that could not be read again: since when, why, and another try. */
function Stale({ of }) {
  const title = of.at ? t('common.stale_since', { when: time(new Date(of.at).toISOString()) }) : t('common.stale');
  const retry = html`<${Button} small icon="refresh" busy=${of.loading} onClick=${() => of.again()}>${t('common.retry')}</${Button}>`;
  return html`<${Notice} kind="warn" live class="is-stale" title=${title} action=${of.again && retry}>
    ${of.error.message}<${RequestId} id=${of.error.requestId}/></${Notice}>`;
}

/** A load that failed, in the way that fits. */
export function Trouble({ error, again }) {
  if (error.status === 403 && error.code !== 'bad_csrf_token') {
    return html`<${Forbidden} scope=${error.extra?.scope} text=${error.message}/>`;
  }
  if (error.status === 404) {
    return html`<${Missing}/>`;
  }
  return html`<${Failure} error=${error} again=${again}/>`;
}
