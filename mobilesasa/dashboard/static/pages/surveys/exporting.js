// Responses as a file: an export is asked for, watched until it is written, and taken.
import { html, useState, useEffect } from '../../parts/ui.js';
import { t } from '../../parts/texts.js';
import { del, download, get } from '../../parts/api.js';
import { Link } from '../../parts/router.js';
import { useAct, useLoad } from '../../parts/load.js';
import { postOnce } from '../../parts/once.js';
import { Button, Menu } from '../../parts/forms.js';
import { Notice } from '../../parts/page.js';
import { Progress } from '../../parts/charts.js';
import { failed, toast } from '../../parts/toasts.js';

const WAITS = ['pending', 'running'];

/**
 * Ask for a file of responses, and watch it.
 * @param {string} survey its uuid
 * @param {{phone?: string, status?: string, version?: string}} filters
 */
export function useExport(survey, filters) {
  const [uuid, setUuid] = useState(null);
  const [written, setWritten] = useState(false);
  const load = useLoad(uuid ? (signal) => get(`/exports/${uuid}`, {}, { signal }) : null, [uuid], { everyS: uuid && !written ? 1 : 0 });
  const made = uuid && load.data?.uuid === uuid ? load.data : null;
  const [ask, act] = useAct(async (format) => {
    try {
      const known = Object.fromEntries(Object.entries(filters).filter(([, value]) => value));
      const asked = await postOnce('/exports', { kind: 'survey_responses', format, filters: { survey_uuid: survey, ...known } });
      setWritten(false);
      setUuid(asked.uuid);
    } catch (error) {
      failed(error);
    }
  });
  const fetchIt = () => download(`/exports/${uuid}/file`, {}, made?.filename).catch(failed);
  useEffect(() => {
    if (made && !WAITS.includes(made.status)) setWritten(true);
    if (made?.status === 'completed') fetchIt();
  }, [made?.uuid, made?.status]);
  return { made, ask, busy: act.busy || Boolean(made && WAITS.includes(made.status)), fetchIt, forget: () => setUuid(null) };
}

/** The menu with the formats. */
export function ExportMenu({ exporting, disabled }) {
  const items = ['csv', 'xlsx'].map((format) => ({ label: t(`surveys.export_${format}`), icon: 'download', onClick: () => exporting.ask(format), disabled }));
  return html`<${Menu} label=${t('surveys.export')} text=${t('surveys.export')} kind="plain" small icon="download" items=${items}/>`;
}

/** How far the file is. */
export function ExportState({ exporting }) {
  const { made, fetchIt, forget } = exporting;
  if (!made) return null;
  const cancel = async () => {
    try {
      await del(`/exports/${made.uuid}`);
      toast(t('surveys.export_cancelled'), { kind: 'info' });
      forget();
    } catch (error) {
      failed(error);
    }
  };
  if (WAITS.includes(made.status)) {
    return html`<${Notice} kind="info" title=${t('surveys.export_runs', { name: made.filename })}
      action=${html`<${Button} kind="quiet" onClick=${cancel}>${t('common.cancel')}</${Button}>`}>
      <${Progress} value=${made.rows} max=${made.total_rows || Math.max(made.rows, 1)} label=${t('surveys.export_rows', { n: made.rows })}/>
    </${Notice}>`;
  }
  if (made.status !== 'completed') {
    return html`<${Notice} kind="bad" title=${t('surveys.export_failed')}>${made.error ?? ''}</${Notice}>`;
  }
  const again = html`<${Button} icon="download" onClick=${fetchIt}>${t('surveys.export_again')}</${Button}>`;
  return html`<${Notice} kind="good" title=${t('surveys.export_done', { name: made.filename, n: made.rows })} action=${again}>
    <${Link} to="/exports">${t('surveys.export_all')}</${Link}>
  </${Notice}>`;
}
