/** A webhook that the menu would ask now: what it would be told, and what it is taken to answer, for nothing is called. */
import { html, useState } from '../../parts/ui.js';
import { Button } from '../../parts/buttons.js';
import { Code } from '../../parts/copy.js';
import { AreaField, CheckField, TextField } from '../../parts/forms.js';
import { team } from '../../parts/session.js';
import { t } from '../../parts/texts.js';

const last = new Map(); // team and address → what it was last taken to answer

/** @param {{webhook: object, isBusy: boolean, onSay: (answer: object|null) => void}} props */
export function Asks({ webhook, isBusy, onSay }) {
  const place = `${team.value?.code} ${webhook.url}`;
  const before = last.get(place) ?? { text: '', end: false, variables: {} };
  const [text, setText] = useState(before.text);
  const [end, setEnd] = useState(before.end);
  const [variables, setVariables] = useState(before.variables);
  const say = (event) => {
    event.preventDefault();
    const known = Object.fromEntries(webhook.variables.filter((name) => variables[name]).map((name) => [name, variables[name]]));
    last.set(place, { text, end, variables });
    onSay({ text, end, variables: known });
  };
  return html`
    <form class="ussd-asks" onSubmit=${say} aria-label=${t('ussd.asks')}>
      <p><b>${t('ussd.asks')}</b><br/><span class="mono small ussd-address">${webhook.url || t('ussd.asks.no_url')}</span></p>
      <details class="ussd-more"><summary>${t('ussd.asks.sends')}</summary><${Code} text=${JSON.stringify(webhook.sends, null, 2)} lang="json"/></details>
      <p class="small muted">${t('ussd.asks.say')}</p>
      ${webhook.variables.map((name) => html`
        <${TextField} key=${name} name=${`says-${name}`} label=${html`<code>${`{${name}}`}</code>`} value=${variables[name] ?? ''} onInput=${(value) => setVariables({ ...variables, [name]: value })}/>`)}
      <${AreaField} name="says-text" label=${t('ussd.asks.text')} help=${t('ussd.asks.text_help')} rows=${2} value=${text} onInput=${setText}/>
      <${CheckField} name="says-end" label=${t('ussd.asks.end')} value=${end} onInput=${setEnd}/>
      <div class="ussd-below-acts">
        <${Button} type="submit" kind="primary" small busy=${isBusy}>${t('ussd.asks.answer')}</${Button}>
        <${Button} small kind="quiet" onClick=${() => onSay(null)}>${t('ussd.asks.silent')}</${Button}>
      </div>
    </form>`;
}
