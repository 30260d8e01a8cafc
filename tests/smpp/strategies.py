"""Values of every PDU class, drawn from its table; and the table read by a plain loop, to hold the compiled code to it."""

import struct
from typing import Any

from hypothesis import strategies as st

from mobilesasa.smpp import tlvs
from mobilesasa.smpp.codec import table_of
from mobilesasa.smpp.kinds import COctets, Kind, Listed, Octet, Sized, Word
from mobilesasa.smpp.pdus import PDUS, RESPONSE_BIT, Pdu

CLASSES = [PDUS[command_id] for command_id in sorted(PDUS)]
OCTETS = st.integers(0, 255)
WORDS = st.integers(0, 0xFFFFFFFF)
ACCEPTED = st.just(0)


def c_octets(limit: int) -> st.SearchStrategy[str]:
    return st.text(st.characters(min_codepoint=1, max_codepoint=255), max_size=limit - 1)


def values_of(kind: Kind) -> st.SearchStrategy[Any]:
    if isinstance(kind, Octet):
        return OCTETS
    if isinstance(kind, Word):
        return WORDS
    if isinstance(kind, COctets):
        return c_octets(kind.limit)
    if isinstance(kind, Sized):
        return st.binary(max_size=kind.limit)
    assert isinstance(kind, Listed)
    part = st.one_of([st.builds(cls, **fields_of(cls)) for cls in kind.parts])
    return st.lists(part, min_size=kind.least, max_size=6).map(tuple)


def fields_of(cls: type) -> dict[str, st.SearchStrategy[Any]]:
    return {name: values_of(kind) for name, kind in table_of(cls)}


def tlv_values(tag: int) -> st.SearchStrategy[tlvs.TlvValue]:
    kind = tlvs.TABLE.get(tag)  # type: ignore[call-overload]
    if isinstance(kind, tlvs.Number):
        return st.integers(0, 256**kind.size - 1)
    if isinstance(kind, tlvs.CString):
        return c_octets(kind.limit)
    if isinstance(kind, tlvs.Octets):
        return st.binary(min_size=kind.least, max_size=min(kind.limit, 300))
    return st.binary(max_size=40)


@st.composite
def tlv_maps(draw: st.DrawFn) -> tlvs.Tlvs:
    tags = draw(st.lists(st.sampled_from(list(tlvs.Tag)) | st.integers(0x1400, 0x3FFF), max_size=5, unique=True))
    return {int(tag): draw(tlv_values(tag)) for tag in tags}


def pdus_of(cls: type[Pdu], status: st.SearchStrategy[int] = ACCEPTED) -> st.SearchStrategy[Pdu]:
    maps = tlv_maps()
    return st.builds(cls, status=status, sequence=WORDS, tlvs=maps, **fields_of(cls))


# The reference: one field after the other, as the specification has them, nothing clever.


def slow_write(kind: Kind, value: Any) -> bytes:
    if isinstance(kind, Octet):
        return struct.pack(">B", value)
    if isinstance(kind, Word):
        return struct.pack(">L", value)
    if isinstance(kind, COctets):
        return bytes(str(value), "latin-1") + b"\0"
    if isinstance(kind, Sized):
        return struct.pack(">B", len(value)) + bytes(value)
    assert isinstance(kind, Listed)
    written = struct.pack(">B", len(value))
    for part in value:
        written += struct.pack(">B", part.flag) if len(kind.parts) > 1 else b""
        written += slow_body(part)
    return written


def slow_body(value: Any) -> bytes:
    return b"".join(slow_write(kind, getattr(value, name)) for name, kind in table_of(type(value)))


def slow_encode(pdu: Pdu) -> bytes:
    body = slow_body(pdu)
    if pdu.command_id & RESPONSE_BIT and pdu.status and not pdu.tlvs:
        body = b""
    for tag, value in pdu.tlvs.items():
        if isinstance(value, int):
            kind = tlvs.TABLE[tlvs.Tag(tag)]
            assert isinstance(kind, tlvs.Number)
            value = value.to_bytes(kind.size, "big")
        elif isinstance(value, str):
            value = value.encode("latin-1") + b"\0"
        body += struct.pack(">HH", tag, len(value)) + value
    return struct.pack(">LLLL", 16 + len(body), pdu.command_id, pdu.status, pdu.sequence) + body


def slow_read(kind: Kind, octets: bytes) -> tuple[Any, bytes]:
    if isinstance(kind, Octet):
        return octets[0], octets[1:]
    if isinstance(kind, Word):
        return int.from_bytes(octets[:4], "big"), octets[4:]
    if isinstance(kind, COctets):
        before, nul, after = octets.partition(b"\0")
        assert nul
        assert len(before) < kind.limit
        return before.decode("latin-1"), after
    if isinstance(kind, Sized):
        return octets[1 : 1 + octets[0]], octets[1 + octets[0] :]
    assert isinstance(kind, Listed)
    count, octets = octets[0], octets[1:]
    parts = []
    for _ in range(count):
        cls = kind.parts[0]
        if len(kind.parts) > 1:
            cls = {part.flag: part for part in kind.parts}[octets[0]]  # type: ignore[attr-defined]
            octets = octets[1:]
        fields, octets = slow_fields(cls, octets)
        parts.append(cls(**fields))
    return tuple(parts), octets


def slow_fields(cls: type, octets: bytes) -> tuple[dict[str, Any], bytes]:
    fields = {}
    for name, kind in table_of(cls):
        fields[name], octets = slow_read(kind, octets)
    return fields, octets
