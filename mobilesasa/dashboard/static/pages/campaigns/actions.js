/** What can be done with a campaign by where it stands; each asks first and says what it will do. */
import { html } from '../../parts/ui.js';
import { del, post } from '../../parts/api.js';
import { confirm } from '../../parts/dialogs.js';
import { Button, Menu } from '../../parts/forms.js';
import { useAct } from '../../parts/load.js';
import { postOnce } from '../../parts/once.js';
import { dropGuards, go } from '../../parts/router.js';
import { can, refreshAccount } from '../../parts/session.js';
import { t } from '../../parts/texts.js';
import { failed, toast } from '../../parts/toasts.js';
import { bodyOf, draftOf } from './draft.js';
import { hasWaiting, isSeries, peopleWords, unitsWords } from './words.js';

const isArmed = (campaign) => campaign.phase === 'scheduled' || campaign.phase === 'sending';

/** @param {object} campaign @returns {boolean} */
export function canPause(campaign) {
  return isArmed(campaign) || (campaign.phase === 'completed' && hasWaiting(campaign) && !campaign.paused);
}

/** @param {object} campaign @returns {boolean} */
export function canResume(campaign) {
  return campaign.phase === 'paused' || (campaign.phase === 'completed' && Boolean(campaign.paused));
}

/** @param {object} campaign @returns {boolean} */
export function canCancel(campaign) {
  return isArmed(campaign) || campaign.phase === 'paused' || (campaign.phase === 'completed' && hasWaiting(campaign));
}

/** @param {object} campaign @returns {boolean} whether it was sent and nothing of it has begun */
export function canUnschedule(campaign) {
  return (campaign.phase === 'scheduled' || campaign.phase === 'paused') && !campaign.started_at;
}

/** The counts that questions name. */
function countsOf(campaign) {
  const { progress, stats, units } = campaign;
  return {
    name: campaign.name,
    left: peopleWords(progress.left),
    waiting: t('campaigns.messages', { n: stats?.waiting ?? 0 }),
    out: t('campaigns.messages', { n: (stats?.sent ?? 0) + (stats?.delivered ?? 0) }),
    reserved: unitsWords(units.reserved),
  };
}

/** The text of a question: of a series, of one that has begun, or of one that has not. */
function textOf(act, campaign) {
  if (isSeries(campaign)) return t(`campaigns.${act}_series`);
  const counts = countsOf(campaign);
  if (!campaign.started_at && act !== 'unschedule') return t(`campaigns.${act}_scheduled`, counts);
  return t(campaign.phase === 'completed' ? `campaigns.${act}_completed` : `campaigns.${act}_text`, counts);
}

async function told(campaign, act, onChanged, undo) {
  const changed = await post(`/campaigns/${campaign.uuid}/${act}`);
  onChanged(changed);
  refreshAccount();
  toast(t(`campaigns.${act}_done`, { name: campaign.name }), { kind: 'good', undo: undo && (async () => onChanged(await post(`/campaigns/${campaign.uuid}/${undo}`))) });
}

const UNDO = { pause: 'resume', resume: 'pause' };

/** Say what it will do, and ask. @returns {Promise<boolean>} */
function asked(act, campaign) {
  const danger = act === 'cancel';
  const words = { act: t(`campaigns.${act}_act`), cancel: danger ? t('campaigns.keep') : undefined };
  return confirm({ title: t(`campaigns.${act}_ask`, { name: campaign.name }), text: textOf(act, campaign), danger, ...words });
}

/** @param {object} campaign */
export async function copyOf(campaign) {
  const made = await postOnce(`/campaigns/${campaign.uuid}/copy`);
  toast(t('campaigns.copied', { name: made.name }), { kind: 'good' });
  go(`/campaigns/${made.uuid}/edit`);
}

/** How many messages of a campaign that has ended failed, so that they may be sent again. @param {object} campaign @returns {number} */
export function failedOf(campaign) {
  const ended = campaign.phase === 'completed' || campaign.phase === 'cancelled';
  return ended && campaign.stats ? Math.max(0, campaign.stats.failed - campaign.stats.cancelled) : 0;
}

/** Make a draft for those whom it did not reach, and look at what that costs. @param {object} campaign */
export async function sendAgain(campaign) {
  const made = await postOnce(`/campaigns/${campaign.uuid}/retry`);
  toast(t('campaigns.again_made', { name: made.name, people: peopleWords(made.recipient_count) }), { kind: 'good' });
  go(`/campaigns/${made.uuid}/edit`, { step: 'check' });
}

/** Remove a draft; the same can be made again. @param {object} campaign */
export async function removeDraft(campaign) {
  const question = { title: t('campaigns.delete_ask', { name: campaign.name }), text: t('campaigns.delete_text'), act: t('campaigns.delete'), danger: true };
  if (!await confirm(question)) return;
  const gone = await del(`/campaigns/${campaign.uuid}`);
  dropGuards();
  const undo = async () => {
    const again = await post('/campaigns', bodyOf(draftOf(gone)));
    go(`/campaigns/${again.uuid}/edit`);
  };
  toast(t('campaigns.deleted', { name: gone.name }), { kind: 'good', undo });
  go('/campaigns');
}

const orSay = (act) => () => act().catch(failed);

/** The menu of a draft in the wizard. @param {{campaign: object}} props */
export function DraftMenu({ campaign }) {
  return html`<${Menu} label=${t('campaigns.more_actions')} items=${[
    { label: t('campaigns.copy'), icon: 'copy', onClick: orSay(() => copyOf(campaign)) },
    { label: t('campaigns.delete'), icon: 'trash', danger: true, onClick: orSay(() => removeDraft(campaign)) },
  ]} />`;
}

/**
 * The buttons of a campaign's page.
 * @param {{campaign: object, onChanged: (campaign: object) => void}} props
 */
export function Actions({ campaign, onChanged }) {
  const [run, act] = useAct((what) => told(campaign, what, onChanged, UNDO[what]).catch(failed));
  const [again, trying] = useAct(async (was) => {
    const question = { title: t('campaigns.again_ask', { name: was.name }), text: t('campaigns.again_text'), act: t('campaigns.again_act') };
    if (await confirm(question)) await sendAgain(was).catch(failed);
  });
  const ask = async (what) => await asked(what, campaign) && run(what);
  if (!can('campaigns')) return null;
  const button = (what, icon, kind = 'plain', className = '') => html`<${Button} kind=${kind} class=${className} icon=${icon} busy=${act.busy} onClick=${() => ask(what)}>${t(`campaigns.${what}`)}<//>`;
  const isDraft = campaign.phase === 'draft';
  return html`
    ${isDraft && html`<${Button} kind="primary" icon="pencil" to=${`/campaigns/${campaign.uuid}/edit`}>${t('campaigns.go_on')}<//>`}
    ${canResume(campaign) && button('resume', 'play', 'primary')}
    ${canPause(campaign) && button('pause', 'pause')}
    ${canUnschedule(campaign) && button('unschedule', 'undo')}
    ${canCancel(campaign) && button('cancel', 'square', 'plain', 'cp-danger')}
    ${failedOf(campaign) > 0 && html`<${Button} icon="rotate-cw" busy=${trying.busy} onClick=${() => again(campaign)}>${t('campaigns.again', { n: failedOf(campaign) })}<//>`}
    <${Menu} label=${t('campaigns.more_actions')} items=${[
      { label: t('campaigns.copy'), icon: 'copy', onClick: orSay(() => copyOf(campaign)) },
      isDraft && { label: t('campaigns.delete'), icon: 'trash', danger: true, onClick: orSay(() => removeDraft(campaign)) },
    ]} />`;
}
