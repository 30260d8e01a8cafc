"""A `RabbitQueue` on a RabbitMQ in memory, driven by a clock; and one on a real RabbitMQ."""

import contextlib
from collections.abc import AsyncIterator, Sequence

from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock, deferLater

from mobilesasa.core.model import Lane, MessageId
from mobilesasa.queue.amqp.channel import Channel, Outcome
from mobilesasa.queue.amqp.connection import Connection
from mobilesasa.queue.amqp.url import parse_url
from mobilesasa.queue.depths import Depths
from mobilesasa.queue.events import TeamEvents
from mobilesasa.queue.link import RabbitLink
from mobilesasa.queue.outgoing import Body
from mobilesasa.queue.rabbit import RabbitQueue
from mobilesasa.queue.topology import lane_name
from tests.fakes.amqp import FakeBroker, FakeChannel
from tests.queue.contract import FAST, Consumer
from tests.queue.rows import Rows


@contextlib.asynccontextmanager
async def channel_of(url: str) -> AsyncIterator[Channel]:
    """A channel to a real RabbitMQ, beside the one whose loss breaks the connection."""
    up: Deferred[Channel] = Deferred()

    async def came_up(channel: Channel) -> None:
        up.callback(channel)

    connection = Connection(reactor, parse_url(url), "test", came_up, lambda why: None)
    connection.startService()
    await up
    try:
        yield await connection.aside()
    finally:
        await connection.stopService()


NOW_MS = 1_795_000_000_000
CARRIERS = (1, 2)
LANE = lane_name(1, FAST)
OTHER = lane_name(2, FAST)


def made(seconds_ago: float, number: int = 0) -> MessageId:
    """The id of a message that was accepted so long before NOW_MS."""
    digits = f"{NOW_MS - round(1000 * seconds_ago):012x}"
    return f"{digits[:8]}-{digits[8:]}-7000-8000-{number:012d}"


class FakeRig:
    """A queue over the fake broker, with a channel for each of its halves.

    Attributes:
        out: the channel that publishes.
        into: the channel that consumes.
        blocked: whether RabbitMQ says that it takes nothing.
    """

    def __init__(self, bound: int = 200_000) -> None:
        self.clock = Clock()
        self.rows = Rows()
        self.broker = FakeBroker(self.clock)
        self.queue = RabbitQueue(self.clock, self.now_ms, self.rows.refill, bound)
        self.consumer = Consumer()
        self.blocked = False
        self.out: FakeChannel
        self.into: FakeChannel

    def now_ms(self) -> int:
        return NOW_MS + round(1000 * self.clock.seconds())

    def come_up(self, carriers: Sequence[int] = CARRIERS) -> None:
        """Connect, and let it all be declared."""
        self.out, self.into = self.broker.channel(), self.broker.channel()
        self.out.settled = self._settled
        publishing = self.queue.publisher.came_up(self.out, carriers, lambda: self.blocked)
        up = [Deferred.fromCoroutine(each) for each in (publishing, self.queue.consumer.came_up(self.into))]
        self.turn()
        assert [each.called for each in up] == [True, True]
        while (carrier_id := self.queue.aside.due()) is not None:  # as a trial that goes well
            self.queue.aside.served(carrier_id)
            self.turn()

    def go_down(self) -> None:
        """Lose both connections."""
        self.out.lose()
        self.queue.publisher.went_down()
        self.into.lose()
        self.queue.consumer.went_down()

    def _settled(self, contexts: list[Body], outcome: Outcome) -> None:
        self.queue.publisher.settled(contexts, outcome)

    async def settle(self) -> None:
        self.turn()
        self.queue.ready = {
            (carrier_id, lane): len(self.broker.queues[lane_name(carrier_id, lane)].ready)
            for carrier_id in CARRIERS
            for lane in Lane
        }

    def turn(self) -> None:
        """Let everything happen that needs no waiting."""
        while any(call.getTime() <= self.clock.seconds() for call in self.clock.getDelayedCalls()):
            self.clock.advance(0)

    def wait(self, seconds: float) -> None:
        """Let time go by."""
        self.clock.advance(seconds)
        self.turn()


class RealRig:
    """A queue over a real RabbitMQ, connected; `stop` it at the end."""

    PATIENCE_S = 20.0
    STEP_S = 0.01

    def __init__(self, url: str, name: str = "test", carriers: Sequence[int] = CARRIERS) -> None:
        self.rows = Rows()
        self.queue = RabbitQueue(reactor, lambda: NOW_MS, self.rows.refill)
        self.told: list[int] = []
        self.events = TeamEvents(reactor, self.told.append)
        self.consumer = Consumer()
        self.link = RabbitLink(reactor, lambda: NOW_MS, parse_url(url), name, self.queue, self.events, lambda: carriers)
        self._depths = Depths(self.link._in.aside)  # a look of our own, for there is no waiting for the link's

    async def start(self) -> "RealRig":
        self.link.start()
        await self.until(lambda: self.link.standing().up)
        return self

    async def until(self, done) -> None:
        """Wait until something is so."""
        for _ in range(round(self.PATIENCE_S / self.STEP_S)):
            if done():
                return
            await deferLater(reactor, self.STEP_S)
        raise AssertionError(f"waited in vain, {self.link.standing()}")

    async def until_ready(self, queue: str, bodies: int) -> None:
        """Wait until so many bodies are ready in a queue."""
        channel = await self.link._in.aside()
        while (await channel.declare_queue(queue, passive=True)).messages != bodies:
            await deferLater(reactor, self.STEP_S)
        await channel.close()

    async def settle(self) -> None:
        """Wait until all is confirmed, and what is delivered has not changed for three looks on end."""
        seen, calm = None, 0
        while calm < 3:
            await self.queue.drain()
            found = await self._depths.of_lanes(self.queue.publisher.declared)
            self.queue.ready = {place: depth.ready for place, depth in found.items()}
            now = (found, [hold.in_hand for hold in self.queue.consumer._every_hold()])
            calm = calm + 1 if now == seen and self._nothing_to_come(found) else 0
            seen = now
            await deferLater(reactor, self.STEP_S)

    def _nothing_to_come(self, found) -> bool:
        """Whether each lane that is consumed is dry, or its consumer has all it may."""
        holds = self.queue.consumer._every_hold()
        return all(not found[each.carrier_id, each.lane].ready or each.in_hand >= each.prefetch for each in holds)

    async def stop(self) -> None:
        await self.link.stop()
