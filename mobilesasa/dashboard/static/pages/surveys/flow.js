// Where answers lead in a draft: the rules of mobilesasa/surveys/paths.py, for the map and for what nobody is asked.
//
// A way is {key, to, option?, rule?}: by an option, by a rule, or by neither, which is "else". `to` is a question's uuid or 'end'.

const MARKS_MAX = 100;
const DAY_MS = 86_400_000;
const DAYS = [Date.UTC(1900, 0, 1) / DAY_MS, Date.UTC(2100, 11, 31) / DAY_MS];
const OPPOSITES = { eq: 'ne', ne: 'eq', lt: 'gte', gte: 'lt', gt: 'lte', lte: 'gt', includes: 'excludes', excludes: 'includes' };

const folded = (value) => (typeof value === 'string' ? value.trim().toLowerCase() : value);
const same = (value, other) => folded(value) === folded(other);
const order = (test) => (value, other) => typeof value === typeof other && value !== '' && other !== null && test(value, other);
const FITS = {
  eq: same,
  ne: (value, other) => !same(value, other),
  in: (value, others) => Array.isArray(others) && others.some((other) => same(value, other)),
  lt: order((value, other) => value < other),
  lte: order((value, other) => value <= other),
  gt: order((value, other) => value > other),
  gte: order((value, other) => value >= other),
  answered: () => true,
  unanswered: () => false,
  includes: () => false,
  excludes: () => false,
};

const isOwn = (rule, question) => !rule.when.question || rule.when.question === question.uuid;

/**
 * All that a draft may lead to.
 * @param {{questions: object[]}} draft
 * @returns {{ways: Map<string, object[]>, reached: Set<string>, ending: Set<string>}}
 *   ways of each question; what somebody comes to; from where some answer leads on to the end
 */
export function flowOf(draft) {
  const uuids = new Set(draft.questions.map((question) => question.uuid));
  const ways = new Map(draft.questions.map((question, place) => [question.uuid, waysOf(draft, place, uuids)]));
  const forth = new Map([...ways].map(([uuid, found]) => [uuid, found.map((way) => way.to)]));
  const back = new Map();
  for (const [uuid, targets] of forth) for (const to of targets) back.set(to, [...(back.get(to) ?? []), uuid]);
  const first = draft.questions[0]?.uuid;
  return { ways, reached: first ? reachable(forth, first) : new Set(), ending: reachable(back, 'end') };
}

/**
 * What keeps a question from being of use: nobody is asked it, or nobody comes out of it.
 * @returns {'unreachable'|'endless'|null}
 */
export function troubleOf(flow, uuid) {
  if (!flow.ways.has(uuid)) return null;
  if (!flow.reached.has(uuid)) return 'unreachable';
  return flow.ending.has(uuid) ? null : 'endless';
}

function reachable(ways, start) {
  const seen = new Set([start]);
  const waiting = [start];
  while (waiting.length) {
    for (const to of ways.get(waiting.pop()) ?? []) {
      if (!seen.has(to)) {
        seen.add(to);
        waiting.push(to);
      }
    }
  }
  return seen;
}

function waysOf(draft, place, uuids) {
  const question = draft.questions[place];
  const following = draft.questions[place + 1]?.uuid ?? 'end';
  const found = new Map();
  const add = (way) => found.set(way.key, { ...way, to: uuids.has(way.to) ? way.to : 'end' });
  const plainly = (value) => {
    const option = question.type === 'single_choice' ? question.options.find((each) => each.uuid === value) : null;
    add(option?.next ? { key: option.uuid, to: option.next, option } : { key: 'else', to: question.next || following });
  };
  const values = valuesOf(question);
  if (values) values.forEach((value) => follow(question, value, add, plainly));
  else loosely(question, add, plainly);
  if (!question.required) follow(question, null, add, plainly);
  const at = (way) => (way.rule ? question.rules.indexOf(way.rule) : way.option ? 1000 + question.options.indexOf(way.option) : 9999);
  return [...found.values()].sort((one, other) => at(one) - at(other));
}

/** Give the ways that one answer may take; null is one that was left. */
function follow(question, value, add, plainly) {
  for (const rule of question.rules) {
    const own = isOwn(rule, question);
    const fits = own && (value === null ? rule.when.op === 'unanswered' : FITS[rule.when.op](value, rule.when.value));
    if (!own || fits) add({ key: rule.uuid, to: rule.next, rule });
    if (fits) return;
  }
  plainly(value);
}

/** Give the ways of answers that cannot be tried: a rule fits but where one that says the same stood before. */
function loosely(question, add, plainly) {
  const failed = new Set();
  for (const rule of question.rules) {
    const { op, value } = rule.when;
    const mark = (which) => JSON.stringify([which, folded(value ?? null)]);
    if (!isOwn(rule, question)) add({ key: rule.uuid, to: rule.next, rule });
    else if (op !== 'unanswered' && !failed.has(mark(op))) {
      add({ key: rule.uuid, to: rule.next, rule });
      if (op === 'answered' || failed.has(mark(OPPOSITES[op]))) return;
      failed.add(mark(op));
    }
  }
  plainly(null);
}

/** Return every answer that there can be, of numbers and days one of each way to answer; null where they cannot be tried. */
function valuesOf(question) {
  const { type, min, max, whole } = question;
  let values = [];
  if (type === 'yes_no') values = [true, false];
  if (type === 'single_choice') values = question.options.map((option) => option.uuid);
  if (type === 'rating' || type === 'nps') values = range(min ?? 1, max ?? 5);
  if (type === 'number') values = tried(compared(question).filter((each) => typeof each === 'number'), min, max, whole);
  if (type === 'date') {
    const days = compared(question).map((each) => Date.parse(each) / DAY_MS).filter(Number.isInteger);
    values = tried(days, ...DAYS, true).map((day) => new Date(day * DAY_MS).toISOString().slice(0, 10));
  }
  return values.length ? values : null;
}

const range = (least, most) => Array.from({ length: Math.max(0, Math.min(most - least + 1, 101)) }, (_, at) => least + at);

function compared(question) {
  return question.rules.filter((rule) => isOwn(rule, question)).flatMap((rule) => rule.when.value ?? []);
}

/** Return the marks, and a number between any two of them and outside of all, as far as they are within the bounds. */
function tried(marks, least, most, whole) {
  const bounds = [least, most].filter((bound) => bound !== null && bound !== undefined);
  const known = [...new Set([...marks, ...bounds])].sort((one, other) => one - other);
  if (!known.length) known.push(0);
  if (known.length > MARKS_MAX) return [];
  const found = whole
    ? known.flatMap((mark) => [Math.ceil(mark) - 1, Math.floor(mark), Math.ceil(mark), Math.floor(mark) + 1])
    : [known[0] - 1, ...known, ...known.slice(1).map((mark, at) => (mark + known[at]) / 2), known.at(-1) + 1];
  return [...new Set(found)].filter((each) => (least ?? -Infinity) <= each && each <= (most ?? Infinity)).sort((one, other) => one - other);
}
