/** What the carrier said of each part of a message, read and as it is told on. */
import { html } from '../../parts/ui.js';
import { Code, Copy } from '../../parts/copy.js';
import { dayTime, number, Status } from '../../parts/format.js';
import { Card, Facts } from '../../parts/page.js';
import { Table } from '../../parts/table.js';
import { t } from '../../parts/texts.js';

/** @param {{story: object}} props a MessageStory */
export function Receipts({ story }) {
  return html`<${Card} title=${t('messages.receipts')}>
    <div class="stack">${story.dlr_state ? html`<${Told} story=${story} />` : html`<p class="muted small">${silence(story)}</p>`}
    ${(story.sent_at || story.parts > 1) && html`<${Parts} parts=${story.part_details} />`}</div>
  <//>`;
}

function silence(story) {
  return t(story.status === 'failed' && !story.sent_at ? 'messages.receipts_never' : 'messages.receipts_none');
}

function Told({ story }) {
  const { dlr_state: state, failure_code: code, done_at: done, receipt } = story;
  const items = [[t('messages.receipt_state'), html`<span class="mono">${state}</span> <span class="muted">${t(`messages.receipt_state_${state}`)}</span>`]];
  if (code) {
    items.push([t('messages.receipt_code'), html`<span class="mono">${code}</span>`]);
  }
  if (done) {
    items.push([t('messages.receipt_done'), dayTime(done)]);
  }
  return html`<${Facts} items=${items} />
    ${receipt && html`<div>
      <div class="small muted">${t('messages.receipt_raw')}</div>
      <${Code} text=${receipt} label=${t('messages.receipt_raw')} wrap />
    </div>`}`;
}

function Parts({ parts }) {
  const columns = [
    { key: 'part', title: t('messages.receipt_part'), class: 'is-nth num', cell: (each) => number(each.part), width: '4rem' },
    { key: 'status', title: t('messages.receipt_status'), cell: (each) => html`<${Status} of=${each.status} />` },
    { key: 'id', title: t('messages.receipt_id'), cell: (each) => html`<${CarriersId} id=${each.carrier_message_id} />` },
  ];
  return html`<${Table} label=${t('messages.receipts')} columns=${columns} rows=${parts} rowKey=${(each) => each.part} />`;
}

function CarriersId({ id }) {
  return id ? html`<span class="msg-ref"><span class="mono small">${id}</span><${Copy} text=${id} label=${t('messages.receipt_id')} /></span>` : '–';
}
