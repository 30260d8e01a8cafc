/** The mark below which a team is told that its units run low. */
import { html, useState } from '../../parts/ui.js';
import { put } from '../../parts/api.js';
import { Dialog } from '../../parts/dialogs.js';
import { Button, CheckField, Form, FormActions, NumberField } from '../../parts/forms.js';
import { useAct } from '../../parts/load.js';
import { Link } from '../../parts/router.js';
import { canRead, refreshSettings } from '../../parts/session.js';
import { t } from '../../parts/texts.js';
import { failed, toast } from '../../parts/toasts.js';

const USUAL = 500;
const MOST = 1_000_000_000;

/** @param {{account: {low_balance_units: number|null}, onClose: () => void, onDone: () => Promise<any>}} props */
export function LowAlert({ account, onClose, onDone }) {
  const before = account.low_balance_units;
  const [on, setOn] = useState(before !== null);
  const [below, setBelow] = useState(before ?? USUAL);
  const set = async (units) => {
    await put('/team', { low_balance_units: units });
    await Promise.all([onDone(), refreshSettings()]);
  };
  const [save, act] = useAct(async () => {
    const units = on ? below : null;
    await set(units);
    onClose();
    toast(units === null ? t('units.change.done_off') : t('units.change.done', { n: units }), { kind: 'good', undo: () => set(before).catch(failed) });
  });
  return html`<${Dialog} open title=${t('units.change.title')} onClose=${onClose}>
    <${Form} onSubmit=${save} error=${act.error} busy=${act.busy}>
      <${CheckField} name="on" label=${t('units.change.on')} value=${on} onInput=${setOn}/>
      ${on && html`<${NumberField} name="low_balance_units" label=${t('units.change.below')} help=${t('units.change.below_help')} value=${below}
        onInput=${setBelow} min=${1} max=${MOST} required/>`}
      ${canRead('webhooks') && html`<p class="small"><${Link} to="/webhooks">${t('units.change.webhooks')}</${Link}></p>`}
      <${FormActions}>
        <${Button} kind="primary" type="submit" busy=${act.busy}>${t('common.save')}</${Button}>
        <${Button} kind="quiet" onClick=${onClose}>${t('common.cancel')}</${Button}>
      </${FormActions}>
    </${Form}>
  </${Dialog}>`;
}
