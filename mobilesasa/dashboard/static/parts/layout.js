/** The frame of all pages: the menu at the side (a drawer where it is narrow), the bar at the top, the page. */
import { html, cx, signal, useEffect, useLayoutEffect, useRef } from './ui.js';
import { IconButton, Menu } from './buttons.js';
import { Icon } from './icons.js';
import { Link, dropGuards, go, mayLeave, route } from './router.js';
import { account, me, team, role, logOut, refreshAccount, switchTeam, onTeamChanged } from './session.js';
import { home, maySee } from './access.js';
import { online } from './api.js';
import { number } from './format.js';
import { Outlet, loadPage, onItsWay } from './outlet.js';
import { Notice } from './page.js';
import { Palette, paletteOpen } from './palette.js';
import { KeyList, keysShown, goKeys, useKeys } from './keys.js';
import { Questions } from './dialogs.js';
import { Toasts, failed, toast } from './toasts.js';
import { theme, chooseTheme } from './theme.js';
import { t } from './texts.js';
import { GROUPS, PAGES } from '../pages.js';

const UNITS_EVERY_MS = 30_000;
const LOST_EVERY_MS = 3000; // while the server is not reached

const drawerOpen = signal(false);

/** What is shown to who has logged in. */
export function Layout() {
  useUnits();
  useTeamOfOthers();
  useKeys({ ...goKeys(PAGES.filter((each) => each.path && maySee(each))), '?': [t('common.keys_help'), showKeys] }, { everywhere: true });
  usePaletteKey();
  useEffect(() => {
    drawerOpen.value = false;
  }, [route.value.path]);
  return html`
    <a class="skip" href="#content" onClick=${skip}>${t('common.skip')}</a>
    <div class="frame">
      <aside class="side" aria-label=${t('common.product')}><div class="side-inner"><${Mark}/><${Nav}/></div></aside>
      <div class="frame-main">
        <${TopBar}/>
        <div class=${cx('on-its-way', onItsWay.value && 'is-on')} aria-hidden="true"></div>
        <main id="content" tabindex="-1">
          <${Standing}/>
          <${Outlet}/>
        </main>
      </div>
    </div>
    <${NavDrawer}/>
    <${Overlays}/>
  `;
}

/** What lies over the page: questions, toasts, the palette, the list of keys. */
export function Overlays() {
  return html`<${Palette}/><${KeyList}/><${Questions}/><${Toasts}/>`;
}

function skip(event) {
  event.preventDefault();
  const main = document.getElementById('content');
  (main.querySelector('h1') ?? main).focus();
}

function showKeys() {
  keysShown.value = true;
}

function usePaletteKey() {
  useEffect(() => {
    const onKey = (event) => {
      if ((event.ctrlKey || event.metaKey) && !event.shiftKey && !event.altKey && event.key.toLowerCase() === 'k') {
        event.preventDefault();
        paletteOpen.value = !paletteOpen.value;
      }
    };
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  }, []);
}

/** The units at the top are never old for long. */
function useUnits() {
  useEffect(() => {
    const due = () => document.visibilityState === 'visible' && refreshAccount();
    const timer = setInterval(due, online.value ? UNITS_EVERY_MS : LOST_EVERY_MS);
    return () => clearInterval(timer);
  }, [online.value]);
}

function useTeamOfOthers() {
  useEffect(() => onTeamChanged((refused) => {
    toHome();
    if (refused) {
      toast(t('error.team_changed'), { kind: 'bad' });
    } else {
      toast(t('common.team_elsewhere', { name: team.value?.name }), { kind: 'info' });
    }
  }), []);
}

/** After the team has changed: the list that the page belongs to, for what it shows is another team's. */
function toHome() {
  const { page, params, path } = route.value;
  const inner = Object.keys(params).length > 0;
  return go(inner ? page?.under ?? '/overview' : path, undefined, { replace: true });
}

function Mark() {
  return html`<${Link} to=${home()} class="mark"><span class="mark-sign" aria-hidden="true"><${Icon} name="message-square"/></span><span>mobilesasa</span></${Link}>`;
}

function Nav() {
  const here = route.value.page;
  const lit = here?.under ?? here?.path;
  const seen = PAGES.filter((each) => each.group && maySee(each));
  return html`
    <nav class="nav" aria-label=${t('common.main_menu')}>
      ${GROUPS.map((group) => [group, seen.filter((each) => each.group === group)]).filter(([, pages]) => pages.length).map(([group, pages]) => html`
        <div class="nav-group" key=${group} role="group" aria-label=${t(`nav.group.${group}`)}>
          <span class="nav-title" aria-hidden="true">${t(`nav.group.${group}`)}</span>
          <ul>
            ${pages.map((each) => html`<li key=${each.title}><${Place} page=${each} lit=${each.path !== undefined && each.path === lit}/></li>`)}
          </ul>
        </div>`)}
    </nav>
  `;
}

function Place({ page, lit }) {
  const inner = html`<${Icon} name=${page.icon}/><span>${t(page.title)}</span>`;
  if (page.href) {
    return html`<a class="place" href=${page.href} target="_blank" rel="noopener">${inner}<${Icon} name="external-link" class="place-out"/></a>`;
  }
  const ahead = () => loadPage(page).catch(() => {}); // what is pointed at is likely next; its failure is for when it is opened
  return html`<${Link} to=${page.path} onPointerEnter=${ahead} class=${cx('place', lit && 'is-lit')} aria-current=${lit ? 'page' : undefined}>${inner}</${Link}>`;
}

