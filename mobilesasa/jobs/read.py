"""The child that reads files of people: `python -m mobilesasa.jobs.read OPTIONS`, the file as its standard input.

With `look` it writes one line: how the file is to be read, and its first rows. With `rows` it writes a line for each chunk of
rows behind `after`, and one at the end. With `fields` all columns are fields of a text, else those of contacts. What is wrong
with the whole file is a line with `bad`.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, BinaryIO, Final

import attrs

from mobilesasa.contacts.reading.audiences import FieldReader, audience_columns
from mobilesasa.contacts.reading.columns import Column, columns_of, guessed, ignored
from mobilesasa.contacts.reading.faults import Fault
from mobilesasa.contacts.reading.people import Person, Reader
from mobilesasa.contacts.reading.shapes import Shape
from mobilesasa.contacts.reading.tables import look, rows
from mobilesasa.core.errors import BadFile
from mobilesasa.jobs import inside

CHUNK_ROWS: Final = 1_000
CHUNK_CHARACTERS: Final = 1_000_000  # a chunk is a line, and a line is bounded
CELLS_CHARACTERS: Final = 100_000  # of a bad row that are kept as they are; of a longer one each cell is cut
CUT: Final = 500
TOO_MUCH: Final = "the file needs more memory than there is for it; split it, or save it as CSV"


def main() -> None:
    """Do what is told."""
    told = inside.begin()
    for line in lines(sys.stdin.buffer, told):
        inside.say(line)


def lines(file: BinaryIO, told: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Return what is written, line by line."""
    try:
        yield from _looked(file, told) if told["do"] == "look" else _read(file, told)
    except BadFile as bad:
        yield {"bad": str(bad)}
    except MemoryError:
        yield {"bad": TOO_MUCH}


def _looked(file: BinaryIO, told: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Give the shape; without a phone column only to who wants to see the file, to say then which it is."""
    mapping = told["mapping"]
    shape = look(file, mapping)
    try:
        choose = audience_columns if told.get("fields") else columns_of
        columns: Sequence[Column] = choose(shape.headers, mapping)
    except BadFile:
        if not told["first"]:
            raise
        columns = [Column(at, header, field) for at, header in enumerate(shape.headers) if (field := guessed(header))]
    else:
        _reader(columns, told)
    line: dict[str, Any] = {
        "shape": attrs.asdict(shape),
        "columns": [attrs.astuple(column) for column in columns],
        "ignored": ignored(shape.headers, columns),
        "first": [],
    }
    if told["first"]:
        with rows(file, shape) as found:
            line["first"] = [[cell[:CUT] for cell in cells] for _, cells in islice(found, told["first"])]
    yield line


def _read(file: BinaryIO, told: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    shape = Shape(**told["shape"])
    reader = _reader([Column(*each) for each in told["columns"]], told)
    chunks = Chunks(told["after"], told["updates"])
    with rows(file, shape) as found:
        for number, cells in found:
            whole = chunks.add(number, cells, reader.read(cells))
            if whole is not None:
                yield whole
    rest = chunks.take()
    if rest is not None:
        yield rest
    yield {"total": chunks.total}


def _reader(columns: Sequence[Column], told: Mapping[str, Any]) -> Reader | FieldReader:
    return (FieldReader if told.get("fields") else Reader)(columns, told["country"])


class Chunks:
    """Gathers rows to chunks in which each phone stands once.

    Args:
        after: rows up to this one are dealt with; they are only remembered.
        updates: whether a later row of a phone adds to the earlier.
    """

    def __init__(self, after: int, updates: bool) -> None:
        self._after = after
        self._updates = updates
        self._before: set[int] = set()  # phones of earlier chunks
        self.total = 0
        self._begin()

    def _begin(self) -> None:
        self._people: dict[str, Person] = {}
        self._rows: dict[str, int] = {}  # in which each stands first
        self._failed: list[dict[str, Any]] = []
        self._upto = self._count = self._characters = self._updated = self._skipped = 0

    def add(self, number: int, cells: Sequence[str], read: Person | list[Fault]) -> Mapping[str, Any] | None:
        """Take a row; returns a chunk that is full."""
        self.total += 1
        if number <= self._after:
            if isinstance(read, Person):
                self._before.add(int(read.phone))
            return None
        self._upto = number
        self._count += 1
        self._characters += sum(map(len, cells))
        if isinstance(read, Person):
            self._meet(number, read)
        else:
            self._failed.append(
                {"row": number, "wrong": [attrs.asdict(fault) for fault in read], "cells": _kept(cells)}
            )
        full = self._count >= CHUNK_ROWS or self._characters >= CHUNK_CHARACTERS
        return self.take() if full else None

    def _meet(self, number: int, person: Person) -> None:
        earlier = self._people.get(person.phone)
        if earlier is None:
            self._people[person.phone] = person
            self._rows[person.phone] = number
            return
        merged = earlier.merged(person) if self._updates else earlier
        self._people[person.phone] = merged
        if merged == earlier:
            self._skipped += 1
        else:
            self._updated += 1

    def take(self) -> Mapping[str, Any] | None:
        """Return what has gathered; None when nothing has."""
        if not self._count:
            return None
        given = [
            {"row": self._rows[phone], "phone": phone, "again": int(phone) in self._before, **person.said}
            for phone, person in self._people.items()
        ]
        line = {
            "upto": self._upto,
            "rows": given,
            "updated": self._updated,
            "skipped": self._skipped,
            "failed": self._failed,
        }
        self._before.update(map(int, self._people))
        self._begin()
        return line


def _kept(cells: Sequence[str]) -> list[str]:
    if sum(map(len, cells)) <= CELLS_CHARACTERS:
        return list(cells)
    return [cell[:CUT] for cell in cells]


if __name__ == "__main__":
    main()
