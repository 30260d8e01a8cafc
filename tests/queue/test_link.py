"""The two connections to RabbitMQ: what stands, what is looked at, and how it ends. The connections are made up."""

import attrs
import pytest
from twisted.internet.defer import Deferred, succeed
from twisted.internet.task import Clock

from mobilesasa.queue.amqp.errors import ChannelError, ChannelLost
from mobilesasa.queue.amqp.url import AmqpUrl
from mobilesasa.queue.aside import AGAIN_S, FORGIVEN_S
from mobilesasa.queue.consumer import FILL_IN_S
from mobilesasa.queue.depths import EVERY_S, Depths
from mobilesasa.queue.envelope import read_body, write_body
from mobilesasa.queue.events import TeamEvents
from mobilesasa.queue.hold import REST_S
from mobilesasa.queue.link import DRAIN_S, RabbitLink
from mobilesasa.queue.rabbit import RabbitQueue
from mobilesasa.queue.topology import DEAD, lane_name
from tests.fakes.amqp import FakeBroker, FakeChannel, FakeLane
from tests.queue.contract import FAST, Consumer, named
from tests.queue.rig import NOW_MS, made
from tests.queue.rows import Rows


@attrs.define(eq=False)
class FakeConnection:
    """See `queue.amqp.connection.Connection`; the test says when it is up."""

    broker: FakeBroker
    name: str
    up: object
    down: object
    channel: FakeChannel | None = None
    state: str = "stopped"
    blocked: str = ""
    unblocked: object = None
    failing: bool = False

    @property
    def is_blocked(self) -> bool:
        return self.blocked != ""

    def startService(self) -> None:
        self.state = "connecting"

    def stopService(self) -> Deferred[None]:
        self.state = "stopped"
        return succeed(None)

    async def aside(self) -> FakeChannel:
        if self.failing:
            raise ChannelLost("away")
        return self.broker.channel()

    def begin_again(self, why: str) -> None:
        self.go_down(why)

    def come_up(self) -> None:
        channel = self.broker.channel()
        done = Deferred.fromCoroutine(self.up(channel))
        self.broker.clock.pump([0] * 60)
        assert done.called
        done.addErrback(lambda failure: failure.trap(ChannelLost))
        if self.state != "stopped":
            self.channel, self.state = channel, "up"

    def go_down(self, why: str) -> None:
        self.channel.lose()
        self.channel, self.state = None, f"away: {why}"
        self.down(why)


class Rig:
    def __init__(self, bound: int = 200_000) -> None:
        self.clock = Clock()
        self.broker = FakeBroker(self.clock)
        self.rows = Rows()
        self.queue = RabbitQueue(self.clock, self.now_ms, self.rows.refill, bound)
        self.told: list[int] = []
        self.events = TeamEvents(self.clock, self.told.append)
        self.made: list[FakeConnection] = []
        self.link = RabbitLink(
            self.clock,
            self.now_ms,
            AmqpUrl(host="h", port=1),
            "n1",
            self.queue,
            self.events,
            lambda: [1],
            self._connect,
        )
        self.out, self.into, self.trial = self.made

    def _connect(self, clock, url, name, up, down):
        self.made.append(FakeConnection(self.broker, name, up, down))
        return self.made[-1]

    def now_ms(self):
        return NOW_MS + round(1000 * self.clock.seconds())

    def start(self):
        self.link.start()
        self.out.come_up()
        self.into.come_up()
        return self

    def wait(self, seconds):
        self.clock.advance(seconds)
        self.clock.pump([0] * 60)

    def stop(self):
        return Deferred.fromCoroutine(self.link.stop())


@pytest.fixture
def rig() -> Rig:
    return Rig()


def test_rabbitmq_shows_which_node_publishes_and_consumes(rig):
    assert [each.name for each in rig.made] == ["mobilesasa n1 out", "mobilesasa n1 in", "mobilesasa n1 trial"]


def test_it_is_up_when_both_connections_are_and_says_since_when(rig):
    rig.link.start()
    assert (rig.link.standing().up, rig.link.standing().state) == (False, "connecting")
    rig.wait(5)
    rig.out.come_up()
    assert (rig.link.standing().up, rig.link.standing().state) == (False, "publishing up; consuming connecting")
    rig.into.come_up()
    assert (rig.link.standing().up, rig.link.standing().state) == (True, "up")
    assert rig.link.standing().since_ms == NOW_MS + 5000
    rig.wait(5)
    rig.into.go_down("no heartbeat for 20 s")
    rig.out.go_down("no heartbeat for 20 s")
    standing = rig.link.standing()
    assert (standing.up, standing.state, standing.since_ms) == (False, "away: no heartbeat for 20 s", NOW_MS + 10_000)


