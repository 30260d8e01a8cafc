"""What hostile peers send."""

from collections.abc import Iterator

import attrs

from mobilesasa.smpp import pdus
from mobilesasa.smpp.codec import HEADER, table_of
from mobilesasa.smpp.kinds import COctets, Listed, Sized
from mobilesasa.smpp.pdus import PDUS, Pdu
from mobilesasa.smpp.tlvs import Tag

CLASSES = [PDUS[command_id] for command_id in sorted(PDUS)]
IMPOSSIBLE = [0, 15, 65_537, 2**32 - 1]  # lengths
UNKNOWN = 0x00000999


def whole(command_id: int, body: bytes = b"", sequence: int = 7, status: int = 0) -> bytes:
    """A PDU whose length is right, whatever else is wrong."""
    return HEADER.pack(16 + len(body), command_id, status, sequence) + body


def full(cls: type[Pdu], sequence: int = 7) -> Pdu:
    """A PDU with something in every string, and with TLVs of each type."""
    if cls is pdus.SubmitMulti:
        to = (pdus.SmeAddress(1, 1, "254712345678"), pdus.DistributionList("friends"))
        return pdus.SubmitMulti(sequence=sequence, dest_addresses=to, short_message=b"Hi", tlvs=TLVS)
    if cls is pdus.SubmitMultiResp:
        lost = (pdus.UnsuccessSme(1, 1, "254712345678", 11),)
        return pdus.SubmitMultiResp(sequence=sequence, message_id="M1", unsuccess_smes=lost, tlvs=TLVS)
    given: dict[str, object] = {}
    for name, kind in table_of(cls):
        if isinstance(kind, COctets):
            given[name] = "1" * min(3, kind.limit - 1)
        elif isinstance(kind, Sized):
            given[name] = b"Hi"
    return cls(sequence=sequence, tlvs=TLVS, **given)  # type: ignore[arg-type]


TLVS = {
    Tag.USER_MESSAGE_REFERENCE: 258,
    Tag.RECEIPTED_MESSAGE_ID: "M1",
    Tag.SOURCE_SUBADDRESS: b"\x80abc",
    0x1401: b"of a vendor",
}


def broken_bodies(cls: type[Pdu]) -> Iterator[bytes]:
    """Bodies of a class that cannot be read, or hardly: cut at every octet, and each string without an end."""
    body = full(cls).encode()[16:]
    for at in range(len(body)):
        yield body[:at]
    bare = attrs.evolve(full(cls), tlvs={}).encode()[16:]
    for name, kind in table_of(cls):
        if isinstance(kind, COctets):
            yield bare.replace(b"\0", b"x")  # nowhere a NUL
            given = getattr(full(cls), name).encode("latin-1") + b"\0"
            yield bare.replace(given, b"x" * (kind.limit + 200) + b"\0", 1)  # one far too long
        elif isinstance(kind, Sized):
            yield bare[:-3] + b"\xff" + bare[-2:]  # a length beyond the end
        elif isinstance(kind, Listed):
            yield bare.replace(b"\x02\x01\x01\x01", b"\xff\x01\x01\x01").replace(b"\x01\x01\x01", b"\xff\x01\x01")
    yield from (bare + run for run in BROKEN_TLVS)
    yield bytes(range(256)) * 255  # 64 kB of anything


BROKEN_TLVS = [
    b"\x04",
    b"\x04\x24",
    b"\x04\x24\x00",
    b"\x04\x24\x00\x05four",  # beyond the end
    b"\x04\x24\xff\xff",
    b"\x02\x04\x00\x02\x00",
    b"\x02\x04\x00\x02\x00\x01\xff",  # something behind the last
    b"\x13\x0c\x00\x00\x13\x0c\xff\xff",
]
DOUBLED = b"\x02\x04\x00\x02\x00\x01" + b"\x02\x04\x00\x02\x00\x02"  # user_message_reference 1, and 2
ODD_TLVS = [
    DOUBLED,
    DOUBLED * 2000,
    b"\x02\x04\x00\x00",  # a number without an octet
    b"\x02\x04\x00\x09" + b"\xff" * 9,  # one with nine
    b"\x00\x1e\x00\x00",  # a string without its NUL
    b"\x00\x1e\x00\x05a\0b\0c",  # one with too many
    b"\x13\x0c\x00\x01x",  # a flag with a value
    b"\x00\x00\x00\x00" * 3000,  # a tag that nobody knows, over and over
    b"\x04\x24\x00\x00",  # a message_payload of nothing
]
