"""What answers, silence and nonsense of an HTTP carrier mean for messages and for the room."""

import pytest

from mobilesasa.carriers.http.wire import NotAsked, Unanswered
from mobilesasa.core.model import Coding, Failure, Lane, Later, Never, Sent
from tests.carriers.http.rig import HttpRig


@pytest.fixture
def rig():
    made = HttpRig(request__long="whole")
    made.start()
    return made


def sent(rig, **fields):
    message = rig.message(**fields)
    rig.carrier.submit([message])
    return message


def test_a_refused_connection_is_tried_again_and_nothing_is_in_doubt(rig, warnings):
    message = sent(rig)
    rig.wire.take()[0].fail(NotAsked("connection refused"))
    rig.clock.advance(0)
    outcome = rig.outcome(message)
    assert isinstance(outcome, Later)
    assert (outcome.code, outcome.uncertain, 0 < outcome.delay_s <= 1) == ("unreachable", False, True)
    assert rig.carrier.standing()["trouble"] == "connection refused"
    assert warnings == ["upstream: connection refused"]


def test_a_trouble_that_goes_on_is_said_once_and_is_over_with_the_next_success(rig, warnings):
    for _ in range(3):
        sent(rig)
        rig.wire.take()[0].fail(NotAsked("no route"))
    assert len(warnings) == 1
    sent(rig)
    rig.answer({"id": "a"})
    assert rig.carrier.standing()["trouble"] == ""


def test_a_request_without_an_answer_is_in_doubt(rig):
    message = sent(rig)
    rig.wire.take()[0].fail(Unanswered("no answer within 30 s"))
    rig.clock.advance(0)
    outcome = rig.outcome(message)
    assert (type(outcome), outcome.code, outcome.uncertain) == (Later, "uncertain", True)
    assert rig.carrier.standing()["unanswered"] == 1


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"null", b"{", b"\xff\xfe\x00", b'{"id": {"a": 1}}', b'{"id": null}', b'{"id": []}', b'{"id": "   "}',
     b'{"ID": "x"}', b"<html>OK</html>", b'"id"', b"[" * 5000, b'{"id": "\\u0000"}'],
)  # fmt: skip
def test_a_success_that_names_no_id_is_in_doubt(rig, body):
    message = sent(rig)
    rig.answer(body)
    outcome = rig.outcome(message)
    assert (type(outcome), outcome.uncertain) == (Later, True)


@pytest.mark.parametrize(
    ("status", "kind", "code", "elsewhere"),
    [
        (408, Later, "http_408", None), (425, Later, "http_425", None), (429, Later, "http_429", None),
        (500, Later, "http_500", None), (599, Later, "http_599", None), (400, Never, "http_400", False),
        (404, Never, "http_404", False), (422, Never, "http_422", False), (302, Never, "http_302", True),
    ],
)  # fmt: skip
def test_a_status_means_what_the_table_says(rig, status, kind, code, elsewhere):
    message = sent(rig, lane=Lane.BULK)
    rig.answer(b"no", status)
    outcome = rig.outcome(message)
    assert (type(outcome), outcome.code) == (kind, code)
    assert getattr(outcome, "elsewhere", None) is elsewhere
    assert not getattr(outcome, "uncertain", False)


def test_a_status_that_nobody_knows_is_in_doubt(rig):
    message = sent(rig)
    rig.answer(b"", 999)
    assert rig.outcome(message).uncertain


@pytest.mark.parametrize("status", [401, 402, 403])
def test_a_carrier_that_does_not_want_us_is_said_loudly_once_a_minute_and_teams_do_not_read_why(rig, status):
    from twisted.logger import LogLevel, globalLogPublisher

    errors = []

    def observe(event):
        if event["log_level"] is LogLevel.error:
            errors.append(event)

    globalLogPublisher.addObserver(observe)
    try:
        for _ in range(3):
            message = sent(rig)
            rig.answer({"message": "pay first"}, status)
        outcome = rig.outcome(message)
        assert (type(outcome), outcome.elsewhere, outcome.failure) == (Never, True, Failure.REFUSED)
        assert outcome.reason == "the carrier takes no messages from here for now"
        assert rig.carrier.standing()["trouble"] == f"http_{status}: pay first"
        rig.clock.advance(60)
        sent(rig)
        rig.answer(b"", status)
    finally:
        globalLogPublisher.removeObserver(observe)
    assert len(errors) == 2
    assert rig.carrier.standing()["trouble"].startswith(f"http_{status}")


