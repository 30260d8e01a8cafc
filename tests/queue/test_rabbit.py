"""The queue over RabbitMQ, on one in memory: the contract of queues, and a whole life by chance."""

import random

import pytest
import pytest_twisted
from hypothesis import given, settings
from hypothesis import strategies as st

from mobilesasa.queue.envelope import write_body
from mobilesasa.queue.hold import REST_S
from mobilesasa.queue.publisher import RETRY_S
from mobilesasa.queue.sizes import Sizes
from tests.queue.contract import BULK, FAST, QueueContract, named
from tests.queue.life import Life
from tests.queue.rig import LANE, FakeRig, made


class TestContract(QueueContract):
    """The contract."""

    @pytest.fixture
    def harness(self, rig: FakeRig) -> FakeRig:
        return rig


@pytest_twisted.ensureDeferred
async def test_the_depth_counts_messages_and_not_bodies_that_could_be_fuller(rig):
    assert rig.queue.depth(1, FAST) == 0
    rig.queue.ready = {(1, FAST): 7}
    assert rig.queue.depth(1, FAST) == 700  # nobody knows better
    for number in range(20):
        rig.queue.publish(1, FAST, named(number, number + 2))
        rig.turn()
    rig.queue.ready = {}
    await rig.settle()
    assert rig.queue.depth(1, FAST) == 40


@pytest_twisted.ensureDeferred
async def test_the_depth_of_what_another_node_published_is_known_by_what_came_of_it(rig):
    rig.queue.consume(1, rig.consumer.take, 10)
    rig.turn()
    for number in range(20):
        rig.broker.put(LANE, write_body(named(number, number + 1)))
    rig.turn()
    await rig.settle()
    assert rig.queue.depth(1, FAST) == 10


def test_the_mean_of_a_lane_follows_what_is_published_lately():
    sizes = Sizes()
    for _ in range(100):
        sizes.note(1, FAST, 100)
    for _ in range(300):
        sizes.note(1, FAST, 1)
    assert 1 <= sizes.mean(1, FAST) < 1.5
    assert sizes.mean(1, BULK) == 100


class Living(Life):
    """A lane over RabbitMQ: accepting, and all that RabbitMQ can do to us."""

    def __init__(self, chance: random.Random) -> None:
        super().__init__(chance, FakeRig(bound=chance.choice([3, 150, 200_000])))
        self.is_up = False

    def step(self) -> None:
        self.chance.choice(
            [self.accept, self.accept, self.carry, self.carry, self.hand_back, self.change, self.connect, self.delete,
             self.hold_up, self.refuse, self.block, self.wait, self.sway]
        )()  # fmt: skip
        self.chance.choice([self.rig.turn, lambda: None])()

    def accept(self) -> None:
        ids = [made(-self.rig.clock.seconds(), self.number + each) for each in range(self.chance.choice([1, 2, 130]))]
        self.number += len(ids)
        self.rig.rows.waiting += ids
        self.rig.queue.publish(1, FAST, ids)

    def carry(self) -> None:
        self.carry_some(2)

    def connect(self) -> None:
        if self.is_up:
            self.rig.go_down()
        else:
            self.rig.come_up()
        self.is_up = not self.is_up

    def delete(self) -> None:
        if LANE in self.rig.broker.queues:
            self.rig.broker.delete(LANE)

    def hold_up(self) -> None:
        self.rig.broker.holding = not self.rig.broker.holding

    def refuse(self) -> None:
        self.rig.broker.refusing ^= {LANE}

    def block(self) -> None:
        self.rig.blocked = not self.rig.blocked
        if not self.rig.blocked:
            self.rig.queue.publisher.unblocked()

    def wait(self) -> None:
        self.rig.clock.advance(self.chance.choice([RETRY_S, REST_S]))
        self.rig.queue.consumer.rest_stale()

    def sway(self) -> None:
        self.rig.rows.away = self.chance.random() < 0.5

    def finish(self) -> None:
        """Let everything be well, and carry what is left."""
        self.rig.rows.away = self.rig.broker.holding = False
        self.rig.broker.refusing.clear()
        if self.rig.blocked:
            self.block()
        if not self.is_up:
            self.connect()
        self.rig.out.settle_some()
        if self.subscription is None:
            self.change()
        for _ in range(40):
            self.rig.wait(30)
            self.rig.queue.look_again()
            self.rig.turn()
            while self.rig.consumer.bodies:
                self.carry_some(100)
                self.rig.turn()


@settings(max_examples=150, deadline=None)
@given(st.randoms(use_true_random=False), st.integers(0, 60))
def test_whatever_happens_every_message_is_carried_once(chance, steps):
    life = Living(chance)
    for _ in range(steps):
        life.step()
    life.finish()
    assert len(life.carried) == len(set(life.carried)) == life.number
    assert life.rig.rows.waiting == []
    assert (life.rig.queue.publisher.outgoing.waiting, life.rig.queue.publisher.unconfirmed) == (0, 0)
    assert life.rig.into.unacked == []
