/** The menus of the team, and new ones: from a shape to begin with, or from a file. */
import { html, useState } from '../../parts/ui.js';
import { get } from '../../parts/api.js';
import { Button, Menu } from '../../parts/buttons.js';
import { Dialog } from '../../parts/dialogs.js';
import { Form, RadioList, SelectField, TextField } from '../../parts/forms.js';
import { Status, When } from '../../parts/format.js';
import { Icon } from '../../parts/icons.js';
import { Loaded, useAct, useLoad } from '../../parts/load.js';
import { postOnce } from '../../parts/once.js';
import { Card } from '../../parts/page.js';
import { go } from '../../parts/router.js';
import { Empty, Skeleton } from '../../parts/states.js';
import { Filters, Pager, Table } from '../../parts/table.js';
import { failed } from '../../parts/toasts.js';
import { t } from '../../parts/texts.js';
import { Dial } from './dial.js';
import { ImportDialog } from './import-dialog.js';
import { deleted } from './menu-acts.js';
import { SHAPE_NAMES, shaped } from './shapes.js';
import { exportMenu } from './transfer.js';

const ICONS = { blank: 'plus', balance: 'wallet', feedback: 'star', registration: 'user-plus' };

/** @param {{query: object, canWrite: boolean, open: string, setOpen: (open: string) => void}} props */
export function Menus({ query, canWrite, open, setOpen }) {
  const { search, page, page_size } = query;
  const list = useLoad((signal) => get('/ussd/menus', { search, page, page_size }, { signal }), [search, page, page_size]);
  const [shape, setShape] = useState('blank');
  const begin = (chosen) => {
    setShape(chosen);
    setOpen('menu');
  };
  return html`
    <${Loaded} of=${list} skeleton=${html`<${Card} kind="flush"><${Skeleton}/></${Card}>`}>${(found) => (found.total === 0 && !search
      ? html`<${First} canWrite=${canWrite} onBegin=${begin}/>`
      : html`
        <${Card} kind="flush">
          <${Filters} fields=${[{ name: 'search', kind: 'search', label: t('ussd.search'), width: '16rem' }]} query=${query}/>
          <${List} found=${found} query=${query} canWrite=${canWrite} loading=${list.loading && list.slow} onChanged=${list.again}/>
          <${Pager} page=${found} query=${query}/>
        </${Card}>`)}</${Loaded}>
    <${NewMenu} key=${`${open} ${shape}`} open=${open === 'menu'} first=${shape} onClose=${() => setOpen('')}/>
    <${FromFile} open=${open === 'import'} onClose=${() => setOpen('')}/>`;
}

function List({ found, query, canWrite, loading, onChanged }) {
  const columns = [
    { key: 'name', title: t('common.name'), sort: 'name', cell: (row) => html`<b class="ussd-name">${row.name}</b>` },
    { key: 'dials', title: t('ussd.dialled'), cell: (row) => (row.dials.length ? html`<span class="ussd-where">${row.dials.map((dial) => html`<${Dial} key=${dial} dial=${dial}/>`)}</span>` : html`<span class="muted">${t('ussd.nowhere')}</span>`) },
    { key: 'status', title: t('common.status'), cell: (row) => html`<${Standing} menu=${row}/>` },
    { key: 'screens', title: t('ussd.screens'), num: true, sort: 'screen_count', cell: (row) => row.screen_count },
    { key: 'updated', title: t('ussd.changed'), sort: 'updated_at', cell: (row) => html`<${When} at=${row.updated_at}/>` },
    { key: 'acts', title: t('common.actions'), hideTitle: true, class: 'is-acts', cell: (row) => html`<${RowMenu} menu=${row} canWrite=${canWrite} onChanged=${onChanged}/>` },
  ];
  const none = html`<${Empty} small icon="search" title=${t('ussd.none_found')} text=${t('ussd.none_found_text', { search: query.search })}/>`;
  return html`<${Table} label=${t('ussd.tab.menus')} columns=${columns} rows=${found.items} sort=${query.sort} href=${(row) => `/ussd/menus/${row.uuid}`} empty=${none} loading=${loading}/>`;
}

function Standing({ menu }) {
  if (menu.version === null) return html`<${Status} of="draft" kind="neutral" label=${t('ussd.never_published')}/>`;
  return html`
    <span class="ussd-where">
      <${Status} of="published" kind="good" label=${t('ussd.version_live', { version: menu.version })}/>
      ${menu.changed && html`<${Status} of="changed" kind="info" label=${t('ussd.draft_differs')}/>`}
    </span>`;
}

