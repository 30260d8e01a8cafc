/** A new import: a file is dropped, its columns are understood, a trial if wanted, and off it goes. */
import { html, useEffect, useRef, useState } from '../../parts/ui.js';
import { Progress } from '../../parts/charts.js';
import { Code } from '../../parts/copy.js';
import { Button, FileDrop, Segmented, SelectField, TextField } from '../../parts/forms.js';
import { number, octets } from '../../parts/format.js';
import { Icon } from '../../parts/icons.js';
import { useAct } from '../../parts/load.js';
import { Card, Notice, Page, Row, Stack } from '../../parts/page.js';
import { dropGuards, go, useLeaveGuard } from '../../parts/router.js';
import { can } from '../../parts/session.js';
import { Failure, Forbidden, RequestId } from '../../parts/states.js';
import { t } from '../../parts/texts.js';
import { useGroups } from '../contacts/picking.js';
import { columnsOf, faultsOf, mappingOf } from './columns.js';
import { Mapping } from './mapping.js';
import { KINDS, MOST_OCTETS, previewFile, sendImport } from './sending.js';

const CURL = () => `curl -X POST ${location.origin}/api/v1/contacts/import \\
  -H "Authorization: Bearer mbs_your_token_here" \\
  -F "file=@contacts.csv"`;
const EXAMPLE = 'phone,first_name,last_name,email,county\n+254712345678,Jane,Doe,jane@example.com,Nairobi\n0722000111,John,Otieno,,Kisumu\n';

/** The file that was chosen, with the way back to none. */
function Chosen({ file, rows, onDrop }) {
  return html`<div class="pp-file-line">
    <span class="pp-file-mark"><${Icon} name="file-spreadsheet" /></span>
    <div class="pp-person-words"><strong class="truncate">${file.name}</strong>
      <span class="muted small num">${octets(file.size)}${rows !== undefined ? ` · ${t('imports.n_rows', { n: rows })}` : ''}</span></div>
    <${Button} kind="quiet" onClick=${onDrop}>${t('imports.another_file')}<//>
  </div>`;
}

function Help() {
  return html`<${Card} title=${t('imports.help_title')}>
    <ul class="pp-steps-list">${['header', 'phones', 'again', 'size'].map((each) => html`<li key=${each}>${t(`imports.help_${each}`)}</li>`)}</ul>
    <h3>${t('imports.example')}</h3>
    <${Code} text=${EXAMPLE} lang="csv" copy />
    <h3>${t('imports.by_api')}</h3>
    <${Code} text=${CURL()} lang="shell" copy />
  <//>`;
}

/** Look at a file when it is chosen; a second one gives the first up. */
function useLooking() {
  const [state, setState] = useState({ file: null, preview: null, part: 0, error: null });
  const under_way = useRef(null);
  const drop = () => {
    under_way.current?.abort();
    setState({ file: null, preview: null, part: 0, error: null });
  };
  const look = async (file) => {
    under_way.current?.abort();
    const mine = new AbortController();
    under_way.current = mine;
    setState({ file, preview: null, part: 0, error: null });
    const show = (more) => under_way.current === mine && setState((before) => ({ ...before, ...more }));
    try {
      show({ preview: await previewFile(file, (part) => show({ part }), mine.signal) });
    } catch (error) {
      if (error.name !== 'AbortError') show({ error });
    }
  };
  useEffect(() => () => under_way.current?.abort(), []);
  return [state, look, drop];
}

