"""A store and a queue for the gateway, in memory."""

from collections.abc import Callable, Sequence

from twisted.internet.defer import Deferred

from mobilesasa.core.errors import InsufficientUnits, Refused
from mobilesasa.core.idempotency import Kept, Mark
from mobilesasa.core.model import Lane, MessageId, Priced
from tests.fakes.keys import FakeKeys


class FakeIntake:
    """Stores what a team can pay for. While `held` is a list, batches wait in it for `release`."""

    def __init__(self) -> None:
        self.stored: list[Priced] = []
        self.batches: list[int] = []
        self.balance: dict[int, int] = {}
        self.failing: Exception | None = None
        self.refusing: Refused | None = None  # what is said to every message
        self.asked: list[Priced] = []
        self.held: list[Deferred[None]] | None = None
        self.keys = FakeKeys()

    async def accept(self, batch: Sequence[Priced]) -> Sequence[Refused | None]:
        self.batches.append(len(batch))
        if self.held is not None:
            waiting: Deferred[None] = Deferred()
            self.held.append(waiting)
            await waiting
        if self.failing is not None:
            raise self.failing
        self.asked += batch
        return [self.refusing or self._charge(message) for message in batch]

    async def accept_once(self, message: Priced, kept: Kept) -> None:
        self.keys.check(kept)
        (refusal,) = await self.accept([message])
        if refusal is not None:
            raise refusal
        self.keys.keep(kept)

    async def accept_many_once(
        self, batch: Sequence[Priced], mark: Mark, reply: Callable[[Sequence[Refused | None]], bytes]
    ) -> Sequence[Refused | None]:
        self.keys.check(Kept(mark, b""))
        refusals = await self.accept(batch)
        if not all(refusals):
            self.keys.keep(Kept(mark, reply(refusals)))
        return refusals

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
