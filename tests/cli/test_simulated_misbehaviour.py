"""How the simulated SMSC misbehaves: each way on a clock, against a far end that behaves."""

import re

import pytest
from click.testing import CliRunner

from mobilesasa.cli.simulate_smsc import simulate_smsc
from mobilesasa.cli.simulated.ids import IDS
from mobilesasa.cli.simulated.misbehaviour import read_errors
from mobilesasa.cli.simulated.receipts import Form, Outcomes
from mobilesasa.smpp.ids import id_forms
from mobilesasa.smpp.pdus import BindReceiver, BindTransmitter, DataSm, DeliverSm, EnquireLink, SubmitSmResp, answer
from mobilesasa.smpp.receipts import read_receipt
from mobilesasa.smpp.statuses import Status
from mobilesasa.smpp.tlvs import Tag
from tests.cli.test_simulate_smsc import Rig

THROTTLED = Status.ESME_RTHROTTLED


def statuses(end):
    return [pdu.status for pdu in end.heard_pdus(SubmitSmResp)]


def reported(rig, end):
    """The receipts that have become due, as PDUs; acknowledged."""
    rig.clock.pump([0.02] * 3)
    pdus = end.heard_pdus(DeliverSm, DataSm)
    if pdus:
        end.say(*[answer(pdu) for pdu in pdus])
    return pdus


def one_receipt(*forms, **behaviour):
    """The id of a message in its answer, and its only receipt."""
    rig = Rig(receipt_forms=frozenset(forms), seed=1, **behaviour)
    end = rig.esme()
    rig.submit(end)
    (response,) = end.heard()
    (pdu,) = reported(rig, end)
    return response.message_id, pdu


# Answers


def test_one_of_so_many_is_throttled():
    rig = Rig(throttle_every=3)
    end = rig.esme()
    rig.submit(end, 7)
    assert statuses(end) == [0, 0, THROTTLED, 0, 0, THROTTLED, 0]
    assert (rig.smsc.summary()["messages"], rig.smsc.summary()["throttled"]) == (5, 2)


def test_refusals_by_per_cent_are_the_same_with_the_same_seed():
    def answers(seed):
        rig = Rig(errors={0x0B: 20.0, 0x14: 10.0}, seed=seed)
        end = rig.esme()
        rig.submit(end, 400)
        found = statuses(end)
        assert rig.smsc.summary()["refused"] == 400 - found.count(0) == 400 - rig.smsc.summary()["messages"]
        return found

    once = answers(7)
    assert once == answers(7) != answers(8)
    assert set(once) == {0, 0x0B, 0x14}
    assert 50 < once.count(0x0B) < 110
    assert 20 < once.count(0x14) < 65


def test_a_hundred_per_cent_are_all():
    rig = Rig(errors={0x0B: 60.0, 0x14: 40.0})
    end = rig.esme()
    rig.submit(end, 50)
    assert 0 not in statuses(end)


def test_with_one_of_so_many_the_connection_breaks_behind_the_answers_before_it():
    rig = Rig(drop_every=3)
    end = rig.esme()
    rig.submit(end, 5)
    assert statuses(end) == [0, 0]
    assert not end.closing
    rig.submit(end)
    rig.clock.advance(0.02)
    assert end.transport.disconnected
    end.hang_up()
    summary = rig.smsc.summary()
    assert (summary["breaks"], summary["messages"], summary["unanswered"]) == (1, 3, 1)
    again = rig.esme()
    rig.submit(again, 2)
    assert statuses(again) == [0, 0]


def test_what_was_dropped_may_be_reported_at_the_next_bind():
    rig = Rig(drop_every=2, report_unanswered=True)
    end = rig.esme()
    rig.submit(end, 2)
    rig.clock.advance(0.02)
    end.hang_up()
    again = rig.esme()
    refs = [line.split("\t")[6] for line in rig.log.getvalue().decode().splitlines()]
    assert [read_receipt(pdu).message_id for pdu in [*again.at_once, *reported(rig, again)]] == refs


def test_a_frozen_one_may_report_what_it_did_not_answer():
    rig = Rig(freeze_after=0, report_unanswered=True)
    end = rig.esme()
    rig.submit(end, 3)
    assert len(reported(rig, end)) == 3
    silent = Rig(freeze_after=0)
    end = silent.esme()
    silent.submit(end, 3)
    assert reported(silent, end) == []


