"""The store, as the dispatcher and the receipts need it, in memory."""

from collections.abc import Sequence
from typing import Any

from twisted.internet.defer import Deferred, succeed

from mobilesasa.core.errors import StoreAway
from mobilesasa.core.model import (
    Coding,
    Lane,
    Later,
    MessageId,
    Notice,
    Outbound,
    Place,
    Report,
    Settled,
    Settlement,
)


def outbound(message_id: MessageId, **changes: Any) -> Outbound:
    """A message of one part that expires a minute after the epoch."""
    known: dict[str, Any] = {
        "id": message_id, "team_id": 1, "carrier_id": 1, "lane": Lane.TRANSACTIONAL, "sender": "TextBlast",
        "recipient": "254712345678", "text": "Hi", "body": None, "udh": b"", "coding": Coding.GSM7, "parts": 1,
        "expires_at_ms": 60_000, "attempt": 1,
    }  # fmt: skip
    return Outbound(**{**known, **changes})


class FakeJournal:
    """Holds what waits, and watches that nothing is claimed twice or settled without being claimed.

    Attributes:
        waiting: what can be claimed.
        claimed: what is in a hand.
        settled: every settlement that was written, in order.
        reported: every batch of receipts that was written.
        released: what was handed back, in order.
        away: the store raises `StoreAway`.
        held: while it is a list of names of calls, those wait for `let`.
        notices: what a settlement or a report brings about, by message or by the carrier's id.
        moved: where messages wait that go on to another carrier, by message.
    """

    def __init__(self) -> None:
        self.waiting: dict[MessageId, Outbound] = {}
        self.claimed: dict[MessageId, Outbound] = {}
        self.settled: list[Settlement] = []
        self.reported: list[list[Report]] = []
        self.released: list[MessageId] = []
        self.away = False
        self.broken: Exception | None = None
        self.held: set[str] = set()
        self.notices: dict[str, Notice] = {}
        self.moved: dict[MessageId, Place] = {}
        self.calls: list[str] = []
        self.patient: list[bool] = []  # whether each settlement could wait
        self._answers: dict[str, list[Deferred[None]]] = {"claim": [], "settle": [], "report": [], "release": []}

    def put(self, *messages: Outbound) -> list[MessageId]:
        """Let messages wait; return their ids."""
        self.waiting.update({message.id: message for message in messages})
        return [message.id for message in messages]

    def let(self, name: str, count: int | None = None) -> None:
        """Answer the oldest calls of this name that wait: all of them, or so many."""
        answers = self._answers[name]
        for answer in [answers.pop(0) for _ in range(len(answers) if count is None else count)]:
            answer.callback(None)

    async def claim(self, ids: Sequence[MessageId]) -> Sequence[Outbound | None]:
        await self._called("claim")
        found = [self.waiting.pop(message_id, None) for message_id in ids]
        self.claimed.update({message.id: message for message in found if message is not None})
        return found

    async def settle(self, batch: Sequence[Settlement], patient: bool = False) -> Sequence[Settled]:
        await self._called("settle")
        self.patient.append(patient)
        for item in batch:
            message = self.claimed.pop(item.message_id)
            if isinstance(item.outcome, Later):
                self.waiting[item.message_id] = message
        self.settled += batch
        found = [(self.notices.get(item.message_id), self.moved.get(item.message_id)) for item in batch]
        return [Settled(() if notice is None else (notice,), moved) for notice, moved in found]

    async def report(self, batch: Sequence[Report]) -> Sequence[Notice | None]:
        await self._called("report")
        self.reported.append(list(batch))
        return [self.notices.get(heard.ref) for heard in batch]

    async def release(self, ids: Sequence[MessageId]) -> None:
        await self._called("release")
        self.released += ids
        self.waiting.update({message_id: self.claimed.pop(message_id) for message_id in ids})

    async def _called(self, name: str) -> None:
        self.calls.append(name)
        waiting: Deferred[None] = succeed(None)
        if name in self.held:
            waiting = Deferred()
            self._answers[name].append(waiting)
        await waiting
        if self.broken is not None:
            raise self.broken
        if self.away:
            raise StoreAway("gone")
