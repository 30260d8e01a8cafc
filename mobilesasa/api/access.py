"""Access tokens: what a login gives out for a quarter of an hour, signed (JWT, RFC 7519; HS256 alone) and kept nowhere."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable
from typing import Any, Final

import attrs
import jwt

from mobilesasa.core.people import ACCESS_S, CurrentPeople, Opened, SigningKey

_ALGORITHM: Final = "HS256"
_AUDIENCE: Final = "mobilesasa"
_CSRF_OCTETS: Final = 24
# The time is compared here, by the node's clock.
_OPTIONS: Final[Any] = {
    "require": ["sub", "sid", "iat", "exp", "aud"],
    "verify_exp": False,
    "verify_iat": False,
    "verify_nbf": False,
}


class NoAccess(Exception):
    """A text is no access token that is good; the words say why.

    Attributes:
        guess: whether it is none that we ever gave out.
    """

    def __init__(self, message: str, guess: bool = True) -> None:
        """Keep whether it counts as an attempt."""
        super().__init__(message)
        self.guess = guess


@attrs.frozen
class Claims:
    """What an access token says."""

    user_uuid: str
    login_uuid: str
    team_code: str | None
    key: SigningKey


class AccessTokens:
    """Makes and reads access tokens.

    Args:
        people: has the keys; the newest signs.
        now_ms: milliseconds since the epoch.
    """

    def __init__(self, people: CurrentPeople, now_ms: Callable[[], int]) -> None:
        """Keep no state."""
        self._people = people
        self._now_ms = now_ms

    def make(self, opened: Opened, team_code: str | None) -> tuple[str, str]:
        """Return an access token of a login in a team, and its CSRF token."""
        key, now_s = self._people.now.keys[0], self._now_ms() // 1000
        claims = {
            "sub": opened.user.uuid,
            "sid": opened.login_uuid,
            "team": team_code,
            "aud": _AUDIENCE,
            "iat": now_s,
            "exp": now_s + ACCESS_S,
        }
        made = jwt.encode(claims, key.secret, _ALGORITHM, headers={"kid": key.kid})
        return made, csrf_token(key, opened.login_uuid)

    def fits(self, login_uuid: str, csrf: bytes | None) -> bool:
        """Say whether this is the CSRF token of a login, by any key that is still used."""
        return any(same_csrf(csrf_token(key, login_uuid), csrf) for key in self._people.now.keys)

    def read(self, raw: str) -> Claims:
        """Return what an access token says.

        Raises:
            NoAccess: it is none of ours, or its time is over.
        """
        try:
            key = self._people.now.key(str(jwt.get_unverified_header(raw).get("kid")))
            if key is None:
                raise NoAccess("the access token was signed with a key that is no longer used; refresh it", guess=False)
            said = jwt.decode(raw, key.secret, [_ALGORITHM], _OPTIONS, audience=_AUDIENCE)
        except (jwt.PyJWTError, UnicodeError, RecursionError):
            raise NoAccess("the access token is none of ours") from None
        if self._now_ms() >= said["exp"] * 1000:
            raise NoAccess("the access token has expired; refresh it", guess=False)
        return Claims(said["sub"], said["sid"], said["team"], key)


def csrf_token(key: SigningKey, login_uuid: str) -> str:
    """Return what a write by cookie must bring in `X-CSRF-Token`: the same for a login as long as the key is."""
    digest = hmac.digest(key.secret, f"csrf {login_uuid}".encode(), hashlib.sha256)
    return base64.urlsafe_b64encode(digest[:_CSRF_OCTETS]).decode()


def same_csrf(expected: str, given: bytes | None) -> bool:
    """Compare a CSRF token in a time that tells nothing."""
    return given is not None and hmac.compare_digest(expected.encode(), given)
