"""Connections that break, answers that never come, and the end."""

import pytest
from twisted.internet.error import ConnectionRefusedError as Refused

from mobilesasa.core.model import Later, Sent
from mobilesasa.smpp.pdus import SubmitSmResp
from mobilesasa.smpp.statuses import Status
from tests.carriers.rig import SmppRig


def make(**options):
    rig = SmppRig(**options)
    rig.start()
    return rig


def recipients(pdus):
    return [pdu.destination_addr for pdu in pdus]


def names(messages):
    return [message.recipient for message in messages]


def test_what_was_unanswered_when_the_bind_broke_is_sent_again_first(smpp, warnings):
    messages = smpp.messages(5)
    smpp.carrier.submit(messages)
    pdus = smpp.submits()
    smpp.ok(pdus[:2])
    smpp.ends[0].hang_up()
    assert len(smpp.listener.outcomes) == 2
    assert smpp.carrier.room() == 0
    assert any("upstream: the connection was lost with 3 parts unanswered: 3 are to be sent again, 0 are taken for sent"
               in text for text in warnings)  # fmt: skip
    smpp.clock.advance(1)
    smpp.accept_all()
    again = smpp.submits(1)
    assert recipients(again) == names(messages[2:])
    smpp.ok(again, 1)
    assert [message for message, _ in smpp.listener.outcomes] == messages
    assert smpp.carrier.standing()["unanswered"] == 3


def test_an_operator_may_have_them_taken_for_sent():
    rig = make(resend_unanswered="false", window=2)
    message = rig.long_message(3)
    rig.carrier.submit([message])
    rig.submits()
    rig.ends[0].hang_up()
    rig.clock.advance(1)
    rig.accept_all()
    rig.ok(rig.submits(1), 1)
    assert rig.listener.of(message) == [Sent(("", "", "m1"), uncertain=True)]


def test_another_bind_takes_over_when_a_second_has_shown_that_it_did_not_break_too():
    rig = make(binds=2, window=4)
    messages = rig.messages(8)
    rig.carrier.submit(messages)
    first, second = rig.submits(0), rig.submits(1)
    rig.ends[0].hang_up()
    rig.ok(second, 1)
    assert rig.submits(1) == []
    assert rig.carrier.room() == 0
    rig.clock.advance(1)
    again = rig.submits(1)
    assert recipients(again) == recipients(first)
    rig.ok(again, 1)
    assert {message for message, _ in rig.listener.outcomes} == set(messages)
    assert len(rig.listener.outcomes) == 8


def test_binds_that_break_shortly_after_each_other_lose_no_message_for_both():
    """What the first had went to the second within the turn in which that was answered, and was then taken for sent."""
    rig = make(binds=2, window=4)
    messages = rig.messages(4)
    rig.carrier.submit(messages)
    _, (answered, _) = rig.submits(0), rig.submits(1)
    rig.ends[0].hang_up()
    rig.clock.advance(0.3)
    rig.ok([answered], 1)
    rig.ends[1].hang_up()
    rig.clock.advance(1)
    rig.accept_all()
    again = [pdu for end in range(2, len(rig.ends)) for pdu in rig.submits(end)]
    left = [name for name in names(messages) if name != answered.destination_addr]
    assert sorted(recipients(again)) == sorted(left)
    assert [message.recipient for message, _ in rig.listener.outcomes] == [answered.destination_addr]


def test_what_rests_goes_back_when_the_carrier_is_stopped():
    rig = make(binds=2, window=4)
    messages = rig.messages(4)
    rig.carrier.submit(messages)
    rig.submits(0), rig.submits(1)
    rig.ends[0].hang_up()
    rig.carrier.stop()
    back = [message for message, outcome in rig.listener.outcomes if isinstance(outcome, Later) and outcome.uncertain]
    assert len(back) == 2


def test_binds_that_break_together_lose_no_message_for_both():
    rig = make(binds=2, window=4)
    messages = rig.messages(4)
    rig.carrier.submit(messages)
    assert len(rig.submits(0)) == len(rig.submits(1)) == 2
    for end in tuple(rig.ends):
        end.hang_up()
    rig.clock.advance(1)
    rig.accept_all()
    again = [*rig.submits(2), *rig.submits(3)]
    assert sorted(recipients(again)) == sorted(names(messages))
    assert rig.listener.outcomes == []


def test_parts_that_were_taken_are_not_sent_again():
    rig = make(window=4)
    message = rig.long_message(6)
    rig.carrier.submit([message])
    pdus = rig.submits()
    rig.ok([pdus[0], pdus[2]])
    rig.submits()
    rig.ends[0].hang_up()
    rig.clock.advance(1)
    rig.accept_all()
    while again := rig.submits(1):
        rig.ok(again, 1)
    ((outcome),) = rig.listener.of(message)
    assert isinstance(outcome, Sent)
    assert len(set(outcome.refs)) == 6
    assert outcome.refs[0] == "m1"
    assert outcome.refs[2] == "m2"


