/** The figures at the top: what can be spent, what became of today's messages, and what waits. */
import { html, useEffect } from '../../parts/ui.js';
import { get } from '../../parts/api.js';
import { exactTime, Figure, isoDay, number, percent } from '../../parts/format.js';
import { Loaded, useLoad } from '../../parts/load.js';
import { Notice } from '../../parts/page.js';
import { href } from '../../parts/router.js';
import { account, canRead, refreshAccount, team } from '../../parts/session.js';
import { Skeleton } from '../../parts/states.js';
import { t } from '../../parts/texts.js';
import { plusDays } from '../messages/days.js';
import { notePace, Pace } from './pace.js';

const LIVE_S = 5;
const WAITING_DAYS = 8; // a message may be scheduled seven days ahead

/** The figures as `useLoad` gives them; nothing is loaded for who may not read reports. */
export const useFigures = () => useLoad(canRead('reports') ? readAll : null, [team.value.code], { everyS: LIVE_S });

/** What of the team changes while one looks. @param {{load: object}} props load: of useFigures */
export function Figures({ load }) {
  useEffect(() => {
    if (load.data) {
      notePace(team.value.code, load.data.today);
    }
  }, [load.data]);
  if (!canRead('reports')) {
    return html`<div class="ov-figures"><${Units} /></div><p class="muted small">${t('overview.no_reports')}</p>`;
  }
  return html`
    <${Loaded} of=${load} skeleton=${html`<${Places} />`}>
      ${({ today, waiting }) => html`
        ${today.is_recounting && html`<${Notice}>${t('overview.recounting')}<//>`}
        <div class="ov-figures">
          <${Units} />
          <${Rate} figures=${today.figures} />
          <${Pace} />
          <${Queue} figures=${waiting.figures} />
          <${Today} today=${today} />
        </div>
        ${today.counted_at && html`<p class="small muted ov-foot">${t('overview.counted', { zone: today.zone.replaceAll('_', ' '), when: exactTime(today.counted_at) })}</p>`}`}
    <//>`;
}

/** Grey places of the figures. */
function Places() {
  return html`<div class="ov-figures">${Array.from({ length: 8 }, (_, nth) => html`<${Skeleton} key=${nth} kind="card" rows=${2} />`)}</div>`;
}

async function readAll(signal) {
  const [today, waiting] = await Promise.all([
    get('/reports/summary', {}, { signal }),
    get('/reports/summary', { date_from: plusDays(isoDay(), -WAITING_DAYS) }, { signal }),
    refreshAccount(),
  ]);
  return { today, waiting };
}

/** What can be spent, with a warning where it is little. */
function Units() {
  const has = account.value;
  const low = has?.low && t('overview.units_low', { n: has.low_balance_units });
  const kept = has?.reserved > 0 && t('overview.units_reserved', { n: has.reserved });
  return html`<${Figure} label=${t('overview.units')} value=${has?.available} kind=${low ? 'warn' : undefined} icon=${low ? 'alert-triangle' : undefined}
    help=${low || kept || undefined} href=${canRead(['reports', 'team']) ? href('/units') : undefined} />`;
}

function Today({ today }) {
  const { figures, trend, before } = today;
  const earlier = (name) => t('overview.before', { n: before.figures[name] });
  const listed = (status) => (canRead('messages') ? href('/messages', { status, date_from: isoDay() }) : undefined);
  return html`
    <${Figure} label=${t('overview.sent')} value=${figures.sent} trend=${grown(figures.sent, before.figures.sent)} help=${earlier('sent')}
      href=${canRead('messages') ? href('/messages', { date_from: isoDay() }) : undefined} />
    <${Figure} label=${t('overview.delivered')} value=${figures.delivered} trend=${trend.delivered} help=${earlier('delivered')} href=${listed('delivered')} />
    <${Figure} label=${t('overview.failed')} value=${figures.failed} trend=${trend.failed} upIsBad help=${earlier('failed')}
      kind=${figures.failed ? 'bad' : undefined} href=${listed('failed')} />
    <${Figure} label=${t('overview.pending')} value=${figures.pending} help=${t('overview.pending_help')} href=${listed('sent')} />`;
}

function Rate({ figures: { delivery_ratio: ratio } }) {
  return html`<${Figure} label=${t('overview.rate')} value=${ratio === null ? null : percent(ratio)} help=${t(ratio === null ? 'overview.rate_none' : 'overview.rate_help')} />`;
}

function grown(now, before) {
  return before ? (now - before) / before : null;
}

function Queue({ figures }) {
  return html`<${Figure} label=${t('overview.queue')} value=${number(figures.queued)} help=${t('overview.queue_help')}
    href=${canRead('messages') ? href('/messages', { status: 'queued' }) : undefined} />`;
}
