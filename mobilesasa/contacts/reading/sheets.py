"""XLSX: what it unpacks to is bounded before it is opened, and the first sheet with anything in it is read."""

from __future__ import annotations

import contextlib
import re
import zipfile
from collections.abc import Iterator, Sequence
from typing import Any, BinaryIO, Final, cast

import attrs
from openpyxl.reader.excel import ExcelReader
from openpyxl.styles.stylesheet import apply_stylesheet
from openpyxl.xml.constants import SHARED_STRINGS

from mobilesasa.contacts.reading import cells
from mobilesasa.contacts.reading.faults import MEMBERS_MAX, RATIO_FROM, RATIO_MAX, UNZIPPED_MAX
from mobilesasa.core.errors import BadFile

ZIP: Final = b"PK\x03\x04"
OLD: Final = b"\xd0\xcf\x11\xe0"  # of .xls, and of workbooks with a password
_WORKBOOK = "[Content_Types].xml"
_ROW = re.compile(rb"<(?:\w+:)?row[\s>/]")
_FILLED = re.compile(rb"<(?:\w+:)?(?:v|is|t)[\s>]")
_SLICE: Final = 1_048_576


@attrs.frozen
class Sheet:
    """A sheet of a workbook."""

    title: str
    hidden: bool
    path: str  # inside of the ZIP


@attrs.frozen
class Book:
    """An open workbook."""

    archive: zipfile.ZipFile
    sheets: Sequence[Sheet]
    meanings: cells.Meanings

    def rows(self, sheet: Sheet) -> Iterator[tuple[int, list[str]]]:
        """Return the rows of a sheet that are not empty, each with its number from 1.

        Raises:
            BadFile: the sheet is damaged, or holds more than is read.
        """
        characters = 0  # a text may stand in the file once and in every cell
        with _in_words(), self.archive.open(sheet.path) as source:
            for number, found in cells.rows_of(cast(BinaryIO, source), self.meanings):
                if any(map(str.strip, found)):
                    characters += sum(map(len, found))
                    if characters > UNZIPPED_MAX:
                        raise BadFile(f"the sheet holds more than {UNZIPPED_MAX} characters; split it")
                    yield number, found

    def first(self) -> Sheet:
        """Return the first sheet that has anything in it; hidden ones come last.

        Raises:
            BadFile: none has.
        """
        for sheet in sorted(self.sheets, key=lambda sheet: sheet.hidden):
            if next(self.rows(sheet), None) is not None:
                return sheet
        raise BadFile("the workbook is empty")

    def count(self, sheet: Sheet) -> int:
        """Return how many rows of a sheet have values, without reading them."""
        filled = 0
        row = b""  # as far as it has come
        with _in_words(), self.archive.open(sheet.path) as source:
            while piece := source.read(_SLICE):
                *whole, row = _ROW.split(row + piece)
                filled += sum(1 for each in whole if _FILLED.search(each))
        return filled + (_FILLED.search(row) is not None)


def check(file: BinaryIO) -> None:
    """Look into the ZIP's own list, before anything is unpacked.

    Raises:
        BadFile: it is no workbook, or unpacks to more than is read.
    """
    file.seek(0)
    try:
        members = zipfile.ZipFile(file).infolist()
    except (zipfile.BadZipFile, NotImplementedError, ValueError, EOFError, OSError) as bad:
        raise BadFile("the file is damaged: it begins as an XLSX file and cannot be unpacked") from bad
    if _WORKBOOK not in {member.filename for member in members}:
        raise BadFile("the file is a ZIP and no XLSX workbook; save the list as CSV or XLSX")
    if any(member.flag_bits & 1 for member in members):
        raise BadFile("the workbook has a password; save it without")
    unzipped, zipped = (sum(getattr(each, name) for each in members) for name in ("file_size", "compress_size"))
    dense = unzipped > RATIO_FROM and unzipped > RATIO_MAX * max(1, zipped)
    if len(members) > MEMBERS_MAX or unzipped > UNZIPPED_MAX or dense:
        raise BadFile(f"the workbook unpacks to too much; at most {UNZIPPED_MAX // 1_048_576} MiB are read; try CSV")


@contextlib.contextmanager
def opened(file: BinaryIO) -> Iterator[Book]:
    """Open a workbook that was checked.

    openpyxl reads what a workbook says of itself; it would read all sheets as well, to see how wide they are.

    Raises:
        BadFile: it cannot be read.
    """
    file.seek(0)
    with _in_words():
        reader = ExcelReader(file, read_only=True, data_only=True, keep_links=False)
        reader.read_manifest()
        reader.read_workbook()
        apply_stylesheet(reader.archive, reader.wb)
        found = [
            Sheet(sheet.name, sheet.state != "visible", relation.target)
            for sheet, relation in reader.parser.find_sheets()
            if "chartsheet" not in relation.Type and relation.target in reader.valid_files
        ]
        made: Any = reader.wb
        texts = _shared_texts(reader)
        meanings = cells.Meanings(texts, made._date_formats, made._timedelta_formats, made.epoch)
    try:
        yield Book(reader.archive, found, meanings)
    finally:
        reader.archive.close()


def _shared_texts(reader: ExcelReader) -> list[str]:
    part = cast(Any, reader.package).find(SHARED_STRINGS)
    if part is None:
        return []
    with reader.archive.open(part.PartName[1:]) as source:
        return cells.shared_texts(cast(BinaryIO, source))


@contextlib.contextmanager
def _in_words() -> Iterator[None]:
    try:
        yield
    except (BadFile, MemoryError, GeneratorExit):
        raise
    except Exception as bad:  # whatever is met in what a stranger made
        raise BadFile(f"the workbook cannot be read ({type(bad).__name__}); save it again as XLSX or CSV") from bad
