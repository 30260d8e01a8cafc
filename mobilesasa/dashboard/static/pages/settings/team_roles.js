/** The roles of a team in words, and who may give and take which. */
import { html } from '../../parts/ui.js';
import { RadioList } from '../../parts/forms.js';
import { role } from '../../parts/session.js';
import { t } from '../../parts/texts.js';

export const ROLES = ['owner', 'admin', 'operator', 'viewer'];

/**
 * Why somebody's role cannot be changed, nor they removed, in words; undefined: it can.
 * @param {{role: string}} member
 * @param {number} owners how many the team has
 */
export function whyNot(member, owners) {
  if (member.role === 'owner' && role.value !== 'owner') {
    return t('team.why_not.owners_only');
  }
  return member.role === 'owner' && owners === 1 ? t('team.why_not.last_owner') : undefined;
}

/** A choice of roles, each with what it may do; owners are made by owners. */
export function RoleChoice({ value, onInput, label }) {
  const options = ROLES.map((each) => ({
    value: each,
    label: t(`team.role.${each}`),
    help: t(`team.role_about.${each}`),
    disabled: each === 'owner' && role.value !== 'owner',
  }));
  return html`<${RadioList} name="role" label=${label} value=${value} onInput=${onInput} options=${options}/>`;
}
