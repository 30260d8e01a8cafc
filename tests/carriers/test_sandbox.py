"""The sandbox: what its magic numbers ask for, and how its receipts outlive the process."""

import random

import pytest

from mobilesasa.carriers.port import World
from mobilesasa.carriers.registry import parse_options
from mobilesasa.carriers.sandbox import TURN_LIMIT, SandboxCarrier
from mobilesasa.core.model import Coding, Failure, Later, Sent, State
from mobilesasa.core.teams import CarrierRecord
from tests.carriers.rig import CARRIER_ID, Listener, SandboxRig


@pytest.fixture
def rig():
    rig = SandboxRig()
    rig.start()
    return rig


def reports_of(rig, number, **fields):
    rig.carrier.submit([rig.message(f"2547000000{number:02}", **fields)])
    rig.settle()
    rig.pass_time(1.1, 0.05)
    return [(report.state, report.failure) for report in rig.listener.reports]


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (1, [(State.DELIVERED, None)]),
        (2, [(State.FAILED, Failure.UNDELIVERED)]),
        (3, [(State.FAILED, Failure.EXPIRED)]),
        (4, [(State.FAILED, Failure.REJECTED)]),
        (6, [(State.DELIVERED, None)] * 2),
        (99, [(State.DELIVERED, None)]),
    ],
)
def test_a_number_gets_what_it_asks_for(rig, number, expected):
    assert reports_of(rig, number) == expected


def test_a_late_receipt_comes_after_half_a_minute(rig):
    assert reports_of(rig, 5) == []
    rig.pass_time(28.8, 0.05)
    assert rig.listener.reports == []
    rig.pass_time(0.3, 0.05)
    assert [report.state for report in rig.listener.reports] == [State.DELIVERED]


def test_a_temporary_error_is_over_at_the_second_attempt(rig):
    message = rig.message("254700000007")
    rig.carrier.submit([message])
    rig.settle()
    (outcome,) = rig.listener.of(message)
    assert isinstance(outcome, Later)
    assert outcome.delay_s == 1
    assert reports_of(rig, 7, attempt=2) == [(State.DELIVERED, None)]
    assert isinstance(rig.listener.outcomes[-1][1], Sent)


def test_a_receipt_comes_a_second_after_the_message(rig):
    rig.carrier.submit([rig.message()])
    rig.settle()
    rig.clock.advance(0.95)
    assert rig.listener.reports == []
    rig.clock.advance(0.1)
    (report,) = rig.listener.reports
    assert report.done_at_ms == rig.now_ms() - 50


def test_receipts_share_a_turn_and_one_delayed_call(rig):
    for _ in range(100):
        rig.carrier.submit(rig.messages(2))
        rig.clock.advance(0.0005)
        assert len(rig.clock.getDelayedCalls()) <= 2
    rig.pass_time(1.5, 0.01)
    assert len(rig.listener.reports) == 200
    assert len(rig.listener.report_turns) <= 3


def test_a_soon_receipt_does_not_wait_for_a_late_one(rig):
    rig.carrier.submit([rig.message("254700000005")])
    rig.carrier.submit([rig.message()])
    rig.pass_time(1.1, 0.05)
    assert len(rig.listener.reports) == 1
    rig.pass_time(30, 0.05)
    assert len(rig.listener.reports) == 2


def test_receipts_that_are_not_written_down_take_room():
    rig = SandboxRig(window=10)
    rig.start()
    rig.listener.acknowledging = False
    rig.carrier.submit(rig.messages(10))
    rig.settle()
    rig.pass_time(1.1, 0.05)
    assert rig.carrier.room() == 0
    changes = rig.listener.room_changes
    rig.listener.acknowledgements.pop()()
    assert rig.carrier.room() == 10
    assert rig.listener.room_changes == changes + 1


def test_the_outcomes_do_not_come_within_the_submit(rig):
    rig.carrier.submit(rig.messages(2))
    assert rig.listener.outcomes == []


def another_run(rig, seed):
    """The carrier of a later process."""
    listener = Listener()
    world = World(rig.clock, rig.now_ms, random.Random(seed))
    carrier = SandboxCarrier(CarrierRecord(CARRIER_ID, "sandbox", "sandbox"), parse_options("sandbox", {}), world)
    carrier.start(listener)
    return carrier, listener


def awaited(rig):
    return [ref for _, outcome in rig.listener.outcomes for ref in outcome.refs]


