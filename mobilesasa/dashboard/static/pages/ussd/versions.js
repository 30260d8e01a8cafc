/** The versions of a menu: who published which and why, what the draft says otherwise, and one of them back into the draft. */
import { html, useState } from '../../parts/ui.js';
import { get } from '../../parts/api.js';
import { Button, IconButton } from '../../parts/buttons.js';
import { confirm } from '../../parts/dialogs.js';
import { Status, When } from '../../parts/format.js';
import { Loaded, useLoad } from '../../parts/load.js';
import { Card } from '../../parts/page.js';
import { go, setQuery } from '../../parts/router.js';
import { Empty, Skeleton } from '../../parts/states.js';
import { Pager, Table } from '../../parts/table.js';
import { failed, toast } from '../../parts/toasts.js';
import { t } from '../../parts/texts.js';
import { definitionOf, isSame } from './draft.js';
import { Differences } from './differences.js';
import { usePublished, versionOf } from './published.js';
import { exportMenu } from './transfer.js';

const PAGE = 20;

/** @param {{menu: object, draft: object, query: Record<string, string>, canWrite: boolean}} props */
export function Versions({ menu, draft, query, canWrite }) {
  const list = useLoad(
    (signal) => get(`/ussd/menus/${menu.uuid}/versions`, { page: query.page, page_size: query.page_size ?? PAGE }, { signal }),
    [menu.uuid, menu.version, query.page, query.page_size],
  );
  const chosen = Number(query.version) || menu.version;
  if (menu.version === null) {
    return html`<${Card}><${Empty} icon="git-branch" title=${t('ussd.versions.empty')} text=${t('ussd.versions.empty_text')}
      action=${html`<${Button} onClick=${() => setQuery({ tab: undefined })}>${t('ussd.tab.edit')}</${Button}>`}/></${Card}>`;
  }
  return html`
    <div class="ussd-beside">
      <${Card} title=${t('ussd.tab.versions')} kind="flush">
        <${Loaded} of=${list} skeleton=${html`<${Skeleton} rows=${4}/>`}>${(page) => html`
          <${List} page=${page} menu=${menu} chosen=${chosen} query=${query}/>`}</${Loaded}>
      </${Card}>
      <${Compared} key=${chosen} menu=${menu} version=${chosen} draft=${draft} canWrite=${canWrite}/>
    </div>`;
}

function List({ page, menu, chosen, query }) {
  const columns = [
    { key: 'version', title: t('ussd.version'), cell: (row) => html`<${Name} row=${row} menu=${menu}/>` },
    { key: 'note', title: t('ussd.note'), cell: (row) => (row.note ? html`<span class="ussd-note">${row.note}</span>` : html`<span class="muted">${t('common.none')}</span>`) },
    { key: 'published', title: t('ussd.versions.published'), cell: (row) => html`<${When} at=${row.published_at}/> <span class="muted small ussd-by">${row.published_by}</span>` },
  ];
  return html`
    <${Table} label=${t('ussd.tab.versions')} columns=${columns} rows=${page.items} rowKey=${(row) => row.version} current=${chosen}
      rowLabel=${(row) => t('ussd.version_n', { n: row.version })} onRow=${(row) => setQuery({ version: row.version })}/>
    <${Pager} page=${page} query=${query}/>`;
}

function Name({ row, menu }) {
  return html`<span class="num">${t('ussd.version_n', { n: row.version })}</span>${row.version === menu.version && html` <${Status} of="live" label=${t('ussd.versions.answers')}/>`}`;
}

/** A version beside the draft. */
function Compared({ menu, version, draft, canWrite }) {
  const load = usePublished(menu, version);
  const [isBusy, setBusy] = useState(false);
  const same = load.data && isSame(definitionOf(load.data), draft.now);
  const back = async () => {
    setBusy(true);
    await restored({ menu, version, draft });
    setBusy(false);
  };
  const actions = html`
    <${IconButton} icon="download" label=${t('ussd.versions.export', { version })} disabled=${!load.data} onClick=${() => exportMenu(load.data, `-v${version}`)}/>
    ${canWrite && html`<${Button} icon="undo" busy=${isBusy} disabled=${!load.data || same} onClick=${back}>${t('ussd.versions.restore')}</${Button}>`}`;
  return html`
    <${Card} title=${t('ussd.versions.compare', { version })} lead=${t('ussd.versions.compare_lead', { version })} actions=${actions}>
      <${Loaded} of=${load} skeleton=${html`<${Skeleton} kind="text"/>`}>${(read) => html`
        <${Differences} was=${read} is=${draft.now} onGo=${(screen) => go(`/ussd/menus/${menu.uuid}`, { screen })}/>`}</${Loaded}>
    </${Card}>`;
}

/** Put a version into the draft; nothing is kept of it before the draft is saved, and the draft as it was can be had back. */
async function restored({ menu, version, draft }) {
  const sure = await confirm({
    title: t('ussd.versions.restore_title', { version }),
    text: t(draft.isDirty ? 'ussd.versions.restore_dirty' : 'ussd.versions.restore_text', { version }),
    act: t('ussd.versions.restore'),
    danger: draft.isDirty,
  });
  if (!sure) return;
  try {
    const was = draft.now;
    draft.change(definitionOf(await versionOf(menu.uuid, version)));
    toast(t('ussd.versions.restored', { version }), { undo: async () => draft.change(was) });
  } catch (error) {
    failed(error);
  }
}
