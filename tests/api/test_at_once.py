"""A request that comes whole is read at one look, and as Twisted would have read it line by line."""

import re
from itertools import count
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from twisted.internet.task import Clock
from twisted.web.resource import Resource

from mobilesasa.api import channel
from mobilesasa.api.ports import WebLimits
from mobilesasa.api.site import ApiSite
from tests.api.rig import BODY as MESSAGE
from tests.api.rig import TOKEN, Connection

BODY = orjson.dumps(MESSAGE)
TOKEN_LINE = b"X-API-Key: " + TOKEN.encode()
JSON_LINE = b"Content-Type: application/json"
DATE = re.compile(rb"Date: [^\r]*\r\n")  # of the second in which it was answered
LENGTH = b"Content-Length: %d" % len(BODY)

PLAIN = {
    "a get": (b"GET /api/v1/account HTTP/1.1", [TOKEN_LINE], b""),
    "with a query": (b"GET /api/v1/messages?page=1&page_size=5 HTTP/1.1", [TOKEN_LINE], b""),
    "a post": (b"POST /api/v1/messages HTTP/1.1", [TOKEN_LINE, JSON_LINE, LENGTH], BODY),
    "kept alive": (b"POST /api/v1/messages HTTP/1.1", [TOKEN_LINE, JSON_LINE, LENGTH, b"connection: Keep-Alive"], BODY),
    "a header twice": (b"GET /api/v1/account HTTP/1.1", [TOKEN_LINE, b"X-Other: 1", b"x-other: 2"], b""),
    "blanks around": (b"GET /api/v1/account HTTP/1.1", [b"x-API-key:\t " + TOKEN.encode() + b" \t"], b""),
    "an empty header": (b"GET /api/v1/account HTTP/1.1", [TOKEN_LINE, b"X-Empty:"], b""),
    "without a token": (b"GET /api/v1/account HTTP/1.1", [b"Host: h"], b""),
    "a cookie": (b"GET /api/v1/auth/me HTTP/1.1", [b"Cookie: mobilesasa_access=x; a=b"], b""),
    "an id": (b"GET /api/v1/account HTTP/1.1", [TOKEN_LINE, b"X-Request-Id: mine"], b""),
    "nothing there": (b"DELETE /api/v1/nothing HTTP/1.1", [TOKEN_LINE], b""),
    "no body": (b"POST /api/v1/messages HTTP/1.1", [TOKEN_LINE, JSON_LINE, b"Content-Length: 0"], b""),
}

ODD = {
    "in chunks": ([b"Transfer-Encoding: chunked"], b"%x\r\n" % len(BODY) + BODY + b"\r\n0\r\n\r\n"),
    "both lengths": ([LENGTH, b"Transfer-Encoding: chunked"], b"%x\r\n" % len(BODY) + BODY + b"\r\n0\r\n\r\n"),
    "two lengths": ([LENGTH, LENGTH], BODY),
    "a signed length": ([b"Content-Length: +%d" % len(BODY)], BODY),
    "a length of many digits": ([b"Content-Length: 00000%d" % len(BODY)], BODY),
    "a list of lengths": ([b"Content-Length: %d, %d" % (len(BODY), len(BODY))], BODY),
    "the end": ([LENGTH, b"Connection: close"], BODY),
    "expecting": ([LENGTH, b"Expect: 100-continue"], BODY),
    "an upgrade": ([LENGTH, b"Upgrade: h2c", b"Connection: Upgrade"], BODY),
    "a header of two lines": ([LENGTH, b"X-Long: a\r\n b"], BODY),
    "a blank before the colon": ([LENGTH, b"X-Blank : a"], BODY),
    "no colon": ([LENGTH, b"X-None"], BODY),
    "another octet": ([LENGTH, b"X-Other: \xe9"], BODY),
    "a NUL": ([LENGTH, b"X-Nul: \0"], BODY),
    "a bare line feed": ([LENGTH, b"X-Feed: a\nX-Other: b"], BODY),
    "many headers": ([LENGTH, *(b"X-%d: a" % n for n in range(100))], BODY),
    "a long header": ([LENGTH, b"X-Long: " + b"a" * 9000], BODY),
    "more than its length": ([LENGTH], BODY + b"GET /healthz HTTP/1.1\r\n\r\n"),
}


class Looks:
    """Counts what was read at one look, and can be told to read nothing so."""

    def __init__(self) -> None:
        self.read = 0
        self.reads = True
        self._whole = channel.read_at_once

    def __call__(self, *args: Any) -> bool:
        done = self.reads and self._whole(*args)
        self.read += done
        return done


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> Looks:
    made = Looks()
    monkeypatch.setattr(channel, "read_at_once", made)  # to see which way a request went
    return made


def octets_of(line: bytes, headers: list[bytes], body: bytes) -> bytes:
    return b"\r\n".join([line, *headers, b"", body])


