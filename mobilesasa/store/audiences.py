"""Audiences: files of people whose columns are the fields of a text, as their teams have them.

What is read of a file is written by `store.audience_rows`; campaigns read the rows.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

import attrs

from mobilesasa.contacts.audiences import ERROR_DAYS, KEPT_DAYS, READ, Audience, AudienceReading, reading_of
from mobilesasa.contacts.uploads import ERRORS_SHOWN, WrongRow
from mobilesasa.core.actors import Actor
from mobilesasa.core.errors import BadValue, InUse
from mobilesasa.core.idempotency import Kept
from mobilesasa.store import files, jobs, paging, trail
from mobilesasa.store.database import Database, Txn, row_of_uuid
from mobilesasa.store.idempotency import run_once
from mobilesasa.store.rows import as_json

_COLUMNS = """id, uuid, team_id, job_id, file_id, filename, settings, fields, status, failure, total_rows, done_row, people, doubles,
    failed, (extract(epoch FROM created_at) * 1000)::bigint, (extract(epoch FROM finished_at) * 1000)::bigint"""

ADD = """
INSERT INTO audience (uuid, team_id, job_id, file_id, filename, settings, fields, total_rows)
VALUES (%(uuid)s, %(team_id)s, %(job_id)s, %(file_id)s, %(filename)s, %(settings)s, %(fields)s, %(total_rows)s)
"""

FIND = f"SELECT {_COLUMNS} FROM audience WHERE uuid = %(uuid)s AND team_id = %(team_id)s"

OF_JOB = f"SELECT {_COLUMNS} FROM audience WHERE job_id = %(job_id)s AND team_id = %(team_id)s"

PAGE = f"SELECT {_COLUMNS} FROM audience WHERE team_id = %(team_id)s ORDER BY id DESC LIMIT %(limit)s OFFSET %(offset)s"

COUNT = "SELECT count(*), count(*) FROM (SELECT FROM audience WHERE team_id = %(team_id)s LIMIT %(limit)s) AS newest"

ESTIMATE = "EXPLAIN (FORMAT JSON) SELECT FROM audience WHERE team_id = %(team_id)s"

ERRORS = """
SELECT row, wrong, cells FROM audience_error WHERE audience_id = %(id)s AND row > %(after)s ORDER BY row LIMIT %(limit)s
"""

# Whoever is about to name one in a campaign holds it until their commit.
USABLE = "SELECT id, fields, status FROM audience WHERE uuid = %(uuid)s AND team_id = %(team_id)s FOR KEY SHARE"

LOCK = "SELECT FROM audience WHERE id = %(id)s AND team_id = %(team_id)s FOR UPDATE"

# A series stays armed; what was sent or cancelled has its own list of recipients.
IN_USE = """
SELECT name FROM campaign WHERE team_id = %(team_id)s AND audience_id = %(id)s AND phase NOT IN ('completed', 'cancelled')
ORDER BY id LIMIT 1
"""

DELETE_ROWS = "DELETE FROM audience_row WHERE audience_id = %(id)s"

DELETE = "DELETE FROM audience WHERE id = %(id)s AND team_id = %(team_id)s"

# In pieces: of one file there may be a million.
FORGET_ERRORS = """
DELETE FROM audience_error WHERE (audience_id, row) IN (
    SELECT audience_id, row FROM audience_error WHERE audience_id = (
        SELECT id FROM audience WHERE finished_at <= now() - %(days)s * interval '1 day'
          AND EXISTS (SELECT FROM audience_error WHERE audience_id = audience.id) LIMIT 1)
    LIMIT %(limit)s)
"""

# One that was read long ago, and that no campaign of late is or was for.
OLD = """
SELECT id, team_id FROM audience WHERE finished_at <= now() - %(days)s * interval '1 day' AND NOT EXISTS (
    SELECT FROM campaign WHERE campaign.team_id = audience.team_id AND audience_id = audience.id
      AND (phase NOT IN ('completed', 'cancelled') OR campaign.finished_at > now() - %(days)s * interval '1 day'))
