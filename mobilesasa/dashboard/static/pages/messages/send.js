/** Where a message is written and sent: to one phone or to many, now or later, with its cost in sight. */
import { html, useEffect, useMemo, useRef, useState } from '../../parts/ui.js';
import { Composer } from '../../parts/composer.js';
import { confirm } from '../../parts/dialogs.js';
import { Button, DateTimeField, Form, Segmented, SelectField, TextField } from '../../parts/forms.js';
import { dayTime, units } from '../../parts/format.js';
import { useAct } from '../../parts/load.js';
import { postOnce } from '../../parts/once.js';
import { Card, Page } from '../../parts/page.js';
import { useLeaveGuard } from '../../parts/router.js';
import { account, can, refreshAccount } from '../../parts/session.js';
import { Forbidden } from '../../parts/states.js';
import { t } from '../../parts/texts.js';
import { CurlDialog, curlOf } from './curl.js';
import { NumbersField, readNumbers } from './numbers.js';
import { callOf, formOf, missingIn, outcomeOf } from './sending.js';
import { Sent } from './sent.js';
import { Summary } from './summary.js';

const VALIDITIES_MIN = [5, 15, 30, 60, 180, 360, 720];
const REFERENCE_LONGEST = 64;
const AHEAD_MS = 7 * 86_400_000;

/** @param {{query: object}} props */
export default function Send({ query }) {
  const [outcome, setOutcome] = useState(null);
  const [form, setForm] = useState(() => formOf(query));
  const filled = JSON.stringify(formOf(query));
  useEffect(() => {
    setForm(JSON.parse(filled)); // the address fills the form anew when it changes
    setOutcome(null);
  }, [filled]);
  if (!can('messages')) {
    return html`<${Page} title=${t('messages.send_title')}><${Forbidden} scope="messages" /><//>`;
  }
  const begin = (next = {}) => {
    setForm({ ...formOf({}), sender: form.sender, ...next });
    setOutcome(null);
  };
  return html`<${Page} title=${t('messages.send_title')} lead=${t('messages.send_lead')}
    actions=${can('campaigns') && html`<${Button} icon="megaphone" to="/campaigns/new">${t('messages.send_campaign')}<//>`}>
    ${outcome
      ? html`<${Sent} outcome=${outcome} onMore=${begin} />`
      : html`<${Writing} ...${{ form, setForm }} isChanged=${JSON.stringify(form) !== filled} onSent=${setOutcome} />`}
  <//>`;
}

function Writing({ form, setForm, isChanged, onSent }) {
  const [estimate, setEstimate] = useState(null);
  const [missing, setMissing] = useState({});
  const [showsCurl, setShowsCurl] = useState(false);
  const read = useMemo(() => readNumbers(form.to), [form.to]);
  const change = (patch) => {
    setForm((old) => ({ ...old, ...patch }));
    setMissing({});
  };
  const isWritten = Boolean(form.to.trim() || form.message.trim());
  useLeaveGuard(isChanged && isWritten && t('messages.unsaved'));
  const [send, act] = useAct(async () => {
    const lacks = missingIn(form);
    setMissing(lacks);
    if (Object.keys(lacks).length) {
      return;
    }
    const call = callOf(form);
    if (!(await isMeant(call, estimate))) {
      return;
    }
    const answer = await postOnce(call.path, call.body);
    refreshAccount();
    onSent({ ...outcomeOf(answer, call.numbers), asked: call.body });
  });
  const onKeyDown = (event) => {
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      event.currentTarget.closest('form').requestSubmit();
    }
  };
  const call = showsCurl ? callOf(form) : null;
  return html`<${Form} onSubmit=${send} error=${act.error} busy=${act.busy}>
    <div class="send-page" onKeyDown=${onKeyDown}>
      <div class="stack">
        <${Card}><div class="stack">
          <${NumbersField} written=${form.to} onInput=${(to) => change({ to })} ...${{ read, estimate }} error=${missing.to} />
          <${Composer} value=${form.message} onInput=${(message) => change({ message })} sender=${form.sender}
            onSender=${(sender) => change({ sender })} to=${read.numbers.slice(0, 1000)} onEstimate=${setEstimate} error=${missing.message} />
        </div><//>
        <${Card} title=${t('messages.when')}><${When} ...${{ form, change }} error=${missing.scheduled_at} /><//>
        <${Options} ...${{ form, change }} />
      </div>
      <${Summary} ...${{ form, estimate, count: read.numbers.length, busy: act.busy }} onCurl=${() => setShowsCurl(true)} />
    </div>
    ${call && html`<${CurlDialog} open onClose=${() => setShowsCurl(false)}
      calls=${[{ id: 'send', label: t('messages.do_send', { n: 1 }), text: curlOf('POST', call.path, call.body) }]} />`}
  <//>`;
}

/** When it goes out. */
function When({ form, change, error }) {
  const options = ['now', 'later'].map((value) => ({ value, label: t(`messages.when_${value}`) }));
  return html`<div class="stack">
    <${Segmented} label=${t('messages.when')} options=${options} value=${form.when} onChange=${(when) => change({ when })} />
    ${form.when === 'later' && html`<${DateTimeField} name="scheduled_at" label=${t('messages.when_at')} value=${form.at}
      min=${new Date().toISOString()} max=${new Date(Date.now() + AHEAD_MS).toISOString()} onInput=${(at) => change({ at })} help=${t('messages.when_help')} error=${error} />`}
  </div>`;
}

/** What few messages need; open where something of it is set. */
function Options({ form, change }) {
  const isOpen = useRef(Boolean(form.reference || form.validity));
  const validities = [
    { value: '', label: t('messages.validity_default') },
    ...VALIDITIES_MIN.map((each) => ({
      value: String(each),
      label: each < 60 ? t('common.minute_n', { n: each }) : t('common.hour_n', { n: each / 60 }),
    })),
  ];
  return html`<${Card}><details class="msg-fold" open=${isOpen.current}>
    <summary>${t('messages.options')}</summary>
    <div class="send-options">
      <${SelectField} name="validity_minutes" label=${t('messages.validity')} help=${t('messages.validity_help')} options=${validities}
        value=${form.validity} onInput=${(validity) => change({ validity })} />
      <${TextField} name="client_reference" label=${t('messages.reference')} help=${t('messages.reference_help')} maxlength=${REFERENCE_LONGEST}
        value=${form.reference} onInput=${(reference) => change({ reference })} />
    </div>
  </details><//>`;
}

/** Ask before many are written to, with what it costs; one message goes at once. */
async function isMeant(call, estimate) {
  const n = call.numbers.length;
  if (n === 1) {
    return true;
  }
  const cost = estimate ? estimate.units : 0;
  const left = units(Math.max(0, (account.value ? account.value.available : 0) - cost));
  const later = call.body.scheduled_at;
  return confirm({
    title: t('messages.confirm_title', { n }),
    text: later
      ? t('messages.confirm_text_later', { units: units(cost), left, when: dayTime(later) })
      : t('messages.confirm_text', { n, units: units(cost), left }),
    act: t(later ? 'messages.do_schedule' : 'messages.do_send', { n }),
  });
}
