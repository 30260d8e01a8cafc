"""Writes exports: slices of rows from the store into pieces of a file in the store.

A file is written from its beginning each time its job is begun, and found only when it is whole: so whoever dies in the
middle leaves nothing that anybody could take for a file. A CSV file is written where the rows are read; a workbook by a
child, for that is heavy, into a temporary file whose pieces are kept at the end.
"""

from __future__ import annotations

import tempfile
from collections.abc import Awaitable, Callable, Sequence
from typing import IO, Any, Final, Protocol

import orjson

from mobilesasa.core.exports import Cell, Export, Look, Slice, in_sheet
from mobilesasa.core.jobs import Job, JobFailed
from mobilesasa.jobs.child import Bounds, Child, ChildBroke

PIECE_OCTETS: Final = 262_144
WORKBOOK: Final = Bounds(cpu_s=4 * 3600, silence_s=900.0)

Form = Callable[[Sequence[Sequence[Cell]]], bytes]


class Begun(Protocol):
    """An export whose file is being written."""

    @property
    def export(self) -> Export: ...
    @property
    def columns(self) -> Sequence[str]: ...


class Writing(Protocol):
    """The exports in the store."""

    async def begin(self, job: Job) -> Any:
        """Begin the file of an export, whatever there was of it; None when it is whole already."""

    async def rows(self, begun: Any, cursor: Any, form: Form) -> Slice:
        """Return the next rows behind a cursor (None: from the first), put into octets on a thread."""

    async def keep(self, begun: Any, n: int, octets: bytes, rows: int) -> None:
        """Keep piece `n` of the file, with which so many rows more are written."""

    async def finish(self, begun: Any) -> None:
        """Say that the file is whole."""

    async def give_up(self, begun: Any) -> None:
        """Drop what there is of a file that will never be whole."""


class Exporting:
    """Writes the file of an export; the work of the jobs of its kind.

    Args:
        writing: the store.
        start_child: starts what writes a workbook into an open file, told of its options.
        on_thread: calls a function on a thread.
    """

    def __init__(
        self,
        writing: Writing,
        start_child: Callable[[int, dict[str, Any]], Child],
        on_thread: Callable[..., Awaitable[Any]],
    ) -> None:
        """Do nothing yet."""
        self._writing = writing
        self._start_child = start_child
        self._on_thread = on_thread

    async def do(self, job: Job) -> None:
        """Write the file of the job's export.

        Raises:
            JobGone: the export was removed, or is another's.
            JobFailed: it cannot be written.
        """
        begun = await self._writing.begin(job)
        if begun is None:
            return
        if begun.export.format == "csv":
            await self._write_csv(begun)
        else:
            await self._write_workbook(begun)
        await self._writing.finish(begun)

    async def _write_csv(self, begun: Begun) -> None:
        look = Look(excel=bool(begun.export.asked.get("excel")))
        octets, rows, n, cursor = bytearray(look.first(begun.columns)), 0, 0, None
        while True:
            found = await self._writing.rows(begun, cursor, look.octets)
            octets += found.octets
            rows += found.rows
            cursor = found.cursor
            while len(octets) >= PIECE_OCTETS or (cursor is None and octets):
                await self._writing.keep(begun, n, bytes(octets[:PIECE_OCTETS]), rows)
                del octets[:PIECE_OCTETS]
                rows, n = 0, n + 1
            if cursor is None:
                return

    async def _write_workbook(self, begun: Begun) -> None:
        with tempfile.TemporaryFile(prefix="mobilesasa-export-") as file:
            child = self._start_child(file.fileno(), {"columns": list(begun.columns), "title": begun.export.kind})
            try:
                rows = await self._feed(child, begun)
                await child.end()
            except ChildBroke as broke:
                await self._writing.give_up(begun)
                raise JobFailed("the workbook could not be written; a CSV file has no limits") from broke
            finally:
                child.kill()
            await self._keep(begun, file, rows)

    async def _feed(self, child: Child, begun: Begun) -> int:
        """Give the child all rows; returns how many there were."""
        rows, cursor = 0, None
        while True:
            found = await self._writing.rows(begun, cursor, lines)
            if found.octets:
                await child.write(found.octets)
            rows += found.rows
            cursor = found.cursor
            if cursor is None:
                child.close_input()
                return rows

    async def _keep(self, begun: Begun, file: IO[bytes], rows: int) -> None:
        n = 0
        await self._on_thread(file.seek, 0)
        while octets := await self._on_thread(file.read, PIECE_OCTETS):
            await self._writing.keep(begun, n, octets, rows if n == 0 else 0)
            n += 1


def lines(rows: Sequence[Sequence[Cell]]) -> bytes:
    """Return rows as a child reads them: a line of JSON each."""
    return b"".join(orjson.dumps([in_sheet(cell) for cell in row], option=orjson.OPT_APPEND_NEWLINE) for row in rows)
