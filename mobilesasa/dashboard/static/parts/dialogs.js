/** Dialogs and drawers (native <dialog>: focus is kept inside and goes back), and `confirm` for what destroys. */
import { html, cx, effect, signal, useEffect, useId, useLayoutEffect, useRef, useState } from './ui.js';
import { Button, IconButton } from './buttons.js';
import { me } from './session.js';
import { workingAs } from './api.js';
import { t, rich } from './texts.js';

const asked = signal(null); // what confirm is asking now
let askedAs = '';

effect(() => { // what was asked in one team is not answered in another
  const as = workingAs(me.value);
  if (as !== askedAs) {
    askedAs = as;
    const open = asked.peek();
    asked.value = null;
    open?.done(false);
  }
});

/**
 * A dialog. Esc closes it; a press beside it does not, for something may have been written in it.
 * @param {{open: boolean, title: string, onClose: () => void, footer?: any, wide?: boolean, lead?: any, children?: any,
 *   drawer?: boolean, easy?: boolean}} props easy: a press beside it closes it
 */
export function Dialog({ open, ...props }) {
  return open ? html`<${Modal} ...${props}/>` : null;
}

/** The same from the right side, over the whole height. @param {object} props as of Dialog */
export function Drawer(props) {
  return html`<${Dialog} ...${props} drawer/>`;
}

function Modal({ title, onClose, footer, wide, lead, children, drawer, easy, role }) {
  const box = useRef(null);
  const id = useId();
  const latest = useRef(onClose);
  latest.current = onClose;

  useLayoutEffect(() => {
    const dialog = box.current;
    const before = document.activeElement;
    dialog.showModal();
    focusFirst(dialog);
    return () => {
      dialog.close();
      if (before?.isConnected && document.activeElement !== before) {
        before.focus?.();
      }
    };
  }, []);

  useEffect(() => {
    const body = box.current.querySelector('.dialog-body');
    const look = () => { // what scrolls and holds nothing to focus is reached by keyboard itself
      const scrolls = body.scrollHeight > body.clientHeight + 1 && !body.querySelector('a[href], button, input, select, textarea, [tabindex]');
      body.tabIndex = scrolls ? 0 : -1;
    };
    const watch = new ResizeObserver(look);
    watch.observe(body);
    return () => watch.disconnect();
  }, []);

  const onCancel = (event) => {
    event.preventDefault();
    latest.current();
  };
  const onPress = (event) => {
    if (easy && event.target === box.current) {
      latest.current();
    }
  };
  return html`
    <dialog ref=${box} class=${cx(drawer ? 'drawer' : 'dialog', wide && 'is-wide')} aria-labelledby=${id} role=${role} onCancel=${onCancel} onPointerDown=${onPress}>
      <div class="dialog-frame">
        <header class="dialog-head">
          <h2 id=${id}>${title}</h2>
          <${IconButton} icon="x" label=${t('common.close')} onClick=${() => latest.current()} class="dialog-close"/>
        </header>
        <div class="dialog-body">
          ${lead && html`<p class="muted">${lead}</p>`}
          ${children}
        </div>
        ${footer && html`<footer class="dialog-foot">${footer}</footer>`}
      </div>
    </dialog>
  `;
}

/** The first field, else the first button of the body or the foot; never the cross. */
function focusFirst(dialog) {
  const wanted = dialog.querySelector('[autofocus], [data-autofocus]')
    ?? dialog.querySelector('.dialog-body :is(input:not([type=hidden]), select, textarea):not(:disabled)')
    ?? dialog.querySelector('.dialog-foot button:not(:disabled), .dialog-body :is(button, a[href]):not(:disabled)');
  wanted?.focus();
}

/**
 * Ask before something is done.
 * @param {{title: string, text?: any, act: string, danger?: boolean, typed?: string, cancel?: string}} question text: what it
 *   will do; typed: a word that must be typed, for what cannot be undone
 * @returns {Promise<boolean>}
 */
export function confirm(question) {
  asked.value?.done(false);
  return new Promise((done) => {
    asked.value = { ...question, done };
  });
}

/** Where confirm asks; once on the page. */
export function Questions() {
  const question = asked.value;
  return question && html`<${Question} key=${question} ...${question}/>`;
}

function Question({ title, text, act, danger, typed, cancel, done }) {
  const [word, setWord] = useState('');
  const id = useId();
  const answer = (said) => {
    asked.value = null;
    done(said);
  };
  const ready = !typed || word.trim() === typed;
  const submitted = (event) => {
    event.preventDefault();
    if (ready) {
      answer(true);
    }
  };
  useEffect(() => () => done(false), []);
  const footer = html`
    <${Button} onClick=${() => answer(false)} data-autofocus=${!typed && danger ? true : undefined}>${cancel ?? t('common.cancel')}</${Button}>
    <${Button} kind=${danger ? 'danger' : 'primary'} disabled=${!ready} data-autofocus=${!typed && !danger ? true : undefined} onClick=${() => answer(true)}>${act}</${Button}>
  `;
  return html`
    <${Modal} title=${title} role="alertdialog" onClose=${() => answer(false)} footer=${footer}>
      ${typeof text === 'string' ? text.split('\n').map((line) => html`<p>${line}</p>`) : text}
      ${typed && html`
        <form onSubmit=${submitted}>
          <label class="field" for=${id}>
            <span class="field-label">${rich('common.type_to_confirm', { word: html`<strong class="mono">${typed}</strong>` })}</span>
            <input class="input" id=${id} value=${word} autocomplete="off" spellcheck="false" onInput=${(event) => setWord(event.target.value)}/>
          </label>
        </form>
      `}
    </${Modal}>
  `;
}
