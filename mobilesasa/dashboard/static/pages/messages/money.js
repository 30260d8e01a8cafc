/** What a message cost: the entries of the ledger that paid for it, and what came back. */
import { html } from '../../parts/ui.js';
import { get } from '../../parts/api.js';
import { dayTime } from '../../parts/format.js';
import { Icon } from '../../parts/icons.js';
import { Loaded, useLoad } from '../../parts/load.js';
import { Card } from '../../parts/page.js';
import { Link } from '../../parts/router.js';
import { Skeleton } from '../../parts/states.js';
import { t } from '../../parts/texts.js';

/** @param {{story: object}} props a MessageStory; for those who may read the ledger */
export function Money({ story }) {
  const load = useLoad((signal) => get('/ledger', { message_uuid: story.uuid, page_size: 20 }, { signal }), [story.uuid, story.status]);
  return html`<${Card} title=${t('messages.money')}
    actions=${html`<${Link} class="small" to="/units" query=${{ message_uuid: story.uuid }}>${t('messages.money_all')}<//>`}>
    <${Loaded} of=${load} skeleton=${html`<${Skeleton} kind="text" rows=${2} />`}>
      ${({ items }) => (items.length
        ? html`<ul class="msg-money">${[...items].reverse().map((entry) => html`<${Entry} key=${entry.id} ...${{ entry, story }} />`)}</ul>`
        : html`<p class="muted small">${t('messages.money_none')}</p>`)}
    <//>
  <//>`;
}

function Entry({ entry, story }) {
  const isBack = entry.units > 0;
  const n = isBack ? entry.units : story.units;
  return html`<li>
    <${Icon} name=${isBack ? 'undo' : 'coins'} />
    <div>
      <div>${t(isBack ? 'messages.money_back' : 'messages.money_taken', { n })}
        ${!isBack && entry.messages > 1 && html` <span class="muted">${t('messages.money_taken_with', { n: entry.messages })}</span>`}</div>
      <div class="small muted">
        ${t('messages.money_entry', { id: String(entry.id) })} · <time datetime=${entry.at}>${dayTime(entry.at)}</time>
        ${entry.kind === 'reserve' && html` · ${t('messages.money_campaign')}`}
      </div>
    </div>
  </li>`;
}
