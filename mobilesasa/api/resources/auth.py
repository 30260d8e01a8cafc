"""Logging in, going on, logging out (decision 10): access tokens of a quarter of an hour, refresh tokens good once each.

For a program the tokens are in the answer; with `cookie: true` they are in cookies that no script can read, and a page
gets a CSRF token for its writes.
"""

from __future__ import annotations

from typing import Annotated, Literal, NotRequired, TypedDict

import attrs
from twisted.web.iweb import IRequest

from mobilesasa.api.access import AccessTokens
from mobilesasa.api.addresses import client_address
from mobilesasa.api.answers import answer, instant
from mobilesasa.api.auth import Caller
from mobilesasa.api.cookies import CSRF_HEADER, REFRESH, clear_cookies, cookie, set_cookies
from mobilesasa.api.errors import problem
from mobilesasa.api.ports import Node
from mobilesasa.api.ports.people import Login
from mobilesasa.api.requests import Said, parse
from mobilesasa.api.routes import route
from mobilesasa.core.administration import UserChange, UserRecord
from mobilesasa.core.people import ACCESS_S, Opened, User, Whence
from mobilesasa.core.scopes import Role

_AGENT_CHARACTERS = 200  # of what a client calls itself

_LOGIN = """curl -X POST https://api.yourdomain.com/api/v1/auth/login \\
  -H "Content-Type: application/json" \\
  -d '{
    "email": "jane@example.com",
    "password": "your password"
  }'"""
_REFRESH = """curl -X POST https://api.yourdomain.com/api/v1/auth/refresh \\
  -H "Content-Type: application/json" \\
  -d '{
    "refresh_token": "mbr_your_refresh_token_here"
  }'"""
_WITH_ACCESS = """  -H "Authorization: Bearer your_access_token_here\""""
_LOGOUT = f"""curl -X POST https://api.yourdomain.com/api/v1/auth/logout \\
{_WITH_ACCESS}"""
_ME = f"""curl https://api.yourdomain.com/api/v1/auth/me \\
{_WITH_ACCESS}"""
_RENAME = f"""curl -X PUT https://api.yourdomain.com/api/v1/auth/me \\
{_WITH_ACCESS} \\
  -H "Content-Type: application/json" \\
  -d '{{
    "name": "Jane Doe"
  }}'"""
_PASSWORD = f"""curl -X POST https://api.yourdomain.com/api/v1/auth/password \\
{_WITH_ACCESS} \\
  -H "Content-Type: application/json" \\
  -d '{{
    "old_password": "your password",
    "new_password": "your new password"
  }}'"""
_LINK = """curl -X POST https://api.yourdomain.com/api/v1/auth/link \\
  -H "Content-Type: application/json" \\
  -d '{
    "link_token": "mbl_your_link_token_here",
    "new_password": "your new password"
  }'"""
_LOGINS = f"""curl https://api.yourdomain.com/api/v1/auth/logins \\
{_WITH_ACCESS}"""
_END = f"""curl -X DELETE https://api.yourdomain.com/api/v1/auth/logins/login-uuid \\
{_WITH_ACCESS}"""


@attrs.frozen(kw_only=True)
class LogIn:
    """Who wants to log in."""

    email: Annotated[str, Said("Whose account, in any case", example="jane@example.com")]
    password: Annotated[str, Said("The password", example="your password")] = attrs.field(repr=False)
    team: Annotated[str | None, Said("The code of the team to work in; your oldest if omitted")] = None
    cookie: Annotated[bool, Said("Whether the tokens go into cookies, for a page in a browser")] = False


@attrs.frozen(kw_only=True)
class Refresh:
    """A login that goes on."""

    refresh_token: Annotated[str | None, Said("The newest; from the cookie if omitted")] = attrs.field(
        default=None, repr=False
    )
    team: Annotated[str | None, Said("The code of the team to work in from now on; the same if omitted")] = None


@attrs.frozen(kw_only=True)
class LogOut:
    """How much is to end."""

    everywhere: Annotated[bool, Said("Whether all logins end, on all devices")] = False


