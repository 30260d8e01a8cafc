"""USSD over SMPP: what a carrier's deliver_sm says of a session, and the submit_sm that answers it.

How to think about it: a phone dials a code, the carrier opens a session and sends a deliver_sm; each answer of ours is a
submit_sm, and each answer of the person another deliver_sm, until somebody ends it. `ussd_service_op` says what a PDU is
(§5.3.2.44); who is who is said in a different way by each supplier, which is what a `Dialect` tells.

| from the carrier, `ussd_service_op`  | is          | we answer with                                   |
|--------------------------------------|-------------|--------------------------------------------------|
| 0 PSSD indication                    | `START`     | 16 PSSD response: the phone can only be told     |
| 1 PSSR indication                    | `START`     | 2 USSR request (an answer is wanted), 17 at the end |
| 18 USSR confirm                      | `INPUT`     | the same                                         |
| 19 USSN confirm                      | `END`       | nothing: the person has seen a notice (3)        |
| 129 release                          | `ABORT`, or `TIMEOUT` where the text says so | nothing         |
| any other                            | `INPUT`     | as 18; seen of 6D and Mica                       |

| dialect    | the session is in                                    | the code is in     | evidence |
|------------|------------------------------------------------------|--------------------|----------|
| `STANDARD` | its_session_info: number, 7 bits of sequence, end    | `destination_addr` | SMPP 3.4 §5.3.2.43 |
| `MICA`     | user_message_reference                               | the first text     | vumi, processors/mica |
| `SIXDEE`   | its_session_info: 15 bits, and one that says the end | the first text     | vumi, processors/sixdee |
| `HUAWEI`   | nowhere: a phone has one session at a time           | `destination_addr` | jsmpp #150 |

A session's number is used again, so its key holds the carrier and the phone too. Where a PDU lacks what its dialect
promises the phone alone is the key. Nothing here is a short message: it is not charged, not joined from parts, and has
no receipts.

>>> from mobilesasa.smpp.pdus import DeliverSm
>>> dialled = DeliverSm(source_addr="254712345678", destination_addr="384", short_message=b"*384*7#",
...                     tlvs={Tag.USSD_SERVICE_OP: 1, Tag.ITS_SESSION_INFO: bytes([42, 0])})
>>> event = read_event(dialled, STANDARD, "savanna")
>>> event.kind.value, event.session_key, event.code, event.input
('start', 'savanna/42/254712345678', '384', '*384*7#')
>>> answer = write_reply(UssdReply("1. Balance", end=False), event, STANDARD)
>>> answer.destination_addr, answer.tlvs[Tag.USSD_SERVICE_OP], answer.tlvs[Tag.ITS_SESSION_INFO].hex()
('254712345678', 2, '2a00')
"""

from __future__ import annotations

import enum
import re
from collections.abc import Mapping
from typing import Final, Self

import attrs

from mobilesasa.smpp.fields import DataCoding, Ton
from mobilesasa.smpp.pdus import DataSm, DeliverSm, SubmitSm
from mobilesasa.smpp.tlvs import Tag, Tlvs, TlvValue, integer
from mobilesasa.smpp.tlvs import octets as octets_of
from mobilesasa.sms.alphabet import decode_gsm, decode_latin1, encode_ucs2, gsm_octets, mended, plain_ucs2

#: The service_type of USSD (§5.2.11).
SERVICE_TYPE: Final = "USSD"
#: What a screen holds at most: a USSD string is 160 octets (3GPP TS 24.080 §4.5), in septets or in UCS-2 units.
SCREEN_SEPTETS: Final = 182
SCREEN_UCS2_UNITS: Final = 80

_ADDRESS_CHARACTERS = 20
_A_TIME_OUT = re.compile(r"time[ds]?[ -]?out", re.IGNORECASE)
_A_CODE = re.compile(r"[*#][0-9*#]*#")
_UCS2_CODINGS = frozenset(
    {int(DataCoding.UCS2), 0x48}
)  # 0x48: UCS-2 as cell broadcasts and USSD have it (TS 23.038 §5)


