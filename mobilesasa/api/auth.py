"""Who is asking: API tokens as `Authorization: Bearer mbs_…` or `X-API-Key: mbs_…` (decisions 9, 12, 14, 15).

The checks come in this order: 401 (no usable token), 403 (the team is suspended, a scope is missing), and only then
404 and 400. A token in the query string is no token, for addresses are written down along the way.
"""

from __future__ import annotations

import ipaddress
import math
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, cast

import attrs
from twisted.internet.interfaces import IReactorTime
from twisted.web.iweb import IRequest

from mobilesasa.api.errors import Problem, problem
from mobilesasa.api.ports import WebLimits
from mobilesasa.core.actors import Actor, ActorKind
from mobilesasa.core.errors import TeamSuspended
from mobilesasa.core.idempotency import Kept, Mark
from mobilesasa.core.teams import CurrentDirectory, Team, Token

if TYPE_CHECKING:
    from mobilesasa.api.site import ApiRequest

_CHALLENGE = {b"WWW-Authenticate": b'Bearer realm="mobilesasa"'}
_HOST_BITS_V6 = 64  # a household's or a server's network, not an address, is what one attacker holds


@attrs.frozen
class Caller:
    """The team that asks, and the token by which it does."""

    team: Team
    token: Token
    by: Actor  # the same for the store, with the address and the request's id
    mark: Mark | None = None  # of a call that is to be done once, on a route that is declared so

    def kept(self, reply: bytes) -> Kept | None:
        """Return what the store is to keep in the commit that does what is asked; None when no key was given."""
        return None if self.mark is None else Kept(self.mark, reply)


def _unauthenticated(message: str) -> Problem:
    return problem("unauthenticated", message, headers=_CHALLENGE)


class Authentication:
    """Finds the caller of a request.

    Args:
        directory: the current picture of teams and tokens.
        now_ms: milliseconds since the epoch.
        clock: measures how long bad tokens of an address are remembered.
        limits: how many of them there may be.
    """

    def __init__(
        self, directory: CurrentDirectory, now_ms: Callable[[], int], clock: IReactorTime, limits: WebLimits
    ) -> None:
        """Begin with no bad token seen."""
        self._directory = directory
        self._now_ms = now_ms
        self._attempts = BadAttempts(clock, limits.bad_tokens, limits.bad_tokens_window_s, limits.addresses)

    def caller(self, request: IRequest, scopes: Sequence[str]) -> Caller:
        """Return who is asking.

        Args:
            request: what was sent.
            scopes: of which the token needs one; with none any token will do.

        Raises:
            Problem: 401, 429 after too many bad tokens, or 403 for the scope.
            TeamSuspended: 403.
        """
        raw = _raw_token(request)
        known = self._directory.now
        token = known.token(raw)
        if token is None or not token.usable(self._now_ms()):
            raise self._bad_token(request, token)
        team = known.teams.get(token.team_id)
        if team is None or team.suspended:
            raise TeamSuspended("the team is suspended; ask the operator of this platform")
        if scopes and token.scopes.isdisjoint(scopes):
            wanted = " or ".join(scopes)
            raise problem("missing_scope", f"this token lacks the scope {wanted}")
        return Caller(team, token, _actor(request, token))

    def _bad_token(self, request: IRequest, token: Token | None) -> Problem:
        """Count a bad token; a good one always passes, for many callers may share an address (a proxy, a NAT)."""
        retry_after_s = self._attempts.count(_address(request))
        if retry_after_s is not None:
            message = f"too many bad tokens from this address; try again in {retry_after_s} s"
            return problem("too_many_attempts", message, headers={b"Retry-After": b"%d" % retry_after_s})
        if token is None:
            return _unauthenticated("the token is not known")
        return _unauthenticated("the token was revoked" if token.revoked else "the token has expired")


def _actor(request: IRequest, token: Token) -> Actor:
    host = str(getattr(request.getClientAddress(), "host", ""))
    return Actor(ActorKind.TOKEN, token.uuid, address=host, request_id=cast("ApiRequest", request).request_id)


def _raw_token(request: IRequest) -> str:
    """Return the one token of a request, as it was written."""
    bearer = _bearer(request)
    key = (request.getHeader(b"x-api-key") or b"").strip()
    if bearer and key and bearer != key:
        raise _unauthenticated("Authorization and X-API-Key name different tokens; send one of them")
    raw = bearer or key
    if not raw:
        raise _unauthenticated("a token is needed: Authorization: Bearer mbs_… or X-API-Key: mbs_…")
    return raw.decode("utf-8", "surrogateescape")


def _bearer(request: IRequest) -> bytes:
    given = (request.getHeader(b"authorization") or b"").strip()
    if not given:
        return b""
    scheme, _, raw = given.partition(b" ")
    raw = raw.strip()
    if scheme.lower() != b"bearer" or not raw:
        raise _unauthenticated("Authorization must be: Bearer mbs_…")
    return bytes(raw)


def _address(request: IRequest) -> str:
    host = getattr(request.getClientAddress(), "host", "")
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return str(host)
    if address.version == 6:
        return str(ipaddress.ip_network((address, _HOST_BITS_V6), strict=False))
    return str(host)


class BadAttempts:
    """Counts bad attempts by address, so many in a window; the oldest addresses are forgotten first.

    Args:
        clock: tells the time.
        limit: attempts in a window; those above it are too many.
        window_s: length of a window, seconds.
        addresses: that are remembered at once.
    """

    def __init__(self, clock: IReactorTime, limit: int, window_s: float, addresses: int) -> None:
        """Begin with none."""
        self._clock = clock
        self._limit = limit
        self._window_s = window_s
        self._addresses = addresses
        self._seen: OrderedDict[str, tuple[float, int]] = OrderedDict()

    def count(self, address: str) -> int | None:
        """Count an attempt; return the seconds to wait when there were too many."""
        now_s = self._clock.seconds()
        began_s, attempts = self._seen.get(address, (now_s, 0))
        if now_s >= began_s + self._window_s:
            self._seen.pop(address)
            began_s, attempts = now_s, 0
        self._seen[address] = (began_s, attempts + 1)
        if len(self._seen) > self._addresses:
            self._seen.popitem(last=False)
        if attempts < self._limit:
            return None
        return math.ceil(began_s + self._window_s - now_s)
