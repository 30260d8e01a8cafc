"""The group-commit writer: one connection, one thread, one transaction for whatever has gathered.

How to think about it: callers hand in lists of items with the `Work` that writes them. While a transaction is under
way what comes in waits; the next transaction takes all of it, one statement (or a few) for each kind of work, and
commits once. So one item alone waits for nobody, and thousands share a commit. The caller's Deferred fires with the
results, on the reactor's thread, after the commit and never before (I1).

Each answer of the server costs a turn of two processes and of Python's lock, which under load is most of what a small transaction
takes. So work that is one statement is sent without BEGIN and COMMIT, where nothing else shares its transaction
(`Work.alone`), and work that nobody waits for gathers for some milliseconds (`Work.patient`).

When the connection breaks, the batch is run again on a new one. If the break came during COMMIT nobody knows whether
it happened: then `Work.again` runs instead of `Work.run`, and finds out. Work that is not yet begun is refused with
`StoreUnavailable` when the database stays away for longer than `patience_s`; work in doubt waits, until the end.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, Generic, TypeVar

import attrs
import psycopg2
import psycopg2.errors
import psycopg2.extensions
from twisted.internet.defer import Deferred, succeed
from twisted.internet.interfaces import IReactorFromThreads
from twisted.logger import Logger
from twisted.python.failure import Failure

from mobilesasa.store.database import (
    OutcomeUnknown,
    StatementFailed,
    StoreUnavailable,
    Txn,
    in_words,
    is_about_content,
    is_about_room,
)
from mobilesasa.store.plans import PlanningCursor

I = TypeVar("I")  # noqa: E741 - an item
R = TypeVar("R")

_RETRIES = 3
MANY = 200  # items that wait for no more
SETTINGS = """
SET enable_seqscan = off;   -- a batch touches a few hundred rows of tables with millions, whatever the statistics say
SET enable_mergejoin = off;
SET synchronous_commit = on;
SET plan_cache_mode = force_generic_plan;   -- see `store.plans`
"""


@attrs.frozen(eq=False)
class Work(Generic[I, R]):
    """One kind of writing.

    `run(txn, items)` returns a result for each item, in order. It may be run twice: it touches nothing but `txn`.
    `again` is run instead after a COMMIT whose outcome is unknown. `spoiled` gives the result of an item that PostgreSQL
    refuses for what it holds, so that it holds up no other; without it the caller's whole list fails.
    `alone` says of items whether each statement of `run` over them stands for itself, so that they need no transaction around.
    `patient` is work that nobody waits for: it may wait a moment for more to come.
    """

    name: str
    run: Callable[[Txn, Sequence[I]], Sequence[R]]
    again: Callable[[Txn, Sequence[I]], Sequence[R]] | None = None
    spoiled: Callable[[I], R] | None = None
    alone: Callable[[Sequence[I]], bool] | None = None
    patient: bool = False


def always(_: Sequence[object]) -> bool:
    """Say that `Work.run` is a statement that stands for itself, whatever the items."""
    return True


@attrs.define(eq=False)
class _Job:
    """What one caller handed in."""

    work: Work[Any, Any]
    items: Sequence[Any]
    done: Deferred[list[Any]]
    results: Any = None
    patient: bool = False
    in_doubt: bool = False  # it was in a COMMIT of which nobody knows whether it happened


class Writer:
    """Commits what has gathered.

    Args:
        reactor: where results are delivered.
        connect: opens a connection to the store; called on the writer's thread.
        batch_limit: items of one kind in one transaction, at most.
        patience_s: how long work waits for a database that is away.
        gather_s: so long after the last commit was begun work that is patient waits for more, where nothing else waits; or
            twice as long as that commit took, so that it leaves the server half of its time, up to five times `gather_s`.
    """

    log = Logger()

    def __init__(
        self,
        reactor: IReactorFromThreads,
        connect: Callable[[], psycopg2.extensions.connection],
        batch_limit: int = 1000,
        patience_s: float = 5.0,
        gather_s: float = 0.01,
    ) -> None:
        """Start nothing yet."""
        self._reactor = reactor
        self._connect = connect
        self._batch_limit = batch_limit
        self._patience_s = patience_s
        self._gather_s = gather_s
        self._free_at_s = 0.0  # when patient work waits no longer, by time.monotonic
        self._waiting: deque[_Job] = deque()
        self._waiting_items = 0
        self._wake = threading.Condition()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._connection: psycopg2.extensions.connection | None = None
        self._plans: set[str] = set()  # of statements, on that connection
        self.commits = 0
        self.available, self._has_room = False, True
        self._stopped: Deferred[None] = Deferred()

    @property
    def waiting_items(self) -> int:
        """Items handed in and not yet begun."""
        return self._waiting_items

    def start(self) -> None:
        """Begin to write."""
        self._thread = threading.Thread(target=self._run, name="store-writer", daemon=True)
        self._thread.start()

    def stop(self) -> Deferred[None]:
        """Write what was handed in, then end; fires when the thread has ended."""
        with self._wake:
            self._stopping.set()
            self._wake.notify()
        return succeed(None) if self._thread is None else self._stopped

    def write(self, work: Work[I, R], items: Sequence[I], patient: bool = False) -> Deferred[list[R]]:
        """Hand in items; the Deferred fires with a result each, after their commit.

        Args:
            work: what to do with them.
            items: the items.
            patient: whether these may wait a moment for more, as all of `Work.patient` may.

        Errors:
            StoreUnavailable: nothing of it was written, or not all; it can be handed in again.
            StatementFailed: PostgreSQL refuses what it holds.
            OutcomeUnknown: the end came while nobody could find out whether it was written.
        """
        if not items:
            return succeed([])
        done: Deferred[list[R]] = Deferred()
        job = _Job(work, items, done, patient=patient or work.patient)
        with self._wake:
            if self._stopping.is_set():
                done.errback(StoreUnavailable("the store is closing"))
                return done
            self._waiting.append(job)
            self._waiting_items += len(items)
            if not job.patient or len(self._waiting) == 1 or self._waiting_items >= MANY:
                self._wake.notify()
        return done

    # Below: on the writer's thread.

    def _run(self) -> None:
        try:
            while (jobs := self._gather()) is not None:
                begun_s = time.monotonic()
                self._commit_all(jobs)
                took_s = time.monotonic() - begun_s
                self._free_at_s = begun_s + max(self._gather_s, min(2 * took_s, 5 * self._gather_s))
        finally:
            if self._connection is not None:
                self._connection.close()
            self._reactor.callFromThread(self._stopped.callback, None)

    def _gather(self) -> list[_Job] | None:
        """Wait for work; return what goes into one transaction, or None at the end."""
        with self._wake:
            while not self._waiting or self._rest_s() > 0:
                if self._stopping.is_set():
                    return None
                self._wake.wait(self._rest_s() if self._waiting else None)
            taken: list[_Job] = []
            counts: dict[Work[Any, Any], int] = {}
            left: deque[_Job] = deque()
            for job in self._waiting:
                held = counts.get(job.work, 0)
                if held and held + len(job.items) > self._batch_limit:
                    counts[job.work] = self._batch_limit  # later ones of this kind keep their order
                    left.append(job)
                    continue
                counts[job.work] = held + len(job.items)
                self._waiting_items -= len(job.items)
                taken.append(job)
            self._waiting = left
            return taken

    def _rest_s(self) -> float:
        """Return how long what waits may wait for more."""
        if self._stopping.is_set() or self._waiting_items >= MANY or not all(job.patient for job in self._waiting):
            return 0.0
        return self._free_at_s - time.monotonic()

    def _commit_all(self, jobs: list[_Job]) -> None:
        try:
            written = self._commit_together(jobs)
        except Exception as error:  # noqa: BLE001 - an edge: our defect must reach the caller, not end the thread
            if isinstance(error, psycopg2.Error) and is_about_room(error):
                self._refuse_for_room(jobs, error)
            elif len(jobs) == 1:
                self._give_up(jobs[0], error)
            else:
                self.log.warn("a batch failed ({error}); its parts are written one by one", error=in_words(error))
                for job in jobs:
                    self._commit_all([job])
            return
        if written:
            self._has_room = True
            self._reactor.callFromThread(_deliver, jobs)

    def _refuse_for_room(self, jobs: list[_Job], error: psycopg2.Error) -> None:
        """Refuse what the server has no room for, such as on a full disk, and say so once until it has."""
        why, kind = in_words(error), OutcomeUnknown if any(job.in_doubt for job in jobs) else StoreUnavailable
        if self._has_room:
            self.log.error("the database has no room ({why}); nothing is taken until it has", why=why)
        self._has_room = False
        self._fail(jobs, kind(f"the store could not write: {why}"))

    def _give_up(self, job: _Job, error: Exception) -> None:
        """Write the items of one caller one by one if that may help, else tell it what is wrong."""
        if not isinstance(error, psycopg2.Error):
            self._fail([job], error)
            return
        reason = in_words(error)
        self.log.error("{work} of {count} items failed: {why}", work=job.work.name, count=len(job.items), why=reason)
        if not is_about_content(error):
            kind = OutcomeUnknown if job.in_doubt else StoreUnavailable
            self._fail([job], kind(f"the store could not write: {reason}"))
        elif job.work.spoiled is None:
            self._fail([job], StatementFailed(reason))
        else:
            self._write_singly(job, job.work.spoiled)

    def _write_singly(self, job: _Job, spoiled: Callable[[Any], Any]) -> None:
        results = []
        for item in job.items:
            single = _Job(job.work, [item], Deferred(), in_doubt=job.in_doubt)
            single.done.addErrback(lambda _: None)  # the caller hears of it by its own job
            try:
                if not self._commit_together([single]):
                    self._fail([job], StoreUnavailable("the database is away"))
                    return
                results.extend(single.results)
            except psycopg2.Error as error:
                self.log.error("{work} left out an item: {why}", work=job.work.name, why=in_words(error))
                results.append(spoiled(item))
        job.results = results
        self._reactor.callFromThread(_deliver, [job])

    def _commit_together(self, jobs: list[_Job]) -> bool:
        """Write the jobs in one transaction, through broken connections and deadlocks; False where they were refused."""
        conflicts = 0
        while True:
            connection = self._connected(jobs)
            if connection is None:
                return False
            committing = False
            try:
                if _stand_alone(jobs):
                    self._write_alone(connection, jobs)
                else:
                    with connection.cursor(cursor_factory=PlanningCursor) as txn:
                        self._write_each(txn, jobs)
                        committing = True
                        connection.commit()
                self.commits += 1
                return True
            except (psycopg2.errors.DeadlockDetected, psycopg2.errors.SerializationFailure):
                connection.rollback()
                conflicts += 1
                if conflicts == _RETRIES:
                    raise
            except psycopg2.Error as error:
                if not connection.closed:
                    connection.rollback()
                    raise
                for job in jobs:
                    job.in_doubt = job.in_doubt or committing
                self._lost(error)
            except BaseException:
                if not connection.closed:
                    connection.rollback()
                raise

    def _write_alone(self, connection: psycopg2.extensions.connection, jobs: list[_Job]) -> None:
        """Write jobs of one kind, each statement a transaction of its own."""
        connection.autocommit = True
        with connection.cursor(cursor_factory=PlanningCursor) as txn:
            try:
                self._write_each(txn, jobs)
            except Exception:
                if txn.executed or connection.closed:
                    for job in jobs:
                        job.in_doubt = True
                raise
            finally:
                if not connection.closed:
                    connection.autocommit = False

    def _write_each(self, txn: PlanningCursor, jobs: list[_Job]) -> None:
        """Run each kind of work once over all its items, and give every job its slice of the results."""
        txn.plans = self._plans
        kinds: dict[Work[Any, Any], list[_Job]] = {}
        for job in jobs:
            kinds.setdefault(job.work, []).append(job)
        for work, group in sorted(kinds.items(), key=_patience):
            items = group[0].items if len(group) == 1 else [item for job in group for item in job.items]
            run = work.again if group[0].in_doubt and work.again is not None else work.run
            results = run(txn, items)
            start = 0
            for job in group:
                job.results = list(results[start : start + len(job.items)])
                start += len(job.items)

    def _connected(self, jobs: list[_Job]) -> psycopg2.extensions.connection | None:
        """Return a live connection; None when the database stays away and the jobs were refused."""
        until_s, pause_s = time.monotonic() + self._patience_s, 0.05
        while self._connection is None:
            try:
                connection = self._connect()
                with connection.cursor() as txn:
                    txn.execute(SETTINGS)
                connection.commit()
                self._connection, self._plans = connection, set()
            except (StoreUnavailable, psycopg2.OperationalError) as error:
                stopping = self._stopping.is_set()
                if time.monotonic() >= until_s or stopping:
                    self._refuse_waiting()
                    if not jobs[0].in_doubt:
                        self._fail(jobs, StoreUnavailable(f"the database is away: {in_words(error)}"))
                        return None
                    if stopping:
                        self._fail(jobs, OutcomeUnknown(f"the connection broke during the commit: {in_words(error)}"))
                        return None
                self._stopping.wait(pause_s)
                pause_s = min(pause_s * 2, 1.0)
        self.available = True
        return self._connection

    def _lost(self, error: Exception) -> None:
        self.available = False
        self._connection = None
        self.log.warn("the writer lost its connection ({error}) and opens another", error=in_words(error))

    def _refuse_waiting(self) -> None:
        with self._wake:
            refused, self._waiting = list(self._waiting), deque()
            self._waiting_items = 0
        self._fail(refused, StoreUnavailable("the database is away"))

    def _fail(self, jobs: list[_Job], error: Exception) -> None:
        self._reactor.callFromThread(_deliver_failure, jobs, Failure(error))


def _patience(kind: tuple[Work[Any, Any], list[_Job]]) -> bool:
    """Put what is patient last: receipts behind what their messages wait for, or they would be parked for it."""
    return kind[0].patient


def _stand_alone(jobs: list[_Job]) -> bool:
    """Say whether jobs are of one kind whose statements need no transaction around."""
    work, alone = jobs[0].work, jobs[0].work.alone
    return alone is not None and not jobs[0].in_doubt and all(each.work is work and alone(each.items) for each in jobs)


def _deliver(jobs: list[_Job]) -> None:
    for job in jobs:
        job.done.callback(job.results)


def _deliver_failure(jobs: list[_Job], failure: Failure) -> None:
    for job in jobs:
        job.done.errback(failure)
