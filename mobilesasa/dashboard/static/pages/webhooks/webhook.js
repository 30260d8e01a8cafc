/** One webhook: its deliveries, how to check its signature, its settings; test, new secret, enable, disable, delete. */
import { html, useState } from '../../parts/ui.js';
import { del, get, post, put } from '../../parts/api.js';
import { confirm } from '../../parts/dialogs.js';
import { dayTime } from '../../parts/format.js';
import { Button, Menu, Tabs } from '../../parts/forms.js';
import { Loaded, useLoad } from '../../parts/load.js';
import { Card, Notice, Page, Stack } from '../../parts/page.js';
import { go, setQuery } from '../../parts/router.js';
import { can } from '../../parts/session.js';
import { Skeleton } from '../../parts/states.js';
import { t } from '../../parts/texts.js';
import { failed, toast } from '../../parts/toasts.js';
import { Deliveries } from './deliveries.js';
import { WebhookForm } from './form.js';
import { Fares } from './list.js';
import { Replay } from './replay.js';
import { SecretShown } from './secret.js';
import { Test } from './test.js';
import { Verify } from './verify.js';

const TABS = ['log', 'verify', 'settings'];

/** What can be done with a webhook beside looking at it; each says what failed. */
function actsOn(webhook, load, setSecret, setLeaving) {
  const path = `/webhooks/${webhook.uuid}`;
  const said = (key, values) => ({ title: t(`webhooks.${key}.title`), text: t(`webhooks.${key}.text`, values), act: t(`webhooks.${key}.act`) });
  const doing = (fn) => async () => {
    try {
      await fn();
    } catch (error) {
      failed(error);
    }
  };
  const enable = doing(async () => {
    load.set(await post(`${path}/enable`));
    toast(t('webhooks.enable.done'), { kind: 'good' });
  });
  const disable = doing(async () => {
    if (await confirm(said('disable', { url: webhook.url }))) {
      load.set(await put(path, { enabled: false }));
      toast(t('webhooks.disable.done'), { kind: 'good', undo: enable });
    }
  });
  const rotate = doing(async () => {
    if (await confirm(said('rotate'))) {
      setSecret((await post(`${path}/secret`)).secret);
      await load.again();
    }
  });
  const remove = doing(async () => {
    if (await confirm({ ...said('delete', { url: webhook.url }), danger: true })) {
      setLeaving(true); // nothing is asked of it any more
      try {
        await del(path);
      } catch (error) {
        setLeaving(false);
        throw error;
      }
      toast(t('webhooks.delete.done'), { kind: 'good' });
      go('/webhooks', {}, { replace: true });
    }
  });
  return { enable, disable, rotate, remove };
}

function Troubles({ webhook, enable }) {
  const { status, disabled_reason: reason, disabled_at: at, failing_since: since, old_secret_until: until } = webhook;
  const act = can('webhooks') && html`<${Button} kind="primary" small onClick=${enable}>${t('webhooks.page.enable')}</${Button}>`;
  return html`
    ${status === 'disabled' && html`<${Notice} kind=${reason === 'team' ? 'info' : 'bad'} title=${t('webhooks.page.disabled')} action=${act}>
      ${t(`webhooks.page.disabled_${reason ?? 'team'}`, { when: dayTime(at) })}
    </${Notice}>`}
    ${status === 'enabled' && since && html`<${Notice} kind="warn" title=${t('webhooks.page.failing')}>${t('webhooks.page.failing_text', { when: dayTime(since) })}</${Notice}>`}
    ${until && Date.parse(until) > Date.now() && html`<${Notice} kind="info" title=${t('webhooks.page.old_secret')}>${t('webhooks.page.old_secret_text', { until: dayTime(until) })}</${Notice}>`}`;
}

