/** Up or down against before, in colour and in words. */
import { html, cx } from './ui.js';
import { Icon } from './icons.js';
import { t } from './texts.js';
import { percent } from './format.js';

/** @param {{of: number, upIsBad?: boolean}} props of: 0.12 is 12 % more than before */
export function Trend({ of, upIsBad = false }) {
  const flat = Math.abs(of) < 0.0005;
  const good = of > 0 !== upIsBad;
  const label = t(of < 0 ? 'common.trend_down' : 'common.trend_up', { x: percent(Math.abs(of)) });
  return html`<span class=${cx('trend', !flat && (good ? 'is-good' : 'is-bad'))} title=${label}>
    ${!flat && html`<${Icon} name=${of > 0 ? 'arrow-up' : 'arrow-down'}/>`}<span class="num">${percent(Math.abs(of))}</span>
  </span>`;
}