class Op(enum.IntEnum):
    """ussd_service_op (§5.3.2.44). `RELEASE` is of no specification and met with several suppliers."""

    PSSD_INDICATION = 0
    PSSR_INDICATION = 1
    USSR_REQUEST = 2
    USSN_REQUEST = 3
    PSSD_RESPONSE = 16
    PSSR_RESPONSE = 17
    USSR_CONFIRM = 18
    USSN_CONFIRM = 19
    RELEASE = 129


class Kind(enum.StrEnum):
    """What has happened in a session."""

    START = "start"
    INPUT = "input"
    END = "end"  # in good order
    ABORT = "abort"  # the person or the network broke it off
    TIMEOUT = "timeout"


class SessionIn(enum.Enum):
    """Where a dialect has the number of a session."""

    SESSION_INFO = "its_session_info"
    SESSION_INFO_15_BITS = "its_session_info, 15 bits"
    USER_MESSAGE_REFERENCE = "user_message_reference"
    NOWHERE = "nowhere"


class CodeIn(enum.Enum):
    """Where a dialect has the code that was dialled."""

    DESTINATION = "destination_addr"
    FIRST_TEXT = "the text of the first PDU"


@attrs.frozen
class Dialect:
    """How a supplier speaks of sessions."""

    name: str
    session_in: SessionIn
    code_in: CodeIn


STANDARD: Final = Dialect("standard", SessionIn.SESSION_INFO, CodeIn.DESTINATION)
MICA: Final = Dialect("mica", SessionIn.USER_MESSAGE_REFERENCE, CodeIn.FIRST_TEXT)
SIXDEE: Final = Dialect("sixdee", SessionIn.SESSION_INFO_15_BITS, CodeIn.FIRST_TEXT)
HUAWEI: Final = Dialect("huawei", SessionIn.NOWHERE, CodeIn.DESTINATION)
#: All of them by name.
DIALECTS: Final[Mapping[str, Dialect]] = {d.name: d for d in (STANDARD, MICA, SIXDEE, HUAWEI)}


class BadUssd(ValueError):
    """A PDU of USSD that makes no sense, or one that cannot be written; the text says why."""


class ScreenTooLong(BadUssd):
    """The text does not fit a screen: it has `length` septets or UCS-2 units, and `limit` fit."""

    def __init__(self, length: int, limit: int) -> None:
        """Keep both."""
        super().__init__(f"the text takes {length} characters; a USSD screen has {limit}")
        self.length = length
        self.limit = limit


@attrs.frozen
class SessionInfo:
    """its_session_info: two octets, the session's number, then 7 bits of sequence and one that says the end (§5.3.2.43).

    Raises:
        BadUssd: a number is out of its range.
    """

    session: int  # 0 to 255
    sequence: int = 0  # of the PDU within the session, 0 to 127
    end: bool = False

    def __attrs_post_init__(self) -> None:
        if not (0 <= self.session <= 0xFF and 0 <= self.sequence <= 0x7F):
            raise BadUssd("a session has a number of 0 to 255 and a sequence of 0 to 127")

    @property
    def octets(self) -> bytes:
        """The value of the TLV."""
        return bytes((self.session, self.sequence << 1 | self.end))

    @classmethod
    def read(cls, tlvs: Tlvs) -> Self | None:
        """Return what the TLV says, or None where there is none.

        Raises:
            BadUssd: it is not of two octets.
        """
        octets = octets_of(tlvs, Tag.ITS_SESSION_INFO)
        if octets is None:
            return None
        if len(octets) != 2:
            raise BadUssd(f"its_session_info has two octets, and this one {len(octets)}")
        return cls(octets[0], octets[1] >> 1, bool(octets[1] & 1))


