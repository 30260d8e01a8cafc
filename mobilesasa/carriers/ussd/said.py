"""The fields of a call, whatever they are written in, within bounds; reading never raises.

| the body | is read as |
|---|---|
| begins with `<` | XML without a DTD: elements and attributes by name |
| begins with `{` | JSON: members by name, those of objects within it too |
| anything else | a form |

The fields of the address come first; those of the body take their places. Names are compared in small letters. Octets are
UTF-8, and where they are not Latin-1, whatever the call says of its alphabet.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, Final
from urllib.parse import unquote_to_bytes

import orjson

from mobilesasa.carriers.ussd.markup import BadMarkup, read_markup
from mobilesasa.core.inbound import digits_of
from mobilesasa.core.ussd_gateways import CALL_OCTETS, UssdCall
from mobilesasa.sms.alphabet import mended
from mobilesasa.values import hot_value

FIELDS: Final = 100
VALUE_CHARACTERS: Final = 4096  # all that was typed in a session is the longest
ID_CHARACTERS: Final = 128
_DEPTH: Final = 4  # of objects in JSON
_NAME_OCTETS, _NAMES_KEPT = 32, 512  # of names that are read once: gateways have few
_BOM: Final = b"\xef\xbb\xbf"

#: Names under which gateways write one thing, in small letters; the first that is there counts.
Names = tuple[str, ...]


@hot_value
class Said:
    """What a call says."""

    fields: Mapping[str, str]  # by names in small letters
    call: UssdCall

    def has(self, *names: str) -> bool:
        """Return whether one of these is there, be it empty."""
        fields = self.fields
        for name in names:  # noqa: SIM110 - a generator costs three times as much
            if name in fields:
                return True
        return False

    def text(self, names: Sequence[str]) -> str:
        """Return the first of these that is there, as it was written but for blanks around it; empty when none is."""
        return self.whole(names).strip()

    def whole(self, names: Sequence[str]) -> str:
        """Return the first of these that is there, with the blanks around it; empty when none is."""
        fields = self.fields
        for name in names:
            if name in fields:
                return fields[name]
        return ""

    def id(self, names: Sequence[str]) -> str:
        """Return an id; empty when there is none, or it is no id that could be kept."""
        found = self.text(names)
        return found if is_id(found) else ""

    def phone(self, names: Sequence[str]) -> str:
        """Return a number's digits, or what stands for a number that is hidden; empty when there is none."""
        found = self.id(names)
        return digits_of(found) or found


def is_id(word: str) -> bool:
    """Return whether a word can be kept as an id."""
    return len(word) <= ID_CHARACTERS and word.isprintable()


def read_said(call: UssdCall) -> Said:
    """Return what a call says; never raises."""
    fields = _form(call.query)
    body = call.body.removeprefix(_BOM).strip()
    if body and len(call.body) <= CALL_OCTETS:
        fields |= _of_body(body)
    return Said({name: _kept(value) for name, value in fields.items()}, call)


def _of_body(body: bytes) -> dict[str, str]:
    if body[:1] == b"<" or body[:2] in (b"\xff\xfe", b"\xfe\xff"):
        try:
            return read_markup(body)
        except BadMarkup:
            return {}
    if body[:1] == b"{":
        try:
            return _members(orjson.loads(body))
        except orjson.JSONDecodeError:
            return {}
    return _form(body)


def _form(octets: bytes) -> dict[str, str]:
    """Return the fields of a form; none of one that has too many."""
    if not octets or octets.count(b"&") >= FIELDS:
        return {}
    fields: dict[str, str] = {}
    for pair in octets.split(b"&"):
        name, _, value = pair.partition(b"=")
        if pair:
            fields[_name(name)] = _text(value)
    return fields


def _name(written: bytes) -> str:
    """Return a name in small letters."""
    return _known_name(written) if len(written) <= _NAME_OCTETS else _text(written).lower()


@lru_cache(_NAMES_KEPT)
def _known_name(written: bytes) -> str:
    return _text(written).lower()


def _text(written: bytes) -> str:
    """Return what a name or a value of a form says."""
    octets = written.replace(b"+", b" ")
    if b"%" in octets:
        octets = unquote_to_bytes(octets)
    try:
        return octets.decode()
    except UnicodeDecodeError:
        return octets.decode("latin-1")


def _members(document: Any) -> dict[str, str]:
    found: dict[str, str] = {}
    waiting: list[tuple[Any, int]] = [(document, 1)]
    for value, depth in waiting:  # those within come behind those around them
        for name, member in value.items():
            if isinstance(member, dict):
                if depth < _DEPTH:
                    waiting.append((member, depth + 1))
            elif len(found) < FIELDS:
                found.setdefault(name.lower(), _word(member))
    return found


def _word(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int | float) else ""


def _kept(value: str) -> str:
    """Return a value as a table can keep it."""
    if value.isascii() and value.isprintable() and len(value) <= VALUE_CHARACTERS:
        return value
    return mended([value[:VALUE_CHARACTERS].replace("\0", "")])
