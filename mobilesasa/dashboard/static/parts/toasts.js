/** Short words at the edge of the window: what was done, with a way to undo it; what failed, with its request id. */
import { html, effect, signal, cx, useEffect, useRef } from './ui.js';
import { Icon } from './icons.js';
import { t } from './texts.js';
import { reportDefect } from './defects.js';
import { me } from './session.js';
import { workingAs, wroteElsewhere } from './api.js';

const STAY_MS = { good: 5000, info: 6000, bad: 12000 };
const WITH_UNDO_MS = 10000;
const MOST = 4;
const ICONS = { good: 'circle-check', info: 'info', bad: 'circle-x' };

const shown = signal([]);
const said = signal(null); // the last one, for who hears it
let next = 1;
let shownAs = '';

effect(() => { // an undo would act in the team of now, not in that of then
  const as = workingAs(me.value);
  if (as !== shownAs) {
    shownAs = as;
    shown.value = [];
    said.value = null;
  }
});

/**
 * Say something in passing.
 * @param {string} text
 * @param {{kind?: 'good'|'bad'|'info', undo?: () => Promise<any>, undoLabel?: string, link?: {label: string, to?: string, href?: string},
 *   detail?: string}} [options]
 * @returns {() => void} takes it away
 */
export function toast(text, { kind = 'good', undo, undoLabel, link, detail } = {}) {
  const id = next;
  next += 1;
  const back = undo && !wroteElsewhere() ? undo : undefined; // the team may have changed while the write was under way
  shown.value = [...shown.value, { id, text, kind, undo: back, undoLabel, link, detail }].slice(-MOST);
  said.value = { id, text, detail };
  return () => dismiss(id);
}

/** Show what failed. @param {Error} error */
export function failed(error) {
  if (error?.name === 'AbortError') {
    return;
  }
  reportDefect(error);
  const detail = error?.requestId ? t('common.failed_request', { id: error.requestId }) : undefined;
  toast(error?.name === 'ApiError' ? error.message : t('common.failed'), { kind: 'bad', detail });
}

function dismiss(id) {
  shown.value = shown.value.filter((each) => each.id !== id);
}

/** Where they appear; once on the page. */
export function Toasts() {
  const host = useRef(null);
  useEffect(() => {
    // above open dialogs too: a popover goes to the top layer again with each new toast
    if (host.current?.showPopover) {
      const focused = host.current.contains(document.activeElement) ? document.activeElement : null;
      if (host.current.matches(':popover-open')) {
        host.current.hidePopover();
      }
      if (shown.value.length) {
        host.current.showPopover();
        focused?.focus();
      }
    }
  }, [shown.value]);
  return html`
    <div class="visually-hidden" role="status" aria-live="polite">${said.value && html`<p key=${said.value.id}>${said.value.text} ${said.value.detail}</p>`}</div>
    <section class="toasts" ref=${host} popover="manual" aria-label=${t('common.notifications')}>
      ${shown.value.map((each) => html`<${Toast} key=${each.id} ...${each}/>`)}
    </section>
  `;
}

function Toast({ id, text, kind, undo, undoLabel, link, detail }) {
  const timer = useRef(0);
  const box = useRef(null);
  const pass = () => (box.current?.matches(':hover, :focus-within') ? wait() : dismiss(id)); // the pointer may go while the focus stays
  const wait = () => {
    clearTimeout(timer.current);
    timer.current = setTimeout(pass, undo ? WITH_UNDO_MS : STAY_MS[kind]);
  };
  const hold = () => clearTimeout(timer.current);
  useEffect(() => {
    wait();
    return hold;
  }, []);
  const undone = async () => {
    dismiss(id);
    try {
      await undo();
    } catch (error) {
      failed(error);
    }
  };
  return html`
    <div ref=${box} class=${cx('toast', `toast-${kind}`)} onMouseEnter=${hold} onMouseLeave=${wait} onFocusIn=${hold} onFocusOut=${wait}>
      <${Icon} name=${ICONS[kind]}/>
      <div class="toast-text"><span>${text}</span>${detail && html`<span class="toast-detail mono">${detail}</span>`}</div>
      ${link && html`<a class="toast-act" href=${link.href ?? `/app${link.to}`} onClick=${() => dismiss(id)}>${link.label}</a>`}
      ${undo && html`<button type="button" class="toast-act" onClick=${undone}>${undoLabel ?? t('common.undo')}</button>`}
      <button type="button" class="toast-close" aria-label=${t('common.dismiss')} onClick=${() => dismiss(id)}><${Icon} name="x"/></button>
    </div>
  `;
}
