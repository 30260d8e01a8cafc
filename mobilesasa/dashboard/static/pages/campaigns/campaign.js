/** One campaign: how far it is, what became of its messages, who they were, who followed its links; and what can be done with it. */
import { html, useState } from '../../parts/ui.js';
import { get } from '../../parts/api.js';
import { Status, When } from '../../parts/format.js';
import { Tabs } from '../../parts/forms.js';
import { Loaded, useLoad } from '../../parts/load.js';
import { Notice, Page, Stack } from '../../parts/page.js';
import { setQuery } from '../../parts/router.js';
import { Skeleton } from '../../parts/states.js';
import { t } from '../../parts/texts.js';
import { About } from './about.js';
import { Actions, canResume } from './actions.js';
import { Course } from './course.js';
import { Links } from './links.js';
import { Made } from './made.js';
import { Recipients } from './recipients.js';
import { Results } from './results.js';
import { isSeries, paceOf, pausedWords, seriesWords, waitsWords } from './words.js';

/** @param {{params: {uuid: string}, query: Object<string, string>}} props */
export default function Campaign({ params, query }) {
  return html`<${One} key=${params.uuid} uuid=${params.uuid} query=${query} />`;
}

function One({ uuid, query }) {
  const [pace, setPace] = useState(0);
  const load = useLoad(async (signal) => {
    const campaign = await get(`/campaigns/${uuid}`, {}, { signal });
    setPace(paceOf(campaign));
    return campaign;
  }, [uuid], { everyS: pace });
  const campaign = load.data;
  const onChanged = (changed) => {
    load.set(changed);
    load.again(); // what was asked before the change must not come after it
  };
  const crumbs = [{ label: t('campaigns.title'), to: '/campaigns' }];
  return html`<${Page} title=${campaign?.name ?? t('campaigns.campaign')} crumbs=${crumbs} status=${campaign && html`<${Status} of=${campaign.phase} />`}
    lead=${campaign && html`<${Lead} campaign=${campaign} />`}
    actions=${campaign && html`<${Actions} campaign=${campaign} onChanged=${onChanged} />`}>
    <${Loaded} of=${load} skeleton=${html`<${Skeleton} rows=${6} kind="card" />`}>
      ${(found) => html`<${Shown} campaign=${found} query=${query} />`}
    <//>
  <//>`;
}

function Shown({ campaign, query }) {
  const tabs = tabsOf(campaign);
  const tab = tabs.some((each) => each.id === query.tab) ? query.tab : tabs[0].id;
  return html`<${Stack}>
    <${Head} campaign=${campaign} />
    ${tabs.length > 1 && html`<${Tabs} tabs=${tabs} value=${tab} onChange=${(id) => setQuery({ tab: id === tabs[0].id ? '' : id, page: '', cursor: '', status: '', phone: '', link: '', sort: '' })}
      label=${t('campaigns.parts_of_page')} panel="campaign-tab" />`}
    <section id="campaign-tab" role="tabpanel" aria-label=${tabs.find((each) => each.id === tab).label}>
      ${tab === 'results' && html`<${Results} campaign=${campaign} />`}
      ${tab === 'made' && html`<${Made} campaign=${campaign} query=${query} />`}
      ${tab === 'recipients' && html`<${Recipients} campaign=${campaign} query=${query} />`}
      ${tab === 'links' && html`<${Links} campaign=${campaign} query=${query} />`}
      ${tab === 'about' && html`<${About} campaign=${campaign} />`}
    </section>
  <//>`;
}

function tabsOf(campaign) {
  const about = { id: 'about', label: t('campaigns.tab_about') };
  if (isSeries(campaign)) return [{ id: 'made', label: t('campaigns.tab_made') }, about];
  if (!campaign.stats) return [about];
  const recipients = { id: 'recipients', label: t('campaigns.tab_recipients'), count: campaign.progress.recipients };
  if (!campaign.started_at) return [about, recipients];
  return [
    { id: 'results', label: t('campaigns.tab_results') },
    recipients,
    campaign.track_links && { id: 'links', label: t('campaigns.tab_links'), count: campaign.stats.clicks },
    about,
  ].filter(Boolean);
}

/** Where it stands: why it waits or stopped, and how far it has come. */
function Head({ campaign }) {
  const waits = waitsWords(campaign);
  return html`<${Stack}>
    ${campaign.paused && html`<${Notice} kind="warn" title=${t(canResume(campaign) ? 'campaigns.is_paused' : 'campaigns.was_not_sent')}>${pausedWords(campaign)}<//>`}
    ${waits && !campaign.paused && !isSeries(campaign) && html`<${Notice} kind="info">${waits}<//>`}
    ${campaign.stats && campaign.started_at && html`<${Course} campaign=${campaign} />`}
  <//>`;
}

function Lead({ campaign }) {
  const words = [t('campaigns.from_sender', { sender: campaign.sender }), seriesWords(campaign)].filter(Boolean).join(' · ');
  return html`${words} · <${Moments} campaign=${campaign} />`;
}

function Moments({ campaign }) {
  if (campaign.next_at) return html`${t('campaigns.next')} <${When} at=${campaign.next_at} />`;
  if (campaign.finished_at) return html`${t('campaigns.ended')} <${When} at=${campaign.finished_at} />`;
  if (campaign.started_at) return html`${t('campaigns.began')} <${When} at=${campaign.started_at} />`;
  if (campaign.phase === 'scheduled' && campaign.scheduled_at) return html`${t('campaigns.begins')} <${When} at=${campaign.scheduled_at} />`;
  return html`${t('campaigns.changed')} <${When} at=${campaign.updated_at} />`;
}
