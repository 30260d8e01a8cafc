// Surveys: all of the team, where each stands and how far its answers have come; a new one begins here.
import { html, useMemo } from '../../parts/ui.js';
import { t } from '../../parts/texts.js';
import { get } from '../../parts/api.js';
import { can } from '../../parts/session.js';
import { setQuery } from '../../parts/router.js';
import { useLoad, Loaded } from '../../parts/load.js';
import { Empty, Skeleton } from '../../parts/states.js';
import { Table, Pager, Filters } from '../../parts/table.js';
import { Button } from '../../parts/forms.js';
import { Card, Page } from '../../parts/page.js';
import { Status, When, number, percent } from '../../parts/format.js';
import { Meter } from '../../parts/charts.js';
import { useKeys } from '../../parts/keys.js';
import { CreateSurvey } from './create.js';

const STATUSES = ['draft', 'live', 'paused', 'closed'];

const opened = () => setQuery({ new: '1' });

/** How many of those who are through have answered to the end, 0 to 1; null: nobody is through. */
const completion = ({ completed, expired }) => (completed + expired ? completed / (completed + expired) : null);

const ended = (survey) => survey.responses.completed + survey.responses.expired;

/** @param {{query: Record<string, string>}} props */
export default function Surveys({ query }) {
  const asked = { page: query.page, page_size: query.page_size, status: query.status, search: query.search };
  const load = useLoad((signal) => get('/surveys', asked, { signal }), Object.values(asked), { everyS: 30 });
  const mayWrite = can('surveys');
  useKeys(mayWrite ? { n: [t('surveys.new'), opened] } : {});
  const fields = useMemo(() => [
    { name: 'search', label: t('surveys.search'), kind: 'search' },
    { name: 'status', label: t('common.status'), kind: 'select', options: STATUSES.map((value) => ({ value, label: t(`surveys.status.${value}`) })) },
  ], []);
  const fresh = mayWrite && html`<${Button} kind="primary" icon="plus" onClick=${opened}>${t('surveys.new')}</${Button}>`;
  return html`<${Page} title=${t('surveys.title')} lead=${t('surveys.lead')} actions=${fresh}>
    <${Filters} fields=${fields} query=${query}/>
    <${Loaded} of=${load} skeleton=${html`<${Card} kind="flush"><${Skeleton} kind="table" rows=${6}/></${Card}>`}>
      ${(data) => html`<${Card} kind="flush"><${SurveyTable} surveys=${data.items} query=${query} fresh=${fresh}/><${Pager} page=${data} query=${query}/></${Card}>`}
    </${Loaded}>
    ${mayWrite && query.new && html`<${CreateSurvey} onClose=${() => setQuery({ new: '' })}/>`}
  </${Page}>`;
}

function SurveyTable({ surveys, query, fresh }) {
  const columns = [
    { key: 'name', title: t('common.name'), sort: 'name', cell: nameCell },
    { key: 'status', title: t('common.status'), sort: 'status', cell: (survey) => html`<${Status} of=${survey.status} label=${t(`surveys.status.${survey.status}`)}/>` },
    { key: 'questions', title: t('surveys.questions'), num: true, sort: 'question_count', hide: 'narrow', cell: (survey) => number(survey.question_count) },
    { key: 'responses', title: t('surveys.responses'), num: true, sort: (one, other) => ended(one) - ended(other), cell: responsesCell },
    { key: 'completion', title: t('surveys.completion'), cell: completionCell, width: '10rem' },
    { key: 'updated', title: t('surveys.changed'), sort: 'updated_at', hide: 'narrow', cell: (survey) => html`<${When} at=${survey.updated_at}/>` },
  ];
  const filtered = query.search || query.status;
  const none = filtered
    ? html`<${Empty} icon="filter" title=${t('surveys.none_fit')} text=${t('surveys.none_fit_text')}/>`
    : html`<${Empty} icon="clipboard-list" title=${t('surveys.none')} text=${t('surveys.none_text')} action=${fresh}/>`;
  return html`<${Table} label=${t('surveys.title')} columns=${columns} rows=${surveys} rowKey=${(survey) => survey.uuid}
    href=${(survey) => `/surveys/${survey.uuid}`} sort=${query.sort} empty=${none}/>`;
}

function nameCell(survey) {
  const begins = survey.keyword && survey.sender_id && t('surveys.begins_by', { keyword: survey.keyword.toUpperCase(), code: survey.sender_id });
  const note = survey.is_changed && survey.version > 0 && t('surveys.unpublished_changes');
  return html`<span class="sv-name">
    <strong class="truncate">${survey.name}</strong>
    <span class="muted small">${[begins || survey.sender_id || t('surveys.no_code'), note].filter(Boolean).join(' · ')}</span>
  </span>`;
}

function responsesCell(survey) {
  const { in_progress: under, completed } = survey.responses;
  return html`<span>${number(completed)}</span>${under > 0 && html`<span class="muted small sv-under">${t('surveys.under_way', { n: under })}</span>`}`;
}

function completionCell(survey) {
  const share = completion(survey.responses);
  if (share === null) return html`<span class="muted">–</span>`;
  return html`<${Meter} value=${share} max=${1} label=${t('surveys.completion_of', { percent: Math.round(100 * share) })} text=${percent(share, 0)}/>`;
}
