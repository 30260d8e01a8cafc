/** The inbox: messages from phones, live; whom one chooses opens beside the list. */
import { html } from '../../parts/ui.js';
import { Icon } from '../../parts/icons.js';
import { Page } from '../../parts/page.js';
import { t } from '../../parts/texts.js';
import { InboxActions } from './actions.js';
import { Conversations } from './conversations.js';

/** The list, and where a thread will be a word on how to open one. */
export default function Inbox({ query }) {
  return html`<${Page} title=${t('inbox.title')} actions=${html`<${InboxActions} query=${query} />`}>
    <div class="pp-mailbox" data-open="list">
      <${Conversations} query=${query} />
      <div class="pp-thread pp-thread-none"><div>
        <${Icon} name="message-square" />
        <p><strong>${t('inbox.choose_title')}</strong></p>
        <p class="muted">${t('inbox.choose_text')}</p>
      </div></div>
    </div>
  <//>`;
}
