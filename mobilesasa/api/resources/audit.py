"""The trail of what was changed in a team, and by whom (decision 28)."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any, Literal, TypedDict

import attrs
from twisted.web.iweb import IRequest

from mobilesasa.api.answers import answer, instant
from mobilesasa.api.auth import Caller
from mobilesasa.api.pages import ListPage, answer_page, paged
from mobilesasa.api.ports import Node
from mobilesasa.api.ports.books import TrailEntry
from mobilesasa.api.requests import Said, parse_query
from mobilesasa.api.resources.who import WhoShown, who_shown
from mobilesasa.api.routes import route
from mobilesasa.api.times import Instant
from mobilesasa.core.actors import ActorKind
from mobilesasa.core.filters import TrailFilter
from mobilesasa.core.ids import canonical
from mobilesasa.core.scopes import TEAM

_DEEPER = "changes; ask for those of a time"

_LIST = """curl "https://api.yourdomain.com/api/v1/audit?action=token.create&page=1&page_size=20" \\
  -H "Authorization: Bearer mbs_your_token_here\""""


@attrs.frozen(kw_only=True)
class ListChanges(ListPage):
    """Which changes are listed."""

    by: Annotated[
        Literal["token", "user", "operator"] | None, Said("Only those that such a one made", example="user")
    ] = None
    actor: Annotated[
        str | None, Said("Only those of this token or user, by uuid", example="7d0e1bb0-5c00-4d21-9a3b-0c5d7e8f9a10")
    ] = None
    action: Annotated[str | None, Said("Only of this kind: the thing and the verb", example="token.create")] = None
    subject: Annotated[str | None, Said("Only those of one thing, by its uuid or name")] = None
    since: Annotated[Instant | None, Said("Not before", example="2026-05-01T00:00:00Z")] = None
    until: Annotated[Instant | None, Said("Before", example="2026-06-01T00:00:00Z")] = None


class ChangeShown(TypedDict):
    """A change, and who made it."""

    id: Annotated[int, Said("Names the change", example=4711)]
    at: Annotated[str, Said("UTC", example="2026-05-11T09:00:00Z")]
    by: WhoShown
    ip: Annotated[str | None, Said("From where; null: from the platform itself", example="192.0.2.10")]
    request_id: Annotated[str | None, Said("Of the call, which its answer named too; null: it was no call")]
    action: Annotated[str, Said("The thing and the verb", example="token.create")]
    subject: Annotated[str, Said("The uuid or name of the thing", example="7d0e1bb0-5c00-4d21-9a3b-0c5d7e8f9a10")]
    before: Annotated[dict[str, Any] | None, Said("What changed, as it was; null: there was nothing before")]
    after: Annotated[dict[str, Any] | None, Said("And as it is; null: it is gone, or was not what changed")]


class ChangePage(TypedDict):
    """A page of changes."""

    items: list[ChangeShown]
    page: Annotated[int, Said("Page number", example=1)]
    page_size: Annotated[int, Said("Results per page", example=20)]
    total: Annotated[int, Said("Changes on all pages", example=1)]
    pages: Annotated[int, Said("Pages there are", example=1)]
    total_is_estimate: Annotated[bool, Said("Whether `total` is an estimate; only above 10,000")]


class Audit:
    """The trail of the team that asks."""

    def __init__(self, node: Node) -> None:
        """Keep what is asked."""
        self._trail = node.trail

    @route("GET", "/audit", scopes=(TEAM,), query=ListChanges, answers=ChangePage, refusals=(400,), curl=_LIST)
    async def list_changes(self, request: IRequest, caller: Caller) -> bytes:
        """List who changed what, newest first.

        Every change in the team's name is there for good, with who made it, from where, and the call's request id: also
        what the operator changed. Secrets, texts and whole phone numbers are never in it.
        """
        asked = parse_query(ListChanges, request)
        wanted = wanted_of(asked, caller.team.id)
        if wanted is None:
            return answer(request, paged(asked, 0))  # nobody has such a uuid
        count, read = partial(self._trail.count, wanted), partial(self._trail.page, wanted)
        return await answer_page(request, asked, count, read, change_shown, _DEEPER)


def wanted_of(asked: ListChanges, team_id: int | None) -> TrailFilter | None:
    """Return which changes are meant, of a team or of all; None when they are of somebody who cannot be."""
    actor_uuid = None if asked.actor is None else canonical(asked.actor)
    if asked.actor is not None and actor_uuid is None:
        return None
    return TrailFilter(
        team_id=team_id,
        actor=None if asked.by is None else ActorKind(asked.by),
        actor_uuid=actor_uuid,
        action=asked.action,
        subject=asked.subject,
        from_ms=asked.since,
        to_ms=asked.until,
    )


def change_shown(found: TrailEntry, *, frank: bool = False) -> ChangeShown:
    """Return a change as its team sees it, or, with `frank`, as an operator does."""
    return {
        "id": found.id,
        "at": instant(found.at_ms),
        "by": who_shown(found.who, frank=frank),
        "ip": found.address or None,
        "request_id": found.request_id or None,
        "action": found.action,
        "subject": found.subject,
        "before": None if found.before is None else dict(found.before),
        "after": None if found.after is None else dict(found.after),
    }
