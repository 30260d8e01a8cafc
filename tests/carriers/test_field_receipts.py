"""Receipts as they come in the field: every quirk of the field notes, section 2, by name."""

from datetime import UTC, datetime, timedelta

import pytest

from mobilesasa.core.model import Failure, State
from mobilesasa.core.teams import CarrierRecord, Directory
from mobilesasa.smpp.pdus import DataSm, DataSmResp, DeliverSm, DeliverSmResp
from mobilesasa.smpp.tlvs import Tag
from tests.carriers.rig import CARRIER_ID, START_MS, SmppRig

USUAL = "id:{ref} sub:001 dlvrd:001 submit date:{date} done date:{date} stat:{stat} err:{err} text:Habari"
UUID = "6f9619ff-8b86-d011-b42d-00cf4fc964ff"
NOW = datetime.fromtimestamp(START_MS / 1000, UTC).replace(second=0, microsecond=0)


def usual(ref="m1", stat="DELIVRD", err="000", date="2611190000"):
    return USUAL.format(ref=ref, stat=stat, err=err, date=date)


def receipt(text, **fields):
    octets = text if isinstance(text, bytes) else text.encode("latin-1")
    return DeliverSm(**{"source_addr": "254711000001", "esm_class": 4, "short_message": octets, **fields})


def heard(pdu, **options):
    """What a carrier with these options makes of one receipt."""
    rig = SmppRig(**options)
    rig.start()
    rig.ends[0].say(pdu)
    (report,) = rig.listener.reports
    return report


# The id


@pytest.mark.parametrize(
    ("in_receipt", "in_answer"),
    [
        ("26", "1A"), ("26", "1a"), ("26", "0000001A"), ("1a", "26"), ("0000001A", "26"), ("0000001a", "1A"),
        ("00000026", "26"), ("26", "0000000026"), ("DEADBEEF", "deadbeef"), ("deadbeef", "DEADBEEF"), ("1A", "0000001A"),
    ],
)  # fmt: skip
def test_an_id_is_hexadecimal_decimal_padded_or_in_capitals(in_receipt, in_answer):
    report = heard(receipt(usual(in_receipt)))
    assert in_answer in (report.ref, *report.other_refs)
    assert report.unsure


@pytest.mark.parametrize("ref", ["x" * 64, UUID, "SAR-0a-3-1", "9223372036854775808123"])
def test_an_id_is_any_text_of_64_characters(ref):
    assert heard(receipt(usual(ref))).ref == ref


def test_an_id_is_written_as_was_learned_of_its_carrier():
    rig = SmppRig()
    rig.world.directory.now = Directory(carriers=[CarrierRecord(CARRIER_ID, "upstream", "smpp", id_form="hex_upper")])
    rig.start()
    rig.ends[0].say(receipt(usual("26")))
    (report,) = rig.listener.reports
    assert (report.ref, report.unsure) == ("1A", False)
    assert "26" in report.other_refs
    assert (report.form("1A"), report.form("26")) == ("hex_upper", "same")


def test_a_form_that_nobody_knows_is_none():
    rig = SmppRig()
    rig.world.directory.now = Directory(carriers=[CarrierRecord(CARRIER_ID, "upstream", "smpp", id_form="roman")])
    rig.start()
    rig.ends[0].say(receipt(usual("26")))
    assert rig.listener.reports[0].unsure


def test_the_number_and_the_date_of_submission_say_which_message_is_meant():
    report = heard(receipt(usual(date=f"{NOW:%y%m%d%H%M}"), source_addr="+254711000009"))
    assert (report.recipient, report.submitted_at_ms) == ("254711000009", int(NOW.timestamp() * 1000))


# What is missing


@pytest.mark.parametrize(
    "text",
    [
        "id:m1 stat:DELIVRD", "id:m1 submit date:2611190000 done date:2611190001 stat:DELIVRD err:000",
        "id:m1 sub: dlvrd: submit date: done date: stat:DELIVRD err:", "ID:m1 STAT:delivrd", "id: m1 stat: DELIVRD text:",
    ],
)  # fmt: skip
def test_fields_are_missing(text):
    report = heard(receipt(text))
    assert (report.ref, report.state, report.error, report.done_at_ms) == ("m1", State.DELIVERED, "", START_MS)


# Words


