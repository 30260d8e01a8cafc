"""Decisions 104 to 106, 117 to 123 and 128, each by its number: what a team's message says, to whom, and until when."""

import pytest

from mobilesasa.core.errors import Refused
from mobilesasa.core.groups import group_of
from mobilesasa.core.ids import smpp_id
from mobilesasa.core.model import Coding, Lane, Priced, Submission
from mobilesasa.core.terms import SmppTerms
from mobilesasa.smpp.pdus import SubmitSm
from mobilesasa.smpp.statuses import Status
from mobilesasa.smpp.tlvs import Tag, text
from mobilesasa.smsc.statuses import BadSubmit, status_of
from mobilesasa.smsc.submit import SCHEMES, read_submit
from tests.smsc.rig import NOW_MS, Rig

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
OK = Status.ESME_ROK


def stored(rig: Rig, **fields) -> Priced:
    assert rig.bound().submit(**fields).status == OK
    return rig.intake.stored[-1]


def judged(rig: Rig, terms: SmppTerms, **fields) -> Priced | int:
    """A message under the terms of a session, or the status it is refused with."""
    pdu = SubmitSm(**{"destination_addr": "254712345678", "short_message": b"Hi", **fields})
    try:
        asked: Submission = read_submit(pdu, 1, NOW_MS, terms)
    except BadSubmit as bad:
        return bad.status
    (verdict,) = rig.smsc.gateway.judge([asked])
    return status_of(verdict) if isinstance(verdict, Refused) else verdict


# 104: the sender.


@pytest.mark.parametrize(("source", "name"), [("TextBlast", "TextBlast"), ("22141", "22141"), ("", "TextBlast")])
@pytest.mark.parametrize(("ton", "npi"), [(5, 0), (0, 0), (1, 1), (3, 0), (6, 9), (255, 255)])
def test_decision_104_the_type_of_number_is_advice_and_the_text_is_looked_up(rig, source, name, ton, npi):
    got = stored(rig, source_addr=source, source_addr_ton=ton, source_addr_npi=npi)
    assert got.sender == name


@pytest.mark.parametrize("source", ["textblast", "RivalCo", "TextBlastTextBlast", "99999", "TextBlasts"])
def test_decision_104_a_sender_that_is_not_approved_is_0x0a(rig, source):
    assert rig.bound().submit(source_addr=source).status == Status.ESME_RINVSRCADR == 0x0A


def test_decision_104_no_sender_and_no_default_is_0x0a(rig):
    rig.change_team(1, default_sender_id=None)
    assert rig.bound().submit(source_addr="").status == Status.ESME_RINVSRCADR


# 105: the recipient.


@pytest.mark.parametrize(
    "written", ["254712345678", "+254712345678", "00254712345678", "0712345678", "+254 712-345678"]
)
@pytest.mark.parametrize("ton", [0, 1, 2, 5])
def test_decision_105_a_recipient_is_read_tolerantly(rig, written, ton):
    assert stored(rig, destination_addr=written, dest_addr_ton=ton).recipient == "254712345678"


@pytest.mark.parametrize("written", ["", "12", "07", "abc", "+", "2547123456789012345", "254712"])
def test_decision_105_what_is_no_number_is_0x0b(rig, written):
    assert rig.bound().submit(destination_addr=written).status == Status.ESME_RINVDSTADR == 0x0B


# 106: what the octets are.


@pytest.mark.parametrize(
    ("data_coding", "octets", "said", "coding"),
    [
        (0x00, b"\x00\x02\x1b\x65\x1b\x3c", "@$€[", Coding.GSM7),
        (0x00, b"a\x00", "a@", Coding.GSM7),  # a NUL is no end mark
        (0x01, b"@[a]$", "@[a]$", Coding.GSM7),
        (0x03, b"caf\xe9", "café", Coding.GSM7),
        (0x03, b"\xea", "ê", Coding.UCS2),
        (0x08, "Шалом".encode("utf-16-be"), "Шалом", Coding.UCS2),
        (0x08, b"\xfe\xff\x00H", "H", Coding.UCS2),
        (0x08, b"\xff\xfeH\x00", "H", Coding.UCS2),
        (0x08, "😀".encode("utf-16-be"), "😀", Coding.UCS2),
        (0x10, b"Now", "Now", Coding.GSM7),
        (0x18, b"\x04\x36", "ж", Coding.UCS2),
        (0xF0, b"Now", "Now", Coding.GSM7),
        (0xF1, b"Keep", "Keep", Coding.GSM7),
    ],
)
def test_decision_106_each_data_coding_is_read_as_what_it_says(rig, data_coding, octets, said, coding):
    got = stored(rig, data_coding=data_coding, short_message=octets)
    assert (got.text, got.coding, got.body) == (said, coding, None)


