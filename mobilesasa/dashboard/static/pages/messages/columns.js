/** The columns of the list of messages: those that are usual, and those that can be chosen. */
import { html } from '../../parts/ui.js';
import { duration, number, phone, When } from '../../parts/format.js';
import { Link, setQuery } from '../../parts/router.js';
import { t } from '../../parts/texts.js';
import { MessageStatus, MessageText, tookS } from './shown.js';

const USUAL = ['to', 'status', 'message', 'sender', 'units', 'created'];

const CELLS = {
  to: { cell: (row) => html`<${To} row=${row} />`, sort: 'to' },
  status: { cell: (row) => html`<${MessageStatus} message=${row} />`, sort: 'status' },
  message: { cell: (row) => html`<${MessageText} message=${row} short />`, class: 'msg-col' },
  sender: { cell: (row) => row.sender_id, sort: 'sender_id', hide: 'middle' },
  reference: { cell: (row) => row.client_reference || '', sort: 'client_reference' },
  campaign: { cell: (row) => html`<${OfCampaign} row=${row} />`, sort: 'campaign_uuid' },
  encoding: { cell: (row) => html`<span class="nowrap">${t(`messages.${row.encoding}`)}</span>`, sort: 'encoding' },
  parts: { cell: (row) => number(row.parts), num: true, sort: 'parts' },
  units: { cell: (row) => number(row.units), num: true, sort: 'units', hide: 'middle' },
  id: { cell: (row) => html`<span class="mono small">${row.message_id}</span>`, sort: 'message_id' },
  created: { cell: (row) => html`<${Accepted} row=${row} />`, sort: 'created_at' },
  sent: { cell: (row) => row.sent_at && html`<${When} at=${row.sent_at} />`, sort: 'sent_at' },
  done: { cell: (row) => row.done_at && html`<${When} at=${row.done_at} />`, sort: 'done_at' },
  took: { cell: (row) => (tookS(row) === null ? '' : duration(tookS(row))), num: true, sort: (one, other) => (tookS(one) ?? 1e9) - (tookS(other) ?? 1e9) },
};

/** Return the names of the columns that an address asks for, in the order of the table. */
export function chosenColumns(query) {
  const asked = query.columns ? String(query.columns).split(',') : USUAL;
  const chosen = Object.keys(CELLS).filter((name) => asked.includes(name));
  return chosen.length ? chosen : USUAL;
}

/** Return the columns of the table. */
export function columnsOf(names) {
  return names.map((name) => ({ key: name, title: t(`messages.col_${name}`), ...CELLS[name] }));
}

/** Return the items of the menu in which columns are chosen. */
export function columnItems(names) {
  return Object.keys(CELLS).map((name) => ({
    label: t(`messages.col_${name}`),
    icon: names.includes(name) ? 'check' : undefined,
    checked: names.includes(name),
    onClick: () => setQuery({ columns: toggled(names, name) }),
  }));
}

function toggled(names, name) {
  const next = names.includes(name) ? names.filter((each) => each !== name) : [...names, name];
  const isUsual = next.length === USUAL.length && USUAL.every((each) => next.includes(each));
  return isUsual || !next.length ? undefined : next.join(',');
}

function To({ row }) {
  return html`<span class="msg-two">
    <span class="num nowrap">${phone(row.to)}</span>
    ${row.part && html`<span class="small muted">${t('messages.part_of', { number: row.part.number, total: row.part.total })}</span>`}
  </span>`;
}

function Accepted({ row }) {
  const waits = row.status === 'queued' && row.scheduled_at && Date.parse(row.scheduled_at) > Date.now();
  return html`<span class="msg-two nowrap">
    <${When} at=${row.created_at} />
    ${waits && html`<span class="small muted">${t('messages.goes_out')} <${When} at=${row.scheduled_at} /></span>`}
  </span>`;
}

function OfCampaign({ row }) {
  if (!row.campaign_uuid) {
    return '';
  }
  return html`<${Link} to=${`/campaigns/${row.campaign_uuid}`}>${t('messages.of_campaign')}<//>`;
}
