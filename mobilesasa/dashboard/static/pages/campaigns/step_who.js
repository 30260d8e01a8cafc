/** The first step: what the campaign is called, and who gets it. */
import { html, useState } from '../../parts/ui.js';
import { Segmented, TextField } from '../../parts/forms.js';
import { Card, Notice, Stack } from '../../parts/page.js';
import { canRead } from '../../parts/session.js';
import { t } from '../../parts/texts.js';
import { AudiencePicker } from './audience.js';
import { GroupPicker } from './group_picker.js';

/**
 * @param {{draft: import('./draft.js').Draft, change: (patch: object) => void, errors: Object<string, string>}} props
 */
export function StepWho({ draft, change, errors }) {
  const toFile = draft.who === 'file';
  return html`<${Stack}>
    <${Card} title=${t('campaigns.call_it')}>
      <${TextField} name="name" label=${t('campaigns.name')} help=${t('campaigns.name_help')} value=${draft.name} required
        onInput=${(name) => change({ name })} error=${errors.name} />
    <//>
    <${Card} title=${t('campaigns.who_gets_it')}>
      <${Stack}>
        <${Segmented} label=${t('campaigns.who_gets_it')} value=${draft.who} onChange=${(who) => change({ who })} options=${[
          { value: 'groups', label: t('campaigns.to_groups') }, { value: 'file', label: t('campaigns.to_file') },
        ]} />
        ${toFile
          ? html`<${AudiencePicker} value=${draft.audience} onInput=${(audience) => change({ audience })} error=${errors.audience_id} />`
          : html`<${Groups} draft=${draft} change=${change} errors=${errors} />`}
      <//>
    <//>
    ${canRead('groups') && html`<${Excluded} draft=${draft} change=${change} errors=${errors} />`}
  <//>`;
}

function Groups({ draft, change, errors }) {
  if (!canRead('groups')) return html`<${Notice} kind="warn">${t('campaigns.groups_forbidden')}<//>`;
  return html`<${GroupPicker} name="group_ids" label=${t('campaigns.groups')} help=${t('campaigns.groups_help')} value=${draft.groups}
    onInput=${(groups) => change({ groups })} error=${errors.group_ids} disabled=${draft.excluded} />`;
}

function Excluded({ draft, change, errors }) {
  const [open, setOpen] = useState(draft.excluded.length > 0);
  return html`<details class="card cp-more" open=${open || draft.excluded.length > 0} onToggle=${(event) => setOpen(event.currentTarget.open)}>
    <summary>${t('campaigns.leave_out')}${draft.excluded.length > 0 && html` <span class="muted">(${draft.excluded.length})</span>`}</summary>
    ${open && html`<${GroupPicker} name="exclude_group_ids" label=${t('campaigns.leave_out_groups')} help=${t('campaigns.leave_out_help')} value=${draft.excluded}
      onInput=${(excluded) => change({ excluded })} error=${errors.exclude_group_ids} disabled=${draft.groups} />`}
  </details>`;
}
