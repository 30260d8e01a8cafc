/** Shows the page of the address: loads its module and texts, keeps the one before until they are there, catches its defects. */
import { html, signal, useEffect, useErrorBoundary, useRef, useState } from './ui.js';
import { route, scrolledTo } from './router.js';
import { maySee } from './access.js';
import { team } from './session.js';
import { loadTexts, t } from './texts.js';
import { Failure, Forbidden, Missing } from './states.js';
import { Page } from './page.js';
import { reportDefect } from './defects.js';

const RELOADED = 'mobilesasa.reloaded';
const AGAIN_MS = 30_000;

/** Whether a page is on its way, for the line at the top. */
export const onItsWay = signal(false);

const modules = new Map();

/** The component of a page, with its texts. @param {object} page a row of pages.js */
export async function loadPage(page) {
  if (!modules.has(page.module)) {
    const [module] = await Promise.all([import(`../pages/${page.module}`), loadTexts(page.texts ?? [])]);
    modules.set(page.module, module.default);
  }
  return modules.get(page.module);
}

/** A module that is not there any more, for the node was upgraded: the page is loaded anew, but not for ever. */
function upgraded(error) {
  const last = Number(sessionStorage.getItem(RELOADED) ?? 0);
  if (Date.now() - last < AGAIN_MS) {
    return false;
  }
  sessionStorage.setItem(RELOADED, String(Date.now()));
  console.info('the dashboard was upgraded, or is out of reach', error);
  location.reload();
  return true;
}

const opens = (page) => page.bare || maySee(page);

/** What is shown in <main>. */
export function Outlet() {
  const { page, path, params, query } = route.value;
  const [shown, setShown] = useState(null); // {page, path, params, Component} or {failure}
  const wanted = useRef(null);
  wanted.current = path;

  useEffect(() => {
    if (page === null || !opens(page)) {
      setShown({ page, path });
      return;
    }
    if (modules.has(page.module)) {
      setShown({ page, path, params, Component: modules.get(page.module) });
      return;
    }
    onItsWay.value = true;
    loadPage(page).then((Component) => {
      if (wanted.current === path) {
        setShown({ page, path, params, Component });
      }
    }, (error) => {
      if (wanted.current === path && !upgraded(error)) {
        reportDefect(error);
        setShown({ page, path, failure: error });
      }
    }).finally(() => {
      onItsWay.value = false;
    });
  }, [path, page, team.value?.code]);

  useArrival(shown?.path);

  if (shown === null) {
    return null;
  }
  if (shown.failure) {
    return html`<${Page} title=${t(shown.page.title)}><${Failure} error=${{ message: t('common.new_version') }} again=${() => location.reload()}/></${Page}>`;
  }
  if (shown.page === null) {
    return html`<${Page} title=${t('common.missing_title')}><${Missing} title=" "/></${Page}>`;
  }
  if (!shown.Component || !opens(shown.page)) { // in another team somebody is something else, and its page must ask nothing
    return html`<${Page} title=${t(shown.page.title)}><${Forbidden} scope=${shown.page.platform ? undefined : shown.page.scopes} platform=${shown.page.platform}/></${Page}>`;
  }
  const own = shown.path === path ? query : {};
  return html`<${Guarded} key=${`${team.value?.code} ${shown.path}`} Component=${shown.Component} params=${shown.params} query=${own}/>`;
}

/** A page that fails does not take the others with it. */
function Guarded({ Component, params, query }) {
  const [error, reset] = useErrorBoundary((defect) => console.error(defect));
  if (error) {
    return html`<${Page} title=${t('common.failed')}><${Failure} title=${t('common.failed_page_title')} error=${{ message: t('common.failed_page_text') }} again=${reset}/></${Page}>`;
  }
  return html`<${Component} params=${params} query=${query}/>`;
}

/** After another page has come: the reader begins at its heading, and the window is where it was, or at the top. */
function useArrival(path) {
  const first = useRef(true);
  useEffect(() => {
    if (!path) {
      return undefined;
    }
    if (first.current) {
      first.current = false;
      return undefined;
    }
    const stops = [focusHeading(), scrollBack(scrolledTo())];
    return () => stops.forEach((stop) => stop());
  }, [path]);
}

/** Put the focus on the heading as soon as there is one, unless somebody is in the page already. */
function focusHeading() {
  const until = Date.now() + 2000;
  const look = () => {
    const active = document.activeElement;
    const inside = active?.id !== 'content' && active?.closest('main, dialog');
    const heading = document.querySelector('main h1');
    if (!inside) {
      heading?.focus({ preventScroll: true });
    }
    if (inside || heading || Date.now() > until) {
      clearInterval(timer);
    }
  };
  const timer = setInterval(look, 80);
  look();
  return () => clearInterval(timer);
}

/** Scroll to a place as soon as the page is long enough, for a second at most. */
function scrollBack(to) {
  window.scrollTo(0, to);
  if (!to) {
    return () => {};
  }
  const until = Date.now() + 1000;
  const timer = setInterval(() => {
    if (Math.abs(window.scrollY - to) > 2) {
      window.scrollTo(0, to);
    }
    if (Date.now() > until || Math.abs(window.scrollY - to) <= 2) {
      clearInterval(timer);
    }
  }, 50);
  return () => clearInterval(timer);
}
