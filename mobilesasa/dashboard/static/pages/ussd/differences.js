/** What a draft says otherwise than a version: screen by screen, what stood there and what stands there now. */
import { html, useMemo } from '../../parts/ui.js';
import { t } from '../../parts/texts.js';
import { placeWords } from './checking.js';
import { differences } from './compare.js';

/** @param {{was: object, is: object, onGo?: (screen: string) => void}} props onGo leads to a screen of the draft */
export function Differences({ was, is, onGo }) {
  const found = useMemo(() => differences(was, is), [was, is]);
  if (!found.length) return html`<p class="muted">${t('ussd.differences.none')}</p>`;
  return html`<div class="ussd-differences">${found.map((each) => html`<${Of} key=${each.screen} difference=${each} onGo=${onGo}/>`)}</div>`;
}

function Of({ difference, onGo }) {
  const { screen, how, changes } = difference;
  const name = screen || t('ussd.differences.menu');
  return html`
    <section class=${`ussd-difference is-${how}`}>
      <p class="ussd-difference-head">
        <span class="ussd-how">${t(`ussd.differences.${how}`)}</span>
        ${onGo && screen && how !== 'removed' ? html`<button type="button" class="ussd-link" onClick=${() => onGo(screen)}>${name}</button>` : name}
      </p>
      <dl>
        ${changes.map((change) => html`
          <div key=${change.path}>
            <dt class="small muted">${placeWords(change.path) || t('ussd.differences.whole')}</dt>
            <dd>
              ${change.was !== '' && html`<del><span class="visually-hidden">${t('ussd.differences.was')} </span>${change.was}</del>`}
              ${change.is !== '' && html`<ins><span class="visually-hidden">${t('ussd.differences.is')} </span>${change.is}</ins>`}
            </dd>
          </div>`)}
      </dl>
    </section>`;
}
