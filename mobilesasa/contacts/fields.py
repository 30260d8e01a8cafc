"""What the fields of contacts and groups may hold: one rule a field, for the API, for imports and for the dashboard.

Each function takes what somebody wrote and returns what is kept, None where nothing is left of it.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Callable, Mapping
from typing import Final

from mobilesasa.contacts.model import Scalar

NAME_CHARACTERS: Final = 100
EMAIL_CHARACTERS: Final = 254  # RFC 5321 §4.5.3.1.3 less the brackets
NOTES_CHARACTERS: Final = 5000
DESCRIPTION_CHARACTERS: Final = 1000
ATTRIBUTES: Final = 50
VALUE_CHARACTERS: Final = 500
_LARGEST: Final = 2**53  # beyond it a number of JSON is not exact everywhere

#: Names that merge fields have for something else.
RESERVED: Final = frozenset(
    {
        "phone", "first_name", "last_name", "name", "full_name", "email", "notes", "uuid", "id", "group", "groups",
        "created_at", "updated_at", "suppressed", "sender", "message", "link", "opt_out",
    }
)  # fmt: skip
_ATTRIBUTE_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}\Z")
_EMAIL = re.compile(r"[^\s@,;<>\"]+@[^\s@,;<>\"]+\Z")


class WrongValue(ValueError):
    """A field cannot hold that; the text says why, to stand behind the field's name."""


def read_name(text: str) -> str | None:
    """Return a first or a last name, its blanks single."""
    return _line(text, NAME_CHARACTERS)


def read_email(text: str) -> str | None:
    """Return an address that has the shape of one; whether somebody reads it nobody can see."""
    email = _line(text, EMAIL_CHARACTERS)
    if email is not None and not _EMAIL.match(email):
        raise WrongValue("is no email address")
    return email


def read_notes(text: str) -> str | None:
    """Return notes, which may have several lines."""
    return _lines(text, NOTES_CHARACTERS)


def read_value(text: str) -> str | None:
    """Return what a field of a text is filled with."""
    return _lines(text, VALUE_CHARACTERS)


def read_description(text: str) -> str | None:
    """Return what is said of a group."""
    return _lines(text, DESCRIPTION_CHARACTERS)


def read_group_name(text: str) -> str:
    """Return the name of a group, trimmed (decision 58)."""
    name = _line(text, NAME_CHARACTERS)
    if name is None:
        raise WrongValue("must not be empty")
    return name


def folded(name: str) -> str:
    """Return a group's name as it must be the only one in a team: case and width do not tell names apart (decision 58)."""
    return unicodedata.normalize("NFKC", name).casefold()


def read_attributes(given: Mapping[str, Scalar | None]) -> dict[str, Scalar | None]:
    """Return attributes, with None for those that are to go.

    Raises:
        WrongAttributes: names or values that cannot be, every wrong one of them.
    """
    read: dict[str, Scalar | None] = {}
    wrong: dict[str, str] = {}
    for name, value in given.items():
        try:
            read[checked_attribute_name(name)] = _value(value)
        except WrongValue as fault:
            wrong[name] = str(fault)
    if wrong:
        raise WrongAttributes(wrong)
    return read


class WrongAttributes(ValueError):
    """Attributes that cannot be kept."""

    def __init__(self, faults: Mapping[str, str]) -> None:
        """Keep what is wrong with each, by its name."""
        super().__init__("; ".join(f"{name!r} {fault}" for name, fault in faults.items()))
        self.faults = faults


def checked_attribute_name(name: str) -> str:
    """Return the name of an attribute, which merge fields use.

    Raises:
        WrongValue: it is none, or has another meaning.
    """
    if not _ATTRIBUTE_NAME.match(name):
        raise WrongValue("is no name of an attribute: a small letter, then up to 39 of a-z, 0-9 and _")
    if name in RESERVED:
        raise WrongValue("is a name that means something else")
    return name


def merged(kept: Mapping[str, Scalar], given: Mapping[str, Scalar | None] | None) -> dict[str, Scalar]:
    """Return what attributes become by a change: what is given is set, None takes one away, no mapping at all takes all.

    Raises:
        WrongValue: there would be too many.
    """
    if given is None:
        return {}
    made = {name: value for name, value in {**kept, **given}.items() if value is not None}
    if len(made) > ATTRIBUTES:
        raise WrongValue(f"would be {len(made)}; a contact has at most {ATTRIBUTES}")
    return made


#: The fields of texts, by their names in requests, in imports and in the store.
TEXTS: Final[Mapping[str, Callable[[str], str | None]]] = {
    "first_name": read_name,
    "last_name": read_name,
    "email": read_email,
    "notes": read_notes,
}


def _value(value: Scalar | None) -> Scalar | None:
    if isinstance(value, str):
        return read_value(value)
    if isinstance(value, int | float) and not (math.isfinite(value) and abs(value) <= _LARGEST):
        raise WrongValue("must be a number between -2^53 and 2^53, or a text")
    return value


def _line(text: str, characters: int) -> str | None:
    return _checked(" ".join(text.split()), characters)


def _lines(text: str, characters: int) -> str | None:
    return _checked(text.replace("\r\n", "\n").replace("\r", "\n").strip(), characters)


def _checked(text: str, characters: int) -> str | None:
    if len(text) > characters:
        raise WrongValue(f"has {len(text)} characters; at most {characters} are kept")
    for character in "" if text.isprintable() else text:  # what is printable holds none
        if unicodedata.category(character) in ("Cc", "Cs") and character not in "\n\t":
            raise WrongValue(f"holds the control character U+{ord(character):04X}")
    return text or None
