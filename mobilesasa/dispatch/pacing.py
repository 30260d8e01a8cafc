"""Holds new messages back a little while this node, and not a carrier, is what keeps them from going out.

Taking a message costs less than carrying it. Teams that submit as fast as they are answered would therefore pile up
messages for as long as they go on, each waiting longer than the one before. So the answer comes later the more there
are: a team with a full window slows down to what the node carries. A slow or dead carrier slows nobody (I9), nor does
bulk that waits: it gives way to the rest, and a million of it may wait (I8).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from twisted.internet.interfaces import IReactorTime
from twisted.internet.task import deferLater

from mobilesasa.core.errors import Overloaded, Refused
from mobilesasa.core.idempotency import Kept, Mark
from mobilesasa.core.model import Priced
from mobilesasa.core.ports import Intake

MESSAGES_A_S = 200_000  # a backlog of so many holds new ones back for a second, were there no bound:
PAUSE_MAX_S = 0.2
PAUSE_MIN_S = 0.001  # a shorter one is none, for it costs a turn of the reactor, which is as long; no more often the backlog is counted
_STEP_S = 1e-6


class PacedIntake:
    """An `Intake` before another one.

    Args:
        intake: the store.
        backlog: messages that wait although their carrier has room; see `Dispatcher.backlog`.
        full: whether the queue takes nothing more, for who passes its hints on is away.
        clock: for waiting.
    """

    def __init__(
        self, intake: Intake, backlog: Callable[[], int], full: Callable[[], bool], clock: IReactorTime
    ) -> None:
        self._intake = intake
        self._backlog = backlog
        self._full = full
        self._clock = clock
        self._free_at_s = 0.0
        self._pause_s = 0.0  # as of a moment ago
        self._looked_at_s = -1.0

    async def accept(self, batch: Sequence[Priced]) -> Sequence[Refused | None]:
        """See `Intake`; batches keep their order.

        Raises:
            Overloaded: see `full`; nothing was stored.
        """
        await self._hold_back()
        return await self._intake.accept(batch)

    async def accept_once(self, message: Priced, kept: Kept) -> None:
        """See `Intake`."""
        await self._hold_back()
        await self._intake.accept_once(message, kept)

    async def accept_many_once(
        self, batch: Sequence[Priced], mark: Mark, reply: Callable[[Sequence[Refused | None]], bytes]
    ) -> Sequence[Refused | None]:
        """See `Intake`."""
        await self._hold_back()
        return await self._intake.accept_many_once(batch, mark, reply)

    async def _hold_back(self) -> None:
        if self._full():
            raise Overloaded("too many messages wait for the queue, which is away; try again in a moment")
        now_s = self._clock.seconds()
        if now_s - self._looked_at_s >= PAUSE_MIN_S:
            pause_s = min(self._backlog() / MESSAGES_A_S, PAUSE_MAX_S)
            self._pause_s, self._looked_at_s = pause_s if pause_s >= PAUSE_MIN_S else 0.0, now_s
        wait_s = max(self._pause_s, self._free_at_s - now_s)
        if wait_s > 0:
            self._free_at_s = now_s + wait_s + _STEP_S
            await deferLater(self._clock, wait_s)
