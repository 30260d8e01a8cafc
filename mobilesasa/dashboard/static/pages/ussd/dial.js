/** What people dial, such as *384*7#, as it stands in pages and lists. */
import { html } from '../../parts/ui.js';

/** @param {{dial: string}} props */
export function Dial({ dial }) {
  return html`<code class="ussd-dial">${dial}</code>`;
}

/** What is dialled for an extension of a code; both as they are written, perhaps with stars. */
export function dialOf(code, extension) {
  const [digits, behind] = [code.replace(/[*#\s]/g, ''), extension.trim().replace(/#$/, '').replace(/^\*/, '')];
  return behind ? `*${digits}*${behind}#` : `*${digits}#`;
}
