"""A connection of a client: one timer watches it, and an answer goes to its socket at once, whole and in order."""

import socket
from collections.abc import Callable, Iterator
from typing import Any

import attrs
import orjson
import pytest
from twisted.internet import tcp
from twisted.internet.error import ConnectionDone
from twisted.internet.testing import MemoryReactorClock
from twisted.python.failure import Failure

from mobilesasa.api.ports import WebLimits
from mobilesasa.node.http import Bounded
from tests.api.rig import BODY, TOKEN, Connection, Rig

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

    def end_requests(self) -> None:
        """Close the writing side, and let the node see it as a reactor would."""
        self.client.shutdown(socket.SHUT_WR)
        assert isinstance(self.end.doRead(), ConnectionDone)
        self.end.reactor.removeReader(self.end)
        self.end.readConnectionLost(Failure(ConnectionDone()))

    def answers(self) -> bytes:
        """Let the node write all that it will and close, as a reactor would; read that to its end."""
        octets = b""
        while self.end in self.end.reactor.writers:
            why = self.end.doWrite()
            octets += self.read_open()
            if why is not None:
                self.end.reactor.removeWriter(self.end)
                self.end.connectionLost(Failure(why))
        assert not self.end.connected, "the connection is open still"
        self.client.settimeout(PATIENCE_S)
        return octets + b"".join(iter(lambda: self.client.recv(65_536), b""))

    def read_open(self) -> bytes:
        """Read what has been sent so far, and no end of it."""
        return self.read() if self.end.connected else b""

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
        site: Any = Bounded(rig.site, 9) if request.param else rig.site
        protocol = site.buildProtocol(None)
        end = tcp.Server(taken, protocol, peer, None, 0, MemoryReactorClock())  # type: ignore[arg-type]  # its port
        protocol.makeConnection(end)
        yield Wired(client, end)
        if end.connected:
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


# A client that has no more to ask closes its writing side, and is answered still (RFC 9112 §9.6)

MESSAGE = orjson.dumps(BODY)
POST = f"POST /api/v1/messages HTTP/1.1\r\nHost: h\r\nX-API-Key: {TOKEN}\r\nContent-Type: application/json\r\n".encode()
POST += b"Content-Length: %d\r\n\r\n" % len(MESSAGE) + MESSAGE


def statuses(octets: bytes) -> list[bytes]:
    return [line.split()[1] for line in octets.splitlines() if line.startswith(b"HTTP/1.1 ")]


def test_a_request_whose_client_ends_behind_it_is_answered_and_the_connection_closed(wired, rig):
    rig.intake.hold()
    wired.ask(POST)
    wired.end_requests()
    assert wired.end.connected
    rig.intake.release()
    assert statuses(wired.answers()) == [b"200"]


def test_all_requests_that_came_whole_are_answered_in_order_before_the_connection_is_closed(wired, rig):
    rig.intake.hold()
    wired.ask(POST + ACCOUNT + POST + ACCOUNT.replace(b"account", b"nothing") + ACCOUNT[:20])
    wired.end_requests()
    for _ in range(2):
        rig.intake.release()
    assert statuses(wired.answers()) == [b"200", b"200", b"200", b"404"]
    assert len(rig.intake.stored) == 2


def test_an_end_that_is_seen_twice_changes_nothing(wired, rig):
    rig.intake.hold()
    wired.ask(POST)
    wired.end_requests()
    wired.end_requests()
    rig.intake.release()
    assert statuses(wired.answers()) == [b"200"]


def test_a_long_answer_is_sent_to_its_end_before_the_connection_is_closed(wired):
    wired.ask(DOCUMENT)
    wired.end_requests()
    head, _, body = wired.answers().partition(b"\r\n\r\n")
    assert f"content-length: {len(body)}".encode() in head.lower()


@pytest.mark.parametrize("octets", [b"", b"GET /api", ACCOUNT[:-2], POST[:-1]])
def test_half_a_request_is_dropped_at_once_with_the_connection(wired, rig, octets):
    if octets:
        wired.ask(octets)
    wired.end_requests()
    assert wired.answers() == b""
    assert rig.intake.stored == []


def test_a_connection_that_waits_for_a_next_request_is_closed_when_there_is_none(wired):
    wired.ask(ACCOUNT)
    answered = wired.read()
    wired.end_requests()
    assert statuses(answered + wired.answers()) == [b"200"]


@pytest.mark.parametrize("how", ["asked to close", "ended"])
def test_who_reads_nothing_of_a_last_answer_is_cut_after_the_silence(wired, rig, how):
    wired.ask(DOCUMENT if how == "ended" else DOCUMENT.replace(b"\r\n", b"\r\nConnection: close\r\n", 1))
    if how == "ended":
        wired.end_requests()
    assert wired.end in wired.end.reactor.writers
    rig.clock.pump([30, 29, 2, 14])
    assert wired.end.connected
    rig.clock.advance(1)
    wired.end.reactor.advance(0)
    assert not wired.end.connected
    assert rig.clock.getDelayedCalls() == []


# Files that trickle in

UPLOAD = b"POST /api/v1/contacts/import HTTP/1.1\r\nHost: h\r\nX-API-Key: mbs_contacts\r\nContent-Type: text/csv\r\n"
UPLOAD += b"Content-Length: 2000000\r\n\r\n"


@pytest.fixture
def upload(rig: Rig) -> Iterator[Callable[..., Connection]]:
    """Begin to send a file, to this node or another; hung up at the end."""
    begun: list[Connection] = []

    def begin(to: Rig = rig) -> Connection:
        begun.append(Connection(to.site))
        begun[-1].send(UPLOAD)
        return begun[-1]

    yield begin
    for each in begun:
        each.hang_up()


def test_a_file_that_trickles_in_is_refused_and_cut_off_and_its_place_is_free(wired, rig, upload):
    wired.ask(UPLOAD)
    upload()
    for _ in range(31):
        rig.clock.advance(1)
        wired.ask(b"x" * 500)
    octets = wired.answers()
    head, _, body = octets.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400 ")
    assert b"connection: close" in head.lower()
    assert orjson.loads(body)["code"] == "too_slow"
    another = upload()
    another.send(b"7" * 2_000_000)
    assert another.reply().refusal == (400, "bad_file")


def test_a_file_that_comes_at_the_least_rate_is_read_however_long_it_takes(rig, upload):
    client = upload()
    for _ in range(120):
        rig.clock.advance(1)
        client.send(b"7" * 16_384)
    assert not client.wire.disconnecting
    client.send(b"7" * (2_000_000 - 120 * 16_384))
    assert client.reply().refusal == (400, "bad_file")  # no contacts; but they have come


def test_the_rate_is_counted_over_all_that_has_come(rig, upload):
    client = upload()
    client.send(b"7" * 1_638_400)
    for _ in range(12):
        rig.clock.advance(10)
        client.send(b"7")
    assert not client.wire.disconnecting
    rig.clock.advance(11)
    client.send(b"7")
    assert client.reply().refusal == (400, "too_slow")


def test_who_goes_on_after_the_refusal_is_not_heard_and_is_cut(rig, upload):
    client = upload()
    rig.clock.advance(31)
    client.send(b"7")
    client.wire.clear()
    for _ in range(16):
        rig.clock.advance(1)
        client.send(b"7" * 130_000)
    assert client.wire.value() == b""
    assert client.wire.aborted


def test_the_least_rate_is_a_setting(upload):
    rig = Rig(limits=WebLimits(body_min_octets_per_s=10))
    client = upload(rig)
    for _ in range(100):
        rig.clock.advance(1)
        client.send(b"7" * 10)
    assert not client.wire.disconnecting
