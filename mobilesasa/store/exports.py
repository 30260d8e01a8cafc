"""Exports: asked for by teams, written piece by piece by the job of each, and found when the file is whole."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import attrs
import orjson

from mobilesasa.core.actors import Actor
from mobilesasa.core.errors import NotFound
from mobilesasa.core.exports import CONTENT_TYPES, JOB_KIND, Export, Slice
from mobilesasa.core.idempotency import Kept
from mobilesasa.core.ids import canonical
from mobilesasa.core.jobs import Job, JobState
from mobilesasa.store import export_rows, files, hooks, jobs, paging, trail
from mobilesasa.store.database import Database, Txn, one_row
from mobilesasa.store.idempotency import run_once

_COLUMNS: Final = """export.uuid, export.team_id, export.kind, format, asked, shown, filename, rows, total, total_is_estimate,
    job.state, job.error, CASE WHEN file.octets IS NOT NULL THEN file.uuid END, file.octets,
    (extract(epoch FROM export.created_at) * 1000)::bigint, (extract(epoch FROM job.finished_at) * 1000)::bigint"""

_EXPORTS: Final = "FROM export JOIN job ON job.id = job_id LEFT JOIN file ON file.id = file_id"

ADD = """
INSERT INTO export (uuid, team_id, job_id, kind, format, asked, shown, filename)
VALUES (%(uuid)s, %(team_id)s, %(job_id)s, %(kind)s, %(format)s, %(asked)s, %(shown)s, %(filename)s)
"""

FIND = f"SELECT {_COLUMNS} {_EXPORTS} WHERE export.team_id = %(team_id)s AND export.uuid = %(uuid)s"

PAGE = f"""
SELECT {_COLUMNS} {_EXPORTS} WHERE export.team_id = %(team_id)s AND export.kind = ANY(%(kinds)s)
ORDER BY export.id DESC LIMIT %(limit)s OFFSET %(offset)s
"""

_LISTED: Final = "FROM export WHERE team_id = %(team_id)s AND kind = ANY(%(kinds)s)"
COUNT = f"SELECT count(*), count(*) FROM (SELECT {_LISTED} LIMIT %(limit)s) AS newest"
ESTIMATE = f"EXPLAIN (FORMAT JSON) SELECT {_LISTED}"

OF_JOB = f"SELECT {_COLUMNS} {_EXPORTS} WHERE job_id = %(job_id)s"

FILE_OF = "SELECT file_id FROM export WHERE job_id = %(job_id)s AND team_id = %(team_id)s FOR UPDATE"

BEGUN = """
UPDATE export SET file_id = %(file_id)s, rows = 0, total = %(total)s, total_is_estimate = %(is_estimate)s WHERE job_id = %(job_id)s
"""

COME_ON = "UPDATE export SET rows = rows + %(rows)s WHERE job_id = %(job_id)s"

WHOLE = "UPDATE export SET total = rows, total_is_estimate = false WHERE job_id = %(job_id)s"

REMOVE = "DELETE FROM export WHERE team_id = %(team_id)s AND uuid = %(uuid)s RETURNING job_id, file_id, kind"


def add(txn: Txn, by: Actor, export: Export) -> None:
    """Ask for an export under a uuid that was made before.

    Raises:
        AccessEnded: who asks no longer may.
        TooManyJobs: the team waits for enough of them.
    """
    trail.note(
        txn,
        by,
        "export.create",
        export.uuid,
        team_id=export.team_id,
        after={"kind": export.kind, "format": export.format},
    )
    job_id = jobs.add(txn, export.team_id, JOB_KIND, {}, export.uuid)
    given = {name: getattr(export, name) for name in ("uuid", "team_id", "kind", "format", "filename")}
    txn.execute(ADD, {**given, "job_id": job_id, "asked": _json(export.asked), "shown": _json(export.shown)})


def find(txn: Txn, team_id: int, uuid: str) -> Export | None:
    """Return an export of the team."""
    known = canonical(uuid)
    if known is None:
        return None
    txn.execute(FIND, {"team_id": team_id, "uuid": known})
    row = txn.fetchone()
    return None if row is None else _export(row)


def page(txn: Txn, team_id: int, kinds: Sequence[str], limit: int, offset: int) -> list[Export]:
    """Return exports of some kinds, newest first, without the newest `offset` of them."""
    txn.execute(PAGE, {"team_id": team_id, "kinds": list(kinds), "limit": limit, "offset": offset})
    return [_export(row) for row in txn.fetchall()]


def count(txn: Txn, team_id: int, kinds: Sequence[str]) -> tuple[int, bool]:
    """Return how many exports there are, and whether that is an estimate."""
    return paging.count(txn, COUNT, ESTIMATE, {"team_id": team_id, "kinds": list(kinds)})


def remove(txn: Txn, by: Actor, team_id: int, uuid: str) -> None:
    """Remove an export with its file; one that is under way is cancelled.

    Raises:
        NotFound: the team has none of that uuid.
        AccessEnded: who asks no longer may.
    """
    known = canonical(uuid)
    if known is not None:
        txn.execute(REMOVE, {"team_id": team_id, "uuid": known})
        row = txn.fetchone()
        if row is not None:
            job_id, file_id, kind = row
            trail.note(txn, by, "export.remove", known, team_id=team_id, before={"kind": kind})
            jobs.cancel(txn, team_id, job_id)
            if file_id is not None:
                files.remove(txn, file_id)
            return
    raise NotFound(f"there is no export {uuid!r}")


@attrs.frozen
class Begun:
    """An export whose file is being written."""

    job: Job
    export: Export
    file_id: int
    columns: Sequence[str]


def begin(txn: Txn, job: Job, file_uuid: str) -> Begun | None:
    """Begin the file of an export from its beginning, whatever there was of it; None when it is whole already.

    Raises:
        JobGone: it was removed, or is another's.
    """
    jobs.advance(txn, job)
    txn.execute(FILE_OF, {"job_id": job.id, "team_id": job.team_id})
    old: int | None = one_row(txn)[0]
    txn.execute(OF_JOB, {"job_id": job.id})
    export = _export(one_row(txn))
    if export.octets is not None:
        return None
    if old is not None:
        files.remove(txn, old)
    file_id = files.begin(txn, job.team_id, file_uuid, export.filename, CONTENT_TYPES[export.format])
    total, is_estimate = export_rows.count(txn, export)
    txn.execute(BEGUN, {"job_id": job.id, "file_id": file_id, "total": total, "is_estimate": is_estimate})
    return Begun(job, export, file_id, export_rows.columns(txn, export))


def rows(txn: Txn, begun: Begun, cursor: Any, form: Callable[[Sequence[Sequence[Any]]], bytes]) -> Slice:
    """Read the next rows of an export behind a cursor (None: from the first), and put them into octets here, on this thread."""
    found, cursor = export_rows.read(txn, begun.export, begun.columns, cursor)
    return Slice(form(found) if found else b"", len(found), cursor)


def keep(txn: Txn, begun: Begun, n: int, octets: bytes, rows: int) -> None:
    """Keep piece `n` of the file, with which so many rows more are written.

    Raises:
        JobGone: it was removed, or is another's.
    """
    jobs.advance(txn, begun.job)
    files.add_chunk(txn, begun.file_id, n, octets)
    txn.execute(COME_ON, {"job_id": begun.job.id, "rows": rows})


def finish(txn: Txn, begun: Begun) -> None:
    """Say that the file is whole; from now on it is found, and the team's webhooks are told.

    Raises:
        JobGone: it was removed, or is another's.
    """
    jobs.advance(txn, begun.job)
    files.finish(txn, begun.file_id)
    txn.execute(WHOLE, {"job_id": begun.job.id})
    _tell(txn, begun.export, JobState.COMPLETED)


def give_up(txn: Txn, begun: Begun) -> None:
    """Drop what there is of the file, which will never be whole; the team's webhooks are told.

    Raises:
        JobGone: it was removed, or is another's.
    """
    jobs.advance(txn, begun.job)
    files.remove(txn, begun.file_id)
    _tell(txn, begun.export, JobState.FAILED)


def given_up(txn: Txn, team_id: int, job_id: int) -> None:
    """Drop what there is of the file of an export whose job was given up (`jobs.AtEnd`), and tell the team."""
    txn.execute(FILE_OF, {"job_id": job_id, "team_id": team_id})
    row = txn.fetchone()
    if row is None:
        return
    txn.execute(OF_JOB, {"job_id": job_id})
    export = _export(one_row(txn))
    if row[0] is not None:
        files.remove(txn, row[0])
    _tell(txn, export, JobState.FAILED)


def _tell(txn: Txn, export: Export, state: JobState) -> None:
    told = {"uuid": export.uuid, "kind": f"{export.kind}.export", "status": str(state)}
    hooks.emit(txn, export.team_id, "export.completed", told, export.uuid)


def _json(values: Mapping[str, Any]) -> str:
    return orjson.dumps(dict(values)).decode()


def _export(row: tuple[Any, ...]) -> Export:
    names = [field.name for field in attrs.fields(Export)]
    known = dict(zip(names, row, strict=True))
    return Export(**{**known, "state": JobState(known["state"])})


@attrs.frozen
class Exports:
    """The exports of teams, for the API; each call is one transaction of the pool."""

    _database: Database

    async def add(self, by: Actor, export: Export, kept: Kept | None) -> None:
        """Ask for an export.

        Raises:
            AccessEnded: who asks no longer may.
            TooManyJobs: the team waits for enough of them.
            Repeated: the call has been done before; nothing was done now.
        """
        await run_once(self._database, kept, "exports.add", add, by, export)

    async def find(self, team_id: int, uuid: str) -> Export | None:
        """Return an export of the team, or None."""
        return await self._database.run("exports.find", find, team_id, uuid)

    async def page(self, team_id: int, kinds: Sequence[str], *, limit: int, offset: int) -> Sequence[Export]:
        """Return exports of some kinds, newest first."""
        return await self._database.run("exports.page", page, team_id, kinds, limit, offset)

    async def count(self, team_id: int, kinds: Sequence[str]) -> tuple[int, bool]:
        """Return how many there are, and whether that is an estimate."""
        return await self._database.run("exports.count", count, team_id, kinds)

    async def remove(self, by: Actor, team_id: int, uuid: str) -> None:
        """Remove an export with its file; one that is under way is cancelled.

        Raises:
            NotFound: the team has none of that uuid.
        """
        await self._database.run("exports.remove", remove, by, team_id, uuid)


@attrs.frozen
class ExportWriting:
    """The exports, for the jobs that write them; each call is one transaction of the pool."""

    _database: Database
    _new_uuid: Callable[[], str]

    async def begin(self, job: Job) -> Begun | None:
        """Begin the file of an export; None when it is whole already."""
        return await self._database.run("exports.begin", begin, job, self._new_uuid())

    async def rows(self, begun: Begun, cursor: Any, form: Callable[[Sequence[Sequence[Any]]], bytes]) -> Slice:
        """Return the next rows of an export, put into octets on the thread of the database."""
        return await self._database.run("exports.rows", rows, begun, cursor, form)

    async def keep(self, begun: Begun, n: int, octets: bytes, rows: int) -> None:
        """Keep piece `n` of the file."""
        await self._database.run("exports.keep", keep, begun, n, octets, rows)

    async def finish(self, begun: Begun) -> None:
        """Say that the file is whole."""
        await self._database.run("exports.finish", finish, begun)

    async def give_up(self, begun: Begun) -> None:
        """Drop what there is of a file that will never be whole."""
        await self._database.run("exports.give_up", give_up, begun)


@attrs.frozen
class Files:
    """The files of teams, for who sends them; each call is one transaction of the pool."""

    _database: Database

    async def find(self, team_id: int, uuid: str) -> files.File | None:
        """Return a whole file of the team, or None."""
        return await self._database.run("files.find", files.find, team_id, uuid)

    async def chunk(self, file_id: int, n: int) -> bytes | None:
        """Return piece `n` (from 0) of a file; None behind the last."""
        return await self._database.run("files.chunk", files.read_chunk, file_id, n)
