/** The trace of a session: its last PDUs, live, filtered, each with its fields in words. */
import { html, cx, useMemo, useState } from '../../parts/ui.js';
import { Button, CheckField } from '../../parts/forms.js';
import { Icon } from '../../parts/icons.js';
import { Card, Row } from '../../parts/page.js';
import { setQuery } from '../../parts/router.js';
import { Filters } from '../../parts/table.js';
import { t } from '../../parts/texts.js';
import { exactTime } from '../../parts/format.js';
import { meaningOf, statusWords, summaryOf } from './words.js';

const LINK = /^enquire_link/;
const RESPONSE = /_resp$/;

const keyOf = (pdu) => `${pdu.at} ${pdu.direction} ${pdu.command} ${pdu.sequence}`;
const millis = (at) => /\.(\d{3})/.exec(at)?.[1] ?? '000';

/** What the filters in the address leave. */
function filtered(items, { pdu, way, q, links }) {
  const wanted = (q ?? '').toLowerCase();
  return items.filter((each) => (!pdu || each.command === pdu || (each.command === `${pdu}_resp` && !RESPONSE.test(pdu)))
    && (!way || each.direction === way)
    && (links === 'shown' || pdu || !LINK.test(each.command))
    && (!wanted || JSON.stringify(each).toLowerCase().includes(wanted)));
}

/** By its key, how long each request took to be answered, in ms. */
function tookOf(items) {
  const asked = new Map();
  const took = new Map();
  for (const each of items) {
    const request = each.command.replace(RESPONSE, '');
    if (!RESPONSE.test(each.command)) {
      asked.set(`${each.direction} ${each.command} ${each.sequence}`, each);
    } else {
      const of = asked.get(`${each.direction === 'in' ? 'out' : 'in'} ${request} ${each.sequence}`);
      if (of) {
        took.set(keyOf(each), Date.parse(each.at) - Date.parse(of.at));
      }
    }
  }
  return took;
}

function FieldTable({ title, fields }) {
  const names = Object.keys(fields);
  return names.length > 0 && html`<section class="set-pdu-fields" aria-label=${title}>
    <h3 class="small muted">${title}</h3>
    <dl>${names.map((name) => html`<div key=${name}>
      <dt class="mono">${name}</dt>
      <dd><span class="mono set-wrap-any">${fields[name] === '' ? html`<span class="muted">""</span>` : String(fields[name])}</span>
        ${meaningOf(name, fields[name]) && html` <span class="muted">${meaningOf(name, fields[name])}</span>`}</dd>
    </div>`)}</dl>
  </section>`;
}

function Inside({ pdu, took, id }) {
  const nothing = !Object.keys(pdu.fields).length && !Object.keys(pdu.tlvs).length;
  return html`<div class="set-pdu-inside" id=${id}>
    ${pdu.note && html`<p class="warn set-icon-words"><${Icon} name="alert-triangle" size="small"/>${t('smpp.trace.note')}: ${pdu.note}</p>`}
    ${pdu.status !== 'ESME_ROK' && statusWords(pdu.status) && html`<p class="bad">${statusWords(pdu.status)}</p>`}
    ${took !== undefined && html`<p class="small muted">${t('smpp.trace.took', { ms: took })}</p>`}
    <div class="set-pdu-parts">
      <${FieldTable} title=${t('smpp.trace.fields')} fields=${pdu.fields}/>
      <${FieldTable} title=${t('smpp.trace.tlvs')} fields=${pdu.tlvs}/>
    </div>
    ${nothing && html`<p class="small muted">${t('smpp.trace.no_fields')}</p>`}
  </div>`;
}

function Line({ pdu, took, open, onToggle, nth }) {
  const id = `pdu-${nth}`;
  const fine = pdu.status === 'ESME_ROK';
  return html`<li class=${cx('set-pdu', `set-pdu-${pdu.direction}`, open && 'is-open')}>
    <button type="button" class="set-pdu-line" aria-expanded=${String(open)} aria-controls=${open ? id : undefined} onClick=${onToggle}>
      <${Icon} name=${open ? 'chevron-down' : 'chevron-right'}/>
      <span class="set-pdu-at mono num">${exactTime(pdu.at)}<span class="muted">.${millis(pdu.at)}</span></span>
      <span class="set-pdu-way"><${Icon} name=${pdu.direction === 'in' ? 'arrow-right' : 'arrow-left'}/>${t(`smpp.trace.${pdu.direction}_short`)}</span>
      <span class="set-pdu-name mono">${pdu.command}<span class="muted"> #${pdu.sequence}</span></span>
      ${!fine && html`<span class="set-pdu-status set-tag is-bad">${pdu.status}</span>`}
      ${pdu.note && html`<span class="set-tag is-warn">${pdu.note}</span>`}
      <span class="set-pdu-summary muted mono truncate">${summaryOf(pdu)}</span>
    </button>
    ${open && html`<${Inside} pdu=${pdu} took=${took} id=${id}/>`}
  </li>`;
}

const fieldsOf = (commands) => [
  { name: 'q', label: t('smpp.trace.find'), kind: 'search' },
  { name: 'pdu', label: t('smpp.trace.filter'), kind: 'select', all: t('smpp.trace.all'), options: commands },
  { name: 'way', label: t('smpp.trace.way'), kind: 'select', all: t('smpp.trace.both'), options: ['in', 'out'].map((each) => ({ value: each, label: t(`smpp.trace.${each}`) })) },
];

/**
 * @param {{items: object[], query: Record<string, string>, live: boolean, onLive: ((live: boolean) => void)|null}} props
 *   `items`: the newest last; `onLive`: null when the session is over
 */
export function Trace({ items, query, live, onLive }) {
  const [opened, setOpened] = useState(new Set());
  const shown = useMemo(() => filtered(items, query).reverse(), [items, query]);
  const took = useMemo(() => tookOf(items), [items]);
  const commands = useMemo(() => [...new Set(items.map((each) => each.command))].sort(), [items]);
  const toggle = (key) => {
    onLive?.(false); // what somebody reads does not move away
    setOpened((old) => new Set(old.has(key) ? [...old].filter((each) => each !== key) : [...old, key]));
  };
  const listed = query.pdu && !commands.includes(query.pdu) ? [query.pdu, ...commands] : commands;
  const act = onLive && html`<${Button} small icon=${live ? 'pause' : 'play'} onClick=${() => onLive(!live)}>${t(live ? 'smpp.pause' : 'smpp.go_on')}</${Button}>`;
  return html`<${Card} title=${t('smpp.trace.title')} lead=${t('smpp.trace.text')} actions=${act} class="set-trace">
    <${Row} gap=${3} wrap between>
      <${Filters} fields=${fieldsOf(listed)} query=${query}>
        <${CheckField} name="links" label=${t('smpp.trace.links')} value=${query.links !== 'shown'} onInput=${(on) => setQuery({ links: on ? undefined : 'shown' }, { replace: true })}/>
      </${Filters}>
      <span class="small muted num">${t('smpp.trace.shown', { n: shown.length, all: items.length })}</span>
    </${Row}>
    ${shown.length
      ? html`<ol class="set-pdus" reversed>${shown.map((pdu, nth) => {
        const key = keyOf(pdu);
        return html`<${Line} key=${key} nth=${nth} pdu=${pdu} took=${took.get(key)} open=${opened.has(key)} onToggle=${() => toggle(key)}/>`;
      })}</ol>`
      : html`<p class="muted">${t(items.length ? 'smpp.trace.filtered' : 'smpp.trace.empty')}</p>`}
  </${Card}>`;
}
