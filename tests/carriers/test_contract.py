"""What every carrier must do, whatever its wire (`core.ports.Carrier`, `carriers.port.RunningCarrier`)."""

import pytest

from mobilesasa.core.model import Later, Sent, State
from tests.carriers.http.rig import HttpRig
from tests.carriers.rig import CARRIER_ID, SandboxRig, SmppRig


@pytest.fixture(params=[SandboxRig, SmppRig, HttpRig], ids=["sandbox", "smpp", "http"])
def idle(request):
    return request.param(window=10)


@pytest.fixture
def rig(idle):
    idle.start()
    return idle


def test_nothing_goes_before_the_start(idle):
    assert idle.carrier.room() == 0
    assert idle.clock.getDelayedCalls() == []


def test_the_room_is_the_window_and_shrinks_by_parts(rig):
    assert rig.carrier.room() == rig.carrier.window == 10
    rig.carrier.submit([rig.message(), rig.long_message(3)])
    assert rig.carrier.room() == 6


def test_room_comes_back_with_the_outcomes_and_the_listener_hears_of_it(rig):
    rig.carrier.submit(rig.messages(10))
    assert rig.carrier.room() == 0
    changes = rig.listener.room_changes
    rig.settle()
    assert rig.carrier.room() == 10
    assert rig.listener.room_changes > changes


def test_each_message_has_exactly_one_outcome(rig):
    messages = [*rig.messages(4), rig.long_message(4)]
    rig.carrier.submit(messages)
    rig.settle()
    assert [message for message, _ in rig.listener.outcomes] == messages
    assert all(isinstance(outcome, Sent) for _, outcome in rig.listener.outcomes)


def test_the_outcomes_of_one_turn_come_in_one_call(rig):
    rig.carrier.submit(rig.messages(8))
    rig.settle()
    assert [len(turn) for turn in rig.listener.turns] == [8]


def test_every_part_has_an_id_of_its_own_without_blanks(rig):
    rig.carrier.submit([rig.long_message(3), *rig.messages(3)])
    rig.settle()
    refs = [ref for _, outcome in rig.listener.outcomes for ref in outcome.refs]
    assert len(set(refs)) == 6
    assert not any(" " in ref for ref in refs)


def test_parts_that_were_taken_before_are_left_out(rig):
    message = rig.long_message(3, sent_parts=0b101, attempt=2)
    rig.carrier.submit([message])
    rig.settle()
    (outcome,) = rig.listener.of(message)
    assert [ref is None for ref in outcome.refs] == [True, False, True]


def test_a_message_of_more_parts_than_the_window_goes_all_the_same(rig):
    message = rig.long_message(10)
    rig.carrier.submit([rig.message()])
    rig.carrier.submit([message])
    assert rig.carrier.room() == 0
    rig.settle()
    (outcome,) = rig.listener.of(message)
    assert len(set(outcome.refs)) == 10


def test_receipts_name_the_carrier_and_the_part(rig):
    rig.carrier.submit(rig.messages(3))
    rig.settle()
    rig.bring_receipts()
    assert {report.ref for report in rig.listener.reports} == {
        ref for _, outcome in rig.listener.outcomes for ref in outcome.refs
    }
    assert {(report.carrier_id, report.state) for report in rig.listener.reports} == {(CARRIER_ID, State.DELIVERED)}
    assert len(rig.listener.report_turns) == 1


def test_stopping_answers_for_what_is_in_hand(rig):
    messages = rig.messages(3)
    rig.carrier.submit(messages)
    rig.finish(rig.carrier.stop())
    assert [message for message, _ in rig.listener.outcomes] == messages
    assert all(isinstance(outcome, Sent | Later) for _, outcome in rig.listener.outcomes)
    assert rig.carrier.room() == 0
    assert rig.clock.getDelayedCalls() == []


def test_a_carrier_that_never_started_stops(idle):
    assert idle.carrier.stop().called


def test_its_standing_is_a_flat_json_object(rig):
    import orjson

    standing = orjson.loads(orjson.dumps(rig.carrier.standing()))
    assert standing["trouble"] == ""
    assert not any(isinstance(value, dict | list) for value in standing.values())


def test_what_it_need_not_be_reminded_of_does_no_harm(rig):
    rig.carrier.resume(["abc", "sb-zz", "sb-zz-d-1-2", "sb-1-q-1-2"])
    rig.pass_time(1)
    assert rig.listener.reports == []
