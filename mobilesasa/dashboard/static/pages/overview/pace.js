/** How many messages go out a second: from what the summary of today says now and said before. */
import { html, signal } from '../../parts/ui.js';
import { Spark } from '../../parts/charts.js';
import { Figure, number } from '../../parts/format.js';
import { t } from '../../parts/texts.js';

const KEPT = 120; // samples, some ten minutes
const OVER_S = 60;

/** What was read: {team, day, samples: [{atS, sent}]}. It outlives the page, so the way back to it begins with a figure. */
const seen = signal({ team: '', day: '', samples: [] });

/**
 * Keep what a summary of today says; nothing of it where it tells no time, or the same as before.
 * @param {string} team its code
 * @param {object} summary SummaryShown
 */
export function notePace(team, summary) {
  if (!summary.counted_at || summary.is_recounting) {
    return;
  }
  const known = seen.peek();
  const goesOn = known.team === team && known.day === summary.date_from;
  const samples = goesOn ? known.samples : [];
  const sample = { atS: Date.parse(summary.counted_at) / 1000, sent: summary.figures.sent };
  if (samples.length === 0 || samples.at(-1).atS < sample.atS) {
    seen.value = { team, day: summary.date_from, samples: [...samples, sample].slice(-KEPT) };
  }
}

/**
 * Messages a second over the last minute; null until there are two samples.
 * @param {{atS: number, sent: number}[]} samples oldest first
 */
export function rateOf(samples) {
  const last = samples.at(-1);
  const first = samples.find((each) => each !== last && last.atS - each.atS <= OVER_S) ?? samples.at(-2);
  return first ? Math.max(0, (last.sent - first.sent) / (last.atS - first.atS)) : null;
}

/** The rate from each sample to the next. */
function ratesOf(samples) {
  return samples.slice(1).map((each, nth) => Math.max(0, (each.sent - samples[nth].sent) / (each.atS - samples[nth].atS)));
}

/** The figure, with a line of the last minutes. */
export function Pace() {
  const { samples } = seen.value;
  const rate = rateOf(samples);
  const rates = ratesOf(samples);
  return html`
    <${Figure} label=${t('overview.pace')} value=${rate === null ? null : number(rate, rate < 10 ? 1 : 0)}
      help=${t(rate === null ? 'overview.pace_measuring' : 'overview.pace_help')}>
      ${rates.some((each) => each > 0) && html`<span class="ov-spark"><${Spark} values=${rates} label=${t('overview.pace_chart')} /></span>`}
    <//>`;
}
