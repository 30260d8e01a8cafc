/** The last step: what it costs exactly, what real people would read, one for your own phone, and off it goes. */
import { html, useState } from '../../parts/ui.js';
import { get, post } from '../../parts/api.js';
import { Bars } from '../../parts/charts.js';
import { confirm } from '../../parts/dialogs.js';
import { Figure, dayTime, number, phone } from '../../parts/format.js';
import { Button, Form, TextField } from '../../parts/forms.js';
import { Loaded, useAct, useLoad } from '../../parts/load.js';
import { postOnce } from '../../parts/once.js';
import { Card, Grid, Notice, Row, Stack } from '../../parts/page.js';
import { Link, dropGuards, go } from '../../parts/router.js';
import { account, can, refreshAccount, zone } from '../../parts/session.js';
import { Skeleton } from '../../parts/states.js';
import { t } from '../../parts/texts.js';
import { toast } from '../../parts/toasts.js';

import { isAhead, isSeries, leftOutWords, peopleWords, seriesWords, unitsWords } from './words.js';

/**
 * @param {{campaign: object, back: any}} props campaign: the draft as it is saved; back: the button that leads to the step before
 */
export function StepCheck({ campaign, back }) {
  const key = `${campaign.uuid} ${campaign.updated_at}`;
  const estimate = useLoad((signal) => get(`/campaigns/${campaign.uuid}/estimate`, {}, { signal }), [key], { keep: false });
  return html`<${Stack}>
    <${Loaded} of=${estimate} skeleton=${html`<${Measuring} campaign=${campaign} />`}>
      ${(found) => html`<${Cost} campaign=${campaign} estimate=${found} />`}
    <//>
    <${Preview} campaign=${campaign} />
    <${Test} campaign=${campaign} />
    <${Send} campaign=${campaign} estimate=${estimate.data} back=${back} />
  <//>`;
}

function Measuring({ campaign }) {
  return html`<${Card} title=${t('campaigns.cost')}><p class="small muted" role="status">${t('campaigns.measuring', { n: campaign.recipient_count })}</p>
    <${Skeleton} rows=${3} kind="card" /><//>`;
}

function Cost({ campaign, estimate }) {
  const available = account.value?.available ?? null;
  const left = available === null ? null : available - estimate.units;
  return html`<${Stack}>
      <${Grid} min="8rem">
        <${Figure} label=${t('campaigns.people_title')} value=${number(estimate.recipients)} help=${t('campaigns.each_once')} />
        <${Figure} label=${t('campaigns.units_title')} value=${number(estimate.units)} help=${t(isSeries(campaign) ? 'campaigns.now_would_cost' : 'campaigns.exact_now')} />
        ${left !== null && html`<${Figure} label=${t('campaigns.left_after')} value=${number(left)} help=${t('campaigns.you_have', { n: available })} />`}
      <//>
      ${!estimate.recipients && html`<${Notice} kind="warn" title=${t('campaigns.nobody')}>${t('campaigns.nobody_text')}<//>`}
      ${left !== null && left < 0 && html`<${TooFew} missing=${-left} />`}
      ${estimate.recipients + estimate.skipped.length > 0 && html`<${Card} title=${t('campaigns.spread')}><${Spread} estimate=${estimate} /><//>`}
  <//>`;
}

/** @param {{missing: number}} props */
export function TooFew({ missing }) {
  return html`<${Notice} kind="bad" title=${t('campaigns.too_few_units', { n: missing })} action=${html`<${Link} to="/units">${t('campaigns.to_units')}<//>`}>
    ${t('campaigns.too_few_text')}<//>`;
}

/** How the texts fall into parts and alphabets, and who is left out for which reason. */
function Spread({ estimate }) {
  const { by_parts: parts, by_encoding: encodings, skipped } = estimate;
  const shown = (n) => t('campaigns.people', { n });
  return html`<${Grid} min="16rem">
    ${parts.length > 0 && html`<section class="stack cp-spread"><h3 class="small muted">${t('campaigns.by_parts')}</h3>
      <${Bars} label=${t('campaigns.by_parts')} items=${parts.map((each) => ({
        label: t('campaigns.parts', { n: each.parts }), value: each.recipients, text: shown(each.recipients), colour: each.parts > 1 ? 'warn' : 'accent' }))} /></section>`}
    ${encodings.length > 0 && html`<section class="stack cp-spread"><h3 class="small muted">${t('campaigns.by_alphabet')}</h3>
      <${Bars} label=${t('campaigns.by_alphabet')} items=${encodings.map((each) => ({
        label: t(`campaigns.encoding_${each.encoding}`), value: each.recipients, text: shown(each.recipients), colour: each.encoding === 'ucs2' ? 'warn' : 'accent' }))} /></section>`}
    ${skipped.length > 0 && html`<section class="stack cp-spread"><h3 class="small muted">${t('campaigns.left_out')}</h3>
      <${Bars} label=${t('campaigns.left_out')} items=${skipped.map((each) => ({
        label: leftOutWords(each.reason), value: each.recipients, text: shown(each.recipients), colour: 'muted' }))} /></section>`}
  <//>`;
}

