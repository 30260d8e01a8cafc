"""What an answer is on the wire: tags, packing, headers for browsers, and connections that misbehave."""

import gzip

import orjson
import pytest
from twisted.internet.defer import Deferred

from mobilesasa.api.guard import NOTHING_RUNS
from mobilesasa.api.ports import WebLimits
from mobilesasa.api.ports.front import Front
from tests.api.rig import BODY, TOKEN, Connection, Rig, message_id, stored

ACCOUNT = f"GET /api/v1/account HTTP/1.1\r\nHost: h\r\nX-API-Key: {TOKEN}\r\n".encode()


@pytest.fixture
def many(rig: Rig) -> Rig:
    """ACME with enough messages that a page of them is worth packing."""
    for n in range(20):
        rig.history.put(stored(n))
    return rig


# Tags


def test_a_single_thing_has_a_tag_and_is_not_sent_again_to_who_has_it(rig):
    first = rig.get("/account")
    again = rig.get("/account", If_None_Match=first.headers["etag"])
    assert first.headers["etag"].startswith('W/"')
    assert (again.status, again.octets) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]
    assert "content-type" not in again.headers


@pytest.mark.parametrize("given", ["*", '"other", {tag}', "{strong}", 'W/"a",{tag}'])
def test_a_tag_is_found_among_others(rig, given):
    tag = rig.get("/account").headers["etag"]
    asked = given.format(tag=tag, strong=tag.removeprefix("W/"))
    assert rig.get("/account", If_None_Match=asked).status == 304


@pytest.mark.parametrize("given", ['W/"other"', "other", "", '"'])
def test_decision_2_304_is_for_those_alone_who_have_the_answer(rig, given):
    assert rig.get("/account", If_None_Match=given).status == 200


def test_what_has_changed_has_another_tag(rig):
    rig.history.put(stored(1))
    first = rig.get(f"/messages/{message_id(1)}")
    rig.now_ms += 60_000
    rig.history.put(stored(2))
    assert rig.get(f"/messages/{message_id(2)}").headers["etag"] != first.headers["etag"]


def test_head_has_the_tag_too_and_is_304_to_who_has_it(rig):
    tag = rig.get("/account").headers["etag"]
    assert rig.ask("HEAD", "/api/v1/account", X_API_Key=TOKEN).headers["etag"] == tag
    assert rig.ask("HEAD", "/api/v1/account", X_API_Key=TOKEN, If_None_Match=tag).status == 304


def test_lists_errors_and_writes_have_no_tag(rig):
    replies = [rig.get("/messages"), rig.get("/messages/x"), rig.post("/messages", BODY, If_None_Match="*")]
    assert [("etag" in reply.headers, reply.status) for reply in replies] == [(False, 200), (False, 404), (False, 200)]


def test_a_token_is_asked_for_before_any_tag(rig):
    tag = rig.get("/account").headers["etag"]
    assert rig.ask("GET", "/api/v1/account", If_None_Match=tag).status == 401


# Packing


@pytest.mark.parametrize("given", ["gzip", "deflate, gzip;q=0.5", "x-gzip", "*", "GZIP", "br, * ; q=0.1"])
def test_a_long_answer_is_packed_for_who_takes_it(many, given):
    plain, packed = many.get("/messages"), many.get("/messages", Accept_Encoding=given)
    assert packed.headers["content-encoding"] == "gzip"
    assert len(packed.octets) == int(packed.headers["content-length"]) < len(plain.octets) / 3
    assert gzip.decompress(packed.octets) == plain.octets
    assert plain.headers["vary"] == packed.headers["vary"] == "Accept-Encoding"


@pytest.mark.parametrize("given", ["", "identity", "br", "gzip;q=0", "gzip;q=0.000, *", "gzipped", "*;q=0"])
def test_it_goes_as_it_is_to_who_does_not(many, given):
    assert "content-encoding" not in many.get("/messages", Accept_Encoding=given).headers


def test_a_short_answer_is_not_packed(rig):
    assert "content-encoding" not in rig.get("/account", Accept_Encoding="gzip").headers


