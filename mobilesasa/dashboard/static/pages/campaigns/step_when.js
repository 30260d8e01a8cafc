/** The third step: when it begins, how fast it goes, and when it stops by itself. */
import { html, useState } from '../../parts/ui.js';
import { get } from '../../parts/api.js';
import { DateTimeField, NumberField, RadioList } from '../../parts/forms.js';
import { useLoad } from '../../parts/load.js';
import { Card, Grid, Notice, Stack } from '../../parts/page.js';
import { zone } from '../../parts/session.js';
import { t } from '../../parts/texts.js';
import { COMPLAINTS_PERCENT, FAILURES_PERCENT } from './draft.js';
import { Calendar, Joined } from './series.js';

const WAYS = ['now', 'at', 'repeat', 'joined'];

/**
 * @param {{draft: import('./draft.js').Draft, change: (patch: object) => void, errors: Object<string, string>}} props
 */
export function StepWhen({ draft, change, errors }) {
  const ways = WAYS.filter((value) => value !== 'joined' || draft.who === 'groups' || draft.when === 'joined');
  return html`<${Stack}>
    <${Card} title=${t('campaigns.when_it_begins')}>
      <${Stack}>
        <${RadioList} label=${t('campaigns.when_it_begins')} hideLabel class="cp-ways" value=${draft.when} onInput=${(when) => change({ when })} cards columns
          options=${ways.map((value) => ({ value, label: t(`campaigns.way_${value}`), help: t(`campaigns.way_${value}_help`, { zone: zone() }) }))} />
        ${draft.when === 'at' && html`<${Time} draft=${draft} change=${change} errors=${errors} />`}
        ${draft.when === 'repeat' && html`<${Calendar} repeat=${draft.repeat} onInput=${(repeat) => change({ repeat })} error=${errors.repeat} />`}
        ${draft.when === 'joined' && html`<${Joined} draft=${draft} change=${change} errors=${errors} />`}
        ${(draft.when === 'repeat' || draft.when === 'joined') && html`<${NotBefore} draft=${draft} change=${change} errors=${errors} />`}
        <${Hours} sender=${draft.sender} />
      <//>
    <//>
    <${Pace} draft=${draft} change=${change} errors=${errors} />
    <${Brakes} draft=${draft} change=${change} errors=${errors} />
  <//>`;
}

function Time({ draft, change, errors }) {
  return html`<${DateTimeField} name="scheduled_at" label=${t('campaigns.begins_at', { zone: zone() })} value=${draft.scheduledAt} required
    onInput=${(scheduledAt) => change({ scheduledAt })} error=${errors.scheduled_at} />`;
}

/** When a series is armed, if not at once. */
function NotBefore({ draft, change, errors }) {
  return html`<${DateTimeField} name="scheduled_at" label=${t('campaigns.not_before', { zone: zone() })} help=${t('campaigns.not_before_help')} value=${draft.scheduledAt}
    onInput=${(scheduledAt) => change({ scheduledAt })} error=${errors.scheduled_at} />`;
}

/** What a country allows holds for promotional senders alone. */
function Hours({ sender }) {
  const load = useLoad((signal) => get('/sender-ids', { status: 'approved', page_size: 100 }, { signal }), []);
  const found = load.data?.items.find((each) => each.name === sender);
  if (!found) return null;
  return found.sender_class === 'promotional'
    ? html`<${Notice} kind="info" title=${t('campaigns.hours_hold')}>${t('campaigns.hours_hold_text', { sender })}<//>`
    : html`<p class="small muted">${t('campaigns.hours_do_not_hold', { sender })}</p>`;
}

function Pace({ draft, change, errors }) {
  return html`<${Card} title=${t('campaigns.pace')}>
    <${Grid} min="15rem">
      <${NumberField} name="rate_per_s" label=${t('campaigns.rate')} help=${t('campaigns.rate_help')} min=${1} max=${100000} placeholder=${t('campaigns.no_limit')}
        value=${draft.rate} onInput=${(rate) => change({ rate })} error=${errors.rate_per_s} />
      <${NumberField} name="validity_minutes" label=${t('campaigns.validity')} help=${t('campaigns.validity_help')} min=${1} max=${1440} placeholder="1440"
        value=${draft.validity} onInput=${(validity) => change({ validity })} error=${errors.validity_minutes} />
    <//>
  <//>`;
}

function Brakes({ draft, change, errors }) {
  const isUsual = draft.stopFailures === FAILURES_PERCENT && draft.stopComplaints === COMPLAINTS_PERCENT;
  const [open, setOpen] = useState(!isUsual);
  return html`<details class="card cp-more" open=${open} onToggle=${(event) => setOpen(event.currentTarget.open)}>
    <summary>${t('campaigns.brakes')}</summary>
    <p class="small muted">${t('campaigns.brakes_help')}</p>
    <${Grid} min="15rem">
      <${NumberField} name="stop_failures_percent" label=${t('campaigns.stop_failures')} help=${t('campaigns.empty_never')} min=${1} max=${100}
        value=${draft.stopFailures ?? ''} onInput=${(stopFailures) => change({ stopFailures })} error=${errors.stop_failures_percent} />
      <${NumberField} name="stop_complaints_percent" label=${t('campaigns.stop_complaints')} help=${t('campaigns.empty_never')} min=${1} max=${100}
        value=${draft.stopComplaints ?? ''} onInput=${(stopComplaints) => change({ stopComplaints })} error=${errors.stop_complaints_percent} />
    <//>
  </details>`;
}
