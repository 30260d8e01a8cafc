/** A USSD menu while it is edited: plain values, each change a new one; nothing here shows or calls anything. */

/** The kinds of screens, as people need them. */
export const KINDS = ['choices', 'input', 'message', 'end', 'action', 'condition'];
/** Those that somebody who dials sees by themselves. */
export const SHOWN = new Set(['choices', 'input', 'message', 'end']);
/** Variables that the platform fills. */
export const BUILT_IN = ['msisdn', 'code', 'network', 'first_name', 'last_name', 'input'];
/** How a rule compares; the last two without a value. */
export const OPS = ['eq', 'ne', 'lt', 'lte', 'gt', 'gte', 'in', 'includes', 'set', 'unset'];
export const ALONE = new Set(['set', 'unset']);
/** What may be typed. */
export const TYPES = ['text', 'number', 'amount', 'phone', 'date'];
/** What a screen may do. */
export const ACTIONS = ['send_sms', 'start_survey', 'add_to_group', 'webhook'];

const PARTS = ['name', 'language', 'start', 'screens', 'options', 'texts'];
const NAME = /^[A-Za-z0-9_.-]{1,60}$/;
const FIELD = /\{\{|\}\}|\{[^\S\n]*([A-Za-z][A-Za-z0-9_]{0,39})[^\S\n]*(?::[^{}]*)?\}/g;
const KEYS_OF = {
  choices: ['text', 'choices'],
  input: ['text', 'input', 'next'],
  message: ['text', 'next'],
  end: ['text', 'actions'],
  action: ['actions', 'next'],
  condition: ['rules', 'else'],
};

/**
 * What a menu says, of a menu or a version as the API shows it.
 * @param {object} shown
 */
export function definitionOf(shown) {
  const plain = { name: '', language: 'en', start: '', screens: {}, options: {}, texts: {} };
  return Object.fromEntries(PARTS.map((part) => [part, shown[part] ?? plain[part]]));
}

/** Whether a screen can have this name. */
export function isName(name) {
  return NAME.test(name);
}

/** What somebody types as the name of a variable, as it can be: a small letter, then a-z, 0-9 and _. */
export function variableName(typed) {
  return typed.toLowerCase().replace(/[^a-z0-9_]+/g, '_').replace(/^[^a-z]+/, '').slice(0, 40);
}

/** A screen of a kind that says nothing yet. */
export function emptyScreen(kind) {
  const plain = {
    text: '',
    choices: [emptyChoice([])],
    input: { variable: '', type: 'text', min: null, max: null, pattern: null, error: null },
    next: '',
    actions: [],
    rules: [emptyRule()],
    else: '',
  };
  return Object.fromEntries([['kind', kind], ...KEYS_OF[kind].map((key) => [key, plain[key]])]);
}

/** A choice with the next number that is free. */
export function emptyChoice(choices) {
  const taken = new Set(choices.map((each) => Number(each.key)));
  let key = 1;
  while (taken.has(key) || key === 98) key += 1;
  return { key: String(key), label: '', next: '', set: {} };
}

export function emptyRule() {
  return { when: { variable: '', op: 'eq', value: '' }, next: '' };
}

/** An action of a kind that says nothing yet. */
export function emptyAction(kind) {
  const plain = {
    send_sms: { to: '{msisdn}', sender_id: '', text: '' },
    start_survey: { survey: '' },
    add_to_group: { group: '' },
    webhook: { url: '', show: false, variables: [] },
  };
  return { kind, ...plain[kind] };
}

/** Whether an action screen shows what a webhook answers. */
export function showsAnswer(screen) {
  return screen.kind === 'action' && (screen.actions ?? []).some((each) => each.kind === 'webhook' && each.show);
}

/**
 * Where a screen leads: the path of each way in it, the screen's name (empty: nowhere yet), and what leads there.
 * @returns {{path: string, next: string, by: 'choice'|'rule'|'else'|'next', at: number, choice?: object, rule?: object}[]}
 */
export function leadsOf(screen) {
  const leads = [];
  (screen.choices ?? []).forEach((choice, at) =>
    leads.push({ path: `choices[${at}].next`, next: choice.next ?? '', by: 'choice', at, choice }),
  );
  (screen.rules ?? []).forEach((rule, at) =>
    leads.push({ path: `rules[${at}].next`, next: rule.next ?? '', by: 'rule', at, rule }),
  );
  if (screen.kind === 'condition') leads.push({ path: 'else', next: screen.else ?? '', by: 'else', at: 0 });
  const leadsOn = ['input', 'message'].includes(screen.kind) || (screen.kind === 'action' && (screen.next || !showsAnswer(screen)));
  if (leadsOn) leads.push({ path: 'next', next: screen.next ?? '', by: 'next', at: 0 });
  return leads;
}

