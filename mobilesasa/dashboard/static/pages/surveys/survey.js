// One survey: its builder, the people that it asks, what they answered, and its versions; what can be done with it stands above.
import { html, useState } from '../../parts/ui.js';
import { t } from '../../parts/texts.js';
import { del, get, post } from '../../parts/api.js';
import { can } from '../../parts/session.js';
import { dropGuards, go, setQuery, useLeaveGuard } from '../../parts/router.js';
import { useAct, useLoad, Loaded } from '../../parts/load.js';
import { Skeleton } from '../../parts/states.js';
import { Button, Menu, Tabs } from '../../parts/forms.js';
import { changedWords } from '../../parts/conflict.js';
import { confirm } from '../../parts/dialogs.js';
import { Page } from '../../parts/page.js';
import { Status, number } from '../../parts/format.js';
import { failed, toast } from '../../parts/toasts.js';
import { fromShown, toBody } from './draft.js';
import { useDraft } from './drafting.js';
import { Builder } from './build.js';
import { People } from './people.js';
import { Results } from './results.js';
import { Responses } from './responses.js';
import { Versions } from './versions.js';

const TABS = ['build', 'people', 'results', 'responses', 'versions'];
/** What of the query belongs to one tab alone. */
const OF_A_TAB = ['pane', 'version', 'phone', 'status', 'page', 'cursor', 'response', 'show', 'sort'];
/** How many responses there are, wherever they stand. */
const totalOf = (survey) => Object.values(survey.responses).reduce((sum, each) => sum + each, 0);
const crumbs = () => [{ label: t('surveys.title'), to: '/surveys' }];

/** @param {{params: {uuid: string}, query: Record<string, string>}} props */
export default function OneSurvey({ params, query }) {
  const load = useLoad((signal) => get(`/surveys/${params.uuid}`, {}, { signal }), [params.uuid], { everyS: 15, keep: false });
  if (!load.data) {
    return html`<${Page} title=${t('surveys.one')} crumbs=${crumbs()}>
      <${Loaded} of=${load} skeleton=${html`<${Skeleton} kind="card" rows=${4}/>`}>${() => null}</${Loaded}>
    </${Page}>`;
  }
  return html`<${Survey} key=${params.uuid} survey=${load.data} query=${query} onChanged=${load.set} again=${load.again}/>`;
}

function Survey({ survey, query, onChanged, again }) {
  const mayWrite = can('surveys') && survey.status !== 'closed';
  const work = useDraft(survey, onChanged);
  useLeaveGuard(mayWrite && work.dirty ? t('surveys.leave') : false);
  const usual = totalOf(survey) ? 'results' : 'build';
  const tab = TABS.includes(query.tab) ? query.tab : usual;
  const [publish, act] = useAct(() => publishing(survey, work, onChanged));
  const turn = (next) => {
    again();
    setQuery({ ...Object.fromEntries(OF_A_TAB.map((name) => [name, ''])), tab: next });
  };
  const counts = { responses: totalOf(survey), versions: survey.version };
  const tabs = html`<${Tabs} label=${t('surveys.parts_of')} value=${tab} onChange=${turn}
    tabs=${TABS.map((id) => ({ id, label: t(`surveys.tab.${id}`), count: counts[id] || undefined }))}/>`;
  return html`<${Page} title=${survey.name} crumbs=${crumbs()} lead=${leadOf(survey)}
    status=${html`<${Status} of=${survey.status} label=${t(`surveys.status.${survey.status}`)}/>`}
    actions=${html`<${Acts} survey=${survey} onChanged=${onChanged}/>`} tabs=${tabs} wide=${tab === 'build'}>
    ${tab === 'build' && html`<${Builder} survey=${survey} work=${work} query=${query} mayWrite=${mayWrite} onPublish=${publish} publishing=${act.busy}/>`}
    ${tab === 'people' && html`<${People} survey=${survey} onChanged=${again} mayWrite=${mayWrite}/>`}
    ${tab === 'results' && html`<${Results} survey=${survey} query=${query}/>`}
    ${tab === 'responses' && html`<${Responses} survey=${survey} query=${query}/>`}
    ${tab === 'versions' && html`<${Versions} survey=${survey} work=${work} query=${query} mayWrite=${mayWrite}/>`}
  </${Page}>`;
}

function leadOf(survey) {
  const { keyword, sender_id: code } = survey;
  const begins = keyword && code ? t('surveys.begins_by', { keyword: keyword.toUpperCase(), code }) : code ? t('surveys.over', { code }) : t('surveys.no_code');
  const version = survey.version ? t('surveys.at_version', { number: String(survey.version) }) : t('surveys.never_published');
  return [begins, version, survey.is_changed && survey.version > 0 && t('surveys.unpublished_changes')].filter(Boolean).join(' · ');
}

