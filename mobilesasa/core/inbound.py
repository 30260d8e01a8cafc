"""Messages from phones: how the parts of a long one come together, and how it is cut for a team.

How to think about it: a carrier hands over parts, and most messages have one. Those of a long one are told apart from
others by carrier, both numbers, reference and total; they may come in any order, over any bind, and again.

    comes ──▶ waits ──the last one comes──────────▶ joined (remembered for a while)
                ├────its number comes with other octets: the phone uses the reference again ─▶ joined, incomplete
                └────the others have not come for hours────────────────────────────────────▶ joined, incomplete

A part that is there already is a repetition: the carrier missed our answer. One that was joined already waits again, as
an *echo*, for it may be the beginning of another message under the same reference; a set of nothing but echoes is the
same message repeated, and is dropped. A message of one part has no reference, so nothing tells a repetition from a
person who says YES twice: both are taken (at least once, and never lost).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

import attrs

from mobilesasa.core.model import ALPHABETS, Coding, MessageId, Notice
from mobilesasa.core.optouts import OptOut
from mobilesasa.sms.alphabet import decode_gsm, encode_ucs2, gsm_octets, mended
from mobilesasa.sms.segments import PartTooLong, TooLong, places, split, split_octets
from mobilesasa.sms.udh import Concatenation, Udh, read_udh

#: How long parts wait for the others of their message.
INCOMPLETE_AFTER_H: Final = 24
#: How long parts that were joined are remembered, so that a repetition is known.
REMEMBERED_H: Final = 1
#: What short_message holds at most (SMPP 3.4 §5.2.22).
SHORT_MESSAGE_OCTETS: Final = 254
_MOST_PARTS: Final = 255

SetKey = tuple[int, str, str, int, int]


@attrs.frozen
class InboundPart:
    """A message from a phone, or a part of one, as a carrier handed it over."""

    carrier_id: int
    source: str  # E.164 without the plus, or as it came
    destination: str
    coding: Coding
    octets: bytes = attrs.field(repr=False)  # without a header: septets unpacked, UTF-16BE, or binary
    received_at_ms: int
    concatenation: Concatenation | None = None  # None: it is whole
    udh: bytes = b""  # a header with what else stood in the part's, such as ports

    @property
    def set_key(self) -> SetKey:
        """What the parts of one message have in common."""
        reference, total, _ = self.concatenation.sar if self.concatenation else (0, 1, 1)
        return self.carrier_id, self.source, self.destination, reference, total


@attrs.frozen
class Arrival:
    """A part with what the node knows of it."""

    id: MessageId  # the message has that of its first part
    part: InboundPart
    team_id: int | None  # None: nobody's
    as_payload: bool = False  # the team wants a long message in one PDU
    echo: bool = False  # the same part was joined a while ago
    opt_out: OptOut | None = None  # what it says of further messages

    @property
    def number(self) -> int:
        """Which part it is."""
        return self.part.concatenation.number if self.part.concatenation else 1

    @property
    def total(self) -> int:
        """How many parts its message has."""
        return self.part.concatenation.total if self.part.concatenation else 1

    @property
    def content(self) -> tuple[int, Coding, bytes, bytes]:
        """What is the same in a repetition."""
        return self.number, self.part.coding, self.part.octets, self.part.udh


@attrs.frozen
class Inbound:
    """A message from a phone, whole but for parts that are missing."""

    id: MessageId
    team_id: int | None
    carrier_id: int
    source: str
    destination: str
    text: str | None = attrs.field(repr=False)  # None: the octets are no text
    body: bytes | None = attrs.field(repr=False)  # None: the text says it all
    udh: bytes
    coding: Coding
    parts: int  # that came
    missing: int  # that did not
    received_at_ms: int  # of its first part
    opt_out: str | None = None  # "stop" or "start", where it says just that


@attrs.frozen
class Piece:
    """What goes into one PDU: a header, or none, and the octets behind it."""

    udh: bytes
    octets: bytes = attrs.field(repr=False)


@attrs.frozen
class Delivery:
    """A deliver_sm of a message from a phone that a team is owed; like a `Notice` it stays in the spool until it is taken."""

    spool_id: int
    team_id: int
    message_id: MessageId  # of the `Inbound`
    source: str
    destination: str
    coding: Coding
    piece: Piece
    done_at_ms: int

    options = None  # as a `Notice` has them; no part waits for another
    has_steps = False


#: What the outbox brings to the teams.
Owed = Notice | Delivery


@attrs.frozen
class Taken:
    """What came of an arrival: messages that are whole now, and what their teams are owed."""

    inbounds: tuple[Inbound, ...] = ()
    deliveries: tuple[Delivery, ...] = ()
    repeated: bool = False


def digits_of(address: str) -> str:
    """Return the digits of an address without a plus or 00 in front; empty when it is no number."""
    digits = address.strip().removeprefix("+")
    if not (digits.isascii() and digits.isdigit()):
        return ""
    return digits.lstrip("0") if digits.startswith("00") else digits


def text_of(part: InboundPart) -> str:
    """Return what is written in a part; nothing where it is binary."""
    return "" if part.coding is Coding.BINARY else _text_of([part])


# Parts into one


@attrs.define
class Sets:
    """The sets of parts that a batch touches."""

    _waiting: dict[SetKey, dict[int, Arrival]] = attrs.field(factory=dict, init=False)
    _joined: dict[SetKey, set[tuple[int, Coding, bytes, bytes]]] = attrs.field(factory=dict, init=False)
    _known: set[MessageId] = attrs.field(factory=set, init=False)

    @classmethod
    def of(cls, waiting: Iterable[Arrival] = (), joined: Iterable[Arrival] = ()) -> Sets:
        """Begin with what the store has: parts that wait for others, and parts that were joined a while ago."""
        sets = cls()
        for arrival in joined:
            sets._remember(arrival)
        for arrival in waiting:
            sets._waiting.setdefault(arrival.part.set_key, {})[arrival.number] = arrival
            sets._known.add(arrival.id)
        return sets

    def take(self, arrival: Arrival) -> tuple[Arrival | None, list[list[Arrival]]]:
        """Take a part.

        Returns: the part to be kept (None: it is there already), and the sets that are closed by it, by part number.
        """
        key, number = arrival.part.set_key, arrival.number
        if arrival.id in self._known:  # the same batch is written again
            return None, []
        arrival = attrs.evolve(arrival, echo=arrival.content in self._joined.get(key, ()))
        closed: list[list[Arrival]] = []
        there = self._waiting.get(key, {}).get(number)
        if there is not None:
            if there.content == arrival.content:
                return None, []
            closed.append(self._close(key))
        parts = self._waiting.setdefault(key, {})
        parts[number] = arrival
        self._known.add(arrival.id)
        if len(parts) == arrival.total:
            closed.append(self._close(key))
        return arrival, closed

    def _close(self, key: SetKey) -> list[Arrival]:
        parts = self._waiting.pop(key)
        whole = [parts[number] for number in sorted(parts)]
        for arrival in whole:
            self._remember(arrival)
        return whole

    def _remember(self, arrival: Arrival) -> None:
        self._joined.setdefault(arrival.part.set_key, set()).add(arrival.content)
        self._known.add(arrival.id)


def is_repetition(parts: Sequence[Arrival]) -> bool:
    """Return whether a set is nothing but echoes: the message was joined before."""
    return all(arrival.echo for arrival in parts)


def join(parts: Sequence[Arrival]) -> Inbound:
    """Return the message that these parts make, given by part number; what is missing is left out.

    Where one part is binary the whole is. A character that was cut in two is mended; half of one becomes U+FFFD.
    """
    first, opt_out = parts[0].part, parts[0].opt_out
    is_binary = any(arrival.part.coding is Coding.BINARY for arrival in parts)
    text = None if is_binary else _text_of([arrival.part for arrival in parts])
    return Inbound(
        id=min(arrival.id for arrival in parts),
        team_id=telling(parts).team_id,
        carrier_id=first.carrier_id,
        source=first.source,
        destination=first.destination,
        text=text,
        body=b"".join(arrival.part.octets for arrival in parts) if is_binary else None,
        udh=first.udh,
        coding=_coding_of(text),
        parts=len(parts),
        missing=parts[0].total - len(parts),
        received_at_ms=min(arrival.part.received_at_ms for arrival in parts),
        opt_out=None if opt_out is None else opt_out.word,
    )


def telling(parts: Sequence[Arrival]) -> Arrival:
    """Return the part that says whose a message is: the first, which has its keyword, else the one that came last."""
    first = parts[0]
    return first if first.number == 1 and first.team_id is not None else max(parts, key=lambda arrival: arrival.id)


def _text_of(parts: Iterable[InboundPart]) -> str:
    runs: list[tuple[Coding, bytes]] = []
    for part in parts:
        if runs and runs[-1][0] is part.coding:
            runs[-1] = part.coding, runs[-1][1] + part.octets
        else:
            runs.append((part.coding, part.octets))
    text = mended(decode_gsm(octets) if coding is Coding.GSM7 else octets for coding, octets in runs)
    return text.replace("\0", "")  # no table can keep it


def _coding_of(text: str | None) -> Coding:
    if text is None:
        return Coding.BINARY
    return Coding.UCS2 if gsm_octets(text) is None else Coding.GSM7


# One into pieces


def octets_of(inbound: Inbound) -> bytes:
    """Return a message as it goes over the air, GSM text unpacked."""
    if inbound.text is None:
        return inbound.body or b""
    octets = gsm_octets(inbound.text) if inbound.coding is Coding.GSM7 else None
    return encode_ucs2(inbound.text) if octets is None else octets


def pieces(inbound: Inbound, as_payload: bool) -> tuple[Piece, ...]:
    """Return what a message is in PDUs: one, or parts with headers that say which they are.

    Where no header can say it (of more than 255 parts, or beside elements that leave no room) the pieces have none.
    """
    octets = octets_of(inbound)
    if as_payload:
        return (Piece(inbound.udh, octets),)
    alphabet = ALPHABETS[inbound.coding]
    elements = read_udh(inbound.udh)[0].elements if inbound.udh else ()
    try:
        if inbound.text is None:
            segments = split_octets(octets, elements=elements, max_parts=_MOST_PARTS)
        else:
            segments = split(inbound.text, alphabet, elements=elements, max_parts=_MOST_PARTS)
    except (TooLong, PartTooLong):
        if len(inbound.udh) + len(octets) <= SHORT_MESSAGE_OCTETS:
            return (Piece(inbound.udh, octets),)
        starts = places(octets, alphabet, SHORT_MESSAGE_OCTETS)
        ends = [*starts[1:], len(octets)]
        return tuple(Piece(b"", octets[start:end]) for start, end in zip(starts, ends, strict=True))
    if len(segments) == 1:
        return (Piece(inbound.udh, octets),)
    reference, total = int(inbound.id[-2:], 16), len(segments)
    return tuple(
        Piece(Udh((Concatenation(reference, total, number).element, *elements)).octets, segment.octets)
        for number, segment in enumerate(segments.parts, 1)
    )


def deliveries(inbound: Inbound, as_payload: bool, done_at_ms: int) -> tuple[Delivery, ...]:
    """Return what the team of a message is owed for it, not spooled yet (`spool_id` 0); nothing where it is nobody's."""
    team_id = inbound.team_id
    if team_id is None:
        return ()
    return tuple(delivery_of(inbound, 0, team_id, piece, done_at_ms) for piece in pieces(inbound, as_payload))


def delivery_of(inbound: Inbound, spool_id: int, team_id: int, piece: Piece, done_at_ms: int) -> Delivery:
    """Return one deliver_sm of a message."""
    return Delivery(
        spool_id=spool_id,
        team_id=team_id,
        message_id=inbound.id,
        source=inbound.source,
        destination=inbound.destination,
        coding=inbound.coding,
        piece=piece,
        done_at_ms=done_at_ms,
    )


def for_latin1(piece: Piece) -> tuple[Coding, bytes]:
    """Return GSM text for a team whose data_coding 0 is Latin-1: so written, or in UCS-2 where Latin-1 lacks a character.

    Where that does not fit the PDU, a question mark stands for the character.
    """
    text = decode_gsm(piece.octets)
    try:
        return Coding.GSM7, text.encode("latin-1")
    except UnicodeEncodeError:
        octets = encode_ucs2(text)
        if len(piece.udh) + len(octets) <= SHORT_MESSAGE_OCTETS:
            return Coding.UCS2, octets
        return Coding.GSM7, text.encode("latin-1", "replace")
