r"""What a phone shows at once: screens of 182 septets, or of 80 UCS-2 units, and what is longer in pages.

A screen carries 160 octets: 182 septets, or 80 units of UTF-16 as soon as one character is not of the GSM alphabet; where a
carrier takes 160 septets, 140 octets and 70 units (3GPP TS 23.038, and what carriers say). Each page is measured by itself,
with the lines that stand below it.

A text is cut at a blank or at the end of a line, and that one character is all that is left out; a word that is longer than a
page is cut where the page ends. Lines of choices stay whole, unless one is longer than a page.

>>> paged("a" * 100 + " " + "b" * 100, (), WIDE, Tails(first="98 More", last="0 Back"))[1][:3]
'bbb'
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Final

import attrs

from mobilesasa.sms.alphabet import gsm_length

SEPTETS: Final = 182
SEPTETS_MIN: Final = 100  # fewer have no room for a text beside the lines below it
_DOTS: Final = "..."
_TEXT_LEAST: Final = 20  # characters of a text that is shortened, where lines can be shortened instead
_LINE_LEAST: Final = 8  # of a line: a key of three digits, and something to tell it by


@attrs.frozen
class Limit:
    """How much a screen holds."""

    septets: int
    units: int  # of UTF-16, where a character is not of the GSM alphabet

    @classmethod
    def of(cls, septets: int) -> Limit:
        """Return the limit of so many septets, 100 at least."""
        return _limit(max(septets, SEPTETS_MIN))

    def holds(self, text: str) -> bool:
        """Whether a text fits."""
        septets = gsm_length(text)
        return units_of(text) <= self.units if septets is None else septets <= self.septets


@lru_cache
def _limit(septets: int) -> Limit:
    return Limit(septets, -(-septets * 7 // 8) // 2)


WIDE: Final = Limit.of(SEPTETS)


@attrs.frozen(kw_only=True)
class Tails:
    """What stands below pages: lines with `98 More`, `0 Back` and the like, or nothing."""

    alone: str = ""  # a screen that is one page
    first: str = ""  # the first of several
    middle: str = ""
    last: str = ""


BARE: Final = Tails()


def units_of(text: str) -> int:
    """Return how many units of UTF-16 a text takes."""
    return len(text) + sum(character > "\uffff" for character in text) if not text.isascii() else len(text)


def paged(
    text: str, lines: Sequence[str], limit: Limit, tails: Tails = BARE, hint: str = "", hint_page: int = 0
) -> tuple[str, ...]:
    """Return the pages of a screen, one at least, each with what stands below.

    Args:
        text: may be empty.
        lines: of choices, which stand behind the text.
        limit: what a page holds; enough for the tails and a character.
        tails: what stands below.
        hint: what stands above; may be empty.
        hint_page: on which page, from 0. Those before it are cut as without it.
    """
    if not hint_page:
        text, hint = joined(hint, text), ""
    whole = joined(text, *lines, tails.alone)
    return (whole,) if limit.holds(whole) else _many(text, tuple(lines), limit, tails, hint, hint_page)


@lru_cache(maxsize=1024)
def _many(text: str, lines: tuple[str, ...], limit: Limit, tails: Tails, hint: str, hint_page: int) -> tuple[str, ...]:
    """Return the pages of a screen of several; kept, as most who come to a screen see the same."""
    left, pages = list(lines), list[str]()
    below, last = tails.first, tails.alone
    while not (pages and limit.holds(joined(text, *left, last))):
        page, text, taken = _page(text, left, limit, below, last)
        pages.append(page)
        del left[:taken]
        below, last = tails.middle, tails.last
        if len(pages) == hint_page:
            text = joined(hint, text)
    return (*pages, joined(text, *left, last))


def shortened(text: str, lines: Sequence[str], limit: Limit, tail: str = "") -> str:
    """Return a screen of one page: its text is cut at a word and ends with three dots where all does not fit.

    Where the lines leave the text no room, the longest of them are cut too, for what stands at the beginning of a line chooses
    it; where that is not enough, what comes last is cut.
    """
    if not limit.holds(joined(text, *lines, tail)):
        lines = _narrowed(text[:_TEXT_LEAST], lines, limit, tail)
    whole, below = joined(text, *lines, tail), joined(*lines, tail)
    if limit.holds(whole):
        return whole
    ending = f"{_DOTS}\n{below}" if below else _DOTS
    if not text or not limit.holds(f"{text[0]}{ending}"):
        text, ending = whole, _DOTS
    return _cut(text, limit, ending)[0].rstrip() + ending


def _narrowed(text: str, lines: Sequence[str], limit: Limit, tail: str) -> Sequence[str]:
    """Return lines cut to one length, the greatest that leaves room for a text; as they are where none does."""
    cut = lines
    low, high = _LINE_LEAST, max(map(len, lines), default=0)
    while low <= high:
        middle = (low + high) // 2
        tried = [line if len(line) <= middle else line[: middle - len(_DOTS)].rstrip() + _DOTS for line in lines]
        if limit.holds(joined(text + _DOTS, *tried, tail)):
            cut, low = tried, middle + 1
        else:
            high = middle - 1
    return cut


def joined(*parts: str) -> str:
    """Return what there is of some parts, a line each."""
    return "\n".join([part for part in parts if part])


def _page(text: str, lines: Sequence[str], limit: Limit, tail: str, other: str) -> tuple[str, str, int]:
    """Return a page that is not the last, what is left of the text, and how many lines are on it or in that.

    Args:
        text: what is left of it.
        lines: that are left.
        limit: what a page holds.
        tail: what stands below this page.
        other: what would stand below if it were the last. Where that is longer it counts, so that something is left.
    """
    below = other if units_of(other) > units_of(tail) and gsm_length(tail) is not None else tail
    reserve, ending = f"\n{below}" if below else "", f"\n{tail}" if tail else ""
    page, rest = _cut(text, limit, reserve)
    if rest:
        return page + ending, rest, 0
    taken = 0
    while taken < len(lines) and limit.holds(joined(page, lines[taken]) + reserve):
        page = joined(page, lines[taken])
        taken += 1
    if page:
        return page + ending, "", taken
    page, rest = _cut(lines[0], limit, reserve)
    return page + ending, rest, 1


def _cut(text: str, limit: Limit, ending: str) -> tuple[str, str]:
    """Return as much of a text as fits before an ending, and the rest without the blank at which it was cut."""
    place = max(_room(text, limit, ending), 1)
    if place >= len(text):
        return text, ""
    if not text[place].isspace():
        place = next((at for at in range(place - 1, 0, -1) if text[at].isspace()), place)
    return text[:place], text[place + 1 :] if text[place].isspace() else text[place:]


def _room(text: str, limit: Limit, ending: str) -> int:
    """Return how many characters of a text fit before an ending."""
    units = limit.units - units_of(ending)
    place = wide = 0
    for wide, character in enumerate(text):  # noqa: B007
        units -= 1 if character <= "\uffff" else 2
        if units < 0:
            break
    else:
        wide = len(text)
    septets = gsm_length(ending)
    if septets is not None:
        left = limit.septets - septets
        for place, character in enumerate(text):  # noqa: B007
            cost = _cost(character)
            left -= cost or limit.septets + 1
            if left < 0:
                break
        else:
            place = len(text)
    return max(place, wide)


@lru_cache(maxsize=1024)
def _cost(character: str) -> int:
    """Return how many septets a character takes; 0 where the GSM alphabet lacks it."""
    return gsm_length(character) or 0
