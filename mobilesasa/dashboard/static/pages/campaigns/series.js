/** A campaign that makes campaigns: by the calendar, or for those who join a group. */
import { html } from '../../parts/ui.js';
import { NumberField, SelectField, Segmented, TextField } from '../../parts/forms.js';
import { Grid, Stack } from '../../parts/page.js';
import { zone } from '../../parts/session.js';
import { t } from '../../parts/texts.js';
import { Wrong } from './wrong.js';

const WEEKDAYS = [1, 2, 3, 4, 5, 6, 7];
const MONTH_DAYS = Array.from({ length: 31 }, (_, n) => n + 1);

/**
 * @param {{repeat: object, onInput: (repeat: object) => void, error?: string}} props
 */
export function Calendar({ repeat, onInput, error }) {
  const set = (patch) => onInput({ ...repeat, ...patch });
  return html`<${Stack}>
    <${Segmented} label=${t('campaigns.every')} value=${repeat.every} onChange=${(every) => set({ every })}
      options=${['day', 'week', 'month'].map((value) => ({ value, label: t(`campaigns.every_${value}`) }))} />
    ${repeat.every === 'week' && html`<${Days} label=${t('campaigns.on_weekdays')} days=${WEEKDAYS} value=${repeat.weekdays}
      name=${(day) => t(`campaigns.weekday_short_${day}`)} long=${(day) => t(`campaigns.weekday_${day}`)} onInput=${(weekdays) => set({ weekdays })} />`}
    ${repeat.every === 'month' && html`<${Days} label=${t('campaigns.on_days')} help=${t('campaigns.on_days_help')} days=${MONTH_DAYS} value=${repeat.days}
      name=${String} long=${String} onInput=${(days) => set({ days })} />`}
    <${Grid} min="12rem">
      <${TextField} type="time" name="repeat_at" label=${t('campaigns.time_of_day', { zone: zone() })} value=${repeat.at} onInput=${(at) => set({ at })} required />
      <${SelectField} name="repeat_ends" label=${t('campaigns.ends')} value=${repeat.ends} onInput=${(ends) => set({ ends })}
        options=${['never', 'until', 'times'].map((value) => ({ value, label: t(`campaigns.ends_${value}`) }))} />
      ${repeat.ends === 'until' && html`<${TextField} type="date" name="repeat_until" label=${t('campaigns.last_day')} value=${repeat.until} onInput=${(until) => set({ until })} />`}
      ${repeat.ends === 'times' && html`<${NumberField} name="repeat_times" label=${t('campaigns.times')} min=${1} max=${10000} value=${repeat.times} onInput=${(times) => set({ times })} />`}
    <//>
    <${Wrong} name="repeat" error=${error} />
  <//>`;
}

function Days({ label, help, days, value, name, long, onInput }) {
  const toggle = (day) => onInput(value.includes(day) ? value.filter((each) => each !== day) : [...value, day].sort((a, b) => a - b));
  return html`<fieldset class="field field-group cp-pick"><legend class="field-label">${label}</legend>
    <div class="cp-pick-days">${days.map((day) => html`<label key=${day} class=${value.includes(day) ? 'cp-pick-day cp-pick-on' : 'cp-pick-day'}>
      <input type="checkbox" checked=${value.includes(day)} onChange=${() => toggle(day)} aria-label=${long(day)} />
      <span aria-hidden="true">${name(day)}</span></label>`)}</div>
    ${help && html`<p class="field-help">${help}</p>`}
  </fieldset>`;
}

/**
 * @param {{draft: import('./draft.js').Draft, change: (patch: object) => void, errors: Object<string, string>}} props
 */
export function Joined({ draft, change, errors }) {
  return html`<${Stack}>
    <${NumberField} name="delay_minutes" label=${t('campaigns.delay')} help=${t('campaigns.delay_help')} min=${0} max=${43200} placeholder="0"
      value=${draft.delay} onInput=${(delay) => change({ delay })} />
    <${Wrong} name="trigger" error=${errors.trigger} />
  <//>`;
}
