"""Access tokens by OAuth 2.0 client credentials (RFC 6749 §4.4), for carriers that want one with each request.

How to think about it: a carrier has one token, and all its requests share it.

    none ──a request needs it──▶ being fetched ──▶ kept ──nearly over, or answered with 401──▶ none
                                      └──no token──▶ resting: whoever asks is told why at once ──▶ none

Requests that come while it is being fetched wait for the one that is under way. A request that is answered with 401 is made
once more with a new token: it was not taken, so nothing is doubled. No token is written down anywhere.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any, Final, Protocol
from urllib.parse import quote_plus, urlencode, urlsplit

import attrs
from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger
from twisted.python.failure import Failure

from mobilesasa.carriers.http.answers import HttpAnswer, json_or_none
from mobilesasa.carriers.http.requests import HttpRequest
from mobilesasa.carriers.http.spec import AuthKind, AuthSpec, ClientAuth
from mobilesasa.carriers.http.templates import Values, compile_text
from mobilesasa.carriers.http.wire import NotAsked, Unanswered

EARLY_S: Final = 30.0  # before its end a token counts as over, or a fifth of its life where that is less
LIFETIME_S: Final = 300.0  # of a token whose answer says nothing about it
RENEWED_S: Final = 10.0  # after a 401 with a token that never served, no other is fetched for so long
REST_FIRST_S: Final = 1.0  # after a failure; it doubles with each further one …
REST_MOST_S: Final = 30.0  # … up to this
REST_REFUSED_S: Final = 60.0  # after a refusal, which only the operator can mend
_LIFETIME_MOST_S: Final = 30 * 86_400.0
_UNAUTHORIZED: Final = 401
_PASSING: Final = frozenset({408, 425, 429})
_PASSING_WORDS: Final = frozenset({"temporarily_unavailable", "server_error", "slow_down"})
_WORD_CHARACTERS: Final = 200
_MASK: Final = "***"
#: What teams read where the carrier has something against the operator's account: whose it is, and what, is not theirs.
TAKES_NOTHING: Final = "the carrier takes no messages from here for now"


class NoToken(NotAsked):
    """There is no token for now: the endpoint cannot be reached, is busy, or answers nonsense."""

    code = "no_token"
    told = "the carrier could not be asked for now"


class TokenRefused(NotAsked):
    """The endpoint refuses us, as with `invalid_client`."""

    code = "token_refused"
    of_account = True
    told = TAKES_NOTHING


class Asker(Protocol):
    """What asks over HTTP."""

    async def ask(self, request: HttpRequest) -> HttpAnswer:
        """See `Wire.ask`."""

    async def close(self) -> None:
        """See `Wire.close`."""


@attrs.frozen
class TokenAsked:
    """The request for a token, and the secret in it, which no words of anybody's may show."""

    request: HttpRequest = attrs.field(repr=False)
    secret: str = attrs.field(repr=False)


def token_asked(auth: AuthSpec, values: Values) -> TokenAsked | None:
    """Return how a token is asked for; None where `auth` is of another kind.

    Args:
        auth: the description.
        values: of the carrier's options, by the names that templates have for them.

    Raises:
        ValueError: something is missing, is no address, or names a field that is not there (BadTemplate).
    """
    if auth.kind is not AuthKind.OAUTH2:
        return None
    url, client_id, secret = (_filled(auth, name, values) for name in ("token_url", "client_id", "client_secret"))
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("token_url must be an address, http:// or https://")
    fields = {"grant_type": "client_credentials"}
    if auth.scope:
        fields["scope"] = compile_text(auth.scope, values).fill(values) or ""
    fields |= {name: compile_text(text, values).fill(values) or "" for name, text in auth.params.items()}
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
    if auth.client_auth is ClientAuth.BODY:
        fields |= {"client_id": client_id, "client_secret": secret}
    else:  # both are encoded as in a form before they are joined (RFC 6749 §2.3.1)
        pair = f"{quote_plus(client_id)}:{quote_plus(secret)}"
        headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
    return TokenAsked(HttpRequest("POST", url, headers, urlencode(fields).encode()), secret)


def _filled(auth: AuthSpec, name: str, values: Values) -> str:
    filled = compile_text(getattr(auth, name), values).fill(values)
    if not filled:
        raise ValueError(f"{name} is needed for oauth2")
    return filled


