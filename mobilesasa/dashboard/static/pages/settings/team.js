/** The team: who is in it and what each may do, and what it has set for itself. */
import { html } from '../../parts/ui.js';
import { Button, Tabs } from '../../parts/forms.js';
import { useKeys } from '../../parts/keys.js';
import { Page } from '../../parts/page.js';
import { setQuery } from '../../parts/router.js';
import { can, team } from '../../parts/session.js';
import { t } from '../../parts/texts.js';
import { Invite } from './team_invite.js';
import { Members } from './team_members.js';
import { TeamSettings } from './team_settings.js';

const TABS = ['members', 'settings'];

/** @param {{query: Record<string, string>}} props */
export default function Team({ query }) {
  const tab = TABS.includes(query.tab) ? query.tab : TABS[0];
  const invite = () => setQuery({ tab: undefined, new: 1 });
  useKeys(can('team') ? { n: [t('team.invite'), invite] } : {});
  const actions = can('team') && tab === 'members' && html`<${Button} kind="primary" icon="user-plus" onClick=${invite}>${t('team.invite')}</${Button}>`;
  const tabs = html`<${Tabs} label=${t('team.title')} tabs=${TABS.map((id) => ({ id, label: t(`team.tab.${id}`) }))} value=${tab}
    onChange=${(id) => setQuery({ tab: id === TABS[0] ? undefined : id })}/>`;
  return html`<${Page} title=${t('team.title')} lead=${t('team.lead', { team: team.value?.name ?? '' })} actions=${actions} tabs=${tabs}>
    ${tab === 'members' ? html`<${Members} query=${query} invite=${(again) => query.new && can('team') && html`<${Invite} onDone=${again}/>`}/>` : html`<${TeamSettings}/>`}
  </${Page}>`;
}
