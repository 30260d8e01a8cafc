/** The latest messages that failed, each with its reason in words. */
import { html } from '../../parts/ui.js';
import { get } from '../../parts/api.js';
import { phone, When } from '../../parts/format.js';
import { Icon } from '../../parts/icons.js';
import { Loaded, useLoad } from '../../parts/load.js';
import { Card } from '../../parts/page.js';
import { href, Link } from '../../parts/router.js';
import { team } from '../../parts/session.js';
import { Skeleton } from '../../parts/states.js';
import { t } from '../../parts/texts.js';
import { detailOf } from '../messages/shown.js';

const SHOWN = 8;
const LIVE_S = 15;

/** For those who may read messages. */
export function Failures() {
  const load = useLoad((signal) => get('/messages', { status: 'failed', page_size: SHOWN }, { signal }), [team.value.code], { everyS: LIVE_S });
  return html`<${Card} title=${t('overview.failures')}
    actions=${html`<${Link} class="small" to="/messages" query=${{ status: 'failed' }}>${t('overview.failures_all')}<//>`}>
    <${Loaded} of=${load} skeleton=${html`<${Skeleton} kind="text" rows=${5} />`}>
      ${({ items }) => (items.length
        ? html`<ul class="ov-failures" aria-label=${t('overview.failures_table')}>${items.map((each) => html`<${Row} key=${each.uuid} message=${each} />`)}</ul>`
        : html`<p class="muted small msg-inline"><${Icon} name="circle-check" class="good" /> ${t('overview.failures_none')}</p>`)}
    <//>
  <//>`;
}

function Row({ message }) {
  const words = [t(`overview.failure_${message.failure_reason}`), detailOf(message)].filter(Boolean).join(': ');
  return html`<li><a href=${href(`/messages/${message.uuid}`)}>
    <span class="num nowrap">${phone(message.to)}</span>
    <span class="ov-failures-why">${words}</span>
    <span class="small muted nowrap"><${When} at=${message.done_at || message.created_at} /></span>
  </a></li>`;
}
