import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mobilesasa.core.model import Coding, Lane, Origin, Submission, Wish
from mobilesasa.smpp.pdus import SubmitSm
from mobilesasa.smpp.statuses import Status
from mobilesasa.smpp.tlvs import Tag
from mobilesasa.sms.alphabet import encode_gsm
from mobilesasa.smsc.statuses import BadSubmit
from mobilesasa.smsc.submit import SCHEMES, parts_to_pay, read_submit
from tests.fakes.spool import NINE_MS

HOUR_MS = 3_600_000


def read(**fields) -> Submission:
    pdu = SubmitSm(**{"destination_addr": "254712345678", "short_message": b"Hi", **fields})
    return read_submit(pdu, 7, NINE_MS)


def refusal(**fields) -> BadSubmit:
    with pytest.raises(BadSubmit) as caught:
        read(**fields)
    return caught.value


def test_the_references_own_example_is_read_whole():
    got = read(
        source_addr_ton=5,
        source_addr="TextBlast",
        dest_addr_ton=1,
        dest_addr_npi=1,
        registered_delivery=1,
        short_message=b"Hello from Mobile Sasa!",
    )
    assert got == Submission(
        team_id=7,
        sender="TextBlast",
        recipient="254712345678",
        text="Hello from Mobile Sasa!",
        origin=Origin.SMPP,
        wish=Wish.ALL,
        coding=Coding.GSM7,
        lane=Lane.TRANSACTIONAL,
        max_validity_ms=24 * HOUR_MS,
    )


@pytest.mark.parametrize("ton", range(7))
def test_the_type_of_number_of_the_sender_is_advice(ton):
    assert read(source_addr="TextBlast", source_addr_ton=ton).sender == "TextBlast"


@pytest.mark.parametrize("empty", ["", " "])
def test_no_sender_is_the_teams_default(empty):
    assert read(source_addr=empty).sender is None


@pytest.mark.parametrize(
    ("registered_delivery", "wish"),
    [(0, Wish.NONE), (1, Wish.ALL), (2, Wish.FAILURES), (3, Wish.SUCCESSES), (0x11, Wish.ALL), (0x1D, Wish.ALL)],
)
def test_two_bits_say_which_receipts_are_wanted(registered_delivery, wish):
    assert read(registered_delivery=registered_delivery).wish is wish


@pytest.mark.parametrize(
    ("data_coding", "octets", "text", "coding"),
    [
        (0x00, b"\x00 \x1b\x65 \x11", "@ € _", Coding.GSM7),
        (0x01, b"a@b", "a@b", None),
        (0x03, b"caf\xe9 @", "café @", None),
        (0x08, "مرحبا".encode("utf-16-be"), "مرحبا", Coding.UCS2),
        (0x08, b"\xfe\xff\x00H\x00i", "Hi", Coding.UCS2),
        (0x08, b"\xff\xfeH\x00i\x00", "Hi", Coding.UCS2),
        (0x08, "😀".encode("utf-16-be"), "😀", Coding.UCS2),
        (0x10, b"Hi", "Hi", Coding.GSM7),
        (0xF0, b"Hi", "Hi", Coding.GSM7),
    ],
)
def test_each_data_coding_is_read_as_what_it_says(data_coding, octets, text, coding):
    got = read(data_coding=data_coding, short_message=octets)
    assert (got.text, got.coding, got.body) == (text, coding, None)


@pytest.mark.parametrize("data_coding", [2, 4])
def test_binary_octets_are_passed_as_they_are(data_coding):
    got = read(data_coding=data_coding, short_message=b"\x00\xff")
    assert (got.text, got.body, got.coding) == (None, b"\x00\xff", Coding.BINARY)


@pytest.mark.parametrize("data_coding", sorted(set(range(256)) - set(SCHEMES)))
def test_any_other_data_coding_is_refused_in_words(data_coding):
    refused = refusal(data_coding=data_coding)
    assert refused.status == Status.ESME_RSUBMITFAIL
    assert f"0x{data_coding:02X}" in refused.info


@pytest.mark.parametrize(
    ("data_coding", "octets", "status"),
    [
        (0, b"caf\xe9", Status.ESME_RSUBMITFAIL),
        (1, b"caf\xe9", Status.ESME_RSUBMITFAIL),
        (8, b"\x00H\x00", Status.ESME_RINVMSGLEN),
        (8, b"\xd8\x3d", Status.ESME_RSUBMITFAIL),
        (0, b"", Status.ESME_RINVMSGLEN),
        (4, b"", Status.ESME_RINVMSGLEN),
    ],
)
def test_octets_that_cannot_be_what_they_say_are_refused(data_coding, octets, status):
    assert refusal(data_coding=data_coding, short_message=octets).status == status


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"sm_default_msg_id": 1}, Status.ESME_RINVDFTMSGID),
        ({"priority_flag": 4}, Status.ESME_RINVPRTFLG),
        ({"replace_if_present_flag": 2}, Status.ESME_RINVREPFLAG),
        ({"service_type": "USSD"}, Status.ESME_RINVSERTYP),
        ({"tlvs": {Tag.USSD_SERVICE_OP: 2}}, Status.ESME_RINVSERTYP),
        ({"validity_period": "tomorrow"}, Status.ESME_RINVEXPIRY),
        ({"validity_period": "2613010000000000"}, Status.ESME_RINVEXPIRY),
        ({"schedule_delivery_time": "soon"}, Status.ESME_RINVSCHED),
        ({"schedule_delivery_time": "260511090000049+"}, Status.ESME_RINVSCHED),
    ],
)
def test_what_cannot_be_done_is_refused_with_its_own_status(fields, status):
    assert refusal(**fields).status == status


