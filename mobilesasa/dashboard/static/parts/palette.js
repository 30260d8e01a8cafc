/** Go anywhere: a field that finds pages, acts and teams (Ctrl+K). */
import { html, cx, signal, useEffect, useId, useLayoutEffect, useRef, useState } from './ui.js';
import { Icon } from './icons.js';
import { dropGuards, go, mayLeave } from './router.js';
import { maySee } from './access.js';
import { me, team, can, logOut, switchTeam } from './session.js';
import { chooseTheme } from './theme.js';
import { keysShown } from './keys.js';
import { failed } from './toasts.js';
import { t } from './texts.js';
import { PAGES } from '../pages.js';

/** Whether it is open. */
export const paletteOpen = signal(false);

/** Do what takes people from where they are, if what they have not saved may go. */
async function leaving(act) {
  if (!(await mayLeave())) {
    return;
  }
  dropGuards();
  try {
    await act();
  } catch (error) {
    failed(error);
  }
}

function entries() {
  const pages = PAGES.filter((each) => each.path && !each.bare && !each.path.includes(':') && !(each.under && each.writes) && maySee(each)).map((each) => ({
    kind: 'pages',
    icon: each.icon ?? 'chevron-right',
    label: t(each.title),
    hint: each.goKey ? `g ${each.goKey}` : '',
    within: each.group === 'platform' ? t('nav.group.platform') : '',
    run: () => go(each.path),
  }));
  const acts = [
    can('contacts') && { icon: 'upload', label: t('nav.import_new'), run: () => go('/imports/new') },
    can('campaigns') && { icon: 'megaphone', label: t('nav.campaign_new'), run: () => go('/campaigns/new') },
    ...['auto', 'light', 'dark'].map((each) => ({ icon: 'sun-moon', label: `${t('common.theme')}: ${t(`common.theme_${each}`)}`, run: () => chooseTheme(each) })),
    { icon: 'keyboard', label: t('common.help_keys'), hint: '?', run: () => { keysShown.value = true; } },
    { icon: 'book-open', label: t('common.help_api'), run: () => window.open('/docs', '_blank', 'noopener') },
    { icon: 'log-out', label: t('common.log_out'), run: () => leaving(() => logOut()) },
  ].filter(Boolean).map((each) => ({ kind: 'acts', ...each }));
  const teams = (me.value?.teams ?? []).filter((each) => each.code !== team.value?.code).map((each) => ({
    kind: 'teams', icon: 'building', label: each.name, hint: each.code, run: () => leaving(() => switchTeam(each.code).then(() => go('/overview'))),
  }));
  return [...pages.filter((each, nth) => pages.findIndex((other) => other.label === each.label && other.within === each.within) === nth), ...acts, ...teams];
}

/** How well it fits: letters at the start of a word are best, letters in order will do; -1: not at all. */
function fit(label, typed) {
  const [whole, wanted] = [label.toLowerCase(), typed.toLowerCase().trim()];
  if (!wanted) {
    return 1;
  }
  const at = whole.indexOf(wanted);
  if (at === 0) {
    return 4;
  }
  if (at > 0) {
    return whole[at - 1] === ' ' ? 3 : 2;
  }
  let from = 0;
  for (const letter of wanted) {
    from = whole.indexOf(letter, from) + 1;
    if (!from) {
      return -1;
    }
  }
  return 0;
}

/** Once on the page. */
export function Palette() {
  return paletteOpen.value && me.value ? html`<${Open}/>` : null;
}

function Open() {
  const box = useRef(null);
  const list = useRef(null);
  const id = useId();
  const [typed, setTyped] = useState('');
  const [at, setAt] = useState(0);
  const found = entries().map((each, nth) => ({ each, nth, fits: fit(`${each.label} ${each.within ?? ''}`.trim(), typed) }))
    .filter(({ fits }) => fits >= 0).sort((a, b) => b.fits - a.fits || a.nth - b.nth).map(({ each }) => each);
  const close = () => {
    paletteOpen.value = false;
  };
  useLayoutEffect(() => {
    const dialog = box.current;
    dialog.showModal();
    return () => dialog.close();
  }, []);
  useEffect(() => {
    list.current?.querySelector('[aria-selected=true]')?.scrollIntoView({ block: 'nearest' });
  }, [at, typed]);
  const run = (entry) => {
    close();
    setTimeout(() => entry?.run(), 0); // after the dialog has given the focus back
  };
  const onKeyDown = (event) => {
    const last = found.length - 1;
    const to = { ArrowDown: at >= last ? 0 : at + 1, ArrowUp: at <= 0 ? last : at - 1 }[event.key];
    if (to !== undefined) {
      event.preventDefault();
      setAt(Math.max(0, to));
    } else if (event.key === 'Enter') {
      event.preventDefault();
      run(found[at]);
    }
  };
  const onInput = (event) => {
    setTyped(event.target.value);
    setAt(0);
  };
  return html`
    <dialog class="palette" ref=${box} aria-label=${t('common.palette_title')} onCancel=${close} onPointerDown=${(event) => event.target === box.current && close()}>
      <div class="palette-frame">
        <div class="palette-field"><${Icon} name="search"/>
          <input type="text" role="combobox" aria-expanded="true" aria-controls=${id} aria-activedescendant=${found.length ? `${id}-${at}` : undefined} aria-autocomplete="list"
            aria-label=${t('common.palette_title')} placeholder=${t('common.palette_hint')} value=${typed} autocomplete="off" spellcheck=${false} onInput=${onInput} onKeyDown=${onKeyDown}/>
          <kbd>Esc</kbd>
        </div>
        <div class="palette-list" id=${id} role="listbox" aria-label=${t('common.palette_pages')} ref=${list}>
          ${found.map((each, nth) => html`
            <div key=${`${each.kind} ${each.label} ${each.within}`} id="${id}-${nth}" role="option" aria-selected=${String(nth === at)} class=${cx('palette-entry', nth === at && 'is-on')}
              onPointerMove=${() => nth !== at && setAt(nth)} onClick=${() => run(each)}>
              <${Icon} name=${each.icon}/><span class="palette-label">${each.label}</span>
              ${each.within && html`<span class="muted small">${each.within}</span>`}
              ${each.hint && html`<span class="muted small mono">${each.hint}</span>`}
            </div>`)}
        </div>
        ${found.length === 0 && html`<p class="palette-none muted">${t('common.palette_none')}</p>`}
        <p class="visually-hidden" role="status">${t('common.palette_count', { n: found.length })}</p>
      </div>
    </dialog>
  `;
}