/** Save what is not saved, show what is wrong, ask, and publish. */
async function publishing(survey, work, onChanged) {
  const saved = work.dirty ? await work.save() : survey;
  if (!saved) return;
  if (saved.faults.length) {
    work.refuse(saved.faults);
    toast(t('surveys.cannot_publish', { n: saved.faults.length }), { kind: 'bad' });
    return;
  }
  const sure = await confirm({ title: t('surveys.publish_title', { number: String(saved.version + 1) }), text: publishWords(saved), act: t('surveys.publish') });
  if (!sure) return;
  try {
    const shown = await post(`/surveys/${survey.uuid}/publish`, { revision: saved.revision });
    onChanged(shown);
    toast(t('surveys.published_now', { number: String(shown.version) }));
  } catch (error) {
    if (error.code === 'bad_definition') work.refuse(error.extra.faults);
    if (error.code !== 'survey_busy') return failed(error);
    onChanged(await get(`/surveys/${survey.uuid}`));
    toast(`${t('surveys.foreign')}. ${changedWords(error)}`, { kind: 'bad', detail: t('surveys.conflict_publish') });
  }
}

function publishWords(survey) {
  const { keyword, sender_id: code, responses, status } = survey;
  return [
    keyword ? t('surveys.publish_keyword', { keyword: keyword.toUpperCase(), code }) : t('surveys.publish_no_keyword'),
    t('surveys.publish_fixed'),
    survey.keeps_hours && t('surveys.publish_hours'),
    responses.in_progress > 0 && t('surveys.publish_under_way', { n: responses.in_progress }),
    status === 'paused' && t('surveys.publish_paused'),
  ].filter(Boolean).join('\n');
}

/** What can be done with a survey as a whole; each tells before what it does. */
function Acts({ survey, onChanged }) {
  const [busy, setBusy] = useState(false);
  if (!can('surveys')) return null;
  const run = async (what, question) => {
    if (question && !(await confirm(question))) return;
    setBusy(true);
    try {
      await what();
    } catch (error) {
      failed(error);
    } finally {
      setBusy(false);
    }
  };
  const turned = (verb, reverse) => async () => {
    onChanged(await post(`/surveys/${survey.uuid}/${verb}`));
    toast(t(`surveys.done.${verb}`), reverse ? { undo: async () => onChanged(await post(`/surveys/${survey.uuid}/${reverse}`)) } : {});
  };
  const { status, responses: { in_progress: n } } = survey;
  const pause = () => run(turned('pause', 'resume'), { title: t('surveys.pause_title'), text: t('surveys.pause_text', { n }), act: t('surveys.pause') });
  const items = [
    { label: t('surveys.copy'), icon: 'copy', onClick: () => run(() => copySurvey(survey)) },
    ['live', 'paused'].includes(status) && { label: t('surveys.close'), icon: 'square', danger: true, onClick: () => run(turned('close'), closing(survey)) },
    ['draft', 'closed'].includes(status) && { label: t('surveys.delete'), icon: 'trash', danger: true, onClick: () => run(() => deleteSurvey(survey), deleting(survey)) },
  ];
  return html`
    ${status === 'live' && html`<${Button} icon="pause" busy=${busy} onClick=${pause}>${t('surveys.pause')}</${Button}>`}
    ${status === 'paused' && html`<${Button} icon="play" kind="primary" busy=${busy} onClick=${() => run(turned('resume', 'pause'))}>${t('surveys.resume')}</${Button}>`}
    <${Menu} label=${t('surveys.more_acts')} items=${items}/>`;
}

function closing({ name, responses: { in_progress: asked }, invitations: { waiting } }) {
  const text = [t('surveys.close_text'), asked > 0 && t('surveys.close_under_way', { n: asked }), waiting > 0 && t('surveys.close_waiting', { n: waiting })];
  return { title: t('surveys.close_title', { name }), text: text.filter(Boolean).join('\n'), act: t('surveys.close'), danger: true };
}

function deleting(survey) {
  const total = totalOf(survey);
  const text = total ? t('surveys.delete_text_responses', { n: total, number: number(survey.version) }) : t('surveys.delete_text');
  return { title: t('surveys.delete_title', { name: survey.name }), text, act: t('surveys.delete'), danger: true, ...(total ? { typed: t('surveys.delete_word') } : {}) };
}

async function copySurvey(survey) {
  const draft = { ...fromShown(survey), keyword: '', name: t('surveys.copy_name', { name: survey.name }).slice(0, 200) };
  const made = await post('/surveys', toBody(draft));
  toast(t('surveys.copied', { name: made.name }));
  go(`/surveys/${made.uuid}`, { tab: 'build' });
}

async function deleteSurvey(survey) {
  await del(`/surveys/${survey.uuid}`);
  toast(t('surveys.deleted', { name: survey.name }));
  dropGuards();
  go('/surveys', {}, { replace: true });
}
