"""What the API needs of the sender names of teams."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

from mobilesasa.core.actors import Actor
from mobilesasa.core.idempotency import Kept
from mobilesasa.core.sender_names import NewSender
from mobilesasa.core.senders import SenderClass, SenderStatus


class Sender(Protocol):
    """A sender name, and what was said about it."""

    @property
    def uuid(self) -> str: ...
    @property
    def team_code(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def status(self) -> SenderStatus: ...
    @property
    def sender_class(self) -> SenderClass: ...
    @property
    def countries(self) -> Sequence[str]: ...  # for which it was asked; none: the team's own
    @property
    def asked_networks(self) -> Sequence[str]: ...  # for which it was asked; none: all
    @property
    def networks(self) -> Sequence[str]: ...  # that it is approved for; none: all
    @property
    def note(self) -> str: ...
    @property
    def document_uuid(self) -> str | None: ...
    @property
    def reason(self) -> str: ...
    @property
    def is_default(self) -> bool: ...
    @property
    def created_at_ms(self) -> int: ...
    @property
    def decided_at_ms(self) -> int | None: ...


class Senders(Protocol):
    """The sender names of teams; where a team is named, another's are not there (I6)."""

    async def find(self, uuid: str, team_id: int | None = None) -> Sender:
        """Return a sender.

        Raises:
            NotFound: there is none.
        """

    async def page(
        self, team_id: int | None, status: SenderStatus | None, *, limit: int, offset: int
    ) -> Sequence[Sender]:
        """Return senders of a team, or of all, newest first; of all where no status is named."""

    async def count(self, team_id: int | None, status: SenderStatus | None) -> tuple[int, bool]:
        """Return how many there are, and whether that is an estimate."""

    async def request(self, by: Actor, team_id: int, new: NewSender, kept: Callable[[Any], Kept | None]) -> Sender:
        """Keep the request of a team for a sender name.

        Args:
            by: who asks.
            team_id: for which team.
            new: what is asked for.
            kept: gives the reply to the call, to be kept in the same commit.

        Raises:
            AlreadyExists: the team has it, or has asked for it.
            BadValue: the name or what is said of it, or too many requests wait.
            Repeated: the call has been done before; nothing was done now.
        """

    async def withdraw(self, by: Actor, team_id: int, uuid: str) -> Sender:
        """Take back a request, or forget a rejected one; return what it was.

        Raises:
            NotFound: the team has none of that uuid.
            SenderDecided: it is approved or suspended.
        """

    async def set_default(self, by: Actor, team_id: int, asked: str | None) -> Sender | None:
        """Make an approved sender, by name or uuid, the team's default, or none.

        Raises:
            SenderNotApproved: it is none of the team's, or not approved.
        """

    async def decide(
        self,
        by: Actor,
        uuid: str,
        status: SenderStatus,
        reason: str = "",
        networks: Sequence[str] | None = None,
        sender_class: SenderClass | None = None,
    ) -> Sender:
        """Approve, reject or suspend a sender; with no networks named it is approved for those that were asked for.

        Raises:
            NotFound: there is none of that uuid.
            BadValue: a rejection without a reason, or what is no network.
        """
