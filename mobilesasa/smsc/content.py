"""Where the text of a submit_sm is, and which header goes before it (decisions 117, 118, 121 and 128).

Clients say that they have split a message in three ways: a user data header, the sar TLVs, or a mixture that the
reference itself shows (esm_class 0x40 with sar TLVs and bare text). So the content decides:

    esm_class 0x40   a well-formed header   all sar TLVs   what it is
    yes              yes                    either way     the header, the sar TLVs are passed over
    yes              no                     yes            the sar TLVs, made into a header
    yes              no                     no             refused: ESME_RINVESMCLASS
    no               -                      yes            the sar TLVs, made into a header
    no               -                      no             a message by itself

References made from sar TLVs are cut to 8 bits in every part alike: a client that sends 153 septets has left no room
for a wider one, and the parts of one message must carry the same.
"""

from __future__ import annotations

from typing import Final

from mobilesasa.smpp.fields import EsmClass
from mobilesasa.smpp.pdus import SubmitSm
from mobilesasa.smpp.statuses import Status
from mobilesasa.smpp.tlvs import Tag, Tlvs, integer
from mobilesasa.smpp.tlvs import octets as octets_of
from mobilesasa.sms.udh import BadUdh, Concatenation, Element, Udh, ports_element, read_udh
from mobilesasa.smsc.statuses import BadSubmit

UDHI: Final = int(EsmClass.UDHI)
_SAR = (Tag.SAR_MSG_REF_NUM, Tag.SAR_TOTAL_SEGMENTS, Tag.SAR_SEGMENT_SEQNUM)


def content_of(pdu: SubmitSm) -> tuple[bytes, bytes]:
    """Return the octets of the text and of the user data header before it, which is empty for most.

    Raises:
        BadSubmit: ESME_RINVESMCLASS, ESME_ROPTPARNOTALLWD or ESME_RINVOPTPARAMVAL.
    """
    octets = _octets(pdu)
    sar = _concatenation(pdu.tlvs)
    ports = _ports(pdu.tlvs)
    if pdu.esm_class & UDHI:
        try:
            udh, rest = read_udh(octets)
        except BadUdh as bad:
            if sar is None:
                raise BadSubmit(
                    Status.ESME_RINVESMCLASS, f"esm_class says that there is a user data header, but {bad}"
                ) from None
        else:
            if ports is not None and udh.ports is None:
                return rest, _header([*udh.elements, ports])
            return rest, octets[: len(octets) - len(rest)]
    elements = [sar.element] if sar is not None and sar.total > 1 else []
    if ports is not None:
        elements.append(ports)
    return octets, _header(elements) if elements else b""


def _octets(pdu: SubmitSm) -> bytes:
    payload = octets_of(pdu.tlvs, Tag.MESSAGE_PAYLOAD)
    if not payload:
        return pdu.short_message
    if pdu.short_message:
        raise BadSubmit(Status.ESME_ROPTPARNOTALLWD, "there is a text in short_message and one in message_payload")
    return payload


def _concatenation(tlvs: Tlvs) -> Concatenation | None:
    """Return which part the sar TLVs say this is; None unless all three are there."""
    reference, total, number = (integer(tlvs, tag) for tag in _SAR)
    if reference is None or total is None or number is None:
        return None
    try:
        return Concatenation.from_sar(reference, total, number).narrowed()
    except ValueError as bad:
        raise BadSubmit(Status.ESME_RINVOPTPARAMVAL, f"the sar TLVs: {bad}") from None


def _ports(tlvs: Tlvs) -> Element | None:
    destination = integer(tlvs, Tag.DESTINATION_PORT)
    if destination is None:
        return None
    try:
        return ports_element(destination, integer(tlvs, Tag.SOURCE_PORT) or 0)
    except ValueError as bad:
        raise BadSubmit(Status.ESME_RINVOPTPARAMVAL, str(bad)) from None


def _header(elements: list[Element]) -> bytes:
    try:
        return Udh(tuple(elements)).octets
    except BadUdh as bad:
        raise BadSubmit(Status.ESME_RINVMSGLEN, str(bad)) from None
