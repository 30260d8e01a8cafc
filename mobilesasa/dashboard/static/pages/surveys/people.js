// Who is asked: groups, contacts and numbers, what it would come to, and the invitation itself; or the keyword, by which people begin.
import { html, useEffect, useState } from '../../parts/ui.js';
import { t } from '../../parts/texts.js';
import { get, post } from '../../parts/api.js';
import { account, can, canRead } from '../../parts/session.js';
import { setQuery } from '../../parts/router.js';
import { useAct, useLoad } from '../../parts/load.js';
import { postOnce } from '../../parts/once.js';
import { Empty } from '../../parts/states.js';
import { AreaField, Button, TextField } from '../../parts/forms.js';
import { Card, Facts, Notice, Stack } from '../../parts/page.js';
import { confirm } from '../../parts/dialogs.js';
import { Copy } from '../../parts/copy.js';
import { Icon } from '../../parts/icons.js';
import { dayTime, number, phone, units } from '../../parts/format.js';
import { toast } from '../../parts/toasts.js';

const PAUSE_MS = 400;
const REASONS = ['suppressed', 'answered', 'in_progress', 'invited', 'unreachable'];

/** The numbers that were written, one a line or parted by commas, each once. */
const numbersIn = (text) => [...new Set(text.split(/[\n,;]+/).map((each) => each.trim()).filter(Boolean))];

/**
 * What it would come to to ask these people; asked a moment after the last change.
 * @returns {{estimate: object|null, error: Error|null, stale: boolean}}
 */
function useReach(survey, asked) {
  const [known, setKnown] = useState({ of: '', estimate: null, error: null });
  const wanted = asked.groups.length || asked.phones.length ? JSON.stringify([survey.uuid, survey.version, asked]) : '';
  useEffect(() => {
    if (!wanted) {
      setKnown({ of: '', estimate: null, error: null });
      return undefined;
    }
    let lasts = true;
    const timer = setTimeout(async () => {
      const found = { of: wanted, estimate: null, error: null };
      try {
        found.estimate = await post(`/surveys/${survey.uuid}/estimate`, asked);
      } catch (error) {
        found.error = error;
      }
      if (lasts) setKnown(found);
    }, PAUSE_MS);
    return () => {
      lasts = false;
      clearTimeout(timer);
    };
  }, [wanted]);
  return { ...known, stale: known.of !== wanted };
}

/** @param {{survey: object, onChanged: () => void, mayWrite: boolean}} props */
export function People({ survey, onChanged, mayWrite }) {
  const [groups, setGroups] = useState([]);
  const [written, setWritten] = useState('');
  const asked = { groups: groups.map((group) => group.uuid), phones: numbersIn(written) };
  const reach = useReach(survey, asked);
  const [result, setResult] = useState(null);
  const [send, act] = useAct(async () => {
    const made = await postOnce(`/surveys/${survey.uuid}/send`, asked);
    setResult(made);
    setGroups([]);
    setWritten('');
    toast(t('surveys.invited', { n: made.invited }));
    onChanged();
  });
  const add = (number_) => setWritten((was) => [...numbersIn(was), number_].filter((each, place, all) => all.indexOf(each) === place).join('\n'));
  if (!mayWrite && survey.status !== 'closed') return html`<${Stack}><${Standing} survey=${survey}/><${Keyword} survey=${survey}/></${Stack}>`;
  if (survey.status === 'closed') return html`<${Empty} icon="users" title=${t('surveys.people_closed')} text=${t('surveys.people_closed_text')}/>`;
  return html`<div class="sv-people">
    <${Stack}>
      <${Why} survey=${survey}/>
      ${canRead('groups') && html`<${Groups} chosen=${groups} onChange=${setGroups}/>`}
      <${Numbers} written=${written} onWritten=${setWritten} onAdd=${add} error=${reach.error}/>
    </${Stack}>
    <div class="sv-side">
      <${Reach} survey=${survey} reach=${reach} asked=${asked} act=${act} onSend=${() => confirmed(survey, reach.estimate).then((sure) => sure && send())}/>
      ${result && html`<${Invited} result=${result}/>`}
      <${Standing} survey=${survey}/>
      <${Keyword} survey=${survey}/>
    </div>
  </div>`;
}

function confirmed(survey, estimate) {
  const values = { n: estimate.invited, name: survey.name, units: t('surveys.units', { n: estimate.units }) };
  return confirm({ title: t('surveys.ask_title', values), text: t('surveys.ask_text', values), act: t('surveys.ask_act', values) });
}

