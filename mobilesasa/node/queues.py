"""What waits for carriers, and the dead letters, as an administrator looks at them (`api.ports.admin.Queues`)."""

from __future__ import annotations

import contextlib
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import TypeVar

import attrs
from twisted.internet.defer import DeferredLock

from mobilesasa.core.actors import Actor
from mobilesasa.core.errors import QueueAway
from mobilesasa.core.model import Lane
from mobilesasa.core.teams import CurrentDirectory
from mobilesasa.queue import dead as letters
from mobilesasa.queue import topology
from mobilesasa.queue.amqp.channel import Channel
from mobilesasa.queue.amqp.errors import ChannelLost
from mobilesasa.queue.dead import DeadLetter, Requeued
from mobilesasa.queue.depths import Depth, Depths
from mobilesasa.queue.link import RabbitLink
from mobilesasa.queue.memory import MemoryQueue
from mobilesasa.queue.rabbit import RabbitQueue
from mobilesasa.store import trail
from mobilesasa.store.database import Database, Txn

Aside = Callable[[], Awaitable[Channel]]
T = TypeVar("T")


@attrs.frozen
class LaneDepth:
    """What waits for a carrier in a lane."""

    carrier: str
    lane: str
    messages: int
    bodies: int | None
    consumers: int | None


@attrs.frozen
class Dead:
    """A body among the dead letters."""

    queue: str
    reason: str
    at_ms: int | None
    ids: Sequence[str]
    unreadable: str


class LaneQueues:
    """The lanes of all carriers.

    Args:
        directory: which carriers there are.
        queue: names what waits.
        database: where the trail is written.
        link: the connections to RabbitMQ; None: the queue is in memory, and has no dead letters.
    """

    def __init__(
        self,
        directory: CurrentDirectory,
        queue: MemoryQueue | RabbitQueue,
        database: Database,
        link: RabbitLink | None = None,
    ) -> None:
        """Look at nothing yet."""
        self._directory = directory
        self._queue = queue
        self._database = database
        self._link = link
        self._turn = DeferredLock()  # what one look has in hand the next would not see

    @property
    def kind(self) -> str:
        """What keeps the lanes."""
        return "memory" if self._link is None else "rabbitmq"

    async def depth(self) -> tuple[list[LaneDepth], int]:
        """Return what waits in each lane, and how many dead letters there are.

        Raises:
            QueueAway: RabbitMQ cannot be asked.
        """
        names = {record.id: record.name for record in self._directory.now.carriers.values()}
        found: dict[tuple[int, Lane], Depth] = {}
        dead: Depth | None = None
        if self._link is not None:
            found, dead = await self._ask(lambda aside: _depths(aside, names))
        lanes = [
            self._depth(name, carrier_id, lane, found.get((carrier_id, lane)))
            for carrier_id, name in sorted(names.items(), key=lambda each: each[1])
            for lane in Lane
        ]
        return lanes, 0 if dead is None else dead.ready

    async def dead(self, limit: int) -> list[Dead]:
        """Return the oldest dead letters, which stay where they are.

        Raises:
            QueueAway: RabbitMQ cannot be asked.
        """
        if self._link is None:
            return []

        async def look(aside: Aside) -> list[DeadLetter]:
            channel = await aside()
            await topology.declare(channel)
            return await letters.look(channel, limit)

        return [_told(each) for each in await self._ask(look)]

    async def requeue(self, by: Actor, count: int) -> tuple[int, int, int]:
        """Send the oldest dead letters back to their lanes; return bodies, messages, and bodies that are left.

        Raises:
            AccessEnded: whoever asks no longer may.
            QueueAway: RabbitMQ cannot be asked.
        """
        if self._link is None:
            return 0, 0, 0

        async def send_back(aside: Aside) -> Requeued:
            channel = await aside()
            await topology.declare(channel)
            return await letters.requeue(channel, count)

        await self._database.run("queue.requeue", _note, by, count)
        done = await self._ask(send_back)
        return done.bodies, done.messages, done.left

    async def _ask(self, work: Callable[[Aside], Awaitable[T]]) -> T:
        """Do something on channels that hurt no other, and that are closed behind it; one after the other."""
        link, opened = self._link, []
        assert link is not None  # noqa: S101 - for mypy

        async def aside() -> Channel:
            opened.append(await link.aside())
            return opened[-1]

        await self._turn.acquire()
        try:
            return await work(aside)
        except ChannelLost as lost:
            raise QueueAway(f"RabbitMQ cannot be asked: {lost}") from lost
        finally:
            with contextlib.suppress(ChannelLost):
                for channel in opened:
                    if not channel.is_dead:
                        await channel.close()
            self._turn.release()

    def _depth(self, name: str, carrier_id: int, lane: Lane, found: Depth | None) -> LaneDepth:
        messages = self._queue.depth(carrier_id, lane)
        bodies, consumers = (None, None) if found is None else (found.ready, found.consumers)
        return LaneDepth(name, lane.name.lower(), messages, bodies, consumers)


def _told(letter: DeadLetter) -> Dead:
    at_ms = None if letter.at is None else round(1000 * letter.at.timestamp())
    return Dead(letter.queue, letter.reason, at_ms, letter.ids, letter.unreadable)


def _note(txn: Txn, by: Actor, count: int) -> None:
    trail.note(txn, by, "queue.requeue", "", team_id=None, after={"count": count})


async def _depths(aside: Aside, names: Iterable[int]) -> tuple[dict[tuple[int, Lane], Depth], Depth | None]:
    depths = Depths(aside)
    return await depths.of_lanes(names), await depths.of_dead()
