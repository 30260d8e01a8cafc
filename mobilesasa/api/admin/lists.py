"""What the lists of administrators have in common: which page is asked for, and what stands about its items."""

from __future__ import annotations

from typing import Annotated, Final, TypedDict

import attrs

from mobilesasa.api.requests import Said

#: What stands for the empty prefix in a path: all others.
DEFAULT: Final = "default"


@attrs.frozen(kw_only=True)
class ListPage:
    """Which page of a list is asked for."""

    page: Annotated[int, Said("Page number", minimum=1, maximum=1_000_000_000)] = 1
    page_size: Annotated[int, Said("Results per page", minimum=1, maximum=100)] = 20


class PageShown(TypedDict):
    """What stands about the items of a page."""

    page: Annotated[int, Said("Page number", example=1)]
    page_size: Annotated[int, Said("Results per page", example=20)]
    total: Annotated[int, Said("Things on all pages", example=1)]
    pages: Annotated[int, Said("Pages there are", example=1)]
    total_is_estimate: Annotated[bool, Said("Whether `total` is an estimate; only above 100,000")]


def prefix_of(written: str) -> str:
    """Return the prefix that a path names."""
    return "" if written == DEFAULT else written