def test_a_carrier_that_asks_for_patience_is_left_alone_for_so_long(rig):
    message = sent(rig)
    rig.answer(b"", 429, retry_after="20")
    assert rig.outcome(message).delay_s == 20
    assert rig.carrier.room() == 0
    changes = rig.listener.room_changes
    rig.clock.advance(19.9)
    assert rig.carrier.room() == 0
    rig.clock.advance(0.2)
    assert rig.listener.room_changes > changes
    assert rig.carrier.room() == 10


@pytest.mark.parametrize(("status", "throttles"), [(429, 1), (500, 0), (503, 0)])
def test_the_listener_hears_of_what_was_too_many_and_of_no_other_trouble(rig, status, throttles):
    sent(rig)
    rig.answer(b"", status)
    assert rig.listener.throttles == throttles


def test_what_is_transactional_and_was_too_many_is_asked_again_soon(rig):
    message = sent(rig)
    for wait_s in (0.1, 0.2, 0.4):
        rig.answer(b"", 429)
        assert rig.listener.of(message) == []
        rig.clock.advance(0.9 * wait_s)
        assert rig.wire.asked == []
        rig.clock.advance(0.2 * wait_s)
    rig.answer({"id": "a"})
    assert rig.outcome(message) == Sent(("a",))
    assert rig.listener.throttles == 3
    standing = rig.carrier.standing()
    assert (standing["parts_sent"], standing["throttled"], standing["parts_taken"]) == (4, 3, 1)


def test_after_some_tries_it_is_put_off_like_bulk_at_once(rig):
    urgent = sent(rig)
    for _ in range(4):
        rig.answer(b"", 429)
        rig.clock.advance(1)
    bulk = sent(rig, lane=Lane.BULK)
    rig.answer(b"", 429)
    assert [rig.outcome(message).code for message in (urgent, bulk)] == ["http_429"] * 2


def test_what_expires_before_the_next_try_is_not_asked_again(rig):
    message = sent(rig, expires_at_ms=rig.now_ms() + 50)
    rig.answer(b"", 429)
    assert rig.outcome(message).code == "http_429"


def test_stopping_ends_the_wait_for_another_try(rig):
    message = sent(rig)
    rig.answer(b"", 429)
    rig.finish(rig.carrier.stop())
    assert rig.outcome(message).code == "http_429"
    assert rig.clock.getDelayedCalls() == []


@pytest.mark.parametrize(
    ("written", "delay_s"),
    [
        ("0", 1),
        ("99999999999999999999", 3600),
        ("Sat, 18 Nov 2026 12:00:00 GMT", None),
        ("soon", None),
        ("", None),
        ("-5", None),
    ],
)
def test_what_is_said_of_patience_is_bounded_and_may_be_nonsense(rig, written, delay_s):
    message = sent(rig)
    rig.answer(b"", 503, retry_after=written)
    outcome = rig.outcome(message)
    assert isinstance(outcome, Later)
    assert outcome.delay_s == delay_s if delay_s else 0 < outcome.delay_s <= 3600


def test_the_wait_grows_with_the_attempts_and_has_an_end(rig):
    waits = []
    for attempt in (1, 4, 30):
        message = sent(rig, attempt=attempt)
        rig.answer(b"", 500)
        waits.append(rig.outcome(message).delay_s)
    assert waits[0] <= 1 < waits[1] <= 8 < waits[2] <= 300


def test_a_long_message_goes_whole_and_has_one_id(rig):
    message = rig.long_message(3)
    rig.carrier.submit([message])
    assert rig.carrier.room() == 7
    rig.answer({"id": "one"})
    assert rig.outcome(message) == Sent(("one",))
    assert rig.carrier.room() == 10
    assert rig.carrier.standing()["parts_taken"] == 3


@pytest.mark.parametrize(("ids", "refs"), [("ab", ("a", "b")), ("abc", ("a", "b", "c")), ("abcd", ("a", "b", "c"))])
def test_a_carrier_that_cuts_by_itself_gives_an_id_for_each_of_its_parts(ids, refs):
    rig = HttpRig(request__long="whole", answer__id="messages.*.id")
    rig.start()
    message = rig.long_message(3)
    rig.carrier.submit([message])
    rig.answer({"messages": [{"id": each} for each in ids]})
    assert rig.outcome(message) == Sent(refs)


def test_of_a_message_in_parts_those_that_were_taken_are_not_sent_again():
    rig = HttpRig()
    rig.start()
    message = rig.long_message(3)
    rig.carrier.submit([message])
    first, second, third = rig.wire.take()
    first.say({"id": "a"})
    second.say(b"", 503)
    third.fail(Unanswered("gone"))
    rig.clock.advance(0)
    outcome = rig.outcome(message)
    assert (type(outcome), outcome.refs, outcome.uncertain) == (Later, ("a", None, None), True)
    again = rig.message(text=message.text, parts=3, sent_parts=0b001, attempt=2, id=message.id)
    rig.carrier.submit([again])
    assert len(rig.wire.take()) == 2


