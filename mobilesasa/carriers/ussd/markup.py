"""XML of gateways: read within bounds, and written.

A document with a DTD is not read, so that there are no entities but the five of XML itself, and nothing is fetched. What is
kept of one is flat: the text and the attributes of each element by name.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final
from xml.parsers import expat  # a parser without a DTD has no entities to expand: see `_refuse`
from xml.sax.saxutils import escape, quoteattr  # they write, and parse nothing

import attrs

DEPTH: Final = 16
ELEMENTS: Final = 200
_NOT_IN_XML: Final = {code: None for code in range(32) if code not in (9, 10, 13)} | {0xFFFE: None, 0xFFFF: None}


class BadMarkup(ValueError):
    """It is no XML that is read."""


@attrs.define
class _Flat:
    """What has been read so far."""

    fields: dict[str, str] = attrs.field(factory=dict)
    open: list[tuple[str, list[str]]] = attrs.field(factory=list)
    elements: int = 0

    def begin(self, name: str, attributes: list[str]) -> None:
        self.elements += 1
        if len(self.open) >= DEPTH or self.elements > ELEMENTS:
            raise BadMarkup("the XML is too deep, or has too many elements")
        self.open.append((_local(name), []))
        for place in range(0, len(attributes), 2):
            self.fields.setdefault(_local(attributes[place]), attributes[place + 1])

    def text(self, text: str) -> None:
        self.open[-1][1].append(text)

    def end(self, name: str) -> None:
        local, pieces = self.open.pop()
        text = "".join(pieces).strip()
        if text or local not in self.fields:
            self.fields[local] = text


def read_markup(octets: bytes) -> dict[str, str]:
    """Return the elements and attributes of a document by their names in small letters, without prefixes.

    An element with text counts before an attribute of its name, and of several the last.

    Raises:
        BadMarkup: it is no XML, has a DTD, or is beyond the bounds.
    """
    flat = _Flat()
    parser = expat.ParserCreate()
    parser.ordered_attributes = True
    parser.StartDoctypeDeclHandler = _refuse
    parser.EntityDeclHandler = _refuse
    parser.StartElementHandler = flat.begin
    parser.CharacterDataHandler = flat.text
    parser.EndElementHandler = flat.end
    try:
        parser.Parse(octets, True)
    except (expat.ExpatError, ValueError, LookupError) as bad:
        raise BadMarkup(str(bad)) from None
    return flat.fields


def element(name: str, inside: str = "", attributes: Iterable[tuple[str, str]] = ()) -> str:
    """Return an element; `inside` is written already."""
    written = "".join(f" {key}={quoteattr(_clean(value))}" for key, value in attributes)
    return f"<{name}{written}>{inside}</{name}>" if inside else f"<{name}{written} />"


def text_of(text: str) -> str:
    """Return a text as it stands in an element; what XML cannot say is left out."""
    return escape(_clean(text))


def _clean(text: str) -> str:
    return text.translate(_NOT_IN_XML)


def _local(name: str) -> str:
    return name.rpartition(":")[2].lower()


def _refuse(*_: Any) -> None:
    raise BadMarkup("a document with a DTD is not read")
