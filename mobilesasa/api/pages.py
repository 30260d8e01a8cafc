"""Lists in pages: which page is meant, how deep pages reach, and what stands about the items."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, Protocol

from mobilesasa.api.errors import FieldProblem, problem

#: Things that pages reach back; there is an OFFSET behind a page, which costs more the deeper it goes.
DEEPEST: Final = 1_000_000


class Paged(Protocol):
    """A query that asks for a page."""

    @property
    def page(self) -> int: ...
    @property
    def page_size(self) -> int: ...


def offset_of(asked: Paged, total: int, estimated: bool, deeper: str) -> int | None:
    """Return how many things stand before a page; None where the page is past the end, and so empty.

    Args:
        asked: the query.
        total: how many things there are.
        estimated: whether that is an estimate.
        deeper: what to do instead of asking for a page that is too deep.

    Raises:
        Problem: 400, the page is deeper than pages reach.
    """
    offset = (asked.page - 1) * asked.page_size
    if not estimated and offset >= total:
        return None
    if offset > DEEPEST:
        message = f"pages reach back {DEEPEST} {deeper}"
        raise problem("bad_request", message, [FieldProblem("page", message)])
    return offset


def paged(asked: Paged, total: int, estimated: bool = False, items: Sequence[Any] = ()) -> dict[str, Any]:
    """Return a page with its items; an estimate of the total knows less than the page."""
    total = max(total, (asked.page - 1) * asked.page_size + len(items)) if items else total
    return {
        "items": list(items),
        "page": asked.page,
        "page_size": asked.page_size,
        "total": total,
        "pages": -(-total // asked.page_size),
        "total_is_estimate": estimated,
    }
