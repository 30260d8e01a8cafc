"""The trail over all teams: who changed what (decision 28)."""

from __future__ import annotations

from functools import partial
from typing import Annotated

import attrs
from twisted.web.iweb import IRequest

from mobilesasa.api.admin.lists import PageShown, team_of_code
from mobilesasa.api.answers import answer
from mobilesasa.api.auth import Caller
from mobilesasa.api.pages import answer_page, paged
from mobilesasa.api.ports import Node
from mobilesasa.api.ports.books import TrailEntry
from mobilesasa.api.requests import Said, parse_query
from mobilesasa.api.resources.audit import ChangeShown, ListChanges, change_shown, wanted_of
from mobilesasa.api.routes import route
from mobilesasa.core.scopes import PLATFORM

_DEEPER = "changes; ask for those of a time"


@attrs.frozen(kw_only=True)
class ListAllChanges(ListChanges):
    """Which changes are listed."""

    team: Annotated[str | None, Said("Only those in the team of this code")] = None


class PlatformChange(ChangeShown):
    """A change, who made it, and in which team."""

    team: Annotated[str | None, Said("The team's code; null: the platform's own", example="ACME2024")]


class PlatformChangePage(PageShown):
    """A page of changes."""

    items: list[PlatformChange]


class PlatformAudit:
    """The trail over all teams, for administrators."""

    def __init__(self, node: Node) -> None:
        """Keep what is asked."""
        self._trail = node.trail
        self._directory = node.directory

    @route(
        "GET", "/admin/audit", scopes=(PLATFORM,), query=ListAllChanges, answers=PlatformChangePage, refusals=(400, 404)
    )
    async def list_all_changes(self, request: IRequest, caller: Caller) -> bytes:
        """List who changed what in all teams and in the platform itself, newest first.

        As `GET /audit`, with the names of operators. Nothing is ever taken from the trail.
        """
        asked = parse_query(ListAllChanges, request)
        wanted = wanted_of(asked, None if asked.team is None else team_of_code(self._directory.now, asked.team).id)
        if wanted is None:
            return answer(request, paged(asked, 0))  # nobody has such a uuid
        count, read = partial(self._trail.count, wanted), partial(self._trail.page, wanted)
        return await answer_page(request, asked, count, read, _shown, _DEEPER)


def _shown(found: TrailEntry) -> PlatformChange:
    return {**change_shown(found, frank=True), "team": found.team_code}
