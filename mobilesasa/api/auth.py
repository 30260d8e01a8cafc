"""Who is asking: an API token, or somebody who has logged in (decisions 9 to 12, 14 to 16).

The checks come in this order: 401 (nobody known), 403 (the team is suspended, a scope is missing), and only then 404
and 400. What a caller may do is one set of scopes: a token's own, or those of a person's role in the team.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, cast

import attrs
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger
from twisted.web.iweb import IRequest

from mobilesasa.api.access import AccessTokens, Claims, NoAccess, csrf_token, same_csrf
from mobilesasa.api.addresses import client_address
from mobilesasa.api.bearer import TEAM_HEADER, Given, given_by, unauthenticated
from mobilesasa.api.cookies import CSRF_HEADER
from mobilesasa.api.errors import Problem, problem
from mobilesasa.api.ports import WebLimits
from mobilesasa.core.actors import Actor, ActorKind
from mobilesasa.core.attempts import Attempts, origin
from mobilesasa.core.errors import AccessEnded, TeamSuspended, TooManyAttempts
from mobilesasa.core.idempotency import Kept, Mark
from mobilesasa.core.members import Standing
from mobilesasa.core.people import CurrentPeople, User
from mobilesasa.core.scopes import Role, opens
from mobilesasa.core.teams import CurrentDirectory, Team, Token

if TYPE_CHECKING:
    from mobilesasa.api.site import ApiRequest

_TOLD_SPAN_S = 60.0  # in which the log tells of somebody who lacks a right once
_NO_TEAM = 0  # of replies kept for a platform administrator who is in no team


@attrs.frozen
class Caller:
    """Who asks: a token of a team, or a person in a team or, of the platform's administrators, in none."""

    of_team: Team | None
    token: Token | None  # None: a person
    by: Actor  # the same for the store, with the address and the request's id
    scopes: frozenset[str]  # what the token, or the role of a person, opens
    user: User | None = None  # None: a token
    role: Role | None = None  # of a person in the team
    mark: Mark | None = None  # of a call that is to be done once, on a route that is declared so

    @property
    def team(self) -> Team:
        """The team whose things are meant.

        Raises:
            Problem: 403, of a person who is in none.
        """
        if self.of_team is None:
            raise problem("missing_scope", "this login is in no team; name one at /auth/refresh")
        return self.of_team

    @property
    def team_id(self) -> int:
        """The team's id, 0 for none."""
        return _NO_TEAM if self.of_team is None else self.of_team.id

    @property
    def standing(self) -> Standing:
        """What the caller is where others are changed."""
        return Standing(self.scopes, self.role)

    def kept(self, reply: bytes) -> Kept | None:
        """Return what the store is to keep in the commit that does what is asked; None when no key was given."""
        return None if self.mark is None else Kept(self.mark, reply)


