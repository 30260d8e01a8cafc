"""The team that asks: what it may set for itself, and who is in it (decision 11)."""

from __future__ import annotations

from typing import Annotated, Final, Literal, TypedDict

import attrs
from twisted.web.iweb import IRequest

from mobilesasa.api.answers import answer, instant, instant_or_none
from mobilesasa.api.auth import Caller
from mobilesasa.api.ports import Node
from mobilesasa.api.requests import ABSENT, Absent, Said, parse
from mobilesasa.api.routes import route
from mobilesasa.core.members import Member, TeamSettings
from mobilesasa.core.scopes import TEAM, Role
from mobilesasa.sms.zones import zone_of_country

RoleWord = Literal["owner", "admin", "operator", "viewer"]

_TEAM = """curl https://api.yourdomain.com/api/v1/team \\
  -H "Authorization: Bearer mbs_your_token_here\""""
_CHANGE_TEAM = """curl -X PUT https://api.yourdomain.com/api/v1/team \\
  -H "Authorization: Bearer mbs_your_token_here" \\
  -H "Content-Type: application/json" \\
  -d '{
    "name": "Acme Ltd",
    "low_balance_units": 500
  }'"""
_LIST = """curl https://api.yourdomain.com/api/v1/team/members \\
  -H "Authorization: Bearer mbs_your_token_here\""""
_INVITE = """curl -X POST https://api.yourdomain.com/api/v1/team/members \\
  -H "Authorization: Bearer mbs_your_token_here" \\
  -H "Content-Type: application/json" \\
  -d '{
    "email": "john@example.com",
    "name": "John Doe",
    "role": "operator"
  }'"""
_CHANGE = """curl -X PUT https://api.yourdomain.com/api/v1/team/members/user-uuid \\
  -H "Authorization: Bearer mbs_your_token_here" \\
  -H "Content-Type: application/json" \\
  -d '{
    "role": "viewer"
  }'"""
_REMOVE = """curl -X DELETE https://api.yourdomain.com/api/v1/team/members/user-uuid \\
  -H "Authorization: Bearer mbs_your_token_here\""""
_LINK = """curl -X POST https://api.yourdomain.com/api/v1/team/members/user-uuid/link \\
  -H "Authorization: Bearer mbs_your_token_here\""""
_ROLES: Final = "`owner`; `admin`: all but making owners; `operator`: sends; `viewer`: looks"


@attrs.frozen(kw_only=True)
class ChangeTeam:
    """What of the team's settings changes; what is left out stays."""

    name: Annotated[str | Absent, Said("What people call it, 1 to 100 characters", example="Acme Ltd")] = ABSENT
    default_sender_id: Annotated[
        str | Absent | None, Said("Name of the sender of messages that name none; null: there is none")
    ] = ABSENT
    text_days: Annotated[
        int | Absent | None,
        Said("Days that texts of messages are kept, up to 3650; 0: for ever, null: as the platform does", example=90),
    ] = ABSENT
    low_balance_units: Annotated[
        int | Absent | None, Said("Below how many units the team is told of it; null: it is not", example=500)
    ] = ABSENT
    zone: Annotated[
        str | Absent | None,
        Said(
            "Zone of the tz database in which the days of reports are; null: that of the country",
            example="Africa/Nairobi",
        ),
    ] = ABSENT


@attrs.frozen(kw_only=True)
class Invite:
    """Somebody to be taken into the team."""

    email: Annotated[str, Said("Theirs", example="jane@example.com")]
    name: Annotated[str | None, Said("Of a new user; what stands before the @ if omitted", example="Jane Doe")] = None
    role: Annotated[RoleWord, Said(_ROLES, example="operator")]


@attrs.frozen(kw_only=True)
class ChangeMember:
    """Another role."""

    role: Annotated[RoleWord, Said(_ROLES, example="viewer")]


class TeamSettingsShown(TypedDict):
    """The team, and what it has set for itself."""

    uuid: str
    code: Annotated[str, Said("Also the system_id of its binds", example="ACME2024")]
    name: str
    country: Annotated[str, Said("In which national numbers are read, ISO 3166-1", example="KE")]
    default_sender_id: Annotated[str | None, Said("Name of the sender of messages that name none", example="MYAPP")]
    text_days: Annotated[int | None, Said("Days that texts are kept; 0: for ever, null: as the platform does")]
    low_balance_units: Annotated[int | None, Said("Below how many units the team is told of it", example=500)]
    zone: Annotated[
        str | None, Said("In which the days of reports are; null: that of the country", example="Africa/Nairobi")
    ]
    days_zone: Annotated[str, Said("The zone that counts: `zone`, or that of the country", example="Africa/Nairobi")]
    created_at: Annotated[str, Said("UTC", example="2026-05-11T09:00:00Z")]


class MemberShown(TypedDict):
    """Somebody in the team."""

    uuid: Annotated[str, Said("Of the user, in whatever team")]
    email: Annotated[str, Said("In small letters", example="jane@example.com")]
    name: Annotated[
        str,
        Said(
            "What stands before the @, until somebody who was a user before has logged in to this team",
            example="Jane Doe",
        ),
    ]
    role: RoleWord
    status: Annotated[
        Literal["active", "invited", "disabled"],
        Said("Invited: has not set a password yet; disabled: the operator lets them in no more"),
    ]
    since: Annotated[str, Said("UTC", example="2026-05-11T09:00:00Z")]
    last_login_at: Annotated[str | None, Said("To this team, UTC; null: never, or long ago")]


