/** What waits for each carrier, and the dead letters: what no consumer could read, or got in vain too often. */
import { html, useState } from '../../parts/ui.js';
import { get, post } from '../../parts/api.js';
import { When, number } from '../../parts/format.js';
import { Button } from '../../parts/forms.js';
import { useLoad } from '../../parts/load.js';
import { Page, Stack } from '../../parts/page.js';
import { Link } from '../../parts/router.js';
import { t } from '../../parts/texts.js';
import { toast } from '../../parts/toasts.js';
import { FormDialog } from './form_dialog.js';
import { Listed } from './listed.js';

const MOST = 100_000; // dead letters of one call
const SHOWN = 100;

const laneColumns = (kind) => [
  { key: 'carrier', title: t('admin.queues.carrier'), sort: 'carrier', cell: (each) => html`<${Link} to=${`/admin/carriers/${encodeURIComponent(each.carrier)}`}>${each.carrier}</${Link}>` },
  { key: 'lane', title: t('admin.queues.lane'), sort: 'lane', cell: (each) => t(`admin.lanes.${each.lane}`) },
  { key: 'messages', title: t('admin.queues.messages'), num: true, sort: 'messages', cell: (each) => number(each.messages) },
  kind === 'rabbitmq' && { key: 'bodies', title: t('admin.queues.bodies'), num: true, sort: 'bodies', cell: (each) => number(each.bodies) },
  kind === 'rabbitmq' && {
    key: 'consumers', title: t('admin.queues.consumers'), num: true, sort: 'consumers',
    cell: (each) => html`<span class=${each.consumers === 0 ? 'bad' : undefined}>${number(each.consumers)}</span>`,
  },
];

const deadColumns = () => [
  { key: 'lane', title: t('admin.queues.queue'), sort: 'lane', cell: (each) => html`<span class="mono small admin-break">${each.lane}</span>` },
  { key: 'reason', title: t('common.reason'), cell: (each) => html`${each.reason}${each.unreadable && html`<div class="small bad">${each.unreadable}</div>`}` },
  {
    key: 'messages', title: t('admin.queues.names'),
    cell: (each) => html`<span class="num">${number(each.messages.length)}</span><div class="small muted mono truncate admin-short" title=${each.messages.slice(0, 20).join('\n')}>${each.messages[0] ?? ''}</div>`,
  },
  { key: 'at', title: t('common.when'), sort: 'at', cell: (each) => html`<${When} at=${each.at}/>` },
];

function Requeue({ dead, again, onClose }) {
  const requeue = async ({ count }) => {
    const { bodies, messages, left } = await post('/admin/queues/requeue', { count });
    toast(t(left ? 'admin.queues.requeued_left' : 'admin.queues.requeued', { n: bodies, messages, left }), { kind: left ? 'info' : 'good' });
    await again();
  };
  return html`<${FormDialog} title=${t('admin.queues.requeue_title')} lead=${t('admin.queues.requeue_text', { n: dead })} act=${t('admin.queues.requeue')} onSubmit=${requeue} onClose=${onClose}
    fields=${[{ name: 'count', label: t('admin.queues.how_many'), kind: 'number', min: 1, max: Math.min(dead, MOST), required: true, value: Math.min(dead, MOST), help: t('admin.queues.how_many_help') }]}/>`;
}

/** @param {{query: Record<string, string>}} props */
export default function Queues({ query }) {
  const lanes = useLoad((signal) => get('/admin/queues', {}, { signal }), [], { everyS: 5 });
  const count = lanes.data?.dead;
  const dead = useLoad((signal) => get('/admin/queues/dead', { limit: SHOWN }, { signal }), [count]);
  const [asked, setAsked] = useState(false);
  const again = () => Promise.all([lanes.again(), dead.again()]);
  const kind = lanes.data?.kind;
  return html`<${Page} title=${t('admin.queues.title')} lead=${t('admin.queues.lead')}>
    <${Stack}>
      <${Listed} of=${lanes} title=${t('admin.queues.lanes')} lead=${kind && t(`admin.queues.kinds.${kind}`)} label=${t('admin.queues.lanes')} icon="list" columns=${laneColumns(kind)} query=${query}
        rows=${(data) => data.lanes} rowKey=${(each) => `${each.carrier}/${each.lane}`} empty=${{ title: t('admin.queues.no_lanes'), text: t('admin.queues.no_lanes_text') }}/>
      ${(lanes.data || lanes.error) && html`<${Listed} of=${dead} title=${t('admin.queues.dead')} lead=${t('admin.queues.dead_lead')} label=${t('admin.queues.dead')} icon="circle-check" columns=${deadColumns()} query=${{}}
        rows=${(data) => data.items.map((each, nth) => ({ ...each, id: nth }))} empty=${{ title: t('admin.queues.no_dead'), text: t('admin.queues.no_dead_text') }}
        actions=${count > 0 && html`<${Button} small icon="rotate-cw" onClick=${() => setAsked(true)}>${t('admin.queues.requeue')}</${Button}>`}/>`}
      ${count > SHOWN && html`<p class="small muted">${t('admin.queues.oldest', { n: SHOWN, of: count })}</p>`}
    </${Stack}>
    ${asked && html`<${Requeue} dead=${count} again=${again} onClose=${() => setAsked(false)}/>`}
  </${Page}>`;
}
