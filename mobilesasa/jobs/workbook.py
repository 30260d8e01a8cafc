"""A child that writes a workbook (XLSX): rows come as lines of JSON, and it goes to the standard output, which is a file.

It takes the same memory however many rows there are. What does not fit into a sheet goes on in the next one.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from itertools import chain, islice
from typing import IO, Any, Final

import orjson
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

from mobilesasa.core.exports import SHEET_ROWS, Cell
from mobilesasa.jobs.inside import begin

_WIDTH: Final = 18  # characters
_TEXT: Final = "s"


def write(
    lines: Iterable[bytes], columns: Sequence[str], title: str, into: IO[bytes], sheet_rows: int = SHEET_ROWS
) -> None:
    """Write rows into a workbook.

    Args:
        lines: a row each, as JSON.
        columns: their names, in the first row of each sheet.
        title: of the sheets; from the second on with a number.
        into: the file.
        sheet_rows: in a sheet, at most.
    """
    book = Workbook(write_only=True)
    left, number = iter(lines), 1
    first: bytes | None = next(left, None)
    while first is not None or number == 1:
        sheet = _sheet(book, columns, title if number == 1 else f"{title} {number}")
        for line in chain(() if first is None else (first,), islice(left, sheet_rows - 1)):
            sheet.append([_cell(sheet, cell) for cell in orjson.loads(line)])
        first = next(left, None)
        number += 1
    book.save(into)


def _sheet(book: Workbook, columns: Sequence[str], title: str) -> Any:
    sheet: Any = book.create_sheet(title)
    sheet.freeze_panes = "A2"
    for n in range(1, len(columns) + 1):
        sheet.column_dimensions[get_column_letter(n)].width = _WIDTH
    heads = [_cell(sheet, column, text=True) for column in columns]
    for head in heads:
        head.font = Font(bold=True)
    sheet.append(heads)
    return sheet


def _cell(sheet: Any, value: Cell, *, text: bool = False) -> Any:
    """Return what stands in a cell; a text that looks like a formula or an error stays a text."""
    if not text and not (isinstance(value, str) and value[:1] in ("=", "#")):
        return value
    cell: Any = WriteOnlyCell(sheet, value=value)
    cell.data_type = _TEXT
    return cell


if __name__ == "__main__":
    told = begin()
    write(sys.stdin.buffer, told["columns"], told["title"], sys.stdout.buffer)
