/** The phone beside the editor: it dials the draft or what is published, by the engine that answers real phones. Nothing is sent. */
import { html, useEffect, useMemo, useState } from '../../parts/ui.js';
import { Button } from '../../parts/buttons.js';
import { Segmented, SelectField, TextField } from '../../parts/forms.js';
import { Card, Notice } from '../../parts/page.js';
import { setQuery } from '../../parts/router.js';
import { t } from '../../parts/texts.js';
import { Asks } from './asks.js';
import { Handset } from './handset.js';
import { Happened } from './happened.js';
import { useSimulator } from './simulating.js';

const TIMEOUTS_S = [0, 30, 60, 180];
const SCREENS = [182, 160, 140, 100];
const CODE = '384'; // of a menu that answers nowhere yet

/** Who dials, as far as screens depend on it: what the simulator and the pages of a screen share. */
export function useFacts(menu) {
  const code = /^\*(\d+)/.exec(menu.dials[0] ?? '')?.[1] ?? CODE;
  const [facts, setFacts] = useState({ phone: '', network: '', screen_septets: SCREENS[0] });
  return [useMemo(() => ({ ...facts, code }), [facts, code]), setFacts];
}

/**
 * @param {object} props the menu, its draft, who dials, and `onAt(screen)`: told at which screen the phone stands
 */
export function Simulator({ menu, draft, facts, setFacts, things, query, onAt, onChoose }) {
  const isPublished = query.sim === 'published' && menu.version !== null;
  const source = isPublished ? { menu: menu.uuid, version: menu.version } : { definition: { ...draft.now, name: draft.now.name.trim() || t('ussd.nameless') } };
  const phone = useSimulator(source, facts, isPublished ? menu.version : draft.now);
  const [timeoutS, setTimeoutS] = useState(TIMEOUTS_S.at(-1));
  const [ahead, setAhead] = useState('');
  const at = phone.answer && phone.endedBy === '' ? phone.answer.screen : '';
  useEffect(() => phone.clear(), [isPublished]);
  useEffect(() => onAt(isPublished ? '' : at), [at, isPublished]);
  const dialled = menu.dials[0] ?? `*${CODE}#`;
  const inputs = ahead.split('*').filter(Boolean);
  const options = [{ value: 'draft', label: t('ussd.sim.draft') }, { value: 'published', label: t('ussd.version_n', { n: menu.version ?? 0 }) }];
  const isMenuOver = phone.endedBy === 'menu';
  return html`
    <${Card} title=${t('ussd.sim')} class="ussd-sim" actions=${menu.version !== null && html`
      <${Segmented} small label=${t('ussd.sim.which')} options=${options} value=${isPublished ? 'published' : 'draft'} onChange=${(value) => setQuery({ sim: value === 'published' ? value : undefined }, { replace: true })}/>`}>
      <${Handset} phone=${phone} dialled=${withAhead(dialled, inputs)} timeoutS=${timeoutS} resumeMinutes=${draft.now.options.resume_minutes ?? 5} onDial=${() => phone.dial(inputs)}
        onChoose=${isPublished ? null : onChoose}/>
      ${(phone.error || phone.isStale) && html`<${Trouble} phone=${phone}/>`}
      ${phone.answer?.webhook && !isMenuOver && html`<${Asks} key=${phone.steps.length} webhook=${phone.answer.webhook} isBusy=${phone.isBusy} onSay=${phone.say}/>`}
      <${Who} facts=${facts} setFacts=${setFacts} ahead=${ahead} setAhead=${setAhead} timeoutS=${timeoutS} setTimeoutS=${setTimeoutS}/>
      ${phone.answer && html`<${Happened} phone=${phone} things=${things}/>`}
    </${Card}>`;
}

/** What is dialled, with what is typed behind the extension: *384*7*2#. */
function withAhead(dialled, inputs) {
  return inputs.length ? `${dialled.replace(/#$/, '')}*${inputs.join('*')}#` : dialled;
}

/** The draft was changed while the phone was in it, or cannot be dialled. */
function Trouble({ phone }) {
  if (phone.isStale && !phone.error) {
    return html`<${Notice} kind="info" live action=${html`<${Button} small onClick=${phone.again}>${t('ussd.sim.again')}</${Button}>`}>${t('ussd.sim.stale')}</${Notice}>`;
  }
  const isShape = phone.error.code === 'bad_definition';
  return html`<${Notice} kind="bad" live title=${isShape ? t('ussd.sim.unreadable') : undefined}>${phone.error.message}</${Notice}>`;
}

function Who({ facts, setFacts, ahead, setAhead, timeoutS, setTimeoutS }) {
  const put = (key) => (value) => setFacts((was) => ({ ...was, [key]: value }));
  return html`
    <details class="ussd-more">
      <summary>${t('ussd.sim.who')} <span class="muted">${[facts.phone, facts.network].filter(Boolean).join(' · ')}</span></summary>
      <div class="ussd-who">
        <${TextField} name="sim-phone" type="tel" label=${t('ussd.sim.phone')} help=${t('ussd.sim.phone_help')} placeholder="+254712345678" value=${facts.phone} onInput=${put('phone')} autocomplete="off"/>
        <${TextField} name="sim-network" label=${t('ussd.sim.network')} placeholder="63902" value=${facts.network} onInput=${put('network')} maxlength="64"/>
        <${TextField} name="sim-ahead" label=${t('ussd.sim.ahead')} help=${t('ussd.sim.ahead_help')} placeholder="1*2" value=${ahead} onInput=${setAhead} mono inputmode="tel"/>
        <${SelectField} name="sim-screen" label=${t('ussd.sim.screen')} value=${String(facts.screen_septets)} onInput=${(value) => put('screen_septets')(Number(value))}
          options=${SCREENS.map((n) => ({ value: String(n), label: t('ussd.sim.septets', { n }) }))}/>
        <${SelectField} name="sim-timeout" label=${t('ussd.sim.timeout')} help=${t('ussd.sim.timeout_help')} value=${String(timeoutS)} onInput=${(value) => setTimeoutS(Number(value))}
          options=${TIMEOUTS_S.map((n) => ({ value: String(n), label: n ? t('ussd.sim.seconds', { n }) : t('ussd.sim.never') }))}/>
      </div>
    </details>`;
}
