"""Messages from phones as a carrier's deliver_sm or data_sm brings them.

How to think about it: a carrier cannot be asked what it meant, and what is refused for its content comes again for ever.
So everything is read somehow, and what cannot be read is kept as binary octets, for people to look at.

| data_coding                        | is read as                                                          |
|------------------------------------|---------------------------------------------------------------------|
| 0, and the carrier's own for GSM 7 | the carrier's `default_alphabet`; where that is GSM 7 and an octet is above 0x7F, Latin-1 |
| 1, 3, 6, 7, 14                     | ASCII, Latin-1, ISO 8859-5, ISO 8859-8, KS C 5601                    |
| 8, and the carrier's own           | UCS-2; an odd number of octets is binary                            |
| 2, 4, and the carrier's own        | binary                                                              |
| 0x10–0x3F, 0xC0–0xFF               | by the bits of the alphabet (3GPP TS 23.038 §4); compressed is binary |
| any other                          | binary                                                              |
"""

from __future__ import annotations

from typing import Final

from mobilesasa.carriers.smpp.options import DefaultAlphabet, SmppOptions
from mobilesasa.core.inbound import InboundPart, digits_of
from mobilesasa.core.model import Coding
from mobilesasa.smpp.fields import ESM_TYPE_MASK, DataCoding, EsmClass
from mobilesasa.smpp.pdus import DataSm, DeliverSm
from mobilesasa.smpp.receipts import Proof, Receipt
from mobilesasa.smpp.tlvs import Tag, Tlvs, integer
from mobilesasa.smpp.tlvs import octets as octets_of
from mobilesasa.sms.alphabet import OddLength, encode_ucs2, gsm_octets, plain_ucs2
from mobilesasa.sms.udh import (
    CONCATENATION,
    WIDE_CONCATENATION,
    BadUdh,
    Concatenation,
    Element,
    Udh,
    ports_element,
    read_udh,
)

_UDHI: Final = int(EsmClass.UDHI)
#: Types of a message that a person wrote, by esm_class: user acknowledgement and conversation abort (SMPP 3.4 §5.2.12).
_OF_PEOPLE: Final = frozenset({int(EsmClass.USER_ACKNOWLEDGEMENT), int(EsmClass.CONVERSATION_ABORT)})
_CODECS: Final = {
    int(DataCoding.ASCII): "latin-1",  # what is above 0x7F is no ASCII, and Latin-1 is the likeliest
    int(DataCoding.LATIN_1): "latin-1",
    int(DataCoding.CYRILLIC): "iso8859_5",
    int(DataCoding.HEBREW): "iso8859_8",
    int(DataCoding.KS_C_5601): "euc_kr",
}
_BINARY: Final = frozenset({int(DataCoding.OCTETS), int(DataCoding.OCTETS_8_BIT)})
_SAR: Final = (Tag.SAR_MSG_REF_NUM, Tag.SAR_TOTAL_SEGMENTS, Tag.SAR_SEGMENT_SEQNUM)
#: Of an address so many characters are kept (data_sm has room for 64).
_ADDRESS_CHARACTERS: Final = 64


def is_of_a_person(pdu: DeliverSm | DataSm, receipt: Receipt) -> bool:
    """Return whether what has the type of no receipt, and names no message, was written by a person all the same."""
    return pdu.esm_class & ESM_TYPE_MASK in _OF_PEOPLE and receipt.proof is Proof.ESM_CLASS and not receipt.message_id


def read_inbound(pdu: DeliverSm | DataSm, carrier_id: int, options: SmppOptions, received_at_ms: int) -> InboundPart:
    """Return the message, or the part of one, that a PDU brings from a phone; never raises."""
    octets = pdu.short_message if isinstance(pdu, DeliverSm) else b""
    octets = octets or octets_of(pdu.tlvs, Tag.MESSAGE_PAYLOAD) or b""
    concatenation = _by_sar(pdu.tlvs)
    elements: list[Element] = []
    is_broken = False
    if pdu.esm_class & _UDHI:
        try:
            udh, octets = read_udh(octets)
        except BadUdh:
            is_broken = concatenation is None  # with sar TLVs the bit says only that it is a part (decision 117)
        else:
            concatenation = udh.concatenation or concatenation
            elements = [each for each in udh.elements if each.identifier not in (CONCATENATION, WIDE_CONCATENATION)]
    elements += _ports(pdu.tlvs) if not elements else []
    coding, octets = (Coding.BINARY, octets) if is_broken else _content(octets, pdu.data_coding, options)
    return InboundPart(
        carrier_id=carrier_id,
        source=_address(pdu.source_addr),
        destination=_address(pdu.destination_addr),
        coding=coding,
        octets=octets,
        received_at_ms=received_at_ms,
        concatenation=concatenation if concatenation is not None and concatenation.total > 1 else None,
        udh=Udh(tuple(elements)).octets if elements else b"",
    )


