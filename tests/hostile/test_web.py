"""Peers of the API that ask for more than they read, take all places, or send what is hard to read."""

import time

import pytest
from twisted.internet.address import IPv4Address

from mobilesasa.api.ports import WebLimits
from mobilesasa.api.strict import BadJson, read
from mobilesasa.api.unread import Unread
from mobilesasa.node.http import Bounded
from tests.api.rig import TOKEN, Connection, Rig, Wire

HEALTH = b"GET /healthz HTTP/1.1\r\nHost: h\r\n\r\n"
ACCOUNT = f"GET /api/v1/account HTTP/1.1\r\nHost: h\r\nX-API-Key: {TOKEN}\r\n\r\n".encode()
ONE_TURN = 16


@pytest.fixture
def rig() -> Rig:
    return Rig(limits=WebLimits(timeout_s=60))


def turn(rig: Rig) -> None:
    """One turn of the reactor; a clock would run what is called meanwhile as well."""
    now_s = rig.clock.seconds()
    for call in [call for call in rig.clock.getDelayedCalls() if call.getTime() <= now_s]:
        function, args, kw = call.func, call.args, call.kw
        call.cancel()
        function(*args, **kw)


def answers(client: Connection) -> int:
    return client.wire.value().count(b"HTTP/1.1 200 ")


# What is asked for and not read


@pytest.mark.parametrize("octets", [HEALTH, ACCOUNT], ids=["in one go", "by a route"])
def test_requests_without_end_are_answered_a_few_a_turn_so_that_others_are_served_between(rig, octets):
    client = Connection(rig.site)
    client.send(octets * 100)
    assert answers(client) == ONE_TURN
    assert client.wire.producerState == "paused"
    for number in range(2, 7):
        turn(rig)
        assert answers(client) == ONE_TURN * number
    turn(rig)
    assert answers(client) == 100
    assert client.wire.producerState == "producing"


def test_a_client_that_reads_nothing_is_answered_no_further_and_not_read(rig):
    client = Connection(rig.site)
    client.send(HEALTH * 3 + HEALTH[:20])
    client.wire.producer.pauseProducing()  # as a transport does whose buffer is full
    client.send(HEALTH[20:] + HEALTH * 50)
    before = answers(client)
    assert before <= 4
    assert client.wire.producerState == "paused"
    rig.clock.pump([0] * 10)
    assert answers(client) == before
    client.wire.producer.resumeProducing()
    rig.clock.pump([0] * 10)
    assert answers(client) == 54
    assert client.wire.producerState == "producing"


def test_a_request_that_is_under_way_while_nothing_is_read_is_answered_and_none_after_it(rig):
    rig.intake.hold()
    body = b'{"to":"+254712345678","message":"Hello"}'
    head = f"POST /api/v1/messages HTTP/1.1\r\nHost: h\r\nX-API-Key: {TOKEN}\r\nContent-Length: {len(body)}\r\n\r\n"
    client = Connection(rig.site)
    client.send(head.encode() + body + HEALTH * 20)
    client.wire.producer.pauseProducing()
    assert client.wire.producerState == "paused"
    rig.intake.release()
    rig.clock.pump([0] * 5)
    assert answers(client) == 1
    client.wire.producer.resumeProducing()
    rig.clock.pump([0] * 5)
    assert answers(client) == 21


def test_who_has_no_more_to_ask_is_answered_all_before_the_connection_closes(rig):
    client = Connection(rig.site)
    client.send(HEALTH * 40)
    client.no_more()
    assert not client.wire.disconnecting
    rig.clock.pump([0] * 5)
    assert (answers(client), client.wire.disconnecting) == (40, True)


def test_a_connection_that_is_lost_between_two_turns_leaves_nothing_behind(rig):
    client = Connection(rig.site)
    client.send(HEALTH * 40)
    client.hang_up()
    assert rig.clock.getDelayedCalls() == []


