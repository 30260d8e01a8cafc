/** Begins: the words, the login, the address; then the frame, or the login page. */
import { html, render, useEffect, useState } from './parts/ui.js';
import { addTexts, language, loadTexts, t } from './parts/texts.js';
import { beginRouting, dropGuards, go, href, route } from './parts/router.js';
import { home } from './parts/access.js';
import { begin, isUnclean, me } from './parts/session.js';
import { beginKeys } from './parts/keys.js';
import { Layout, Overlays } from './parts/layout.js';
import { Outlet } from './parts/outlet.js';
import { Failure } from './parts/states.js';
import { reportDefect } from './parts/defects.js';
import { PAGES } from './pages.js';
import './parts/forms.js'; // with the next three nearly every page begins: they are fetched at once
import './parts/table.js';
import './parts/load.js';
import './parts/copy.js';
import common from './texts/en/common.js';

const HOME = '/overview';

/** Where a login leads: a path of ours, and nowhere else. @param {string|undefined} next */
export function safeNext(next) {
  return typeof next === 'string' && /^\/(?![/\\])/.test(next) && !next.startsWith('/login') && !next.startsWith('/link') ? next : home();
}

/** Who has not logged in is led to the login page, and back from there. */
function useWay(known) {
  const { page, path, query } = route.value;
  const bare = Boolean(page?.bare);
  useEffect(() => {
    if (!known) {
      return;
    }
    if (me.value === null && !bare) {
      dropGuards();
      const next = path + location.search;
      const query = next === HOME ? {} : { next };
      if (isUnclean()) {
        location.replace(href('/login', query)); // a real load: nothing that pages remember outlives the login
      } else {
        go('/login', query, { replace: true });
      }
    } else if (me.value !== null && path === '/login') {
      go(safeNext(query.next), undefined, { replace: true });
    } else if (me.value !== null && path === HOME && home() !== HOME) {
      go(home(), undefined, { replace: true });
    }
  }, [known, me.value === null, bare, path]);
  return bare;
}

function App() {
  const [state, setState] = useState('asking'); // asking, known, or the error
  const ask = () => {
    setState('asking');
    begin().then(() => setState('known'), (error) => {
      reportDefect(error);
      setState(error);
    });
  };
  useEffect(ask, []);
  const bare = useWay(state === 'known');
  if (state === 'asking') {
    return null;
  }
  if (state !== 'known') {
    return html`<main class="bare"><h1 class="visually-hidden">mobilesasa</h1><${Failure} error=${state} again=${ask}/></main>`;
  }
  if (bare) {
    return html`<main class="bare" id="content"><${Outlet}/></main><${Overlays}/>`;
  }
  return me.value === null ? null : html`<${Layout}/>`;
}

async function start() {
  addTexts('common', common);
  if (language.value !== 'en') {
    await loadTexts(['common']);
  }
  document.documentElement.lang = language.value;
  document.title = t('common.product');
  beginRouting(PAGES.filter((each) => each.path), HOME);
  beginKeys();
  const app = document.getElementById('app');
  app.replaceChildren();
  render(html`<${App}/>`, app);
}

start();
