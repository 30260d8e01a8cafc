"""The kinds of fields a PDU is made of, each as the source text that reads and writes it.

`codec` strings these texts together into one function a PDU class. In the texts `body` is the octets after the header,
`text` the same octets as latin-1 characters, `p` the position reached, `find` is `text.find`.
"""

from typing import Any, ClassVar, Protocol

import attrs

from mobilesasa.smpp.statuses import Status


class Kind(Protocol):
    """How one field lies on the wire."""

    octets: int | None  # the fixed size, None when it varies

    def reading(self, name: str, into: str, at: str) -> list[str]:
        """Return the statements that put the field `name`, which begins at position `at`, into `into`."""

    def checking(self, name: str) -> list[str]:
        """Return the statements that call `refuse(pdu)` when the value in the variable `name` does not fit."""

    def writing(self, name: str) -> str:
        """Return the strings, one character an octet, for the value in the variable `name`."""

    def fault(self, value: Any) -> str | None:
        """Return what is wrong with a value, in words, or None; for the text of an error only."""


@attrs.frozen
class Octet:
    """An unsigned number of one octet."""

    octets: ClassVar[int | None] = 1

    def reading(self, name: str, into: str, at: str) -> list[str]:
        """See `Kind`."""
        return [f"{into} = body[{at}]"]

    def checking(self, name: str) -> list[str]:
        """Return nothing: a number that does not fit has no character."""
        return []

    def writing(self, name: str) -> str:
        """See `Kind`."""
        return f"CHARACTERS[{name}]"

    def fault(self, value: Any) -> str | None:
        """See `Kind`."""
        return None if isinstance(value, int) and 0 <= value <= 0xFF else "is not 0 to 255"


@attrs.frozen
class Word:
    """An unsigned number of four octets."""

    octets: ClassVar[int | None] = 4

    def reading(self, name: str, into: str, at: str) -> list[str]:
        """See `Kind`."""
        return [f"{into} = unpack_word(body, {at})[0]"]

    def checking(self, name: str) -> list[str]:
        """Return nothing: a number that does not fit cannot be packed."""
        return []

    def writing(self, name: str) -> str:
        """See `Kind`."""
        return f"pack_word({name}).decode('latin-1')"

    def fault(self, value: Any) -> str | None:
        """See `Kind`."""
        return None if isinstance(value, int) and 0 <= value <= 0xFFFFFFFF else "is not 0 to 4294967295"


@attrs.frozen
class COctets:
    """Characters closed by a NUL; `limit` counts the NUL too."""

    limit: int
    refused_with: Status
    octets: ClassVar[int | None] = None

    def reading(self, name: str, into: str, at: str) -> list[str]:
        """See `Kind`."""
        return [
            f"if body[{at}]:",
            f"    e = find('\\0', {at}, {at} + {self.limit})",
            "    if e < 0:",
            f"        raise MalformedBody(Status.{self.refused_with.name}, {name!r})",
            f"    {into} = text[{at}:e]",
            "    p = e + 1",
            "else:",
            f"    {into} = ''",
            f"    p = {at} + 1",
        ]

    def checking(self, name: str) -> list[str]:
        """See `Kind`."""
        return [f"if {name} and (len({name}) >= {self.limit} or '\\0' in {name}):", "    refuse(pdu)"]

    def writing(self, name: str) -> str:
        """See `Kind`."""
        return f"{name}, '\\0'"

    def fault(self, value: Any) -> str | None:
        """See `Kind`."""
        if not isinstance(value, str):
            return "is not text"
        if len(value) >= self.limit:
            return f"is longer than {self.limit - 1} octets"
        return "has a character that cannot stand there" if "\0" in value or max(value, default="") > "\xff" else None


@attrs.frozen
class Sized:
    """Octets with their number in one octet before them; always the last field of a PDU."""

    limit: int
    refused_with: Status
    octets: ClassVar[int | None] = None

    def reading(self, name: str, into: str, at: str) -> list[str]:
        """See `Kind`."""
        return [
            f"p = {at} + 1",
            "size = body[p - 1]",
            "e = p + size",
            f"if size > {self.limit} or e > len(body):",
            f"    raise MalformedBody(Status.{self.refused_with.name}, {name!r})",
            f"{into} = body[p:e]",
            "p = e",
        ]

    def checking(self, name: str) -> list[str]:
        """See `Kind`."""
        return [f"if len({name}) > {self.limit}:", "    refuse(pdu)"]

    def writing(self, name: str) -> str:
        """Return the length alone; the octets follow the text."""
        return f"CHARACTERS[len({name})]"

    def fault(self, value: Any) -> str | None:
        """See `Kind`."""
        if not isinstance(value, bytes):
            return "is not octets"
        return f"is longer than {self.limit} octets" if len(value) > self.limit else None


@attrs.frozen
class Listed:
    """Parts with their number in one octet before them.

    Attributes:
        parts: The classes of parts that may stand in the list. With more than one, an octet with the `flag` of its
            class precedes each part.
        least, limit: How many parts there may be.
        refused_with, flag_refused_with: The status for a wrong number, and for an unknown flag.
    """

    parts: tuple[type, ...]
    least: int
    limit: int
    refused_with: Status
    flag_refused_with: Status = Status.ESME_RINVDESTFLAG
    octets: ClassVar[int | None] = None

    def reading(self, name: str, into: str, at: str) -> list[str]:
        """See `Kind`."""
        return [f"{into}, p = read_{name}(body, text, {at})"]

    def checking(self, name: str) -> list[str]:
        """See `Kind`."""
        return [f"if not {self.least} <= len({name}) <= {self.limit}:", "    refuse(pdu)"]

    def writing(self, name: str) -> str:
        """See `Kind`."""
        return f"CHARACTERS[len({name})], write_{name}({name})"

    def fault(self, value: Any) -> str | None:
        """See `Kind`."""
        if not isinstance(value, tuple) or not all(isinstance(part, self.parts) for part in value):
            return "has a part of the wrong kind"
        if not self.least <= len(value) <= self.limit:
            return f"has {len(value)} parts, not {self.least} to {self.limit}"
        return None
