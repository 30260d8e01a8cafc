"""Texts into parts and back: how a long message is cut, headed, and put together again.

A part carries 140 octets: 160 septets, 70 UCS-2 units, 140 octets of binary. A part of a longer message gives some of
them to a user data header that says which part it is: 6 octets with an 8-bit reference, 7 with a 16-bit one. Septets
start again on a septet boundary behind the header, so 153 or 152 of them are left, 67 or 66 UCS-2 units, 134 or 133
octets (3GPP TS 23.040 §9.2.3.24, figure 9.2.3.24 (a)).

Octets here are as SMPP carries them: GSM text unpacked, one octet a septet. `udh` has the headers.
"""

from collections.abc import Iterable, Sequence
from enum import StrEnum
from functools import lru_cache

from attrs import field, frozen

from mobilesasa.sms.alphabet import decode_gsm, decode_ucs2, encode_gsm, encode_ucs2, gsm_octets, is_gsm, plain_ucs2
from mobilesasa.sms.udh import Concatenation, Element, Udh

MAX_PARTS = 10
"""The longest message that is accepted unless the caller says otherwise, in parts."""

PART_OCTETS = 140
"""What one part carries over the air, in octets, the header included (3GPP TS 23.040 §9.2.3.16)."""

SHORT_MESSAGE_OCTETS = 254
"""The longest short_message of a PDU, in octets, the header included (SMPP 3.4 §5.2.22)."""

_ESCAPE = 0x1B
_MAX_UDH_OCTETS = PART_OCTETS - 4  # what is left then holds a surrogate pair


class Alphabet(StrEnum):
    """In what the octets of a message are written."""

    GSM7 = "gsm7"
    UCS2 = "ucs2"
    BINARY = "binary"


class TooLong(ValueError):
    """The message takes `parts` parts, and `limit` is the most that are accepted."""

    def __init__(self, parts: int, limit: int) -> None:
        super().__init__(f"the message takes {parts} parts; at most {limit} are accepted")
        self.parts = parts
        self.limit = limit


class PartTooLong(ValueError):
    """One part with its header takes `octets` octets (septets where it is GSM text), and only `limit` fit."""

    def __init__(self, octets: int, limit: int) -> None:
        super().__init__(f"the part takes {octets} octets with its header; {limit} fit")
        self.octets = octets
        self.limit = limit


class MixedParts(ValueError):
    """The parts are not all of one message: their references, totals or repeated numbers clash."""


@frozen
class Segment:
    """One part of a message: what it says, and that as octets without a header. `text` is empty for binary."""

    text: str = field(repr=False)
    octets: bytes = field(repr=False)


@frozen
class Segments:
    """A message cut into parts."""

    alphabet: Alphabet
    parts: tuple[Segment, ...]
    wide_reference: bool = False
    elements: tuple[Element, ...] = ()
    """What the header of every part carries besides the concatenation."""

    def __len__(self) -> int:
        return len(self.parts)

    @property
    def texts(self) -> list[str]:
        """The text of each part, in order."""
        return [part.text for part in self.parts]

    @property
    def has_udh(self) -> bool:
        """Whether `payloads` begin with a header, so that the sender must say so (esm_class 0x40)."""
        return len(self.parts) > 1 or bool(self.elements)

    def payloads(self, reference: int) -> list[bytes]:
        """What goes into short_message for each part, in order; a single part without elements has no header.

        Args:
            reference: what tells the parts of this message from those of others between the same two numbers, taken
                modulo 256, or 65,536 where the message was cut for a wide reference.
        """
        if len(self.parts) == 1:
            head = Udh(self.elements).octets if self.elements else b""
            return [head + self.parts[0].octets]
        reference &= 0xFFFF if self.wide_reference else 0xFF
        total = len(self.parts)
        return [
            Udh((Concatenation(reference, total, number, self.wide_reference).element, *self.elements)).octets
            + part.octets
            for number, part in enumerate(self.parts, 1)
        ]


def room(alphabet: Alphabet, udh_octets: int = 0) -> int:
    """How much a part holds behind a header of so many octets, all counted: septets, UCS-2 units, or octets.

    Raises:
        PartTooLong: the header leaves less than two UCS-2 units, so that not every character would fit.
    """
    if udh_octets > _MAX_UDH_OCTETS:
        raise PartTooLong(udh_octets, _MAX_UDH_OCTETS)
    if alphabet is Alphabet.GSM7:
        return PART_OCTETS * 8 // 7 - (udh_octets * 8 + 6) // 7
    return (PART_OCTETS - udh_octets) // (2 if alphabet is Alphabet.UCS2 else 1)


