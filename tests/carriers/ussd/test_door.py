"""The door: whose calls are taken, and that a gateway's own is always answered with 200."""

import attrs
import pytest
from twisted.internet.defer import Deferred

from mobilesasa.carriers.ussd import door
from mobilesasa.carriers.ussd.door import ANSWER_S
from mobilesasa.core.ussd import APOLOGY, Kind, UssdReply
from tests.carriers.ussd.rig import DoorRig, FakeDesk, call, gateway

START = b"sessionId=A&phoneNumber=254712345678&serviceCode=*384%23&text="
SORRY = f"END {APOLOGY.text}".encode()


def taken(rig, asked):
    told = Deferred()
    rig.door.take(asked, told.callback)  # a second answer would raise
    return told


@pytest.fixture
def rig():
    return DoorRig()


def value_of(deferred):
    found = []
    deferred.addBoth(found.append)
    assert found, "it waits"
    return found[0]


def test_a_call_is_answered_with_what_the_desk_says(rig):
    reply = value_of(taken(rig, call(body=START)))
    assert (reply.status, reply.body) == (200, b"CON Karibu")
    (event,) = rig.desk.events
    assert (event.kind, event.gateway, event.msisdn) == (Kind.START, "savanna", "254712345678")
    assert (rig.door.figures.taken, rig.clock.getDelayedCalls()) == (1, [])


def test_the_answer_may_take_a_while(rig):
    rig.desk.reply = FakeDesk.WAITS
    waiting = taken(rig, call(body=START))
    rig.clock.advance(ANSWER_S - 0.1)
    assert not waiting.called
    rig.desk.answers[0](UssdReply("Asante", end=True))
    assert value_of(waiting).body == b"END Asante"


def test_a_desk_that_says_nothing_is_apologised_for_and_what_it_says_later_is_dropped(rig, flush_logged):
    rig.desk.reply = FakeDesk.WAITS
    waiting = taken(rig, call(body=START))
    rig.clock.advance(ANSWER_S)
    assert value_of(waiting).body == SORRY
    rig.desk.answers[0](UssdReply("late", end=True))
    assert rig.door.figures.late == 1


def test_a_defect_of_the_desk_is_an_apology(rig, flush_logged):
    rig.desk.raises = ZeroDivisionError()
    assert value_of(taken(rig, call(body=START))).body == SORRY
    assert flush_logged(ZeroDivisionError)


def test_a_defect_of_a_dialect_is_answered_all_the_same(rig, monkeypatch, flush_logged):
    def broken(said, reply):
        raise ZeroDivisionError

    monkeypatch.setitem(door.DIALECTS, "africastalking", attrs.evolve(door.DIALECTS["africastalking"], write=broken))
    reply = value_of(taken(rig, call(body=START)))
    assert (reply.status, reply.body) == (200, b"")
    assert flush_logged(ZeroDivisionError)


def test_a_desk_that_has_nothing_to_show_ends_the_session(rig):
    rig.desk.reply = None
    assert value_of(taken(rig, call(body=START))).body == b"END "


def test_an_end_is_acknowledged_and_shows_nothing(rig):
    reply = value_of(taken(rig, call(body=START + b"&status=Success&hopsCount=1")))
    assert (reply.status, reply.body) == (200, b"")
    assert rig.desk.events[0].kind is Kind.END


@pytest.mark.parametrize("body", [b"", b"garbage", b"\xff" * 100, b"<page>", b"x" * 20_000])
def test_what_cannot_be_read_is_answered_200_with_an_apology(rig, body):
    reply = value_of(taken(rig, call(body=body)))
    assert (reply.status, reply.body) == (200, SORRY)
    assert (rig.desk.events, rig.door.figures.unread) == ([], 1)


START_OF_INFOBIP = b'{"msisdn": "254712345678", "shortCode": "*384#", "text": ""}'


