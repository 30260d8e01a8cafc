/** What is said of campaigns on several pages: where one stands, what it waits for, when a series makes the next. */
import { dayTime } from '../../parts/format.js';
import { zone } from '../../parts/session.js';
import { language, t } from '../../parts/texts.js';

/** Reasons for which people are left out that have words of their own; others are codes of errors. */
const REASONS = ['suppressed', 'erased', 'cancelled', 'no_route', 'bad_recipient', 'too_many_parts', 'bad_text', 'sender_not_approved'];

/** @param {number} n @returns {string} "2,847 people" */
export function peopleWords(n) {
  return t('campaigns.people', { n });
}

/** @param {number} n @returns {string} "2,847 units" */
export function unitsWords(n) {
  return t('campaigns.units', { n });
}

/** @param {string[]} words @returns {string} "a, b and c" */
export function listWords(words) {
  return new Intl.ListFormat(language.value, { type: 'conjunction' }).format(words);
}

/** @param {number} n minutes @returns {string} in the largest whole measure, "2 hours" */
export function minutesWords(n) {
  if (n && n % 1440 === 0) return t('campaigns.days', { n: n / 1440 });
  if (n && n % 60 === 0) return t('campaigns.hours', { n: n / 60 });
  return t('campaigns.minutes', { n });
}

/**
 * @param {object} repeat of a campaign, as the API shows it
 * @returns {string} "Every Monday and Thursday at 09:30, until 2026-12-31"
 */
export function repeatWords(repeat) {
  const words = everyWords(repeat);
  if (repeat.until) return t('campaigns.repeat_until_words', { words, day: repeat.until });
  return repeat.times ? t('campaigns.repeat_times_words', { words, n: Number(repeat.times) }) : words;
}

function everyWords(repeat) {
  const { at, every } = repeat;
  if (every === 'day') return t('campaigns.every_day_at', { at });
  const days = every === 'week' ? repeat.weekdays.map((day) => t(`campaigns.weekday_${day}`)) : repeat.days.map(String);
  return t(every === 'week' ? 'campaigns.every_week_at' : 'campaigns.every_month_at', { at, days: listWords(days) });
}

/** @param {object} campaign @returns {boolean} whether it makes campaigns and sends nothing itself */
export function isSeries(campaign) {
  return Boolean(campaign.repeat || campaign.trigger);
}

/** @param {object} campaign @returns {boolean} whether its time is still to come; one that has passed means at once */
export function isAhead(campaign) {
  return Boolean(campaign.scheduled_at) && Date.parse(campaign.scheduled_at) > Date.now();
}

/** @param {object} campaign @returns {string} how a series makes its campaigns; nothing for one that is none */
export function seriesWords(campaign) {
  if (campaign.repeat) return repeatWords(campaign.repeat);
  if (!campaign.trigger) return '';
  const n = campaign.trigger.delay_minutes;
  return n ? t('campaigns.trigger_later', { wait: minutesWords(n) }) : t('campaigns.trigger_at_once');
}

/** @param {object} campaign @returns {boolean} whether messages of it wait for a carrier, so that they can be held or taken back */
export function hasWaiting(campaign) {
  return (campaign.stats?.waiting ?? 0) > 0;
}

/** @param {object} campaign @returns {string} what it waits for, in a sentence; nothing where it does not wait */
export function waitsWords(campaign) {
  if (!campaign.waits_for || campaign.waits_for === 'paused') return '';
  const key = `campaigns.waits_${campaign.waits_for}`;
  return campaign.waits_until && campaign.waits_for !== 'route' ? t(`${key}_until`, { at: dayTime(campaign.waits_until), zone: zone() }) : t(key);
}

/** @param {object} campaign that is paused @returns {string} who stopped it, and why */
export function pausedWords(campaign) {
  const { by, reason } = campaign.paused;
  if (by === 'team') return t('campaigns.paused_team');
  return reason || t(`campaigns.paused_${by ?? 'series'}`);
}

/** @param {string|null} reason why somebody is left out: a word of ours, or the code of an error @returns {string} */
export function leftOutWords(reason) {
  return REASONS.includes(reason) ? t(`campaigns.left_out_${reason}`) : String(reason ?? '').replaceAll('_', ' ');
}

/**
 * How soon a campaign is looked at again.
 * @param {object|null} campaign
 * @returns {number} seconds; 0: it is not
 */
export function paceOf(campaign) {
  if (!campaign) return 0;
  if (campaign.phase === 'sending' || hasWaiting(campaign)) return 2;
  if (campaign.phase === 'scheduled' || campaign.phase === 'paused') return 10;
  const ended = campaign.finished_at ? Date.now() - Date.parse(campaign.finished_at) : Infinity;
  return campaign.stats?.sent && ended < 86_400_000 ? (ended < 600_000 ? 3 : 30) : 0;
}
