"""The octets of what a channel says for every message: publishes, acknowledgements (AMQP 0-9-1 §4.2)."""

from __future__ import annotations

from struct import Struct
from typing import Final

from mobilesasa.queue.amqp.tables import short_string

PLACES: Final = 1_000  # exchanges with routing keys whose octets are remembered

_METHOD, _HEADER, _BODY, _END = 1, 2, 3, 0xCE
_ACK, _NACK = 0x3C0050, 0x3C0078
_FLAG_MODE, _FLAG_CORRELATION_ID, _FLAG_MESSAGE_ID = 0x1000, 0x0400, 0x0080

_HEAD: Final = Struct(">BHI")  # kind, channel, octets of the payload
_CONFIRM: Final = Struct(">BHIIQBB")  # the whole of a basic.ack or basic.nack
_PUBLISHED: Final = Struct(">BHIHHQHBB")  # a content header up to the correlation id's length


class Publisher:
    """Writes what a channel publishes, and answers to what it got; each publish has a number, 1 for the first.

    The number travels as the correlation id, by which a returned message is known again.
    """

    def __init__(self, channel: int, frame_octets: int) -> None:
        self._channel = channel
        self._piece_octets = frame_octets - 8
        self._places: dict[tuple[str, str, bool], bytes] = {}

    def publish(
        self,
        number: int,
        exchange: str,
        routing_key: str,
        body: bytes,
        mandatory: bool,
        persistent: bool,
        message_id: str,
    ) -> bytes:
        """Return the frames of a basic.publish.

        Raises:
            Unencodable: a name has more than 255 octets.
        """
        place = self._places.get((exchange, routing_key, mandatory)) or self._place(exchange, routing_key, mandatory)
        digits, octets, channel = b"%d" % number, len(body), self._channel
        flags, last = _FLAG_MODE | _FLAG_CORRELATION_ID, b""
        if message_id:
            flags, last = flags | _FLAG_MESSAGE_ID, short_string(message_id)
        size, mode = 16 + len(digits) + len(last), 2 if persistent else 1
        header = _PUBLISHED.pack(_HEADER, channel, size, 60, 0, octets, flags, mode, len(digits))
        if 0 < octets <= self._piece_octets:
            return b"".join((place, header, digits, last, b"\xce", _HEAD.pack(_BODY, channel, octets), body, b"\xce"))
        return b"".join((place, header, digits, last, b"\xce", *self._pieces(body)))

    def _place(self, exchange: str, routing_key: str, mandatory: bool) -> bytes:
        """Return the method's frame, which is the same for all messages to one place."""
        payload = b"\x00\x3c\x00\x28\x00\x00" + short_string(exchange) + short_string(routing_key) + bytes((mandatory,))
        if len(self._places) >= PLACES:
            self._places.clear()
        frame = self._places[exchange, routing_key, mandatory] = (
            _HEAD.pack(_METHOD, self._channel, len(payload)) + payload + b"\xce"
        )
        return frame

    def _pieces(self, body: bytes) -> list[bytes]:
        """Return the frames of a body that is empty or does not go into one."""
        pieces = (body[at : at + self._piece_octets] for at in range(0, len(body), self._piece_octets))
        return [_HEAD.pack(_BODY, self._channel, len(piece)) + piece + b"\xce" for piece in pieces]

    def ack(self, delivery_tag: int, multiple: bool) -> bytes:
        """Return a basic.ack; `multiple` means all up to this one."""
        return _CONFIRM.pack(_METHOD, self._channel, 13, _ACK, delivery_tag, multiple, _END)

    def nack(self, delivery_tag: int, requeue: bool) -> bytes:
        """Return a basic.nack of one message."""
        return _CONFIRM.pack(_METHOD, self._channel, 13, _NACK, delivery_tag, requeue << 1, _END)
