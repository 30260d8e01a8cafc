/** What the operator says of networks: whose the numbers of a prefix are, and what a code of country and network means. */
import { html, useState } from '../../parts/ui.js';
import { del, get, put } from '../../parts/api.js';
import { IconButton } from '../../parts/forms.js';
import { useLoad } from '../../parts/load.js';
import { Row, Stack } from '../../parts/page.js';
import { t } from '../../parts/texts.js';
import { toast } from '../../parts/toasts.js';
import { plain } from './choices.js';
import { FormDialog } from './form_dialog.js';
import { Listed, doIt } from './listed.js';

/** The two lists: where each is, and by what its rows are named. */
const LISTS = { prefixes: 'prefix', codes: 'code' };

/** A code as the API takes it; an Error: it is none. What is empty is asked for by the form itself. */
const asCode = (said) => (/^(\d{5,6})?$/.test(said.trim()) ? said : new Error(t('admin.networks.bad_code')));

function List({ kind, load, query }) {
  const by = LISTS[kind];
  const [open, setOpen] = useState(null);
  const path = (name) => `/admin/networks/${kind}/${encodeURIComponent(name)}`;
  const words = (name) => (kind === 'prefixes' ? `+${name}` : name);
  const remove = (each) => doIt({
    question: { title: t('admin.networks.remove_title', { name: words(each[by]) }), text: t(`admin.networks.remove_${kind}`), act: t('common.remove') },
    act: () => del(path(each[by])), done: t('admin.networks.removed', { name: words(each[by]) }), again: load.again, undo: () => put(path(each[by]), { network: each.network }),
  });
  const save = async (said) => {
    const name = plain(said.name);
    await put(path(name), { network: said.network });
    await load.again();
    toast(t('admin.networks.set', { name: words(name), network: said.network }), { kind: 'good' });
  };
  const columns = [
    { key: by, title: t(`admin.networks.${by}`), sort: by, cell: (each) => html`<span class="mono">${words(each[by])}</span>` },
    { key: 'network', title: t('admin.networks.network'), sort: 'network' },
    {
      key: 'do', title: t('common.actions'), hideTitle: true, class: 'is-acts', width: '5rem',
      cell: (each) => html`<${Row} gap=${1} end><${IconButton} small icon="pencil" label=${`${t('common.change')}: ${words(each[by])}`} onClick=${() => setOpen(each)}/>
        <${IconButton} small icon="trash" label=${`${t('common.remove')}: ${words(each[by])}`} onClick=${() => remove(each)}/></${Row}>`,
    },
  ];
  return html`<${Listed} of=${load} title=${t(`admin.networks.${kind}`)} lead=${t(`admin.networks.${kind}_lead`)} label=${t(`admin.networks.${kind}`)} icon="radio" columns=${columns}
      query=${query} rows=${(data) => data[kind]} rowKey=${(each) => each[by]} empty=${{ title: t(`admin.networks.no_${kind}`), text: t(`admin.networks.no_${kind}_text`) }}
      add=${{ label: t(`admin.networks.add_${by}`), onClick: () => setOpen({}) }}/>
    ${open && html`<${FormDialog} title=${t(`admin.networks.add_${by}`)} act=${t('common.save')} onSubmit=${save} onClose=${() => setOpen(null)} fields=${[
      { name: 'name', label: t(`admin.networks.${by}`), value: open[by] ?? '', required: true, mono: true, readonly: Boolean(open[by]), help: t(`admin.networks.${by}_help`), check: kind === 'codes' ? asCode : undefined },
      { name: 'network', label: t('admin.networks.network'), value: open.network ?? '', required: true, help: t('admin.networks.network_help') },
    ]}/>`}`;
}

/** @param {{query: Record<string, string>}} props */
export function Networks({ query }) {
  const load = useLoad((signal) => get('/admin/networks', {}, { signal }), []);
  return html`<${Stack}>${Object.keys(LISTS).map((kind) => html`<${List} key=${kind} kind=${kind} load=${load} query=${query}/>`)}</${Stack}>`;
}
