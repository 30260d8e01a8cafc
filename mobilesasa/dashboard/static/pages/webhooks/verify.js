/** How to check that a call is ours: what comes with it, the rule, code in five languages. */
import { html } from '../../parts/ui.js';
import { Card, Facts, Stack } from '../../parts/page.js';
import { rich, t } from '../../parts/texts.js';
import { CodeTabs } from '../settings/code_tabs.js';
import { verifySamples } from './verify_samples.js';

const PLACEHOLDER = 'whsec_…';

/** @param {{secret?: string}} props */
export function VerifyCode({ secret }) {
  return html`
    ${!secret && html`<p class="small muted">${rich('webhooks.verify.secret', { secret: html`<span class="mono">${PLACEHOLDER}</span>` })}</p>`}
    <${CodeTabs} label=${t('webhooks.verify.language')} samples=${verifySamples(secret ?? PLACEHOLDER)}/>`;
}

export function Verify() {
  const w = (key) => t(`webhooks.verify.${key}`);
  const named = (header) => html`<span class="mono">${header}</span>`;
  return html`<${Stack}>
    <${Card} title=${w('headers')} lead=${w('text')}>
      <${Stack} gap=${3}>
        <${Facts} items=${[[named('webhook-id'), w('id')], [named('webhook-timestamp'), w('timestamp')], [named('webhook-signature'), w('signature')]]}/>
        <p>${w('rule')}</p>
        <p class="small muted">${w('after')}</p>
      </${Stack}>
    </${Card}>
    <${Card} title=${w('title')}><${VerifyCode}/></${Card}>
  </${Stack}>`;
}
