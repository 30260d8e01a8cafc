/** The audit log: who changed what, when and from where, with what was and what is; its filters are in the address. */
import { html } from '../../parts/ui.js';
import { get } from '../../parts/api.js';
import { Copy } from '../../parts/copy.js';
import { Drawer } from '../../parts/dialogs.js';
import { When, exact } from '../../parts/format.js';
import { Button } from '../../parts/forms.js';
import { Icon } from '../../parts/icons.js';
import { Loaded, useLoad } from '../../parts/load.js';
import { Card, Facts, Page, Row, Stack } from '../../parts/page.js';
import { setQuery } from '../../parts/router.js';
import { Empty, Skeleton } from '../../parts/states.js';
import { Filters, Pager, Table } from '../../parts/table.js';
import { t, textOr } from '../../parts/texts.js';
import { Diff, DiffLine } from './audit_diff.js';
import { beginningOf, endOf } from './days.js';

const KINDS = ['user', 'token', 'operator'];
const ICONS = { user: 'users', token: 'key', operator: 'shield' };
/** What a team's trail has; others are found by their name in the address. */
const ACTIONS = [
  'login.begin', 'login.end', 'login.repeat', 'login.reuse', 'member.invite', 'member.link', 'member.change', 'member.remove', 'team.change', 'token.create', 'token.revoke', 'token.change',
  'smpp_password.create', 'smpp_password.revoke', 'smpp_session.unbind', 'sender.request', 'sender.approve', 'sender.reject', 'sender.change', 'sender.default', 'sender.withdraw',
  'document.create', 'webhook.create', 'webhook.update', 'webhook.rotate', 'webhook.disable', 'webhook.replay', 'webhook.redeliver', 'webhook.delete', 'units.add',
  'campaign.create', 'campaign.update', 'campaign.send', 'campaign.pause', 'campaign.resume', 'campaign.cancel', 'campaign.unschedule', 'campaign.delete',
  'contact.create', 'contact.update', 'contact.delete', 'contact.erase', 'contact.import', 'contact.import_cancel', 'contact.import_undo',
  'group.create', 'group.update', 'group.add', 'group.remove', 'group.delete', 'audience.create', 'audience.delete', 'suppression.create', 'suppression.remove',
  'survey.create', 'survey.update', 'survey.publish', 'survey.send', 'survey.pause', 'survey.resume', 'survey.close', 'survey.delete',
  'ussd_menu.create', 'ussd_menu.update', 'ussd_menu.publish', 'ussd_menu.rotate', 'ussd_menu.delete', 'ussd_extension.create', 'ussd_extension.update',
  'ussd_extension.decide', 'ussd_extension.delete', 'export.create', 'export.remove',
];

/** An action in words, such as `API token created`. */
export function actionWords(action) {
  const [thing, verb] = action.split('.');
  const named = textOr(`audit.thing.${thing}`, thing?.replaceAll('_', ' '));
  return textOr(`audit.whole.${action.replace('.', '_')}`, null) ?? t('audit.saying', { thing: named, verb: textOr(`audit.verb.${verb}`, (verb ?? '').replaceAll('_', ' ')) });
}

const whoName = (by) => by.name ?? (by.kind === 'operator' ? t('audit.operator') : t('audit.unknown'));

function Who({ by }) {
  return html`<span class="set-who" title=${t(`audit.kind.${by.kind}`)}><${Icon} name=${ICONS[by.kind]} label=${t(`audit.kind.${by.kind}`)}/><span class="set-wrap-any">${whoName(by)}</span></span>`;
}

const columns = () => [
  {
    key: 'what', title: t('audit.column.what'),
    cell: (each) => html`<span class="set-strong">${actionWords(each.action)}</span>
      ${each.subject && html`<div class="small muted mono truncate set-subject" title=${each.subject}>${each.subject}</div>`}`,
  },
  { key: 'who', title: t('audit.column.who'), cell: (each) => html`<${Who} by=${each.by}/>` },
  { key: 'change', title: t('audit.column.change'), cell: (each) => html`<${DiffLine} change=${each}/>` },
  { key: 'when', title: t('audit.column.when'), cell: (each) => html`<${When} at=${each.at}/>` },
  { key: 'from', title: t('audit.column.from'), hide: 'middle', cell: (each) => html`<span class="mono small">${each.ip ?? '–'}</span>` },
];

const fields = (action, more = []) => [
  { name: 'subject', label: t('audit.filter.subject'), placeholder: t('audit.filter.subject_help'), kind: 'search' },
  { name: 'by', label: t('audit.filter.by'), kind: 'select', all: t('audit.filter.anybody'), options: KINDS.map((each) => ({ value: each, label: t(`audit.kind.${each}`) })) },
  { name: 'action', label: t('audit.filter.action'), kind: 'select', all: t('audit.filter.anything'), width: '13rem', options: actionsWith(action, [...ACTIONS, ...more]).map((each) => ({ value: each, label: actionWords(each) })) },
  { name: 'since', label: t('audit.filter.since'), kind: 'date' },
  { name: 'until', label: t('audit.filter.until'), kind: 'date' },
];

