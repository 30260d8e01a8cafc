"""Receipts from a carrier: read, handed on, acknowledged when they are written down."""

import pytest

from mobilesasa.carriers.smpp import receipts
from mobilesasa.carriers.smpp.reports import STATES
from mobilesasa.core.model import Failure, Report, State
from mobilesasa.smpp.fields import MessageState
from mobilesasa.smpp.pdus import AlertNotification, DataSm, DataSmResp, DeliverSm, DeliverSmResp
from mobilesasa.smpp.tlvs import Tag
from tests.carriers.rig import CARRIER_ID, START_MS, SmppRig

TEXT = b"id:%s sub:001 dlvrd:001 submit date:2611190000 done date:2611190001 stat:%s err:%s"


def receipt(ref=b"m1", stat=b"DELIVRD", err=b"000", **fields):
    return DeliverSm(esm_class=4, short_message=TEXT % (ref, stat, err), **fields)


def test_a_receipt_becomes_a_report(smpp):
    smpp.ends[0].say(receipt(stat=b"UNDELIV", err=b"045"))
    (report,) = smpp.listener.reports
    assert (report.carrier_id, report.ref, report.state, report.failure, report.error) == (
        CARRIER_ID, "m1", State.FAILED, Failure.UNDELIVERED, "045",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("word", "state", "failure"),
    [
        (b"DELIVRD", State.DELIVERED, None),
        (b"EXPIRED", State.FAILED, Failure.EXPIRED),
        (b"DELETED", State.FAILED, Failure.UNDELIVERED),
        (b"UNDELIV", State.FAILED, Failure.UNDELIVERED),
        (b"UNKNOWN", State.FAILED, Failure.UNDELIVERED),
        (b"REJECTD", State.FAILED, Failure.REJECTED),
        (b"ACCEPTD", State.SENT, None),
        (b"ENROUTE", State.SENT, None),
        (b"HMMM", State.FAILED, Failure.UNDELIVERED),
    ],
)
def test_every_word_means_a_state(smpp, word, state, failure):
    smpp.ends[0].say(receipt(stat=word))
    (report,) = smpp.listener.reports
    assert (report.state, report.failure) == (state, failure)


def test_every_state_of_smpp_means_something():
    assert set(STATES) == set(MessageState)


def test_the_state_may_come_in_tlvs_alone(smpp):
    smpp.ends[0].say(DeliverSm(esm_class=4, tlvs={Tag.RECEIPTED_MESSAGE_ID: "m9", Tag.MESSAGE_STATE: 2}))
    (report,) = smpp.listener.reports
    assert (report.ref, report.state, report.error) == ("m9", State.DELIVERED, "")


@pytest.mark.parametrize(
    ("err", "network_error", "error"),
    [(b"000", b"\x03\x00\x63", "99"), (b"012", b"\x03\x00\x63", "012"), (b"000", None, ""), (b"ABC", None, "ABC")],
)
def test_the_error_is_the_texts_or_the_networks(smpp, err, network_error, error):
    tlvs = {} if network_error is None else {Tag.NETWORK_ERROR_CODE: network_error}
    smpp.ends[0].say(receipt(err=err, stat=b"UNDELIV", tlvs=tlvs))
    assert smpp.listener.reports[0].error == error


def test_the_carriers_date_counts_where_it_is_believable(smpp):
    from datetime import UTC, datetime, timedelta

    now = datetime.fromtimestamp(START_MS / 1000, UTC)
    for minutes, believed in ((-10, True), (-10_000, False), (600, False)):
        done = (now + timedelta(minutes=minutes)).replace(second=0, microsecond=0)
        text = f"id:m1 sub:001 dlvrd:001 submit date:0 done date:{done:%y%m%d%H%M} stat:DELIVRD err:000"
        smpp.ends[0].say(DeliverSm(esm_class=4, short_message=text.encode()))
        expected = int(done.timestamp() * 1000) if believed else smpp.now_ms()
        assert smpp.listener.reports[-1].done_at_ms == expected


def test_the_dates_are_in_the_carriers_zone():
    from datetime import UTC, datetime

    rig = SmppRig(receipt_utc_offset_min=180)
    rig.start()
    moment = datetime.fromtimestamp(START_MS / 1000 - 600 + 180 * 60, UTC)
    text = f"id:m1 sub:001 dlvrd:001 submit date:0 done date:{moment:%y%m%d%H%M} stat:DELIVRD err:000"
    rig.ends[0].say(DeliverSm(esm_class=4, short_message=text.encode()))
    assert 0 <= START_MS - 600_000 - rig.listener.reports[0].done_at_ms < 60_000


def test_an_id_has_its_other_spellings(smpp):
    smpp.ends[0].say(receipt(ref=b"0000001A"))
    (report,) = smpp.listener.reports
    assert report.ref == "0000001A"
    assert {"26", "1a", "1A"} <= set(report.other_refs)
    assert "0000001A" not in report.other_refs