@attrs.frozen
class UssdEvent:
    """What a carrier says has happened in a session.

    `code` is empty where the dialect names it only at the start; `carrier_session_id` where it names no session.
    """

    session_key: str
    carrier_session_id: str
    msisdn: str
    code: str
    kind: Kind
    input: str = attrs.field(repr=False)  # what was typed; at the start all that was dialled, or empty
    sequence: int  # of its_session_info, 0 to 127
    raw: DeliverSm = attrs.field(repr=False)  # the PDU


@attrs.frozen
class UssdReply:
    """What is shown on the phone.

    To a carrier `text` and `end` are enough. Where a team is the one that answers, `msisdn`, `session` and the rest say
    which session it means.
    """

    text: str = attrs.field(repr=False)
    end: bool  # no answer is wanted
    msisdn: str = ""
    code: str = ""  # what the session began with; needed where the carrier names it only then
    session: int | None = None  # 0 to 255
    sequence: int = 0
    released: bool = False  # nothing is shown: the session is given up


def is_ussd(pdu: DeliverSm | SubmitSm | DataSm) -> bool:
    """Whether a PDU belongs to a USSD session, and so is no short message."""
    return pdu.service_type.strip().upper() == SERVICE_TYPE or Tag.USSD_SERVICE_OP in pdu.tlvs


def read_event(pdu: DeliverSm, dialect: Dialect, carrier: str) -> UssdEvent | None:
    """Return what a carrier's deliver_sm says of a session; None when it is no USSD.

    Args:
        pdu: as it came.
        dialect: how the carrier speaks.
        carrier: its name, which is part of the session's key.

    Raises:
        BadUssd: its_session_info is not of two octets.
    """
    if not is_ussd(pdu):
        return None
    session_id, sequence, ends = _session_of(pdu.tlvs, dialect)
    text = read_text(pdu)
    kind = _kind_of(integer(pdu.tlvs, Tag.USSD_SERVICE_OP), text, ends)
    code = pdu.destination_addr
    if dialect.code_in is CodeIn.FIRST_TEXT:
        code, text = (text, "") if kind is Kind.START else ("", text)
    return UssdEvent(
        session_key=f"{carrier}/{session_id}/{pdu.source_addr}",
        carrier_session_id=session_id,
        msisdn=pdu.source_addr,
        code=code,
        kind=kind,
        input=text if kind in (Kind.START, Kind.INPUT, Kind.END) else "",
        sequence=sequence,
        raw=pdu,
    )


def write_reply(reply: UssdReply, event: UssdEvent, dialect: Dialect) -> SubmitSm:
    """Return the submit_sm that answers an event, its session echoed.

    Raises:
        ScreenTooLong: the text does not fit a screen.
        BadUssd: the code does not fit an address.
    """
    asked = event.raw
    if integer(asked.tlvs, Tag.USSD_SERVICE_OP) == Op.PSSD_INDICATION:
        op, end = Op.PSSD_RESPONSE, True  # a phone of phase 1 cannot be asked
    else:
        op, end = (Op.PSSR_RESPONSE, True) if reply.end else (Op.USSR_REQUEST, False)
    return attrs.evolve(
        _submit(reply.text, event.msisdn, reply.code or event.code or asked.destination_addr, op),
        source_addr_ton=asked.dest_addr_ton,
        source_addr_npi=asked.dest_addr_npi,
        dest_addr_ton=asked.source_addr_ton,
        dest_addr_npi=asked.source_addr_npi,
        tlvs={Tag.USSD_SERVICE_OP: int(op), **_echo(event, dialect, end)},
    )


def write_push(text: str, msisdn: str, code: str, *, wants_answer: bool) -> SubmitSm:
    """Return the submit_sm that begins a session from our side: a question (2) or a notice (3).

    The carrier numbers the session; its answer is a deliver_sm with 18 or 19.

    Raises:
        ScreenTooLong: the text does not fit a screen.
        BadUssd: the code does not fit an address.
    """
    op = Op.USSR_REQUEST if wants_answer else Op.USSN_REQUEST
    return attrs.evolve(_submit(text, msisdn, code, op), dest_addr_ton=Ton.INTERNATIONAL, dest_addr_npi=1)


