/** Days as filters name them, and the moments at which they begin where the team is. */
import { fromZone } from '../../parts/moments.js';

const DAY = /^\d{4}-\d{2}-\d{2}$/;
const DAY_MS = 86_400_000;

/** A day some days later, or earlier with a number below nothing. @param {string} day as 2026-05-11 @param {number} days */
export function plusDays(day, days) {
  return new Date(Date.parse(`${day}T00:00:00Z`) + days * DAY_MS).toISOString().slice(0, 10);
}

/** When a day begins in a zone, as ISO in UTC. */
export function startOfDay(day, zone) {
  return fromZone(`${day}T00:00`, zone);
}

/**
 * The moment that is written in an address: a day, of which the beginning or the end is meant, or a moment itself.
 * @param {string|undefined} written
 * @param {string} zone
 * @param {boolean} [isEnd] whether the end of the day is meant
 * @returns {string|undefined} ISO in UTC; undefined where nothing can be read
 */
export function momentOf(written, zone, isEnd = false) {
  if (!written || Number.isNaN(Date.parse(written))) {
    return undefined;
  }
  return DAY.test(written) ? startOfDay(isEnd ? plusDays(written, 1) : written, zone) : new Date(written).toISOString();
}
