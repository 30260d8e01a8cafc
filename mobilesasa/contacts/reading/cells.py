"""The rows of one sheet of an XLSX file, as texts (ECMA-376 part 1, §18.3.1).

openpyxl reads what a workbook says of itself. Its rows and its texts are read here: openpyxl takes 13 s for 100,000 rows of five
cells in which a program has written the texts, and an import has many rows.
"""

from __future__ import annotations

import datetime as dt
import math
from collections import deque
from collections.abc import Container, Iterator, Sequence
from decimal import Decimal
from typing import BinaryIO, Final
from xml.parsers import expat

import attrs
from openpyxl.utils.datetime import from_excel

from mobilesasa.contacts.reading.faults import COLUMNS_MAX
from mobilesasa.core.errors import BadFile

_SLICE: Final = 65_536
_A: Final = ord("A") - 1
_TEXTS: Final = ("v", "t")  # the elements whose text counts
_BOOLEANS: Final = {"1": "true", "0": "false"}
_ROWS: Final = 1_048_576  # that a sheet may have (Excel specifications and limits)
_DIGITS: Final = 7  # of such a number


@attrs.frozen
class Meanings:
    """What a workbook says of the numbers in its cells."""

    shared: Sequence[str]  # texts that cells name by their number
    dates: Container[int]  # styles by which a number is a day or an hour
    spans: Container[int]  # … is a span of time
    epoch: dt.datetime  # day 0


def rows_of(source: BinaryIO, meanings: Meanings) -> Iterator[tuple[int, list[str]]]:
    """Return all rows of a sheet, also empty ones, each with its number from 1, which rises.

    A number that a row claims and that cannot be, for it is not above that of the row before, is not believed: some programs
    that join files write one twice.

    Raises:
        BadFile: it is no sheet.
    """
    reader = _Cells(meanings)
    for _ in _parsed(reader.parser, source):
        yield from reader.take()


def shared_texts(source: BinaryIO) -> list[str]:
    """Return the texts that cells name by their number (§18.4.9).

    Raises:
        BadFile: it is no table of texts.
    """
    reader = _Texts()
    deque(_parsed(reader.parser, source), maxlen=0)
    return reader.texts


def _parsed(parser: expat.XMLParserType, source: BinaryIO) -> Iterator[None]:
    """Parse piece by piece."""
    try:
        while piece := source.read(_SLICE):
            parser.Parse(piece, False)
            yield
        parser.Parse(b"", True)
        yield
    except expat.ExpatError as error:
        raise BadFile(f"the workbook is damaged ({error}); save it again") from None


class _Texts:
    """Hears the texts that count: of `v` and `t`, but for what is written over them to say how they are spoken (`rPh`)."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self._text: list[str] = []
        self._heard = self._spoken = False
        self._names: dict[str, str] = {}  # without their namespaces, of which there are two
        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._hear
        self.parser.StartDoctypeDeclHandler = _no_doctype

    def _start(self, name: str, given: dict[str, str]) -> None:
        local = self._names.get(name) or self._names.setdefault(name, name.rpartition(" ")[2])
        if local in _TEXTS:
            self._heard = not self._spoken
        elif local == "rPh":
            self._spoken = True
        else:
            self._begin(local, given)

    def _hear(self, text: str) -> None:
        if self._heard:
            self._text.append(text)

    def _end(self, name: str) -> None:
        local = self._names[name]
        if local in _TEXTS:
            self._heard = False
        elif local == "rPh":
            self._spoken = False
        else:
            self._finish(local)

    def _begin(self, local: str, given: dict[str, str]) -> None:
        if local == "si":
            self._text.clear()

    def _finish(self, local: str) -> None:
        if local == "si":
            self.texts.append("".join(self._text))


class _Cells(_Texts):
    """Gathers cells to rows."""

    def __init__(self, meanings: Meanings) -> None:
        super().__init__()
        self._meanings = meanings
        self._rows: list[tuple[int, list[str]]] = []
        self._number = self._column = 0
        self._cells: list[str] = []
        self._kind = self._style = ""

    def take(self) -> list[tuple[int, list[str]]]:
        """Return the rows that are whole."""
        rows, self._rows = self._rows, []
        return rows

    def _begin(self, local: str, given: dict[str, str]) -> None:
        if local == "c":
            place = given.get("r")
            self._column = _column(place) if place else self._column + 1
            self._kind, self._style = given.get("t", "n"), given.get("s", "")
            self._text.clear()
        elif local == "row":
            self._number = _row(given.get("r", ""), self._number)
            self._cells, self._column = [], 0

    def _finish(self, local: str) -> None:
        if local == "c":
            if self._text and self._column <= COLUMNS_MAX + 1:
                self._put(self._value("".join(self._text)))
        elif local == "row":
            self._rows.append((self._number, self._cells))

    def _put(self, text: str) -> None:
        cells, missing = self._cells, self._column - len(self._cells) - 1
        if missing > 0:
            cells.extend([""] * missing)
        cells.append(text)

    def _value(self, text: str) -> str:
        kind = self._kind
        if kind == "s":
            return self._meanings.shared[int(text)]
        if kind == "n":
            return self._number_of(text)
        if kind == "b":
            return _BOOLEANS.get(text, text)
        return text

    def _number_of(self, text: str) -> str:
        """Return a number without exponent, or the day and hour that it stands for."""
        style = int(self._style) if self._style else 0
        if style and (style in self._meanings.dates or style in self._meanings.spans):
            return _moment(text, style in self._meanings.spans, self._meanings.epoch)
        if text.isdigit():
            return text
        value = float(text)
        if not math.isfinite(value):
            return ""
        return str(int(value)) if value.is_integer() else format(Decimal(text), "f")


def _moment(text: str, span: bool, epoch: dt.datetime) -> str:
    """Return a day without its midnight, or with the hour."""
    value = from_excel(float(text), epoch, timedelta=span)
    if isinstance(value, dt.datetime):
        return value.date().isoformat() if value.time() == dt.time() else value.isoformat(" ", "seconds")
    return str(value)


def _row(written: str, before: int) -> int:
    """Return the number of a row: what is written, if it can be, or that behind the row before."""
    if written.isascii() and written.isdigit() and len(written) <= _DIGITS and before < int(written) <= _ROWS:
        return int(written)
    return before + 1


def _column(place: str) -> int:
    """Return the number of a column, from 1: 28 of `AB12`."""
    column = 0
    for letter in place:
        if letter < "A":
            break
        column = column * 26 + ord(letter) - _A
    return column


def _no_doctype(*_: object) -> None:
    raise BadFile("the workbook defines entities of its own, which no spreadsheet does; save it again")
