/** Numbers, phones and times as people read them: in the language of the texts and the time zone of the team. */
import { html, cx, signal, useEffect } from './ui.js';
import { t, language, textOr } from './texts.js';
import { zone, country } from './session.js';
import { Icon } from './icons.js';
import { Trend } from './trend.js';

const made = new Map(); // language, zone and form → Intl.…

function kept(key, make) {
  const whole = `${language.value} ${key}`;
  if (!made.has(whole)) {
    made.set(whole, make());
  }
  return made.get(whole);
}

const isNone = (value) => value === null || value === undefined || value === '' || Number.isNaN(value);
const DASH = '–';

/** A number with separators. @param {number|null} n @param {number} [digits] after the point at most */
export function number(n, digits = 2) {
  return isNone(n) ? DASH : kept(`n${digits}`, () => new Intl.NumberFormat(language.value, { maximumFractionDigits: digits })).format(n);
}

/** A large number in short, as 12.4K. @param {number|null} n */
export function compact(n) {
  return isNone(n) ? DASH : kept('c', () => new Intl.NumberFormat(language.value, { notation: 'compact', maximumFractionDigits: 1 })).format(n);
}

/** Units, with the word. @param {number|null} n */
export function units(n) {
  return isNone(n) ? DASH : t('common.unit_n', { n });
}

/** A part of one as a percentage: 0.973 is 97.3 %. @param {number|null} x @param {number} [digits] */
export function percent(x, digits = 1) {
  return isNone(x) ? DASH : kept(`p${digits}`, () => new Intl.NumberFormat(language.value, { style: 'percent', maximumFractionDigits: digits })).format(x);
}

/** A span of time in seconds. @param {number|null} s */
export function duration(s) {
  if (isNone(s)) {
    return DASH;
  }
  if (s < 1) {
    return t('common.duration_ms', { ms: Math.round(s * 1000) });
  }
  const whole = Math.round(s);
  const [d, h, min, sec] = [Math.floor(whole / 86400), Math.floor(whole / 3600) % 24, Math.floor(whole / 60) % 60, whole % 60];
  if (d) {
    return t('common.duration_d', { d, h });
  }
  if (h) {
    return t('common.duration_h', { h, min });
  }
  return min ? t('common.duration_m', { min, s: sec }) : t('common.duration_s', { s: s < 10 ? Math.round(s * 10) / 10 : whole });
}

/** A number of octets. @param {number|null} n */
export function octets(n) {
  if (isNone(n)) {
    return DASH;
  }
  const steps = ['B', 'kB', 'MB', 'GB', 'TB'];
  const step = Math.min(steps.length - 1, n < 1 ? 0 : Math.floor(Math.log10(n) / 3));
  return `${number(n / 1000 ** step, step ? 1 : 0)} ${steps[step]}`;
}

const GROUPS = { 254: [3, 3, 3], 255: [3, 3, 3], 256: [3, 3, 3], 250: [3, 3, 3], 1: [3, 3, 4], 44: [4, 6], 27: [2, 3, 4], 234: [3, 3, 4] };

/** A phone number (E.164 without the plus, or with it) in groups: +254 712 345 678. @param {string|null} msisdn */
export function phone(msisdn) {
  if (isNone(msisdn)) {
    return DASH;
  }
  const digits = String(msisdn).replace(/^\+/, '');
  if (!/^\d{9,15}$/.test(digits)) {
    return String(msisdn);
  }
  const code = Object.keys(GROUPS).sort((a, b) => b.length - a.length).find((each) => digits.startsWith(each));
  const pieces = [];
  let rest = digits.slice(code?.length ?? 3);
  for (const size of GROUPS[code] ?? [3, 3, 3, 3]) {
    pieces.push(rest.slice(0, size));
    rest = rest.slice(size);
  }
  return `+${[code ?? digits.slice(0, 3), ...pieces, rest].filter(Boolean).join('\u00a0')}`;
}

const dateOf = (at) => (at instanceof Date ? at : new Date(typeof at === 'number' ? at * 1000 : at));

function timed(at, form, options) {
  if (isNone(at)) {
    return DASH;
  }
  const place = zone();
  const date = dateOf(at);
  return Number.isNaN(date.getTime()) ? String(at)
    : kept(`${form} ${place}`, () => new Intl.DateTimeFormat(language.value === 'en' ? 'en-GB' : language.value, { timeZone: place, ...options })).format(date);
}

