/** A file of people for a campaign: sent with its progress, read with what is wrong in it, or one that is there already. */
import { html, useEffect, useState } from '../../parts/ui.js';
import { del, get, download, upload } from '../../parts/api.js';
import { Progress } from '../../parts/charts.js';
import { confirm } from '../../parts/dialogs.js';
import { When, number } from '../../parts/format.js';
import { Button, FileDrop, IconButton, SelectField } from '../../parts/forms.js';
import { Loaded, useAct, useLoad } from '../../parts/load.js';
import { Facts, Notice, Row, Stack } from '../../parts/page.js';
import { canRead } from '../../parts/session.js';
import { Skeleton } from '../../parts/states.js';
import { Table } from '../../parts/table.js';
import { t } from '../../parts/texts.js';
import { failed, toast } from '../../parts/toasts.js';
import { Wrong } from './wrong.js';

const MOST_OCTETS = 50 * 1024 * 1024;
const isRead = (audience) => audience.status === 'completed' || audience.status === 'failed';

/** An audience, asked for until its file is read. @param {string} uuid */
export function useAudience(uuid) {
  const [pace, setPace] = useState(1);
  const load = useLoad(async (signal) => {
    if (!uuid) return null;
    const audience = await get(`/campaigns/audiences/${uuid}`, {}, { signal });
    setPace(isRead(audience) ? 0 : 1);
    return audience;
  }, [uuid], { everyS: uuid ? pace : 0 });
  return load;
}

/**
 * @param {{value: string, onInput: (uuid: string) => void, error?: string}} props value: the uuid of an audience, or nothing
 */
export function AudiencePicker({ value, onInput, error }) {
  return html`<${Stack}>
    ${value ? html`<${Chosen} uuid=${value} onLeave=${() => onInput('')} />` : html`<${Choosing} onChosen=${onInput} />`}
    <${Wrong} name="audience_id" error=${error} />
  <//>`;
}

function Chosen({ uuid, onLeave }) {
  const load = useAudience(uuid);
  return html`<${Loaded} of=${load} skeleton=${html`<${Skeleton} rows=${3} kind="text" />`}>
    ${(audience) => audience && html`<${Audience} audience=${audience} action=${html`<${Button} icon="upload" onClick=${onLeave}>${t('campaigns.other_file')}<//>`} />`}
  <//>`;
}

/**
 * @param {{audience: object, action?: any}} props
 */
export function Audience({ audience, action }) {
  const { status } = audience;
  return html`<${Stack}>
    <${Row} between wrap><strong class="truncate">${audience.filename}</strong>${action}<//>
    ${!isRead(audience) && html`<${Reading} audience=${audience} />`}
    ${status === 'failed' && html`<${Notice} kind="bad" title=${t('campaigns.file_failed')}>${audience.failure}<//>`}
    ${status === 'completed' && html`<${Facts} items=${factsOf(audience)} />`}
    ${audience.failed > 0 && html`<${BadRows} audience=${audience} />`}
  <//>`;
}

function Reading({ audience }) {
  const done = audience.people + audience.doubles + audience.failed;
  const label = audience.total_rows ? t('campaigns.rows_read', { n: audience.total_rows, done }) : t('campaigns.file_waits');
  return html`<${Progress} value=${audience.total_rows ? done : null} max=${audience.total_rows || 1} label=${label} />`;
}

function factsOf(audience) {
  const facts = [
    [t('campaigns.people_in_file'), number(audience.people)],
    [t('campaigns.fields_in_file'), html`<span class="cp-pick-fields">${audience.fields.map((field) => html`<code key=${field}>{${field}}</code>`)}</span>`],
  ];
  if (audience.doubles) facts.push([t('campaigns.doubles'), t('campaigns.doubles_text', { n: audience.doubles })]);
  if (audience.ignored_columns.length) facts.push([t('campaigns.ignored_columns'), audience.ignored_columns.join(', ')]);
  return facts;
}

function BadRows({ audience }) {
  const [fetch, act] = useAct(() => download(`/campaigns/audiences/${audience.uuid}/errors`, {}, `errors-${audience.filename.replace(/\.\w+$/, '')}.csv`));
  const columns = [
    { key: 'row', title: t('campaigns.row'), cell: (error) => html`<span class="num nowrap">${t('campaigns.row_n', { n: error.row })}</span>` },
    { key: 'column', title: t('campaigns.column'), cell: (error) => error.column },
    { key: 'value', title: t('campaigns.value'), cell: (error) => html`<span class="mono">${error.value || '–'}</span>` },
    { key: 'message', title: t('campaigns.wrong'), cell: (error) => error.message },
  ];
  const action = audience.error_file_url && html`<${Button} icon="download" busy=${act.busy} onClick=${() => fetch()}>${t('campaigns.error_file')}<//>`;
  return html`<${Stack} gap=${2}>
    <${Notice} kind="warn" title=${t('campaigns.rows_failed', { n: audience.failed })}>${t('campaigns.rows_failed_text')}<//>
    <details class="cp-rows"><summary>${t('campaigns.show_rows', { n: audience.errors.length })}</summary>
      <${Table} label=${t('campaigns.wrong')} columns=${columns} rows=${audience.errors} rowKey=${(row) => `${row.row} ${row.column}`} /></details>
    ${action && html`<${Row}>${action}<//>`}
  <//>`;
}

