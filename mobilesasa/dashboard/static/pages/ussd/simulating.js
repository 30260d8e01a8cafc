/** A phone that dials a menu by POST /ussd/simulate: what it shows, what was typed, what would be done. Nothing is sent. */
import { useCallback, useEffect, useRef, useState } from '../../parts/ui.js';
import { post } from '../../parts/api.js';

const SILENT = { steps: [], answer: null, session: null, of: null, isBusy: false, error: null, endedBy: '', since: 0 };
const AHEAD = 20; // inputs that can be dialled at once

/**
 * @param {{menu?: string, version?: number, definition?: object}} source what answers
 * @param {{phone: string, network: string, code: string, screen_septets: number}} facts of who dials
 * @param {object} of what the source is now: once it is another, the session is stale, and what is typed is typed after dialling anew
 * @returns {object} the state of the phone (`answer` is the last one; `endedBy`: '', 'menu', 'person' or 'timeout'), and what can be done with it
 */
export function useSimulator(source, facts, of) {
  const [state, setState] = useState(SILENT);
  const running = useRef(null);
  useEffect(() => () => running.current?.abort(), []);

  const ask = async (body, typed) => {
    running.current?.abort();
    const stop = new AbortController();
    running.current = stop;
    setState((was) => ({ ...was, isBusy: true, error: null }));
    try {
      const answer = await post('/ussd/simulate', { ...source, ...known(facts), ...body }, { signal: stop.signal });
      setState((was) => taken({ ...was, of }, answer, typed));
    } catch (error) {
      if (error.name !== 'AbortError') setState((was) => ({ ...was, isBusy: false, error }));
    }
  };

  const dial = (ahead = []) => ask(ahead.length ? { ahead: ahead.slice(0, AHEAD) } : {}, { kind: 'dial', ahead });
  const typed = state.steps.flatMap((step) => ({ dial: step.typed.ahead, input: [step.typed.input] })[step.typed.kind] ?? []);
  const isStale = state.answer !== null && state.of !== of && state.endedBy === '';
  const type = (input) => (isStale ? dial([...typed, input]) : ask({ session: state.session, input }, { kind: 'input', input }));
  const say = (webhook) => ask({ session: state.session, webhook }, { kind: 'webhook', webhook });
  const redial = () => ask({ session: state.session, redial: true }, { kind: 'redial' });
  const end = useCallback((by) => setState((was) => (was.answer && !was.endedBy ? { ...was, endedBy: by } : was)), []);
  const clear = useCallback(() => {
    running.current?.abort();
    setState(SILENT);
  }, []);
  const again = () => dial(typed);
  return { ...state, isStale, dial, type, say, redial, end, clear, again };
}

/** What is known of who dials. */
export function known(facts) {
  return Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== '' && value !== null));
}

function taken(was, answer, typed) {
  const isDialled = typed.kind === 'dial';
  const steps = isDialled ? [] : was.steps;
  return {
    ...was,
    steps: [...steps, { typed, answer }],
    answer,
    session: answer.session ?? (isDialled ? null : was.session),
    isBusy: false,
    error: null,
    endedBy: answer.end ? 'menu' : '',
    since: Date.now(),
  };
}