class MemberInvited(MemberShown):
    """Somebody who was taken into the team."""

    link_token: Annotated[
        str | None,
        Said(
            "With which a new user sets a password, once, within three days; shown this once. Null: they have a login"
        ),
    ]


class MemberList(TypedDict):
    """Who is in the team."""

    items: list[MemberShown]


class Members:
    """The team's settings and members."""

    def __init__(self, node: Node) -> None:
        """Keep what is asked."""
        self._members = node.members

    @route("GET", "/team", answers=TeamSettingsShown, curl=_TEAM)
    async def team(self, request: IRequest, caller: Caller) -> bytes:
        """Get the team's settings. Any token of the team will do."""
        return answer(request, _settings_shown(await self._members.settings(caller.team.id)))

    @route(
        "PUT",
        "/team",
        scopes=(TEAM,),
        body=ChangeTeam,
        answers=TeamSettingsShown,
        refusals=(400, 404),
        curl=_CHANGE_TEAM,
    )
    async def change_team(self, request: IRequest, caller: Caller) -> bytes:
        """Change the team's settings.

        Only what is given changes. What is not here, such as code and country, is the operator's.
        """
        asked = attrs.asdict(parse(ChangeTeam, request))
        given = {name: value for name, value in asked.items() if value is not ABSENT}
        if "default_sender_id" in given:
            given["default_sender"] = given.pop("default_sender_id")
        return answer(request, _settings_shown(await self._members.change_settings(caller.by, caller.team.id, given)))

    @route("GET", "/team/members", scopes=(TEAM,), answers=MemberList, curl=_LIST)
    async def members(self, request: IRequest, caller: Caller) -> bytes:
        """List who is in the team, by name."""
        found = await self._members.of_team(caller.team.id)
        return answer(request, {"items": [_member_shown(each) for each in found]})

    @route(
        "POST",
        "/team/members",
        scopes=(TEAM,),
        body=Invite,
        answers=MemberInvited,
        refusals=(400, 409),
        curl=_INVITE,
    )
    async def invite(self, request: IRequest, caller: Caller) -> bytes:
        """Take somebody into the team.

        Where nobody has the email address, a user is made, and `link_token` is what they set a password with: give it to
        them, for the platform sends no email. Somebody who has a login keeps it; who was made by another team is added by
        the operator alone (409), and somebody whom the operator has made or added is shown by the address alone until they have
        logged in to this team. It takes no Idempotency-Key, for the link is nowhere kept to be told again.
        """
        asked = parse(Invite, request)
        member, link = await self._members.invite(
            caller.by, caller.standing, caller.team.id, asked.email, asked.name, Role(asked.role)
        )
        return answer(request, {**_member_shown(member), "link_token": link})

    @route(
        "POST",
        "/team/members/{uuid}/link",
        scopes=(TEAM,),
        answers=MemberInvited,
        refusals=(404,),
        curl=_LINK,
    )
    async def new_link(self, request: IRequest, caller: Caller, uuid: str) -> bytes:
        """Make a new link for somebody who has not set a password yet; the one before it is good no more.

        Only for whom the team has made, and nobody else has added: for others the operator makes one.
        """
        member, link = await self._members.new_link(caller.by, caller.standing, caller.team.id, uuid)
        return answer(request, {**_member_shown(member), "link_token": link})

    @route(
        "PUT",
        "/team/members/{uuid}",
        scopes=(TEAM,),
        body=ChangeMember,
        answers=MemberShown,
        refusals=(400, 404),
        curl=_CHANGE,
    )
    async def change_member(self, request: IRequest, caller: Caller, uuid: str) -> bytes:
        """Change somebody's role; it holds within a second, also for what they have under way.

        Only an owner makes, changes or removes owners, and the last one stays: else 403 `not_allowed`.
        """
        role = Role(parse(ChangeMember, request).role)
        return answer(
            request, _member_shown(await self._members.change(caller.by, caller.standing, caller.team.id, uuid, role))
        )

    @route("DELETE", "/team/members/{uuid}", scopes=(TEAM,), answers=MemberShown, refusals=(404,), curl=_REMOVE)
    async def remove_member(self, request: IRequest, caller: Caller, uuid: str) -> bytes:
        """Take somebody out of the team.

        Their logins open nothing of it any more, within a second. Tokens that they made live on, and are flagged in the
        list of tokens.
        """
        return answer(
            request, _member_shown(await self._members.remove(caller.by, caller.standing, caller.team.id, uuid))
        )


def _settings_shown(found: TeamSettings) -> TeamSettingsShown:
    return {
        "uuid": found.uuid,
        "code": found.code,
        "name": found.name,
        "country": found.country,
        "default_sender_id": found.default_sender,
        "text_days": found.text_days,
        "low_balance_units": found.low_balance_units,
        "zone": found.zone,
        "days_zone": found.zone or zone_of_country(found.country),
        "created_at": instant(found.created_at_ms),
    }


def _member_shown(found: Member) -> MemberShown:
    return {
        "uuid": found.uuid,
        "email": found.email,
        "name": found.name,
        "role": found.role.value,
        "status": "disabled" if found.disabled else "active" if found.has_password else "invited",
        "since": instant(found.since_ms),
        "last_login_at": instant_or_none(found.last_login_ms),
    }
