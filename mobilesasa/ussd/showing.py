"""What a screen looks like: its text, its choices, and the lines below with `98 More` and `0 Back`."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from mobilesasa.ussd.compiled import CompiledMenu, Place
from mobilesasa.ussd.model import BACK_KEY, MORE_KEY, ScreenKind
from mobilesasa.ussd.paging import Limit, Tails, joined, paged, shortened

_NEXT_KEY: Final = "1"  # anything leads on from a message; this is what is offered


def pages_of(
    menu: CompiledMenu,
    place: Place,
    limit: Limit,
    variables: Mapping[str, str],
    *,
    told: str | None,
    ends: bool,
    hint_page: int | None,
    behind: bool,
) -> tuple[str, ...]:
    """Return the pages of a screen, one at least.

    Args:
        menu: whose screen it is.
        place: the screen.
        limit: what a page holds.
        variables: what its texts are filled with.
        told: what a webhook answered, which is shown instead of the screen's own text; None where it is not.
        ends: nothing is asked behind it.
        hint_page: what was typed was no answer, and a hint says so at the top of this page; None: it was one.
        behind: there is a screen that `0` leads back to from the first page.
    """
    text = place.text.fill(variables) if told is None else told
    hint = "" if hint_page is None else place.hint.fill(variables)
    lines = [line.shown.fill(variables) for line in place.lines]
    asks_on = place.kind is ScreenKind.MESSAGE
    words = menu.words
    tails = _tails(words["more"], words["back"], words["next"] if asks_on else "", place.back, behind, ends)
    if place.more:
        return paged(text, lines, limit, tails, hint, hint_page or 0)
    return (shortened(joined(hint, text), lines, limit, tails.alone),)


def question(words: Mapping[str, str], limit: Limit, *, hinted: bool) -> str:
    """Return the question whether to go on where somebody was cut off."""
    text = joined(words["choose"] if hinted else "", words["resume"])
    return shortened(text, (f"1 {words['continue']}", f"2 {words['again']}"), limit)


def tails_of(menu: CompiledMenu, place: Place, *, behind: bool) -> Tails:
    """Return what stands below the pages of a screen."""
    words = menu.words
    next_word = words["next"] if place.kind is ScreenKind.MESSAGE else ""
    ends = place.kind is ScreenKind.END
    return _tails(words["more"], words["back"], next_word, place.back, behind, ends)


@lru_cache(maxsize=4096)
def _tails(more: str, back: str, next_word: str, leads_back: bool, behind: bool, ends: bool) -> Tails:
    on = f"{MORE_KEY} {more}"
    go_back = f"{BACK_KEY} {back}" if leads_back else ""
    at_first = go_back if behind else ""
    go_on = f"{_NEXT_KEY} {next_word}" if next_word else ""
    return Tails(
        alone="" if ends else joined(go_on, at_first),
        first=joined(on, at_first),
        middle=joined(on, go_back),
        last="" if ends else joined(go_on, go_back),
    )
