"""What the columns of a file are for: by their headers, or as somebody says."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Final

import attrs

from mobilesasa.contacts.fields import WrongValue, checked_attribute_name
from mobilesasa.core.errors import BadFile

PHONE: Final = "phone"
NAME: Final = "name"  # a whole name: its first word and the rest
ATTRIBUTE: Final = "attributes."
FIELDS: Final = (PHONE, "first_name", "last_name", NAME, "email", "notes")

# Headers as `_folded` leaves them.
_ALIASES: Final[Mapping[str, tuple[str, ...]]] = {
    PHONE: (
        "phone", "phonenumber", "phoneno", "phonenum", "mobile", "mobilenumber", "mobileno", "mobilephone", "msisdn", "cell",
        "cellphone", "cellnumber", "cellno", "tel", "telno", "telephone", "telephonenumber", "contactnumber", "phone1", "phone1value",
        "simu", "nambariyasimu", "nambayasimu", "telefono", "celular", "telephoneportable", "whatsapp", "whatsappnumber",
    ),
    "first_name": ("firstname", "givenname", "forename", "fname", "first", "jinalakwanza", "prenom"),
    "last_name": ("lastname", "surname", "familyname", "lname", "last", "secondname", "jinalamwisho", "nom"),
    NAME: ("name", "fullname", "fullnames", "names", "contactname", "customername", "displayname", "jina", "jinakamili"),
    "email": ("email", "emailaddress", "mail", "baruapepe", "email1value"),
    "notes": ("notes", "note", "comment", "comments", "remark", "remarks", "maelezo"),
}  # fmt: skip
_MEANING: Final = {alias: field for field, aliases in _ALIASES.items() for alias in aliases}
_SIGNS = re.compile(r"[\s_.\-:#*'\"/\\()\u00a0\ufeff]+")


@attrs.frozen
class Column:
    """A column that is read."""

    at: int  # from 0
    header: str
    field: str  # of `FIELDS`, or `attributes.` and a name; of an audience the name of a field


def guessed(header: str) -> str | None:
    """Return the field that a header means; None where it says nothing to us."""
    return _MEANING.get(_folded(header))


def columns_of(headers: Sequence[str], mapping: Mapping[str, str | None]) -> tuple[Column, ...]:
    """Return the columns that are read.

    A header that `mapping` does not name means what it says. Of several columns for one field the first is read, and a
    column that was named goes before those that are guessed.

    Args:
        headers: of all columns, trimmed.
        mapping: to fields, or to `attributes.` and a name, by headers as in the file (case does not count); empty or None
            leaves a column out.

    Raises:
        BadFile: a header of the mapping is not there, a field is not known or named twice, or nothing is the phone.
    """
    given = mapped(headers, mapping, _check_field)
    named = [Column(at, headers[at], field) for at, field in given.items() if field]
    taken = {column.field for column in named}
    for at, header in enumerate(headers):
        field = guessed(header)
        if at not in given and field is not None and field not in taken:
            named.append(Column(at, header, field))
            taken.add(field)
    if PHONE not in taken:
        raise no_phone(headers)
    return tuple(sorted(named, key=lambda column: column.at))


def ignored(headers: Sequence[str], columns: Sequence[Column]) -> list[str]:
    """Return the headers of the columns that are not read (decision 55)."""
    read = {column.at for column in columns}
    return [header for at, header in enumerate(headers) if at not in read and header]


def mapped(
    headers: Sequence[str], mapping: Mapping[str, str | None], check: Callable[[str, str], None]
) -> dict[int, str]:
    """Return what somebody says that columns are, by their places; an empty text leaves one out.

    Args:
        headers: of all columns, trimmed.
        mapping: by headers as in the file, of which case does not count.
        check: is called with a header and its field, and raises where that cannot be.

    Raises:
        BadFile: a header of the mapping is not there, or a field is named twice; or as `check` does.
    """
    places = {header.casefold(): at for at, header in reversed(list(enumerate(headers)))}  # of two alike the first
    given: dict[int, str] = {}
    for header, field in mapping.items():
        at = places.get(header.strip().casefold())
        if at is None:
            raise BadFile(f"the mapping names a column {header[:100]!r}, which is not in the file; {_there(headers)}")
        wanted = (field or "").strip()
        if wanted and wanted in given.values():
            raise BadFile(f"the mapping names two columns for {wanted}")
        if wanted:
            check(header, wanted)
        given[at] = wanted
    return given


def no_phone(headers: Sequence[str]) -> BadFile:
    """Return what is said of a file in which nothing is the phone."""
    return BadFile(f"no column is the phone: the first row must name the columns, one of them phone; {_there(headers)}")


def _check_field(header: str, field: str) -> None:
    if field in FIELDS:
        return
    if not field.startswith(ATTRIBUTE):
        message = f"{', '.join(FIELDS)}, {ATTRIBUTE}<name>, or nothing to leave it out"
        raise BadFile(f"the mapping of the column {header[:100]!r} must be one of {message}")
    try:
        checked_attribute_name(field.removeprefix(ATTRIBUTE))
    except WrongValue as wrong:
        raise BadFile(f"the mapping of the column {header[:100]!r}: {field[:100]!r} {wrong}") from None


def _there(headers: Sequence[str]) -> str:
    shown = ", ".join(header[:40] for header in headers if header)[:300]
    return f"the first row reads: {shown}"


def _folded(header: str) -> str:
    return _SIGNS.sub("", header).casefold()
