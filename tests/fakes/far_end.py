"""The other end of a `Link`, without a socket: it speaks through a session of its own."""

from __future__ import annotations

import attrs
from twisted.internet.defer import Deferred
from twisted.internet.error import ConnectionDone, ConnectionLost
from twisted.internet.interfaces import IStreamClientEndpoint, ITCPTransport
from twisted.internet.testing import StringTransport
from twisted.python.failure import Failure
from zope.interface import implementer

from mobilesasa.smpp.pdus import Bind, Pdu, answer
from mobilesasa.smpp.session import Session
from mobilesasa.smpp.transitions import Side
from mobilesasa.smppnet.protocol import Link


@implementer(ITCPTransport)
class CountedTransport(StringTransport):
    """A transport that counts its writes, and knows whether Nagle's algorithm is on."""

    writes = 0
    no_delay = False

    def write(self, data):
        self.writes += 1
        super().write(data)

    def setTcpNoDelay(self, enabled):
        self.no_delay = enabled


class FarEnd:
    """What stands across from a link: an SMSC for an ESME's link, and the other way round."""

    def __init__(self, link: Link) -> None:
        self.link = link
        self.transport = CountedTransport()
        self.session = Session(link.session.side.other)
        self.gone = False
        link.makeConnection(self.transport)

    def heard(self) -> list:
        """Everything the link has written since the last time, as the events of a session."""
        octets = self.transport.value()
        self.transport.clear()
        self.transport.writes = 0
        return self.session.receive_data(octets)

    def heard_pdus(self, *classes: type[Pdu]) -> list:
        return [event for event in self.heard() if isinstance(event, classes or Pdu)]

    def say(self, *pdus: Pdu) -> None:
        """Send these in one turn."""
        self.link.dataReceived(self.session.send_all(pdus))

    def hang_up(self, reason: type[Exception] = ConnectionLost) -> None:
        """Break the connection."""
        self.gone = True
        self.link.connectionLost(Failure(reason()))

    @property
    def closing(self) -> bool:
        """Whether the link has closed or cut its side."""
        return self.transport.disconnecting or self.transport.disconnected

    def finish(self) -> None:
        """Let a close of the link happen, as the reactor would."""
        assert self.closing
        self.hang_up(ConnectionDone)


class SmscEnd(FarEnd):
    """An SMSC that has taken the bind."""

    def take_bind(self, status: int = 0) -> Bind:
        (bind,) = self.heard_pdus(Bind)
        self.say(answer(bind, status, **({} if status else {"system_id": "smsc"})))
        return bind


@implementer(IStreamClientEndpoint)
@attrs.define(eq=False)
class FakeEndpoint:
    """Connections that come about when the test says so."""

    asked: list = attrs.field(factory=list)
    ends: list = attrs.field(factory=list)
    cancelled: int = 0

    def connect(self, protocolFactory):
        connecting: Deferred = Deferred(self._cancel)
        self.asked.append((connecting, protocolFactory))
        return connecting

    def _cancel(self, _: Deferred) -> None:
        self.cancelled += 1
        self.asked.clear()

    def accept(self) -> SmscEnd:
        """Let the oldest attempt succeed."""
        connecting, factory = self.asked.pop(0)
        link = factory.buildProtocol(None)
        end = SmscEnd(link)
        self.ends.append(end)
        connecting.callback(link)
        return end

    def refuse(self, error: Exception) -> None:
        """Let the oldest attempt fail."""
        self.asked.pop(0)[0].errback(Failure(error))


class RecordingUser:
    """A `LinkUser` (and `ClientUser`) that notes what it is told."""

    def __init__(self) -> None:
        self.calls: list = []
        self.on_received = None
        self.on_made = None

    def of(self, name: str) -> list:
        return [call[1] for call in self.calls if call[0] == name]

    def made(self, link):
        self.calls.append(("made", None))
        if self.on_made is not None:
            self.on_made(link)

    def received(self, link, requests):
        self.calls.append(("received", requests))
        if self.on_received is not None:
            self.on_received(link, requests)

    def answered(self, link, answers):
        self.calls.append(("answered", answers))

    def unanswered(self, link, contexts):
        self.calls.append(("unanswered", contexts))

    def unbound(self, link):
        self.calls.append(("unbound", None))

    def lost(self, link, reason):
        self.calls.append(("lost", reason))

    def up(self, link):
        self.calls.append(("up", None))

    def down(self, link, reason):
        self.calls.append(("down", reason))


def take_binds(link: Link, requests: list) -> None:
    """An SMSC's user that takes every bind and leaves the rest."""
    link.send([answer(pdu) for pdu in requests if isinstance(pdu, Bind)])


__all__ = ["CountedTransport", "FakeEndpoint", "FarEnd", "RecordingUser", "Side", "SmscEnd", "take_binds"]
