/** What keeps a draft from being published: asked of the API while somebody writes, and told by its place. */
import { useEffect, useMemo, useState } from '../../parts/ui.js';
import { post } from '../../parts/api.js';
import { textOr, t } from '../../parts/texts.js';

const QUIET_MS = 500; // after the last change
const NOTHING = { ok: null, faults: [] };

/**
 * Check a draft again and again as it changes.
 * @param {object} draft
 * @returns {{ok: boolean|null, faults: object[], isChecking: boolean, error: Error|null}} `ok` is null before the first answer
 */
export function useCheck(draft) {
  const [state, setState] = useState({ ...NOTHING, of: null, error: null });
  useEffect(() => {
    const stop = new AbortController();
    const timer = setTimeout(async () => {
      try {
        const answer = await post('/ussd/menus/check', { ...draft, name: draft.name.trim() || t('ussd.nameless') }, { signal: stop.signal });
        setState({ ok: answer.ok, faults: placed(draft, answer.faults), of: draft, error: null });
      } catch (error) {
        if (error.name !== 'AbortError') setState((was) => ({ ...was, of: draft, error }));
      }
    }, QUIET_MS);
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
  }, [draft]);
  return { ...state, isChecking: state.of !== draft };
}

/** Faults with the screen and the path in it to which each belongs; one of the whole menu has no screen. */
export function placed(draft, faults) {
  return faults.map((fault) => ({ ...fault, ...placeOf(draft, fault.field) }));
}

function placeOf(draft, field) {
  if (!field.startsWith('screens.')) return { screen: '', path: field };
  const rest = field.slice('screens.'.length);
  const names = Object.keys(draft.screens).filter((name) => rest === name || rest.startsWith(`${name}.`));
  const screen = names.sort((one, other) => other.length - one.length)[0];
  return screen === undefined ? { screen: '', path: field } : { screen, path: rest.slice(screen.length + 1) };
}

/** A path in a screen, in words: `choices[0].next` is "choice 1, leads to". */
export function placeWords(path) {
  return path
    .split('.')
    .filter(Boolean)
    .map((piece) => {
      const [, head, at] = /^(.*?)(?:\[(\d+)\])?$/.exec(piece);
      return at === undefined ? textOr(`ussd.place.${head}`, head) : t('ussd.place.nth', { what: textOr(`ussd.place.one.${head}`, head), n: Number(at) + 1 });
    })
    .join(', ');
}

/**
 * The faults of one screen as what its fields ask for: the message of a path.
 * @param {object[]} faults
 * @param {string} screen
 * @returns {(path: string) => string|undefined}
 */
export function useFaultsOf(faults, screen) {
  return useMemo(() => {
    const messages = new Map();
    for (const fault of faults) if (fault.screen === screen && !messages.has(fault.path)) messages.set(fault.path, fault.message);
    return (path) => {
      const message = messages.get(path);
      return message && message[0].toUpperCase() + message.slice(1);
    };
  }, [faults, screen]);
}

/** How many faults each screen has. */
export function countsOf(faults) {
  const counts = new Map();
  for (const fault of faults) counts.set(fault.screen, (counts.get(fault.screen) ?? 0) + 1);
  return counts;
}
