"""Where carriers call: what reaches whoever reads the calls, and what they are answered."""

import pytest
from twisted.internet.defer import Deferred

from mobilesasa.core.callbacks import BODY_OCTETS, About, CallbackReply
from tests.api.rig import Rig, WebLimits

FORM = "application/x-www-form-urlencoded"


class FakeCallbacks:
    def __init__(self) -> None:
        self.calls = []
        self.reply = CallbackReply(200, b"<Response/>", "text/xml; charset=utf-8")
        self.waiting = None

    async def take(self, callback):
        self.calls.append(callback)
        if self.waiting is not None:
            await self.waiting
        return self.reply


@pytest.fixture
def callbacks():
    return FakeCallbacks()


@pytest.fixture
def rig(callbacks):
    return Rig(callbacks=callbacks, limits=WebLimits())


def test_a_call_arrives_with_all_that_it_said(rig, callbacks):
    reply = rig.ask(
        "POST", "/carriers/UP/receipts/s%2Fcret?a=1&b=%FF", b"id=x", Content_Type=f"{FORM}; charset=utf-8", X_Sig="s"
    )
    assert (reply.status, reply.headers["content-type"], reply.octets) == (
        200,
        "text/xml; charset=utf-8",
        b"<Response/>",
    )
    (call,) = callbacks.calls
    assert (call.carrier, call.about, call.secret, call.method) == ("up", About.RECEIPTS, "s/cret", "POST")
    assert (call.path, call.query) == ("/carriers/UP/receipts/s%2Fcret", b"a=1&b=%FF")
    assert (call.body, call.content_type, call.headers["x-sig"], call.peer) == (b"id=x", FORM, "s", "192.0.2.7")


def test_a_get_without_a_secret_in_the_path_arrives(rig, callbacks):
    assert rig.ask("GET", "/carriers/up/inbound?from=1").status == 200
    assert (callbacks.calls[0].about, callbacks.calls[0].secret) == (About.INBOUND, "")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/carriers"), ("GET", "/carriers/"), ("GET", "/carriers/up"), ("GET", "/carriers/up/other/s"),
        ("GET", "/carriers/up/receipts/s/more"), ("PUT", "/carriers/up/receipts/s"), ("DELETE", "/carriers/up/receipts/s"),
        ("HEAD", "/carriers/up/receipts/s"), ("OPTIONS", "/carriers/up/receipts/s"),
    ],
)  # fmt: skip
def test_nothing_else_is_there(rig, callbacks, method, path):
    reply = rig.ask(method, path)
    assert reply.status == 404
    assert callbacks.calls == []


def test_what_is_nobodys_is_answered_as_what_is_not_there(rig, callbacks):
    callbacks.reply = None
    nobodys, not_there = (
        rig.ask("POST", path) for path in ("/carriers/up/receipts/wrong", "/nothing/up/receipts/wrong")
    )
    assert nobodys.refusal == not_there.refusal == (404, "no_such_route")
    assert set(nobodys.headers) == set(not_there.headers)
    assert "carriers/up/receipts" in nobodys.body["error"]


def test_a_carrier_is_told_when_to_come_again(rig, callbacks):
    callbacks.reply = CallbackReply(503, b"try again\n", retry_after_s=5)
    reply = rig.ask("POST", "/carriers/up/receipts/s")
    assert (reply.status, reply.headers["retry-after"]) == (503, "5")


def test_a_body_is_bounded(rig, callbacks):
    assert rig.ask("POST", "/carriers/up/receipts/s", b"x" * BODY_OCTETS).status == 200
    assert rig.ask("POST", "/carriers/up/receipts/s", b"x" * (BODY_OCTETS + 1)).status == 404
    assert len(callbacks.calls) == 1


def test_a_call_whose_caller_has_left_is_gone_through_to_its_end(rig, callbacks):
    callbacks.waiting = Deferred()
    connection = rig.begin("POST", "/carriers/up/receipts/s")
    connection.hang_up()
    callbacks.waiting.callback(None)
    assert len(callbacks.calls) == 1


def test_a_defect_of_ours_is_a_500_so_that_the_carrier_comes_again(rig, callbacks, flush_logged):
    callbacks.waiting = Deferred()
    connection = rig.begin("POST", "/carriers/up/receipts/s")
    callbacks.waiting.errback(ZeroDivisionError())
    assert connection.reply().status == 500
    assert flush_logged(ZeroDivisionError)


def test_without_anybody_who_reads_them_there_is_no_such_place():
    assert Rig().ask("POST", "/carriers/up/receipts/s").refusal == (404, "no_such_route")