@pytest.mark.parametrize(
    ("word", "state", "failure"),
    [
        ("FAILED", State.FAILED, Failure.UNDELIVERED), ("BUFFRED", State.SENT, None), ("ACKED", State.SENT, None),
        ("ENROUTE", State.SENT, None), ("BLIST", State.FAILED, Failure.REJECTED), ("SUBMITD", State.SENT, None),
        ("NOROUTE", State.FAILED, Failure.UNDELIVERED), ("Delivered", State.DELIVERED, None), ("2", State.DELIVERED, None),
        ("5", State.FAILED, Failure.UNDELIVERED),
    ],
)  # fmt: skip
def test_a_word_is_foreign(word, state, failure):
    report = heard(receipt(usual(stat=word)))
    assert (report.state, report.failure, report.error) == (state, failure, "")


@pytest.mark.parametrize(
    ("text", "blacklisted"),
    [("id:m1 stat:BLIST err:000", True), ("id:m1 stat:SenderName Blacklisted err:000", True), ("id:m1 stat:Blacklisted", True),
     ("id:m1 stat:UNDELIV err:Blacklisted", True), ("id:m1 stat:UNDELIV err:001 text:Blacklisted", False),
     ("id:m1 stat:DELIVRD err:Blacklisted", False)],
)  # fmt: skip
def test_a_recipient_is_on_the_carrier_s_blacklist(text, blacklisted):
    assert heard(receipt(text)).blacklisted is blacklisted


@pytest.mark.parametrize("word", ["0", "WHATEVER"])
def test_a_word_that_nobody_knows_is_undelivered_and_kept_as_it_came(word):
    report = heard(receipt(usual(stat=word)))
    assert (report.state, report.failure, report.error) == (State.FAILED, Failure.UNDELIVERED, word)


def test_a_word_means_what_the_operator_says():
    report = heard(receipt(usual(stat="0")), receipt_words={"0": "DELIVRD"})
    assert (report.state, report.error) == (State.DELIVERED, "")


# Error codes


@pytest.mark.parametrize(("stat", "err"), [("UNDELIV", "0107"), ("UNDELIV", "A1F"), ("DELIVRD", "069")])
def test_an_error_has_four_digits_or_letters_or_stands_beside_delivrd(stat, err):
    report = heard(receipt(usual(stat=stat, err=err)))
    assert (report.error, report.state is State.DELIVERED) == (err, stat == "DELIVRD")


@pytest.mark.parametrize(
    ("octets", "error"), [(b"\x03\x00\x63", "99"), (b"099", "99"), (b"0107", "107"), (b"\x03", "")]
)
def test_a_network_error_code_is_three_octets_or_digits(octets, error):
    assert heard(receipt(usual(stat="UNDELIV"), tlvs={Tag.NETWORK_ERROR_CODE: octets})).error == error


# Dates


@pytest.mark.parametrize("form", ["%y%m%d%H%M", "%y%m%d%H%M%S", "%Y%m%d%H%M", "%Y%m%d%H%M%S"])
def test_a_date_has_ten_twelve_or_fourteen_digits(form):
    done = NOW - timedelta(minutes=10)
    report = heard(receipt(usual(date=done.strftime(form))))
    assert report.done_at_ms == int(done.timestamp() * 1000)


@pytest.mark.parametrize("date", ["0000000000", "000000000000", "9999999999", "", "2613322561", "20"])
def test_a_date_is_none(date):
    assert heard(receipt(usual(date=date))).done_at_ms == START_MS


def test_a_date_that_cannot_be_gives_way_to_the_moment_when_it_came():
    assert heard(receipt(usual(date="2001010000"))).done_at_ms == START_MS


@pytest.mark.parametrize("hours", [3, 5.5, -4])
def test_the_zone_of_the_dates_is_found_out(hours):
    rig = SmppRig()
    rig.start()
    local = NOW + timedelta(hours=hours, minutes=-1)
    for _ in range(11):
        rig.ends[0].say(receipt(usual(date=f"{local:%y%m%d%H%M}")))
    believed = [report.done_at_ms for report in rig.listener.reports]
    assert believed[-1] == int((NOW - timedelta(minutes=1)).timestamp() * 1000)


def test_the_zone_is_left_as_it_was_set_where_the_operator_wants_that():
    rig = SmppRig(infer_receipt_zone=False)
    rig.start()
    local = NOW + timedelta(hours=3)
    for _ in range(20):
        rig.ends[0].say(receipt(usual(date=f"{local:%y%m%d%H%M}")))
    assert {report.done_at_ms for report in rig.listener.reports} == {START_MS}


# The body


@pytest.mark.parametrize("codec", ["utf-16-be", "utf-16-le", "utf-16"])
@pytest.mark.parametrize("data_coding", [0, 8])
def test_the_body_is_ucs_2_though_the_text_is_ascii(codec, data_coding):
    report = heard(receipt(usual("m9").encode(codec), data_coding=data_coding))
    assert (report.ref, report.state) == ("m9", State.DELIVERED)