def test_a_repeat_of_a_call_is_packed_as_its_asker_wants_and_not_as_the_first_did(rig):
    body = BODY | {"message": "long " * 250}
    first = rig.post("/messages", body, Idempotency_Key="k", Accept_Encoding="gzip")
    again = rig.post("/messages", body, Idempotency_Key="k")
    assert gzip.decompress(first.octets) == again.octets
    assert "content-encoding" not in again.headers


@pytest.mark.parametrize("coding", ["gzip", "br", "deflate"])
def test_a_packed_request_is_refused(rig, coding):
    octets = gzip.compress(orjson.dumps(BODY))
    reply = rig.ask("POST", "/api/v1/messages", octets, X_API_Key=TOKEN, Content_Encoding=coding)
    assert reply.refusal == (400, "bad_content_type")
    body = orjson.dumps(BODY)
    assert rig.ask("POST", "/api/v1/messages", body, X_API_Key=TOKEN, Content_Encoding="identity").status == 200


# Browsers


@pytest.mark.parametrize("path", ["/api/v1/account", "/healthz", "/nothing", "/api/v1/messages/%FF"])
def test_an_answer_lets_a_browser_do_nothing_with_it(rig, path):
    headers = rig.ask("GET", path, X_API_Key=TOKEN).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["content-security-policy"] == NOTHING_RUNS.decode()


ASKS = {"Origin": "https://App.example", "Access_Control_Request_Method": "POST"}


def test_decision_12_without_a_word_of_the_operator_no_other_site_may_read_anything(rig):
    headers = (
        rig.get("/account", Origin="https://app.example").headers
        | rig.ask("OPTIONS", "/api/v1/messages", **ASKS).headers
    )
    assert [name for name in headers if name.startswith("access-control")] == []
    assert "vary" not in headers


def test_a_site_that_is_named_may_read_answers_and_errors():
    rig = Rig(front=Front(cors_origins=("https://app.example",)))
    for reply in (
        rig.get("/account", Origin="https://app.example"),
        rig.ask("GET", "/api/v1/x", Origin="https://app.example"),
    ):
        assert reply.headers["access-control-allow-origin"] == "https://app.example"
        assert "X-Request-Id" in reply.headers["access-control-expose-headers"]
        assert reply.headers["vary"] == "Origin"
        assert "access-control-allow-credentials" not in reply.headers


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "http://app.example", "https://app.example.evil", "\udcff"]
)
def test_a_site_that_is_not_named_may_not(origin):
    rig = Rig(front=Front(cors_origins=("https://app.example",)))
    reply = rig.get("/account", Origin=origin)
    assert "access-control-allow-origin" not in reply.headers
    assert reply.headers["vary"] == "Origin"


def test_a_browser_is_told_what_may_come_before_it_sends_anything():
    rig = Rig(front=Front(cors_origins=("https://app.example",)))
    reply = rig.ask("OPTIONS", "/api/v1/messages", **ASKS)
    assert reply.status == 200
    assert reply.headers["access-control-allow-methods"] == "GET, HEAD, OPTIONS, POST"
    assert "Idempotency-Key" in reply.headers["access-control-allow-headers"]
    assert reply.headers["access-control-max-age"] == "600"
    plain = rig.ask("OPTIONS", "/api/v1/messages", Origin="https://app.example")
    assert "access-control-allow-methods" not in plain.headers


def test_every_site_may_be_allowed_and_what_is_not_the_api_is_not_meant():
    rig = Rig(front=Front(cors_origins=("*",)))
    assert rig.get("/account", Origin="https://any.example").headers["access-control-allow-origin"] == "*"
    assert "access-control-allow-origin" not in rig.ask("GET", "/docs", Origin="https://any.example").headers
    assert "access-control-allow-origin" not in rig.get("/account").headers


# Addresses


@pytest.mark.parametrize(
    "path", ["/messages/%", "/messages/%2", "/messages/%zz", "/messages?phone=100%", "/messages/%00"]
)
def test_an_escape_that_is_none_is_400(rig, path):
    assert rig.get(path).refusal == (400, "bad_url")