/** Something with another value at a path such as `choices[0].label`. */
export function put(whole, path, value) {
  const [, head, place, rest] = /^([^.[]+)(?:\[(\d+)\])?(?:\.(.+))?$/.exec(path);
  if (place === undefined) return { ...whole, [head]: rest ? put(whole[head] ?? {}, rest, value) : value };
  const list = [...(whole[head] ?? [])];
  list[place] = rest ? put(list[place] ?? {}, rest, value) : value;
  return { ...whole, [head]: list };
}

/** A menu with one of its screens changed. */
export function withScreen(menu, name, screen) {
  return { ...menu, screens: { ...menu.screens, [name]: screen } };
}

/** A name that no screen has: `screen`, `screen-2`, … */
export function freshName(menu, stem = 'screen') {
  const plain = stem.toLowerCase().normalize('NFKD').replace(/[^a-z0-9_.-]+/g, '-').replace(/^-+|-+$/g, '').slice(0, 40) || 'screen';
  for (let n = 1; ; n += 1) {
    const name = n === 1 ? plain : `${plain}-${n}`;
    if (!Object.hasOwn(menu.screens, name)) return name;
  }
}

/** A menu with one screen more, and its name; the first of a menu is where it begins. */
export function addScreen(menu, kind, stem) {
  const name = freshName(menu, stem || kind);
  const added = withScreen(menu, name, emptyScreen(kind));
  return [menu.start ? added : { ...added, start: name }, name];
}

/** A menu with a copy of a screen, and its name; nothing leads there yet. */
export function copyScreen(menu, name) {
  const copy = freshName(menu, name.replace(/-\d+$/, ''));
  return [withScreen(menu, copy, structuredClone(menu.screens[name])), copy];
}

function relead(screen, turn) {
  return leadsOf(screen).reduce((now, lead) => (turn(lead.next) === lead.next ? now : put(now, lead.path, turn(lead.next))), screen);
}

/** A menu in which a screen has another name, wherever it is named. */
export function renameScreen(menu, from, to) {
  const turn = (name) => (name === from ? to : name);
  const screens = Object.entries(menu.screens).map(([name, screen]) => [turn(name), relead(screen, turn)]);
  return { ...menu, start: turn(menu.start), screens: Object.fromEntries(screens) };
}

/** A menu without a screen; what led there leads nowhere. */
export function removeScreen(menu, name) {
  const turn = (next) => (next === name ? '' : next);
  const left = Object.entries(menu.screens).filter(([each]) => each !== name);
  return { ...menu, start: turn(menu.start), screens: Object.fromEntries(left.map(([each, screen]) => [each, relead(screen, turn)])) };
}

/** A screen of another kind that keeps what both kinds have, and where it led. */
export function changeKind(screen, kind) {
  const first = leadsOf(screen).find((lead) => lead.next)?.next ?? '';
  const changed = emptyScreen(kind);
  for (const key of KEYS_OF[kind]) if (Object.hasOwn(screen, key)) changed[key] = screen[key];
  if (Object.hasOwn(changed, 'next') && !changed.next) changed.next = first;
  if (kind === 'condition' && !changed.else) changed.else = first;
  if (kind === 'choices' && screen.kind !== 'choices') changed.choices = [{ ...emptyChoice([]), next: first }];
  return changed;
}

/** How many ways lead to a screen. */
export function waysTo(menu, name) {
  return Object.values(menu.screens).flatMap(leadsOf).filter((lead) => lead.next === name).length;
}

/** The names of variables in a text, each once. */
export function namesIn(text) {
  const names = [...String(text ?? '').matchAll(FIELD)].map((match) => match[1]?.toLowerCase());
  return [...new Set(names.filter(Boolean))];
}

/** All texts of a screen that may have variables. */
function textsOf(screen) {
  const texts = [screen.text, screen.input?.error];
  for (const choice of screen.choices ?? []) texts.push(choice.label, ...Object.values(choice.set ?? {}));
  for (const action of screen.actions ?? []) if (action.kind === 'send_sms') texts.push(action.to, action.text);
  for (const rule of screen.rules ?? []) texts.push(...[rule.when?.value ?? ''].flat());
  return texts;
}

function setBy(screen) {
  const names = (screen.choices ?? []).flatMap((choice) => Object.keys(choice.set ?? {}));
  if (screen.input?.variable) names.push(screen.input.variable);
  for (const action of screen.actions ?? []) if (action.kind === 'webhook') names.push(...(action.variables ?? []));
  return names;
}

/**
 * The variables of a menu: those that it sets, then those that are always there, then those that it names and nothing sets.
 * @returns {{name: string, from: 'menu'|'platform'|'contact', type: string, setBy: string[], usedBy: string[]}[]}
 */
export function variablesOf(menu, attributes = []) {
  const found = new Map();
  const entry = (name, from) => {
    if (!found.has(name)) found.set(name, { name, from, type: '', setBy: [], usedBy: [] });
    return found.get(name);
  };
  const add = (list, name) => list.includes(name) || list.push(name);
  for (const [name, screen] of Object.entries(menu.screens)) {
    for (const each of setBy(screen)) add(entry(each, 'menu').setBy, name);
    if (screen.input?.variable) entry(screen.input.variable, 'menu').type = screen.input.type;
  }
  for (const name of BUILT_IN) entry(name, 'platform');
  for (const name of attributes) entry(name, 'contact');
  for (const [name, screen] of Object.entries(menu.screens)) {
    const used = [...textsOf(screen).flatMap(namesIn), ...(screen.rules ?? []).map((rule) => rule.when?.variable)];
    for (const each of used.filter(Boolean)) add(entry(each, 'none').usedBy, name);
  }
  return [...found.values()];
}

/** Whether two values of JSON say the same, whatever the order of their keys. */
export function isSame(one, other) {
  if (one === other) return true;
  if (typeof one !== 'object' || typeof other !== 'object' || !one || !other || Array.isArray(one) !== Array.isArray(other)) return false;
  const keys = Object.keys(one);
  return keys.length === Object.keys(other).length && keys.every((key) => Object.hasOwn(other, key) && isSame(one[key], other[key]));
}
