"""Where USSD gateways call: what reaches whoever answers, and what they get."""

import pytest
from twisted.internet.defer import Deferred

from mobilesasa.core.callbacks import CallbackReply
from mobilesasa.core.ussd_gateways import CALL_OCTETS
from tests.api.rig import Connection, Rig, WebLimits

FORM = "application/x-www-form-urlencoded"


class FakeCalls:
    def __init__(self) -> None:
        self.calls = []
        self.reply = CallbackReply(200, b"CON Karibu", headers=(("Freeflow", "FC"),))
        self.waiting = None

    def take(self, call, told):
        self.calls.append(call)
        if self.waiting is None:
            told(self.reply)
        else:
            self.waiting.addCallback(lambda _: told(self.reply))


@pytest.fixture
def calls():
    return FakeCalls()


@pytest.fixture
def rig(calls):
    return Rig(ussd_calls=calls, limits=WebLimits())


def test_a_path_that_is_no_ascii_is_answered(rig):
    client = Connection(rig.site)
    client.send(b"GET /ussd/\x80/x HTTP/1.1\r\nHost: h\r\n\r\n")
    assert client.reply().body["code"] == "bad_url"


def test_a_call_arrives_with_all_that_it_said(rig, calls):
    reply = rig.ask(
        "POST", "/ussd/SAVANNA/s%2Fcret/session/7/start?a=1&b=%FF", b"text=1", Content_Type=FORM, Host="sms.example"
    )
    assert (reply.status, reply.octets, reply.headers["freeflow"]) == (200, b"CON Karibu", "FC")
    assert reply.headers["content-type"] == "text/plain; charset=utf-8"
    (call,) = calls.calls
    assert (call.gateway, call.secret, call.words, call.method) == (
        "savanna",
        "s/cret",
        ("session", "7", "start"),
        "POST",
    )
    assert (call.path, call.query) == ("/ussd/SAVANNA/s%2Fcret/session/7/start", b"a=1&b=%FF")
    assert (call.body, call.host, call.peer, call.scheme) == (b"text=1", "sms.example", "192.0.2.7", "http")


@pytest.mark.parametrize("method", ["GET", "POST", "PUT"])
@pytest.mark.parametrize("path", ["/ussd/savanna/s", "/ussd/savanna/s/", "/ussd/savanna/s/clean"])
def test_each_method_of_a_gateway_is_taken(rig, calls, method, path):
    assert rig.ask(method, path).status == 200
    assert calls.calls[0].words == (("clean",) if path.endswith("clean") else ())


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/ussd"), ("GET", "/ussd/"), ("GET", "/ussd/savanna"), ("GET", "/ussd/savanna/"),
        ("GET", "/ussd/savanna/s/a/b/c/d"), ("DELETE", "/ussd/savanna/s"), ("HEAD", "/ussd/savanna/s"),
        ("OPTIONS", "/ussd/savanna/s"),
    ],
)  # fmt: skip
def test_nothing_else_is_there(rig, calls, method, path):
    assert rig.ask(method, path).status == 404
    assert calls.calls == []


def test_what_is_nobodys_is_answered_as_what_is_not_there(rig, calls):
    calls.reply = None
    nobodys, not_there = (rig.ask("POST", path) for path in ("/ussd/savanna/wrong", "/nothing/savanna/wrong"))
    assert nobodys.refusal == not_there.refusal == (404, "no_such_route")
    assert set(nobodys.headers) == set(not_there.headers)


@pytest.mark.parametrize("octets", [CALL_OCTETS, CALL_OCTETS + 1, 65_536])
def test_a_body_is_bounded_and_its_call_is_answered_all_the_same(rig, calls, octets):
    assert rig.ask("POST", "/ussd/savanna/s", b"x" * octets).status == 200
    assert len(calls.calls[0].body) == min(octets, CALL_OCTETS + 1)


@pytest.mark.parametrize("query", ["%", "text=%zz", "a" * 3000])
def test_an_address_that_is_written_badly_is_a_call_too(rig, calls, query):
    assert rig.ask("GET", f"/ussd/savanna/s?{query}").status == 200


def test_nobody_waits_on_a_thread(rig, calls):
    calls.waiting = Deferred()
    first, second = rig.begin("POST", "/ussd/savanna/s"), rig.begin("POST", "/ussd/savanna/s")
    assert len(calls.calls) == 2
    calls.waiting.callback(None)
    assert first.reply().status == second.reply().status == 200


def test_a_call_whose_caller_has_left_is_gone_through_to_its_end(rig, calls):
    calls.waiting = Deferred()
    connection = rig.begin("POST", "/ussd/savanna/s")
    connection.hang_up()
    calls.waiting.callback(None)
    assert len(calls.calls) == 1


def test_without_anybody_who_answers_there_is_no_such_place():
    assert Rig().ask("POST", "/ussd/savanna/s").refusal == (404, "no_such_route")
