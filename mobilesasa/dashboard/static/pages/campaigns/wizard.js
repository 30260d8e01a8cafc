/** The wizard: who gets it, what it says, when it begins, then the exact cost; the step is in the URL, the draft with the API. */
import { html, useEffect, useRef, useState } from '../../parts/ui.js';
import { get, put } from '../../parts/api.js';
import { Button, Form } from '../../parts/forms.js';
import { Loaded, useAct, useLoad } from '../../parts/load.js';
import { postOnce } from '../../parts/once.js';
import { Notice, Page, Stack } from '../../parts/page.js';
import { Link, dropGuards, go, href, setQuery, useLeaveGuard } from '../../parts/router.js';
import { can } from '../../parts/session.js';
import { Forbidden, Skeleton } from '../../parts/states.js';
import { t } from '../../parts/texts.js';
import { toast } from '../../parts/toasts.js';
import { DraftMenu } from './actions.js';
import { STEPS, changesOf, draftOf, draftOfQuery, missingIn, queryOf, stepOfError } from './draft.js';
import { StepCheck } from './step_check.js';
import { StepWhat, usualSender } from './step_what.js';
import { StepWhen } from './step_when.js';
import { StepWho } from './step_who.js';
import { Summary } from './summary.js';

const BODIES = { who: StepWho, what: StepWhat, when: StepWhen };

/** @param {{params: {uuid?: string}, query: Object<string, string>}} props */
export default function Wizard({ params, query }) {
  if (!can('campaigns')) {
    return html`<${Page} title=${t('campaigns.new_title')}><${Forbidden} scope="campaigns" /><//>`;
  }
  return params.uuid ? html`<${Edit} key=${params.uuid} uuid=${params.uuid} query=${query} />` : html`<${Steps} key="new" saved=${null} query=${query} />`;
}

function Edit({ uuid, query }) {
  const load = useLoad((signal) => get(`/campaigns/${uuid}`, {}, { signal }), [uuid]);
  const campaign = load.data;
  if (!campaign) {
    return html`<${Page} title=${t('campaigns.edit_title')} crumbs=${crumbs()}>
      <${Loaded} of=${load} skeleton=${html`<${Skeleton} rows=${6} kind="card" />`}>${() => null}<//><//>`;
  }
  return campaign.phase === 'draft'
    ? html`<${Steps} saved=${campaign} query=${query} onSaved=${load.set} />`
    : html`<${NoDraft} campaign=${campaign} />`;
}

function NoDraft({ campaign }) {
  return html`<${Page} title=${campaign.name} crumbs=${crumbs()}>
    <${Notice} kind="info" title=${t('campaigns.no_draft')} action=${html`<${Link} to=${`/campaigns/${campaign.uuid}`}>${t('campaigns.look_at_it')}<//>`}>
      ${t(campaign.phase === 'scheduled' ? 'campaigns.no_draft_scheduled' : 'campaigns.no_draft_text')}<//>
  <//>`;
}

function crumbs() {
  return [{ label: t('campaigns.title'), to: '/campaigns' }];
}

function Steps({ saved, query, onSaved }) {
  const step = stepOf(query, saved);
  const first = useRef(null);
  first.current ??= saved ? draftOf(saved) : draftOfQuery(query);
  const known = useWizard(saved, step, onSaved, first.current);
  const { draft, dirty, act, errors, change, moveTo } = known;
  useLeaveGuard(dirty && t('campaigns.leave'));
  const place = useFocusOn(step);
  const Body = BODIES[step];
  const title = saved ? draft.name.trim() || t('campaigns.edit_title') : t('campaigns.new_title');
  return html`<${Page} title=${title} crumbs=${crumbs()} actions=${saved && html`<${DraftMenu} campaign=${saved} />`}>
    <${Stepper} step=${step} draft=${draft} saved=${saved} moveTo=${moveTo} />
    <div class="cp-wizard">
      <div class="cp-wizard-main" ref=${place} tabindex="-1" aria-label=${t(`campaigns.step_${step}`)} role="group">
        ${Body
          ? html`<${Form} onSubmit=${() => moveTo(STEPS[STEPS.indexOf(step) + 1])} error=${act.error} busy=${act.busy}>
              <${Stack}><${Body} draft=${draft} change=${change} errors=${errors} /><${Foot} ...${known} saved=${saved} step=${step} /><//>
            <//>`
          : html`<${Check} ...${known} saved=${saved} />`}
      </div>
      <${Summary} draft=${draft} saved=${saved} dirty=${dirty} phone=${step !== 'check'} />
    </div>
  <//>`;
}

function stepOf(query, saved) {
  const asked = STEPS.includes(query.step) ? query.step : 'who';
  return saved || asked === 'what' ? asked : 'who';
}

/** A step that has changed is where a keyboard goes on, and is seen from its beginning. */
function useFocusOn(step) {
  const place = useRef(null);
  const before = useRef(step);
  useEffect(() => {
    if (before.current !== step) {
      place.current?.focus({ preventScroll: true });
      window.scrollTo({ top: 0 });
    }
    before.current = step;
  }, [step]);
  return place;
}

