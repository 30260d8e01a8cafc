/** An import: how far it is, what it did row by row, what went wrong; cancelled, undone, and after a trial done in earnest. */
import { html, useEffect, useRef, useState } from '../../parts/ui.js';
import { download, get, post, sentence } from '../../parts/api.js';
import { Progress } from '../../parts/charts.js';
import { confirm } from '../../parts/dialogs.js';
import { Button } from '../../parts/forms.js';
import { Figure, Status, When, duration, number } from '../../parts/format.js';
import { Loaded, useAct, useLoad } from '../../parts/load.js';
import { Card, Facts, Grid, Notice, Page, Stack } from '../../parts/page.js';
import { Link, go } from '../../parts/router.js';
import { can, canRead } from '../../parts/session.js';
import { Skeleton } from '../../parts/states.js';
import { Table } from '../../parts/table.js';
import { t } from '../../parts/texts.js';
import { failed, toast } from '../../parts/toasts.js';
import { doneOf, isCancellable, isMoving, isUndoable, tookS } from './counting.js';
import { heldFor, sendImport } from './sending.js';

const MOVING_S = 1;
const STILL_S = 60;

/** Follow an import, closely while it moves. */
function useImport(uuid) {
  const [everyS, setEveryS] = useState(MOVING_S);
  const load = useLoad((signal) => get(`/contacts/uploads/${uuid}`, {}, { signal }), [uuid], { everyS });
  useEffect(() => setEveryS(!load.data || isMoving(load.data) ? MOVING_S : STILL_S), [load.data]);
  return load;
}

async function cancel(upload, load) {
  const sure = await confirm({
    title: t('imports.cancel_title'),
    text: t('imports.cancel_text', { n: upload.imported + upload.updated, left: upload.total_rows - doneOf(upload) }),
    act: t('imports.cancel_act'),
    danger: true,
  });
  if (!sure) return;
  try {
    load.set(await post(`/contacts/uploads/${upload.uuid}/cancel`));
    toast(t('imports.cancelled'), { kind: 'info' });
  } catch (error) {
    failed(error);
  }
  load.again();
}

async function undo(upload, load) {
  const parts = [
    upload.imported > 0 && t('imports.undo_made', { n: upload.imported }),
    upload.updated > 0 && t('imports.undo_changed', { n: upload.updated }),
    upload.group && t('imports.undo_group'),
    t('imports.undo_kept'),
  ];
  const sure = await confirm({ title: t('imports.undo_title', { file: upload.filename }), text: parts.filter(Boolean).join(' '), act: t('imports.undo_act'), danger: true });
  if (!sure) return;
  try {
    load.set(await post(`/contacts/uploads/${upload.uuid}/undo`));
  } catch (error) {
    failed(error);
  }
  load.again();
}

/** The bar that lives: of the import, and of its undo; who has seen it move sees it to its end, so that nothing jumps. */
function Bar({ upload }) {
  const { undo: undone } = upload;
  const moved = useRef(false);
  moved.current ||= isMoving(upload);
  if (!moved.current) return null;
  if (undone) {
    const done = undone.removed + undone.restored + undone.kept;
    return html`<${Progress} value=${done} max=${Math.max(done, upload.imported + upload.updated)} label=${t('imports.undo_progress', { n: done })} />`;
  }
  const done = doneOf(upload);
  const label = upload.status === 'pending' ? t('imports.waiting') : t('imports.progress_n', { n: done, all: upload.total_rows });
  return html`<${Progress} value=${done} max=${upload.total_rows} label=${label} />`;
}

function Outcome({ upload }) {
  const { undo: undone } = upload;
  if (upload.failure) return html`<${Notice} kind="bad" title=${t('imports.failure')}>${upload.failure}<//>`;
  if (undone?.status === 'completed') {
    return html`<${Notice} kind="info" title=${t('imports.undone_title')}>
      ${t('imports.undone_text', { removed: undone.removed, restored: undone.restored })} ${undone.kept > 0 && t('imports.undone_kept', { n: undone.kept })}<//>`;
  }
  if (undone) return isMoving(upload) ? null : html`<${Notice} kind="bad" title=${t('imports.undo_failed')} />`;
  if (upload.dry_run && upload.status === 'completed') return html`<${Trial} upload=${upload} />`;
  if (upload.status === 'cancelled') return html`<${Notice} kind="warn" title=${t('imports.cancelled_title')}>${t('imports.cancelled_text')}<//>`;
  return null;
}

/** After a trial: the same in earnest, without choosing the file again while this page has it. */
function Trial({ upload }) {
  const asked = heldFor(upload.uuid);
  const [part, setPart] = useState(null);
  const [run, act] = useAct(async () => go(`/imports/${(await sendImport(asked, false, setPart)).uuid}`));
  useEffect(() => { if (act.error) failed(act.error); }, [act.error]);
  const n = upload.imported + upload.updated;
  const action = can('contacts') && (asked
    ? html`<${Button} kind="primary" icon="upload" busy=${act.busy} onClick=${run}>${t('imports.now')}<//>`
    : html`<${Button} to="/imports/new">${t('imports.choose_again')}<//>`);
  return html`<${Notice} kind="info" title=${t('imports.trial_title')} action=${action}>
    ${t('imports.trial_text', { n })}
    ${part !== null && act.busy && html`<${Progress} value=${part} max=${1} label=${t('imports.sending')} />`}<//>`;
}

