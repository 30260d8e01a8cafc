/** Webhooks: where the team is told of what happens, how each fares, making one. */
import { html, useState } from '../../parts/ui.js';
import { get, post } from '../../parts/api.js';
import { Drawer } from '../../parts/dialogs.js';
import { Status, When } from '../../parts/format.js';
import { Button } from '../../parts/forms.js';
import { useKeys } from '../../parts/keys.js';
import { Loaded, useLoad } from '../../parts/load.js';
import { Card, Page } from '../../parts/page.js';
import { go, setQuery } from '../../parts/router.js';
import { can } from '../../parts/session.js';
import { Empty, Skeleton } from '../../parts/states.js';
import { Table } from '../../parts/table.js';
import { rich, t } from '../../parts/texts.js';
import { EventTags } from './events.js';
import { WebhookForm } from './form.js';
import { SecretShown } from './secret.js';

const MOST = 10;
const create = () => setQuery({ new: 1 });
const close = () => setQuery({ new: undefined });

/** How a webhook fares: enabled, failing, or disabled; with why, unless `brief`. @param {{webhook: object, brief?: boolean}} props */
export function Fares({ webhook, brief = false }) {
  if (webhook.status === 'disabled') {
    return html`<${Status} of="disabled" kind=${webhook.disabled_reason === 'team' ? 'neutral' : 'bad'}/>
      ${!brief && html`<div class="small muted">${t(`webhooks.reason.${webhook.disabled_reason ?? 'team'}`)}</div>`}`;
  }
  if (webhook.failing_since) {
    return html`<${Status} of="failing" kind="warn" label=${t('webhooks.failing')}/>
      ${!brief && html`<div class="small muted">${rich('webhooks.failing_since', { when: html`<${When} at=${webhook.failing_since}/>` })}</div>`}`;
  }
  return html`<${Status} of="enabled"/>`;
}

const columns = () => [
  {
    key: 'url', title: t('webhooks.column.url'), sort: 'url',
    cell: (each) => html`<span class="mono set-wrap-any">${each.url}</span>${each.description && html`<div class="small muted set-wrap-any">${each.description}</div>`}`,
  },
  { key: 'events', title: t('webhooks.column.events'), cell: (each) => html`<${EventTags} events=${each.events}/>` },
  { key: 'status', title: t('webhooks.column.status'), sort: 'status', width: '14rem', cell: (each) => html`<${Fares} webhook=${each}/>` },
  { key: 'created', title: t('webhooks.column.created'), sort: 'created_at', hide: 'middle', cell: (each) => html`<${When} at=${each.created_at}/>` },
];

function NewWebhook() {
  const [made, setMade] = useState(null);
  if (made) {
    return html`<${SecretShown} secret=${made.secret} title=${t('webhooks.made.title')} text=${t('webhooks.made.text')} onDone=${() => go(`/webhooks/${made.uuid}`, {}, { replace: true })}/>`;
  }
  return html`<${Drawer} open wide title=${t('webhooks.form.new')} onClose=${close}>
    <${WebhookForm} submit=${t('webhooks.form.submit')} onCancel=${close} onSave=${async (terms) => setMade(await post('/webhooks', terms))}/>
  </${Drawer}>`;
}

function CreateButton({ full }) {
  return can('webhooks') && html`<${Button} kind="primary" icon="plus" disabled=${full} title=${full ? t('webhooks.most') : undefined} onClick=${create}>${t('webhooks.create')}</${Button}>`;
}

/** @param {{query: Record<string, string>}} props */
export default function Webhooks({ query }) {
  const load = useLoad((signal) => get('/webhooks', {}, { signal }), [], { everyS: 15 });
  useKeys(can('webhooks') ? { n: [t('webhooks.create'), create] } : {});
  const full = (load.data?.items.length ?? 0) >= MOST;
  const empty = html`<${Empty} icon="webhook" title=${t('webhooks.empty.title')} text=${t('webhooks.empty.text')} action=${html`<${CreateButton}/>`}/>`;
  return html`<${Page} title=${t('webhooks.title')} lead=${t('webhooks.lead')} actions=${html`<${CreateButton} full=${full}/>`}>
    <${Card} kind="flush">
      <${Loaded} of=${load} skeleton=${html`<${Skeleton} kind="table" rows=${3}/>`}>${(data) => html`
        <${Table} label=${t('webhooks.list')} columns=${columns()} rows=${data.items} sort=${query.sort} href=${(each) => `/webhooks/${each.uuid}`} empty=${empty}/>`}
      </${Loaded}>
    </${Card}>
    ${query.new && can('webhooks') && html`<${NewWebhook}/>`}
  </${Page}>`;
}
