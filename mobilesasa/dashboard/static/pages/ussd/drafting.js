/** The draft of a menu while somebody edits it: what it says now, what is kept of it, and the steps between, to undo. */
import { useCallback, useMemo, useState } from '../../parts/ui.js';
import { definitionOf, isSame } from './draft.js';

const STEPS = 200; // that can be undone
const TYPING_MS = 1200; // changes of one field within so long are one step

const fresh = (now) => ({ now, past: [], future: [], mark: '', at: 0 });

function changed(state, turn, mark) {
  const now = typeof turn === 'function' ? turn(state.now) : turn;
  if (now === state.now) return state;
  const at = Date.now();
  const isTyping = mark && mark === state.mark && at - state.at < TYPING_MS;
  const past = isTyping ? state.past : [...state.past.slice(1 - STEPS), state.now];
  return { now, past, future: [], mark, at };
}

function undone(state) {
  if (!state.past.length) return state;
  return { ...fresh(state.past.at(-1)), past: state.past.slice(0, -1), future: [state.now, ...state.future] };
}

function redone(state) {
  if (!state.future.length) return state;
  return { ...fresh(state.future[0]), past: [...state.past, state.now], future: state.future.slice(1) };
}

/**
 * @param {object} menu as the API shows it, also after each save
 * @returns {{now: object, kept: object, isDirty: boolean, change: (turn: object|Function, mark?: string) => void, undo: Function, redo: Function,
 *   canUndo: boolean, canRedo: boolean, settle: (sent: object, answer: object) => void}} `mark` names the field that is typed
 *   into; `settle` takes what was answered to a draft that was sent, unless somebody has typed on
 */
export function useDraft(menu) {
  const kept = useMemo(() => definitionOf(menu), [menu]);
  const [state, setState] = useState(() => fresh(kept));
  const isDirty = useMemo(() => !isSame(state.now, kept), [state.now, kept]);
  const change = useCallback((turn, mark = '') => setState((was) => changed(was, turn, mark)), []);
  const undo = useCallback(() => setState(undone), []);
  const redo = useCallback(() => setState(redone), []);
  const settle = useCallback((sent, answer) => setState((was) => (was.now === sent ? { ...was, now: answer, mark: '' } : was)), []);
  return { now: state.now, kept, isDirty, change, undo, redo, settle, canUndo: state.past.length > 0, canRedo: state.future.length > 0 };
}
