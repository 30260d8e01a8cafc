"""What the writer sends without BEGIN and COMMIT, and what it lets gather, is written once and answered after it was (I1)."""

from collections.abc import AsyncIterator, Sequence
from typing import Any

import attrs
import pytest
import pytest_twisted
from psycopg2 import errors
from twisted.internet import reactor
from twisted.internet.defer import Deferred, gatherResults

from mobilesasa.store.database import StatementFailed, Txn, connect
from mobilesasa.store.writer import MANY, Work, Writer, always
from tests.store.asking import ask, kept

TABLE = "CREATE TABLE kept (place serial, number integer CHECK (number <> 13))"
ADD = "INSERT INTO kept (number) SELECT unnest(%(numbers)s::integer[])"
LONG_S = 60.0


@attrs.define
class Adding:
    """Keeps numbers in one statement, and remembers how it was called."""

    alone: bool = True
    patient: bool = False
    fails: list[Any] = attrs.field(factory=list)  # what happens behind the statement, in the calls to come
    calls: list[tuple[str, bool]] = attrs.field(factory=list)  # of what, and whether without a transaction
    work: Work[int, int] = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        alone = always if self.alone else None
        self.work = Work("add", self.add, self.add_missing, lambda _: -1, alone=alone, patient=self.patient)

    def add(self, txn: Txn, numbers: Sequence[int]) -> list[int]:
        self.calls.append(("run", txn.connection.autocommit))
        txn.execute(ADD, {"numbers": list(numbers)})
        if self.fails:
            self.fails.pop(0)(txn)
        return [10 * number for number in numbers]

    def add_missing(self, txn: Txn, numbers: Sequence[int]) -> list[int]:
        self.calls.append(("again", txn.connection.autocommit))
        txn.execute("SELECT number FROM kept")
        there = {number for (number,) in txn.fetchall()}
        txn.execute(ADD, {"numbers": [number for number in numbers if number not in there]})
        return [10 * number for number in numbers]


def end_connection(txn: Txn) -> None:
    txn.execute("SELECT pg_terminate_backend(pg_backend_pid())")


def deadlock(_: Txn) -> None:
    raise errors.DeadlockDetected("deadlock detected")


@pytest.fixture
def kept_dsn(empty_dsn: str) -> str:
    ask(empty_dsn, TABLE)
    return empty_dsn


@pytest_twisted.async_yield_fixture
async def writer(kept_dsn: str) -> AsyncIterator[Writer]:
    made = Writer(reactor, lambda: connect(kept_dsn, "writer"), gather_s=LONG_S)
    made.start()
    yield made
    await made.stop()


# Alone.


@pytest_twisted.ensureDeferred
async def test_what_stands_for_itself_is_sent_without_a_transaction(writer, kept_dsn):
    adding = Adding()
    assert await gatherResults([writer.write(adding.work, [1, 2]), writer.write(adding.work, [3])]) == [[10, 20], [30]]
    assert kept(kept_dsn) == [1, 2, 3]
    assert {how for _, how in adding.calls} == {True}
    assert writer.commits == len(adding.calls)


@pytest_twisted.ensureDeferred
async def test_what_comes_with_other_work_shares_a_transaction_with_it(writer, kept_dsn):
    alone, other = Adding(patient=True), Adding(alone=False)
    await writer.write(other.work, [1])
    found = await gatherResults([writer.write(alone.work, [2]), writer.write(other.work, [3])])
    assert found == [[20], [30]]
    assert (alone.calls, other.calls) == ([("run", False)], [("run", False)] * 2)
    assert writer.commits == 2


@pytest_twisted.ensureDeferred
async def test_items_may_need_a_transaction(writer):
    adding = Adding()
    adding.work = attrs.evolve(adding.work, alone=lambda numbers: 7 not in numbers)
    await writer.write(adding.work, [7])
    await writer.write(adding.work, [8])
    assert adding.calls == [("run", False), ("run", True)]


@pytest_twisted.ensureDeferred
async def test_a_transaction_is_one_again_after_work_that_needed_none(writer, kept_dsn):
    await writer.write(Adding().work, [1])

    def fail(txn: Txn) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await writer.write(Adding(alone=False, fails=[fail]).work, [2])
    assert kept(kept_dsn) == [1]


@pytest_twisted.ensureDeferred
async def test_where_the_connection_breaks_behind_its_statement_it_is_found_out_what_was_kept(writer, kept_dsn):
    adding = Adding(fails=[end_connection])
    assert await writer.write(adding.work, [1, 2]) == [10, 20]
    assert kept(kept_dsn) == [1, 2]
    assert adding.calls == [("run", True), ("again", False)]


@pytest_twisted.ensureDeferred
async def test_a_conflict_behind_a_statement_that_was_kept_is_found_out_too(writer, kept_dsn):
    adding = Adding(fails=[deadlock])
    assert await writer.write(adding.work, [1]) == [10]
    assert kept(kept_dsn) == [1]
    assert adding.calls == [("run", True), ("again", False)]


