/** What is said of a campaign so far, beside the steps of the wizard, with the text as a phone would show it. */
import { html } from '../../parts/ui.js';
import { dayTime } from '../../parts/format.js';
import { Card, Facts } from '../../parts/page.js';
import { Phone, SmsBubbles } from '../../parts/phone.js';
import { zone } from '../../parts/session.js';
import { t } from '../../parts/texts.js';
import { useAudience } from './audience.js';
import { bodyOf, sampled } from './draft.js';
import { useGroups } from './group_picker.js';
import { isAhead, listWords, peopleWords, seriesWords, unitsWords } from './words.js';

/**
 * @param {{draft: import('./draft.js').Draft, saved: object|null, dirty: boolean, phone: boolean}} props phone: whether it is shown
 */
export function Summary({ draft, saved, dirty, phone }) {
  return html`<aside class="cp-wizard-aside" aria-label=${t('campaigns.so_far')}>
    <${Card} title=${t('campaigns.so_far')}>
      <${Facts} items=${[
        [t('campaigns.name'), draft.name.trim() || html`<span class="muted">–</span>`],
        [t('campaigns.to'), html`<${Whom} draft=${draft} />`],
        [t('campaigns.from'), draft.sender || html`<span class="muted">–</span>`],
        [t('campaigns.when'), whenWords(draft)],
        ...(saved ? [[t('campaigns.estimated'), html`<${Estimated} saved=${saved} dirty=${dirty} />`]] : []),
      ]} />
    <//>
    ${phone && draft.message.trim() && html`<div class="cp-phone"><${Phone} title=${draft.sender || t('campaigns.from')}>
      <${SmsBubbles} items=${[{ from: 'us', text: sampled(draft.message) }]} /><//></div>`}
  </aside>`;
}

function Whom({ draft }) {
  return draft.who === 'file' ? html`<${File} uuid=${draft.audience} />` : html`<${Groups} uuids=${draft.groups} />`;
}

function File({ uuid }) {
  const { data } = useAudience(uuid);
  if (!data) return html`<span class="muted">–</span>`;
  return html`<span class="truncate">${data.filename}</span> <span class="muted">${peopleWords(data.people)}</span>`;
}

function Groups({ uuids }) {
  const groups = useGroups(uuids);
  if (!groups.length) return html`<span class="muted">–</span>`;
  const most = groups.reduce((sum, group) => sum + (group.contact_count ?? 0), 0);
  const names = listWords(groups.map((group) => (group.gone ? t('campaigns.group_gone') : group.name)));
  return html`<span>${names}</span> <span class="muted nowrap">${t(groups.length > 1 ? 'campaigns.at_most' : 'campaigns.people', { n: most })}</span>`;
}

function Estimated({ saved, dirty }) {
  return html`<span>${peopleWords(saved.recipient_count)}<br />${unitsWords(saved.cost_units)}</span>
    ${dirty && html` <span class="small muted">${t('campaigns.before_changes')}</span>`}`;
}

function whenWords(draft) {
  const body = bodyOf(draft);
  if (draft.when === 'now') return t('campaigns.when_sent');
  if (draft.when === 'at') {
    return isAhead(body) ? t('campaigns.at_in_zone', { at: dayTime(body.scheduled_at), zone: zone() }) : t('campaigns.when_sent');
  }
  return seriesWords(draft.when === 'repeat' ? { repeat: { ...draft.repeat, ...body.repeat, weekdays: draft.repeat.weekdays, days: draft.repeat.days } } : body);
}