def read_text(pdu: DeliverSm | SubmitSm) -> str:
    """Return the text of a PDU of USSD, from short_message or message_payload; never raises.

    UCS-2 is read under data_coding 8 and 0x48, Latin-1 under 3 and where an octet is above 0x7F; all else is the GSM
    alphabet, of which digits, `*` and `#` are the same in ASCII.
    """
    octets = pdu.short_message or octets_of(pdu.tlvs, Tag.MESSAGE_PAYLOAD) or b""
    if pdu.data_coding in _UCS2_CODINGS:
        return mended([plain_ucs2(octets[: len(octets) // 2 * 2])])
    if pdu.data_coding == DataCoding.LATIN_1 or not octets.isascii():
        return decode_latin1(octets)
    return decode_gsm(octets)


def written_text(text: str) -> tuple[int, bytes]:
    """Return the data_coding and the octets of a text for a screen; half of a character becomes U+FFFD.

    Raises:
        ScreenTooLong: it does not fit one.
    """
    octets = gsm_octets(text)
    if octets is not None:
        if len(octets) > SCREEN_SEPTETS:
            raise ScreenTooLong(len(octets), SCREEN_SEPTETS)
        return int(DataCoding.DEFAULT), octets
    octets = encode_ucs2(mended([text]))
    if len(octets) > 2 * SCREEN_UCS2_UNITS:
        raise ScreenTooLong(len(octets) // 2, SCREEN_UCS2_UNITS)
    return int(DataCoding.UCS2), octets


def _submit(text: str, msisdn: str, code: str, op: Op) -> SubmitSm:
    if len(code) > _ADDRESS_CHARACTERS:
        raise BadUssd(f"the code has {len(code)} characters; an address of SMPP has at most {_ADDRESS_CHARACTERS}")
    data_coding, octets = written_text(text)
    return SubmitSm(
        service_type=SERVICE_TYPE,
        source_addr=code,
        destination_addr=msisdn,
        data_coding=data_coding,
        short_message=octets,
        tlvs={Tag.USSD_SERVICE_OP: int(op)},
    )


def _kind_of(op: int | None, text: str, ends: bool) -> Kind:
    if op == Op.RELEASE:
        return Kind.TIMEOUT if _A_TIME_OUT.search(text) else Kind.ABORT
    if ends or op == Op.USSN_CONFIRM:
        return Kind.END
    if op in (Op.PSSD_INDICATION, Op.PSSR_INDICATION) or (op is None and _A_CODE.fullmatch(text)):
        return Kind.START
    return Kind.INPUT


def _session_of(tlvs: Tlvs, dialect: Dialect) -> tuple[str, int, bool]:
    """Return a session's number as text, the PDU's sequence within it, and whether it ends with this PDU."""
    if dialect.session_in is SessionIn.USER_MESSAGE_REFERENCE:
        number = integer(tlvs, Tag.USER_MESSAGE_REFERENCE)
        return "" if number is None else str(number), 0, False
    info = None if dialect.session_in is SessionIn.NOWHERE else SessionInfo.read(tlvs)
    if info is None:
        return "", 0, False
    if dialect.session_in is SessionIn.SESSION_INFO_15_BITS:
        return str(info.session << 7 | info.sequence), 0, info.end
    return str(info.session), info.sequence, info.end


def _echo(event: UssdEvent, dialect: Dialect, end: bool) -> dict[int, TlvValue]:
    """Return the TLV that names the session of an event to its carrier, if the carrier named it."""
    if not event.carrier_session_id:
        return {}
    number = int(event.carrier_session_id)
    if dialect.session_in is SessionIn.USER_MESSAGE_REFERENCE:
        return {Tag.USER_MESSAGE_REFERENCE: number}
    if dialect.session_in is SessionIn.SESSION_INFO_15_BITS:
        return {Tag.ITS_SESSION_INFO: SessionInfo(number >> 7, number & 0x7F, end).octets}
    return {Tag.ITS_SESSION_INFO: SessionInfo(number, event.sequence, end).octets}