function NavDrawer() {
  const box = useRef(null);
  const open = drawerOpen.value;
  const close = () => {
    drawerOpen.value = false;
  };
  useLayoutEffect(() => {
    if (open && !box.current.open) {
      box.current.showModal();
      box.current.querySelector('[aria-current], .place')?.focus();
    } else if (!open && box.current.open) {
      box.current.close();
    }
  }, [open]);
  useEffect(() => {
    const wide = window.matchMedia('(min-width: 60rem)');
    wide.addEventListener('change', close);
    return () => wide.removeEventListener('change', close);
  }, []);
  return html`
    <dialog class="nav-drawer" ref=${box} aria-label=${t('common.main_menu')} onClose=${close} onPointerDown=${(event) => event.target === box.current && close()}>
      ${open && html`
        <div class="nav-drawer-frame">
          <div class="nav-drawer-head"><${Mark}/><${IconButton} icon="x" label=${t('common.menu_close')} onClick=${close}/></div>
          <${Nav}/>
        </div>`}
    </dialog>
  `;
}

function TopBar() {
  const openDrawer = () => {
    drawerOpen.value = true;
  };
  const openPalette = () => {
    paletteOpen.value = true;
  };
  return html`
    <header class="top">
      <${IconButton} icon="menu" label=${t('common.menu_open')} class="top-menu" onClick=${openDrawer} aria-expanded=${String(drawerOpen.value)}/>
      <${TeamSwitch}/>
      <button type="button" class="top-search" onClick=${openPalette} title=${t('common.palette_title')}>
        <${Icon} name="search"/><span>${t('common.palette_title')}</span> <kbd>Ctrl K</kbd>
      </button>
      <span class="top-space"></span>
      <${Units}/>
      <${Help}/>
      <${Theme}/>
      <${Person}/>
    </header>
  `;
}

function TeamSwitch() {
  const teams = me.value?.teams ?? [];
  const now = team.value;
  const chosen = async (code) => {
    if (code === now?.code || !(await mayLeave())) {
      return;
    }
    dropGuards();
    try {
      await switchTeam(code);
      await toHome();
      toast(t('common.team_now', { name: team.value?.name }));
    } catch (error) {
      failed(error);
    }
  };
  const name = now?.name ?? t('common.team_none');
  if (teams.length < 2 && (now || teams.length === 0)) {
    return html`<span class="team-name truncate" title=${now && `${name} (${now.code})`}>${name}</span>`;
  }
  const items = teams.map((each) => ({
    label: each.name,
    hint: each.suspended ? t('common.team_suspended') : t(`role.${each.role}`),
    checked: each.code === now?.code,
    onClick: () => chosen(each.code),
  }));
  return html`<${Menu} label=${t('common.team_switch', { name })} icon=${null} align="start" class="team-switch" items=${items}
    text=${html`<span class="truncate">${name}</span><${Icon} name="chevrons-up-down"/>`}/>`;
}

function Units() {
  const has = account.value;
  if (!team.value) {
    return null;
  }
  if (!has) {
    return html`<span class="top-units is-waiting" aria-hidden="true"></span>`;
  }
  const title = [
    t('common.available_title', { available: has.available, reserved: has.reserved }),
    has.low && t('common.available_low', { n: has.low_balance_units }),
  ].filter(Boolean).join(' ');
  const inner = html`<${Icon} name=${has.low ? 'alert-triangle' : 'coins'}/><span class="num">${number(has.available)}</span> <span class="top-units-word">${t('common.units').toLowerCase()}</span>`;
  const page = PAGES.find((each) => each.path === '/units');
  const classes = cx('top-units', has.low && 'is-low');
  return maySee(page) ? html`<${Link} to="/units" class=${classes} title=${title}>${inner}</${Link}>`
    : html`<span class=${classes} title=${title}>${inner}</span>`;
}

function Help() {
  const items = [
    { label: t('common.help_keys'), icon: 'keyboard', hint: '?', onClick: showKeys },
    { label: t('common.help_api'), icon: 'book-open', href: '/docs', target: '_blank' },
  ];
  return html`<${Menu} label=${t('common.help')} icon="help-circle" items=${items} class="top-help"/>`;
}

function Theme() {
  const icons = { auto: 'sun-moon', light: 'sun', dark: 'moon' };
  const items = ['auto', 'light', 'dark'].map((each) => ({ label: t(`common.theme_${each}`), checked: theme.value === each, onClick: () => chooseTheme(each) }));
  return html`<${Menu} label=${t('common.theme')} icon=${icons[theme.value]} items=${items} class="top-theme"/>`;
}

function initials(name) {
  const words = name.trim().split(/\s+/).filter(Boolean);
  return [words[0], words.length > 1 ? words.at(-1) : ''].map((each) => [...(each ?? '')][0] ?? '').join('').toUpperCase();
}

function Person() {
  const user = me.value?.user;
  if (!user) {
    return null;
  }
  const out = async () => {
    if (!(await mayLeave())) {
      return;
    }
    try {
      await logOut();
    } catch (error) {
      failed(error);
    }
  };
  const items = [
    { label: t('common.profile'), icon: 'user', to: '/profile', hint: role.value ? t(`role.${role.value}`) : '' },
    { line: true },
    { label: t('common.log_out'), icon: 'log-out', onClick: out },
  ];
  return html`<${Menu} label="${t('common.person_menu')}: ${user.name || user.email}" icon=${null} class="person" items=${items}
    text=${html`<span class="person-sign" aria-hidden="true" data-initials=${initials(user.name || user.email)}></span>`}/>`;
}

/** What holds for the whole team: no connection, suspended. */
function Standing() {
  return html`
    ${!online.value && html`<div class="standing" role="status"><${Icon} name="wifi-off"/> ${t('common.offline')}</div>`}
    ${team.value?.suspended && html`<div class="standing-notice"><${Notice} kind="warn" title=${t('common.team_suspended_title')}>${t('common.team_suspended_text')}</${Notice}></div>`}
  `;
}

