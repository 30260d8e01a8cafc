"""USSD as each supplier speaks it: what comes in, what goes out, and that the session comes back as it came."""

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mobilesasa.smpp.pdus import DeliverSm, SubmitSm, decode
from mobilesasa.smpp.tlvs import Tag
from mobilesasa.smpp.ussd import (
    DIALECTS,
    HUAWEI,
    MICA,
    SIXDEE,
    STANDARD,
    BadUssd,
    CodeIn,
    Dialect,
    Kind,
    Op,
    ScreenTooLong,
    SessionInfo,
    UssdEvent,
    UssdReply,
    is_ussd,
    read_event,
    read_text,
    write_push,
    write_reply,
    written_text,
)

PHONE, CODE = "254712345678", "384"
OP, INFO, REFERENCE = Tag.USSD_SERVICE_OP, Tag.ITS_SESSION_INFO, Tag.USER_MESSAGE_REFERENCE


def deliver(op: int | None, text: bytes = b"", **fields) -> DeliverSm:
    tlvs = {} if op is None else {OP: op}
    tlvs |= fields.pop("tlvs", {})
    return DeliverSm(
        **{"service_type": "USSD", "source_addr": PHONE, "destination_addr": CODE, "short_message": text, **fields},
        tlvs=tlvs,
    )


def event(op: int | None, text: bytes = b"", dialect: Dialect = STANDARD, **fields) -> UssdEvent:
    found = read_event(deliver(op, text, **fields), dialect, "savanna")
    assert found is not None
    return found


def over_the_wire(pdu):
    return decode(pdu.encode(1))


# What is USSD.


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, False),
        ({"service_type": "CMT"}, False),
        ({"tlvs": {INFO: b"\x01\x00"}}, False),
        ({"service_type": "USSD"}, True),
        ({"service_type": "ussd "}, True),
        ({"tlvs": {OP: 0}}, True),
    ],
)
def test_the_service_type_or_the_operation_makes_a_pdu_ussd(fields, expected):
    assert is_ussd(DeliverSm(**fields)) is is_ussd(SubmitSm(**fields)) is expected


def test_a_short_message_is_no_event():
    assert read_event(DeliverSm(source_addr=PHONE, short_message=b"*384#"), STANDARD, "savanna") is None


def test_dialects_are_known_by_their_names():
    assert set(DIALECTS) == {"standard", "mica", "sixdee", "huawei"}
    assert DIALECTS["mica"] is MICA


# its_session_info.


@pytest.mark.parametrize(
    ("info", "octets"),
    [
        (SessionInfo(0), "0000"),
        (SessionInfo(42, 1), "2a02"),
        (SessionInfo(42, 1, True), "2a03"),
        (SessionInfo(255, 127, True), "ffff"),
    ],
)
def test_session_info_is_a_number_seven_bits_and_an_end(info, octets):
    assert info.octets.hex() == octets
    assert SessionInfo.read({INFO: bytes.fromhex(octets)}) == info


@given(st.integers(0, 255), st.integers(0, 127), st.booleans())
@settings(max_examples=100)
def test_session_info_comes_back_as_it_was(session, sequence, end):
    info = SessionInfo(session, sequence, end)
    assert SessionInfo.read({INFO: info.octets}) == info


@pytest.mark.parametrize(("session", "sequence"), [(-1, 0), (256, 0), (0, -1), (0, 128)])
def test_a_session_out_of_its_range_is_refused(session, sequence):
    with pytest.raises(BadUssd, match="0 to 255"):
        SessionInfo(session, sequence)


@pytest.mark.parametrize("octets", [b"", b"\x01", b"\x01\x02\x03"])
def test_session_info_of_another_size_is_refused(octets):
    with pytest.raises(BadUssd, match="two octets"):
        event(1, tlvs={INFO: octets})


# What comes in.


@pytest.mark.parametrize(
    ("op", "text", "kind"),
    [
        (Op.PSSD_INDICATION, b"*384#", Kind.START),
        (Op.PSSR_INDICATION, b"*384#", Kind.START),
        (Op.USSR_CONFIRM, b"1", Kind.INPUT),
        (Op.USSN_CONFIRM, b"", Kind.END),
        (Op.RELEASE, b"", Kind.ABORT),
        (Op.RELEASE, b"Map Dialog User Abort", Kind.ABORT),
        (Op.RELEASE, b"Session timed out", Kind.TIMEOUT),
        (Op.RELEASE, b"TIMEOUT", Kind.TIMEOUT),
        (Op.RELEASE, b"time-out", Kind.TIMEOUT),
        (32, b"1", Kind.INPUT),
        (None, b"*384*7#", Kind.START),
        (None, b"7", Kind.INPUT),
    ],
)
@pytest.mark.parametrize("dialect", DIALECTS.values(), ids=lambda dialect: dialect.name)
def test_the_operation_says_what_has_happened(dialect, op, text, kind):
    assert event(op, text, dialect).kind is kind


