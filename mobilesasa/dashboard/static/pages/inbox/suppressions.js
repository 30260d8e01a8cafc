/** Suppressions: who gets no messages of the team, why and since when; added and taken away. */
import { html } from '../../parts/ui.js';
import { get } from '../../parts/api.js';
import { Button, IconButton } from '../../parts/forms.js';
import { When, phone as shownPhone } from '../../parts/format.js';
import { useKeys } from '../../parts/keys.js';
import { Loaded, useLoad } from '../../parts/load.js';
import { Card, Page } from '../../parts/page.js';
import { Link, setQuery } from '../../parts/router.js';
import { canRead } from '../../parts/session.js';
import { Empty, Skeleton } from '../../parts/states.js';
import { Filters, Pager, Table } from '../../parts/table.js';
import { t } from '../../parts/texts.js';
import { PersonLine, usePeople } from '../contacts/people.js';
import { Reason, SuppressDialog, canSuppress, keptAway, lift } from './suppressing.js';

function useFields() {
  const senders = useLoad(async (signal) => (await get('/sender-ids', { page_size: 100 }, { signal })).items, []);
  return [
    { name: 'phone', label: t('common.phone'), kind: 'search', placeholder: t('inbox.phone_example') },
    {
      name: 'sender', label: t('inbox.sender'), kind: 'select',
      all: t('inbox.sender_any'),
      options: (senders.data ?? []).map((each) => ({ value: each.name, label: each.name })),
    },
  ];
}

/** What it came of: the message that said STOP, or the one that a blacklist met. */
function Source({ suppression }) {
  if (!suppression.source || !canRead('messages')) return html`<span class="muted">–</span>`;
  if (suppression.reason === 'stop') return html`<${Link} to=${`/inbox/${encodeURIComponent(suppression.phone)}`}>${t('inbox.source_stop')}<//>`;
  return html`<${Link} to=${`/messages/${suppression.source}`}>${t('inbox.source_message')}<//>`;
}

function Lift({ suppression, again }) {
  if (suppression.reason === 'operator') return html`<span class="muted small">${t('inbox.operator_only')}</span>`;
  return html`<${IconButton} icon="trash" label=${t('inbox.lift_of', { phone: shownPhone(suppression.phone) })} onClick=${() => lift(suppression, again)} />`;
}

const columns = (people, again) => [
  { key: 'phone', title: t('common.phone'), cell: (each) => html`<${PersonLine} person=${people[each.phone] ?? { phone: each.phone }} />` },
  { key: 'sender', title: t('inbox.kept_away'), cell: (each) => html`<span class=${each.sender_id ? '' : 'pp-people-strong'}>${keptAway(each)}</span>` },
  { key: 'reason', title: t('inbox.who'), cell: (each) => html`<span><span><${Reason} reason=${each.reason} /></span></span>` }, // on a card a line of its own
  ...(canRead('messages') ? [{ key: 'source', title: t('inbox.source'), hide: 'narrow', cell: (each) => html`<${Source} suppression=${each} />` }] : []),
  { key: 'at', title: t('inbox.since'), cell: (each) => html`<${When} at=${each.created_at} />` },
  ...(canSuppress() ? [{ key: 'act', title: t('common.actions'), hideTitle: true, class: 'is-acts', cell: (each) => html`<${Lift} suppression=${each} again=${again} />` }] : []),
];

/** The list of suppressions. */
export default function Suppressions({ query }) {
  const asked = { page: query.page, page_size: query.page_size, phone: query.phone, sender: query.sender };
  const load = useLoad((signal) => get('/suppressions', asked, { signal }), [JSON.stringify(asked)]);
  const fields = useFields();
  const people = usePeople((load.data?.items ?? []).map((each) => each.phone));
  const open = () => setQuery({ new: '1' });
  const close = () => setQuery({ new: undefined });
  useKeys(canSuppress() ? { n: [t('inbox.suppress_new'), open] } : {});
  const actions = canSuppress() && html`<${Button} kind="primary" icon="plus" onClick=${open}>${t('inbox.suppress_new')}<//>`;
  const none = query.phone || query.sender
    ? html`<${Empty} icon="search" title=${t('inbox.no_match_title')} text=${t('inbox.no_suppression_match')}
        action=${html`<${Button} onClick=${() => setQuery({ phone: undefined, sender: undefined, page: undefined })}>${t('inbox.clear_filters')}<//>`} />`
    : html`<${Empty} icon="ban" title=${t('inbox.no_suppressions_title')} text=${t('inbox.no_suppressions_text')}
        action=${canSuppress() && html`<${Button} icon="plus" onClick=${open}>${t('inbox.suppress_new')}<//>`} />`;
  return html`<${Page} title=${t('inbox.suppressions')} lead=${t('inbox.suppressions_lead')} actions=${actions}>
    <${Filters} fields=${fields} query=${query} />
    <${Loaded} of=${load} skeleton=${html`<${Card} kind="flush"><${Skeleton} kind="table" rows=${6} /><//>`}>${(page) => html`<${Card} kind="flush" class="pp-aside">
      <${Table} label=${t('inbox.suppressions')} columns=${columns(people, load.again)} rows=${page.items} rowKey=${(each) => each.uuid} empty=${none} />
      <${Pager} page=${page} query=${query} />
    <//>`}<//>
    ${query.new === '1' && canSuppress() && html`<${SuppressDialog} onClose=${close} onDone=${() => { close(); load.again(); }} />`}
  <//>`;
}
