"""How hints leave for RabbitMQ: on one in memory."""

from twisted.internet.defer import Deferred

from mobilesasa.queue.consumer import FILL_IN_S
from mobilesasa.queue.envelope import read_body
from mobilesasa.queue.outgoing import LANE_WINDOW, REFUSALS
from mobilesasa.queue.publisher import RETRY_S, SILENT_S, WINDOW
from tests.queue.contract import BULK, FAST, named
from tests.queue.rig import LANE, OTHER, FakeRig, made


def draining(queue):
    return Deferred.fromCoroutine(queue.drain())


def published(rig, at=0):
    """The ids of the bodies published on the channel so far, a list a body."""
    return [read_body(body) for _, _, body in rig.out.published[at:]]


def test_what_is_named_in_one_turn_leaves_in_as_few_bodies_as_hold_it(rig):
    for number in range(150):
        rig.queue.publish(1, FAST, named(number, number + 1))
    rig.turn()
    assert published(rig) == [named(0, 100), named(100, 150)]
    assert rig.out.published[0][:2] == ("mobilesasa.v1.lanes", LANE)


def test_a_window_of_bodies_is_unconfirmed_and_no_more(rig):
    rig.broker.holding = True
    carriers = range(1, 11)
    for carrier_id in carriers:
        for lane in (FAST, BULK):
            rig.queue.publish(carrier_id, lane, named(0, 100 * LANE_WINDOW))
    rig.turn()
    assert (len(rig.out.published), rig.queue.publisher.unconfirmed) == (WINDOW, WINDOW)
    rig.broker.holding = False
    rig.out.settle_some()
    rig.turn()
    assert len(rig.out.published) == 2 * len(carriers) * LANE_WINDOW
    assert (rig.queue.publisher.unconfirmed, rig.queue.publisher.outgoing.waiting) == (0, 0)
    assert rig.queue.publisher.counts.confirmed == 2 * len(carriers) * LANE_WINDOW


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
    assert logged() == ["0 messages wait for RabbitMQ, and none has to be left out any more"]


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


# A lane that RabbitMQ refuses


def test_a_lane_that_is_refused_for_long_fills_no_node_and_is_said_once_and_when_it_is_over(logged):
    rig = FakeRig(bound=10_000)
    rig.come_up()
    rig.broker.refusing = {OTHER}
    for round_ in range(10):
        rig.queue.publish(2, FAST, named(2000 * round_, 2000 * (round_ + 1)))
        rig.wait(RETRY_S)
    assert logged() == ["a body for carrier 2 goes out again: RabbitMQ refuses to keep it"]
    assert (rig.queue.publisher.outgoing.waiting, rig.queue.full) == (500, False)
    rig.broker.refusing = set()
    rig.wait(RETRY_S)
    assert logged() == ["RabbitMQ takes what is for carrier 2 again"]
    assert rig.queue.publisher.outgoing.waiting == 0


def test_the_store_is_read_in_the_place_of_a_lane_that_rabbitmq_refuses(rig):
    rig.queue.consume(1, rig.consumer.take, 100)
    rig.turn()
    rig.broker.refusing = {LANE}
    rig.queue.publish(1, FAST, named(0, 3))
    for _ in range(REFUSALS):
        rig.wait(RETRY_S)
    rig.rows.waiting = [made(0, 1)]
    rig.wait(FILL_IN_S)
    assert rig.consumer.ids() == [made(0, 1)]
    rig.rows.waiting = [made(0, 2)]
    rig.consumer.ack_all()
    rig.broker.refusing = set()
    rig.wait(RETRY_S)
    assert rig.consumer.ids() == [made(0, 2), *named(0, 3)]
    asked = len(rig.rows.asked)
    rig.wait(10 * FILL_IN_S)
    assert len(rig.rows.asked) == asked


def test_the_carrier_that_holds_up_the_others_is_named_after_a_while_unless_rabbitmq_takes_nothing_at_all(rig):
    rig.broker.holding = True
    rig.queue.publish(2, FAST, named(0, 3))
    rig.turn()
    rig.wait(1)
    rig.queue.publish(1, FAST, named(3, 4))
    rig.wait(SILENT_S - 1.1)
    assert rig.queue.publisher.silent() is None
    rig.wait(0.1)
    assert rig.queue.publisher.silent() == 2
    rig.blocked = True
    assert rig.queue.publisher.silent() is None
    rig.blocked = False
    rig.go_down()
    assert rig.queue.publisher.silent() is None


def test_nothing_is_published_before_everything_is_declared(rig):
    rig.go_down()
    for carrier_id in (1, 2, 3):
        rig.queue.publish(carrier_id, FAST, named(carrier_id, carrier_id + 1))
    rig.broker.asked.clear()
    seen = []
    rig.broker.holding = True
    out = rig.broker.channel()
    out.settled = rig._settled
    out.publish = lambda *published: seen.append((published[1], len(rig.broker.asked)))
    done = Deferred.fromCoroutine(rig.queue.publisher.came_up(out, (), lambda: False))
    rig.turn()
    assert done.called
    assert [asked for _, asked in seen] == [12, 12, 12]  # two lanes of three carriers, declared and bound
