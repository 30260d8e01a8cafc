"""A store of one lane, for queues that read what no hint named."""

from collections.abc import Sequence

import attrs
from twisted.internet.defer import Deferred

from mobilesasa.core.errors import StoreAway
from mobilesasa.core.model import Lane, MessageId
from tests.queue.contract import FAST


@attrs.define
class Rows:
    """A store with what waits in lane FAST of carrier 1; while `held` is a list, answers wait in it."""

    waiting: list[MessageId] = attrs.field(factory=list)
    asked: list[tuple[int, Lane, MessageId | None, int]] = attrs.field(factory=list)
    away: bool = False
    held: list[Deferred[None]] | None = None

    async def refill(self, carrier_id: int, lane: Lane, after: MessageId | None, limit: int) -> Sequence[MessageId]:
        self.asked.append((carrier_id, lane, after, limit))
        behind = sorted(each for each in self.waiting if each > (after or ""))
        found = behind[:limit] if (carrier_id, lane) == (1, FAST) else []  # what the statement saw
        if self.held is not None:
            answer: Deferred[None] = Deferred()
            self.held.append(answer)
            await answer
        if self.away:
            raise StoreAway("gone")
        return found

    def of_lane(self, lane: Lane) -> int:
        return sum(asked[1] is lane for asked in self.asked)
