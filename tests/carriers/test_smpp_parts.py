"""A message as submit_sm PDUs."""

import pytest

from mobilesasa.carriers.registry import parse_options
from mobilesasa.carriers.smpp.parts import PartWriter
from mobilesasa.core.model import Coding
from mobilesasa.sms.udh import read_udh
from tests.carriers.rig import Rig

NEEDED = {"host": "smsc.example", "system_id": "us"}


@pytest.fixture
def rig():
    return Rig()


def written(rig, message, **options):
    return PartWriter(parse_options("smpp", {**NEEDED, **options}), rig.now_ms, rig.world.directory).parts(message)


def test_a_short_message_is_one_pdu_that_asks_for_a_receipt(rig):
    (pdu,) = written(rig, rig.message("254711000001", "Habari @ {you}"))
    assert (pdu.destination_addr, pdu.dest_addr_ton, pdu.dest_addr_npi) == ("254711000001", 1, 1)
    assert (pdu.esm_class, pdu.data_coding, pdu.registered_delivery) == (0, 0, 1)
    assert pdu.short_message == b"Habari \x00 \x1b(you\x1b)"


@pytest.mark.parametrize(
    ("sender", "expected"),
    [
        ("TextBlast", (5, 0, "TextBlast")),
        ("Sasa 2", (5, 0, "Sasa 2")),
        ("22384", (3, 1, "22384")),
        ("12345678", (3, 1, "12345678")),
        ("254711000001", (1, 1, "254711000001")),
        ("+254711000001", (1, 1, "254711000001")),
        ("²³", (5, 0, "²³")),
    ],
)
def test_the_type_of_number_follows_the_sender(rig, sender, expected):
    (pdu,) = written(rig, rig.message(sender=sender))
    assert (pdu.source_addr_ton, pdu.source_addr_npi, pdu.source_addr) == expected


def test_types_of_number_and_data_codings_can_be_set(rig):
    (pdu,) = written(
        rig, rig.message(sender="22384"), short_code_ton=0, short_code_npi=0, international_ton=2, gsm7_data_coding=1,
        service_type="CMT", registered_delivery=17,
    )  # fmt: skip
    assert (pdu.source_addr_ton, pdu.source_addr_npi, pdu.dest_addr_ton, pdu.data_coding) == (0, 0, 2, 1)
    assert (pdu.service_type, pdu.registered_delivery) == ("CMT", 17)


def test_a_long_message_goes_in_parts_with_headers(rig):
    text = "a" * 400
    pdus = written(rig, rig.message(text=text, parts=3))
    parts = [read_udh(pdu.short_message) for pdu in pdus]
    assert [pdu.esm_class for pdu in pdus] == [0x40] * 3
    assert b"".join(rest for _, rest in parts) == text.encode()
    assert [udh.concatenation.number for udh, _ in parts] == [1, 2, 3]
    assert {udh.concatenation.total for udh, _ in parts} == {3}


def test_the_reference_is_the_same_in_every_attempt_and_differs_by_message(rig):
    message, other = rig.long_message(), rig.long_message()
    first, again, different = (
        read_udh(written(rig, each)[0].short_message)[0].concatenation.reference for each in (message, message, other)
    )
    assert first == again
    assert first != different


def test_ucs2_goes_as_data_coding_8(rig):
    pdus = written(rig, rig.message(text="ж" * 100, parts=2, coding=Coding.UCS2))
    assert [pdu.data_coding for pdu in pdus] == [8, 8]
    assert [len(read_udh(pdu.short_message)[1]) for pdu in pdus] == [134, 66]


def test_a_part_that_the_team_split_itself_goes_as_it_is(rig):
    udh = b"\x05\x00\x03\x11\x02\x01"
    (pdu,) = written(rig, rig.message(text="part one", udh=udh))
    assert pdu.esm_class == 0x40
    assert pdu.short_message == udh + b"part one"


def test_binary_octets_go_as_they_are(rig):
    (pdu,) = written(rig, rig.message(text=None, body=b"\x00\xff", coding=Coding.BINARY))
    assert (pdu.data_coding, pdu.esm_class, pdu.short_message) == (4, 0, b"\x00\xff")


