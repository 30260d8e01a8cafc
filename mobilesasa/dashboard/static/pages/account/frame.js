/** The frame of the pages for who has not logged in. */
import { html, useEffect } from '../../parts/ui.js';
import { Icon } from '../../parts/icons.js';
import { IconButton } from '../../parts/buttons.js';
import { shownTheme, chooseTheme } from '../../parts/theme.js';
import { t } from '../../parts/texts.js';

/**
 * @param {{title: string, lead?: any, children?: any}} props
 */
export function Door({ title, lead, children }) {
  useEffect(() => {
    document.title = t('common.page_title', { page: title });
  }, [title]);
  const other = shownTheme.value === 'dark' ? 'light' : 'dark';
  return html`
    <div class="door">
      <div class="door-card">
        <p class="mark door-mark"><span class="mark-sign" aria-hidden="true"><${Icon} name="message-square"/></span><span>${t('common.product')}</span></p>
        <h1 tabindex="-1">${title}</h1>
        ${lead && html`<p class="muted">${lead}</p>`}
        ${children}
      </div>
      <p class="door-foot small">
        <a href="/docs">${t('account.foot')}</a>
        <${IconButton} small icon=${other === 'dark' ? 'moon' : 'sun'} label=${`${t('common.theme')}: ${t(`common.theme_${other}`)}`} onClick=${() => chooseTheme(other)}/>
      </p>
    </div>
  `;
}
