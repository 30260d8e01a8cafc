"""Files of people that teams send, whatever they are read for: looked at, kept, and answered with the rows that were wrong."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from typing import IO, Final

from mobilesasa.api.ports.imports import Filing, Looker
from mobilesasa.contacts.uploads import Looked, WrongRow, looked_of
from mobilesasa.core.errors import BadFile
from mobilesasa.core.teams import Team

CHUNK_OCTETS: Final = 262_144
CSV: Final = "text/csv; charset=utf-8"
_WHY: Final = "error"
_NUMBER = re.compile(r"[+-]?[0-9 ().-]*\Z")
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


async def looked_at(
    looker: Looker,
    team: Team,
    file: IO[bytes],
    mapping: Mapping[str, str | None],
    *,
    first: int = 0,
    fields: bool = False,
) -> Looked:
    """Return what a file holds; it is at its beginning then.

    Args:
        looker: looks.
        team: whose it is.
        file: a file of the system's, from its beginning.
        mapping: headers to fields.
        first: how many rows are wanted.
        fields: whether all columns are fields of a text.

    Raises:
        BadFile: it cannot be read at all.
    """
    said = await looker.look(team.id, file, mapping, team.country, first, fields=fields)
    if "bad" in said:
        raise BadFile(said["bad"])
    file.seek(0)
    return looked_of(said)


async def keep(
    filing: Filing,
    team_id: int,
    name: str,
    content_type: str,
    file: IO[bytes],
    begin: Callable[[int], Awaitable[None]],
) -> None:
    """Keep a file, and begin what it is for; where nothing comes of that, the file goes.

    Args:
        filing: where it is kept.
        team_id: whose it is.
        name: as people call it.
        content_type: as it was sent.
        file: from its beginning.
        begin: keeps what names the file, by its id.
    """
    file_id = await filing.begin_file(team_id, name, content_type)
    try:
        for n, octets in enumerate(iter(lambda: file.read(CHUNK_OCTETS), b"")):
            await filing.add_chunk(file_id, n, octets)
        await filing.finish_file(file_id)
        await begin(file_id)
    except Exception:
        await filing.drop_file(file_id)  # unless it is named by now: a COMMIT may be done although we never heard of it
        raise


def errors_name(filename: str) -> str:
    """Return what the file of the rows that were wrong is called."""
    return f"{filename.rpartition('.')[0] or filename}-errors.csv"


async def error_lines(
    headers: Sequence[str], errors: Callable[[int], Awaitable[Sequence[WrongRow]]]
) -> AsyncIterator[bytes]:
    """Return the rows that were wrong as CSV in the columns of their file, and what is wrong behind them.

    Args:
        headers: of the file.
        errors: returns the next ones behind a row, none behind the last.
    """
    yield _lines([[*headers, _WHY]])
    after = 0
    while found := await errors(after):
        after = found[-1].row
        yield _lines(_error_row(each, len(headers)) for each in found)


def _error_row(wrong: WrongRow, width: int) -> list[str]:
    cells = [*wrong.cells, *[""] * width][:width]
    why = "; ".join(f"{each['column']}: {each['message']}" for each in wrong.wrong)
    return [*cells, f"row {wrong.row}: {why}"]


def _lines(rows: Iterable[list[str]]) -> bytes:
    made = io.StringIO(newline="")
    csv.writer(made).writerows([_safe(cell) for cell in row] for row in rows)
    return made.getvalue().encode("utf-8", "replace")


def _safe(cell: str) -> str:
    """Return a cell that no spreadsheet takes for a formula; a number may begin with its sign."""
    return f"'{cell}" if cell.startswith(_FORMULA) and not _NUMBER.match(cell) else cell
