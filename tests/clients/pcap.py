"""A capture file of what a proxy has passed on, as if it had been taken from the wire: raw IPv4 and TCP, with their checksums."""

import socket
import struct
from collections.abc import Iterable

import attrs

from tests.clients.proxy import Piece

CLIENT_PORT = 40_000
_MAGIC = 0xA1B2C3D4  # times in microseconds
_RAW_IP = 101  # LINKTYPE_RAW
_CLIENT, _SERVER = socket.inet_aton("192.0.2.1"), socket.inet_aton("192.0.2.2")
_SEGMENT_OCTETS = 1460
_FIN, _SYN, _PSH, _ACK = 0x01, 0x02, 0x08, 0x10


def checksum(octets: bytes) -> int:
    """Return the Internet checksum (RFC 1071)."""
    padded = octets + b"\0" * (len(octets) % 2)
    total = sum(struct.unpack(f">{len(padded) // 2}H", padded))
    while total > 0xFFFF:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


@attrs.define
class Capture:
    """One TCP connection, written down segment by segment."""

    server_port: int
    _sent: dict[bool, int] = attrs.field(factory=lambda: {True: 1000, False: 5000})  # the next sequence number by side
    _frames: list[bytes] = attrs.field(factory=list)

    def segment(self, time_s: float, from_client: bool, flags: int, octets: bytes = b"") -> None:
        ours, theirs = self._sent[from_client], self._sent[not from_client]
        ports = (CLIENT_PORT, self.server_port) if from_client else (self.server_port, CLIENT_PORT)
        source, target = (_CLIENT, _SERVER) if from_client else (_SERVER, _CLIENT)
        acknowledged = theirs if flags & _ACK else 0
        head = struct.pack(">HHIIBBHHH", *ports, ours, acknowledged, 5 << 4, flags, 65535, 0, 0)
        pseudo = source + target + struct.pack(">BBH", 0, socket.IPPROTO_TCP, len(head) + len(octets))
        head = head[:16] + struct.pack(">H", checksum(pseudo + head + octets)) + head[18:]
        length = 20 + len(head) + len(octets)
        packet = struct.pack(
            ">BBHHHBBH4s4s", 0x45, 0, length, len(self._frames), 0, 64, socket.IPPROTO_TCP, 0, source, target
        )
        packet = packet[:10] + struct.pack(">H", checksum(packet)) + packet[12:] + head + octets
        seconds, micros = divmod(int(time_s * 1_000_000), 1_000_000)
        self._frames.append(struct.pack(">IIII", seconds, micros, len(packet), len(packet)) + packet)
        self._sent[from_client] += len(octets) + bool(flags & (_SYN | _FIN))

    def octets(self) -> bytes:
        return struct.pack(">IHHiIII", _MAGIC, 2, 4, 0, 0, 65535, _RAW_IP) + b"".join(self._frames)


def capture(pieces: Iterable[Piece], server_port: int) -> bytes:
    """Return the file of one connection from its first segment to its last."""
    taken = sorted(pieces, key=lambda piece: piece.time_s)
    made = Capture(server_port)
    first_s, last_s = taken[0].time_s, taken[-1].time_s
    made.segment(first_s, True, _SYN)
    made.segment(first_s, False, _SYN | _ACK)
    made.segment(first_s, True, _ACK)
    for piece in taken:
        for at in range(0, len(piece.octets), _SEGMENT_OCTETS):
            made.segment(piece.time_s, piece.from_client, _PSH | _ACK, piece.octets[at : at + _SEGMENT_OCTETS])
            made.segment(piece.time_s, not piece.from_client, _ACK)
    made.segment(last_s, True, _FIN | _ACK)
    made.segment(last_s, False, _FIN | _ACK)
    made.segment(last_s, True, _ACK)
    return made.octets()