def test_a_connection_that_is_gone_before_it_breaks_breaks_nothing():
    rig = Rig(drop_every=1)
    end = rig.esme()
    rig.submit(end)
    end.hang_up()
    rig.clock.advance(0.02)
    assert rig.smsc.links == {}


@pytest.mark.parametrize("after", [0, 2])
def test_a_frozen_one_takes_messages_and_answers_none_but_is_alive(after):
    rig = Rig(freeze_after=after)
    end = rig.esme()
    rig.submit(end, 5)
    assert statuses(end) == [0] * after
    end.say(EnquireLink())
    assert [type(pdu).__name__ for pdu in end.heard()] == ["EnquireLinkResp"]
    again = rig.esme()
    assert again.welcome.status == 0
    rig.submit(again)
    assert again.heard() == []
    assert (rig.smsc.summary()["messages"], rig.smsc.summary()["unanswered"]) == (6, 6 - after)
    assert len(reported(rig, end)) == after


def test_of_several_things_for_one_message_the_worst_happens():
    rig = Rig(throttle_every=1, drop_every=2, freeze_after=2)
    end = rig.esme()
    rig.submit(end, 2)
    assert statuses(end) == [THROTTLED]
    frozen = rig.esme()
    rig.submit(frozen, 2)
    assert frozen.heard() == []


# Ids


@pytest.mark.parametrize("name", IDS)
def test_the_id_in_the_receipt_is_one_that_a_carrier_may_mean_by_that_in_the_answer(name):
    ref, pdu = one_receipt(ids=name)
    heard = read_receipt(pdu)
    assert not heard.disagrees
    assert ref in id_forms(heard.message_id)
    assert (ref == heard.message_id) is (name == "usual")


@pytest.mark.parametrize(
    ("name", "looks"),
    [("decimal", r"\d{1,9}"), ("hex", "[0-9a-f]{1,8}"), ("padded", r"0\d{9}"), ("upper", "[0-9A-F]{1,8}"),
     ("uuid", "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"), ("usual", "[0-9a-f]{14}")],
)  # fmt: skip
def test_ids_look_as_was_asked_and_are_the_same_with_the_same_seed(name, looks):
    rigs = [Rig(ids=name, seed=3) for _ in range(2)]
    found = []
    for rig in rigs:
        end = rig.esme()
        rig.submit(end, 20)
        found.append([pdu.message_id for pdu in end.heard()])
    assert found[0] == found[1]
    assert len(set(found[0])) == 20
    assert all(re.fullmatch(looks, ref) for ref in found[0])


# Receipts


def test_a_receipt_may_have_no_text():
    ref, pdu = one_receipt(Form.TLV_ONLY)
    assert (pdu.short_message, pdu.tlvs[Tag.RECEIPTED_MESSAGE_ID]) == (b"", ref)
    assert read_receipt(pdu).state == 2


def test_a_receipt_may_have_no_tlvs():
    ref, pdu = one_receipt(Form.TEXT_ONLY)
    assert (pdu.tlvs, read_receipt(pdu).message_id) == ({}, ref)


def test_a_receipt_may_have_dates_of_14_digits():
    _, pdu = one_receipt(Form.LONG_DATES)
    assert b"submit date:20261118110640 done date:20261118110640 " in pdu.short_message
    assert read_receipt(pdu).done_at.second == 40


def test_a_receipt_may_be_in_ucs2():
    ref, pdu = one_receipt(Form.UCS2)
    assert (pdu.data_coding, pdu.tlvs) == (8, {})
    assert pdu.short_message.decode("utf-16-be").startswith(f"id:{ref} ")
    assert read_receipt(pdu).message_id == ref


def test_a_receipt_that_is_too_long_for_a_short_message_is_a_payload():
    ref, pdu = one_receipt(Form.UCS2, Form.LONG_DATES, ids="uuid")
    assert pdu.short_message == b""
    assert len(pdu.tlvs[Tag.MESSAGE_PAYLOAD]) > 254
    assert read_receipt(pdu).message_id == ref.upper()