@pytest.mark.parametrize("dialect", [STANDARD, SIXDEE])
@pytest.mark.parametrize("op", [Op.PSSR_INDICATION, Op.USSR_CONFIRM])
def test_the_end_bit_ends_a_session(dialect, op):
    assert event(op, b"1", dialect, tlvs={INFO: b"\x2a\x01"}).kind is Kind.END


@pytest.mark.parametrize(
    ("dialect", "tlvs", "session", "sequence"),
    [
        (STANDARD, {INFO: b"\x2a\x06"}, "42", 3),
        (STANDARD, {INFO: b"\x00\x00"}, "0", 0),
        (STANDARD, {}, "", 0),
        (STANDARD, {REFERENCE: 77}, "", 0),
        (MICA, {REFERENCE: 77}, "77", 0),
        (MICA, {REFERENCE: 0}, "0", 0),
        (MICA, {INFO: b"\x2a\x06"}, "", 0),
        (SIXDEE, {INFO: b"\x2a\x06"}, "5379", 0),
        (SIXDEE, {INFO: b"\xff\xfe"}, "32767", 0),
        (HUAWEI, {INFO: b"\x2a\x06", REFERENCE: 77}, "", 0),
    ],
)
def test_each_dialect_has_the_session_in_its_own_place(dialect, tlvs, session, sequence):
    got = event(18, b"1", dialect, tlvs=tlvs)
    assert (got.carrier_session_id, got.sequence) == (session, sequence)
    assert got.session_key == f"savanna/{session}/{PHONE}"


@pytest.mark.parametrize(
    ("dialect", "start", "later"),
    [
        (STANDARD, (CODE, "*384*7#"), (CODE, "*384*7#")),
        (HUAWEI, (CODE, "*384*7#"), (CODE, "*384*7#")),
        (MICA, ("*384*7#", ""), ("", "*384*7#")),
        (SIXDEE, ("*384*7#", ""), ("", "*384*7#")),
    ],
)
def test_each_dialect_has_the_code_in_its_own_place(dialect, start, later):
    first, second = event(1, b"*384*7#", dialect), event(18, b"*384*7#", dialect)
    assert ((first.code, first.input), (second.code, second.input)) == (start, later)


@pytest.mark.parametrize("op", [Op.RELEASE])
def test_what_broke_a_session_off_is_no_input(op):
    assert event(op, b"User abort").input == ""


@pytest.mark.parametrize(
    ("data_coding", "octets", "text"),
    [
        (0, b"1", "1"),
        (0x0F, b"\x00", "@"),
        (0, "né".encode("latin-1"), "né"),
        (3, b"@", "@"),
        (8, "ж".encode("utf-16-be"), "ж"),
        (0x48, "ж".encode("utf-16-be"), "ж"),
        (8, b"\xfe\xff\0x", "x"),
        (8, b"\0x\0", "x"),
        (8, b"\xd8\x3d", "\ufffd"),
    ],
)
def test_a_text_is_read_whatever_it_is_written_in(data_coding, octets, text):
    assert read_text(DeliverSm(data_coding=data_coding, short_message=octets)) == text
    assert read_text(SubmitSm(data_coding=data_coding, tlvs={Tag.MESSAGE_PAYLOAD: octets})) == text


@given(
    octets=st.binary(max_size=254),
    data_coding=st.integers(0, 255),
    op=st.none() | st.integers(0, 255),
    dialect=st.sampled_from(sorted(DIALECTS)),
    info=st.binary(min_size=2, max_size=2),
)
@settings(max_examples=200)
def test_whatever_a_carrier_sends_is_an_event_that_can_be_answered(octets, data_coding, op, dialect, info):
    tlvs = {INFO: info, REFERENCE: 5}
    got = event(op, octets, DIALECTS[dialect], data_coding=data_coding, tlvs=tlvs)
    answer = over_the_wire(write_reply(UssdReply("Karibu", end=False, code="384"), got, DIALECTS[dialect]))
    assert (answer.service_type, answer.destination_addr) == ("USSD", PHONE)


# What goes out.


@pytest.mark.parametrize(
    ("asked", "end", "op"),
    [
        (Op.PSSR_INDICATION, False, Op.USSR_REQUEST),
        (Op.PSSR_INDICATION, True, Op.PSSR_RESPONSE),
        (Op.USSR_CONFIRM, False, Op.USSR_REQUEST),
        (Op.USSR_CONFIRM, True, Op.PSSR_RESPONSE),
        (Op.PSSD_INDICATION, True, Op.PSSD_RESPONSE),
        (Op.PSSD_INDICATION, False, Op.PSSD_RESPONSE),  # a phone of phase 1 cannot be asked
    ],
)
def test_a_reply_asks_or_ends(asked, end, op):
    assert write_reply(UssdReply("Karibu", end), event(asked, b"*384#"), STANDARD).tlvs == {OP: op}