def test_the_receipts_of_one_turn_are_one_call_and_one_write(smpp):
    smpp.listener.acknowledging = False
    smpp.ends[0].say(*[receipt(ref=b"m%d" % n) for n in range(5)])
    assert [len(turn) for turn in smpp.listener.report_turns] == [5]
    assert smpp.ends[0].transport.writes == 0
    (acknowledge,) = smpp.listener.acknowledgements
    acknowledge()
    assert smpp.ends[0].transport.writes == 1
    answers = smpp.ends[0].heard()
    assert [(type(pdu), pdu.status, pdu.message_id) for pdu in answers] == [(DeliverSmResp, 0, "")] * 5
    acknowledge()
    assert smpp.ends[0].heard() == []


def test_an_acknowledgement_after_the_connection_broke_is_dropped(smpp):
    smpp.listener.acknowledging = False
    smpp.ends[0].say(receipt())
    smpp.ends[0].hang_up()
    smpp.listener.acknowledgements.pop()()


def test_a_receipt_may_come_as_data_sm(smpp):
    payload = {Tag.MESSAGE_PAYLOAD: TEXT % (b"m1", b"DELIVRD", b"000")}
    smpp.ends[0].say(DataSm(esm_class=4, tlvs=payload))
    assert smpp.listener.reports[0].ref == "m1"
    assert [type(pdu) for pdu in smpp.ends[0].heard()] == [DataSmResp]


def test_a_receipt_may_come_over_the_receiver_of_a_pair():
    rig = SmppRig(bind="txrx")
    rig.start()
    rig.ends[1].say(receipt())
    assert len(rig.listener.reports) == 1
    assert len(rig.ends[1].heard()) == 1


@pytest.mark.parametrize("text", [b"", b"id: stat:DELIVRD", b"id:m1 sub:001", b"\xff\x00garbage"])
def test_a_receipt_that_says_nothing_is_acknowledged_and_logged(smpp, warnings, text):
    smpp.ends[0].say(DeliverSm(esm_class=4, short_message=text))
    assert [pdu.status for pdu in smpp.ends[0].heard()] == [0]
    assert smpp.listener.reports == []
    assert len(warnings) == 1
    assert smpp.carrier.standing()["malformed_receipts"] == 1


@pytest.mark.parametrize("ref", ["x" * 65, "x" * 5000, "m\x001", "m\x7f1"])
def test_an_id_that_no_carrier_can_have_given_reaches_nobody(smpp, warnings, ref):
    text = b"id:%s stat:DELIVRD err:000" % ref.encode()
    smpp.ends[0].say(DataSm(esm_class=4, tlvs={Tag.MESSAGE_PAYLOAD: text}))
    assert [pdu.status for pdu in smpp.ends[0].heard()] == [0]
    assert smpp.listener.reports == []
    assert len(warnings) == 1
    assert smpp.carrier.standing()["malformed_receipts"] == 1


def test_an_id_of_64_characters_is_one(smpp):
    smpp.ends[0].say(receipt(ref=b"x" * 64))
    assert smpp.listener.reports[0].ref == "x" * 64


@pytest.mark.parametrize(
    ("err", "error"), [(b"E" * 20, "E" * 20), (b"E" * 4000, "E" * 20), (b"0" * 30, ""), (b"4\x005", "")]
)
def test_the_error_of_a_receipt_is_bounded(smpp, err, error):
    text = b"id:m1 stat:UNDELIV err:" + err
    smpp.ends[0].say(DataSm(esm_class=4, tlvs={Tag.MESSAGE_PAYLOAD: text}))
    assert [(report.ref, report.error) for report in smpp.listener.reports] == [("m1", error)]


def test_an_alert_notification_is_left_alone(smpp):
    smpp.ends[0].say(AlertNotification())
    assert smpp.ends[0].heard() == []


def test_a_bind_with_too_many_unwritten_receipts_is_not_read_on(smpp, monkeypatch):
    monkeypatch.setattr(receipts, "UNWRITTEN_LIMIT", 3)  # a thousand would make the test long
    smpp.listener.acknowledging = False
    transport = smpp.ends[0].transport
    smpp.ends[0].say(*[receipt() for _ in range(3)])
    assert transport.producerState == "producing"
    smpp.ends[0].say(*[receipt() for _ in range(2)])
    assert transport.producerState == "paused"
    smpp.listener.acknowledgements[0]()
    assert transport.producerState == "producing"


def test_the_counts_are_there_for_who_asks(smpp):
    smpp.ends[0].say(receipt(), receipt())
    assert smpp.carrier.standing()["receipts"] == 2
    assert isinstance(smpp.listener.reports[0], Report)
