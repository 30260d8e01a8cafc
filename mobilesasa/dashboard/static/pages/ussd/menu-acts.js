/** What can be done with a menu as a whole: publish, settings, export and import, a copy, its secret, deleting it. */
import { html, useState } from '../../parts/ui.js';
import { del, post } from '../../parts/api.js';
import { Button } from '../../parts/buttons.js';
import { Secret } from '../../parts/copy.js';
import { Dialog, confirm } from '../../parts/dialogs.js';
import { TextField } from '../../parts/forms.js';
import { postOnce } from '../../parts/once.js';
import { dropGuards, go } from '../../parts/router.js';
import { failed, toast } from '../../parts/toasts.js';
import { t } from '../../parts/texts.js';
import { Differences } from './differences.js';
import { Faults } from './faults.js';
import { ImportDialog } from './import-dialog.js';
import { SettingsDialog } from './settings.js';
import { exportMenu } from './transfer.js';
import { usePublished } from './published.js';

/**
 * @param {object} all the menu, its draft, what is wrong with it, how it is saved, and whether it may be changed
 * @returns {object} the acts, the items of the menu of the page, and the dialogs that are open
 */
export function useMenuActs({ menu, draft, setMenu, check, saving, canWrite }) {
  const [open, setOpen] = useState('');
  const [secret, setSecret] = useState('');
  const close = () => setOpen('');
  const settings = () => setOpen('settings');
  const imported = (definition) => {
    const was = draft.now;
    draft.change({ ...definition, name: was.name });
    close();
    toast(t('ussd.import.done', { n: Object.keys(definition.screens).length }), { undo: async () => draft.change(was) });
  };
  const makeSecret = async () => setSecret((await newSecret(menu)) ?? '');
  const exports = { label: t('ussd.export'), icon: 'download', onClick: () => exportMenu(draft.now) };
  const items = canWrite
    ? [
      { label: t('ussd.settings'), icon: 'settings', onClick: settings },
      { label: t('ussd.copy_menu'), icon: 'copy', onClick: () => copied(draft.now) },
      exports,
      { label: t('ussd.import.into'), icon: 'upload', onClick: () => setOpen('import') },
      { label: t('ussd.secret.make'), icon: 'key', onClick: makeSecret },
      { line: true },
      { label: t('ussd.delete_menu'), icon: 'trash', danger: true, onClick: () => deleted(menu) },
    ]
    : [{ label: t('ussd.settings'), icon: 'settings', onClick: settings }, exports];
  const dialogs = html`
    <${PublishDialog} open=${open === 'publish'} menu=${menu} draft=${draft} check=${check} saving=${saving} onClose=${close} onSettings=${settings}/>
    <${SettingsDialog} open=${open === 'settings'} draft=${draft} check=${check} disabled=${!canWrite} onClose=${close}/>
    <${ImportDialog} open=${open === 'import'} title=${t('ussd.import.into')} act=${t('ussd.import.replace')} lead=${t('ussd.import.into_text')} onRead=${imported} onClose=${close}/>
    <${Dialog} open=${secret !== ''} title=${t('ussd.secret')} onClose=${() => setSecret('')}
      footer=${html`<${Button} kind="primary" onClick=${() => setSecret('')}>${t('ussd.secret.kept')}</${Button}>`}>
      <p>${t('ussd.secret.once')}</p>
      <${Secret} value=${secret} label=${t('ussd.secret')}/>
    </${Dialog}>`;
  return { settings, makeSecret, items, dialogs, publish: () => setOpen('publish') };
}

async function newSecret(menu) {
  const sure = await confirm({ title: t('ussd.secret.title'), text: t('ussd.secret.text'), act: t('ussd.secret.make'), danger: true });
  if (!sure) return null;
  try {
    return (await post(`/ussd/menus/${menu.uuid}/secret`)).secret;
  } catch (error) {
    failed(error);
    return null;
  }
}

async function copied(definition) {
  try {
    const made = await postOnce('/ussd/menus', { ...definition, name: t('ussd.copy_name', { name: definition.name }).slice(0, 100) });
    toast(t('ussd.copy_made', { name: made.name }), { link: { label: t('ussd.open'), to: `/ussd/menus/${made.uuid}` } });
  } catch (error) {
    failed(error);
  }
}

/** Delete a menu, once somebody has confirmed it; also from the list of menus. Whether it was. */
export async function deleted(menu, stay = false) {
  if (menu.dials.length) {
    await confirm({ title: t('ussd.delete_menu'), text: t('ussd.delete_in_use', { n: menu.dials.length, dials: menu.dials.join(', ') }), act: t('common.close') });
    return false;
  }
  const text = t(menu.version ? 'ussd.delete_text' : 'ussd.delete_draft', { n: menu.version ?? 0, name: menu.name });
  const sure = await confirm({ title: t('ussd.delete_title', { name: menu.name }), text, act: t('ussd.delete_menu'), danger: true });
  if (!sure) return false;
  try {
    await del(`/ussd/menus/${menu.uuid}`);
  } catch (error) {
    failed(error);
    return false;
  }
  toast(t('ussd.deleted', { name: menu.name }));
  if (!stay) {
    dropGuards();
    go('/ussd', {}, { replace: true });
  }
  return true;
}

/** Publish: what is in the way, or what changes for those who dial, and a note. */
function PublishDialog({ open, ...props }) {
  return open ? html`<${Publish} ...${props}/>` : null;
}

function Publish({ menu, draft, check, saving, onClose, onSettings }) {
  const [note, setNote] = useState('');
  const published = usePublished(menu);
  const isReady = check.ok && !check.isChecking;
  const isSame = menu.version !== null && !menu.changed && !draft.isDirty;
  const publish = async (event) => {
    event?.preventDefault();
    if (isReady && !isSame && (await saving.publish(note.trim()))) onClose();
  };
  const next = t('ussd.publish.act', { version: (menu.version ?? 0) + 1 });
  const footer = html`
    <${Button} onClick=${onClose}>${t('common.cancel')}</${Button}>
    <${Button} kind="primary" busy=${saving.isBusy || check.isChecking} disabled=${!check.ok || isSame} onClick=${publish}>${next}</${Button}>`;
  return html`
    <${Dialog} open wide=${menu.version !== null || check.ok === false} title=${t('ussd.publish.title', { name: draft.now.name })} onClose=${onClose} footer=${footer}>
      ${check.ok === false
        ? html`<p>${t('ussd.publish.faults')}</p>
          <${Faults} check=${check} menu=${draft.now} onGo=${(fault) => { onClose(); go(`/ussd/menus/${menu.uuid}`, { screen: fault.screen }); }} onSettings=${onSettings}/>`
        : isSame ? html`<p>${t('ussd.publish.same', { version: menu.version })}</p>`
          : html`
          <p>${menu.dials.length ? t('ussd.publish.text', { n: menu.dials.length, dials: menu.dials.join(', ') }) : t('ussd.publish.nowhere')}</p>
          <form onSubmit=${publish}>
            <${TextField} name="note" label=${t('ussd.publish.note')} help=${t('ussd.publish.note_help')} value=${note} onInput=${setNote} maxlength="1000" autofocus/>
          </form>
          ${menu.version !== null && published.data && html`
            <h3 class="ussd-heading">${t('ussd.publish.changes', { version: menu.version })}</h3>
            <${Differences} was=${published.data} is=${draft.now}/>`}`}
    </${Dialog}>`;
}