@pytest.mark.parametrize("more", [(), (Form.TLV_ONLY,)])
def test_a_receipt_may_be_a_data_sm(more):
    ref, pdu = one_receipt(Form.DATA_SM, *more)
    assert (type(pdu), read_receipt(pdu).message_id) == (DataSm, ref)
    assert (Tag.MESSAGE_PAYLOAD in pdu.tlvs) is not bool(more)


def test_an_early_receipt_comes_before_the_answer():
    rig = Rig(receipt_forms=frozenset({Form.EARLY}), delay_ms=5000)
    end = rig.esme()
    rig.submit(end, 2)
    assert [type(pdu) for pdu in end.heard()] == [DeliverSm, DeliverSm, SubmitSmResp, SubmitSmResp]
    assert rig.smsc.summary()["receipts_waiting"] == 0


def test_an_early_receipt_comes_over_the_receiver():
    rig = Rig(receipt_forms=frozenset({Form.EARLY}))
    sends, hears = rig.esme(BindTransmitter(system_id="us")), rig.esme(BindReceiver(system_id="us"))
    rig.submit(sends)
    assert [type(pdu) for pdu in hears.heard()] == [DeliverSm]
    assert statuses(sends) == [0]


@pytest.mark.parametrize("form", [Form.EARLY, Form.TEXT_ONLY])
def test_doubled_receipts_come_twice(form):
    rig = Rig(receipt_forms=frozenset({Form.DOUBLED, form}))
    end = rig.esme()
    rig.submit(end, 2)
    pdus = end.heard_pdus(DeliverSm) + reported(rig, end)
    assert len(pdus) == 4
    assert len({read_receipt(pdu).message_id for pdu in pdus}) == 2


def test_a_failure_comes_first_and_what_it_was_to_be_after_the_delay():
    rig = Rig(receipt_forms=frozenset({Form.FAILED_FIRST}), delay_ms=500)
    end = rig.esme()
    rig.submit(end)
    assert [read_receipt(pdu).word for pdu in reported(rig, end)] == ["EXPIRED"]
    rig.clock.pump([0.1] * 4)
    assert [read_receipt(pdu).word for pdu in reported(rig, end)] == ["DELIVRD"]


@pytest.mark.parametrize("behaviour", [{"receipt_forms": frozenset({Form.NEVER})}, {"receipts": Outcomes.NONE}])
def test_receipts_may_never_come(behaviour):
    rig = Rig(**behaviour)
    end = rig.esme()
    rig.submit(end)
    assert reported(rig, end) == []
    assert rig.smsc.summary()["receipts_waiting"] == 0


# The command


def test_refusals_are_read_by_number_and_by_name():
    assert read_errors("0x0B:1, 20:0.5,ESME_RSYSERR:2,") == {0x0B: 1.0, 0x14: 0.5, 8: 2.0}
    assert read_errors("") == {}


@pytest.mark.parametrize(
    ("option", "value", "says"),
    [
        ("--errors", "0x0B", "0x0B is no command_status with its per cent, as in 0x0B:1"),
        ("--errors", "ESME_ROK:1", "ESME_ROK:1 is no command_status"),
        ("--errors", "NOTHING:1", "NOTHING:1 is no command_status"),
        ("--errors", "0x0B:nan", "0x0B:nan is no command_status"),
        ("--errors", "0x0B:101", "0x0B:101 is no command_status"),
        ("--errors", "0x0B:60,0x14:60", "more than 100 per cent together"),
        ("--receipt-form", "roman", "'roman' is not one of"),
        ("--ids", "roman", "'roman' is not one of"),
    ],
)
def test_what_cannot_be_done_is_refused_in_words(option, value, says):
    result = CliRunner().invoke(simulate_smsc, [option, value])
    assert (result.exit_code, result.stdout) == (2, "")
    assert says in " ".join(result.stderr.split())


def test_forms_of_a_text_do_not_go_without_one():
    result = CliRunner().invoke(simulate_smsc, ["--receipt-form", "tlv-only", "--receipt-form", "ucs2"])
    assert result.exit_code == 2
    assert "tlv-only leaves no text, and ucs2 is about the text" in " ".join(result.stderr.split())
