"""The queue over RabbitMQ, on one in memory: the contract of queues, and what happens when and in what order."""

import random
from collections.abc import Callable, Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.internet.defer import Deferred
from twisted.logger import LogLevel, capturedLogs, formatEvent

from mobilesasa.queue.amqp.errors import ChannelError
from mobilesasa.queue.envelope import read_body, write_body
from mobilesasa.queue.hold import REST_S
from mobilesasa.queue.publisher import RETRY_S, WINDOW
from tests.fakes.amqp import FakeMessage
from tests.queue.contract import BULK, FAST, Consumer, QueueContract, named
from tests.queue.rig import FakeRig, made

LANE = "mobilesasa.v1.1.transactional"
OTHER = "mobilesasa.v1.2.transactional"


@pytest.fixture
def rig() -> FakeRig:
    made = FakeRig()
    made.come_up()
    return made


@pytest.fixture
def logged() -> Iterator[Callable[[], list[str]]]:
    """Return what was logged at info and above since the last call."""
    with capturedLogs() as events:

        def take() -> list[str]:
            taken = [formatEvent(event) for event in events if event["log_level"] > LogLevel.debug]
            events.clear()
            return taken

        yield take


def draining(queue):
    return Deferred.fromCoroutine(queue.drain())


class TestContract(QueueContract):
    """The contract."""

    @pytest.fixture
    def harness(self, rig: FakeRig) -> FakeRig:
        return rig


def published(rig, at=0):
    """The ids of the bodies published on the channel so far, a list a body."""
    return [read_body(body) for _, _, body in rig.out.published[at:]]


def consume(rig, prefetch=100, carrier_id=1):
    consumer = Consumer()
    subscription = rig.queue.consume(carrier_id, consumer.take, prefetch)
    rig.turn()
    return consumer, subscription


# Publishing


def test_what_is_named_in_one_turn_leaves_in_as_few_bodies_as_hold_it(rig):
    for number in range(150):
        rig.queue.publish(1, FAST, named(number, number + 1))
    rig.turn()
    assert published(rig) == [named(0, 100), named(100, 150)]
    assert rig.out.published[0][:2] == ("mobilesasa.v1.lanes", LANE)


def test_a_window_of_bodies_is_unconfirmed_and_no_more(rig):
    rig.broker.holding = True
    rig.queue.publish(1, FAST, named(0, 100 * WINDOW + 250))
    rig.turn()
    assert (len(rig.out.published), rig.queue.publisher.unconfirmed) == (WINDOW, WINDOW)
    rig.broker.holding = False
    rig.out.settle_some()
    rig.turn()
    assert len(rig.out.published) == WINDOW + 3
    assert (rig.queue.publisher.unconfirmed, rig.queue.publisher.outgoing.waiting) == (0, 0)
    assert rig.queue.publisher.counts.confirmed == WINDOW + 3


def test_nothing_is_published_while_rabbitmq_is_blocked(rig):
    rig.blocked = True
    rig.queue.publish(1, FAST, named(0, 3))
    rig.turn()
    assert rig.out.published == []
    rig.blocked = False
    rig.queue.publisher.unblocked()
    rig.turn()
    assert published(rig) == [named(0, 3)]


def test_without_a_connection_hints_wait(rig):
    rig.go_down()
    rig.queue.publish(1, FAST, named(0, 3))
    rig.turn()
    rig.come_up()
    assert published(rig) == [named(0, 3)]


def test_what_was_not_confirmed_is_published_again_in_its_order(rig):
    rig.broker.holding = True
    rig.queue.publish(1, FAST, named(0, 250))
    rig.turn()
    rig.go_down()
    rig.queue.publish(1, FAST, named(250, 251))
    assert rig.queue.publisher.outgoing.waiting == 251
    rig.broker.holding = False
    rig.come_up()
    assert [each for body in published(rig) for each in body] == named(0, 251)
    assert (rig.queue.publisher.counts.lost, rig.queue.publisher.outgoing.waiting) == (3, 0)


def test_the_lanes_of_all_carriers_are_declared_before_anything_is_published_to_them(rig):
    assert {LANE, OTHER} < set(rig.broker.queues)
    rig.queue.publish(7, BULK, named(0, 3))
    rig.turn()
    assert len(rig.broker.queues["mobilesasa.v1.7.bulk"].ready) == 1
    assert rig.queue.publisher.declared == [1, 2, 7]
    assert rig.queue.publisher.counts.returned == 0


