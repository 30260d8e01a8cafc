/** Calls of the API as they are written on a command line. */
import { html, useState } from '../../parts/ui.js';
import { Code } from '../../parts/copy.js';
import { Dialog } from '../../parts/dialogs.js';
import { Tabs } from '../../parts/forms.js';
import { Link } from '../../parts/router.js';
import { can } from '../../parts/session.js';
import { t } from '../../parts/texts.js';

const TOKEN = 'mbs_your_token_here';

/**
 * Return a call as curl; what a person wrote is quoted, so a shell takes it as it is.
 * @param {string} method
 * @param {string} path below /api/v1
 * @param {object} [body]
 */
export function curlOf(method, path, body) {
  const lines = [`curl${method === 'GET' ? '' : ` -X ${method}`} ${quoted(`${location.origin}/api/v1${path}`)}`];
  lines.push(`  -H "Authorization: Bearer ${TOKEN}"`);
  if (body !== undefined) {
    lines.push('  -H "Content-Type: application/json"');
    lines.push(`  -d ${quoted(JSON.stringify(body, null, 2).replaceAll('\n', '\n  '))}`);
  }
  return lines.join(' \\\n');
}

function quoted(text) {
  return /^[\w:/.,@%+=-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

/**
 * Calls to copy, one a tab.
 * @param {{calls: {id: string, label: string, text: string, note?: string}[], open: boolean, onClose: () => void}} props
 */
export function CurlDialog({ calls, open, onClose }) {
  const [chosen, choose] = useState(calls[0].id);
  const call = calls.find((each) => each.id === chosen) || calls[0];
  return html`<${Dialog} open=${open} title=${t('messages.curl_title')} onClose=${onClose} wide>
    <div class="stack">
      ${calls.length > 1 && html`<${Tabs} tabs=${calls.map(({ id, label }) => ({ id, label }))} value=${call.id} onChange=${choose} />`}
      <${Code} text=${call.text} lang="sh" copy />
      <p class="small muted">
        ${call.note && html`${call.note} `}${t('messages.curl_token')}${' '}
        ${can('api_tokens') && html`<${Link} to="/tokens">${t('messages.curl_make_token')}<//>`}
      </p>
    </div>
  <//>`;
}
