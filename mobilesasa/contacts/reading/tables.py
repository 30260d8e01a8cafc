"""A file as headers and rows, whichever kind it is of; the content says which, not the name (decision 53)."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from typing import BinaryIO

from mobilesasa.contacts.reading import sheets, texts
from mobilesasa.contacts.reading.faults import COLUMNS_MAX, ROWS_MAX
from mobilesasa.contacts.reading.shapes import Shape
from mobilesasa.core.errors import BadFile

Rows = Iterator[tuple[int, list[str]]]
_HEADER_CHARACTERS = 200


def look(file: BinaryIO, mapping: Mapping[str, str | None]) -> Shape:
    """Return how a file is to be read, once all of it has been looked over.

    Raises:
        BadFile: it cannot be, or is too large.
    """
    file.seek(0)
    begin = file.read(4)
    if begin == sheets.OLD:
        raise BadFile("the file is an old .xls workbook, or has a password; save it as .xlsx or CSV, without one")
    return _look_at_workbook(file) if begin == sheets.ZIP else _look_at_text(file, mapping)


@contextlib.contextmanager
def rows(file: BinaryIO, shape: Shape) -> Iterator[Rows]:
    """Open the rows below the headers, each with its number from 1; empty ones are left out.

    Raises:
        BadFile: while they are read.
    """
    with _opened(file, shape) as all_rows:
        yield (row for row in all_rows if row[0] > shape.header_row)


@contextlib.contextmanager
def _opened(file: BinaryIO, shape: Shape) -> Iterator[Rows]:
    if shape.format == "xlsx":
        with sheets.opened(file) as book:
            yield book.rows(next(sheet for sheet in book.sheets if sheet.title == shape.sheet))
    else:
        with texts.opened(file, shape.encoding or "utf-8") as text:
            yield texts.rows_of(text, shape.separator or ",")


def _look_at_workbook(file: BinaryIO) -> Shape:
    sheets.check(file)
    with sheets.opened(file) as book:
        sheet = book.first()
        number, cells = next(book.rows(sheet))
        total = _checked_total(book.count(sheet) - 1)
        return Shape(format="xlsx", sheet=sheet.title, headers=_headers(cells), header_row=number, total_rows=total)


def _look_at_text(file: BinaryIO, mapping: Mapping[str, str | None]) -> Shape:
    encoding = texts.encoding_of(file)
    with texts.opened(file, encoding) as text:
        separator = texts.separator_of(text, mapping)
    with texts.opened(file, encoding) as text:
        found = texts.rows_of(text, separator)
        number, cells = next(found, (0, []))
        if not cells:
            raise BadFile("the file is empty")
        headers = _headers(cells)
        total = 0
        for total, _ in enumerate(found, 1):
            if total > ROWS_MAX:
                break
    return Shape(
        format="csv",
        encoding=encoding,
        separator=separator,
        headers=headers,
        header_row=number,
        total_rows=_checked_total(total),
    )


def _headers(cells: Sequence[str]) -> list[str]:
    headers = [" ".join(cell.replace("\x00", "").split()).strip("\ufeff")[:_HEADER_CHARACTERS] for cell in cells]
    while headers and not headers[-1]:
        headers.pop()
    if len(headers) > COLUMNS_MAX:
        raise BadFile(f"the file has more than {COLUMNS_MAX} columns")
    return headers


def _checked_total(total: int) -> int:
    if total > ROWS_MAX:
        raise BadFile(f"the file has more than {ROWS_MAX} rows; split it")
    if total == 0:
        raise BadFile("the file has headers and no rows below them")
    return total
