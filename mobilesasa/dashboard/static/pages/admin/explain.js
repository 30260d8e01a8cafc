/** Where a message of a team would go, and why: every rule that was looked at, with what it said. */
import { html, useState } from '../../parts/ui.js';
import { get } from '../../parts/api.js';
import { phone, units } from '../../parts/format.js';
import { AreaField, Button, Form, FormActions, SelectField, TextField } from '../../parts/forms.js';
import { Icon } from '../../parts/icons.js';
import { Trouble, useLoad } from '../../parts/load.js';
import { Card, Facts, Notice, Stack } from '../../parts/page.js';
import { Link, setQuery } from '../../parts/router.js';
import { Empty, Skeleton } from '../../parts/states.js';
import { t } from '../../parts/texts.js';
import { optionsOf } from './choices.js';

const NAMES = ['team', 'to', 'sender_id', 'message', 'lane', 'origin'];
const USUAL = { lane: 'transactional', origin: 'api' };

function Verdict({ of }) {
  if (!of.carriers.length) {
    return html`<${Notice} kind="bad" title=${t('admin.explain.nowhere')}>${of.why.join(' ')}</${Notice}>`;
  }
  const links = of.carriers.map((name, nth) => html`<li key=${name}><${Link} to=${`/admin/carriers/${encodeURIComponent(name)}`}>${name}</${Link}>${
    nth < of.carriers.length - 1 && html`<${Icon} name="chevron-right" label=${t('admin.explain.then')}/>`}</li>`);
  return html`<${Notice} kind="good" title=${t('admin.explain.goes', { n: of.carriers.length })}>
    <ol class="admin-way">${links}</ol>
    ${of.why.map((line) => html`<p>${line}</p>`)}
  </${Notice}>`;
}

function Looked({ rules, others }) {
  return html`<ol class="admin-looked">
    ${rules.map((each, nth) => html`<li key=${nth} class=${each.matched ? 'is-matched' : undefined}>
      <${Icon} name=${each.matched ? 'circle-check' : 'circle-minus'} label=${t(each.matched ? 'admin.explain.fits' : 'admin.explain.no_fit')}/>
      <div><span class="admin-strong">${each.rule}</span><div class="small muted">${each.why}</div></div>
    </li>`)}
    ${others > 0 && html`<li class="is-rest small muted">${t('admin.explain.others', { n: others })}</li>`}
  </ol>`;
}

function Answer({ of }) {
  const network = of.network && html`${of.network.name} <span class="muted small">${t(`admin.explain.sources.${of.network.source}`)}</span>`;
  return html`<${Stack}>
    <${Verdict} of=${of}/>
    <${Card} title=${t('admin.explain.looked')} lead=${t('admin.explain.looked_lead')}><${Looked} rules=${of.rules} others=${of.other_routes}/></${Card}>
    <${Card} title=${t('admin.explain.facts')}><${Facts} items=${[
      [t('admin.explain.to'), phone(of.to)],
      [t('admin.explain.network'), html`${network ?? t('common.unknown')}<div class="small muted">${of.network_why}</div>`],
      [t('admin.explain.sender'), html`${of.sender_id} <span class="muted small">${t(`admin.approvals.classes.${of.sender_class}`)}</span>`],
      [t('admin.explain.lane'), t(`admin.lanes.${of.lane}`)],
      [t('admin.explain.written'), `${t(`admin.codings.${of.coding}`)}, ${t('common.part_n', { n: of.parts })}`],
      [t('admin.explain.price'), units(of.price_units)],
    ]}/></${Card}>
  </${Stack}>`;
}

function Asking({ query, error, busy, onAsk }) {
  const [said, setSaid] = useState(() => Object.fromEntries(NAMES.map((name) => [name, query[name] ?? USUAL[name] ?? ''])));
  const tied = (name) => ({ name, label: t(`admin.explain.${name}`), value: said[name], onInput: (value) => setSaid((old) => ({ ...old, [name]: value })) });
  return html`<${Card} title=${t('admin.explain.ask')} lead=${t('admin.explain.ask_lead')}>
    <${Form} onSubmit=${() => onAsk(said)} error=${error} busy=${busy}>
      <${TextField} ...${tied('team')} required autocapitalize="characters" help=${t('admin.explain.team_help')}/>
      <${TextField} ...${tied('to')} required type="tel" placeholder="+254712345678"/>
      <${TextField} ...${tied('sender_id')} help=${t('admin.explain.sender_id_help')}/>
      <${AreaField} ...${tied('message')} rows=${2} help=${t('admin.explain.message_help')}/>
      <${SelectField} ...${tied('lane')} options=${optionsOf(['transactional', 'bulk'], 'admin.lanes')}/>
      <${SelectField} ...${tied('origin')} options=${optionsOf(['api', 'smpp'], 'admin.origins')}/>
      <${FormActions}><${Button} kind="primary" type="submit" busy=${busy} icon="route">${t('admin.explain.act')}</${Button}></${FormActions}>
    </${Form}>
  </${Card}>`;
}

/** @param {{query: Record<string, string>}} props */
export function Explain({ query }) {
  const asked = Object.fromEntries(NAMES.map((name) => [name, query[name]]));
  const isAsked = Boolean(asked.team && asked.to);
  const [tries, setTries] = useState(0);
  const load = useLoad(isAsked ? (signal) => get('/admin/routes/explain', asked, { signal }) : null, [JSON.stringify(asked), tries], { keep: false });
  const ask = (said) => {
    setQuery(Object.fromEntries(NAMES.map((name) => [name, said[name] || undefined])), { replace: true });
    setTries(tries + 1);
  };
  const wrong = load.error && load.error.status < 500 && load.error.status !== 0 ? load.error : null;
  let shown = html`<${Card}><${Empty} icon="route" title=${t('admin.explain.empty')} text=${t('admin.explain.empty_text')}/></${Card}>`;
  if (isAsked && load.data) {
    shown = html`<${Answer} of=${load.data}/>`;
  } else if (isAsked && load.error && !wrong) {
    shown = html`<${Card}><${Trouble} error=${load.error} again=${load.again}/></${Card}>`;
  } else if (isAsked && load.slow) {
    shown = html`<${Skeleton} kind="card" rows=${3}/>`;
  }
  return html`<div class="admin-halves">
    <${Asking} query=${query} error=${wrong} busy=${isAsked && load.loading} onAsk=${ask}/>
    <div aria-live="polite">${shown}</div>
  </div>`;
}
