/** The log of a webhook: what it was told, how that was answered; filtered in the address, live on its first page. */
import { html, useEffect } from '../../parts/ui.js';
import { get } from '../../parts/api.js';
import { Status, When, number } from '../../parts/format.js';
import { Button } from '../../parts/forms.js';
import { Loaded, useLoad } from '../../parts/load.js';
import { Card, Stack } from '../../parts/page.js';
import { setQuery } from '../../parts/router.js';
import { can } from '../../parts/session.js';
import { Empty, Skeleton } from '../../parts/states.js';
import { Filters, Pager, Table } from '../../parts/table.js';
import { t } from '../../parts/texts.js';
import { Answer } from './answer.js';
import { Delivery } from './delivery.js';
import { EVERY, aboutEvent } from './events.js';

const EVERY_S = 3;
const STATES = ['waiting', 'delivered', 'failed'];
const EVENTS = ['message.sent', 'message.delivered', 'message.failed', 'message.received', 'campaign.started', 'campaign.completed', 'campaign.paused', 'campaign.cancelled',
  'campaign.failed', 'survey.response', 'import.completed', 'export.completed', 'balance.low', 'optout'];

const columns = () => [
  { key: 'event', title: t('webhooks.log.column.event'), cell: (each) => html`<span class="mono" title=${aboutEvent(each.event)}>${each.event}</span>` },
  {
    key: 'state', title: t('webhooks.log.column.state'),
    cell: (each) => html`<${Status} of=${each.state} kind=${each.state === 'waiting' ? 'info' : undefined} label=${t(`webhooks.log.state.${each.state}`)} title=${t(`webhooks.log.state_help.${each.state}`)}/>`,
  },
  { key: 'answer', title: t('webhooks.log.column.answer'), cell: (each) => html`<${Answer} of=${each}/>` },
  { key: 'took', title: t('webhooks.log.column.took'), num: true, hide: 'narrow', cell: (each) => (each.latency_ms === null ? '–' : t('webhooks.log.ms', { n: each.latency_ms })) },
  { key: 'attempts', title: t('webhooks.log.column.attempts'), num: true, cell: (each) => number(each.attempts) },
  { key: 'when', title: t('webhooks.log.column.when'), cell: (each) => html`<${When} at=${each.created_at}/>` },
  { key: 'next', title: t('webhooks.log.column.next'), hide: 'middle', cell: (each) => html`<${When} at=${each.next_attempt_at}/>` },
];

function fields(webhook) {
  const events = webhook.events.includes(EVERY) ? EVENTS : webhook.events;
  return [
    { name: 'state', label: t('webhooks.log.filter.state'), kind: 'select', options: STATES.map((each) => ({ value: each, label: t(`webhooks.log.state.${each}`) })) },
    { name: 'event', label: t('webhooks.log.filter.event'), kind: 'select', options: [...events, 'ping'] },
  ];
}

function NothingTold({ filtered, onTest }) {
  if (filtered) {
    return html`<${Empty} small icon="webhook" title=${t('webhooks.log.empty.filtered')} text=${t('webhooks.log.empty.filtered_text')}/>`;
  }
  const action = can('webhooks') && html`<${Button} icon="zap" onClick=${onTest}>${t('webhooks.page.test')}</${Button}>`;
  return html`<${Empty} icon="webhook" title=${t('webhooks.log.empty.title')} text=${t('webhooks.log.empty.text')} action=${action}/>`;
}

/** @param {{webhook: object, query: Record<string, string>, told: number, onTest: () => void}} props `told`: another number reads the log again */
export function Deliveries({ webhook, query, told, onTest }) {
  const { state, event, page, page_size } = query;
  const load = useLoad((signal) => get(`/webhooks/${webhook.uuid}/deliveries`, { state, event, page, page_size }, { signal }), [webhook.uuid, state, event, page, page_size],
    { everyS: page ? 0 : EVERY_S });
  useEffect(() => {
    if (told) {
      load.again();
    }
  }, [told]);
  const empty = html`<${NothingTold} filtered=${Boolean(state || event)} onTest=${onTest}/>`;
  return html`<${Stack}>
    <${Card} kind="flush" footer=${html`<p class="small muted">${t('webhooks.log.kept')}</p>`}>
      <${Filters} fields=${fields(webhook)} query=${query}/>
      <${Loaded} of=${load} skeleton=${html`<${Skeleton} kind="table" rows=${8}/>`}>${(data) => html`
        <${Table} label=${t('webhooks.log.label')} columns=${columns()} rows=${data.items} onRow=${(each) => setQuery({ delivery: each.uuid })} current=${query.delivery}
          rowLabel=${(each) => each.event} empty=${empty}/>
        <${Pager} page=${data} query=${query}/>`}
      </${Loaded}>
    </${Card}>
    ${query.delivery && html`<${Delivery} webhook=${webhook} uuid=${query.delivery} onDone=${load.again}/>`}
  </${Stack}>`;
}
