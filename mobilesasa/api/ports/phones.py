"""What the API needs of messages from phones, and of those who want none."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

from mobilesasa.core.actors import Actor
from mobilesasa.core.idempotency import Kept
from mobilesasa.core.inbound import Inbound
from mobilesasa.core.model import MessageId
from mobilesasa.core.optouts import Reason


class Inbox(Protocol):
    """The messages from phones to a team; another team's are not there (I6)."""

    async def find(self, team_id: int, message_id: MessageId) -> Inbound | None:
        """Return a message of the team, or None."""

    async def page(
        self,
        team_id: int,
        *,
        limit: int,
        offset: int,
        source: str | None = None,
        destination: str | None = None,
        before: MessageId | None = None,
    ) -> Sequence[Inbound]:
        """Return messages of the team, newest first.

        Args:
            team_id: whose.
            limit: how many at most.
            offset: how many of the newest are left out.
            source: only those from this number.
            destination: only those to this short code or number.
            before: only those older than this message.
        """

    async def count(
        self,
        team_id: int,
        *,
        source: str | None = None,
        destination: str | None = None,
        before: MessageId | None = None,
    ) -> tuple[int, bool]:
        """Return how many messages there are, and whether that is an estimate (it may be above 10,000)."""


class Suppression(Protocol):
    """Messages of a team that somebody does not get."""

    @property
    def uuid(self) -> str: ...
    @property
    def recipient(self) -> str: ...  # E.164 without the plus
    @property
    def sender(self) -> str: ...  # a name; empty: all of the team's
    @property
    def reason(self) -> Reason: ...
    @property
    def source_id(self) -> MessageId | None: ...
    @property
    def at_ms(self) -> int: ...


class Suppressions(Protocol):
    """The suppressions of a team; another team's are not there (I6)."""

    async def page(
        self, team_id: int, *, limit: int, offset: int, recipient: str | None = None, sender: str | None = None
    ) -> Sequence[Suppression]:
        """Return suppressions, newest first: those of a recipient, those for a sender (empty: for all), or both."""

    async def count(self, team_id: int, *, recipient: str | None = None, sender: str | None = None) -> tuple[int, bool]:
        """Return how many there are, and whether that is an estimate (it may be above 10,000)."""

    async def add(
        self, by: Actor, team_id: int, recipient: str, sender: str, kept: Callable[[Any], Kept | None]
    ) -> Suppression:
        """Suppress somebody; a second time changes nothing, and returns what there is.

        Args:
            by: who does.
            team_id: whose messages.
            recipient: E.164 without the plus.
            sender: a name; empty for all of the team's.
            kept: gives the reply to the call for what is returned, to be kept in the same commit.

        Raises:
            Repeated: the call has been done before; nothing was done now.
        """

    async def take_away(self, by: Actor, team_id: int, uuid: str) -> Suppression:
        """Take one away and return what it was.

        Raises:
            NotFound: the team has none of that uuid.
            BadValue: it is the operator's.
        """
