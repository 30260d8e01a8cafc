/** Making an SMPP password: from where it may be used, beside which token; then its text, once. */
import { html, useState } from '../../parts/ui.js';
import { post } from '../../parts/api.js';
import { Copy } from '../../parts/copy.js';
import { Dialog } from '../../parts/dialogs.js';
import { AreaField, Button, Form, FormActions, SelectField } from '../../parts/forms.js';
import { useAct } from '../../parts/load.js';
import { Facts, Notice, Row } from '../../parts/page.js';
import { Link, setQuery } from '../../parts/router.js';
import { team } from '../../parts/session.js';
import { t } from '../../parts/texts.js';
import { ShownOnce } from '../settings/once.js';

const close = () => setQuery({ new: undefined });
const listed = (text) => text.split(/[\s,;]+/).filter(Boolean);

/** Tokens that can stand beside a password: those that are good and open messages. */
const fit = (tokens) => tokens.filter((each) => each.status === 'active' && each.scopes.includes('messages'));

function MadePassword({ made }) {
  const words = (key) => t(`smpp.passwords.made.${key}`);
  const asked = { title: words('close.title'), text: words('close.text'), act: words('close.act') };
  const code = team.value?.code ?? '';
  return html`<${ShownOnce} title=${words('title')} text=${words('text')} label=${words('label')} value=${made.password} done=${words('done')} close=${asked} onDone=${close}>
    <${Facts} items=${[
      [words('system_id'), html`<${Row} gap=${1}><span class="mono">${code}</span><${Copy} text=${code} label=${words('system_id')}/></${Row}>`],
      [t('smpp.passwords.column.allowed'), made.any_address ? t('smpp.passwords.anywhere') : html`<span class="mono small set-wrap-any">${made.allowed.join(', ')}</span>`],
    ]}/>
  </${ShownOnce}>`;
}

/** @param {{tokens: object[]|undefined, onDone: () => Promise<void>}} props `tokens`: all of the team's, once they are known */
export function NewPassword({ tokens, onDone }) {
  const [said, setSaid] = useState({ allowed: '', token_uuid: '' });
  const [made, setMade] = useState(null);
  const set = (name) => (value) => setSaid((old) => ({ ...old, [name]: value }));
  const [make, act] = useAct(async () => {
    setMade(await post('/smpp/passwords', { allowed: listed(said.allowed), token_uuid: said.token_uuid || null }));
    await onDone();
  });
  if (made) {
    return html`<${MadePassword} made=${made}/>`;
  }
  const words = (key) => t(`smpp.passwords.new.${key}`);
  const options = fit(tokens ?? []).map((each) => ({ value: each.uuid, label: `${each.name} (${each.prefix}…)` }));
  const way = html`<${Link} to="/tokens" query=${{ new: 1 }}>${t('smpp.remedy.token')}</${Link}>`;
  return html`<${Dialog} open title=${words('title')} onClose=${close}>
    <${Form} onSubmit=${make} error=${act.error} busy=${act.busy}>
      ${tokens && !options.length && html`<${Notice} kind="warn" action=${way}>${words('no_token')}</${Notice}>`}
      <${AreaField} name="allowed" label=${words('allowed')} help=${words('allowed_help')} rows=${3} mono value=${said.allowed} onInput=${set('allowed')} spellcheck=${false}/>
      <${SelectField} name="token_uuid" label=${words('token')} help=${words('token_help')} value=${said.token_uuid} placeholder=${words('token_oldest')} options=${options}
        onInput=${set('token_uuid')}/>
      <${FormActions}>
        <${Button} kind="primary" type="submit" busy=${act.busy}>${words('act')}</${Button}>
        <${Button} kind="quiet" onClick=${close}>${t('common.cancel')}</${Button}>
      </${FormActions}>
    </${Form}>
  </${Dialog}>`;
}
