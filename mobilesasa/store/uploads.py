"""Imports of contacts: what was asked for, how far it has come, and which rows were wrong (decisions 54 to 56)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

import attrs

from mobilesasa.contacts.uploads import (
    ERRORS_SHOWN,
    IMPORT,
    UNDO,
    UNDO_DAYS,
    Plan,
    Undone,
    Upload,
    WrongRow,
    plan_of,
    status_of,
)
from mobilesasa.core.actors import Actor
from mobilesasa.core.errors import JobEnded, NotUndoable
from mobilesasa.core.idempotency import Kept
from mobilesasa.core.jobs import JobState
from mobilesasa.store import files, hooks, jobs, paging, trail
from mobilesasa.store.database import Database, Txn, one_row, row_of_uuid
from mobilesasa.store.idempotency import run_once
from mobilesasa.store.rows import as_json

_COLUMNS = """upload.id, upload.uuid, upload.team_id, upload.job_id, upload.file_id, upload.filename, upload.settings, job.state, job.error,
    upload.total_rows, upload.done_row, imported, updated, skipped, failed, (extract(epoch FROM upload.created_at) * 1000)::bigint,
    (extract(epoch FROM job.finished_at) * 1000)::bigint, undo.state, removed, restored, kept"""
_FROM = "FROM upload JOIN job ON job.id = upload.job_id LEFT JOIN job AS undo ON undo.id = upload.undo_job_id"

ADD = """
INSERT INTO upload (uuid, team_id, job_id, file_id, filename, settings, total_rows)
VALUES (%(uuid)s, %(team_id)s, %(job_id)s, %(file_id)s, %(filename)s, %(settings)s, %(total_rows)s)
"""

GROUP = "SELECT id FROM contact_group WHERE uuid = %(uuid)s AND team_id = %(team_id)s FOR KEY SHARE"

FIND = f"SELECT {_COLUMNS} {_FROM} WHERE upload.uuid = %(uuid)s AND upload.team_id = %(team_id)s"

OF_JOB = f"SELECT {_COLUMNS} {_FROM} WHERE upload.team_id = %(team_id)s AND %(job_id)s IN (upload.job_id, upload.undo_job_id)"

PAGE = f"""
SELECT {_COLUMNS} {_FROM} WHERE upload.team_id = %(team_id)s ORDER BY upload.id DESC LIMIT %(limit)s OFFSET %(offset)s
"""

COUNT = "SELECT count(*), count(*) FROM (SELECT FROM upload WHERE team_id = %(team_id)s LIMIT %(limit)s) AS newest"

ESTIMATE = "EXPLAIN (FORMAT JSON) SELECT FROM upload WHERE team_id = %(team_id)s"

ERRORS = """
SELECT row, wrong, cells FROM upload_error WHERE upload_id = %(id)s AND row > %(after)s ORDER BY row LIMIT %(limit)s
"""

LOCK = "SELECT undo_job_id FROM upload WHERE id = %(id)s AND team_id = %(team_id)s FOR UPDATE"

UNDOABLE = """
SELECT EXISTS (SELECT FROM upload_change WHERE upload_id = %(id)s) AND finished_at > now() - %(days)s * interval '1 day'
FROM upload JOIN job ON job.id = job_id WHERE upload.id = %(id)s
"""

SET_UNDO = "UPDATE upload SET undo_job_id = %(job_id)s WHERE id = %(id)s AND team_id = %(team_id)s"

# In pieces: of one import there may be a million.
FORGET_CHANGES = """
DELETE FROM upload_change WHERE (upload_id, contact_id) IN (
    SELECT upload_id, contact_id FROM upload_change WHERE upload_id = (
        SELECT upload.id FROM upload JOIN job ON job.id = job_id LEFT JOIN job AS undo ON undo.id = undo_job_id
        WHERE job.finished_at <= now() - %(days)s * interval '1 day' AND (undo.id IS NULL OR undo.finished_at IS NOT NULL)
          AND EXISTS (SELECT FROM upload_change WHERE upload_id = upload.id) LIMIT 1)
    LIMIT %(limit)s)
"""

FORGET_ERRORS = """
DELETE FROM upload_error WHERE (upload_id, row) IN (
    SELECT upload_id, row FROM upload_error WHERE upload_id = (
        SELECT upload.id FROM upload JOIN job ON job.id = job_id
        WHERE job.finished_at <= now() - %(days)s * interval '1 day'
          AND EXISTS (SELECT FROM upload_error WHERE upload_id = upload.id) LIMIT 1)
    LIMIT %(limit)s)
