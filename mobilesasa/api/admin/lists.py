"""What the calls of administrators have in common: what stands about the items of a page, teams by code, and prefixes in paths."""

from __future__ import annotations

from typing import Annotated, Final, TypedDict

from mobilesasa.api.requests import Said
from mobilesasa.core.errors import NotFound
from mobilesasa.core.teams import Directory, Team

#: What stands for the empty prefix in a path: all others.
DEFAULT: Final = "default"


class PageShown(TypedDict):
    """What stands about the items of a page."""

    page: Annotated[int, Said("Page number", example=1)]
    page_size: Annotated[int, Said("Results per page", example=20)]
    total: Annotated[int, Said("Things on all pages", example=1)]
    pages: Annotated[int, Said("Pages there are", example=1)]
    total_is_estimate: Annotated[bool, Said("Whether `total` is an estimate; only above 10,000")]


def team_of_code(known: Directory, code: str) -> Team:
    """Return the team of a code, in any case.

    Raises:
        NotFound: there is none.
    """
    team = known.team_by_code(code)
    if team is None:
        raise NotFound(f"there is no team {code.upper()!r}")
    return team


def prefix_of(written: str) -> str:
    """Return the prefix that a path names."""
    return "" if written == DEFAULT else written
