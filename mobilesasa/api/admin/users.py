"""The people who may log in, and what they are in which team (decision 11)."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Literal, TypedDict

import attrs
from twisted.web.iweb import IRequest

from mobilesasa.api.admin.lists import PageShown
from mobilesasa.api.answers import answer, instant, instant_or_none
from mobilesasa.api.auth import Caller
from mobilesasa.api.pages import ListPage, answer_page
from mobilesasa.api.ports import Node
from mobilesasa.api.requests import Said, parse, parse_query
from mobilesasa.api.routes import route
from mobilesasa.core.administration import UserChange, UserRecord
from mobilesasa.core.scopes import PLATFORM, Role

RoleWord = Literal["owner", "admin", "operator", "viewer"]
_DEEPER = "users; search for those that are meant"
_ROLES = "`owner`; `admin`: all but making owners; `operator`: sends; `viewer`: looks"


@attrs.frozen(kw_only=True)
class ListUsers(ListPage):
    """Which users are listed."""

    search: Annotated[
        str | None, Said("Only those with this in their address or name", example="jane", longest=100)
    ] = None
    team: Annotated[str | None, Said("Only those in the team of this code")] = None


@attrs.frozen(kw_only=True)
class CreateUser:
    """A user to be made."""

    email: Annotated[str, Said("Theirs", example="jane@example.com")]
    name: Annotated[str | None, Said("What stands before the @ if omitted", example="Jane Doe")] = None
    team: Annotated[str | None, Said("The code of a team that they are in")] = None
    role: Annotated[RoleWord, Said(_ROLES)] = "owner"
    platform_admin: Annotated[bool, Said("Whether they administer the platform")] = False


@attrs.frozen(kw_only=True)
class ChangeUser:
    """What of a user changes; what is left out stays."""

    name: Annotated[str | None, Said("1 to 100 characters", example="Jane Doe")] = None
    platform_admin: Annotated[bool | None, Said("Whether they administer the platform")] = None
    disabled: Annotated[bool | None, Said("Whether they may log in no more", example=True)] = None


@attrs.frozen(kw_only=True)
class Grant:
    """What somebody is in a team."""

    role: Annotated[RoleWord, Said(_ROLES, example="operator")]


class UserShown(TypedDict):
    """A user as an administrator sees them."""

    uuid: str
    email: Annotated[str, Said("In small letters", example="jane@example.com")]
    name: Annotated[str, Said("What people call them", example="Jane Doe")]
    teams: Annotated[dict[str, str], Said("Their role by the code of the team", example={"ACME2024": "owner"})]
    platform_admin: Annotated[bool, Said("Whether they administer the platform")]
    disabled: Annotated[bool, Said("Whether they may log in no more")]
    has_password: Annotated[bool, Said("Whether they have set one")]
    created_at: Annotated[str, Said("UTC", example="2026-05-11T09:00:00Z")]
    last_login_at: Annotated[str | None, Said("UTC; null: never, or long ago")]


class UserLink(UserShown):
    """A user, with what sets their password."""

    link_token: Annotated[
        str, Said("With which they set a password at POST /auth/link, once, within three days; shown this once")
    ]


class UserPage(PageShown):
    """A page of users."""

    items: list[UserShown]


class PlatformUsers:
    """The users, for administrators."""

    def __init__(self, node: Node) -> None:
        """Keep what is asked."""
        self._users = node.desk.users

    @route("GET", "/admin/users", scopes=(PLATFORM,), query=ListUsers, answers=UserPage, refusals=(400, 404))
    async def list_users(self, request: IRequest, caller: Caller) -> bytes:
        """List the users, newest first."""
        asked = parse_query(ListUsers, request)
        count = partial(self._users.count, asked.search, asked.team)
        read = partial(self._users.page, asked.search, asked.team)
        return await answer_page(request, asked, count, read, user_shown, _DEEPER)

    @route("GET", "/admin/users/{uuid}", scopes=(PLATFORM,), answers=UserShown, refusals=(404,))
    async def one_user(self, request: IRequest, caller: Caller, uuid: str) -> bytes:
        """Get a user."""
        return answer(request, user_shown(await self._users.user(uuid)))

    @route("POST", "/admin/users", scopes=(PLATFORM,), body=CreateUser, answers=UserLink, refusals=(400, 404, 409))
    async def create_user(self, request: IRequest, caller: Caller) -> bytes:
        """Make a user.

        Give them `link_token`, for the platform sends no email. It takes no Idempotency-Key, for the link is nowhere kept to
        be told again: a second call is a 409, and `POST /admin/users/{uuid}/link` makes another link.
        """
        asked = parse(CreateUser, request)
        made = await self._users.create(
            caller.by, asked.email, asked.name, asked.platform_admin, asked.team, Role(asked.role)
        )
        return answer(request, _with_link(*made))

    @route("PUT", "/admin/users/{uuid}", scopes=(PLATFORM,), body=ChangeUser, answers=UserShown, refusals=(400, 404))
    async def change_user(self, request: IRequest, caller: Caller, uuid: str) -> bytes:
        """Change a user, disable them, or enable them again.

        Only what is given changes. Who is disabled is logged out everywhere within a second; the API tokens that they made
        live on.
        """
        asked = parse(ChangeUser, request)
        wanted = UserChange(name=asked.name, platform_admin=asked.platform_admin, disabled=asked.disabled)
        return answer(request, user_shown(await self._users.change(caller.by, uuid, wanted)))

    @route("POST", "/admin/users/{uuid}/link", scopes=(PLATFORM,), answers=UserLink, refusals=(404,))
    async def reset_password(self, request: IRequest, caller: Caller, uuid: str) -> bytes:
        """Make a link by which somebody sets a new password; the one before it is good no more.

        Nothing changes until it is used; then all their logins end.
        """
        return answer(request, _with_link(*await self._users.new_link(caller.by, uuid)))

    @route(
        "PUT",
        "/admin/users/{uuid}/teams/{code}",
        scopes=(PLATFORM,),
        body=Grant,
        answers=UserShown,
        refusals=(400, 404),
    )
    async def grant_role(self, request: IRequest, caller: Caller, uuid: str, code: str) -> bytes:
        """Give somebody a role in a team, or another one."""
        role = Role(parse(Grant, request).role)
        return answer(request, user_shown(await self._users.grant(caller.by, uuid, code, role)))

    @route("DELETE", "/admin/users/{uuid}/teams/{code}", scopes=(PLATFORM,), answers=UserShown, refusals=(404,))
    async def revoke_role(self, request: IRequest, caller: Caller, uuid: str, code: str) -> bytes:
        """Take somebody out of a team, be it the last owner."""
        return answer(request, user_shown(await self._users.revoke(caller.by, uuid, code)))


def user_shown(found: UserRecord) -> UserShown:
    """Return a user as an administrator sees them."""
    return {
        "uuid": found.uuid,
        "email": found.email,
        "name": found.name,
        "teams": dict(found.teams),
        "platform_admin": found.platform_admin,
        "disabled": found.disabled,
        "has_password": found.has_password,
        "created_at": instant(found.created_at_ms),
        "last_login_at": instant_or_none(found.last_login_ms),
    }


def _with_link(found: UserRecord, token: str) -> UserLink:
    return {**user_shown(found), "link_token": token}