def test_a_body_whose_queue_was_deleted_goes_out_again_when_it_is_declared_again(rig):
    rig.broker.delete(LANE)
    rig.queue.publish(1, FAST, named(0, 3))
    rig.queue.publish(2, FAST, named(3, 4))
    rig.turn()
    assert len(rig.broker.queues[OTHER].ready) == 1
    assert LANE not in rig.broker.queues
    rig.queue.publish(1, FAST, named(4, 5))
    rig.wait(RETRY_S - 0.1)
    assert LANE not in rig.broker.queues
    rig.wait(0.1)
    assert [read_body(each.body) for each in rig.broker.queues[LANE].ready] == [named(0, 3) + named(4, 5)]
    assert rig.queue.publisher.counts.returned == 1


def test_a_body_that_rabbitmq_refuses_goes_out_again_after_a_while(rig):
    rig.broker.refusing = {LANE}
    rig.queue.publish(1, FAST, named(0, 3))
    rig.turn()
    assert len(rig.out.published) == 1
    rig.broker.refusing = set()
    rig.wait(RETRY_S)
    assert [read_body(each.body) for each in rig.broker.queues[LANE].ready] == [named(0, 3)]
    assert rig.queue.publisher.counts.refused == 1


def test_what_a_loss_and_a_refusal_put_back_is_not_published_without_a_connection(rig):
    rig.broker.refusing = {LANE}
    rig.queue.publish(1, FAST, named(0, 3))
    rig.turn()
    rig.go_down()
    rig.wait(RETRY_S)
    assert len(rig.out.published) == 1


def test_a_node_is_full_at_four_fifths_of_its_bound_and_says_once_that_it_overflows(logged):
    rig = FakeRig(bound=1000)
    rig.queue.publish(1, FAST, named(0, 800))
    assert not rig.queue.full
    rig.queue.publish(2, FAST, named(800, 900))
    assert rig.queue.full
    for start in range(900, 1200, 100):
        rig.queue.publish(1, FAST, named(start, start + 100))
    assert (rig.queue.publisher.outgoing.waiting, rig.queue.publisher.outgoing.dropped) == (1000, 200)
    assert logged() == ["1000 messages wait for RabbitMQ; what is beyond comes from the store"]
    rig.come_up()
    assert not rig.queue.full
    assert logged() == ["100 messages wait for RabbitMQ, and none has to be left out any more"]


def test_a_queue_is_drained_when_everything_is_confirmed(rig):
    rig.broker.holding = True
    rig.queue.publish(1, FAST, named(0, 3))
    rig.turn()
    ended = draining(rig.queue)
    assert not ended.called
    rig.broker.holding = False
    rig.out.settle_some()
    rig.turn()
    assert ended.called
    assert draining(rig.queue).called


def test_without_a_connection_there_is_nothing_to_drain(rig):
    rig.broker.holding = True
    rig.queue.publish(1, FAST, named(0, 3))
    rig.turn()
    ended = draining(rig.queue)
    rig.go_down()
    assert ended.called


# Consuming


def test_a_lane_is_consumed_again_after_a_loss(rig):
    consumer, _ = consume(rig)
    rig.go_down()
    rig.come_up()
    rig.queue.publish(1, FAST, named(0, 3))
    rig.turn()
    assert consumer.ids() == named(0, 3)


def test_a_body_that_comes_again_while_it_is_in_hand_is_not_delivered_twice(rig):
    consumer, _ = consume(rig, prefetch=2)
    rig.queue.publish(1, FAST, named(0, 1000))
    rig.turn()
    rig.go_down()
    rig.come_up()
    assert consumer.ids() == named(0, 200)
    consumer.ack_all()
    rig.turn()
    assert consumer.ids() == named(200, 400)


def test_a_word_about_a_body_of_a_lost_connection_is_not_said_on_the_next(rig):
    consumer, _ = consume(rig)
    rig.queue.publish(1, FAST, named(0, 3))
    rig.turn()
    rig.go_down()
    consumer.ack_all()
    rig.come_up()
    assert consumer.ids() == named(0, 3)  # whoever claims it finds nothing


def test_a_body_of_a_lost_connection_that_is_handed_back_comes_again(rig):
    consumer, _ = consume(rig)
    rig.queue.publish(1, FAST, named(0, 3))
    rig.turn()
    rig.go_down()
    consumer.bodies.pop().nack()
    rig.turn()
    assert consumer.ids() == named(0, 3)
    rig.come_up()
    consumer.ack_all()
    rig.turn()
    assert rig.into.unacked == []


def test_a_body_handed_back_on_a_lost_connection_and_delivered_again_comes_once(rig):
    consumer, _ = consume(rig, prefetch=1)
    rig.queue.publish(1, FAST, named(0, 3))
    rig.turn()
    rig.go_down()
    consumer.bodies.pop().nack()
    rig.come_up()
    assert consumer.ids() == named(0, 3)
    consumer.ack_all()
    rig.turn()
    assert (consumer.ids(), rig.into.unacked) == ([], [])


