/** The pages of one screen, as the engine itself cuts them: a menu that leads straight to it is walked through. */
import { useEffect, useState } from '../../parts/ui.js';
import { post } from '../../parts/api.js';
import { known } from './simulating.js';
import { SHOWN, namesIn, BUILT_IN, variablesOf } from './draft.js';

const QUIET_MS = 350;
const PAGES = 12; // that are shown; a screen of more is not read by anybody
const DOOR = 'preview-of-a-screen'; // the screen before the one that is looked at
const SAMPLES = { phone: '254712345678', number: '12', amount: '1500', date: '2026-12-24', text: 'Wanjiru' };

/**
 * @param {object} menu the draft
 * @param {string} name of the screen
 * @param {object} facts of who looks: phone, screen_septets
 * @returns {{pages: {text: string, size: object}[]|null, isStale: boolean}} null: there is nothing to see
 */
export function usePages(menu, name, facts) {
  const [state, setState] = useState({ of: null, name: '', pages: null });
  const screen = menu.screens[name];
  useEffect(() => {
    if (!screen || !SHOWN.has(screen.kind)) return undefined;
    const stop = new AbortController();
    const timer = setTimeout(async () => {
      try {
        const pages = await pagesOf(menu, name, facts, stop.signal);
        setState({ of: menu, name, pages });
      } catch (error) {
        if (error.name !== 'AbortError') setState({ of: menu, name, pages: null });
      }
    }, QUIET_MS);
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
  }, [menu, name, facts.phone, facts.screen_septets]);
  const isSeen = screen && SHOWN.has(screen.kind);
  return { pages: isSeen && state.name === name ? state.pages : null, isStale: state.of !== menu };
}

async function pagesOf(menu, name, facts, signal) {
  const isFirst = name === menu.start;
  const definition = isFirst ? { ...menu, name: menu.name.trim() || DOOR } : withDoor(menu, name);
  let step = await simulated({ definition, ...(isFirst ? {} : { ahead: ['1'] }), ...facts }, signal);
  const pages = [];
  while (step.text !== null && step.screen === name && pages.length < PAGES) {
    pages.push({ text: step.text, size: step.size });
    if (!step.session || !goesOn(menu.screens[name], step.text)) break;
    step = await simulated({ definition, session: step.session, input: '98', ...facts }, signal);
    if (step.text === pages.at(-1).text) break;
  }
  return pages;
}

const simulated = (body, signal) => post('/ussd/simulate', known(body), { signal });

/** Whether a page follows: below it stands `98 More`, in whatever words. */
function goesOn(screen, text) {
  return !(screen.choices ?? []).some((choice) => Number(choice.key) === 98) && text.split('\n').slice(-2).some((line) => /^98 \S/.test(line));
}

/** A menu that begins at a screen, with a screen before it, so that the way back is shown, and with something in its variables. */
function withDoor(menu, name) {
  const types = new Map(variablesOf(menu).map((each) => [each.name, each.type]));
  const screen = menu.screens[name];
  const named = namesIn([screen.text, screen.input?.error, ...(screen.choices ?? []).map((choice) => choice.label)].join(' '));
  const free = named.filter((each) => !BUILT_IN.includes(each)).slice(0, 10);
  const set = Object.fromEntries(free.map((each) => [each, SAMPLES[types.get(each)] ?? SAMPLES.text]));
  const door = { kind: 'choices', text: '', choices: [{ key: '1', label: '1', next: name, set }] };
  return { ...menu, name: menu.name.trim() || DOOR, start: DOOR, screens: { [DOOR]: door, ...menu.screens } };
}