class FullWire(Wire):
    """A transport whose buffer is full from the first octet on, until it is read."""

    def write(self, data: bytes) -> None:
        super().write(data)
        self.producer.pauseProducing()


def unread(rig: Rig, count: int) -> list[Connection]:
    """So many connections that ask for the OpenAPI document, and do not read it."""
    made = [Connection(rig.site, wire=FullWire) for _ in range(count)]
    for each in made:
        each.send(b"GET /api/v1/openapi.json HTTP/1.1\r\nHost: h\r\n\r\n")
    return made


def test_of_large_answers_that_nobody_reads_only_so_much_is_kept_and_who_lets_us_wait_longest_is_cut(rig):
    """500 connections that asked for the reference and did not read it took 350 MB, without a token."""
    rig.site.unread = Unread(3_000_000)
    (one,) = unread(rig, 1)
    octets = len(one.wire.value())
    others = unread(rig, 9)
    there = 3_000_000 // octets
    assert [each.wire.aborted for each in (one, *others)] == [True] * (10 - there) + [False] * there
    assert rig.site.unread.octets == there * octets


def test_what_was_read_or_is_gone_with_its_connection_waits_no_longer(rig):
    first, second = unread(rig, 2)
    assert rig.site.unread.octets > 0
    first.wire.producer.resumeProducing()
    second.hang_up()
    assert rig.site.unread.octets == 0


# All places taken


class Port:
    """A port that has room for so many."""

    def __init__(self, rig: Rig, places: int = 3) -> None:
        self.rig = rig
        self.bounded = Bounded(rig.site, places)

    def connect(self, host: str = "192.0.2.7") -> "Place":
        return Place(self, host)


class Place:
    """A connection to it."""

    def __init__(self, port: Port, host: str) -> None:
        self.wire = Wire(IPv4Address("TCP", "127.0.0.1", 8080), IPv4Address("TCP", host, 40_000))
        self.protocol = port.bounded.buildProtocol(self.wire.getPeer())
        if self.protocol is not None:
            self.protocol.makeConnection(self.wire)

    def send(self, octets: bytes) -> None:
        self.protocol.dataReceived(octets)

    @property
    def cut(self) -> bool:
        return self.protocol is None or self.wire.aborted


@pytest.fixture
def port(rig) -> Port:
    return Port(rig)


def test_who_comes_gets_the_place_of_who_has_been_there_longest_and_asked_nothing(port):
    """5,000 silent connections kept everybody else out for a minute."""
    known = port.connect()
    known.send(ACCOUNT)
    first, second = port.connect(), port.connect()
    port.rig.clock.advance(0.3)
    newcomer = port.connect()
    assert (known.cut, first.cut, second.cut, newcomer.cut) == (False, True, False, False)
    newcomer.send(ACCOUNT)
    assert b" 200 OK" in newcomer.wire.value()


def test_half_a_request_holds_no_place(port):
    slow = [port.connect() for _ in range(3)]
    for each in slow:
        each.send(ACCOUNT[:30])
    port.rig.clock.advance(0.3)
    assert not port.connect().cut
    assert [each.cut for each in slow] == [True, False, False]


def test_who_asked_once_and_is_silent_since_gives_way_when_nobody_else_does_the_longest_silent_first(port):
    known = [port.connect() for _ in range(3)]
    for each in known:
        each.send(HEALTH)
        port.rig.clock.advance(2)
    known[0].send(HEALTH)
    port.rig.clock.advance(2)
    assert not port.connect().cut
    assert [each.cut for each in known] == [False, True, False]


def test_who_asked_just_now_keeps_the_place_and_who_comes_is_turned_away(port):
    known = [port.connect() for _ in range(3)]
    for each in known:
        each.send(HEALTH)
    assert port.connect().cut
    assert not any(each.cut for each in known)


def test_those_who_ask_once_each_and_come_by_the_thousand_keep_nobody_out(port):
    """5,000 connections that each asked once, as many a second as there are places, turned others away."""
    known = [port.connect() for _ in range(3)]
    for each in known:
        each.send(HEALTH)
    port.rig.clock.advance(0.2)
    assert not port.connect().cut
    assert [each.cut for each in known] == [True, False, False]