const actionsWith = (action, known) => (action && !known.includes(action) ? [action, ...known] : known);

function Detail({ change }) {
  const only = (patch) => () => setQuery({ ...patch, change: undefined, page: undefined });
  const copied = (text, label) => html`<${Row} gap=${1}><span class="mono small set-wrap-any">${text}</span><${Copy} text=${text} label=${label}/></${Row}>`;
  return html`<${Drawer} open title=${actionWords(change.action)} onClose=${() => setQuery({ change: undefined })} wide>
    <${Stack}>
      <${Facts} items=${[
        [t('audit.detail.when'), exact(change.at)],
        [t('audit.detail.who'), html`<${Who} by=${change.by}/> <span class="small muted">${t(`audit.kind.${change.by.kind}`)}</span>`],
        [t('audit.detail.ip'), change.ip ? html`<span class="mono">${change.ip}</span>` : t('audit.platform')],
        [t('audit.detail.action'), html`<span class="mono small">${change.action}</span>`],
        change.subject && [t('audit.detail.subject'), copied(change.subject, t('audit.detail.subject'))],
        change.request_id && [t('audit.detail.request'), copied(change.request_id, t('audit.detail.request'))],
      ]}/>
      <h3>${t('audit.detail.what')}</h3>
      <${Diff} change=${change}/>
      <${Row} gap=${2} wrap>
        ${change.subject && html`<${Button} small icon="filter" onClick=${only({ subject: change.subject })}>${t('audit.detail.see_thing')}</${Button}>`}
        ${change.by.uuid && html`<${Button} small icon="filter" onClick=${only({ actor: change.by.uuid })}>${t('audit.detail.see_actor')}</${Button}>`}
      </${Row}>
    </${Stack}>
  </${Drawer}>`;
}

function OfActor({ name }) {
  return html`<${Row} gap=${2} wrap><${Icon} name="filter"/><span>${name ? t('audit.only_actor', { name }) : t('audit.actor_filter')}</span>
    <${Button} kind="quiet" small icon="x" onClick=${() => setQuery({ actor: undefined, page: undefined })}>${t('audit.actor_clear')}</${Button}></${Row}>`;
}

/**
 * A trail of changes with its filters, which are in the address.
 * @param {{path: string, query: Record<string, string>, title: string, lead: string, more?: {actions?: string[], column?: object, filter?: object}}} props
 *   more: actions, a column and a filter besides those of a team's trail
 */
export function Trail({ path, query, title, lead, more = {} }) {
  const { by, actor, action, subject, team, page, page_size } = query;
  const asked = { by, actor, action, subject, since: beginningOf(query.since), until: endOf(query.until), page, page_size, ...(more.filter ? { team } : {}) };
  const load = useLoad((signal) => get(path, asked, { signal }), [JSON.stringify(asked)], { everyS: page ? 0 : 30 });
  const filtered = Boolean(by || actor || action || subject || query.since || query.until || asked.team);
  const empty = html`<${Empty} icon="scroll" title=${t(filtered ? 'audit.empty.filtered' : 'audit.empty.title')} text=${t(filtered ? 'audit.empty.filtered_text' : 'audit.empty.text')}/>`;
  const open = load.data?.items.find((each) => String(each.id) === query.change);
  const [what, ...others] = columns();
  return html`<${Page} title=${title} lead=${lead}>
    <${Card} kind="flush">
      <${Filters} fields=${[...fields(action, more.actions), more.filter]} query=${query}/>
      ${actor && html`<${OfActor} name=${load.data?.items[0]?.by.name}/>`}
      <${Loaded} of=${load} skeleton=${html`<${Skeleton} kind="table" rows=${10}/>`}>${(data) => html`
        <${Table} label=${t('audit.list')} columns=${[what, more.column, ...others]} rows=${data.items} onRow=${(each) => setQuery({ change: each.id })} current=${open?.id}
          rowLabel=${(each) => actionWords(each.action)} empty=${empty}/>
        <${Pager} page=${data} query=${query}/>`}
      </${Loaded}>
    </${Card}>
    ${open && html`<${Detail} change=${open}/>`}
  </${Page}>`;
}

/** @param {{query: Record<string, string>}} props */
export default function Audit({ query }) {
  return html`<${Trail} path="/audit" query=${query} title=${t('audit.title')} lead=${t('audit.lead')}/>`;
}
