"""Several nodes: what one has claimed ahead goes back into the store when another is to alter it (decision 102)."""

from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from twisted.internet.defer import Deferred

from mobilesasa.core.alterations import Held
from mobilesasa.core.errors import StoreAway
from mobilesasa.core.teams import CarrierRecord, Directory
from mobilesasa.dispatch.fleet import Fleet
from mobilesasa.dispatch.hand import WITHDRAWN_S
from mobilesasa.dispatch.withdrawing import RESUME, WITHDRAW, SharedWithdrawing
from tests.dispatch.rig import Rig


class Member:
    """One node: a carrier with a window of 2 of its own, and a way to ask the others.

    Attributes:
        heard: the kinds of questions that it was asked.
        deaf: it is asked and does not answer.
        away: the store, when it asks.
    """

    def __init__(self, run: int, others: Mapping[str, "Member"]) -> None:
        self.rig = Rig(window=2)
        self.others = others
        fleet = Fleet(lambda record: self.rig.carrier, lambda _, carrier: self.rig.dispatcher, lambda _: None)
        self.rig.queue.consumers.clear()
        fleet.apply(Directory(carriers=[CarrierRecord(1, "one", "sandbox")]))
        self.withdrawing = SharedWithdrawing(fleet, run, self.ask, self.tell)
        self.heard: list[str] = []
        self.deaf = self.away = False
        self.answers: list[Deferred[Any]] = []

    async def ask(self, kind: str, args: Mapping[str, Any]) -> Sequence[str]:
        if self.away:
            raise StoreAway("gone")
        silent = [name for name in args["nodes"] if self.others[name].deaf]
        for name in args["nodes"]:
            if name not in silent:
                await self.others[name].answer(kind, args)
        return silent

    async def tell(self, kind: str, args: Mapping[str, Any]) -> None:
        if self.away:
            raise StoreAway("gone")
        for name in args["nodes"]:
            if not self.others[name].deaf:
                await self.others[name].answer(kind, args)

    async def answer(self, kind: str, args: Mapping[str, Any]) -> None:
        self.heard.append(kind)
        if kind == RESUME:
            self.withdrawing.tell_resumed(args)
        else:
            assert kind == WITHDRAW
            assert await self.withdrawing.tell_withdrawn(args) is True


class Nodes:
    """Two nodes, `a` and `b`; what is done meanwhile, at either, ends when it is told to."""

    def __init__(self) -> None:
        members: dict[str, Member] = {}
        self.a = members["a"] = Member(1, members)
        self.b = members["b"] = Member(2, members)
        self.free: list[list[str]] = []
        self.end: Deferred[None] = Deferred()

    def withdraw(self, asking: Member, node: str, *ids: str) -> Deferred[str]:
        held = [Held(message_id, node) for message_id in ids]
        return Deferred.fromCoroutine(asking.withdrawing.withdraw(1, held, self.work))

    async def work(self) -> str:
        self.free.append(sorted([*self.a.rig.journal.waiting, *self.b.rig.journal.waiting]))
        await self.end
        return "done"


@pytest.fixture
def nodes() -> Nodes:
    return Nodes()


def finish(rig: Rig) -> None:
    while rig.carrier.on_wire:
        rig.carrier.answer_all()


def test_what_the_other_has_claimed_ahead_is_free_meanwhile_and_what_its_carrier_has_is_not(nodes):
    ids = nodes.b.rig.deliver(5)
    done = nodes.withdraw(nodes.a, "b", ids[0], ids[3])
    assert nodes.free == [[ids[3]]]
    nodes.end.callback(None)
    assert done.result == "done"
    assert nodes.b.heard == [WITHDRAW, RESUME]
    finish(nodes.b.rig)
    assert sorted(nodes.b.rig.settled_ids()) == ids
    assert nodes.b.rig.clock.getDelayedCalls() == []


def test_what_was_taken_back_never_reaches_the_other_s_carrier(nodes):
    ids = nodes.b.rig.deliver(5)
    nodes.withdraw(nodes.a, "b", ids[3])
    del nodes.b.rig.journal.waiting[ids[3]]
    nodes.end.callback(None)
    finish(nodes.b.rig)
    assert nodes.b.rig.settled_ids() == [ids[0], ids[1], ids[2], ids[4]]
    assert nodes.b.rig.queue.acked == [ids]


def test_the_other_goes_on_with_all_else(nodes):
    ids = nodes.b.rig.deliver(5)
    nodes.withdraw(nodes.a, "b", ids[3])
    more = nodes.b.rig.deliver(2)
    finish(nodes.b.rig)
    assert nodes.b.rig.settled_ids() == [ids[0], ids[1], ids[2], ids[4], *more]


