/** Telling a webhook again what happened in a span of time. */
import { html, useState } from '../../parts/ui.js';
import { post } from '../../parts/api.js';
import { Dialog, confirm } from '../../parts/dialogs.js';
import { Button, DateTimeField, Form, FormActions, RadioList } from '../../parts/forms.js';
import { useAct } from '../../parts/load.js';
import { Notice } from '../../parts/page.js';
import { setQuery } from '../../parts/router.js';
import { t } from '../../parts/texts.js';
import { toast } from '../../parts/toasts.js';

const HOUR_MS = 3_600_000;
const MOST = 10_000;

const close = () => setQuery({ replay: undefined });

/** @param {{webhook: {uuid: string}, onDone: () => void}} props `onDone`: reads the log again */
export function Replay({ webhook, onDone }) {
  const [said, setSaid] = useState(() => ({ created_from: new Date(Date.now() - HOUR_MS).toISOString(), created_to: '', state: 'failed' }));
  const [queued, setQueued] = useState(null);
  const set = (name) => (value) => setSaid((old) => ({ ...old, [name]: value }));
  const w = (key, values) => t(`webhooks.replay.${key}`, values);
  const [replay, act] = useAct(async () => {
    const all = said.state === 'all';
    if (all && !(await confirm({ title: w('confirm.title'), text: w('confirm.text'), act: w('confirm.act'), danger: true }))) {
      return;
    }
    const made = await post(`/webhooks/${webhook.uuid}/replay`, { ...said, created_to: said.created_to || null });
    setQueued(made.queued);
    onDone();
    if (made.queued > 0 && made.queued < MOST) {
      toast(w('queued', { n: made.queued }), { kind: 'good' });
      close();
    }
  });
  const options = ['failed', 'all'].map((value) => ({ value, label: w(value) }));
  return html`<${Dialog} open title=${w('title')} lead=${w('text')} onClose=${close}>
    <${Form} onSubmit=${replay} error=${act.error} busy=${act.busy}>
      ${queued === 0 && html`<${Notice} live kind="info">${w('none')}</${Notice}>`}
      ${queued >= MOST && html`<${Notice} live kind="info" title=${w('queued', { n: queued })}>${w('more')}</${Notice}>`}
      <${DateTimeField} name="created_from" label=${w('from')} value=${said.created_from} onInput=${set('created_from')} required/>
      <${DateTimeField} name="created_to" label=${w('to')} help=${w('to_help')} value=${said.created_to} onInput=${set('created_to')}/>
      <${RadioList} name="state" label=${w('which')} value=${said.state} onInput=${set('state')} options=${options}/>
      <${FormActions}>
        <${Button} kind="primary" type="submit" busy=${act.busy}>${w('act')}</${Button}>
        <${Button} kind="quiet" onClick=${close}>${t('common.cancel')}</${Button}>
      </${FormActions}>
    </${Form}>
  </${Dialog}>`;
}
