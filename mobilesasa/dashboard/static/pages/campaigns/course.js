/** How far a campaign has come, as one bar of all its people: delivered, on the way, failed, left out, and still to come. */
import { html } from '../../parts/ui.js';
import { number, percent } from '../../parts/format.js';
import { Card } from '../../parts/page.js';
import { t } from '../../parts/texts.js';

/** The parts of the bar, from its left, with their colours; together they are all who were found. */
function partsOf({ stats, progress }) {
  return [
    ['delivered', stats.delivered, 'good'],
    ['sent', stats.sent, 'accent'],
    ['waiting', stats.waiting, 'info'],
    ['failed', stats.failed, 'bad'],
    ['left_out', progress.skipped, 'muted'],
    ['to_come', progress.left, ''],
  ];
}

function headOf({ stats, progress, phase }) {
  if (progress.left > 0 && phase !== 'cancelled') return t('campaigns.queued_of', { queued: progress.queued, all: progress.recipients });
  return t('campaigns.delivered_of', { delivered: stats.delivered, all: progress.recipients });
}

/** @param {{campaign: object}} props one that was sent */
export function Course({ campaign }) {
  const { progress, rate_per_s: rate } = campaign;
  const parts = partsOf(campaign);
  const all = progress.recipients || 1;
  const label = parts.filter(([, n]) => n).map(([name, n]) => `${t(`campaigns.${name}`)} ${number(n)}`).join(', ');
  const going = progress.left > 0 && campaign.phase === 'sending';
  return html`<${Card}>
    <div class="cp-course">
      <div class="row is-wrapping is-between"><strong class="num">${headOf(campaign)}</strong>
        <span class="small muted num">${going ? `${progress.percent}%` : percent(campaign.stats.delivered / all)}${going && rate ? ` · ${t('campaigns.at_rate', { n: rate })}` : ''}</span></div>
      <div class="cp-course-bar" role="img" aria-label=${label}>
        ${parts.map(([name, n, colour]) => colour && n > 0 && html`<span key=${name} class=${`tone-${colour}`} style=${{ flexGrow: String(n) }}></span>`)}
        ${progress.left > 0 && html`<span style=${{ flexGrow: String(progress.left) }}></span>`}
      </div>
      <ul class="cp-course-legend small">${parts.map(([name, n, colour]) => (n > 0 || ['delivered', 'failed'].includes(name)) && html`<li key=${name}>
        <span class=${`legend-dot ${colour ? `tone-${colour}` : 'cp-course-none'}`} aria-hidden="true"></span>${t(`campaigns.${name}`)} <span class="num">${number(n)}</span></li>`)}</ul>
    </div>
  <//>`;
}
