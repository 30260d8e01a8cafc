"""Answers that come late, or never: nothing is sent twice on a link that lives, and at most twice at all."""

import pytest

from mobilesasa.carriers.smpp import binds, carrier
from mobilesasa.core.model import Failure, Later, Never, Sent
from mobilesasa.smpp.pdus import SubmitSmResp
from mobilesasa.smpp.session import Unbound
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


def answer_late(rig, pdu, ref="late", end=0):
    rig.ends[end].link.dataReceived(SubmitSmResp(sequence=pdu.sequence, message_id=ref).encode())


def lose(rig):
    """Break the newest connection; return what was written on it since the last look."""
    pdus = rig.submits(-1)
    rig.ends[-1].hang_up()
    return pdus


def test_a_message_that_is_answered_late_is_sent_once_and_the_answer_counts():
    rig = make(response_timeout_s=1)
    message = rig.message()
    rig.carrier.submit([message])
    (pdu,) = rig.submits()
    rig.pass_time(3)
    answer_late(rig, pdu)
    assert rig.listener.of(message) == [Sent(("late",))]
    rig.keep_alive(90)
    assert rig.submits() == []
    assert len(rig.ends) == 1
    assert rig.ends[0].link.late == 18  # the enquiries of the rig, and nothing else


def test_a_carrier_that_answers_late_is_sent_everything_once():
    rig = make(response_timeout_s=1, window=4)
    messages = rig.messages(12)
    rig.carrier.submit(messages)
    seen = []
    for _ in range(3):
        pdus = rig.submits()
        seen += recipients(pdus)
        rig.pass_time(3)
        rig.ok(pdus)
    assert seen == names(messages)
    assert [message for message, _ in rig.listener.outcomes] == messages
    assert len(rig.ends) == 1


def test_what_is_overdue_is_said_once_and_keeps_its_place_in_the_window(smpp, warnings):
    smpp.carrier.submit(smpp.messages(3))
    smpp.ok(smpp.submits()[:1])
    smpp.keep_alive(55)
    assert warnings == ["192.168.1.1:54321 answers what was not asked or was given up"]  # the enquiries of the rig
    smpp.keep_alive(200)
    assert warnings[1:] == ["upstream: 2 parts are unanswered, the oldest for 60 s; waiting on"]
    assert smpp.carrier.room() == 8
    assert smpp.listener.outcomes[1:] == []


def test_it_is_said_again_when_answers_came_between(smpp, warnings):
    for _ in range(2):
        smpp.carrier.submit(smpp.messages(1))
        pdus = smpp.submits()
        smpp.keep_alive(65)
        smpp.ok(pdus)
        smpp.keep_alive(65)
    assert sum("waiting on" in text for text in warnings) == 2


def test_a_link_on_which_a_part_stays_unanswered_too_long_is_ended_politely(smpp):
    late, silent = smpp.messages(2)
    smpp.carrier.submit([late, silent])
    pdus = smpp.submits()
    smpp.keep_alive(295)
    assert smpp.ends[0].heard_pdus(type(pdus[0])) == []
    smpp.pass_time(5)
    assert Unbound(by_peer=True) in smpp.ends[0].heard()
    assert smpp.carrier.room() == 0
    answer_late(smpp, pdus[0])  # while the unbind is under way
    assert smpp.listener.of(late) == [Sent(("late",))]
    smpp.pass_time(5)
    smpp.ends[0].finish()
    assert smpp.carrier.standing()["trouble"] == "a part was unanswered for 300 s"
    smpp.reconnect()
    assert recipients(smpp.submits(1)) == [silent.recipient]
    assert smpp.listener.of(silent) == []


def test_a_carrier_that_never_answers_is_sent_a_message_twice_and_no_more():
    rig = make(response_timeout_s=1, window=2)
    messages = rig.messages(2)
    rig.carrier.submit(messages)
    seen = []
    for _ in range(180):
        rig.pass_time(0.5)
        seen += recipients(rig.submits(-1))
        if rig.ends[-1].closing and not rig.ends[-1].gone:
            rig.ends[-1].finish()
        rig.accept_all()
    assert sorted(seen) == sorted(names(messages) * 2)
    assert [outcome for _, outcome in rig.listener.outcomes] == [Sent(("",), uncertain=True)] * 2
    assert rig.carrier.standing()["unanswered"] == 4
    assert rig.carrier.room() == 2


def test_what_was_sent_again_and_is_lost_again_is_taken_for_sent(smpp, warnings):
    messages = smpp.messages(2)
    smpp.carrier.submit(messages)
    lose(smpp)
    smpp.reconnect()
    smpp.carrier.submit([fresh := smpp.message()])
    assert len(lose(smpp)) == 3
    assert smpp.listener.outcomes == [(message, Sent(("",), uncertain=True)) for message in messages]
    assert any("with 3 parts unanswered: 1 are to be sent again, 2 are taken for sent" in text for text in warnings)
    smpp.reconnect()
    assert recipients(smpp.submits(2)) == [fresh.recipient]


def test_each_part_of_a_message_is_sent_again_once():
    rig = make(window=1)
    message = rig.long_message(2)
    rig.carrier.submit([message])
    for _ in range(4):
        assert len(lose(rig)) == 1
        rig.reconnect()
    assert rig.submits(-1) == []
    assert rig.listener.of(message) == [Sent(("", ""), uncertain=True)]


