"""Calls of gateways that come whole are answered past Twisted's request, and nobody can tell."""

from ipaddress import ip_network
from itertools import count

import pytest

from mobilesasa.api.ports.front import Front
from mobilesasa.api.whole import WholeRequest
from mobilesasa.core.callbacks import CallbackReply
from tests.api.rig import Connection, Rig, WebLimits
from tests.api.test_at_once import DATE, statuses

PROXY = "192.0.2.7"
FRONT = Front(trusted_proxies=(ip_network(PROXY),))
FORWARDED = b"X-Forwarded-For: 198.51.100.9\r\nX-Forwarded-Proto: https\r\n"


class Calls:
    """Answers as it is told; `held` keeps what waits for an answer."""

    def __init__(self):
        self.calls = []
        self.reply = CallbackReply(body=b"CON Karibu")
        self.held = None
        self.raises = None

    def take(self, call, told):
        self.calls.append(call)
        if self.raises is not None:
            raise self.raises
        if self.held is None:
            told(self.reply)
        else:
            self.held.append(told)


@pytest.fixture
def calls():
    return Calls()


@pytest.fixture
def made(monkeypatch):
    """How many requests were begun past Twisted's."""
    begun = []
    whole = WholeRequest.__init__

    def counted(self, *args):
        begun.append(args)
        whole(self, *args)

    monkeypatch.setattr(WholeRequest, "__init__", counted)  # to see which way a request went
    return begun


def octets(path=b"/ussd/savanna/s", body=b"text=1", method=b"POST", headers=b""):
    return b"%b %b HTTP/1.1\r\nHost: sms.example\r\n%bContent-Length: %d\r\n\r\n%b" % (
        method, path, headers, len(body), body,
    )  # fmt: skip


def said(calls, asked, pieces, **more):
    """Send a request in so many pieces; return what was answered, and what the call was."""
    rig = Rig(ussd_calls=calls, limits=more.pop("limits", WebLimits()), **more)
    ids = count()
    rig.site.new_id = lambda: f"request-{next(ids)}"
    client = Connection(rig.site, PROXY)
    step = -(-len(asked) // pieces)
    for at in range(0, len(asked), step):
        client.send(asked[at : at + step])
    call = calls.calls.pop() if calls.calls else None
    return DATE.sub(b"", client.wire.value()), call


CASES = {
    "a call": octets(),
    "by GET": octets(b"/ussd/SAVANNA/s/session/7?a=1&b=%FF", b"", b"GET"),
    "a slash at its end": octets(b"/ussd/savanna/s/"),
    "an id": octets(headers=b"X-REQUEST-id: mine\r\n"),
    "an id that is none": octets(headers=b"X-Request-Id: no id\r\n"),
    "two hosts": octets(headers=b"host: other\r\n"),
    "nothing there": octets(b"/ussd/savanna"),
    "a method that is not taken": octets(method=b"DELETE"),
}


@pytest.mark.parametrize("name", CASES)
def test_a_call_that_comes_whole_is_answered_as_one_that_comes_in_pieces(made, calls, name):
    whole = said(calls, CASES[name], 1)
    assert len(made) == 1
    assert said(calls, CASES[name], 7) == whole
    assert len(made) == 1


@pytest.mark.parametrize(
    "reply",
    [
        None,
        CallbackReply(headers=(("Freeflow", "FC"), ("charge", "N"), ("X-USSD-SESSION", "1"))),
        CallbackReply(503, b"{}", "application/json", retry_after_s=3),
        CallbackReply(headers=(("X-Two", "a\r\nb"),)),
    ],
)
def test_so_is_whatever_the_answer_is(made, calls, reply):
    calls.reply = reply
    assert said(calls, octets(), 1) == said(calls, octets(), 7)
    assert len(made) == 1


def test_who_asks_is_known_behind_a_proxy(made, calls):
    asked = octets(headers=FORWARDED)
    whole = said(calls, asked, 1, front=FRONT)
    assert said(calls, asked, 7, front=FRONT) == whole
    assert (len(made), whole[1].peer, whole[1].scheme) == (1, "198.51.100.9", "https")
    assert b"Strict-Transport-Security" in whole[0]


def test_an_address_with_an_escape_and_a_body_that_is_too_large_go_the_usual_way(made, calls):
    assert said(calls, octets(b"/ussd/savanna/s%2Fc"), 1)[1].secret == "s/c"
    assert made == []
    answered, _ = said(calls, octets(body=b"x" * 101), 1, limits=WebLimits(max_body_octets=100))
    assert b"body_too_large" in answered
    assert made == []


def test_a_short_link_is_found_at_its_host_though_its_path_is_a_gateway_s(calls):
    asked = octets(b"/ussd/abc/x", b"", b"GET")
    whole = said(calls, asked, 1, link_base="https://sms.example/ussd/")
    assert said(calls, asked, 7, link_base="https://sms.example/ussd/") == whole
    assert (b"X-Robots-Tag" in whole[0], whole[1]) == (True, None)


def test_the_next_request_waits_for_the_answer_and_is_answered_behind_it(made, calls):
    calls.held = []
    client = Connection(Rig(ussd_calls=calls, limits=WebLimits()).site)
    client.send(octets())
    client.send(octets(body=b"text=2"))
    assert (len(calls.calls), client.wire.value()) == (1, b"")
    calls.held.pop()(calls.reply)
    assert (len(calls.calls), statuses(client.wire.value())) == (2, [b"200"])
    calls.held.pop()(calls.reply)
    assert statuses(client.wire.value()) == [b"200", b"200"]
    client.send(octets())
    assert (len(calls.calls), len(made), client.wire.disconnecting) == (3, 3, False)


def test_a_client_that_has_gone_is_answered_nothing_and_one_answer_is_sent_once(made, calls, rig):
    calls.held = []
    site = Rig(ussd_calls=calls, limits=WebLimits()).site
    gone, there = Connection(site), Connection(site)
    for client in (gone, there):
        client.send(octets())
    gone.hang_up()
    for told in calls.held:
        told(calls.reply)
        told(calls.reply)
    assert (gone.wire.value(), statuses(there.wire.value())) == (b"", [b"200"])


def test_a_connection_is_not_closed_for_its_silence_while_a_call_is_answered(calls):
    calls.held = []
    rig = Rig(ussd_calls=calls, limits=WebLimits(timeout_s=60))
    client = Connection(rig.site)
    client.send(octets())
    rig.clock.advance(600)
    assert not client.wire.disconnecting
    calls.held.pop()(calls.reply)
    rig.clock.advance(59)
    assert not client.wire.disconnecting
    rig.clock.advance(2)
    assert client.wire.disconnecting


@pytest.mark.parametrize("pieces", [1, 7])
def test_a_defect_is_logged_once_and_answered(calls, pieces, flush_logged):
    calls.raises = ZeroDivisionError()
    answered, _ = said(calls, octets(), pieces)
    assert (statuses(answered), b"internal_error" in answered) == ([b"500"], True)
    assert len(flush_logged(ZeroDivisionError)) == 1


@pytest.mark.parametrize("pieces", [1, 7])
def test_an_answer_that_cannot_be_written_is_a_defect_too(calls, pieces, flush_logged):
    calls.reply = CallbackReply(headers=(("\xff", ""),))  # no header has that name
    answered, _ = said(calls, octets(), pieces)
    assert statuses(answered) == [b"500"]
    assert len(flush_logged(UnicodeEncodeError)) == 1
