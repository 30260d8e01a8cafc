/** A file that is asked for: its format is chosen, it is watched while it is made, and fetched when it is whole. Used by other areas too. */
import { html, useEffect, useRef, useState } from '../../parts/ui.js';
import { del, download, get } from '../../parts/api.js';
import { Progress } from '../../parts/charts.js';
import { Dialog } from '../../parts/dialogs.js';
import { octets } from '../../parts/format.js';
import { Button, RadioList } from '../../parts/forms.js';
import { useAct, useLoad } from '../../parts/load.js';
import { postOnce } from '../../parts/once.js';
import { Notice, Stack } from '../../parts/page.js';
import { Link } from '../../parts/router.js';
import { loadTexts, t } from '../../parts/texts.js';
import { failed } from '../../parts/toasts.js';

const FORMATS = [['csv', { format: 'csv' }], ['excel', { format: 'csv', excel: true }], ['xlsx', { format: 'xlsx' }]];

/** @param {{status: string}} job @returns {boolean} whether an export is over, whole or not */
export const isOver = (job) => !['pending', 'running'].includes(job.status);

/** @param {{rows: number, total_rows: number|null}} job @returns {string} how far it is */
export function rowsWords({ rows, total_rows: total }) {
  return total === null ? t('reports.rows_so_far', { n: rows }) : t('reports.rows_of', { n: total, rows });
}

/** Fetch the file of an export. @param {{uuid: string, filename: string}} job */
export function fetchFile(job) {
  return download(`/exports/${job.uuid}/file`, {}, job.filename);
}

/**
 * The button, and the dialog that opens from it.
 * @param {{kind: string, filters?: object, name: string}} props kind and filters as of `POST /exports`; name: what is in the file
 */
export function ExportButton({ kind, filters = {}, name }) {
  const [open, setOpen] = useState(false);
  const [begin, act] = useAct(async () => {
    await loadTexts(['reports']);
    setOpen(true);
  });
  return html`
    <${Button} icon="file-down" busy=${act.busy} onClick=${begin}>${t('common.export')}<//>
    ${open && html`<${Asking} kind=${kind} filters=${filters} name=${name} onClose=${() => setOpen(false)} />`}`;
}

function Asking({ kind, filters, name, onClose }) {
  const [uuid, setUuid] = useState('');
  const [chosen, setChosen] = useState('csv');
  const [ask, act] = useAct(async () => {
    const wanted = Object.entries(filters).filter(([, value]) => value);
    const made = await postOnce('/exports', { kind, ...Object.fromEntries(FORMATS)[chosen], filters: Object.fromEntries(wanted) });
    setUuid(made.uuid);
  });
  const start = html`<${Button} onClick=${onClose}>${t('common.cancel')}<//>
    <${Button} kind="primary" icon="file-down" busy=${act.busy} onClick=${ask}>${t('reports.make_file')}<//>`;
  return html`<${Dialog} open title=${t('reports.export_title', { name })} onClose=${onClose} footer=${!uuid && start}>
    ${uuid ? html`<${Job} uuid=${uuid} onClose=${onClose} />` : html`<${Stack}>
      <${RadioList} label=${t('reports.format')} value=${chosen} onInput=${setChosen} cards
        options=${FORMATS.map(([value]) => ({ value, label: t(`reports.format_${value}`), help: t(`reports.format_${value}_help`) }))} />
      ${act.error && html`<${Notice} kind="bad" live>${act.error.message}<//>`}
    <//>`}
  <//>`;
}

/** An export that is made, and its file once it is whole; that comes by itself, once. */
function Job({ uuid, onClose }) {
  const [over, setOver] = useState(false);
  const load = useLoad((signal) => get(`/exports/${uuid}`, {}, { signal }), [uuid], { everyS: over ? 0 : 1 });
  const job = load.data;
  const fetched = useRef(false);
  useEffect(() => {
    if (!job || !isOver(job)) return;
    setOver(true);
    if (job.status === 'completed' && !fetched.current) {
      fetched.current = true;
      fetchFile(job).catch(failed);
    }
  }, [job?.status]);
  if (load.error && !job) return html`<${Notice} kind="bad" live>${load.error.message}<//>`;
  if (!job || !isOver(job)) return html`<${Underway} job=${job} onClose=${onClose} />`;
  if (job.status !== 'completed') return html`<${Notice} kind="bad" live title=${t('reports.no_file')}>${job.error ?? t('reports.was_cancelled')}<//>`;
  return html`<${Stack}>
    <${Notice} kind="good" live title=${job.filename}>${t('reports.file_there', { n: job.rows, size: octets(job.octets) })}<//>
    <div class="row is-wrapping is-between"><${Link} to="/exports">${t('reports.all_exports')}<//>
      <${Button} icon="download" onClick=${() => fetchFile(job).catch(failed)}>${t('reports.fetch_again')}<//></div>
  <//>`;
}

function Underway({ job, onClose }) {
  const [stop, act] = useAct(async () => {
    await del(`/exports/${job.uuid}`);
    onClose();
  });
  const words = job ? rowsWords(job) : t('reports.begins');
  return html`<${Stack}>
    <${Progress} value=${job?.total_rows ? job.rows : null} max=${job?.total_rows || 1} label=${t('reports.is_made')} />
    <div class="row is-wrapping is-between"><span class="small muted num" role="status">${words}</span>
      ${job && html`<${Button} kind="quiet" icon="x" busy=${act.busy} onClick=${stop}>${t('reports.stop')}<//>`}</div>
    <p class="small muted">${t('reports.goes_on')}</p>
  <//>`;
}
