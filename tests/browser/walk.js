/**
 * For tests/browser/test_keyboard.py: knows what Tab must come to, and looks at what has the focus. A thing whose own box is hidden is
 * seen by its label, and the mark of the focus may be drawn by what holds it, down to the row of a table.
 */
() => {
  const CAN = 'a[href], button, input, select, textarea, summary, [tabindex]';
  const NAMED = 'a, button, input, select, textarea, summary, [role]';
  const MARKS = ['outlineStyle', 'outlineColor', 'outlineWidth', 'boxShadow', 'borderColor', 'backgroundColor', 'textDecorationLine'];
  const ids = new Map();
  const looks = new Map();
  const id = (each) => ids.get(each) ?? ids.set(each, ids.size + 1).get(each);
  const labelOf = (each) => each.labels?.[0] ?? each.closest('label');
  const styleOf = (each, pseudo) => {
    const style = getComputedStyle(each, pseudo);
    return MARKS.map((mark) => (mark.startsWith('outline') && style.outlineStyle === 'none' ? '' : style[mark])).join();
  };
  const around = (each) => [labelOf(each), each.nextElementSibling, each.parentElement, each.parentElement?.parentElement, each.closest('tr, li')];
  const look = (each) => [each, ...around(each)].filter(Boolean).flatMap((one) => [styleOf(one), styleOf(one, '::after')]).join('|');

  const called = (of) => (of.getAttribute('aria-labelledby') ?? '').split(/\s+/).map((one) => document.getElementById(one)?.innerText ?? '').join(' ');
  const words = (each) => [
    each.getAttribute('aria-label') ?? '', called(each), [...(each.labels ?? [])].map((one) => one.innerText).join(' '), each.innerText ?? '', each.title ?? '',
  ].map((one) => one.trim()).find(Boolean) ?? '';
  const told = (each) => `${each.localName}${each.type ? `[${each.type}]` : ''} ${JSON.stringify(words(each).slice(0, 40))} (${each.getAttribute('class')})`;

  const isShown = (each) => each.checkVisibility({ visibilityProperty: true }) && each.getClientRects().length > 0;
  const isStop = (each) => each.tabIndex >= 0 && !each.disabled && isShown(each) && !each.closest('[inert]');
  const stops = () => [...document.querySelectorAll(CAN)].filter(isStop);
  const stopOf = (each) => (each.type === 'radio' && each.name ? [...document.getElementsByName(each.name)].map(id) : [id(each)]); // one of a group

  const isSeen = (each) => {
    const own = each.getBoundingClientRect();
    const { left, right, top, bottom } = own.width * own.height < 16 && labelOf(each) ? labelOf(each).getBoundingClientRect() : own;
    if (right - left < 1 || bottom - top < 1 || bottom <= 0 || top >= innerHeight || right <= 0 || left >= innerWidth) {
      return false;
    }
    const x = (Math.max(left, 0) + Math.min(right, innerWidth)) / 2;
    const y = (Math.max(top, 0) + Math.min(bottom, innerHeight)) / 2;
    const there = document.elementFromPoint(x, y);
    return there !== null && [each, labelOf(each)].some((one) => one && (one.contains(there) || there.contains(one)));
  };

  window.walk = {
    /** Remember how each thing looks without the focus. */
    begin: () => stops().filter((each) => each !== document.activeElement).forEach((each) => looks.set(id(each), look(each))),
    wanted: () => stops().map((each) => ({ called: told(each), any: stopOf(each) })),
    /** The buttons of rows that are called as others are, so that who hears them does not know of which row; not what opens a row. */
    twins: () => {
      const names = [...document.querySelectorAll('tr button:not(.row-link), .line button')].filter(isShown).map(words).filter(Boolean);
      return [...new Set(names.filter((name, nth) => names.indexOf(name) !== nth))];
    },
    positive: () => [...document.querySelectorAll('[tabindex]')].filter((each) => each.tabIndex > 0).map(told),
    /** What has the focus, and what is wrong with it; null: nothing has. */
    at: () => {
      const each = document.activeElement;
      if (each === null || each === document.body || each === document.documentElement) {
        return null;
      }
      const wrong = [
        each.matches(NAMED) && !words(each) && 'has no name',
        !isSeen(each) && 'is not in sight',
        looks.has(id(each)) && looks.get(id(each)) === look(each) && 'shows no mark of the focus',
      ].filter(Boolean);
      return { id: id(each), called: told(each), parts: ['date', 'time', 'datetime-local'].includes(each.type) ? 6 : 1, wrong };
    },
    inside: (what) => document.activeElement === document.body || Boolean(document.activeElement?.closest(what)),
  };
}
