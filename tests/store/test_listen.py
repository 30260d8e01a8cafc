"""Notifications of a real server on the reactor's own turn."""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg2
import pytest
import pytest_twisted
from twisted.internet import reactor
from twisted.internet.defer import CancelledError, Deferred, DeferredQueue

from mobilesasa.store.database import KEEPALIVES
from mobilesasa.store.listen import Listener


def ask(dsn: str, statement: str) -> None:
    with contextlib.closing(psycopg2.connect(dsn)) as connection:
        connection.autocommit = True
        connection.cursor().execute(statement)


class Rig:
    """A listener whose calls are put in a queue: pairs for notifications, None for a reconnection."""

    def __init__(self, dsn: str) -> None:
        self.dsn = dsn
        self.told: DeferredQueue[tuple[str, str] | None] = DeferredQueue()
        self.fail = False
        self.listener = Listener(
            reactor, dsn, ["teams", 'odd "name"'], self.on_notify, lambda: self.told.put(None), backoff_s=(0.001, 0.002)
        )

    def on_notify(self, channel: str, payload: str) -> None:
        reactor.callLater(0, self.told.put, (channel, payload))
        if self.fail:
            raise ZeroDivisionError

    def cut(self) -> None:
        ask(
            self.dsn,
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'mobilesasa listen'",
        )


@pytest.fixture
def rig(empty_dsn: str) -> Iterator[Rig]:
    made = Rig(empty_dsn)
    yield made
    made.listener.stop()


@pytest_twisted.ensureDeferred
async def test_what_is_notified_is_told_in_order(rig: Rig) -> None:
    await rig.listener.start()
    ask(rig.dsn, "NOTIFY teams, '1'; NOTIFY \"odd \"\"name\"\"\", '2'; NOTIFY others, '3'; NOTIFY teams")
    assert [await rig.told.get() for _ in range(3)] == [("teams", "1"), ('odd "name"', "2"), ("teams", "")]


@pytest_twisted.ensureDeferred
async def test_after_a_break_it_listens_again_and_says_so(rig: Rig) -> None:
    await rig.listener.start()
    for payload in ("1", "2"):
        rig.cut()
        assert await rig.told.get() is None
        ask(rig.dsn, f"NOTIFY teams, '{payload}'")
        assert await rig.told.get() == ("teams", payload)


@pytest_twisted.ensureDeferred
async def test_a_callback_that_fails_is_logged_and_the_next_one_is_called(rig: Rig, flush_logged: Any) -> None:
    await rig.listener.start()
    rig.fail = True
    ask(rig.dsn, "NOTIFY teams, '1'; NOTIFY teams, '2'")
    assert [await rig.told.get() for _ in range(2)] == [("teams", "1"), ("teams", "2")]
    assert len(flush_logged(ZeroDivisionError)) == 2


@pytest_twisted.ensureDeferred
async def test_a_start_before_the_database_is_there_waits_for_it(empty_dsn: str, administration: Any) -> None:
    late = Rig(empty_dsn.replace("dbname=test", "dbname=late_test"))
    started = late.listener.start()
    refused: Deferred[None] = Deferred()
    reactor.callLater(0.01, refused.callback, None)
    await refused
    name = psycopg2.extensions.parse_dsn(late.dsn)["dbname"]
    with administration.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {name}")
        await started
        late.listener.stop()
        cursor.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest_twisted.ensureDeferred
async def test_stop_ends_the_attempts_and_cancels_the_start(tmp_path: Path) -> None:
    nowhere = Rig(f"host={tmp_path} dbname=nowhere")
    started = nowhere.listener.start()
    nowhere.listener.stop()
    nowhere.listener.stop()
    with pytest.raises(CancelledError):
        await started
    assert nowhere.listener.fileno() == -1


@pytest_twisted.ensureDeferred
async def test_a_stopped_listener_tells_nothing_more(rig: Rig) -> None:
    await rig.listener.start()
    rig.listener.stop()
    ask(rig.dsn, "NOTIFY teams, '1'")
    assert rig.told.pending == []


@pytest_twisted.ensureDeferred
async def test_it_notices_that_the_machine_of_the_server_has_gone_though_it_never_speaks(rig: Rig) -> None:
    await rig.listener.start()
    assert rig.listener._connection is not None
    assert KEEPALIVES.items() <= {k: int(v) for k, v in _numbers(rig.listener._connection.get_dsn_parameters())}.items()


def _numbers(given: dict[str, str]) -> list[tuple[str, str]]:
    return [(name, value) for name, value in given.items() if value.isdigit()]
