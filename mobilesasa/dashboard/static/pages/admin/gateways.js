/** USSD gateways: who brings sessions from phones, in which dialect; their addresses hold a secret that is shown once. */
import { html, useState } from '../../parts/ui.js';
import { del, get, post, put } from '../../parts/api.js';
import { Status, When } from '../../parts/format.js';
import { Menu } from '../../parts/forms.js';
import { useLoad } from '../../parts/load.js';
import { setQuery } from '../../parts/router.js';
import { t, textOr } from '../../parts/texts.js';
import { toast } from '../../parts/toasts.js';
import { ShownOnce } from '../settings/once.js';
import { optionsOf } from './choices.js';
import { asJson, FormDialog } from './form_dialog.js';
import { Listed, doIt } from './listed.js';

const DIALECTS = ['africastalking', 'airtel', 'bonga', 'crossgate', 'dmark', 'hollatags', 'imimobile', 'infobip', 'mtech', 'safaricom', 'vodacom'];
const path = (each) => `/admin/ussd/gateways/${each.uuid}`;

const columns = (act) => [
  { key: 'name', title: t('common.name'), sort: 'name', cell: (each) => html`${each.name}<div class="small muted mono">/ussd/${each.name}/${each.secret_prefix}…</div>` },
  { key: 'status', title: t('common.status'), cell: (each) => html`<${Status} of=${each.enabled ? 'enabled' : 'disabled'}/>` },
  { key: 'dialect', title: t('admin.gateways.dialect'), sort: 'dialect', cell: (each) => textOr(`admin.gateways.dialects.${each.dialect}`, each.dialect) },
  { key: 'options', title: t('admin.gateways.options'), hide: 'narrow', cell: (each) => html`<span class="mono small admin-break">${optionWords(each.options)}</span>` },
  { key: 'last', title: t('admin.gateways.last'), sort: 'last_at', cell: (each) => html`<${When} at=${each.last_at} empty=${t('common.never')}/>` },
  {
    key: 'do', title: t('common.actions'), hideTitle: true, class: 'is-acts', width: '3rem',
    cell: (each) => html`<${Menu} small label=${`${t('common.actions')}: ${each.name}`} items=${[
      { label: t('common.change'), icon: 'pencil', onClick: () => act.change(each) },
      { label: t('admin.gateways.rotate'), icon: 'key', onClick: () => act.rotate(each) },
      { label: t(each.enabled ? 'common.disable' : 'common.enable'), icon: each.enabled ? 'pause' : 'play', danger: each.enabled, onClick: () => act.turn(each) },
      { label: t('common.remove'), icon: 'trash', danger: true, onClick: () => act.remove(each) },
    ]}/>`,
  },
];

const optionWords = (options) => Object.entries(options).map(([name, value]) => `${name}=${value}`).join(', ') || '–';

function Once({ gateway, onDone }) {
  const close = { title: t('admin.gateways.once_close'), text: t('admin.gateways.once_close_text'), act: t('common.close') };
  return html`<${ShownOnce} wide title=${t('admin.gateways.once_title', { name: gateway.name })} text=${t('admin.gateways.once_text')} label=${t('admin.gateways.address')}
    value=${location.origin + gateway.path} done=${t('admin.gateways.once_done')} close=${close} onDone=${onDone}/>`;
}

function GatewayDialog({ gateway, again, onMade, onClose }) {
  const save = async (said) => {
    if (gateway.uuid) {
      const { dialect, options } = gateway;
      await put(path(gateway), said);
      toast(t('common.saved'), { kind: 'good', undo: async () => { await put(path(gateway), { dialect, options }); await again(); } });
    } else {
      onMade(await post('/admin/ussd/gateways', said));
    }
    await again();
  };
  return html`<${FormDialog} title=${gateway.uuid ? t('admin.gateways.change_title', { name: gateway.name }) : t('admin.gateways.add')} lead=${t('admin.gateways.add_lead')}
    act=${t(gateway.uuid ? 'common.save' : 'admin.gateways.make')} onSubmit=${save} onClose=${onClose} fields=${[
      !gateway.uuid && { name: 'name', label: t('common.name'), value: '', required: true, mono: true, help: t('admin.gateways.name_help') },
      { name: 'dialect', label: t('admin.gateways.dialect'), kind: 'select', value: gateway.dialect ?? DIALECTS[0], options: optionsOf(DIALECTS, 'admin.gateways.dialects'), help: t('admin.gateways.dialect_help') },
      { name: 'options', label: t('admin.gateways.options'), kind: 'json', rows: 5, value: asJson(gateway.options), help: t('admin.gateways.options_help') },
    ]}/>`;
}

/** @param {{query: Record<string, string>}} props */
export function Gateways({ query }) {
  const load = useLoad((signal) => get('/admin/ussd/gateways', {}, { signal }), [], { everyS: 30 });
  const [changed, setChanged] = useState(null);
  const [made, setMade] = useState(null);
  const close = () => {
    setChanged(null);
    if (query.new) {
      setQuery({ new: undefined }, { replace: true });
    }
  };
  const act = {
    change: setChanged,
    rotate: (each) => doIt({
      question: { title: t('admin.gateways.rotate_title', { name: each.name }), text: t('admin.gateways.rotate_text'), act: t('admin.gateways.rotate') },
      act: async () => setMade(await post(`${path(each)}/secret`)), done: t('admin.gateways.rotated', { name: each.name }), again: load.again,
    }),
    turn: (each) => doIt({
      question: each.enabled && { title: t('admin.gateways.disable_title', { name: each.name }), text: t('admin.gateways.disable_text'), act: t('common.disable') },
      act: () => put(path(each), { enabled: !each.enabled }), done: t(each.enabled ? 'admin.gateways.disabled' : 'admin.gateways.enabled', { name: each.name }), again: load.again,
      undo: () => put(path(each), { enabled: each.enabled }),
    }),
    remove: (each) => doIt({
      question: { title: t('admin.gateways.remove_title', { name: each.name }), text: t('admin.gateways.remove_text'), act: t('common.remove'), typed: each.name },
      act: () => del(path(each)), done: t('admin.gateways.removed', { name: each.name }), again: load.again,
    }),
  };
  return html`<${Listed} of=${load} title=${t('admin.numbers.tabs.gateways')} lead=${t('admin.gateways.lead')} label=${t('admin.numbers.tabs.gateways')} icon="plug" columns=${columns(act)} query=${query}
      empty=${{ title: t('admin.gateways.empty'), text: t('admin.gateways.empty_text') }} add=${{ label: t('admin.gateways.add'), onClick: () => setQuery({ new: 1 }) }}/>
    ${(changed || query.new) && html`<${GatewayDialog} gateway=${changed ?? {}} again=${load.again} onMade=${setMade} onClose=${close}/>`}
    ${made && html`<${Once} gateway=${made} onDone=${() => setMade(null)}/>`}`;
}
