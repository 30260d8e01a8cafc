/** Scopes of tokens: as boxes to tick, two a part of the API, and as tags. */
import { html } from '../../parts/ui.js';
import { Button } from '../../parts/forms.js';
import { Row } from '../../parts/page.js';
import { can, canRead } from '../../parts/session.js';
import { t, textOr } from '../../parts/texts.js';

const READ = ':read';
/** The scopes that there are, as core/scopes.py has them; each also with `:read` behind it. */
export const SCOPES = ['messages', 'contacts', 'groups', 'campaigns', 'surveys', 'ussd', 'reports', 'webhooks', 'api_tokens', 'team'];
const SHOWN = 3; // tags of a token in the list

const nameOf = (scope) => textOr(`tokens.scope.${scope}`, scope);

/** A scope in words, such as `Contacts: read`. */
export function scopeWords(scope) {
  return scope.endsWith(READ) ? t('tokens.reads', { scope: nameOf(scope.slice(0, -READ.length)) }) : nameOf(scope);
}

/** @param {{scopes: string[], all?: boolean}} props `all`: every one, else the first few and how many more */
export function ScopeTags({ scopes, all = false }) {
  if (SCOPES.every((each) => scopes.includes(each))) {
    return html`<span class="set-tag">${t('tokens.everything')}</span>`;
  }
  const shown = all || scopes.length <= SHOWN + 1 ? scopes : scopes.slice(0, SHOWN);
  const rest = scopes.slice(shown.length).map(scopeWords).join(', ');
  return html`<span class="set-tags">
    ${shown.map((each) => html`<span class="set-tag" key=${each}>${scopeWords(each)}</span>`)}
    ${rest && html`<span class="set-tag muted" title=${rest}>${t('tokens.more_scopes', { n: scopes.length - shown.length })}</span>`}
  </span>`;
}

/** What the presets tick: of what somebody may hand on themselves. */
function presetsOf() {
  const whole = SCOPES.filter((each) => can(each));
  return { send: whole.filter((each) => each === 'messages'), read: SCOPES.filter((each) => canRead(each)).map((each) => each + READ), all: whole, none: [] };
}

function ticked(scopes, scope, kind, on) {
  const without = scopes.filter((each) => each !== scope && each !== scope + READ);
  if (kind === 'write') {
    return on ? [...without, scope] : [...without, scope + READ];
  }
  return on ? [...without, scope + READ] : without;
}

function ScopeRow({ scope, scopes, onInput }) {
  const writes = scopes.includes(scope);
  const reads = writes || scopes.includes(scope + READ);
  const box = (kind, checked, disabled) => html`<td class="set-scope-box"><label class="set-scope-hit">
    <span class="set-scope-word">${t(`tokens.new.column.${kind}`)}</span>
    <input type="checkbox" checked=${checked} disabled=${disabled} aria-label=${t(`tokens.new.${kind}_box`, { scope: nameOf(scope) })}
      title=${disabled && !writes ? t('tokens.new.not_yours') : undefined} onChange=${(event) => onInput(ticked(scopes, scope, kind, event.currentTarget.checked))}/>
  </label></td>`;
  return html`<tr>
    <th scope="row">${nameOf(scope)}<div class="small muted">${t(`tokens.scope_about.${scope}`)}</div></th>
    ${box('read', reads, writes || !canRead(scope))}
    ${box('write', writes, !can(scope))}
  </tr>`;
}

/**
 * Boxes for what a token opens; writing includes reading.
 * @param {{value: string[], onInput: (scopes: string[]) => void, error?: string}} props
 */
export function ScopeBoxes({ value, onInput, error }) {
  const presets = presetsOf();
  return html`<fieldset class="set-scopes" aria-describedby="scopes-help">
    <legend>${t('tokens.new.scopes')}</legend>
    <p id="scopes-help" class="small muted">${t('tokens.new.scopes_help')}</p>
    <${Row} gap=${2} wrap><span class="small muted">${t('tokens.new.preset')}</span>
      ${Object.keys(presets).map((each) => html`<${Button} key=${each} small onClick=${() => onInput(presets[each])}>${t(`tokens.new.presets.${each}`)}</${Button}>`)}
    </${Row}>
    <table class="set-scope-table">
      <thead><tr><th scope="col">${t('tokens.new.column.what')}</th><th scope="col">${t('tokens.new.column.read')}</th><th scope="col">${t('tokens.new.column.write')}</th></tr></thead>
      <tbody>${SCOPES.map((scope) => html`<${ScopeRow} key=${scope} scope=${scope} scopes=${value} onInput=${onInput}/>`)}</tbody>
    </table>
    ${error && html`<p class="danger small" role="alert">${error}</p>`}
  </fieldset>`;
}
