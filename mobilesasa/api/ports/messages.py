"""What the API needs of the messages; of the stored ones `store.messages.History` is it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

from mobilesasa.core.actors import Actor
from mobilesasa.core.alterations import Alteration, Altered
from mobilesasa.core.filters import MessageFilter
from mobilesasa.core.idempotency import Kept
from mobilesasa.core.model import Failure, MessageId, Priced, State


class Progress(Protocol):
    """What has become of a stored message."""

    @property
    def state(self) -> State: ...
    @property
    def failure(self) -> Failure | None: ...
    @property
    def reason(self) -> str: ...  # a sentence; empty when there is none
    @property
    def error(self) -> str: ...  # the carrier's own code; empty when there is none
    @property
    def sent_at_ms(self) -> int | None: ...
    @property
    def done_at_ms(self) -> int | None: ...


Entry = tuple[Priced, Progress]

#: The text of a receipt, as a bind of the team gets it: of the message of this id, with so many parts, that ended so and then;
#: `notify.receipts.receipt_text` is it.
ReceiptText = Callable[[MessageId, int, State, Failure | None, int], str]


class Event(Protocol):
    """Something that happened to a message between its acceptance and its end."""

    @property
    def at_ms(self) -> int: ...
    @property
    def kind(self) -> str: ...  # "postponed", "uncertain", "refused", "rerouted", "replaced", "cancelled"
    @property
    def attempt(self) -> int: ...
    @property
    def carrier_id(self) -> int | None: ...
    @property
    def code(self) -> str: ...
    @property
    def reason(self) -> str: ...


class Story(Protocol):
    """All that is known of one message."""

    @property
    def message(self) -> Priced: ...
    @property
    def progress(self) -> Progress: ...
    @property
    def attempts(self) -> int: ...
    @property
    def parts(self) -> Sequence[tuple[str | None, State]]: ...  # the carrier's id of each part, and where it stands
    @property
    def events(self) -> Sequence[Event]: ...  # oldest first
    @property
    def resent_as(self) -> MessageId | None: ...  # the newest resend of it
    @property
    def neighbours(self) -> Sequence[Entry]: ...  # of a part that the team split: the parts about it (`core.groups`)


class Found(Protocol):
    """A part of a list."""

    @property
    def entries(self) -> Sequence[Entry]: ...
    @property
    def more(self) -> MessageId | None: ...  # behind which message the list goes on; None: this is its end


class MessageAlterations(Protocol):
    """What takes messages back; `smsc.operations.Operations` is it."""

    async def carry_out(self, team_id: int, batch: Sequence[Alteration], by: Actor | None = None) -> Sequence[Altered]:
        """Carry out a team's alterations in order.

        Raises:
            AccessEnded: who asks no longer may; nothing was altered.
        """

    def tell(self, done: Iterable[Altered]) -> None:
        """Bring the receipts that are owed now to the team."""


class History(Protocol):
    """The stored messages of a team; another team's are not there (I6)."""

    async def find(self, team_id: int, message_id: MessageId) -> Story | None:
        """Return all that is known of a message of the team, or None."""

    async def page(self, team_id: int, wanted: MessageFilter, *, limit: int, offset: int = 0) -> Found:
        """Return messages of the team, newest first.

        Args:
            team_id: whose.
            wanted: which of them.
            limit: how many at most; there may be fewer although the list goes on.
            offset: how many of the newest are left out.
        """

    async def count(self, team_id: int, wanted: MessageFilter) -> tuple[int, bool]:
        """Return how many messages there are, and whether that is an estimate (it may be above 10,000)."""

    async def resend(self, team_id: int, failed_id: MessageId, again: Priced, kept: Kept | None = None) -> None:
        """Store and charge a failed message anew, if it may be resent and there is no resend of it yet.

        Args:
            team_id: whose.
            failed_id: the failed message.
            again: the new one.
            kept: the reply to the call, kept in the same commit.

        Raises:
            NotFound, NotFailed, AlreadyResent, InsufficientUnits, Suppressed: nothing was stored, charged or kept.
            Repeated: the call has been done before; nothing was done now.
        """
