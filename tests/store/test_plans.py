"""Statements that a session plans once: they give what they give without a plan, and a session has each plan once."""

import contextlib
import pkgutil
import re
from collections.abc import AsyncIterator, Iterator, Sequence
from importlib import import_module
from typing import Any

import psycopg2
import pytest
import pytest_twisted
from psycopg2 import errors
from twisted.internet import reactor

from mobilesasa import store
from mobilesasa.store.database import Txn, connect
from mobilesasa.store.plans import Planned, PlanningCursor
from mobilesasa.store.writer import SETTINGS, Work, Writer

SUM = Planned("SELECT %(a)s::integer + %(b)s::integer * 10 + %(a)s::integer * 100")
HELD = "SELECT count(*) FROM pg_prepared_statements"
NAME = "a writer that plans"


def all_planned() -> list[Any]:
    """Every statement of the store that is planned once, with its name."""
    modules = [import_module(found.name) for found in pkgutil.iter_modules(store.__path__, f"{store.__name__}.")]
    return [
        pytest.param(value, id=f"{module.__name__.rpartition('.')[2]}.{name}")
        for module in modules
        for name, value in vars(module).items()
        if isinstance(value, Planned)
    ]


@pytest.fixture
def planning(dsn: str) -> Iterator[PlanningCursor]:
    """A cursor on a session of its own that has no plan yet."""
    with contextlib.closing(connect(dsn, "plans")) as session, session.cursor(cursor_factory=PlanningCursor) as cursor:
        cursor.plans = set()
        yield cursor


def asked(cursor: Txn, statement: str, **given: Any) -> Any:
    cursor.execute(statement, given or None)
    (row,) = cursor.fetchall()
    return row[0]


def test_a_planned_statement_gives_what_it_gives_without_a_plan(planning, txn):
    assert asked(planning, SUM, a=3, b=2) == asked(txn, SUM, a=3, b=2) == 323
    assert asked(planning, SUM, a=1, b=0) == 101


def test_it_is_planned_once(planning):
    for number in range(5):
        asked(planning, SUM, a=number, b=number)
    assert asked(planning, HELD) == 1


def test_other_statements_are_not_kept(planning):
    assert asked(planning, "SELECT %(a)s + 1", a=1) == 2
    assert asked(planning, HELD) == 0


def test_a_per_cent_sign_is_one(planning, txn):
    remainder = Planned("SELECT %(a)s::integer %% 5")
    assert asked(planning, remainder, a=7) == asked(txn, remainder, a=7) == 2


def test_one_without_parameters_is_planned_too(planning):
    assert asked(planning, Planned("SELECT 7")) == 7
    assert asked(planning, HELD) == 1


def test_a_rollback_leaves_the_plan(planning):
    asked(planning, SUM, a=1, b=1)
    planning.connection.rollback()
    assert asked(planning, SUM, a=1, b=2) == 121
    assert asked(planning, HELD) == 1


def test_a_statement_that_cannot_be_planned_is_refused_each_time_and_not_taken_for_planned(planning):
    wrong = Planned("SELECT nothing FROM nowhere")
    for _ in range(2):
        with pytest.raises(errors.UndefinedTable):
            planning.execute(wrong)
        planning.connection.rollback()
    assert planning.plans == set()


@pytest.mark.parametrize("statement", all_planned())
def test_every_planned_statement_can_be_planned_without_its_parameters(planning, statement):
    planning.execute(statement.preparing)
    assert asked(planning, HELD) == 1


@pytest.mark.parametrize("statement", all_planned())
def test_messages_are_looked_up_one_by_one_though_the_table_was_empty_when_that_was_planned(database_dsn, statement):
    with contextlib.closing(connect(database_dsn, "plans")) as session, session.cursor() as cursor:
        cursor.execute(SETTINGS)
        cursor.execute(statement.preparing)
        nothing = ["NULL"] * len({*re.findall(r"\$(\d+)", statement.preparing)})
        cursor.execute(
            f"EXPLAIN (FORMAT JSON) EXECUTE {statement.name}{'(' + ', '.join(nothing) + ')' if nothing else ''}"
        )
        plan = cursor.fetchone()[0][0]["Plan"]
    read = [
        each
        for each in nodes(plan)
        if each.get("Relation Name", "").startswith("message_2") and "Scan" in each["Node Type"]
    ]
    assert [each for each in read if "Index Cond" not in each] == []


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The node of a plan and all below it."""
    yield plan
    for below in plan.get("Plans", ()):
        yield from nodes(below)


@pytest_twisted.async_yield_fixture
async def writer(dsn: str) -> AsyncIterator[Writer]:
    made = Writer(reactor, lambda: connect(dsn, NAME))
    made.start()
    yield made
    await made.stop()


def add_up(txn: Txn, numbers: Sequence[int]) -> list[int]:
    return [asked(txn, SUM, a=number, b=0) for number in numbers]


ADDING: Work[int, int] = Work("add up", add_up)


@pytest_twisted.ensureDeferred
async def test_the_writer_plans_once_however_often_it_commits(writer):
    for number in range(3):
        assert await writer.write(ADDING, [number, number + 1]) == [101 * number, 101 * number + 101]
    assert await writer.write(Work("look", lambda txn, _: [asked(txn, HELD)]), [None]) == [1]


@pytest_twisted.ensureDeferred
async def test_the_writer_plans_anew_on_a_new_connection(writer, dsn):
    assert await writer.write(ADDING, [1]) == [101]
    with contextlib.closing(psycopg2.connect(dsn)) as other, other, other.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = %s", (NAME,))
    assert await writer.write(ADDING, [2]) == [202]
