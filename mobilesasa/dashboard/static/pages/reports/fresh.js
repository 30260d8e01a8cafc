/** How fresh the figures of a report are, and in which zone its days begin. */
import { html } from '../../parts/ui.js';
import { When } from '../../parts/format.js';
import { t } from '../../parts/texts.js';

/** @param {{report: {counted_at: string|null, is_recounting: boolean, zone: string}}} props */
export function Freshness({ report }) {
  return html`<p class="small muted">
    ${report.counted_at && html`${t('reports.counted')} <${When} at=${report.counted_at} /> · `}${t('reports.in_zone', { zone: report.zone.replaceAll('_', ' ') })}
    ${report.is_recounting && html` · <span class="warn">${t('reports.recounting')}</span>`}
  </p>`;
}
