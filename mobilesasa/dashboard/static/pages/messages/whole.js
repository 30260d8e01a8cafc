/** A message that its team split itself, put together again. */
import { html } from '../../parts/ui.js';
import { number, Status } from '../../parts/format.js';
import { Card, Notice } from '../../parts/page.js';
import { Link } from '../../parts/router.js';
import { t } from '../../parts/texts.js';
import { MessageText } from './shown.js';

/** @param {{group: object, uuid: string}} props `group` of a MessageStory; `uuid` of the part that is looked at */
export function Whole({ group, uuid }) {
  const missing = group.missing.map((each) => number(each)).join(', ');
  return html`<${Card} title=${t('messages.whole_text')}>
    <div class="msg-body"><${MessageText} message=${{ message: group.text, encoding: 'text' }} /></div>
    ${missing && html`<${Notice} kind=${group.incomplete ? 'warn' : 'info'}>
      ${t(group.incomplete ? 'messages.group_incomplete' : 'messages.group_waiting', { missing })}
    <//>`}
    <ul class="msg-whole">${group.parts.map((part) => html`<li key=${part.uuid}>
      <${Status} of=${part.status} />
      ${part.uuid === uuid
        ? html`<span>${t('messages.part', { n: part.number })} <span class="muted small">(${t('messages.this_part')})</span></span>`
        : html`<${Link} to=${`/messages/${part.uuid}`}>${t('messages.part', { n: part.number })}<//>`}
    </li>`)}</ul>
  <//>`;
}
