"""What a caller may do: scopes, each for one resource, and the roles of people, each a set of scopes (decisions 11, 16, 18).

A token holds scopes, a person has a role in a team, and a route wants one of some scopes: so there is one check for
both, `opens`. A scope stands for reading and writing; `contacts:read` for reading alone.
"""

from __future__ import annotations

import enum
from collections.abc import Collection, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Final

from mobilesasa.core.errors import BadValue, MissingScope

API_TOKENS: Final = "api_tokens"
WEBHOOKS: Final = "webhooks"
#: Members, settings, sender requests and the trail of a team.
TEAM: Final = "team"
#: What people dial, and who answers: every node keeps a picture of it.
USSD: Final = "ussd"
#: What is not a team's own, such as carriers: of an operator's token, which only the command makes, and of a platform
#: administrator who has logged in.
PLATFORM: Final = "platform"
READ: Final = ":read"

_SENDING: Final = ("messages", "contacts", "groups", "campaigns", "surveys", "ussd", "reports")
#: The scopes that read and write: the reference's seven, decision 18's, and two of ours.
WHOLE: Final = (*_SENDING, API_TOKENS, WEBHOOKS, TEAM)
#: What a token may be good for.
SCOPES: Final = (*WHOLE, *(scope + READ for scope in WHOLE))
#: The same where an operator at the command makes it.
OPERATORS_SCOPES: Final = (*SCOPES, PLATFORM)


class Role(enum.StrEnum):
    """What somebody is in a team."""

    OWNER = "owner"
    ADMIN = "admin"  # all that an owner may but make and unmake owners
    OPERATOR = "operator"  # sends
    VIEWER = "viewer"  # looks


SCOPES_OF_ROLE: Final[Mapping[Role, frozenset[str]]] = MappingProxyType(
    {
        Role.OWNER: frozenset(WHOLE),
        Role.ADMIN: frozenset(WHOLE),
        Role.OPERATOR: frozenset(_SENDING),
        Role.VIEWER: frozenset(scope + READ for scope in (*_SENDING, WEBHOOKS)),
    }
)


def opens(held: Collection[str], wanted: Collection[str], reads: bool) -> bool:
    """Say whether somebody with these scopes may use a route.

    Args:
        held: what the caller has.
        wanted: of which a route needs one; none: any caller will do.
        reads: whether the route changes nothing, so that `X:read` is enough for X.
    """
    return not wanted or any(scope in held or (reads and scope + READ in held) for scope in wanted)


def beyond(held: Collection[str], asked: Iterable[str]) -> list[str]:
    """Return those of the asked scopes that whoever holds these could not hand on (decision 19)."""
    return [scope for scope in asked if scope not in held and scope.removesuffix(READ) not in held]


def check_given(held: Collection[str], asked: Iterable[str]) -> None:
    """See that whoever holds these scopes may hand on the asked ones, by a token or by what opens as much as one.

    Raises:
        MissingScope: they do not have all of them themselves.
    """
    if not_theirs := beyond(held, asked):
        raise MissingScope(f"you cannot give what you do not have: {', '.join(not_theirs)}")


def checked_scopes(scopes: Sequence[str], by_operator: bool = False) -> list[str]:
    """Return the scopes, each once, in their order (decision 20).

    Raises:
        BadValue: there are none, or one that does not exist, or `platform` is asked for by somebody else than an operator.
    """
    known = OPERATORS_SCOPES if by_operator else SCOPES
    if PLATFORM in scopes and not by_operator:
        raise BadValue(f"the scope {PLATFORM} is the operator's to give, by the command `mobilesasa token create`")
    unknown = [scope for scope in scopes if scope not in known]
    if unknown:
        raise BadValue(f"{', '.join(map(repr, unknown))} is no scope; there are {', '.join(known)}")
    if not scopes:
        raise BadValue(f"a token needs a scope: {', '.join(known)}")
    return list(dict.fromkeys(scopes))
