/** A dialog with a secret that is shown this once: nobody closes it by accident. */
import { html } from '../../parts/ui.js';
import { Secret } from '../../parts/copy.js';
import { Dialog, confirm } from '../../parts/dialogs.js';
import { Button } from '../../parts/forms.js';
import { Notice, Stack } from '../../parts/page.js';

/**
 * @param {{title: string, text: string, label: string, value: string, done: string, onDone: () => void, wide?: boolean,
 *   close: {title: string, text: string, act: string}, children?: any}} props `close` is asked before it goes by Esc or the cross
 */
export function ShownOnce({ title, text, label, value, done, onDone, wide, close, children }) {
  const leave = async () => {
    if (await confirm(close)) {
      onDone();
    }
  };
  const footer = html`<${Button} kind="primary" onClick=${onDone}>${done}</${Button}>`;
  return html`<${Dialog} open title=${title} onClose=${leave} wide=${wide} footer=${footer}>
    <${Stack}>
      <${Notice} kind="warn">${text}</${Notice}>
      <div class="set-once" role="group" aria-label=${label}>
        <span class="small muted">${label}</span>
        <${Secret} value=${value} label=${label}/>
      </div>
      ${children}
    </${Stack}>
  </${Dialog}>`;
}
