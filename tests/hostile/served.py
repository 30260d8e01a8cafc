"""A server on real ports, a session that behaves, and what runs a hostile peer beside it."""

import datetime as dt
import socket
import ssl
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import attrs
from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.internet.endpoints import TCP4ServerEndpoint

from mobilesasa.core.gateway import Gateway
from mobilesasa.core.ids import MessageIds
from mobilesasa.core.terms import SmppTerms
from mobilesasa.smpp.pdus import BindTransceiver
from mobilesasa.smppnet.certificates import Identity, self_signed
from mobilesasa.smppnet.timers import Timers
from mobilesasa.smppnet.tls import ServerTls, TlsEndpoint, server_context
from mobilesasa.smsc.binds import Binds
from mobilesasa.smsc.limits import Limits
from mobilesasa.smsc.server import SmppServer
from mobilesasa.smsc.session import Smsc
from tests.fakes.passwords import passwords
from tests.smsc.rig import ACME, RIVAL, Rig
from tests.whole.esme import Esme
from tests.whole.programs import HOST

ANOTHER_HOST = "127.0.0.2"  # where hostile peers are
PATIENCE_S = 30.0  # nothing is that late unless it never comes
Deed = Callable[["Peer"], None]


def make_certificate(folder: Path) -> Identity:
    """A certificate of the name by which `Esme` asks for it."""
    return self_signed(folder, socket.gethostname(), dt.datetime.now(dt.UTC))


class Served:
    """What the composer builds, over a store in memory; RIVAL may submit 50 in a second, ACME without end."""

    def __init__(self, files: Identity, limits: Limits | None = None) -> None:
        rig = self.rig = Rig()
        rig.change_team(2, session_tps=50)
        self.files = files
        gateway = Gateway(rig.directory, rig.intake, rig.queue, rig.now_ms, MessageIds(rig.now_ms, lambda bits: 5))
        smsc = Smsc(
            gateway,
            rig.directory,
            Binds(reactor),
            reactor,
            rig.now_ms,
            passwords(reactor),
            limits or Limits(drain_s=0.2),  # at the end of a test nobody is waited for
            SmppTerms(session_tps=0, window=10),
        )
        plain, below = (TCP4ServerEndpoint(reactor, 0, backlog=1024, interface=HOST) for _ in range(2))
        tls = TlsEndpoint(below, ServerTls(server_context(files)), reactor)
        self.server = SmppServer([plain, tls], smsc, Timers())

    def start(self) -> None:
        self.server.startService()

    def stop(self) -> "Deferred[None]":
        """Ends when every connection has ended."""
        return self.server.stopService()

    @property
    def trusting(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=self.files.certificate_file)

    def port(self, tls: bool) -> int:
        return self.server.ports[int(tls)]

    def good(self, tls: bool) -> Esme:
        """A session of ACME; bound, and to be used in a thread."""
        context = self.trusting if tls else None
        esme = Esme(self.port(tls), "ACME", ACME, window=10, registered_delivery=0, tls=context)
        assert esme.bind() == 0
        return esme


@attrs.define(eq=False)
class Peer:
    """One connection of a hostile peer.

    Attributes:
        socket: the connection, over TLS if that was asked for.
        begun: set when it has sent something.
        stop: set when it may go home.
        files: the server's certificate.
    """

    socket: Any
    begun: threading.Event
    stop: threading.Event
    files: Identity

    def send(self, octets: bytes) -> None:
        self.begun.set()
        self.socket.sendall(octets)

    def hear(self) -> bytes:
        """What comes next; nothing when the connection is closed. Raises TimeoutError when nothing comes."""
        octets: bytes = self.socket.recv(65536)
        return octets

    def hear_the_end(self) -> None:
        """Wait until the connection is closed."""
        while not self.stop.is_set() and self.hear():
            pass

    def bind(self, password: str = RIVAL) -> None:
        self.send(BindTransceiver(system_id="RIVAL", password=password).encode(1))
        self.hear()


@attrs.define(eq=False)
class Attack:
    """A deed done over and over, each time on a new connection, until it is told to stop."""

    served: Served
    deed: Deed
    tls: bool
    handshake: bool = True
    begun: threading.Event = attrs.field(factory=threading.Event)
    stop: threading.Event = attrs.field(factory=threading.Event)

    def run(self) -> None:
        """For a thread of its own."""
        try:
            while not self.stop.is_set():
                self._once()
                self.begun.set()  # for a deed that sends nothing
        finally:
            self.begun.set()

    def _once(self) -> None:
        try:
            with self._connected() as connection:
                self.deed(Peer(connection, self.begun, self.stop, self.served.files))
        except (OSError, ssl.SSLError):
            pass  # it was cut, or is not read any more: that is what it is for

    def _connected(self) -> Any:
        port = self.served.port(self.tls)
        connection = socket.create_connection((HOST, port), PATIENCE_S, source_address=(ANOTHER_HOST, 0))
        connection.settimeout(0.25)
        if self.tls and self.handshake:
            try:
                return self.served.trusting.wrap_socket(connection, server_hostname=socket.gethostname())
            except BaseException:
                connection.close()
                raise
        return connection


def submit_beside(good: Esme, attack: Attack, amount: int) -> bool:
    """Submit with the good session from when the attack has begun, which ends with this; say whether all was answered."""
    try:
        assert attack.begun.wait(PATIENCE_S)
        texts = (f"text {number}" for number in range(amount))
        return good.run(texts, lambda esme: sum(esme.statuses.values()) == amount, PATIENCE_S)
    finally:
        attack.stop.set()
        good.close()
