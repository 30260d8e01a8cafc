/** USSD: the team's menus, and what people dial to come to them. */
import { html, useState } from '../../parts/ui.js';
import { Button } from '../../parts/buttons.js';
import { Page } from '../../parts/page.js';
import { can } from '../../parts/session.js';
import { t } from '../../parts/texts.js';
import { AreaTabs } from './area.js';
import { Extensions } from './extensions.js';
import { Menus } from './menus.js';

/** @param {{query: Record<string, string>}} props */
export default function UssdPage({ query }) {
  const tab = query.tab === 'extensions' ? 'extensions' : 'menus';
  const [open, setOpen] = useState(query.new ?? ''); // 'menu', 'import' or 'extension'
  const canWrite = can('ussd');
  const actions = canWrite && (tab === 'menus'
    ? html`
      <${Button} icon="upload" onClick=${() => setOpen('import')}>${t('ussd.import')}</${Button}>
      <${Button} kind="primary" icon="plus" onClick=${() => setOpen('menu')}>${t('ussd.new_menu')}</${Button}>`
    : html`<${Button} kind="primary" icon="plus" onClick=${() => setOpen('extension')}>${t('ussd.ask')}</${Button}>`);
  const shared = { query, canWrite, open, setOpen };
  return html`
    <${Page} title=${t('ussd.title')} lead=${t('ussd.lead')} actions=${actions} tabs=${html`<${AreaTabs} value=${tab}/>`}>
      ${tab === 'menus' ? html`<${Menus} ...${shared}/>` : html`<${Extensions} ...${shared}/>`}
    </${Page}>`;
}
