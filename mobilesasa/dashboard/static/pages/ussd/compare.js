/** What two definitions of a menu say differently: by screen, and in it by place. */
import { isSame } from './draft.js';

const MOST = 60; // differences of a screen that are told

/**
 * @param {object} was a definition, or the menu it is of
 * @param {object} is another
 * @returns {{screen: string, how: 'added'|'removed'|'changed', changes: {path: string, was: string, is: string}[]}[]} what is of no screen comes first,
 *   with an empty name
 */
export function differences(was, is) {
  const found = [];
  const top = ['name', 'language', 'start', 'options', 'texts'].flatMap((part) => changesIn(was[part], is[part], part));
  if (top.length) found.push({ screen: '', how: 'changed', changes: top });
  for (const name of new Set([...Object.keys(is.screens), ...Object.keys(was.screens)])) {
    const [one, other] = [was.screens[name], is.screens[name]];
    if (isSame(one, other)) continue;
    const how = one === undefined ? 'added' : other === undefined ? 'removed' : 'changed';
    found.push({ screen: name, how, changes: changesIn(one, other, '').slice(0, MOST) });
  }
  return found;
}

/** The places at which two values differ, each with what stands there. */
function changesIn(was, is, path) {
  if (isSame(was, is) || (isEmpty(was) && isEmpty(is))) return [];
  if (isInner(was) || isInner(is)) {
    const keys = new Set([...Object.keys(was ?? {}), ...Object.keys(is ?? {})]);
    const isList = Array.isArray(was ?? is);
    if (keys.size && (isInner(was) || isEmpty(was)) && (isInner(is) || isEmpty(is))) {
      return [...keys].flatMap((key) => changesIn(was?.[key], is?.[key], isList ? `${path}[${key}]` : path ? `${path}.${key}` : key));
    }
  }
  return [{ path, was: written(was), is: written(is) }];
}

const isInner = (value) => typeof value === 'object' && value !== null;
const isEmpty = (value) => value === undefined || value === null || value === '' || (isInner(value) && Object.keys(value).length === 0);

function written(value) {
  if (isEmpty(value)) return '';
  return isInner(value) ? JSON.stringify(value) : String(value);
}