def alphabet_of(text: str) -> Alphabet:
    """The alphabet a text is sent in: GSM7 where it has every character, UCS2 otherwise."""
    return Alphabet.GSM7 if is_gsm(text) else Alphabet.UCS2


def encode(text: str, alphabet: Alphabet) -> bytes:
    """The octets of a text.

    Raises:
        NotGsm, NotUcs2: the alphabet cannot carry the text.
        ValueError: the alphabet is BINARY, which carries no text.
    """
    if alphabet is Alphabet.GSM7:
        return encode_gsm(text)
    if alphabet is Alphabet.UCS2:
        return encode_ucs2(text)
    raise ValueError("binary octets carry no text")


def decode(octets: bytes, alphabet: Alphabet) -> str:
    """The text of octets.

    Raises:
        NotUcs2: the octets are not UCS-2 though said to be.
        ValueError: the alphabet is BINARY, which carries no text.
    """
    if alphabet is Alphabet.GSM7:
        return decode_gsm(octets)
    if alphabet is Alphabet.UCS2:
        return decode_ucs2(octets)
    raise ValueError("binary octets carry no text")


def split(
    text: str,
    alphabet: Alphabet | None = None,
    *,
    wide_reference: bool = False,
    elements: Sequence[Element] = (),
    max_parts: int = MAX_PARTS,
) -> Segments:
    """Cut a text into as few parts as hold it, never through an escape pair or a surrogate pair.

    Args:
        text: the message, of any length.
        alphabet: None for GSM7 where the text allows it and UCS2 otherwise.
        wide_reference: leave room for a 16-bit reference.
        elements: information elements that every part has to carry, such as ports.
        max_parts: how many parts are accepted.

    Raises:
        TooLong: the text takes more than `max_parts`.
        NotGsm, NotUcs2: the alphabet asked for cannot carry the text.
    """
    octets = gsm_octets(text) if alphabet is None else encode(text, alphabet)
    alphabet = alphabet or (Alphabet.UCS2 if octets is None else Alphabet.GSM7)
    if octets is None:
        octets = encode_ucs2(text)
    pieces = _pieces(octets, alphabet, wide_reference, elements, max_parts)
    if len(pieces) == 1:
        return Segments(alphabet, (Segment(text, octets),), wide_reference, tuple(elements))
    # A piece that begins with U+FEFF says just that; it is no byte order mark, which `decode` would take off.
    read = decode_gsm if alphabet is Alphabet.GSM7 else _decode_utf16
    return Segments(alphabet, tuple(Segment(read(piece), piece) for piece in pieces), wide_reference, tuple(elements))


def split_octets(
    octets: bytes,
    *,
    wide_reference: bool = False,
    elements: Sequence[Element] = (),
    max_parts: int = MAX_PARTS,
) -> Segments:
    """Cut a binary message into parts; arguments and `TooLong` as for `split`."""
    pieces = _pieces(octets, Alphabet.BINARY, wide_reference, elements, max_parts)
    return Segments(Alphabet.BINARY, tuple(Segment("", piece) for piece in pieces), wide_reference, tuple(elements))


def count_encoded(
    octets: bytes, alphabet: Alphabet, *, elements: Sequence[Element] = (), max_parts: int = MAX_PARTS
) -> int:
    """How many parts `split` or `split_octets` makes of a message that is encoded already; arguments as there.

    Raises:
        TooLong: more than `max_parts`.
        PartTooLong: the elements leave no room for the message.
    """
    return len(_pieces(octets, alphabet, False, elements, max_parts))


def _decode_utf16(octets: bytes) -> str:
    return octets.decode("utf-16-be")


def _pieces(
    octets: bytes, alphabet: Alphabet, wide_reference: bool, elements: Sequence[Element], max_parts: int
) -> list[bytes]:
    """The octets cut so that each piece fits a part behind its header."""
    single_octets, part_octets = _rooms(alphabet, wide_reference, sum(element.size for element in elements))
    if len(octets) <= single_octets:
        return [octets]
    cuts = places(octets, alphabet, part_octets)
    if len(cuts) > max_parts:
        raise TooLong(len(cuts), max_parts)
    return [octets[start:end] for start, end in zip(cuts, [*cuts[1:], len(octets)], strict=True)]


@lru_cache
def _rooms(alphabet: Alphabet, wide_reference: bool, others_octets: int) -> tuple[int, int]:
    """What the only part and what one of several parts holds, in octets, behind elements of so many octets."""
    unit_octets = 2 if alphabet is Alphabet.UCS2 else 1
    single = room(alphabet, 1 + others_octets if others_octets else 0)
    several = room(alphabet, 1 + (6 if wide_reference else 5) + others_octets)
    return unit_octets * single, unit_octets * several