def test_who_gives_way_is_found_without_a_look_at_all_others(rig, monkeypatch):
    """With 1,000 connections that were answered each new one looked at all of them, for half of a core at 1,300 a second."""
    port = Port(rig, places=1000)
    looks: list[object] = []
    monkeypatch.setattr(
        "mobilesasa.node.http._channel", lambda wrapper: looks.append(wrapper) or wrapper.wrappedProtocol
    )
    known = [port.connect() for _ in range(1000)]
    for each in known:
        each.send(HEALTH)
    port.rig.clock.advance(5)
    for each in known[:500]:
        each.send(HEALTH)
    port.rig.clock.advance(5)
    for _ in range(100):
        newcomer = port.connect()
        assert not newcomer.cut
        newcomer.send(HEALTH)
    assert [n for n, each in enumerate(known) if each.cut] == [*range(500, 600)]
    assert len(looks) < 10_000


def test_a_request_that_is_under_way_keeps_its_place(port):
    port.rig.intake.hold()
    body = b'{"to":"+254712345678","message":"Hello"}'
    head = f"POST /api/v1/messages HTTP/1.1\r\nHost: h\r\nX-API-Key: {TOKEN}\r\nContent-Length: {len(body)}\r\n\r\n"
    busy = [port.connect() for _ in range(3)]
    for each in busy:
        each.send(head.encode() + body)
    port.rig.clock.advance(20)
    assert port.connect().cut
    for _ in busy:
        port.rig.intake.release()
    assert all(b" 200 OK" in each.wire.value() for each in busy)


def test_who_came_just_now_and_may_be_about_to_ask_keeps_the_place(port):
    young = [port.connect() for _ in range(3)]
    port.rig.clock.advance(0.2)
    assert port.connect().cut
    port.rig.clock.advance(0.1)
    assert not port.connect().cut
    assert [each.cut for each in young] == [True, False, False]


def test_that_places_are_taken_is_said_once_a_minute(port, warnings):
    for _ in range(30):
        port.connect()
    assert len(warnings) == 1
    assert "3 connections" in warnings[0]
    port.rig.clock.advance(61)
    port.connect()
    assert len(warnings) == 2


# What is hard to read


@pytest.mark.parametrize("twice", [1, 40_000], ids=["one of them", "each of them"])
def test_keys_that_stand_twice_among_80_000_are_named_in_time(twice):
    """Each key was counted among all of them: a minute and more of the whole node for 1 MB, without a token."""
    keys = [b'"%x":0' % number for number in range(80_000 - twice)]
    body = b"{" + b",".join([*keys, *keys[:twice]]) + b"}"
    begun_s = time.process_time()
    with pytest.raises(BadJson) as caught:
        read(body)
    assert time.process_time() - begun_s < 10
    assert caught.value.twice == tuple(f"{number:x}" for number in range(min(10, twice)))


def test_arrays_by_the_hundred_thousand_are_refused_before_they_are_made():
    """440,000 of them in 1 MB took 600 ms of the whole node."""
    body = b"[" + b",".join([b"[[[[]]]]"] * 110_000) + b"]"
    begun_s = time.process_time()
    with pytest.raises(BadJson, match="more than 20000 arrays and objects"):
        read(body)
    assert time.process_time() - begun_s < 0.2
    assert len(read(b'{"messages":[' + b",".join([b"{}"] * 19_000) + b"]}")["messages"]) == 19_000


@pytest.mark.parametrize("path", ["login", "refresh", "link"])
def test_who_has_no_token_yet_may_send_16_kb(rig, path):
    octets = b'{"email":"' + b"x" * 16_384 + b'"}'
    reply = rig.ask("POST", f"/api/v1/auth/{path}", octets)
    assert (reply.status, reply.body["code"]) == (400, "body_too_large")
    assert "16384" in reply.body["error"]
