/** Binds in the team's name that were refused of late: what went wrong in words, and what to do about it. */
import { html } from '../../parts/ui.js';
import { When } from '../../parts/format.js';
import { Button } from '../../parts/forms.js';
import { Icon } from '../../parts/icons.js';
import { Card } from '../../parts/page.js';
import { can, team } from '../../parts/session.js';
import { Table } from '../../parts/table.js';
import { t } from '../../parts/texts.js';
import { adviceOn } from './advice.js';

const WAYS = {
  password: { to: '/smpp', query: { tab: 'passwords', new: 1 }, icon: 'lock' },
  token: { to: '/tokens', query: { new: 1 }, icon: 'key' },
};

const keyOf = (refused) => `${refused.at} ${refused.address} ${refused.system_id} ${refused.reason}`;

function Remedy({ refused }) {
  const { remedy, then } = adviceOn(refused);
  const way = then && can('api_tokens') && WAYS[then];
  return html`<div class="set-remedy">${remedy}
    ${way && html`<div><${Button} small icon=${way.icon} to=${way.to} query=${way.query}>${t(`smpp.remedy.${then}`)}</${Button}></div>`}
  </div>`;
}

const columns = () => [
  {
    key: 'wrong', title: t('smpp.refused.column.wrong'),
    cell: (each) => html`<span class="set-strong">${adviceOn(each).wrong}</span><div class="small muted" title=${each.reason}>${t('smpp.refused.said', { status: each.status })}</div>`,
  },
  { key: 'remedy', title: t('smpp.refused.column.remedy'), cell: (each) => html`<${Remedy} refused=${each}/>` },
  {
    key: 'who', title: t('smpp.refused.column.who'),
    cell: (each) => html`<span class="mono small set-wrap-any">${each.address}</span><div class="small muted mono set-wrap-any">${each.system_id}</div>`,
  },
  {
    key: 'when', title: t('smpp.refused.column.when'),
    cell: (each) => html`<${When} at=${each.at}/><div class="small muted">${t('smpp.refused.times', { n: each.times })}</div>`,
  },
];

/** @param {{refused: object[]}} props */
export function RefusedBinds({ refused }) {
  const foot = html`<p class="small muted">${t('smpp.refused.unseen', { code: team.value?.code ?? '' })}</p>`;
  return html`<${Card} title=${t('smpp.refused.title')} kind=${refused.length ? 'flush' : 'plain'} footer=${foot}>
    ${refused.length
      ? html`<${Table} label=${t('smpp.refused.title')} columns=${columns()} rows=${refused} rowKey=${keyOf}/>`
      : html`<p class="set-all-well"><${Icon} name="circle-check" class="good"/>${t('smpp.refused.none')}</p>`}
  </${Card}>`;
}
