// What a survey is beside its questions: its name, who asks, how it is held, and the node's own words said otherwise.
import { html } from '../../parts/ui.js';
import { t } from '../../parts/texts.js';
import { AreaField, NumberField, SelectField, TextField } from '../../parts/forms.js';
import { CodeField, NoCode } from './create.js';
import { LANGUAGES } from './shapes.js';
import { OPTIONS } from './draft.js';
import { faultAt } from './drafting.js';
import { Parts } from './reading.js';

/** What the node says itself, in the order in which it comes; what stands in braces is filled in. */
const WORDS = [
  'single_choice', 'multiple_choice', 'choose_exactly', 'choose_at_least', 'choose_at_most', 'choose_between', 'number', 'number_from', 'number_to', 'number_between',
  'any_number', 'whole_number', 'yes_no', 'date', 'text', 'skip', 'reminder', 'gave_up', 'already_answered', 'closed',
];
const MAY_BE_EMPTY = ['skip', 'gave_up', 'already_answered', 'closed'];

/** Name, code, keyword and language. @param {{work: object, codes: string[]|null}} props */
export function WhoAsks({ work, codes }) {
  const { draft, faults } = work;
  const set = (patch) => work.set({ ...work.draft, ...patch });
  const at = (path) => faultAt(faults, null, path);
  const own = !LANGUAGES.includes(draft.language);
  const languages = [...LANGUAGES.map((value) => ({ value, label: t(`surveys.language_of.${value}`) })), ...(own ? [{ value: draft.language, label: draft.language }] : [])];
  const keyword = draft.keyword.trim().toUpperCase();
  const help = keyword && draft.sender_id ? t('surveys.keyword_begins', { keyword, code: draft.sender_id }) : t('surveys.keyword_help');
  const begins = keyword && draft.sender_id ? t('surveys.begins_by', { keyword, code: draft.sender_id }) : draft.sender_id || t('surveys.no_code');
  const isOpen = codes?.length === 0 || ['name', 'language', 'sender_id', 'keyword'].some(at);
  return html`<details class="sv-details card" open=${isOpen}>
    <summary>
      <span class="card-title">${t('surveys.who_asks')}</span>${' '}
      <span class="muted small">${[draft.name, begins, own ? draft.language : t(`surveys.language_of.${draft.language}`)].join(' · ')}</span>
    </summary>
    <div class="sv-settings">
      <${TextField} name="name" label=${t('surveys.name')} value=${draft.name} onInput=${(name) => set({ name })} required maxlength="200" error=${at('name')}/>
      <${SelectField} name="language" label=${t('surveys.language')} value=${draft.language} onInput=${(language) => set({ language })} options=${languages}
        help=${t('surveys.language_help')} error=${at('language')}/>
      <${CodeField} codes=${codes} name="sender_id" value=${draft.sender_id} onInput=${(sender_id) => set({ sender_id })} help=${t('surveys.code_help')}
        error=${at('sender_id')}/>
      <${TextField} name="keyword" label=${t('surveys.keyword')} value=${draft.keyword} onInput=${(word) => set({ keyword: word })} maxlength="20" help=${help}
        error=${at('keyword')}/>
    </div>
    ${codes?.length === 0 && html`<div><${NoCode}/></div>`}
  </details>`;
}

