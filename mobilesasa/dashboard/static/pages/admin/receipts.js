/** Receipts that fit no message: look again, or say whose one is. */
import { html, useState } from '../../parts/ui.js';
import { get, post } from '../../parts/api.js';
import { Status, When, phone } from '../../parts/format.js';
import { Button, Menu } from '../../parts/forms.js';
import { useAct, useLoad } from '../../parts/load.js';
import { Page } from '../../parts/page.js';
import { t, textOr } from '../../parts/texts.js';
import { failed, toast } from '../../parts/toasts.js';
import { orNull, useCarriers } from './choices.js';
import { FormDialog } from './form_dialog.js';
import { Listed } from './listed.js';

const path = (receipt) => `/admin/receipts/unmatched/${receipt.id}`;
const why = (each) => html`<div class="small muted">${textOr(`admin.receipts.reasons.${each.failure_reason}`, each.failure_reason ?? '')} ${
  each.failure_code && html`<span class="mono">${each.failure_code}</span>`}</div>`;

const columns = (act) => [
  { key: 'ref', title: t('admin.receipts.ref'), cell: (each) => html`<span class="mono admin-break">${each.carrier_message_id}</span><div class="small muted">${each.carrier}</div>` },
  { key: 'status', title: t('admin.receipts.says'), sort: 'status', cell: (each) => html`<${Status} of=${each.status}/>${each.status === 'failed' && why(each)}` },
  { key: 'to', title: t('common.to'), cell: (each) => html`${phone(each.to)}${each.network && html`<div class="small muted num">${each.network}</div>`}` },
  { key: 'done', title: t('admin.receipts.done'), hide: 'narrow', sort: 'done_at', cell: (each) => html`<${When} at=${each.done_at}/>` },
  { key: 'came', title: t('admin.receipts.came'), sort: 'came_at', cell: (each) => html`<${When} at=${each.came_at}/>` },
  {
    key: 'do', title: t('common.actions'), hideTitle: true, class: 'is-acts', width: '3rem',
    cell: (each) => html`<${Menu} small label=${`${t('common.actions')}: ${each.carrier_message_id}`} items=${[
      { label: t('admin.receipts.match'), icon: 'link', onClick: () => act.match(each) },
      { label: t('admin.receipts.replay'), icon: 'rotate-cw', onClick: () => act.replay(each) },
    ]}/>`,
  },
];

/** Look for the messages of all receipts, page by page, and tell how far it is. */
async function replayAll(carrier, onProgress) {
  const sums = { looked_at: 0, matched: 0 };
  let after = 0;
  while (after !== null) {
    const found = await post('/admin/receipts/unmatched/replay', { carrier: orNull(carrier), after });
    sums.looked_at += found.looked_at;
    sums.matched += found.matched;
    onProgress(sums.looked_at);
    after = found.next;
  }
  return sums;
}

function Match({ receipt, again, onClose }) {
  const match = async (said) => {
    const made = await post(`${path(receipt)}/match`, { message: orNull(said.message?.trim()), part: said.part ?? null, carrier_message_id: orNull(said.carrier_message_id?.trim()) });
    toast(t('admin.receipts.matched', { part: made.part, message: made.message }), { kind: 'good' });
    await again();
  };
  return html`<${FormDialog} title=${t('admin.receipts.match_title', { ref: receipt.carrier_message_id })} lead=${t('admin.receipts.match_text', { carrier: receipt.carrier })} act=${t('admin.receipts.match_act')}
    onSubmit=${match} onClose=${onClose} fields=${[
      { name: 'message', label: t('admin.receipts.message'), value: '', mono: true, help: t('admin.receipts.message_help') },
      { name: 'part', label: t('admin.receipts.part'), kind: 'number', min: 1, max: 255, help: t('admin.receipts.part_help') },
      { name: 'carrier_message_id', label: t('admin.receipts.other_ref'), value: '', mono: true, help: t('admin.receipts.other_ref_help') },
    ]}/>`;
}

/** @param {{query: Record<string, string>}} props */
export default function Receipts({ query }) {
  const { carrier, page, page_size } = query;
  const load = useLoad((signal) => get('/admin/receipts/unmatched', { carrier, page, page_size }, { signal }), [carrier, page, page_size], { everyS: 30 });
  const carriers = useCarriers();
  const [matched, setMatched] = useState(null);
  const [looked, setLooked] = useState(0);
  const [all, allState] = useAct(async () => {
    setLooked(0);
    try {
      const sums = await replayAll(carrier, setLooked);
      toast(t('admin.receipts.replayed', { n: sums.looked_at, matched: sums.matched }), { kind: sums.matched ? 'good' : 'info' });
    } catch (error) {
      failed(error);
    }
    await load.again();
  });
  const replay = async (each) => {
    try {
      const { matched: found } = await post(`${path(each)}/replay`);
      toast(t(found ? 'admin.receipts.found' : 'admin.receipts.not_found'), { kind: found ? 'good' : 'info' });
      await load.again();
    } catch (error) {
      failed(error);
    }
  };
  const again = load.data?.total > 0 && html`<${Button} small icon="rotate-cw" busy=${allState.busy} onClick=${all}>${t('admin.receipts.replay_all')}</${Button}>`;
  return html`<${Page} title=${t('admin.receipts.title')} lead=${t('admin.receipts.lead')}>
    <${Listed} of=${load} label=${t('admin.receipts.title')} title=${t('admin.receipts.list')} lead=${allState.busy ? t('admin.receipts.looking', { n: looked }) : t('admin.receipts.list_lead')} icon="mail-check"
      columns=${columns({ match: setMatched, replay })} query=${query} filters=${[{ name: 'carrier', label: t('common.carrier'), kind: 'select', options: carriers }]} actions=${again}
      empty=${{ title: t('admin.receipts.empty'), text: t('admin.receipts.empty_text') }}/>
    ${matched && html`<${Match} receipt=${matched} again=${load.again} onClose=${() => setMatched(null)}/>`}
  </${Page}>`;
}
