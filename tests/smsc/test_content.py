"""Every cell of esm_class, user data header and sar TLVs (decision 117)."""

import pytest

from mobilesasa.smpp.pdus import SubmitSm
from mobilesasa.smpp.statuses import Status
from mobilesasa.smpp.tlvs import Tag
from mobilesasa.smsc.content import content_of
from mobilesasa.smsc.statuses import BadSubmit

UDH = bytes.fromhex("050003070201")  # part 1 of 2, reference 7
WIDE_UDH = bytes.fromhex("06080400070201")
PORTS_UDH = bytes.fromhex("0605040b8423f0")
TEXT = b"Part 1 of what we have to say"  # "P" as a length is 80: more than there is
SAR = {Tag.SAR_MSG_REF_NUM: 42, Tag.SAR_TOTAL_SEGMENTS: 3, Tag.SAR_SEGMENT_SEQNUM: 1}
SAR_UDH = bytes.fromhex("0500032a0301")


def content(octets, esm_class=0, tlvs=None, payload=False):
    tlvs = dict(tlvs or {})
    if payload:
        tlvs[Tag.MESSAGE_PAYLOAD] = octets
        octets = b""
    return content_of(SubmitSm(esm_class=esm_class, short_message=octets, tlvs=tlvs))


def refusal(*args, **kwargs) -> Status:
    with pytest.raises(BadSubmit) as caught:
        content(*args, **kwargs)
    return caught.value.status


PLACES = [False, True]
UDHI = [0x40, 0x43, 0x48, 0xC0]  # a bit, and not a value


@pytest.mark.parametrize("payload", PLACES)
@pytest.mark.parametrize("esm_class", UDHI)
@pytest.mark.parametrize("udh", [UDH, WIDE_UDH, PORTS_UDH, bytes.fromhex("0370010a")])
@pytest.mark.parametrize("tlvs", [{}, SAR])
def test_a_header_that_is_announced_and_well_formed_is_the_header(esm_class, udh, tlvs, payload):
    assert content(udh + TEXT, esm_class, tlvs, payload) == (TEXT, udh)


@pytest.mark.parametrize("payload", PLACES)
@pytest.mark.parametrize("esm_class", UDHI)
def test_the_references_mixture_is_taken_by_its_sar_tlvs(esm_class, payload):
    assert content(TEXT, esm_class, SAR, payload) == (TEXT, SAR_UDH)


@pytest.mark.parametrize("payload", PLACES)
@pytest.mark.parametrize("esm_class", UDHI)
@pytest.mark.parametrize("octets", [TEXT, b"\x00abc", b"\x05\x00\x03\x07\x02", b"\x03\x00\x03\x01abc"])
def test_a_header_that_is_announced_and_not_there_is_refused(esm_class, octets, payload):
    assert refusal(octets, esm_class, {}, payload) == Status.ESME_RINVESMCLASS


def test_a_header_that_is_announced_of_no_octets_is_refused():
    assert refusal(b"", 0x40) == Status.ESME_RINVESMCLASS


@pytest.mark.parametrize("payload", PLACES)
@pytest.mark.parametrize("esm_class", [0x00, 0x03, 0x08, 0x80])
def test_sar_tlvs_without_the_bit_are_a_part(esm_class, payload):
    assert content(TEXT, esm_class, SAR, payload) == (TEXT, SAR_UDH)


@pytest.mark.parametrize("payload", PLACES)
def test_what_looks_like_a_header_without_the_bit_is_text(payload):
    assert content(UDH + TEXT, 0x00, {}, payload) == (UDH + TEXT, b"")


@pytest.mark.parametrize("missing", SAR)
def test_two_of_the_three_sar_tlvs_say_nothing(missing):
    some = {tag: value for tag, value in SAR.items() if tag != missing}
    assert content(TEXT, 0x00, some) == (TEXT, b"")
    assert refusal(TEXT, 0x40, some) == Status.ESME_RINVESMCLASS


@pytest.mark.parametrize(("total", "number"), [(0, 0), (3, 0), (3, 4), (0, 1)])
def test_sar_tlvs_that_cannot_be_are_refused(total, number):
    tlvs = {**SAR, Tag.SAR_TOTAL_SEGMENTS: total, Tag.SAR_SEGMENT_SEQNUM: number}
    assert refusal(TEXT, 0x00, tlvs) == Status.ESME_RINVOPTPARAMVAL


def test_the_only_segment_is_a_message_by_itself():
    assert content(TEXT, 0x00, {**SAR, Tag.SAR_TOTAL_SEGMENTS: 1}) == (TEXT, b"")


@pytest.mark.parametrize(("reference", "octet"), [(0, "00"), (255, "ff"), (256, "00"), (0x1234, "34")])
def test_a_wide_sar_reference_is_cut_in_every_part_alike(reference, octet):
    assert content(TEXT, 0, {**SAR, Tag.SAR_MSG_REF_NUM: reference})[1].hex() == f"050003{octet}0301"


PORTS = {Tag.DESTINATION_PORT: 2948, Tag.SOURCE_PORT: 9200}


def test_ports_become_a_header():
    assert content(TEXT, 0, PORTS) == (TEXT, bytes.fromhex("0605040b8423f0"))


def test_a_destination_port_is_enough_and_a_source_port_is_not():
    assert content(TEXT, 0, {Tag.DESTINATION_PORT: 2948})[1].hex() == "0605040b840000"
    assert content(TEXT, 0, {Tag.SOURCE_PORT: 2948})[1] == b""


def test_ports_join_a_header_without_any():
    assert content(UDH + TEXT, 0x40, PORTS) == (TEXT, bytes.fromhex("0b0003070201" + "05040b8423f0"))


def test_ports_of_the_header_go_before_those_of_the_tlvs():
    assert content(PORTS_UDH + TEXT, 0x40, {Tag.DESTINATION_PORT: 1}) == (TEXT, PORTS_UDH)


def test_ports_join_sar():
    assert content(TEXT, 0, {**SAR, **PORTS})[1].hex() == "0b" + "00032a0301" + "05040b8423f0"


def test_a_port_that_cannot_be_is_refused():
    assert refusal(TEXT, 0, {Tag.DESTINATION_PORT: 0x10000}) == Status.ESME_RINVOPTPARAMVAL


def test_a_header_that_ports_make_too_long_is_refused():
    udh = bytes([136, 0x70, 134]) + bytes(134)
    assert refusal(udh + TEXT, 0x40, {**PORTS}, payload=True) == Status.ESME_RINVMSGLEN


def test_text_in_both_places_is_refused():
    assert refusal(TEXT, 0, {Tag.MESSAGE_PAYLOAD: TEXT}) == Status.ESME_ROPTPARNOTALLWD


def test_an_empty_payload_is_none():
    assert content(TEXT, 0, {Tag.MESSAGE_PAYLOAD: b""}) == (TEXT, b"")
