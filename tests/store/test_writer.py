"""The writer: what gathers shares a commit, and no answer comes before it, through broken connections and doubt (I1)."""

import contextlib
import threading
from collections.abc import AsyncIterator, Sequence
from typing import Any

import attrs
import psycopg2
import pytest
import pytest_twisted
from psycopg2 import errors
from twisted.internet import reactor
from twisted.internet.defer import Deferred, gatherResults

from mobilesasa.store.database import OutcomeUnknown, StatementFailed, StoreUnavailable, Txn, connect
from mobilesasa.store.writer import Work, Writer
from tests.store.asking import ask, kept

ADD = "INSERT INTO kept (number) VALUES (%(number)s)"
KILL = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'writer'"
WAIT_S = 20


def add(txn: Txn, numbers: Sequence[int]) -> list[int]:
    """Keep numbers; the result of each is ten times itself."""
    for number in numbers:
        txn.execute(ADD, {"number": number})
    return [10 * number for number in numbers]


def add_missing(txn: Txn, numbers: Sequence[int]) -> list[int]:
    """Keep those that are not kept yet."""
    txn.execute("SELECT number FROM kept")
    there = {number for (number,) in txn.fetchall()}
    add(txn, [number for number in numbers if number not in there])
    return [10 * number for number in numbers]


