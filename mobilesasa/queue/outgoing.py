"""What waits to be published to RabbitMQ, and what was published and is not confirmed: bounded, in order, lane by lane."""

from __future__ import annotations

from collections import deque
from collections.abc import Container, Iterable, Sequence

import attrs

from mobilesasa.core.lanes import IDS_A_BODY
from mobilesasa.core.model import Lane, MessageId


@attrs.frozen(eq=False)
class Body:
    """What goes out as one message of RabbitMQ."""

    carrier_id: int
    lane: Lane
    ids: Sequence[MessageId]


@attrs.define(eq=False)
class _Lane:
    carrier_id: int
    lane: Lane
    ids: deque[MessageId] = attrs.field(factory=deque)
    out: int = 0  # published and not confirmed


class Outgoing:
    """The lanes on this side of RabbitMQ.

    Attributes:
        bound: ids kept over all lanes, at most (I7).
        waiting: ids kept: those to be published, and those that are not confirmed.
        dropped: ids that did not fit, ever; the store has them.
    """

    def __init__(self, bound: int) -> None:
        self.bound = bound
        self.waiting = 0
        self.dropped = 0
        self._lanes: dict[tuple[int, Lane], _Lane] = {}
        self._turns: dict[Lane, deque[_Lane]] = {lane: deque() for lane in Lane}  # those with ids

    def __bool__(self) -> bool:
        return any(self._turns.values())

    def carriers(self) -> set[int]:
        """Return the carriers that something waits for."""
        return {lane.carrier_id for turns in self._turns.values() for lane in turns}

    def add(self, carrier_id: int, lane: Lane, ids: Sequence[MessageId]) -> None:
        """Keep ids, as many as fit."""
        kept = ids[: max(self.bound - self.waiting, 0)]
        self.dropped += len(ids) - len(kept)
        if kept:
            self.waiting += len(kept)
            self._put(self._lane(carrier_id, lane), kept)

    def take(self, limit: int, ready: Container[int]) -> list[Body]:
        """Take up to so many bodies for carriers that are ready: a body a carrier in turn, bulk when nothing else is left."""
        taken: list[Body] = []
        for turns in self._turns.values():
            skipped: list[_Lane] = []
            while turns and len(taken) < limit:
                lane = turns.popleft()
                if lane.carrier_id not in ready:
                    skipped.append(lane)
                    continue
                ids = [lane.ids.popleft() for _ in range(min(IDS_A_BODY, len(lane.ids)))]
                lane.out += len(ids)
                taken.append(Body(lane.carrier_id, lane.lane, ids))
                if lane.ids:
                    turns.append(lane)
            turns.extend(skipped)
        return taken

    def confirmed(self, bodies: Iterable[Body]) -> None:
        """Forget bodies that were taken: RabbitMQ has them."""
        for body in bodies:
            self._lanes[body.carrier_id, body.lane].out -= len(body.ids)
            self.waiting -= len(body.ids)

    def put_back(self, bodies: Sequence[Body]) -> None:
        """Have bodies that were taken, in the order they were, wait again before all else of their lanes."""
        for body in reversed(bodies):
            lane = self._lanes[body.carrier_id, body.lane]
            lane.out -= len(body.ids)
            self._put(lane, body.ids, first=True)

    def of_lane(self, carrier_id: int, lane: Lane) -> int:
        """Return how many ids of a lane are kept."""
        kept = self._lanes.get((carrier_id, lane))
        return 0 if kept is None else len(kept.ids) + kept.out

    def _lane(self, carrier_id: int, lane: Lane) -> _Lane:
        found = self._lanes.get((carrier_id, lane))
        if found is None:
            found = self._lanes[carrier_id, lane] = _Lane(carrier_id, lane)
        return found

    def _put(self, lane: _Lane, ids: Sequence[MessageId], first: bool = False) -> None:
        if not lane.ids:
            self._turns[lane.lane].append(lane)
        if first:
            lane.ids.extendleft(reversed(ids))
        else:
            lane.ids.extend(ids)
