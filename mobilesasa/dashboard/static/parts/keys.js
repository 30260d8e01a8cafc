/** Keys: those of a page while it is there, and those of the whole dashboard; `?` shows them. */
import { html, signal, isTyping, useEffect, useRef, useState } from './ui.js';
import { Dialog } from './dialogs.js';
import { go } from './router.js';
import { t } from './texts.js';

const WAIT_MS = 1200; // for the second key after `g`

const sets = signal([]); // of {keys: {'g m': [words, fn]}, everywhere}
/** Whether the list of keys is shown. */
export const keysShown = signal(false);

let first = '';
let timer = 0;

/**
 * Keys while a component is there.
 * @param {Record<string, [string, () => void]>} keys as `{'n': ['New message', fn], 'g x': […]}`
 * @param {{everywhere?: boolean}} [options] everywhere: listed with the keys of the whole dashboard
 */
export function useKeys(keys, { everywhere = false } = {}) {
  const latest = useRef(keys);
  latest.current = keys;
  useEffect(() => {
    const set = { get keys() { return latest.current; }, everywhere };
    sets.value = [...sets.peek(), set];
    return () => {
      sets.value = sets.peek().filter((each) => each !== set);
    };
  }, []);
}

function act(combination) {
  for (const set of [...sets.peek()].reverse()) {
    const found = set.keys?.[combination];
    if (found) {
      found[1]();
      return true;
    }
  }
  return false;
}

function begins(key) {
  return sets.peek().some((set) => Object.keys(set.keys ?? {}).some((each) => each.startsWith(`${key} `)));
}

/** Put the cursor into the page's search. */
export function focusSearch() {
  const field = document.querySelector('main [data-search], main input[type=search]');
  field?.focus();
  field?.select?.();
  return Boolean(field);
}

function onKey(event) {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target) || document.querySelector('dialog[open]')) {
    return;
  }
  const key = event.key.length === 1 ? event.key : '';
  if (!key) {
    return;
  }
  const combination = first ? `${first} ${key}` : key;
  clearTimeout(timer);
  first = '';
  if (combination === '/' ? focusSearch() : act(combination)) {
    event.preventDefault();
  } else if (begins(combination)) {
    first = combination;
    timer = setTimeout(() => {
      first = '';
    }, WAIT_MS);
  }
}

/** Begin to listen. */
export function beginKeys() {
  document.addEventListener('keydown', onKey);
}

/** The keys that go to pages, of those that may be seen. @param {{goKey?: string, path: string, title: string}[]} pages */
export function goKeys(pages) {
  return Object.fromEntries(pages.filter((each) => each.goKey).map((each) => [`g ${each.goKey}`, [t(each.title), () => go(each.path)]]));
}

/** A key as it is on a keyboard. @param {{keys: string}} props as 'g m' */
export function Keys({ keys }) {
  return html`<span class="keys">${keys.split(' ').map((each, nth) => html`${nth > 0 && html`<span class="muted small">${t('common.keys_then')}</span>`}<kbd>${each}</kbd>`)}</span>`;
}

/** The list of all keys; once on the page. */
export function KeyList() {
  const [, again] = useState(0);
  useEffect(() => again((n) => n + 1), [keysShown.value]);
  const here = sets.value.filter((each) => !each.everywhere).flatMap((each) => Object.entries(each.keys ?? {}));
  const all = sets.value.filter((each) => each.everywhere).flatMap((each) => Object.entries(each.keys ?? {}));
  const places = all.filter(([keys]) => keys.startsWith('g '));
  const rest = [['/', [t('common.keys_search')]], ...all.filter(([keys]) => !keys.startsWith('g ')), ['Ctrl+K', [t('common.keys_palette')]], ['Esc', [t('common.keys_close')]]];
  const close = () => {
    keysShown.value = false;
  };
  return html`
    <${Dialog} open=${keysShown.value} title=${t('common.keys_title')} onClose=${close} wide easy>
      <div class="key-lists">
        ${here.length > 0 && html`<${KeySet} title=${t('common.keys_here')} keys=${here}/>`}
        <${KeySet} title=${t('common.keys_everywhere')} keys=${rest}/>
        <${KeySet} title=${t('common.keys_go')} keys=${places}/>
      </div>
    </${Dialog}>
  `;
}

function KeySet({ title, keys }) {
  return html`
    <section><h3>${title}</h3>
      <dl class="key-list">${keys.map(([combination, [words]]) => html`<div><dt>${words}</dt><dd><${Keys} keys=${combination}/></dd></div>`)}</dl>
    </section>`;
}