@attrs.frozen(kw_only=True)
class ChangeMe:
    """What somebody changes of themselves."""

    name: Annotated[str, Said("What people call you, 1 to 100 characters", example="Jane Doe")]


@attrs.frozen(kw_only=True)
class ChangePassword:
    """A new password in the place of an old one."""

    old_password: Annotated[str, Said("The present one")] = attrs.field(repr=False)
    new_password: Annotated[str, Said("10 to 200 characters, not the email address")] = attrs.field(repr=False)


@attrs.frozen(kw_only=True)
class UseLink:
    """A password set with a link."""

    link_token: Annotated[str, Said("What the link ends with", example="mbl_your_link_token_here")] = attrs.field(
        repr=False
    )
    new_password: Annotated[str, Said("10 to 200 characters, not the email address")] = attrs.field(repr=False)


class UserShown(TypedDict):
    """Somebody who can log in."""

    uuid: str
    email: Annotated[str, Said("In small letters", example="jane@example.com")]
    name: Annotated[str, Said("What people call them", example="Jane Doe")]
    platform_admin: Annotated[bool, Said("Whether they administer the platform")]


class TeamOfUser(TypedDict):
    """A team that somebody is in."""

    uuid: str
    code: Annotated[str, Said("Also the system_id of its binds", example="ACME2024")]
    name: str
    role: Literal["owner", "admin", "operator", "viewer"]
    suspended: bool


class MeShown(TypedDict):
    """Somebody who has logged in, and what they may do."""

    user: UserShown
    team: Annotated[TeamOfUser | None, Said("The one to work in; null: none")]
    role: Annotated[Literal["owner", "admin", "operator", "viewer"] | None, Said("In that team")]
    scopes: Annotated[list[str], Said("What the role opens in that team", example=["messages", "contacts"])]
    teams: Annotated[list[TeamOfUser], Said("All of theirs")]


class LoginMade(MeShown):
    """A login that was begun or goes on."""

    login_uuid: str
    token_type: Annotated[Literal["Bearer"], Said("How the access token is sent")]
    expires_in: Annotated[int, Said("How long the access token is good, in seconds", example=ACCESS_S)]
    access_token: NotRequired[Annotated[str, Said("For `Authorization: Bearer`; in a cookie where that was asked for")]]
    refresh_token: NotRequired[Annotated[str, Said("Good once, for 30 days; in a cookie where that was asked for")]]
    csrf_token: NotRequired[Annotated[str, Said("With cookies: what every write must bring in `X-CSRF-Token`")]]


class LoginEnded(TypedDict):
    """How many logins have ended."""

    ended: Annotated[int, Said("Logins", example=1)]


class EmailShown(TypedDict):
    """Whose password was set."""

    email: Annotated[str, Said("For the login", example="jane@example.com")]


class LoginShown(TypedDict):
    """Where somebody is logged in."""

    uuid: str
    current: Annotated[bool, Said("Whether it is the one that asks")]
    team: Annotated[str | None, Said("The code of the team it works in", example="ACME2024")]
    address: Annotated[str, Said("Where its last use came from", example="192.0.2.7")]
    user_agent: Annotated[str, Said("What the client calls itself")]
    created_at: Annotated[str, Said("UTC", example="2026-05-11T09:00:00Z")]
    last_used_at: Annotated[str, Said("When it was begun or refreshed, UTC", example="2026-05-11T09:00:00Z")]
    expires_at: Annotated[str, Said("Unless it is refreshed before, UTC", example="2026-06-10T09:00:00Z")]


class LoginList(TypedDict):
    """Where somebody is logged in."""

    items: list[LoginShown]


