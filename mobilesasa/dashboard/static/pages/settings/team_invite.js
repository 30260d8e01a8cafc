/** Inviting somebody into the team, and the link that they set a password with, shown once. */
import { html, useState } from '../../parts/ui.js';
import { post } from '../../parts/api.js';
import { Secret } from '../../parts/copy.js';
import { Dialog } from '../../parts/dialogs.js';
import { Button, Form, FormActions, TextField } from '../../parts/forms.js';
import { useAct } from '../../parts/load.js';
import { Notice, Stack } from '../../parts/page.js';
import { setQuery } from '../../parts/router.js';
import { t } from '../../parts/texts.js';
import { RoleChoice } from './team_roles.js';

/** Where a link leads that somebody sets a password with. */
const addressOf = (token) => `${location.origin}/app/link?token=${encodeURIComponent(token)}`;

/** @param {{member: {name: string, email: string, link_token: string|null}, onDone: () => void}} props */
export function LinkShown({ member, onDone }) {
  const footer = html`<${Button} kind="primary" onClick=${onDone}>${t('team.made.done')}</${Button}>`;
  return html`<${Dialog} open title=${t('team.made.title', { name: member.name })} onClose=${onDone} footer=${footer}>
    ${member.link_token
      ? html`<${Stack}>
        <${Notice} kind="info">${t('team.made.link')}</${Notice}>
        <div class="set-once" role="group" aria-label=${t('team.made.label')}>
          <span class="small muted">${t('team.made.label')}</span>
          <${Secret} value=${addressOf(member.link_token)} label=${t('team.made.label')} shown/>
        </div>
      </${Stack}>`
      : html`<p>${t('team.made.known', { email: member.email })}</p>`}
  </${Dialog}>`;
}

/** @param {{onDone: () => Promise<void>}} props `onDone`: reads the members again */
export function Invite({ onDone }) {
  const [said, setSaid] = useState({ email: '', name: '', role: 'operator' });
  const [made, setMade] = useState(null);
  const set = (name) => (value) => setSaid((old) => ({ ...old, [name]: value }));
  const close = () => setQuery({ new: undefined });
  const [invite, act] = useAct(async () => {
    setMade(await post('/team/members', { email: said.email.trim(), name: said.name.trim() || null, role: said.role }));
    await onDone();
  });
  if (made) {
    return html`<${LinkShown} member=${made} onDone=${close}/>`;
  }
  return html`<${Dialog} open title=${t('team.new.title')} onClose=${close}>
    <${Form} onSubmit=${invite} error=${act.error} busy=${act.busy}>
      <${TextField} name="email" type="email" label=${t('team.new.email')} value=${said.email} onInput=${set('email')} autocomplete="off" required/>
      <${TextField} name="name" label=${t('team.new.name')} help=${t('team.new.name_help')} value=${said.name} onInput=${set('name')} autocomplete="off"/>
      <${RoleChoice} label=${t('team.new.role')} value=${said.role} onInput=${set('role')}/>
      <p class="small muted">${t('team.new.no_email')}</p>
      <${FormActions}>
        <${Button} kind="primary" type="submit" busy=${act.busy}>${t('team.new.act')}</${Button}>
        <${Button} kind="quiet" onClick=${close}>${t('common.cancel')}</${Button}>
      </${FormActions}>
    </${Form}>
  </${Dialog}>`;
}
