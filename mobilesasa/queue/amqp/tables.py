"""Field tables of AMQP 0-9-1, with all the types that RabbitMQ knows (its errata to 0-9-1, section 3).

| Python | written as | | letter | read as |
|---|---|---|---|---|
| bool | t | | t | bool |
| int | I (32 bits) or l (64 bits), signed | | b B s u I i l L | int |
| float | d | | f d | float |
| Decimal | D | | D | Decimal |
| str | S, UTF-8 | | S | str, or bytes when it is no UTF-8 |
| bytes | x | | x | bytes |
| aware datetime | T, whole seconds | | T | datetime in UTC, or int when the year is beyond 9999 |
| list, tuple | A | | A | list |
| dict | F | | F | dict |
| None | V | | V | None |
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from struct import Struct
from typing import Any, Final

Table = dict[str, Any]
DEPTH: Final = 32  # of tables and arrays in each other: what a peer can make us recurse (I7)

_LENGTH: Final = Struct(">I")
_DECIMAL: Final = Struct(">Bi")
_TIMESTAMP: Final = Struct(">Q")
_NUMBERS: Final = {
    ord(letter): Struct(">" + code)
    for letter, code in {
        "b": "b", "B": "B", "s": "h", "u": "H", "I": "i", "i": "I", "l": "q", "L": "q", "f": "f", "d": "d",
    }.items()
}  # fmt: skip


class Unencodable(ValueError):
    """A value has no form in AMQP; the text says which and why."""


class BadTable(ValueError):
    """Octets are no field table."""


def short_string(text: str | bytes) -> bytes:
    """Return a shortstr: one octet of length, then up to 255 of UTF-8.

    Raises:
        Unencodable: it is longer.
    """
    octets = text.encode() if isinstance(text, str) else text
    if len(octets) > 255:
        raise Unencodable(f"{octets[:32].decode(errors='replace')}… has {len(octets)} octets, AMQP takes 255")
    return bytes((len(octets),)) + octets


def encode_table(table: Mapping[str, Any], depth: int = 0) -> bytes:
    """Return a table with its length before it.

    Raises:
        Unencodable: a key or a value of it has no form in AMQP.
    """
    octets = b"".join(short_string(key) + _encode(value, depth) for key, value in table.items())
    return _LENGTH.pack(len(octets)) + octets


def _encode(value: object, depth: int) -> bytes:
    """Return the letter of a value and the value."""
    if depth > DEPTH:
        raise Unencodable(f"tables are nested more than {DEPTH} deep")
    for kind, encode in _ENCODERS:
        if isinstance(value, kind):
            return encode(value, depth + 1)
    raise Unencodable(f"{type(value).__name__} has no form in AMQP")


def _encode_int(value: int, _: int) -> bytes:
    if -(2**31) <= value < 2**31:
        return b"I" + value.to_bytes(4, "big", signed=True)
    if -(2**63) <= value < 2**63:
        return b"l" + value.to_bytes(8, "big", signed=True)
    raise Unencodable(f"{value} does not fit 64 bits")


def _encode_decimal(value: Decimal, _: int) -> bytes:
    sign, digits, exponent = value.as_tuple()
    if not isinstance(exponent, int):
        raise Unencodable(f"{value} is no decimal number")
    raw = int("".join(map(str, digits))) * 10 ** min(max(exponent, 0), 10) * (-1 if sign else 1)
    if not (-(2**31) <= raw < 2**31 and -255 <= exponent <= 10):
        raise Unencodable(f"{value} does not fit a decimal of 32 bits")
    return b"D" + _DECIMAL.pack(max(-exponent, 0), raw)


def _encode_time(value: datetime, _: int) -> bytes:
    if value.tzinfo is None or value.timestamp() < 0:
        raise Unencodable(f"{value} is no time since 1970 in a known zone")
    return b"T" + _TIMESTAMP.pack(int(value.timestamp()))


def _encode_text(value: str, _: int) -> bytes:
    octets = value.encode()
    return b"S" + _LENGTH.pack(len(octets)) + octets


def _encode_octets(value: bytes, _: int) -> bytes:
    return b"x" + _LENGTH.pack(len(value)) + value


def _encode_array(value: list[Any] | tuple[Any, ...], depth: int) -> bytes:
    octets = b"".join(_encode(each, depth) for each in value)
    return b"A" + _LENGTH.pack(len(octets)) + octets


_ENCODERS: Final[tuple[tuple[type | tuple[type, ...], Callable[[Any, int], bytes]], ...]] = (
    (bool, lambda value, _: b"t\x01" if value else b"t\x00"),  # before int, of which it is one
    (int, _encode_int),
    (str, _encode_text),
    (dict, lambda value, depth: b"F" + encode_table(value, depth)),
    ((list, tuple), _encode_array),
    (float, lambda value, _: b"d" + _NUMBERS[ord("d")].pack(value)),
    (bytes, _encode_octets),
    (Decimal, _encode_decimal),
    (datetime, _encode_time),
    (type(None), lambda *_: b"V"),
)


def decode_table(octets: bytes, at: int = 0) -> tuple[Table, int]:
    """Read a table that begins with its length, and say where it ends.

    Raises:
        BadTable: it is cut short, holds an unknown type, or is nested too deep.
    """
    try:
        return _decode_table(octets, at, 0)
    except (struct.error, IndexError, UnicodeDecodeError) as error:
        raise BadTable(f"a field table cannot be read: {error}") from error


def _decode_table(octets: bytes, at: int, depth: int) -> tuple[Table, int]:
    at, end = _extent(octets, at)
    table: Table = {}
    while at < end:
        begin = at + 1
        at = begin + octets[at]
        table[octets[begin:at].decode()], at = _decode(octets, at, depth)
    return table, _ended(at, end)


def _decode_array(octets: bytes, at: int, depth: int) -> tuple[list[Any], int]:
    at, end = _extent(octets, at)
    values = []
    while at < end:
        value, at = _decode(octets, at, depth)
        values.append(value)
    return values, _ended(at, end)


def _extent(octets: bytes, at: int) -> tuple[int, int]:
    """Say where something that begins with its length begins and ends."""
    (length,) = _LENGTH.unpack_from(octets, at)
    if at + 4 + length > len(octets):
        raise BadTable("a field table is cut short")
    return at + 4, at + 4 + length


def _ended(at: int, end: int) -> int:
    if at != end:
        raise BadTable("a value of a field table goes beyond the table's end")
    return end


def _decode(octets: bytes, at: int, depth: int) -> tuple[Any, int]:
    """Read a letter and the value after it."""
    if depth > DEPTH:
        raise BadTable(f"tables are nested more than {DEPTH} deep")
    letter = octets[at]
    at += 1
    if (number := _NUMBERS.get(letter)) is not None:
        return number.unpack_from(octets, at)[0], at + number.size
    if (decode := _DECODERS.get(letter)) is None:
        raise BadTable(f"a field table holds a value of unknown type {chr(letter)!r}")
    return decode(octets, at, depth + 1)


def _decode_text(octets: bytes, at: int, _: int) -> tuple[str | bytes, int]:
    at, end = _extent(octets, at)
    try:
        return octets[at:end].decode(), end
    except UnicodeDecodeError:
        return octets[at:end], end


def _decode_octets(octets: bytes, at: int, _: int) -> tuple[bytes, int]:
    at, end = _extent(octets, at)
    return octets[at:end], end


def _decode_decimal(octets: bytes, at: int, _: int) -> tuple[Decimal, int]:
    places, raw = _DECIMAL.unpack_from(octets, at)
    return Decimal(raw).scaleb(-places), at + 5


def _decode_time(octets: bytes, at: int, _: int) -> tuple[datetime | int, int]:
    (seconds,) = _TIMESTAMP.unpack_from(octets, at)
    try:
        return datetime.fromtimestamp(seconds, UTC), at + 8
    except (ValueError, OverflowError, OSError):
        return seconds, at + 8


_DECODERS: Final[dict[int, Callable[[bytes, int, int], tuple[Any, int]]]] = {
    ord("t"): lambda octets, at, _: (octets[at] != 0, at + 1),
    ord("S"): _decode_text,
    ord("x"): _decode_octets,
    ord("D"): _decode_decimal,
    ord("T"): _decode_time,
    ord("A"): _decode_array,
    ord("F"): _decode_table,
    ord("V"): lambda _octets, at, _depth: (None, at),
}
