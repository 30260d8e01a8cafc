/** What has happened on the phone so far: what would have been done, the variables as they are, and each step. */
import { html } from '../../parts/ui.js';
import { Icon } from '../../parts/icons.js';
import { t } from '../../parts/texts.js';
import { nameOf } from './things.js';

const ICONS = { send_sms: 'send', start_survey: 'clipboard-list', add_to_group: 'user-plus', webhook: 'webhook' };

/** @param {{phone: object, things: object}} props */
export function Happened({ phone, things }) {
  const done = phone.steps.flatMap((step) => step.answer.actions);
  const variables = Object.entries(phone.answer.variables);
  return html`
    <div class="ussd-happened">
      ${done.length > 0 && html`
        <section aria-label=${t('ussd.sim.would')}>
          <h3 class="ussd-heading">${t('ussd.sim.would')}</h3>
          <ul class="ussd-would">${done.map((action, at) => html`<li key=${at}><${Icon} name=${ICONS[action.kind]}/> <div><${Would} action=${action} things=${things}/></div></li>`)}</ul>
        </section>`}
      <details class="ussd-more" open>
        <summary>${t('ussd.variables')} <span class="muted num">${variables.length}</span></summary>
        <dl class="ussd-values">${variables.map(([name, value]) => html`<div key=${name}><dt><code>${name}</code></dt><dd>${value || html`<span class="muted">${t('ussd.sim.empty')}</span>`}</dd></div>`)}</dl>
      </details>
      <details class="ussd-more">
        <summary>${t('ussd.sim.steps')} <span class="muted num">${phone.steps.length}</span></summary>
        <ol class="ussd-course">${phone.steps.map((step, at) => html`<li key=${at}><span>${typedWords(step.typed)}</span> <span class="muted small">→ <code>${step.answer.screen}</code></span></li>`)}</ol>
      </details>
    </div>`;
}

function typedWords(typed) {
  if (typed.kind === 'input') return t('ussd.sim.typed', { what: typed.input });
  if (typed.kind === 'webhook') return t(typed.webhook ? 'ussd.sim.told' : 'ussd.sim.silent');
  if (typed.kind === 'redial') return t('ussd.sim.redialled');
  return typed.ahead.length ? t('ussd.sim.dialled_ahead', { what: typed.ahead.join('*') }) : t('ussd.sim.dialled');
}

/** One thing that would be done, in words. */
function Would({ action, things }) {
  if (action.kind === 'send_sms') {
    const to = t('ussd.would.send_sms', { to: action.to });
    return html`<b>${to}</b> <span class="muted small">${action.sender_id || t('ussd.sms.default')}</span><p class="ussd-said">${action.text}</p>`;
  }
  if (action.kind === 'start_survey') return t('ussd.would.start_survey', { name: nameOf(things.surveys, action.survey) || '?' });
  if (action.kind === 'add_to_group') return t('ussd.would.add_to_group', { name: nameOf(things.groups, action.group) || '?' });
  return html`<b>${t('ussd.would.webhook')}</b> <span class="mono small ussd-address">${action.url}</span>`;
}
