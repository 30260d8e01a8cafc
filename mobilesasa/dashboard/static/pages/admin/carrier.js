/** One carrier: how it stands, how its messages fare, its options, the addresses that it calls; disabling and removing it. */
import { html } from '../../parts/ui.js';
import { del, get, put } from '../../parts/api.js';
import { Bars } from '../../parts/charts.js';
import { Code, Copy } from '../../parts/copy.js';
import { Figure, duration, number, percent } from '../../parts/format.js';
import { Button, Menu } from '../../parts/forms.js';
import { Loaded, useLoad } from '../../parts/load.js';
import { Card, Facts, Grid, Notice, Page, Stack } from '../../parts/page.js';
import { go, setQuery } from '../../parts/router.js';
import { Empty } from '../../parts/states.js';
import { t } from '../../parts/texts.js';
import { toast } from '../../parts/toasts.js';
import { CarrierState, failures, latency } from './carriers.js';
import { asJson, FormDialog } from './form_dialog.js';
import { doIt } from './listed.js';

const FAILED = ['refused', 'expired_unsent', 'undelivered', 'expired', 'rejected'];

function Latencies({ carrier }) {
  const rows = [['submit_latency', 'admin.carriers.submit'], ['receipt_latency', 'admin.carriers.receipt']];
  return html`<${Facts} items=${rows.map(([name, label]) => [t(label), carrier[name].count === 0 ? t('admin.carriers.none_yet') : t('admin.carriers.spread', {
    p50: latency(carrier[name].p50_s), p99: latency(carrier[name].p99_s), n: number(carrier[name].count),
  })])}/>`;
}

/** What became of its messages: what there is of it, so that nothing but zeros is drawn for nobody. */
function Outcomes({ carrier }) {
  const items = [
    { label: t('status.delivered'), value: carrier.delivered, colour: 'good' },
    ...FAILED.map((each) => ({ label: t(`admin.carriers.failures.${each}`), value: carrier.failed[each], colour: 'bad' })),
    { label: t('admin.carriers.postponed'), value: carrier.postponed, colour: 'warn' },
    { label: t('admin.carriers.rerouted'), value: carrier.rerouted, colour: 'warn' },
    { label: t('admin.carriers.uncertain'), value: carrier.uncertain, colour: 'muted' },
  ].filter((each) => each.value > 0);
  return items.length ? html`<${Bars} label=${t('admin.carriers.outcomes')} items=${items}/>`
    : html`<${Empty} small icon="radio" title=${t('admin.carriers.no_outcomes')} text=${t('admin.carriers.no_outcomes_text')}/>`;
}

/** What a carrier calls, whole: a path where it has no `public_url`. */
const addressOf = (path) => new URL(path, location.origin).href;

function Callbacks({ name }) {
  const load = useLoad((signal) => get(`/admin/carriers/${encodeURIComponent(name)}/callbacks`, {}, { signal }), [name]);
  return html`<${Card} title=${t('admin.carriers.callbacks')} lead=${t('admin.carriers.callbacks_lead')}>
    <${Loaded} of=${load}>${({ callbacks }) => html`<${Facts} items=${Object.entries(callbacks).map(([about, path]) => [
      t(`admin.carriers.about.${about}`), html`<span class="mono small admin-break">${addressOf(path)}</span> <${Copy} text=${addressOf(path)} label=${t('common.copy')}/>`,
    ])}/>`}</${Loaded}>
  </${Card}>`;
}

function enabling(carrier, again) {
  const set = (enabled) => put(`/admin/carriers/${encodeURIComponent(carrier.name)}`, { enabled });
  const { name } = carrier;
  if (!carrier.enabled) {
    return doIt({ act: () => set(true), done: t('admin.carriers.enabled', { name }), again, undo: () => set(false) });
  }
  const question = { title: t('admin.carriers.disable_title', { name }), text: t('admin.carriers.disable_text'), act: t('admin.carriers.disable') };
  return doIt({ question, act: () => set(false), done: t('admin.carriers.disabled', { name }), again, undo: () => set(true) });
}

