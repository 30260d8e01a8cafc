/** What a team has set for itself: its name, default sender, zone, how long texts are kept, when it is warned. */
import { html, useState } from '../../parts/ui.js';
import { get, put } from '../../parts/api.js';
import { Copy } from '../../parts/copy.js';
import { day } from '../../parts/format.js';
import { Button, Form, FormActions, NumberField, SelectField, TextField } from '../../parts/forms.js';
import { Loaded, useAct, useLoad } from '../../parts/load.js';
import { zoneWords } from '../../parts/moments.js';
import { Card, Facts, Notice, Row, Stack } from '../../parts/page.js';
import { Link, useLeaveGuard } from '../../parts/router.js';
import { can, refreshAccount, refreshSettings } from '../../parts/session.js';
import { Skeleton } from '../../parts/states.js';
import { rich, t } from '../../parts/texts.js';
import { toast } from '../../parts/toasts.js';
import { countryName } from './sender_detail.js';

const EVER = 0;
const USUAL_DAYS = 90;
const DAYS_MAX = 3650;
const NAMES = ['name', 'default_sender_id', 'zone', 'text_days', 'low_balance_units'];

const zones = () => Intl.supportedValuesOf?.('timeZone') ?? [];
const kept = (days) => (days === null ? 'default' : days === EVER ? 'ever' : 'days');

/** What differs of two states of the settings. */
export function changes(before, after) {
  return Object.fromEntries(NAMES.filter((name) => before[name] !== after[name]).map((name) => [name, after[name]]));
}

function Texts({ days, onInput, shorter }) {
  const options = ['default', 'days', 'ever'].map((each) => ({ value: each, label: t(`team.settings.texts_${each}`) }));
  const chosen = { default: null, ever: EVER, days: days || USUAL_DAYS };
  return html`<${SelectField} name="text_days" label=${t('team.settings.texts')} help=${t('team.settings.texts_help')} value=${kept(days)} options=${options}
      onInput=${(value) => onInput(chosen[value])}/>
    ${kept(days) === 'days' && html`<${NumberField} name="days" label=${t('team.settings.days')} help=${t('team.settings.days_help')} value=${days} min=${1} max=${DAYS_MAX}
      onInput=${(value) => onInput(value ?? USUAL_DAYS)}/>`}
    ${shorter && html`<${Notice} kind="warn">${t('team.settings.texts_shorter')}</${Notice}>`}`;
}

/** Whether texts that are kept now would be removed. */
function isShorter(before, after) {
  const long = (days) => (days === EVER ? Infinity : days);
  return after !== before && after !== null && after !== EVER && (before === null || long(after) < long(before));
}

function SettingsForm({ found, senders, onSaved }) {
  const [said, setSaid] = useState(found);
  const set = (name) => (value) => setSaid((old) => ({ ...old, [name]: value }));
  const changed = changes(found, said);
  const dirty = Object.keys(changed).length > 0;
  useLeaveGuard(dirty);
  const [save, act] = useAct(async () => {
    const before = changes(said, found);
    const saved = await put('/team', changed);
    setSaid(saved);
    await onSaved(saved);
    const undo = async () => {
      const again = await put('/team', before);
      setSaid(again);
      await onSaved(again);
    };
    toast(t('team.settings.saved'), { kind: 'good', undo });
  });
  const names = senders.map((each) => each.name);
  const listed = said.default_sender_id && !names.includes(said.default_sender_id) ? [said.default_sender_id, ...names] : names;
  return html`<${Form} onSubmit=${save} error=${act.error} busy=${act.busy}>
    <${TextField} name="name" label=${t('team.settings.name')} help=${t('team.settings.name_help')} value=${said.name} onInput=${set('name')} maxlength=${100} required/>
    <${SelectField} name="default_sender_id" label=${t('team.settings.sender')} help=${t('team.settings.sender_help')} value=${said.default_sender_id ?? ''}
      placeholder=${t('team.settings.sender_none')} options=${listed} onInput=${(value) => set('default_sender_id')(value || null)}/>
    <${SelectField} name="zone" label=${t('team.settings.zone')} help=${t('team.settings.zone_help')} value=${said.zone ?? ''} placeholder=${t('team.settings.zone_country')}
      options=${zones().map((each) => ({ value: each, label: each.replaceAll('_', ' ') }))} onInput=${(value) => set('zone')(value || null)}/>
    <${Texts} days=${said.text_days} onInput=${set('text_days')} shorter=${isShorter(found.text_days, said.text_days)}/>
    <${NumberField} name="low_balance_units" label=${t('team.settings.low')} help=${t('team.settings.low_help')} value=${said.low_balance_units} min=${1}
      onInput=${set('low_balance_units')}/>
    <${FormActions}>
      <${Button} kind="primary" type="submit" busy=${act.busy} disabled=${!dirty}>${t('team.settings.save')}</${Button}>
      ${dirty ? html`<${Button} kind="quiet" onClick=${() => setSaid(found)}>${t('common.reset')}</${Button}>` : html`<span class="small muted">${t('team.settings.unchanged')}</span>`}
    </${FormActions}>
  </${Form}>`;
}

function Fixed({ found }) {
  const named = (text, label) => html`<${Row} gap=${1}><span class="mono">${text}</span><${Copy} text=${text} label=${label}/></${Row}>`;
  return html`<${Card} title=${t('team.settings.fixed')}>
    <${Facts} items=${[
      [t('team.settings.code'), html`${named(found.code, t('team.settings.code'))}<div class="small muted">${t('team.settings.code_help')}</div>`],
      [t('team.settings.country'), html`${countryName(found.country) ?? found.country}<div class="small muted">${t('team.settings.country_help')}</div>`],
      [t('team.settings.zone'), zoneWords()],
      [t('team.settings.uuid'), named(found.uuid, t('team.settings.uuid'))],
      [t('team.settings.created'), day(found.created_at)],
    ]}/>
  </${Card}>`;
}

export function TeamSettings() {
  const load = useLoad((signal) => get('/team', {}, { signal }), []);
  const senders = useLoad((signal) => get('/sender-ids', { status: 'approved', page_size: 100 }, { signal }), []);
  const saved = async (found) => {
    load.set(found);
    await Promise.all([refreshSettings(), refreshAccount()]);
  };
  const link = html`<${Link} to="/senders">${t('team.settings.hidden_link')}</${Link}>`;
  return html`<${Loaded} of=${load} skeleton=${html`<${Skeleton} kind="card" rows=${2}/>`}>${(found) => html`<div class="set-two-columns">
    <${Card} title=${t('team.settings.title')}>
      ${can('team')
        ? html`<${SettingsForm} found=${found} senders=${senders.data?.items ?? []} onSaved=${saved}/>`
        : html`<p class="muted">${t('team.settings.forbidden')}</p>`}
    </${Card}>
    <${Stack}>
      <${Fixed} found=${found}/>
      <${Card} title=${t('team.settings.hidden')}><p class="muted">${rich('team.settings.hidden_text', { link })}</p></${Card}>
    </${Stack}>
  </div>`}</${Loaded}>`;
}
