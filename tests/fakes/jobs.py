"""Jobs in memory."""

from collections.abc import Sequence
from typing import Any

import attrs
from twisted.internet.defer import Deferred

from mobilesasa.core.errors import StoreAway
from mobilesasa.core.jobs import Job, JobState


def job(n: int, team_id: int = 1, kind: str = "count", **more: Any) -> Job:
    """A job as it was begun."""
    known: dict[str, Any] = {
        "id": n, "uuid": f"{n:08d}-0000-4000-8000-000000000000", "team_id": team_id, "kind": kind, "state": JobState.PENDING,
        "args": {}, "progress": {}, "turn": 0, "error": None, "created_at_ms": 1, "started_at_ms": None, "finished_at_ms": None,
    }  # fmt: skip
    return Job(**(known | more))


@attrs.define
class FakeJobs:
    """The store's jobs."""

    kept: dict[int, Job] = attrs.field(factory=dict)
    put_off_s: dict[int, float] = attrs.field(factory=dict)
    away: bool = False
    gone: set[int] = attrs.field(factory=set)

    def add(self, *made: Job) -> None:
        """Keep jobs."""
        self.kept.update({each.id: each for each in made})

    def state(self, n: int) -> str:
        """How far a job has come."""
        return self.kept[n].state.value

    async def waiting(self) -> Sequence[tuple[int, str]]:
        self._reach()
        first: dict[tuple[int, str], Job] = {}
        for each in sorted(self.kept.values(), key=lambda each: each.id):
            if not each.state.is_final:
                first.setdefault((each.team_id, each.kind), each)
        return [(each.id, each.kind) for each in first.values() if each.id not in self.put_off_s]

    async def begin(self, job_id: int) -> Job | None:
        if job_id in self.gone:
            self.kept.pop(job_id, None)
            return None
        return self._change(self.kept[job_id], state=JobState.RUNNING, turn=self.kept[job_id].turn + 1)

    async def end(self, job: Job, state: JobState, error: str | None = None) -> None:
        self._reach()
        if self.kept[job.id].state is JobState.RUNNING:
            self._change(self.kept[job.id], state=state, error=error)

    async def put_off(self, job: Job, delay_s: float) -> None:
        self._reach()
        self.put_off_s[job.id] = delay_s

    async def put_back(self, job: Job) -> None:
        self._reach()
        self._change(self.kept[job.id], state=JobState.PENDING)

    def _change(self, job: Job, **changes: Any) -> Job:
        self.kept[job.id] = attrs.evolve(job, **changes)
        return self.kept[job.id]

    def _reach(self) -> None:
        if self.away:
            raise StoreAway("the database is away")


@attrs.define
class FakeWork:
    """Work that ends when the test says so."""

    under_way: dict[int, Deferred[None]] = attrs.field(factory=dict)
    begun: list[int] = attrs.field(factory=list)

    async def do(self, job: Job) -> None:
        self.begun.append(job.id)
        self.under_way[job.id] = Deferred()
        try:
            await self.under_way[job.id]
        finally:
            del self.under_way[job.id]