function removing({ name }) {
  const question = { title: t('admin.carriers.remove_title', { name }), text: t('admin.carriers.remove_text'), act: t('admin.carriers.remove'), typed: name };
  return doIt({
    question, done: t('admin.carriers.removed', { name }),
    act: async () => {
      await del(`/admin/carriers/${encodeURIComponent(name)}`);
      go('/admin/carriers');
    },
  });
}

function CarrierPage({ carrier, query, again }) {
  const change = async ({ options }) => {
    const gone = Object.keys(carrier.options).filter((each) => !(each in options)).map((each) => [each, null]);
    await put(`/admin/carriers/${encodeURIComponent(carrier.name)}`, { options: { ...Object.fromEntries(gone), ...options } });
    toast(t('common.saved'), { kind: 'good' });
    await again();
  };
  const items = [
    { label: t(carrier.enabled ? 'admin.carriers.disable' : 'admin.carriers.enable'), icon: carrier.enabled ? 'pause' : 'play', danger: carrier.enabled, onClick: () => enabling(carrier, again) },
    { label: t('admin.carriers.remove'), icon: 'trash', danger: true, onClick: () => removing(carrier) },
  ];
  const details = Object.keys(carrier.details).length > 0;
  return html`<${Page} title=${carrier.name} crumbs=${[{ label: t('admin.carriers.title'), to: '/admin/carriers' }]} status=${html`<${CarrierState} of=${carrier.state}/>`}
    actions=${html`<${Button} icon="pencil" onClick=${() => setQuery({ act: 'options' })}>${t('admin.carriers.change')}</${Button}><${Menu} label=${t('common.actions')} items=${items}/>`}>
    <${Stack}>
      ${carrier.why && html`<${Notice} kind=${carrier.state === 'down' ? 'bad' : 'warn'}>${carrier.why}${carrier.down_s > 0 && ` ${t('admin.carriers.down_for', { time: duration(carrier.down_s) })}`}</${Notice}>`}
      <${Grid} min="9rem">
        <${Figure} label=${t('admin.carriers.sent')} value=${number(carrier.sent)}/>
        <${Figure} label=${t('admin.carriers.under_way')} value=${number(carrier.parts_under_way)} unit=${t('admin.carriers.of_window', { n: carrier.window })}/>
        <${Figure} label=${t('admin.carriers.delivered')} value=${carrier.delivery_ratio === null ? '–' : percent(carrier.delivery_ratio)}/>
        <${Figure} label=${t('admin.carriers.failed')} value=${number(failures(carrier))}/>
      </${Grid}>
      <div class="admin-pair">
        <${Stack}>
          <${Card} title=${t('admin.carriers.outcomes')}><${Outcomes} carrier=${carrier}/></${Card}>
          <${Card} title=${t('admin.carriers.times')}><${Latencies} carrier=${carrier}/></${Card}>
          ${carrier.kind === 'http' && html`<${Callbacks} name=${carrier.name}/>`}
        </${Stack}>
        <${Stack}>
          <${Card} title=${t('admin.carriers.options')} lead=${t('admin.carriers.options_lead')}><${Code} text=${asJson(carrier.options)} lang="json"/></${Card}>
          ${details && html`<${Card} title=${t('admin.carriers.details')}><${Code} text=${asJson(carrier.details)} lang="json"/></${Card}>`}
        </${Stack}>
      </div>
    </${Stack}>
    ${query.act === 'options' && html`<${FormDialog} wide title=${t('admin.carriers.change')} lead=${t('admin.carriers.change_lead')} act=${t('common.save')} onSubmit=${change}
      onClose=${() => setQuery({ act: undefined })} fields=${[{ name: 'options', label: t('admin.carriers.options'), kind: 'json', rows: 16, value: asJson(carrier.options), help: t('admin.carriers.options_help') }]}/>`}
  </${Page}>`;
}

/** @param {{params: {name: string}, query: Record<string, string>}} props */
export default function Carrier({ params, query }) {
  const load = useLoad((signal) => get(`/admin/carriers/${encodeURIComponent(params.name)}`, {}, { signal }), [params.name], { everyS: 5 });
  return html`<${Loaded} of=${load}>${(carrier) => html`<${CarrierPage} carrier=${carrier} query=${query} again=${load.again}/>`}</${Loaded}>`;
}
