/** What can be done with the inbox as a whole. */
import { html } from '../../parts/ui.js';
import { Button } from '../../parts/forms.js';
import { can } from '../../parts/session.js';
import { t } from '../../parts/texts.js';
import { ExportButton } from '../reports/export_job.js';

/** @param {{query: object}} props the filters of the list, which hold for the export too */
export function InboxActions({ query }) {
  return html`
    ${can('messages') && html`<${ExportButton} kind="inbound" filters=${{ phone: query.phone, code: query.code }} name=${t('inbox.title')} />`}
    <${Button} icon="ban" to="/suppressions">${t('inbox.suppressions')}<//>`;
}