@pytest.mark.parametrize("data_coding", [0x02, 0x04, 0x15, 0xF5])
def test_decision_106_binary_octets_are_passed(rig, data_coding):
    got = stored(rig, data_coding=data_coding, short_message=b"\x00\xff")
    assert (got.text, got.body, got.coding) == (None, b"\x00\xff", Coding.BINARY)


@pytest.mark.parametrize(
    ("data_coding", "options"),
    [
        *((group, {"flash": True}) for group in (0x10, 0x14, 0x18, 0xF0, 0xF4)),
        *((group + n, {"message_class": n}) for group in (0x10, 0x14, 0x18, 0xF0, 0xF4) for n in (1, 2, 3)),
        *((plain, {}) for plain in (0, 1, 2, 3, 4, 8)),
    ],
)
def test_decision_106_a_class_of_0_is_flash_and_the_others_are_kept(rig, data_coding, options):
    told = stored(rig, data_coding=data_coding, short_message=b"ab").options or {}
    assert {name: told[name] for name in ("flash", "message_class") if name in told} == options


@pytest.mark.parametrize("data_coding", [0x05, 0x06, 0x07, 0x09, 0x0E, 0x1C, 0x20, 0xC0, 0xE0, 0xF8, 0xFF])
def test_decision_106_any_other_is_0x45_and_says_so(rig, data_coding):
    assert data_coding not in SCHEMES
    refused = rig.bound().submit(data_coding=data_coding)
    assert refused.status == Status.ESME_RSUBMITFAIL == 0x45
    assert text(refused.tlvs, Tag.ADDITIONAL_STATUS_INFO_TEXT) == f"data_coding 0x{data_coding:02X} is not taken"


def test_decision_106_octets_above_0x7f_under_0_are_latin_1_only_where_the_terms_say_so(rig):
    assert judged(rig, SmppTerms(), short_message=b"caf\xe9 @") == Status.ESME_RSUBMITFAIL
    latin1 = judged(rig, SmppTerms(latin1=True), short_message=b"caf\xe9 @")
    assert (latin1.text, latin1.coding) == ("café @", Coding.GSM7)
    assert judged(rig, SmppTerms(latin1=True), short_message=b"\x00") == Status.ESME_RSUBMITFAIL  # a NUL, and no `@`
    assert judged(rig, SmppTerms(latin1=True), data_coding=0x10, short_message=b"\x00").text == "@"


@pytest.mark.parametrize("udh", [b"", bytes.fromhex("050003070201")])
def test_decision_106_an_odd_number_of_octets_is_0x01(rig, udh):
    fields = {"data_coding": 8, "esm_class": 0x40 if udh else 0, "short_message": udh + b"\x00H\x00"}
    assert rig.bound().submit(**fields).status == Status.ESME_RINVMSGLEN == 0x01


@pytest.mark.parametrize(
    ("number", "octets", "shown"),
    [
        (1, b"\x00a\xd8\x3d", "a\ufffd"),
        (2, b"\xde\x00\x00b\xd8\x3d", "\ufffdb\ufffd"),
        (3, b"\xde\x00", "\ufffd"),
        (2, b"\xfe\xff\xde\x00", "\ufffd"),
        (2, b"\xff\xfe\x00\xde", "\ufffd"),
    ],
)
def test_decision_106_a_part_that_was_cut_through_a_character_is_taken_as_it_is(rig, number, octets, shown):
    udh = bytes((5, 0, 3, 7, 3, number))
    got = stored(rig, data_coding=8, esm_class=0x40, short_message=udh + octets)
    plain = {b"\xfe\xff\xde\x00": b"\xde\x00", b"\xff\xfe\x00\xde": b"\xde\x00"}.get(octets, octets)
    assert (got.text, got.body, got.coding, got.parts, got.udh) == (shown, plain, Coding.UCS2, 1, udh)


