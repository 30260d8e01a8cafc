/** What became of what was sent a moment ago: one message as it goes its way, or a row a number. */
import { html, useMemo, useRef, useState } from '../../parts/ui.js';
import { get, sentence } from '../../parts/api.js';
import { Button, Segmented } from '../../parts/forms.js';
import { dayTime, number, phone, Status } from '../../parts/format.js';
import { Icon } from '../../parts/icons.js';
import { useLoad } from '../../parts/load.js';
import { Card, Notice } from '../../parts/page.js';
import { Link } from '../../parts/router.js';
import { Table } from '../../parts/table.js';
import { t } from '../../parts/texts.js';
import { isOver, reasonOf } from './shown.js';
import { Timeline } from './timeline.js';

const LIVE_S = 1.5;
const CALM_S = 15; // for what is to go out later, or takes long
const LIVE_MS = 600_000;
const UNKNOWN_MS = 120_000; // what no list has shown by then is not waited for
const PAGE = 100; // as many are followed

/** @param {{outcome: object, onMore: (form?: object) => void}} props `outcome` of `outcomeOf`, with `asked`, the body of the call */
export function Sent({ outcome, onMore }) {
  const { accepted, refused, units, asked } = outcome;
  const when = asked.scheduled_at && dayTime(asked.scheduled_at);
  const n = accepted.length;
  const title = !n ? t('messages.sent_none') : when ? t('messages.sent_scheduled', { n, when }) : t('messages.sent_title', { n });
  const more = () => onMore({ to: refused.map((each) => each.written).join('\n'), message: asked.message });
  return html`<div class="stack sent">
    <${Notice} kind=${n ? (refused.length ? 'warn' : 'good') : 'bad'} title=${title}>
      ${n > 0 && t('messages.sent_units', { n: units })}
      ${refused.length > 0 && html` · ${t('messages.sent_refused', { n: refused.length })}`}
    <//>
    ${outcome.rows.length === 1 && n === 1 ? html`<${One} message=${accepted[0]} />` : html`<${Many} outcome=${outcome} />`}
    <div class="row is-wrapping">
      <${Button} kind="primary" icon="plus" onClick=${() => onMore()}>${t('messages.sent_more')}<//>
      ${refused.length > 0 && n > 0 && html`<${Button} kind="plain" icon="pencil" onClick=${more}>${t('messages.sent_again_refused')}<//>`}
      <${Button} kind="plain" icon="list" to="/messages" query=${listOf(outcome)}>${t('messages.sent_list')}<//>
    </div>
  </div>`;
}

function listOf({ accepted, asked }) {
  if (accepted.length === 1) {
    return { message_id: accepted[0].uuid };
  }
  return asked.client_reference ? { client_reference: asked.client_reference } : {};
}

/** One message, followed until its end. */
function One({ message }) {
  const [isEnded, setEnded] = useState(false);
  const load = useLoad(
    async (signal) => {
      const story = await get(`/messages/${message.uuid}`, {}, { signal });
      setEnded(isOver(story));
      return story;
    },
    [message.uuid],
    { everyS: isEnded ? 0 : message.scheduled_at ? CALM_S : LIVE_S },
  );
  const story = load.data || { ...message, part_details: [], timeline: [{ event: 'accepted', at: message.created_at, text: '', carrier: null, code: null }] };
  return html`<${Card} title=${phone(story.to)} actions=${html`<${Status} of=${story.status} />`}><div class="stack">
    <p class="send-text" dir="auto">${message.message}</p>
    <${Timeline} story=${story} />
    <p><${Link} class="msg-inline" to=${`/messages/${message.uuid}`}>${t('messages.sent_open')} <${Icon} name="arrow-right" /><//></p>
  </div><//>`;
}

/** A row a number; those of a hundred are followed. */
function Many({ outcome }) {
  const { rows, accepted, refused, asked } = outcome;
  const [shown, show] = useState(refused.length ? 'refused' : 'all');
  const known = useFollowed(accepted, asked.scheduled_at ? CALM_S : LIVE_S);
  const visible = shown === 'refused' ? refused : rows;
  const keyed = useMemo(() => visible.map((each, n) => ({ ...each, n })), [visible]);
  const columns = [
    { key: 'to', title: t('messages.sent_to'), cell: (row) => html`<span class="num nowrap">${row.uuid ? phone(row.to) : row.written}</span>` },
    { key: 'outcome', title: t('messages.sent_outcome'), cell: (row) => html`<${Outcome} row=${row} now=${known.get(row.uuid)} />` },
    { key: 'units', title: t('messages.sent_cost'), num: true, cell: (row) => (row.uuid ? number(row.units) : '–') },
  ];
  return html`<${Card} title=${t('messages.sent_table')} actions=${refused.length > 0 && accepted.length > 0 && html`<${Segmented}
      label=${t('messages.sent_show')} value=${shown} onChange=${show}
      options=${[{ value: 'all', label: t('messages.sent_show_all') }, { value: 'refused', label: t('messages.sent_show_refused') }]} />`}>
    <${Table} label=${t('messages.sent_table')} columns=${columns} rows=${keyed} rowKey=${(row) => row.n} href=${(row) => row.uuid && `/messages/${row.uuid}`} />
  <//>`;
}

function Outcome({ row, now }) {
  if (!row.uuid) {
    return html`<span class="danger msg-inline"><${Icon} name="circle-x" /> ${sentence(row.error)}</span>`;
  }
  const message = now || row;
  return html`<span class="msg-two"><${Status} of=${message.status} />
    ${message.status === 'failed' && html`<span class="small muted">${reasonOf(message)}</span>`}</span>`;
}

/** Return where the newest of these messages stand now, by uuid. */
function useFollowed(accepted, everyS) {
  const followed = accepted.slice(-PAGE);
  const [isEnded, setEnded] = useState(!followed.length);
  const began = useRef(Date.now()).current;
  const isLong = (ms) => Date.now() - began > ms;
  const from = followed.length ? followed[0].created_at : '';
  const until = followed.length ? new Date(Date.parse(followed.at(-1).created_at) + 1000).toISOString() : '';
  const load = useLoad(
    followed.length
      ? async (signal) => {
          const found = await get('/messages', { created_from: from, created_to: until, page_size: PAGE }, { signal });
          const known = new Map(found.items.map((each) => [each.uuid, each]));
          setEnded(followed.every(({ uuid }) => (known.has(uuid) ? isOver(known.get(uuid)) : isLong(UNKNOWN_MS))));
          return known;
        }
      : null,
    [from],
    { everyS: isEnded ? 0 : isLong(LIVE_MS) ? CALM_S : everyS },
  );
  return load.data || new Map();
}
