"""Who is in a team, what a team may set for itself, and who may change the standing of whom."""

from __future__ import annotations

import attrs

from mobilesasa.core.errors import NotAllowed
from mobilesasa.core.scopes import SCOPES_OF_ROLE, Role, beyond


@attrs.frozen
class Member:
    """Somebody in a team."""

    uuid: str  # of the user
    email: str
    name: str
    role: Role
    since_ms: int
    last_login_ms: int | None  # to this team, as long as the login is remembered
    has_password: bool  # False: has not followed the link yet
    disabled: bool


@attrs.frozen
class Invitation:
    """Somebody to be taken into a team, with what is needed when there is no such user yet."""

    email: str
    name: str
    role: Role
    new_uuid: str  # of the user, if one is made
    link_digest: bytes = attrs.field(repr=False)  # of the token by which that user sets a password


@attrs.frozen
class TeamSettings:
    """What a team may set for itself, and what it is."""

    uuid: str
    code: str
    name: str
    country: str
    default_sender: str | None
    text_days: int | None  # None: the node's setting; 0: for ever
    low_balance_units: int | None  # below which the team is told; None: never
    zone: str | None  # of the tz database, in which its days are; None: that of its country
    created_at_ms: int


@attrs.frozen
class Standing:
    """What somebody who changes others is: a person by their role, a token by its scopes alone."""

    scopes: frozenset[str]
    role: Role | None = None  # None: a token


def check_standing(by: Standing, was: Role | None, will_be: Role | None) -> None:
    """See that somebody may give a role, take it away, or make one of another.

    Args:
        by: whoever asks.
        was: the member's role; None: is not in the team yet.
        will_be: the role then; None: leaves the team.

    Raises:
        NotAllowed: only an owner makes owners, and changes or removes them; and nobody gives what they do not have, or a
            token could make itself somebody who may more than it (decision 19).
    """
    if by.role is not Role.OWNER and Role.OWNER in (was, will_be):
        raise NotAllowed("only an owner of the team can make, change or remove an owner")
    if will_be is not None and beyond(by.scopes, SCOPES_OF_ROLE[will_be]):
        raise NotAllowed(f"the role {will_be} opens more than this token, which so cannot give it")
