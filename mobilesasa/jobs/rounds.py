"""The rounds of a chore that one node does for all: one at a time, soon after a hint, and every so often without one."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.logger import Logger

from mobilesasa.core.errors import StoreAway


class Rounds:
    """Keeps them.

    Args:
        what: the chore, for the log, such as "campaigns".
        round_: does a round, told whether there was a hint; returns after how many seconds the next one begins.
        rest_s: that, where a round fails.
        clock: keeps the time.
    """

    log = Logger()

    def __init__(
        self, what: str, round_: Callable[[bool], Awaitable[float]], rest_s: float, clock: IReactorTime
    ) -> None:
        """Begin nothing yet."""
        self._what = what
        self._do = round_
        self._rest_s = rest_s
        self._clock = clock
        self._ours = self._started = self._stopping = False
        self._round: Deferred[None] | None = None
        self._next: IDelayedCall | None = None
        self._told = False  # while a round was under way

    @property
    def may_go_on(self) -> bool:
        """Whether this node has the chore, and goes on with it."""
        return self._ours and self._started and not self._stopping

    def start(self) -> None:
        """Be ready; nothing is done before `do_jobs`."""
        self._started = True
        self.look()

    def do_jobs(self, ours: bool) -> None:
        """Do the chore from now on, or leave that to another node."""
        self._ours = ours
        self.look()

    def look(self) -> None:
        """Begin a round soon; called when there may be something to do."""
        self._told = True
        if self._round is None:
            self._begin()

    async def stop(self) -> None:
        """Begin nothing more; returns when what is in hand is written down."""
        self._stopping = True
        self._cancel_next()
        if self._round is not None:
            await self._round

    def _begin(self) -> None:
        if not self.may_go_on:
            return
        self._cancel_next()
        hinted, self._told = self._told, False
        done: Deferred[None] = Deferred()
        self._round = done
        Deferred.fromCoroutine(self._guarded(hinted)).addCallback(self._ended, done)

    def _ended(self, wait_s: float, done: Deferred[None]) -> None:
        self._round = None
        if self.may_go_on:
            self._next = self._clock.callLater(0.0 if self._told else max(wait_s, 0.0), self._begin_next)
        done.callback(None)

    def _begin_next(self) -> None:
        self._next = None
        self._begin()

    def _cancel_next(self) -> None:
        if self._next is not None:
            self._next.cancel()
            self._next = None

    async def _guarded(self, hinted: bool) -> float:
        try:
            return await self._do(hinted)
        except StoreAway as away:
            self.log.warn("the {what} wait for the store: {away}", what=self._what, away=away)
        except Exception:  # noqa: BLE001 - an edge: one bad round must not end the rounds
            self.log.failure("a round of the {what} failed", what=self._what)
        return self._rest_s