"""

PAGE_OF_ERRORS: Final = 1_000


def add(txn: Txn, by: Actor, team_id: int, uuid: str, file_id: int, plan: Plan, job_uuid: str) -> None:
    """Keep an import with its job.

    Raises:
        AccessEnded: whoever asks no longer may.
        NotFound: the team has no such group.
        TooManyJobs: too many of the team's wait.
    """
    kept = plan.as_json()
    kept["group_id"] = None if plan.group is None else _group(txn, team_id, plan.group)
    noted = {"filename": plan.filename, "rows": plan.looked.shape.total_rows, "dry_run": plan.dry_run}
    trail.note(txn, by, "contact.import", uuid, team_id=team_id, after=noted)
    job_id = jobs.add(txn, team_id, IMPORT, {}, job_uuid)
    row = {"uuid": uuid, "team_id": team_id, "job_id": job_id, "file_id": file_id, "filename": plan.filename}
    settings = as_json([kept])[1:-1]
    txn.execute(ADD, {**row, "settings": settings, "total_rows": plan.looked.shape.total_rows})


def _group(txn: Txn, team_id: int, uuid: str) -> int:
    return int(row_of_uuid(txn, GROUP, uuid, f"there is no group {uuid!r}", team_id=team_id)[0])


def find(txn: Txn, team_id: int, uuid: str) -> Upload:
    """Return an import of the team.

    Raises:
        NotFound: it has none of that uuid.
    """
    return _upload(row_of_uuid(txn, FIND, uuid, f"there is no upload {uuid!r}", team_id=team_id))


def of_job(txn: Txn, team_id: int, job_id: int) -> Upload | None:
    """Return the import that a job does or undoes."""
    txn.execute(OF_JOB, {"team_id": team_id, "job_id": job_id})
    row = txn.fetchone()
    return None if row is None else _upload(row)


def page(txn: Txn, team_id: int, limit: int, offset: int) -> list[Upload]:
    """Return imports of the team, newest first."""
    txn.execute(PAGE, {"team_id": team_id, "limit": limit, "offset": offset})
    return [_upload(row) for row in txn.fetchall()]


def count(txn: Txn, team_id: int) -> tuple[int, bool]:
    """Return how many there are, and whether that is an estimate."""
    return paging.count(txn, COUNT, ESTIMATE, {"team_id": team_id})


def errors(txn: Txn, upload_id: int, after: int, limit: int) -> list[WrongRow]:
    """Return rows of an import that could not be taken, by their numbers."""
    txn.execute(ERRORS, {"id": upload_id, "after": after, "limit": limit})
    return [WrongRow(*row) for row in txn.fetchall()]


def cancel(txn: Txn, by: Actor, team_id: int, uuid: str) -> Upload:
    """End an import of the team where it is; what it has taken stays, and can be undone.

    Raises:
        NotFound: the team has none of that uuid.
        JobEnded: it has ended already.
    """
    upload = find(txn, team_id, uuid)
    trail.note(txn, by, "contact.import_cancel", upload.uuid, team_id=team_id)
    if not jobs.cancel(txn, team_id, upload.job_id):
        raise JobEnded("the import has ended already")
    ended = find(txn, team_id, uuid)
    hooks.emit(txn, team_id, "import.completed", ended.told(), ended.uuid)
    return ended


def undo(txn: Txn, by: Actor, team_id: int, uuid: str, job_uuid: str) -> None:
    """Begin to undo an import of the team.

    Raises:
        NotFound: the team has none of that uuid.
        NotUndoable: it is under way, was undone, changed nothing, or is too long ago.
        TooManyJobs: too many of the team's wait.
    """
    upload = find(txn, team_id, uuid)
    trail.note(txn, by, "contact.import_undo", upload.uuid, team_id=team_id)
    txn.execute(LOCK, {"id": upload.id, "team_id": team_id})
    (undo_job_id,) = one_row(txn)
    if undo_job_id is not None:
        raise NotUndoable("the import was undone before")
    if upload.finished_at_ms is None:
        raise NotUndoable("the import is under way; cancel it, or wait for its end")
    txn.execute(UNDOABLE, {"id": upload.id, "days": UNDO_DAYS})
    if one_row(txn) != (True,):
        raise NotUndoable(f"the import changed nothing, or ended more than {UNDO_DAYS} days ago")
    job_id = jobs.add(txn, team_id, UNDO, {}, job_uuid)
    txn.execute(SET_UNDO, {"id": upload.id, "team_id": team_id, "job_id": job_id})


def forget(txn: Txn, limit: int) -> int:
    """Drop what is known of rows of imports that ended long ago; returns of how many at least."""
    given = {"days": UNDO_DAYS, "limit": limit}
    txn.execute(FORGET_CHANGES, given)
    changes = txn.rowcount
    txn.execute(FORGET_ERRORS, given)
    return max(changes, txn.rowcount)


@attrs.frozen
class Uploads:
    """The imports of teams, for the API."""

    _database: Database
    _new_uuid: Callable[[], str]

    async def begin_file(self, team_id: int, name: str, content_type: str) -> int:
        """Begin to keep a file; returns its id."""
        return await self._database.run("files.begin", files.begin, team_id, self._new_uuid(), name, content_type)

    async def add_chunk(self, file_id: int, n: int, octets: bytes) -> None:
        """Keep a piece of it."""
        await self._database.run("files.add_chunk", files.add_chunk, file_id, n, octets)

    async def finish_file(self, file_id: int) -> None:
        """Say that it is whole."""
        await self._database.run("files.finish", files.finish, file_id)

    async def drop_file(self, file_id: int) -> None:
        """Remove a file that nothing has come of, as far as that is sure."""
        await self._database.run("files.drop", files.drop, file_id)

    async def begin(self, by: Actor, team_id: int, uuid: str, file_id: int, plan: Plan, kept: Kept | None) -> None:
        """Keep an import, to be done at once.

        Raises:
            Repeated: the call has been done before; nothing was done now.
            AccessEnded: whoever asks no longer may.
            NotFound: the team has no such group.
            TooManyJobs: too many of the team's wait.
        """
        given = (by, team_id, uuid, file_id, plan, self._new_uuid())
        await run_once(self._database, kept, "uploads.add", add, *given)

    async def find(self, team_id: int, uuid: str) -> tuple[Upload, Sequence[WrongRow]]:
        """Return an import of the team, with the first rows that could not be taken.

        Raises:
            NotFound: it has none of that uuid.
        """
        return await self._database.run("uploads.find", _with_errors, team_id, uuid)

    async def page(self, team_id: int, *, limit: int, offset: int) -> Sequence[Upload]:
        """Return imports of the team, newest first."""
        return await self._database.run("uploads.page", page, team_id, limit, offset)

    async def count(self, team_id: int) -> tuple[int, bool]:
        """Return how many there are, and whether that is an estimate."""
        return await self._database.run("uploads.count", count, team_id)

    async def errors(self, upload: Upload, after: int) -> Sequence[WrongRow]:
        """Return the next rows that could not be taken, none behind the last."""
        return await self._database.run("uploads.errors", errors, upload.id, after, PAGE_OF_ERRORS)

    async def cancel(self, by: Actor, team_id: int, uuid: str) -> None:
        """End an import of the team where it is.

        Raises:
            NotFound: the team has none of that uuid.
            JobEnded: it has ended already.
        """
        await self._database.run("uploads.cancel", cancel, by, team_id, uuid)

    async def undo(self, by: Actor, team_id: int, uuid: str, kept: Kept | None) -> None:
        """Begin to undo an import of the team.

        Raises:
            Repeated: the call has been done before; nothing was done now.
            NotFound: the team has none of that uuid.
            NotUndoable: there is nothing that can be undone.
        """
        await run_once(self._database, kept, "uploads.undo", undo, by, team_id, uuid, self._new_uuid())


def _with_errors(txn: Txn, team_id: int, uuid: str) -> tuple[Upload, list[WrongRow]]:
    upload = find(txn, team_id, uuid)
    return upload, errors(txn, upload.id, 0, ERRORS_SHOWN)


def _upload(row: Sequence[Any]) -> Upload:
    (upload_id, uuid, team_id, job_id, file_id, filename, settings, state, error, total, done_row, *counts) = row
    imported, updated, skipped, failed, created_at_ms, finished_at_ms, undo_state, removed, restored, kept = counts
    undone = None
    if undo_state is not None:
        status = status_of(JobState(undo_state))
        undone = Undone(status=status, removed=removed, restored=restored, kept=kept)
    return Upload(
        id=upload_id,
        uuid=uuid,
        team_id=team_id,
        job_id=job_id,
        file_id=file_id,
        plan=plan_of(filename, settings),
        group_id=settings["group_id"],
        status=status_of(JobState(state)),
        failure=error,
        total_rows=total,
        done_row=done_row,
        imported=imported,
        updated=updated,
        skipped=skipped,
        failed=failed,
        created_at_ms=created_at_ms,
        finished_at_ms=finished_at_ms,
        undone=undone,
    )
