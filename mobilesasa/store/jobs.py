"""Jobs: asked for by any node, done by the one that has the chores.

Who begins a job gets its next `turn`. Each commit of the work goes with `advance`, which locks the row and refuses whoever
has an older turn: a node that is slow to learn that another does the chores by now changes nothing any more.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

import attrs
import orjson

from mobilesasa.core.errors import TooManyJobs
from mobilesasa.core.jobs import Job, JobGone, JobState
from mobilesasa.store.database import Database, Txn

CHANNEL: Final = "job"  # told, without words, of a job that may begin
UNFINISHED_MAX: Final = 20  # of one kind of one team
TRIES_MAX: Final = 5  # turns without coming on, after which a job is given up: most likely it kills who does it
KEPT_DAYS: Final = 90  # of what has ended, with all that hangs on it

#: What is done with the job of a team, by its id, when it was given up: its team is told.
AtEnd = Callable[[Txn, int, int], None]

_COLUMNS = """id, uuid, team_id, kind, state, args, progress, turn, error, (extract(epoch FROM created_at) * 1000)::bigint,
    (extract(epoch FROM started_at) * 1000)::bigint, (extract(epoch FROM finished_at) * 1000)::bigint"""

_TELL = "SELECT pg_notify(%(channel)s, '')"

ADD = """
INSERT INTO job (uuid, team_id, kind, args, due_at)
SELECT %(uuid)s, %(team_id)s, %(kind)s, %(args)s, coalesce(to_timestamp(%(due_at_ms)s / 1000.0), now())
WHERE (SELECT count(*) FROM (
    SELECT FROM job WHERE team_id = %(team_id)s AND kind = %(kind)s AND state IN ('pending', 'running') LIMIT %(most)s
) AS unfinished) < %(most)s
RETURNING id
"""

# One job of a kind of a team at a time: one that was begun, else the oldest that is due. What is put off holds up nobody.
WAITING = """
SELECT id, kind FROM (
    SELECT DISTINCT ON (team_id, kind) id, kind FROM job WHERE state IN ('pending', 'running') AND due_at <= now()
    ORDER BY team_id, kind, state = 'running' DESC, id
) AS first ORDER BY id LIMIT 1000
"""

BEGIN = f"""
UPDATE job SET state = 'running', turn = turn + 1, tries = tries + 1, started_at = coalesce(started_at, now())
WHERE id = %(id)s AND state IN ('pending', 'running') AND tries < %(most)s RETURNING {_COLUMNS}
"""

GIVE_UP = """
UPDATE job SET state = 'failed', finished_at = now(), error = %(error)s
WHERE id = %(id)s AND state IN ('pending', 'running') AND tries >= %(most)s RETURNING team_id, kind
"""

ADVANCE = """
UPDATE job SET progress = coalesce(%(progress)s::jsonb, progress), tries = 0
WHERE id = %(id)s AND turn = %(turn)s AND state = 'running'
"""

END = """
UPDATE job SET state = %(state)s, finished_at = now(), error = %(error)s
WHERE id = %(id)s AND turn = %(turn)s AND state = 'running'
"""

PUT_OFF = """
UPDATE job SET state = 'pending', due_at = now() + %(delay_s)s * interval '1 second'
WHERE id = %(id)s AND turn = %(turn)s AND state = 'running'
"""

PUT_BACK = """
UPDATE job SET state = 'pending', tries = greatest(0, tries - 1) WHERE id = %(id)s AND turn = %(turn)s AND state = 'running'
"""

CANCEL = """
UPDATE job SET state = 'cancelled', finished_at = now()
WHERE id = %(id)s AND team_id = %(team_id)s AND state IN ('pending', 'running')
"""

FIND = f"SELECT {_COLUMNS} FROM job WHERE id = %(id)s AND team_id = %(team_id)s"

FORGET = """
DELETE FROM job WHERE id IN (
    SELECT id FROM job WHERE finished_at <= now() - %(days)s * interval '1 day' ORDER BY finished_at LIMIT %(limit)s)
