/** One delivery: what is sent, how the last call was answered, what that means, telling it again. */
import { html } from '../../parts/ui.js';
import { get, post } from '../../parts/api.js';
import { Code, Copy } from '../../parts/copy.js';
import { Drawer } from '../../parts/dialogs.js';
import { Status, When, exact } from '../../parts/format.js';
import { Button } from '../../parts/forms.js';
import { Loaded, useAct, useLoad } from '../../parts/load.js';
import { Facts, Notice, Row, Stack } from '../../parts/page.js';
import { setQuery } from '../../parts/router.js';
import { can } from '../../parts/session.js';
import { Skeleton } from '../../parts/states.js';
import { t } from '../../parts/texts.js';
import { failed, toast } from '../../parts/toasts.js';
import { Answer, whatOf } from './answer.js';
import { aboutEvent } from './events.js';

const EVERY_S = 3;

function pathOf(url) {
  try {
    const { pathname, search } = new URL(url);
    return pathname + search;
  } catch {
    return url;
  }
}

/** The call as it goes over the wire, but for the signature, which is made with each. */
function requestOf(webhook, delivery) {
  const at = delivery.last_attempt_at ?? delivery.created_at;
  const head = [`POST ${pathOf(webhook.url)} HTTP/1.1`, 'Content-Type: application/json', `webhook-id: ${delivery.uuid}`,
    `webhook-timestamp: ${Math.floor(Date.parse(at) / 1000)}`, 'webhook-signature: v1,…'];
  return `${head.join('\n')}\n\n${JSON.stringify(delivery.body, null, 2)}`;
}

function Response({ delivery }) {
  const d = (key) => t(`webhooks.delivery.${key}`);
  if (!delivery.last_attempt_at) {
    return html`<p class="muted">${d('no_call')}</p>`;
  }
  const what = whatOf(delivery);
  return html`<${Stack} gap=${3}>
    <${Facts} columns items=${[
      [d('status'), html`<${Answer} of=${delivery}/>`],
      [d('took'), delivery.latency_ms === null ? '–' : t('webhooks.log.ms', { n: delivery.latency_ms })],
      delivery.error && [d('error'), delivery.error],
    ]}/>
    ${what && html`<${Notice} kind="warn">${what}</${Notice}>`}
    ${delivery.response_body ? html`<${Code} text=${delivery.response_body} label=${d('response')} wrap/>` : html`<p class="small muted">${d('no_body')}</p>`}
  </${Stack}>`;
}

function Whole({ webhook, delivery }) {
  const d = (key) => t(`webhooks.delivery.${key}`);
  return html`
    <${Facts} columns items=${[
      [t('common.status'), html`<${Status} of=${delivery.state} kind=${delivery.state === 'waiting' ? 'info' : undefined} label=${t(`webhooks.log.state.${delivery.state}`)}/>`],
      [d('attempts'), html`<span class="num">${delivery.attempts}</span>`],
      [d('happened'), html`<span title=${exact(delivery.created_at)}><${When} at=${delivery.created_at}/></span>`],
      [d('last'), html`<${When} at=${delivery.last_attempt_at}/>`],
      [d('next'), html`<${When} at=${delivery.next_attempt_at} empty=${d('no_next')}/>`],
      [html`<span class="mono">webhook-id</span>`, html`<${Row} gap=${1}><span class="mono small set-wrap-any">${delivery.uuid}</span><${Copy} text=${delivery.uuid} label="webhook-id"/></${Row}>`],
    ]}/>
    <section aria-label=${d('response')}><h3 class="set-gap-below">${d('response')}</h3><${Response} delivery=${delivery}/></section>
    <section aria-label=${d('request')}><h3 class="set-gap-below">${d('request')}</h3>
      ${delivery.body ? html`<${Code} text=${requestOf(webhook, delivery)} lang="http" label=${d('request')}/>` : html`<p class="muted">${d('body_gone')}</p>`}
    </section>`;
}

/** @param {{webhook: object, uuid: string, onDone: () => Promise<void>}} props `uuid`: the delivery's; `onDone`: reads the log again */
export function Delivery({ webhook, uuid, onDone }) {
  const path = `/webhooks/${webhook.uuid}/deliveries/${encodeURIComponent(uuid)}`;
  const load = useLoad((signal) => get(path, {}, { signal }), [uuid], { everyS: EVERY_S, keep: false });
  const [again, act] = useAct(async () => {
    try {
      await post(`${path}/redeliver`);
      toast(t('webhooks.delivery.redelivered'), { kind: 'good' });
      await Promise.all([load.again(), onDone()]);
    } catch (error) {
      failed(error);
    }
  });
  const delivery = load.data;
  const may = can('webhooks') && delivery && delivery.event !== 'ping';
  const footer = may && html`<${Button} kind="primary" icon="redo" busy=${act.busy} title=${t('webhooks.delivery.redeliver_help')} disabled=${webhook.status === 'disabled'}
    onClick=${again}>${t('webhooks.delivery.redeliver')}</${Button}>`;
  return html`<${Drawer} open wide title=${delivery?.event ?? t('webhooks.delivery.title')} lead=${delivery && aboutEvent(delivery.event)} footer=${footer}
    onClose=${() => setQuery({ delivery: undefined })}>
    <${Loaded} of=${load} skeleton=${html`<${Skeleton} kind="text" rows=${8}/>`}>${(found) => html`<${Stack}><${Whole} webhook=${webhook} delivery=${found}/></${Stack}>`}</${Loaded}>
  </${Drawer}>`;
}