@pytest.mark.parametrize(
    "fields",
    [
        {"short_message": b"\x00a\xd8\x3d"},
        {"esm_class": 0x40, "short_message": bytes.fromhex("050003070201") + b"\xde\x00"},  # before the first part
        {"esm_class": 0x40, "short_message": bytes.fromhex("050003070202") + b"\xd8\x3d"},  # after the last
        {"esm_class": 0x40, "short_message": bytes.fromhex("050003070302") + b"\xd8\x3d\x00a"},
        {"esm_class": 0x40, "short_message": bytes.fromhex("0605040b8423f0") + b"\xd8\x3d"},
    ],
)
def test_decision_106_half_of_a_character_that_nothing_completes_is_0x45(rig, fields):
    refused = rig.bound().submit(data_coding=8, **fields)
    assert refused.status == Status.ESME_RSUBMITFAIL
    assert "half of a character" in text(refused.tlvs, Tag.ADDITIONAL_STATUS_INFO_TEXT)


# 117 to 121: long messages.

SAR = {Tag.SAR_MSG_REF_NUM: 42, Tag.SAR_TOTAL_SEGMENTS: 3, Tag.SAR_SEGMENT_SEQNUM: 1}


def test_decision_117_the_references_own_mixture_is_a_part(rig):
    """Every cell of esm_class, header and sar TLVs is in test_cells."""
    got = stored(rig, esm_class=0x40, short_message=b"Part 1", tlvs=SAR)
    assert (got.text, got.udh.hex()) == ("Part 1", "0500032a0301")


def test_decision_118_part_2_of_the_example_says_nothing_of_esm_class(rig):
    stored(rig, esm_class=0x40, short_message=b"one", tlvs=SAR)
    got = stored(rig, short_message=b"two", tlvs={**SAR, Tag.SAR_SEGMENT_SEQNUM: 2})
    assert (got.text, got.udh.hex()) == ("two", "0500032a0302")


@pytest.mark.parametrize(
    ("fields", "parts"),
    [
        ({"short_message": b"a" * 160}, 1),
        ({"short_message": b"a" * 161}, 2),
        ({"short_message": b"a" * 254}, 2),
        ({"short_message": b"", "tlvs": {Tag.MESSAGE_PAYLOAD: b"a" * 1530}}, 10),
        ({"data_coding": 8, "short_message": b"\x04\x36" * 71}, 2),
        ({"data_coding": 4, "short_message": bytes(141)}, 2),
        ({"data_coding": 4, "short_message": bytes(141), "tlvs": {Tag.DESTINATION_PORT: 2948}}, 2),
    ],
)
def test_decision_119_what_is_longer_than_a_part_is_split_by_us_and_paid_by_parts(rig, fields, parts):
    got = stored(rig, **fields)
    assert (got.parts, got.price_units) == (parts, parts)


@pytest.mark.parametrize(
    ("data_coding", "octets", "status"),
    [
        (0, b"a" * 153, OK),
        (0, b"a" * 154, Status.ESME_RINVMSGLEN),
        (0, b"\x1b\x65" * 76, OK),
        (0, b"\x1b\x65" * 77, Status.ESME_RINVMSGLEN),
        (8, b"\x04\x36" * 67, OK),
        (8, b"\x04\x36" * 68, Status.ESME_RINVMSGLEN),
        (8, b"\x04\x36" * 66 + b"\xd8\x3d", OK),
        (8, b"\x04\x36" * 67 + b"\xd8\x3d", Status.ESME_RINVMSGLEN),
        (4, bytes(134), OK),
        (4, bytes(135), Status.ESME_RINVMSGLEN),
    ],
)
@pytest.mark.parametrize("by", ["header", "sar"])
def test_decision_120_a_part_of_the_team_has_to_fit_behind_its_header(rig, data_coding, octets, status, by):
    udh = bytes.fromhex("0500032a0301") if by == "header" else b""
    fields = {"esm_class": 0x40} if by == "header" else {"tlvs": SAR}
    assert rig.bound().submit(data_coding=data_coding, short_message=udh + octets, **fields).status == status


