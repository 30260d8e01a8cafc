/** The tree of a menu's screens: by mouse, and by keyboard as trees are (arrows, Home, End, Enter). */
import { html, cx, useEffect, useMemo, useRef, useState } from '../../parts/ui.js';
import { Icon } from '../../parts/icons.js';
import { t } from '../../parts/texts.js';
import { rowsOf, wayTo } from './tree.js';

/** The sign of each kind of screen. */
export const KIND_ICONS = { choices: 'list', input: 'pencil', message: 'message-square', end: 'circle-check', action: 'zap', condition: 'git-branch' };

/**
 * @param {object} props `menu`; `chosen`: the name of the screen that is shown beside; `onChoose(name)`; `marks`: a Map from names to elements that stand
 *   at the end of a row (faults, counts); `phoneAt`: the screen at which the simulator stands; `label`
 */
export function TreeView({ menu, chosen, onChoose, marks, phoneAt, label }) {
  const [closed, setClosed] = useState(() => new Set());
  const rows = useMemo(() => rowsOf(menu, closed), [menu, closed]);
  const box = useRef(null);
  const active = rows.find((row) => row.kind === 'screen' && row.name === chosen) ?? rows[0];
  const toggle = (name) => setClosed((was) => new Set(was.has(name) ? [...was].filter((each) => each !== name) : [...was, name]));

  useEffect(() => {
    const above = wayTo(menu, chosen);
    setClosed((was) => (above.some((name) => was.has(name)) ? new Set([...was].filter((name) => !above.includes(name))) : was));
    const row = box.current?.querySelector('[aria-selected=true]');
    const { top, bottom } = box.current?.getBoundingClientRect() ?? {};
    const at = row?.getBoundingClientRect();
    if (at && (at.top < top || at.bottom > bottom)) box.current.scrollTop += at.top - top - (bottom - top) / 2;
  }, [chosen]);

  const onKeyDown = (event) => {
    const items = [...box.current.querySelectorAll('[role=treeitem]')];
    const at = items.indexOf(document.activeElement);
    const row = rows[at];
    if (!row || event.ctrlKey || event.metaKey || event.altKey) return;
    if (moved(event.key, { row, at, rows, items, toggle, onChoose })) event.preventDefault();
  };

  const firstLoose = rows.findIndex((row) => row.isLoose);
  return html`
    <div class="ussd-tree" role="tree" aria-label=${label ?? t('ussd.tree')} ref=${box} onKeyDown=${onKeyDown}>
      ${rows.map((row, at) => html`
        ${at === firstLoose && html`<div class="ussd-tree-part" role="presentation" key="loose">${t('ussd.loose')}</div>`}
        <${Row} key=${row.id} row=${row} screen=${menu.screens[row.name]} isStart=${row.kind === 'screen' && row.name === menu.start && !row.isLoose}
          isChosen=${row.kind === 'screen' && row.name === chosen} tabIndex=${row === active ? 0 : -1} mark=${row.kind === 'screen' && marks?.get(row.name)}
          isPhone=${row.kind === 'screen' && row.name === phoneAt} onChoose=${onChoose} onToggle=${toggle}/>`)}
    </div>`;
}

/** What a key does in the tree; whether it did anything. */
function moved(key, { row, at, rows, items, toggle, onChoose }) {
  const focus = (place) => items[Math.max(0, Math.min(items.length - 1, place))]?.focus();
  const steps = { ArrowDown: () => focus(at + 1), ArrowUp: () => focus(at - 1), Home: () => focus(0), End: () => focus(items.length - 1) };
  if (steps[key]) steps[key]();
  else if (key === 'Enter' || key === ' ') onChoose(row.kind === 'screen' || row.kind === 'again' ? row.name : row.from);
  else if (key === 'ArrowRight' && row.kind === 'screen' && row.branches) row.isClosed ? toggle(row.name) : focus(at + 1);
  else if (key === 'ArrowLeft' && row.kind === 'screen' && row.branches && !row.isClosed) toggle(row.name);
  else if (key === 'ArrowLeft') focus(rows.findIndex((each) => each.kind === 'screen' && each.name === row.from));
  else return false;
  return true;
}

function Row({ row, screen, isStart, isChosen, isPhone, tabIndex, mark, onChoose, onToggle }) {
  const { kind, name } = row;
  const isScreen = kind === 'screen';
  const target = isScreen || kind === 'again' ? name : row.from;
  const onClick = (event) => {
    if (event.target.closest('.ussd-twist') && isScreen && row.branches) onToggle(name);
    else onChoose(target);
  };
  return html`
    <div role="treeitem" class=${cx('ussd-row', `is-${kind}`, isChosen && 'is-chosen')} aria-level=${row.level} aria-selected=${isChosen ? 'true' : 'false'}
      aria-expanded=${isScreen && row.branches ? String(!row.isClosed) : undefined} tabIndex=${tabIndex} onClick=${onClick}
      style=${{ '--depth': Math.min(row.level - 1, 9) }}>
      <span class="ussd-twist" aria-hidden="true">${isScreen && row.branches > 0 && html`<${Icon} name=${row.isClosed ? 'chevron-right' : 'chevron-down'}/>`}</span>
      ${row.lead && html`<span class=${cx('ussd-key', `by-${row.lead.by}`)}>${leadWords(row.lead)}</span>`}
      ${isScreen && html`<span class=${cx('ussd-kind', `kind-${screen.kind}`)} title=${t(`ussd.kind.${screen.kind}`)}><${Icon} name=${KIND_ICONS[screen.kind]}/></span>`}
      <span class="ussd-row-name"><b>${rowName(row)}</b>${isScreen && html` <span class="muted">${firstWords(screen)}</span>`}</span>
      ${isPhone && html`<span class="ussd-here" title=${t('ussd.phone_here')}><${Icon} name="smartphone" label=${t('ussd.phone_here')}/></span>`}
      ${isStart && html`<span class="ussd-flag">${t('ussd.start')}</span>`}
      ${mark}
    </div>`;
}

function rowName({ kind, name }) {
  if (kind === 'again') return html`<${Icon} name="undo" label=${t('ussd.again')}/> ${name}`;
  if (kind === 'missing') return t('ussd.missing', { name });
  return kind === 'open' ? t('ussd.open_end') : name;
}

/** What stands before a row: the number of a choice, what a rule asks, an arrow. */
export function leadWords(lead) {
  if (lead.by === 'choice') return lead.choice.key || '?';
  if (lead.by === 'else') return t('ussd.else');
  if (lead.by === 'next') return '→';
  return ruleWords(lead.rule);
}

/** A rule in a few signs: `mark ≤ 2`. */
export function ruleWords(rule) {
  const { variable, op, value } = rule.when ?? {};
  const said = Array.isArray(value) ? value.join(', ') : (value ?? '');
  return [variable || '?', t(`ussd.sign.${op}`), said].filter((each) => each !== '').join(' ');
}

/** What a screen says, on one line; of one that is not seen, what it does. */
export function firstWords(screen) {
  if (screen.kind === 'action') return (screen.actions ?? []).map((each) => t(`ussd.action.${each.kind}`)).join(', ');
  return (screen.text ?? '').split('\n')[0];
}
