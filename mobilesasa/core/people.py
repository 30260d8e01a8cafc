"""People who log in: what a node knows of them, so that no request asks the database who somebody is.

How to think about it: a login is begun with a password and goes on with refresh tokens, each good once. It gives out
access tokens, which say for a quarter of an hour who somebody is and in which team; they are signed and kept nowhere.
What they do not say is asked of the `People` of the moment: the role, and whether the login has ended meanwhile.
The store tells every node of each change, so all of it holds within a second.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import Final

import attrs

from mobilesasa.core.scopes import PLATFORM, SCOPES_OF_ROLE, Role

#: How long an access token is good.
ACCESS_S: Final = 900
#: How long a refresh token is good; each use of one begins it anew.
REFRESH_S: Final = 30 * 86_400
#: How long a refresh token that was used may come again, because the answer was lost on the way (a network that broke, a page
#: that was loaded anew). Long enough for a call that timed out or a page that comes back; short, for within it nobody is
#: called a thief. Others take as much: Okta 30 s unless set otherwise, Amazon Cognito 60 at most.
REPEAT_S: Final = 30
#: How long a login lasts at most, however often it is refreshed; then the password is asked for again.
LOGIN_S: Final = 90 * 86_400
#: How long the link is good by which somebody sets a first password, or a new one.
LINK_S: Final = 3 * 86_400
EMAIL_MAX: Final = 254  # RFC 5321 §4.5.3.1.3


@attrs.frozen
class User:
    """Somebody who may log in."""

    uuid: str
    email: str
    name: str
    platform_admin: bool = False
    disabled: bool = False
    roles: Mapping[int, Role] = attrs.field(factory=dict)  # by team's id

    def scopes_in(self, team_id: int | None) -> frozenset[str]:
        """Return what this user may do in a team, or in none."""
        role = None if team_id is None else self.roles.get(team_id)
        scopes = frozenset() if role is None else SCOPES_OF_ROLE[role]
        return scopes | {PLATFORM} if self.platform_admin else scopes


@attrs.frozen
class SigningKey:
    """What signs access tokens."""

    kid: str  # names it in the token
    secret: bytes = attrs.field(repr=False)


@attrs.frozen
class Whence:
    """Where a call of somebody who logs in comes from."""

    address: str
    agent: str = ""  # what the client calls itself
    request_id: str = ""


@attrs.frozen
class Opened:
    """A login that was begun or goes on, with its next refresh token."""

    user: User
    login_uuid: str
    team_id: int | None
    refresh_token: str = attrs.field(repr=False)


class People:
    """One consistent picture of those who may log in.

    Args:
        users: all there are.
        ended: uuids of logins that have ended and whose access tokens may not have.
        keys: what signs access tokens, the newest first; those behind it are still good.
    """

    def __init__(self, users: Iterable[User] = (), ended: Iterable[str] = (), keys: Iterable[SigningKey] = ()) -> None:
        """Build the look-up tables."""
        self.users = {user.uuid: user for user in users}
        self.ended = frozenset(ended)
        self.keys = tuple(keys)

    def key(self, kid: str) -> SigningKey | None:
        """Return the key of this name."""
        return next((key for key in self.keys if key.kid == kid), None)


class CurrentPeople:
    """Holds the newest picture; whoever needs it asks for `.now` each time."""

    def __init__(self, now: People | None = None) -> None:
        """Start with the picture given, or an empty one."""
        self.now = now or People()

    def learn(self, user: User) -> None:
        """Take in what was just read of somebody, before the store tells of it."""
        known = self.now
        self.now = People([*known.users.values(), user], known.ended, known.keys)

    def end(self, logins: Iterable[str]) -> None:
        """Take in that logins have just ended, before the store tells of it."""
        known = self.now
        self.now = People(known.users.values(), known.ended | frozenset(logins), known.keys)


def secret_digest(text: str) -> bytes:
    """Return the SHA-256 of a refresh token or a link's token, by which it is found."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()


def account_digest(email: str) -> bytes:
    """Return what attempts at an account are counted by; the account need not exist."""
    return secret_digest(email.strip().lower())