class AuthorizedWire:
    """A wire whose requests carry the token.

    Args:
        wire: asks, for the token too.
        asked: how the token is asked for.
        clock: says when it is over.
    """

    log = Logger()

    def __init__(self, wire: Asker, asked: TokenAsked, clock: IReactorTime) -> None:
        """Fetch nothing before a request needs it."""
        self._wire = wire
        self._asked = asked
        self._clock = clock
        self._token = ""
        self._good_until_s = 0.0
        self._has_served = False
        self._renewed_at_s = -RENEWED_S
        self._failed: NotAsked | None = None
        self._failures = 0
        self._rest_until_s = 0.0
        self._waiting: list[Deferred[str]] = []
        self._fetching: Deferred[None] | None = None

    async def ask(self, request: HttpRequest) -> HttpAnswer:
        """Return what a request with the token is answered.

        Raises:
            NoToken, TokenRefused: there is none, so the request did not leave.
            NotAsked, Unanswered: as by `Wire.ask`.
        """
        token = await self._current()
        answer = await self._wire.ask(_with(request, token))
        if answer.status == _UNAUTHORIZED and self._renews(token):
            token = await self._current()
            answer = await self._wire.ask(_with(request, token))
        if answer.status != _UNAUTHORIZED and token == self._token:
            self._has_served = True
        return answer

    async def close(self) -> None:
        """Wait for no token any more, and close the wire."""
        if self._fetching is not None:
            self._fetching.cancel()
        await self._wire.close()

    def _renews(self, token: str) -> bool:
        """Forget a token that was answered with 401; say whether another one may do."""
        if token != self._token:  # somebody else has seen to it
            return True
        now_s = self._clock.seconds()
        if not self._has_served and now_s - self._renewed_at_s < RENEWED_S:
            return False
        self._token, self._renewed_at_s = "", now_s
        return True

    async def _current(self) -> str:
        now_s = self._clock.seconds()
        if self._token and now_s < self._good_until_s:
            return self._token
        if self._failed is not None and now_s < self._rest_until_s:
            raise type(self._failed)(str(self._failed))
        waiting: Deferred[str] = Deferred()
        self._waiting.append(waiting)
        if self._fetching is None:
            self._begin()
        try:
            return await waiting
        except CancelledError:
            raise NoToken("given up while it waited for a token") from None

    def _begin(self) -> None:
        fetching = Deferred.fromCoroutine(self._fetch())
        if not fetching.called:
            self._fetching = fetching
        fetching.addErrback(self._broke)

    def _broke(self, failure: Failure) -> None:
        self.log.failure("fetching a token", failure)
        self._rest(NoToken("no token: our defect, which the log tells"), REST_MOST_S)
        self._release()

    async def _fetch(self) -> None:
        try:
            self._keep(*read_token(await self._wire.ask(self._asked.request), self._asked.secret))
        except TokenRefused as why:
            self._rest(why, REST_REFUSED_S)
        except (NotAsked, Unanswered) as why:
            self._rest(NoToken(f"no token: {why}"), min(REST_MOST_S, REST_FIRST_S * 2**self._failures))
        self._release()

    def _release(self) -> None:
        """Tell all who wait for the token."""
        self._fetching = None
        waiting, self._waiting = self._waiting, []
        for one in waiting:
            if one.called:  # given up
                continue
            if self._failed is None:
                one.callback(self._token)
            else:
                one.errback(type(self._failed)(str(self._failed)))

    def _keep(self, token: str, lifetime_s: float) -> None:
        self._token, self._has_served = token, False
        self._failed, self._failures = None, 0
        self._good_until_s = self._clock.seconds() + lifetime_s - min(EARLY_S, lifetime_s / 5)

    def _rest(self, why: NotAsked, rest_s: float) -> None:
        self._token, self._failed = "", why
        self._failures = min(self._failures + 1, 16)
        self._rest_until_s = self._clock.seconds() + rest_s


def read_token(answer: HttpAnswer, secret: str) -> tuple[str, float]:
    """Return the token that an endpoint answered, and for how long it is good, seconds (RFC 6749 §5.1).

    Raises:
        NoToken: there is none in it, and there may be one later.
        TokenRefused: we are refused (§5.2), or what is given is no bearer token.
    """
    read = json_or_none(answer.body)
    said: Mapping[str, Any] = read if isinstance(read, dict) else {}
    if not 200 <= answer.status < 300:
        raise _refusal(answer.status, said, secret)
    token, kind = said.get("access_token"), said.get("token_type", "Bearer")
    if not isinstance(token, str) or not token.isascii() or not token.isprintable() or not token.strip():
        raise NoToken("the endpoint's answer has no access_token")
    if not isinstance(kind, str) or kind.lower() != "bearer":
        raise TokenRefused(_words(f"the endpoint gives a token of the type {kind}", secret))
    return token.strip(), _lifetime_s(said.get("expires_in"))


def _refusal(status: int, said: Mapping[str, Any], secret: str) -> NotAsked:
    told = [said[name] for name in ("error", "error_description") if isinstance(said.get(name), str)]
    words = _words(": ".join([f"the token endpoint answered {status}", *told]), secret)
    passes = not 300 <= status < 500 or status in _PASSING or said.get("error") in _PASSING_WORDS
    return NoToken(words) if passes else TokenRefused(words)


def _words(text: str, secret: str) -> str:
    plain = "".join(character if character.isprintable() else " " for character in text.replace(secret, _MASK))
    return plain[:_WORD_CHARACTERS]


def _lifetime_s(given: object) -> float:
    """Return `expires_in` as seconds; some write it as text."""
    try:
        lifetime_s = float(given) if isinstance(given, int | float | str) else LIFETIME_S
    except (ValueError, OverflowError):
        return LIFETIME_S
    return min(_LIFETIME_MOST_S, max(1.0, lifetime_s))


def _with(request: HttpRequest, token: str) -> HttpRequest:
    return attrs.evolve(request, headers={**request.headers, "Authorization": f"Bearer {token}"})
