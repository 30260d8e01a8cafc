"""Who does something: what the trail says of it, and what must still hold at the moment when it is written down.

A call is made by a token or by a user who has logged in; an operator types a command. Whatever changes something hands
its actor to the store, which looks in the same transaction whether the token or the login still opens anything, and
writes the change into the trail (decisions 24 and 28).
"""

from __future__ import annotations

import enum
from typing import Final

import attrs

from mobilesasa.core.scopes import Role


class ActorKind(enum.StrEnum):
    """What acts."""

    TOKEN = "token"  # noqa: S105 - a word, not a secret
    USER = "user"
    OPERATOR = "operator"  # at the command, or the node by itself


@attrs.frozen
class Actor:
    """Who does something, from where."""

    kind: ActorKind
    uuid: str | None = None  # of the token or the user; None: an operator
    name: str = ""  # of an operator: the account of the machine; a token and a user have theirs in the store
    login_uuid: str | None = None  # of a user: the login that must not have ended
    team_id: int | None = None  # of a user: the team in which they act; None: in none
    role: Role | None = None  # what they are in it, and must be still
    platform: bool = False  # of a user: administers the platform, and must still
    address: str = ""  # where the call came from; empty: from this machine
    request_id: str = ""

    @property
    def opened_by(self) -> tuple[object, ...]:
        """What must still hold, the same for all calls of which it is the same: the token, or the login and its rights."""
        return self.kind, self.login_uuid or self.uuid, self.team_id, self.role, self.platform


@attrs.frozen
class Who:
    """Somebody who did something, as others see them later."""

    kind: ActorKind
    uuid: str | None  # of the token or the user
    name: str  # of the token, the user, or the operator's account; empty: not known


#: The node itself, such as a job that ends what was begun by somebody.
NODE: Final = Actor(ActorKind.OPERATOR, name="node")
