/** SMPP: the live sessions and refused binds, how to connect, the passwords of 8 characters. */
import { html } from '../../parts/ui.js';
import { get } from '../../parts/api.js';
import { Button, Tabs } from '../../parts/forms.js';
import { useLoad } from '../../parts/load.js';
import { Page } from '../../parts/page.js';
import { setQuery } from '../../parts/router.js';
import { can, canRead } from '../../parts/session.js';
import { t } from '../../parts/texts.js';
import { Connect } from './connect.js';
import { Passwords } from './passwords.js';
import { Sessions } from './sessions.js';

const TABS = ['sessions', 'connect', 'passwords'];
const make = () => setQuery({ tab: 'passwords', new: 1 });

/** @param {{query: Record<string, string>}} props */
export default function Smpp({ query }) {
  const terms = useLoad((signal) => get('/smpp/terms', {}, { signal }), []);
  const shown = TABS.filter((each) => each !== 'passwords' || canRead('api_tokens'));
  const tab = shown.includes(query.tab) ? query.tab : shown[0];
  const tabs = html`<${Tabs} label=${t('smpp.title')} tabs=${shown.map((id) => ({ id, label: t(`smpp.tab.${id}`) }))} value=${tab}
    onChange=${(id) => setQuery({ tab: id === shown[0] ? undefined : id, sort: undefined, new: undefined })}/>`;
  const actions = tab === 'passwords' && can('api_tokens') && html`<${Button} kind="primary" icon="plus" onClick=${make}>${t('smpp.passwords.make')}</${Button}>`;
  return html`<${Page} title=${t('smpp.title')} lead=${t('smpp.lead')} tabs=${tabs} actions=${actions}>
    ${tab === 'sessions' && html`<${Sessions} query=${query} terms=${terms.data}/>`}
    ${tab === 'connect' && html`<${Connect} load=${terms}/>`}
    ${tab === 'passwords' && html`<${Passwords} query=${query}/>`}
  </${Page}>`;
}
