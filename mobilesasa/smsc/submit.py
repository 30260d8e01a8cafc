"""A submit_sm read into a `Submission`: a pure function, driven by tables.

What is asked of the message itself (number, sender, length, units) is the gateway's to refuse; here is refused only
what cannot be read. `Submission.options` has these keys, each only where the PDU has it:

    flash                   true: to be shown at once and not stored (data_coding 0xF0 and 0x10, message class 0)
    protocol_id             protocol_id, when it is not 0 (3GPP TS 23.040 §9.2.3.9)
    user_message_reference  the TLV of that name; the receipt brings it back
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

import attrs

from mobilesasa.core.model import Coding, Origin, Submission, Wish
from mobilesasa.smpp.pdus import SubmitSm
from mobilesasa.smpp.statuses import Status
from mobilesasa.smpp.times import BadTime, read_time
from mobilesasa.smpp.tlvs import NO_TLVS, Tag, integer
from mobilesasa.smpp.tlvs import octets as octets_of
from mobilesasa.sms.alphabet import NotUcs2, OddLength, decode_ascii, decode_gsm, decode_latin1, decode_ucs2
from mobilesasa.smsc.content import UDHI, content_of
from mobilesasa.smsc.statuses import BadSubmit

_WISHES: Final = (Wish.NONE, Wish.ALL, Wish.FAILURES, Wish.SUCCESSES)
_MOST_URGENT = 3  # priority_flag, §5.2.14
_USSD = "USSD"


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


@attrs.frozen
class Scheme:
    """How the octets of one data_coding are read; `part_octets` are what one and each of several parts hold."""

    read: Callable[[bytes], str] | None  # None: the octets are the message
    coding: Coding | None  # None: the smallest alphabet that has the text
    single_octets: int
    part_octets: int
    flash: bool = False


#: What is taken of data_coding (decision 106); all else is refused.
SCHEMES: Final[Mapping[int, Scheme]] = {
    0x00: Scheme(_gsm, Coding.GSM7, 160, 153),
    0x01: Scheme(_ascii, None, 160, 153),
    0x02: Scheme(None, Coding.BINARY, 140, 134),
    0x03: Scheme(decode_latin1, None, 160, 153),
    0x04: Scheme(None, Coding.BINARY, 140, 134),
    0x08: Scheme(_ucs2, Coding.UCS2, 140, 134),
    0x10: Scheme(_gsm, Coding.GSM7, 160, 153, flash=True),
    0xF0: Scheme(_gsm, Coding.GSM7, 160, 153, flash=True),
}


def read_submit(pdu: SubmitSm, team_id: int, now_ms: int) -> Submission:
    """Return the message that a team's submit_sm asks for.

    Raises:
        BadSubmit: the PDU cannot be read as a message; nothing was looked up.
    """
    scheme = SCHEMES.get(pdu.data_coding)
    if scheme is None:
        raise BadSubmit(Status.ESME_RSUBMITFAIL, f"data_coding 0x{pdu.data_coding:02X} is not taken")
    tlvs = pdu.tlvs
    octets, udh = pdu.short_message, b""
    if tlvs is not NO_TLVS or pdu.esm_class & UDHI:
        octets, udh = content_of(pdu)
    _refuse_oddities(pdu)
    if not octets and not udh:
        raise BadSubmit(Status.ESME_RINVMSGLEN, "the message is empty")
    options = None
    if tlvs is not NO_TLVS or scheme.flash or pdu.protocol_id:
        options = _options(pdu, scheme)
    due_at_ms = validity_ms = None
    if pdu.schedule_delivery_time or pdu.validity_period:
        due_at_ms, validity_ms = _times(pdu, now_ms)
    read = scheme.read
    return Submission(
        team_id,
        pdu.source_addr.strip() or None,
        pdu.destination_addr,
        None if read is None else read(octets),
        Origin.SMPP,
        _WISHES[pdu.registered_delivery & 0b11],
        octets if read is None else None,
        udh,
        scheme.coding,
        validity_ms,
        due_at_ms,
        options=options,
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
    if pdu.service_type == _USSD or Tag.USSD_SERVICE_OP in pdu.tlvs:
        raise BadSubmit(Status.ESME_RINVSERTYP, "USSD is not taken as a short message")


def _options(pdu: SubmitSm, scheme: Scheme) -> dict[str, Any] | None:
    options: dict[str, Any] = {}
    if scheme.flash:
        options["flash"] = True
    if pdu.protocol_id:
        options["protocol_id"] = pdu.protocol_id
    reference = integer(pdu.tlvs, Tag.USER_MESSAGE_REFERENCE)
    if reference is not None and reference <= 0xFFFF:
        options["user_message_reference"] = reference
    return options or None


def _times(pdu: SubmitSm, now_ms: int) -> tuple[int | None, int | None]:
    """Return when the message is due and how long it is valid from then on, each None when nothing is said."""
    now = datetime.fromtimestamp(now_ms / 1000, UTC)
    due_at_ms = _moment_ms(pdu.schedule_delivery_time, now, Status.ESME_RINVSCHED)
    end_ms = _moment_ms(pdu.validity_period, now, Status.ESME_RINVEXPIRY)
    if end_ms is None:
        return due_at_ms, None
    begin_ms = now_ms if pdu.validity_period.endswith("R") else max(now_ms, due_at_ms or now_ms)
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