class Echo(Resource):
    """Answers with all that was read of a request."""

    isLeaf = True

    def render(self, request: Any) -> bytes:
        headers = sorted((name, *values) for name, values in request.requestHeaders.getAllRawHeaders())
        read = request.method, request.uri, request.path, request.args, headers, request.received_cookies
        return repr((*read, request.content.read(), request.clientproto, request.octets)).encode()


def answers(octets: bytes, pieces: int = 1) -> tuple[bytes, bool]:
    """Send octets to a new node; return all that it answers, and whether it closes."""
    ids = count()
    client = Connection(ApiSite(Echo(), Clock(), WebLimits(), lambda: f"request-{next(ids)}"))
    step = -(-len(octets) // pieces)
    for at in range(0, len(octets), step):
        if not client.wire.disconnecting:
            client.send(octets[at : at + step])
    answered = DATE.sub(b"", client.wire.value()), client.wire.disconnecting
    client.hang_up()
    return answered


def statuses(said: bytes) -> list[bytes]:
    return re.findall(rb"HTTP/1\.1 ([0-9]{3}) ", said)


@pytest.mark.parametrize("name", PLAIN)
def test_a_plain_request_is_read_at_one_look_and_answered_as_by_twisted(looks, name):
    octets = octets_of(*PLAIN[name])
    whole = answers(octets)
    assert looks.read == 1
    assert answers(octets, len(octets)) == whole
    looks.reads = False
    assert answers(octets) == whole


@pytest.mark.parametrize("name", ODD)
def test_what_is_odd_is_left_to_twisted(looks, name):
    headers, body = ODD[name]
    octets = octets_of(b"POST /api/v1/messages HTTP/1.1", [TOKEN_LINE, JSON_LINE, *headers], body)
    given_back = answers(octets)
    assert (looks.read, given_back[0] != b"") == (0, True)
    looks.reads = False
    assert answers(octets) == given_back


@pytest.mark.parametrize(
    "line",
    [
        b"GET /api/v1/account HTTP/1.0",
        b"GET http://h/api/v1/account HTTP/1.1",
        b"HEAD /api/v1/account HTTP/1.1",
        b"GET /api/v1/\xe9 HTTP/1.1",
        b"GET  /api/v1/account HTTP/1.1",
        b"get /api/v1/account HTTP/1.1",
        b"GET /api/v1/account HTTP/2.0",
        b"GET /api/v1/account",
        b"\r\nGET /api/v1/account HTTP/1.1",
    ],
)
def test_so_is_an_odd_first_line(looks, line):
    octets = octets_of(line, [TOKEN_LINE], b"")
    given_back = answers(octets)
    assert looks.read == 0
    looks.reads = False
    assert answers(octets) == given_back


def test_requests_behind_each_other_are_answered_in_order(looks, rig):
    client = Connection(rig.site)
    octets = octets_of(*PLAIN["a get"])
    client.send(octets)
    client.send(octets + octets_of(*PLAIN["nothing there"]))
    client.send(octets[:40])
    client.send(octets[40:])
    client.send(octets)
    assert (statuses(client.wire.value()), looks.read) == ([b"200", b"200", b"404", b"200", b"200"], 2)


def test_one_that_comes_on_a_connection_that_is_being_closed_is_not_read(looks):
    clock = Clock()
    client = Connection(ApiSite(Echo(), clock, WebLimits(timeout_s=60), lambda: "request"))
    clock.advance(61)
    assert client.wire.disconnecting
    client.send(octets_of(*PLAIN["a post"]))
    assert (client.wire.value(), looks.read) == (b"", 0)


def test_one_that_comes_while_another_is_under_way_waits_for_it(looks, rig):
    rig.intake.hold()
    client = Connection(rig.site)
    client.send(octets_of(*PLAIN["a post"]))
    client.send(octets_of(*PLAIN["a get"]))
    assert (client.wire.value(), looks.read) == (b"", 1)
    rig.intake.release()
    assert statuses(client.wire.value()) == [b"200", b"200"]


@given(
    line=st.sampled_from([line for line, _, _ in PLAIN.values()]),
    headers=st.lists(
        st.sampled_from([*(h for hs, _ in ODD.values() for h in hs[:3]), TOKEN_LINE, JSON_LINE]), max_size=5
    ),
    body=st.sampled_from([b"", BODY, BODY[:-1], BODY + b"GET / HTTP/1.1\r\n\r\n"]),
)
def test_however_a_request_is_made_both_ways_say_the_same(line, headers, body):
    octets = octets_of(line, headers, body)
    with pytest.MonkeyPatch.context() as patch:
        whole = answers(octets)
        patch.setattr(channel, "read_at_once", lambda *_: False)  # so that Twisted reads it
        assert answers(octets) == whole
