"""What the API needs of the tokens of teams."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from mobilesasa.core.actors import Actor, Who


class Token(Protocol):
    """What is known of a token; its text is nowhere kept."""

    @property
    def uuid(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def prefix(self) -> str: ...  # the first characters of its text
    @property
    def scopes(self) -> Sequence[str]: ...
    @property
    def expires_at_ms(self) -> int | None: ...
    @property
    def created_at_ms(self) -> int: ...
    @property
    def revoked_at_ms(self) -> int | None: ...
    @property
    def status(self) -> str: ...  # active, revoked, expired
    @property
    def last_used_at_ms(self) -> int | None: ...
    @property
    def last_used_address(self) -> str | None: ...
    @property
    def creator_left(self) -> bool: ...  # the person who made it is no longer in the team
    @property
    def created_by(self) -> Who | None: ...
    @property
    def revoked_by(self) -> Who | None: ...


class Tokens(Protocol):
    """The tokens of teams; another team's are not there (I6)."""

    async def create(
        self, by: Actor, team_id: int, name: str, scopes: Sequence[str], expires_at_ms: int | None
    ) -> tuple[Token, str]:
        """Make one of a team; return what is known of it, and its text, which nobody can learn again.

        Raises:
            BadValue: the name, a scope, or an end in the past.
            AccessEnded: whoever makes it no longer may.
        """

    async def page(self, team_id: int, *, limit: int, offset: int) -> Sequence[Token]:
        """Return tokens of the team, newest first, with those that open nothing any more."""

    async def count(self, team_id: int) -> tuple[int, bool]:
        """Return how many tokens there are, and whether that is an estimate."""

    async def revoke(self, by: Actor, team_id: int, uuid: str) -> Token:
        """Revoke one of a team; a second time changes nothing.

        Raises:
            NotFound: the team has none of that uuid.
            AccessEnded: whoever revokes it no longer may.
        """