def _address(written: str) -> str:
    """Return a number without a plus or 00 in front, anything else as it came."""
    address = written[:_ADDRESS_CHARACTERS].replace("\0", "").strip()
    return digits_of(address) or address


def _by_sar(tlvs: Tlvs) -> Concatenation | None:
    reference, total, number = (integer(tlvs, tag) for tag in _SAR)
    if reference is None or total is None or number is None:
        return None
    try:
        return Concatenation.from_sar(reference, total, number)
    except ValueError:
        return None


def _ports(tlvs: Tlvs) -> list[Element]:
    destination = integer(tlvs, Tag.DESTINATION_PORT)
    if destination is None:
        return []
    try:
        return [ports_element(destination, integer(tlvs, Tag.SOURCE_PORT) or 0)]
    except ValueError:
        return []


def _content(octets: bytes, data_coding: int, options: SmppOptions) -> tuple[Coding, bytes]:
    """Return in what the octets are kept, and the octets in that."""
    coding = _coding(data_coding, options)
    if coding is Coding.GSM7:
        return _default(octets, options.default_alphabet)
    if coding is Coding.UCS2:
        try:
            return Coding.UCS2, plain_ucs2(octets)
        except OddLength:
            return Coding.BINARY, octets
    codec = _CODECS.get(data_coding) if coding is None else None
    return (Coding.BINARY, octets) if codec is None else _written(octets, codec)


def _coding(data_coding: int, options: SmppOptions) -> Coding | None:
    """Return the alphabet that a data_coding names; None for those of `_CODECS`, and for what nobody knows."""
    own = {
        options.gsm7_data_coding: Coding.GSM7,
        options.ucs2_data_coding: Coding.UCS2,
        options.binary_data_coding: Coding.BINARY,
    }
    if data_coding == DataCoding.DEFAULT:
        return Coding.GSM7
    if data_coding in own:
        return own[data_coding]
    if data_coding in _BINARY:
        return Coding.BINARY
    if data_coding == DataCoding.UCS2:
        return Coding.UCS2
    return _by_group(data_coding)


def _by_group(data_coding: int) -> Coding | None:
    """Return the alphabet by the groups of 3GPP TS 23.038 §4."""
    if 0x10 <= data_coding <= 0x3F:
        if data_coding & 0x20:  # compressed
            return Coding.BINARY
        return {0: Coding.GSM7, 1: Coding.BINARY, 2: Coding.UCS2}.get(data_coding >> 2 & 3)
    if 0xC0 <= data_coding <= 0xDF:  # a mailbox has mail
        return Coding.GSM7
    if 0xE0 <= data_coding <= 0xEF:
        return Coding.UCS2
    if data_coding >= 0xF0:
        return Coding.BINARY if data_coding & 0x04 else Coding.GSM7
    return None


def _default(octets: bytes, alphabet: DefaultAlphabet) -> tuple[Coding, bytes]:
    if alphabet is DefaultAlphabet.GSM7:
        return (Coding.GSM7, octets) if octets.isascii() else _written(octets, "latin-1")
    if alphabet is DefaultAlphabet.UTF8:
        return _written(octets, "utf-8")
    return _written(octets, "latin-1")


def _written(octets: bytes, codec: str) -> tuple[Coding, bytes]:
    try:
        text = octets.decode(codec)
    except UnicodeDecodeError:
        return Coding.BINARY, octets
    septets = gsm_octets(text)
    return (Coding.UCS2, encode_ucs2(text)) if septets is None else (Coding.GSM7, septets)