function Choosing({ onChosen }) {
  const [sending, setSending] = useState(null);
  const [refused, setRefused] = useState(null);
  const send = async (file, mapping) => {
    setRefused(null);
    setSending({ name: file.name, part: 0 });
    try {
      const form = new FormData();
      form.append('file', file);
      if (mapping) form.append('mapping', JSON.stringify(mapping));
      const audience = await upload('/campaigns/audiences', form, { onProgress: (part) => setSending({ name: file.name, part }) });
      onChosen(audience.uuid);
    } catch (error) {
      setRefused({ error, file });
    } finally {
      setSending(null);
    }
  };
  if (sending) return html`<${Sending} sending=${sending} />`;
  return html`<${Stack}>
    <p class="small muted">${t('campaigns.file_help')}</p>
    ${refused && html`<${Refused} refused=${refused} send=${send} />`}
    <${FileDrop} name="file" label=${t('campaigns.file')} accept=".csv,.xlsx" maxOctets=${MOST_OCTETS} onFile=${(file) => send(file)} />
    <${Earlier} onChosen=${onChosen} />
  <//>`;
}

function Sending({ sending }) {
  return html`<${Progress} value=${sending.part} max=${1} label=${t('campaigns.sending_file', { name: sending.name })} />`;
}

/** A file that was refused; where only its column of phones is not known, it can be named and sent again. */
function Refused({ refused, send }) {
  const { error, file } = refused;
  const [columns, setColumns] = useState(null);
  const [phone, setPhone] = useState('');
  useEffect(() => {
    if (error.code !== 'bad_file' || !canRead('contacts')) return;
    const form = new FormData();
    form.append('file', file);
    upload('/contacts/import/preview', form).then((seen) => setColumns(seen.has_phone ? null : seen.columns), () => setColumns(null));
  }, [file, error]);
  return html`<${Notice} kind="bad" title=${t('campaigns.file_refused', { name: file.name })}>
    <p>${error.message}${error.requestId && html` <span class="small muted mono">${error.requestId}</span>`}</p>
    ${columns && html`<${Row} wrap><${SelectField} name="phone_column" label=${t('campaigns.phone_column')} value=${phone} onInput=${setPhone}
      options=${[{ value: '', label: t('campaigns.pick_column') }, ...columns.map(({ header }) => ({ value: header, label: header }))]} />
      <${Button} kind="primary" disabled=${!phone} onClick=${() => send(file, { [phone]: 'phone' })}>${t('campaigns.send_again')}<//><//>`}
  <//>`;
}

/** Files that were sent before: one can be used for several campaigns. */
function Earlier({ onChosen }) {
  const load = useLoad((signal) => get('/campaigns/audiences', { page_size: 10 }, { signal }), []);
  const items = load.data?.items ?? [];
  const remove = async (audience) => {
    const text = t('campaigns.remove_file_text', { n: audience.people });
    if (!await confirm({ title: t('campaigns.remove_file', { name: audience.filename }), text, act: t('common.remove'), danger: true })) return;
    try {
      await del(`/campaigns/audiences/${audience.uuid}`);
      toast(t('campaigns.file_removed', { name: audience.filename }), { kind: 'good' });
      load.again();
    } catch (error) {
      failed(error);
    }
  };
  if (!items.length) return null;
  return html`<section class="stack"><h3 class="small muted">${t('campaigns.earlier_files')}</h3>
    <ul class="cp-pick-rows">${items.map((audience) => html`<li key=${audience.uuid} class="cp-pick-row">
      <span class="cp-pick-name"><span class="truncate">${audience.filename}</span>
        <span class="small muted truncate">${t('campaigns.people', { n: audience.people })} · <${When} at=${audience.created_at} /></span></span>
      <${Button} disabled=${audience.status === 'failed'} onClick=${() => onChosen(audience.uuid)}>${t('campaigns.use_file')}<//>
      <${IconButton} icon="trash" label=${t('campaigns.remove_file', { name: audience.filename })} onClick=${() => remove(audience)} />
    </li>`)}</ul></section>`;
}
