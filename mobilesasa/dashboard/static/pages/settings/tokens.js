/** API tokens: what each opens, when and from where it was last used, making one, revoking one, the first request. */
import { html } from '../../parts/ui.js';
import { del, get } from '../../parts/api.js';
import { confirm } from '../../parts/dialogs.js';
import { Status, When, dayTime } from '../../parts/format.js';
import { Button, Segmented } from '../../parts/forms.js';
import { Icon } from '../../parts/icons.js';
import { useKeys } from '../../parts/keys.js';
import { Loaded, useLoad } from '../../parts/load.js';
import { Card, Page, Stack } from '../../parts/page.js';
import { setQuery } from '../../parts/router.js';
import { can } from '../../parts/session.js';
import { Empty, Skeleton } from '../../parts/states.js';
import { Pager, Table } from '../../parts/table.js';
import { rich, t } from '../../parts/texts.js';
import { failed, toast } from '../../parts/toasts.js';
import { FirstRequest } from './first_request.js';
import { ScopeTags } from './scopes.js';
import { NewToken } from './token_new.js';

const create = () => setQuery({ new: 1 });

async function revoke(token, again) {
  const used = token.last_used_at
    ? t('tokens.revoke.used', { when: dayTime(token.last_used_at), address: token.last_used_ip ?? '' })
    : t('tokens.revoke.unused');
  const sure = await confirm({
    title: t('tokens.revoke.title', { name: token.name }),
    text: `${t('tokens.revoke.text')} ${used}`,
    act: t('tokens.revoke.act'),
    danger: true,
  });
  if (!sure) {
    return;
  }
  try {
    await del(`/tokens/${token.uuid}`);
    toast(t('tokens.revoke.done', { name: token.name }), { kind: 'good' });
    await again();
  } catch (error) {
    failed(error);
  }
}

/** Who made a token, or revoked it, in a few words. */
function byWhom(who) {
  if (!who) {
    return null;
  }
  return who.kind === 'operator' ? t('tokens.by_operator') : who.name && t('tokens.by', { name: who.name });
}

function Ending({ token }) {
  if (token.status === 'revoked') {
    return html`<div class="small muted">${rich('tokens.revoked', { when: html`<${When} at=${token.revoked_at}/>` })} ${byWhom(token.revoked_by)}</div>`;
  }
  if (!token.expires_at) {
    return html`<div class="small muted">${t('tokens.no_expiry')}</div>`;
  }
  const key = token.status === 'expired' ? 'tokens.expired' : 'tokens.expires';
  return html`<div class="small muted">${rich(key, { when: html`<${When} at=${token.expires_at}/>` })}</div>`;
}

function columnsOf(again) {
  const columns = [
    {
      key: 'name', title: t('tokens.column.name'), sort: 'name',
      cell: (each) => html`<span class=${each.status === 'active' ? 'set-strong' : 'muted'}>${each.name}</span>
        <div class="small muted mono">${each.prefix}…</div>`,
    },
    { key: 'scopes', title: t('tokens.column.scopes'), cell: (each) => html`<${ScopeTags} scopes=${each.scopes}/>` },
    { key: 'status', title: t('tokens.column.status'), sort: 'status', cell: (each) => html`<${Status} of=${each.status}/><${Ending} token=${each}/>` },
    {
      key: 'used', title: t('tokens.column.used'), sort: 'last_used_at',
      cell: (each) => (each.last_used_at
        ? html`<${When} at=${each.last_used_at}/>${each.last_used_ip && html`<div class="small muted mono">${each.last_used_ip}</div>`}`
        : html`<span class="muted">${t('tokens.never_used')}</span>`),
    },
    {
      key: 'created', title: t('tokens.column.created'), sort: 'created_at',
      cell: (each) => html`<${When} at=${each.created_at}/><div class="small muted">${byWhom(each.created_by)}</div>
        ${each.creator_left && each.status === 'active' && html`<div class="small warn set-icon-words" title=${t('tokens.creator_left_help')}>
          <${Icon} name="alert-triangle" size="small"/>${t('tokens.creator_left')}</div>`}`,
    },
  ];
  if (can('api_tokens')) {
    columns.push({
      key: 'act', title: t('common.actions'), hideTitle: true, class: 'is-acts',
      cell: (each) => each.status === 'active' && html`<${Button} small of=${each.name} title=${t('tokens.revoke.title', { name: each.name })}
        onClick=${() => revoke(each, again)}>${t('tokens.revoke.act')}</${Button}>`,
    });
  }
  return columns;
}

function NoTokens({ some }) {
  if (some) {
    return html`<${Empty} small icon="key" title=${t('tokens.none_active')} text=${t('tokens.none_active_text')}/>`;
  }
  const action = can('api_tokens') && html`<${Button} kind="primary" icon="plus" onClick=${create}>${t('tokens.create')}</${Button}>`;
  return html`<${Empty} icon="key" title=${t('tokens.empty.title')} text=${t('tokens.empty.text')} action=${action}/>`;
}

function TokenTable({ data, query, again }) {
  const rows = query.show === 'all' ? data.items : data.items.filter((each) => each.status === 'active');
  return html`<${Table} label=${t('tokens.list')} columns=${columnsOf(again)} rows=${rows} sort=${query.sort}
      empty=${html`<${NoTokens} some=${data.items.length > 0}/>`}/>
    ${(query.show === 'all' || data.pages > 1) && html`<${Pager} page=${data} query=${query}/>`}`;
}

/** @param {{query: Record<string, string>}} props */
export default function Tokens({ query }) {
  useKeys(can('api_tokens') ? { n: [t('tokens.create'), create] } : {});
  const load = useLoad((signal) => get('/tokens', { page: query.page, page_size: query.page_size ?? 100 }, { signal }), [query.page, query.page_size], { everyS: 30 });
  const action = can('api_tokens') && html`<${Button} kind="primary" icon="plus" onClick=${create}>${t('tokens.create')}</${Button}>`;
  const options = [{ value: '', label: t('tokens.shown.active') }, { value: 'all', label: t('tokens.shown.all') }];
  return html`<${Page} title=${t('tokens.title')} lead=${t('tokens.lead')} actions=${action}>
    <${Stack}>
      <div><${Segmented} label=${t('tokens.shown.label')} options=${options} value=${query.show ?? ''} onChange=${(show) => setQuery({ show })}/></div>
      <${Card} kind="flush">
        <${Loaded} of=${load} skeleton=${html`<${Skeleton} kind="table" rows=${4}/>`}>${(data) => html`<${TokenTable} data=${data} query=${query} again=${load.again}/>`}</${Loaded}>
      </${Card}>
      ${(load.data || load.error) && html`<${Card} title=${t('tokens.first.title')}><${FirstRequest}/></${Card}>`}
    </${Stack}>
    ${query.new && can('api_tokens') && html`<${NewToken} onDone=${load.again}/>`}
  </${Page}>`;
}
