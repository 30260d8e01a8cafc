/** The phone itself: what is dialled, the screen with its answer, what ended it, and how long the network waits. */
import { html, useEffect, useRef, useState } from '../../parts/ui.js';
import { Button } from '../../parts/buttons.js';
import { Icon } from '../../parts/icons.js';
import { Phone, UssdScreen } from '../../parts/phone.js';
import { t } from '../../parts/texts.js';
import { Taken } from './pages.js';

const WARNS_S = 30; // so long before the end it is told

/** @param {object} props `phone` of useSimulator; `dialled`: what people dial; `onDial`, `onChoose(screen)` */
export function Handset({ phone, dialled, timeoutS, resumeMinutes, onDial, onChoose }) {
  const { answer, endedBy } = phone;
  const leftS = useTimeOut(phone, timeoutS);
  const box = useRef(null);
  useEffect(() => {
    if (phone.steps.length) box.current.querySelector('.phone input')?.focus({ preventScroll: true });
  }, [phone.steps.length, phone.since]);
  return html`
    <div class="ussd-handset" ref=${box}>
      <${Phone} title=${dialled}>
        ${!answer && html`<${Idle} dialled=${dialled} isBusy=${phone.isBusy} onDial=${onDial}/>`}
        ${answer && answer.text === null && !endedBy && html`<div class="ussd-waits" role="status"><${Icon} name="webhook"/><p>${t('ussd.sim.waits')}</p></div>`}
        ${answer && answer.text !== null && !isCut(endedBy) && html`
          <${UssdScreen} key=${phone.steps.length} text=${answer.text} ended=${endedBy !== ''} busy=${phone.isBusy} onAnswer=${phone.type} onEnd=${() => phone.end('person')}/>`}
        ${isCut(endedBy) && html`<${Cut} by=${endedBy} timeoutS=${timeoutS}/>`}
      </${Phone}>
      ${answer && html`<${Below} phone=${phone} leftS=${leftS} resumeMinutes=${resumeMinutes} onDial=${onDial} onChoose=${onChoose}/>`}
    </div>`;
}

/** Whether the session was cut off, and not ended by the menu. */
const isCut = (endedBy) => endedBy === 'person' || endedBy === 'timeout';

function Idle({ dialled, isBusy, onDial }) {
  return html`
    <div class="ussd-idle">
      <span class="ussd-idle-dial mono">${dialled}</span>
      <${Button} kind="primary" icon="phone" busy=${isBusy} onClick=${onDial}>${t('ussd.sim.dial')}</${Button}>
    </div>`;
}

function Cut({ by, timeoutS }) {
  return html`<div class="ussd-cut" role="status"><p>${t(`ussd.sim.cut.${by}`)}</p><p class="muted small">${t(`ussd.sim.cut.${by}_text`, { n: timeoutS })}</p></div>`;
}

/** Below the phone: at which screen it stands, how full that is, how long the network waits, and what to do when it is over. */
function Below({ phone, leftS, resumeMinutes, onDial, onChoose }) {
  const { answer, endedBy } = phone;
  const { size, screen } = answer;
  const canResume = isCut(endedBy) && resumeMinutes > 0 && phone.session;
  return html`
    <div class="ussd-below">
      ${size && !isCut(endedBy) && html`
        <div class="ussd-below-line small muted num">
          ${onChoose ? html`<button type="button" class="ussd-link" onClick=${() => onChoose(screen)}>${screen}</button>` : html`<span>${screen}</span>`}
          <span>${t('ussd.pages.taken', { taken: size.taken, most: size.most })}${size.alphabet === 'ucs2' ? ` ${t('ussd.ucs2')}` : ''}</span>
        </div>
        <${Taken} taken=${size.taken} most=${size.most}/>`}
      ${leftS !== null && leftS <= WARNS_S && html`<p class="small warn num" role="timer">${t('ussd.sim.left', { n: leftS })}</p>`}
      <div class="ussd-below-acts">
        ${endedBy && html`<${Button} small kind="primary" icon="phone" busy=${phone.isBusy} onClick=${canResume ? phone.redial : onDial}>${t('ussd.sim.dial_again')}</${Button}>`}
        ${!endedBy && html`
          <${Button} small kind="quiet" icon="refresh" onClick=${onDial}>${t('ussd.sim.restart')}</${Button}>
          <${Button} small kind="quiet" icon="clock" onClick=${() => phone.end('timeout')}>${t('ussd.sim.let_time_out')}</${Button}>`}
      </div>
      ${canResume && html`<p class="small muted">${t('ussd.sim.resumes', { n: resumeMinutes })}</p>`}
    </div>`;
}

/** Seconds that the network still waits for an answer; null where nothing is waited for. Ends the session when they are over. */
function useTimeOut({ answer, endedBy, since, isBusy, end }, timeoutS) {
  const [, tick] = useState(0);
  const waits = timeoutS > 0 && answer && endedBy === '' && answer.text !== null && !isBusy;
  useEffect(() => {
    if (!waits) return undefined;
    const timer = setInterval(() => {
      tick((n) => n + 1);
      if (Date.now() - since >= timeoutS * 1000) end('timeout');
    }, 1000);
    return () => clearInterval(timer);
  }, [waits, since, timeoutS]);
  return waits ? Math.max(0, Math.ceil(timeoutS - (Date.now() - since) / 1000)) : null;
}
