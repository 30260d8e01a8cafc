"""Keeping to the hours of countries: what waits when they end is put back, and gets the next hours.

The store lets nothing be claimed whose hours have ended. What was claimed before and waits here for its carrier is put back;
what is on the wire goes out.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence, Set
from typing import Final, Protocol

from twisted.logger import Logger

from mobilesasa.core.lanes import Queue
from mobilesasa.core.model import MessageId, Place
from mobilesasa.dispatch.hints import publish

KEEP_BACK_INTERVAL_S: Final = 2.0
MOVE_INTERVAL_S: Final = 5.0


class Closed(Protocol):
    """The store, as far as messages are concerned whose hours have ended."""

    async def move(self) -> tuple[int, Sequence[Place]]:
        """Give some of them the next hours; return how many there were, and those of them that go out now."""

    async def in_hand(self) -> frozenset[MessageId]:
        """Return those that this process has claimed."""


class Closing:
    """Does two rounds: one for what this process has claimed, and one, which one node does for all, for what waits.

    Args:
        closed: the store.
        queue: told of what goes out at once, for its hours have begun again.
        keep_back: has the dispatchers put messages back that no carrier has.
    """

    log = Logger()

    def __init__(self, closed: Closed, queue: Queue, keep_back: Callable[[Set[MessageId]], None]) -> None:
        self._closed = closed
        self._queue = queue
        self._keep_back = keep_back

    async def keep_back(self) -> None:
        """Put back what this process has claimed and whose hours have ended since."""
        ids = await self._closed.in_hand()
        if ids:
            self._keep_back(ids)

    async def move(self) -> None:
        """Give all that waits and whose hours have ended the next ones."""
        moved, waiting = await self._closed.move()
        total = moved
        while moved:
            publish(self._queue, waiting)
            moved, waiting = await self._closed.move()
            total += moved
        if total:
            self.log.info("{count} messages whose hours have ended wait for the next ones", count=total)
