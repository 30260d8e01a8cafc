"""The pool on a real server: one transaction a call, retried, shielded, told when it is down."""

import contextlib
import threading
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
import pytest_twisted
from psycopg2 import errors
from twisted.internet import reactor
from twisted.internet.defer import CancelledError, Deferred, gatherResults
from twisted.logger import capturedLogs

from mobilesasa.store.database import (
    Database,
    OutcomeUnknown,
    StatementFailed,
    StoreUnavailable,
    Txn,
    connect,
    in_transaction,
)
from tests.store.asking import ask

ADD = "INSERT INTO kept VALUES (%(number)s)"
DIE = "SELECT pg_terminate_backend(pg_backend_pid())"


class Refusal(Exception):
    """An answer that a store function gives on purpose."""


@pytest.fixture
def kept_dsn(empty_dsn: str) -> str:
    ask(empty_dsn, "CREATE TABLE kept (number integer UNIQUE DEFERRABLE INITIALLY DEFERRED)")
    return empty_dsn


@pytest_twisted.async_yield_fixture
async def database(kept_dsn: str) -> AsyncIterator[Database]:
    made = Database(reactor, kept_dsn, answers=(Refusal,))
    await made.start()
    yield made
    await made.close()


def add(txn: Txn, number: int) -> int:
    txn.execute(ADD, {"number": number})
    return number


def kept(dsn: str) -> list[int]:
    return ask(dsn, "SELECT number FROM kept ORDER BY number")


@pytest_twisted.ensureDeferred
async def test_what_a_function_did_is_committed_and_its_result_given(database: Database, kept_dsn: str) -> None:
    assert await database.run("add", add, number=7) == 7
    assert kept(kept_dsn) == [7]


@pytest_twisted.ensureDeferred
async def test_what_a_function_did_is_undone_when_it_raises(database: Database, kept_dsn: str) -> None:
    def refuse(txn: Txn) -> None:
        add(txn, 1)
        raise Refusal

    with pytest.raises(Refusal):
        await database.run("refuse", refuse)
    await database.run("add", add, 2)
    assert kept(kept_dsn) == [2]


@pytest_twisted.ensureDeferred
async def test_a_constraint_that_fails_at_the_commit_is_raised_and_undone(database: Database, kept_dsn: str) -> None:
    await database.run("add", add, 1)
    with pytest.raises(StatementFailed, match="23505"):
        await database.run("add", add, 1)
    await database.run("add", add, 2)
    assert kept(kept_dsn) == [1, 2]


@pytest_twisted.ensureDeferred
async def test_two_calls_that_deadlock_are_both_done(database: Database, kept_dsn: str) -> None:
    ask(kept_dsn, "INSERT INTO kept VALUES (1), (2)")
    both_hold_one, one_is_done = threading.Barrier(2), threading.Event()
    tries: list[int] = []

    def touch(txn: Txn, first: int, second: int) -> None:
        tries.append(first)
        if len(tries) > 2:
            assert one_is_done.wait(10)  # or this one may take its row again before the other wakes up
        txn.execute("SET LOCAL deadlock_timeout = '10ms'")
        txn.execute("SELECT FROM kept WHERE number = %(number)s FOR UPDATE", {"number": first})
        if len(tries) <= 2:
            both_hold_one.wait(10)
        txn.execute("SELECT FROM kept WHERE number = %(number)s FOR UPDATE", {"number": second})

    calls = [Deferred.fromCoroutine(database.run("touch", touch, *order)) for order in ((1, 2), (2, 1))]
    for call in calls:
        call.addCallback(lambda _: one_is_done.set())
    await gatherResults(calls)
    assert len(tries) == 3


@pytest_twisted.ensureDeferred
async def test_a_serialization_failure_is_given_up_after_three_retries(database: Database) -> None:
    tries: list[int] = []

    def fail(txn: Txn) -> None:
        tries.append(1)
        txn.execute("DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '40001'; END $$")

    with pytest.raises(errors.SerializationFailure):
        await database.run("fail", fail)
    assert len(tries) == 4


