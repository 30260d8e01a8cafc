"""The picture of the configuration, and what is read beside it when a rule asks for it."""

from collections.abc import Callable
from typing import Any

import pytest
from twisted.internet.task import Clock

from mobilesasa.core.errors import StoreAway
from mobilesasa.core.people import CurrentPeople, People, User
from mobilesasa.core.routing import Rule, Target
from mobilesasa.core.teams import CarrierRecord, CurrentDirectory, Directory
from mobilesasa.node.knowledge import RETRY_S, Knowledge, KnownPeople

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
