/** What people dial: the team's extensions with who answers at each, and the codes on which one can be asked for. */
import { html, useState } from '../../parts/ui.js';
import { del, get, post } from '../../parts/api.js';
import { Button, Menu } from '../../parts/buttons.js';
import { confirm } from '../../parts/dialogs.js';
import { Status, When } from '../../parts/format.js';
import { Icon } from '../../parts/icons.js';
import { Loaded, useLoad } from '../../parts/load.js';
import { Card, Notice } from '../../parts/page.js';
import { Link } from '../../parts/router.js';
import { Empty, Skeleton } from '../../parts/states.js';
import { Filters, Pager, Table } from '../../parts/table.js';
import { failed, toast } from '../../parts/toasts.js';
import { t } from '../../parts/texts.js';
import { AnswerDialog, AskDialog } from './extension-dialogs.js';
import { Dial } from './dial.js';

const STATUSES = ['any', 'approved', 'requested', 'suspended', 'rejected'];

/** @param {{query: object, canWrite: boolean, open: string, setOpen: (open: string) => void}} props */
export function Extensions({ query, canWrite, open, setOpen }) {
  const status = STATUSES.includes(query.status) ? query.status : 'any';
  const { page, page_size } = query;
  const list = useLoad((signal) => get('/ussd/extensions', { status, page, page_size }, { signal }), [status, page, page_size], { everyS: 20 });
  const codes = useLoad((signal) => allCodes(signal), []);
  const [changed, setChanged] = useState(null);
  const options = STATUSES.slice(1).map((value) => ({ value, label: t(`ussd.extension.${value}`) }));
  return html`
    <${Card} title=${t('ussd.extensions')} kind="flush" actions=${html`<${Filters} fields=${[{ name: 'status', kind: 'select', label: t('common.status'), options }]} query=${query}/>`}>
      <${Loaded} of=${list} skeleton=${html`<${Skeleton} rows=${3}/>`}>${(found) => html`
        <${List} found=${found} status=${status} canWrite=${canWrite} onAsk=${() => setOpen('extension')} onAnswer=${setChanged} onChanged=${list.again}/>
        <${Pager} page=${found} query=${query}/>`}</${Loaded}>
    </${Card}>
    <${Card} title=${t('ussd.codes')} lead=${t('ussd.codes.lead')} kind="flush">
      <${Loaded} of=${codes} skeleton=${html`<${Skeleton} rows=${2}/>`}>${(found) => html`<${Codes} codes=${found} canWrite=${canWrite} onAsk=${(code) => setOpen(`extension ${code}`)}/>`}</${Loaded}>
    </${Card}>
    ${open.startsWith('extension') && html`<${AskDialog} codes=${codes} first=${open.split(' ')[1] ?? ''} onClose=${() => setOpen('')} onDone=${list.again}/>`}
    ${changed && html`<${AnswerDialog} extension=${changed} onClose=${() => setChanged(null)} onDone=${list.again}/>`}`;
}

async function allCodes(signal) {
  const [own, free] = await Promise.all([get('/ussd/codes', {}, { signal }), get('/ussd/codes', { available: true }, { signal })]);
  const ours = new Set(own.items.map((each) => each.uuid));
  const open = new Set(free.items.map((each) => each.uuid));
  const all = new Map([...own.items, ...free.items].map((each) => [each.uuid, each]));
  return [...all.values()].map((each) => ({ ...each, isOurs: ours.has(each.uuid), isOpen: open.has(each.uuid) }));
}

function List({ found, status, canWrite, onAsk, onAnswer, onChanged }) {
  const columns = [
    { key: 'dial', title: t('ussd.dialled'), cell: (row) => html`<${Dial} dial=${row.dial}/>` },
    { key: 'answers', title: t('ussd.who_answers'), cell: (row) => html`<${Answers} row=${row}/>` },
    { key: 'status', title: t('common.status'), cell: (row) => html`<${Standing} row=${row}/>` },
    { key: 'note', title: t('ussd.note'), hide: 'middle', cell: (row) => (row.note ? html`<span class="ussd-note">${row.note}</span>` : html`<span class="muted">–</span>`) },
    { key: 'since', title: t('ussd.since'), cell: (row) => html`<${When} at=${row.decided_at ?? row.created_at}/>` },
    canWrite && { key: 'acts', title: t('common.actions'), hideTitle: true, class: 'is-acts', cell: (row) => html`<${RowMenu} row=${row} onAnswer=${onAnswer} onChanged=${onChanged}/>` },
  ];
  const none = status === 'any'
    ? html`<${Empty} icon="hash" title=${t('ussd.extensions.empty')} text=${t('ussd.extensions.empty_text')}
        action=${canWrite && html`<${Button} kind="primary" icon="plus" onClick=${onAsk}>${t('ussd.ask')}</${Button}>`}/>`
    : html`<${Empty} small icon="hash" title=${t('ussd.extensions.none')}/>`;
  return html`<${Table} label=${t('ussd.extensions')} columns=${columns} rows=${found.items} empty=${none}/>`;
}

