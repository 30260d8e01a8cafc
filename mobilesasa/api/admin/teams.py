"""The teams of the platform: made, changed, suspended, given units (decisions 11, 38)."""

from __future__ import annotations

from functools import partial

from twisted.web.iweb import IRequest

from mobilesasa.api.admin.team_shapes import (
    AddUnits,
    ChangePlatformTeam,
    CreateTeam,
    ListTeams,
    PlatformTeam,
    PlatformTeamPage,
    UnitsAdded,
    team_shown,
)
from mobilesasa.api.answers import answer, replay, success
from mobilesasa.api.auth import Caller
from mobilesasa.api.pages import answer_page
from mobilesasa.api.ports import Node
from mobilesasa.api.requests import parse, parse_query
from mobilesasa.api.routes import route
from mobilesasa.core.idempotency import Reply
from mobilesasa.core.scopes import PLATFORM

_DEEPER = "teams; search for those that are meant"

_LIST = """curl "https://api.yourdomain.com/api/v1/admin/teams?search=acme" \\
  -H "Authorization: Bearer mbs_operator_token_here\""""
_CREATE = """curl -X POST https://api.yourdomain.com/api/v1/admin/teams \\
  -H "Authorization: Bearer mbs_operator_token_here" \\
  -H "Content-Type: application/json" \\
  -d '{"code": "NEWCO", "name": "New Co", "units": 1000, "senders": ["NEWCO"]}'"""
_SUSPEND = """curl -X PUT https://api.yourdomain.com/api/v1/admin/teams/team-uuid \\
  -H "Authorization: Bearer mbs_operator_token_here" \\
  -H "Content-Type: application/json" \\
  -d '{"suspended": true}'"""
_UNITS = """curl -X POST https://api.yourdomain.com/api/v1/admin/teams/team-uuid/units \\
  -H "Authorization: Bearer mbs_operator_token_here" \\
  -H "Content-Type: application/json" \\
  -d '{"units": 1000, "note": "Invoice 4711"}'"""


class PlatformTeams:
    """The teams, for administrators."""

    def __init__(self, node: Node) -> None:
        """Keep what is asked."""
        self._teams = node.desk.teams

    @route(
        "GET",
        "/admin/teams",
        scopes=(PLATFORM,),
        query=ListTeams,
        answers=PlatformTeamPage,
        refusals=(400,),
        curl=_LIST,
    )
    async def list_teams(self, request: IRequest, caller: Caller) -> bytes:
        """List the teams, newest first."""
        asked = parse_query(ListTeams, request)
        count = partial(self._teams.count, asked.search, asked.suspended)
        read = partial(self._teams.page, asked.search, asked.suspended)
        return await answer_page(request, asked, count, read, team_shown, _DEEPER)

    @route("GET", "/admin/teams/{uuid}", scopes=(PLATFORM,), answers=PlatformTeam, refusals=(404,))
    async def one_team(self, request: IRequest, caller: Caller, uuid: str) -> bytes:
        """Get a team."""
        return answer(request, team_shown(await self._teams.team(uuid)))

    @route(
        "POST",
        "/admin/teams",
        scopes=(PLATFORM,),
        body=CreateTeam,
        answers=PlatformTeam,
        refusals=(400, 409),
        curl=_CREATE,
        idempotent=True,
    )
    async def create_team(self, request: IRequest, caller: Caller) -> bytes:
        """Make a team.

        It has no token and nobody in it yet: make a user with `team` and `role` at `POST /admin/users`, who makes tokens.
        """
        new = parse(CreateTeam, request).team()
        reply = Reply(caller.mark, lambda made: success(team_shown(made)))
        return replay(request, await self._teams.create(caller.by, new, reply))

    @route(
        "PUT",
        "/admin/teams/{uuid}",
        scopes=(PLATFORM,),
        body=ChangePlatformTeam,
        answers=PlatformTeam,
        refusals=(400, 404),
        curl=_SUSPEND,
    )
    async def change_one_team(self, request: IRequest, caller: Caller, uuid: str) -> bytes:
        """Change a team, suspend it, or let it go on.

        Only what is given changes. It holds at every node within a second; what a suspended team handed in before still goes
        out.
        """
        change = parse(ChangePlatformTeam, request).change()
        return answer(request, team_shown(await self._teams.change(caller.by, uuid, change)))

    @route(
        "POST",
        "/admin/teams/{uuid}/units",
        scopes=(PLATFORM,),
        body=AddUnits,
        answers=UnitsAdded,
        refusals=(400, 404, 409),
        curl=_UNITS,
        idempotent=True,
    )
    async def add_units(self, request: IRequest, caller: Caller, uuid: str) -> bytes:
        """Give a team units.

        The ledger has them as `topup`; a negative number takes some back, as `adjustment`, but never more than there are.
        """
        asked = parse(AddUnits, request)

        def shown(balance_units: int) -> bytes:
            return success({"uuid": uuid, "units": asked.units, "balance_units": balance_units})

        reply = Reply(caller.mark, shown)
        return replay(request, await self._teams.add_units(caller.by, uuid, asked.units, asked.note, reply))
