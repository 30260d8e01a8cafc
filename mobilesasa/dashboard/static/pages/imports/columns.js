/** What the columns of a file mean: as they were guessed, as somebody says, and what is wrong with that. */

const FIELDS = ['phone', 'first_name', 'last_name', 'name', 'email', 'notes'];
const NAME = /^[a-z][a-z0-9_]{0,39}$/;
/** Names that mean something else in texts (mobilesasa/contacts/fields.py). */
const RESERVED = new Set([
  'phone', 'first_name', 'last_name', 'name', 'full_name', 'email', 'notes', 'uuid', 'id', 'group', 'groups', 'created_at', 'updated_at',
  'suppressed', 'sender', 'message', 'link', 'opt_out',
]);

/** All that a column can be; `own` is a field of the team's own, `''` leaves it out. */
export const MEANINGS = ['', ...FIELDS, 'own'];

/**
 * @typedef {{at: number, header: string, meaning: string, own: string, isTwin: boolean}} Column
 *   `own`: the name of the team's own field; `isTwin`: a column before it has the same header, and that one is read
 */

/** Return a name for a field of the team's own, made of a header. */
export function ownName(header) {
  const name = header.normalize('NFKD').toLowerCase().replace(/[^a-z0-9]+/g, '_').replace(/^[^a-z]+|_+$/g, '').slice(0, 40);
  if (!name) return 'field';
  return RESERVED.has(name) ? `${name.slice(0, 34)}_field` : name;
}

/** Return the columns as a preview guesses them. @returns {Column[]} */
export function columnsOf(preview) {
  const seen = new Set();
  return preview.columns.map(({ header, field }, at) => {
    const folded = header.trim().toLowerCase();
    const isTwin = seen.has(folded) || folded === '';
    seen.add(folded);
    const isOwn = field?.startsWith('attributes.') ?? false;
    return { at, header, meaning: isOwn ? 'own' : field ?? '', own: isOwn ? field.slice(11) : ownName(header), isTwin };
  });
}

/** Return the columns with those that say nothing to us kept as the team's own fields. */
export function keepAll(columns) {
  const names = new Set(columns.filter((each) => each.meaning === 'own').map((each) => each.own));
  return columns.map((each) => {
    if (each.meaning !== '' || each.isTwin) return each;
    let own = each.own;
    for (let n = 2; names.has(own); n += 1) own = `${each.own.slice(0, 36)}_${n}`;
    names.add(own);
    return { ...each, meaning: 'own', own };
  });
}

/** Return the mapping that the API is told. */
export function mappingOf(columns) {
  const said = columns.filter((each) => !each.isTwin).map((each) => [each.header, each.meaning === 'own' ? `attributes.${each.own}` : each.meaning]);
  return Object.fromEntries(said);
}

/**
 * Say what is wrong with columns: keys of texts by their places, and `whole` for all of them together.
 *
 * @param {Column[]} columns
 * @returns {{whole: string|null, at: Record<number, string>}}
 */
export function faultsOf(columns) {
  const at = {};
  const taken = new Set();
  for (const each of columns) {
    if (each.meaning === '' || each.isTwin) continue;
    const means = each.meaning === 'own' ? `own ${each.own}` : each.meaning;
    if (each.meaning === 'own' && !NAME.test(each.own)) at[each.at] = 'imports.fault_name';
    else if (each.meaning === 'own' && RESERVED.has(each.own)) at[each.at] = 'imports.fault_reserved';
    else if (taken.has(means)) at[each.at] = 'imports.fault_twice';
    taken.add(means);
  }
  return { whole: taken.has('phone') ? null : 'imports.fault_no_phone', at };
}