"""


def add(txn: Txn, team_id: int, kind: str, args: Mapping[str, Any], uuid: str, due_at_ms: int | None = None) -> int:
    """Ask for a job, and tell the node that does them; returns its id.

    Args:
        txn: the transaction of what the job is about.
        team_id: whose.
        kind: whose work it is.
        args: what is asked for, as JSON has it; no secret, and nothing long.
        uuid: names it towards the team.
        due_at_ms: not before this moment, in milliseconds since the epoch; None: at once.

    Raises:
        TooManyJobs: the team has so many of the kind that have not ended.
    """
    given = {"uuid": uuid, "team_id": team_id, "kind": kind, "args": _json(args), "due_at_ms": due_at_ms}
    txn.execute(ADD, {**given, "most": UNFINISHED_MAX})
    row = txn.fetchone()
    if row is None:
        raise TooManyJobs(f"{UNFINISHED_MAX} of these are waiting already; let some of them end first")
    tell(txn)
    return int(row[0])


def tell(txn: Txn) -> None:
    """Tell the node that does the jobs to look at them, after the commit."""
    txn.execute(_TELL, {"channel": CHANNEL})


def waiting(txn: Txn) -> list[tuple[int, str]]:
    """Return id and kind of each job that may be begun, also of those that some process has begun, oldest first."""
    txn.execute(WAITING)
    return txn.fetchall()


def begin(txn: Txn, job_id: int, at_end: Mapping[str, AtEnd] = MappingProxyType({})) -> Job | None:
    """Begin a job, or take over what another process has begun; None when there is nothing to do for it any more.

    Args:
        txn: the transaction.
        job_id: of the job.
        at_end: what follows in the same transaction when one is given up, by kind.
    """
    txn.execute(BEGIN, {"id": job_id, "most": TRIES_MAX})
    row = txn.fetchone()
    if row is not None:
        return _job(row)
    error = f"it was begun {TRIES_MAX} times and never came on; ask the operator of this platform"
    txn.execute(GIVE_UP, {"id": job_id, "most": TRIES_MAX, "error": error})
    given_up = txn.fetchone()
    if given_up is not None and given_up[1] in at_end:
        at_end[given_up[1]](txn, given_up[0], job_id)
    return None


def advance(txn: Txn, job: Job, progress: Mapping[str, Any] | None = None) -> None:
    """Make sure that a job is still ours until this transaction ends, and note how far it comes with it.

    Args:
        txn: the transaction of a step of the work.
        job: as it was begun.
        progress: in the words of its kind; None leaves it.

    Raises:
        JobGone: it was cancelled, has ended or is another's; the transaction is to be given up.
    """
    kept = None if progress is None else _json(progress)
    txn.execute(ADVANCE, {"id": job.id, "turn": job.turn, "progress": kept})
    if txn.rowcount == 0:
        raise JobGone(f"job {job.id} is no longer ours")


def end(txn: Txn, job: Job, state: JobState, error: str | None = None) -> bool:
    """End a job that is ours; returns False when it has ended already, or is another's."""
    txn.execute(END, {"id": job.id, "turn": job.turn, "state": state, "error": error})
    return txn.rowcount == 1


def put_off(txn: Txn, job: Job, delay_s: float) -> None:
    """Have a job that is ours begun again after a while; others of its kind are done meanwhile."""
    txn.execute(PUT_OFF, {"id": job.id, "turn": job.turn, "delay_s": delay_s})


def put_back(txn: Txn, job: Job) -> None:
    """Hand a job that is ours back, to be begun again by whoever does the jobs; it counts as not tried."""
    txn.execute(PUT_BACK, {"id": job.id, "turn": job.turn})
    tell(txn)


def cancel(txn: Txn, team_id: int, job_id: int) -> bool:
    """Cancel a job of the team; returns False when it has ended already. What it has committed stays."""
    txn.execute(CANCEL, {"id": job_id, "team_id": team_id})
    return txn.rowcount == 1


def find(txn: Txn, team_id: int, job_id: int) -> Job | None:
    """Return a job of the team."""
    txn.execute(FIND, {"id": job_id, "team_id": team_id})
    row = txn.fetchone()
    return None if row is None else _job(row)


def forget(txn: Txn, limit: int) -> int:
    """Drop jobs that ended long ago, with what hangs on them; returns how many."""
    txn.execute(FORGET, {"days": KEPT_DAYS, "limit": limit})
    return txn.rowcount


@attrs.frozen
class StoredJobs:
    """The jobs, for who does them; each call is one transaction of the pool.

    Args:
        database: the pool.
        at_end: what follows when a job is given up, by kind.
    """

    _database: Database
    _at_end: Mapping[str, AtEnd] = MappingProxyType({})

    async def waiting(self) -> Sequence[tuple[int, str]]:
        """Return id and kind of each job that may be begun, oldest first."""
        return await self._database.run("jobs.waiting", waiting)

    async def begin(self, job_id: int) -> Job | None:
        """Begin a job; None when there is nothing to do for it any more."""
        return await self._database.run("jobs.begin", begin, job_id, self._at_end)

    async def end(self, job: Job, state: JobState, error: str | None = None) -> None:
        """End a job that is ours; nothing when it has ended already."""
        await self._database.run("jobs.end", end, job, state, error)

    async def put_off(self, job: Job, delay_s: float) -> None:
        """Have a job that is ours begun again after a while."""
        await self._database.run("jobs.put_off", put_off, job, delay_s)

    async def put_back(self, job: Job) -> None:
        """Hand a job that is ours back."""
        await self._database.run("jobs.put_back", put_back, job)


def _json(values: Mapping[str, Any]) -> str:
    return orjson.dumps(dict(values)).decode()


def _job(row: tuple[Any, ...]) -> Job:
    names = [field.name for field in attrs.fields(Job)]
    known = dict(zip(names, row, strict=True))
    return Job(**{**known, "state": JobState(known["state"])})
