"""Lists in pages: which page is meant, how deep pages reach, and what stands about the items.

A page costs more the deeper it is. Who wants all of a list goes on by cursor, which costs the same everywhere.
"""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Awaitable, Callable, Sequence
from typing import Annotated, Any, Final, Protocol, TypeVar
from urllib.parse import urlencode
from zlib import crc32

import attrs
import orjson
from twisted.web.iweb import IRequest

from mobilesasa.api.answers import answer
from mobilesasa.api.errors import FieldProblem, Problem, bad_field, problem
from mobilesasa.api.requests import Said

Thing = TypeVar("Thing")
Thing_co = TypeVar("Thing_co", covariant=True)

#: Things that pages reach back; there is an OFFSET behind a page, which costs more the deeper it goes.
DEEPEST: Final = 1_000_000
#: Things before a page that is read before the list is counted: the page that ends it tells how long it is.
SHALLOW: Final = 10_000
_MOST: Final = 10**15  # things that a list may have, and pages
_NO_FILTERS: Final = frozenset({b"page", b"page_size", b"cursor"})


@attrs.frozen(kw_only=True)
class ListPage:
    """Which page of a list is asked for."""

    page: Annotated[int, Said("Page number", minimum=1, maximum=1_000_000_000)] = 1
    page_size: Annotated[int, Said("Results per page", minimum=1, maximum=100)] = 20


class Count(Protocol):
    """Counts a list."""

    def __call__(self) -> Awaitable[tuple[int, bool]]:
        """Return how many things there are, and whether that is an estimate."""


class Read(Protocol[Thing_co]):
    """Reads a piece of a list."""

    def __call__(self, *, limit: int, offset: int) -> Awaitable[Thing_co]:
        """Return so many things at most, behind the first ones."""


async def answer_page(
    request: IRequest,
    asked: ListPage,
    count: Count,
    read: Read[Sequence[Thing]],
    shown: Callable[[Thing], Any],
    deeper: str,
) -> bytes:
    """Return the answer that has a page of a list; one past the end is empty, and is not read.

    Args:
        request: asks for it.
        asked: the query.
        count: counts the list.
        read: reads the page.
        shown: a thing of it as the caller sees it.
        deeper: what to do instead of asking for a page that is too deep.

    Raises:
        Problem: 400, the page is deeper than pages reach.
    """
    total, estimated = await count()
    offset = _offset(asked, total, estimated, deeper)
    found = () if offset is None else await read(limit=asked.page_size, offset=offset)
    return answer(request, paged(asked, total, estimated, [shown(each) for each in found]))


async def answer_page_on(
    request: IRequest,
    asked: ListPage,
    cursor: Cursor | None,
    count: Count,
    read: Read[tuple[Sequence[Any], str | None]],
    deeper: str,
) -> bytes:
    """Return the answer that has a page of a list which goes on by cursor; behind a cursor it is not counted again.

    Nor is it counted where the page that is read is its end.

    Args:
        request: asks for it.
        asked: the query.
        cursor: what the page begins behind, if it does; `read` sees to it.
        count: counts the list.
        read: reads the page: what is shown, and the key of the last thing, behind which there are more; None: there are
            none.
        deeper: what to do instead of asking for a page that is too deep.

    Raises:
        Problem: 400, the page is deeper than pages reach.
    """
    if cursor is not None:
        items, last = await read(limit=asked.page_size, offset=0)
        return answer(request, paged_on(request, asked, cursor, (0, False), items, last))
    offset = (asked.page - 1) * asked.page_size
    if offset > SHALLOW:
        total = await count()
        if _offset(asked, *total, deeper) is None:
            return answer(request, paged_on(request, asked, None, total, (), None))
    items, last = await read(limit=asked.page_size, offset=offset)
    if offset <= SHALLOW:
        is_end = last is None and (items or offset == 0)
        total = (offset + len(items), False) if is_end else await count()
    return answer(request, paged_on(request, asked, None, total, items, last))


def paged(asked: ListPage, total: int, estimated: bool = False, items: Sequence[Any] = ()) -> dict[str, Any]:
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


@attrs.frozen
class Cursor:
    """Where a list goes on, and what its first page said of the whole, which is not counted again."""

    after: str  # the key of the last thing that was shown
    page: int  # its number, were there pages
    total: int
    estimated: bool


def cursor_of(request: IRequest, text: str | None, is_key: Callable[[str], object] = lambda _: True) -> Cursor | None:
    """Return where a list goes on; None where it begins.

    Args:
        request: asks for the list, with the filters that it had before.
        text: what was given as `cursor`.
        is_key: whether the key of a thing may be so.

    Raises:
        Problem: 400, it is no cursor of ours, or one of other filters.
    """
    if text is None:
        return None
    try:
        octets = urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))
        after, page, total, estimated, mark = orjson.loads(octets)
    except (ValueError, TypeError):  # also of base64, of JSON and of another number of values
        raise _bad_cursor("must be the next_cursor of a page before") from None
    kinds = zip((after, page, total, estimated, mark), (str, int, int, bool, int), strict=True)
    if not all(type(value) is kind for value, kind in kinds) or not 0 < page < _MOST > total >= 0:
        raise _bad_cursor("must be the next_cursor of a page before")
    if "\0" in after or not is_key(after):
        raise _bad_cursor("goes on behind nothing that can be there")
    if mark != _mark(request):
        raise _bad_cursor("goes on with a list of other filters; repeat those that the list began with")
    return Cursor(after, page, total, estimated)


def paged_on(
    request: IRequest,
    asked: ListPage,
    cursor: Cursor | None,
    total: tuple[int, bool],
    items: Sequence[Any],
    last: str | None,
) -> dict[str, Any]:
    """Return a page as `paged` does, with the cursor of the next one in `next_cursor` and in a Link header (RFC 8288).

    Args:
        request: asks for the list.
        asked: the query.
        cursor: what the page began behind, if it did.
        total: how many things there are, and whether that is an estimate; of a cursor its own counts.
        items: what is shown.
        last: the key of the last thing, behind which there are more; None: there are none.
    """
    page, (count, estimated) = asked.page, total
    if cursor is not None:
        page, count, estimated = cursor.page, cursor.total, cursor.estimated
    made = paged(ListPage(page=page, page_size=asked.page_size), count, estimated, items)
    made["next_cursor"] = None
    if last is not None:
        mark = _mark(request)
        octets = orjson.dumps([last, page + 1, made["total"], estimated, mark])
        made["next_cursor"] = urlsafe_b64encode(octets).rstrip(b"=").decode()
        asked_for = [(name, values[-1]) for name, values in request.args.items() if name not in (b"page", b"cursor")]
        query = urlencode([*asked_for, (b"cursor", made["next_cursor"])])
        request.setHeader(b"Link", b'<%s?%s>; rel="next"' % (request.path, query.encode()))
    return made


def _offset(asked: ListPage, total: int, estimated: bool, deeper: str) -> int | None:
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


def _mark(request: IRequest) -> int:
    """Return what tells one list from another: a checksum of its filters."""
    filters = sorted((name, values[-1]) for name, values in request.args.items() if name not in _NO_FILTERS)
    return crc32(urlencode([(name, value) for name, value in filters if value]).encode())


def _bad_cursor(why: str) -> Problem:
    return bad_field("cursor", why)
