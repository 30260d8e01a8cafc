/** Setting a password with the token of a link: the first one, or one in the place of what was forgotten. */
import { html, useEffect, useState } from '../../parts/ui.js';
import { Button, Form, FormError, PasswordField, TextField } from '../../parts/forms.js';
import { Notice } from '../../parts/page.js';
import { useAct } from '../../parts/load.js';
import { post } from '../../parts/api.js';
import { go, Link } from '../../parts/router.js';
import { t } from '../../parts/texts.js';
import { Door } from './frame.js';

/** @param {{query: {token?: string}}} props */
export default function LinkPage({ query }) {
  const [token, setToken] = useState(query.token ?? '');
  const [password, setPassword] = useState('');
  const [again, setAgain] = useState('');
  const [differ, setDiffer] = useState('');
  const [asked] = useState(Boolean(query.token));
  useEffect(() => {
    if (query.token) {
      go('/link', {}, { replace: true }); // a secret does not stay in the address
    }
  }, []);
  const [submit, act] = useAct(async () => {
    if (password !== again) {
      setDiffer(t('account.repeat_wrong'));
      return;
    }
    setDiffer('');
    const { email } = await post('/auth/link', { link_token: token.trim(), new_password: password });
    go('/login', { email, set: '1' }, { replace: true });
  });
  const bad = act.error?.code === 'login_failed';
  return html`
    <${Door} title=${t('account.link_title')} lead=${t('account.link_lead')}>
      ${!asked && html`<${Notice} title=${t('account.link_none_title')}>${t('account.link_none')}</${Notice}>`}
      <${Form} onSubmit=${submit} busy=${act.busy} error=${bad ? null : act.error} label=${t('account.link_title')}>
        ${bad && html`<${FormError} error=${act.error} lines=${[t('account.link_bad')]}/>`}
        ${!asked && html`<${TextField} name="link_token" label=${t('account.link_token')} value=${token} onInput=${setToken} required mono autocomplete="off" spellcheck=${false} placeholder="mbl_…"/>`}
        <${PasswordField} name="new_password" label=${t('account.new_password')} help=${t('account.new_password_help')} value=${password} onInput=${setPassword}
          required minlength="10" maxlength="200" autocomplete="new-password"/>
        <${PasswordField} name="repeat" label=${t('account.repeat_password')} error=${differ || undefined} value=${again} onInput=${setAgain} required autocomplete="new-password"/>
        <${Button} kind="primary" type="submit" class="button-whole" busy=${act.busy}>${t('account.set_password')}</${Button}>
      </${Form}>
      <p class="small"><${Link} to="/login">${t('account.to_login')}</${Link}></p>
    </${Door}>
  `;
}