@pytest_twisted.ensureDeferred
async def test_a_conflict_of_its_only_statement_is_tried_again_as_it_was(writer, kept_dsn):
    adding = Adding()
    tries = []

    def conflicting(txn: Txn, numbers: Sequence[int]) -> list[int]:
        tries.append(1)
        if len(tries) == 1:
            raise errors.DeadlockDetected("deadlock detected")
        return adding.add(txn, numbers)

    assert await writer.write(attrs.evolve(adding.work, run=conflicting), [1]) == [10]
    assert kept(kept_dsn) == [1]
    assert adding.calls == [("run", True)]


@pytest_twisted.ensureDeferred
async def test_what_the_database_refuses_of_it_is_left_out_alone(writer, kept_dsn):
    assert await writer.write(Adding().work, [1, 13, 2]) == [10, -1, 20]
    assert kept(kept_dsn) == [1, 2]


@pytest_twisted.ensureDeferred
async def test_what_it_refuses_behind_a_statement_that_was_kept_is_not_written_twice(writer, kept_dsn):
    def refuse(txn: Txn) -> None:
        txn.execute(ADD, {"numbers": [13]})

    adding = Adding(fails=[refuse])
    adding.work = attrs.evolve(adding.work, spoiled=None)
    with pytest.raises(StatementFailed):
        await writer.write(adding.work, [1])
    adding.fails[:] = [refuse]
    adding.work = attrs.evolve(adding.work, spoiled=lambda _: -1)
    assert await writer.write(adding.work, [2]) == [20]
    assert kept(kept_dsn) == [1, 2]


# Patience.


@pytest_twisted.ensureDeferred
async def test_patient_work_goes_at_once_where_there_was_none_before_it(writer):
    assert await writer.write(Adding(patient=True).work, [1]) == [10]


@pytest_twisted.ensureDeferred
async def test_patient_work_waits_for_what_is_not_and_shares_its_commit(writer, kept_dsn):
    patient, urgent = Adding(patient=True), Adding()
    await writer.write(urgent.work, [1])
    waiting = [writer.write(patient.work, [2]), writer.write(patient.work, [3])]
    await writer.write(urgent.work, [4])
    assert await gatherResults(waiting) == [[20], [30]]
    assert writer.commits == 2
    assert kept(kept_dsn) == [1, 4, 2, 3]


@pytest_twisted.ensureDeferred
async def test_work_may_be_handed_in_as_patient_this_once(writer):
    urgent = Adding()
    await writer.write(urgent.work, [1])
    waiting = writer.write(urgent.work, [2], patient=True)
    assert await writer.write(urgent.work, [3]) == [30]
    assert await waiting == [20]
    assert writer.commits == 2


@pytest_twisted.ensureDeferred
async def test_patient_work_is_written_behind_what_shares_its_commit(writer, kept_dsn):
    patient, urgent = Adding(patient=True), Adding()
    await writer.write(urgent.work, [1])
    await gatherResults([writer.write(patient.work, [2]), writer.write(urgent.work, [3])])
    assert kept(kept_dsn) == [1, 3, 2]


@pytest_twisted.ensureDeferred
async def test_patient_work_waits_as_long_again_as_the_last_commit_took(kept_dsn):
    writer = Writer(reactor, lambda: connect(kept_dsn, "writer"), gather_s=0.05)
    writer.start()
    await writer.write(Adding(fails=[lambda txn: txn.execute("SELECT pg_sleep(0.08)")]).work, [1])
    ended_s = reactor.seconds()
    await writer.write(Adding(patient=True).work, [2])
    assert reactor.seconds() - ended_s > 0.07
    await writer.stop()


@pytest_twisted.ensureDeferred
async def test_patient_work_waits_no_more_when_it_is_much(writer):
    patient = Adding(patient=True)
    await writer.write(patient.work, [1])
    waiting = [writer.write(patient.work, [100 + number]) for number in range(MANY)]
    await gatherResults(waiting)
    assert writer.commits == 2


@pytest_twisted.ensureDeferred
async def test_patient_work_goes_when_its_time_has_come(kept_dsn):
    writer = Writer(reactor, lambda: connect(kept_dsn, "writer"), gather_s=0.02)
    writer.start()
    patient = Adding(patient=True)
    for number in range(3):
        assert await writer.write(patient.work, [number]) == [10 * number]
    await writer.stop()
    assert writer.commits == 3


@pytest_twisted.ensureDeferred
async def test_the_end_does_not_wait_for_more(kept_dsn):
    writer = Writer(reactor, lambda: connect(kept_dsn, "writer"), gather_s=LONG_S)
    writer.start()
    patient = Adding(patient=True)
    await writer.write(patient.work, [1])
    waiting: Deferred[list[int]] = writer.write(patient.work, [2])
    await writer.stop()
    assert await waiting == [20]
