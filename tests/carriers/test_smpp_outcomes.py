"""What a carrier's answers mean for a message."""

import pytest

from mobilesasa.core.model import Failure, Later, Never, Sent
from mobilesasa.smpp.pdus import GenericNack, SubmitSmResp
from mobilesasa.smpp.statuses import Status
from tests.carriers.rig import SmppRig


def submit(rig, *messages):
    rig.carrier.submit(messages)
    return rig.submits()


def only(rig, message):
    (outcome,) = rig.listener.of(message)
    return outcome


def test_a_message_that_was_taken_has_the_carriers_id(smpp):
    message = smpp.message()
    (pdu,) = submit(smpp, message)
    smpp.ends[0].say(SubmitSmResp(sequence=pdu.sequence, message_id=" 00a1B2 "))
    assert only(smpp, message) == Sent(("00a1B2",))


@pytest.mark.parametrize("status", [Status.ESME_RSYSERR, Status.ESME_RX_T_APPN])
def test_a_temporary_error_puts_the_message_off(smpp, status):
    message = smpp.message()
    smpp.refuse(submit(smpp, message), status)
    outcome = only(smpp, message)
    assert isinstance(outcome, Later)
    assert outcome.code == status.name
    assert 1.5 <= outcome.delay_s <= 2
    assert outcome.refs == (None,)


@pytest.mark.parametrize(("attempt", "longest_s"), [(1, 2), (2, 4), (5, 32), (9, 300), (1000, 300)])
def test_the_delay_grows_with_the_attempts(smpp, attempt, longest_s):
    message = smpp.message(attempt=attempt)
    smpp.refuse(submit(smpp, message))
    assert 0.75 * longest_s <= only(smpp, message).delay_s <= longest_s


@pytest.mark.parametrize(
    ("status", "code", "reason"),
    [
        (Status.ESME_RINVDSTADR, "ESME_RINVDSTADR", "invalid destination address"),
        (Status.ESME_RSUBMITFAIL, "ESME_RSUBMITFAIL", "the message was not accepted"),
        (0x401, "0x00000401", "a status of the carrier's own (0x00000401)"),
    ],
)
def test_any_other_error_is_final_and_told_in_words(smpp, status, code, reason):
    message = smpp.message()
    smpp.refuse(submit(smpp, message), status)
    assert only(smpp, message) == Never(Failure.REFUSED, reason, code, (None,), elsewhere=True)


@pytest.mark.parametrize(("status", "code"), [(Status.ESME_RINVCMDLEN, "ESME_RINVCMDLEN"), (0, "ESME_RUNKNOWNERR")])
def test_a_generic_nack_refuses_the_message(smpp, status, code):
    message = smpp.message()
    (pdu,) = submit(smpp, message)
    smpp.ends[0].say(GenericNack(status=status, sequence=pdu.sequence))
    outcome = only(smpp, message)
    assert isinstance(outcome, Never)
    assert outcome.code == code


def test_a_message_has_one_outcome_when_all_its_parts_are_answered(smpp):
    message = smpp.long_message(3)
    pdus = submit(smpp, message)
    smpp.ok(pdus[:1])
    smpp.ok(pdus[2:])
    assert smpp.listener.outcomes == []
    smpp.ok(pdus[1:2])
    assert only(smpp, message) == Sent(("m1", "m3", "m2"))


def test_a_message_that_is_taken_in_part_says_which_parts(smpp):
    message = smpp.long_message(3)
    pdus = submit(smpp, message)
    smpp.ok(pdus[:1])
    smpp.refuse(pdus[1:2])
    smpp.ok(pdus[2:])
    outcome = only(smpp, message)
    assert isinstance(outcome, Later)
    assert outcome.refs == ("m1", None, "m2")


def test_a_final_refusal_outweighs_a_temporary_one(smpp):
    for order in ((Status.ESME_RSYSERR, Status.ESME_RINVDSTADR), (Status.ESME_RINVDSTADR, Status.ESME_RSYSERR)):
        message = smpp.long_message(2)
        for pdu, status in zip(submit(smpp, message), order, strict=True):
            smpp.refuse([pdu], status)
        assert isinstance(only(smpp, message), Never)


def test_parts_that_were_taken_before_are_not_sent(smpp):
    message = smpp.long_message(3, sent_parts=0b011, attempt=2)
    pdus = submit(smpp, message)
    assert len(pdus) == 1
    smpp.ok(pdus)
    assert only(smpp, message) == Sent((None, None, "m1"))


def test_a_message_of_which_all_was_taken_before_is_sent(smpp):
    message = smpp.long_message(2, sent_parts=0b11, attempt=2)
    assert submit(smpp, message) == []
    assert only(smpp, message) == Sent((None, None))


def test_once_a_part_is_refused_for_good_the_rest_is_not_sent():
    rig = SmppRig(window=1)
    rig.start()
    message = rig.long_message(3)
    rig.refuse(submit(rig, message), Status.ESME_RINVDSTADR)
    assert rig.submits() == []
    assert only(rig, message).refs == (None, None, None)
    assert rig.carrier.room() == 1


def test_a_message_whose_time_is_over_is_not_sent(smpp):
    message = smpp.message(expires_at_ms=smpp.now_ms())
    assert submit(smpp, message) == []
    outcome = only(smpp, message)
    assert isinstance(outcome, Never)
    assert outcome.failure is Failure.EXPIRED_UNSENT


@pytest.mark.parametrize("fields", [{"text": "ж"}, {"sender": "a sender far too long for it"}, {"sender": "жжж"}])
def test_what_cannot_be_written_is_refused_and_harms_no_other(smpp, fields):
    before, bad, after = smpp.message(), smpp.message(**fields), smpp.message()
    pdus = submit(smpp, before, bad, after)
    assert len(pdus) == 2
    smpp.ok(pdus)
    assert only(smpp, before) == Sent(("m1",))
    assert only(smpp, after) == Sent(("m2",))
    outcome = only(smpp, bad)
    assert isinstance(outcome, Never)
    assert outcome.failure is Failure.REFUSED


def test_a_long_message_that_cannot_be_written_has_one_outcome(smpp):
    message = smpp.long_message(3, sender="a sender far too long for it")
    assert submit(smpp, message) == []
    assert isinstance(only(smpp, message), Never)
    assert smpp.carrier.room() == 10


def test_the_outcomes_of_one_turn_come_in_one_call(smpp):
    pdus = submit(smpp, *smpp.messages(9))
    smpp.ok(pdus[:4])
    smpp.ok(pdus[4:])
    assert [len(turn) for turn in smpp.listener.turns] == [4, 5]


def test_the_carrier_counts(smpp):
    pdus = submit(smpp, *smpp.messages(3))
    smpp.ok(pdus[:1])
    smpp.refuse(pdus[1:2], Status.ESME_RTHROTTLED)
    standing = smpp.carrier.standing()
    assert (standing["parts_sent"], standing["parts_taken"], standing["throttled"]) == (3, 1, 1)
    assert (standing["binds"], standing["bound"], standing["paused"]) == (1, 1, 1)
