"""PDUs as templates: the load and the sink must not be what is measured, so they patch octets and do not encode.

Each template is made by the codec and held against it once, when a process starts. A message carries its number, the
token, in its text behind `#T` and in its recipient's number, so that whoever sees it knows which it is.
"""

from __future__ import annotations

import socket
import struct
from collections.abc import Callable
from datetime import UTC, datetime

import attrs

from mobilesasa.smpp.fields import EsmClass, MessageState
from mobilesasa.smpp.pdus import DeliverSm, SubmitSm, SubmitSmResp, decode
from mobilesasa.smpp.receipts import write_receipt
from mobilesasa.smpp.tlvs import Tag

HEADER = struct.Struct(">4L")
WORD = struct.Struct(">L")
HEADER_OCTETS = HEADER.size
SUBMIT_SM, SUBMIT_SM_RESP, DELIVER_SM, DELIVER_SM_RESP = 0x00000004, 0x80000004, 0x00000005, 0x80000005
ENQUIRE_LINK, ENQUIRE_LINK_RESP = 0x00000015, 0x80000015
READ_OCTETS = 262_144
TOKEN_MARK = b"#T"
TOKEN_DIGITS = 10
NO_TOKEN = TOKEN_MARK + b"0" * TOKEN_DIGITS
NO_NUMBER = b"254710000000"
TEXT = (b"Bench " + NO_TOKEN + b" " + b"a text as long as the messages that teams send, " * 3)[:140]


def number_of(token: int) -> bytes:
    """Return the recipient's number for a token."""
    return b"25471%07d" % (token % 10_000_000)


def token_in(octets: bytes | bytearray, start: int, end: int) -> int:
    """Return the token in the body of a PDU, -1 when there is none (a sequence number can look like the mark)."""
    at = octets.find(TOKEN_MARK, start + HEADER_OCTETS, end)
    return int(octets[at + 2 : at + 2 + TOKEN_DIGITS]) if at >= 0 else -1


def submit_writer(sender: str, registered_delivery: int) -> Callable[[int, int], bytes]:
    """Return what writes the submit_sm of a sequence number and a token."""

    def plain(sequence: int, number: bytes, text: bytes) -> SubmitSm:
        return SubmitSm(
            sequence=sequence,
            source_addr_ton=5,
            source_addr=sender,
            dest_addr_ton=1,
            dest_addr_npi=1,
            destination_addr=number.decode(),
            registered_delivery=registered_delivery,
            short_message=text,
        )

    octets = plain(1, NO_NUMBER, TEXT).encode()
    head, body = octets[:12], octets[HEADER_OCTETS:]
    before, _, rest = body.partition(NO_NUMBER)
    between, _, behind = rest.partition(NO_TOKEN)
    between += TOKEN_MARK
    pack = WORD.pack

    def write(sequence: int, token: int) -> bytes:
        return b"".join(
            (head, pack(sequence), before, b"25471%07d" % (token % 10_000_000), between, b"%010d" % token, behind)
        )

    assert decode(write(7, 12345)) == plain(7, number_of(12345), TEXT.replace(NO_TOKEN, b"#T0000012345"))
    return write


def response_writer() -> Callable[[int, bytes], bytes]:
    """Return what writes the submit_sm_resp of a sequence number and a message_id of ten octets."""
    head = SubmitSmResp(sequence=1, message_id="0123456789").encode()[:12]
    pack = WORD.pack

    def write(sequence: int, message_id: bytes) -> bytes:
        return b"".join((head, pack(sequence), message_id, b"\0"))

    assert decode(write(7, b"00000000ff")) == SubmitSmResp(sequence=7, message_id="00000000ff")
    return write


def receipt_writer(at: datetime) -> Callable[[int, bytes, int], bytes]:
    """Return what writes the receipt, DELIVRD at that time, of a sequence number, a message_id and a token."""
    at_ms = round(at.timestamp() * 1000)

    def plain(sequence: int, number: bytes, message_id: str) -> DeliverSm:
        return DeliverSm(
            sequence=sequence,
            source_addr_ton=1,
            source_addr_npi=1,
            source_addr=number.decode(),
            dest_addr_ton=5,
            destination_addr="BENCH",
            esm_class=EsmClass.DELIVERY_RECEIPT,
            short_message=write_receipt(message_id, MessageState.DELIVERED, at_ms, at_ms),
            tlvs={Tag.RECEIPTED_MESSAGE_ID: message_id, Tag.MESSAGE_STATE: int(MessageState.DELIVERED)},
        )

    no_id = b"0123456789"
    octets = plain(1, NO_NUMBER, no_id.decode()).encode()
    head, body = octets[:12], octets[HEADER_OCTETS:]
    before, _, rest = body.partition(NO_NUMBER)
    between, middle, behind = rest.split(no_id)
    pack = WORD.pack

    def write(sequence: int, message_id: bytes, token: int) -> bytes:
        number = b"25471%07d" % (token % 10_000_000)
        return b"".join((head, pack(sequence), before, number, between, message_id, middle, message_id, behind))

    assert decode(write(7, b"00000000ff", 12345)) == plain(7, number_of(12345), "00000000ff")
    return write


def this_minute() -> datetime:
    """Return the time of day as far as receipts tell it."""
    return datetime.now(UTC).replace(second=0, microsecond=0)


@attrs.define(eq=False)
class Peer:
    """One non-blocking connection: whole PDUs in, one write a turn out.

    Attributes:
        socket: the connection.
        out: PDUs that leave with the next `flush`.
        closed: whether the other side is gone.
    """

    socket: socket.socket
    out: list[bytes] = attrs.field(factory=list)
    closed: bool = False
    _unread: bytes = b""
    _unsent: bytes = b""

    def __attrs_post_init__(self) -> None:
        """Make the socket ready for a loop."""
        self.socket.setblocking(False)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def fileno(self) -> int:
        """Return the descriptor, for `select`."""
        return self.socket.fileno()

    @property
    def full(self) -> bool:
        """Whether something waits for room in the socket."""
        return bool(self._unsent)

    def read(self) -> tuple[bytes, list[tuple[int, int, int, int, int]]]:
        """Read once; return the octets and (start, end, command_id, status, sequence) of each whole PDU in them."""
        try:
            fresh = self.socket.recv(READ_OCTETS)
        except BlockingIOError:
            return b"", []
        except ConnectionError:
            fresh = b""
        if not fresh:
            self.closed = True
            return b"", []
        octets = self._unread + fresh if self._unread else fresh
        found: list[tuple[int, int, int, int, int]] = []
        at, size, unpack = 0, len(octets), HEADER.unpack_from
        while size - at >= HEADER_OCTETS:
            length, command, status, sequence = unpack(octets, at)
            assert HEADER_OCTETS <= length <= READ_OCTETS, f"a PDU of {length} octets"
            if size - at < length:
                break
            found.append((at, at + length, command, status, sequence))
            at += length
        self._unread = octets[at:]
        return octets, found

    def flush(self) -> None:
        """Write what waits, as far as the socket takes it."""
        octets = b"".join((self._unsent, *self.out))
        self.out.clear()
        if not octets:
            return
        try:
            self._unsent = octets[self.socket.send(octets) :]
        except BlockingIOError:
            self._unsent = octets
        except ConnectionError:
            self._unsent, self.closed = b"", True
