"""The fields of a method, as txamqp's specification lists them, to and from octets (AMQP 0-9-1 §4.2.5)."""

from __future__ import annotations

import struct
from collections.abc import Iterable
from struct import Struct
from typing import Any, Final, Protocol

from mobilesasa.queue.amqp.tables import Unencodable, decode_table, encode_table, short_string

_NUMBERS: Final = {"octet": Struct(">B"), "short": Struct(">H"), "long": Struct(">I"), "longlong": Struct(">Q")}
_LENGTH: Final = Struct(">I")


class Field(Protocol):
    """A field of the specification."""

    name: str
    type: str


def encode_fields(method: Any, values: Iterable[Any]) -> bytes:
    """Return class, method and fields; bits that follow each other share an octet.

    Raises:
        Unencodable: a value does not fit its field.
    """
    pieces = [method.klass.id.to_bytes(2, "big"), method.id.to_bytes(2, "big")]
    bits: list[bool] = []
    for field, value in zip(method.fields, values, strict=True):
        if field.type == "bit":
            bits.append(bool(value))
            continue
        pieces.append(_octet(bits))
        bits = []
        pieces.append(_encode(field, value))
    pieces.append(_octet(bits))
    return b"".join(pieces)


def _octet(bits: list[bool]) -> bytes:
    """Return up to eight bits as an octet, the first the lowest; no bits give nothing."""
    return bytes((sum(bit << place for place, bit in enumerate(bits)),)) if bits else b""


def _encode(field: Field, value: Any) -> bytes:
    if (number := _NUMBERS.get(field.type)) is not None:
        try:
            return number.pack(value)
        except struct.error:
            raise Unencodable(f"{field.name} cannot be {value!r}") from None
    if field.type == "shortstr":
        return short_string(value)
    if field.type == "table":
        return encode_table(value)
    octets = value.encode() if isinstance(value, str) else value
    return _LENGTH.pack(len(octets)) + octets


def decode_fields(fields: Iterable[Field], octets: bytes) -> tuple[Any, ...]:
    """Read the fields of a method that a broker says.

    Raises:
        ValueError: the octets do not hold them; a `BadTable` is one.
    """
    values: list[Any] = []
    at = 0
    bit = 8  # of the octet before `at`
    for field in fields:
        if field.type == "bit":
            if bit == 8:
                at, bit = at + 1, 0
            values.append(octets[at - 1 : at] != b"" and octets[at - 1] >> bit & 1 == 1)
            bit += 1
            continue
        bit = 8
        value, at = _decode(field, octets, at)
        values.append(value)
    if at > len(octets):
        raise ValueError("its fields are cut short")
    return tuple(values)


def _decode(field: Field, octets: bytes, at: int) -> tuple[Any, int]:
    if field.type == "table":
        return decode_table(octets, at)
    length = _NUMBERS.get(field.type) or (_NUMBERS["octet"] if field.type == "shortstr" else _LENGTH)
    try:
        (value,) = length.unpack_from(octets, at)
    except struct.error:
        raise ValueError("its fields are cut short") from None
    at += length.size
    if field.type in _NUMBERS:
        return value, at
    return octets[at : at + value].decode(errors="replace"), at + value