def test_a_body_that_was_published_twice_is_delivered_once_and_acknowledged(rig):
    consumer, _ = consume(rig)
    for _ in range(2):
        rig.broker.put(LANE, b'{"v":1,"ids":["%s"]}' % made(0).encode())
    rig.turn()
    assert consumer.ids() == [made(0)]
    assert len(rig.into.unacked) == 1


def test_a_body_that_cannot_be_read_is_a_dead_letter_and_holds_up_nobody(rig, logged):
    consumer, _ = consume(rig)
    rig.broker.put(LANE, b"hello")
    rig.queue.publish(1, FAST, named(0, 3))
    rig.turn()
    assert rig.broker.dead == [b"hello"]
    assert consumer.ids() == named(0, 3)
    assert logged() == ["a body for carrier 1 goes to the dead letters (mobilesasa queue dead): it is no JSON"]


def test_a_queue_that_was_deleted_under_its_consumer_is_declared_and_consumed_again(rig):
    consumer, _ = consume(rig)
    rig.queue.publish(1, FAST, named(0, 3))
    rig.turn()
    rig.broker.delete(LANE)
    rig.rows.waiting = [made(1)]
    rig.turn()
    assert consumer.ids() == [*named(0, 3), made(1)]  # what may have been in it is read from the store
    rig.wait(RETRY_S)
    consumer.ack_all()
    rig.queue.publish(1, FAST, named(3, 5))
    rig.turn()
    assert consumer.ids() == named(3, 5)


def test_a_queue_that_was_deleted_is_left_alone_when_its_consumer_has_gone(rig):
    _, subscription = consume(rig)
    rig.broker.delete(LANE)
    subscription.cancel()
    rig.wait(RETRY_S)
    assert LANE not in rig.broker.queues


def test_who_cancels_at_once_is_not_delivered_to(rig):
    rig.queue.publish(1, FAST, named(0, 3))
    rig.turn()
    consumer = Consumer()
    rig.queue.consume(1, consumer.take, 10).cancel()
    again, _ = consume(rig)
    assert (consumer.ids(), again.ids()) == ([], named(0, 3))
    assert rig.rows.asked[-1][0] == 1


@pytest.mark.parametrize("turns", range(12))
def test_who_cancels_while_rabbitmq_is_asked_to_deliver_hands_back_what_came(rig, turns):
    rig.queue.publish(1, FAST, named(0, 3))
    rig.turn()
    consumer = Consumer()
    subscription = rig.queue.consume(1, consumer.take, 10)
    rig.clock.pump([0] * turns)
    subscription.cancel()
    seen = len(consumer.bodies)
    rig.turn()
    again, _ = consume(rig)
    assert (len(consumer.bodies), again.ids(), len(rig.into.unacked)) == (seen, named(0, 3), 1)


def test_without_a_connection_who_cancels_leaves_nothing_behind(rig):
    consumer, subscription = consume(rig)
    rig.queue.publish(1, FAST, named(0, 3))
    rig.turn()
    rig.go_down()
    subscription.cancel()
    consumer.ack_all()
    rig.come_up()
    assert [lane.consumers for lane in rig.broker.queues.values()] == [[]] * 4
    again, _ = consume(rig)
    assert again.ids() == named(0, 3)


def test_who_cancels_twice_has_cancelled(rig):
    _, subscription = consume(rig)
    subscription.cancel()
    rig.turn()
    again, _ = consume(rig)
    subscription.cancel()
    rig.queue.publish(1, FAST, named(0, 3))
    rig.turn()
    assert again.ids() == named(0, 3)


def test_what_a_lost_connection_still_brings_is_not_delivered(rig):
    consumer, _ = consume(rig)
    (lost,) = rig.broker.queues[LANE].consumers
    rig.go_down()
    rig.come_up()
    lost.deliver([FakeMessage(write_body(named(0, 3)), LANE, 1)])
    assert consumer.bodies == []


def in_hand_and_forgotten(rig, prefetch):
    """A consumer with as much in hand as it may, of which RabbitMQ knows nothing any more, and a body waits behind it."""
    consumer, subscription = consume(rig, prefetch)
    rig.queue.publish(1, FAST, named(0, 100 * prefetch))
    rig.turn()
    rig.go_down()
    rig.broker.queues[LANE].ready.clear()
    rig.come_up()
    for _ in range(2):
        rig.broker.put(LANE, write_body(named(900, 901)))
    rig.turn()
    assert consumer.ids() == named(0, 100 * prefetch)
    return consumer, subscription


