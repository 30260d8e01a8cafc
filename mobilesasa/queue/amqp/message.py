"""A message as a queue gives it; its properties are read only when somebody asks."""

from __future__ import annotations

import struct
from struct import Struct
from typing import Final

import attrs

from mobilesasa.queue.amqp.tables import BadTable, Table, decode_table

_SHORT: Final = Struct(">H")
_LONG: Final = Struct(">I")

# The properties of a message (AMQP 0-9-1 §4.2.6.1), from the highest bit of the flags on: how each is passed over

_SKIP_SHORT_STRING, _SKIP_TABLE = 0, -1
_PROPERTIES: Final = (
    ("content-type", _SKIP_SHORT_STRING), ("content-encoding", _SKIP_SHORT_STRING), ("headers", _SKIP_TABLE),
    ("delivery-mode", 1), ("priority", 1), ("correlation-id", _SKIP_SHORT_STRING), ("reply-to", _SKIP_SHORT_STRING),
    ("expiration", _SKIP_SHORT_STRING), ("message-id", _SKIP_SHORT_STRING), ("timestamp", 8),
    ("type", _SKIP_SHORT_STRING), ("user-id", _SKIP_SHORT_STRING), ("app-id", _SKIP_SHORT_STRING),
    ("cluster-id", _SKIP_SHORT_STRING),
)  # fmt: skip


def _property(octets: bytes, wanted: str) -> bytes:
    """Return the octets of a property; empty when there is none."""
    (flags,) = _SHORT.unpack_from(octets)
    at, bit = 2, 0x8000
    for name, size in _PROPERTIES:
        if flags & bit:
            begin = at + (size == _SKIP_SHORT_STRING)
            if size == _SKIP_SHORT_STRING:
                at = begin + octets[at]
            elif size == _SKIP_TABLE:
                at += 4 + _LONG.unpack_from(octets, at)[0]
            else:
                at += size
            if name == wanted:
                return octets[begin:at]
        bit >>= 1
    return b""


@attrs.define(eq=False)
class Message:
    """One message of a queue.

    Attributes:
        delivery_tag: what `Channel.ack` and `Channel.nack` take, on the channel that it came on.
        redelivered: whether it may have been delivered before.
    """

    body: bytes = attrs.field(repr=False)
    delivery_tag: int
    redelivered: bool
    exchange: str
    routing_key: str
    properties: bytes = attrs.field(default=b"\0\0", repr=False)  # as they came, flags first

    @property
    def headers(self) -> Table:
        """The headers, read anew at each call; raises `BadTable` when they cannot be."""
        return decode_table(self._property("headers") or b"\0\0\0\0")[0]

    @property
    def message_id(self) -> str:
        """The id that its publisher gave; empty when it gave none."""
        return self._property("message-id").decode(errors="replace")

    @property
    def number(self) -> int:
        """Which publish of its channel it was, by the correlation id that `Publisher` writes; 0 when it is another's."""
        digits = self._property("correlation-id")
        return int(digits) if digits.isdigit() and len(digits) < 20 else 0

    def _property(self, wanted: str) -> bytes:
        try:
            return _property(self.properties, wanted)
        except (struct.error, IndexError) as error:
            raise BadTable("the properties of a message are cut short") from error
