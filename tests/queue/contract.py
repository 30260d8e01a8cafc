"""What every backend of `core.lanes.Queue` must do. A test module of a backend subclasses `QueueContract` and gives it a `queue`.

A backend delivers in its own time: `Harness.settle` returns when it has nothing left to deliver. Whatever it takes to
run one (a broker, a clock), `settle` is the only thing that a test waits for.
"""

from collections.abc import Awaitable, Sequence
from typing import Protocol

import attrs
import pytest
import pytest_twisted

from mobilesasa.core.lanes import IDS_A_BODY, Delivery, Queue, Subscription
from mobilesasa.core.model import Lane, MessageId

FAST, BULK = Lane.TRANSACTIONAL, Lane.BULK


class Harness(Protocol):
    """A backend under test."""

    queue: Queue

    def settle(self) -> Awaitable[None]:
        """Wait until everything that can be delivered has been."""


@attrs.define
class Consumer:
    """Keeps what is delivered to it."""

    bodies: list[Delivery] = attrs.field(factory=list)

    def take(self, delivery: Delivery) -> None:
        self.bodies.append(delivery)

    def ids(self, lane: Lane = FAST) -> list[MessageId]:
        return [message_id for body in self.bodies if body.lane is lane for message_id in body.ids]

    def ack_all(self) -> None:
        """Acknowledge what is in hand."""
        bodies, self.bodies = self.bodies, []
        for body in bodies:
            body.ack()


def named(start: int, stop: int) -> list[MessageId]:
    """Ids that sort as they are numbered."""
    return [f"00000000-0000-7000-8000-{number:012d}" for number in range(start, stop)]


