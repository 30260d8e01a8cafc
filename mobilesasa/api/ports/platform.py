"""What the API needs of the platform as a whole, for operators: its carriers, and the receipts that fit no message."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from mobilesasa.core.actors import Actor
from mobilesasa.core.idempotency import Kept
from mobilesasa.core.model import MessageId, Report


class Carriers(Protocol):
    """The carriers of the platform, and how each stands at the node that has it."""

    async def carriers(self) -> Sequence[Mapping[str, object]]:
        """Return all of them by name, each as a `CarrierShown`."""

    async def carrier(self, name: str) -> Mapping[str, object] | None:
        """Return one as a `CarrierShown`, whatever the case of its name; None when there is none."""


class Parked(Protocol):
    """A receipt that waits for its message."""

    @property
    def id(self) -> int: ...
    @property
    def carrier(self) -> str: ...  # its name, or its number when it is gone
    @property
    def report(self) -> Report: ...
    @property
    def at_ms(self) -> int: ...  # when it came


class Match(Protocol):
    """A parked receipt, and the part for which it is settled."""

    @property
    def id(self) -> int: ...
    @property
    def message_id(self) -> MessageId: ...
    @property
    def part(self) -> int: ...
    @property
    def report(self) -> Report: ...  # with the carrier's id of the part


class Retry(Protocol):
    """How far a second look at parked receipts has come."""

    @property
    def after(self) -> int: ...  # the last one that was looked at
    @property
    def looked_at(self) -> int: ...
    @property
    def matched(self) -> int: ...
    @property
    def done(self) -> bool: ...


class Tray(Protocol):
    """The receipts from carriers whose message nobody knows."""

    async def page(self, carrier_id: int | None, limit: int, offset: int) -> Sequence[Parked]:
        """Return receipts of one carrier or of all, newest first."""

    async def count(self, carrier_id: int | None) -> tuple[int, bool]:
        """Return how many there are, and whether that is an estimate (it may be above 10,000)."""

    async def match(
        self,
        by: Actor,
        parked_id: int,
        kept: Callable[[Any], Kept | None],
        *,
        message_id: MessageId | None = None,
        part: int | None = None,
        ref: str | None = None,
    ) -> Match:
        """Settle a receipt as that of a part: of a message, or of a carrier's id.

        Args:
            by: who does.
            parked_id: which receipt.
            kept: gives the reply to the call for the match, to be kept in the same commit.
            message_id: the message.
            part: which part of it, from 1; needed when several wait for a receipt.
            ref: instead, the carrier's id of the part.

        Raises:
            NotFound: there is no such receipt, or no such message.
            BadValue: the part waits for no receipt of this carrier, or several do.
            Repeated: the call has been done before; nothing was done now.
        """

    async def retry(self, by: Actor, carrier_id: int | None, after: int, limit: int) -> Retry:
        """Settle those that fit a message now, of one carrier or of all: of the next so many behind one, oldest first."""

    async def retry_one(self, by: Actor, parked_id: int) -> bool:
        """Settle one if it fits a message now; say whether it did.

        Raises:
            NotFound: there is no such receipt.
        """
