/** Text to copy: a button, a block of code, a secret that is shown once. */
import { html, cx, useEffect, useRef, useState } from './ui.js';
import { Button, IconButton } from './buttons.js';
import { toast } from './toasts.js';
import { t } from './texts.js';

/** Copy a text; where the browser has no clipboard (plain HTTP) by way of a selection. @param {string} text */
export async function copyText(text) {
  try {
    if (navigator.clipboard && window.isSecureContext) {
      await navigator.clipboard.writeText(text);
      return true;
    }
  } catch {
    // refused: the old way is tried
  }
  return copyBySelection(text);
}

function copyBySelection(text) {
  const area = document.createElement('textarea');
  area.value = text;
  area.className = 'visually-hidden';
  const host = document.activeElement?.closest('dialog') ?? document.body;
  const before = document.activeElement;
  host.append(area);
  area.select();
  const done = document.execCommand('copy');
  area.remove();
  before?.focus?.();
  return done;
}

/** Copies, and says for two seconds that it has. */
function useCopied(text) {
  const [copied, setCopied] = useState(false);
  const timer = useRef(0);
  useEffect(() => () => clearTimeout(timer.current), []);
  const copy = async () => {
    if (await copyText(text)) {
      setCopied(true);
      clearTimeout(timer.current);
      timer.current = setTimeout(() => setCopied(false), 2000);
    } else {
      toast(t('common.copy_failed'), { kind: 'bad' });
    }
  };
  return [copied, copy];
}

/**
 * A small button that copies.
 * @param {{text: string, label?: string, wide?: boolean}} props label: what is copied; wide: with words beside the icon
 */
export function Copy({ text, label, wide = false }) {
  const [copied, copy] = useCopied(text);
  const said = label ? t('common.copy_what', { name: label }) : t('common.copy');
  const announce = html`<span class="visually-hidden" role="status">${copied ? t('common.copied') : ''}</span>`;
  if (wide) {
    return html`<${Button} small icon=${copied ? 'check' : 'copy'} onClick=${copy}>${copied ? t('common.copied') : label ?? t('common.copy')}</${Button}>${announce}`;
  }
  return html`<${IconButton} small icon=${copied ? 'check' : 'copy'} label=${copied ? t('common.copied') : said} class=${cx('copy', copied && 'is-good')} onClick=${copy}/>${announce}`;
}

/**
 * A block of code.
 * @param {{text: string, lang?: string, copy?: boolean, label?: string, wrap?: boolean}} props
 */
export function Code({ text, lang, copy = true, label, wrap = false }) {
  return html`
    <div class=${cx('code', wrap && 'code-wrap')}>
      <pre tabindex="0" role="region" aria-label=${label ?? lang ?? t('common.text')}><code data-lang=${lang}>${text}</code></pre>
      ${copy && html`<span class="code-copy"><${Copy} text=${text} label=${label}/></span>`}
    </div>
  `;
}

/**
 * A secret that is shown once: masked until asked for, always to be copied.
 * @param {{value: string, label?: string, shown?: boolean}} props
 */
export function Secret({ value, label, shown: atFirst = false }) {
  const [shown, setShown] = useState(atFirst);
  const masked = `${value.slice(0, 4)}${'•'.repeat(Math.max(8, Math.min(value.length, 40) - 4))}`;
  return html`
    <div class="secret">
      <code class="secret-value" aria-label=${label ?? t('common.secret')}>${shown ? value : masked}</code>
      <${IconButton} icon=${shown ? 'eye-off' : 'eye'} label=${shown ? t('common.hide_value') : t('common.show_value')} onClick=${() => setShown(!shown)}/>
      <${Copy} wide text=${value} label=${t('common.copy')}/>
    </div>
  `;
}