/** Who answers: a menu, an address, a bind, or nobody. */
function Answers({ row }) {
  if (row.menu) return html`<span class="ussd-url"><${Icon} name="list"/> <${Link} class="truncate" to=${`/ussd/menus/${row.menu}`}>${row.menu_name}</${Link}></span>`;
  if (row.callback_url) return html`<span class="ussd-url" title=${row.callback_url}><${Icon} name="webhook"/> <span class="mono small truncate">${row.callback_url}</span></span>`;
  if (row.smpp) return html`<span class="ussd-url"><${Icon} name="plug"/> <${Link} to="/smpp">${t('ussd.answers.smpp')}</${Link}></span>`;
  return html`<span class="ussd-url warn"><${Icon} name="alert-triangle"/> ${t('ussd.answers.nobody')}</span>`;
}

function Standing({ row }) {
  const isHeld = row.status === 'approved' && row.code_status !== 'approved';
  return html`
    <span class="ussd-standing">
      <${Status} of=${row.status} label=${t(`ussd.extension.${row.status}`)}/>
      ${isHeld && html`<${Status} of=${row.code_status} kind="warn" label=${t(`ussd.code_held.${row.code_status}`)}/>`}
      ${row.reason && html`<span class="small muted ussd-note">${t('ussd.reason', { reason: row.reason })}</span>`}
      ${row.status === 'requested' && html`<span class="small muted">${t('ussd.waits')}</span>`}
    </span>`;
}

function RowMenu({ row, onAnswer, onChanged }) {
  const isAsked = row.status === 'requested' || row.status === 'rejected';
  const items = [
    { label: t('ussd.answer.change'), icon: 'pencil', onClick: () => onAnswer(row) },
    { label: t('ussd.sessions.of_extension'), icon: 'activity', to: '/ussd/sessions', query: { extension: row.uuid } },
    { line: true },
    { label: t(isAsked ? 'ussd.take_back' : 'ussd.give_up'), icon: 'trash', danger: true, onClick: () => givenUp(row, isAsked, onChanged) },
  ];
  return html`<${Menu} label=${t('ussd.acts_of', { name: row.dial })} items=${items}/>`;
}

/** Take a request back, or give an extension up; a request can be made again, an extension may be somebody else's by then. */
async function givenUp(row, isAsked, onChanged) {
  const words = isAsked ? 'take_back' : 'give_up';
  const sure = await confirm({
    title: t(`ussd.${words}_title`, { dial: row.dial }),
    text: t(`ussd.${words}_text`, { dial: row.dial }),
    act: t(`ussd.${words}`),
    danger: true,
    typed: isAsked ? undefined : row.dial,
  });
  if (!sure) return;
  try {
    await del(`/ussd/extensions/${row.uuid}`);
  } catch (error) {
    failed(error);
    return;
  }
  onChanged();
  const undo = async () => {
    await post('/ussd/extensions', { code: row.code, extension: row.extension, note: row.note, ...answering(row) });
    onChanged();
  };
  toast(t(`ussd.${words}_done`, { dial: row.dial }), isAsked ? { undo } : {});
}

/** Who answers at an extension, as it is said to the API. */
function answering(row) {
  if (row.menu) return { menu: row.menu };
  if (row.callback_url) return { callback_url: row.callback_url };
  return row.smpp ? { smpp: true } : {};
}

function Codes({ codes, canWrite, onAsk }) {
  const columns = [
    { key: 'code', title: t('ussd.code'), cell: (row) => html`<${Dial} dial=${`*${row.code}#`}/>` },
    { key: 'type', title: t('ussd.code.type'), cell: (row) => html`${t(`ussd.code.${row.type}`)} <span class="muted small">${t(`ussd.code.${row.type}_text`)}</span>` },
    { key: 'networks', title: t('ussd.code.networks'), cell: (row) => (row.networks.length ? row.networks.join(', ') : html`<span class="muted">${t('ussd.code.any_network')}</span>`) },
    { key: 'yours', title: t('ussd.code.yours'), cell: (row) => html`<${Status} of=${row.isOurs ? 'active' : 'open'} label=${t(row.isOurs ? 'ussd.code.has' : 'ussd.code.open')}/>` },
    canWrite && { key: 'acts', title: t('common.actions'), hideTitle: true, num: true, cell: (row) => row.isOpen && html`<${Button} small of=${`*${row.code}#`} onClick=${() => onAsk(row.code)}>${t('ussd.ask')}</${Button}>` },
  ];
  if (!codes.length) return html`<div class="ussd-pad"><${Notice}>${t('ussd.codes.none')}</${Notice}></div>`;
  return html`<${Table} label=${t('ussd.codes')} columns=${columns} rows=${codes}/>`;
}
