"""The other end of a server's link, driven by hand over a StringTransport."""

from typing import Any

from twisted.internet.address import IPv4Address
from twisted.internet.error import ConnectionDone
from twisted.internet.testing import StringTransport
from twisted.python.failure import Failure

from mobilesasa.smpp.pdus import Bind, BindResp, BindTransceiver, EnquireLink, Pdu, SubmitSm, answer, decode
from mobilesasa.smppnet.protocol import Link


class Esme:
    """Sends whatever it is told to, in any state, and keeps what came back."""

    def __init__(self, link: Link, host: str = "192.0.2.1") -> None:
        self.link = link
        self.transport = StringTransport(peerAddress=IPv4Address("TCP", host, 40000))
        self.writes: list[bytes] = []
        self.alive = True  # answers enquire_link
        self.sequence = 0
        self._unread = b""
        self._lost = False
        write = self.transport.write
        self.transport.write = lambda data: (self.writes.append(data), write(data))[1]
        link.makeConnection(self.transport)

    @property
    def closed(self) -> bool:
        """Whether the server closed the connection."""
        return self.transport.disconnecting or self._lost

    def send(self, *pdus: Pdu) -> list[Pdu]:
        """Send PDUs in one piece, requests numbered; return what has come back by then."""
        octets = b""
        for pdu in pdus:
            if not pdu.sequence:
                self.sequence += 1
            octets += pdu.encode(pdu.sequence or self.sequence)
        self.link.dataReceived(octets)
        return self.heard()

    def heard(self) -> list[Pdu]:
        """Return the PDUs that came since the last look; enquire_link is answered if it is alive, and not shown."""
        self._unread += self.transport.value()
        self.transport.clear()
        found: list[Pdu] = []
        while self._unread:
            length = int.from_bytes(self._unread[:4], "big")
            pdu = decode(self._unread[:length])
            self._unread = self._unread[length:]
            if isinstance(pdu, EnquireLink):
                if self.alive:
                    self.link.dataReceived(answer(pdu).encode())
            else:
                found.append(pdu)
        if self.transport.disconnecting:
            self.drop()
        return found

    def bind(self, kind: type[Bind] = BindTransceiver, **fields: Any) -> BindResp:
        """Bind; return the answer."""
        (response,) = self.send(kind(**fields))
        assert isinstance(response, BindResp)
        return response

    def submit(self, **fields: Any) -> Pdu:
        """Submit one message; return the answer."""
        (response,) = self.send(SubmitSm(**{"destination_addr": "254712345678", "short_message": b"Hi", **fields}))
        return response

    def drop(self) -> None:
        """Let the connection be lost, once."""
        if not self._lost:
            self._lost = True
            self.link.connectionLost(Failure(ConnectionDone()))