def test_binary_octets_behind_a_header_go_as_they_are(rig):
    (pdu,) = written(rig, rig.message(text=None, body=b"\x01", udh=b"\x06\x05\x04\x15\x8a\0\0", coding=Coding.BINARY))
    assert (pdu.esm_class, pdu.short_message) == (0x40, b"\x06\x05\x04\x15\x8a\0\0\x01")


def test_long_binary_messages_are_split_too(rig):
    pdus = written(rig, rig.message(text=None, body=bytes(200), parts=2, coding=Coding.BINARY))
    assert [len(pdu.short_message) for pdu in pdus] == [140, 72]


def test_what_is_split_has_the_team_s_own_header_in_every_part(rig):
    ports = bytes.fromhex("0605040b8423f0")
    pdus = written(rig, rig.message(text=None, body=bytes(200), udh=ports, parts=2, coding=Coding.BINARY))
    headers = [read_udh(pdu.short_message) for pdu in pdus]
    assert [len(rest) for _, rest in headers] == [128, 72]
    assert [(udh.ports, udh.concatenation.number) for udh, _ in headers] == [((2948, 9200), 1), ((2948, 9200), 2)]


def test_a_part_that_was_cut_through_a_character_goes_as_it_is(rig):
    udh, half = b"\x05\x00\x03\x11\x02\x01", b"\0x\xd8\x3d"
    (pdu,) = written(rig, rig.message(text="x\ufffd", body=half, udh=udh, coding=Coding.UCS2))
    assert (pdu.esm_class, pdu.data_coding, pdu.short_message) == (0x40, 8, udh + half)


@pytest.mark.parametrize(
    ("coding", "message_class", "data_coding"),
    [(Coding.GSM7, 1, 0x11), (Coding.BINARY, 1, 0x15), (Coding.BINARY, 2, 0x16), (Coding.UCS2, 3, 0x1B)],
)
def test_a_class_is_said_in_the_general_group_whatever_the_carrier_calls_the_alphabet(
    rig, coding, message_class, data_coding
):
    binary = {"text": None, "body": b"x"} if coding is Coding.BINARY else {}
    message = rig.message(coding=coding, options={"message_class": message_class}, **binary)
    (pdu,) = written(rig, message, binary_data_coding=2, gsm7_data_coding=1)
    assert pdu.data_coding == data_coding


@pytest.mark.parametrize(("coding", "text", "data_coding"), [(Coding.GSM7, "now", 0x10), (Coding.UCS2, "ж", 0x18)])
def test_a_flash_message_has_class_0(rig, coding, text, data_coding):
    (pdu,) = written(rig, rig.message(text=text, coding=coding, options={"flash": True, "protocol_id": 64}))
    assert (pdu.data_coding, pdu.protocol_id) == (data_coding, 64)


def test_a_message_without_a_class_has_the_carrier_s_own_data_coding(rig):
    (pdu,) = written(rig, rig.message(options={"protocol_id": 64}), gsm7_data_coding=1)
    assert (pdu.data_coding, pdu.protocol_id) == (1, 64)


@pytest.mark.parametrize(
    ("left_s", "validity"),
    [
        (86400, "000001000000000R"),
        (3599, "000000005900000R"),
        (119, "000000000159000R"),
        (0.5, "000000000001000R"),
        (200 * 86400, "000099235959000R"),
    ],
)
def test_the_carrier_is_told_how_long_the_message_is_good(rig, left_s, validity):
    (pdu,) = written(rig, rig.message(expires_at_ms=rig.now_ms() + int(1000 * left_s)))
    assert pdu.validity_period == validity


def test_the_carrier_need_not_be_told(rig):
    (pdu,) = written(rig, rig.message(), validity="none")
    assert pdu.validity_period == ""


@pytest.mark.parametrize("fields", [{"text": "ж"}, {"text": "x" * 400, "parts": 2}])
def test_what_does_not_fit_its_alphabet_or_its_parts_is_refused(rig, fields):
    with pytest.raises(ValueError, match=r"alphabet|parts"):
        written(rig, rig.message(**fields))
