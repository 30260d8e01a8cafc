"""A store and a queue for the gateway, in memory."""

from collections.abc import Sequence

from twisted.internet.defer import Deferred

from mobilesasa.core.errors import InsufficientUnits
from mobilesasa.core.idempotency import Kept
from mobilesasa.core.model import Lane, MessageId, Priced
from tests.fakes.keys import FakeKeys


class FakeIntake:
    """Stores what a team can pay for. While `held` is a list, batches wait in it for `release`."""

    def __init__(self) -> None:
        self.stored: list[Priced] = []
        self.batches: list[int] = []
        self.balance: dict[int, int] = {}
        self.failing: Exception | None = None
        self.held: list[Deferred[None]] | None = None
        self.keys = FakeKeys()

    async def accept(self, batch: Sequence[Priced]) -> Sequence[InsufficientUnits | None]:
        self.batches.append(len(batch))
        if self.held is not None:
            waiting: Deferred[None] = Deferred()
            self.held.append(waiting)
            await waiting
        if self.failing is not None:
            raise self.failing
        return [self._charge(message) for message in batch]

    async def accept_once(self, message: Priced, kept: Kept) -> None:
        self.keys.check(kept)
        (refusal,) = await self.accept([message])
        if refusal is not None:
            raise refusal
        self.keys.keep(kept)

    def hold(self) -> None:
        """Let the commits of batches wait for `release`."""
        self.held = []

    def release(self, place: int = 0) -> None:
        """Commit the batch at this place among those that wait."""
        assert self.held is not None
        self.held.pop(place).callback(None)

    def _charge(self, message: Priced) -> InsufficientUnits | None:
        if self.balance.get(message.team_id, 1_000_000) < message.price_units:
            return InsufficientUnits(message.price_units)
        self.balance[message.team_id] = self.balance.get(message.team_id, 1_000_000) - message.price_units
        self.stored.append(message)
        return None


class FakeQueue:
    """Remembers what was hinted."""

    def __init__(self) -> None:
        self.published: list[tuple[int, Lane, list[MessageId]]] = []

    def publish(self, carrier_id: int, lane: Lane, ids: Sequence[MessageId]) -> None:
        self.published.append((carrier_id, lane, list(ids)))
