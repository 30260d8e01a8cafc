/** Where a message is written: how many parts it takes, in which alphabet and for how many units, and which characters are the reason. */
import { html, cx, useEffect, useMemo, useRef, useState } from './ui.js';
import { get, post } from './api.js';
import { Field, SelectField } from './forms.js';
import { number } from './format.js';
import { Icon } from './icons.js';
import { useLoad } from './load.js';
import { can } from './session.js';
import { Link } from './router.js';
import { t } from './texts.js';
import { toast } from './toasts.js';

const PAUSE_MS = 250; // from the last key to the question what the text costs
const LONG_PAUSE_MS = 800; // the same where many numbers are asked about
const MANY = 100;
const MARKED_SHARE = 0.2; // with more characters at fault and no other way to write it, the text is meant to be so

/**
 * Ask the server what a text takes and costs.
 * @param {{message: string, sender_id?: string, to?: string[]}} asked
 * @returns {Promise<object>} EstimateShown
 */
export function askEstimate(asked) {
  return post('/messages/estimate', asked);
}

/**
 * Keep up with what a text takes and costs; the last answer stands until the next one.
 * @returns {{estimate: object|null, error: Error|null, stale: boolean}} `stale`: the answer is of an earlier text
 */
export function useEstimate(value, sender, to, ask = askEstimate) {
  const [known, setKnown] = useState({ of: '', estimate: null, error: null });
  const numbers = to && to.length ? to : undefined;
  const asked = JSON.stringify({ message: value, sender_id: sender || undefined, to: numbers });
  const blank = !value.trim();
  useEffect(() => {
    if (blank || !ask) {
      setKnown({ of: asked, estimate: null, error: null });
      return undefined;
    }
    let wanted = true;
    const timer = setTimeout(async () => {
      const found = { of: asked, estimate: null, error: null };
      try {
        found.estimate = await ask(JSON.parse(asked));
      } catch (error) {
        found.error = error;
      }
      if (wanted) {
        setKnown(found);
      }
    }, numbers && numbers.length > MANY ? LONG_PAUSE_MS : PAUSE_MS);
    return () => {
      wanted = false;
      clearTimeout(timer);
    };
  }, [asked, blank]);
  return { estimate: blank ? null : known.estimate, error: blank ? null : known.error, stale: known.of !== asked };
}

/**
 * A text area for a message.
 * @param {object} props
 * @param {string} props.value the text
 * @param {(text: string) => void} props.onInput
 * @param {string} [props.sender] name of the sender; '' is the team's default
 * @param {(name: string) => void} [props.onSender] without it no sender can be chosen
 * @param {string[]} [props.to] the numbers that it goes to, of which the cost is asked
 * @param {false|((asked: object) => Promise<object>)} [props.estimate] another way to ask, or none
 * @param {(estimate: object|null, error: Error|null) => void} [props.onEstimate] told of each answer
 * @param {string[]} [props.places] names of fields that a text may have: first_name → {first_name}
 * @param {string} [props.label] @param {string} [props.name] @param {string} [props.error] @param {string} [props.help]
 */
export function Composer(props) {
  const { value, onInput, sender = '', onSender, to, places = [], name = 'message', estimate: ask = askEstimate } = props;
  const area = useRef(null);
  const passed = useRef(() => {}); // takes away what was said of a text that is not written any more
  useEffect(() => () => passed.current(), []);
  const { estimate, error, stale } = useEstimate(value, sender, to, ask);
  useEffect(() => {
    if (props.onEstimate && !stale) {
      props.onEstimate(estimate, error);
    }
  }, [estimate, error, stale]);
  const said = props.error || (error && !stale ? error.message : undefined);
  return html`<div class="composer">
    ${onSender && html`<${SenderChoice} value=${sender} onInput=${onSender} />`}
    <${Field} name=${name} label=${props.label || t('composer.label')} help=${props.help} error=${said}>
      ${(tied) => html`<${Area} ...${{ area, tied, value, onInput, estimate }} />`}
    <//>
    ${places.length > 0 && html`<${Places} ...${{ places, area, value, onInput }} />`}
    ${ask && html`<${Counted} ...${{ estimate, stale, to }} />`}
    ${estimate && estimate.appended && html`<p class="composer-appended small">
      <span class="muted">${t('composer.appended')}</span> <q>${estimate.appended.trim()}</q>
    </p>`}
    ${estimate && estimate.lacking_count > 0 && html`<${Faults} ...${{ value, onInput, estimate, passed }} />`}
  </div>`;
}