/** Why nobody can be asked just now. */
function Why({ survey }) {
  if (survey.status === 'live') return survey.is_changed && html`<${Notice} kind="info">${t('surveys.asks_by_version', { number: String(survey.version) })}</${Notice}>`;
  const build = survey.status === 'draft' && html`<${Button} onClick=${() => setQuery({ tab: 'build' })}>${t('surveys.go_build')}</${Button}>`;
  return html`<${Notice} kind="warn" title=${t(`surveys.cannot_ask.${survey.status}`)} action=${build}>${t(`surveys.cannot_ask_text.${survey.status}`)}</${Notice}>`;
}

function Groups({ chosen, onChange }) {
  const [search, setSearch] = useState('');
  const load = useLoad((signal) => get('/groups', { search, page_size: 50 }, { signal }), [search]);
  const uuids = chosen.map((group) => group.uuid);
  const found = load.data?.items ?? [];
  const shown = [...chosen.filter((group) => !found.some((each) => each.uuid === group.uuid)), ...found];
  const turn = (group) => onChange(uuids.includes(group.uuid) ? chosen.filter((each) => each.uuid !== group.uuid) : [...chosen, group]);
  return html`<${Card} title=${t('surveys.groups')}>
    ${(found.length > 8 || search) && html`<${TextField} name="group-search" label=${t('surveys.group_search')} value=${search} onInput=${setSearch} type="search"/>`}
    ${load.error && html`<${Notice} kind="bad">${load.error.message}</${Notice}>`}
    ${load.data && !shown.length && html`<p class="muted small">${t(search ? 'surveys.groups_none_fit' : 'surveys.groups_none')}</p>`}
    ${shown.length > 0 && html`<ul class="sv-groups" aria-label=${t('surveys.groups')}>
      ${shown.map((group) => html`<li key=${group.uuid}><label>
        <input type="checkbox" checked=${uuids.includes(group.uuid)} onChange=${() => turn(group)}/>
        <span class="truncate">${group.name}</span><span class="muted small num">${t('surveys.group_size', { n: group.contact_count })}</span>
      </label></li>`)}
    </ul>`}
  </${Card}>`;
}

function Numbers({ written, onWritten, onAdd, error }) {
  const wrong = error?.fields?.filter((each) => each.field.startsWith('phones')) ?? [];
  const all = numbersIn(written);
  const named = wrong.map((each) => `${all[Number(/\d+/.exec(each.field)?.[0])] ?? ''}: ${each.message}`);
  return html`<${Card} title=${t('surveys.phones')}>
    ${canRead('contacts') && html`<${ContactSearch} onAdd=${onAdd}/>`}
    <${AreaField} name="phones" label=${t('surveys.phones_label')} help=${t('surveys.phones_help')} value=${written} onInput=${onWritten} rows=${4}
      error=${named.slice(0, 5).join('\n')}/>
    ${all.length > 0 && html`<p class="muted small">${t('surveys.phones_count', { n: all.length })}</p>`}
  </${Card}>`;
}

/** Contacts by name or number, to be added one by one. */
function ContactSearch({ onAdd }) {
  const [search, setSearch] = useState('');
  const wanted = search.trim();
  const load = useLoad(wanted.length > 1 ? (signal) => get('/contacts', { search: wanted, page_size: 6 }, { signal }) : null, [wanted]);
  const found = wanted.length > 1 ? load.data?.items ?? [] : [];
  const nameOf = (contact) => [contact.first_name, contact.last_name].filter(Boolean).join(' ') || phone(contact.phone);
  return html`<div class="sv-contacts">
    <${TextField} name="contact-search" type="search" label=${t('surveys.contact_search')} value=${search} onInput=${setSearch}/>
    ${found.length > 0 && html`<ul>${found.map((contact) => html`<li key=${contact.uuid}>
      <button type="button" onClick=${() => { onAdd(contact.phone); setSearch(''); }}><${Icon}
        name="plus"/> <span class="truncate">${nameOf(contact)}</span> <span class="muted small num">${phone(contact.phone)}</span></button>
    </li>`)}</ul>`}
    ${wanted.length > 1 && load.data && !found.length && html`<p class="muted small">${t('surveys.contacts_none')}</p>`}
  </div>`;
}

