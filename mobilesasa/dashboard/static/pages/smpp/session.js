/** One live SMPP session: what it is and has done, its trace, and the way to end it. */
import { html, useEffect, useRef, useState } from '../../parts/ui.js';
import { get } from '../../parts/api.js';
import { Meter } from '../../parts/charts.js';
import { Copy } from '../../parts/copy.js';
import { Figure, When, number } from '../../parts/format.js';
import { Button } from '../../parts/forms.js';
import { Loaded, useLoad } from '../../parts/load.js';
import { Card, Facts, Grid, Notice, Page, Row, Stack } from '../../parts/page.js';
import { can, canRead } from '../../parts/session.js';
import { Empty, Skeleton } from '../../parts/states.js';
import { t } from '../../parts/texts.js';
import { Encryption } from './sessions.js';
import { Trace } from './trace.js';
import { statusWords } from './words.js';
import { unbind } from './unbind.js';

const EVERY_S = 2;

/** A session, with its trace where that is wanted; `over` when there is none of that id any more. */
async function look(id, traced, signal) {
  const found = await get('/smpp/sessions', {}, { signal });
  const session = found.items.find((each) => each.id === id) ?? null;
  if (session === null) {
    return { session, items: null, over: found.missing_nodes === 0 };
  }
  if (!traced) {
    return { session, items: null, over: false };
  }
  const trace = await get(`/smpp/sessions/${encodeURIComponent(id)}/trace`, {}, { signal });
  return { session, items: trace.items, over: false };
}

function Window({ value, max, label }) {
  return html`<${Meter} value=${value} max=${max} label=${label} text=${`${number(value)} / ${number(max)}`}/>`;
}

function TokenName({ uuid }) {
  const load = useLoad(canRead('api_tokens') ? (signal) => get('/tokens', { page_size: 100 }, { signal }) : null, []);
  return load.data?.items.find((each) => each.uuid === uuid)?.name ?? html`<span class="mono small set-wrap-any">${uuid}</span>`;
}

function About({ session }) {
  const s = (key, values) => t(`smpp.session.${key}`, values);
  const limit = session.submits_per_s_limit;
  return html`<${Card} title=${s('facts')}>
    <${Facts} columns items=${[
      [s('system_id'), html`<span class="mono">${session.team}</span>`],
      [s('token'), html`<${TokenName} uuid=${session.token_uuid}/>`],
      [s('encryption'), session.tls ? `${session.tls.version}, ${session.tls.cipher}` : s('no_encryption')],
      [s('version'), html`<span class="mono">${session.interface_version}</span>`],
      [s('since'), html`<${When} at=${session.bound_since}/>`],
      [s('last'), html`<${When} at=${session.last_pdu_at}/>`],
      [s('rate'), html`<span class="num">${number(session.submits_per_s, 1)}</span>
        <div class="small muted">${s(limit === null ? 'rate_free' : 'rate_of', { n: number(session.submits_per_s_10, 1), limit })}</div>`],
      [s('window_in'), html`<${Window} value=${session.window_in} max=${session.window_in_limit} label=${s('window_in')}/>`],
      [s('window_out'), html`<${Window} value=${session.window_out} max=${session.window_out_limit} label=${s('window_out')}/>`],
      [s('id'), html`<${Row} gap=${1}><span class="mono small set-wrap-any">${session.id}</span><${Copy} text=${session.id} label=${s('id')}/></${Row}>`],
    ]}/>
  </${Card}>`;
}

function Counts({ counts }) {
  const s = (key) => t(`smpp.session.${key}`);
  const figure = (name, kind) => html`<${Figure} label=${s(name)} value=${counts[name]} kind=${counts[name] ? kind : undefined}
    help=${['throttled', 'failed'].includes(name) && counts[name] ? s(`${name}_help`) : undefined}/>`;
  return html`<section aria-label=${s('counts')}><${Grid} min="9rem">
    ${figure('submits')}${figure('accepted', 'good')}${figure('refused', 'warn')}${figure('throttled', 'warn')}${figure('failed', 'bad')}${figure('receipts')}
  </${Grid}></section>`;
}

function Problem({ error }) {
  const words = statusWords(error.status);
  return html`<${Notice} kind="warn" title=${t('smpp.session.problem')}>
    <span class="mono">${error.status}</span> <${When} at=${error.at}/>: ${error.reason}${words && html`<div class="small">${words}</div>`}
  </${Notice}>`;
}

/** @param {{params: {session: string}, query: Record<string, string>}} props */
export default function Session(props) {
  return html`<${One} key=${props.params.session} ...${props}/>`;
}

function One({ params, query }) {
  const [live, setLive] = useState(true);
  const [over, setOver] = useState(false);
  const seen = useRef(null); // what was last known, for when the session ends
  const load = useLoad((signal) => look(params.session, live, signal), [params.session, live], { everyS: over ? 0 : EVERY_S });
  const { data } = load;
  if (data?.session) {
    seen.current = { session: data.session, items: data.items ?? seen.current?.items ?? [] };
  }
  useEffect(() => {
    if (data?.over) {
      setOver(true);
    }
  }, [data]);
  const session = seen.current?.session;
  const title = session ? t('smpp.session.title', { bind: t(`smpp.bind.${session.bind_type}`), address: session.address }) : t('smpp.session.untitled');
  const act = session && !over && can('messages') && html`<${Button} kind="danger" icon="unplug" onClick=${() => unbind(session, load.again)}>${t('smpp.unbind.act')}</${Button}>`;
  return html`<${Page} title=${title} crumbs=${[{ label: t('smpp.session.crumb'), to: '/smpp' }]} actions=${act} status=${session && html`<${Encryption} session=${session}/>`}>
    <${Loaded} of=${load} skeleton=${html`<${Skeleton} kind="card" rows=${3}/>`}>${() => (session
      ? html`<${Stack}>
        ${over && html`<${Notice} kind="warn" live title=${t('smpp.session.over')}>${t('smpp.session.over_text')}</${Notice}>`}
        ${session.last_error && html`<${Problem} error=${session.last_error}/>`}
        <${Counts} counts=${session.counts}/>
        <${About} session=${session}/>
        <${Trace} items=${seen.current.items} query=${query} live=${live} onLive=${over ? null : setLive}/>
      </${Stack}>`
      : html`<${Empty} icon="unplug" title=${t('smpp.session.gone.title')} text=${t('smpp.session.gone.text')}
        action=${html`<${Button} kind="primary" to="/smpp">${t('smpp.session.gone.act')}</${Button}>`}/>`)}
    </${Loaded}>
  </${Page}>`;
}
