/** The events that a webhook can be told of: as boxes with examples, and as tags. */
import { html, useState } from '../../parts/ui.js';
import { Code } from '../../parts/copy.js';
import { Button, CheckField } from '../../parts/forms.js';
import { t, textOr } from '../../parts/texts.js';

export const EVERY = '*';
const SHOWN = 2; // tags of a webhook in the list
const AREAS = { message: 'message', campaign: 'campaign', survey: 'survey', import: 'files', export: 'files' };
const ORDER = ['message', 'campaign', 'survey', 'files', 'account'];

const areaOf = (event) => AREAS[event.split('.')[0]] ?? 'account';

/** When an event happens, in words. @param {string} event @param {string} [said] what the API says of it */
export const aboutEvent = (event, said = '') => textOr(`webhooks.about.${event}`, said);

/** @param {{events: string[], all?: boolean}} props `all`: every one, else the first few and how many there are */
export function EventTags({ events, all = false }) {
  if (events.includes(EVERY)) {
    return html`<span class="set-tag">${t('webhooks.all_events')}</span>`;
  }
  const shown = all || events.length <= SHOWN + 1 ? events : events.slice(0, SHOWN);
  return html`<span class="set-tags">
    ${shown.map((each) => html`<span key=${each} class="set-tag mono" title=${aboutEvent(each)}>${each}</span>`)}
    ${shown.length < events.length && html`<span class="set-tag muted" title=${events.slice(shown.length).join(', ')}>+${events.length - shown.length}</span>`}
  </span>`;
}

function EventBox({ known, on, every, onInput }) {
  const [example, setExample] = useState(false);
  return html`<div class="set-event-box">
    <${CheckField} label=${html`<span class="mono">${known.event}</span>`} help=${aboutEvent(known.event, known.about)} value=${every || on} disabled=${every} onInput=${onInput}/>
    <${Button} kind="quiet" small icon=${example ? 'chevron-up' : 'code'} aria-expanded=${String(example)} aria-label=${t('webhooks.form.example', { event: known.event })}
      onClick=${() => setExample(!example)}>${t('webhooks.form.show_example')}</${Button}>
    ${example && html`<div class="set-event-example"><${Code} text=${JSON.stringify(known.example, null, 2)} lang="json" label=${t('webhooks.form.example', { event: known.event })}/></div>`}
  </div>`;
}

/**
 * Boxes for the events, in groups.
 * @param {{known: {event: string, about: string, example: object}[], value: string[], onInput: (events: string[]) => void, error?: string}} props
 */
export function EventBoxes({ known, value, onInput, error }) {
  const every = value.includes(EVERY);
  const turned = (event, on) => onInput(on ? [...value, event] : value.filter((each) => each !== event));
  const groups = ORDER.map((area) => [area, known.filter((each) => areaOf(each.event) === area)]).filter(([, events]) => events.length);
  return html`<fieldset class="set-events">
    <legend class="field-label">${t('webhooks.form.events')}</legend>
    <${CheckField} label=${t('webhooks.form.every')} help=${t('webhooks.form.every_help')} value=${every} onInput=${(on) => onInput(on ? [EVERY] : [])}/>
    ${groups.map(([area, events]) => html`<div key=${area} class="set-event-group" role="group" aria-label=${t(`webhooks.area.${area}`)}>
      <p class="small muted">${t(`webhooks.area.${area}`)}</p>
      ${events.map((each) => html`<${EventBox} key=${each.event} known=${each} on=${value.includes(each.event)} every=${every} onInput=${(on) => turned(each.event, on)}/>`)}
    </div>`)}
    ${error && html`<p class="field-error" role="alert">${error}</p>`}
  </fieldset>`;
}
