"""Lets all nodes know how the carriers stand: each says it of those that it runs, and hears it of the others."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime
from twisted.internet.task import LoopingCall
from twisted.logger import Logger

from mobilesasa.core.errors import StoreAway
from mobilesasa.core.routing import Standing
from mobilesasa.core.teams import CurrentDirectory
from mobilesasa.dispatch.fleet import Fleet

LOOK_S: Final = 1.0
AGAIN_S: Final = 15.0  # what has not changed is said again, and heard again in case a word was lost


class Standings:
    """Says and hears.

    Args:
        fleet: the carriers of this node.
        directory: where the choice between carriers reads how they stand; `dispatch.watch` writes there of our own.
        tell: tells the other nodes through the store.
        troubles: reads what the other nodes have told.
        clock: keeps the rounds.
    """

    log = Logger()

    def __init__(
        self,
        fleet: Fleet,
        directory: CurrentDirectory,
        tell: Callable[[Mapping[int, Standing]], Awaitable[None]],
        troubles: Callable[[], Awaitable[Mapping[int, Standing]]],
        clock: IReactorTime,
    ) -> None:
        """Start nothing yet."""
        self._fleet = fleet
        self._directory = directory
        self._tell = tell
        self._troubles = troubles
        self._clock = clock
        self._told: dict[int, Standing] = {}
        self._told_at_s = float("-inf")
        self._foreign: set[int] = set()  # the carriers of others whose trouble we have noted
        self._call = LoopingCall(self._round)
        self._call.clock = clock
        self._ended: Deferred[LoopingCall] | None = None

    def start(self) -> None:
        """Begin the rounds."""
        self._ended = self._call.start(LOOK_S)

    async def stop(self) -> None:
        """End the rounds; returns when none is under way."""
        if self._call.running:
            self._call.stop()
        if self._ended is not None:
            await self._ended

    def heard(self) -> None:
        """Learn that another node has told something new."""
        Deferred.fromCoroutine(self._guarded(self._hear))

    def _round(self) -> Deferred[None]:
        return Deferred.fromCoroutine(self._guarded(self._say))

    async def _guarded(self, work: Callable[[], Awaitable[None]]) -> None:
        try:
            await work()
        except StoreAway as error:
            self.log.debug("how carriers stand is not known elsewhere: {error}", error=error)
        except Exception:  # noqa: BLE001 - an edge: one bad round must not end the rounds
            self.log.failure("how carriers stand could not be told")

    async def _say(self) -> None:
        troubles, now_s = self._directory.live.troubles, self._clock.seconds()
        ours = {carrier_id: troubles.get(carrier_id, Standing.UP) for carrier_id in self._fleet.running}
        again = now_s - self._told_at_s >= AGAIN_S
        if ours != self._told or again:
            if ours:
                await self._tell(ours)
            self._told, self._told_at_s = ours, now_s
        if again:
            await self._hear()

    async def _hear(self) -> None:
        told = await self._troubles()
        troubles, running = self._directory.live.troubles, self._fleet.running
        for carrier_id in self._foreign - told.keys() - running.keys():
            troubles.pop(carrier_id, None)
        self._foreign = set(told.keys() - running.keys())
        troubles.update({carrier_id: told[carrier_id] for carrier_id in self._foreign})
