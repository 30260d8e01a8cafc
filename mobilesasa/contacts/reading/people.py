"""Rows become contacts, each by itself: one bad row does not fail the file (decision 54)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final

import attrs

from mobilesasa.contacts.fields import ATTRIBUTES, TEXTS, WrongAttributes, WrongValue, read_attributes
from mobilesasa.contacts.reading.columns import ATTRIBUTE, NAME, PHONE, Column
from mobilesasa.contacts.reading.faults import Fault
from mobilesasa.core.errors import BadFile
from mobilesasa.sms.numbers import BadNumber, normalise

SHOWN_CHARACTERS: Final = 100  # of a wrong value
_POWER = re.compile(r"\+?(\d)(?:[.,](\d+))?[eE]\+?(\d+)\Z", re.ASCII)
_WHOLE = re.compile(r"(\d{6,})[.,]0+\Z", re.ASCII)
_APOSTROPHES = "'\u2018\u2019`"


@attrs.frozen
class Person:
    """A row that can be kept: the phone, and what it says beside it; empty cells say nothing."""

    phone: str  # E.164 without the plus
    said: dict[str, Any]  # by the columns of the store; `attributes` is an object

    def merged(self, later: Person) -> Person:
        """Return what both rows of one phone say; where both say something the later one."""
        attributes = {**self.said.get("attributes", {}), **later.said.get("attributes", {})}
        said = {**self.said, **later.said}
        return Person(self.phone, {**said, "attributes": attributes} if attributes else said)


class Reader:
    """Reads rows by columns.

    Args:
        columns: those that are read.
        country: in which national numbers are read.

    Raises:
        BadFile: there are more attributes than a contact has.
    """

    def __init__(self, columns: Sequence[Column], country: str) -> None:
        self._country = country
        self._phone = next(column for column in columns if column.field == PHONE)
        self._texts = [(column, *_reader(column.field)) for column in columns if column.field in (*TEXTS, NAME)]
        self._attributes = [column for column in columns if column.field.startswith(ATTRIBUTE)]
        if len(self._attributes) > ATTRIBUTES:
            raise BadFile(f"the mapping has more than {ATTRIBUTES} attributes; a contact has at most so many")

    def read(self, cells: Sequence[str]) -> Person | list[Fault]:
        """Return who stands in a row, or every cell of it that is wrong."""
        wrong: list[Fault] = []
        phone = number_in(cells, self._phone, self._country, wrong)
        said: dict[str, Any] = {}
        width = len(cells)
        for column, name, read in self._texts:
            text = cells[column.at] if column.at < width else ""
            if text:
                try:
                    value = read(text.replace("\x00", ""))
                except WrongValue as bad:
                    wrong.append(fault_of(column, text, f"{bad}"))
                else:
                    _say(said, name, value)
        if self._attributes:
            self._read_attributes(cells, said, wrong)
        return wrong or Person(phone, said)

    def _read_attributes(self, cells: Sequence[str], said: dict[str, Any], wrong: list[Fault]) -> None:
        given = {
            column.field.removeprefix(ATTRIBUTE): cells[column.at].replace("\x00", "")
            for column in self._attributes
            if column.at < len(cells)
        }
        try:
            read = read_attributes(given)
        except WrongAttributes as bad:
            by_name = {column.field.removeprefix(ATTRIBUTE): column for column in self._attributes}
            wrong.extend(fault_of(by_name[name], given[name], fault) for name, fault in bad.faults.items())
            return
        kept = {name: value for name, value in read.items() if value is not None}
        if kept:
            said["attributes"] = kept


def number_in(cells: Sequence[str], column: Column, country: str, wrong: list[Fault]) -> str:
    """Return the phone of a row, E.164 without the plus; where it is none, what is wrong joins the rest."""
    text = cells[column.at] if column.at < len(cells) else ""
    try:
        return normalise(written_out(text), country, bare=True)
    except BadNumber as bad:
        wrong.append(fault_of(column, text, f"{bad}"))
        return ""


def written_out(text: str) -> str:
    """Return a number as it was before a spreadsheet took it: without the apostrophe, the `.0`, the exponent.

    Raises:
        BadNumber: the spreadsheet has thrown digits away.
    """
    text = text.strip().strip(_APOSTROPHES)
    if whole := _WHOLE.match(text):
        return whole[1]
    if power := _POWER.match(text):
        first, rest, exponent = power[1], power[2] or "", int(power[3])
        if len(rest) < exponent:
            raise BadNumber("the spreadsheet has shortened the number; make the column text, and save it again")
        return first + rest[:exponent]
    return text


def _reader(field: str) -> tuple[str, Any]:
    return (NAME, TEXTS["first_name"]) if field == NAME else (field, TEXTS[field])


def _say(said: dict[str, Any], name: str, value: str | None) -> None:
    if value is None:
        return
    if name != NAME:
        said[name] = value
        return
    first, _, last = value.partition(" ")
    said.setdefault("first_name", first)
    if last:
        said.setdefault("last_name", last)


def fault_of(column: Column, value: str, message: str) -> Fault:
    """Return what is wrong with a cell."""
    shown = value.replace("\x00", "").strip()
    return Fault(column.header, shown[:SHOWN_CHARACTERS], message)
