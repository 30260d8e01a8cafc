// The versions of a survey: what was published when and by whom; one of them can be looked at, and become the draft again.
import { html } from '../../parts/ui.js';
import { t } from '../../parts/texts.js';
import { get } from '../../parts/api.js';
import { setQuery } from '../../parts/router.js';
import { useLoad, Loaded } from '../../parts/load.js';
import { Empty, Skeleton } from '../../parts/states.js';
import { Table, Pager } from '../../parts/table.js';
import { Drawer, confirm } from '../../parts/dialogs.js';
import { Button } from '../../parts/forms.js';
import { When, number } from '../../parts/format.js';
import { Stack } from '../../parts/page.js';
import { fromShown } from './draft.js';
import { Definition } from './reading.js';
import { FlowMap } from './flowmap.js';

/** @param {{survey: object, work: object, query: Record<string, string>, mayWrite: boolean}} props work: see drafting.useDraft */
export function Versions({ survey, work, query, mayWrite }) {
  const asked = { page: query.page, page_size: query.page_size };
  const load = useLoad((signal) => get(`/surveys/${survey.uuid}/versions`, asked, { signal }), [survey.uuid, survey.version, asked.page, asked.page_size]);
  const columns = [
    { key: 'version', title: t('surveys.version'), cell: (row) => html`<${Named} version=${row.version} newest=${survey.version}/>` },
    { key: 'questions', title: t('surveys.questions'), num: true, cell: (row) => number(row.question_count) },
    { key: 'responses', title: t('surveys.responses'), num: true, cell: (row) => number(row.responses) },
    { key: 'published', title: t('surveys.published'), cell: (row) => html`<${When} at=${row.published_at}/>` },
    { key: 'by', title: t('surveys.published_by'), hide: 'narrow', cell: (row) => row.published_by?.name ?? '–' },
  ];
  const none = html`<${Empty} icon="git-branch" title=${t('surveys.no_versions')} text=${t('surveys.no_versions_text')}/>`;
  return html`<${Stack}>
    <p class="muted small">${t('surveys.versions_text')}</p>
    <${Loaded} of=${load} skeleton=${html`<${Skeleton} kind="table" rows=${3}/>`}>
      ${(data) => html`<${Table} label=${t('surveys.versions')} columns=${columns} rows=${data.items} rowKey=${(row) => row.version}
        rowLabel=${(row) => String(row.version)} onRow=${(row) => setQuery({ show: row.version })} empty=${none}/>
        <${Pager} page=${data} query=${query}/>`}
    </${Loaded}>
    ${query.show && html`<${Version} survey=${survey} work=${work} number=${query.show} mayWrite=${mayWrite}/>`}
  </${Stack}>`;
}

function Named({ version, newest }) {
  return html`<strong>${t('surveys.version_n', { number: String(version) })}</strong>${version === newest && html` <span class="muted small">${t('surveys.newest')}</span>`}`;
}

function Version({ survey, work, number: wanted, mayWrite }) {
  const load = useLoad((signal) => get(`/surveys/${survey.uuid}/versions/${wanted}`, {}, { signal }), [survey.uuid, wanted], { keep: false });
  const take = async () => {
    const sure = await confirm({ title: t('surveys.take_title', { number: wanted }), text: t('surveys.take_text'), act: t('surveys.take') });
    if (!sure) return;
    work.set(fromShown(load.data));
    setQuery({ tab: 'build', show: '' });
  };
  const footer = mayWrite && load.data && html`<${Button} icon="undo" onClick=${take}>${t('surveys.take')}</${Button}>`;
  return html`<${Drawer} open title=${t('surveys.version_n', { number: wanted })} onClose=${() => setQuery({ show: '' })} footer=${footer}>
    <${Loaded} of=${load} skeleton=${html`<${Skeleton} rows=${8}/>`}>${(shown) => {
      const draft = fromShown(shown);
      return html`<${Stack}><${Definition} draft=${draft}/><h3>${t('surveys.flow')}</h3><${FlowMap} draft=${draft}/></${Stack}>`;
    }}</${Loaded}>
  </${Drawer}>`;
}