/** 11 May 2026, in the team's zone. @param {string|Date|number|null} at ISO, or seconds since 1970 */
export const day = (at) => timed(at, 'day', { day: 'numeric', month: 'short', year: 'numeric' });
/** 11 May. */
export const shortDay = (at) => timed(at, 'short', { day: 'numeric', month: 'short' });
/** Mon 11 May. */
export const weekday = (at) => timed(at, 'week', { weekday: 'short', day: 'numeric', month: 'short' });
/** 14:05. */
export const time = (at) => timed(at, 'time', { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
/** 14:05:09. */
export const exactTime = (at) => timed(at, 'exact', { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' });
/** 11 May 2026, 14:05. */
export const dayTime = (at) => timed(at, 'dayTime', { day: 'numeric', month: 'short', year: 'numeric', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
/** Mon, 11 May 2026, 14:05:09 EAT: the whole truth, for a title. */
export const exact = (at) => timed(at, 'whole', {
  weekday: 'short', day: 'numeric', month: 'short', year: 'numeric', hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23', timeZoneName: 'short',
});

/** The day in the team's zone as 2026-05-11. @param {string|Date|number} [at] */
export function isoDay(at = new Date()) {
  const pieces = Object.fromEntries(new Intl.DateTimeFormat('en-CA', { timeZone: zone(), year: 'numeric', month: '2-digit', day: '2-digit' })
    .formatToParts(dateOf(at)).map((each) => [each.type, each.value]));
  return `${pieces.year}-${pieces.month}-${pieces.day}`;
}

const ticks = signal(0); // for all relative times of the page
let watched = 0;
let ticking = 0;

function useTicks() {
  useEffect(() => {
    watched += 1;
    ticking ||= setInterval(() => {
      ticks.value += 1;
    }, 10_000);
    return () => {
      watched -= 1;
      if (!watched) {
        clearInterval(ticking);
        ticking = 0;
      }
    };
  }, []);
  return ticks.value;
}

const STEPS = [[60, 'second', 1], [3600, 'minute', 60], [86400, 'hour', 3600], [86400 * 7, 'day', 86400]];

/** How long ago it was, or how soon it is; a date when that is more than a week. @param {string|Date|number} at @param {number} [nowMs] */
export function relative(at, nowMs = Date.now()) {
  const apart = (dateOf(at).getTime() - nowMs) / 1000;
  const size = Math.abs(apart);
  if (size < 45) {
    return apart > 5 ? t('common.in_a_moment') : t('common.just_now');
  }
  const step = STEPS.find(([below]) => size < below);
  if (!step) {
    return new Date(nowMs).getUTCFullYear() === dateOf(at).getUTCFullYear() ? shortDay(at) : day(at);
  }
  const ago = kept('relative', () => new Intl.RelativeTimeFormat(language.value, { numeric: 'always', style: 'short' }));
  return ago.format(Math.round(apart / step[2]), step[1]).replace(/(\bmin|\bhr|\bsec)\./, '$1');
}

/**
 * When: relative, with the exact time when pointed at.
 * @param {{at: string|null, empty?: string, exact?: boolean}} props exact: the time itself, relative when pointed at
 */
export function When({ at, empty = DASH, exact: whole = false }) {
  useTicks();
  if (isNone(at)) {
    return html`<span class="muted">${empty}</span>`;
  }
  const words = relative(at);
  return html`<time class="when nowrap" datetime=${dateOf(at).toISOString()} title=${whole ? words : exact(at)}>${whole ? dayTime(at) : words}</time>`;
}

const KINDS = {
  good: 'delivered completed approved active enabled live up bound ok matched published current',
  bad: 'failed rejected revoked locked down aborted dropped refused suspended',
  warn: 'pending paused throttled trying uncertain postponed no_receipt expired timeout requested due held running_low unmatched cancelled_late',
  info: 'sent sending processing running scheduled in_progress accepted connecting leaving invited rerouted new',
};
const KIND_OF = Object.fromEntries(Object.entries(KINDS).flatMap(([kind, words]) => words.split(' ').map((each) => [each, kind])));
const MOVING = new Set(['sending', 'processing', 'running', 'in_progress', 'connecting', 'trying']);

/** The colour of a state: good, bad, warn, info or neutral. @param {string} state */
export const kindOf = (state) => KIND_OF[state] ?? 'neutral';

/**
 * A state as a coloured pill, with words.
 * @param {{of: string|null, label?: string, kind?: 'good'|'bad'|'warn'|'info'|'neutral', title?: string}} props
 */
export function Status({ of, label, kind, title }) {
  if (isNone(of) && !label) {
    return html`<span class="muted">${DASH}</span>`;
  }
  const words = label ?? textOr(`status.${of}`, String(of).replaceAll('_', ' '));
  return html`<span class=${cx('pill', `pill-${kind ?? kindOf(of)}`, MOVING.has(of) && 'is-moving')} title=${title}><span class="pill-dot" aria-hidden="true"></span>${words}</span>`;
}

/**
 * A large number with its label.
 * @param {{label: string, value: any, unit?: string, help?: any, trend?: number|null, icon?: string, kind?: string, to?: string,
 *   href?: string, children?: any, upIsBad?: boolean}} props value: a number is written with separators; trend: a part of one,
 *   up or down
 */
export function Figure({ label, value, unit, help, trend, icon, kind, href, children, upIsBad }) {
  const shown = typeof value === 'number' ? number(value) : value ?? DASH;
  const inner = html`
    <span class="figure-label">${icon && html`<${Icon} name=${icon}/>`}${label}</span>
    <span class=${cx('figure-value', 'num', kind && `is-${kind}`)}>${shown}${unit && html`<span class="figure-unit">${unit}</span>`}</span>
    ${(help || isTrend(trend)) && html`<span class="figure-help">${isTrend(trend) && html`<${Trend} of=${trend} upIsBad=${upIsBad}/>`}${help}</span>`}
    ${children}
  `;
  return href ? html`<a class="figure" href=${href}>${inner}</a>` : html`<div class="figure">${inner}</div>`;
}

const isTrend = (trend) => trend !== undefined && trend !== null && Number.isFinite(trend);

/** The country that national numbers are read in. */
export const homeCountry = country;
