/** The variables of a menu: which it sets and where, and which are always there. */
import { html } from '../../parts/ui.js';
import { Card } from '../../parts/page.js';
import { t } from '../../parts/texts.js';

const MOST = 4; // screens that are named

/** @param {{variables: object[], onChoose: (screen: string) => void}} props */
export function Variables({ variables, onChoose }) {
  const own = variables.filter((each) => each.from === 'menu');
  const loose = variables.filter((each) => each.from === 'none');
  const given = variables.filter((each) => each.from === 'platform' || (each.from === 'contact' && each.usedBy.length));
  return html`
    <${Card} title=${html`${t('ussd.variables')} <span class="muted num">${own.length}</span>`}>
      <div class="ussd-variables">
        ${own.length === 0 && loose.length === 0 && html`<p class="small muted">${t('ussd.variables.none')}</p>`}
        ${own.map((each) => html`<${Own} key=${each.name} variable=${each} onChoose=${onChoose}/>`)}
        ${loose.map((each) => html`
          <div class="ussd-variable is-loose" key=${each.name}>
            <code>${`{${each.name}}`}</code> <span class="small">${t('ussd.variables.loose')} <${Places} names=${each.usedBy} onChoose=${onChoose}/></span>
          </div>`)}
        <details class="ussd-more">
          <summary>${t('ussd.variables.given', { n: given.length })}</summary>
          ${given.map((each) => html`
            <div class="ussd-variable" key=${each.name}>
              <code>${`{${each.name}}`}</code> <span class="small muted">${t(each.from === 'contact' ? 'ussd.variables.contact' : `ussd.variables.${each.name}`)}</span>
            </div>`)}
        </details>
      </div>
    </${Card}>`;
}

function Own({ variable, onChoose }) {
  return html`
    <div class="ussd-variable">
      <code>${`{${variable.name}}`}</code>
      <span class="small muted">${variable.type && `${t(`ussd.type.${variable.type}`)} · `}${t('ussd.variables.set_by')} <${Places} names=${variable.setBy} onChoose=${onChoose}/>
        ${variable.usedBy.length === 0 && html` · ${t('ussd.variables.unused')}`}</span>
    </div>`;
}

function Places({ names, onChoose }) {
  const more = names.length - MOST;
  const first = more > 1 ? names.slice(0, MOST) : names;
  return html`${first.map((name, at) => html`${at > 0 && ', '}<button type="button" class="ussd-link" key=${name} onClick=${() => onChoose(name)}>${name}</button>`)}${more > 1 && ` ${t('ussd.and_more', { n: more })}`}`;
}
