"""What a request says of who asks: an API token, an access token of somebody who has logged in, or that in a cookie.

Nothing is looked up here. A token in the query string is no token, for addresses are written down along the way.
"""

from __future__ import annotations

from typing import Final

import attrs
from twisted.web.iweb import IRequest

from mobilesasa.api.cookies import ACCESS, cookie
from mobilesasa.api.errors import Problem, problem

TEAM_HEADER: Final = b"x-team"  # for which team a call is meant, where it says so
_CHALLENGE = {b"WWW-Authenticate": b'Bearer realm="mobilesasa"'}
_DOTS = 2  # of a JWT (RFC 7515 §3.1); an API token has none


@attrs.frozen
class Given:
    """The one credential of a request, as it was written."""

    raw: str = attrs.field(repr=False)
    by_cookie: bool = False

    @property
    def is_access_token(self) -> bool:
        """Whether it is what a login gives out, and no API token."""
        return self.by_cookie or self.raw.count(".") == _DOTS


def unauthenticated(message: str) -> Problem:
    """Return the problem that nobody known is asking, with the challenge that HTTP wants beside it (RFC 9110 §11.6.1)."""
    return problem("unauthenticated", message, headers=_CHALLENGE)


def given_by(request: IRequest) -> Given:
    """Return the credential of a request; a cookie counts where there is no header (decision 12).

    Raises:
        Problem: 401, there is none, or there are two that differ.
    """
    bearer = _bearer(request)
    key = (request.getHeader(b"x-api-key") or b"").strip()
    if bearer and key and bearer != key:
        raise unauthenticated("Authorization and X-API-Key name different tokens; send one of them")
    raw = bearer or key
    if raw:
        given = Given(raw.decode("utf-8", "surrogateescape"))
        if key and given.is_access_token:
            raise unauthenticated("what a login gives out goes into Authorization: Bearer, not into X-API-Key")
        return given
    kept = cookie(request, ACCESS)
    if kept:
        return Given(kept.decode("utf-8", "surrogateescape"), by_cookie=True)
    raise unauthenticated("a token is needed: Authorization: Bearer mbs_… or X-API-Key: mbs_…")


def _bearer(request: IRequest) -> bytes:
    given = (request.getHeader(b"authorization") or b"").strip()
    if not given:
        return b""
    scheme, _, raw = given.partition(b" ")
    raw = raw.strip()
    if scheme.lower() != b"bearer" or not raw:
        raise unauthenticated("Authorization must be: Bearer mbs_…")
    return bytes(raw)
