"""esm_class, user data header and sar TLVs: one table, and a test for every cell of it (decision 117)."""

import itertools

import pytest

from mobilesasa.smpp.pdus import SubmitSm
from mobilesasa.smpp.statuses import Status
from mobilesasa.smpp.tlvs import Tag
from mobilesasa.smsc.statuses import BadSubmit
from mobilesasa.smsc.submit import read_submit

TEXT = b"Part 1 of what we have to say"  # "P" as the length of a header is 80: more than there is
HEADERS = {
    "a part": bytes.fromhex("050003070201"),
    "a wide part": bytes.fromhex("06080400070201"),
    "ports": bytes.fromhex("0605040b8423f0"),
    "part and ports": bytes.fromhex("0b000307020105040b8423f0"),
    "too long": bytes.fromhex("7f0003070201"),
    "not filled": bytes.fromhex("050002070201"),
    "of no octets": b"\x00",
    "none": b"",
}
VALID = ("a part", "a wide part", "ports", "part and ports")
ALL = {Tag.SAR_MSG_REF_NUM: 42, Tag.SAR_TOTAL_SEGMENTS: 3, Tag.SAR_SEGMENT_SEQNUM: 1}
SARS = {"none": {}, "all": ALL, "some": {Tag.SAR_MSG_REF_NUM: 42, Tag.SAR_TOTAL_SEGMENTS: 3}}
SAR_UDH = bytes.fromhex("0500032a0301")

# By whether esm_class has the bit 0x40, whether a well-formed header is there, and which sar TLVs are.
TABLE = {
    (True, True, "none"): "header",
    (True, True, "all"): "header",
    (True, True, "some"): "header",
    (True, False, "none"): "refused",
    (True, False, "all"): "sar",
    (True, False, "some"): "refused",
    (False, True, "none"): "text",
    (False, True, "all"): "sar",
    (False, True, "some"): "text",
    (False, False, "none"): "text",
    (False, False, "all"): "sar",
    (False, False, "some"): "text",
}
# Bits 1-0 are the mode and 5-2 the type (§5.2.12): only the types that a team may send, and any mode, are taken.
TAKEN = [
    0x00,  # as the SMSC likes
    0x01,  # datagram
    0x02,  # forward, or transaction
    0x03,  # store and forward
    0x08,  # acknowledged by the SME; node's client sets it for nothing
    0x10,  # acknowledged by its user
    0x80,  # reply path
    0x93,
]
REFUSED = [
    0x04,  # a receipt of the SMSC
    0x18,  # conversation abort
    0x20,  # an intermediate notification
    0x0C,  # reserved, as all others
    0x14,
    0x1C,
    0x24,
    0x3C,
]


def read(esm_class: int, octets: bytes, sar: dict[int, int], payload: bool) -> tuple[bytes | None, bytes]:
    tlvs = dict(sar)
    if payload:
        tlvs[Tag.MESSAGE_PAYLOAD], octets = octets, b""
    pdu = SubmitSm(destination_addr="254712345678", esm_class=esm_class, data_coding=4, short_message=octets, tlvs=tlvs)
    got = read_submit(pdu, 1, 0)
    return got.body, got.udh


@pytest.mark.parametrize("payload", [False, True], ids=["short_message", "message_payload"])
@pytest.mark.parametrize("sar", SARS)
@pytest.mark.parametrize("header", HEADERS)
@pytest.mark.parametrize("esm_class", sorted([*TAKEN, *(taken | 0x40 for taken in TAKEN)]), ids=hex)
def test_decision_117_every_cell(esm_class, header, sar, payload):
    octets = HEADERS[header] + TEXT
    expected = TABLE[bool(esm_class & 0x40), header in VALID, sar]
    if expected == "refused":
        with pytest.raises(BadSubmit) as caught:
            read(esm_class, octets, SARS[sar], payload)
        assert caught.value.status == Status.ESME_RINVESMCLASS
    else:
        wanted = {"header": (TEXT, HEADERS[header]), "sar": (octets, SAR_UDH), "text": (octets, b"")}
        assert read(esm_class, octets, SARS[sar], payload) == wanted[expected]


@pytest.mark.parametrize("payload", [False, True], ids=["short_message", "message_payload"])
@pytest.mark.parametrize("sar", SARS)
@pytest.mark.parametrize("esm_class", sorted([*REFUSED, *(refused | 0x43 for refused in REFUSED)]), ids=hex)
def test_a_type_that_no_team_sends_is_refused_whatever_else_there_is(esm_class, sar, payload):
    with pytest.raises(BadSubmit) as caught:
        read(esm_class, HEADERS["a part"] + TEXT, SARS[sar], payload)
    assert caught.value.status == Status.ESME_RINVESMCLASS


def test_the_table_has_every_cell_and_the_types_are_all_told():
    assert set(TABLE) == set(itertools.product((True, False), (True, False), SARS))
    types = {esm_class & 0x3C for esm_class in range(256)}
    assert {taken & 0x3C for taken in TAKEN} == {0, 0x08, 0x10}
    assert types - {0, 0x08, 0x10} >= {refused & 0x3C for refused in REFUSED}