def test_the_other_answers_when_the_store_has_it(nodes):
    ids = nodes.b.rig.deliver(5)
    nodes.b.rig.journal.held = {"release"}
    nodes.withdraw(nodes.a, "b", ids[3])
    assert nodes.free == []
    nodes.b.rig.journal.let("release")
    assert nodes.free == [[ids[3]]]
    nodes.end.callback(None)


def test_two_who_ask_each_other_at_once_do_not_wait_for_each_other(nodes):
    at_a, at_b = nodes.a.rig.deliver(4), nodes.b.rig.deliver(5)
    for member in (nodes.a, nodes.b):
        member.rig.journal.held = {"release"}
    first, second = nodes.withdraw(nodes.a, "b", at_b[4]), nodes.withdraw(nodes.b, "a", at_a[3])
    for member in (nodes.a, nodes.b):
        member.rig.journal.let("release")
    assert nodes.free == [[at_a[3]], [at_a[3], at_b[4]]]
    nodes.end.callback(None)
    assert (first.result, second.result) == ("done", "done")


def test_a_team_of_which_a_node_has_nothing_withdraws_nothing_of_others(nodes):
    ids = nodes.b.rig.deliver(5, team_id=2)
    nodes.withdraw(nodes.a, "b", ids[3])
    assert nodes.free == [[]]


def test_a_node_that_does_not_answer_leaves_things_as_they_are(nodes):
    ids = nodes.b.rig.deliver(5)
    nodes.b.deaf = True
    done = nodes.withdraw(nodes.a, "b", ids[3])
    assert nodes.free == [[]]
    nodes.end.callback(None)
    assert done.result == "done"


def test_a_node_that_never_hears_the_end_goes_on_by_itself(nodes):
    ids = nodes.b.rig.deliver(5)
    nodes.withdraw(nodes.a, "b", ids[3])
    nodes.b.deaf = True
    nodes.end.callback(None)
    assert nodes.b.rig.journal.waiting.keys() == {ids[3]}
    nodes.b.rig.clock.advance(WITHDRAWN_S)
    assert nodes.b.rig.journal.waiting == {}
    nodes.b.deaf = False
    nodes.end = Deferred()
    nodes.withdraw(nodes.a, "b", ids[4])
    assert nodes.b.rig.journal.waiting.keys() == {ids[4]}


def test_the_end_of_one_withdrawal_leaves_the_others_alone(nodes):
    ids = nodes.b.rig.deliver(5)
    nodes.withdraw(nodes.a, "b", ids[3])
    end, nodes.end = nodes.end, Deferred()
    nodes.withdraw(nodes.a, "b", ids[4])
    end.callback(None)
    assert nodes.b.rig.journal.waiting.keys() == {ids[4]}


def test_who_has_given_up_may_say_so_while_it_is_still_being_put_back(nodes):
    ids = nodes.b.rig.deliver(5)
    nodes.b.rig.journal.held = {"release"}
    asked = {"nodes": ["b"], "withdrawal": "1-1", "team": 1, "ids": [ids[3]]}
    answered = Deferred.fromCoroutine(nodes.b.withdrawing.tell_withdrawn(asked))
    nodes.b.withdrawing.tell_resumed({"withdrawal": "1-1"})
    assert answered.result is True
    assert nodes.b.rig.clock.getDelayedCalls() == []


def test_the_end_of_a_withdrawal_that_is_unknown_is_nothing(nodes):
    nodes.b.withdrawing.tell_resumed({"withdrawal": "1-7"})


def test_a_store_that_is_away_costs_the_question_and_not_the_attempt(nodes):
    ids = nodes.b.rig.deliver(5)
    nodes.a.away = True
    done = nodes.withdraw(nodes.a, "b", ids[3])
    assert nodes.free == [[]]
    nodes.end.callback(None)
    assert done.result == "done"


def test_what_fails_meanwhile_is_told_and_the_other_goes_on(nodes):
    ids = nodes.b.rig.deliver(5)
    done = nodes.withdraw(nodes.a, "b", ids[3])
    nodes.end.errback(StoreAway("gone"))
    failed: list[type] = []
    done.addErrback(lambda failure: failed.append(failure.type))
    assert failed == [StoreAway]
    assert nodes.b.rig.journal.waiting == {}


def test_a_defect_in_telling_the_end_is_logged(nodes, flush_logged):
    ids = nodes.b.rig.deliver(5)
    done = nodes.withdraw(nodes.a, "b", ids[3])
    del nodes.a.others["b"]
    nodes.end.callback(None)
    assert done.result == "done"
    assert flush_logged(KeyError)
