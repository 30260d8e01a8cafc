/** The first page: how the team stands, what happens now, and what went wrong last. */
import { cx, html, useState } from '../../parts/ui.js';
import { get } from '../../parts/api.js';
import { Button } from '../../parts/forms.js';
import { Loaded, useLoad } from '../../parts/load.js';
import { Page } from '../../parts/page.js';
import { can, canRead, isPlatformAdmin, team } from '../../parts/session.js';
import { Skeleton } from '../../parts/states.js';
import { t } from '../../parts/texts.js';
import { Chart } from './chart.js';
import { Failures } from './failures.js';
import { Figures, useFigures } from './figures.js';
import { Platform } from './platform.js';
import { Start } from './start.js';

const FIRST_LOOK_S = 5; // as long as nothing has been sent

/** @param {{query: object}} props */
export default function Overview({ query }) {
  const action = can('messages') && html`<${Button} kind="primary" icon="send" to="/send">${t('overview.send')}<//>`;
  return html`<${Page} title=${t('overview.title')} actions=${action}>
    <div class="stack ov">
      <${OfTeam} query=${query} />
      ${isPlatformAdmin() && html`<${Platform} />`}
    </div>
  <//>`;
}

/** The team's own; one that has sent nothing is shown how to begin. */
function OfTeam({ query }) {
  const first = useFirst();
  const load = useFigures();
  const isPlaced = load.data !== undefined || Boolean(load.error) || !canRead('reports'); // what stands below does not jump then
  const isKnown = first.data !== undefined || Boolean(first.error);
  const figures = html`<div key="figures" class=${cx('stack ov-of-team', !isKnown && 'is-unknown')}><${Figures} load=${load} /></div>`;
  const main = html`<div key="main">
    <${Loaded} of=${first} skeleton=${html`<${Skeleton} kind="card" rows=${6} />`}>
      ${(hasSent) => (hasSent
        ? html`<div class="ov-main">
            ${canRead('reports') && html`<div class="stack"><${Chart} query=${query} /></div>`}
            ${canRead('messages') && html`<${Failures} />`}
          </div>`
        : html`<${Start} />`)}
    <//>
  </div>`;
  return first.data === false ? [main, figures] : [figures, isPlaced && main];
}

/** Find out whether the team has ever sent something, until it has. */
function useFirst() {
  const [hasSent, setSent] = useState(false);
  return useLoad(
    async (signal) => {
      const found = !canRead('messages') || (await get('/messages', { page_size: 1 }, { signal })).items.length > 0;
      setSent(found);
      return found;
    },
    [team.value.code],
    { everyS: hasSent ? 0 : FIRST_LOOK_S },
  );
}