def places(octets: bytes, alphabet: Alphabet, room_octets: int) -> list[int]:
    """Where the parts of an encoded message begin when each may have so many octets (four or more): 0, and more."""
    starts = [0]
    end = room_octets
    while end < len(octets):
        if alphabet is Alphabet.GSM7 and octets[end - 1] == _ESCAPE:
            end -= 1
        elif alphabet is Alphabet.UCS2 and octets[end - 2] & 0xFC == 0xD8:  # a high surrogate, its low one cut off
            end -= 2
        starts.append(end)
        end += room_octets
    return starts


def with_udh(
    concatenation: Concatenation,
    octets: bytes,
    alphabet: Alphabet | None = None,
    *,
    elements: Sequence[Element] = (),
) -> bytes:
    """The header that says which part this is, and the part: what goes into short_message under esm_class 0x40.

    Args:
        concatenation: which part it is.
        octets: the part without a header, GSM text unpacked.
        alphabet: what the octets are, to hold the part to what the air carries; None checks only that a
            short_message holds it.
        elements: more information elements for the header.

    Raises:
        PartTooLong: it does not fit.
    """
    udh = Udh((concatenation.element, *elements)).octets
    payload = udh + octets
    if len(payload) > SHORT_MESSAGE_OCTETS:
        raise PartTooLong(len(payload), SHORT_MESSAGE_OCTETS)
    limit = SHORT_MESSAGE_OCTETS if alphabet is None else PART_OCTETS
    if alphabet is Alphabet.GSM7:
        limit = room(alphabet, len(udh)) + len(udh)
    if len(payload) > limit:
        raise PartTooLong(len(payload), limit)
    return payload


@frozen
class Part:
    """A part as it came in: which one it is, its octets without the header, and what they are written in."""

    concatenation: Concatenation
    octets: bytes = field(repr=False)
    alphabet: Alphabet = Alphabet.GSM7


def missing(parts: Iterable[Part]) -> tuple[int, ...]:
    """The numbers of the parts that have not come yet, ascending; of no parts at all, nothing is known to be missing.

    Raises:
        MixedParts: the parts are not all of one message.
    """
    have = _numbered(parts)
    if not have:
        return ()
    total = next(iter(have.values())).concatenation.total
    return tuple(number for number in range(1, total + 1) if number not in have)


def join(parts: Iterable[Part]) -> str | None:
    """The text of a long message from its parts in any order, or None while some are missing.

    A part that comes twice counts once. Characters that a sender has cut in two come together again; parts in different
    alphabets are each read in their own.

    Raises:
        MixedParts: the parts are not all of one message.
        NotUcs2: the joined octets are not UCS-2.
        ValueError: a part is binary; `join_octets` joins those.
    """
    whole = _complete(parts)
    if whole is None:
        return None
    runs: list[tuple[Alphabet, bytes]] = []
    for part in whole:
        octets = plain_ucs2(part.octets) if part.alphabet is Alphabet.UCS2 else part.octets
        if runs and runs[-1][0] is part.alphabet:
            runs[-1] = (part.alphabet, runs[-1][1] + octets)
        else:
            runs.append((part.alphabet, octets))
    return "".join(decode(octets, alphabet) for alphabet, octets in runs)


def join_octets(parts: Iterable[Part]) -> bytes | None:
    """The octets of a long message from its parts in any order, or None while some are missing.

    Raises:
        MixedParts: the parts are not all of one message.
    """
    whole = _complete(parts)
    return None if whole is None else b"".join(part.octets for part in whole)


def _numbered(parts: Iterable[Part]) -> dict[int, Part]:
    """The parts by their number, repetitions folded."""
    have: dict[int, Part] = {}
    first: Part | None = None
    for part in parts:
        first = first or part
        if part.concatenation.sar[:2] != first.concatenation.sar[:2]:
            raise MixedParts("the parts have different references or totals, so they are not of one message")
        if have.setdefault(part.concatenation.number, part).octets != part.octets:
            raise MixedParts(f"part {part.concatenation.number} came twice with different contents")
    return have


def _complete(parts: Iterable[Part]) -> list[Part] | None:
    """The parts in order, or None while some are missing or none has come."""
    have = _numbered(parts)
    if not have or len(have) < next(iter(have.values())).concatenation.total:
        return None
    return [have[number] for number in sorted(have)]
