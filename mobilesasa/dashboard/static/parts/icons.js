/** Icons of lucide (ISC), drawn from one sprite. */
import { html, cx } from './ui.js';

const SPRITE = new URL('../icons.svg', import.meta.url).pathname;

/**
 * An icon; without a label it is decoration, and not read out.
 * @param {{name: string, label?: string, class?: string, size?: 'small'|'large'}} props name: as lucide has it, see icons.svg
 */
export function Icon({ name, label, class: className, size }) {
  const said = label ? { role: 'img', 'aria-label': label } : { 'aria-hidden': 'true' };
  return html`<svg class=${cx('icon', size && `icon-${size}`, className)} ...${said}><use href="${SPRITE}#${name}"/></svg>`;
}
