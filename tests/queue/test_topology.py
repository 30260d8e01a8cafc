"""Exchanges and queues: their names, and what is said when RabbitMQ has others of the same name."""

import pytest
import pytest_twisted
from hypothesis import given
from hypothesis import strategies as st
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock

from mobilesasa.core.model import Lane
from mobilesasa.queue.amqp.errors import ChannelError
from mobilesasa.queue.topology import DEAD, LANE_ARGUMENTS, TopologyError, declare, declare_lanes, lane_name, lane_of
from tests.fakes.amqp import FakeBroker
from tests.queue.contract import BULK, FAST
from tests.queue.rig import channel_of

CLOCKED = 60  # turns: more than any declaration takes


@pytest.fixture
def broker() -> FakeBroker:
    return FakeBroker(Clock())


def done(broker, work):
    """Run it to its end and return what it raised, if anything."""
    ended = Deferred.fromCoroutine(work)
    failures = []
    ended.addErrback(failures.append)
    broker.clock.pump([0] * CLOCKED)
    assert ended.called
    return failures[0].value if failures else None


def test_a_lane_has_the_carrier_s_id_and_its_own_name_behind_the_version():
    assert (lane_name(7, FAST), lane_name(7, BULK)) == ("mobilesasa.v1.7.transactional", "mobilesasa.v1.7.bulk")


@given(st.integers(1, 10**15), st.sampled_from(Lane))
def test_a_name_says_whose_lane_it_is(carrier_id, lane):
    assert lane_of(lane_name(carrier_id, lane)) == (carrier_id, lane)


@pytest.mark.parametrize("name", ["", DEAD, "mobilesasa.v1.7", "mobilesasa.v2.7.bulk", "mobilesasa.v1.07.bulk", "x"])
def test_another_name_is_no_lane(name):
    assert lane_of(name) is None


def test_all_of_it_is_declared_and_a_second_time_changes_nothing(broker):
    for _ in range(2):
        assert done(broker, declare(broker.channel())) is None
        assert done(broker, declare_lanes(broker.channel(), 7)) is None
    assert set(broker.queues) == {DEAD, lane_name(7, FAST), lane_name(7, BULK)}
    assert broker.queues[lane_name(7, FAST)].arguments == LANE_ARGUMENTS
    assert broker.bindings == {
        (DEAD, ""): [DEAD],
        ("mobilesasa.v1.lanes", lane_name(7, FAST)): [lane_name(7, FAST)],
        ("mobilesasa.v1.lanes", lane_name(7, BULK)): [lane_name(7, BULK)],
    }


def test_a_queue_with_other_arguments_is_named_with_what_to_do(broker):
    done(broker, broker.channel().declare_queue(lane_name(7, FAST), arguments={"x-queue-type": "classic"}))
    error = done(broker, declare_lanes(broker.channel(), 7))
    assert isinstance(error, TopologyError)
    assert str(error).startswith("RabbitMQ has the queue mobilesasa.v1.7.transactional with other arguments than ours")
    assert "rabbitmqctl delete_queue mobilesasa.v1.7.transactional" in str(error)


def test_an_exchange_of_another_kind_is_named_with_what_to_do(broker):
    channel = broker.channel()
    channel.refuses["declare_exchange"] = ChannelError(406, "PRECONDITION_FAILED - inequivalent arg 'type'")
    assert "delete the exchange mobilesasa.v1.lanes" in str(done(broker, declare(channel)))


def test_another_refusal_is_rabbitmq_s_own(broker):
    channel = broker.channel()
    channel.refuses["declare_queue"] = ChannelError(403, "ACCESS_REFUSED - no access to the queue")
    assert isinstance(done(broker, declare(channel)), ChannelError)


@pytest_twisted.ensureDeferred
async def test_rabbitmq_takes_it_twice_and_says_what_is_different(broker_url):
    async with channel_of(broker_url) as channel:
        for _ in range(2):
            await declare(channel)
            await declare_lanes(channel, 7)
        await channel.declare_queue(lane_name(8, FAST), arguments={"x-queue-type": "classic"})
        with pytest.raises(TopologyError, match=r"mobilesasa\.v1\.8\.transactional .* rabbitmqctl delete_queue"):
            await declare_lanes(channel, 8)
