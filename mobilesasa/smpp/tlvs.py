"""Every optional parameter of SMPP 3.4 with its type and size (§5.3), and how a run of them is read and written.

A PDU carries them as a mapping from tag to value: `pdu.tlvs.get(Tag.MESSAGE_STATE)`. The table gives the type of the
value: numbers are `int`, C-octet strings `str`, octet strings `bytes`. What the table does not know (a vendor's
0x1400 to 0x3FFF for instance) is `bytes` and is written again as it came.

Reading is tolerant, since a receipt must not be lost for an odd parameter: a number of another width is still a
number, a string may lack its NUL, and a value that does not read as its type at all stays `bytes`. Use `integer`,
`text` and `octets` where that matters: they give None for what is not there. Of a doubled parameter the last stands.
Only a run whose lengths do not add up is refused (ESME_RINVOPTPARSTREAM). Writing is exact: a value must fit its type
and size; `bytes` are written as they are, under any tag.
"""

import enum
import struct
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import attrs

from mobilesasa.smpp.errors import MalformedBody, Unencodable
from mobilesasa.smpp.statuses import Status

TlvValue = int | str | bytes
Tlvs = Mapping[int, TlvValue]

#: What a PDU without optional parameters has.
NO_TLVS: Final[Tlvs] = MappingProxyType({})


class Tag(enum.IntEnum):
    """The tags of §5.3.2, table 5-7."""

    DEST_ADDR_SUBUNIT = 0x0005
    DEST_NETWORK_TYPE = 0x0006
    DEST_BEARER_TYPE = 0x0007
    DEST_TELEMATICS_ID = 0x0008
    SOURCE_ADDR_SUBUNIT = 0x000D
    SOURCE_NETWORK_TYPE = 0x000E
    SOURCE_BEARER_TYPE = 0x000F
    SOURCE_TELEMATICS_ID = 0x0010
    QOS_TIME_TO_LIVE = 0x0017
    PAYLOAD_TYPE = 0x0019
    ADDITIONAL_STATUS_INFO_TEXT = 0x001D
    RECEIPTED_MESSAGE_ID = 0x001E
    MS_MSG_WAIT_FACILITIES = 0x0030
    PRIVACY_INDICATOR = 0x0201
    SOURCE_SUBADDRESS = 0x0202
    DEST_SUBADDRESS = 0x0203
    USER_MESSAGE_REFERENCE = 0x0204
    USER_RESPONSE_CODE = 0x0205
    SOURCE_PORT = 0x020A
    DESTINATION_PORT = 0x020B
    SAR_MSG_REF_NUM = 0x020C
    LANGUAGE_INDICATOR = 0x020D
    SAR_TOTAL_SEGMENTS = 0x020E
    SAR_SEGMENT_SEQNUM = 0x020F
    SC_INTERFACE_VERSION = 0x0210
    CALLBACK_NUM_PRES_IND = 0x0302
    CALLBACK_NUM_ATAG = 0x0303
    NUMBER_OF_MESSAGES = 0x0304
    CALLBACK_NUM = 0x0381
    DPF_RESULT = 0x0420
    SET_DPF = 0x0421
    MS_AVAILABILITY_STATUS = 0x0422
    NETWORK_ERROR_CODE = 0x0423
    MESSAGE_PAYLOAD = 0x0424
    DELIVERY_FAILURE_REASON = 0x0425
    MORE_MESSAGES_TO_SEND = 0x0426
    MESSAGE_STATE = 0x0427
    USSD_SERVICE_OP = 0x0501
    DISPLAY_TIME = 0x1201
    SMS_SIGNAL = 0x1203
    MS_VALIDITY = 0x1204
    ALERT_ON_MESSAGE_DELIVERY = 0x130C
    ITS_REPLY_TYPE = 0x1380
    ITS_SESSION_INFO = 0x1383


@attrs.frozen
class Number:
    """An unsigned number of `size` octets."""

    size: int


@attrs.frozen
class CString:
    """A C-octet string of `least` to `limit` octets, the NUL among them."""

    least: int
    limit: int


@attrs.frozen
class Octets:
    """An octet string of `least` to `limit` octets."""

    least: int
    limit: int


