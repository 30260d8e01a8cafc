/** The audit log of the platform: who changed what, in all teams and in the platform itself. */
import { html } from '../../parts/ui.js';
import { t } from '../../parts/texts.js';
import { Trail } from '../settings/audit.js';

/** What only the platform's own trail has. */
const ACTIONS = [
  'team.create', 'user.create', 'user.change', 'user.disable', 'user.enable', 'user.link', 'user.password', 'user.platform_admin', 'member.grant', 'sender.create', 'sender.suspend',
  'sender.reopen', 'carrier.create', 'carrier.change', 'carrier.enable', 'carrier.disable', 'route.create', 'route.change', 'route.remove', 'rule.create', 'rule.change',
  'rule.remove', 'price.set', 'price.remove', 'price.replace', 'cost.set', 'cost.remove', 'network.set', 'network.remove', 'keyword.create', 'keyword.remove', 'queue.requeue',
  'receipt.match', 'receipt.replay', 'messages.drop', 'ussd_code.create', 'ussd_code.update', 'ussd_code.delete', 'ussd_gateway.create', 'ussd_gateway.update', 'ussd_gateway.rotate',
  'ussd_gateway.delete', 'login.end_all',
];

const teamColumn = () => ({
  key: 'team', title: t('common.team'),
  cell: (each) => (each.team ? html`<span class="mono small">${each.team}</span>` : html`<span class="small muted">${t('admin.trail.platform')}</span>`),
});

/** @param {{query: Record<string, string>}} props */
export default function PlatformAudit({ query }) {
  return html`<${Trail} path="/admin/audit" query=${query} title=${t('admin.trail.title')} lead=${t('admin.trail.lead')} more=${{
    actions: ACTIONS, column: teamColumn(), filter: { name: 'team', label: t('common.team'), placeholder: t('admin.trail.team'), kind: 'text', width: '9rem' },
  }}/>`;
}
