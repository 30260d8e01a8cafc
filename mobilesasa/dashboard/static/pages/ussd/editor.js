/** The editor of a menu: the tree of its screens, the chosen one, and a phone that dials it. */
import { html, cx, useEffect, useMemo, useRef, useState } from '../../parts/ui.js';
import { Button, Menu } from '../../parts/buttons.js';
import { Segmented } from '../../parts/forms.js';
import { Icon } from '../../parts/icons.js';
import { Card } from '../../parts/page.js';
import { setQuery } from '../../parts/router.js';
import { Empty } from '../../parts/states.js';
import { toast } from '../../parts/toasts.js';
import { t } from '../../parts/texts.js';
import { KINDS, addScreen, changeKind, copyScreen, leadsOf, put, removeScreen, renameScreen, variablesOf, withScreen } from './draft.js';
import { countsOf, useFaultsOf } from './checking.js';
import { Faults } from './faults.js';
import { offered } from './fields.js';
import { ScreenEditor } from './screen.js';
import { Simulator, useFacts } from './simulator.js';
import { KIND_ICONS, TreeView } from './treeview.js';
import { Variables } from './variables.js';

export function Editor({ menu, draft, check, things, query, acts, canWrite }) {
  const [pane, setPane] = useState('screen'); // of those, on a narrow window one is seen
  const [phoneAt, setPhoneAt] = useState('');
  const [facts, setFacts] = useFacts(menu);
  const desk = useDesk({ menu, draft, check, things, query, acts, canWrite, facts });
  const panes = ['tree', 'screen', 'phone'].map((value) => ({ value, label: t(`ussd.pane.${value}`) }));
  const choose = (name) => {
    desk.choose(name);
    setPane('screen');
  };
  return html`
    <${Faults} check=${check} menu=${draft.now} onGo=${(fault) => { choose(fault.screen); desk.focusOn(fault.path); }} onSettings=${acts.settings}/>
    <div class="ussd-editor" ref=${desk.box}>
      <div class="ussd-panes"><${Segmented} label=${t('ussd.panes')} options=${panes} value=${pane} onChange=${setPane}/></div>
      <div class=${cx('ussd-pane-tree', pane === 'tree' && 'is-shown')}>
        <${Screens} desk=${desk} check=${check} phoneAt=${phoneAt} onChoose=${choose}/>
        <${Variables} variables=${desk.variables} onChoose=${choose}/>
      </div>
      <div class=${cx('ussd-pane-screen', pane === 'screen' && 'is-shown')}>
        ${desk.screen ? html`<${ScreenEditor} desk=${desk}/>` : html`<${NoScreen} desk=${desk}/>`}
      </div>
      <div class=${cx('ussd-pane-phone', pane === 'phone' && 'is-shown')}>
        <${Simulator} menu=${menu} draft=${draft} facts=${facts} setFacts=${setFacts} things=${things} query=${query} onAt=${setPhoneAt} onChoose=${choose}/>
      </div>
    </div>`;
}

/** The chosen screen and all that can be done with it. */
function useDesk({ menu, draft, check, things, query, acts, canWrite, facts }) {
  const now = draft.now;
  const name = Object.hasOwn(now.screens, query.screen ?? '') ? query.screen : Object.hasOwn(now.screens, now.start) ? now.start : (Object.keys(now.screens)[0] ?? '');
  const box = useRef(null);
  const focusOn = useFocus(box);
  const variables = useMemo(() => variablesOf(now, things.attributes), [now, things.attributes]);
  const names = useMemo(() => offered(variables), [variables]);
  const faultOf = useFaultsOf(check.faults, name);
  const choose = (screen) => setQuery({ screen }, { replace: true });
  const edit = (turn, mark) => draft.change((was) => withScreen(was, name, turn(was.screens[name])), mark);
  const made = ([changed, made_name]) => {
    draft.change(changed);
    choose(made_name);
  };
  return {
    menu: now, uuid: menu.uuid, name, screen: now.screens[name], box, variables, offered: names, things, facts, faults: check.faults, faultOf, focusOn, choose,
    disabled: !canWrite,
    makeSecret: acts.makeSecret,
    put: (path, value, isTyped) => edit((screen) => put(screen, path, value), isTyped ? `${name} ${path}` : ''),
    setKind: (kind) => edit((screen) => changeKind(screen, kind)),
    leadToNew: (path, kind, stem) => {
      const [added, to] = addScreen(now, kind, stem);
      draft.change(withScreen(added, name, put(now.screens[name], path, to)));
    },
    add: (kind) => {
      made(addScreen(now, kind, ''));
      focusOn('text');
    },
    duplicate: () => made(copyScreen(now, name)),
    beginHere: () => draft.change({ ...now, start: name }),
    rename: (to) => {
      draft.change(renameScreen(now, name, to));
      choose(to);
    },
    remove: () => removed({ draft, name, choose }),
  };
}

/** Take a screen out; what led there leads nowhere then, and one step back brings it again. */
function removed({ draft, name, choose }) {
  const was = draft.now;
  const above = Object.keys(was.screens).find((each) => each !== name && leadsOf(was.screens[each]).some((lead) => lead.next === name));
  draft.change(removeScreen(was, name));
  choose(above ?? undefined);
  const ways = Object.values(was.screens).flatMap(leadsOf).filter((lead) => lead.next === name).length;
  toast(t('ussd.screen_deleted', { name, n: ways }), {
    kind: 'info',
    undo: async () => {
      draft.change((now) => (Object.hasOwn(now.screens, name) ? now : was));
      choose(name);
    },
  });
}

/** Put the keyboard into the field of a path, once it is there. */
function useFocus(box) {
  const [wanted, setWanted] = useState(null);
  useEffect(() => {
    if (wanted === null) return;
    const field = [...(box.current?.querySelectorAll('.ussd-pane-screen [name]') ?? [])].find((each) => each.getAttribute('name') === wanted.path);
    field?.focus();
    field?.scrollIntoView({ block: 'center' });
  }, [wanted]);
  return (path) => setWanted({ path });
}

function Screens({ desk, check, phoneAt, onChoose }) {
  const count = Object.keys(desk.menu.screens).length;
  const marks = useMemo(() => marksOf(check.faults), [check.faults]);
  const items = KINDS.map((kind) => ({ label: t(`ussd.kind.${kind}`), hint: t(`ussd.hint.${kind}`), icon: KIND_ICONS[kind], onClick: () => desk.add(kind) }));
  return html`
    <${Card} title=${html`${t('ussd.screens')} <span class="muted num">${count}</span>`}
      actions=${!desk.disabled && html`<${Menu} label=${t('ussd.add_screen')} text=${t('ussd.add')} icon="plus" small items=${items}/>`}>
      ${count > 0 && html`<${TreeView} menu=${desk.menu} chosen=${desk.name} onChoose=${onChoose} marks=${marks} phoneAt=${phoneAt}/>`}
    </${Card}>`;
}

function marksOf(faults) {
  return new Map([...countsOf(faults)].map(([name, n]) => [name, html`<span class="ussd-faults num" title=${t('ussd.faults.n', { n })}><${Icon} name="alert-triangle" label=${t('ussd.faults.n', { n })}/></span>`]));
}

function NoScreen({ desk }) {
  return html`
    <${Card}>
      <${Empty} icon="hash" title=${t('ussd.no_screens')} text=${t('ussd.no_screens_text')}
        action=${!desk.disabled && html`<${Button} kind="primary" icon="plus" onClick=${() => desk.add('choices')}>${t('ussd.first_screen')}</${Button}>`}/>
    </${Card}>`;
}
