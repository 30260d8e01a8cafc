/** One menu: its editor with the tree, the chosen screen and a phone; its versions; where people leave it. */
import { html, isTyping, useEffect, useRef } from '../../parts/ui.js';
import { get } from '../../parts/api.js';
import { Button, IconButton, Menu } from '../../parts/buttons.js';
import { Tabs } from '../../parts/forms.js';
import { Status, When } from '../../parts/format.js';
import { Loaded, useLoad } from '../../parts/load.js';
import { Page } from '../../parts/page.js';
import { Link, setQuery, useLeaveGuard } from '../../parts/router.js';
import { can } from '../../parts/session.js';
import { Skeleton } from '../../parts/states.js';
import { rich, t } from '../../parts/texts.js';
import { useCheck } from './checking.js';
import { Dial } from './dial.js';
import { DropOff } from './dropoff.js';
import { useDraft } from './drafting.js';
import { Editor } from './editor.js';
import { useMenuActs } from './menu-acts.js';
import { useSaving } from './saving.js';
import { useThings } from './things.js';
import { Versions } from './versions.js';

/** @param {{params: {uuid: string}, query: Record<string, string>}} props */
export default function MenuPage({ params, query }) {
  const load = useLoad((signal) => get(`/ussd/menus/${params.uuid}`, {}, { signal }), [params.uuid], { keep: false });
  if (load.data) return html`<${Desk} key=${params.uuid} menu=${load.data} setMenu=${load.set} query=${query}/>`;
  return html`<${Page} title=${t('ussd.menu')} crumbs=${crumbs()}><${Loaded} of=${load} skeleton=${html`<${Skeleton} kind="card" rows=${6}/>`}>${() => null}</${Loaded}></${Page}>`;
}

const crumbs = () => [{ label: t('ussd.title'), to: '/ussd' }];

/** All that is known of a menu, kept while its tabs are changed: the draft, what is wrong with it, what it may name. */
function Desk({ menu, setMenu, query }) {
  const draft = useDraft(menu);
  const saving = useSaving(menu, draft, setMenu);
  const things = useThings();
  const check = useCheck(draft.now);
  const canWrite = can('ussd');
  const acts = useMenuActs({ menu, draft, setMenu, check, saving, canWrite });
  const tab = ['versions', 'dropoff'].includes(query.tab) ? query.tab : 'edit';
  useLeaveGuard(draft.isDirty && t('ussd.unsaved'));
  useShortcuts(draft, saving, canWrite);
  const tabs = [
    { id: 'edit', label: t('ussd.tab.edit') },
    { id: 'versions', label: t('ussd.tab.versions'), count: menu.version ?? undefined },
    { id: 'dropoff', label: t('ussd.tab.dropoff') },
  ];
  return html`
    <${Page} title=${draft.now.name || t('ussd.nameless')} crumbs=${crumbs()} status=${html`<${Standing} menu=${menu} isDirty=${draft.isDirty}/>`} lead=${html`<${Where} menu=${menu}/>`}
      actions=${html`<${Acts} acts=${acts} draft=${draft} saving=${saving} canWrite=${canWrite}/>`}
      tabs=${html`<${Tabs} tabs=${tabs} value=${tab} onChange=${(id) => setQuery({ tab: id === 'edit' ? undefined : id })}/>`}>
      ${tab === 'edit' && html`<${Editor} menu=${menu} draft=${draft} check=${check} things=${things} query=${query} acts=${acts} canWrite=${canWrite}/>`}
      ${tab === 'versions' && html`<${Versions} menu=${menu} draft=${draft} setMenu=${setMenu} query=${query} canWrite=${canWrite}/>`}
      ${tab === 'dropoff' && html`<${DropOff} menu=${menu} draft=${draft.kept} query=${query}/>`}
      ${acts.dialogs}
    </${Page}>`;
}

/** Ctrl+S saves, also while somebody writes; Ctrl+Z and Ctrl+Y step through the changes, where no field does so itself. */
function useShortcuts(draft, saving, canWrite) {
  const latest = useRef(null);
  latest.current = { draft, saving };
  useEffect(() => {
    if (!canWrite) return undefined;
    const onKey = (event) => {
      const key = (event.ctrlKey || event.metaKey) && !event.altKey ? event.key.toLowerCase() : '';
      const now = latest.current;
      const acts = { s: () => now.draft.isDirty && now.saving.save() };
      if (!isTyping(event.target)) Object.assign(acts, { z: event.shiftKey ? now.draft.redo : now.draft.undo, y: now.draft.redo });
      if (!Object.hasOwn(acts, key) || document.querySelector('dialog[open]')) return;
      event.preventDefault();
      acts[key]();
    };
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  }, [canWrite]);
}

/** Where the menu stands: its version, whether the draft says something else. */
function Standing({ menu, isDirty }) {
  const isDraft = menu.version === null;
  return html`<span class="ussd-where">
    <${Status} of=${isDraft ? 'draft' : 'published'} kind=${isDraft ? 'neutral' : 'good'} label=${isDraft ? t('ussd.never_published') : t('ussd.version_live', { version: menu.version })}/>
    ${isDirty ? html`<${Status} of="unsaved" kind="warn" label=${t('ussd.not_saved')}/>`
      : !isDraft && menu.changed && html`<${Status} of="changed" kind="info" label=${t('ussd.draft_differs')}/>`}</span>`;
}

/** Where it answers, and since when. */
function Where({ menu }) {
  return html`
    <span class="ussd-where">
      ${menu.dials.map((dial) => html`<${Dial} key=${dial} dial=${dial}/>`)}
      ${!menu.dials.length && html`<${Link} to="/ussd" query=${{ tab: 'extensions' }}>${t('ussd.answers_nowhere')}</${Link}>`}
      ${menu.published_at && html`<span>${rich('ussd.published_when', { when: html`<${When} at=${menu.published_at}/>` })}</span>`}
    </span>`;
}

function Acts({ acts, draft, saving, canWrite }) {
  if (!canWrite) return html`<${Menu} label=${t('common.more')} items=${acts.items}/>`;
  return html`
    <${IconButton} icon="undo" label=${t('ussd.undo')} disabled=${!draft.canUndo} onClick=${draft.undo}/>
    <${IconButton} icon="redo" label=${t('ussd.redo')} disabled=${!draft.canRedo} onClick=${draft.redo}/>
    <${Button} onClick=${saving.save} busy=${saving.isBusy} disabled=${!draft.isDirty}>${draft.isDirty ? t('ussd.save') : t('ussd.saved')}</${Button}>
    <${Button} kind="primary" icon="upload" onClick=${acts.publish}>${t('ussd.publish')}</${Button}>
    <${Menu} label=${t('common.more')} items=${acts.items}/>`;
}
