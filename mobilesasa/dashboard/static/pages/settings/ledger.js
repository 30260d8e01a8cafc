/** The entries of the ledger, each with what it was for and what was left after it. */
import { html } from '../../parts/ui.js';
import { Copy } from '../../parts/copy.js';
import { When, number } from '../../parts/format.js';
import { Button } from '../../parts/forms.js';
import { Icon } from '../../parts/icons.js';
import { Loaded } from '../../parts/load.js';
import { Card, Row } from '../../parts/page.js';
import { Link, setQuery } from '../../parts/router.js';
import { canRead } from '../../parts/session.js';
import { Empty, Skeleton } from '../../parts/states.js';
import { Filters, Pager, Table } from '../../parts/table.js';
import { t } from '../../parts/texts.js';
import { after } from './days.js';

export const KINDS = ['topup', 'charge', 'refund', 'adjustment', 'reserve', 'release'];
const BY_PAGES = 1000; // longer ledgers go by the cursor, which costs the same however far back it is
const ICONS = { topup: 'coins', charge: 'send', refund: 'undo', adjustment: 'wallet', reserve: 'clock', release: 'undo' };

/** Units with their sign, those that came in green. */
export function Signed({ units }) {
  return html`<span class=${units > 0 ? 'num good' : 'num'}>${units > 0 ? '+' : '−'}${number(Math.abs(units))}</span>`;
}

/** The kind of an entry, with what it means as its title. */
export function Kind({ of }) {
  return html`<span class="set-entry-kind" title=${t(`units.kind_help.${of}`)}><${Icon} name=${ICONS[of] ?? 'list'}/>${t(`units.kind.${of}`)}</span>`;
}

/** What an entry was for, with the way there. */
function About({ entry }) {
  const said = [];
  if (entry.message_uuid) {
    said.push(html`<${Link} to="/units" query=${{ message_uuid: entry.message_uuid }} title=${t('units.about.see_entries')}>${t('units.about.message')}</${Link}>`);
  } else if (entry.kind === 'charge') {
    const span = { created_from: entry.at, created_to: after(entry.at, 1) };
    said.push(canRead('messages')
      ? html`<${Link} to="/messages" query=${span} title=${t('units.about.see_messages')}>${t('units.about.messages', { n: entry.messages })}</${Link}>`
      : t('units.about.messages', { n: entry.messages }));
  } else if (entry.messages > 0) {
    said.push(t('units.about.recipients', { n: entry.messages }));
  }
  if (entry.campaign_uuid) {
    said.push(html`<${Link} to="/units" query=${{ campaign: entry.campaign_uuid }} title=${t('units.about.see_campaign')}>${t('units.about.of_campaign')}</${Link}>`);
  }
  if (entry.note) {
    said.push(html`<span class="set-wrap-any">${entry.note}</span>`);
  }
  return said.length ? said.map((each, nth) => html`${nth > 0 && ' '}${each}`) : html`<span class="muted">–</span>`;
}

export const columns = () => [
  { key: 'when', title: t('units.column.when'), cell: (each) => html`<${When} at=${each.at}/>` },
  { key: 'kind', title: t('units.column.kind'), cell: (each) => html`<${Kind} of=${each.kind}/>` },
  { key: 'about', title: t('units.column.about'), cell: (each) => html`<${About} entry=${each}/>` },
  { key: 'units', title: t('units.column.units'), num: true, cell: (each) => html`<${Signed} units=${each.units}/>` },
  { key: 'after', title: t('units.column.after'), num: true, cell: (each) => number(each.available_after) },
];

const fields = () => [
  { name: 'kind', label: t('units.filter.kind'), kind: 'select', all: t('units.filter.all'), options: KINDS.map((each) => ({ value: each, label: t(`units.kind.${each}`) })) },
  { name: 'since', label: t('units.filter.since'), kind: 'date' },
  { name: 'until', label: t('units.filter.until'), kind: 'date' },
];

function OfCampaign({ uuid }) {
  return html`<${Row} gap=${2} wrap class="set-of-campaign">
    <${Icon} name="megaphone"/><span>${t('units.filtered_campaign')}</span><span class="mono small truncate">${uuid}</span><${Copy} text=${uuid}/>
    ${canRead('campaigns') && html`<${Button} kind="quiet" small to=${`/campaigns/${encodeURIComponent(uuid)}`}>${t('units.open_campaign')}</${Button}>`}
    <${Button} kind="quiet" small icon="x" onClick=${() => setQuery({ campaign: undefined, page: undefined, cursor: undefined })}>${t('units.all_entries')}</${Button}>
  </${Row}>`;
}

/** @param {{load: object, query: Record<string, string>}} props `load`: a page of entries */
export function Ledger({ load, query }) {
  const filtered = Boolean(query.kind || query.since || query.until || query.campaign);
  const empty = filtered
    ? html`<${Empty} small icon="wallet" title=${t('units.empty.filtered')} text=${t('units.empty.filtered_text')}/>`
    : html`<${Empty} icon="wallet" title=${t('units.empty.title')} text=${t('units.empty.text')}/>`;
  return html`<${Card} title=${t('units.ledger')} kind="flush">
    <${Filters} fields=${fields()} query=${query}/>
    ${query.campaign && html`<${OfCampaign} uuid=${query.campaign}/>`}
    <${Loaded} of=${load} skeleton=${html`<${Skeleton} kind="table" rows=${8}/>`}>${(data) => html`
      <${Table} label=${t('units.ledger')} columns=${columns()} rows=${data.items} empty=${empty}/>
      <${Pager} page=${data.total > BY_PAGES ? { ...data, page: undefined } : data} query=${query}/>`}
    </${Loaded}>
  </${Card}>`;
}