@pytest.mark.parametrize("priority_flag", range(4))
def test_every_priority_of_the_specification_is_transactional(priority_flag):
    assert read(priority_flag=priority_flag).lane is Lane.TRANSACTIONAL


@pytest.mark.parametrize("service_type", ["", "CMT", "WAP", "OTP"])
def test_any_other_service_type_will_do(service_type):
    assert read(service_type=service_type).text == "Hi"


@pytest.mark.parametrize(
    ("validity_period", "validity_ms"),
    [
        ("", None),
        ("000000000000000R", None),
        ("0000000000000000", None),
        ("000001000000000R", 24 * HOUR_MS),
        ("000000000130000R", 90_000),
        ("000002000000000R", 48 * HOUR_MS),  # the gateway clamps it
        ("260511100000000+", HOUR_MS),
        ("260511130000012+", HOUR_MS),
        ("260511154500023+", HOUR_MS),  # a zone of quarter hours
        ("260511050000020-", HOUR_MS),
        ("260511080000000+", -HOUR_MS),  # the gateway refuses it
    ],
)
def test_a_validity_period_is_relative_or_absolute(validity_period, validity_ms):
    assert read(validity_period=validity_period).validity_ms == validity_ms


@pytest.mark.parametrize(
    ("schedule", "due_at_ms"),
    [("", None), ("000000010000000R", NINE_MS + HOUR_MS), ("260511120000000+", NINE_MS + 3 * HOUR_MS)],
)
def test_a_schedule_is_relative_or_absolute(schedule, due_at_ms):
    assert read(schedule_delivery_time=schedule).due_at_ms == due_at_ms


def test_an_absolute_validity_of_a_scheduled_message_is_counted_from_when_it_is_due():
    got = read(schedule_delivery_time="260511100000000+", validity_period="260511120000000+")
    assert (got.due_at_ms, got.validity_ms) == (NINE_MS + HOUR_MS, 2 * HOUR_MS)


@pytest.mark.parametrize(
    ("fields", "options"),
    [
        ({}, None),
        ({"protocol_id": 0x7F}, {"protocol_id": 0x7F}),
        ({"data_coding": 0xF0}, {"flash": True}),
        ({"data_coding": 0x10}, {"flash": True}),
        ({"tlvs": {Tag.USER_MESSAGE_REFERENCE: 0}}, {"user_message_reference": 0}),
        ({"tlvs": {Tag.MORE_MESSAGES_TO_SEND: 1}}, None),
        ({"tlvs": {0x1400: b"vendor", 0x3FFF: b""}}, {"tlvs": {"0x1400": "76656e646f72", "0x3FFF": ""}}),
        ({"tlvs": {0x13FF: b"x", 0x4000: b"x"}}, None),
    ],
)
def test_the_rest_that_counts_goes_into_the_options(fields, options):
    assert read(**fields).options == options


@pytest.mark.parametrize(
    ("data_coding", "octets", "parts"),
    [
        (0, 160, 1),
        (0, 161, 2),
        (0, 306, 2),
        (0, 307, 3),
        (8, 140, 1),
        (8, 142, 2),
        (3, 1530, 10),
        (0, 1531, 1),  # too long for any message: it is refused for that
        (5, 1000, 1),
    ],
)
def test_a_message_payload_takes_its_parts_from_the_rate(data_coding, octets, parts):
    pdu = SubmitSm(data_coding=data_coding, tlvs={Tag.MESSAGE_PAYLOAD: b"a" * octets})
    assert parts_to_pay(pdu, 10) == parts


def test_a_short_message_takes_one_from_the_rate():
    assert parts_to_pay(SubmitSm(short_message=b"a" * 254, tlvs={Tag.MORE_MESSAGES_TO_SEND: 1}), 10) == 1


@given(text=st.text(st.sampled_from("@£$ΔΩ abc€[]{}~\\^|\n"), min_size=1, max_size=100))
@settings(max_examples=100)
def test_gsm_text_is_read_back_as_it_was(text):
    assert read(short_message=encode_gsm(text)).text == text


@given(data_coding=st.sampled_from(sorted(SCHEMES)), octets=st.binary(max_size=254), esm=st.integers(0, 255))
@settings(max_examples=200)
def test_any_octets_are_a_message_or_a_refusal(data_coding, octets, esm):
    try:
        got = read(data_coding=data_coding, short_message=octets, esm_class=esm)
    except BadSubmit:
        return
    assert (got.text is None) is (got.coding is Coding.BINARY)


@pytest.mark.parametrize("tlvs", [{0x1400 + n: b"" for n in range(17)}, {0x1400: b"x" * 1000, 0x1401: b"x" * 25}])
def test_more_vendor_tlvs_than_are_kept_are_refused(tlvs):
    with pytest.raises(BadSubmit) as refused:
        read(tlvs=tlvs)
    assert refused.value.status == Status.ESME_RINVOPTPARAMVAL


def test_as_many_vendor_tlvs_as_are_kept_are_taken():
    tlvs = {0x1400 + n: b"x" * 64 for n in range(16)}
    assert len(read(tlvs=tlvs).options["tlvs"]) == 16