def test_what_waits_and_what_became_of_the_rest_is_shown(rig):
    rig.start()
    rig.queue.publish(1, FAST, named(0, 150))
    rig.events.tell([7])
    rig.wait(1)
    rig.broker.holding = True
    rig.queue.publish(1, FAST, named(150, 350))
    rig.wait(1)
    standing = rig.link.standing()
    assert (standing.waiting, standing.unconfirmed, standing.dropped, standing.bound) == (200, 2, 0, 200_000)
    assert (standing.counts.published, standing.counts.confirmed) == (4, 2)
    rig.out.blocked = "memory"
    assert rig.link.standing().blocked == "memory"


def test_what_is_published_and_told_waits_while_rabbitmq_is_blocked(rig):
    rig.start()
    rig.events.follow(7)
    rig.wait(0)
    rig.told.clear()
    rig.out.blocked = "memory"
    rig.queue.publish(1, FAST, named(0, 3))
    rig.events.tell([7])
    rig.wait(1)
    assert rig.out.channel.published == []
    rig.out.blocked = ""
    rig.out.unblocked()
    rig.wait(0)
    assert (len(rig.out.channel.published), rig.told) == (2, [7])


def test_the_depths_are_looked_at_now_and_then(rig):
    rig.start()
    rig.queue.publish(1, FAST, named(0, 300))
    rig.wait(0)
    assert rig.queue.depth(1, FAST) == 0  # not looked at yet
    assert rig.link.standing().dead is None
    rig.wait(EVERY_S)
    assert rig.queue.depth(1, FAST) == 300
    assert rig.link.standing().dead == 0


def test_while_rabbitmq_is_away_nobody_looks(rig):
    rig.start()
    rig.into.go_down("gone")
    rig.wait(EVERY_S)
    assert rig.link.standing().dead is None


def test_a_look_that_fails_is_left_to_the_next(rig):
    rig.start()
    rig.into.failing = True
    rig.wait(EVERY_S)
    assert rig.link.standing().dead is None
    rig.into.failing = False
    rig.wait(EVERY_S)
    assert rig.link.standing().dead == 0


def test_a_look_that_is_our_defect_is_logged_and_does_not_end_the_looks(rig, flush_logged):
    rig.start()
    rig.link._depths, depths = None, rig.link._depths
    rig.wait(EVERY_S)
    assert len(flush_logged(AttributeError)) == 1
    rig.link._depths = depths
    rig.wait(EVERY_S)
    assert rig.link.standing().dead == 0


def test_a_lane_that_is_gone_is_left_out_of_the_depths(rig):
    rig.start()
    rig.wait(EVERY_S)
    rig.broker.delete(lane_name(1, FAST))
    rig.broker.delete(DEAD)
    rig.wait(EVERY_S)
    assert rig.queue.depth(1, FAST) == 0
    assert rig.link.standing().dead is None


def test_bodies_that_are_in_hand_for_long_are_let_go_by_and_by(rig):
    rig.start()
    rig.queue.consume(1, Consumer().take, 10)
    rig.queue.publish(1, FAST, named(0, 3))
    rig.wait(0)
    assert rig.into.channel.unacked == [1]
    rig.wait(REST_S + EVERY_S)
    assert rig.into.channel.unacked == []


def test_who_stops_waits_until_all_is_confirmed_for_a_while(rig):
    rig.start()
    rig.broker.holding = True
    rig.queue.publish(1, FAST, named(0, 3))
    rig.wait(0)
    stopped = rig.stop()
    assert (stopped.called, rig.out.state) == (False, "up")
    rig.wait(DRAIN_S)
    assert (stopped.called, rig.out.state, rig.into.state) == (True, "stopped", "stopped")


def test_who_stops_with_nothing_to_do_is_not_held_up(rig):
    rig.start()
    assert rig.stop().called


def test_who_stops_twice_has_stopped(rig):
    rig.start()
    assert rig.stop().called
    assert rig.stop().called


def test_a_link_that_never_started_stops(rig):
    assert rig.stop().called


def test_another_refusal_than_a_missing_queue_is_not_taken_for_one(rig):
    channel = rig.broker.channel()
    channel.refuses["declare_queue"] = ChannelError(403, "ACCESS_REFUSED")

    async def aside():
        return channel

    refused = []
    Deferred.fromCoroutine(Depths(aside).of_dead()).addErrback(refused.append)
    rig.clock.pump([0] * 5)
    assert refused[0].check(ChannelError)


