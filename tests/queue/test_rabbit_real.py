"""The queue over a real RabbitMQ: the contract of queues, and what the world does to it."""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager

import pytest
import pytest_twisted
from twisted.internet.defer import Deferred
from twisted.internet.threads import deferToThread

from mobilesasa.core.model import MessageId
from mobilesasa.queue.dead import look, requeue
from mobilesasa.queue.topology import DEAD, DELIVERY_LIMIT
from tests.clients.proxy import Proxy
from tests.queue.contract import FAST, Consumer, QueueContract, named
from tests.queue.rig import LANE, RealRig, channel_of, made
from tests.rabbitmq import RabbitMQ


@pytest.fixture
def harness(broker_url: str) -> Iterator[RealRig]:
    rig = RealRig(broker_url)
    pytest_twisted.blockon(Deferred.fromCoroutine(rig.start()))
    yield rig
    pytest_twisted.blockon(Deferred.fromCoroutine(rig.stop()))


@asynccontextmanager
async def node(url: str, name: str = "other") -> AsyncIterator[RealRig]:
    """Another node on the same RabbitMQ."""
    rig = RealRig(url, name)
    try:
        yield await rig.start()
    finally:
        await rig.stop()


@pytest.fixture
def proxy(rabbitmq) -> Iterator[Proxy]:
    with Proxy(rabbitmq.port).running() as relay:
        yield relay


def consume(rig: RealRig, prefetch: int = 100) -> Consumer:
    rig.queue.consume(1, rig.consumer.take, prefetch)
    return rig.consumer


class TestContract(QueueContract):
    """The contract."""


def all_of(consumer: Consumer, ids: list[MessageId]) -> Callable[[], bool]:
    """Return whether all of these have come by now; acknowledges what is in hand."""
    missing = set(ids)

    def look() -> bool:
        missing.difference_update(consumer.ids())
        consumer.ack_all()
        return not missing

    return look


@pytest_twisted.ensureDeferred
async def test_what_was_named_while_rabbitmq_is_killed_and_started_again_arrives(harness, rabbitmq):
    consumer = consume(harness)
    harness.queue.publish(1, FAST, named(0, 20_000))
    await harness.until(lambda: harness.queue.publisher.unconfirmed > 0)
    rabbitmq.kill()
    harness.queue.publish(1, FAST, named(20_000, 20_100))
    await harness.until(lambda: not harness.link.standing().up)
    assert harness.queue.publisher.outgoing.waiting >= 100
    await deferToThread(rabbitmq.start)
    await harness.until(all_of(consumer, named(0, 20_100)))
    await harness.until(lambda: harness.queue.publisher.outgoing.waiting == 0)


@pytest_twisted.ensureDeferred
async def test_a_lane_that_is_deleted_is_declared_and_consumed_again(harness, broker_url):
    consumer = consume(harness)
    harness.queue.publish(1, FAST, named(0, 300))
    await harness.settle()
    async with channel_of(broker_url) as channel:
        await channel.delete_queue(LANE)
    harness.rows.waiting = [made(1)]
    harness.queue.publish(1, FAST, named(300, 301))
    await harness.until(lambda: made(1) in consumer.ids() and named(300, 301)[0] in consumer.ids())
    consumer.ack_all()  # of the queue that is gone, too: that must not hurt the channel
    harness.queue.publish(1, FAST, named(301, 302))
    await harness.until(lambda: consumer.ids() == named(301, 302))
    assert harness.link.standing().up


@pytest_twisted.ensureDeferred
async def test_under_the_memory_alarm_hints_wait_here_and_what_is_there_is_carried_on(harness, rabbitmq):
    consumer = consume(harness, prefetch=1)
    harness.queue.publish(1, FAST, named(0, 300))
    await harness.settle()
    await deferToThread(rabbitmq.alarm, True)
    harness.queue.publish(1, FAST, named(300, 301))  # RabbitMQ blocks who publishes
    await harness.until(lambda: bool(harness.link.standing().blocked))
    assert "memory" in harness.link.standing().blocked
    harness.queue.publish(1, FAST, named(301, 302))
    for number in range(100, 300, 100):
        consumer.ack_all()
        await harness.until(lambda: bool(consumer.bodies))  # acknowledgements still arrive
        assert consumer.ids() == named(number, number + 100)
    consumer.ack_all()
    assert harness.queue.publisher.outgoing.waiting == 2
    await deferToThread(rabbitmq.alarm, False)
    await harness.until(lambda: harness.queue.publisher.outgoing.waiting == 0)
    await harness.until(lambda: bool(consumer.bodies))
    assert harness.link.standing().blocked == ""


