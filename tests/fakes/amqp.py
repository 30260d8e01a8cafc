"""A RabbitMQ in memory, and channels to it: as much of both as the queue needs. Everything happens on a turn of the clock."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any

import attrs
from twisted.internet.task import Clock, deferLater

from mobilesasa.queue.amqp.channel import Outcome
from mobilesasa.queue.amqp.errors import ChannelError, ChannelLost


@attrs.define(eq=False)
class FakeMessage:
    body: bytes
    routing_key: str
    delivery_tag: int = 0
    headers: dict[str, Any] = attrs.field(factory=dict)


@attrs.define(eq=False)
class FakeConsumer:
    channel: FakeChannel
    tag: str
    queue: str
    deliver: Callable[[list[FakeMessage]], None]
    prefetch: int
    cancelled: Callable[[str], None]
    in_hand: int = 0


@attrs.define(eq=False)
class FakeLane:
    arguments: dict[str, Any]
    ready: deque[FakeMessage] = attrs.field(factory=deque)
    consumers: list[FakeConsumer] = attrs.field(factory=list)  # the first is the active one


@attrs.define
class Declared:
    name: str
    messages: int
    consumers: int


class FakeBroker:
    """Exchanges, queues and bindings.

    Attributes:
        holding: no publish is confirmed.
        refusing: names of queues that refuse what is published.
        unserved: names of queues that take no consumer: who asks loses the connection.
        asked: what was declared, consumed and cancelled, in order.
        dead: bodies that were refused without requeue.
    """

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.queues: dict[str, FakeLane] = {}
        self.bindings: dict[tuple[str, str], list[str]] = {}
        self.holding = False
        self.refusing: set[str] = set()
        self.unserved: set[str] = set()
        self.asked: list[str] = []
        self.dead: list[bytes] = []
        self.numbers = 0

    def channel(self) -> FakeChannel:
        return FakeChannel(self)

    def delete(self, name: str) -> None:
        """Delete a queue; who consumes from it is told."""
        for consumer in self.queues.pop(name).consumers:
            self.clock.callLater(0, consumer.cancelled, "the queue was deleted")

    def put(self, name: str, body: bytes) -> None:
        """Have a body in a queue, whoever published it."""
        self.queues[name].ready.append(FakeMessage(body, name))
        self.clock.callLater(0, self.pump, name)

    def pump(self, name: str) -> None:
        lane = self.queues.get(name)
        if lane is None or not lane.consumers:
            return
        consumer, turn = lane.consumers[0], []
        while lane.ready and consumer.in_hand < consumer.prefetch:
            message = lane.ready.popleft()
            turn.append(consumer.channel.hand(message, consumer))
        if turn:
            consumer.deliver(turn)


class FakeChannel:
    """See `queue.amqp.channel.Channel`.

    Attributes:
        published: bodies with their exchange and routing key, in order.
        refuses: the next methods of this name are refused with this error.
    """

    def __init__(self, broker: FakeBroker) -> None:
        self.broker = broker
        self.settled: Callable[[list[Any], Outcome], None] = lambda contexts, outcome: None
        self.is_dead = False
        self.published: list[tuple[str, str, bytes]] = []
        self.refuses: dict[str, ChannelError] = {}
        self._unconfirmed: list[tuple[str, str, bytes, Any, bool]] = []
        self._unacked: dict[int, tuple[FakeMessage, FakeConsumer | None, str]] = {}
        self._tag = 0

    async def declare_exchange(self, name: str, kind: str, **_: Any) -> None:
        await self._asked("declare_exchange", f"exchange {name} {kind}")

    async def declare_queue(self, name: str, *, passive: bool = False, arguments: Any = None, **_: Any) -> Declared:
        await self._asked("declare_queue", f"queue {name}")
        queues = self.broker.queues
        if not name:
            self.broker.numbers += 1
            name = f"amq.gen-{self.broker.numbers}"
        if passive and name not in queues:
            raise self._closed(ChannelError(404, f"NOT_FOUND - no queue '{name}'"))
        lane = queues.setdefault(name, FakeLane(arguments))
        if not passive and lane.arguments != arguments:
            raise self._closed(ChannelError(406, f"PRECONDITION_FAILED - inequivalent arg for queue '{name}'"))
        return Declared(name, len(lane.ready), len(lane.consumers))

    async def bind(self, queue: str, exchange: str, routing_key: str, arguments: Any = None) -> None:
        await self._asked("bind", f"bind {queue} {exchange} {routing_key}")
        queues = self.broker.bindings.setdefault((exchange, routing_key), [])
        if queue not in queues:
            queues.append(queue)

    async def unbind(self, queue: str, exchange: str, routing_key: str, arguments: Any = None) -> None:
        await self._asked("unbind", f"unbind {queue} {exchange} {routing_key}")
        self.broker.bindings[exchange, routing_key].remove(queue)

    async def consume(
        self, queue: str, deliver: Any, *, prefetch: int, cancelled: Any, exclusive: bool = False, arguments: Any = None
    ) -> str:
        await self._asked("consume", f"consume {queue}")
        if queue in self.broker.unserved:
            self.lose()
            raise ChannelLost("RabbitMQ closed the connection: 541 INTERNAL_ERROR")
        self.broker.numbers += 1
        consumer = FakeConsumer(self, f"ctag-{self.broker.numbers}", queue, deliver, prefetch, cancelled)
        self.broker.queues[queue].consumers.append(consumer)
        self.broker.clock.callLater(0, self.broker.pump, queue)
        return consumer.tag

    async def cancel(self, consumer_tag: str) -> None:
        await self._asked("cancel", f"cancel {consumer_tag}")
        for name, lane in self.broker.queues.items():
            if any(each.tag == consumer_tag for each in lane.consumers):
                lane.consumers = [each for each in lane.consumers if each.tag != consumer_tag]
                self.broker.clock.callLater(0, self.broker.pump, name)

    async def get(self, queue: str) -> FakeMessage | None:
        await self._asked("get", f"get {queue}")
        ready = self.broker.queues[queue].ready
        if not ready:
            return None
        self._tag += 1
        message = attrs.evolve(ready.popleft(), delivery_tag=self._tag)
        self._unacked[self._tag] = (message, None, queue)
        return message

    def publish(
        self, exchange: str, routing_key: str, body: bytes, context: Any, *, mandatory: bool = True, **_: Any
    ) -> None:
        self.published.append((exchange, routing_key, body))
        self._unconfirmed.append((exchange, routing_key, body, context, mandatory))
        self.broker.clock.callLater(0, self.settle_some)

    def settle_some(self) -> None:
        """Route and confirm what was published, unless that is held up."""
        if self.broker.holding and not self.is_dead:
            return
        going, self._unconfirmed = self._unconfirmed, []
        outcomes: dict[Outcome, list[Any]] = {}
        for exchange, routing_key, body, context, mandatory in going:
            outcomes.setdefault(self._route(exchange, routing_key, body, mandatory), []).append(context)
        for outcome, contexts in outcomes.items():
            self.settled(contexts, outcome)

    def _route(self, exchange: str, routing_key: str, body: bytes, mandatory: bool) -> Outcome:
        broker = self.broker
        if self.is_dead:
            return Outcome.LOST
        names = [name for name in broker.bindings.get((exchange, routing_key), []) if name in broker.queues]
        if not names:
            return Outcome.RETURNED if mandatory else Outcome.CONFIRMED
        if broker.refusing & set(names):
            return Outcome.NACKED
        for name in names:
            broker.queues[name].ready.append(FakeMessage(body, routing_key))
            broker.clock.callLater(0, broker.pump, name)
        return Outcome.CONFIRMED

    def ack(self, delivery_tag: int, multiple: bool = False) -> None:
        assert not multiple
        self._let_go(delivery_tag)

    def nack(self, delivery_tag: int, requeue: bool = True) -> None:
        message, queue = self._let_go(delivery_tag)
        if not requeue:
            self.broker.dead.append(message.body)
        elif queue in self.broker.queues:
            # several of a turn come back in their order: each goes behind those that came back before it
            lane = self.broker.queues[queue]
            at = sum(0 < each.delivery_tag < message.delivery_tag for each in lane.ready)
            lane.ready.insert(at, message)

    def lose(self) -> None:
        """Lose the connection: nothing is confirmed, nothing is answered, and what was in hand comes again."""
        self.is_dead = True
        for tag in sorted(self._unacked, reverse=True):
            message, _, queue = self._unacked.pop(tag)
            if queue in self.broker.queues:
                self.broker.queues[queue].ready.appendleft(message)
        for lane in self.broker.queues.values():
            lane.consumers = [each for each in lane.consumers if each.channel is not self]
        contexts, self._unconfirmed = [each[3] for each in self._unconfirmed], []
        if contexts:
            self.settled(contexts, Outcome.LOST)

    def hand(self, message: FakeMessage, consumer: FakeConsumer) -> FakeMessage:
        """Number a message that goes to a consumer of this channel."""
        self._tag += 1
        consumer.in_hand += 1
        handed = FakeMessage(message.body, message.routing_key, self._tag)
        self._unacked[self._tag] = (handed, consumer, consumer.queue)
        return handed

    @property
    def unacked(self) -> list[int]:
        """Delivery tags that nobody has said a word about."""
        return list(self._unacked)

    def _let_go(self, delivery_tag: int) -> tuple[FakeMessage, str]:
        assert not self.is_dead, "a word on a dead channel"
        message, consumer, queue = self._unacked.pop(delivery_tag)
        if consumer is not None:
            consumer.in_hand -= 1
        self.broker.clock.callLater(0, self.broker.pump, queue)
        return message, queue

    async def _asked(self, method: str, words: str) -> None:
        if not self.is_dead:
            self.broker.asked.append(words)
            await deferLater(self.broker.clock, 0)
        if self.is_dead:
            raise ChannelLost("the connection is gone")
        if method in self.refuses:
            raise self._closed(self.refuses.pop(method))

    def _closed(self, error: ChannelError) -> ChannelError:
        self.lose()
        return error