def test_letters_beyond_ascii_are_read_where_they_are_escaped(rig):
    assert rig.get("/messages?phone=Jos%C3%A9").status == 200
    assert rig.get("/messages?phone=José").body["code"] == "bad_http"


# Connections


@pytest.mark.parametrize(
    "octets",
    [
        b"GARBAGE\r\n\r\n",
        b"GET / HTTP/9 x\r\n\r\n",
        b"GET / HTTP/1.1\r\nno colon\r\n\r\n",
        b"GET / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        b"GET / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"GET /" + b"x" * 17_000 + b" HTTP/1.1\r\n",
        b"GET / HTTP/1.1\r\n" + b"".join(b"X-%d: y\r\n" % n for n in range(600)) + b"\r\n",
        b"GET / HTTP/1.1\r\n" + b"".join(b"X-%d: %b\r\n" % (n, b"y" * 100) for n in range(300)) + b"\r\n",
    ],
)
def test_decision_1_what_is_no_http_is_400_in_the_envelope_once_and_the_connection_ends(rig, octets):
    connection = Connection(rig.site)
    connection.send(octets)
    written = connection.wire.value()
    assert connection.reply().refusal == (400, "bad_http")
    assert written.count(b"HTTP/1.1") == 1
    assert connection.wire.disconnecting
    connection.hang_up()


def test_a_request_that_drips_in_is_cut_though_it_is_never_silent(rig):
    connection = Connection(rig.site)
    for octet in ACCOUNT[:30]:
        connection.send(bytes([octet]))
        rig.clock.advance(1)
    assert not connection.wire.aborted
    rig.clock.advance(1)
    connection.send(b"x")
    assert connection.wire.aborted


def test_a_body_that_drips_in_is_cut_too(rig):
    connection = Connection(rig.site)
    connection.send(b"POST /api/v1/messages HTTP/1.1\r\nHost: h\r\nContent-Length: 4000\r\n\r\n")
    for _ in range(31):
        rig.clock.advance(1)
        connection.send(b"x")
    assert connection.wire.aborted


def test_a_slow_line_that_moves_has_the_time_that_its_octets_need():
    rig = Rig(limits=WebLimits(max_body_octets=1_000_000))
    connection = Connection(rig.site)
    body = orjson.dumps(BODY | {"colour": "x" * 200_000})
    connection.send(b"POST /api/v1/messages HTTP/1.1\r\nHost: h\r\nX-API-Key: %b\r\n" % TOKEN.encode())
    connection.send(b"Content-Length: %d\r\n\r\n" % len(body))
    for at in range(0, len(body), 2048):
        rig.clock.advance(1.5)
        connection.send(body[at : at + 2048])
    assert connection.reply().status == 200


def test_each_request_of_a_connection_has_its_own_time(rig):
    connection = Connection(rig.site)
    for _ in range(5):
        connection.send(ACCOUNT)
        rig.clock.advance(20)
        connection.send(b"\r\n")
        assert connection.reply().status == 200
        rig.clock.advance(30)


def test_a_request_that_came_early_has_its_time_from_when_it_is_its_turn():
    asked = []

    async def waits() -> bool:
        return await asked[0]

    asked.append(Deferred())
    rig = Rig(readiness={"store": waits}, limits=WebLimits(readiness_timeout_s=100))
    connection = Connection(rig.site)
    connection.send(b"GET /readyz HTTP/1.1\r\nHost: h\r\n\r\n" + ACCOUNT)
    rig.clock.advance(50)
    asked[0].callback(True)
    rig.clock.advance(20)
    connection.send(b"\r\n")
    assert connection.wire.value().count(b"HTTP/1.1 200") == 2
    assert not connection.wire.aborted


def test_what_is_read_ahead_of_a_request_that_is_under_way_is_bounded(rig):
    rig = Rig(readiness={"store": Deferred}, limits=WebLimits(readiness_timeout_s=100))
    connection = Connection(rig.site)
    connection.send(b"GET /readyz HTTP/1.1\r\nHost: h\r\n\r\n")
    for _ in range(20):
        connection.send(b"x" * 1024)
    assert connection.wire.producerState == "paused"
