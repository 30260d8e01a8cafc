"""What the reading of an audience writes: a chunk of rows and how far it has come, in one transaction, as imports do.

A chunk is dealt with exactly when `done_row` has passed it, so a worker that dies at any line doubles nothing and skips
nothing. At its end the file goes: all that it said is in the rows.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from mobilesasa.contacts.audiences import Audience, Status
from mobilesasa.core.jobs import Job, JobGone, JobState
from mobilesasa.store import audiences, erasures, files, jobs
from mobilesasa.store.database import Database, Txn
from mobilesasa.store.rows import as_json

ADD_PEOPLE = """
INSERT INTO audience_row (audience_id, n, phone, fields)
SELECT %(audience_id)s, row, phone, fields
FROM json_to_recordset(%(rows)s) AS given (row integer, phone text, fields jsonb) ORDER BY row
ON CONFLICT DO NOTHING
"""

ADD_ERRORS = """
INSERT INTO audience_error (audience_id, row, wrong, cells)
SELECT %(audience_id)s, row, wrong, cells FROM json_to_recordset(%(rows)s) AS failed (row integer, wrong jsonb, cells jsonb)
ON CONFLICT (audience_id, row) DO NOTHING
"""

COME_ON = """
UPDATE audience SET status = 'processing', done_row = %(upto)s, people = people + %(people)s, doubles = doubles + %(doubles)s,
    failed = failed + %(failed)s
WHERE id = %(id)s AND team_id = %(team_id)s AND done_row = %(after)s
"""

END = """
UPDATE audience SET status = %(status)s, failure = %(failure)s, total_rows = coalesce(%(total)s, total_rows), finished_at = now()
WHERE job_id = %(job_id)s AND team_id = %(team_id)s
"""

FILE_OF = "SELECT file_id FROM audience WHERE job_id = %(job_id)s AND team_id = %(team_id)s AND file_id IS NOT NULL"


def take(txn: Txn, job: Job, audience: Audience, after: int, chunk: Mapping[str, Any]) -> None:
    """Take the rows of a chunk, and note that they are dealt with.

    Args:
        txn: the transaction.
        job: as it was begun.
        audience: what is read.
        after: the last row that was dealt with before.
        chunk: as `jobs.read` writes it; each phone stands in it once.

    Raises:
        JobGone: the audience was deleted or the job is another's, or the chunk was taken before.
    """
    jobs.advance(txn, job)
    phones = [row["phone"] for row in chunk["rows"]]
    forgotten = erasures.forgotten(txn, audience.team_id, phones, audience.created_at_ms)
    rows, failed = [row for row in chunk["rows"] if row["phone"] not in forgotten], chunk["failed"]
    txn.execute(ADD_PEOPLE, {"audience_id": audience.id, "rows": as_json(rows)})
    people = txn.rowcount
    if failed:
        txn.execute(ADD_ERRORS, {"audience_id": audience.id, "rows": as_json(failed)})
    counts = {
        "people": people,
        "doubles": chunk["skipped"] + len(rows) - people,
        "failed": len(failed) + len(forgotten),
    }
    given = {"id": audience.id, "team_id": audience.team_id, "after": after, "upto": chunk["upto"]}
    txn.execute(COME_ON, {**given, **counts})
    if txn.rowcount == 0:
        raise JobGone(f"row {after} of audience {audience.id} is not the last that was dealt with")


def end(txn: Txn, job: Job, total: int | None, failure: str | None = None) -> None:
    """End the reading of an audience.

    Args:
        txn: the transaction.
        job: as it was begun.
        total: how many rows the file has; None where it was not read to its end.
        failure: why it cannot be read.

    Raises:
        JobGone: it has ended, or is another's.
    """
    jobs.advance(txn, job)
    _end(txn, job.team_id, job.id, total, failure, "completed" if failure is None else "failed")
    jobs.end(txn, job, JobState.COMPLETED if failure is None else JobState.FAILED, failure)


def given_up(txn: Txn, team_id: int, job_id: int) -> None:
    """Say of an audience that its file could not be read, for its job was given up (`jobs.AtEnd`)."""
    ended = jobs.find(txn, team_id, job_id)
    _end(txn, team_id, job_id, None, None if ended is None else ended.error, "failed")


def _end(txn: Txn, team_id: int, job_id: int, total: int | None, failure: str | None, status: Status) -> None:
    given = {"team_id": team_id, "job_id": job_id}
    txn.execute(END, {**given, "status": status, "failure": failure, "total": total})
    txn.execute(FILE_OF, given)
    for (file_id,) in txn.fetchall():
        files.remove(txn, file_id)


@attrs.frozen
class AudienceFiles:
    """What the reading of audiences does in the store; each call is one transaction of the pool."""

    _database: Database

    async def of_job(self, job: Job) -> Audience | None:
        """Return the audience whose file a job reads."""
        return await self._database.run("audiences.of_job", audiences.of_job, job.team_id, job.id)

    async def read_chunk(self, file_id: int, n: int) -> bytes | None:
        """Return a piece of a file; None behind the last."""
        return await self._database.run("files.read_chunk", files.read_chunk, file_id, n)

    async def take(self, job: Job, audience: Audience, after: int, chunk: Mapping[str, Any]) -> None:
        """Take the rows of a chunk.

        Raises:
            JobGone: the audience was deleted, or the job is another's.
        """
        await self._database.run("audience_rows.take", take, job, audience, after, chunk)

    async def end(self, job: Job, total: int | None, failure: str | None = None) -> None:
        """End the reading of an audience.

        Raises:
            JobGone: it has ended, or is another's.
        """
        await self._database.run("audience_rows.end", end, job, total, failure)
