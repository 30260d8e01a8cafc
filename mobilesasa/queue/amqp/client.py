"""One connection to RabbitMQ: txamqp's client with its faults cured; all that is without types ends here.

What stays txamqp's is the specification as data, the methods that are made of it, and who is told what the broker says
unasked. Ours are the octets (`frames`, `publishing`, `fields`, `tables`), who waits for which answer, heartbeats, and the end.
Nothing here is tried again: `connection` makes a new client.

How to think about it: what is written in one turn of the reactor leaves in one write, in order. What comes is read
into events, and each goes to the `Sink` of its channel. A connection ends once, in `connectionLost`, with the first
reason in words that anybody gave.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

from twisted.internet.defer import Deferred, fail
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.internet.protocol import connectionDone
from twisted.internet.task import LoopingCall
from twisted.logger import Logger
from twisted.python.failure import Failure
from txamqp import spec
from txamqp.client import TwistedDelegate
from txamqp.message import Message as Told
from txamqp.protocol import AMQClient

from mobilesasa.queue.amqp.asking import Asking, Limit
from mobilesasa.queue.amqp.errors import ChannelError, ChannelLost
from mobilesasa.queue.amqp.fields import decode_fields, encode_fields
from mobilesasa.queue.amqp.frames import FRAME_OCTETS, BadFrame, Confirms, Deliveries, Event, Method, Reader, Returned
from mobilesasa.queue.amqp.tables import Unencodable
from mobilesasa.queue.amqp.url import AmqpUrl
from mobilesasa.queue.amqp.users import Answer, ClientUser, Sink
from mobilesasa.queue.amqp.words import why_closed, why_lost

SPEC: Final = spec.load(str(Path(__file__).with_name("amqp0-9-1.xml")))
HANDSHAKE_S: Final = 10.0
CLOSE_S: Final = 2.0  # how long a farewell may take
CHANNELS: Final = 2047  # the most that we ask for; RabbitMQ's own choice

_GREETING: Final = b"AMQP\x00\x00\x09\x01"  # 0-9-1
_HEARTBEAT: Final = b"\x08\x00\x00\x00\x00\x00\x00\xce"
_CAPABILITIES: Final = {
    "authentication_failure_close": True,  # so that a wrong password is said, and not only a closed connection
    "basic.nack": True,
    "connection.blocked": True,
    "consumer_cancel_notify": True,  # so that it is said when a queue is deleted under its consumer
    "exchange_exchange_bindings": True,
    "publisher_confirms": True,
}


class _Delegate(TwistedDelegate):
    """What the broker tells unasked; txamqp calls these by name."""

    client: Client

    def connection_start(self, channel: Any, told: Any) -> None:
        channel.connection_start_ok(
            client_properties=self.client.properties(),
            mechanism="PLAIN",
            response=self.client.credentials(),
            locale="en_US",
        )

    def connection_tune(self, channel: Any, told: Any) -> None:
        self.client.tuned(told.channel_max, told.frame_max)

    def connection_close(self, channel: Any, told: Any) -> None:
        channel.connection_close_ok()
        self.client.closed_by_broker(told.reply_code, told.reply_text)

    def connection_blocked(self, channel: Any, told: Any) -> None:
        self.client.block(told.reason or "it gives no reason")

    def connection_unblocked(self, channel: Any, told: Any) -> None:
        self.client.block("")

    def channel_close(self, channel: Any, told: Any) -> None:
        channel.channel_close_ok()
        self.client.end_channel(channel.id, ChannelError(told.reply_code, told.reply_text))

    def basic_cancel(self, channel: Any, told: Any) -> None:
        self.client.sinks[channel.id].cancelled(told.consumer_tag)


class Client(AMQClient):
    """One connection to RabbitMQ, from its first octet to its end.

    Attributes:
        sinks: who takes what comes, by channel.
        frame_octets: the largest frame that was agreed, head and end included.
        blocked: why the broker takes no messages for now; empty when it does.
        is_lost: whether the connection has ended.
    """

    log = Logger()
    channelClass = Asking  # noqa: N815 - txamqp's name

    def __init__(self, url: AmqpUrl, name: str, clock: IReactorTime, user: ClientUser) -> None:
        """Wait for a connection; `name` is shown by RabbitMQ's tools."""
        super().__init__(_Delegate(), url.vhost, SPEC, heartbeat=0, clock=clock)
        self.sinks: dict[int, Sink] = {}
        self.frame_octets = FRAME_OCTETS
        self.blocked = ""
        self._is_let_in = False
        self._url = url
        self._name = name
        self._user = user
        self._reader = Reader()
        self._out: list[bytes] = []
        self._last_in_turn: list[Callable[[], None]] = []
        self._flushing: IDelayedCall | None = None
        self._limit: IDelayedCall | None = None  # of the handshake, then of the farewell
        self._heartbeats = LoopingCall(self._beat)
        self._heartbeats.clock = clock
        self._heard = self._spoke = True  # since the last beat
        self._silent_beats = 0
        self._reason = ""
        self.is_lost = False
        self._number = 0
        self._channel_max = CHANNELS

    @property
    def is_open(self) -> bool:
        """Whether the broker has let us in and nobody has begun to leave."""
        return self._is_let_in and not self._reason

    # What passes for every message

    def dataReceived(self, data: bytes) -> None:
        self._heard = True
        if self.is_lost:
            return
        try:
            events = self._reader.feed(data)
        except BadFrame as bad:
            self.abort(f"what came from RabbitMQ at {self._url.place} cannot be read: {bad}")
            return
        try:
            self._take(events)
        except Exception as error:  # noqa: BLE001 - an edge: a connection whose messages nobody took must not go on as if
            self.log.failure("what came from RabbitMQ was not taken")
            self.abort(f"what came from RabbitMQ was not taken: {error!r}")

    def _take(self, events: list[Event]) -> None:
        for event in events:
            if isinstance(event, Method):
                self._told(event)
                continue
            sink = self.sinks.get(event.channel)
            if sink is None:
                continue  # of a channel that is closed
            if isinstance(event, Deliveries):
                sink.delivered(event.consumer_tag, event.messages)
            elif isinstance(event, Confirms):
                sink.confirmed(event.confirms)
            elif isinstance(event, Returned):
                sink.returned(event.message)
            else:
                self.channels[event.channel].answer(_GET_OK, {"message": event.message})

    def write(self, octets: bytes) -> None:
        """Have octets leave with all others of this turn, in order; dropped when the connection is gone."""
        self._out.append(octets)
        if self._flushing is None:
            self._flush_soon()

    def last_in_turn(self, collect: Callable[[], None]) -> None:
        """Have something called before what was written leaves, or a method is asked; it may write more."""
        self._last_in_turn.append(collect)
        self._flush_soon()

    def _flush_soon(self) -> None:
        if self._flushing is None and not self.is_lost:
            self._flushing = self.clock.callLater(0, self._flush)

    def _flush(self) -> None:
        self._collect()
        self._end_flushing()
        out, self._out = self._out, []
        if out:
            self._spoke = True
            self.transport.write(b"".join(out))

    def _collect(self) -> None:
        collecting, self._last_in_turn = self._last_in_turn, []
        for collect in collecting:
            collect()

    def _end_flushing(self) -> None:
        flushing, self._flushing = self._flushing, None
        if flushing is not None and flushing.active():
            flushing.cancel()

    # What is asked and answered

    def call(self, channel: int, method: str, **fields: Any) -> Deferred[Answer]:
        """Ask, by txamqp's name of a method (`queue_declare`); cancelling the Deferred takes nothing back.

        The Deferred fails with `ChannelLost` when the channel ends before the answer, `Unencodable` for a field.
        """
        found = self.channels.get(channel)
        if found is None:
            return fail(ChannelLost(self._reason or "the channel is closed"))
        self._collect()  # the method may end what was to be said by then
        try:
            answered: Deferred[Answer] = getattr(found, method)(**fields)
        except Unencodable as error:
            return fail(error)
        return answered.addBoth(Limit(self, method).over)

    def say(self, channel: int, method: Any, values: tuple[Any, ...]) -> None:
        """Write a method that does not pass for every message; nothing of it when a field of it has no form."""
        payload = encode_fields(method, values)
        self.write(b"\x01" + channel.to_bytes(2, "big") + len(payload).to_bytes(4, "big") + payload + b"\xce")

    def begin_channel(self, sink: Sink) -> int:
        """Take a number that no channel has (one that a closed channel had comes last); then call channel_open."""
        if self.is_lost or self._reason:
            raise ChannelLost(self._reason)
        for _ in range(self._channel_max):
            self._number = self._number % self._channel_max + 1
            if self._number not in self.channels:
                break
        else:
            raise ChannelLost(f"RabbitMQ gives a connection {self._channel_max} channels, and all are open")
        self._add_channel(self._number)
        self.sinks[self._number] = sink
        return self._number

    def _add_channel(self, number: int) -> None:
        self.channels[number] = self.channelFactory(number, None, self)

    def end_channel(self, number: int, error: ChannelLost) -> None:
        """Forget a channel; everything that waits on it fails with this."""
        channel: Asking = self.channels.pop(number)
        sink = self.sinks.pop(number, None)
        if sink is not None:
            sink.ended(error)
        channel.end(error)

    def _told(self, event: Method) -> None:
        """Take a method that does not pass for every message."""
        channel = self.channels.get(event.channel)
        if channel is None:
            return  # of a channel that is closed
        try:
            method = SPEC.classes.byid[event.class_id].methods.byid[event.method_id]
            values = decode_fields(method.fields, event.arguments)
        except (KeyError, ValueError) as error:
            self.abort(f"RabbitMQ said {event.class_id}.{event.method_id}, which cannot be read: {error}")
            return
        name = spec.pythonize(f"{method.klass.name}_{method.name}")
        if method.response:
            names = (spec.pythonize(field.name) for field in method.fields)
            channel.answer(method, dict(zip(names, values, strict=True)))
        elif hasattr(self.delegate, name):
            self.delegate.dispatch(channel, Told(method, values))
        else:
            self.abort(f"RabbitMQ said {method.klass.name}.{method.name}, which a broker does not say")

    # From the first octet to the open connection

    def connectionMade(self) -> None:
        self.transport.setTcpNoDelay(True)
        self._add_channel(0)
        self.write(_GREETING)
        self._limit = self.clock.callLater(
            HANDSHAKE_S, self.abort, f"RabbitMQ at {self._url.place} did not let us in within {HANDSHAKE_S:.0f} s"
        )

    def credentials(self) -> str:
        """Who we are, for the mechanism PLAIN (RFC 4616)."""
        return f"\0{self._url.user}\0{self._url.password}"

    def properties(self) -> dict[str, Any]:
        """What RabbitMQ shows of us."""
        return {
            "product": "mobilesasa",
            "version": version("mobilesasa"),
            "platform": "Python, Twisted, txAMQP",
            "connection_name": self._name,
            "capabilities": _CAPABILITIES,
        }

    def tuned(self, channel_max: int, frame_octets: int) -> None:
        """Agree on bounds (0: none of the broker's), and begin the heartbeats."""
        self._channel_max = min(channel_max or CHANNELS, CHANNELS)
        self.frame_octets = min(frame_octets or FRAME_OCTETS, FRAME_OCTETS)
        heartbeat_s = self._url.heartbeat_s
        self.channels[0].connection_tune_ok(self._channel_max, self.frame_octets, heartbeat_s)
        if heartbeat_s:
            beating = self._heartbeats.start(heartbeat_s / 2, now=False)
            beating.addErrback(lambda failure: self.log.failure("heartbeats of RabbitMQ", failure))
        opened: Deferred[Answer] = self.channels[0].connection_open(virtual_host=self._url.vhost)
        opened.addCallbacks(lambda _: self._opened(), lambda _: None)  # else the loss says why

    def _opened(self) -> None:
        self._end_limit()
        self._is_let_in = True
        self._user.opened(self)

    def _beat(self) -> None:
        """Keep time: each side speaks twice in the time after which the other gives it up."""
        if not self._spoke:
            self.transport.write(_HEARTBEAT)
        self._silent_beats = 0 if self._heard else self._silent_beats + 1
        self._heard = self._spoke = False
        if self._silent_beats == 2:
            self.abort(f"no heartbeat of RabbitMQ at {self._url.place} for {self._url.heartbeat_s} s")

    def block(self, reason: str) -> None:
        """Note that the broker takes no messages, or with an empty reason takes them again."""
        self.blocked = reason
        self._user.blocked_by(self, reason)

    # The end

    def abort(self, reason: str) -> None:
        """Break the connection off."""
        self._reason = self._reason or reason
        self.transport.abortConnection()

    def close(self, reason: str = "we stopped", within: float = CLOSE_S) -> None:
        """Take leave of the broker, then close; `lost` comes when that is done, or after so many seconds."""
        if self.is_lost or self._reason:
            return
        if not self._is_let_in:
            self.abort(reason)
            return
        self._reason = reason
        self._leave(within)
        self._collect()
        asked = self.channels[0].connection_close(reply_code=200, reply_text=reason.encode()[:255])
        asked.addCallbacks(lambda _: self.transport.loseConnection(), lambda _: None)

    def closed_by_broker(self, code: int, text: str) -> None:
        """Close, since the broker does."""
        self._reason = self._reason or why_closed(code, text, self._url, opening=not self._is_let_in)
        self._leave(CLOSE_S)
        self._flush()
        self.transport.loseConnection()

    def _leave(self, within_s: float) -> None:
        self._end_limit()
        self._limit = self.clock.callLater(within_s, self.transport.abortConnection)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self.is_lost = True
        self._end_limit()
        self._end_flushing()
        if self._heartbeats.running:
            self._heartbeats.stop()
        self._reason = self._reason or why_lost(reason, self._url)
        error = ChannelLost(self._reason)
        for number in list(self.channels):
            self.end_channel(number, error)
        self._user.lost(self, self._reason)

    def _end_limit(self) -> None:
        if self._limit is not None and self._limit.active():
            self._limit.cancel()


_GET_OK: Final = SPEC.classes.byname["basic"].methods.byname["get-ok"]
