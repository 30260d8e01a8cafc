/** All teams: what they have, who is suspended; a new one. */
import { html } from '../../parts/ui.js';
import { get, post } from '../../parts/api.js';
import { Status, When, number } from '../../parts/format.js';
import { useLoad } from '../../parts/load.js';
import { Page } from '../../parts/page.js';
import { go, setQuery } from '../../parts/router.js';
import { t } from '../../parts/texts.js';
import { toast } from '../../parts/toasts.js';
import { FormDialog } from './form_dialog.js';
import { Adding, Listed } from './listed.js';

const columns = () => [
  { key: 'name', title: t('admin.teams.name'), sort: 'name', cell: (each) => html`${each.name}<div class="small muted mono">${each.code}</div>` },
  { key: 'status', title: t('common.status'), cell: (each) => html`<${Status} of=${each.suspended ? 'suspended' : 'active'} label=${t(each.suspended ? 'admin.teams.is_suspended' : 'admin.teams.is_active')}/>` },
  { key: 'units', title: t('admin.teams.units'), num: true, sort: 'balance_units', cell: (each) => number(each.balance_units) },
  { key: 'sessions', title: t('admin.teams.sessions'), num: true, hide: 'narrow', cell: (each) => each.max_sessions ?? t('admin.usual') },
  { key: 'tps', title: t('admin.teams.tps'), num: true, hide: 'narrow', cell: (each) => each.session_tps ?? t('admin.usual') },
  { key: 'country', title: t('admin.teams.country'), sort: 'country', hide: 'narrow', cell: (each) => each.country },
  { key: 'created', title: t('common.created'), sort: 'created_at', cell: (each) => html`<${When} at=${each.created_at}/>` },
];

const filters = () => [
  { name: 'search', label: t('common.search'), kind: 'search', placeholder: t('admin.teams.search') },
  { name: 'suspended', label: t('common.status'), kind: 'select', options: [['false', t('admin.teams.is_active')], ['true', t('admin.teams.is_suspended')]] },
];

const fields = () => [
  { name: 'code', label: t('admin.teams.code'), help: t('admin.teams.code_help'), required: true },
  { name: 'name', label: t('admin.teams.name'), help: t('admin.teams.name_help') },
  { name: 'country', label: t('admin.teams.country'), help: t('admin.teams.country_help'), value: 'KE', required: true },
  { name: 'units', label: t('admin.teams.first_units'), kind: 'number', min: 0, value: 0 },
  { name: 'senders', label: t('admin.teams.senders'), help: t('admin.teams.senders_help') },
];

async function make(said) {
  const senders = (said.senders ?? '').split(',').map((each) => each.trim()).filter(Boolean);
  const made = await post('/admin/teams', { ...said, name: said.name || null, units: said.units ?? 0, senders });
  toast(t('admin.teams.made', { name: made.name }), { kind: 'good' });
  go(`/admin/teams/${made.uuid}`);
}

/** @param {{query: Record<string, string>}} props */
export default function Teams({ query }) {
  const { search, suspended, page, page_size } = query;
  const load = useLoad((signal) => get('/admin/teams', { search, suspended, page, page_size }, { signal }), [search, suspended, page, page_size], { everyS: 30 });
  const add = { label: t('admin.teams.add'), onClick: () => setQuery({ new: 1 }) };
  return html`<${Page} title=${t('admin.teams.title')} lead=${t('admin.teams.lead')} actions=${html`<${Adding} of=${load} filtered=${search || suspended} ...${add}/>`}>
    <${Listed} of=${load} label=${t('admin.teams.title')} icon="building" columns=${columns()} query=${query} filters=${filters()} href=${(each) => `/admin/teams/${each.uuid}`}
      empty=${{ title: t('admin.teams.empty'), text: t('admin.teams.empty_text') }} add=${add}/>
    ${query.new && html`<${FormDialog} title=${t('admin.teams.add')} lead=${t('admin.teams.add_lead')} fields=${fields()} act=${t('admin.teams.make')}
      onSubmit=${make} onClose=${() => query.new && setQuery({ new: undefined }, { replace: true })}/>`}
  </${Page}>`;
}