def test_decision_121_parts_pass_with_their_own_ids_and_charges_and_are_one_group(rig):
    first, second = rig.bound(), rig.bound()
    whole = "Habari 😀!".encode("utf-16-be")
    pieces = [whole[:16], whole[16:18], whole[18:]]
    answers = [
        session.submit(
            data_coding=8, short_message=piece, registered_delivery=1, tlvs={**SAR, Tag.SAR_SEGMENT_SEQNUM: number}
        )
        for session, number, piece in zip((first, second, first), (1, 2, 3), pieces, strict=True)
    ]
    parts = rig.intake.stored
    assert [answer.message_id for answer in answers] == [smpp_id(part.id) for part in parts]
    assert len({part.id for part in parts}) == 3
    assert [part.price_units for part in parts] == [1, 1, 1]
    group = group_of(parts[1], parts, NOW_MS)
    assert (group.reference, group.total, group.missing, group.text) == (42, 3, [], "Habari 😀!")


def test_decision_121_a_part_that_is_missing_after_five_minutes_leaves_the_group_incomplete(rig):
    rig.bound().submit(tlvs=SAR)
    (part,) = rig.intake.stored
    assert group_of(part, [part], NOW_MS + 300_001).is_late


# 122 and 123: times. It is 2026-05-11, 09:00 UTC.

EXPIRY, SCHED = Status.ESME_RINVEXPIRY, Status.ESME_RINVSCHED


@pytest.mark.parametrize(
    ("written", "clamped", "strict"),
    [
        ("", DAY_MS, DAY_MS),
        ("000000000000000R", DAY_MS, DAY_MS),
        ("0000000000000000", DAY_MS, DAY_MS),
        ("000000000000000+", DAY_MS, DAY_MS),
        ("000000000100000R", 60_000, 60_000),
        ("000001000000000R", DAY_MS, DAY_MS),
        ("000001000001000R", DAY_MS, EXPIRY),
        ("000100000000000R", DAY_MS, EXPIRY),  # a month
        ("010000000000000R", DAY_MS, EXPIRY),  # a year
        ("260511100000000+", HOUR_MS, HOUR_MS),
        ("260511090000500+", 500, 500),
        ("260511130000012+", HOUR_MS, HOUR_MS),
        ("260511144500019+", HOUR_MS, HOUR_MS),  # Kathmandu
        ("260511053000018-", HOUR_MS, HOUR_MS),  # Caracas as it was
        ("260512090000000+", DAY_MS, DAY_MS),
        ("260512090001000+", DAY_MS, EXPIRY),
        ("991231235959948-", DAY_MS, EXPIRY),  # into the year 2100
        ("260511090000000+", EXPIRY, EXPIRY),  # over as it comes
        ("260511085959900+", EXPIRY, EXPIRY),
        ("250511090000000+", EXPIRY, EXPIRY),
        ("260511120000012+", EXPIRY, EXPIRY),
        ("260511100000049+", EXPIRY, EXPIRY),  # no such zone
        ("260230100000000+", EXPIRY, EXPIRY),  # no such day
        ("261311100000000+", EXPIRY, EXPIRY),
        ("260511250000000+", EXPIRY, EXPIRY),
        ("260511100000000 ", EXPIRY, EXPIRY),
        ("260511100000000", EXPIRY, EXPIRY),
        ("tomorrow", EXPIRY, EXPIRY),
        ("1", EXPIRY, EXPIRY),
    ],
)
def test_decision_122_a_validity_is_shortened_to_a_day_or_refused_with_0x62(rig, written, clamped, strict):
    for terms, expected in ((SmppTerms(), clamped), (SmppTerms(strict_validity=True), strict)):
        got = judged(rig, terms, validity_period=written)
        assert (got if isinstance(got, int) else got.expires_at_ms - NOW_MS) == expected


@pytest.mark.parametrize(
    ("hours", "written", "lives_ms"),
    [
        (72, "000002000000000R", 2 * DAY_MS),
        (72, "000009000000000R", 3 * DAY_MS),
        (72, "", DAY_MS),
        (1, "", HOUR_MS),
        (1, "000001000000000R", HOUR_MS),
    ],
)
def test_decision_122_the_most_is_a_term_of_the_session(rig, hours, written, lives_ms):
    got = judged(rig, SmppTerms(max_validity_h=hours), validity_period=written)
    assert got.expires_at_ms - NOW_MS == lives_ms


