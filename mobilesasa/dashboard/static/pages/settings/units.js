/** Units: what there is, the alert when it runs low, the ledger with its filters, and the trail of a message. */
import { html, useState } from '../../parts/ui.js';
import { get } from '../../parts/api.js';
import { Figure, number } from '../../parts/format.js';
import { Button } from '../../parts/forms.js';
import { Loaded, useLoad } from '../../parts/load.js';
import { Notice, Page, Stack } from '../../parts/page.js';
import { can, canRead, refreshAccount } from '../../parts/session.js';
import { Skeleton } from '../../parts/states.js';
import { t } from '../../parts/texts.js';
import { ExportButton } from '../reports/export_job.js';
import { beginningOf, endOf } from './days.js';
import { KINDS, Ledger } from './ledger.js';
import { LowAlert } from './units_alert.js';
import { UnitsChart } from './units_chart.js';
import { Trail } from './units_trail.js';

function Warning({ account }) {
  if (account.available <= 0) {
    return html`<${Notice} kind="bad" title=${t('units.none')}>${t('units.none_text')}</${Notice}>`;
  }
  return account.low && html`<${Notice} kind="warn" title=${t('units.low')}>
    ${t('units.low_text', { available: number(account.available), mark: number(account.low_balance_units) })}
  </${Notice}>`;
}

function Figures({ account, onAlert }) {
  const mark = account.low_balance_units;
  return html`<div class="set-figures">
    <${Figure} label=${t('units.available')} value=${number(account.available)} help=${t('units.available_help')}/>
    <${Figure} label=${t('units.reserved')} value=${number(account.reserved)} help=${t('units.reserved_help')}/>
    <${Figure} label=${t('units.balance')} value=${number(account.balance)} help=${t('units.balance_help')}/>
    <${Figure} label=${t('units.alert')} value=${mark === null ? t('units.alert_off') : t('units.alert_below', { n: mark })} help=${t('units.alert_help')}>
      ${can('team') && html`<div class="set-figure-act"><${Button} small icon="bell" aria-label=${t('units.alert_change')} onClick=${onAlert}>${t('common.change')}</${Button}></div>`}
    </${Figure}>
  </div>`;
}

/** @param {{query: Record<string, string>}} props */
export default function Units({ query }) {
  const [alerting, setAlerting] = useState(false);
  const account = useLoad((signal) => get('/account', {}, { signal }), [], { everyS: 15 });
  const asked = {
    kind: KINDS.includes(query.kind) ? query.kind : undefined,
    campaign_uuid: query.campaign,
    since: beginningOf(query.since),
    until: endOf(query.until),
    page: query.cursor ? undefined : query.page,
    cursor: query.cursor,
    page_size: query.page_size,
  };
  const ledger = useLoad((signal) => get('/ledger', asked, { signal }), [JSON.stringify(asked)], { everyS: query.cursor ? 0 : 15 });
  const isKnown = Boolean(account.data || account.error); // what stands below comes with it, and does not jump
  const changed = () => Promise.all([account.again(), refreshAccount()]);
  const wanted = { date_from: query.since, date_to: query.until, entry: asked.kind };
  const actions = can('reports') && html`<${ExportButton} kind="ledger" filters=${wanted} name=${t('units.ledger')}/>`;
  return html`<${Page} title=${t('units.title')} lead=${t('units.lead')} actions=${actions}>
    <${Stack}>
      <${Loaded} of=${account} skeleton=${html`<${Skeleton} kind="card" rows=${1}/>`}>${(data) => html`<${Stack}>
        <${Warning} account=${data}/>
        <${Figures} account=${data} onAlert=${() => setAlerting(true)}/>
        ${alerting && html`<${LowAlert} account=${data} onClose=${() => setAlerting(false)} onDone=${changed}/>`}
      </${Stack}>`}</${Loaded}>
      ${query.message_uuid && html`<${Trail} uuid=${query.message_uuid}/>`}
      ${isKnown && canRead('reports') && !query.message_uuid && html`<${UnitsChart}/>`}
      ${isKnown && html`<${Ledger} load=${ledger} query=${query}/>`}
    </${Stack}>
  </${Page}>`;
}