function Acts({ webhook, acts, onTest }) {
  const enabled = webhook.status === 'enabled';
  const items = [
    { label: t('webhooks.page.replay'), icon: 'history', disabled: !enabled, onClick: () => setQuery({ replay: 1 }) },
    { label: t('webhooks.page.rotate'), icon: 'key', onClick: acts.rotate },
    enabled ? { label: t('webhooks.page.disable'), icon: 'pause', onClick: acts.disable } : { label: t('webhooks.page.enable'), icon: 'play', onClick: acts.enable },
    { line: true },
    { label: t('webhooks.page.delete'), icon: 'trash', danger: true, onClick: acts.remove },
  ];
  return html`<${Button} kind="primary" icon="zap" onClick=${onTest}>${t('webhooks.page.test')}</${Button}>
    <${Menu} kind="plain" label=${t('common.more_actions')} items=${items}/>`;
}

function SettingsTab({ webhook, load }) {
  const save = async (terms) => {
    load.set(await put(`/webhooks/${webhook.uuid}`, terms));
    toast(t('webhooks.form.saved'), { kind: 'good' });
  };
  return html`<${Card} class="set-measure"><${WebhookForm} before=${webhook} onSave=${save} submit=${t('webhooks.form.save')}/></${Card}>`;
}

function Inside({ webhook, load, query, leaving, setLeaving }) {
  const [secret, setSecret] = useState(null);
  const [testing, setTesting] = useState(false);
  const [told, setTold] = useState(0); // counts what should show in the log
  const acts = actsOn(webhook, load, setSecret, setLeaving);
  const shown = TABS.filter((each) => each !== 'settings' || can('webhooks'));
  const tab = shown.includes(query.tab) ? query.tab : shown[0];
  const tabs = html`<${Tabs} label=${t('webhooks.title')} tabs=${shown.map((id) => ({ id, label: t(`webhooks.page.tab.${id}`) }))} value=${tab}
    onChange=${(id) => setQuery({ tab: id === shown[0] ? undefined : id, page: undefined })}/>`;
  const later = () => {
    setTold((n) => n + 1);
    load.again();
  };
  return html`<${Page} title=${webhook.url} crumbs=${[{ label: t('webhooks.page.crumb'), to: '/webhooks' }]} lead=${webhook.description || undefined} tabs=${tabs}
    status=${html`<${Fares} webhook=${webhook} brief/>`} actions=${can('webhooks') && html`<${Acts} webhook=${webhook} acts=${acts} onTest=${() => setTesting(true)}/>`}>
    <${Stack}>
      <${Troubles} webhook=${webhook} enable=${acts.enable}/>
      ${tab === 'log' && !leaving && html`<${Deliveries} webhook=${webhook} query=${query} told=${told} onTest=${() => setTesting(true)}/>`}
      ${tab === 'verify' && html`<${Verify}/>`}
      ${tab === 'settings' && html`<${SettingsTab} webhook=${webhook} load=${load}/>`}
    </${Stack}>
    ${testing && html`<${Test} webhook=${webhook} onClose=${() => setTesting(false)} onDone=${later}/>`}
    ${query.replay && can('webhooks') && html`<${Replay} webhook=${webhook} onDone=${later}/>`}
    ${secret && html`<${SecretShown} secret=${secret} title=${t('webhooks.made.rotated')} onDone=${() => setSecret(null)}
      text=${t('webhooks.made.rotated_text', { until: dayTime(webhook.old_secret_until ?? new Date(Date.now() + 86_400_000)) })}/>`}
  </${Page}>`;
}

/** @param {{params: {uuid: string}, query: Record<string, string>}} props */
export default function Webhook({ params, query }) {
  const [leaving, setLeaving] = useState(false);
  const load = useLoad((signal) => get(`/webhooks/${encodeURIComponent(params.uuid)}`, {}, { signal }), [params.uuid], { everyS: leaving ? 0 : 15, keep: false });
  if (load.data) {
    return html`<${Inside} webhook=${load.data} load=${load} query=${query} leaving=${leaving} setLeaving=${setLeaving}/>`;
  }
  return html`<${Page} title=${t('webhooks.title')} crumbs=${[{ label: t('webhooks.page.crumb'), to: '/webhooks' }]}>
    <${Loaded} of=${load} skeleton=${html`<${Skeleton} kind="table" rows=${6}/>`}>${() => null}</${Loaded}>
  </${Page}>`;
}
