/** SMPP passwords: 8 characters beside a token, for clients that cannot send a whole one; made, shown once, revoked. */
import { html } from '../../parts/ui.js';
import { del, get } from '../../parts/api.js';
import { confirm } from '../../parts/dialogs.js';
import { Status, When } from '../../parts/format.js';
import { Button } from '../../parts/forms.js';
import { Loaded, useLoad } from '../../parts/load.js';
import { Card, Stack } from '../../parts/page.js';
import { setQuery } from '../../parts/router.js';
import { can } from '../../parts/session.js';
import { Empty, Skeleton } from '../../parts/states.js';
import { Table } from '../../parts/table.js';
import { t } from '../../parts/texts.js';
import { failed, toast } from '../../parts/toasts.js';
import { NewPassword } from './password_new.js';

const OPEN = ['active', 'locked'];

async function revoke(password, again) {
  const sure = await confirm({
    title: t('smpp.passwords.revoke.title'),
    text: t('smpp.passwords.revoke.text'),
    act: t('smpp.passwords.revoke.act'),
    danger: true,
  });
  if (!sure) {
    return;
  }
  try {
    await del(`/smpp/passwords/${password.uuid}`);
    toast(t('smpp.passwords.revoke.done'), { kind: 'good' });
    await again();
  } catch (error) {
    failed(error);
  }
}

function columnsOf(names, again) {
  const tokenOf = (each) => names.get(each.token_uuid) ?? t('smpp.passwords.unknown_token');
  return [
    { key: 'token', title: t('smpp.passwords.column.token'), cell: (each) => html`<span class="set-strong">${tokenOf(each)}</span>` },
    {
      key: 'allowed', title: t('smpp.passwords.column.allowed'),
      cell: (each) => (each.any_address ? t('smpp.passwords.anywhere') : html`<span class="mono small set-wrap-any">${each.allowed.join(', ')}</span>`),
    },
    {
      key: 'status', title: t('smpp.passwords.column.status'), sort: 'status',
      cell: (each) => html`<${Status} of=${each.status}/>${each.status === 'locked' && html`<div class="small muted">${t('smpp.passwords.locked_help')}</div>`}`,
    },
    { key: 'used', title: t('smpp.passwords.column.used'), sort: 'last_used_at', cell: (each) => html`<${When} at=${each.last_used_at} empty=${t('smpp.passwords.never')}/>` },
    { key: 'created', title: t('smpp.passwords.column.created'), sort: 'created_at', cell: (each) => html`<${When} at=${each.created_at}/>` },
    can('api_tokens') && {
      key: 'act', title: t('common.actions'), hideTitle: true, class: 'is-acts',
      cell: (each) => OPEN.includes(each.status) && html`<${Button} small of=${tokenOf(each)} onClick=${() => revoke(each, again)}>${t('smpp.passwords.revoke.act')}</${Button}>`,
    },
  ];
}

function NoPasswords() {
  const action = can('api_tokens') && html`<${Button} kind="primary" icon="plus" onClick=${() => setQuery({ new: 1 })}>${t('smpp.passwords.make')}</${Button}>`;
  return html`<${Empty} icon="lock" title=${t('smpp.passwords.empty.title')} text=${t('smpp.passwords.empty.text')} action=${action}/>`;
}

/** @param {{query: Record<string, string>}} props */
export function Passwords({ query }) {
  const load = useLoad((signal) => get('/smpp/passwords', {}, { signal }), [], { everyS: 30 });
  const tokens = useLoad((signal) => get('/tokens', { page_size: 100 }, { signal }), []);
  const names = new Map((tokens.data?.items ?? []).map((each) => [each.uuid, each.name]));
  return html`<${Stack}>
    <p class="muted set-measure">${t('smpp.passwords.text')}</p>
    <${Card} kind="flush">
      <${Loaded} of=${load} skeleton=${html`<${Skeleton} kind="table" rows=${3}/>`}>${(data) => html`
        <${Table} label=${t('smpp.passwords.title')} columns=${columnsOf(names, load.again)} rows=${data.items} sort=${query.sort} empty=${html`<${NoPasswords}/>`}/>`}
      </${Loaded}>
    </${Card}>
    ${query.new && can('api_tokens') && html`<${NewPassword} tokens=${tokens.data?.items} onDone=${load.again}/>`}
  </${Stack}>`;
}