@pytest_twisted.ensureDeferred
async def test_a_wrong_password_is_said_in_words(rabbitmq, broker_url):
    rig = RealRig(broker_url.replace("mobilesasa:", "mobilesasa:not", 1))
    rig.link.start()
    try:
        await rig.until(lambda: "refuses the password of user mobilesasa" in rig.link.standing().state)
        assert not rig.link.standing().up
    finally:
        await rig.link.stop()


@pytest_twisted.ensureDeferred
async def test_a_lane_with_other_arguments_is_said_in_words_with_what_to_do(broker_url):
    async with channel_of(broker_url) as channel:
        await channel.declare_queue(LANE, arguments={"x-queue-type": "classic"})
        rig = RealRig(broker_url)
        rig.link.start()
        try:
            await rig.until(lambda: f"rabbitmqctl delete_queue {LANE}" in rig.link.standing().state)
            await channel.delete_queue(LANE)
            await rig.until(lambda: rig.link.standing().up)
        finally:
            await rig.link.stop()


@pytest_twisted.ensureDeferred
async def test_when_the_network_is_cut_nothing_is_lost(proxy, rabbitmq, broker_url):
    async with node(broker_url.replace(str(rabbitmq.port), str(proxy.port))) as rig:
        consumer = consume(rig, prefetch=5)
        for start in range(0, 5000, 1000):
            rig.queue.publish(1, FAST, named(start, start + 1000))
            await rig.until(lambda: bool(consumer.bodies))
            proxy.cut()
            assert len(consumer.bodies) <= 5
        await rig.until(all_of(consumer, named(0, 5000)))
        await rig.until(lambda: rig.link.standing().up)


@pytest_twisted.ensureDeferred
async def test_another_node_takes_over_what_the_first_had_in_hand(proxy, rabbitmq, broker_url):
    async with (
        node(broker_url) as second,
        node(broker_url.replace(str(rabbitmq.port), str(proxy.port)), "first") as first,
    ):
        consume(first, prefetch=2)
        await first.settle()
        consume(second, prefetch=100)
        await second.settle()
        second.queue.publish(1, FAST, named(0, 500))
        await first.until(lambda: first.consumer.ids() == named(0, 200))
        assert second.consumer.bodies == []
        proxy.cut()
        await second.until(lambda: sorted(second.consumer.ids()) == named(0, 500))
        first.consumer.ack_all()  # too late to say so
        second.consumer.ack_all()
        await second.settle()
        assert second.consumer.bodies == []


@pytest_twisted.ensureDeferred
async def test_a_body_that_cannot_be_read_is_shown_among_the_dead_and_stays_there(harness, broker_url):
    consume(harness)
    await harness.settle()
    async with channel_of(broker_url) as channel:
        channel.publish("mobilesasa.v1.lanes", LANE, b"hello", None)
        await harness.until_ready(DEAD, 1)
        for _ in range(2):
            (letter,) = await look(channel, 10)
            assert (letter.queue, letter.unreadable, letter.ids) == (LANE, "it is no JSON", [])
            assert letter.reason == "refused, for it cannot be read"
            assert letter.at is not None
        assert (await requeue(channel, 10)).left == 1
    await harness.until_ready(DEAD, 1)


@pytest_twisted.ensureDeferred
async def test_a_body_that_is_delivered_in_vain_too_often_is_a_dead_letter_and_goes_back_when_it_is_told_to(
    harness, broker_url
):
    consumer = consume(harness)
    harness.queue.publish(1, FAST, named(0, 3))
    for _ in range(DELIVERY_LIMIT + 1):
        await harness.until(lambda: bool(consumer.bodies))
        consumer.bodies.pop().nack()
    await harness.until_ready(DEAD, 1)
    assert consumer.bodies == []
    async with channel_of(broker_url) as channel:
        (letter,) = await look(channel, 10)
        assert (letter.queue, letter.reason, letter.ids) == (LANE, "delivered in vain too often", named(0, 3))
        done = await requeue(channel, 10)
        assert (done.bodies, done.messages, done.left) == (1, 3, 0)
        await harness.until(lambda: consumer.ids() == named(0, 3))
        assert await look(channel, 10) == []


