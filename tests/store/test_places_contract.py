"""What `smsc.places.Book` promises holds for the fake and for the store."""

from collections.abc import AsyncIterator

import pytest
import pytest_twisted
from twisted.internet import reactor

from mobilesasa.core.sessions import LiveSession
from mobilesasa.smsc.places import Book
from mobilesasa.store.database import Database
from mobilesasa.store.sessions import Here, StoredPlaces
from tests.fakes.places import FakePlaceBook, FakeRows
from tests.store.processes import Process


def session(name: str, team_id: int = 1) -> LiveSession:
    return LiveSession(name, team_id, {"team": "ACME", "address": "192.0.2.1", "bind_type": "receiver"})


@pytest_twisted.async_yield_fixture(params=["fake", "store"])
async def books(request: pytest.FixtureRequest) -> AsyncIterator[list[Book]]:
    """The books of two nodes."""
    if request.param == "fake":
        rows = FakeRows()
        yield [FakePlaceBook(rows, 1), FakePlaceBook(rows, 2)]
        return
    dsn = request.getfixturevalue("database_dsn")
    processes = [Process(dsn), Process(dsn)]
    database = Database(reactor, dsn, "pool")
    await database.start()
    yield [StoredPlaces(database, Here(each.run, "a node", settling_s=0)) for each in processes]
    await database.close()
    for each in processes:
        each.holder.close()


@pytest_twisted.ensureDeferred
async def test_places_are_counted_over_both_nodes_and_by_team(books):
    first, second = books
    assert [await book.take(session(name), 2) for book, name in ((first, "a"), (second, "b"), (first, "c"))] == [
        True, True, False,
    ]  # fmt: skip
    assert await first.take(session("r", team_id=2), 2)


@pytest_twisted.ensureDeferred
async def test_a_place_is_taken_once_by_a_session_and_given_back_by_any_node(books):
    first, second = books
    assert await first.take(session("a"), 1)
    assert await first.take(session("a"), 1)
    assert not await second.take(session("b"), 1)
    await second.leave(["a", "unknown"])
    assert await second.take(session("b"), 1)


@pytest_twisted.ensureDeferred
async def test_a_call_says_whether_another_node_has_sessions_of_the_team(books):
    first, second = books
    await first.take(session("a"), 5)
    assert not await first.call(1)
    assert await second.call(1)
    assert not await second.call(2)


@pytest_twisted.ensureDeferred
async def test_a_second_look_takes_away_what_was_there_at_the_first_and_has_no_session(books):
    first, second = books
    for name in ("a", "b", "c"):
        await first.take(session(name), 5)
    await second.take(session("d"), 5)
    await first.reconcile([], [session("a"), session("b"), session("c")])
    await first.reconcile(["b"], [session("a")])
    assert [await second.take(session(name), 4) for name in ("e", "f")] == [True, False]


@pytest_twisted.ensureDeferred
async def test_a_place_that_was_lost_is_put_back(books):
    first, second = books
    await first.reconcile([], [session("a")])
    assert not await second.take(session("b"), 1)
