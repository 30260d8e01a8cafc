"""The queue in memory: the contract of queues, and how it reads from the store what it could not keep."""

import random
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from twisted.internet.task import Clock

from mobilesasa.core.lanes import Delivery
from mobilesasa.core.model import MessageId
from mobilesasa.queue.memory import RETRY_S, MemoryQueue
from tests.queue.contract import BULK, FAST, Consumer, QueueContract, named
from tests.queue.life import Life
from tests.queue.rows import Rows


class Rig:
    """A queue over a store in memory, driven by a clock."""

    def __init__(self, bound: int = 50_000) -> None:
        self.clock = Clock()
        self.rows = Rows()
        self.queue = MemoryQueue(self.clock, self.rows.refill, bound)
        self.consumer = Consumer()

    async def settle(self) -> None:
        self.turn()

    def turn(self) -> None:
        """Let everything happen that needs no waiting."""
        while any(call.getTime() <= self.clock.seconds() for call in self.clock.getDelayedCalls()):
            self.clock.advance(0)

    def consume(self, prefetch: int = 100) -> list[MessageId]:
        self.queue.consume(1, self.consumer.take, prefetch)
        self.turn()
        return self.consumer.ids()

    def accept(self, ids: Sequence[MessageId]) -> None:
        """Store messages and hint them, as the gateway does."""
        self.rows.waiting += ids
        self.queue.publish(1, FAST, ids)
        self.turn()

    def carry(self) -> list[MessageId]:
        """Claim and finish what is in hand; return what was still to be claimed."""
        ids = list(dict.fromkeys(each for each in self.consumer.ids() if each in self.rows.waiting))
        self.rows.waiting = [each for each in self.rows.waiting if each not in set(ids)]
        self.consumer.ack_all()
        self.turn()
        return ids


@pytest.fixture
def rig() -> Rig:
    return Rig()


def carried(rig: Rig) -> list[MessageId]:
    """Carry all there is; return it in its order."""
    found = []
    while rig.consumer.bodies:
        found += rig.carry()
    return found


class TestContract(QueueContract):
    """The contract, on a queue of which both lanes are whole: with nothing in the store, all is in memory."""

    @pytest.fixture
    def harness(self) -> Rig:
        made = Rig()
        made.queue.consume(1, Consumer().take, 1).cancel()
        for carrier_id in (1, 2):
            subscription = made.queue.consume(carrier_id, Consumer().take, 1)
            made.turn()
            subscription.cancel()
        return made


def test_a_queue_begins_with_what_the_store_has(rig):
    rig.rows.waiting = named(0, 5)
    assert rig.consume() == named(0, 5)
    assert rig.rows.asked == [(1, FAST, None, 25_000), (1, BULK, None, 25_000)]


def test_a_lane_is_not_read_again_once_it_is_whole(rig):
    rig.consume()
    rig.accept(named(0, 5))
    rig.carry()
    rig.accept(named(5, 6))
    assert rig.consumer.ids() == named(5, 6)
    assert rig.rows.of_lane(FAST) == 1


def test_what_was_published_before_anybody_consumes_is_read_from_the_store_once(rig):
    rig.accept(named(0, 5))
    assert rig.consume() == named(0, 5)


def test_a_lane_of_which_the_store_has_more_is_read_in_pieces():
    rig = Rig(bound=20)
    rig.rows.waiting = named(0, 45)
    rig.consume()
    assert carried(rig) == named(0, 45)
    assert {limit for *_, limit in rig.rows.asked} == {10}


def test_what_does_not_fit_is_read_from_the_store_when_the_lane_has_run_dry():
    rig = Rig(bound=150)
    rig.consume(prefetch=1)
    rig.accept(named(0, 100))
    rig.accept(named(100, 250))
    rig.accept(named(250, 260))
    assert rig.queue.depth(1, FAST) <= 150
    assert carried(rig) == named(0, 260)


def test_a_lane_never_keeps_more_than_its_bound():
    rig = Rig(bound=10)
    for start in range(0, 100, 7):
        rig.accept(named(start, start + 7))
        assert rig.queue.depth(1, FAST) <= 10


def test_what_is_published_while_the_store_is_read_is_neither_lost_nor_doubled(rig):
    rig.rows.held = []
    rig.rows.waiting = named(0, 3)
    rig.consume(prefetch=1)
    rig.rows.waiting += named(3, 5)
    rig.queue.publish(1, FAST, named(2, 5))  # the first of them the statement has seen
    for answer in rig.rows.held[:]:
        answer.callback(None)
    rig.turn()
    assert carried(rig) == named(0, 5)