function RowMenu({ menu, canWrite, onChanged }) {
  const out = async () => {
    try {
      exportMenu(await get(`/ussd/menus/${menu.uuid}`));
    } catch (error) {
      failed(error);
    }
  };
  const items = [
    { label: t('ussd.versions.see'), icon: 'git-branch', to: `/ussd/menus/${menu.uuid}`, query: { tab: 'versions' } },
    { label: t('ussd.tab.dropoff'), icon: 'bar-chart', to: `/ussd/menus/${menu.uuid}`, query: { tab: 'dropoff' } },
    { label: t('ussd.sessions.of_menu'), icon: 'activity', to: '/ussd/sessions', query: { menu: menu.uuid } },
    { label: t('ussd.export'), icon: 'download', onClick: out },
    canWrite && { line: true },
    canWrite && { label: t('ussd.delete_menu'), icon: 'trash', danger: true, onClick: async () => (await deleted(menu, true)) && onChanged() },
  ];
  return html`<${Menu} label=${t('ussd.acts_of', { name: menu.name })} items=${items}/>`;
}

/** No menu yet: what to do first, and the shapes to begin with. */
function First({ canWrite, onBegin }) {
  return html`
    <${Card}>
      <${Empty} icon="hash" title=${t('ussd.empty')} text=${t('ussd.empty_text')}/>
      <ol class="ussd-steps">
        ${['menu', 'extension', 'publish'].map((step, at) => html`
          <li key=${step}><span class="ussd-step-n num" aria-hidden="true">${at + 1}</span><div><b>${t(`ussd.step.${step}`)}</b><p class="muted small">${t(`ussd.step.${step}_text`)}</p></div></li>`)}
      </ol>
      ${canWrite && html`
        <h2 class="ussd-heading">${t('ussd.shape.begin')}</h2>
        <div class="ussd-shapes">
          ${SHAPE_NAMES.map((shape) => html`
            <button type="button" class="ussd-shape" key=${shape} onClick=${() => onBegin(shape)}>
              <${Icon} name=${ICONS[shape]}/> <b>${t(`ussd.shape.${shape}`)}</b>
              <span class="muted small">${t(`ussd.shape.${shape}_text`)}</span>
            </button>`)}
        </div>`}
    </${Card}>`;
}

function NewMenu({ open, first, onClose }) {
  const [name, setName] = useState('');
  const [language, setLanguage] = useState('en');
  const [shape, setShape] = useState(first);
  const [create, act] = useAct(async () => {
    const made = await postOnce('/ussd/menus', shaped(shape, name.trim(), language));
    onClose();
    go(`/ussd/menus/${made.uuid}`);
  });
  const footer = html`
    <${Button} onClick=${onClose}>${t('common.cancel')}</${Button}>
    <${Button} kind="primary" busy=${act.busy} disabled=${!name.trim()} onClick=${create}>${t('ussd.make')}</${Button}>`;
  return html`
    <${Dialog} open=${open} title=${t('ussd.new_menu')} onClose=${onClose} footer=${footer}>
      <${Form} onSubmit=${() => name.trim() && create()} error=${act.error} busy=${act.busy}>
        <${TextField} name="name" label=${t('common.name')} help=${t('ussd.name_help')} value=${name} onInput=${setName} required maxlength="100" autocomplete="off"/>
        <${RadioList} name="shape" label=${t('ussd.shape')} cards value=${shape} onInput=${setShape}
          options=${SHAPE_NAMES.map((each) => ({ value: each, label: t(`ussd.shape.${each}`), help: t(`ussd.shape.${each}_text`) }))}/>
        <${SelectField} name="language" label=${t('ussd.language')} help=${t('ussd.language.help')} value=${language} onInput=${setLanguage}
          options=${['en', 'sw'].map((each) => ({ value: each, label: t(`ussd.language.${each}`) }))}/>
        <button type="submit" class="visually-hidden" tabindex="-1" aria-hidden="true"></button>
      </${Form}>
    </${Dialog}>`;
}

function FromFile({ open, onClose }) {
  const [create, act] = useAct(async (definition) => {
    const made = await postOnce('/ussd/menus', definition);
    onClose();
    go(`/ussd/menus/${made.uuid}`);
  });
  const close = () => {
    act.clear();
    onClose();
  };
  return html`<${ImportDialog} open=${open} title=${t('ussd.import.title')} lead=${t('ussd.import.text')} act=${t('ussd.make')} busy=${act.busy} error=${act.error} onRead=${create} onClose=${close}/>`;
}
