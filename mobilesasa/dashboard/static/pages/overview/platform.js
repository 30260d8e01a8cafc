/** For those who administer the platform: which carriers are up, and what waits for them. */
import { html } from '../../parts/ui.js';
import { get } from '../../parts/api.js';
import { duration, number, percent, Status } from '../../parts/format.js';
import { Icon } from '../../parts/icons.js';
import { Button } from '../../parts/forms.js';
import { Loaded, useLoad } from '../../parts/load.js';
import { Card } from '../../parts/page.js';
import { Link } from '../../parts/router.js';
import { Skeleton } from '../../parts/states.js';
import { t } from '../../parts/texts.js';

const LIVE_S = 5;
const WORKS = ['up', 'throttled'];

export function Platform() {
  const load = useLoad(
    async (signal) => {
      const [carriers, queues] = await Promise.all([get('/admin/carriers', {}, { signal }), get('/admin/queues', {}, { signal })]);
      return { carriers: carriers.items, queues };
    },
    [],
    { everyS: LIVE_S },
  );
  return html`<div class="ov-platform">
    <${Loaded} of=${load} skeleton=${html`<${Skeleton} kind="card" rows=${3} />`}>
      ${({ carriers, queues }) => html`<${Carriers} carriers=${carriers} /><${Queues} queues=${queues} />`}
    <//>
  </div>`;
}

function Carriers({ carriers }) {
  const wanted = carriers.filter((each) => each.enabled);
  const up = wanted.filter((each) => WORKS.includes(each.state)).length;
  const inTrouble = [...carriers].sort((one, other) => rankOf(one) - rankOf(other) || one.name.localeCompare(other.name));
  return html`<${Card} title=${t('overview.carriers')} actions=${html`<${Link} class="small" to="/admin/carriers">${t('overview.carriers_all')}<//>`}>
    ${carriers.length === 0
      ? html`<p class="muted small">${t('overview.carriers_none')}</p><${Button} icon="plus" to="/admin/carriers">${t('overview.carriers_add')}<//>`
      : html`<p class=${`ov-total num ${up < wanted.length ? 'danger' : ''}`}><strong>${t('overview.carriers_up', { up, all: wanted.length })}</strong></p>
        <ul class="ov-carriers">${inTrouble.map((each) => html`<${Carrier} key=${each.name} carrier=${each} />`)}</ul>`}
  <//>`;
}

/** Those in trouble first, those that are switched off last. */
function rankOf({ enabled, state }) {
  return !enabled ? 2 : WORKS.includes(state) ? 1 : 0;
}

function Carrier({ carrier }) {
  const { name, state, why, down_s: downS } = carrier;
  return html`<li>
    <div class="ov-carriers-head">
      <${Link} to=${`/admin/carriers/${encodeURIComponent(name)}`}>${name}<//>
      <span class="row"><${Status} of=${state} />${downS > 0 && html`<span class="small muted nowrap">${t('overview.carrier_for', { duration: duration(downS) })}</span>`}</span>
    </div>
    ${why && html`<div class="small danger ov-carriers-why">${why}</div>`}
    <dl class="ov-carriers-facts small">
      <div><dt>${t('overview.carrier_sent')}</dt><dd class="num">${number(carrier.sent)}</dd></div>
      <div><dt>${t('overview.carrier_under_way')}</dt><dd class="num">${number(carrier.parts_under_way)}</dd></div>
      ${carrier.delivery_ratio !== null && html`<div><dt>${t('overview.carrier_rate')}</dt><dd class="num">${percent(carrier.delivery_ratio, 1)}</dd></div>`}
    </dl>
  </li>`;
}

function Queues({ queues }) {
  const waiting = queues.lanes.filter((each) => each.messages > 0 || each.bodies > 0);
  const total = queues.lanes.reduce((sum, each) => sum + each.messages, 0);
  return html`<${Card} title=${t('overview.queues')} actions=${html`<${Link} class="small" to="/admin/queues">${t('overview.queues_all')}<//>`}>
    <p class="ov-total num"><strong>${t('common.message_n', { n: total })}</strong></p>
    ${waiting.length
      ? html`<ul class="ov-lanes">${waiting.map((each) => html`<li key=${`${each.carrier} ${each.lane}`}>
          <span>${each.carrier} <span class="muted small">${t(`overview.queues_lane_${each.lane}`)}</span></span><span class="num">${number(each.messages)}</span></li>`)}</ul>`
      : html`<p class="muted small">${t('overview.queues_empty')}</p>`}
    ${queues.dead > 0 && html`<p class="danger small msg-inline"><${Icon} name="alert-triangle" /> <${Link} to="/admin/queues">${t('overview.queues_dead', { n: queues.dead })}<//></p>`}
  <//>`;
}