ORDER BY id LIMIT 1 FOR UPDATE
"""

PAGE_OF_ERRORS: Final = 1_000


def add(txn: Txn, by: Actor, team_id: int, uuid: str, file_id: int, plan: AudienceReading, job_uuid: str) -> None:
    """Keep an audience with the job that reads its file.

    Raises:
        AccessEnded: whoever asks no longer may.
        TooManyJobs: too many of the team's wait.
    """
    rows = plan.looked.shape.total_rows
    noted = {"filename": plan.filename, "rows": rows}
    trail.note(txn, by, "audience.create", uuid, team_id=team_id, after=noted)
    job_id = jobs.add(txn, team_id, READ, {}, job_uuid)
    row = {"uuid": uuid, "team_id": team_id, "job_id": job_id, "file_id": file_id, "filename": plan.filename}
    settings = as_json([plan.as_json()])[1:-1]
    txn.execute(ADD, {**row, "settings": settings, "fields": plan.fields, "total_rows": rows})


def find(txn: Txn, team_id: int, uuid: str) -> Audience:
    """Return an audience of the team.

    Raises:
        NotFound: it has none of that uuid.
    """
    return _audience(row_of_uuid(txn, FIND, uuid, f"there is no audience {uuid!r}", team_id=team_id))


def of_job(txn: Txn, team_id: int, job_id: int) -> Audience | None:
    """Return the audience whose file a job reads."""
    txn.execute(OF_JOB, {"team_id": team_id, "job_id": job_id})
    row = txn.fetchone()
    return None if row is None else _audience(row)


def usable(txn: Txn, team_id: int, uuid: str) -> tuple[int, frozenset[str]]:
    """Return the id of an audience that a campaign can be sent to, and the fields that its text may name.

    It cannot be deleted before the transaction has ended.

    Raises:
        NotFound: the team has none of that uuid.
        BadValue: its file is being read, or could not be read.
    """
    row = row_of_uuid(txn, USABLE, uuid, f"there is no audience {uuid!r}", team_id=team_id)
    audience_id, fields, status = row
    if status == "failed":
        raise BadValue("the file of the audience could not be read; upload another one")
    if status != "completed":
        raise BadValue("the file of the audience is still being read; ask for it until its status is completed")
    return audience_id, frozenset(fields)


def page(txn: Txn, team_id: int, limit: int, offset: int) -> list[Audience]:
    """Return audiences of the team, newest first."""
    txn.execute(PAGE, {"team_id": team_id, "limit": limit, "offset": offset})
    return [_audience(row) for row in txn.fetchall()]


def count(txn: Txn, team_id: int) -> tuple[int, bool]:
    """Return how many there are, and whether that is an estimate."""
    return paging.count(txn, COUNT, ESTIMATE, {"team_id": team_id})


def errors(txn: Txn, audience_id: int, after: int, limit: int) -> list[WrongRow]:
    """Return rows of an audience that could not be taken, by their numbers."""
    txn.execute(ERRORS, {"id": audience_id, "after": after, "limit": limit})
    return [WrongRow(*row) for row in txn.fetchall()]


def delete(txn: Txn, by: Actor, team_id: int, uuid: str) -> Audience:
    """Delete an audience with all that is known of its people, and return it; its file is read no further.

    Raises:
        NotFound: the team has none of that uuid.
        InUse: a campaign that is a draft, or is not over, is for it.
        AccessEnded: whoever asks no longer may.
    """
    audience = find(txn, team_id, uuid)
    trail.note(txn, by, "audience.delete", audience.uuid, team_id=team_id, before={"filename": audience.plan.filename})
    if audience.job_id is not None:
        jobs.cancel(txn, team_id, audience.job_id)  # before the lock, as whoever takes its rows has them in this order
    given = {"id": audience.id, "team_id": team_id}
    txn.execute(LOCK, given)
    txn.execute(IN_USE, given)
    campaign = txn.fetchone()
    if campaign is not None:
        raise InUse(f"the campaign {campaign[0]!r} is for this audience; delete, end or change it first")
    if audience.file_id is not None:
        files.remove(txn, audience.file_id)
    _drop(txn, audience.id, team_id)
    return audience


def forget(txn: Txn, limit: int) -> int:
    """Drop bad rows of files that were read long ago; returns how many."""
    txn.execute(FORGET_ERRORS, {"days": ERROR_DAYS, "limit": limit})
    return txn.rowcount


def forget_old(txn: Txn) -> bool:
    """Drop an audience that was read, and used, long ago, with all that is known of its people; returns whether there was one."""
    txn.execute(OLD, {"days": KEPT_DAYS})
    row = txn.fetchone()
    if row is None:
        return False
    _drop(txn, *row)
    return True


def _drop(txn: Txn, audience_id: int, team_id: int) -> None:
    given = {"id": audience_id, "team_id": team_id}
    txn.execute(DELETE_ROWS, given)
    txn.execute(DELETE, given)


@attrs.frozen
class Audiences:
    """The audiences of teams, for the API."""

    _database: Database
    _new_uuid: Callable[[], str]

    async def begin(
        self, by: Actor, team_id: int, uuid: str, file_id: int, plan: AudienceReading, kept: Kept | None
    ) -> None:
        """Keep an audience, whose file is read at once.

        Raises:
            Repeated: the call has been done before; nothing was done now.
            AccessEnded: whoever asks no longer may.
            TooManyJobs: too many of the team's wait.
        """
        given = (by, team_id, uuid, file_id, plan, self._new_uuid())
        await run_once(self._database, kept, "audiences.add", add, *given)

    async def find(self, team_id: int, uuid: str) -> tuple[Audience, Sequence[WrongRow]]:
        """Return an audience of the team, with the first rows that could not be taken.

        Raises:
            NotFound: it has none of that uuid.
        """
        return await self._database.run("audiences.find", _with_errors, team_id, uuid)

    async def page(self, team_id: int, *, limit: int, offset: int) -> Sequence[Audience]:
        """Return audiences of the team, newest first."""
        return await self._database.run("audiences.page", page, team_id, limit, offset)

    async def count(self, team_id: int) -> tuple[int, bool]:
        """Return how many there are, and whether that is an estimate."""
        return await self._database.run("audiences.count", count, team_id)

    async def errors(self, audience: Audience, after: int) -> Sequence[WrongRow]:
        """Return the next rows that could not be taken, none behind the last."""
        return await self._database.run("audiences.errors", errors, audience.id, after, PAGE_OF_ERRORS)

    async def delete(self, by: Actor, team_id: int, uuid: str) -> Audience:
        """Delete an audience of the team, and return it.

        Raises:
            NotFound: the team has none of that uuid.
            InUse: a campaign that is a draft, or is not over, is for it.
        """
        return await self._database.run("audiences.delete", delete, by, team_id, uuid)


def _with_errors(txn: Txn, team_id: int, uuid: str) -> tuple[Audience, list[WrongRow]]:
    audience = find(txn, team_id, uuid)
    return audience, errors(txn, audience.id, 0, ERRORS_SHOWN)


def _audience(row: Sequence[Any]) -> Audience:
    known = dict(zip(_NAMES, row, strict=True))
    plan = reading_of(known.pop("filename"), known.pop("settings"))
    return Audience(plan=plan, **known)


_NAMES: Final = (
    "id",
    "uuid",
    "team_id",
    "job_id",
    "file_id",
    "filename",
    "settings",
    "fields",
    "status",
    "failure",
    "total_rows",
    "done_row",
    "people",
    "doubles",
    "failed",
    "created_at_ms",
    "finished_at_ms",
)