def test_it_comes_as_data_sm():
    rig = SmppRig()
    rig.start()
    rig.ends[0].say(DataSm(esm_class=4, tlvs={Tag.MESSAGE_PAYLOAD: usual().encode()}))
    assert rig.listener.reports[0].ref == "m1"
    assert [type(pdu) for pdu in rig.ends[0].heard()] == [DataSmResp]


def test_it_has_commas_and_the_operator_says_how_to_read_them():
    pattern = r"^(?P<id>\w+),(?P<done_date>\d+),(?P<stat>\w+),(?P<err>\w+),(?P<network>\d+)$"
    report = heard(receipt(f"8A3,{NOW:%y%m%d%H%M},UNDELIV,11,63902"), receipt_pattern=pattern)
    assert (report.ref, report.state, report.error, report.network) == ("8A3", State.FAILED, "11", "63902")


def test_what_does_not_fit_the_operators_pattern_is_read_as_usual():
    assert heard(receipt(usual()), receipt_pattern=r"(?P<id>\w+),(?P<stat>\w+)$").ref == "m1"


# TLVs and text


def test_the_id_of_the_tlv_goes_before_that_of_the_text():
    assert heard(receipt(usual("other"), tlvs={Tag.RECEIPTED_MESSAGE_ID: "m7"})).ref == "m7"


@pytest.mark.parametrize(
    ("tlv", "word", "state"),
    [(2, "ENROUTE", State.DELIVERED), (1, "UNDELIV", State.FAILED), (2, "UNDELIV", State.DELIVERED), (5, "DELIVRD", State.DELIVERED)],
)  # fmt: skip
def test_the_more_final_state_of_tlv_and_text_counts_and_they_are_flagged(tlv, word, state):
    rig = SmppRig()
    rig.start()
    rig.ends[0].say(receipt(usual(stat=word), tlvs={Tag.RECEIPTED_MESSAGE_ID: "m1", Tag.MESSAGE_STATE: tlv}))
    assert rig.listener.reports[0].state is state
    assert rig.carrier.standing()["disagreeing_receipts"] == 1


def test_what_the_tlv_leaves_out_the_text_says():
    report = heard(receipt(usual("other", stat="EXPIRED"), tlvs={Tag.RECEIPTED_MESSAGE_ID: "m1"}))
    assert (report.ref, report.state, report.failure) == ("m1", State.FAILED, Failure.EXPIRED)


@pytest.mark.parametrize("esm_class", [0x00, 0x04, 0x08, 0x20, 0x44, 0x0C])
def test_esm_class_says_little(esm_class):
    assert heard(receipt(usual(), esm_class=esm_class)).ref == "m1"


def test_a_header_before_the_text_is_passed_over():
    header = bytes((5, 0, 3, 7, 1, 1))
    assert heard(receipt(header + usual().encode(), esm_class=0x44)).ref == "m1"


def test_a_tlv_proves_a_receipt_though_esm_class_and_text_say_nothing():
    tlvs = {Tag.RECEIPTED_MESSAGE_ID: "m1", Tag.MESSAGE_STATE: 2}
    assert heard(receipt("Hello", esm_class=0, tlvs=tlvs)).state is State.DELIVERED


def test_a_text_of_a_person_is_none():
    rig = SmppRig()
    rig.start()
    rig.ends[0].say(receipt("what is my id: 5?", esm_class=0))
    assert (rig.listener.reports, len(rig.listener.from_phones)) == ([], 1)


# Where and how it comes


def test_it_comes_on_another_bind():
    rig = SmppRig(bind="txrx", binds=2)
    rig.start()
    rig.ends[3].say(receipt(usual()))
    assert [report.carrier_id for report in rig.listener.reports] == [CARRIER_ID]


def test_our_answer_has_no_message_id():
    rig = SmppRig()
    rig.start()
    rig.ends[0].say(receipt(usual()))
    (answer,) = rig.ends[0].heard()
    assert (type(answer), answer.status, answer.message_id) == (DeliverSmResp, 0, "")


# The network


@pytest.mark.parametrize(
    ("octets", "network"), [(b"63902", "63902"), (b"639020\0", "639020"), (b"Safaricom", None), (b"", None)]
)
def test_a_vendor_s_tlv_names_the_network(octets, network):
    assert heard(receipt(usual(), tlvs={0x1403: octets}), network_tlv="5123").network == network


def test_without_one_no_network_is_known():
    assert heard(receipt(usual(), tlvs={0x1403: b"63902"})).network is None
