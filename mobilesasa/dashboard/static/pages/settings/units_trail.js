/** From a message to the entries of the ledger that it has: what it cost, and what came back. */
import { html } from '../../parts/ui.js';
import { get } from '../../parts/api.js';
import { Status, When, phone } from '../../parts/format.js';
import { IconButton, Button } from '../../parts/forms.js';
import { Loaded, useLoad } from '../../parts/load.js';
import { Card, Facts, Notice, Row, Stack } from '../../parts/page.js';
import { setQuery } from '../../parts/router.js';
import { canRead } from '../../parts/session.js';
import { Skeleton } from '../../parts/states.js';
import { Table } from '../../parts/table.js';
import { t } from '../../parts/texts.js';
import { columns } from './ledger.js';

/** The message, where it may be read and is still kept. */
async function messageOf(uuid, signal) {
  if (!canRead('messages')) {
    return null;
  }
  try {
    return await get(`/messages/${encodeURIComponent(uuid)}`, {}, { signal });
  } catch (error) {
    if (error.status === 404) {
      return null;
    }
    throw error;
  }
}

/** What the entries say together, in a sentence. */
function outcome(message, entries) {
  const charge = entries.find((each) => each.kind === 'charge');
  if (!entries.length) {
    return t('units.trail.none');
  }
  const said = charge && charge.messages > 1 && message
    ? [t('units.trail.charge_shared', { n: charge.messages, units: t('units.unit', { n: message.units }) })] : [];
  if (entries.some((each) => each.kind === 'refund')) {
    said.push(t('units.trail.refunded'));
  } else if (message) {
    said.push(t(message.sent_at ? 'units.trail.kept' : 'units.trail.waiting'));
  }
  return said.join(' ');
}

function MessageFacts({ message }) {
  return html`<${Facts} columns items=${[
    [t('units.trail.to'), phone(message.to)],
    [t('common.status'), html`<${Status} of=${message.status}/>`],
    [t('units.trail.units'), t('units.unit', { n: message.units })],
    [t('common.when'), html`<${When} at=${message.created_at}/>`],
  ]}/>`;
}

/** @param {{uuid: string}} props the message's */
export function Trail({ uuid }) {
  const load = useLoad(async (signal) => {
    const [message, ledger] = await Promise.all([messageOf(uuid, signal), get('/ledger', { message_uuid: uuid, page_size: 100 }, { signal })]);
    return { message, entries: ledger.items };
  }, [uuid], { keep: false });
  const close = html`<${IconButton} icon="x" label=${t('common.close')} onClick=${() => setQuery({ message_uuid: undefined })}/>`;
  return html`<${Card} title=${t('units.trail.title')} actions=${close}>
    <${Loaded} of=${load} skeleton=${html`<${Skeleton} kind="text" rows=${4}/>`}>${({ message, entries }) => html`<${Stack}>
      <p class="muted">${t('units.trail.text')} <span class="mono small set-wrap-any">${uuid}</span></p>
      ${message && html`<${MessageFacts} message=${message}/>`}
      ${!message && canRead('messages') && html`<${Notice} kind="info">${t('units.trail.gone')}</${Notice}>`}
      ${entries.length > 0 && html`<${Table} label=${t('units.trail.title')} columns=${columns().filter((each) => each.key !== 'about')} rows=${entries}/>`}
      <p>${outcome(message, entries)}</p>
      ${message && html`<${Row}><${Button} small icon="message-square" to=${`/messages/${uuid}`}>${t('units.trail.open')}</${Button}></${Row}>`}
    </${Stack}>`}</${Loaded}>
  </${Card}>`;
}