/** Writes what has changed; where the API refuses a field of another step, that one is shown. */
function useSaving(draft, saved, step, onSaved) {
  const was = saved && draftOf(saved);
  const body = changesOf(draft, was);
  const dirty = was ? Object.keys(body).length > 0 : draft.message !== '';
  const [save, act] = useAct(async () => {
    if (was && !dirty) return saved;
    try {
      const made = await (was ? put(`/campaigns/${saved.uuid}`, body) : postOnce('/campaigns', body));
      onSaved(made);
      return made;
    } catch (error) {
      const wrong = stepOfError(error);
      if (wrong && wrong !== step) setQuery({ step: wrong });
      throw error;
    }
  });
  return { save, act, dirty };
}

/** What the wizard knows and may do: the draft, what is wrong with it, and ways to go on. */
function useWizard(saved, step, onSaved, first) {
  const [written, setDraft] = useState(first);
  const draft = written.sender ? written : { ...written, sender: usualSender() };
  const [tried, setTried] = useState('');
  const { save, act, dirty } = useSaving(draft, saved, step, (made) => {
    if (!saved) return; // its own page begins with what it reads
    onSaved(made);
    setDraft(draftOf(made));
  });
  const change = (patch) => {
    if (act.error) act.clear();
    setDraft((old) => ({ ...old, ...patch }));
  };
  /** Whether all steps before this one say what they must; else the first that does not is shown. */
  const isWhole = (steps) => {
    const lacking = steps.find((each) => Object.keys(missingIn(each, draft)).length);
    if (!lacking) return true;
    setTried(lacking);
    if (lacking !== step) setQuery({ step: lacking });
    return false;
  };
  const moveTo = async (to) => {
    const before = STEPS.slice(0, STEPS.indexOf(to));
    if (before.length <= STEPS.indexOf(step)) return setQuery({ step: to });
    if (!isWhole(before)) return undefined;
    if (!saved && to === 'what') return setQuery({ ...queryOf(draft), step: to });
    const made = await save();
    if (!made) return undefined;
    if (saved) return setQuery({ step: to });
    dropGuards();
    return go(`/campaigns/${made.uuid}/edit`, { step: to }, { replace: true });
  };
  const close = async () => {
    if (!isWhole(['who', 'what', 'when'])) return;
    const made = await save();
    if (!made) return;
    dropGuards();
    toast(t('campaigns.saved', { name: made.name }), { kind: 'good' });
    go(`/campaigns/${made.uuid}`);
  };
  return { draft, change, dirty, save, act, errors: errorsOf(step, draft, tried === step, act.error), moveTo, close };
}

/** What is wrong with fields of a step: what lacks once somebody wanted to go on, and what the API has refused. */
function errorsOf(step, draft, tried, refused) {
  const lacking = tried ? Object.entries(missingIn(step, draft)).map(([name, key]) => [name, t(key)]) : [];
  const wrong = (refused?.fields ?? []).map((each) => [each.field.split(/[.[]/)[0], each.message]);
  return Object.fromEntries([...lacking, ...wrong]);
}

function Stepper({ step, draft, saved, moveTo }) {
  const here = STEPS.indexOf(step);
  return html`<nav aria-label=${t('campaigns.steps')}><ol class="cp-stepper">
    ${STEPS.map((each, n) => {
      const done = n < here || (saved && each !== 'check' && !Object.keys(missingIn(each, draft)).length);
      const to = href(saved ? `/campaigns/${saved.uuid}/edit` : '/campaigns/new', { step: each });
      const onClick = (event) => {
        event.preventDefault();
        moveTo(each);
      };
      return html`<li key=${each} class=${`cp-stepper-step${each === step ? ' is-here' : ''}${done ? ' is-done' : ''}`}>
        <a href=${to} aria-current=${each === step ? 'step' : undefined} onClick=${onClick}>
          <span class="cp-stepper-number num" aria-hidden="true">${n + 1}</span><span>${t(`campaigns.step_${each}`)}</span></a></li>`;
    })}
  </ol></nav>`;
}

function Back({ step, moveTo }) {
  const here = STEPS.indexOf(step);
  return here > 0 && html`<${Button} kind="plain" class="cp-back" icon="chevron-left" onClick=${() => moveTo(STEPS[here - 1])}>${t('common.back')}<//>`;
}

function Foot({ saved, step, act, moveTo, close }) {
  const next = STEPS[STEPS.indexOf(step) + 1];
  return html`<div class="cp-wizard-foot">
    <${Back} step=${step} moveTo=${moveTo} />
    ${(saved || step === 'what') && html`<${Button} kind="quiet" disabled=${act.busy} onClick=${close}>${t('campaigns.save_close')}<//>`}
    <${Button} type="submit" kind="primary" busy=${act.busy}>${t('campaigns.next_to', { step: t(`campaigns.step_${next}`) })}<//>
  </div>`;
}

function Check({ saved, dirty, act, moveTo, save }) {
  const back = html`<${Back} step="check" moveTo=${moveTo} />`;
  if (!dirty) return html`<${StepCheck} campaign=${saved} back=${back} />`;
  return html`<${Stack}>
    <${Notice} kind="warn" title=${t('campaigns.unsaved')} action=${html`<${Button} kind="primary" busy=${act.busy} onClick=${() => save()}>${t('common.save')}<//>`}>
      ${act.error ? act.error.message : t('campaigns.unsaved_text')}<//>
    <div class="cp-wizard-foot">${back}</div>
  <//>`;
}