def test_what_a_dead_process_owed_a_new_one_pays(rig):
    rig.carrier.submit([rig.message(f"2547000000{n:02}") for n in (1, 2, 3, 4, 5, 6)])
    rig.settle()
    refs = awaited(rig)
    rig.carrier.stop()
    rig.clock.advance(10)
    carrier, listener = another_run(rig, 9)
    carrier.resume(refs)
    rig.pass_time(1, 0.05)
    assert [report.failure for report in listener.reports[:4]] == [
        None, Failure.UNDELIVERED, Failure.EXPIRED, Failure.REJECTED,
    ]  # fmt: skip
    assert len(listener.reports) == 6  # the doubled one comes twice again, the late one is not due yet
    assert carrier.standing()["receipts_due"] == 1
    rig.pass_time(20, 0.05)
    assert {report.ref for report in listener.reports} == set(refs)
    assert rig.listener.reports == []


def test_the_ids_of_two_runs_differ(rig):
    rig.carrier.submit(rig.messages(3))
    rig.settle()
    carrier, listener = another_run(rig, 9)
    carrier.submit(rig.messages(3))
    rig.settle()
    refs = {ref for _, outcome in listener.outcomes for ref in outcome.refs}
    assert not refs & set(awaited(rig))


def test_its_own_ids_are_not_taken_up_twice(rig):
    rig.carrier.submit(rig.messages(3))
    rig.settle()
    rig.carrier.resume(awaited(rig))
    rig.pass_time(1.1, 0.05)
    assert len(rig.listener.reports) == 3


def test_a_great_many_overdue_receipts_come_in_bounded_turns(rig):
    rig.carrier.resume([f"sb-1-d-ffffffff-{n:x}" for n in range(2 * TURN_LIMIT + 5)])
    rig.pass_time(0.5, 0.05)
    assert [len(turn) for turn in rig.listener.report_turns] == [TURN_LIMIT, TURN_LIMIT, 5]


def test_a_stopped_sandbox_takes_up_nothing(rig):
    rig.carrier.stop()
    rig.carrier.resume(["sb-1-d-ffffffff-1"])
    assert rig.clock.getDelayedCalls() == []


def test_an_acknowledgement_after_the_stop_does_no_harm():
    rig = SandboxRig(window=1)
    rig.start()
    rig.listener.acknowledging = False
    rig.carrier.submit([rig.message()])
    rig.pass_time(1.1, 0.05)
    rig.carrier.stop()
    rig.listener.acknowledgements.pop()()
    assert rig.carrier.room() == 0


def test_delays_can_be_set():
    rig = SandboxRig(delay_s=0)
    rig.start()
    rig.carrier.submit([rig.message()])
    rig.clock.advance(0)
    rig.clock.advance(0.05)
    assert len(rig.listener.reports) == 1


def answered(rig, *messages):
    rig.start()
    rig.carrier.submit(messages)
    rig.settle()
    return rig.listener.from_phones


@pytest.mark.parametrize(
    ("text", "body", "coding", "octets"),
    [
        ("Hi @", None, Coding.GSM7, b"Hi \x00"),
        ("ж", None, Coding.UCS2, b"\x04\x36"),
        (None, b"\xff", Coding.BINARY, b"\xff"),
    ],
)
def test_the_last_magic_number_answers_a_sender_that_is_a_number_with_what_it_got(text, body, coding, octets):
    rig = SandboxRig()
    message = rig.message("254700000008", text=text, body=body, sender="22384")
    (part,) = answered(rig, message)
    assert (part.source, part.destination, part.coding, part.octets) == ("254700000008", "22384", coding, octets)
    assert part.carrier_id == CARRIER_ID


def test_a_sender_that_is_a_name_has_no_answer():
    rig = SandboxRig()
    assert answered(rig, rig.message("254700000008")) == []


def test_an_answer_that_could_not_be_kept_comes_again_after_a_second():
    rig = SandboxRig()
    rig.listener.keeping = False
    assert len(answered(rig, rig.message("254700000008", sender="22384"))) == 1
    rig.listener.keeping = True
    rig.clock.advance(1)
    assert len(rig.listener.from_phones) == 2
    rig.pass_time(5)
    assert len(rig.listener.from_phones) == 2


def test_a_sandbox_that_stops_brings_no_more_answers():
    rig = SandboxRig()
    rig.listener.keeping = None
    answered(rig, rig.message("254700000008", sender="22384"), rig.message("254700000008", sender="22384"))
    ((parts, acknowledge),) = rig.listener.phone_turns
    rig.carrier.stop()
    acknowledge([False] * len(parts))
    assert rig.clock.getDelayedCalls() == []


def test_stopping_calls_off_what_was_to_be_brought_again():
    rig = SandboxRig()
    rig.listener.keeping = False
    answered(rig, rig.message("254700000008", sender="22384"))
    rig.carrier.stop()
    assert rig.clock.getDelayedCalls() == []