def test_lanes_are_read_from_the_store_while_hints_do_not_get_through(rig):
    said = []
    rig.queue.consumer.fill_in = said.append
    rig.link.start()
    assert said[-1] is True
    rig.out.come_up()
    assert said[-1] is True
    rig.into.come_up()
    assert said[-1] is False
    rig.out.blocked = "memory"
    rig.wait(EVERY_S)
    assert said[-1] is True
    rig.out.blocked = ""
    rig.out.unblocked()
    assert said[-1] is False
    rig.into.go_down("cut")
    assert said[-1] is True
    rig.stop()
    assert said[-1] is False


# A carrier that RabbitMQ does not serve

LANE = lane_name(1, FAST)
INTERNAL = "RabbitMQ closed the connection: 541 INTERNAL_ERROR"


@pytest.fixture
def unserved(rig) -> Rig:
    """Carriers 1 and 2 are consumed, RabbitMQ takes no consumer of 1, and the connection that asked for it is back."""
    rig.consumers = {carrier_id: Consumer() for carrier_id in (1, 2)}
    rig.link.start()
    rig.out.come_up()
    rig.broker.unserved = {LANE}
    for carrier_id, consumer in rig.consumers.items():
        rig.queue.consume(carrier_id, consumer.take, 10)
    rig.into.come_up()
    rig.into.go_down(INTERNAL)
    rig.into.come_up()
    return rig


def fail_trial(rig):
    assert rig.trial.state == "connecting"
    rig.trial.come_up()
    rig.trial.go_down(INTERNAL)
    assert rig.trial.state == "stopped"


def test_a_carrier_that_is_not_served_is_set_aside_and_the_others_are_consumed(unserved):
    assert unserved.link.standing().up
    unserved.queue.publish(2, FAST, named(0, 3))
    unserved.wait(0)
    assert unserved.consumers[2].ids() == named(0, 3)
    assert 1 in unserved.queue.aside
    assert 2 not in unserved.queue.aside
    assert "1" not in unserved.queue.aside


def test_the_store_is_read_in_the_place_of_a_carrier_that_is_aside(unserved):
    unserved.rows.waiting = [made(0, 1)]
    unserved.wait(FILL_IN_S)
    assert unserved.consumers[1].ids() == [made(0, 1)]


def test_nothing_is_published_to_a_carrier_that_is_aside_on_a_fresh_connection(unserved):
    unserved.out.go_down("cut")
    unserved.out.come_up()
    unserved.queue.publish(1, FAST, named(0, 3))
    unserved.wait(0)
    assert unserved.out.channel.published == []
    assert unserved.queue.publisher.declared == []


def test_a_trial_that_fails_says_the_queue_and_the_remedy_once(unserved, logged):
    fail_trial(unserved)
    assert logged() == []  # it can be chance
    unserved.wait(EVERY_S)
    fail_trial(unserved)
    (said,) = logged()
    assert said == (
        "RabbitMQ does not serve carrier 1, whose messages are read from the database meanwhile; mobilesasa.v1.1.transactional: "
        "RabbitMQ closed the connection: 541 INTERNAL_ERROR. If it stays so, delete the queue, and it is declared anew: "
        "rabbitmqctl delete_queue mobilesasa.v1.1.transactional. No message is lost by that, for the rows are in the database"
    )
    unserved.wait(2 * EVERY_S)
    fail_trial(unserved)
    assert logged() == []
    assert unserved.link.standing().up


def test_a_carrier_that_is_served_again_is_consumed_and_published_to(unserved, logged):
    for _ in range(2):
        fail_trial(unserved)
        unserved.wait(EVERY_S)
    logged()
    unserved.queue.publish(1, FAST, named(0, 3))
    unserved.broker.unserved = set()
    unserved.wait(EVERY_S)
    unserved.trial.come_up()
    unserved.wait(0)
    assert unserved.trial.state == "stopped"
    assert unserved.consumers[1].ids() == named(0, 3)
    assert logged() == ["RabbitMQ serves carrier 1 again"]
    unserved.wait(EVERY_S)
    assert unserved.trial.state == "stopped"


def test_what_came_to_the_trial_goes_back(unserved):
    unserved.broker.put(LANE, write_body(named(0, 3)))
    unserved.broker.unserved = set()
    unserved.queue.consumer._holds.clear()  # nobody consumes it here any more
    unserved.trial.come_up()
    unserved.wait(0)
    assert [read_body(each.body) for each in unserved.broker.queues[LANE].ready] == [named(0, 3)]


