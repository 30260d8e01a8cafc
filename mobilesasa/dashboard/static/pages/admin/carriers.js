/** The carriers as they stand now: up or down and why, what they took, how long it took; a new one. */
import { html } from '../../parts/ui.js';
import { get, post } from '../../parts/api.js';
import { Status, duration, number, percent } from '../../parts/format.js';
import { useLoad } from '../../parts/load.js';
import { Page } from '../../parts/page.js';
import { go, setQuery } from '../../parts/router.js';
import { t } from '../../parts/texts.js';
import { toast } from '../../parts/toasts.js';
import { FormDialog } from './form_dialog.js';
import { Adding, Listed } from './listed.js';

const KINDS = ['smpp', 'http', 'sandbox'];
const TONES = { up: 'good', throttled: 'warn', trying: 'warn', down: 'bad', disabled: 'neutral' };
/** What the options of each kind begin with. */
const BEGINNINGS = {
  smpp: { host: 'smsc.example.com', port: 2775, system_id: '', password: '', window: 10, tps: 50 },
  http: { preset: '' },
  sandbox: {},
};

/** How a carrier stands, as a pill. @param {{of: string}} props */
export function CarrierState({ of }) {
  return html`<${Status} of=${of} label=${t(`admin.carriers.state.${of}`)} kind=${TONES[of]}/>`;
}

/** Seconds as milliseconds where that says more. */
export const latency = (s) => (s === null || s === undefined ? '–' : s < 1 ? t('admin.ms', { n: number(s * 1000, 0) }) : duration(s));

/** How many of a carrier's messages have failed. */
export const failures = (each) => Object.values(each.failed).reduce((sum, n) => sum + n, 0);

const columns = () => [
  { key: 'name', title: t('admin.carriers.carrier'), sort: 'name', cell: (each) => html`${each.name}<div class="small muted">${t(`admin.carriers.kinds.${each.kind}`)}</div>` },
  {
    key: 'state', title: t('common.status'), sort: 'state',
    cell: (each) => html`<${CarrierState} of=${each.state}/>${each.why && html`<div class="small muted">${each.why}</div>`}${each.down_s > 0 && html`<div class="small muted">${t('admin.carriers.down_for', { time: duration(each.down_s) })}</div>`}`,
  },
  { key: 'sent', title: t('admin.carriers.sent'), num: true, sort: 'sent', cell: (each) => number(each.sent) },
  { key: 'way', title: t('admin.carriers.under_way'), num: true, sort: 'parts_under_way', cell: (each) => `${number(each.parts_under_way)} / ${number(each.window)}` },
  { key: 'failed', title: t('admin.carriers.failed'), num: true, sort: (a, b) => failures(a) - failures(b), cell: (each) => number(failures(each)) },
  { key: 'delivered', title: t('admin.carriers.delivered'), num: true, sort: 'delivery_ratio', cell: (each) => (each.delivery_ratio === null ? '–' : percent(each.delivery_ratio)) },
  { key: 'p50', title: t('admin.carriers.p50'), num: true, hide: 'narrow', cell: (each) => latency(each.submit_latency.p50_s) },
  { key: 'p99', title: t('admin.carriers.p99'), num: true, hide: 'narrow', cell: (each) => latency(each.submit_latency.p99_s) },
];

const beginning = (kind) => JSON.stringify(BEGINNINGS[kind], null, 2);
/** Another kind begins with its own options, unless somebody has written there. */
const begunAnew = (kind, said) => (KINDS.some((each) => beginning(each) === said.options) ? { options: beginning(kind) } : {});

const fields = (kind) => [
  { name: 'name', label: t('admin.carriers.name'), required: true, help: t('admin.carriers.name_help') },
  { name: 'kind', label: t('admin.carriers.kind'), kind: 'select', value: kind, options: KINDS.map((each) => [each, t(`admin.carriers.kinds.${each}`)]), follows: begunAnew },
  { name: 'options', label: t('admin.carriers.options'), kind: 'json', value: beginning(kind), help: t('admin.carriers.options_help') },
];

async function make(said) {
  const made = await post('/admin/carriers', said);
  toast(t('admin.carriers.made', { name: made.name }), { kind: 'good' });
  go(`/admin/carriers/${encodeURIComponent(made.name)}`);
}

/** @param {{query: Record<string, string>}} props */
export default function Carriers({ query }) {
  const load = useLoad((signal) => get('/admin/carriers', {}, { signal }), [], { everyS: 5 });
  const kind = KINDS.includes(query.kind) ? query.kind : 'smpp';
  const add = { label: t('admin.carriers.add'), onClick: () => setQuery({ new: 1 }) };
  return html`<${Page} title=${t('admin.carriers.title')} lead=${t('admin.carriers.lead')} actions=${html`<${Adding} of=${load} ...${add}/>`}>
    <${Listed} of=${load} label=${t('admin.carriers.title')} icon="radio" columns=${columns()} query=${query} rowKey=${(each) => each.name} href=${(each) => `/admin/carriers/${encodeURIComponent(each.name)}`}
      empty=${{ title: t('admin.carriers.empty'), text: t('admin.carriers.empty_text') }} add=${add}/>
    ${query.new && html`<${FormDialog} wide title=${t('admin.carriers.add')} lead=${t('admin.carriers.add_lead')} fields=${fields(kind)} act=${t('admin.carriers.make')}
      onSubmit=${make} onClose=${() => setQuery({ new: undefined }, { replace: true })}/>`}
  </${Page}>`;
}
