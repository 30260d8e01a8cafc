"""The user data header: what stands before the text of a part (3GPP TS 23.040 §9.2.3.24).

One octet with the length, then information elements: identifier, length, body. `read_udh` tells a header from a text
that only happens to come under esm_class 0x40: the length has to fit and the elements have to fill it exactly.
"""

from typing import Self

from attrs import field, frozen

CONCATENATION = 0x00
"""8-bit reference, total, number (§9.2.3.24.1)."""
PORTS = 0x05
"""16-bit destination and source ports (§9.2.3.24.4)."""
WIDE_CONCATENATION = 0x08
"""16-bit reference, total, number (§9.2.3.24.8)."""

_MAX_UDH_OCTETS = 140


class BadUdh(ValueError):
    """The octets do not begin with a well-formed header, or the elements make none."""


@frozen
class Element:
    """An information element.

    Raises:
        ValueError: the identifier is not within 0–255, or the body longer than 255 octets.
    """

    identifier: int
    body: bytes

    def __attrs_post_init__(self) -> None:
        if not (0 <= self.identifier <= 0xFF and len(self.body) <= 0xFF):
            raise ValueError("an information element has an identifier from 0 to 255 and at most 255 octets")

    @property
    def size(self) -> int:
        """How many octets it takes in a header."""
        return 2 + len(self.body)


@frozen
class Concatenation:
    """Which part of which message: as an element of the header, or as the three sar TLVs of SMPP.

    Args:
        reference: 0–255, or 0–65,535 where it is wide; 0 is as good as any.
        total: 1–255.
        number: 1–total.
        wide: whether the reference takes 16 bits in the header; unless said, only where it needs them.

    Raises:
        ValueError: a number is out of its range.
    """

    reference: int
    total: int
    number: int
    wide: bool = field()

    @wide.default
    def _needs_16_bits(self) -> bool:
        return self.reference > 0xFF

    def __attrs_post_init__(self) -> None:
        if not 0 <= self.reference <= (0xFFFF if self.wide else 0xFF):
            raise ValueError(f"reference {self.reference} does not fit {16 if self.wide else 8} bits")
        if not 1 <= self.number <= self.total <= 255:
            raise ValueError(f"part {self.number} of {self.total} cannot be; parts are numbered 1 to at most 255")

    @property
    def element(self) -> Element:
        """The element for a header, with an 8-bit or a 16-bit reference."""
        tail = bytes((self.total, self.number))
        if self.wide:
            return Element(WIDE_CONCATENATION, self.reference.to_bytes(2, "big") + tail)
        return Element(CONCATENATION, bytes((self.reference,)) + tail)

    @property
    def sar(self) -> tuple[int, int, int]:
        """sar_msg_ref_num, sar_total_segments, sar_segment_seqnum (SMPP 3.4 §5.3.2.22–24)."""
        return self.reference, self.total, self.number

    @classmethod
    def from_sar(cls, reference: int, total: int, number: int) -> Self:
        """The values of the three sar TLVs, the reference kept whole.

        Raises:
            ValueError: a number is out of its range.
        """
        return cls(reference, total, number)

    def narrowed(self) -> Self:
        """The same part with an 8-bit reference, the low octet of its own.

        A client that sends 153 septets or 67 units under sar TLVs has left room for this header, not for the wide one.
        """
        return type(self)(self.reference & 0xFF, self.total, self.number, False)


@frozen
class Udh:
    """A header: its information elements, in their order."""

    elements: tuple[Element, ...]

    @property
    def octets(self) -> bytes:
        """The header as it stands before the text, its length octet first.

        Raises:
            BadUdh: it would be longer than a part, or has no element.
        """
        body = b"".join(bytes((element.identifier, len(element.body))) + element.body for element in self.elements)
        if not body:
            raise BadUdh("a header needs an information element")
        if len(body) >= _MAX_UDH_OCTETS:
            raise BadUdh(f"a header of {len(body) + 1} octets does not fit a part of {_MAX_UDH_OCTETS}")
        return bytes((len(body),)) + body

    @property
    def concatenation(self) -> Concatenation | None:
        """Which part this is; None for a message of one part.

        Of several elements that say it the last counts, and one whose numbers cannot be is passed over
        (3GPP TS 23.040 §9.2.3.24, §9.2.3.24.1).
        """
        for element in reversed(self.elements):
            wide = element.identifier == WIDE_CONCATENATION
            if not wide and element.identifier != CONCATENATION:
                continue
            *reference, total, number = element.body if len(element.body) == 3 + wide else b"\0\0"
            if 1 <= number <= total:
                return Concatenation(int.from_bytes(reference, "big"), total, number, wide)
        return None

    @property
    def ports(self) -> tuple[int, int] | None:
        """The destination and source ports (16 bits each), the last that are given; None where there are none."""
        for element in reversed(self.elements):
            if element.identifier == PORTS and len(element.body) == 4:
                return int.from_bytes(element.body[:2], "big"), int.from_bytes(element.body[2:], "big")
        return None


def ports_element(destination: int, source: int = 0) -> Element:
    """The element that addresses a message to an application's port (3GPP TS 23.040 §9.2.3.24.4).

    Raises:
        ValueError: a port is not within 0–65,535.
    """
    if not (0 <= destination <= 0xFFFF and 0 <= source <= 0xFFFF):
        raise ValueError("a port is a number from 0 to 65,535")
    return Element(PORTS, destination.to_bytes(2, "big") + source.to_bytes(2, "big"))


def read_udh(octets: bytes) -> tuple[Udh, bytes]:
    """The header that octets begin with, and what comes after it.

    Raises:
        BadUdh: they begin with none: nothing there, a length that is zero or does not fit, or elements that do not fill
            the length exactly. A text under a stray esm_class 0x40 ends here.
    """
    if not octets or not octets[0]:
        raise BadUdh("there is no header")
    end = 1 + octets[0]
    if end > min(len(octets), _MAX_UDH_OCTETS):
        raise BadUdh(f"the header says it has {octets[0]} octets, and {len(octets) - 1} follow")
    elements: list[Element] = []
    at = 1
    while at + 2 <= end:
        body_at = at + 2
        at = body_at + octets[at + 1]
        elements.append(Element(octets[body_at - 2], octets[body_at:at]))
    if at != end:
        raise BadUdh("the information elements do not fill the header exactly")
    return Udh(tuple(elements)), octets[end:]
