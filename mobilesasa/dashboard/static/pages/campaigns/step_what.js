/** The second step: from whom, which text with which fields, and whether its links are counted. */
import { html } from '../../parts/ui.js';
import { get } from '../../parts/api.js';
import { Composer } from '../../parts/composer.js';
import { CheckField, NumberField, useFieldError } from '../../parts/forms.js';
import { useLoad } from '../../parts/load.js';
import { Card, Stack } from '../../parts/page.js';
import { canRead, settings } from '../../parts/session.js';
import { t } from '../../parts/texts.js';
import { useAudience } from './audience.js';
import { hasLink } from './draft.js';
import { Wrong } from './wrong.js';

/** The fields that every contact has. */
const CONTACT_FIELDS = ['first_name', 'last_name', 'email', 'phone'];

/** The names of fields that the text may have. @param {import('./draft.js').Draft} draft @returns {string[]} */
function usePlaces(draft) {
  const toFile = draft.who === 'file';
  const audience = useAudience(toFile ? draft.audience : '');
  const asks = !toFile && canRead('contacts');
  const attributes = useLoad(asks ? (signal) => get('/contacts/attributes', {}, { signal }) : null, [asks]);
  if (toFile) return audience.data?.fields ?? [];
  return [...CONTACT_FIELDS, ...(attributes.data?.items ?? [])];
}

/**
 * @param {{draft: import('./draft.js').Draft, change: (patch: object) => void, errors: Object<string, string>}} props
 */
export function StepWhat({ draft, change, errors }) {
  const places = usePlaces(draft);
  const refused = useFieldError('sender_id'); // which the composer's own field shows
  useFieldError('message');
  return html`<${Stack}>
    <${Card} title=${t('campaigns.what_it_says')}>
      <${Stack}>
        <${Composer} label=${t('campaigns.text')} value=${draft.message} onInput=${(message) => change({ message })} places=${places} error=${errors.message}
          sender=${draft.sender === usualSender() ? '' : draft.sender} onSender=${(name) => change({ sender: name || usualSender() })} />
        ${!refused && html`<${Wrong} name="" error=${errors.sender_id} />`}
        <p class="small muted">${t('campaigns.defaults_help')} <code>{first_name:${t('campaigns.default_example')}}</code></p>
      <//>
    <//>
    ${(hasLink(draft.message) || draft.trackLinks) && html`<${Links} draft=${draft} change=${change} errors=${errors} />`}
  <//>`;
}

/** The name of the sender that the composer shows as the team's default. @returns {string} */
export function usualSender() {
  return settings.value?.default_sender_id ?? '';
}

function Links({ draft, change, errors }) {
  return html`<${Card} title=${t('campaigns.links')}>
    <${Stack}>
      <${CheckField} name="track_links" label=${t('campaigns.track_links')} help=${t('campaigns.track_links_help')} value=${draft.trackLinks}
        onInput=${(trackLinks) => change({ trackLinks })} error=${errors.track_links} />
      ${draft.trackLinks && html`<${NumberField} name="link_days" label=${t('campaigns.link_days')} help=${t('campaigns.link_days_help')} min=${1} max=${90}
        value=${draft.linkDays} onInput=${(linkDays) => change({ linkDays })} error=${errors.link_days} />`}
    <//>
  <//>`;
}
