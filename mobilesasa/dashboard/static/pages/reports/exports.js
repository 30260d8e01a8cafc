/** Files that were asked for: how far each is, to fetch while it is kept, and to remove. */
import { html, useState } from '../../parts/ui.js';
import { del, get } from '../../parts/api.js';
import { Progress } from '../../parts/charts.js';
import { confirm } from '../../parts/dialogs.js';
import { Status, When, day, number, octets, phone } from '../../parts/format.js';
import { Button, IconButton } from '../../parts/forms.js';
import { Loaded, useAct, useLoad } from '../../parts/load.js';
import { Page, Stack } from '../../parts/page.js';
import { can, canRead } from '../../parts/session.js';
import { Empty, Skeleton } from '../../parts/states.js';
import { Filters, Pager, Table } from '../../parts/table.js';
import { t, textOr } from '../../parts/texts.js';
import { failed, toast } from '../../parts/toasts.js';
import { fetchFile, isOver, rowsWords } from './export_job.js';
import { useCampaignNames } from './names.js';

/** Kinds with the scope of what is in the file, and where they are asked for. */
const KINDS = {
  messages: ['messages', '/messages'], contacts: ['contacts', '/contacts'], inbound: ['messages', '/inbox'], ledger: ['reports', '/units'],
  report: ['reports', '/reports'], usage: ['reports', '/reports?tab=usage'], recipients: ['campaigns', '/campaigns'], survey_responses: ['surveys', '/surveys'],
};
const POLL_S = 2;
/** What is said first of what was asked for. */
const FIRST = ['date_from', 'date_to'];

/** @param {{query: Object<string, string>}} props */
export default function Exports({ query }) {
  const [pace, setPace] = useState(0);
  const asked = { kind: query.kind, page: query.page, page_size: query.page_size };
  const load = useLoad(async (signal) => {
    const page = await get('/exports', asked, { signal });
    setPace(page.items.every(isOver) ? 0 : POLL_S);
    return page;
  }, [JSON.stringify(asked)], { everyS: pace });
  const names = useCampaignNames();
  const kinds = Object.keys(KINDS).filter((kind) => canRead(KINDS[kind][0]));
  return html`<${Page} title=${t('reports.exports')} lead=${t('reports.exports_lead')}>
    <${Stack}>
      ${(query.kind || load.data?.total > 0) && html`<${Filters} query=${query} fields=${[{ name: 'kind', label: t('reports.kind'), kind: 'select', options: kinds.map((value) => ({ value, label: t(`reports.kind_${value}`) })) }]} />`}
      <${Loaded} of=${load} skeleton=${html`<${Skeleton} rows=${6} kind="table" />`}>
        ${(page) => page.items.length ? html`
          <${Table} label=${t('reports.exports')} columns=${columns(load.again, names)} rows=${page.items} sort=${query.sort} />
          <${Pager} page=${page} query=${query} />` : html`<${Nothing} kinds=${kinds} />`}
      <//>
    <//>
  <//>`;
}

function columns(again, names) {
  return [
    { key: 'filename', title: t('reports.file'), sort: 'filename', cell: (row) => html`<${File} job=${row} names=${names} />` },
    { key: 'status', title: t('common.status'), sort: 'status', cell: (row) => html`<${State} job=${row} />` },
    { key: 'rows', title: t('reports.rows'), num: true, sort: 'rows', cell: (row) => number(row.rows) },
    { key: 'octets', title: t('common.size'), num: true, sort: 'octets', cell: (row) => octets(row.octets) },
    { key: 'created_at', title: t('reports.asked_at'), sort: 'created_at', cell: (row) => html`<${When} at=${row.created_at} />` },
    { key: 'kept_until', title: t('reports.kept_until'), sort: 'kept_until', cell: (row) => html`<${When} at=${row.kept_until} />` },
    { key: 'acts', title: t('common.actions'), hideTitle: true, class: 'is-acts', cell: (row) => html`<${Acts} job=${row} again=${again} />` },
  ];
}

function File({ job, names }) {
  const words = filterWords(job.filters, names);
  return html`<span class="rp-file"><strong>${t(`reports.kind_${job.kind}`)}</strong>
    <span class="small muted mono">${job.filename}</span>
    ${words && html`<span class="small muted">${words}</span>`}</span>`;
}

/** What was asked for, in words; values are shown as they were given. */
function filterWords(filters, names) {
  const rank = ([name]) => (FIRST.includes(name) ? FIRST.indexOf(name) : FIRST.length);
  const asked = Object.entries(filters ?? {}).sort((one, other) => rank(one) - rank(other));
  return asked.map(([name, value]) => `${textOr(`reports.filter_${name}`, name.replaceAll('_', ' '))} ${valueWords(name, value, names)}`).join(' · ');
}

function valueWords(name, value, names) {
  if (name === 'campaign_uuid') return names.get(value) ?? value;
  if (name === 'group_by') return textOr(`reports.${value}`, String(value)).toLowerCase();
  if (name === 'phone') return phone(value);
  return (name === 'date_from' || name === 'date_to') && /^\d{4}-\d{2}-\d{2}$/.test(value) ? day(`${value}T12:00:00Z`) : String(value);
}

function State({ job }) {
  if (isOver(job)) return html`<${Status} of=${job.status} />${job.error && html` <span class="small danger">${job.error}</span>`}`;
  return html`<span class="rp-state"><${Status} of=${job.status} />
    <${Progress} value=${job.total_rows === null ? null : job.rows} max=${job.total_rows || 1} label=${rowsWords(job)} /></span>`;
}

function Acts({ job, again }) {
  const [fetchIt, act] = useAct(() => fetchFile(job).catch(failed));
  const [remove, removing] = useAct(() => removeExport(job).then((gone) => gone && again()).catch(failed));
  const changes = can(KINDS[job.kind]?.[0] ?? 'reports');
  const label = t(isOver(job) ? 'reports.remove_file' : 'reports.stop_file', { name: job.filename });
  return html`<span class="rp-acts">
    ${job.file_url && html`<${Button} small icon="download" busy=${act.busy} onClick=${fetchIt} aria-label=${t('reports.download_file', { name: job.filename })}>${t('common.download')}<//>`}
    ${changes && html`<${IconButton} small icon=${isOver(job) ? 'trash' : 'x'} label=${label} busy=${removing.busy} onClick=${remove} />`}
  </span>`;
}

async function removeExport(job) {
  const act = isOver(job) ? 'remove' : 'stop';
  const text = t(`reports.${act}_text`, { n: job.rows, when: day(job.created_at) });
  if (!await confirm({ title: t(`reports.${act}_file`, { name: job.filename }), text, act: t(`reports.${act}_act`), danger: true })) return false;
  await del(`/exports/${job.uuid}`);
  toast(t(`reports.${act}_done`, { name: job.filename }), { kind: 'good' });
  return true;
}

function Nothing({ kinds }) {
  const action = html`<div class="row is-wrapping rp-links">${kinds.map((kind) => html`<${Button} key=${kind} small to=${KINDS[kind][1]}>${t(`reports.kind_${kind}`)}<//>`)}</div>`;
  return html`<${Empty} icon="file-down" title=${t('reports.no_exports')} text=${t('reports.no_exports_text')} action=${action} />`;
}
