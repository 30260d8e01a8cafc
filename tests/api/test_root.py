import pytest
from twisted.internet.defer import Deferred
from twisted.web.resource import Resource

from mobilesasa.api.ports import WebLimits
from mobilesasa.api.site import ApiSite
from tests.api.rig import BODY, TOKEN, Connection, Rig


@pytest.mark.parametrize(
    "path",
    [
        *("/api", "/api/", "/api/v1", "/api/v1/", "/api/v2", "/api/v1/nothing", "/api/v1/messages//x", "/nothing"),
        *("/docs/x", "/api/v1/messages/a/b/c", "/healthz/x/y", "/metrics/x", "/api/v1/m%C3%A4h"),
    ],
)
def test_what_is_nowhere_is_a_404_in_the_envelope(rig, path):
    reply = rig.ask("GET", path)
    assert reply.headers["content-type"] == "application/json"
    assert reply.refusal == (404, "no_such_route")


def test_a_slash_at_the_end_changes_nothing(rig):
    assert rig.get("/messages/").status == 200
    assert rig.post("/messages/", BODY).status == 200


@pytest.mark.parametrize("method", ["DELETE", "PUT", "PATCH", "TRACE", "FOO"])
def test_a_method_that_a_path_does_not_take_is_404_with_allow(rig, method):
    reply = rig.ask(method, "/api/v1/messages")
    assert reply.refusal == (404, "method_not_allowed")
    assert reply.headers["allow"] == "GET, HEAD, OPTIONS, POST"


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/docs", "/docs/reference.css", "/"])
def test_so_it_is_elsewhere(rig, path):
    reply = rig.ask("POST", path)
    assert reply.refusal == (404, "method_not_allowed")
    assert reply.headers["allow"] == "GET, HEAD"


def test_options_says_what_a_path_takes_without_a_token(rig):
    reply = rig.ask("OPTIONS", "/api/v1/messages/x")
    assert reply.data == {"allow": ["GET", "HEAD", "OPTIONS"]}
    assert reply.headers["allow"] == "GET, HEAD, OPTIONS"
    assert rig.ask("OPTIONS", "/api/v1/nothing").status == 404


@pytest.mark.parametrize("path", ["/api/v1/messages", "/healthz", "/docs", "/api/v1/openapi.json", "/api/v1/nothing"])
def test_head_has_the_headers_of_get_and_no_body(rig, path):
    got = rig.ask("GET", path, X_API_Key=TOKEN)
    head = rig.ask("HEAD", path, X_API_Key=TOKEN)
    assert head.octets == b""
    assert head.status == got.status
    assert head.headers["content-type"] == got.headers["content-type"]
    assert int(head.headers["content-length"]) > 0


@pytest.mark.parametrize("path", ["/api/v1/messages/%FF", "/%C3%28", "/api/v1/messages?phone=%FF"])
def test_an_address_that_is_not_utf8_is_400_in_the_envelope(rig, path):
    reply = rig.ask("GET", path, X_API_Key=TOKEN)
    assert reply.refusal == (400, "bad_url")


@pytest.mark.parametrize("host", ["a..b", "\udcff", "x" * 300, "[::1", "", "h:port"])
def test_a_host_that_is_none_does_no_harm(rig, host):
    assert rig.ask("GET", "/api/v1/messages", X_API_Key=TOKEN, Host=host).status == 200


def test_a_body_above_the_limit_is_400_and_not_kept(rig):
    reply = rig.post("/messages", BODY | {"message": "x" * 5000})
    assert reply.refusal == (400, "body_too_large")
    assert "4096" in reply.body["error"]


def chunked(*chunks: bytes) -> bytes:
    head = f"POST /api/v1/messages HTTP/1.1\r\nHost: h\r\nX-API-Key: {TOKEN}\r\nTransfer-Encoding: chunked\r\n\r\n"
    return head.encode() + b"".join(b"%x\r\n%b\r\n" % (len(chunk), chunk) for chunk in chunks) + b"0\r\n\r\n"


def test_a_body_in_chunks_is_read(rig):
    connection = Connection(rig.site)
    connection.send(chunked(b'{"to": "0712345678",', b' "message": "Hi"}'))
    assert connection.reply().status == 200


def test_a_body_in_chunks_above_the_limit_is_400(rig):
    connection = Connection(rig.site)
    connection.send(chunked(b"x" * 4096, b"x", b"x" * 100))
    assert connection.reply().refusal == (400, "body_too_large")
    connection.send(chunked(b'{"to": "0712345678", "message": "Hi"}'))
    assert connection.reply().status == 200


def test_a_body_without_an_end_is_cut_off(rig):
    connection = Connection(rig.site)
    connection.send(b"POST /api/v1/messages HTTP/1.1\r\nHost: h\r\nContent-Length: 99999999\r\n\r\n")
    for _ in range(8):
        connection.send(b"x" * 1_048_576)
    assert not connection.wire.aborted
    connection.send(b"x" * 8192)
    assert connection.wire.aborted


def test_a_form_is_not_parsed(rig):
    body = b"phone=0733000000"
    reply = rig.ask("POST", "/api/v1/messages", body, X_API_Key=TOKEN, Content_Type="application/x-www-form-urlencoded")
    assert reply.refusal == (400, "bad_content_type")


