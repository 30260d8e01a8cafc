"""A message as one carrier wants it: its alphabet, its way with long messages, its numbers and times."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mobilesasa.carriers.registry import parse_options
from mobilesasa.carriers.smpp.content import NotSayable
from mobilesasa.carriers.smpp.parts import PartWriter
from mobilesasa.core.model import Coding, Never, Sent
from mobilesasa.smpp.tlvs import Tag
from mobilesasa.sms.alphabet import encode_gsm
from mobilesasa.sms.segments import split
from mobilesasa.sms.udh import read_udh
from tests.carriers.rig import Rig, SmppRig

NEEDED = {"host": "smsc.example", "system_id": "us"}
SAR = (Tag.SAR_MSG_REF_NUM, Tag.SAR_TOTAL_SEGMENTS, Tag.SAR_SEGMENT_SEQNUM)
PORTS = bytes.fromhex("0605040b8423f0")


@pytest.fixture
def rig():
    return Rig()


def written(rig, message, **options):
    return PartWriter(parse_options("smpp", {**NEEDED, **options}), rig.now_ms, rig.world.directory).parts(message)


# Alphabets


@pytest.mark.parametrize(
    ("alphabet", "text", "data_coding", "octets"),
    [
        ("gsm7", "é{€", 0, b"\x05\x1b(\x1be"),
        ("latin1", "é{@", 0, "é{@".encode("latin-1")),
        ("utf8", "é€", 0, "é€".encode()),
        ("ascii", "a{@", 0, b"a{@"),
        ("ascii", "é", 3, b"\xe9"),
        ("latin1", "€", 8, b"\x20\xac"),  # what the carrier's alphabet lacks, and UCS-2 has room for
    ],
)
def test_the_default_alphabet_is_the_carriers(rig, alphabet, text, data_coding, octets):
    (pdu,) = written(rig, rig.message(text=text), default_alphabet=alphabet)
    assert (pdu.data_coding, pdu.short_message) == (data_coding, octets)


def test_latin_1_has_a_data_coding_of_its_own_where_ascii_is_the_default(rig):
    (pdu,) = written(rig, rig.message(text="é"), default_alphabet="ascii", latin1_data_coding=1, gsm7_data_coding=5)
    assert pdu.data_coding == 1


@pytest.mark.parametrize("udh", [b"", bytes((5, 0, 3, 7, 2, 1))])
def test_what_a_carrier_cannot_say_in_as_many_parts_another_may(rig, udh):
    text = "€" * (80 if not udh else 10)
    with pytest.raises(NotSayable, match="lacks a character"):
        written(rig, rig.message(text=text, udh=udh), default_alphabet="latin1")


def test_it_fails_at_this_carrier_alone():
    rig = SmppRig(default_alphabet="latin1")
    rig.start()
    message = rig.message(text="€" * 80)
    rig.carrier.submit([message])
    (outcome,) = rig.listener.of(message)
    assert isinstance(outcome, Never)
    assert outcome.elsewhere


def test_a_long_text_is_cut_where_it_was_counted_whatever_the_alphabet(rig):
    text = "é{" * 120  # 360 septets: three parts
    pdus = written(rig, rig.message(text=text, parts=3), default_alphabet="latin1")
    assert b"".join(read_udh(pdu.short_message)[1] for pdu in pdus) == text.encode("latin-1")
    assert len(pdus) == 3


def test_a_text_longer_than_short_message_goes_as_payload(rig):
    (pdu,) = written(rig, rig.message(text="é" * 150), default_alphabet="utf8")
    assert (pdu.short_message, pdu.tlvs) == (b"", {Tag.MESSAGE_PAYLOAD: ("é" * 150).encode()})


@pytest.mark.parametrize(
    ("coding", "text", "data_coding", "octets"),
    [(Coding.GSM7, "é", 0xF0, b"\x05"), (Coding.UCS2, "ж", 0x19, b"\x04\x36")],
)
def test_flash_has_the_data_coding_that_is_set_and_the_alphabet_that_it_names(rig, coding, text, data_coding, octets):
    message = rig.message(text=text, coding=coding, options={"flash": True})
    (pdu,) = written(rig, message, flash_data_coding=0xF0, flash_ucs2_data_coding=0x19, default_alphabet="latin1")
    assert (pdu.data_coding, pdu.short_message) == (data_coding, octets)


# Long messages


def test_a_wide_reference_is_the_same_in_every_part(rig):
    message = rig.message(text="x" * 400, parts=3)
    headers = [read_udh(pdu.short_message)[0].concatenation for pdu in written(rig, message, long_messages="udh16")]
    assert {(each.reference, each.wide, each.total) for each in headers} == {(int(message.id[-4:], 16), True, 3)}


def test_a_message_that_a_wide_reference_would_make_longer_has_a_narrow_one(rig):
    pdus = written(rig, rig.message(text="x" * 306, parts=2), long_messages="udh16")
    assert [read_udh(pdu.short_message)[0].concatenation.wide for pdu in pdus] == [False, False]


@pytest.mark.parametrize("form", ["udh", "udh16", "sar"])
def test_what_does_not_fit_its_parts_is_refused_in_every_form(rig, form):
    with pytest.raises(ValueError, match="parts"):
        written(rig, rig.message(text="x" * 400, parts=2), long_messages=form)


def test_sar_tlvs_say_which_part_it_is(rig):
    message = rig.message(text="x" * 400, parts=3)
    pdus = written(rig, message, long_messages="sar")
    reference = int(message.id[-4:], 16)
    assert [tuple(pdu.tlvs[tag] for tag in SAR) for pdu in pdus] == [(reference, 3, n) for n in (1, 2, 3)]
    assert b"".join(pdu.short_message for pdu in pdus) == b"x" * 400
    assert {pdu.esm_class for pdu in pdus} == {0}


def test_ports_keep_their_header_beside_sar_tlvs(rig):
    message = rig.message(text=None, body=bytes(200), udh=PORTS, parts=2, coding=Coding.BINARY)
    pdus = written(rig, message, long_messages="sar")
    assert {(pdu.esm_class, pdu.short_message[:7]) for pdu in pdus} == {(0x40, PORTS)}


@given(st.text("abcé{ß\n", min_size=161, max_size=700), st.sampled_from(["udh", "udh16", "sar", "payload"]))
def test_no_form_loses_a_character(text, form):
    rig = Rig()
    message = rig.message(text=text, parts=len(split(text, max_parts=20)))
    pdus = written(rig, message, long_messages=form)
    bodies = [pdu.tlvs.get(Tag.MESSAGE_PAYLOAD, pdu.short_message) for pdu in pdus]
    if form.startswith("udh"):
        bodies = [read_udh(body)[1] for body in bodies] if message.parts > 1 else bodies
    assert b"".join(bodies) == encode_gsm(text)


def test_one_pdu_has_the_whole_message_and_its_id_is_that_of_all_parts():
    rig = SmppRig(long_messages="payload")
    rig.start()
    message = rig.message(text="x" * 400, parts=3)
    rig.carrier.submit([message])
    (pdu,) = rig.submits()
    assert pdu.tlvs == {Tag.MESSAGE_PAYLOAD: b"x" * 400}
    rig.ok([pdu])
    assert rig.listener.of(message) == [Sent(("m1",))]


def test_binary_octets_go_whole_behind_the_team_s_header(rig):
    message = rig.message(text=None, body=bytes(200), udh=PORTS, parts=2, coding=Coding.BINARY)
    (pdu,) = written(rig, message, long_messages="payload")
    assert (pdu.esm_class, pdu.tlvs) == (0x40, {Tag.MESSAGE_PAYLOAD: PORTS + bytes(200)})


def test_a_message_whose_first_parts_were_sent_one_by_one_goes_on_so(rig):
    message = rig.message(text="x" * 400, parts=3, sent_parts=0b001)
    assert len(written(rig, message, long_messages="payload")) == 3


# Numbers


@pytest.mark.parametrize(
    ("form", "number", "expected"),
    [
        ("digits", "254711000001", (1, 1, "254711000001")),
        ("plus", "254711000001", (1, 1, "+254711000001")),
        ("zeros", "254711000001", (1, 1, "00254711000001")),
        ("national", "254711000001", (2, 1, "0711000001")),
        ("national", "255711000001", (1, 1, "255711000001")),
    ],
)
def test_a_number_is_written_as_the_carrier_wants_it(rig, form, number, expected):
    (pdu,) = written(
        rig, rig.message(number, sender=number), destination_form=form, source_form=form, calling_code="254"
    )
    assert (pdu.dest_addr_ton, pdu.dest_addr_npi, pdu.destination_addr) == expected
    assert (pdu.source_addr_ton, pdu.source_addr_npi, pdu.source_addr) == expected


def test_the_national_prefix_and_its_type_can_be_set(rig):
    options = {
        "destination_form": "national",
        "calling_code": "254",
        "national_prefix": "",
        "national_ton": 4,
        "national_npi": 8,
    }
    (pdu,) = written(rig, rig.message("254711000001"), **options)
    assert (pdu.dest_addr_ton, pdu.dest_addr_npi, pdu.destination_addr) == (4, 8, "711000001")


def test_what_is_a_short_code_can_be_set(rig):
    (pdu,) = written(rig, rig.message(sender="22384"), short_code_digits=4, short_code_ton=6)
    assert pdu.source_addr_ton == 1


# Times and the rest


def test_the_validity_may_be_a_moment(rig):
    (pdu,) = written(rig, rig.message(expires_at_ms=1_795_000_060_000), validity="absolute")
    assert pdu.validity_period == "261118110740000+"


def test_the_rest_of_the_pdu_can_be_set(rig):
    (pdu,) = written(rig, rig.message(), protocol_id=65, service_type="CMT", registered_delivery=3)
    assert (pdu.protocol_id, pdu.service_type, pdu.registered_delivery) == (65, "CMT", 3)
    (pdu,) = written(rig, rig.message(options={"protocol_id": 64}), protocol_id=65)
    assert pdu.protocol_id == 64


def test_the_bind_says_what_is_set():
    rig = SmppRig(bind="txrx", interface_version=0x33, address_range="^254", bind_ton=1, bind_npi=1, system_type="VMA")
    rig.carrier.start(rig.listener)
    binds = [rig.endpoint.accept().take_bind() for _ in range(2)]
    assert [type(bind).__name__ for bind in binds] == ["BindTransmitter", "BindReceiver"]
    for bind in binds:
        assert (bind.interface_version, bind.address_range, bind.addr_ton, bind.addr_npi) == (0x33, "^254", 1, 1)
        assert bind.system_type == "VMA"
