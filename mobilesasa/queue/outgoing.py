"""What waits to be published to RabbitMQ, and what was published and is not confirmed: bounded, in order, lane by lane."""

from __future__ import annotations

from collections import deque
from collections.abc import Container, Iterable, Sequence
from typing import Final

import attrs

from mobilesasa.core.lanes import IDS_A_BODY
from mobilesasa.core.model import Lane, MessageId

# Bodies of a lane that are out at once. Of a quorum queue that does not answer RabbitMQ keeps 32 before it reads no more from the
# channel (quorum_commands_soft_limit, 3.10.8).
LANE_WINDOW: Final = 30
REFUSALS: Final = 3  # in a row, one a second
REFUSED_SHARE: Final = 20  # a refused lane keeps the twentieth part of the bound


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
    out: int = 0  # ids published and not confirmed
    bodies_out: int = 0
    owed_since: tuple[float, int] = (
        0.0,
        0,
    )  # when RabbitMQ last confirmed a body of it, or began to owe that; and its turn
    refusals: int = 0  # in a row
    is_aside: bool = False
    is_unserved: bool = False  # it is aside, and not by chance

    @property
    def kept(self) -> int:
        return len(self.ids) + self.out

    @property
    def is_refused(self) -> bool:
        return self.is_unserved or self.refusals >= REFUSALS

    def room(self) -> int:
        """How many bodies may be published: of a lane that refuses one, to see whether it still does."""
        return 0 if self.is_aside else (1 if self.refusals else LANE_WINDOW) - self.bodies_out


class Outgoing:
    """The lanes on this side of RabbitMQ.

    A lane that RabbitMQ *refuses*, for it takes none of its bodies again and again or does not serve its carrier, keeps a share
    of the bound and no more, for the others need the rest (I9).

    Attributes:
        bound: ids kept over all lanes, at most (I7).
        waiting: ids kept: those to be published, and those that are not confirmed.
        dropped: ids that did not fit, ever; the store has them.
    """

    def __init__(self, bound: int) -> None:
        self.bound = bound
        self.waiting = 0
        self.dropped = 0
        self._turns_taken = 0
        self._lanes: dict[tuple[int, Lane], _Lane] = {}
        self._turns: dict[Lane, deque[_Lane]] = {lane: deque() for lane in Lane}  # those with ids

    def __bool__(self) -> bool:
        return any(self._turns.values())

    def carriers(self) -> set[int]:
        """Return the carriers that something waits for."""
        return {lane.carrier_id for turns in self._turns.values() for lane in turns}

    @property
    def refused(self) -> set[int]:
        """The carriers of which RabbitMQ refuses a lane."""
        return {lane.carrier_id for lane in self._lanes.values() if lane.is_refused}

    def add(self, carrier_id: int, lane: Lane, ids: Sequence[MessageId]) -> None:
        """Keep ids, as many as fit."""
        place = self._lane(carrier_id, lane)
        room = self.bound - self.waiting
        if place.is_refused:
            room = min(room, self._share - place.kept)
        kept = ids[: max(room, 0)]
        self.dropped += len(ids) - len(kept)
        if kept:
            self.waiting += len(kept)
            self._put(place, kept)

    def take(self, limit: int, ready: Container[int], now_s: float) -> list[Body]:
        """Take up to so many bodies for carriers that are ready: a body a carrier in turn, bulk when nothing else is left.

        Of a lane no more than `LANE_WINDOW` are out at once.
        """
        taken: list[Body] = []
        for turns in self._turns.values():
            skipped: list[_Lane] = []
            while turns and len(taken) < limit:
                lane = turns.popleft()
                if lane.carrier_id not in ready or lane.room() <= 0:
                    skipped.append(lane)
                    continue
                taken.append(self._next_body(lane, now_s))
                if lane.ids:
                    turns.append(lane)
            turns.extend(skipped)
        return taken

    def confirmed(self, bodies: Iterable[Body], now_s: float) -> set[int]:
        """Forget bodies that were taken, for RabbitMQ has them; return the carriers of which it refuses nothing any more."""
        recovered: set[int] = set()
        for body in bodies:
            lane = self._returned(body)
            lane.owed_since = self._turn(now_s)
            self.waiting -= len(body.ids)
            if lane.refusals:
                lane.refusals = 0
                recovered.add(body.carrier_id)
        return recovered - {lane.carrier_id for lane in self._lanes.values() if lane.refusals}

    def put_back(self, bodies: Sequence[Body]) -> None:
        """Have bodies that were taken, in the order they were, wait again before all else of their lanes."""
        for body in reversed(bodies):
            lane = self._returned(body)
            self._put(lane, body.ids, first=True)

    def refuse(self, bodies: Iterable[Body]) -> set[int]:
        """Count a refusal of the lanes of bodies that were put back; return their carriers that had none before."""
        lanes = {id(lane): lane for lane in (self._lanes[body.carrier_id, body.lane] for body in bodies)}
        first: set[int] = set()
        for lane in lanes.values():
            if not any(self._lanes[each].refusals for each in self._lanes if each[0] == lane.carrier_id):
                first.add(lane.carrier_id)
            lane.refusals += 1
            self._cut(lane)
        return first

    def lay_aside(self, carrier_id: int, aside: bool, unserved: bool) -> None:
        """Take nothing of a carrier's lanes, or go on with them; keep their share alone where they are `unserved`."""
        for which in Lane:
            lane = self._lane(carrier_id, which)
            lane.is_aside, lane.is_unserved = aside, unserved
            self._cut(lane)

    def silent(self, before_s: float) -> int | None:
        """Return the carrier for which RabbitMQ owes a confirm since a time or longer; of several the first that it was owed."""
        owed = [(*lane.owed_since, lane.carrier_id) for lane in self._lanes.values() if lane.bodies_out]
        since_s, _, carrier_id = min(owed, default=(before_s + 1, 0, 0))
        return carrier_id if since_s <= before_s else None

    def of_lane(self, carrier_id: int, lane: Lane) -> int:
        """Return how many ids of a lane are kept."""
        kept = self._lanes.get((carrier_id, lane))
        return 0 if kept is None else kept.kept

    @property
    def _share(self) -> int:
        return max(self.bound // REFUSED_SHARE, 1)

    def _cut(self, lane: _Lane) -> None:
        """Leave a refused lane its share: what is named last goes first, for the oldest are next."""
        if not lane.is_refused:
            return
        too_many = min(lane.kept - self._share, len(lane.ids))
        for _ in range(too_many):
            lane.ids.pop()
        if too_many > 0:
            self.waiting -= too_many
            self.dropped += too_many
            if not lane.ids:
                self._turns[lane.lane].remove(lane)

    def _returned(self, body: Body) -> _Lane:
        """Note that a body is out no more."""
        lane = self._lanes[body.carrier_id, body.lane]
        lane.out -= len(body.ids)
        lane.bodies_out -= 1
        return lane

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

    def _next_body(self, lane: _Lane, now_s: float) -> Body:
        """Take a body out of a lane."""
        ids = [lane.ids.popleft() for _ in range(min(IDS_A_BODY, len(lane.ids)))]
        if not lane.bodies_out:
            lane.owed_since = self._turn(now_s)
        lane.out += len(ids)
        lane.bodies_out += 1
        return Body(lane.carrier_id, lane.lane, ids)

    def _turn(self, now_s: float) -> tuple[float, int]:
        self._turns_taken += 1
        return now_s, self._turns_taken
