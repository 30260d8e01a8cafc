/** The list beside a thread: who wrote last, found by phone or code, kept up to date while it is seen. */
import { html, useEffect, useMemo, useRef, useState } from '../../parts/ui.js';
import { get } from '../../parts/api.js';
import { Button, Segmented } from '../../parts/forms.js';
import { Status, When, phone as shownPhone } from '../../parts/format.js';
import { Loaded, useAct, useLoad } from '../../parts/load.js';
import { Code } from '../../parts/copy.js';
import { Link, setQuery } from '../../parts/router.js';
import { team } from '../../parts/session.js';
import { Empty, Skeleton } from '../../parts/states.js';
import { Filters } from '../../parts/table.js';
import { t } from '../../parts/texts.js';
import { failed } from '../../parts/toasts.js';
import { Initials, nameOf, usePeople } from '../contacts/people.js';

const SIZE = 50;
const POLLED_S = 4;

let last = null; // what was read before a thread was opened: its page begins with it

/** All that is read so far, the newest first, with what comes in put before it. */
function useInbound(asked) {
  const key = JSON.stringify([team.value?.code, asked]);
  if (last?.key !== key) last = { key, items: [], more: false, seen: null, arrived: new Set() };
  const kept = last;
  const [, drawn] = useState(0);
  const load = useLoad(async (signal) => ({ key, page: await get('/inbound', { ...asked, page_size: SIZE }, { signal }) }), [key], { everyS: POLLED_S });
  if (load.data?.key === key && kept.seen !== load.data) takeNewest(kept, load.data);
  const older = async () => {
    const page = await get('/inbound', { ...asked, page_size: SIZE, before: kept.items.at(-1).uuid });
    kept.items = [...kept.items, ...page.items];
    kept.more = page.items.length === SIZE;
    drawn((count) => count + 1);
  };
  return { items: kept.seen ? kept.items : undefined, arrived: kept.arrived, more: kept.more ? older : null, load };
}

function takeNewest(kept, data) {
  const { items } = data.page;
  const isFirst = kept.seen === null;
  kept.seen = data;
  const known = new Set(kept.items.map((each) => each.uuid));
  const now = new Set(items.map((each) => each.uuid));
  const joins = items.length < SIZE || items.some((each) => known.has(each.uuid));
  if (!isFirst) for (const each of items) if (!known.has(each.uuid)) kept.arrived.add(each.uuid);
  if (isFirst || !joins) kept.more = items.length === SIZE;
  const edge = items.at(-1)?.uuid;
  kept.items = items.length < SIZE ? items : joins ? [...items, ...kept.items.filter((each) => !now.has(each.uuid) && each.uuid < edge)] : items;
}

/** Return the newest message of each phone, with how many of it are read. */
function byPhone(items) {
  const found = new Map();
  for (const each of items) {
    const there = found.get(each.phone);
    if (there) there.n += 1;
    else found.set(each.phone, { it: each, n: 1 });
  }
  return [...found.values()];
}

/** What a message says, in a line. */
export function excerpt(it) {
  if (it.message === null) return t('inbox.text_gone');
  if (it.encoding === 'binary' && !it.message) return t('inbox.text_binary');
  return it.message;
}

/** The word that opts in or out, as a pill. */
export function OptOut({ word }) {
  return word && html`<${Status} kind=${word === 'stop' ? 'bad' : 'good'} label=${word.toUpperCase()} title=${t(`inbox.${word}_help`)} />`;
}

function Item({ it, n, person, here, fresh, query }) {
  const name = person ? nameOf(person) : '';
  return html`<li>
    <${Link} to=${`/inbox/${encodeURIComponent(it.phone)}`} query=${query} class=${`pp-talk ${fresh ? 'fresh' : ''}`} aria-current=${here ? 'true' : undefined}>
      <${Initials} name=${name} />
      <span class="pp-talk-words">
        <span class="pp-talk-head"><strong class="truncate">${name || shownPhone(it.phone)}</strong>
          <span class="muted small nowrap"><${When} at=${it.received_at} /></span></span>
        <span class="talk-text truncate">${excerpt(it)}</span>
        <span class="pp-talk-foot muted small"><span class="num">${t('inbox.to_code', { code: it.code })}</span>
          ${n > 1 && html`<span class="num">${t('inbox.n_messages', { n })}</span>`}<${OptOut} word=${it.opt_out} /></span>
      </span>
    <//>
  </li>`;
}

const CURL = () => `curl ${location.origin}/api/v1/inbound \\
  -H "Authorization: Bearer mbs_your_token_here"`;

function None({ filtered }) {
  if (filtered) {
    return html`<${Empty} icon="search" title=${t('inbox.no_match_title')} text=${t('inbox.no_match_text')}
      action=${html`<${Button} onClick=${() => setQuery({ phone: undefined, code: undefined })}>${t('inbox.clear_filters')}<//>`} />`;
  }
  return html`<${Empty} icon="inbox" title=${t('inbox.none_title')} text=${t('inbox.none_text')} action=${html`<${Code} text=${CURL()} lang="shell" copy />`} />`;
}

/** Say to who hears the page, not sees it, that something came. */
function Arrived({ count }) {
  return html`<p class="visually-hidden" role="status">${count > 0 && t('inbox.arrived', { n: count })}</p>`;
}

/**
 * @param {{query: object, phone?: string}} props the phone whose thread is open
 */
export function Conversations({ query, phone }) {
  const asked = { phone: query.phone, code: query.code };
  const { items, arrived, more, load } = useInbound(asked);
  const isEach = query.view === 'each';
  const rows = useMemo(() => (isEach ? (items ?? []).map((it) => ({ it, n: 1 })) : byPhone(items ?? [])), [items, isEach]);
  const people = usePeople([...new Set(rows.map(({ it }) => it.phone))]);
  const [older, act] = useAct(() => more().catch(failed));
  const list = useRef(null);
  useEffect(() => list.current?.querySelector('[aria-current]')?.scrollIntoView({ block: 'nearest' }), [phone, Boolean(items)]);
  const fields = [
    { name: 'phone', label: t('common.phone'), kind: 'search', placeholder: t('inbox.phone_example') },
    { name: 'code', label: t('inbox.code'), kind: 'text', placeholder: t('inbox.code_example'), width: '6.5rem' },
  ];
  const views = [{ value: '', label: t('inbox.by_person') }, { value: 'each', label: t('inbox.each') }];
  return html`<section class="pp-talks" aria-label=${t('inbox.conversations')}>
    <div class="pp-talks-head">
      <${Filters} fields=${fields} query=${query} />
      <${Segmented} label=${t('inbox.view')} options=${views} value=${query.view ?? ''} onChange=${(view) => setQuery({ view }, { replace: true })} />
    </div>
    <${Arrived} count=${arrived.size} />
    <div class="pp-talks-list" ref=${list}>
      <${Loaded} of=${{ ...load, data: items }} skeleton=${html`<${Skeleton} kind="text" rows=${8} />`}>${() => (rows.length === 0
        ? html`<${None} filtered=${Boolean(query.phone || query.code)} />`
        : html`<ol class="pp-plain-list">${rows.map(({ it, n }) => html`<${Item} key=${isEach ? it.uuid : it.phone} it=${it} n=${n}
            person=${people[it.phone]} here=${it.phone === phone} fresh=${arrived.has(it.uuid)} query=${{ ...asked, view: query.view }} />`)}</ol>`)}<//>
      ${more && html`<div class="pp-older"><${Button} kind="quiet" busy=${act.busy} onClick=${older}>${t('inbox.older')}<//></div>`}
    </div>
  </section>`;
}
