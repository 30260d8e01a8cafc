/** Phone numbers as people write and paste them, and what the server says of each. */
import { html } from '../../parts/ui.js';
import { AreaField, Button } from '../../parts/forms.js';
import { phone } from '../../parts/format.js';
import { Icon } from '../../parts/icons.js';
import { Link } from '../../parts/router.js';
import { canRead } from '../../parts/session.js';
import { t } from '../../parts/texts.js';

export const MOST = 1000; // in one call
const FAULTS_SHOWN = 8;
const COSTS_SHOWN = 5;
const DIGITS_MOST = 15; // of a number (ITU-T E.164 §6.2.1)

/**
 * Read numbers: one a line, or with commas, semicolons or tabs between; blanks may be within a number.
 * @param {string} written
 * @returns {{numbers: string[], doubles: number}} each once, as it was written
 */
export function readNumbers(written) {
  const pieces = written.split(/[\n,;\t]+/).flatMap(apart).filter(Boolean);
  const numbers = new Map();
  for (const piece of pieces) {
    const key = piece.replace(/(?!^\+)[^\p{L}\p{N}]/gu, '');
    if (!numbers.has(key)) {
      numbers.set(key, piece);
    }
  }
  return { numbers: [...numbers.values()], doubles: pieces.length - numbers.size };
}

/** Cut at blanks what is more than one number. */
function apart(piece) {
  const text = piece.trim().replace(/^["']+|["']+$/g, '');
  const isOne = text.replace(/\D/g, '').length <= DIGITS_MOST && !/\s\+/.test(text);
  return isOne ? [text] : text.split(/\s+/);
}

/**
 * The field for the numbers, with what the estimate says of them.
 * @param {{written: string, onInput: (text: string) => void, read: object, estimate: object|null, error?: string}} props
 */
export function NumbersField({ written, onInput, read, estimate, error }) {
  const { numbers, doubles } = read;
  const told = estimate && estimate.recipients.length === numbers.length ? estimate.recipients : [];
  const faults = told.map((each, n) => ({ ...each, written: numbers[n] })).filter((each) => each.error);
  const leaveOut = () => {
    const out = new Set(faults.map((each) => each.written));
    onInput(numbers.filter((each) => !out.has(each)).join('\n'));
  };
  return html`<div class="msg-numbers">
    <${AreaField} name="to" label=${t('messages.to')} help=${t('messages.to_help')} value=${written} onInput=${onInput} error=${error}
      rows=${Math.min(8, Math.max(2, written.split('\n').length))} placeholder="+254712345678" />
    <p class="msg-numbers-count small muted num" aria-live="polite">
      ${numbers.length > 0 && t('messages.to_count', { n: numbers.length })}
      ${doubles > 0 && ` · ${t('messages.to_doubles', { n: doubles })}`}
    </p>
    ${numbers.length > MOST && !error && html`<p class="danger small">${t('messages.to_too_many', { most: MOST })}
      ${canRead('campaigns') && html` <${Link} to="/campaigns/new">${t('messages.send_campaign')}<//>`}</p>`}
    ${faults.length > 0 && html`<${Faults} ...${{ faults, leaveOut, isAll: faults.length === numbers.length }} />`}
    ${told.length > 1 && told.length <= COSTS_SHOWN && html`<${Costs} told=${told.filter((each) => !each.error)} />`}
  </div>`;
}

function Faults({ faults, leaveOut, isAll }) {
  const more = faults.length - FAULTS_SHOWN;
  return html`<div class="msg-numbers-faults small">
    <div class="row is-wrapping is-between">
      <span class="danger msg-inline"><${Icon} name="alert-triangle" /> ${t('messages.to_faulty', { n: faults.length })}</span>
      ${!isAll && html`<${Button} kind="quiet" icon="x" onClick=${leaveOut}>${t('messages.to_leave_out', { n: faults.length })}<//>`}
    </div>
    <ul>${faults.slice(0, FAULTS_SHOWN).map((each) => html`<li key=${each.written}><span class="mono">${each.written}</span> <span class="muted">${each.error}</span></li>`)}
      ${more > 0 && html`<li class="muted">${t('messages.to_faulty_more', { n: more })}</li>`}</ul>
  </div>`;
}

/** Of a few numbers what each costs: they may be of different countries. */
function Costs({ told }) {
  return html`<ul class="msg-numbers-costs small muted">${told.map((each) => html`<li key=${each.to}>
    <span class="num">${phone(each.to)}</span><span class="num">${t('messages.fact_units_value', { n: each.units })}</span></li>`)}</ul>`;
}