/** The text area itself, with the same text behind it in which the characters at fault are marked. */
function Area({ area, tied, value, onInput, estimate }) {
  const back = useRef(null);
  const faults = useMemo(() => faultsOf(estimate), [estimate]);
  const pieces = useMemo(() => piecesOf(value, faults), [value, faults]);
  useEffect(() => {
    const element = area.current;
    if (!element) {
      return;
    }
    element.style.height = 'auto';
    element.style.height = `${element.scrollHeight + 2}px`;
  }, [value]);
  const follow = (event) => {
    if (back.current) {
      back.current.scrollTop = event.target.scrollTop;
    }
  };
  return html`<div class="composer-area">
    <div class="composer-back" aria-hidden="true" ref=${back}>
      ${pieces.map((piece) => (piece.fault ? html`<mark>${piece.text}</mark>` : piece.text))}${'\n'}
    </div>
    <textarea ...${tied} class="input" ref=${area} value=${value} rows="4" placeholder=${t('composer.placeholder')}
      onInput=${(event) => onInput(event.target.value)} onScroll=${follow}></textarea>
  </div>`;
}

/** Who it is from: the names that the team may use. */
function SenderChoice({ value, onInput }) {
  const found = useLoad(() => get('/sender-ids', { status: 'approved', page_size: 100 }), []);
  const senders = found.data ? found.data.items : [];
  const usual = senders.find((each) => each.is_default);
  const chosen = senders.find((each) => each.name === value) || (value ? null : usual);
  if (found.data && !senders.length) {
    return html`<p class="composer-none small msg-inline">
      <${Icon} name="alert-triangle" /> ${t('composer.sender_none')}${' '}
      ${can('team') && html`<${Link} to="/senders">${t('composer.sender_ask')}<//>`}
    </p>`;
  }
  const first = usual ? t('composer.sender_default', { name: usual.name }) : t('composer.sender_choose');
  const options = [
    { value: '', label: first },
    ...senders.filter((each) => each !== usual).map((each) => ({ value: each.name, label: each.name })),
  ];
  if (value && !options.some((each) => each.value === value)) {
    options.push({ value, label: value });
  }
  const kind = chosen && chosen.sender_class !== 'transactional' ? t(`composer.sender_${chosen.sender_class}`) : '';
  return html`<${SelectField} name="sender_id" label=${t('composer.sender')} ...${{ value, onInput, options }} help=${kind} />`;
}

/** Buttons that put the name of a field where the caret is. */
function Places({ places, area, value, onInput }) {
  const insert = (place) => {
    const element = area.current;
    const [from, to] = element ? [element.selectionStart, element.selectionEnd] : [value.length, value.length];
    const text = `{${place}}`;
    onInput(value.slice(0, from) + text + value.slice(to));
    requestAnimationFrame(() => {
      if (!element) {
        return;
      }
      element.focus();
      element.setSelectionRange(from + text.length, from + text.length);
    });
  };
  return html`<div class="composer-places small">
    <span class="muted">${t('composer.places')}</span>
    ${places.map((place) => html`<button type="button" class="composer-chip mono" key=${place} onClick=${() => insert(place)}
      aria-label=${t('composer.place', { place })}>${`{${place}}`}</button>`)}
    <span class="muted">${t('composer.places_estimate')}</span>
  </div>`;
}

/** Alphabet, parts, characters and units; it keeps its height, so nothing below it jumps. */
function Counted({ estimate, stale, to }) {
  if (!estimate) {
    return html`<p class="composer-counted small muted">${t('composer.nothing')}</p>`;
  }
  const { encoding, parts, characters, characters_left: left, units } = estimate;
  const cost = to && to.length ? t('composer.units', { n: units }) : t('composer.units_each', { n: units });
  return html`<div class=${cx('composer-counted small', stale && 'is-stale')}>
    <span class=${cx('pill', encoding === 'ucs2' ? 'pill-warn' : 'pill-neutral')} title=${t(`composer.${encoding}_help`)}>${t(`composer.${encoding}`)}</span>
    <${PartBar} estimate=${estimate} />
    <span class="num">${t('composer.parts', { n: parts })}</span>
    <span class="num muted">${t('composer.characters', { n: characters })}, ${t('composer.left', { n: left })}</span>
    <span class="num composer-cost" aria-live="polite">${cost}</span>
  </div>`;
}

/** A small bar a part, filled as far as it is. */
function PartBar({ estimate }) {
  const { parts, characters_per_part: most, characters_left: left } = estimate;
  const bars = Array.from({ length: parts }, (_, n) => (n < parts - 1 ? most : most - left));
  return html`<span class="composer-parts" aria-hidden="true">
    ${bars.map((filled, n) => html`<i key=${n} title=${t('composer.part', { n: number(n + 1), characters: number(filled), most: number(most) })}>
      <b style=${{ width: `${Math.round((100 * filled) / most)}%` }}></b></i>`)}
  </span>`;
}

/** What the GSM alphabet lacks, each with a button that puts something else in its place. */
function Faults({ value, onInput, estimate, passed }) {
  const faults = faultsOf(estimate);
  const { saving, lacking_count: count } = estimate;
  if (isMeantSo(estimate, value)) {
    return html`<p class="small muted">${t('composer.lacking', { n: count })}. ${t('composer.lacking_meant')}</p>`;
  }
  const become = (text, n) => {
    onInput(text);
    passed.current();
    passed.current = toast(t('composer.replaced', { n }), { kind: 'good', undo: async () => onInput(value) });
  };
  return html`<div class="composer-faults small">
    <div class="composer-faults-head">
      <span class="msg-inline"><${Icon} name="alert-triangle" /> ${t('composer.lacking', { n: count })}</span>
      ${saving && html`<button type="button" class="composer-chip is-main" onClick=${() => become(wholeInGsm(value, estimate), count)}>
        ${[t('composer.replace_all'), ...savingOf(estimate)].join(': ')}
      </button>`}
    </div>
    <div class="composer-chips">
      ${faults.map((fault) => html`<${Fault} key=${fault.character} ...${{ fault, value, become }} />`)}
    </div>
  </div>`;
}

/** What it brings to write all of it in the GSM alphabet, in words; nothing where parts and cost stay. */
function savingOf({ parts, saving }) {
  if (saving.parts === parts) {
    return [];
  }
  const words = t('composer.saves_parts', { n: saving.parts });
  return [saving.units_saved > 0 ? `${words}, ${t('composer.saves_units', { n: saving.units_saved })}` : words];
}

function Fault({ fault, value, become }) {
  const { character, replacement, n } = fault;
  const shown = nameOf(character);
  if (replacement === null) {
    return html`<span class="composer-chip is-still" title=${t('composer.nothing_like', { character: shown })}>${shown}</span>`;
  }
  const words = { character: shown, replacement: nameOf(replacement), n };
  const label = replacement === '' ? t('composer.remove', words) : t('composer.replace', words);
  return html`<button type="button" class="composer-chip" title=${label} aria-label=${label}
    onClick=${() => become(value.replaceAll(character, replacement), n)}>
    <b>${shown}</b> <${Icon} name=${replacement === '' ? 'x' : 'arrow-right'} /> ${replacement !== '' && nameOf(replacement)}
    ${n > 1 && html`<span class="muted num">×${number(n)}</span>`}
  </button>`;
}

/** Return the characters at fault, each once, the first that came first: [{character, replacement, n}]. */
function faultsOf(estimate) {
  const found = new Map();
  for (const each of estimate ? estimate.lacking : []) {
    const known = found.get(each.character);
    found.set(each.character, { ...each, n: (known ? known.n : 0) + 1 });
  }
  return [...found.values()];
}

/** Cut a text into pieces, those at fault by themselves. */
function piecesOf(value, faults) {
  if (!faults.length) {
    return [{ text: value, fault: false }];
  }
  const longestFirst = faults.map((each) => each.character).sort((one, other) => other.length - one.length);
  const written = new RegExp(`(${longestFirst.map((each) => each.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')).join('|')})`, 'u');
  return value.split(written).map((text, n) => ({ text, fault: n % 2 === 1 }));
}

/** Say whether a text is in another alphabet on purpose: much of it, and nothing could stand instead. */
function isMeantSo(estimate, value) {
  return !estimate.saving && estimate.lacking_count > MARKED_SHARE * [...value].length;
}

/** Return the text with all that can be replaced replaced, without what the rules append to it. */
function wholeInGsm(value, estimate) {
  const { gsm_text: whole } = estimate.saving;
  const behind = estimate.appended || '';
  if (!behind) {
    return whole;
  }
  if (whole.endsWith(behind)) {
    return whole.slice(0, -behind.length);
  }
  return faultsOf(estimate).reduce((text, each) => text.replaceAll(each.character, each.replacement || ''), value);
}

/** Return a character as it can be seen: blanks and what is invisible by its code. */
function nameOf(character) {
  if (character === '\n') {
    return t('composer.line_break');
  }
  if (/^[\p{L}\p{M}\p{N}\p{P}\p{S}]+$/u.test(character) || character === '') {
    return character;
  }
  if (character === ' ') {
    return '␣';
  }
  const code = [...character].map((each) => `U+${each.codePointAt(0).toString(16).toUpperCase().padStart(4, '0')}`).join(' ');
  return t(/^\s+$/u.test(character) ? 'composer.blank' : 'composer.invisible', { code });
}