def test_chance_is_tried_at_once_and_not_mentioned(unserved, logged):
    unserved.broker.unserved = set()
    unserved.trial.come_up()
    unserved.wait(0)
    assert logged() == []
    unserved.queue.publish(1, FAST, named(0, 3))
    unserved.wait(0)
    assert unserved.consumers[1].ids() == named(0, 3)


def test_a_carrier_that_is_aside_again_soon_waits_longer_each_time_for_its_trial(unserved):
    aside = unserved.queue.aside
    for wait_s in (AGAIN_S, 2 * AGAIN_S, 4 * AGAIN_S):
        aside.served(1)
        aside.put(1, ChannelLost("again"))
        assert aside.due() is None
        unserved.clock.advance(wait_s - 0.1)
        assert aside.due() is None
        unserved.clock.advance(0.1)
        assert aside.due() == 1


def test_a_carrier_that_was_served_for_long_is_tried_at_once(unserved):
    aside = unserved.queue.aside
    aside.served(1)
    unserved.clock.advance(FORGIVEN_S)
    aside.put(1, ChannelLost("again"))
    aside.put(1, ChannelLost("and by the other connection"))
    assert aside.due() == 1


def test_those_that_are_aside_take_turns(unserved):
    aside = unserved.queue.aside
    unserved.wait(1)
    aside.put(2, ChannelLost("too"))
    assert aside.due() == 1
    aside.failed(1, LANE, "no answer")
    assert aside.due() == 2


def test_a_queue_with_other_arguments_keeps_its_own_carrier_from_rabbitmq_and_no_other(rig, logged):
    rig.broker.queues[LANE] = FakeLane({"x-queue-type": "classic"})
    rig.link.start()
    rig.out.come_up()
    rig.out.go_down("setting up failed")
    rig.out.come_up()
    rig.into.come_up()
    assert rig.link.standing().up
    logged()
    for _ in range(2):
        rig.trial.come_up()
        rig.trial.go_down("setting up failed")
        rig.wait(EVERY_S)
    (said,) = logged()
    assert said.count("rabbitmqctl delete_queue") == 1
    assert "with other arguments than ours" in said


def test_a_trial_for_which_there_is_no_connection_says_nothing_of_the_carrier(unserved, logged):
    unserved.trial.down("cannot connect")
    assert (unserved.trial.state, logged()) == ("stopped", [])
    unserved.wait(EVERY_S)
    assert unserved.trial.state == "connecting"


def test_nobody_is_tried_while_rabbitmq_is_away(unserved):
    fail_trial(unserved)
    unserved.out.go_down("gone")
    unserved.wait(EVERY_S)
    assert unserved.trial.state == "stopped"


def test_who_stops_gives_up_a_trial(unserved):
    stopped = unserved.stop()
    assert (stopped.called, unserved.trial.state) == (True, "stopped")
    unserved.clock.advance(2 * FILL_IN_S)
    asked = len(unserved.rows.asked)
    unserved.wait(10)
    assert len(unserved.rows.asked) == asked


def test_a_carrier_for_which_rabbitmq_confirms_nothing_is_set_aside_and_the_others_go_on(rig):
    rig.start()
    rig.broker.holding = True  # as long as the body for carrier 1 holds it up
    rig.queue.publish(1, FAST, named(0, 3))
    rig.queue.publish(2, FAST, named(3, 6))
    rig.wait(0)
    rig.wait(EVERY_S)
    assert rig.out.state == "away: RabbitMQ has not confirmed what is for carrier 1 for 10 s"
    assert 1 in rig.queue.aside
    rig.broker.holding = False
    rig.out.come_up()
    rig.wait(0)
    assert [key for _, key, _ in rig.out.channel.published] == [lane_name(2, FAST)]
    rig.trial.come_up()
    rig.wait(0)
    assert [key for _, key, _ in rig.out.channel.published] == [lane_name(2, FAST), LANE]


def test_a_carrier_that_is_not_served_fills_no_node():
    rig = Rig(bound=1000)
    rig.start()
    rig.queue.aside.put(1, ChannelLost("no answer"))
    rig.queue.publish(1, FAST, named(0, 900))
    rig.wait(0)
    assert rig.link.standing().dropped == 0  # for it may be chance
    rig.queue.aside.failed(1, LANE, "no answer")
    assert (rig.link.standing().waiting, rig.link.standing().dropped, rig.queue.full) == (50, 850, False)


def test_a_node_that_knows_no_such_key_has_no_carrier_aside(rig):
    rig.start()
    assert not rig.queue.aside
    assert rig.queue.aside.due() is None
    rig.queue.aside.put(1, ChannelLost("no answer"))
    assert rig.queue.aside