ADDING: Work[int, int] = Work("add", add, add_missing)
OTHERS: Work[int, int] = Work("others", lambda txn, numbers: [-n // 10 for n in add(txn, [100 + n for n in numbers])])


@attrs.define
class Gate:
    """Work that waits on the writer's thread until it is opened, so that other work gathers behind it."""

    reached: threading.Event = attrs.field(factory=threading.Event)
    opened: threading.Event = attrs.field(factory=threading.Event)

    @property
    def work(self) -> Work[int, int]:
        def wait(txn: Txn, items: Sequence[int]) -> Sequence[int]:
            txn.execute("SELECT")
            self.reached.set()
            assert self.opened.wait(WAIT_S)
            return items

        return Work("gate", wait)


@attrs.define
class Breaking:
    """A connection whose next commits end as they are told: `before` it happened or `after`, with the connection gone."""

    _real: Any
    _plan: list[str]

    def commit(self) -> None:
        how = self._plan.pop(0) if self._plan else "well"
        if how == "before":
            self._real.close()
            raise psycopg2.OperationalError("the connection was lost")
        self._real.commit()
        if how == "after":
            self._real.close()
            raise psycopg2.OperationalError("the connection was lost")

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)


@attrs.define
class Rig:
    """A writer on a database with one table, and what it is made to go through."""

    dsn: str
    writer: Writer = attrs.field(init=False)
    plan: list[str] = attrs.field(factory=list)  # what its commits do, after the one of the connection's settings
    away: list[Exception] = attrs.field(factory=list)  # what connecting raises, the last one for ever
    tries: int = 0
    made: list[Any] = attrs.field(factory=list)  # connections
    _watches: list[tuple[int, Deferred[None]]] = attrs.field(factory=list)

    def __attrs_post_init__(self) -> None:
        self.writer = Writer(reactor, self.connect, batch_limit=10, patience_s=0.2)

    def connect(self) -> Any:
        self.tries += 1
        reactor.callFromThread(self._watched)
        if self.away:
            raise self.away[0] if len(self.away) == 1 else self.away.pop(0)
        made = connect(self.dsn, "writer")
        self.made.append(made)
        return Breaking(made, _After(self.plan)) if self.plan else made

    def tried(self, times: int) -> Deferred[None]:
        """Fire when connecting has been tried so many times."""
        watch: Deferred[None] = Deferred()
        self._watches.append((times, watch))
        self._watched()
        return watch

    def _watched(self) -> None:
        for times, watch in self._watches:
            if self.tries >= times and not watch.called:
                watch.callback(None)

    async def behind(self, *handed: tuple[Work[Any, Any], Sequence[Any]]) -> list[Any]:
        """Hand all of this in while the writer is busy; return the results or failures."""
        gate = Gate()
        first = self.writer.write(gate.work, [0])
        assert gate.reached.wait(WAIT_S)
        waiting = [self.writer.write(work, items) for work, items in handed]
        gate.opened.set()
        await first
        return [await either(each) for each in waiting]


class _After(list[str]):
    """The plan of a connection: its first commit, of the settings, goes well."""

    def __init__(self, plan: list[str]) -> None:
        super().__init__(["well"])
        self._plan = plan

    def __bool__(self) -> bool:
        return True

    def pop(self, _: Any = -1) -> str:
        if len(self):
            return super().pop(0)
        return self._plan.pop(0) if self._plan else "well"


async def either(waiting: Deferred[Any]) -> Any:
    try:
        return await waiting
    except Exception as error:  # noqa: BLE001 - the test looks at it
        return error


@pytest.fixture
def kept_dsn(empty_dsn: str) -> str:
    ask(
        empty_dsn,
        "CREATE TABLE kept (place serial, number integer UNIQUE DEFERRABLE INITIALLY DEFERRED CHECK (number <> 13))",
    )
    return empty_dsn


@pytest_twisted.async_yield_fixture
async def rig(kept_dsn: str) -> AsyncIterator[Rig]:
    made = Rig(kept_dsn)
    made.writer.start()
    yield made
    made.away[:] = made.away[:1]
    await made.writer.stop()


@pytest_twisted.ensureDeferred
async def test_the_results_come_in_order_after_the_commit(rig):
    assert await rig.writer.write(ADDING, [3, 1, 2]) == [30, 10, 20]
    assert kept(rig.dsn) == [3, 1, 2]
    assert rig.writer.commits == 1
    assert rig.writer.available


@pytest_twisted.ensureDeferred
async def test_results_are_delivered_on_the_reactor_s_thread(rig):
    threads = []
    waiting = rig.writer.write(ADDING, [1])
    waiting.addCallback(lambda _: threads.append(threading.current_thread()))
    await waiting
    assert threads == [threading.current_thread()]


@pytest_twisted.ensureDeferred
async def test_what_gathers_while_a_commit_is_under_way_shares_the_next(rig):
    found = await rig.behind((ADDING, [1, 2]), (OTHERS, [7]), (ADDING, [3]), (OTHERS, [8, 9]))
    assert found == [[10, 20], [-107], [30], [-108, -109]]
    assert rig.writer.commits == 2
    assert kept(rig.dsn) == [1, 2, 3, 107, 108, 109]


@pytest_twisted.ensureDeferred
async def test_a_commit_takes_so_many_of_one_kind_and_keeps_their_order(rig):
    found = await rig.behind((ADDING, range(1, 7)), (ADDING, range(20, 26)), (ADDING, [30]), (OTHERS, [1]))
    assert [len(each) for each in found] == [6, 6, 1, 1]
    assert kept(rig.dsn) == [*range(1, 7), 101, *range(20, 26), 30]
    assert rig.writer.commits == 3


@pytest_twisted.ensureDeferred
async def test_a_list_beyond_the_limit_is_written_whole(rig):
    assert len(await rig.writer.write(ADDING, range(20, 50))) == 30
    assert rig.writer.commits == 1


@pytest_twisted.ensureDeferred
async def test_what_waits_is_counted_until_it_is_begun(rig):
    gate = Gate()
    first = rig.writer.write(gate.work, [0])
    assert gate.reached.wait(WAIT_S)
    waiting = [rig.writer.write(ADDING, [1, 2]), rig.writer.write(ADDING, [3])]
    assert rig.writer.waiting_items == 3
    gate.opened.set()
    await gatherResults([first, *waiting])
    assert rig.writer.waiting_items == 0


@pytest_twisted.ensureDeferred
async def test_nothing_handed_in_is_nothing_written(rig):
    seen = []
    assert await rig.writer.write(Work("never", lambda txn, items: seen.append(items) or [items[0]]), []) == []
    assert seen == []


@pytest_twisted.ensureDeferred
async def test_the_end_comes_after_what_was_handed_in(kept_dsn):
    rig = Rig(kept_dsn)
    rig.writer.start()
    gate = Gate()
    first = rig.writer.write(gate.work, [0])
    assert gate.reached.wait(WAIT_S)
    second = rig.writer.write(ADDING, [1])
    stopped = rig.writer.stop()
    refused = await either(rig.writer.write(ADDING, [2]))
    gate.opened.set()
    await gatherResults([first, second, stopped])
    assert isinstance(refused, StoreUnavailable)
    assert kept(kept_dsn) == [1]
    assert [bool(made.closed) for made in rig.made] == [True]


@pytest_twisted.ensureDeferred
async def test_a_writer_that_was_never_started_stops_at_once(kept_dsn):
    await Rig(kept_dsn).writer.stop()


# Work that fails.


@pytest_twisted.ensureDeferred
async def test_what_the_database_refuses_fails_alone(rig):
    found = await rig.behind((ADDING, [1]), (ADDING, [2, 13]), (OTHERS, [3]))
    assert [type(each) for each in found] == [list, StatementFailed, list]
    assert kept(rig.dsn) == [1, 103]


@pytest_twisted.ensureDeferred
async def test_what_the_database_refuses_at_the_commit_fails_alone(rig):
    found = await rig.behind((ADDING, [1]), (OTHERS, [5, 5]), (ADDING, [2]))
    assert [type(each) for each in found] == [list, StatementFailed, list]
    assert kept(rig.dsn) == [1, 2]


@pytest_twisted.ensureDeferred
async def test_a_defect_of_ours_fails_alone_and_is_told_as_it_is(rig):
    def divide(txn: Txn, items: Sequence[int]) -> list[int]:
        return [1 // item for item in items]

    found = await rig.behind((ADDING, [1]), (Work("divide", divide), [0]), (ADDING, [2]))
    assert [type(each) for each in found] == [list, ZeroDivisionError, list]
    assert kept(rig.dsn) == [1, 2]


@pytest_twisted.ensureDeferred
async def test_a_defect_of_ours_on_a_connection_that_broke_does_not_keep_the_next_from_being_written(rig):
    def break_and_divide(txn: Txn, items: Sequence[int]) -> list[int]:
        with contextlib.suppress(psycopg2.Error):
            txn.execute("SELECT pg_terminate_backend(pg_backend_pid())")
        return [1 // item for item in items]

    assert isinstance(await either(rig.writer.write(Work("divide", break_and_divide), [0])), ZeroDivisionError)
    assert await rig.writer.write(ADDING, [2]) == [20]


@pytest_twisted.ensureDeferred
async def test_a_deadlock_is_tried_again(rig):
    tries = []

    def conflict(txn: Txn, items: Sequence[int]) -> list[int]:
        tries.append(len(tries))
        if len(tries) < 3:
            raise errors.DeadlockDetected("deadlock detected")
        return add(txn, items)

    assert await rig.writer.write(Work("conflict", conflict), [1]) == [10]
    assert kept(rig.dsn) == [1]


@pytest_twisted.ensureDeferred
async def test_two_writers_that_deadlock_both_write(rig, kept_dsn):
    ask(kept_dsn, "INSERT INTO kept (number) VALUES (1), (2)")
    other = Rig(kept_dsn)
    other.writer.start()
    both_hold_one = threading.Barrier(2)
    tries = []

    def touch(txn: Txn, order: Sequence[int]) -> Sequence[int]:
        tries.append(order)
        txn.execute("SET LOCAL deadlock_timeout = '10ms'")
        txn.execute("SELECT FROM kept WHERE number = %(number)s FOR UPDATE", {"number": order[0]})
        if len(tries) <= 2:
            both_hold_one.wait(WAIT_S)
        txn.execute("SELECT FROM kept WHERE number = %(number)s FOR UPDATE", {"number": order[1]})
        return order

    work = Work("touch", touch)
    found = await gatherResults([rig.writer.write(work, [1, 2]), other.writer.write(work, [2, 1])])
    await other.writer.stop()
    assert found == [[1, 2], [2, 1]]
    assert len(tries) > 2  # who begins again may meet the other once more


@pytest_twisted.ensureDeferred
async def test_work_that_always_conflicts_is_refused_after_three_tries(rig):
    tries = []

    def conflict(txn: Txn, items: Sequence[int]) -> list[int]:
        tries.append(1)
        raise errors.SerializationFailure("could not serialize")

    assert isinstance(await either(rig.writer.write(Work("conflict", conflict), [1])), StoreUnavailable)
    assert len(tries) == 3


@pytest_twisted.ensureDeferred
async def test_a_statement_that_takes_too_long_fails_alone(rig):
    def sleep(txn: Txn, items: Sequence[int]) -> list[int]:
        txn.execute("SET LOCAL statement_timeout = '10ms'")
        txn.execute("SELECT pg_sleep(10)")
        return []

    found = await rig.behind((Work("sleep", sleep), [1]), (ADDING, [1]))
    assert [type(each) for each in found] == [StoreUnavailable, list]


# Connections that break.


@pytest_twisted.ensureDeferred
async def test_a_connection_that_was_killed_meanwhile_is_replaced(rig):
    await rig.writer.write(ADDING, [1])
    ask(rig.dsn, KILL)
    assert await rig.writer.write(ADDING, [2]) == [20]
    assert kept(rig.dsn) == [1, 2]
    assert rig.writer.available


@pytest_twisted.ensureDeferred
async def test_a_connection_that_is_killed_in_a_transaction_is_replaced_and_the_work_done_once(rig):
    tries = []

    def killed_once(txn: Txn, items: Sequence[int]) -> list[int]:
        tries.append(1)
        results = add(txn, items)
        if len(tries) == 1:
            txn.execute("SELECT pg_terminate_backend(pg_backend_pid())")
        return results

    found = await rig.behind((Work("killed", killed_once), [1]), (ADDING, [2]))
    assert found == [[10], [20]]
    assert sorted(kept(rig.dsn)) == [1, 2]


@pytest.mark.parametrize("how", ["before", "after"])
@pytest_twisted.ensureDeferred
async def test_a_commit_in_doubt_is_found_out(kept_dsn, how):
    rig = Rig(kept_dsn, plan=[how])
    rig.writer.start()
    assert await rig.writer.write(ADDING, [1, 2]) == [10, 20]
    await rig.writer.stop()
    assert kept(kept_dsn) == [1, 2]


@pytest_twisted.ensureDeferred
async def test_a_commit_that_is_in_doubt_twice_is_found_out(kept_dsn):
    rig = Rig(kept_dsn, plan=["before", "after"])
    rig.writer.start()
    assert await rig.writer.write(ADDING, [1]) == [10]
    await rig.writer.stop()
    assert kept(kept_dsn) == [1]


@pytest_twisted.ensureDeferred
async def test_work_in_doubt_stays_in_doubt_when_it_is_written_one_by_one(kept_dsn):
    rig = Rig(kept_dsn, plan=["well", "after"])
    rig.writer.start()
    tries = []

    def conflict_after(txn: Txn, items: Sequence[int]) -> list[int]:
        tries.append(1)
        if len(tries) <= 3:
            raise errors.DeadlockDetected("deadlock detected")
        return list(items)

    found = await rig.behind((ADDING, [1]), (Work("conflict", lambda txn, items: items, conflict_after), [5]))
    await rig.writer.stop()
    assert found == [[10], [5]]
    assert kept(kept_dsn) == [1]


@pytest_twisted.ensureDeferred
async def test_work_in_doubt_waits_for_the_database_beyond_all_patience(kept_dsn):
    rig = Rig(kept_dsn, plan=["after"])
    rig.writer.start()

    def away_for_long(txn: Txn, items: Sequence[int]) -> list[int]:
        rig.away[:] = [StoreUnavailable("gone")] * 5 + [StoreUnavailable("gone")]
        return add(txn, items)

    waiting = rig.writer.write(Work("away", away_for_long, add_missing), [1])
    await rig.tried(5)
    rig.away.clear()
    assert await waiting == [10]
    await rig.writer.stop()
    assert kept(kept_dsn) == [1]


@pytest_twisted.ensureDeferred
async def test_the_end_does_not_wait_for_ever_for_work_in_doubt(kept_dsn):
    rig = Rig(kept_dsn, plan=["after"])
    rig.writer.start()

    def away_for_good(txn: Txn, items: Sequence[int]) -> list[int]:
        rig.away[:] = [StoreUnavailable("gone")]
        return add(txn, items)

    waiting = rig.writer.write(Work("away", away_for_good), [1])
    await rig.tried(2)
    stopped = rig.writer.stop()
    assert isinstance(await either(waiting), OutcomeUnknown)
    await stopped


# A database that is away.


@pytest_twisted.ensureDeferred
async def test_a_database_that_stays_away_refuses_what_waits_and_is_asked_again_for_the_next(rig):
    rig.away[:] = [StoreUnavailable("gone")]
    first, second = rig.writer.write(ADDING, [1]), rig.writer.write(OTHERS, [1])
    assert [type(await either(each)) for each in (first, second)] == [StoreUnavailable] * 2
    assert not rig.writer.available
    assert rig.writer.waiting_items == 0
    rig.away.clear()
    assert await rig.writer.write(ADDING, [2]) == [20]
    assert kept(rig.dsn) == [2]


@pytest_twisted.ensureDeferred
async def test_patience_is_a_time_however_much_is_handed_in_meanwhile(rig):
    rig.away[:] = [StoreUnavailable("gone")]
    waiting = [rig.writer.write(ADDING, [1])]
    await rig.tried(1)
    waiting += [rig.writer.write(ADDING, [number]) for number in range(2, 60)]
    assert {type(await either(each)) for each in waiting} == {StoreUnavailable}
    assert rig.tries < 10


@pytest_twisted.ensureDeferred
async def test_a_database_that_comes_back_in_time_refuses_nothing(rig):
    rig.away[:] = [StoreUnavailable("starting"), psycopg2.OperationalError("starting"), StoreUnavailable("starting")]
    waiting = rig.writer.write(ADDING, [1])
    await rig.tried(2)
    rig.away.clear()
    assert await waiting == [10]


@pytest_twisted.ensureDeferred
async def test_the_end_does_not_wait_for_a_database_that_is_away(rig):
    rig.away[:] = [StoreUnavailable("gone")]
    waiting = rig.writer.write(ADDING, [1])
    await rig.writer.stop()
    assert isinstance(await either(waiting), StoreUnavailable)