def test_what_waits_goes_back_when_no_bind_comes_up_in_half_a_minute(smpp):
    messages = smpp.messages(3)
    smpp.carrier.submit(messages)
    smpp.submits()
    smpp.ends[0].hang_up()
    smpp.clock.advance(1)
    smpp.endpoint.refuse(Refused())
    smpp.pass_time(28.5)
    assert smpp.listener.outcomes == []
    smpp.pass_time(1)
    assert [message for message, _ in smpp.listener.outcomes] == messages
    assert {outcome.code for _, outcome in smpp.listener.outcomes} == {"unbound"}
    assert all(isinstance(outcome, Later) for _, outcome in smpp.listener.outcomes)


def test_what_waits_is_kept_when_a_bind_comes_up_in_time(smpp):
    smpp.carrier.submit(smpp.messages(1))
    smpp.submits()
    smpp.ends[0].hang_up()
    smpp.clock.advance(1)
    smpp.accept_all()
    smpp.keep_alive(40, 1)
    assert smpp.listener.outcomes == []
    smpp.ok(smpp.submits(1), 1)
    assert len(smpp.listener.outcomes) == 1


def test_a_part_that_stays_unanswered_while_the_bind_pauses_is_sent_again_when_the_bind_breaks(smpp):
    messages = smpp.messages(2)
    smpp.carrier.submit(messages)
    smpp.refuse(smpp.submits()[:1], Status.ESME_RTHROTTLED)
    smpp.ends[0].hang_up()
    smpp.clock.advance(1)
    smpp.accept_all()
    assert recipients(smpp.submits(1)) == names(messages)


def test_reconnecting_gives_room_again(smpp):
    smpp.ends[0].hang_up()
    assert smpp.carrier.room() == 0
    assert "lost" in smpp.carrier.standing()["trouble"]
    changes = smpp.listener.room_changes
    smpp.clock.advance(1)
    smpp.accept_all()
    assert smpp.carrier.room() == 10
    assert smpp.listener.room_changes == changes + 1
    assert smpp.carrier.standing()["trouble"] == ""


def test_stopping_waits_for_answers_that_are_under_way(smpp):
    message = smpp.message()
    smpp.carrier.submit([message])
    pdus = smpp.submits()
    stopped = smpp.carrier.stop()
    smpp.ends[0].link.dataReceived(SubmitSmResp(sequence=pdus[0].sequence, message_id="m1").encode())
    assert smpp.listener.of(message) == [Sent(("m1",))]
    smpp.finish(stopped)


def test_stopping_hands_back_what_was_never_written():
    rig = make(window=1)
    messages = rig.messages(3)
    rig.carrier.submit(messages)
    rig.submits()
    stopped = rig.carrier.stop()
    assert [(message, outcome.code) for message, outcome in rig.listener.outcomes] == [
        (messages[1], "stopping"), (messages[2], "stopping"),
    ]  # fmt: skip
    rig.finish(stopped)
    (outcome,) = rig.listener.of(messages[0])
    assert (type(outcome), outcome.code) == (Later, "unanswered")


def test_stopping_hands_back_the_rest_of_a_message_of_which_some_is_under_way():
    rig = make(window=2)
    message = rig.long_message(3)
    rig.carrier.submit([message])
    pdus = rig.submits()
    stopped = rig.carrier.stop()
    assert rig.listener.outcomes == []
    for pdu in pdus:
        rig.ends[0].link.dataReceived(SubmitSmResp(sequence=pdu.sequence, message_id=f"m{pdu.sequence}").encode())
    (outcome,) = rig.listener.of(message)
    assert isinstance(outcome, Later)
    assert [ref is None for ref in outcome.refs] == [False, False, True]
    rig.finish(stopped)


def test_stopping_hands_back_what_is_throttled_then(smpp):
    messages = smpp.messages(2)
    smpp.carrier.submit(messages)
    pdus = smpp.submits()
    smpp.refuse(pdus[:1], Status.ESME_RTHROTTLED)
    stopped = smpp.carrier.stop()
    smpp.ends[0].link.dataReceived(SubmitSmResp(sequence=pdus[1].sequence, status=Status.ESME_RTHROTTLED).encode())
    assert [outcome.code for _, outcome in smpp.listener.outcomes] == ["stopping", "stopping"]
    smpp.finish(stopped)


@pytest.mark.parametrize("tps", [0, 1])
def test_after_the_stop_nothing_is_waited_for(tps):
    rig = make(tps=tps)
    rig.carrier.submit(rig.messages(3))
    rig.finish(rig.carrier.stop())
    assert rig.clock.getDelayedCalls() == []


def test_stopping_while_nothing_is_bound_hands_back_what_waits(smpp):
    messages = smpp.messages(2)
    smpp.carrier.submit(messages)
    smpp.submits()
    smpp.ends[0].hang_up()
    assert smpp.carrier.stop().called
    assert [outcome.code for _, outcome in smpp.listener.outcomes] == ["stopping", "stopping"]
    assert smpp.clock.getDelayedCalls() == []
