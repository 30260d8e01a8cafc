/** The months of messages: how large each is, when it goes, and what holds it up. */
import { html } from '../../parts/ui.js';
import { get } from '../../parts/api.js';
import { Status, When, number, octets } from '../../parts/format.js';
import { useLoad } from '../../parts/load.js';
import { t, textOr } from '../../parts/texts.js';
import { Listed } from './listed.js';

function Goes({ month }) {
  if (month.gone_at) {
    return html`${t('admin.retention.gone')} <${When} at=${month.gone_at}/>`;
  }
  return month.goes_at ? html`<${When} at=${month.goes_at} exact/>` : html`<span class="muted">${t('common.never')}</span>`;
}

/** What holds a month up, in words; those of the API where there are none here. */
const held = ({ what, count, sentence }) => textOr(`admin.retention.needs.${what}`, `${number(count)} ${sentence}`, { n: count });

const columns = () => [
  { key: 'month', title: t('admin.retention.month'), sort: 'month', cell: (each) => html`<span class="num">${each.month}</span>` },
  { key: 'standing', title: t('common.status'), sort: 'standing', cell: (each) => html`<${Status} of=${each.standing} label=${t(`admin.retention.standings.${each.standing}`)}/>` },
  { key: 'messages', title: t('common.messages'), num: true, sort: 'messages', cell: (each) => number(each.messages) },
  { key: 'octets', title: t('common.size'), num: true, sort: 'octets', cell: (each) => octets(each.octets) },
  { key: 'goes', title: t('admin.retention.goes'), sort: 'goes_at', cell: (each) => html`<${Goes} month=${each}/>` },
  {
    key: 'held', title: t('admin.retention.held'),
    cell: (each) => (each.held_by.length ? html`<ul class="small">${each.held_by.map((hold) => html`<li key=${hold.what}>${held(hold)}</li>`)}</ul>` : '–'),
  },
];

/** @param {{query: Record<string, string>}} props */
export function Retention({ query }) {
  const load = useLoad((signal) => get('/admin/retention', {}, { signal }), [], { everyS: 60 });
  const keep = load.data?.keep_months;
  const lead = keep === undefined ? t('admin.retention.lead') : keep === 0 ? t('admin.retention.for_ever') : t('admin.retention.keep', { n: keep });
  return html`<${Listed} of=${load} title=${t('admin.nodes.tabs.retention')} lead=${lead} label=${t('admin.nodes.tabs.retention')} icon="archive" columns=${columns()} query=${query}
    rowKey=${(each) => each.month} empty=${{ title: t('admin.retention.empty'), text: t('admin.retention.empty_text') }}/>`;
}