function Reach({ survey, reach, asked, act, onSend }) {
  const { estimate, error, stale } = reach;
  const nobody = !asked.groups.length && !asked.phones.length;
  const available = account.value?.available;
  const short = estimate && available !== undefined && available !== null && estimate.units > available;
  const ready = survey.status === 'live' && estimate && !stale && estimate.invited > 0;
  const general = error && !error.fields?.some((each) => each.field.startsWith('phones'));
  return html`<${Card} title=${t('surveys.reach')}>
    ${nobody && html`<p class="muted small">${t('surveys.reach_none')}</p>`}
    ${!nobody && !estimate && !error && html`<p class="muted small">${t('surveys.reach_counting')}</p>`}
    ${!nobody && error && !general && html`<p class="muted small">${t('surveys.reach_wrong')}</p>`}
    ${!nobody && general && html`<${Notice} kind="bad">${error.message}</${Notice}>`}
    ${!nobody && estimate && html`<div class=${`sv-reach${stale ? ' is-stale' : ''}`} aria-live="polite">
      <p class="sv-big"><strong class="num">${number(estimate.invited)}</strong> ${t('surveys.will_be_asked', { n: estimate.invited })}</p>
      <${Skipped} result=${estimate}/>
      <${Facts} items=${[
        [t('surveys.first_messages'), html`<strong class="num">${units(estimate.units)}</strong>`],
        [t('surveys.per_person'), perPerson(estimate.parts)],
        ...(available === undefined || available === null ? [] : [[t('surveys.available'), html`<span class="num">${units(available)}</span>`]]),
      ]}/>
      <p class="muted small">${t('surveys.cost_note')}</p>
      ${estimate.waiting > 0 && html`<${Notice} kind="info" title=${t('surveys.waits_hours', { n: estimate.waiting, when: dayTime(estimate.waits_until) })}>${t('surveys.waits_hours_text')}</${Notice}>`}
      ${short && html`<${Notice} kind="warn" title=${t('surveys.short_units')}>${t('surveys.short_units_text')}</${Notice}>`}
    </div>`}
    ${act.error && html`<${Notice} kind="bad">${act.error.message} ${act.error.requestId && html`<span class="mono small">${act.error.requestId}</span>`}</${Notice}>`}
    ${can('surveys') && html`<${Button} kind="primary" icon="send" onClick=${onSend} disabled=${!ready} busy=${act.busy}>${t('surveys.ask')}</${Button}>`}
  </${Card}>`;
}

function perPerson({ opening, least, all }) {
  const rest = least === all ? t('surveys.parts', { n: all }) : t('surveys.parts_between', { least, n: all });
  return t('surveys.opening_of', { opening: t('surveys.parts', { n: opening }), rest });
}

/** How many are left out, and why. */
function Skipped({ result }) {
  const why = REASONS.filter((reason) => result.reasons[reason] > 0);
  if (!why.length) return null;
  const words = (reason) => t(`surveys.left_out.${reason}`, { n: result.reasons[reason] });
  return html`<ul class="sv-skipped small">
    ${why.map((reason) => html`<li key=${reason}><span class="num">${number(result.reasons[reason])}</span> ${words(reason)}</li>`)}
  </ul>`;
}

function Invited({ result }) {
  return html`<${Notice} kind="good" title=${t('surveys.invited', { n: result.invited })}
    action=${html`<${Button} onClick=${() => setQuery({ tab: 'responses' })}>${t('surveys.see_responses')}</${Button}>`}>
    <${Skipped} result=${result}/>
  </${Notice}>`;
}

function Standing({ survey }) {
  const { invitations, responses } = survey;
  return html`<${Card} title=${t('surveys.standing')}>
    <${Facts} class="is-sums" items=${[
      [t('surveys.waiting'), number(invitations.waiting)],
      [t('surveys.in_progress'), number(responses.in_progress)],
      [t('surveys.lapsed'), number(invitations.lapsed)],
    ]}/>
  </${Card}>`;
}

function Keyword({ survey }) {
  if (!survey.keyword || !survey.sender_id) return null;
  const words = t('surveys.keyword_words', { keyword: survey.keyword.toUpperCase(), code: survey.sender_id });
  return html`<${Card} title=${t('surveys.by_keyword')}>
    <p class="sv-keyword"><span class="mono">${survey.keyword.toUpperCase()}</span> <${Icon}
      name="chevron-right"/> <span class="mono">${survey.sender_id}</span> <${Copy} text=${words} label=${t('surveys.keyword_copy')}/></p>
    <p class="muted small">${t(survey.status === 'live' ? 'surveys.by_keyword_text' : 'surveys.by_keyword_not', { name: survey.name })}</p>
  </${Card}>`;
}
