/** Making an API token: its scopes and its end in a drawer, then its text, once, with the first request filled in. */
import { html, useState } from '../../parts/ui.js';
import { post } from '../../parts/api.js';
import { Drawer } from '../../parts/dialogs.js';
import { Button, DateTimeField, Form, FormActions, SelectField, TextField } from '../../parts/forms.js';
import { useAct } from '../../parts/load.js';
import { Row } from '../../parts/page.js';
import { setQuery } from '../../parts/router.js';
import { t } from '../../parts/texts.js';
import { FirstRequest } from './first_request.js';
import { ShownOnce } from './once.js';
import { ScopeBoxes, ScopeTags } from './scopes.js';

const DAY_MS = 86_400_000;
const DAYS = { month: 30, quarter: 90, year: 365 };
const EXPIRIES = ['never', 'month', 'quarter', 'year', 'date'];

const close = () => setQuery({ new: undefined });

function endOf(expiry, date) {
  return expiry === 'date' ? date || null : DAYS[expiry] ? new Date(Date.now() + DAYS[expiry] * DAY_MS).toISOString().replace(/\.\d+/, '') : null;
}

function MadeToken({ made, onDone }) {
  const asked = { title: t('tokens.made.close.title'), text: t('tokens.made.close.text'), act: t('tokens.made.close.act') };
  return html`<${ShownOnce} wide title=${t('tokens.made.title')} text=${t('tokens.made.text')} label=${t('tokens.made.label')} value=${made.raw_token}
    done=${t('tokens.made.done')} close=${asked} onDone=${onDone}>
    <${Row} gap=${2} wrap><span class="small muted">${t('tokens.made.opens')}</span><${ScopeTags} scopes=${made.token.scopes} all/></${Row}>
    <section aria-label=${t('tokens.first.title')}>
      <h3>${t('tokens.first.title')}</h3>
      <${FirstRequest} token=${made.raw_token} scopes=${made.token.scopes}/>
    </section>
  </${ShownOnce}>`;
}

/** @param {{onDone: () => Promise<void>}} props `onDone`: reads the list again */
export function NewToken({ onDone }) {
  const [said, setSaid] = useState({ name: '', scopes: ['messages'], expiry: 'never', date: '' });
  const [made, setMade] = useState(null);
  const [tried, setTried] = useState(false);
  const set = (name) => (value) => setSaid((old) => ({ ...old, [name]: value }));
  const [create, act] = useAct(async () => {
    setTried(true);
    if (said.scopes.length) {
      setMade(await post('/tokens', { name: said.name.trim(), scopes: said.scopes, expires_at: endOf(said.expiry, said.date) }));
      await onDone();
    }
  });
  if (made) {
    return html`<${MadeToken} made=${made} onDone=${close}/>`;
  }
  const expiries = EXPIRIES.map((each) => ({ value: each, label: t(`tokens.new.expiries.${each}`) }));
  const unscoped = tried && !said.scopes.length ? t('tokens.new.no_scopes') : undefined;
  return html`<${Drawer} open wide title=${t('tokens.new.title')} onClose=${close}>
    <${Form} onSubmit=${create} error=${act.error} busy=${act.busy}>
      <${TextField} name="name" label=${t('tokens.new.name')} help=${t('tokens.new.name_help')} value=${said.name} onInput=${set('name')} required/>
      <${ScopeBoxes} value=${said.scopes} onInput=${set('scopes')} error=${unscoped}/>
      <${SelectField} name="expiry" label=${t('tokens.new.expiry')} help=${t('tokens.new.expiry_help')} value=${said.expiry} options=${expiries} onInput=${set('expiry')}/>
      ${said.expiry === 'date' && html`<${DateTimeField} name="expires_at" label=${t('tokens.new.expires_at')} value=${said.date} onInput=${set('date')} required/>`}
      <${FormActions}>
        <${Button} kind="primary" type="submit" busy=${act.busy}>${t('tokens.new.submit')}</${Button}>
        <${Button} kind="quiet" onClick=${close}>${t('common.cancel')}</${Button}>
      </${FormActions}>
    </${Form}>
  </${Drawer}>`;
}