@pytest_twisted.ensureDeferred
async def test_a_connection_that_died_meanwhile_is_replaced(database: Database, kept_dsn: str) -> None:
    await database.run("add", add, 1)
    ask(kept_dsn, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'mobilesasa'")
    await database.run("add", add, 2)
    assert kept(kept_dsn) == [1, 2]


@pytest_twisted.ensureDeferred
async def test_a_connection_lost_before_the_commit_twice_is_an_unavailable_store(
    database: Database, kept_dsn: str
) -> None:
    def die(txn: Txn) -> None:
        add(txn, 1)
        txn.execute(DIE)

    with pytest.raises(StoreUnavailable):
        await database.run("die", die)
    await database.run("add", add, 2)
    assert kept(kept_dsn) == [2]


@pytest_twisted.ensureDeferred
async def test_a_connection_lost_in_the_commit_is_not_tried_again(database: Database, kept_dsn: str) -> None:
    ask(
        kept_dsn,
        f"""
        CREATE FUNCTION die() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM {DIE[7:]}; RETURN NULL; END $$;
        CREATE CONSTRAINT TRIGGER t AFTER INSERT ON kept DEFERRABLE INITIALLY DEFERRED
        FOR EACH ROW EXECUTE FUNCTION die()
        """,
    )
    tries: list[int] = []

    def count(txn: Txn) -> None:
        tries.append(add(txn, 1))

    with pytest.raises(OutcomeUnknown):
        await database.run("count", count)
    assert tries == [1]


@pytest_twisted.ensureDeferred
async def test_a_statement_that_takes_too_long_is_raised_and_not_tried_again(database: Database) -> None:
    tries: list[int] = []

    def linger(txn: Txn) -> None:
        tries.append(1)
        txn.execute("SET LOCAL statement_timeout = '5ms'")
        txn.execute("SELECT pg_sleep(10)")

    with pytest.raises(StatementFailed, match="57014"):
        await database.run("linger", linger)
    assert tries == [1]


@pytest_twisted.ensureDeferred
@pytest.mark.parametrize("code", ["53100", "53200", "58030"])
async def test_a_server_whose_disk_is_full_is_an_unavailable_store_and_is_not_asked_again(
    database: Database, kept_dsn: str, code: str
) -> None:
    tries: list[int] = []

    def be_full(txn: Txn) -> None:
        tries.append(1)
        add(txn, 1)
        txn.execute(f"DO $$ BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = '{code}'; END $$")

    with pytest.raises(StoreUnavailable, match=code):
        await database.run("be full", be_full)
    assert tries == [1]
    await database.run("add", add, 2)
    assert kept(kept_dsn) == [2]


@pytest_twisted.ensureDeferred
async def test_a_server_that_is_not_there_is_one_clear_error(tmp_path: Any) -> None:
    nowhere = Database(reactor, f"host={tmp_path} dbname=nowhere")
    with pytest.raises(StoreUnavailable, match="No such file"):
        await nowhere.start()
    with pytest.raises(StoreUnavailable):
        await nowhere.run("add", add, 1)


@pytest_twisted.ensureDeferred
async def test_a_closed_pool_takes_no_work(kept_dsn: str) -> None:
    closed = Database(reactor, kept_dsn)
    await closed.start()
    await closed.close()
    await closed.close()
    with pytest.raises(StoreUnavailable, match="closed"):
        await closed.run("add", add, 1)


def held(go_on: threading.Event, then: Callable[[], None]) -> Callable[[Txn, int], None]:
    def function(txn: Txn, number: int) -> None:
        add(txn, number)
        go_on.wait(10)
        then()

    return function


def refuse() -> None:
    raise Refusal


def break_down() -> None:
    raise ZeroDivisionError


async def leave(database: Database, then: Callable[[], None]) -> None:
    """Cancel a call while its function is at work, let that go on, and wait for its end."""
    go_on = threading.Event()
    call = Deferred.fromCoroutine(database.run("held", held(go_on, then), 1))
    call.cancel()
    with pytest.raises(CancelledError):
        await call
    go_on.set()
    await database.close()


@pytest_twisted.ensureDeferred
async def test_work_goes_on_when_its_caller_leaves_and_close_waits_for_it(database: Database, kept_dsn: str) -> None:
    await leave(database, lambda: None)
    assert kept(kept_dsn) == [1]


@pytest_twisted.ensureDeferred
async def test_a_defect_after_the_caller_left_is_logged(database: Database, flush_logged: Any) -> None:
    await leave(database, break_down)
    assert len(flush_logged(ZeroDivisionError)) == 1


@pytest_twisted.ensureDeferred
async def test_a_refusal_after_the_caller_left_is_nobodys_business(database: Database, flush_logged: Any) -> None:
    await leave(database, refuse)
    assert flush_logged() == []


@pytest_twisted.ensureDeferred
async def test_what_is_slow_is_named_in_the_log(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "_slow_s", -1.0)  # nothing here takes a second
    with capturedLogs() as events:
        await database.run("contacts.add", add, 1)
    assert [event["name"] for event in events if "took_s" in event] == ["contacts.add"]


def test_a_session_has_our_parameters(dsn: str) -> None:
    with contextlib.closing(connect(dsn, "a test", statement_timeout_s=2.5)) as connection:
        names = ("application_name", "statement_timeout", "TimeZone", "jit", "client_encoding")
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT current_setting(n) FROM unnest(%(names)s) WITH ORDINALITY u(n, i) ORDER BY i",
                {"names": list(names)},
            )
            assert [row[0] for row in cursor.fetchall()] == ["a test", "2500ms", "UTC", "off", "UTF8"]


def test_ids_come_as_text_and_json_as_python_has_it(txn: Txn) -> None:
    key = "018f0000-0000-7000-8000-000000000001"
    txn.execute("SELECT %(key)s::uuid, '{\"a\": [1]}'::jsonb, '[null]'::json", {"key": key})
    assert txn.fetchone() == (key, {"a": [1]}, [None])


def test_the_writers_way_commits_or_undoes_without_a_pool(kept_dsn: str) -> None:
    with contextlib.closing(connect(kept_dsn, "writer")) as connection:
        assert in_transaction(connection, add, 1) == 1
        with pytest.raises(errors.UniqueViolation):
            in_transaction(connection, add, 1)
        in_transaction(connection, add, 2)
    assert kept(kept_dsn) == [1, 2]


@pytest_twisted.ensureDeferred
async def test_a_statement_that_fails_is_told_without_the_row_that_it_is_about(database: Database) -> None:
    def break_a_rule(txn: Txn) -> None:
        txn.execute("CREATE TEMPORARY TABLE texts (text text CHECK (text <> 'secret text'))")
        txn.execute("INSERT INTO texts VALUES ('secret text')")

    with pytest.raises(StatementFailed) as failed:
        await database.run("break", break_a_rule)
    assert "texts_text_check" in str(failed.value)
    assert "secret" not in str(failed.value)
