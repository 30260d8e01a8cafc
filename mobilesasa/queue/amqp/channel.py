"""One channel of one connection: declares, publishes with confirms, consumes.

How to think about it: a channel lives once. When it ends, by the broker's refusal or with its connection, all that waits
on it fails with `ChannelLost`, and what was published and not confirmed is settled as lost: the broker may have it or not.
Nothing is made for a single message but its place in a dict: no Deferred, no delayed call. Publishes and acknowledgements
of one turn of the reactor leave together.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import Enum, auto
from typing import Any, Final

import attrs
from twisted.internet.defer import Deferred

from mobilesasa.queue.amqp.client import Client
from mobilesasa.queue.amqp.errors import ChannelError, ChannelLost
from mobilesasa.queue.amqp.message import Message
from mobilesasa.queue.amqp.publishing import Publisher
from mobilesasa.queue.amqp.tables import Unencodable
from mobilesasa.queue.amqp.users import Answer

WINDOW: Final = 500  # publishes without a confirm, beyond which a caller should wait (I7)

Arguments = Mapping[str, Any]
Settled = Callable[[list[Any], "Outcome"], None]


class Outcome(Enum):
    """What became of a publish."""

    CONFIRMED = auto()  # the broker has it, on disk where the queue is durable
    NACKED = auto()  # the broker could not take it
    RETURNED = auto()  # no queue is bound where it went
    LOST = auto()  # the channel ended first; nobody knows


@attrs.frozen
class QueueOk:
    """What the broker says of a queue: messages that are ready, and consumers."""

    name: str
    messages: int
    consumers: int


@attrs.frozen(eq=False)
class _Consumer:
    queue: str
    deliver: Callable[[list[Message]], None]
    cancelled: Callable[[str], None]


class Channel:
    """A channel in confirm mode; `open_channel` makes one.

    Attributes:
        settled: called with the contexts of publishes and what became of them: each context exactly once.
        closed: called once when the broker has closed the channel, not when the connection was lost.
        is_dead: whether it has ended.
    """

    def __init__(self, client: Client) -> None:
        """Take a number on a connection.

        Raises:
            ChannelLost: the connection has none, or is on its way out.
        """
        self.settled: Settled = lambda contexts, outcome: None
        self.closed: Callable[[ChannelError], None] = lambda error: None
        self.is_dead = False
        self._client = client
        self._number = client.begin_channel(self)
        self._publisher = Publisher(self._number, client.frame_octets)
        self._published = 0
        self._unconfirmed: dict[int, Any] = {}  # by the number of the publish, oldest first
        self._oldest = 1  # no publish before this is unconfirmed
        self._unpublished: list[Any] = []  # contexts of what came when the channel was closed already
        self._consumers: dict[str, _Consumer] = {}
        self._consumed = 0
        self._acks: list[int] = []  # of this turn
        self._done_up_to = 0  # every delivery up to this tag is acknowledged or handed back
        self._done: set[int] = set()  # and these above it

    # Publishing

    @property
    def unconfirmed(self) -> int:
        """How many publishes have no outcome yet."""
        return len(self._unconfirmed)

    @property
    def room(self) -> int:
        """How many publishes should be made now; none when the broker takes none, or the channel is closed."""
        return max(0, WINDOW - len(self._unconfirmed)) if not (self.is_dead or self._client.blocked) else 0

    def publish(
        self,
        exchange: str,
        routing_key: str,
        body: bytes,
        context: Any,
        *,
        mandatory: bool = True,
        persistent: bool = True,
        message_id: str = "",
    ) -> None:
        """Publish; `settled` tells what became of it, never before this returns. On a closed channel that is LOST.

        Raises:
            Unencodable: a name has more than 255 octets; nothing is published.
        """
        if self.is_dead:
            if not self._unpublished:
                self._client.clock.callLater(0, self._tell_unpublished)
            self._unpublished.append(context)
            return
        number = self._published + 1
        self._client.write(
            self._publisher.publish(number, exchange, routing_key, body, mandatory, persistent, message_id)
        )
        self._published = number
        self._unconfirmed[number] = context

    def _tell_unpublished(self) -> None:
        contexts, self._unpublished = self._unpublished, []
        self.settled(contexts, Outcome.LOST)

    def confirmed(self, confirms: list[tuple[int, bool, bool]]) -> None:
        """See `Sink`; a number may be gone already, since a returned message is confirmed as well."""
        taken: list[Any] = []
        refused: list[Any] = []
        unconfirmed = self._unconfirmed
        for number, multiple, is_taken in confirms:
            contexts = taken if is_taken else refused
            if multiple:
                contexts += self._up_to(number)
            elif number in unconfirmed:
                contexts.append(unconfirmed.pop(number))
        if taken:
            self.settled(taken, Outcome.CONFIRMED)
        if refused:
            self.settled(refused, Outcome.NACKED)

    def _up_to(self, number: int) -> list[Any]:
        """Take the contexts of all publishes up to this one out; 0 means all."""
        last = min(number or self._published, self._published)
        numbers = range(self._oldest, last + 1)
        self._oldest = max(self._oldest, last + 1)
        return [self._unconfirmed.pop(each) for each in numbers if each in self._unconfirmed]

    def returned(self, message: Message) -> None:
        """See `Sink`."""
        number = message.number
        if number in self._unconfirmed:
            self.settled([self._unconfirmed.pop(number)], Outcome.RETURNED)

    # Consuming

    async def consume(
        self,
        queue: str,
        deliver: Callable[[list[Message]], None],
        *,
        prefetch: int,
        cancelled: Callable[[str], None],
        exclusive: bool = False,
        arguments: Arguments | None = None,
    ) -> str:
        """Have the messages of a queue delivered, `prefetch` unacknowledged ones at most; returns the consumer's tag.

        Args:
            deliver: called with all that one read of the socket brought. An exception of it ends the connection.
            cancelled: called when the broker ended the consumer, with the reason in words.
        """
        self._consumed += 1
        tag = f"c{self._consumed}"
        self._consumers[tag] = _Consumer(queue, deliver, cancelled)
        bounded = self._call("basic_qos", prefetch_count=prefetch)  # counts for the consumers after it
        begun = self._call(
            "basic_consume", queue=queue, consumer_tag=tag, exclusive=exclusive, arguments=dict(arguments or {})
        )
        bounded.addErrback(lambda _: {})  # then the channel is closed, and the other fails as well
        try:
            await begun
        except (ChannelLost, Unencodable):
            self._consumers.pop(tag, None)
            raise
        return tag

    async def cancel(self, consumer_tag: str) -> None:
        """End a consumer; until this returns messages may come. What is not acknowledged stays with the channel."""
        await self._call("basic_cancel", consumer_tag=consumer_tag)
        self._consumers.pop(consumer_tag, None)

    async def get(self, queue: str) -> Message | None:
        """Take one message out of a queue, to be acknowledged; None when there is none."""
        answer = await self._call("basic_get", queue=queue)
        message: Message | None = answer.get("message")
        return message

    def delivered(self, consumer_tag: str, messages: list[Message]) -> None:
        """See `Sink`."""
        consumer = self._consumers.get(consumer_tag)
        if consumer is not None:
            consumer.deliver(messages)
            return
        for message in messages:
            self.nack(message.delivery_tag)

    def cancelled(self, consumer_tag: str) -> None:
        """See `Sink`."""
        consumer = self._consumers.pop(consumer_tag, None)
        if consumer is not None:
            consumer.cancelled(
                f"RabbitMQ ended the consumer of {consumer.queue}: the queue was deleted or its node is away"
            )

    def ack(self, delivery_tag: int, multiple: bool = False) -> None:
        """Let the broker forget a message, or with `multiple` all up to it; again does nothing."""
        if self.is_dead or delivery_tag <= self._done_up_to or delivery_tag in self._done:
            return
        if not self._acks:
            self._client.last_in_turn(self._write_acks)
        self._acks.append(delivery_tag)
        if multiple:
            self._done_up_to = delivery_tag
            self._done = {tag for tag in self._done if tag > delivery_tag}
        else:
            self._done.add(delivery_tag)

    def nack(self, delivery_tag: int, requeue: bool = True) -> None:
        """Hand a message back, or without `requeue` have it dead-lettered or dropped; again does nothing."""
        if self.is_dead or delivery_tag <= self._done_up_to or delivery_tag in self._done:
            return
        self._client.write(self._publisher.nack(delivery_tag, requeue))
        self._done.add(delivery_tag)

    def _write_acks(self) -> None:
        """Write the turn's acknowledgements: one for all that are done up to some tag, one each for the others."""
        acks, self._acks = self._acks, []
        if self.is_dead:
            return
        last = self._done_up_to
        while last + 1 in self._done:
            last += 1
            self._done.discard(last)
        self._done_up_to = last
        below = [tag for tag in acks if tag <= last]
        if below:
            self._client.write(self._publisher.ack(max(below), multiple=True))
        for tag in acks:
            if tag > last:
                self._client.write(self._publisher.ack(tag, multiple=False))

    # What is declared

    async def declare_exchange(
        self,
        name: str,
        kind: str,
        *,
        durable: bool = True,
        auto_delete: bool = False,
        internal: bool = False,
        arguments: Arguments | None = None,
    ) -> None:
        """Make an exchange, or see that it is as said.

        Raises:
            ChannelError: 406, it is there and different.
        """
        await self._call(
            "exchange_declare",
            exchange=name,
            type=kind,
            durable=durable,
            auto_delete=auto_delete,
            internal=internal,
            arguments=dict(arguments or {}),
        )

    async def declare_queue(
        self,
        name: str,
        *,
        durable: bool = True,
        exclusive: bool = False,
        auto_delete: bool = False,
        passive: bool = False,
        arguments: Arguments | None = None,
    ) -> QueueOk:
        """Make a queue, or see that it is as said; with `passive` only look. An empty name has the broker give one.

        Raises:
            ChannelError: 404, `passive` and it is not there; 405, it is another connection's; 406, it is different.
        """
        answer = await self._call(
            "queue_declare",
            queue=name,
            durable=durable,
            exclusive=exclusive,
            auto_delete=auto_delete,
            passive=passive,
            arguments=dict(arguments or {}),
        )
        return QueueOk(answer["queue"], answer["message_count"], answer["consumer_count"])

    async def bind(self, queue: str, exchange: str, routing_key: str, arguments: Arguments | None = None) -> None:
        """Have an exchange bring to a queue what goes to this key."""
        await self._call(
            "queue_bind", queue=queue, exchange=exchange, routing_key=routing_key, arguments=dict(arguments or {})
        )

    async def unbind(self, queue: str, exchange: str, routing_key: str, arguments: Arguments | None = None) -> None:
        """Undo a `bind` with the same arguments."""
        await self._call(
            "queue_unbind", queue=queue, exchange=exchange, routing_key=routing_key, arguments=dict(arguments or {})
        )

    async def delete_queue(self, name: str) -> int:
        """Delete a queue with all that is in it; returns how many messages that was. One that is not there is no error."""
        return int((await self._call("queue_delete", queue=name))["message_count"])

    async def delete_exchange(self, name: str) -> None:
        """Delete an exchange. One that is not there is no error."""
        await self._call("exchange_delete", exchange=name)

    async def purge(self, name: str) -> int:
        """Drop what is ready in a queue; returns how many messages that was."""
        return int((await self._call("queue_purge", queue=name))["message_count"])

    # The life of it

    async def open(self) -> None:
        """Open it, in confirm mode."""
        await self._call("channel_open")
        await self._call("confirm_select")

    async def close(self) -> None:
        """Close it; what is not acknowledged goes back to its queues, what is not confirmed is lost."""
        if not self.is_dead:
            await self._call("channel_close", reply_code=200, reply_text="done")
            self._client.end_channel(self._number, ChannelLost("the channel was closed"))

    def ended(self, error: ChannelLost) -> None:
        """See `Sink`."""
        self.is_dead = True
        self._consumers.clear()
        contexts = list(self._unconfirmed.values())
        self._unconfirmed.clear()
        if contexts:
            self.settled(contexts, Outcome.LOST)
        if isinstance(error, ChannelError):
            self.closed(error)

    def _call(self, method: str, **fields: Any) -> Deferred[Answer]:
        return self._client.call(self._number, method, **fields)


async def open_channel(client: Client) -> Channel:
    """Return a new channel in confirm mode.

    Raises:
        ChannelLost: the connection is away.
    """
    channel = Channel(client)
    await channel.open()
    return channel