#: The type and size of each optional parameter (§5.3.2.1 to §5.3.2.44).
TABLE: Final[dict[Tag, Number | CString | Octets]] = {
    Tag.DEST_ADDR_SUBUNIT: Number(1),
    Tag.DEST_NETWORK_TYPE: Number(1),
    Tag.DEST_BEARER_TYPE: Number(1),
    Tag.DEST_TELEMATICS_ID: Number(2),
    Tag.SOURCE_ADDR_SUBUNIT: Number(1),
    Tag.SOURCE_NETWORK_TYPE: Number(1),
    Tag.SOURCE_BEARER_TYPE: Number(1),
    Tag.SOURCE_TELEMATICS_ID: Number(1),
    Tag.QOS_TIME_TO_LIVE: Number(4),
    Tag.PAYLOAD_TYPE: Number(1),
    Tag.ADDITIONAL_STATUS_INFO_TEXT: CString(1, 256),
    Tag.RECEIPTED_MESSAGE_ID: CString(1, 65),
    Tag.MS_MSG_WAIT_FACILITIES: Number(1),
    Tag.PRIVACY_INDICATOR: Number(1),
    Tag.SOURCE_SUBADDRESS: Octets(2, 23),
    Tag.DEST_SUBADDRESS: Octets(2, 23),
    Tag.USER_MESSAGE_REFERENCE: Number(2),
    Tag.USER_RESPONSE_CODE: Number(1),
    Tag.SOURCE_PORT: Number(2),
    Tag.DESTINATION_PORT: Number(2),
    Tag.SAR_MSG_REF_NUM: Number(2),
    Tag.LANGUAGE_INDICATOR: Number(1),
    Tag.SAR_TOTAL_SEGMENTS: Number(1),
    Tag.SAR_SEGMENT_SEQNUM: Number(1),
    Tag.SC_INTERFACE_VERSION: Number(1),
    Tag.CALLBACK_NUM_PRES_IND: Number(1),
    Tag.CALLBACK_NUM_ATAG: Octets(0, 65),
    Tag.NUMBER_OF_MESSAGES: Number(1),
    Tag.CALLBACK_NUM: Octets(4, 19),
    Tag.DPF_RESULT: Number(1),
    Tag.SET_DPF: Number(1),
    Tag.MS_AVAILABILITY_STATUS: Number(1),
    Tag.NETWORK_ERROR_CODE: Octets(3, 3),
    Tag.MESSAGE_PAYLOAD: Octets(0, 0xFFFF),
    Tag.DELIVERY_FAILURE_REASON: Number(1),
    Tag.MORE_MESSAGES_TO_SEND: Number(1),
    Tag.MESSAGE_STATE: Number(1),
    Tag.USSD_SERVICE_OP: Number(1),
    Tag.DISPLAY_TIME: Number(1),
    Tag.SMS_SIGNAL: Number(2),
    Tag.MS_VALIDITY: Number(1),
    Tag.ALERT_ON_MESSAGE_DELIVERY: Octets(0, 0),
    Tag.ITS_REPLY_TYPE: Number(1),
    Tag.ITS_SESSION_INFO: Octets(2, 2),
}

_pack_head = struct.Struct(">HH").pack
_unpack_head = struct.Struct(">HH").unpack_from
_FORMATS = {1: "B", 2: "H", 4: "L"}
# Compiled from the table: tag, length and number in one stroke; and the most characters a string may have.
_NUMBERS: Final = {
    int(tag): (struct.Struct(">HH" + _FORMATS[kind.size]).pack, kind.size)
    for tag, kind in TABLE.items()
    if isinstance(kind, Number)
}
_STRINGS: Final = {int(tag): kind.limit for tag, kind in TABLE.items() if isinstance(kind, CString)}


def read_tlvs(body: bytes, p: int) -> Tlvs:
    """Read the optional parameters that fill `body` from position `p` on.

    Raises:
        MalformedBody: ESME_RINVOPTPARSTREAM, the lengths do not end where the body does.
    """
    found: dict[int, TlvValue] = {}
    size = len(body)
    while p + 4 <= size:
        tag, length = _unpack_head(body, p)
        end = p + 4 + length
        if end > size:
            break
        p += 4
        if tag in _NUMBERS:
            found[tag] = body[p] if length == 1 else _number(body[p:end])
        elif tag in _STRINGS:
            found[tag] = (body[p : end - 1] if length and not body[end - 1] else body[p:end]).decode("latin-1")
        else:
            found[tag] = body[p:end]
        p = end
    if p != size:
        raise MalformedBody(Status.ESME_RINVOPTPARSTREAM, "tlvs")
    return found


def _number(value: bytes) -> int | bytes:
    return int.from_bytes(value, "big") if 0 < len(value) <= 8 else value


def write_tlvs(tlvs: Tlvs) -> bytes:
    """Write optional parameters in the order of the mapping.

    Raises:
        Unencodable: A value is not of the type or the size of its tag.
    """
    written = b""
    for tag, value in tlvs.items():
        try:
            if tag in _NUMBERS and not isinstance(value, bytes):
                pack, size = _NUMBERS[tag]
                written += pack(tag, size, value)
            else:
                octets = value if isinstance(value, bytes) else _string(tag, value)
                written += _pack_head(tag, len(octets)) + octets
        except (struct.error, TypeError, ValueError) as error:
            raise Unencodable(f"TLV {tag:#06x} cannot have such a value") from error
    return written


def _string(tag: int, value: int | str) -> bytes:
    """Return a C-octet string; a tag of another type, a NUL within or too much of it is a ValueError."""
    if not isinstance(value, str) or len(value) >= _STRINGS.get(tag, 0) or "\0" in value:
        raise ValueError(tag)
    return value.encode("latin-1") + b"\0"


def integer(tlvs: Tlvs, tag: int) -> int | None:
    """Return the number under `tag`, or None when there is none or the peer sent something that is no number."""
    value = tlvs.get(tag)
    return value if isinstance(value, int) else None


def text(tlvs: Tlvs, tag: int) -> str | None:
    """Return the string under `tag` (octets are taken as latin-1 up to a NUL), or None."""
    value = tlvs.get(tag)
    if isinstance(value, bytes):
        return value.partition(b"\0")[0].decode("latin-1")
    return value if isinstance(value, str) else None


def octets(tlvs: Tlvs, tag: int) -> bytes | None:
    """Return the octet string under `tag`, or None."""
    value = tlvs.get(tag)
    return value if isinstance(value, bytes) else None
