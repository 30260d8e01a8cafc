/** Who you are: name, password, teams, where you are logged in, and how the dashboard looks. */
import { html, useState } from '../../parts/ui.js';
import { Button, Form, FormActions, PasswordField, Segmented, SelectField, TextField } from '../../parts/forms.js';
import { Card, Facts, Grid, Page, Row, Stack } from '../../parts/page.js';
import { Copy } from '../../parts/copy.js';
import { Status } from '../../parts/format.js';
import { useAct } from '../../parts/load.js';
import { dropGuards, mayLeave } from '../../parts/router.js';
import { me, rename, switchTeam, team } from '../../parts/session.js';
import { post } from '../../parts/api.js';
import { chooseTheme, theme } from '../../parts/theme.js';
import { chooseLanguage, language, LANGUAGES, t } from '../../parts/texts.js';
import { zoneWords } from '../../parts/moments.js';
import { failed, toast } from '../../parts/toasts.js';
import { LoginsCard } from './logins.js';

/** The page. */
export default function ProfilePage() {
  return html`
    <${Page} title=${t('account.profile_title')}>
      <${Grid} min="22rem">
        <${Stack}><${YouCard}/><${TeamsCard}/></${Stack}>
        <${Stack}><${PasswordCard}/><${LookCard}/></${Stack}>
      </${Grid}>
      <${LoginsCard}/>
    </${Page}>
  `;
}

function YouCard() {
  const { user } = me.value;
  const [name, setName] = useState(user.name);
  const [save, act] = useAct(async () => {
    await rename(name.trim());
    toast(t('account.name_saved'));
  });
  return html`
    <${Card} title=${t('account.you')}>
      <${Form} onSubmit=${save} error=${act.error} busy=${act.busy} label=${t('account.you')}>
        <${TextField} name="name" label=${t('account.name')} help=${t('account.name_help')} value=${name} onInput=${setName} required maxlength="100" autocomplete="name"/>
        <${Facts} items=${[
          [t('account.email'), user.email],
          [t('account.user_uuid'), html`<${Row} gap="1"><span class="mono small truncate">${user.uuid}</span><${Copy} text=${user.uuid} label=${t('account.user_uuid')}/></${Row}>`],
          user.platform_admin && [t('nav.admin'), html`<${Status} of="active" kind="info" label=${t('account.platform_admin')}/>`],
        ]}/>
        <${FormActions}><${Button} type="submit" kind="primary" busy=${act.busy} disabled=${!name.trim() || name.trim() === user.name}>${t('common.save')}</${Button}></${FormActions}>
      </${Form}>
    </${Card}>
  `;
}

function PasswordCard() {
  const [old, setOld] = useState('');
  const [fresh, setFresh] = useState('');
  const [again, setAgain] = useState('');
  const [differ, setDiffer] = useState('');
  const [change, act] = useAct(async () => {
    if (fresh !== again) {
      setDiffer(t('account.repeat_wrong'));
      return;
    }
    setDiffer('');
    const { ended } = await post('/auth/password', { old_password: old, new_password: fresh });
    setOld('');
    setFresh('');
    setAgain('');
    toast(t('account.password_changed', { n: ended }));
  });
  const wrong = act.error?.code === 'login_failed';
  return html`
    <${Card} title=${t('account.password_title')} lead=${t('account.password_lead')}>
      <${Form} onSubmit=${change} error=${wrong ? null : act.error} busy=${act.busy} label=${t('account.change_password')}>
        <input type="text" name="username" autocomplete="username" value=${me.value.user.email} hidden readonly/>
        <${PasswordField} name="old_password" label=${t('account.old_password')} error=${wrong ? t('account.old_wrong') : undefined} value=${old} onInput=${setOld} required autocomplete="current-password"/>
        <${PasswordField} name="new_password" label=${t('account.new_password')} help=${t('account.new_password_help')} value=${fresh} onInput=${setFresh} required minlength="10" maxlength="200" autocomplete="new-password"/>
        <${PasswordField} name="repeat" label=${t('account.repeat_password')} error=${differ || undefined} value=${again} onInput=${setAgain} required autocomplete="new-password"/>
        <${FormActions}><${Button} type="submit" kind="primary" busy=${act.busy}>${t('account.change_password')}</${Button}></${FormActions}>
      </${Form}>
    </${Card}>
  `;
}

function TeamsCard() {
  const { teams } = me.value;
  const [going, setGoing] = useState('');
  const chosen = async (each) => {
    if (!(await mayLeave())) {
      return;
    }
    dropGuards();
    setGoing(each.code);
    try {
      await switchTeam(each.code);
      toast(t('common.team_now', { name: each.name }));
    } catch (error) {
      failed(error);
    }
    setGoing('');
  };
  return html`
    <${Card} title=${t('account.teams_title')} lead=${t('account.teams_lead')}>
      ${teams.length === 0 && html`<p class="muted">${t('account.teams_none')}</p>`}
      <ul class="lines">
        ${teams.map((each) => html`
          <li key=${each.code} class="line">
            <div class="line-words"><strong>${each.name}</strong><span class="muted small"><span class="mono">${each.code}</span> · ${t(`role.${each.role}`)}</span></div>
            ${each.suspended && html`<${Status} of="suspended"/>`}
            ${each.code === team.value?.code ? html`<${Status} of="active" label=${t('account.team_here')}/>`
              : html`<${Button} small of=${each.name} busy=${going === each.code} onClick=${() => chosen(each)}>${t('account.team_go')}</${Button}>`}
          </li>`)}
      </ul>
    </${Card}>
  `;
}

function LookCard() {
  const looks = [['auto', 'sun-moon'], ['light', 'sun'], ['dark', 'moon']].map(([value, icon]) => ({ value, icon, label: t(`common.theme_${value}`) }));
  return html`
    <${Card} title=${t('account.look_title')}>
      <${Stack}>
        <div class="field"><span class="field-label">${t('account.theme')}</span><${Segmented} label=${t('account.theme')} options=${looks} value=${theme.value} onChange=${chooseTheme}/></div>
        <${SelectField} label=${t('account.language')} options=${LANGUAGES} value=${language.value} onInput=${chooseLanguage} help=${LANGUAGES.length < 2 ? t('account.language_help') : undefined}/>
        <${Facts} items=${[[t('account.zone'), zoneWords()]]}/>
      </${Stack}>
    </${Card}>
  `;
}
