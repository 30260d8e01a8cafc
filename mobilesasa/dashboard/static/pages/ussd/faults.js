/** What is in the way of publishing, each with the way to its place. */
import { html, useState } from '../../parts/ui.js';
import { Icon } from '../../parts/icons.js';
import { t } from '../../parts/texts.js';
import { placeWords } from './checking.js';

const FIRST = 3; // that are shown before "all"

/**
 * @param {object} props `check` of useCheck; `menu`; `onGo(fault)` shows the place of one; `onSettings` the settings of the menu
 */
export function Faults({ check, menu, onGo, onSettings }) {
  const [all, setAll] = useState(false);
  const { faults, ok, isChecking, error } = check;
  const rest = faults.length - FIRST;
  if (error) return html`<div class="ussd-check check-warn" role="status"><${Icon} name="info"/> ${t('ussd.check.failed')} ${error.message}</div>`;
  if (ok === null) return html`<div class="ussd-check" role="status"><${Icon} name="clock"/> ${t('ussd.check.first')}</div>`;
  return html`
    <section class=${ok ? 'ussd-check check-good' : 'ussd-check check-warn'} aria-label=${t('ussd.check')} aria-busy=${isChecking ? 'true' : undefined}>
      <p class="ussd-check-head" role="status">
        <${Icon} name=${ok ? 'circle-check' : 'alert-triangle'}/>
        <b>${ok ? t('ussd.check.good') : t('ussd.check.faults', { n: faults.length })}</b>
        ${ok && html`<span class="muted small">${t('ussd.check.good_text', { n: Object.keys(menu.screens).length })}</span>`}
      </p>
      ${faults.length > 0 && html`
        <ul class="ussd-fault-list">
          ${(all ? faults : faults.slice(0, FIRST + (rest === 1))).map((fault) => html`<${Fault} key=${fault.field + fault.code + fault.message} fault=${fault} onGo=${onGo} onSettings=${onSettings}/>`)}
        </ul>`}
      ${rest > 1 && html`<button type="button" class="ussd-link small" aria-expanded=${String(all)} onClick=${() => setAll(!all)}>${all ? t('ussd.check.fewer') : t('ussd.check.more', { n: rest })}</button>`}
    </section>`;
}

function Fault({ fault, onGo, onSettings }) {
  const words = [fault.screen, placeWords(fault.path)].filter(Boolean).join(' · ');
  const go = () => (fault.screen ? onGo(fault) : onSettings());
  return html`<li><button type="button" class="ussd-link" onClick=${go}>${words}</button> <span>${fault.message}</span></li>`;
}
