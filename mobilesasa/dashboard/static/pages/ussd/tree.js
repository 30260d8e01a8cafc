/** The screens of a menu as a tree of rows: each screen once, where it is met first, and behind it where it leads. */
import { leadsOf } from './draft.js';

/**
 * Rows of a tree from the first screen down, in the order in which they are shown; then the screens that nothing leads to.
 *
 * A `screen` stands once; where another way leads to it there is a row `again`. `open` is a way that leads nowhere yet, `missing`
 * one to a screen that there is not.
 * @param {{start: string, screens: object}} menu
 * @param {Set<string>} closed names of screens whose branches are not shown
 * @returns {{id: string, kind: 'screen'|'again'|'open'|'missing', name: string, from: string, lead: object|null, level: number, branches: number,
 *   isClosed: boolean, isLoose: boolean}[]}
 */
export function rowsOf(menu, closed = new Set()) {
  const parents = parentsOf(menu);
  const rows = [];
  const seen = new Set();
  if (menu.screens[menu.start]) grow(menu, menu.start, { level: 1, lead: null, from: '', isLoose: false }, { parents, seen, rows, closed });
  for (const name of Object.keys(menu.screens)) {
    if (!seen.has(name) && !parents.has(name)) grow(menu, name, { level: 1, lead: null, from: '', isLoose: true }, { parents, seen, rows, closed });
  }
  return rows;
}

/** The way by which each screen is met first, breadth first, so that it stands as high in the tree as it can. */
function parentsOf(menu) {
  const parents = new Map();
  const names = Object.keys(menu.screens);
  const met = new Set();
  const led = new Set(Object.values(menu.screens).flatMap((screen) => leadsOf(screen).map((lead) => lead.next)));
  for (const root of [menu.start, ...names.filter((name) => !led.has(name)), ...names]) {
    if (!menu.screens[root] || met.has(root)) continue;
    met.add(root);
    for (const queue = [root]; queue.length; ) {
      const name = queue.shift();
      for (const lead of leadsOf(menu.screens[name])) {
        if (!menu.screens[lead.next] || met.has(lead.next)) continue;
        met.add(lead.next);
        parents.set(lead.next, `${name} ${lead.path}`);
        queue.push(lead.next);
      }
    }
  }
  return parents;
}

function grow(menu, name, at, tree) {
  const leads = leadsOf(menu.screens[name]);
  const isClosed = tree.closed.has(name) && leads.length > 0;
  tree.seen.add(name);
  tree.rows.push({ id: `${at.from} ${at.lead?.path ?? ''} ${name}`, kind: 'screen', name, branches: leads.length, isClosed, ...at });
  for (const lead of leads) {
    const below = { level: at.level + 1, lead, from: name, isLoose: at.isLoose };
    const isOwn = menu.screens[lead.next] && tree.parents.get(lead.next) === `${name} ${lead.path}`;
    if (isOwn) {
      if (isClosed) hide(menu, lead.next, tree);
      else grow(menu, lead.next, below, tree);
    } else if (!isClosed) {
      const kind = menu.screens[lead.next] ? 'again' : lead.next ? 'missing' : 'open';
      tree.rows.push({ id: `${name} ${lead.path}`, kind, name: lead.next, branches: 0, isClosed: false, ...below });
    }
  }
}

/** Note the screens below one that is closed as seen, so that none of them stands among those that nothing leads to. */
function hide(menu, name, tree) {
  tree.seen.add(name);
  for (const lead of leadsOf(menu.screens[name])) {
    if (menu.screens[lead.next] && tree.parents.get(lead.next) === `${name} ${lead.path}`) hide(menu, lead.next, tree);
  }
}

/** The screens that stand above one, from the first one on; for a tree in which it is to be seen. */
export function wayTo(menu, name) {
  const parents = parentsOf(menu);
  const way = [];
  for (let at = name; parents.has(at); ) {
    at = parents.get(at).split(' ')[0];
    way.unshift(at);
  }
  return way;
}

/** The names of screens that nothing leads to from the first one. */
export function looseOf(menu) {
  return new Set(rowsOf(menu).filter((row) => row.isLoose && row.kind === 'screen').map((row) => row.name));
}