def test_a_part_that_is_refused_for_good_weighs_more_than_one_that_is_put_off():
    rig = HttpRig()
    rig.start()
    message = rig.long_message(2)
    rig.carrier.submit([message])
    first, second = rig.wire.take()
    first.say({"status": "rejected"}, 422)
    second.say(b"", 503)
    rig.clock.advance(0)
    assert isinstance(rig.outcome(message), Never)


def test_what_the_carrier_has_no_way_for_may_go_elsewhere(rig):
    message = sent(rig, text=None, body=b"\x00", coding=Coding.BINARY)
    rig.clock.advance(0)
    outcome = rig.outcome(message)
    assert (type(outcome), outcome.code, outcome.elsewhere) == (Never, "cannot_carry", True)
    assert rig.wire.take() == []


def test_the_rate_is_kept():
    rig = HttpRig(tps=5)
    rig.start()
    assert rig.carrier.room() == 1
    sent(rig)
    assert rig.carrier.room() == 0
    changes = rig.listener.room_changes
    rig.clock.advance(0.21)
    assert rig.listener.room_changes == changes + 1
    assert rig.carrier.room() == 1


def test_an_id_with_blanks_is_kept_without_them(rig):
    message = sent(rig)
    rig.answer({"id": "a b\tc"})
    assert rig.outcome(message) == Sent(("a_b_c",))


def test_what_is_asked_when_it_stops_is_in_doubt(rig):
    message = sent(rig)
    rig.finish(rig.carrier.stop())
    assert rig.outcome(message).uncertain
    assert rig.clock.getDelayedCalls() == []


def test_while_it_stops_nothing_more_is_taken_and_no_room_is_told_of():
    rig = HttpRig(tps=5)
    rig.start()
    sent(rig)
    assert rig.carrier.room() == 0  # it would come back for the rate
    changes = rig.listener.room_changes
    rig.finish(rig.carrier.stop())
    assert rig.carrier.room() == 0
    assert rig.listener.room_changes == changes
    assert rig.clock.getDelayedCalls() == []


def test_a_text_that_does_not_fit_its_alphabet_is_refused():
    rig = HttpRig()
    rig.start()
    message = rig.message(text="Жук " * 100, parts=3)
    rig.carrier.submit([message])
    rig.clock.advance(0)
    outcome = rig.outcome(message)
    assert (type(outcome), outcome.elsewhere) == (Never, False)


def test_a_message_all_of_whose_parts_were_taken_is_sent():
    rig = HttpRig()
    rig.start()
    message = rig.long_message(2, sent_parts=0b11)
    rig.carrier.submit([message])
    rig.clock.advance(0)
    assert rig.outcome(message) == Sent((None, None))


# What is taken for sent where it was asked for.


def held(**options):
    made = HttpRig(holds=True, **options)
    made.start()
    return made


@pytest.mark.parametrize(("place", "ref"), [("{ref}", "{id}"), ("json:id", "")])
def test_where_doubt_is_held_a_message_without_an_answer_is_taken_for_sent(place, ref):
    rig = held(request__long="whole", answer__id=place)
    message = sent(rig)
    rig.wire.take()[0].fail(Unanswered("no answer within 30 s"))
    rig.clock.advance(0)
    assert rig.outcome(message) == Sent((ref.format(id=message.id),), uncertain=True)
    assert rig.carrier.standing()["unanswered"] == 1


def test_a_message_that_was_left_unanswered_before_is_not_sent_a_third_time(rig):
    message = rig.message(is_doubted=True)
    rig.carrier.submit([message])
    rig.wire.take()[0].fail(Unanswered("no answer within 30 s"))
    rig.clock.advance(0)
    assert rig.outcome(message) == Sent(("",), uncertain=True)


def test_where_doubt_is_held_only_the_parts_that_were_not_taken_are_sent_again():
    rig = held()
    message = rig.long_message(3)
    rig.carrier.submit([message])
    taken, doubted, busy = rig.wire.take()
    taken.say({"id": "a"})
    doubted.fail(Unanswered("no answer"))
    busy.fail(NotAsked("connection refused"))
    rig.clock.advance(0)
    outcome = rig.outcome(message)
    assert isinstance(outcome, Later)
    assert (outcome.refs, outcome.uncertain) == (("a", "", None), True)
