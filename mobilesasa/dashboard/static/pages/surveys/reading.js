// A survey as it stands, to be read: a version, or the draft where nobody may change it.
import { html, cx } from '../../parts/ui.js';
import { t } from '../../parts/texts.js';
import { Facts, Stack } from '../../parts/page.js';
import { number } from '../../parts/format.js';
import { PARTS_MAX, keysOf, measure, sayingAt } from './length.js';
import { targetName, wayWords } from './words.js';

/** How many messages a text is. */
export function Parts({ text }) {
  const { parts, alphabet } = measure(text);
  return html`<span class=${cx('sv-parts small', alphabet === 'ucs2' && 'is-odd', parts > PARTS_MAX && 'danger')}
    title=${t(`surveys.alphabet_${alphabet}`)}>${t('surveys.parts', { n: parts })}</span>`;
}

/** @param {{draft: object}} props as of draft.fromShown */
export function Definition({ draft }) {
  const { options } = draft;
  const facts = [
    [t('surveys.code'), draft.sender_id || '–'],
    [t('surveys.keyword'), draft.keyword ? draft.keyword.toUpperCase() : '–'],
    [t('surveys.language'), t(`surveys.language_of.${draft.language === 'sw' ? 'sw' : 'en'}`)],
    [t('surveys.repeat'), t(`surveys.repeat_of.${options.repeat}`)],
    [t('surveys.reask'), t('surveys.times', { n: options.reask })],
    [t('surveys.reminder'), options.reminder_after_h === null ? t('surveys.never') : t('surveys.hours', { n: options.reminder_after_h })],
    [t('surveys.lapse'), t('surveys.hours', { n: options.lapse_after_h })],
  ];
  return html`<${Stack}>
    <${Facts} columns items=${facts}/>
    ${draft.introduction && html`<div class="sv-said"><span class="muted small">${t('surveys.introduction')}</span><p>${draft.introduction}</p></div>`}
    <ol class="sv-read">${draft.questions.map((question, place) => html`<${Question} key=${question.uuid} draft=${draft} question=${question} place=${place}/>`)}</ol>
    ${draft.thanks && html`<div class="sv-said"><span class="muted small">${t('surveys.thanks')} · <${Parts} text=${draft.thanks}/></span><p>${draft.thanks}</p></div>`}
  </${Stack}>`;
}

function Question({ draft, question, place }) {
  const keys = keysOf(question);
  const ways = [
    ...question.rules.map((rule) => ({ key: rule.uuid, rule, to: rule.next })),
    ...question.options.filter((option) => option.next).map((option) => ({ key: option.uuid, option, to: option.next })),
    ...(question.next ? [{ key: 'else', to: question.next }] : []),
  ];
  const about = [t(`surveys.kind.${question.type}`), question.code, !question.required && t('surveys.optional'), bounds(question)].filter(Boolean);
  return html`<li>
    <p class="sv-asked">${question.text}</p>
    <p class="muted small">${about.join(' · ')} · <${Parts} text=${sayingAt(draft, place)}/></p>
    ${question.options.length > 0 && html`<ul class="sv-read-options">
      ${question.options.map((option, at) => html`<li key=${option.uuid}><span class="mono muted">${keys[at]}.</span> ${option.label}</li>`)}
    </ul>`}
    ${ways.length > 0 && html`<ul class="sv-ways small">
      ${ways.map((way) => html`<li key=${way.key}>${t('surveys.way', { who: wayWords(draft, question, way), where: targetName(draft, way.to) })}</li>`)}
    </ul>`}
  </li>`;
}

/** Between which numbers an answer must be. */
export function bounds(question) {
  if (question.type !== 'number' && question.type !== 'rating') return '';
  const { min, max } = question;
  if (min !== null && max !== null) return t('surveys.from_to', { min: number(min), max: number(max) });
  return min !== null ? t('surveys.from', { min: number(min) }) : max !== null ? t('surveys.to', { max: number(max) }) : '';
}

/** All that is said to somebody who is asked everything, in messages. */
export function Sum({ draft }) {
  if (!draft.questions.length) return null;
  const texts = [...draft.questions.map((_, place) => sayingAt(draft, place)), draft.thanks];
  const all = texts.reduce((sum, text) => sum + measure(text).parts, 0);
  return html`<span class="muted small">${t('surveys.sum', { first: t('surveys.parts', { n: measure(texts[0]).parts }), all: t('surveys.parts', { n: all }) })}</span>`;
}

