"""New messages wait a little while the node is slower than those who submit."""

import pytest
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock

from mobilesasa.core.errors import Overloaded
from mobilesasa.dispatch.pacing import MESSAGES_A_S, PAUSE_MAX_S, PAUSE_MIN_S, PacedIntake
from tests.dispatch import rig as dispatching


class Rig:
    def __init__(self) -> None:
        self.clock = Clock()
        self.backlog = 0
        self.full = False
        self.accepted: list[str] = []
        self.paced = PacedIntake(self, lambda: self.backlog, lambda: self.full, self.clock)

    async def accept(self, batch):
        self.accepted += batch
        return [None] * len(batch)

    async def accept_once(self, message, kept):
        self.accepted.append((message, kept))

    async def accept_many_once(self, batch, mark, reply):
        self.accepted.append((batch, mark))
        return reply

    def give(self, *batch: str) -> Deferred:
        return Deferred.fromCoroutine(self.paced.accept(batch))


@pytest.fixture
def rig() -> Rig:
    return Rig()


def test_without_a_backlog_nothing_waits(rig):
    assert rig.give("a").result == [None]
    assert rig.clock.getDelayedCalls() == []


def test_for_less_than_a_turn_of_the_reactor_nothing_waits(rig):
    rig.backlog = int(MESSAGES_A_S * PAUSE_MIN_S) - 1
    assert rig.give("a").result == [None]
    rig.backlog += 1
    rig.clock.advance(PAUSE_MIN_S)
    rig.give("b")
    assert rig.accepted == ["a"]
    rig.clock.advance(PAUSE_MIN_S)
    assert rig.accepted == ["a", "b"]


def test_the_backlog_is_counted_once_for_all_that_comes_in_a_turn(rig):
    counted = []
    paced = PacedIntake(rig, lambda: counted.append(1) or 0, lambda: False, rig.clock)
    for _ in range(3):
        Deferred.fromCoroutine(paced.accept(["a"]))
    assert len(counted) == 1
    rig.clock.advance(PAUSE_MIN_S)
    Deferred.fromCoroutine(paced.accept(["a"]))
    assert len(counted) == 2


def test_with_a_backlog_the_answer_comes_later_by_its_size(rig):
    rig.backlog = MESSAGES_A_S // 20
    given = rig.give("a")
    rig.clock.advance(0.04)
    assert rig.accepted == []
    rig.clock.advance(0.02)
    assert given.result == [None]


def test_nobody_waits_longer_than_a_bound(rig):
    rig.backlog = 100 * MESSAGES_A_S
    rig.give("a")
    rig.clock.advance(PAUSE_MAX_S + 0.001)
    assert rig.accepted == ["a"]


def test_what_comes_when_the_backlog_is_gone_does_not_overtake_what_waits(rig):
    rig.backlog = MESSAGES_A_S // 10
    rig.give("a")
    rig.backlog = 0
    rig.give("b")
    rig.give("c")
    assert rig.accepted == []
    rig.clock.pump([0.1, 0.00001, 0.00001])
    assert rig.accepted == ["a", "b", "c"]
    rig.clock.advance(1)
    rig.give("d")
    assert rig.accepted[3:] == ["d"]


def test_a_message_with_a_key_waits_like_any_other(rig):
    rig.backlog = MESSAGES_A_S // 10
    Deferred.fromCoroutine(rig.paced.accept_once("a", "its key"))
    rig.give("b")
    rig.clock.pump([0.05, 0.04])
    assert rig.accepted == []
    rig.clock.pump([0.02, 0.1])
    assert rig.accepted == [("a", "its key"), "b"]


def test_a_batch_with_a_key_waits_like_any_other(rig):
    rig.backlog = MESSAGES_A_S // 10
    given = Deferred.fromCoroutine(rig.paced.accept_many_once(["a", "b"], "its key", "told"))
    rig.clock.advance(0.09)
    assert rig.accepted == []
    rig.clock.advance(0.02)
    assert (rig.accepted, given.result) == ([(["a", "b"], "its key")], "told")


def test_nothing_is_taken_while_the_queue_takes_nothing(rig, flush_logged):
    rig.full = True
    for given in (rig.give("a"), Deferred.fromCoroutine(rig.paced.accept_once("b", "its key"))):
        assert given.result.check(Overloaded)
        given.addErrback(lambda _: None)
    rig.full = False
    rig.give("c")
    assert rig.accepted == ["c"]


def test_what_waits_in_the_bulk_lane_holds_back_nobody():
    other = dispatching.Rig()
    other.journal.held.add("claim")
    for lane, backlog in ((dispatching.BULK, 0), (dispatching.FAST, 40)):
        other.deliver(3, lane)
        other.deliver(40, lane)
        assert other.dispatcher.backlog == backlog
