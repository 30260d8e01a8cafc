/** A screen as phones show it: each page with how much of it is taken, as the engine cuts it. */
import { html, cx } from '../../parts/ui.js';
import { t } from '../../parts/texts.js';
import { usePages } from './preview.js';

export function Pages({ menu, name, facts }) {
  const { pages, isStale } = usePages(menu, name, facts);
  if (!pages?.length) return null;
  return html`
    <section class=${cx('ussd-pages', isStale && 'is-stale')} aria-label=${t('ussd.pages')}>
      <h3 class="ussd-heading">${t('ussd.pages')} <span class="muted small">${t('ussd.pages.n', { n: pages.length })}</span></h3>
      <div class="ussd-pages-row">
        ${pages.map((page, at) => html`<${Page} key=${at} page=${page} at=${at} count=${pages.length}/>`)}
      </div>
    </section>`;
}

function Page({ page, at, count }) {
  const { taken, most, alphabet } = page.size;
  return html`
    <figure class="ussd-page">
      <pre>${page.text}</pre>
      <figcaption class="small muted num">
        <${Taken} taken=${taken} most=${most}/>
        <span>${t('ussd.pages.taken', { taken, most })} ${alphabet === 'ucs2' && html`<span class="warn">${t('ussd.ucs2')}</span>`}</span>
        ${count > 1 && html`<span>${t('ussd.pages.nth', { n: at + 1, of: count })}</span>`}
      </figcaption>
    </figure>`;
}

/** How full a screen is, as a thin line. */
export function Taken({ taken, most }) {
  return html`<span class=${cx('ussd-taken', taken > most && 'is-over')} aria-hidden="true"><span style=${{ width: `${Math.min(100, (100 * taken) / most)}%` }}></span></span>`;
}
