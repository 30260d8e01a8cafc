/** A test of a webhook: it is called now with a ping, and the answer shown. */
import { html, useEffect, useState } from '../../parts/ui.js';
import { post } from '../../parts/api.js';
import { Code } from '../../parts/copy.js';
import { Dialog } from '../../parts/dialogs.js';
import { Button, FormActions } from '../../parts/forms.js';
import { useAct } from '../../parts/load.js';
import { Notice, Stack } from '../../parts/page.js';
import { Failure } from '../../parts/states.js';
import { t } from '../../parts/texts.js';
import { whatOf } from './answer.js';

function Outcome({ told }) {
  const { response_status: status, latency_ms: ms, error, response_body: body } = told;
  const what = whatOf(told);
  const words = status === null ? t('webhooks.test.silent', { error }) : t(what ? 'webhooks.test.bad' : 'webhooks.test.good', { status, ms });
  return html`<${Notice} live kind=${what ? 'bad' : 'good'} title=${words}>${what}</${Notice}>
    ${body && html`<div><p class="small muted">${t('webhooks.test.body')}</p><${Code} text=${body} label=${t('webhooks.test.body')} wrap/></div>`}`;
}

/** @param {{webhook: {uuid: string, url: string}, onClose: () => void, onDone: () => void}} props `onDone`: after each test */
export function Test({ webhook, onClose, onDone }) {
  const [told, setTold] = useState(null);
  const [call, act] = useAct(async () => {
    setTold(await post(`/webhooks/${webhook.uuid}/test`));
    onDone();
  });
  useEffect(() => {
    call();
  }, []);
  return html`<${Dialog} open title=${t('webhooks.test.title')} onClose=${onClose}>
    <${Stack}>
      <p class="set-wrap-any" role="status">${t('webhooks.test.calling', { url: webhook.url })}${act.busy && ' …'}</p>
      ${act.error && html`<${Failure} error=${act.error}/>`}
      ${told && !act.busy && html`<${Outcome} told=${told}/>`}
      <${FormActions}>
        <${Button} icon="zap" busy=${act.busy} onClick=${() => call()}>${t('webhooks.test.again')}</${Button}>
        <${Button} kind="primary" onClick=${onClose}>${t('webhooks.test.close')}</${Button}>
      </${FormActions}>
    </${Stack}>
  </${Dialog}>`;
}