@pytest.mark.parametrize("given", ["7e0f", "a.b_c:d/e+f=g@h-i", "x" * 128])
def test_a_request_id_is_the_client_s_own_when_it_is_fit(rig, given):
    reply = rig.ask("GET", "/api/v1/messages", X_Request_Id=given)
    assert reply.headers["x-request-id"] == reply.body["request_id"] == given


@pytest.mark.parametrize("given", ["", "a b", "x" * 129, "<script>", "\udcff"])
def test_a_request_id_that_is_not_fit_is_replaced(rig, given):
    reply = rig.ask("GET", "/api/v1/messages", X_Request_Id=given)
    assert reply.headers["x-request-id"].startswith("request-")


def test_an_answer_is_not_kept_by_anybody_on_the_way(rig):
    assert rig.get("/messages").headers["cache-control"] == "no-store"
    assert rig.ask("GET", "/api/v1/messages").headers["cache-control"] == "no-store"


def test_an_answer_does_not_tell_versions_and_is_not_sniffed(rig):
    headers = rig.get("/messages").headers
    assert "server" not in headers
    assert headers["x-content-type-options"] == "nosniff"


def test_requests_on_one_connection_are_answered_in_order(rig):
    connection = Connection(rig.site)
    request = b"GET /api/v1/%b HTTP/1.1\r\nHost: h\r\nX-API-Key: mbs_acme\r\n\r\n"
    connection.send(request % b"account" + request % b"nothing")
    octets = connection.wire.value()
    assert octets.index(b"ACME2024") < octets.index(b"no_such_route")


def test_a_silent_connection_is_closed():
    rig = Rig(limits=WebLimits(timeout_s=60))
    connection = Connection(rig.site)
    connection.send(b"GET /api")
    rig.clock.advance(59.9)
    assert not connection.wire.disconnecting
    rig.clock.advance(0.2)
    assert connection.wire.disconnecting


def test_nothing_is_written_down_for_each_request(rig):
    rig.site.startFactory()
    rig.site.doStop()
    assert rig.get("/messages").status == 200
    assert [call.getTime() for call in rig.clock.getDelayedCalls() if call.getTime() < rig.clock.seconds() + 59] == []


def test_what_a_resource_itself_breaks_is_a_500_in_the_envelope(flush_logged):
    def broken() -> bytes:
        raise ZeroDivisionError("secret")

    reply = Rig(metrics=broken).ask("GET", "/metrics")
    assert reply.refusal == (500, "internal_error")
    assert b"secret" not in reply.octets
    assert len(flush_logged(ZeroDivisionError)) == 1


class Halfway(Resource):
    """Breaks when half of its answer is written."""

    isLeaf = True

    def render(self, request):
        request.write(b"half")
        raise ZeroDivisionError


def test_an_answer_that_breaks_in_the_middle_is_cut_off(flush_logged):
    rig = Rig()
    connection = Connection(ApiSite(Halfway(), rig.clock, WebLimits(), lambda: "1"))
    connection.send(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n")
    assert connection.wire.aborted
    assert len(flush_logged(ZeroDivisionError)) == 1


def test_healthz_says_that_the_process_is_there(rig):
    reply = rig.ask("GET", "/healthz")
    assert (reply.status, reply.body) == (200, {"status": "ok"})


async def yes() -> bool:
    return True


async def no() -> bool:
    return False


async def broken() -> bool:
    raise ZeroDivisionError


def test_readyz_is_200_when_everything_is_there():
    reply = Rig(readiness={"store": yes, "queue": yes}).ask("GET", "/readyz")
    assert (reply.status, reply.body) == (200, {"ready": True, "checks": {"store": True, "queue": True}})


@pytest.mark.parametrize("check", [no, broken])
def test_readyz_is_503_and_names_what_is_missing(check):
    reply = Rig(readiness={"store": check, "queue": yes}).ask("GET", "/readyz")
    assert (reply.status, reply.body) == (503, {"ready": False, "checks": {"store": False, "queue": True}})


def test_readyz_does_not_wait_for_ever():
    rig = Rig(readiness={"store": Deferred}, limits=WebLimits(readiness_timeout_s=5))
    connection = rig.begin("GET", "/readyz")
    rig.clock.advance(4.9)
    assert connection.wire.value() == b""
    rig.clock.advance(0.1)
    assert connection.reply().status == 503


def test_readyz_answers_nobody_who_has_left():
    rig = Rig(readiness={"store": Deferred}, limits=WebLimits(readiness_timeout_s=5))
    connection = rig.begin("GET", "/readyz")
    connection.hang_up()
    rig.clock.advance(5)
    assert connection.wire.value() == b""


def test_metrics_are_served_as_they_are():
    reply = Rig(metrics=lambda: b"up 1\n").ask("GET", "/metrics")
    assert (reply.status, reply.octets) == (200, b"up 1\n")
    assert reply.headers["content-type"].startswith("text/plain; version=0.0.4")


def test_without_metrics_there_are_none(rig):
    assert rig.ask("GET", "/metrics").refusal == (404, "no_such_route")
