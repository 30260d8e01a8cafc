/** All users of the platform, and a new one with the link by which they set a password. */
import { html, useState } from '../../parts/ui.js';
import { get, post } from '../../parts/api.js';
import { Status, When } from '../../parts/format.js';
import { useLoad } from '../../parts/load.js';
import { Page } from '../../parts/page.js';
import { setQuery } from '../../parts/router.js';
import { t } from '../../parts/texts.js';
import { FormDialog } from './form_dialog.js';
import { LinkOnce } from './link_once.js';
import { Adding, Listed } from './listed.js';

export const ROLES = ['owner', 'admin', 'operator', 'viewer'];
export const roleOptions = () => ROLES.map((each) => [each, t(`role.${each}`)]);

/** How a user stands, as a pill. */
export function UserStatus({ user }) {
  const state = user.disabled ? 'disabled' : user.has_password ? 'active' : 'invited';
  return html`<${Status} of=${state} label=${t(`admin.users.state.${state}`)} kind=${{ disabled: 'bad', active: 'good', invited: 'warn' }[state]}/>`;
}

const teamsOf = (user) => Object.keys(user.teams);

const columns = () => [
  { key: 'name', title: t('common.name'), sort: 'name', cell: (each) => html`${each.name || each.email}<div class="small muted">${each.email}</div>` },
  { key: 'status', title: t('common.status'), cell: (each) => html`<${UserStatus} user=${each}/>` },
  { key: 'teams', title: t('admin.users.teams'), cell: (each) => html`<span class="mono small">${teamsOf(each).slice(0, 4).join(', ')}${teamsOf(each).length > 4 && ` +${teamsOf(each).length - 4}`}</span>` },
  { key: 'platform', title: t('admin.users.platform'), hide: 'narrow', cell: (each) => (each.platform_admin ? t('common.yes') : '–') },
  { key: 'seen', title: t('admin.users.seen'), sort: 'last_login_at', cell: (each) => html`<${When} at=${each.last_login_at} empty=${t('admin.users.never')}/>` },
];

const fields = (team) => [
  { name: 'email', label: t('admin.users.email'), required: true, type: 'email' },
  { name: 'name', label: t('common.name') },
  { name: 'team', label: t('admin.users.team'), value: team ?? '', help: t('admin.users.team_help') },
  { name: 'role', label: t('admin.users.role'), kind: 'select', value: 'viewer', options: roleOptions() },
  { name: 'platform_admin', label: t('admin.users.platform'), kind: 'check', value: false, help: t('admin.users.platform_help') },
];

/** @param {{query: Record<string, string>}} props */
export default function Users({ query }) {
  const { search, team, page, page_size } = query;
  const load = useLoad((signal) => get('/admin/users', { search, team, page, page_size }, { signal }), [search, team, page, page_size]);
  const [made, setMade] = useState(null);
  const make = async (said) => {
    setMade(await post('/admin/users', { ...said, name: said.name || null, team: said.team || null, role: said.team ? said.role : undefined }));
    await load.again();
  };
  const filters = [
    { name: 'search', label: t('common.search'), kind: 'search', placeholder: t('admin.users.search') },
    { name: 'team', label: t('admin.users.team'), kind: 'text' },
  ];
  const add = { label: t('admin.users.add'), onClick: () => setQuery({ new: 1 }) };
  return html`<${Page} title=${t('admin.users.title')} lead=${t('admin.users.lead')} actions=${html`<${Adding} of=${load} filtered=${search || team} ...${add}/>`}>
    <${Listed} of=${load} label=${t('admin.users.title')} icon="users" columns=${columns()} query=${query} filters=${filters} href=${(each) => `/admin/users/${each.uuid}`}
      empty=${{ title: t('admin.users.empty'), text: t('admin.users.empty_text') }} add=${add}/>
    ${query.new && html`<${FormDialog} title=${t('admin.users.add')} lead=${t('admin.users.add_lead')} fields=${fields(query.for)} act=${t('admin.users.make')}
      onSubmit=${make} onClose=${() => setQuery({ new: undefined, for: undefined }, { replace: true })}/>`}
    ${made && html`<${LinkOnce} user=${made} onDone=${() => setMade(null)}/>`}
  </${Page}>`;
}