class Authentication:
    """Finds the caller of a request, and tells the log of those whose credentials or rights do not suffice.

    Args:
        directory: the current picture of teams and tokens.
        people: the current picture of those who log in.
        now_ms: milliseconds since the epoch.
        clock: measures how long bad tokens of an address are remembered.
        limits: how many of them there may be.
    """

    log = Logger()

    def __init__(
        self,
        directory: CurrentDirectory,
        people: CurrentPeople,
        now_ms: Callable[[], int],
        clock: IReactorTime,
        limits: WebLimits,
    ) -> None:
        """Begin with no bad token seen."""
        self._directory = directory
        self._people = people
        self._access = AccessTokens(people, now_ms)
        self._now_ms = now_ms
        self._clock = clock
        self._attempts = Attempts(limits.bad_tokens, limits.bad_tokens_window_s, limits.addresses)
        self._told = Attempts(1, _TOLD_SPAN_S, limits.addresses)

    def caller(self, request: IRequest, scopes: Sequence[str], reads: bool = False, person: bool = False) -> Caller:
        """Return who is asking.

        Args:
            request: what was sent.
            scopes: of which the caller needs one; with none anybody known will do.
            reads: whether the route changes nothing, so that `X:read` is enough for X.
            person: whether the route is for people alone, in whatever team or none.

        Raises:
            Problem: 401, 403 for the scope or for a write by cookie without its CSRF token, 409 for another team's call.
            TooManyAttempts: 429, after too many bad tokens.
            TeamSuspended: 403.
        """
        given = given_by(request)
        meant = request.getHeader(TEAM_HEADER)
        if given.is_access_token:
            found = self._person(request, given, person)
        else:
            found = self._token(request, given.raw)
            if person:
                raise problem("missing_scope", "this is for people who have logged in, not for tokens")
        if meant is not None:
            _check_team(found, meant)
        if not opens(found.scopes, scopes, reads):
            wanted = " or ".join(scopes)
            lacks = "this token lacks" if found.token is not None else "your role lacks"
            raise self._refused(found.by, problem("missing_scope", f"{lacks} the scope {wanted}"))
        return found

    def check_again(self, caller: Caller) -> None:
        """See that a caller still may before what it asked for is told: it may have been revoked meanwhile (decision 24).

        Raises:
            AccessEnded: 401.
        """
        if caller.token is not None:
            token = self._directory.now.tokens.get(caller.token.digest)
            if token is None or not self._directory.opens(token, self._now_ms()):
                raise AccessEnded("the token was revoked while the call was under way")
        elif caller.user is not None:
            user = self._people.now.users.get(caller.user.uuid)
            if user is None or user.disabled or caller.by.login_uuid in self._people.now.ended:
                raise AccessEnded("the login ended while the call was under way")
            if not caller.scopes <= user.scopes_in(caller.by.team_id):
                raise AccessEnded("your role changed while the call was under way")

    def _why_no_token(self, token: Token | None) -> str:
        if token is None:
            return "the token is not known"
        is_over = token.expires_at_ms is not None and token.expires_at_ms <= self._now_ms()
        return "the token has expired" if is_over and not token.revoked else "the token was revoked"

    def _token(self, request: IRequest, raw: str) -> Caller:
        known = self._directory.now
        token = known.token(raw)
        if token is None or not self._directory.opens(token, self._now_ms()):
            raise self._bad_token(request, self._why_no_token(token))
        team = known.teams.get(token.team_id)
        if team is None or team.suspended:
            raise _suspended()
        by = Actor(ActorKind.TOKEN, token.uuid, address=client_address(request), request_id=_request_id(request))
        self._directory.uses.seen(token.uuid, self._now_ms(), by.address)
        return Caller(team, token, by, token.scopes)

    def _person(self, request: IRequest, given: Given, anywhere: bool) -> Caller:
        try:
            claims = self._access.read(given.raw)
        except NoAccess as bad:
            raise self._bad_token(request, str(bad)) if bad.guess else unauthenticated(str(bad)) from None
        user = self._people.now.users.get(claims.user_uuid)
        if user is None or user.disabled or claims.login_uuid in self._people.now.ended:
            raise unauthenticated("the login has ended; log in again")
        team = self._team_of(user, claims, anywhere)
        team_id = None if team is None else team.id
        role = None if team is None else user.roles[team.id]
        by = Actor(
            ActorKind.USER,
            user.uuid,
            login_uuid=claims.login_uuid,
            team_id=team_id,
            role=role,
            platform=user.platform_admin,
            address=client_address(request),
            request_id=_request_id(request),
        )
        if given.by_cookie and not _may_write(request, claims):
            message = "a write by cookie needs X-CSRF-Token, as the login has given it"
            raise self._refused(by, problem("bad_csrf_token", message))
        return Caller(team, None, by, user.scopes_in(team_id), user, role)

    def _team_of(self, user: User, claims: Claims, anywhere: bool) -> Team | None:
        """Return the team that an access token names, as far as its user is still in it and it may do anything."""
        if claims.team_code is None:
            return None
        team = self._directory.now.team_by_code(claims.team_code)
        if team is None or team.id not in user.roles:
            raise unauthenticated(f"you are no longer in team {claims.team_code}; refresh the login")
        if not team.suspended:
            return team
        if anywhere or user.platform_admin:
            return None
        raise _suspended()

    def _bad_token(self, request: IRequest, why: str) -> Problem | TooManyAttempts:
        """Count a bad token; a good one always passes, for many callers may share an address (a proxy, a NAT)."""
        key, now_s = origin(client_address(request)), self._clock.seconds()
        failed = self._attempts.failed(key, now_s)
        if failed == 1:
            text = "a request from {address} was refused: {why}; request {request_id}"
            self.log.warn(text, address=key, why=why, request_id=_request_id(request))
        if failed <= self._attempts.limit:
            return unauthenticated(why)
        if failed == self._attempts.limit + 1:
            text = (
                "there are too many bad tokens from {address}, which are answered 429 from now on; request {request_id}"
            )
            self.log.warn(text, address=key, request_id=_request_id(request))
        retry_after_s = self._attempts.wait_s(key, now_s)
        message = f"too many bad tokens from this address; try again in {retry_after_s} s"
        return TooManyAttempts(message, retry_after_s)

    def _refused(self, by: Actor, wrong: Problem) -> Problem:
        """Tell the log that somebody who is known may not do something; return the problem."""
        if self._told.failed(by.opened_by, self._clock.seconds()) == 1:
            self.log.warn(
                "the {kind} {uuid} at {address} was refused: {why}; request {request_id}",
                kind=by.kind.value,
                uuid=by.uuid,
                address=by.address,
                why=wrong.message,
                request_id=by.request_id,
            )
        return wrong


def _check_team(found: Caller, meant: bytes) -> None:
    """See that a call is of the team that it is meant for, or of none where it names none.

    The tabs of a browser share their cookies, and another may have gone on in another team since this one was drawn.

    Raises:
        Problem: 409, it is not.
    """
    code = "" if found.of_team is None else found.of_team.code
    named = meant.decode("latin-1").strip().upper()
    if named != code:
        of = f"team {code}" if code else "no team"
        raise problem("team_changed", f"the call is meant for team {named!r} and comes from {of}; nothing was done")


def _suspended() -> TeamSuspended:
    return TeamSuspended("the team is suspended; ask the operator of this platform")


def _may_write(request: IRequest, claims: Claims) -> bool:
    """Say whether a call by cookie comes from a page of ours, or writes nothing."""
    reads = request.method in (b"GET", b"HEAD")
    return reads or same_csrf(csrf_token(claims.key, claims.login_uuid), request.getHeader(CSRF_HEADER))


def _request_id(request: IRequest) -> str:
    return cast("ApiRequest", request).request_id
