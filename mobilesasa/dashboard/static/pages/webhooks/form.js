/** The form of a webhook: its address, what it is told of, whether with texts. To make one, and to change one. */
import { html, useEffect, useRef, useState } from '../../parts/ui.js';
import { get } from '../../parts/api.js';
import { Button, CheckField, Form, FormActions, TextField } from '../../parts/forms.js';
import { Loaded, useAct, useLoad } from '../../parts/load.js';
import { useLeaveGuard } from '../../parts/router.js';
import { Skeleton } from '../../parts/states.js';
import { t } from '../../parts/texts.js';
import { EventBoxes } from './events.js';

const FRESH = { url: '', description: '', events: ['message.delivered', 'message.failed', 'message.received'], include_text: false };

const picked = ({ url, description, events, include_text }) => ({ url: url.trim(), description: description.trim(), events, include_text });
const same = (a, b) => JSON.stringify(picked(a)) === JSON.stringify(picked(b));

function Fields({ known, before, onSave, onCancel, submit }) {
  const start = before ?? FRESH;
  const [said, setSaid] = useState(start);
  const [tried, setTried] = useState(false);
  const set = (name) => (value) => setSaid((old) => ({ ...old, [name]: value }));
  const [save, act] = useAct(async () => {
    setTried(true);
    if (said.events.length) {
      await onSave(picked(said));
    }
  });
  const changed = !same(start, said);
  const box = useRef(null);
  useEffect(() => {
    if (!before) {
      box.current.querySelector('input').focus(); // the drawer was open before the fields were there
    }
  }, []);
  useLeaveGuard(Boolean(before) && changed);
  const w = (key) => t(`webhooks.form.${key}`);
  return html`<div ref=${box}><${Form} onSubmit=${save} error=${act.error} busy=${act.busy}>
    <${TextField} name="url" type="url" label=${w('url')} help=${w('url_help')} placeholder="https://example.com/hooks/mobilesasa" value=${said.url} onInput=${set('url')} required/>
    <${TextField} name="description" label=${w('description')} help=${w('description_help')} value=${said.description} maxlength=${200} onInput=${set('description')} optional/>
    <${EventBoxes} known=${known} value=${said.events} onInput=${set('events')} error=${tried && !said.events.length ? w('no_events') : undefined}/>
    <${CheckField} name="include_text" label=${w('text')} help=${w('text_help')} value=${said.include_text} onInput=${set('include_text')}/>
    <${FormActions}>
      <${Button} kind="primary" type="submit" busy=${act.busy} disabled=${Boolean(before) && !changed}>${submit}</${Button}>
      ${onCancel && html`<${Button} kind="quiet" onClick=${onCancel}>${t('common.cancel')}</${Button}>`}
      ${before && changed && html`<${Button} kind="quiet" onClick=${() => setSaid(start)}>${t('common.reset')}</${Button}>`}
    </${FormActions}>
  </${Form}></div>`;
}

/**
 * @param {{before?: object, onSave: (terms: object) => Promise<any>, onCancel?: () => void, submit: string}} props
 *   `before`: the webhook that is changed; none: a new one
 */
export function WebhookForm(props) {
  const events = useLoad((signal) => get('/webhooks/events', {}, { signal }), []);
  return html`<${Loaded} of=${events} skeleton=${html`<${Skeleton} kind="text" rows=${8}/>`}>${({ items }) => html`<${Fields} ...${props} known=${items}/>`}</${Loaded}>`;
}
