"""Does the jobs, on the one node that has the chores.

How to think about it: the rows are the truth. A look reads which jobs may be begun and begins those for which there is room;
looks come at every hint of the store, when a job has ended, and every few seconds. A work may be killed at any line and is
then called again from its beginning, here or on another node, so it commits in steps together with `advance`. When this
node no longer has the chores it begins nothing more, and what it has in hand finds at its next step that it is another's.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final, Protocol

from twisted.internet.defer import CancelledError, Deferred, DeferredList, DeferredLock
from twisted.internet.interfaces import IReactorTime
from twisted.internet.task import LoopingCall
from twisted.logger import Logger

from mobilesasa.core.errors import StoreAway
from mobilesasa.core.jobs import Job, JobFailed, JobGone, JobState

LOOK_S: Final = 5.0
AGAIN_S: Final = 30.0  # after a defect of ours
KIND_MAX: Final = 2  # jobs of one kind at once, each of another team, so that a long one holds up nobody else's


class Work(Protocol):
    """What is done for the jobs of one kind."""

    async def do(self, job: Job) -> None:
        """Do a job to its end; may be called again after a kill at any line.

        Raises:
            JobGone: by `advance`: it was cancelled, or is another's.
            JobFailed: it can never be done.
        """


class Jobs(Protocol):
    """The jobs that the store keeps."""

    async def waiting(self) -> Sequence[tuple[int, str]]:
        """Return id and kind of each job that may be begun, oldest first; at most one of a kind of a team."""

    async def begin(self, job_id: int) -> Job | None:
        """Begin a job, or take it over; None when there is nothing to do for it any more."""

    async def end(self, job: Job, state: JobState, error: str | None = None) -> None:
        """End a job that is ours; nothing when it has ended already."""

    async def put_off(self, job: Job, delay_s: float) -> None:
        """Have a job that is ours begun again after a while."""

    async def put_back(self, job: Job) -> None:
        """Hand a job that is ours back, to be begun again."""


class Runner:
    """Begins jobs and sees them to their end.

    Args:
        jobs: the store.
        works: what is done, by kind; jobs of other kinds are left alone.
        clock: keeps the looks.
    """

    log = Logger()

    def __init__(self, jobs: Jobs, works: Mapping[str, Work], clock: IReactorTime) -> None:
        """Do nothing yet."""
        self._jobs = jobs
        self._works = works
        self._ours = self._stopping = False
        self._in_hand: dict[int, tuple[str, Deferred[None]]] = {}  # kind and work, by the job's id
        self._doing: dict[int, Deferred[None]] = {}  # what of it can be broken off
        self._one_at_a_time = DeferredLock()
        self._looks: set[Deferred[None]] = set()
        self._looking: Deferred[LoopingCall] | None = None
        self._call = LoopingCall(self.look)
        self._call.clock = clock

    @property
    def running(self) -> int:
        """How many jobs are in hand."""
        return len(self._in_hand)

    def start(self) -> None:
        """Begin to look; nothing is done before `do_jobs`."""
        self._looking = self._call.start(LOOK_S)

    def do_jobs(self, ours: bool) -> None:
        """Do the jobs from now on, or leave them to another node."""
        self._ours = ours
        self.look()

    def look(self) -> None:
        """Look soon what there is to do; called when it may have changed."""
        if not self._ours or self._stopping or (self._one_at_a_time.locked and self._one_at_a_time.waiting):
            return  # a look that has not begun yet sees all that there is
        look = Deferred.fromCoroutine(self._looked())
        self._looks.add(look)
        look.addErrback(lambda failure: self.log.failure("the look at the jobs failed", failure))
        look.addBoth(lambda _: self._looks.discard(look))

    async def stop(self) -> None:
        """Begin nothing more, and hand back what is in hand."""
        self._stopping = True
        if self._looking is not None:
            self._call.stop()
            await self._looking
        await DeferredList([*self._looks])
        for doing in [*self._doing.values()]:
            doing.cancel()
        await DeferredList([work for _, work in self._in_hand.values()])

    async def _looked(self) -> None:
        await self._one_at_a_time.acquire()
        try:
            for job_id, kind in await self._jobs.waiting():
                if self._has_room(job_id, kind):
                    job = await self._jobs.begin(job_id)
                    if job is not None:
                        self._begin(job)
        except StoreAway as away:
            self.log.warn("the jobs are not looked at: {away}", away=away)
        finally:
            self._one_at_a_time.release()

    def _has_room(self, job_id: int, kind: str) -> bool:
        kinds = Counter(each for each, _ in self._in_hand.values())
        free = kind in self._works and job_id not in self._in_hand and kinds[kind] < KIND_MAX
        return free and self._ours and not self._stopping

    def _begin(self, job: Job) -> None:
        work = Deferred.fromCoroutine(self._do(job))
        self._in_hand[job.id] = job.kind, work
        work.addErrback(lambda failure: self.log.failure("job {job_id}", failure, job_id=job.id))
        work.addBoth(lambda _: self._ended(job))

    def _ended(self, job: Job) -> None:
        del self._in_hand[job.id]
        self.look()

    async def _do(self, job: Job) -> None:
        self.log.info("job {job_id} ({kind}) of team {team_id} begins", **_named(job))
        try:
            await self._to_its_end(job)
        except StoreAway as away:
            self.log.warn("job {job_id} ({kind}) waits for the store: {away}", away=away, **_named(job))
        finally:
            del self._doing[job.id]

    async def _to_its_end(self, job: Job) -> None:
        try:
            self._doing[job.id] = Deferred.fromCoroutine(self._works[job.kind].do(job))
            await self._doing[job.id]
        except JobGone as gone:
            self.log.info("job {job_id} ({kind}) is left: {gone}", gone=gone, **_named(job))
        except JobFailed as failed:
            self.log.info("job {job_id} ({kind}) failed: {why}", why=failed, **_named(job))
            await self._jobs.end(job, JobState.FAILED, str(failed))
        except CancelledError:
            await self._jobs.put_back(job)
        except StoreAway:
            raise
        except Exception:  # noqa: BLE001 - an edge: one bad job must not end the others
            self.log.failure("job {job_id} ({kind}) broke off", job_id=job.id, kind=job.kind)
            await self._jobs.put_off(job, AGAIN_S)
        else:
            await self._jobs.end(job, JobState.COMPLETED)
            self.log.info("job {job_id} ({kind}) of team {team_id} is done", **_named(job))


def _named(job: Job) -> dict[str, object]:
    return {"job_id": job.id, "kind": job.kind, "team_id": job.team_id}