class Auth:
    """The logins of people."""

    def __init__(self, node: Node) -> None:
        """Keep what is asked."""
        self._logins = node.logins
        self._users = node.desk.users
        self._directory = node.directory
        self._access = AccessTokens(node.people, node.now_ms)

    @route(
        "POST", "/auth/login", public=True, body=LogIn, answers=LoginMade, refusals=(400, 401, 403, 429), curl=_LOGIN
    )
    async def login(self, request: IRequest) -> bytes:
        """Log in with email and password.

        The access token is good for 15 minutes and is sent as any token is; the refresh token is good once, for 30 days.
        After 5 wrong passwords for an account from one address within 15 minutes, or 100 for all accounts, the answer is 429
        until they are over.
        """
        asked = parse(LogIn, request)
        opened = await self._logins.begin(asked.email, asked.password, asked.team, _whence(request))
        return self._opened(request, opened, asked.cookie)

    @route(
        "POST", "/auth/refresh", public=True, body=Refresh, answers=LoginMade, refusals=(400, 401, 403), curl=_REFRESH
    )
    async def refresh(self, request: IRequest) -> bytes:
        """Go on with a login.

        The refresh token is used up and the answer has the next one. One that comes a second time ends the login, for
        somebody else may have it: so refresh once at a time. But an answer can be lost: for 30 seconds the same token may
        come again, as long as the next one was not used. With another team's code the login goes on in that team.
        """
        asked = parse(Refresh, request)
        raw = asked.refresh_token
        if raw is None:
            raw = await self._refresh_cookie(request)
        opened = await self._logins.renew(raw, asked.team, _whence(request))
        return self._opened(request, opened, asked.refresh_token is None)

    @route("POST", "/auth/logout", person=True, body=LogOut, answers=LoginEnded, curl=_LOGOUT)
    async def logout(self, request: IRequest, caller: Caller) -> bytes:
        """Log out.

        The login ends, and its tokens open nothing any more, within a second at every node. The body may be left out.
        """
        ended = 1
        if parse(LogOut, request).everywhere:
            ended = await self._logins.end_all(caller.by)
        else:
            await self._logins.end(caller.by, _login_of(caller))
        clear_cookies(request)
        request.setHeader(b"Clear-Site-Data", b'"cache", "storage"')
        return answer(request, {"ended": ended})

    @route("GET", "/auth/me", person=True, answers=MeShown, curl=_ME)
    async def me(self, request: IRequest, caller: Caller) -> bytes:
        """Get who has logged in, in which team, and what they may do there."""
        return answer(request, self._me(_user_of(caller), None if caller.of_team is None else caller.of_team.id))

    @route("PUT", "/auth/me", person=True, body=ChangeMe, answers=UserShown, refusals=(400,), curl=_RENAME)
    async def rename(self, request: IRequest, caller: Caller) -> bytes:
        """Change what you are called. Your address is the operator's to change."""
        wanted = UserChange(name=parse(ChangeMe, request).name)
        made = await self._users.change(caller.by, _user_of(caller).uuid, wanted)
        return answer(request, _user_shown(made))

    @route(
        "POST",
        "/auth/password",
        person=True,
        body=ChangePassword,
        answers=LoginEnded,
        refusals=(400, 429),
        curl=_PASSWORD,
    )
    async def change_password(self, request: IRequest, caller: Caller) -> bytes:
        """Change your password.

        All your other logins end. A wrong old password is 401, and counts as one at the login does.
        """
        asked = parse(ChangePassword, request)
        ended = await self._logins.change_password(caller.by, asked.old_password, asked.new_password, _whence(request))
        return answer(request, {"ended": ended})

    @route("POST", "/auth/link", public=True, body=UseLink, answers=EmailShown, refusals=(400, 401, 429), curl=_LINK)
    async def use_link(self, request: IRequest) -> bytes:
        """Set a password with the token of a link.

        The token is what `POST /team/members` answers for a new user, or what an operator has given out. It is good
        once, for three days. Log in with the email of the answer then.
        """
        asked = parse(UseLink, request)
        email = await self._logins.use_link(asked.link_token, asked.new_password, _whence(request))
        return answer(request, {"email": email})

    @route("GET", "/auth/logins", person=True, answers=LoginList, curl=_LOGINS)
    async def list_logins(self, request: IRequest, caller: Caller) -> bytes:
        """List where you are logged in, the last used first."""
        found = await self._logins.of_user(_user_of(caller).uuid)
        return answer(request, {"items": [_login_shown(each, caller) for each in found]})

    @route("DELETE", "/auth/logins/{uuid}", person=True, answers=LoginEnded, refusals=(404,), curl=_END)
    async def end_login(self, request: IRequest, caller: Caller, uuid: str) -> bytes:
        """End one of your logins."""
        await self._logins.end(caller.by, uuid)
        return answer(request, {"ended": 1})

    async def _refresh_cookie(self, request: IRequest) -> str:
        """Return the refresh token in the cookie, of a page that knows the CSRF token of the same login.

        That token is compared with what the login has, as for all writes: a neighbour of our host can set both cookies.

        Raises:
            Problem: 400 when there is no cookie, 403 without the CSRF token.
            AccessEnded: it is no refresh token of ours.
        """
        kept = cookie(request, REFRESH)
        if not kept:
            raise problem("bad_request", "refresh_token is required, in the body or as the cookie of a login")
        raw = kept.decode("utf-8", "surrogateescape")
        if not self._access.fits(await self._logins.login_of(raw), request.getHeader(CSRF_HEADER)):
            raise problem("bad_csrf_token", "a refresh by cookie needs X-CSRF-Token, as the login has given it")
        return raw

    def _opened(self, request: IRequest, opened: Opened, by_cookie: bool) -> bytes:
        team = None if opened.team_id is None else self._directory.now.teams.get(opened.team_id)
        access, csrf = self._access.make(opened, None if team is None else team.code)
        made: dict[str, object] = {
            **self._me(opened.user, opened.team_id),
            "login_uuid": opened.login_uuid,
            "token_type": "Bearer",
            "expires_in": ACCESS_S,
        }
        if by_cookie:
            set_cookies(request, access, opened.refresh_token, csrf)
            made["csrf_token"] = csrf
        else:
            made |= {"access_token": access, "refresh_token": opened.refresh_token}
        return answer(request, made)

    def _me(self, user: User, team_id: int | None) -> MeShown:
        known = self._directory.now.teams
        teams: dict[int, TeamOfUser] = {
            each: {
                "uuid": known[each].uuid,
                "code": known[each].code,
                "name": known[each].name,
                "role": role.value,
                "suspended": known[each].suspended,
            }
            for each, role in user.roles.items()
            if each in known
        }
        role: Role | None = None if team_id is None else user.roles.get(team_id)
        return {
            "user": _user_shown(user),
            "team": None if team_id is None else teams.get(team_id),
            "role": None if role is None else role.value,
            "scopes": sorted(user.scopes_in(team_id)),
            "teams": sorted(teams.values(), key=lambda each: each["code"]),
        }


def _user_shown(user: User | UserRecord) -> UserShown:
    return {"uuid": user.uuid, "email": user.email, "name": user.name, "platform_admin": user.platform_admin}


def _whence(request: IRequest) -> Whence:
    agent = (request.getHeader(b"user-agent") or b"").decode("utf-8", "replace").replace("\0", "")
    return Whence(client_address(request), agent[:_AGENT_CHARACTERS], getattr(request, "request_id", ""))


def _user_of(caller: Caller) -> User:
    """Return the person who asks, on a route that is for people alone."""
    if caller.user is None:
        raise LookupError("a token has come where only people may")
    return caller.user


def _login_of(caller: Caller) -> str:
    if caller.by.login_uuid is None:
        raise LookupError("a token has come where only people may")
    return caller.by.login_uuid


def _login_shown(found: Login, caller: Caller) -> LoginShown:
    return {
        "uuid": found.uuid,
        "current": found.uuid == caller.by.login_uuid,
        "team": found.team_code,
        "address": found.address,
        "user_agent": found.agent,
        "created_at": instant(found.created_at_ms),
        "last_used_at": instant(found.used_at_ms),
        "expires_at": instant(found.ends_at_ms),
    }
