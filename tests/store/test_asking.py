"""Asking all nodes from within one, over a real database; a node is a process that holds its run."""

from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest_twisted
from twisted.internet import reactor
from twisted.internet.defer import Deferred, gatherResults

from mobilesasa.store import questions
from mobilesasa.store.asking import Asking
from mobilesasa.store.database import Database, StoreUnavailable
from mobilesasa.store.listen import Listener
from mobilesasa.store.questions import ANSWER_CHANNEL, CHANNEL, Question
from tests.store.processes import Process

TRACE = Question("smpp.trace", {"session": "n-1-1"})


class Rig:
    """Nodes by name with what each answers, and how often they were asked."""

    def __init__(self, dsn: str, patience_s: float = 30.0) -> None:
        self.dsn = dsn
        self.database = Database(reactor, dsn, "pool")
        self.asking = Asking(self.database, 60, patience_s)
        self.listener = Listener(reactor, dsn, [CHANNEL, ANSWER_CHANNEL], self.told, lambda: None)
        self.says: dict[str, Callable[[Any], object]] = {}
        self.processes: list[Process] = []
        self.asked: list[int] = []

    def node(self, name: str, says: Callable[[Any], object] | None) -> None:
        self.processes.append(Process(self.dsn, name))
        if says is not None:
            self.says[name] = says

    def told(self, channel: str, payload: str) -> None:
        if channel == ANSWER_CHANNEL:
            self.asking.answered(payload)
            return
        self.asked.append(int(payload))
        process = self.processes[0]
        question = process.do(questions.find, int(payload))
        for name, says in self.says.items():
            process.do(questions.answer, int(payload), name, says(question.args))


@pytest_twisted.async_yield_fixture
async def rig(database_dsn: str) -> AsyncIterator[Rig]:
    made = Rig(database_dsn)
    await made.database.start()
    await made.listener.start()
    yield made
    made.listener.stop()
    await made.database.close()
    for process in made.processes:
        process.holder.close()


@pytest_twisted.ensureDeferred
async def test_the_answers_of_all_nodes_are_heard(rig):
    rig.node("a", lambda args: args["session"])
    rig.node("b", lambda args: None)
    heard = await rig.asking.ask(TRACE)
    assert (heard.answers, heard.silent) == ({"a": "n-1-1", "b": None}, [])


@pytest_twisted.ensureDeferred
async def test_where_one_answer_will_do_the_others_are_not_waited_for(rig):
    rig.node("a", lambda args: "here")
    rig.node("deaf", None)
    heard = await rig.asking.ask(TRACE, of_one=True)
    assert heard.answers == {"a": "here"}


@pytest_twisted.ensureDeferred
async def test_a_node_that_does_not_answer_is_named_when_the_patience_is_over(rig):
    rig.asking = Asking(rig.database, 60, patience_s=0.3)
    rig.node("a", lambda args: None)
    rig.node("deaf", None)
    heard = await rig.asking.ask(TRACE, of_one=True)
    assert (heard.answers, heard.silent) == ({"a": None}, ["deaf"])


@pytest_twisted.ensureDeferred
async def test_those_who_ask_the_same_share_a_question(rig):
    rig.node("a", lambda args: args["session"])
    other = Question("smpp.trace", {"session": "n-1-2"})
    heard = await gatherResults([rig.asking.ask(each) for each in (TRACE, TRACE, other)])
    assert [each.answers["a"] for each in heard] == ["n-1-1", "n-1-1", "n-1-2"]
    assert len(rig.asked) == 2
    assert (await rig.asking.ask(TRACE)).answers == {"a": "n-1-1"}
    assert len(rig.asked) == 3


@pytest_twisted.ensureDeferred
async def test_where_some_nodes_are_asked_the_others_are_not_waited_for(rig):
    rig.node("a", lambda args: "here")
    rig.node("deaf", None)
    heard = await rig.asking.ask(Question("dispatch.withdraw", {"nodes": ["a", "dead"]}))
    assert (heard.nodes, heard.answers) == (("a",), {"a": "here"})


@pytest_twisted.ensureDeferred
async def test_what_is_told_waits_for_no_answer(rig):
    heard: Deferred[object] = Deferred()

    def hear(
        args: object,
    ) -> None:  # in a turn of its own, so that the node's answer is written before the test is over
        reactor.callLater(0, heard.callback, args)

    rig.node("a", hear)
    rig.node("deaf", None)
    await rig.asking.tell(TRACE)
    assert await heard == TRACE.args


@pytest_twisted.ensureDeferred
async def test_an_answer_to_a_question_of_somebody_else_wakes_nobody(rig):
    rig.node("a", lambda args: 1)
    rig.asking.answered("0")
    assert (await rig.asking.ask(TRACE)).answers == {"a": 1}


def test_a_store_that_is_away_is_an_error_for_all_who_ask(database_dsn):
    asking = Asking(Database(reactor, database_dsn, "never started"), 60)
    failed: list[type] = []
    for _ in range(2):
        asked: Deferred[object] = asking.ask(TRACE)
        asked.addErrback(lambda failure: failed.append(failure.type))
    assert failed == [StoreUnavailable, StoreUnavailable]
