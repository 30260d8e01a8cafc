"""Exports: what a team can have as a file, and what the file looks like.

Spreadsheets run what begins like a formula, and turn long numbers into floating ones. So a text of people that begins so gets an
apostrophe before it; numbers are left alone, for programs read the files too, unless the file is asked for in the way of
spreadsheets (`Look.excel`).
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, Literal

import attrs

from mobilesasa.core.jobs import JobState

Kind = Literal["messages", "contacts", "inbound", "ledger", "report", "usage", "recipients", "survey_responses"]
Format = Literal["csv", "xlsx"]
Cell = str | int | float | None

#: The scope that opens what is in a file.
SCOPE_OF_KIND: Final[Mapping[str, str]] = {
    "messages": "messages",
    "contacts": "contacts",
    "inbound": "messages",
    "ledger": "reports",
    "report": "reports",
    "usage": "reports",
    "recipients": "campaigns",
    "survey_responses": "surveys",
}
CONTENT_TYPES: Final[Mapping[str, str]] = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
JOB_KIND: Final = "export"
SHEET_ROWS: Final = 1_048_575  # in a sheet beside its first row; what is more goes on in another sheet
CELL_CHARACTERS: Final = 32_767  # that a cell of a spreadsheet holds

_BOM: Final = "\ufeff"
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n")
_NUMBER: Final = re.compile(r"[+-]?[0-9]+(?:\.[0-9]+)?\Z")
_LONG_NUMBER: Final = re.compile(r"[+-]?[0-9.]{12,}\Z|\+[0-9]+\Z|0[0-9]+\Z")  # which a spreadsheet would change
_NOT_IN_XML: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


@attrs.frozen(kw_only=True)
class Export:
    """A file that a team has asked for."""

    uuid: str
    team_id: int
    kind: Kind
    format: Format
    asked: Mapping[str, Any]  # which rows, as they are looked for
    shown: Mapping[str, Any]  # the same, as the team asked for them
    filename: str
    rows: int = 0  # written so far
    total: int | None = None  # that there will be; None: not counted yet
    total_is_estimate: bool = False
    state: JobState = JobState.PENDING
    error: str | None = None
    file_uuid: str | None = None  # of the whole file, as long as it is kept
    octets: int | None = None
    created_at_ms: int = 0
    finished_at_ms: int | None = None


@attrs.frozen
class Slice:
    """The next rows of an export, as its file has them."""

    octets: bytes = attrs.field(repr=False)
    rows: int
    cursor: Any  # behind what it ends; None: nothing is left


@attrs.frozen
class Look:
    """How a CSV file is written."""

    excel: bool = False  # for spreadsheets: with a BOM, and an apostrophe before numbers that they would change

    def first(self, columns: Sequence[str]) -> bytes:
        """Return the beginning of a file: its columns."""
        return (_BOM if self.excel else "").encode() + self.octets([columns])

    def octets(self, rows: Iterable[Sequence[Cell]]) -> bytes:
        """Return rows as octets (RFC 4180, UTF-8)."""
        written = io.StringIO(newline="")
        csv.writer(written, lineterminator="\r\n").writerows([[self._cell(cell) for cell in row] for row in rows])
        return written.getvalue().encode("utf-8", "replace")

    def _cell(self, cell: Cell) -> Cell:
        if not isinstance(cell, str) or not cell:
            return cell
        if self.excel and _LONG_NUMBER.match(cell):
            return f"'{cell}"
        return f"'{cell}" if cell.startswith(_FORMULA) and not _NUMBER.match(cell) else cell


def in_sheet(cell: Cell) -> Cell:
    """Return a cell as a sheet can hold it: there a text is a text, whatever it begins with, but has no control characters."""
    return _NOT_IN_XML.sub("", cell)[:CELL_CHARACTERS] if isinstance(cell, str) else cell