def test_a_message_that_went_back_to_the_queue_in_between_is_not_sent_a_third_time(smpp):
    message = smpp.message()
    smpp.carrier.submit([message])
    lose(smpp)
    smpp.pass_time(carrier.KEEP_S)
    (outcome,) = smpp.listener.of(message)
    assert (type(outcome), outcome.code) == (Later, "unbound")
    smpp.accept_all()
    again = smpp.message(id=message.id, recipient=message.recipient, attempt=2)
    smpp.carrier.submit([again])
    assert len(lose(smpp)) == 1
    assert smpp.listener.of(again) == [Sent(("",), uncertain=True)]


def test_a_message_that_an_error_put_off_is_still_sent_again_once(smpp):
    message = smpp.message(attempt=3)
    smpp.carrier.submit([message])
    lose(smpp)
    smpp.reconnect()
    smpp.ok(smpp.submits(1), 1)
    assert smpp.listener.of(message) == [Sent(("m1",))]


def test_how_many_messages_are_remembered_is_bounded(smpp, monkeypatch):
    monkeypatch.setattr(carrier, "REMEMBERED", 2)  # ten thousand would make the test long
    messages = smpp.messages(3)
    smpp.carrier.submit(messages)
    lose(smpp)
    smpp.reconnect()
    smpp.refuse(smpp.submits(1), Status.ESME_RSYSERR, 1)
    smpp.carrier.submit([smpp.message(id=message.id, recipient=message.recipient, attempt=2) for message in messages])
    assert len(lose(smpp)) == 3
    assert [message.recipient for message, outcome in smpp.listener.outcomes if isinstance(outcome, Sent)] == names(
        messages[1:]
    )


def test_an_operator_may_have_a_lost_answer_taken_for_sent_at_once():
    rig = make(resend_unanswered=False, response_timeout_s=1)
    message = rig.message()
    rig.carrier.submit([message])
    rig.submits()
    rig.pass_time(1 * binds.PATIENCE)
    assert rig.listener.outcomes == []
    rig.pass_time(5)
    rig.ends[0].finish()
    assert rig.listener.of(message) == [Sent(("",), uncertain=True)]


@pytest.mark.parametrize("ending", ["refused", "expired"])
def test_a_part_whose_answer_was_lost_is_not_given_out_as_unsent(ending):
    rig = make(window=2)
    message = rig.long_message(2, expires_at_ms=rig.now_ms() + 10_000)
    rig.carrier.submit([message])
    pdus = rig.submits()
    if ending == "refused":
        rig.refuse(pdus[:1], Status.ESME_RINVDSTADR)
        rig.ends[0].hang_up()
    else:
        rig.ok(pdus[:1])
        rig.ends[0].hang_up()
        rig.pass_time(10)
    rig.reconnect()
    assert rig.submits(1) == []
    (outcome,) = rig.listener.of(message)
    if ending == "refused":
        assert isinstance(outcome, Never)
        assert (outcome.failure, outcome.refs) == (Failure.REFUSED, (None, ""))
    else:
        assert outcome == Sent(("m1", ""), uncertain=True)


def test_while_we_do_not_read_a_link_nothing_on_it_is_overdue(smpp, warnings):
    smpp.carrier.submit(smpp.messages(1))
    pdus = smpp.submits()
    smpp.ends[0].link.pause_reading()
    smpp.pass_time(600)
    assert warnings == []
    assert not smpp.ends[0].closing
    smpp.ends[0].link.resume_reading()
    smpp.ok(pdus)
    assert len(smpp.listener.outcomes) == 1


def test_a_carrier_that_does_not_answer_the_bind_is_left():
    rig = SmppRig(response_timeout_s=20)
    rig.carrier.start(rig.listener)
    end = rig.endpoint.accept()
    rig.pass_time(20)
    end.finish()
    assert rig.carrier.standing()["trouble"] == "no bind was accepted within 20 s"


def test_what_a_carrier_in_trouble_left_unanswered_goes_back_at_once_and_is_in_doubt():
    rig = SmppRig(window=2)
    rig.start()
    messages = rig.messages(3)
    rig.carrier.submit(messages)
    rig.submits()
    rig.listener.in_trouble = True
    rig.ends[0].hang_up()
    assert [(message, type(outcome), outcome.uncertain) for message, outcome in rig.listener.outcomes] == [
        (messages[0], Later, True), (messages[1], Later, True), (messages[2], Later, False),
    ]  # fmt: skip


def test_what_another_carrier_left_unanswered_is_sent_once_and_then_taken_for_sent():
    rig = SmppRig()
    rig.start()
    message = rig.message(is_doubted=True)
    rig.carrier.submit([message])
    rig.submits()
    rig.ends[0].hang_up()
    assert rig.listener.of(message) == [Sent(("",), uncertain=True)]


def test_what_comes_back_to_the_carrier_that_left_it_unanswered_is_sent_once_more_and_no_oftener():
    rig = SmppRig()
    rig.start()
    message = rig.message()
    rig.carrier.submit([message])
    rig.submits()
    rig.listener.in_trouble = True
    rig.ends[0].hang_up()
    rig.clock.advance(1)
    rig.accept_all()
    again = rig.message(id=message.id, is_doubted=True)
    rig.carrier.submit([again])
    assert len(rig.submits(1)) == 1
    rig.ends[1].hang_up()
    assert rig.listener.of(again) == [Sent(("",), uncertain=True)]