/** How it is held: how often it asks again, when it reminds, when it is over. @param {{work: object}} props */
export function Conduct({ work }) {
  const { options } = work.draft;
  const set = (patch) => work.set({ ...work.draft, options: { ...options, ...patch } });
  const at = (name) => faultAt(work.faults, null, `options.${name}`);
  const hours = t('surveys.hours_short');
  return html`<details class="sv-details card" open=${['reask', 'reminder_after_h', 'lapse_after_h', 'invitation_valid_h'].some(at)}>
    <summary><span class="card-title">${t('surveys.conduct')}</span> <span class="muted small">${conductWords(options)}</span></summary>
    <div class="sv-settings">
      <${NumberField} name="reask" label=${t('surveys.reask')} help=${t('surveys.reask_help')} value=${options.reask} min="0" max="5"
        suffix=${t('surveys.times_short')} onInput=${(reask) => set({ reask: reask ?? OPTIONS.reask })} error=${at('reask')}/>
      <${NumberField} name="reminder" label=${t('surveys.reminder')} help=${t('surveys.reminder_help')} value=${options.reminder_after_h} min="1" max="720"
        suffix=${hours} placeholder=${t('surveys.never')} onInput=${(reminder_after_h) => set({ reminder_after_h })} error=${at('reminder_after_h')}/>
      <${NumberField} name="lapse" label=${t('surveys.lapse')} help=${t('surveys.lapse_help')} value=${options.lapse_after_h} min="1" max="720" suffix=${hours}
        onInput=${(lapse) => set({ lapse_after_h: lapse ?? OPTIONS.lapse_after_h })} error=${at('lapse_after_h')}/>
      <${NumberField} name="invitation" label=${t('surveys.valid')} help=${t('surveys.valid_help')} value=${options.invitation_valid_h} min="1" max="720"
        suffix=${hours} onInput=${(valid) => set({ invitation_valid_h: valid ?? OPTIONS.invitation_valid_h })} error=${at('invitation_valid_h')}/>
      <${SelectField} name="repeat" label=${t('surveys.repeat')} value=${options.repeat} onInput=${(repeat) => set({ repeat })}
        options=${['once', 'each_time'].map((value) => ({ value, label: t(`surveys.repeat_of.${value}`) }))}/>
    </div>
  </details>`;
}

function conductWords({ reask, reminder_after_h: reminder, lapse_after_h: lapse, repeat }) {
  const reminds = reminder === null ? t('surveys.short.no_reminder') : t('surveys.short.reminder', { n: reminder });
  return [t('surveys.short.reask', { n: reask }), reminds, t('surveys.short.lapse', { n: lapse }), t(`surveys.repeat_of.${repeat}`)].join(' · ');
}

/** What the node says itself, in words of one's own. @param {{work: object}} props */
export function OwnWords({ work }) {
  const { texts, language } = work.draft;
  const spoken = language === 'sw' ? 'sw' : 'en';
  const set = (name, text) => {
    const { [name]: _, ...rest } = texts;
    work.set({ ...work.draft, texts: text === null ? rest : { ...rest, [name]: text } });
  };
  const count = Object.keys(texts).length;
  return html`<details class="sv-details card" open=${WORDS.some((name) => faultAt(work.faults, null, `texts.${name}`))}>
    <summary>
      <span class="card-title">${t('surveys.own_words')}</span>${' '}
      <span class="muted small">${count ? t('surveys.own_words_n', { n: count }) : t('surveys.own_words_none')}</span>
    </summary>
    <p class="muted small">${t('surveys.own_words_help')}</p>
    <div class="sv-own">
      ${WORDS.map((name) => html`<${OwnText} key=${name} name=${name} text=${texts[name]} usual=${t(`surveys.node.${spoken}.${name}`)}
        error=${faultAt(work.faults, null, `texts.${name}`)} onInput=${(text) => set(name, text)}/>`)}
    </div>
  </details>`;
}

function OwnText({ name, text, usual, error, onInput }) {
  const own = text !== undefined;
  const reset = html`<button type="button" class="sv-from small"
    onClick=${() => onInput(own ? null : usual)}>${t(own ? 'surveys.as_usual' : 'surveys.say_otherwise')}</button>`;
  const label = t(`surveys.words_for.${name}`);
  if (!own) return html`<div class="sv-own-one"><div class="sv-own-top"><span>${label}</span>${reset}</div><p class="muted small">${usual}</p></div>`;
  const note = text === '' && MAY_BE_EMPTY.includes(name) ? t('surveys.says_nothing') : html`<${Parts} text=${text}/>`;
  return html`<div class="sv-own-one"><${AreaField} name=${`texts-${name}`} label=${label} aside=${reset} value=${text} onInput=${onInput} rows=${2} grow
    maxlength="500" help=${note} error=${error}/></div>`;
}
