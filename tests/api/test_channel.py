"""A connection of a client: one timer watches it, and an answer goes to its socket at once, whole and in order."""

import socket
from collections.abc import Iterator
from typing import Any

import attrs
import orjson
import pytest
from twisted.internet import tcp
from twisted.internet.error import ConnectionDone
from twisted.internet.testing import MemoryReactorClock
from twisted.protocols.policies import WrappingFactory
from twisted.python.failure import Failure

from mobilesasa.api.ports import WebLimits
from tests.api.rig import TOKEN, Connection, Rig

ACCOUNT = f"GET /api/v1/account HTTP/1.1\r\nHost: h\r\nX-API-Key: {TOKEN}\r\n\r\n".encode()
DOCUMENT = b"GET /api/v1/openapi.json HTTP/1.1\r\nHost: h\r\n\r\n"
FEW_OCTETS = 65_536
PATIENCE_S = 10


@pytest.fixture
def patient() -> Rig:
    return Rig(limits=WebLimits(timeout_s=60))


# Silence


def test_one_timer_watches_a_connection_however_many_requests_come(patient):
    client = Connection(patient.site)
    for _ in range(20):
        patient.clock.advance(1)
        client.send(ACCOUNT)
        assert client.reply().status == 200
    assert len(patient.clock.getDelayedCalls()) == 1


def test_a_connection_with_requests_lives_and_ends_when_it_has_been_silent_for_so_long(patient):
    client = Connection(patient.site)
    for _ in range(3):
        patient.clock.advance(50)
        client.send(ACCOUNT)
    patient.clock.advance(59.9)
    assert not client.wire.disconnecting
    patient.clock.advance(0.2)
    assert client.wire.disconnecting


def test_a_request_that_is_under_way_is_waited_for_and_the_silence_begins_behind_it(patient):
    patient.intake.hold()
    client = patient.begin("POST", "/api/v1/messages", b'{"to":"+254712345678","message":"Hello"}', X_API_Key=TOKEN)
    patient.clock.advance(100)
    assert not client.wire.disconnecting
    patient.intake.release()
    patient.clock.advance(59.9)
    assert not client.wire.disconnecting
    patient.clock.advance(0.2)
    assert client.wire.disconnecting


def test_a_connection_that_has_gone_is_watched_no_longer(patient):
    client = Connection(patient.site)
    client.send(ACCOUNT)
    client.hang_up()
    assert patient.clock.getDelayedCalls() == []


# Sockets


@attrs.define
class Wired:
    """A client with a socket, and the node's end of it, which a reactor would serve."""

    client: socket.socket
    end: Any = attrs.field(repr=False)

    def ask(self, octets: bytes) -> None:
        self.client.sendall(octets)
        self.end.doRead()

    def read(self) -> bytes:
        """Read all that has been sent so far."""
        found = b""
        while True:
            try:
                found += self.client.recv(65_536)
            except BlockingIOError:
                return found

    def rest(self) -> bytes:
        """Read to the end of what was sent."""
        self.end.socket.shutdown(socket.SHUT_WR)
        self.client.settimeout(PATIENCE_S)
        return b"".join(iter(lambda: self.client.recv(65_536), b""))


@pytest.fixture(params=[False, True], ids=["bare", "counted"])
def wired(rig: Rig, request: pytest.FixtureRequest) -> Iterator[Wired]:
    with socket.create_server(("127.0.0.1", 0)) as door:
        client = socket.create_connection(door.getsockname())
        taken, peer = door.accept()
    with client, taken:
        client.setblocking(False)
        taken.setblocking(False)
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, FEW_OCTETS)
        site = WrappingFactory(rig.site) if request.param else rig.site
        protocol = site.buildProtocol(None)
        end = tcp.Server(taken, protocol, peer, None, 0, MemoryReactorClock())  # type: ignore[arg-type]  # its port
        protocol.makeConnection(end)
        yield Wired(client, end)
        protocol.connectionLost(Failure(ConnectionDone()))


def test_an_answer_is_on_the_wire_before_the_reactor_turns(wired):
    wired.ask(ACCOUNT)
    assert wired.end.reactor.writers == set()
    head, _, body = wired.read().partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 OK\r\n")
    assert f"content-length: {len(body)}".encode() in head.lower()


def test_what_the_socket_does_not_take_waits_and_what_follows_does_not_overtake_it(wired):
    wired.ask(DOCUMENT)
    wired.ask(ACCOUNT)
    assert wired.end in wired.end.reactor.writers
    octets = wired.read()
    while wired.end in wired.end.reactor.writers:
        wired.end.doWrite()
        octets += wired.read()
    document, _, account = (octets + wired.rest()).rpartition(b"HTTP/1.1 200 OK\r\n")
    head, _, body = document.partition(b"\r\n\r\n")
    assert f"content-length: {len(body)}".encode() in head.lower()
    assert orjson.loads(account.partition(b"\r\n\r\n")[2])["success"] is True


def test_an_answer_to_a_socket_that_is_gone_is_left_to_the_reactor_to_find_out(wired):
    wired.end.socket.shutdown(socket.SHUT_WR)
    wired.ask(ACCOUNT)
    assert wired.end in wired.end.reactor.writers


def test_head_is_answered_with_a_head_alone(wired):
    wired.ask(ACCOUNT.replace(b"GET", b"HEAD"))
    assert wired.read().endswith(b"\r\n\r\n")