/** Texts of real recipients, as their phones would show them. */
function Preview({ campaign }) {
  const load = useLoad((signal) => get(`/campaigns/${campaign.uuid}/preview`, {}, { signal }), [campaign.uuid, campaign.updated_at]);
  const others = html`<${Button} icon="refresh" busy=${load.loading} onClick=${load.again}>${t('campaigns.other_people')}<//>`;
  return html`<${Card} title=${t('campaigns.preview')} actions=${load.data?.random.length > 0 && others}>
    <${Loaded} of=${load} skeleton=${html`<${Skeleton} rows=${4} kind="text" />`}>
      ${(preview) => textsOf(preview).length
        ? html`<ul class="cp-preview-texts">${textsOf(preview).map((each, n) => html`<${Text} key=${n} ...${each} />`)}</ul>`
        : html`<p class="muted">${t('campaigns.nobody_text')}</p>`}
    <//>
  <//>`;
}

/** The longest and the shortest, where they differ, then those taken at random; nobody twice. */
function textsOf({ longest, shortest, random }) {
  const texts = [];
  const add = (kind, text) => text && !texts.some((each) => each.text.to === text.to) && texts.push({ kind, text });
  if (longest && longest.message !== shortest?.message) {
    add('longest', longest);
    add('shortest', shortest);
  }
  random.forEach((text) => add('random', text));
  return texts;
}

function Text({ kind, text }) {
  const { to, message, parts, units, characters, encoding } = text;
  return html`<li class="cp-preview-text">
    <div class="cp-preview-head small"><span class="num">${phone(to)}</span>${kind !== 'random' && html`<span class="cp-preview-kind">${t(`campaigns.${kind}`)}</span>`}</div>
    <p class="cp-preview-bubble">${message}</p>
    <div class="small muted num">${t('campaigns.characters', { n: characters })} · ${t('campaigns.parts', { n: parts })} · ${unitsWords(units)}
      ${encoding === 'ucs2' && ` · ${t('campaigns.encoding_ucs2')}`}</div>
  </li>`;
}

function Test({ campaign }) {
  const [to, setTo] = useState('');
  const [message, setMessage] = useState(null);
  const [run, act] = useAct(async () => {
    setMessage(await postOnce(`/campaigns/${campaign.uuid}/test`, { to: to.trim() }));
    refreshAccount();
  });
  return html`<${Card} title=${t('campaigns.test')} lead=${t('campaigns.test_help')}>
    <${Form} onSubmit=${() => run()} error=${act.error} busy=${act.busy}>
      <div class="cp-test-row">
        <${TextField} type="tel" name="to" label=${t('campaigns.test_to')} placeholder=${t('campaigns.test_example')} value=${to} onInput=${setTo} required />
        <${Button} type="submit" icon="smartphone" busy=${act.busy} disabled=${!to.trim()}>${t('campaigns.test_send')}<//>
      </div>
    <//>
    ${message && html`<${Notice} kind="good" action=${html`<${Link} to=${`/messages/${message.uuid}`}>${t('campaigns.test_watch')}<//>`}>
      ${t('campaigns.test_sent', { to: phone(message.to), n: message.units })}<//>`}
  <//>`;
}

/**
 * Ask, and send. @param {object} campaign a draft @param {{recipients: number, units: number}} estimate
 * @returns {Promise<object|null>} what it is now; null: somebody has thought better of it
 */
export async function sendAfterAsking(campaign, estimate) {
  if (!await confirm(questionOf(campaign, estimate))) return null;
  const sent = await post(`/campaigns/${campaign.uuid}/send`);
  refreshAccount();
  const done = isSeries(sent) ? 'campaigns.was_armed' : sent.phase === 'scheduled' ? 'campaigns.was_scheduled' : 'campaigns.was_sent';
  toast(t(done, { name: sent.name }), { kind: 'good' });
  return sent;
}

function questionOf(campaign, { recipients, units }) {
  const words = { people: peopleWords(recipients), units: unitsWords(units), sender: campaign.sender };
  if (isSeries(campaign)) {
    return { title: t('campaigns.ask_arm', { name: campaign.name }), text: t('campaigns.ask_arm_text', { ...words, series: seriesWords(campaign) }), act: t('campaigns.arm') };
  }
  if (isAhead(campaign)) {
    const at = dayTime(campaign.scheduled_at);
    return { title: t('campaigns.ask_schedule', words), text: t('campaigns.ask_schedule_text', { ...words, at, zone: zone() }), act: t('campaigns.schedule') };
  }
  return { title: t('campaigns.ask_send', words), text: t('campaigns.ask_send_text', words), act: t('campaigns.send_now') };
}

function Send({ campaign, estimate, back }) {
  const [run, act] = useAct(async () => {
    const sent = await sendAfterAsking(campaign, estimate);
    if (!sent) return;
    dropGuards();
    go(`/campaigns/${sent.uuid}`);
  });
  const needed = act.error?.extra?.needed_units;
  return html`${act.error && (needed
      ? html`<${TooFew} missing=${needed - (account.value?.available ?? 0)} />`
      : html`<${Notice} kind="bad">${act.error.message} <span class="small mono">${act.error.requestId}</span><//>`)}
    <div class="cp-wizard-foot">
      ${back}
      ${can('campaigns') && html`<${Button} kind="primary" icon="send" busy=${act.busy} disabled=${!estimate} onClick=${() => run()}>${labelOf(campaign, estimate)}<//>`}
    </div>`;
}

function labelOf(campaign, estimate) {
  if (isSeries(campaign)) return t('campaigns.arm');
  if (!estimate) return t('campaigns.send');
  const words = { people: peopleWords(estimate.recipients), units: unitsWords(estimate.units) };
  return t(isAhead(campaign) ? 'campaigns.schedule_to' : 'campaigns.send_to', words);
}
