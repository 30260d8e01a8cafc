"""A node answers what commands ask, and leaves alone what it does not know."""

from typing import Any

import attrs
import pytest
from twisted.internet.defer import Deferred

from mobilesasa.node.answering import Answering
from mobilesasa.store import questions
from mobilesasa.store.database import StoreUnavailable
from mobilesasa.store.questions import Question


@attrs.define(eq=False)
class FakeDatabase:
    """Has these questions, and keeps the answers."""

    asked: dict[int, Question]
    answered: list[tuple[Any, ...]] = attrs.field(factory=list)
    away: bool = False

    async def run(self, name: str, function: Any, *args: Any) -> Question | None:
        if self.away:
            raise StoreUnavailable("it is away")
        if function is questions.find:
            return self.asked.get(args[0])
        self.answered.append(args)
        return None


@pytest.fixture
def database() -> FakeDatabase:
    return FakeDatabase(
        {7: Question("double", {"n": 4}), 8: Question("of a newer release", {}), 9: Question("fails", {})}
    )


@pytest.fixture
def answering(database: FakeDatabase) -> Answering:
    answerers = {"double": lambda args: {"n": 2 * args["n"]}, "fails": lambda args: args["n"]}
    return Answering(database, "node1", answerers)  # type: ignore[arg-type]


def test_a_question_is_answered_under_the_name_of_the_node(database, answering):
    answering.asked("7")
    assert database.answered == [(7, "node1", {"n": 8})]


@pytest.mark.parametrize("question", ["1", "8"])
def test_what_is_too_old_or_not_known_is_not_answered(database, answering, question):
    answering.asked(question)
    assert database.answered == []


def test_an_answer_that_takes_its_time_is_written_down_when_it_is_there(database):
    there: Deferred[int] = Deferred()

    async def later(args: Any) -> int:
        return 2 * await there

    Answering(database, "node1", {"double": later}).asked("7")  # type: ignore[arg-type]
    Answering(database, "node2", {"double": lambda args: there}).asked("7")  # type: ignore[arg-type]
    assert database.answered == []
    there.callback(4)
    assert database.answered[0] == (7, "node1", 8)
    assert [node for _, node, _ in database.answered] == ["node1", "node2"]


@pytest.mark.parametrize(("nodes", "answered"), [(["node0", "node1"], 1), (["node0"], 0), ([], 0)])
def test_a_question_to_some_nodes_is_answered_by_them_alone(database, answering, nodes, answered):
    database.asked[7] = Question("double", {"n": 4, "nodes": nodes})
    answering.asked("7")
    assert len(database.answered) == answered


def test_a_store_that_is_away_costs_the_answer_and_no_more(database, answering):
    database.away = True
    answering.asked("7")
    database.away = False
    answering.asked("7")
    assert len(database.answered) == 1


def test_a_defect_is_logged_and_costs_one_answer(database, answering, flush_logged):
    answering.asked("9")
    assert flush_logged(KeyError)
    answering.asked("7")
    assert len(database.answered) == 1
