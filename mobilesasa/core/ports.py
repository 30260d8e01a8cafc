"""What the rules need from the world; `store`, `queue` and `carriers` provide it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

from mobilesasa.core.errors import Refused
from mobilesasa.core.idempotency import Kept, Mark
from mobilesasa.core.inbound import Arrival, InboundPart, Owed, Taken
from mobilesasa.core.model import Lane, MessageId, Notice, Outbound, Outcome, Priced, Report, Settled, Settlement


class Intake(Protocol):
    """The store, as the gateway needs it."""

    async def accept(self, batch: Sequence[Priced]) -> Sequence[Refused | None]:
        """Charge and store in one commit; None for what is stored. Returns only after the commit (I1).

        What is not stored is an `InsufficientUnits`, a `Suppressed` of a message that is suppressible, or an `AccessEnded` of
        one whose `by` no longer may send.
        """

    async def accept_once(self, message: Priced, kept: Kept) -> None:
        """Charge and store a message and keep the reply to its team's call, all in one commit or nothing of it.

        Raises:
            InsufficientUnits: the team cannot pay.
            Suppressed: the recipient is not to get it.
            AccessEnded: who sends it no longer may.
            Repeated: the call has been done before.
        """

    async def accept_many_once(
        self, batch: Sequence[Priced], mark: Mark, reply: Callable[[Sequence[Refused | None]], bytes]
    ) -> Sequence[Refused | None]:
        """Charge and store as `accept` does, and keep the reply made of what it returns, all in one commit.

        Where nothing is stored nothing is kept.

        Raises:
            Repeated: the call has been done before; nothing was done now.
        """


class Publisher(Protocol):
    """The queue, as the gateway needs it."""

    def publish(self, carrier_id: int, lane: Lane, ids: Sequence[MessageId]) -> None:
        """Hint that these rows wait for their carrier. Never fails: the rows are the truth."""


class CarrierListener(Protocol):
    """Who is told what a carrier answers; each call carries what one socket turn brought."""

    def settled(self, outcomes: Sequence[tuple[Outbound, Outcome]]) -> None:
        """Take the carrier's answers."""

    def reported(self, reports: Sequence[Report], acknowledge: Callable[[], None]) -> None:
        """Take receipts; call `acknowledge` when they are written down, and not before."""

    def received_from_phones(self, parts: Sequence[InboundPart], acknowledge: Callable[[Sequence[bool]], None]) -> None:
        """Take messages from phones, or parts of such; call `acknowledge` once, and tell of each whether it is kept."""

    def room_changed(self) -> None:
        """Learn that `room()` may have grown."""

    def throttled(self) -> None:
        """Learn that the carrier asked for fewer; what it did not take is with it still, or gets its outcome."""

    @property
    def in_trouble(self) -> bool:
        """Whether what the carrier leaves unanswered is to go back at once, for another may take it; else it is resent."""


class Carrier(Protocol):
    """An upstream wire. It answers each message that it is handed with exactly one outcome."""

    name: str

    @property
    def window(self) -> int:
        """How many parts may be under way or not yet written down at once (I3)."""

    def room(self) -> int:
        """Return how many parts it would put on the wire now: 0 when unbound, throttled, or over its rate."""

    def submit(self, batch: Sequence[Outbound]) -> None:
        """Put messages on the wire, in order; the answers come to the listener."""


class Journal(Protocol):
    """The store, as the dispatcher needs it; each call shares a commit with whatever else is waiting.

    All of them raise when the store is away; what they were given is then to be given again.
    """

    def claim(self, ids: Sequence[MessageId]) -> Awaitable[Sequence[Outbound | None]]:
        """Mark messages as in this process's hand; None for what is finished, not due, or held elsewhere."""

    def settle(self, batch: Sequence[Settlement], patient: bool = False) -> Awaitable[Sequence[Settled]]:
        """Write down what carriers answered; it may wait a moment for more where that is `patient`."""

    def report(self, batch: Sequence[Report]) -> Awaitable[Sequence[Notice | None]]:
        """Write down receipts."""

    def release(self, ids: Sequence[MessageId]) -> Awaitable[None]:
        """Hand back what was claimed and given to no carrier."""


class Notifier(Protocol):
    """Tells the teams."""

    def owe(self, notices: Sequence[Owed]) -> None:
        """Bring these notices, which are in the spool already, to their teams."""


class InboundJournal(Protocol):
    """The store, as messages from phones need it."""

    def take_in(self, batch: Sequence[Arrival]) -> Awaitable[Sequence[Taken | None]]:
        """Keep what came; None for what cannot be kept. Raises when the store is away."""

    def close_incomplete(self, hours: int, limit: int) -> Awaitable[Sequence[Taken]]:
        """Join sets of which a part has waited for so long, with what is there."""

    def tidy_inbound(self, limit: int) -> Awaitable[int]:
        """Forget what is remembered no longer; return how many messages wait for parts."""


Verdict = Priced | Refused