def test_two_bodies_that_are_the_same_and_wait_for_their_turn_are_delivered_once(rig):
    consumer, _ = in_hand_and_forgotten(rig, prefetch=2)
    consumer.ack_all()
    rig.turn()
    assert consumer.ids() == named(900, 901)
    assert len(rig.into.unacked) == 1


def test_who_hands_back_and_goes_is_delivered_nothing_more_and_the_next_gets_what_rabbitmq_has(rig):
    consumer, subscription = in_hand_and_forgotten(rig, prefetch=1)
    consumer.bodies.pop().nack()
    subscription.cancel()
    rig.turn()
    again, _ = consume(rig)
    assert (consumer.bodies, again.ids()) == ([], named(900, 901))


def test_a_refusal_while_tending_is_left_to_the_next_connection(rig):
    rig.into.refuses["consume"] = ChannelError(403, "ACCESS_REFUSED")
    consumer, _ = consume(rig)
    rig.go_down()
    rig.come_up()
    rig.queue.publish(1, FAST, named(0, 3))
    rig.turn()
    assert consumer.ids() == named(0, 3)


# Resting


def test_a_lane_whose_bodies_are_in_hand_for_long_is_acknowledged_and_let_go_until_half_are_done(rig):
    consumer, _ = consume(rig, prefetch=4)
    rig.queue.publish(1, FAST, named(0, 1000))
    rig.turn()
    rig.wait(REST_S - 1)
    rig.queue.consumer.rest_stale()
    rig.turn()
    assert len(rig.into.unacked) == 4
    rig.wait(1)
    rig.queue.consumer.rest_stale()
    rig.turn()
    assert rig.into.unacked == []
    assert rig.broker.queues[LANE].consumers == []
    assert len(rig.broker.queues[LANE].ready) == 6  # nothing came back, and nothing more was taken
    consumer.bodies.pop(0).ack()
    rig.turn()
    assert rig.into.unacked == []
    consumer.bodies.pop(0).ack()
    rig.turn()
    assert consumer.ids() == named(200, 600)  # up to the prefetch
    while consumer.bodies:
        consumer.bodies.pop(0).ack()
        rig.turn()
    assert (rig.into.unacked, list(rig.broker.queues[LANE].ready)) == ([], [])


def test_what_a_waking_lane_has_too_much_goes_back_when_it_must_rest_again(rig):
    consumer, _ = consume(rig, prefetch=2)
    rig.queue.publish(1, FAST, named(0, 1000))
    rig.turn()
    rig.wait(REST_S)
    rig.queue.consumer.rest_stale()
    rig.turn()
    consumer.bodies.pop(0).ack()
    rig.turn()
    assert (len(consumer.bodies), len(rig.into.unacked)) == (2, 2)  # one of these waits for its turn
    rig.wait(REST_S)
    rig.queue.consumer.rest_stale()
    rig.turn()
    assert rig.into.unacked == []
    assert [read_body(each.body)[0] for each in rig.broker.queues[LANE].ready] == named(300, 1000)[::100]


def test_a_lane_that_rests_stays_so_over_a_loss(rig):
    consumer, _ = consume(rig, prefetch=2)
    rig.queue.publish(1, FAST, named(0, 1000))
    rig.turn()
    rig.wait(REST_S)
    rig.queue.consumer.rest_stale()
    rig.turn()
    rig.go_down()
    rig.come_up()
    assert rig.into.unacked == []
    consumer.ack_all()
    rig.turn()
    assert consumer.ids() == named(200, 400)


# A whole life by chance


class Living:
    """A lane's life: accepting, carrying, handing back, dying consumers, and all that RabbitMQ can do to us."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.rig = FakeRig(bound=chance.choice([3, 150, 200_000]))
        self.number = 0
        self.subscription = None
        self.prefetch = 0
        self.is_up = False
        self.carried = []

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

    def carry(self, count: int = 2) -> None:
        for body in self.rig.consumer.bodies[:count]:
            self.rig.consumer.bodies.remove(body)
            for message_id in body.ids:
                if message_id in self.rig.rows.waiting:  # a claim: whoever is second finds nothing
                    self.rig.rows.waiting.remove(message_id)
                    self.carried.append(message_id)
            body.ack()

    def hand_back(self) -> None:
        if self.rig.consumer.bodies:
            self.rig.consumer.bodies.pop(0).nack()

    def change(self) -> None:
        if self.subscription is not None:
            self.subscription.cancel()
            self.rig.consumer.bodies.clear()
            self.subscription = None
        else:
            self.prefetch = self.chance.choice([1, 3, 100])
            self.subscription = self.rig.queue.consume(1, self.rig.consumer.take, self.prefetch)

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
                self.carry(100)
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
