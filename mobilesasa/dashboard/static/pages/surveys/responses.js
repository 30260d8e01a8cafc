// Who has answered a survey: a list by phone, standing and version; one of them opens beside it.
import { html, useMemo } from '../../parts/ui.js';
import { t } from '../../parts/texts.js';
import { get } from '../../parts/api.js';
import { setQuery } from '../../parts/router.js';
import { useLoad, Loaded } from '../../parts/load.js';
import { Empty, Skeleton } from '../../parts/states.js';
import { Table, Pager, Filters } from '../../parts/table.js';
import { Stack } from '../../parts/page.js';
import { Status, When, number, phone } from '../../parts/format.js';
import { ExportMenu, ExportState, useExport } from './exporting.js';
import { NoAnswers } from './results.js';
import { ResponseDrawer } from './response.js';
import { answerWords, cut } from './words.js';

const STATUSES = ['in_progress', 'completed', 'expired'];

/** @param {{survey: object, query: Record<string, string>}} props */
export function Responses({ survey, query }) {
  const { status, version, cursor, page, page_size, response } = query;
  const wanted = query.phone;
  const asked = { phone: wanted, status, version, cursor, page, page_size };
  const load = useLoad((signal) => get(`/surveys/${survey.uuid}/responses`, asked, { signal }), [survey.uuid, ...Object.values(asked)], { everyS: 15 });
  const exporting = useExport(survey.uuid, { phone: wanted, status, version });
  const fields = useMemo(() => fieldsOf(survey.version), [survey.version]);
  const isNone = load.data?.items.length === 0 && !Object.values(asked).some(Boolean);
  if (!survey.version || isNone) return html`<${NoAnswers} survey=${survey}/>`;
  return html`<${Stack}>
    <${Filters} fields=${fields} query=${query}><${ExportMenu} exporting=${exporting}/></${Filters}>
    <${ExportState} exporting=${exporting}/>
    <${Loaded} of=${load} skeleton=${html`<${Skeleton} kind="table" rows=${8}/>`}>
      ${(data) => html`<${ResponseTable} responses=${data.items} query=${query}/><${Pager} page=${data} query=${query}/>`}
    </${Loaded}>
    ${response && html`<${ResponseDrawer} survey=${survey} uuid=${response} known=${load.data?.items.find((each) => each.uuid === response)}
      onClose=${() => setQuery({ response: '' })}/>`}
  </${Stack}>`;
}

function fieldsOf(newest) {
  const numbers = Array.from({ length: newest }, (_, at) => String(newest - at));
  return [
    { name: 'phone', label: t('common.phone'), kind: 'search' },
    { name: 'status', label: t('common.status'), kind: 'select', options: STATUSES.map((value) => ({ value, label: t(`surveys.response_status.${value}`) })) },
    newest > 1 && {
      name: 'version', label: t('surveys.version'), kind: 'select', options: numbers.map((value) => ({ value, label: t('surveys.version_n', { number: value }) })),
    },
  ];
}

function ResponseTable({ responses, query }) {
  const columns = [
    { key: 'phone', title: t('common.phone'), cell: (row) => html`<span class="num nowrap">${phone(row.phone)}</span>` },
    { key: 'status', title: t('common.status'), cell: statusCell },
    { key: 'answers', title: t('surveys.answers'), cell: answersCell },
    { key: 'version', title: t('surveys.version'), num: true, hide: 'narrow', cell: (row) => number(row.version) },
    { key: 'started', title: t('surveys.started'), cell: (row) => html`<${When} at=${row.started_at}/>` },
  ];
  const none = html`<${Empty} icon="filter" title=${t('surveys.no_response_fits')} text=${t('surveys.no_response_fits_text')}/>`;
  return html`<${Table} label=${t('surveys.responses')} columns=${columns} rows=${responses} rowKey=${(row) => row.uuid}
    onRow=${(row) => setQuery({ response: row.uuid })} current=${query.response} empty=${none}/>`;
}

function statusCell(row) {
  return html`<${Status} of=${row.status}
    label=${t(`surveys.response_status.${row.status}`)}/>${row.reason && html`<span class="muted small sv-why">${t(`surveys.why.${row.reason}`)}</span>`}
    ${row.waits_for && html`<span class="warn small sv-why">${t('surveys.waits')}</span>`}`;
}

function answersCell(row) {
  if (!row.answers.length) return html`<span class="muted">${t('surveys.none_yet')}</span>`;
  return html`<span class="sv-answers">${row.answers.map((answer) => html`<span key=${answer.question_uuid}
    class=${`sv-chip${answer.value === null ? ' muted' : ''}`} title=${answer.question}>${cut(answerWords(answer), 24)}</span>`)}</span>`;
}
