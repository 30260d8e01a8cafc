"""The frames that pass for every message (AMQP 0-9-1 §4.2): octets in, events out.

How to think about it: `Reader.feed` takes what one read of the socket brought and gives events in the order of the wire.
All messages of a consumer and all confirms of a channel are one event each, for as long as nothing else comes between
them. What does not pass for every message comes as a `Method` whose arguments nobody has read yet. Whatever the broker
sends is bounded before it is kept: a frame by `limit_octets`, a body by `BODY_OCTETS`.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from struct import Struct
from typing import Final

import attrs

from mobilesasa.queue.amqp.message import Message

FRAME_OCTETS: Final = 131_072  # the largest frame that we offer to take, head and end included; RabbitMQ's own choice
BODY_OCTETS: Final = 16 * 1024 * 1024  # the largest message: RabbitMQ 4's own limit
PLACES: Final = 1_000  # exchanges with routing keys whose octets are remembered

_METHOD, _HEADER, _BODY, _HEARTBEAT, _END = 1, 2, 3, 8, 0xCE
_DELIVER, _GET_OK, _RETURN, _ACK, _NACK = 0x3C003C, 0x3C0047, 0x3C0032, 0x3C0050, 0x3C0078

_HEAD: Final = Struct(">BHI")  # kind, channel, octets of the payload
_CODE: Final = Struct(">I")  # class and method
_CONTENT: Final = Struct(">HHQ")  # class, weight, octets of the body
_TAG: Final = Struct(">QB")  # delivery tag and one octet of bits


class BadFrame(ValueError):
    """What came is not AMQP 0-9-1 or passes a bound; the connection cannot go on."""


@attrs.define(eq=False)
class Deliveries:
    """Messages for a consumer, in order."""

    channel: int
    consumer_tag: str
    messages: list[Message]


@attrs.define
class Confirms:
    """What became of publishes: (number, whether all up to it are meant, whether the broker took them)."""

    channel: int
    confirms: list[tuple[int, bool, bool]]


@attrs.define(eq=False)
class Returned:
    """A publish that no queue took; its confirm is still to come."""

    channel: int
    message: Message


@attrs.define(eq=False)
class Got:
    """The answer to basic.get when there was a message."""

    channel: int
    message: Message


@attrs.define
class Method:
    """Any other method, not yet read."""

    channel: int
    class_id: int
    method_id: int
    arguments: bytes


Event = Deliveries | Confirms | Returned | Got | Method


class Reader:
    """Reads what a broker sends.

    Args:
        limit_octets: the largest frame that it may send, head and end included.
    """

    def __init__(self, limit_octets: int = FRAME_OCTETS) -> None:
        self._limit_octets = limit_octets - 8
        self._held: list[bytes] = []  # the beginning of a frame
        self._held_octets = 0
        self._needed = 7  # how many octets there must be for anything new to be read
        self._unfinished: dict[int, tuple[int, bytes, Message, int]] = {}  # channel: method, consumer, message, octets
        self._pieces: dict[int, list[bytes]] = {}  # of a body that has come in part
        self._places: dict[bytes, tuple[str, str]] = {}
        self._deliveries: dict[tuple[int, bytes], list[Message]] = {}  # the events that still grow
        self._confirms: dict[int, list[tuple[int, bool, bool]]] = {}
        self._events: list[Event] = []

    def feed(self, octets: bytes) -> list[Event]:
        """Take what one read of the socket brought.

        Raises:
            BadFrame: it is not what a broker says; feed nothing after that.
        """
        if self._held:
            self._held.append(octets)
            self._held_octets += len(octets)
            if self._held_octets < self._needed:
                return []
            octets = b"".join(self._held)
            self._held = []
        try:
            at = self._walk(octets)
        except (struct.error, IndexError, UnicodeDecodeError) as error:
            raise BadFrame(f"a frame is cut short inside: {error}") from error
        if at < len(octets):
            self._held = [octets[at:]]
            self._held_octets = len(octets) - at
        events, self._events = self._events, []
        self._no_more_of_these()
        return events

    def _walk(self, octets: bytes) -> int:
        """Read all whole frames and say where the rest begins."""
        at, end, limit_octets = 0, len(octets), self._limit_octets
        head, kinds = _HEAD.unpack_from, _KINDS
        self._needed = 7
        while end - at >= 7:
            kind, channel, size = head(octets, at)
            read = kinds.get(kind)
            if read is None:
                raise BadFrame(_unknown(octets[at : at + 8]))
            if size > limit_octets:
                raise BadFrame(f"a frame of {size} octets, where {limit_octets} were agreed")
            stop = at + 7 + size
            if stop >= end:
                self._needed = size + 8
                break
            if octets[stop] != _END:
                raise BadFrame(f"a frame that ends with {octets[stop]:#04x}, not 0xce")
            read(self, octets, at + 7, stop, channel)
            at = stop + 1
        return at

    def _method(self, octets: bytes, at: int, stop: int, channel: int) -> None:
        if channel in self._unfinished:
            raise BadFrame("a method before the message on its channel was whole")
        (code,) = _CODE.unpack_from(octets, at)
        at += 4
        if code == _DELIVER:
            begin = at + 1
            at = begin + octets[at]
            message = self._message(octets, at, stop)
            self._unfinished[channel] = (code, octets[begin:at], message, -1)
        elif code in (_ACK, _NACK):
            number, bits = _TAG.unpack_from(octets, at)
            self._confirm(channel, (number, bits & 1 == 1, code == _ACK))
        elif code == _GET_OK:
            self._unfinished[channel] = (code, b"", self._message(octets, at, stop - 4), -1)
        elif code == _RETURN:
            at += 3 + octets[at + 2]
            self._unfinished[channel] = (code, b"", Message(b"", 0, False, *self._place(octets[at:stop])), -1)
        else:
            self._no_more_of_these()
            self._events.append(Method(channel, code >> 16, code & 0xFFFF, octets[at:stop]))

    def _message(self, octets: bytes, at: int, stop: int) -> Message:
        """Read what deliver and get-ok have in common."""
        delivery_tag, redelivered = _TAG.unpack_from(octets, at)
        exchange, routing_key = self._place(octets[at + 9 : stop])
        return Message(b"", delivery_tag, redelivered & 1 == 1, exchange, routing_key)

    def _place(self, octets: bytes) -> tuple[str, str]:
        """Read an exchange and a routing key; few of them come again and again."""
        place = self._places.get(octets)
        if place is None:
            middle = 1 + octets[0]
            if middle + 1 + octets[middle] != len(octets):
                raise BadFrame("the place of a message does not fit its frame")
            place = octets[1:middle].decode(), octets[middle + 1 :].decode()
            if len(self._places) >= PLACES:
                self._places.clear()
            self._places[octets] = place
        return place

    def _header(self, octets: bytes, at: int, stop: int, channel: int) -> None:
        code, consumer, message, size = self._unfinished.get(channel, _NOTHING)
        if size != -1:
            raise BadFrame("a content header that nothing announced")
        _, _, size = _CONTENT.unpack_from(octets, at)
        message.properties = octets[at + 12 : stop]
        if size > BODY_OCTETS:
            raise BadFrame(f"a message of {size} octets; {BODY_OCTETS} are the most we take")
        if size:
            self._unfinished[channel] = (code, consumer, message, size)
        else:
            self._whole(channel, code, consumer, message)

    def _body(self, octets: bytes, at: int, stop: int, channel: int) -> None:
        code, consumer, message, size = self._unfinished.get(channel, _NOTHING)
        piece = octets[at:stop]
        if not 0 < len(piece) <= size:
            raise BadFrame("a body that does not fit its content header")
        if len(piece) < size:
            self._pieces.setdefault(channel, []).append(piece)
            self._unfinished[channel] = (code, consumer, message, size - len(piece))
            return
        pieces = self._pieces.pop(channel, None)
        message.body = b"".join((*pieces, piece)) if pieces else piece
        self._whole(channel, code, consumer, message)

    def _heartbeat(self, octets: bytes, at: int, stop: int, channel: int) -> None:
        """Say nothing: that octets came is what a heartbeat is for."""

    def _whole(self, channel: int, code: int, consumer: bytes, message: Message) -> None:
        """A message has come to its end."""
        del self._unfinished[channel]
        if code == _DELIVER:
            messages = self._deliveries.get((channel, consumer))
            if messages is None:
                messages = self._deliveries[channel, consumer] = []
                self._events.append(Deliveries(channel, consumer.decode(), messages))
            messages.append(message)
            return
        self._no_more_of_these()
        self._events.append((Got if code == _GET_OK else Returned)(channel, message))

    def _confirm(self, channel: int, confirm: tuple[int, bool, bool]) -> None:
        confirms = self._confirms.get(channel)
        if confirms is None:
            confirms = self._confirms[channel] = []
            self._events.append(Confirms(channel, confirms))
        confirms.append(confirm)

    def _no_more_of_these(self) -> None:
        """Let no event grow any more, for another comes after it."""
        self._deliveries.clear()
        self._confirms.clear()


_NOTHING: Final = (0, b"", Message(b"", 0, False, "", ""), -2)  # nothing was announced on a channel: no size fits
_KINDS: Final[dict[int, Callable[[Reader, bytes, int, int, int], None]]] = {
    _METHOD: Reader._method,
    _HEADER: Reader._header,
    _BODY: Reader._body,
    _HEARTBEAT: Reader._heartbeat,
}


def _unknown(octets: bytes) -> str:
    if octets[:4] == b"AMQP":
        return f"the broker speaks another version of AMQP, {octets[4:].hex(' ')}"
    return f"a frame of unknown kind {octets[0]}"
