/** Days of the team's zone as moments, for lists that are asked for a span of time. */
import { fromZone } from '../../parts/moments.js';

const DAY_MS = 86_400_000;
const DAY = /^\d{4}-\d{2}-\d{2}$/;

/**
 * When a day begins in the team's zone.
 * @param {string|undefined} day as `2026-05-11`; a moment is given back as it is
 * @param {number} [later] so many days later
 * @returns {string|undefined} a moment in UTC
 */
export function beginningOf(day, later = 0) {
  if (!DAY.test(day ?? '')) {
    return day || undefined;
  }
  const noon = Date.parse(`${day}T12:00:00Z`);
  return Number.isNaN(noon) ? undefined : fromZone(`${new Date(noon + later * DAY_MS).toISOString().slice(0, 10)}T00:00`);
}

/** The end of a day in the team's zone, which is the beginning of the next. @param {string|undefined} day */
export const endOf = (day) => beginningOf(day, 1);

/** A moment some seconds later, for what happened within the second of it. @param {string} at @param {number} seconds */
export const after = (at, seconds) => new Date(Date.parse(at) + seconds * 1000).toISOString().replace('.000Z', 'Z');
