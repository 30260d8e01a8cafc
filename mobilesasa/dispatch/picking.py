"""What goes out next: lanes by their shares, and bulk within what the carrier lets it have."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Sequence

from mobilesasa.core.model import Lane, Outbound
from mobilesasa.dispatch.retreat import Retreat
from mobilesasa.dispatch.shares import Shares


class Picker:
    """Picks for one carrier.

    Attributes:
        retreat: what bulk may have of a carrier that throttles.
        out_parts: parts on the wire or being written down.
    """

    def __init__(self, first: deque[Outbound], second: deque[Outbound]) -> None:
        """Pick from these: what is transactional, and bulk; both stay the same objects."""
        self.retreat = Retreat()
        self.out_parts = 0
        self._bulk_out_parts = 0
        self._first, self._second = first, second
        self._shares = Shares()

    def pick(self, room: int, window: int, now_s: float, now_ms: int, expired: list[Outbound]) -> list[Outbound]:
        """Take out what fits the room; what has expired goes to `expired`, and counts as out like all others.

        One wider than the window goes alone, and nobody overtakes it. While bulk retreats it has half of the window at most:
        the refused ones of it wait at the carrier, and what is transactional must find room beside them.
        """
        first, second, shares = self._first, self._second, self._shares
        bulk_room = self._bulk_room(window, now_s) if second else 0
        batch: list[Outbound] = []
        bulk_parts = 0
        while first or (second and bulk_room > bulk_parts):
            bulk = shares.bulk_next(bool(first), bool(second) and bulk_room > bulk_parts)
            message = second[0] if bulk else first[0]
            if message.expires_at_ms <= now_ms:
                expired.append(message)
            else:
                if message.parts > room and self.out_parts:
                    break
                if first and second and bulk_room > bulk_parts:
                    shares.took(message.parts, bulk)
                if bulk:
                    bulk_parts += message.parts
                room -= message.parts
                batch.append(message)
            self._out(message)
            (second if bulk else first).popleft()
        if bulk_parts:
            self.retreat.spend(bulk_parts)
        return batch

    def _bulk_room(self, window: int, now_s: float) -> float:
        allowed = self.retreat.room(now_s)
        return math.inf if allowed is None else min(allowed, max(1, window // 2) - self._bulk_out_parts)

    def _out(self, message: Outbound) -> None:
        self.out_parts += message.parts
        if message.lane is Lane.BULK:
            self._bulk_out_parts += message.parts

    def take_out(self, messages: Sequence[Outbound]) -> None:
        """Count messages as out that were not picked."""
        for message in messages:
            self._out(message)

    def written(self, messages: Sequence[Outbound]) -> None:
        """Learn that what became of these is written down: they are out no more."""
        self.out_parts -= sum([message.parts for message in messages])
        self._bulk_out_parts -= sum([message.parts for message in messages if message.lane is Lane.BULK])

    def wait_s(self, now_s: float) -> float:
        """Return in how many seconds bulk may have more; 0 where nothing but room keeps it."""
        return self.retreat.wait_s(now_s) if self._second else 0.0
