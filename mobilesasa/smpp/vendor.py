"""Vendor TLVs: the tags that SMPP leaves to SMSCs, and how a value written by people becomes octets (SMPP 3.4 §5.3.1).

The specification gives these tags no types, so whoever uses one has to say what it is: a number of so many octets, a
string with a NUL behind it, or octets as they are. On the wire of this library they are always `bytes`.
"""

from __future__ import annotations

import enum
from typing import Final

from mobilesasa.smpp.tlvs import Tlvs

#: The tags reserved for SMSC vendors (SMPP 3.4 table 5-6).
FIRST: Final = 0x1400
LAST: Final = 0x3FFF
#: What of a PDU's vendor TLVs is kept: so many of them, and so many octets of all values together.
COUNT_LIMIT: Final = 16
OCTETS_LIMIT: Final = 1024


class Kind(enum.StrEnum):
    """What the value of a vendor TLV is."""

    INT8 = "int8"
    INT16 = "int16"
    INT32 = "int32"
    INT64 = "int64"
    TEXT = "text"  # a C-octet string: with a NUL
    OCTETS = "octets"  # written as hexadecimal digits


_SIZES: Final = {Kind.INT8: 1, Kind.INT16: 2, Kind.INT32: 4, Kind.INT64: 8}


def is_vendor(tag: int) -> bool:
    """Say whether a tag is one of the vendors'."""
    return FIRST <= tag <= LAST


def read_tag(written: object) -> int:
    """Return a vendor's tag that was written as a number, such as `5120` or `0x1400`.

    Raises:
        ValueError: It is no number, or none of 0x1400 to 0x3FFF.
    """
    try:
        tag = written if isinstance(written, int) else int(str(written), 0)
    except ValueError:
        tag = 0
    if isinstance(written, bool) or not is_vendor(tag):
        raise ValueError(f"a tag is a number from 0x{FIRST:04X} to 0x{LAST:04X}; {written!r} is not")
    return tag


def write_tag(tag: int) -> str:
    """Return a tag as it is written here, such as `0x1400`; `read_tag` reads it.

    >>> write_tag(5120)
    '0x1400'
    """
    return f"0x{tag:04X}"


def write_value(kind: Kind, value: object) -> bytes:
    r"""Return the octets of a value that a person wrote.

    Raises:
        ValueError: The value is not of its kind, or too long.

    >>> write_value(Kind.INT16, "0x0102"), write_value(Kind.TEXT, "1101"), write_value(Kind.OCTETS, "00ff")
    (b'\x01\x02', b'1101\x00', b'\x00\xff')
    """
    size = _SIZES.get(kind)
    octets = _text(kind, value) if size is None else _number(value, size)
    if len(octets) > OCTETS_LIMIT:
        raise ValueError(f"a value has at most {OCTETS_LIMIT} octets")
    return octets


def read_value(kind: Kind, octets: bytes) -> str | int:
    """Return octets as `write_value` would take them; what is not of its kind comes as hexadecimal digits."""
    if kind in _SIZES and len(octets) == _SIZES[kind]:
        return int.from_bytes(octets, "big")
    if kind is Kind.TEXT:
        return octets.removesuffix(b"\0").decode("latin-1")
    return octets.hex()


def vendor_tlvs(tlvs: Tlvs) -> dict[int, bytes]:
    """Return those of a PDU's TLVs that are a vendor's, in their order."""
    return {tag: value for tag, value in tlvs.items() if FIRST <= tag <= LAST and isinstance(value, bytes)}


def _number(value: object, size: int) -> bytes:
    try:
        number = value if isinstance(value, int) else int(str(value), 0)
        return number.to_bytes(size, "big")
    except (ValueError, OverflowError):
        raise ValueError(f"must be a number of {size} octets, not {value!r}") from None


def _text(kind: Kind, value: object) -> bytes:
    written = str(value)
    if kind is Kind.OCTETS:
        try:
            return bytes.fromhex(written)
        except ValueError:
            raise ValueError(f"must be hexadecimal digits, two an octet, not {written!r}") from None
    try:
        octets = written.encode("latin-1")
    except UnicodeEncodeError:
        octets = b"\0"
    if b"\0" in octets:
        raise ValueError(f"must be Latin-1 text without a NUL, not {written!r}")
    return octets + b"\0"
