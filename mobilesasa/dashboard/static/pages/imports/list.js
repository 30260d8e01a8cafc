/** Imports: the files that were uploaded, how far each is and what it did; those under way are followed. */
import { html, useEffect, useState } from '../../parts/ui.js';
import { get } from '../../parts/api.js';
import { Meter } from '../../parts/charts.js';
import { Code } from '../../parts/copy.js';
import { Button } from '../../parts/forms.js';
import { Status, When, number } from '../../parts/format.js';
import { useKeys } from '../../parts/keys.js';
import { Loaded, useLoad } from '../../parts/load.js';
import { Card, Page } from '../../parts/page.js';
import { go } from '../../parts/router.js';
import { can } from '../../parts/session.js';
import { Empty, Skeleton } from '../../parts/states.js';
import { Pager, Table } from '../../parts/table.js';
import { t } from '../../parts/texts.js';
import { doneOf, isMoving } from './counting.js';

const MOVING_S = 2;
const STILL_S = 20;

const CURL = () => `curl -X POST ${location.origin}/api/v1/contacts/import \\
  -H "Authorization: Bearer mbs_your_token_here" \\
  -F "file=@contacts.csv"`;

function Now({ upload }) {
  const undone = upload.undo && (upload.undo.status === 'completed' ? t('imports.undone') : t('imports.undoing'));
  return html`<span class="pp-upload-state">
    <${Status} of=${upload.status} />
    ${upload.dry_run && html`<${Status} kind="neutral" label=${t('imports.trial')} />`}
    ${undone && html`<${Status} kind="warn" label=${undone} />`}
    ${upload.status === 'processing' && html`<${Meter} value=${doneOf(upload)} max=${upload.total_rows} label=${t('imports.progress')} />`}
  </span>`;
}

const count = (key) => ({ key, title: t(`imports.${key}`), num: true, hide: 'narrow', cell: (each) => html`<span class=${each[key] ? '' : 'muted'}>${number(each[key])}</span>` });

const columns = () => [
  { key: 'file', title: t('imports.file'), cell: (each) => html`<span class="pp-person-name truncate">${each.filename}</span>` },
  { key: 'status', title: t('common.status'), cell: (each) => html`<${Now} upload=${each} />` },
  { key: 'rows', title: t('imports.rows'), num: true, cell: (each) => number(each.total_rows) },
  count('imported'), count('updated'), count('skipped'),
  { key: 'failed', title: t('imports.failed'), num: true, cell: (each) => html`<span class=${each.failed ? 'danger pp-people-strong' : 'muted'}>${number(each.failed)}</span>` },
  { key: 'at', title: t('common.when'), cell: (each) => html`<${When} at=${each.created_at} />` },
];

/** The list of imports. */
export default function Imports({ query }) {
  const asked = { page: query.page, page_size: query.page_size };
  const [everyS, setEveryS] = useState(STILL_S);
  const load = useLoad((signal) => get('/contacts/uploads', asked, { signal }), [JSON.stringify(asked)], { everyS });
  useEffect(() => setEveryS(load.data?.items.some(isMoving) ? MOVING_S : STILL_S), [load.data]);
  useKeys(can('contacts') ? { n: [t('imports.new'), () => go('/imports/new')] } : {});
  const begin = can('contacts') && html`<${Button} kind="primary" icon="upload" to="/imports/new">${t('imports.new')}<//>`;
  const none = html`<${Empty} icon="upload" title=${t('imports.none_title')} text=${t('imports.none_text')}
    action=${can('contacts') && html`${begin}<${Code} text=${CURL()} lang="shell" copy />`} />`;
  return html`<${Page} title=${t('imports.title')} actions=${begin}>
    <${Loaded} of=${load} skeleton=${html`<${Card} kind="flush"><${Skeleton} kind="table" rows=${6} /><//>`}>${(page) => html`<${Card} kind="flush">
      <${Table} label=${t('imports.title')} columns=${columns()} rows=${page.items} rowKey=${(each) => each.uuid}
        href=${(each) => `/imports/${each.uuid}`} rowLabel=${(each) => each.filename} empty=${none} />
      <${Pager} page=${page} query=${query} />
    <//>`}<//>
  <//>`;
}
