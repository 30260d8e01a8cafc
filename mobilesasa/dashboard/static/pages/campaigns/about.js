/** What a campaign says, to whom it goes, and how it is sent. */
import { html } from '../../parts/ui.js';
import { dayTime, When, number, percent } from '../../parts/format.js';
import { Card, Facts, Grid } from '../../parts/page.js';
import { Phone, SmsBubbles } from '../../parts/phone.js';
import { Link } from '../../parts/router.js';
import { canRead, zone } from '../../parts/session.js';
import { t } from '../../parts/texts.js';
import { useAudience } from './audience.js';
import { sampled } from './draft.js';
import { useGroups } from './group_picker.js';
import { isAhead, isSeries, minutesWords, peopleWords, seriesWords, unitsWords } from './words.js';

/** @param {{campaign: object}} props */
export function About({ campaign }) {
  return html`<${Grid} min="20rem">
    <${Card} title=${t('campaigns.text')}>
      ${campaign.message === null
        ? html`<p class="muted">${t('campaigns.text_gone')}</p>`
        : html`<div class="cp-phone"><${Phone} title=${campaign.sender}><${SmsBubbles} items=${[{ from: 'us', text: sampled(campaign.message) }]} /><//></div>
            <details class="small"><summary>${t('campaigns.as_written')}</summary><pre class="cp-written">${campaign.message}</pre></details>`}
    <//>
    <div class="stack">
      <${Card} title=${t('campaigns.who_gets_it')}><${Facts} class="cp-settings" items=${whom(campaign)} /><//>
      <${Card} title=${t('campaigns.how_it_is_sent')}><${Facts} class="cp-settings" items=${settingsOf(campaign)} /><//>
    </div>
  <//>`;
}

function whom(campaign) {
  const facts = [[t('campaigns.to'), campaign.audience_id ? html`<${File} uuid=${campaign.audience_id} />` : html`<${Groups} uuids=${campaign.group_ids} />`]];
  if (campaign.exclude_group_ids.length) facts.push([t('campaigns.but_not'), html`<${Groups} uuids=${campaign.exclude_group_ids} />`]);
  if (!isSeries(campaign)) {
    facts.push([t('campaigns.people_title'), number(campaign.recipient_count)]);
    facts.push([t(campaign.stats ? 'campaigns.reserved' : 'campaigns.estimated'), unitsWords(campaign.cost_units)]);
  }
  if (campaign.series_id) facts.push([t('campaigns.series'), html`<${Link} to=${`/campaigns/${campaign.series_id}`}>${t('campaigns.made_by_series')}<//>`]);
  return facts;
}

function Groups({ uuids }) {
  if (!canRead('groups')) return t('campaigns.n_groups', { n: uuids.length });
  return html`<${Named} uuids=${uuids} />`;
}

function Named({ uuids }) {
  const groups = useGroups(uuids);
  return html`<ul class="cp-list">${groups.map((group) => html`<li key=${group.uuid}>
    ${group.gone ? html`<span class="muted">${t('campaigns.group_gone')}</span>` : html`<${Link} to=${`/groups/${group.uuid}`}>${group.name}<//>`}</li>`)}</ul>`;
}

function File({ uuid }) {
  const { data, error } = useAudience(uuid);
  if (error?.status === 404) return html`<span class="muted">${t('campaigns.file_gone')}</span>`;
  return data ? html`${data.filename} <span class="muted">${peopleWords(data.people)}</span>` : '…';
}

function settingsOf(campaign) {
  const never = t('campaigns.never');
  const facts = [[t('campaigns.from'), campaign.sender], [t('campaigns.when'), whenOf(campaign)]];
  const moment = (key, at) => at && facts.push([t(`campaigns.${key}`), html`<${When} at=${at} />`]);
  moment('sent_at', campaign.armed_at);
  moment('began', campaign.started_at);
  moment('ended', campaign.finished_at);
  facts.push(
    [t('campaigns.rate'), campaign.rate_per_s ? t('campaigns.per_second', { n: campaign.rate_per_s }) : t('campaigns.no_limit')],
    [t('campaigns.validity_short'), minutesWords(campaign.validity_minutes ?? 1440)],
    [t('campaigns.stop_failures_short'), campaign.stop_failures_percent === null ? never : percent(campaign.stop_failures_percent / 100, 0)],
    [t('campaigns.stop_complaints_short'), campaign.stop_complaints_percent === null ? never : percent(campaign.stop_complaints_percent / 100, 0)],
    [t('campaigns.track_links_short'), campaign.track_links ? t('campaigns.days', { n: campaign.link_days }) : t('common.no')],
  );
  return facts;
}

function whenOf(campaign) {
  if (isSeries(campaign)) return seriesWords(campaign);
  if (campaign.scheduled_at && (isAhead(campaign) || campaign.armed_at)) return t('campaigns.at_in_zone', { at: dayTime(campaign.scheduled_at), zone: zone() });
  return t('campaigns.when_sent');
}