@pytest.mark.parametrize(
    ("dialect", "given_tlvs", "asking", "ending"),
    [
        (STANDARD, {INFO: b"\x2a\x06"}, {INFO: b"\x2a\x06"}, {INFO: b"\x2a\x07"}),
        (STANDARD, {}, {}, {}),
        (MICA, {REFERENCE: 77}, {REFERENCE: 77}, {REFERENCE: 77}),
        (SIXDEE, {INFO: b"\x2a\x06"}, {INFO: b"\x2a\x06"}, {INFO: b"\x2a\x07"}),
        (SIXDEE, {INFO: b"\xff\xfe"}, {INFO: b"\xff\xfe"}, {INFO: b"\xff\xff"}),
        (HUAWEI, {INFO: b"\x2a\x06"}, {}, {}),
    ],
)
def test_a_reply_echoes_the_session_as_its_dialect_has_it(dialect, given_tlvs, asking, ending):
    got = event(18, b"1", dialect, tlvs=given_tlvs)
    for end, expected in ((False, asking), (True, ending)):
        answer = over_the_wire(write_reply(UssdReply("Karibu", end), got, dialect))
        assert {tag: value for tag, value in answer.tlvs.items() if tag != OP} == expected


def test_a_reply_goes_back_where_the_event_came_from():
    got = event(1, b"*384#", source_addr_ton=1, source_addr_npi=1, dest_addr_ton=3, dest_addr_npi=8)
    answer = write_reply(UssdReply("Karibu", end=True), got, STANDARD)
    assert (answer.source_addr, answer.source_addr_ton, answer.source_addr_npi) == (CODE, 3, 8)
    assert (answer.destination_addr, answer.dest_addr_ton, answer.dest_addr_npi) == (PHONE, 1, 1)
    assert (answer.registered_delivery, answer.esm_class, answer.service_type) == (0, 0, "USSD")


@pytest.mark.parametrize(
    ("op", "reply_code", "source"), [(1, "", "*120*1#"), (18, "*120*1#", "*120*1#"), (18, "", CODE)]
)
def test_a_code_that_came_only_at_the_start_is_given_by_whoever_kept_it(op, reply_code, source):
    got = event(op, b"*120*1#", MICA)
    assert write_reply(UssdReply("Karibu", end=False, code=reply_code), got, MICA).source_addr == source


def test_a_code_that_is_longer_than_an_address_is_refused():
    got = event(1, b"*120*" + b"1" * 20 + b"#", MICA)
    with pytest.raises(BadUssd, match="26 characters"):
        write_reply(UssdReply("Karibu", end=False), got, MICA)


@pytest.mark.parametrize(("wants_answer", "op"), [(True, Op.USSR_REQUEST), (False, Op.USSN_REQUEST)])
def test_a_session_can_begin_on_our_side(wants_answer, op):
    pushed = over_the_wire(write_push("Karibu", PHONE, "384", wants_answer=wants_answer))
    assert (pushed.service_type, pushed.source_addr, pushed.destination_addr) == ("USSD", "384", PHONE)
    assert (dict(pushed.tlvs), pushed.dest_addr_ton) == ({OP: op}, 1)


@pytest.mark.parametrize(
    ("text", "data_coding", "octets"),
    [
        ("", 0, b""),
        ("1. Salio @", 0, b"1. Salio \0"),
        ("€" * 91, 0, b"\x1b\x65" * 91),
        ("ж" * 80, 8, b"\x04\x36" * 80),
        ("\ud83d", 8, b"\xff\xfd"),
    ],
)
def test_a_screen_is_gsm_where_it_can_be(text, data_coding, octets):
    assert written_text(text) == (data_coding, octets)


@pytest.mark.parametrize(("text", "length", "limit"), [("x" * 183, 183, 182), ("€" * 92, 184, 182), ("ж" * 81, 81, 80)])
def test_a_text_that_does_not_fit_a_screen_is_refused(text, length, limit):
    with pytest.raises(ScreenTooLong) as caught:
        written_text(text)
    assert (caught.value.length, caught.value.limit) == (length, limit)


def as_the_carrier_would_say(answer: SubmitSm, op: int) -> DeliverSm:
    tlvs = dict(answer.tlvs) | {OP: op}
    if INFO in tlvs:
        tlvs[INFO] = bytes((tlvs[INFO][0], tlvs[INFO][1] & 0xFE))
    return deliver(op, b"1", tlvs=tlvs)


@given(dialect=st.sampled_from(sorted(DIALECTS)), number=st.integers(0, 0xFFFF), text=st.sampled_from(["a", "ж", "€"]))
@settings(max_examples=100)
def test_a_session_stays_the_same_there_and_back(dialect, number, text):
    spoken = DIALECTS[dialect]
    tlvs = {INFO: bytes((number >> 8, number & 0xFE)), REFERENCE: number}
    first = event(1, b"*384#", spoken, tlvs=tlvs)
    answer = over_the_wire(write_reply(UssdReply(text, end=False), first, spoken))
    assert read_text(answer) == text
    second = read_event(over_the_wire(as_the_carrier_would_say(answer, 18)), spoken, "savanna")
    assert (second.session_key, second.kind, second.input) == (first.session_key, Kind.INPUT, "1")
    assert attrs.evolve(second, raw=first.raw).msisdn == PHONE


def test_every_dialect_says_where_the_code_is():
    assert {dialect.code_in for dialect in DIALECTS.values()} == set(CodeIn)