function Options({ asked, onChange }) {
  const groups = useGroups();
  const set = (part) => (value) => onChange({ ...asked, [part]: value });
  const options = [
    { value: '', label: t('imports.group_none') },
    ...(can('groups') ? [{ value: 'new', label: t('imports.group_new') }] : []),
    ...(groups.data ?? []).map((each) => ({ value: each.uuid, label: `${each.name} (${number(each.contact_count)})` })),
  ];
  const policies = ['update', 'skip'].map((value) => ({ value, label: t(`imports.existing_${value}`) }));
  return html`<${Card} title=${t('imports.options')}>
    <${Stack} gap=${4}>
      <div class="field">
        <span class="field-label">${t('imports.existing')}</span>
        <${Segmented} label=${t('imports.existing')} options=${policies} value=${asked.onExisting} onChange=${set('onExisting')} />
        <p class="muted small">${t(`imports.existing_${asked.onExisting}_help`)}</p>
      </div>
      ${can('groups') && html`<${SelectField} name="group" label=${t('imports.group')} value=${asked.group} options=${options} onInput=${set('group')} help=${t('imports.group_help')} />`}
      ${asked.group === 'new' && html`<${TextField} name="group_name" label=${t('imports.group_name')} value=${asked.groupName} onInput=${set('groupName')} required maxlength="100" autocomplete="off" />`}
    <//>
  <//>`;
}

/** The last step: a trial, or the import itself. */
function Go({ file, preview, columns, options, ready }) {
  const [part, setPart] = useState(null);
  const send = async (dry) => {
    setPart(0);
    try {
      const begun = await sendImport({ file, mapping: mappingOf(columns), ...options }, dry, setPart);
      dropGuards();
      go(`/imports/${begun.uuid}`);
    } finally {
      setPart(null);
    }
  };
  const [run, act] = useAct(send);
  const rows = preview.total_rows;
  return html`<div class="pp-import-foot">
    ${act.error && html`<${Notice} kind="bad" live title=${t('imports.send_failed')}>${act.error.message}<${RequestId} id=${act.error.requestId} /><//>`}
    ${part !== null && html`<${Progress} value=${part} max=${1} label=${t('imports.sending')} />`}
    <${Row} wrap>
      <${Button} kind="primary" icon="upload" disabled=${!ready} busy=${act.busy} onClick=${() => run(false)}>${t('imports.import_n', { n: rows })}<//>
      <${Button} disabled=${!ready} busy=${act.busy} onClick=${() => run(true)}>${t('imports.try_first')}<//>
      <span class="muted small">${t('imports.try_help')}</span>
    <//>
  </div>`;
}

/** The page of a new import. */
export default function NewImport({ query }) {
  const [{ file, preview, part, error }, look, drop] = useLooking();
  const [columns, setColumns] = useState([]);
  const [options, setOptions] = useState({ onExisting: 'update', group: query.group ?? '', groupName: '' });
  useEffect(() => setColumns(preview ? columnsOf(preview) : []), [preview]);
  useLeaveGuard(preview ? t('imports.leave') : false);
  if (!can('contacts')) return html`<${Page} title=${t('imports.new_title')}><${Forbidden} scope="contacts" /><//>`;
  const faults = faultsOf(columns);
  const ready = !faults.whole && Object.keys(faults.at).length === 0 && preview?.total_rows > 0 && (options.group !== 'new' || options.groupName.trim() !== '');
  return html`<${Page} title=${t('imports.new_title')} crumbs=${[{ label: t('imports.title'), to: '/imports' }]} lead=${t('imports.new_lead')}>
    ${!file && html`<div class="pp-beside wide-first">
      <${FileDrop} name="file" label=${t('imports.drop')} help=${t('imports.drop_help')} accept=${KINDS} maxOctets=${MOST_OCTETS} onFile=${look} />
      <${Help} />
    </div>`}
    ${file && html`<${Stack} gap=${4}>
      <${Chosen} file=${file} rows=${preview?.total_rows} onDrop=${drop} />
      ${!preview && !error && html`<${Progress} value=${part} max=${1} label=${part < 1 ? t('imports.sending') : t('imports.reading')} />`}
      ${error && html`<${Failure} error=${error} again=${() => look(file)} />`}
      ${preview && columns.length > 0 && html`
        <div class="pp-beside wide-first">
          <${Mapping} preview=${preview} columns=${columns} faults=${faults} onChange=${setColumns} />
          <div class="pp-import-side">
            <${Options} asked=${options} onChange=${setOptions} />
            <${Go} file=${file} preview=${preview} columns=${columns} options=${options} ready=${ready} />
          </div>
        </div>`}
    <//>`}
  <//>`;
}