function Counts({ upload }) {
  const would = upload.dry_run ? 'would_' : '';
  const figure = (key) => html`<${Figure} label=${t(`imports.${would}${key}`)} value=${number(upload[key])} help=${t(`imports.${key}_help`)} />`;
  return html`<${Grid} min="9rem">${['imported', 'updated', 'skipped', 'failed'].map(figure)}<//>`;
}

const errorColumns = () => [
  { key: 'row', title: t('imports.row'), width: '5rem', class: 'is-nth num', cell: (each) => number(each.row) },
  { key: 'column', title: t('imports.column'), cell: (each) => html`<span class="pp-breaks">${each.column}</span>` },
  { key: 'value', title: t('imports.value'), cell: (each) => (each.value ? html`<span class="mono pp-breaks">${each.value}</span>` : '–') },
  { key: 'message', title: t('imports.wrong'), cell: (each) => sentence(each.message) },
];

function Errors({ upload }) {
  const [save, act] = useAct(() => download(`/contacts/uploads/${upload.uuid}/errors`).catch(failed));
  if (!upload.failed) return null;
  const rows = upload.errors.map((each, at) => ({ ...each, at }));
  const button = upload.error_file_url && html`<${Button} icon="download" busy=${act.busy} onClick=${save}>${t('imports.error_file')}<//>`;
  return html`<${Card} kind="flush" title=${t('imports.errors_title', { n: upload.failed })} lead=${t('imports.errors_text')} actions=${button}>
    <${Table} label=${t('imports.errors')} columns=${errorColumns()} rows=${rows} rowKey=${(each) => each.at} />
    ${upload.failed > rows.length && html`<p class="muted small">${t('imports.errors_first', { n: rows.length })}</p>`}
  <//>`;
}

function GroupName({ uuid }) {
  const group = useLoad(canRead('groups') ? (signal) => get(`/groups/${uuid}`, {}, { signal }) : null, [uuid]);
  return html`<${Link} to=${`/groups/${uuid}`}>${group.data?.name ?? t('imports.its_group')}<//>`;
}

const means = (field) => (field.startsWith('attributes.') ? field.slice(11) : t(`imports.means_${field}`));

function How({ upload }) {
  return html`<${Card} title=${t('imports.how')}>
    <${Facts} items=${[
      [t('imports.sent'), html`<${When} at=${upload.created_at} />`],
      ...(upload.finished_at ? [[t('imports.ended'), html`<${When} at=${upload.finished_at} exact />${tookS(upload) >= 1 && html` <span class="muted nowrap">(${duration(tookS(upload))})</span>`}`]] : []),
      [t('imports.known'), t(`imports.existing_${upload.on_existing}`)],
      ...(upload.group ? [[t('imports.into'), html`<${GroupName} uuid=${upload.group} />`]] : []),
      ...(upload.ignored_columns.length ? [[t('imports.ignored'), html`<span class="pp-breaks">${upload.ignored_columns.join(', ')}</span>`]] : []),
    ]} />
    <h3>${t('imports.columns')}</h3>
    <ul class="pp-plain-list pp-means-list">${upload.columns.map((each, at) => html`<li key=${at}>
      <span class="pp-breaks">${each.header}</span> <span class="muted" aria-hidden="true">→</span> <strong class="pp-breaks">${means(each.field)}</strong></li>`)}</ul>
  <//>`;
}

function ImportPage({ upload, load }) {
  const actions = html`
    ${can('contacts') && isCancellable(upload) && html`<${Button} kind="danger" icon="square" onClick=${() => cancel(upload, load)}>${t('imports.cancel_act')}<//>`}
    ${can('contacts') && isUndoable(upload) && html`<${Button} icon="undo" onClick=${() => undo(upload, load)}>${t('imports.undo')}<//>`}
    ${!isMoving(upload) && !upload.dry_run && html`<${Button} icon="users" to="/contacts" query=${{ group: upload.group }}>${t('imports.see_contacts')}<//>`}`;
  const status = html`<${Status} of=${upload.status} />${upload.dry_run && html` <${Status} kind="neutral" label=${t('imports.trial')} />`}`;
  const lead = html`<span class="num">${t('imports.n_rows', { n: upload.total_rows })}</span> · <${When} at=${upload.created_at} />`;
  return html`<${Page} title=${upload.filename} crumbs=${[{ label: t('imports.title'), to: '/imports' }]} status=${status} lead=${lead} actions=${actions}>
    <${Stack} gap=${4}>
      <div aria-live="polite" class="pp-import-bar"><${Bar} upload=${upload} /></div>
      <${Outcome} upload=${upload} />
      <${Counts} upload=${upload} />
      <div class="pp-beside wide-first"><${Errors} upload=${upload} /><${How} upload=${upload} /></div>
    <//>
  <//>`;
}

/** The page of an import. */
export default function Import({ params }) {
  const load = useImport(params.uuid);
  if (load.data) return html`<${ImportPage} upload=${load.data} load=${load} />`;
  return html`<${Page} title=${t('imports.one')} crumbs=${[{ label: t('imports.title'), to: '/imports' }]}>
    <${Loaded} of=${load} skeleton=${html`<${Skeleton} kind="card" rows=${3} />`}>${() => null}<//>
  <//>`;
}
