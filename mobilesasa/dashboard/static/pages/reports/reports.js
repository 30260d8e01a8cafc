/** Reports: a period at a glance, messages by what they have in common, units, deliveries; all of it in the address. */
import { html } from '../../parts/ui.js';
import { get } from '../../parts/api.js';
import { Button, Tabs } from '../../parts/forms.js';
import { useLoad } from '../../parts/load.js';
import { Page, Stack } from '../../parts/page.js';
import { setQuery } from '../../parts/router.js';
import { can } from '../../parts/session.js';
import { Filters } from '../../parts/table.js';
import { t } from '../../parts/texts.js';
import { Delivery } from './delivery.js';
import { ExportButton } from './export_job.js';
import { GroupBy, Messages, shownGroup } from './messages.js';
import { useCampaignNames } from './names.js';
import { PeriodPicker, daysOf, periodOf } from './period.js';
import { Summary } from './summary.js';
import { Usage } from './usage.js';

const TABS = ['summary', 'messages', 'usage', 'delivery'];
const BODIES = { summary: Summary, messages: Messages, usage: Usage, delivery: Delivery };

/** @param {{query: Object<string, string>}} props */
export default function Reports({ query }) {
  const tab = TABS.includes(query.tab) ? query.tab : 'summary';
  const period = periodOf(query);
  const days = { date_from: period.from, date_to: period.to };
  const names = useCampaignNames();
  const filters = { sender: query.sender, network: query.network, country: query.country, carrier: query.carrier, campaign_uuid: query.campaign_uuid };
  const asked = tab === 'usage' ? days : { ...days, ...filters };
  const Body = BODIES[tab];
  const tabs = TABS.map((id) => ({ id, label: t(`reports.tab_${id}`) }));
  return html`<${Page} title=${t('reports.title')} lead=${t('reports.lead')} actions=${html`<${Actions} tab=${tab} asked=${asked} days=${days} query=${query} />`}>
    <${Stack}>
      <${Tabs} tabs=${tabs} value=${tab} label=${t('reports.title')} panel="report-tab"
        onChange=${(id) => setQuery({ tab: id === 'summary' ? '' : id, sort: '' })} />
      <${Choice} tab=${tab} days=${days} period=${period} query=${query} names=${names} />
      <section id="report-tab" role="tabpanel" aria-label=${t(`reports.tab_${tab}`)}>
        <${Body} asked=${asked} query=${query} names=${names} nDays=${daysOf(period.from, period.to)} />
      </section>
    <//>
  <//>`;
}

function Actions({ tab, asked, days, query }) {
  const kind = tab === 'usage' ? 'usage' : 'report';
  const filters = kind === 'usage' ? days : { ...asked, group_by: tab === 'messages' ? shownGroup(query, daysOf(days.date_from, days.date_to)) : 'day' };
  return html`
    <${Button} icon="download" to="/exports">${t('reports.all_exports')}<//>
    ${can('reports') && html`<${ExportButton} kind=${kind} filters=${filters} name=${t(`reports.export_${kind}`)} />`}`;
}

/** Period and filters; what can be chosen is what there is in the period. */
function Choice({ tab, days, period, query, names }) {
  const filtered = tab !== 'usage';
  const load = useLoad(filtered ? async (signal) => {
    const of = async (by) => (await get('/reports/messages', { ...days, group_by: by }, { signal })).items;
    const [sender, network, carrier, campaign] = await Promise.all(['sender', 'network', 'carrier', 'campaign'].map(of));
    return { sender, network, carrier, campaign };
  } : null, [filtered, days.date_from, days.date_to]);
  const field = (name, by, label) => {
    const found = [...new Set((load.data?.[by] ?? []).map((each) => each.key).filter(Boolean))];
    const values = query[name] && !found.includes(query[name]) ? [query[name], ...found] : found;
    return { name, kind: 'select', width: '11rem', label: t(`reports.${by}`), options: values.map((value) => ({ value, label: label?.(value) ?? value })) };
  };
  const fields = filtered ? [
    field('sender', 'sender'), field('network', 'network'), field('carrier', 'carrier'),
    field('campaign_uuid', 'campaign', (uuid) => names.get(uuid) ?? uuid),
  ].filter((each) => each.options.length > 0) : [];
  return html`<div class="rp-choice">
    <div class="filters" role="group" aria-label=${t('reports.period')}><${PeriodPicker} period=${period} />
      ${tab === 'messages' && html`<${GroupBy} query=${query} nDays=${daysOf(period.from, period.to)} />`}</div>
    ${fields.length > 0 && html`<${Filters} fields=${fields} query=${query} />`}
  </div>`;
}