@pytest_twisted.ensureDeferred
async def test_a_dead_letter_of_a_lane_that_is_no_more_is_left(harness, broker_url):
    consumer = consume(harness)
    harness.queue.publish(1, FAST, named(0, 3))
    for _ in range(DELIVERY_LIMIT + 1):
        await harness.until(lambda: bool(consumer.bodies))
        consumer.bodies.pop().nack()
    await harness.until_ready(DEAD, 1)
    await harness.link.stop()
    async with channel_of(broker_url) as channel:
        await channel.delete_queue(LANE)
        done = await requeue(channel, 10)
        assert (done.bodies, done.left) == (0, 1)
        assert len(await look(channel, 10)) == 1


@pytest_twisted.ensureDeferred
async def test_what_is_told_of_a_team_reaches_the_node_that_follows_it(harness, broker_url):
    async with node(broker_url) as there:
        there.events.follow(7)
        await there.until(lambda: there.told == [7])  # at once, for what was told before
        harness.events.tell([7, 8])
        await there.until(lambda: there.told == [7, 7])
    assert harness.told == []


@pytest_twisted.ensureDeferred
async def test_the_depth_is_looked_at_by_the_link_itself(harness):
    harness.queue.publish(2, FAST, named(0, 300))
    await harness.until(lambda: harness.queue.publisher.outgoing.waiting == 0)
    await harness.link._look()
    assert harness.queue.depth(2, FAST) == 300
    assert harness.link.standing().dead == 0


def of_lane(rabbitmq: RabbitMQ, do: str) -> None:
    """Do something with the process of carrier 1's lane at RabbitMQ; its id is called Id there."""
    found = (
        f'Q <- rabbit_amqqueue:list(), element(4, amqqueue:get_name(Q)) =:= <<"{LANE}">>, Id <- [amqqueue:get_pid(Q)]'
    )
    assert rabbitmq.evaluate(f"length([{do} || {found}])") == "1"


@pytest_twisted.ensureDeferred
async def test_a_lane_whose_process_has_ended_keeps_its_carrier_from_rabbitmq_and_no_other(
    harness, rabbitmq, proxy, broker_url
):
    async with node(broker_url.replace(str(rabbitmq.port), str(proxy.port)), "cut") as rig:
        good, bad = Consumer(), Consumer()
        rig.queue.consume(1, bad.take, 10)
        rig.queue.consume(2, good.take, 10)
        await rig.settle()
        of_lane(rabbitmq, "ra:stop_server(quorum_queues, Id)")
        try:
            proxy.cut()
            await rig.until(lambda: 1 in rig.queue.aside)
            await rig.until(lambda: rig.link.standing().up)
            rig.queue.publish(2, FAST, named(0, 3))
            await rig.until(lambda: good.ids() == named(0, 3))
            rig.rows.waiting = [made(0, 1)]
            await rig.until(lambda: bad.ids() == [made(0, 1)])
            rig.rows.waiting = []
            bad.ack_all()
        finally:
            of_lane(rabbitmq, "ra:restart_server(quorum_queues, Id)")
        await rig.until(
            lambda: rig.link._try() or 1 not in rig.queue.aside
        )  # there is no waiting for the link's next look
        harness.queue.publish(1, FAST, named(3, 5))
        await rig.until(lambda: bad.ids() == named(3, 5))


@pytest_twisted.ensureDeferred
async def test_a_lane_that_takes_nothing_leaves_the_others_their_way(harness, rabbitmq):
    consumer = consume(harness)
    harness.queue.consume(2, harness.consumer.take, 10)
    await harness.settle()
    of_lane(rabbitmq, "ra:stop_server(quorum_queues, Id)")
    try:
        harness.queue.publish(1, FAST, named(0, 20_000))
        await harness.until(lambda: harness.queue.publisher.outgoing.refused == {1})
        assert harness.queue.publisher.outgoing.waiting <= 10_000
        harness.queue.publish(2, FAST, named(20_000, 20_100))
        await harness.until(lambda: named(20_000, 20_100)[0] in consumer.ids())
        harness.rows.waiting = [made(0, 1)]
        await harness.until(lambda: made(0, 1) in consumer.ids())
        harness.rows.waiting = []
        consumer.ack_all()
    finally:
        of_lane(rabbitmq, "ra:restart_server(quorum_queues, Id)")
    await harness.until(lambda: harness.queue.publisher.outgoing.waiting == 0)
    await harness.until(all_of(consumer, named(0, 10_000)))