class QueueContract:
    """The contract; the fixture `harness` is the backend's."""

    @pytest.fixture
    def queue(self, harness: Harness) -> Queue:
        return harness.queue

    async def consuming(
        self, harness: Harness, prefetch: int = 100, carrier_id: int = 1
    ) -> tuple[Consumer, Subscription]:
        consumer = Consumer()
        subscription = harness.queue.consume(carrier_id, consumer.take, prefetch)
        await harness.settle()
        return consumer, subscription

    async def published(
        self, harness: Harness, ids: Sequence[MessageId], lane: Lane = FAST, carrier_id: int = 1
    ) -> None:
        harness.queue.publish(carrier_id, lane, ids)
        await harness.settle()

    @pytest_twisted.ensureDeferred
    async def test_what_is_published_is_delivered_in_order(self, harness):
        consumer, _ = await self.consuming(harness)
        await self.published(harness, named(0, 3))
        await self.published(harness, named(3, 5))
        assert consumer.ids() == named(0, 5)

    @pytest_twisted.ensureDeferred
    async def test_what_was_published_before_anybody_consumed_is_delivered(self, harness):
        await self.published(harness, named(0, 3))
        consumer, _ = await self.consuming(harness)
        assert consumer.ids() == named(0, 3)

    @pytest_twisted.ensureDeferred
    async def test_nothing_is_delivered_from_within_publish_or_consume(self, harness):
        consumer = Consumer()
        harness.queue.consume(1, consumer.take, 10)
        harness.queue.publish(1, FAST, named(0, 1))
        assert consumer.bodies == []
        await harness.settle()
        assert consumer.ids() == named(0, 1)

    @pytest_twisted.ensureDeferred
    async def test_a_body_says_whose_it_is_and_names_a_hundred_messages_at_most(self, harness):
        consumer, _ = await self.consuming(harness)
        await self.published(harness, named(0, 250), BULK)
        assert consumer.ids(BULK) == named(0, 250)
        assert max(len(body.ids) for body in consumer.bodies) <= IDS_A_BODY
        assert {(body.carrier_id, body.lane) for body in consumer.bodies} == {(1, BULK)}

    @pytest_twisted.ensureDeferred
    async def test_lanes_are_delivered_apart_each_in_its_order(self, harness):
        consumer, _ = await self.consuming(harness)
        for number in range(0, 6, 2):
            await self.published(harness, named(number, number + 1), FAST)
            await self.published(harness, named(number + 1, number + 2), BULK)
        assert consumer.ids(FAST) == [*named(0, 1), *named(2, 3), *named(4, 5)]
        assert consumer.ids(BULK) == [*named(1, 2), *named(3, 4), *named(5, 6)]

    @pytest_twisted.ensureDeferred
    async def test_a_carrier_s_consumer_gets_nothing_of_another_s(self, harness):
        first, _ = await self.consuming(harness)
        second, _ = await self.consuming(harness, carrier_id=2)
        await self.published(harness, named(0, 2))
        await self.published(harness, named(2, 4), carrier_id=2)
        assert (first.ids(), second.ids()) == (named(0, 2), named(2, 4))

    @pytest_twisted.ensureDeferred
    async def test_a_consumer_holds_so_many_bodies_of_a_lane_and_no_more(self, harness):
        consumer, _ = await self.consuming(harness, prefetch=2)
        for lane in Lane:
            await self.published(harness, named(0, 1000), lane)
        assert [sum(body.lane is lane for body in consumer.bodies) for lane in Lane] == [2, 2]

    @pytest_twisted.ensureDeferred
    async def test_an_acknowledged_body_makes_room_for_the_next(self, harness):
        consumer, _ = await self.consuming(harness, prefetch=2)
        await self.published(harness, named(0, 1000))
        seen = list(consumer.ids())
        while consumer.bodies:
            consumer.bodies.pop(0).ack()
            await harness.settle()
            assert len(consumer.bodies) <= 2
            seen += [message_id for message_id in consumer.ids() if message_id not in seen]
        assert seen == named(0, 1000)

    @pytest_twisted.ensureDeferred
    async def test_a_full_lane_does_not_hold_up_the_other(self, harness):
        consumer, _ = await self.consuming(harness, prefetch=1)
        await self.published(harness, named(0, 1000), BULK)
        await self.published(harness, named(1000, 1001), FAST)
        assert consumer.ids(FAST) == named(1000, 1001)

    @pytest_twisted.ensureDeferred
    async def test_a_body_that_is_handed_back_comes_again_first(self, harness):
        consumer, _ = await self.consuming(harness, prefetch=1)
        await self.published(harness, named(0, 300))
        (first,) = consumer.bodies
        consumer.bodies.clear()
        first.nack()
        await harness.settle()
        assert consumer.ids()[: len(first.ids)] == list(first.ids)

    @pytest_twisted.ensureDeferred
    async def test_what_is_acknowledged_never_comes_again(self, harness):
        consumer, subscription = await self.consuming(harness)
        await self.published(harness, named(0, 3))
        consumer.ack_all()
        await harness.settle()
        subscription.cancel()
        again, _ = await self.consuming(harness)
        assert again.ids() == []

    @pytest_twisted.ensureDeferred
    async def test_what_a_consumer_left_goes_to_the_next_in_order(self, harness):
        consumer, subscription = await self.consuming(harness, prefetch=3)
        await self.published(harness, named(0, 1000))
        consumer.bodies[0].ack()
        left = named(len(consumer.bodies[0].ids), 1000)
        await harness.settle()  # what is on its way to a consumer when it goes may come back before the others
        subscription.cancel()
        await harness.settle()
        again, _ = await self.consuming(harness, prefetch=1000)
        assert again.ids() == left

    @pytest_twisted.ensureDeferred
    async def test_a_cancelled_consumer_gets_nothing_more(self, harness):
        consumer, subscription = await self.consuming(harness)
        subscription.cancel()
        await self.published(harness, named(0, 3))
        assert consumer.bodies == []

    @pytest_twisted.ensureDeferred
    async def test_a_word_about_a_body_that_went_back_changes_nothing(self, harness):
        consumer, subscription = await self.consuming(harness)
        await self.published(harness, named(0, 3))
        subscription.cancel()
        consumer.ack_all()
        again, _ = await self.consuming(harness)
        assert again.ids() == named(0, 3)

    @pytest_twisted.ensureDeferred
    async def test_the_depth_counts_what_is_in_no_hand(self, harness):
        assert harness.queue.depth(1, FAST) == 0
        consumer, _ = await self.consuming(harness, prefetch=1)
        await self.published(harness, named(0, 300))
        assert harness.queue.depth(1, FAST) == 300 - len(consumer.ids())
        assert harness.queue.depth(1, BULK) == 0

    @pytest_twisted.ensureDeferred
    async def test_nothing_published_is_nothing_delivered(self, harness):
        consumer, _ = await self.consuming(harness)
        await self.published(harness, [])
        assert consumer.bodies == []
