"""A connection to the real broker, for as long as a test lasts; what happens to it is awaited, never slept for."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import attrs
import pika
from twisted.internet import reactor
from twisted.internet.defer import Deferred, DeferredQueue

from mobilesasa.queue.amqp.channel import Channel, Outcome
from mobilesasa.queue.amqp.client import Client
from mobilesasa.queue.amqp.connection import Backoff, Connection
from mobilesasa.queue.amqp.message import Message
from mobilesasa.queue.amqp.url import parse_url

PATIENCE_S = 20
QUICK = Backoff(first_s=0.05, limit_s=0.2)
QUORUM = {"x-queue-type": "quorum"}


def soon(deferred: Deferred[Any]) -> Deferred[Any]:
    """Fail what has not come after a while."""
    return deferred.addTimeout(PATIENCE_S, reactor)


class Watched(Connection):
    """One that tells when it is blocked."""

    blocks: DeferredQueue[str]

    def blocked_by(self, client: Client, reason: str) -> None:
        super().blocked_by(client, reason)
        self.blocks.put(reason)


@attrs.define(eq=False)
class Live:
    """A connection and what it told.

    Attributes:
        ups: the channels with which it came up.
        downs: the reasons for which it went.
        outcomes: (contexts, outcome) as they came.
        deliveries: lists of messages as they came.
        endings: why consumers were ended.
        blocks: why the broker takes no messages; empty for each time that it takes them again.
    """

    connection: Watched = attrs.field(init=False)
    set_up: Callable[[Channel], Awaitable[None]] | None = None
    ups: DeferredQueue[Channel] = attrs.field(factory=DeferredQueue)
    downs: DeferredQueue[str] = attrs.field(factory=DeferredQueue)
    outcomes: DeferredQueue[tuple[list[Any], Outcome]] = attrs.field(factory=DeferredQueue)
    deliveries: DeferredQueue[list[Message]] = attrs.field(factory=DeferredQueue)
    endings: DeferredQueue[str] = attrs.field(factory=DeferredQueue)
    blocks: DeferredQueue[str] = attrs.field(factory=DeferredQueue)

    async def up(self, channel: Channel) -> None:
        channel.settled = lambda contexts, outcome: self.outcomes.put((contexts, outcome))
        if self.set_up is not None:
            await self.set_up(channel)
        self.ups.put(channel)

    async def channel(self) -> Channel:
        """Return the channel of the next time that it comes up."""
        return await soon(self.ups.get())

    async def down(self) -> str:
        """Return why it went next."""
        return await soon(self.downs.get())

    async def consume(self, channel: Channel, queue: str, prefetch: int = 1000) -> str:
        return await channel.consume(queue, self.deliveries.put, prefetch=prefetch, cancelled=self.endings.put)

    async def messages(self, count: int) -> list[Message]:
        """Return the next messages, so many at least."""
        found: list[Message] = []
        while len(found) < count:
            found += await soon(self.deliveries.get())
        return found

    async def settled(self, count: int) -> dict[Any, Outcome]:
        """Return what became of the next publishes, so many at least; of each once."""
        found: dict[Any, Outcome] = {}
        while len(found) < count:
            contexts, outcome = await soon(self.outcomes.get())
            assert not found.keys() & set(contexts)
            found |= dict.fromkeys(contexts, outcome)
        return found


def new_live(url: str, set_up: Callable[[Channel], Awaitable[None]] | None = None) -> Live:
    """Return a connection that is not started."""
    live = Live(set_up)
    live.connection = Watched(reactor, parse_url(url), "mobilesasa test", live.up, live.downs.put, backoff=QUICK)
    live.connection.blocks = live.blocks
    return live


@asynccontextmanager
async def started(url: str, set_up: Callable[[Channel], Awaitable[None]] | None = None) -> AsyncIterator[Live]:
    """Start a connection, and stop it at the end."""
    live = new_live(url, set_up)
    live.connection.startService()
    try:
        yield live
    finally:
        await soon(live.connection.stopService())


def pika_channel(url: str) -> Any:
    """Return a channel of another client; closing its connection is for the caller."""
    return pika.BlockingConnection(pika.URLParameters(url)).channel()
