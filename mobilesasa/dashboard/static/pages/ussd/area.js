/** What the pages of USSD share: the tabs between them, and the words for where a session stands. */
import { html } from '../../parts/ui.js';
import { Status } from '../../parts/format.js';
import { Tabs } from '../../parts/forms.js';
import { go } from '../../parts/router.js';
import { t } from '../../parts/texts.js';

const KINDS = { live: 'good', ended: 'neutral', aborted: 'warn', timeout: 'warn', dropped: 'bad' };

/** Where a session can stand. */
export const STATUSES = Object.keys(KINDS);

/** @param {{value: 'menus'|'extensions'|'sessions'}} props */
export function AreaTabs({ value }) {
  const tabs = [
    { id: 'menus', label: t('ussd.tab.menus'), icon: 'list' },
    { id: 'extensions', label: t('ussd.tab.extensions'), icon: 'hash' },
    { id: 'sessions', label: t('ussd.tab.sessions'), icon: 'activity' },
  ];
  const onChange = (id) => (id === 'sessions' ? go('/ussd/sessions') : go('/ussd', { tab: id === 'menus' ? undefined : id }));
  return html`<${Tabs} label=${t('ussd.title')} tabs=${tabs} value=${value} onChange=${onChange}/>`;
}

/** Where a session stands, in words and a colour. */
export function SessionStatus({ of }) {
  return html`<${Status} of=${of} kind=${KINDS[of]} label=${t(`ussd.session.${of}`)}/>`;
}