@pytest.mark.parametrize(
    ("written", "due"),
    [
        ("", None),
        ("000000000000000R", None),
        ("000000003000000R", HOUR_MS // 2),
        ("000007000000000R", 7 * DAY_MS),
        ("000007000001000R", SCHED),
        ("000100000000000R", SCHED),
        ("260511120000000+", 3 * HOUR_MS),
        ("260511120000008+", HOUR_MS),
        ("260511051500019-", HOUR_MS),
        ("260518090000000+", 7 * DAY_MS),
        ("260518090001000+", SCHED),
        ("260511085959900+", None),  # what is past is now
        ("250511090000000+", None),
        ("991231235959900+", SCHED),
        ("260511120000049+", SCHED),
        ("260532120000000+", SCHED),
        ("soon", SCHED),
    ],
)
def test_decision_123_a_message_can_be_scheduled_for_a_week_or_is_0x61(rig, written, due):
    got = judged(rig, SmppTerms(strict_validity=True), schedule_delivery_time=written)
    found = got if isinstance(got, int) else got.due_at_ms and got.due_at_ms - NOW_MS
    assert found == due


def test_decision_123_the_validity_of_a_scheduled_message_begins_when_it_is_due_and_it_is_paid_at_once(rig):
    got = stored(rig, schedule_delivery_time="260512090000000+", validity_period="000000010000000R")
    assert (got.due_at_ms, got.expires_at_ms) == (NOW_MS + DAY_MS, NOW_MS + DAY_MS + HOUR_MS)
    assert (got.price_units, rig.queue.published) == (1, [])


def test_times_are_read_over_the_end_of_a_year():
    new_year_ms = 1_798_754_400_000  # 2026-12-31, 22:00 UTC
    for written in ("270101020000012+", "270101004500007+", "000000010000000R"):
        pdu = SubmitSm(destination_addr="254712345678", short_message=b"Hi", validity_period=written)
        assert read_submit(pdu, 1, new_year_ms).validity_ms == HOUR_MS


# 128: the rest of a submit_sm.


@pytest.mark.parametrize("priority_flag", range(4))
@pytest.mark.parametrize(
    ("sender_class", "lane", "lanes"),
    [
        ("transactional", "transactional", {0: 0, 1: 0, 2: 0, 3: 0}),
        ("transactional", "bulk", {0: 1, 1: 0, 2: 0, 3: 0}),
        ("promotional", "transactional", {0: 1, 1: 1, 2: 1, 3: 1}),
        ("promotional", "bulk", {0: 1, 1: 1, 2: 1, 3: 1}),
        ("otp", "bulk", {0: 0, 1: 0, 2: 0, 3: 0}),
    ],
)
def test_decision_128_a_priority_lifts_a_message_where_its_session_is_bulk_and_its_sender_may(
    rig, sender_class, lane, lanes, priority_flag
):
    rig.change_sender("TextBlast", sender_class=sender_class)
    got = judged(rig, SmppTerms(lane=lane), priority_flag=priority_flag)
    assert isinstance(got, Priced)
    assert got.lane is Lane(lanes[priority_flag])


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"sm_default_msg_id": 1}, Status.ESME_RINVDFTMSGID),
        ({"sm_default_msg_id": 255, "short_message": b""}, Status.ESME_RINVDFTMSGID),
        ({"priority_flag": 4}, Status.ESME_RINVPRTFLG),
        ({"replace_if_present_flag": 2}, Status.ESME_RINVREPFLAG),
        ({"service_type": "USSD"}, Status.ESME_RINVSERTYP),
        ({"tlvs": {Tag.DESTINATION_PORT: 0x10000}}, Status.ESME_RINVOPTPARAMVAL),
    ],
)
def test_decision_128_what_cannot_be_had_is_refused_with_its_own_status(rig, fields, status):
    assert judged(rig, SmppTerms(), **fields) == status


@pytest.mark.parametrize("service_type", ["", "CMT", "WAP", "VMA", "OTP"])
def test_decision_128_a_service_type_other_than_ussd_is_not_regarded(rig, service_type):
    assert stored(rig, service_type=service_type).text == "Hi"


def test_decision_128_protocol_and_reference_go_with_the_message(rig):
    got = stored(rig, protocol_id=0x41, tlvs={Tag.USER_MESSAGE_REFERENCE: 0xBEEF})
    assert got.options == {"protocol_id": 0x41, "user_message_reference": 0xBEEF}


def test_decision_128_ports_become_a_header(rig):
    got = stored(rig, data_coding=4, short_message=b"\x01", tlvs={Tag.SOURCE_PORT: 9200, Tag.DESTINATION_PORT: 2948})
    assert got.udh.hex() == "0605040b8423f0"