def test_a_call_that_does_not_name_its_phone_is_of_the_one_before():
    rig = DoorRig(gateway("infobip"))
    for session in ("i1", "i2"):
        value_of(taken(rig, call(words=("session", session, "start"), body=START_OF_INFOBIP)))
    reply = value_of(taken(rig, call(words=("session", "i1", "end"), body=b'{"reason": "ok"}')))
    assert b"responseExitCode" in reply.body
    assert (rig.desk.events[-1].kind, rig.desk.events[-1].msisdn) == (Kind.END, "254712345678")


@pytest.mark.parametrize(("word", "unread"), [("end", 0), ("response", 1)])
def test_an_end_of_a_phone_that_nobody_knows_is_acknowledged_and_an_answer_is_apologised_for(word, unread):
    rig = DoorRig(gateway("infobip"))
    reply = value_of(taken(rig, call(words=("session", "i9", word), body=b'{"text": "1"}')))
    assert (reply.status, rig.desk.events, rig.door.figures.unread) == (200, [], unread)
    assert (b"ussdMenu" in reply.body) is bool(unread)


def test_phones_are_remembered_up_to_a_bound(monkeypatch):
    monkeypatch.setattr(door, "PHONES", 1)  # thousands would make the test long
    rig = DoorRig(gateway("infobip"))
    for session in ("i1", "i2"):
        value_of(taken(rig, call(words=("session", session, "start"), body=START_OF_INFOBIP)))
    for session in ("i1", "i2"):
        value_of(taken(rig, call(words=("session", session, "end"), body=b"{}")))
    assert [event.carrier_session_id for event in rig.desk.events] == ["i1", "i2", "i2"]


def test_what_asks_nothing_is_acknowledged():
    rig = DoorRig(gateway("infobip"))
    reply = value_of(taken(rig, call(words=("session", "i1", "status"))))
    assert b"sessionActive" in reply.body
    assert (rig.desk.events, rig.door.figures.unread) == ([], 0)


@pytest.mark.parametrize(
    ("made", "fields"),
    [
        (gateway(), {"gateway": "other"}),
        (gateway(), {"secret": "wrong"}),
        (gateway(enabled=False), {}),
        (gateway("no-such-dialect"), {}),
    ],
)
def test_what_is_nobodys_is_not_there(made, fields):
    rig = DoorRig(made)
    assert value_of(taken(rig, call(body=START, **fields))) is None
    assert (rig.desk.events, rig.door.figures.foreign) == ([], 1)


def test_what_cannot_be_read_is_said_once_a_minute(rig):
    from twisted.logger import LogLevel, globalLogPublisher

    seen = []

    def observe(event):
        if event.get("log_level") is LogLevel.warn:
            seen.append(event["log_format"].format(**event))

    globalLogPublisher.addObserver(observe)
    try:
        for _ in range(3):
            value_of(taken(rig, call(body=b"foo=bar&text=secret")))
        rig.clock.advance(60)
        value_of(taken(rig, call(body=b"foo=bar")))
    finally:
        globalLogPublisher.removeObserver(observe)
    assert len(seen) == 2
    assert "foo" in seen[0]
    assert "secret" not in seen[0]


def test_those_that_wait_too_long_are_given_up_each_at_its_time_and_one_timer_watches_them(rig, flush_logged):
    rig.desk.reply = FakeDesk.WAITS
    first = taken(rig, call(body=START))
    rig.clock.advance(1)
    second = taken(rig, call(body=START.replace(b"=A", b"=B")))
    again = []
    first.addCallback(lambda _: again.append(taken(rig, call(body=START.replace(b"=A", b"=C")))))
    rig.clock.advance(ANSWER_S - 1)
    assert (first.called, second.called, len(rig.clock.getDelayedCalls())) == (True, False, 1)
    rig.clock.advance(1)
    assert (second.called, again[0].called, len(rig.clock.getDelayedCalls())) == (True, False, 1)
    rig.clock.advance(ANSWER_S)
    assert (again[0].called, rig.clock.getDelayedCalls()) == (True, [])