def test_what_did_not_fit_while_the_store_was_read_is_read_next():
    rig = Rig(bound=4)
    rig.rows.held = []
    rig.consume(prefetch=1)
    rig.rows.waiting = named(0, 9)
    rig.queue.publish(1, FAST, named(0, 9))
    held, rig.rows.held = rig.rows.held, None
    for answer in held:
        answer.callback(None)
    rig.turn()
    assert carried(rig) == named(0, 9)


def test_a_store_that_is_away_is_asked_again_after_a_while(rig):
    rig.rows.away = True
    rig.rows.waiting = named(0, 3)
    assert rig.consume() == []
    rig.clock.advance(RETRY_S - 0.1)
    assert rig.rows.of_lane(FAST) == 1
    rig.rows.away = False
    rig.clock.advance(0.1)
    rig.turn()
    assert rig.consumer.ids() == named(0, 3)
    assert rig.clock.getDelayedCalls() == []


def test_what_is_published_while_the_store_is_away_is_delivered_all_the_same(rig):
    rig.rows.away = True
    rig.consume()
    rig.accept(named(0, 3))
    assert rig.consumer.ids() == named(0, 3)


def test_nobody_asks_the_store_for_a_carrier_that_nobody_consumes(rig):
    rig.accept(named(0, 3))
    assert rig.rows.asked == []
    rig.rows.away = True
    subscription = rig.queue.consume(1, rig.consumer.take, 1)
    rig.turn()
    subscription.cancel()
    rig.clock.advance(10 * RETRY_S)
    assert rig.rows.of_lane(FAST) == 1


def test_a_store_that_names_only_what_is_in_hand_is_not_asked_without_end():
    rig = Rig(bound=4)
    rig.rows.waiting = named(0, 9)
    in_hand: dict[MessageId, Delivery] = {}

    def deliver(delivery: Delivery) -> None:  # as the dispatcher does: what is named twice is acknowledged at once
        new = [each for each in delivery.ids if each not in in_hand]
        in_hand.update(dict.fromkeys(new, delivery))
        if not new:
            delivery.ack()

    rig.queue.consume(1, deliver, 100)
    for _ in range(50):
        rig.clock.advance(0)
    assert rig.rows.of_lane(FAST) == 5
    assert sorted(in_hand) == named(0, 9)


class Carrying(Life):
    """A lane in memory: accepting, and a store that comes and goes."""

    def __init__(self, chance: random.Random) -> None:
        super().__init__(chance, Rig(bound=chance.choice([1, 2, 5, 150])))
        self.rig.rows.held = []

    def step(self) -> None:
        self.chance.choice(
            [
                self.accept,
                self.accept,
                self.carry,
                self.carry,
                self.hand_back,
                self.change,
                self.answer,
                self.wait,
                self.sway,
            ]
        )()
        self.chance.choice([self.rig.turn, lambda: None])()

    def accept(self) -> None:
        ids = named(self.number, self.number + self.chance.choice([1, 2, 7]))
        self.number += len(ids)
        self.rig.rows.waiting += ids
        self.rig.queue.publish(1, FAST, ids)

    def carry(self) -> None:
        self.carry_some(self.chance.randrange(3))

    def answer(self) -> None:
        if self.rig.rows.held:
            self.rig.rows.held.pop(0).callback(None)

    def wait(self) -> None:
        self.rig.clock.advance(RETRY_S)

    def sway(self) -> None:
        self.rig.rows.away = self.chance.random() < 0.5

    def finish(self) -> None:
        """Let everything be well, and carry what is left."""
        self.rig.rows.away = False
        if self.subscription is None:
            self.change()
        for _ in range(2 * self.number + 20):
            while self.rig.rows.held:
                self.answer()
            self.rig.clock.advance(RETRY_S)
            self.rig.turn()
            self.carry_some(100)


@given(st.randoms(use_true_random=False), st.integers(0, 60))
def test_whatever_happens_every_message_is_carried_once(chance, steps):
    life = Carrying(chance)
    for _ in range(steps):
        life.step()
    life.finish()
    assert sorted(life.carried) == named(0, life.number)


def test_a_hint_that_was_lost_is_read_from_the_store_when_the_queue_looks_again(rig):
    assert rig.consume() == []
    rig.rows.waiting = named(0, 1)
    rig.turn()
    assert rig.consumer.ids() == []
    rig.queue.look_again()
    rig.turn()
    assert rig.consumer.ids() == named(0, 1)
