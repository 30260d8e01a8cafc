"""A broker played by a test, on a clock and without a socket; what it says and hears goes through another client's codec."""

from typing import Any

import attrs
from pika import spec
from twisted.internet.defer import Deferred
from twisted.internet.error import ConnectionAborted, ConnectionDone
from twisted.internet.interfaces import IStreamClientEndpoint
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from twisted.python.failure import Failure
from zope.interface import implementer

from mobilesasa.queue.amqp.channel import Channel, open_channel
from mobilesasa.queue.amqp.client import Client
from mobilesasa.queue.amqp.url import AmqpUrl
from tests.queue.amqp.wire import frames, method

URL = AmqpUrl(host="broker", port=5672, user="me", password="s3cret", vhost="sms", heartbeat_s=20)
GREETING = b"AMQP\x00\x00\x09\x01"
CHANNELS, FRAME_OCTETS = 2047, 131_072


class Transport(StringTransport):
    """A socket that keeps each write, and is cut at once when it is aborted."""

    def __init__(self) -> None:
        super().__init__()
        self.writes: list[bytes] = []
        self.no_delay = False
        self.is_aborted = False

    def setTcpNoDelay(self, enabled: bool) -> None:
        self.no_delay = enabled

    def write(self, data: bytes) -> None:
        self.writes.append(data)

    def abortConnection(self) -> None:
        if not self.is_aborted:
            self.is_aborted = True
            self.protocol.connectionLost(Failure(ConnectionAborted()))


@attrs.define(eq=False)
class User:
    """Who has the client, and writes down what it is told."""

    told: list[tuple[Any, ...]] = attrs.field(factory=list)

    def opened(self, client: Client) -> None:
        self.told.append(("opened",))

    def blocked_by(self, client: Client, reason: str) -> None:
        self.told.append(("blocked", reason))

    def lost(self, client: Client, reason: str) -> None:
        self.told.append(("lost", reason))


class Peer:
    """The broker's end of one connection."""

    def __init__(self, client: Client, clock: Clock) -> None:
        self.client = client
        self.clock = clock
        self.transport = Transport()
        self.transport.protocol = client
        client.makeConnection(self.transport)

    def writes(self) -> list[bytes]:
        """Let the turn end, and take the writes since the last look."""
        self.clock.advance(0)
        writes, self.transport.writes = self.transport.writes, []
        return writes

    def heard(self) -> list[Any]:
        """Let the turn end, and take what was said since the last look: methods, and bodies as bytes."""
        octets = b"".join(self.writes()).removeprefix(GREETING)
        said = [getattr(frame, "method", getattr(frame, "fragment", None)) for frame in frames(octets)]
        return [each for each in said if each is not None]

    def names(self) -> list[str]:
        """What was said since the last look, by name."""
        return [each.NAME for each in self.heard()]

    def say(self, *said: Any, channel: int = 1) -> None:
        """Say methods, or octets as they are, in one read of the socket."""
        octets = (each if isinstance(each, bytes) else method(each, channel) for each in said)
        self.client.dataReceived(b"".join(octets))

    def begin(self) -> None:
        """Bring the handshake to where the broker decides on the vhost."""
        self.say(spec.Connection.Start(server_properties={"product": "RabbitMQ"}), channel=0)
        self.say(spec.Connection.Tune(CHANNELS, FRAME_OCTETS, 60), channel=0)

    def open(self) -> None:
        """Let the client in."""
        self.begin()
        self.say(spec.Connection.OpenOk(), channel=0)

    def open_channel(self, number: int = 1) -> None:
        """Answer one that is being opened."""
        self.say(spec.Channel.OpenOk(), channel=number)
        self.say(spec.Confirm.SelectOk(), channel=number)

    def hang_up(self) -> None:
        """Close the socket, as when the client asked for it."""
        self.client.connectionLost(Failure(ConnectionDone()))


def new_peer(url: AmqpUrl = URL) -> Peer:
    """Return the peer of a client whose handshake has not begun."""
    clock = Clock()
    return Peer(Client(url, "mobilesasa test", clock, User()), clock)


def opened_peer(url: AmqpUrl = URL) -> Peer:
    """Return the peer of a client that it let in."""
    peer = new_peer(url)
    peer.open()
    peer.heard()
    return peer


def channel_of(peer: Peer) -> Channel:
    """Return a channel that the peer has opened."""
    opening = Deferred.fromCoroutine(open_channel(peer.client))
    peer.open_channel(peer.client._number)
    peer.heard()
    return opening.result


@implementer(IStreamClientEndpoint)
class Brokers:
    """Where a connection connects: each try waits until the test lets it through or refuses it."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.tries: list[tuple[Any, Deferred[Any]]] = []
        self.cancelled = 0

    def connect(self, factory: Any) -> Deferred[Any]:
        def cancel(_: Deferred[Any]) -> None:
            self.cancelled += 1

        connecting: Deferred[Any] = Deferred(cancel)
        self.tries.append((factory, connecting))
        return connecting

    def take(self) -> Peer:
        """Let the oldest try through."""
        factory, connecting = self.tries.pop(0)
        peer = Peer(factory.buildProtocol(None), self.clock)
        connecting.callback(peer.client)
        return peer

    def refuse(self, error: Exception) -> None:
        """Let the oldest try fail."""
        self.tries.pop(0)[1].errback(error)
