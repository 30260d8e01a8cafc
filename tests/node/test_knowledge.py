"""The picture of the configuration, and what is read beside it when a rule asks for it."""

from collections.abc import Callable
from typing import Any

import pytest
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock

from mobilesasa.core.errors import StoreAway
from mobilesasa.core.people import CurrentPeople, People, User
from mobilesasa.core.routing import Rule, Target
from mobilesasa.core.teams import CarrierRecord, CurrentDirectory, Directory
from mobilesasa.node.knowledge import CATCH_UP_S, LOOK_S, RETRY_S, CatchingUp, Knowledge, KnownPeople, NetworksSeen

NUMBER = "254712345678"


class FakeDatabase:
    """Answers with what it is told, by the name of the work."""

    def __init__(self, **answers: Any) -> None:
        self.answers = answers
        self.asked: list[str] = []

    async def run(self, name: str, work: Callable[..., Any], *args: Any) -> Any:
        self.asked.append(name)
        answer = self.answers[name.replace(".", "_")]
        if isinstance(answer, Exception):
            raise answer
        return answer


def known(**asked: Any) -> Directory:
    return Directory(carriers=[CarrierRecord(1, "one", "sandbox")], rules=[Rule(id=1, targets=(Target(1),), **asked)])


@pytest.fixture
def current() -> CurrentDirectory:
    return CurrentDirectory()


def reading(current: CurrentDirectory, database: FakeDatabase, clock: Clock | None = None) -> Knowledge:
    return Knowledge(database, current, clock or Clock(), [])  # type: ignore[arg-type]


def test_a_change_is_read_at_once(current):
    after = known()
    reading(current, FakeDatabase(directory_load=after)).changed()
    assert current.now is after


def test_what_was_learned_of_numbers_is_read_once_when_a_rule_asks_for_networks(current):
    database = FakeDatabase(directory_load=known(network="Airtel"), networks_learned=[(NUMBER, "63903")])
    knowledge = reading(current, database)
    knowledge.changed()
    knowledge.changed()
    assert database.asked == ["directory.load", "networks.learned", "directory.load"]
    assert current.live.learned.find(NUMBER) == "63903"


def test_what_was_learned_of_numbers_is_left_alone_while_no_rule_asks_for_networks(current):
    database = FakeDatabase(directory_load=known(team_id=1))
    reading(current, database).changed()
    assert database.asked == ["directory.load"]


def test_what_lives_faster_than_the_picture_outlives_it(current):
    live = current.live
    reading(current, FakeDatabase(directory_load=known())).changed()
    assert current.live is live


def test_a_store_that_is_away_is_asked_again(current):
    clock, database = Clock(), FakeDatabase(directory_load=StoreAway("away"))
    reading(current, database, clock).changed()
    database.answers["directory_load"] = after = known()
    clock.advance(RETRY_S)
    assert current.now is after


def test_who_can_log_in_is_read_again_at_every_change_and_once_more_when_the_store_is_back():
    current, clock, after = CurrentPeople(), Clock(), People([User("a uuid", "jane@acme.example", "Jane")])
    database = FakeDatabase(people_load=StoreAway("away"))
    known_people = KnownPeople(database, current, clock)  # type: ignore[arg-type]
    known_people.changed()
    database.answers["people_load"] = after
    clock.advance(RETRY_S)
    assert current.now is after
    known_people.stop()
    known_people.changed()
    assert database.asked == ["people.load", "people.load"]
    assert known_people.readings == 1


# What a node has changed itself


class Store(FakeDatabase):
    """A store whose answers the test gives, one after the other, and which tells of what is said and changed."""

    def __init__(self) -> None:
        super().__init__()
        self.under_way: list[tuple[str, Deferred[Any]]] = []
        self.said: list[str] = []

    async def run(self, name: str, work: Callable[..., Any], *args: Any) -> Any:
        if name == "echo.say":
            self.said += args
            return None
        self.under_way.append((name, Deferred()))
        return await self.under_way[-1][1]

    def answer(self, with_: Any) -> None:
        self.under_way.pop(0)[1].callback(with_)


class Catching:
    """A node that catches up."""

    def __init__(self) -> None:
        self.store, self.clock, self.current = Store(), Clock(), CurrentDirectory()
        self.knowledge = Knowledge(self.store, self.current, self.clock, [])  # type: ignore[arg-type]
        self.people = KnownPeople(self.store, CurrentPeople(), self.clock)  # type: ignore[arg-type]
        pictures = (self.knowledge, self.people)
        self.catching_up = CatchingUp(self.store, pictures, self.clock, "node 1")  # type: ignore[arg-type]

    def begin(self) -> "Deferred[None]":
        return Deferred.fromCoroutine(self.catching_up.caught_up())


@pytest.fixture
def node() -> Catching:
    return Catching()


def test_a_node_that_hears_itself_again_without_a_change_has_nothing_to_wait_for(node: Catching):
    done = node.begin()
    assert (node.store.said, done.called) == (["node 1 1"], False)
    node.catching_up.heard("node 2 1")
    assert not done.called
    node.catching_up.heard("node 1 1")
    assert done.called
    assert node.store.under_way == []


def test_a_change_that_was_told_before_is_read_first(node: Catching):
    done, after = node.begin(), known()
    node.knowledge.changed()
    node.catching_up.heard("node 1 1")
    assert not done.called
    node.store.answer(after)
    assert done.called
    assert node.current.now is after


def test_a_reading_that_had_begun_before_the_change_is_not_enough(node: Catching):
    node.knowledge.changed()
    done, after = node.begin(), known()
    node.knowledge.changed()
    node.catching_up.heard("node 1 1")
    node.store.answer(known())
    assert not done.called
    node.store.answer(after)
    assert done.called
    assert node.current.now is after


def test_who_can_log_in_is_waited_for_too(node: Catching):
    done = node.begin()
    node.people.changed()
    node.catching_up.heard("node 1 1")
    assert not done.called
    node.store.answer(People())
    assert done.called


def test_nobody_waits_longer_than_a_second(node: Catching):
    deaf, slow = node.begin(), node.begin()
    node.knowledge.changed()
    node.catching_up.heard("node 1 2")
    node.clock.advance(CATCH_UP_S)
    assert (deaf.called, slow.called) == (True, True)
    node.store.answer(known())
    node.catching_up.heard("node 1 1")


def test_a_store_that_goes_away_then_keeps_nobody_from_an_answer(node: Catching):
    done = node.begin()
    node.knowledge.changed()
    node.catching_up.heard("node 1 1")
    node.store.under_way.pop(0)[1].errback(StoreAway("away"))
    assert not done.called
    node.clock.advance(CATCH_UP_S)
    assert done.called
    node.store.run = away  # type: ignore[method-assign]
    assert node.begin().called


async def away(*_: Any) -> Any:
    raise StoreAway("away")


def test_where_other_nodes_saw_numbers_of_late_replaces_what_this_node_knew():
    current, asked = CurrentDirectory(), []

    class Seen:
        async def run(self, name, function, *args):
            asked.append(args)
            return [("254712345678", "63907")]

    seen = NetworksSeen(Seen(), current)  # type: ignore[arg-type]
    Deferred.fromCoroutine(seen.look())
    assert asked == []  # no rule asks for networks
    current.live.learned.fill([("254712345678", "63902")])
    Deferred.fromCoroutine(seen.look())
    assert asked == [(2 * LOOK_S,)]
    assert current.live.learned.find("254712345678") == "63907"
