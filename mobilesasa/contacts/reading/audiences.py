"""Files of people whose columns are the fields of a text: each header is the name of its field."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

from mobilesasa.contacts.fields import WrongValue, read_value
from mobilesasa.contacts.reading.columns import PHONE, Column, guessed, mapped, no_phone
from mobilesasa.contacts.reading.faults import Fault
from mobilesasa.contacts.reading.people import Person, fault_of, number_in
from mobilesasa.core.errors import BadFile

FIELDS_MAX: Final = 50  # beside the phone
_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}\Z")
_BLANKS = re.compile(r"[\s\-\u00a0]+")


def field_of(header: str) -> str | None:
    """Return the field that a header names, `first_name` of "First name"; None where it can be no name."""
    name = _BLANKS.sub("_", header.strip().casefold())
    return name if _NAME.match(name) else None


def audience_columns(headers: Sequence[str], mapping: Mapping[str, str | None]) -> tuple[Column, ...]:
    """Return the columns that are read: the phone, and up to `FIELDS_MAX` fields.

    The phone is known by the names that it has in files of contacts; every other column is the field that its header names. Of
    several columns for one field the first is read, and a column that was named goes before the others.

    Args:
        headers: of all columns, trimmed.
        mapping: to names of fields, by headers as in the file (case does not count); empty or None leaves a column out.

    Raises:
        BadFile: a header of the mapping is not there, a field is no name or named twice, or nothing is the phone.
    """
    given = mapped(headers, mapping, _check_name)
    found = {field: at for at, field in given.items() if field}
    if PHONE not in found:
        phones = (at for at, header in enumerate(headers) if at not in given and guessed(header) == PHONE)
        at = next(phones, None)
        if at is None:
            raise no_phone(headers)
        found[PHONE] = at
    for at, header in enumerate(headers):
        name = field_of(header)
        if name is not None and at not in given and at != found[PHONE] and len(found) <= FIELDS_MAX:
            found.setdefault(name, at)
    if len(found) > FIELDS_MAX + 1:
        raise BadFile(f"the mapping names more than {FIELDS_MAX} fields; a text of yours has hardly as many")
    return tuple(Column(at, headers[at], field) for field, at in sorted(found.items(), key=lambda each: each[1]))


def _check_name(header: str, field: str) -> None:
    if not _NAME.match(field):
        raise BadFile(
            f"the mapping of the column {header[:100]!r}: {field[:100]!r} is no name of a field: a small letter, then up to "
            "39 of a-z, 0-9 and _"
        )


class FieldReader:
    """Reads rows of an audience.

    Args:
        columns: those that are read.
        country: in which national numbers are read.
    """

    def __init__(self, columns: Sequence[Column], country: str) -> None:
        self._country = country
        self._phone = next(column for column in columns if column.field == PHONE)
        self._others = [column for column in columns if column.field != PHONE]

    def read(self, cells: Sequence[str]) -> Person | list[Fault]:
        """Return who stands in a row, with `fields` of what is said of them, or every cell of it that is wrong."""
        wrong: list[Fault] = []
        phone = number_in(cells, self._phone, self._country, wrong)
        fields: dict[str, str] = {}
        width = len(cells)
        for column in self._others:
            text = cells[column.at] if column.at < width else ""
            if text:
                try:
                    value = read_value(text.replace("\x00", ""))
                except WrongValue as bad:
                    wrong.append(fault_of(column, text, f"{bad}"))
                else:
                    if value is not None:
                        fields[column.field] = value
        return wrong or Person(phone, {"fields": fields})
