/** How to connect: every parameter of a bind with its copy button, what a session may do, a client filled in. */
import { html } from '../../parts/ui.js';
import { Copy } from '../../parts/copy.js';
import { number } from '../../parts/format.js';
import { Button } from '../../parts/forms.js';
import { Loaded } from '../../parts/load.js';
import { Card, Facts, Row, Stack } from '../../parts/page.js';
import { can, settings } from '../../parts/session.js';
import { Skeleton } from '../../parts/states.js';
import { rich, t } from '../../parts/texts.js';
import { CodeTabs } from '../settings/code_tabs.js';
import { clients } from './clients.js';

const copied = (text, label) => html`<${Row} gap=${1}><span class="mono set-wrap-any">${text}</span><${Copy} text=${String(text)} label=${label}/></${Row}>`;
/** Where to bind: what the operator has set, or the host of this page. */
const hostOf = (terms) => terms.host ?? location.hostname;
const help = (text) => html`<div class="small muted">${text}</div>`;

function port(n, label) {
  return n === null ? html`<span class="muted">${t('smpp.connect.off')}</span>` : copied(n, label);
}

function Parameters({ terms }) {
  const c = (key) => t(`smpp.connect.${key}`);
  const acts = can('api_tokens') && html`<${Row} gap=${2} wrap>
    <${Button} small icon="key" to="/tokens" query=${{ new: 1 }}>${t('smpp.remedy.token')}</${Button}>
    <${Button} small icon="lock" to="/smpp" query=${{ tab: 'passwords', new: 1 }}>${t('smpp.remedy.password')}</${Button}>
  </${Row}>`;
  return html`<${Card} title=${c('title')}>
    <${Facts} items=${[
      [c('host'), html`${copied(hostOf(terms), c('host'))}${terms.host === null && help(c('host_help'))}`],
      [c('port'), port(terms.port, c('port'))],
      [c('port_tls'), html`${port(terms.tls_port, c('port_tls'))}${terms.tls_port !== null && help(c('tls_help'))}`],
      [c('system_id'), html`${copied(terms.system_id, c('system_id'))}${help(c('system_id_help'))}`],
      [c('password'), html`${c('password_text')}${acts && html`<div class="set-after">${acts}</div>`}`],
      [c('system_type'), c('system_type_text')],
      [c('version'), copied('0x34', c('version'))],
      [c('bind'), c('bind_text')],
      [c('source'), c('source_text')],
      [c('destination'), c('destination_text')],
    ]}/>
  </${Card}>`;
}

function Limits({ terms }) {
  const c = (key, values) => t(`smpp.connect.${key}`, values);
  return html`<${Card} title=${c('limits')}>
    <${Facts} items=${[
      [c('sessions'), c('sessions_text', { n: terms.max_sessions })],
      [c('rate'), terms.submits_per_s_limit === null ? c('rate_free') : c('rate_text', { n: terms.submits_per_s_limit })],
      [c('window'), c('window_text', { n: terms.window_in_limit })],
      [c('receipts'), c('receipts_text', { n: terms.window_out_limit })],
      [c('enquire'), enquiring(terms)],
      [c('validity'), c(terms.strict_validity ? 'validity_strict' : 'validity_text', { n: terms.max_validity_h })],
    ]}/>
  </${Card}>`;
}

/** When we ask for a sign of life, and when silence ends a session; 0: never. */
function enquiring({ enquire_link_s: ask, idle_timeout_s: end }) {
  const asks = ask ? t('smpp.connect.enquire_ask', { n: number(ask) }) : t('smpp.connect.enquire_never');
  return `${asks} ${end ? t('smpp.connect.enquire_end', { n: number(end) }) : t('smpp.connect.enquire_endless')}`;
}

/** @param {{load: object}} props `load`: of the team's terms */
export function Connect({ load }) {
  return html`<${Loaded} of=${load} skeleton=${html`<${Skeleton} kind="card" rows=${2}/>`}>${(terms) => {
    const samples = clients({
      host: hostOf(terms),
      port: terms.port ?? terms.tls_port ?? 2775,
      code: terms.system_id,
      sender: settings.value?.default_sender_id ?? '',
      text: t('smpp.connect.message'),
    });
    return html`<${Stack}>
      <div class="set-two-columns"><${Parameters} terms=${terms}/><${Limits} terms=${terms}/></div>
      <${Card} title=${t('smpp.connect.code_title')} lead=${t('smpp.connect.code_text')} footer=${html`<p class="small muted">${rich('smpp.connect.guide', { link: html`<a href="/docs#smpp" target="_blank" rel="noopener">${t('smpp.connect.guide_link')}</a>` })}</p>`}>
        <${CodeTabs} label=${t('smpp.connect.language')} samples=${samples}/>
      </${Card}>
    </${Stack}>`;
  }}</${Loaded}>`;
}
