/** The login page: wrong passwords in words, the wait after too many, and how to get in again. */
import { html, useEffect, useState } from '../../parts/ui.js';
import { Button, Form, FormError, PasswordField, TextField } from '../../parts/forms.js';
import { Notice } from '../../parts/page.js';
import { Code } from '../../parts/copy.js';
import { useCountdown } from '../../parts/states.js';
import { useAct } from '../../parts/load.js';
import { logIn, over } from '../../parts/session.js';
import { href } from '../../parts/router.js';
import { t } from '../../parts/texts.js';
import { Door } from './frame.js';

/** Minutes and seconds, as 14:05. */
function clock(seconds) {
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}

/** @param {{query: {email?: string, set?: string}}} props set: a password was set with a link just now */
export default function LoginPage({ query }) {
  const [email, setEmail] = useState(query.email ?? '');
  const [password, setPassword] = useState('');
  const [submit, act] = useAct(async () => {
    await logIn({ email: email.trim(), password });
  });
  const locked = act.error?.status === 429;
  const left = useCountdown(locked ? act.error.retryAfterS ?? 60 : 0);
  useEffect(() => {
    if (act.error?.code === 'login_failed') {
      setPassword('');
      document.querySelector('input[name=password]')?.focus();
    }
  }, [act.error]);
  const why = over.value && !act.error && !query.set ? t(`account.over_${over.value}`) : '';
  return html`
    <${Door} title=${t('account.login_title')} lead=${t('account.login_lead')}>
      ${query.set && !act.error && html`<${Notice} kind="good" live>${t('account.set_done')}</${Notice}>`}
      ${why && html`<${Notice} live>${why}</${Notice}>`}
      <${Form} onSubmit=${submit} busy=${act.busy} label=${t('account.login_title')}>
        ${act.error && html`<${Refused} error=${act.error} left=${left}/>`}
        <${TextField} name="email" type="email" label=${t('account.email')} value=${email} onInput=${setEmail} required autocomplete="username"
          autocapitalize="none" spellcheck=${false} autofocus=${!email}/>
        <${PasswordField} name="password" label=${t('account.password')} value=${password} onInput=${setPassword} required autocomplete="current-password" autofocus=${Boolean(email)}/>
        <${Button} kind="primary" type="submit" class="button-whole" busy=${act.busy} disabled=${locked && left > 0}>
          ${locked && left > 0 ? t('account.locked_wait', { left: clock(left) }) : t('account.log_in')}
        </${Button}>
      </${Form}>
      <${Forgotten} email=${email}/>
    </${Door}>
  `;
}

function Refused({ error, left }) {
  if (error.status === 429) {
    return html`
      <${Notice} kind="warn" title=${t('account.locked_title')} live>
        ${left > 0 ? t('account.locked_text', { left: clock(left) }) : t('account.locked_over')}
      </${Notice}>`;
  }
  const words = { login_failed: 'account.wrong', user_disabled: 'account.disabled' }[error.code];
  return html`<${FormError} error=${error} lines=${[words ? t(words) : error.message]}/>`;
}

/** How to get in again, for the platform sends no email. */
function Forgotten({ email }) {
  return html`
    <details class="door-more">
      <summary>${t('account.forgot')}</summary>
      <div class="stack">
        <p>${t('account.forgot_text')}</p>
        <${Code} wrap label=${t('account.forgot_title')} text=${t('account.forgot_command', { email: email.trim() || 'jane@example.com' })}/>
        <p>${t('account.forgot_link', { address: `${location.host}${href('/link')}?token=` })}</p>
        <p>${t('account.forgot_invited')}</p>
      </div>
    </details>
  `;
}
