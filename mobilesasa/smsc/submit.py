"""A submit_sm read into a `Submission`: a pure function, driven by tables.

What is asked of the message itself (number, sender, length, units) is the gateway's to refuse; here is refused only
what cannot be read. `Submission.options` has these keys, each only where the PDU has it:

    flash                   true: to be shown at once and not stored (message class 0, 3GPP TS 23.038 §4)
    message_class           1 to 3: kept by the phone, by the SIM, by what is connected to the phone
    protocol_id             protocol_id, when it is not 0 (3GPP TS 23.040 §9.2.3.9)
    user_message_reference  the TLV of that name; the receipt brings it back
    intermediate            0: intermediate receipts are asked for (registered_delivery, bit 0x10; decision 107)
    service_type            that of the PDU: cancel_sm and replace_if_present_flag go by it
    data_coding             where it does not follow from how the text is sent: what replaces the text is read by it
    tlvs                    vendor TLVs (0x1400 to 0x3FFF), for carriers that want them: hexadecimal digits by tag, such as
                            {"0x1400": "3131"}

The acknowledgements that a phone could send (registered_delivery, bits 0x04 and 0x08) may be asked for and never come, for
no carrier brings them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

import attrs

from mobilesasa.core.model import INTERMEDIATE, Coding, Lane, Origin, Submission, Wish
from mobilesasa.core.terms import SmppTerms
from mobilesasa.smpp.fields import ESM_TYPE_MASK, EsmClass
from mobilesasa.smpp.pdus import SubmitSm
from mobilesasa.smpp.statuses import Status
from mobilesasa.smpp.times import BadTime, read_time
from mobilesasa.smpp.tlvs import NO_TLVS, Tag, integer
from mobilesasa.smpp.tlvs import octets as octets_of
from mobilesasa.smpp.ussd import BadUssd, UssdReply
from mobilesasa.smpp.vendor import COUNT_LIMIT, OCTETS_LIMIT, vendor_tlvs, write_tag
from mobilesasa.sms.alphabet import (
    NotUcs2,
    OddLength,
    decode_ascii,
    decode_cut_ucs2,
    decode_gsm,
    decode_latin1,
    decode_ucs2,
    plain_ucs2,
)
from mobilesasa.sms.udh import read_udh
from mobilesasa.smsc.content import UDHI, content_of
from mobilesasa.smsc.statuses import BadSubmit
from mobilesasa.smsc.ussd import ussd_reply_of

_SMPP: Final = Origin.SMPP  # a name of the module is found sooner than a member of an enumeration
_WISHES: Final = (Wish.NONE, Wish.ALL, Wish.FAILURES, Wish.SUCCESSES)
_ESCAPE: Final = b"\x1b"  # to the extension table of the GSM alphabet
_INTERMEDIATE: Final = 0x10  # registered_delivery, §5.2.17
_MOST_URGENT = 3  # priority_flag, §5.2.14
_HOUR_MS = 3_600_000
_DEFAULT_TERMS: Final = SmppTerms()
#: The types of message that a team may send (bits 5-2 of esm_class, §5.2.12): others are of the SMSC alone, or reserved.
_TYPES: Final = frozenset({0, int(EsmClass.DELIVERY_ACKNOWLEDGEMENT), int(EsmClass.USER_ACKNOWLEDGEMENT)})


def _gsm(octets: bytes) -> str:
    if not octets.isascii():
        raise BadSubmit(
            Status.ESME_RSUBMITFAIL,
            "data_coding 0 is the GSM alphabet, one octet below 0x80 a character; send Latin-1 as 3, all else as 8",
        )
    return decode_gsm(octets)


def _ascii(octets: bytes) -> str:
    if not octets.isascii():
        raise BadSubmit(Status.ESME_RSUBMITFAIL, "data_coding 1 is ASCII, which has no octet above 0x7F")
    return decode_ascii(octets)


def _ucs2(octets: bytes) -> str:
    try:
        return decode_ucs2(octets)
    except OddLength as odd:
        raise BadSubmit(Status.ESME_RINVMSGLEN, str(odd)) from None
    except NotUcs2 as bad:
        raise BadSubmit(Status.ESME_RSUBMITFAIL, str(bad)) from None


class UssdSubmit(BadSubmit):
    """A submit is no short message but the answer in a USSD session; whoever has no such sessions refuses it."""

    def __init__(self, reply: UssdReply) -> None:
        """Keep the answer."""
        super().__init__(
            Status.ESME_RINVSERTYP, "USSD is not taken as a short message, and there is no USSD session to answer"
        )
        self.reply = reply


@attrs.frozen
class Scheme:
    """How the octets of one data_coding are read; `part_octets` are what one and each of several parts hold."""

    read: Callable[[bytes], str] | None  # None: the octets are the message
    coding: Coding | None  # None: the smallest alphabet that has the text
    single_octets: int
    part_octets: int
    message_class: int | None = None


_GSM = Scheme(_gsm, Coding.GSM7, 160, 153)
_BINARY = Scheme(None, Coding.BINARY, 140, 134)
_LATIN1 = Scheme(decode_latin1, None, 160, 153)
_UCS2 = Scheme(_ucs2, Coding.UCS2, 140, 134)

#: What is taken of data_coding (decision 106); all else is refused. 0x10 and 0xF0 begin the groups of a message class in
#: bits 1-0 with an alphabet above it (3GPP TS 23.038 §4).
SCHEMES: Final[Mapping[int, Scheme]] = {
    0x00: _GSM,
    0x01: Scheme(_ascii, None, 160, 153),
    0x02: _BINARY,
    0x03: _LATIN1,
    0x04: _BINARY,
    0x08: _UCS2,
    **{
        group + message_class: attrs.evolve(scheme, message_class=message_class)
        for group, scheme in {0x10: _GSM, 0x14: _BINARY, 0x18: _UCS2, 0xF0: _GSM, 0xF4: _BINARY}.items()
        for message_class in range(4)
    },
}


def read_submit(pdu: SubmitSm, team_id: int, now_ms: int, terms: SmppTerms = _DEFAULT_TERMS) -> Submission:
    """Return the message that a team's submit_sm asks for.

    Args:
        pdu: as it came.
        team_id: whose it is.
        now_ms: what relative times count from, in milliseconds since the epoch.
        terms: of the session: how data_coding 0 is read, how long a message is valid, its lane without a priority_flag.

    Raises:
        BadSubmit: the PDU cannot be read as a message, or is none (`UssdSubmit`); nothing was looked up.
    """
    if pdu.service_type or pdu.tlvs is not NO_TLVS:
        _refuse_ussd(pdu)  # first, for it has data_codings of its own
    scheme = _scheme_of(pdu.data_coding, terms)
    _refuse_oddities(pdu)
    octets, udh = content_of(pdu) if pdu.tlvs is not NO_TLVS or pdu.esm_class & UDHI else (pdu.short_message, b"")
    if not octets and not udh:
        raise BadSubmit(Status.ESME_RINVMSGLEN, "the message is empty")
    due_at_ms = validity_ms = None
    if pdu.schedule_delivery_time or pdu.validity_period:
        due_at_ms, validity_ms = read_times(pdu.schedule_delivery_time, pdu.validity_period, now_ms)
    text, body = _text_of(scheme, octets, udh)
    return Submission(
        team_id,
        pdu.source_addr.strip() or None,
        pdu.destination_addr,
        text,
        _SMPP,
        _WISHES[pdu.registered_delivery & 0b11],
        body,
        udh,
        scheme.coding,
        validity_ms,
        due_at_ms,
        Lane.BULK if terms.lane == "bulk" and not pdu.priority_flag else Lane.TRANSACTIONAL,
        options=_options(pdu, scheme),
        max_validity_ms=terms.max_validity_h * _HOUR_MS,
        strict_validity=terms.strict_validity,
    )


def parts_to_pay(pdu: SubmitSm, max_parts: int) -> int:
    """Return what a submit_sm takes from the session's rate: 1, or the parts of its message_payload (decision 97).

    One with more parts than any message may have counts as 1: it will be refused, and for that reason.
    """
    payload = octets_of(pdu.tlvs, Tag.MESSAGE_PAYLOAD)
    scheme = SCHEMES.get(pdu.data_coding)
    if payload is None or scheme is None or len(payload) <= scheme.single_octets:
        return 1
    parts = -(-len(payload) // scheme.part_octets)
    return parts if parts <= max_parts else 1


def _refuse_oddities(pdu: SubmitSm) -> None:
    if pdu.sm_default_msg_id:
        raise BadSubmit(Status.ESME_RINVDFTMSGID, "there are no predefined messages")
    if pdu.priority_flag > _MOST_URGENT:
        raise BadSubmit(Status.ESME_RINVPRTFLG, "priority_flag is 0 to 3")
    if pdu.replace_if_present_flag > 1:
        raise BadSubmit(Status.ESME_RINVREPFLAG, "replace_if_present_flag is 0 or 1")
    if pdu.esm_class & ESM_TYPE_MASK not in _TYPES:
        raise BadSubmit(
            Status.ESME_RINVESMCLASS, "esm_class has a type of message that no team sends, such as a receipt"
        )


def _refuse_ussd(pdu: SubmitSm) -> None:
    """Refuse what belongs to a USSD session: it is never charged, stored or receipted as a short message."""
    try:
        reply = ussd_reply_of(pdu)
    except BadUssd as bad:
        raise BadSubmit(Status.ESME_RINVSERTYP, str(bad)) from None
    if reply is not None:
        raise UssdSubmit(reply)


def _text_of(scheme: Scheme, octets: bytes, udh: bytes) -> tuple[str | None, bytes | None]:
    """Return the text and, where they are what is sent, the octets."""
    read = scheme.read
    if read is None:
        return None, octets
    if udh and read is _ucs2:
        return _part_of_ucs2(octets, udh)
    if udh and read is _gsm and octets[-1:] == _ESCAPE:
        return _part_of_gsm(octets, udh)
    return read(octets), None


def _part_of_gsm(octets: bytes, udh: bytes) -> tuple[str, bytes | None]:
    """Return the text of a part, and its septets too where the team has cut a character of the extension table in two.

    The escape is the end of this part, what it is for the beginning of the next (3GPP TS 23.038 §6.2.1.1): smpplib cuts so.
    """
    part = read_udh(udh)[0].concatenation
    if part is None or part.number >= part.total:
        return _gsm(octets), None
    return _gsm(octets[: -len(_ESCAPE)]), octets


def _part_of_ucs2(octets: bytes, udh: bytes) -> tuple[str, bytes | None]:
    """Return the text of a part, and its octets too where the team has cut a character between this part and another.

    Such a part goes as it is; the phone joins the halves.
    """
    try:
        return decode_ucs2(octets), None
    except NotUcs2:
        part = read_udh(udh)[0].concatenation
        if part is None or len(octets) % 2:
            return _ucs2(octets), None  # which says what is wrong
    plain = plain_ucs2(octets)
    try:
        return decode_cut_ucs2(plain, before=part.number > 1, after=part.number < part.total), plain
    except NotUcs2 as bad:
        raise BadSubmit(Status.ESME_RSUBMITFAIL, str(bad)) from None


def _scheme_of(data_coding: int, terms: SmppTerms) -> Scheme:
    scheme = SCHEMES.get(data_coding)
    if scheme is None:
        raise BadSubmit(Status.ESME_RSUBMITFAIL, f"data_coding 0x{data_coding:02X} is not taken")
    return _LATIN1 if scheme is _GSM and terms.latin1 else scheme


def _options(pdu: SubmitSm, scheme: Scheme) -> dict[str, Any] | None:
    has_class = scheme.message_class is not None
    has_more = pdu.protocol_id or pdu.registered_delivery & _INTERMEDIATE or pdu.service_type or scheme.coding is None
    if pdu.tlvs is NO_TLVS and not has_class and not has_more:
        return None
    options: dict[str, Any] = {}
    if scheme.message_class == 0:
        options["flash"] = True
    elif scheme.message_class is not None:
        options["message_class"] = scheme.message_class
    if pdu.protocol_id:
        options["protocol_id"] = pdu.protocol_id
    if pdu.registered_delivery & _INTERMEDIATE:
        options[INTERMEDIATE] = 0
    if pdu.service_type:
        options["service_type"] = pdu.service_type
    if scheme.coding is None:
        options["data_coding"] = pdu.data_coding
    reference = integer(pdu.tlvs, Tag.USER_MESSAGE_REFERENCE)
    if reference is not None and reference <= 0xFFFF:
        options["user_message_reference"] = reference
    if pdu.tlvs is not NO_TLVS and (of_vendor := vendor_tlvs(pdu.tlvs)):
        options["tlvs"] = _bounded(of_vendor)
    return options or None


def _bounded(of_vendor: Mapping[int, bytes]) -> dict[str, str]:
    """Return vendor TLVs as they are kept; more than are kept are refused, for what is left out would be missed."""
    if len(of_vendor) > COUNT_LIMIT or sum(map(len, of_vendor.values())) > OCTETS_LIMIT:
        raise BadSubmit(
            Status.ESME_RINVOPTPARAMVAL,
            f"at most {COUNT_LIMIT} vendor TLVs of {OCTETS_LIMIT} octets together are taken",
        )
    return {write_tag(tag): value.hex() for tag, value in of_vendor.items()}


def read_times(schedule_delivery_time: str, validity_period: str, now_ms: int) -> tuple[int | None, int | None]:
    """Return when a message is due and how long it is valid from then on, each None when nothing is said.

    Due is milliseconds since the epoch, valid is milliseconds, which may be negative: the gateway judges both.

    Raises:
        BadSubmit: ESME_RINVSCHED or ESME_RINVEXPIRY, a text is no time.
    """
    now = datetime.fromtimestamp(now_ms / 1000, UTC)
    due_at_ms = _moment_ms(schedule_delivery_time, now, Status.ESME_RINVSCHED)
    end_ms = _moment_ms(validity_period, now, Status.ESME_RINVEXPIRY)
    if end_ms is None:
        return due_at_ms, None
    begin_ms = now_ms if validity_period.endswith("R") else max(now_ms, due_at_ms or now_ms)
    return due_at_ms, end_ms - begin_ms


def _moment_ms(text: str, now: datetime, refused_with: Status) -> int | None:
    """Return the moment in milliseconds; None for nothing and for a text of zeros, which says nothing (decision 122)."""
    if not text.rstrip("R+-").strip("0"):
        return None
    try:
        moment = read_time(text, now)
    except BadTime as bad:
        raise BadSubmit(refused_with, str(bad)) from None
    return None if moment is None else round(moment.timestamp() * 1000)
