"""Brings what RabbitMQ has (queues, consumers, bindings) to what it should have, one thing after the other.

How to think about it: what is wanted is kept by whoever has a tender, and can change at any moment, with a channel or
without. Each change names a key; a key is *tended* by looking at what is wanted by then. A new channel begins with nothing,
so all keys are tended on it. What fails because the channel ended is left, for the next channel begins anew. Where one
key can be what ended the channel, somebody is told which it was, and may have it left alone.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Container, Iterable
from typing import Generic, TypeVar

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime
from twisted.internet.task import deferLater
from twisted.logger import Logger

from mobilesasa.queue.amqp.channel import Channel
from mobilesasa.queue.amqp.errors import ChannelLost

K = TypeVar("K")


class Rest:
    """Waiting until something is so.

    Args:
        is_so: looked at, at once and whenever `see` is called.
    """

    def __init__(self, is_so: Callable[[], bool]) -> None:
        self._is_so = is_so
        self._waiting: list[Deferred[None]] = []

    async def come(self) -> None:
        """Return when it is so."""
        if not self._is_so():
            waiting: Deferred[None] = Deferred()
            self._waiting.append(waiting)
            await waiting

    def see(self) -> None:
        """Look whether it is so by now."""
        if self._waiting and self._is_so():
            waiting, self._waiting = self._waiting, []
            for each in waiting:
                each.callback(None)


class Tender(Generic[K]):
    """Tends keys on a channel, each in its turn.

    Args:
        clock: work that is asked for begins on a later turn of it.
        tend: makes what RabbitMQ has of a key what is wanted now.
        left: keys that are not tended for now.
        failed: called with the key that was tended when the channel ended, and why it did.

    Attributes:
        channel: the one that there is, if any.
    """

    log = Logger()

    def __init__(
        self,
        clock: IReactorTime,
        tend: Callable[[Channel, K], Awaitable[None]],
        left: Container[K] = (),
        failed: Callable[[K, ChannelLost], None] = lambda key, error: None,
    ) -> None:
        self.channel: Channel | None = None
        self._clock = clock
        self._tend = tend
        self._left = left
        self._failed = failed
        self._keys: dict[K, None] = {}  # in order
        self._busy = False
        self._rest = Rest(lambda: not self._busy and not self._keys)

    def soon(self, key: K) -> None:
        """Tend a key; without a channel the next one does it."""
        if self.channel is None or key in self._left:
            return
        self._keys[key] = None
        if not self._busy:
            self._busy = True
            Deferred.fromCoroutine(self._go_on(self.channel)).addErrback(
                lambda failure: self.log.failure("declaring at RabbitMQ", failure)
            )

    def later(self, key: K, delay_s: float) -> None:
        """Tend a key after a while."""
        self._clock.callLater(delay_s, self.soon, key)

    async def came_up(self, channel: Channel, keys: Iterable[K]) -> None:
        """Tend keys on a fresh channel; returns when all are done.

        Raises:
            ChannelLost: it ended before that.
            Exception: what `tend` raises.
        """
        self.channel, self._busy = channel, True
        self._keys = dict.fromkeys(keys)
        await self._all(channel)

    def went_down(self) -> None:
        """Forget the channel; a second time does nothing."""
        self.channel, self._busy = None, False
        self._keys.clear()
        self._rest.see()

    async def idle(self) -> None:
        """Return when nothing is left to do, or there is no channel."""
        await self._rest.come()

    async def _go_on(self, channel: Channel) -> None:
        await deferLater(self._clock, 0)
        try:
            await self._all(channel)
        except ChannelLost as error:
            self.log.debug("left to the next channel: {error}", error=error)

    async def _all(self, channel: Channel) -> None:
        try:
            while self._keys and channel is self.channel:
                key = next(iter(self._keys))
                del self._keys[key]
                if key not in self._left:
                    await self._one(channel, key)
        finally:
            if channel is self.channel:
                self._busy = False
                self._rest.see()

    async def _one(self, channel: Channel, key: K) -> None:
        try:
            await self._tend(channel, key)
        except ChannelLost as error:
            self._failed(key, error)
            raise
