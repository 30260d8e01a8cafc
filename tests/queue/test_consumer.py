"""How hints come from RabbitMQ, what is told of them, and when a lane rests: on one in memory."""

import pytest

from mobilesasa.queue.amqp.errors import ChannelError
from mobilesasa.queue.consumer import FILL_IN_S, RETRY_S
from mobilesasa.queue.envelope import read_body, write_body
from mobilesasa.queue.hold import REST_S
from mobilesasa.queue.missed import PAGE
from tests.fakes.amqp import FakeMessage
from tests.queue.contract import FAST, Consumer, named
from tests.queue.rig import LANE, made


def consume(rig, prefetch=100, carrier_id=1):
    consumer = Consumer()
    subscription = rig.queue.consume(carrier_id, consumer.take, prefetch)
    rig.turn()
    return consumer, subscription


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


def test_a_body_handed_back_that_comes_before_its_turn_is_delivered_once(rig):
    consumer, _ = consume(rig, prefetch=2)
    rig.queue.publish(1, FAST, named(0, 3))
    rig.turn()
    rig.go_down()
    rig.broker.queues[LANE].ready.clear()
    rig.come_up()
    consumer.bodies.pop().nack()
    rig.broker.put(LANE, write_body(named(0, 3)))
    rig.broker.pump(LANE)
    rig.turn()
    assert consumer.ids() == named(0, 3)


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


def overdue(rig, count):
    """Let so many messages wait in the store for an hour, which no hint names."""
    rig.rows.waiting = [made(3600, number) for number in range(count)]
    return list(rig.rows.waiting)


def carried(rig, consumer):
    """Carry what comes until nothing does; returns how many messages that was."""
    count = 0
    while ids := consumer.ids():
        count += len(ids)
        rig.rows.waiting = sorted({*rig.rows.waiting} - {*ids})
        consumer.ack_all()
        rig.turn()
    return count


def test_a_look_brings_all_that_no_hint_names_when_rabbitmq_has_no_more(rig):
    consumer, _ = consume(rig, prefetch=2)
    overdue(rig, 2 * PAGE + 10)
    rig.queue.publish(1, FAST, named(0, 100))
    rig.queue.look_again()
    rig.turn()
    assert carried(rig, consumer) == 2 * PAGE + 10 + 100


def test_a_look_brings_a_page_while_rabbitmq_may_have_what_is_overdue(rig):
    consumer, _ = consume(rig, prefetch=2)
    rig.queue.publish(1, FAST, named(0, 1000))
    rig.turn()
    overdue(rig, 2 * PAGE)
    rig.queue.look_again()
    rig.turn()
    assert carried(rig, consumer) == 1000 + PAGE


def test_a_look_at_once_brings_what_a_dead_node_had_no_time_to_name(rig):
    consumer, _ = consume(rig)
    rig.rows.waiting = [made(0, 1)]
    rig.queue.look_again()
    rig.turn()
    assert consumer.ids() == []
    rig.queue.look_again(at_once=True)
    rig.turn()
    assert consumer.ids() == [made(0, 1)]


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


def test_while_rabbitmq_is_away_the_store_is_read_in_its_place(rig):
    consumer, _ = consume(rig)
    rig.go_down()
    rig.queue.consumer.fill_in(True)
    rig.rows.waiting = [made(0, n) for n in range(3)]
    rig.wait(FILL_IN_S)
    assert consumer.ids() == rig.rows.waiting


def test_what_comes_while_a_page_is_in_hand_is_read_behind_it(rig):
    consumer, _ = consume(rig)
    rig.go_down()
    rig.queue.consumer.fill_in(True)
    rig.rows.waiting = [made(0, 1)]
    rig.wait(FILL_IN_S)
    rig.rows.waiting = [made(0, 2)]
    rig.wait(FILL_IN_S)
    assert consumer.ids() == [made(0, 1)]
    consumer.ack_all()
    rig.turn()
    assert consumer.ids() == rig.rows.waiting


def test_when_hints_get_through_again_the_store_is_left_alone(rig):
    consumer, _ = consume(rig)
    rig.queue.consumer.fill_in(True)
    rig.queue.consumer.fill_in(True)
    rig.queue.consumer.fill_in(False)
    rig.rows.waiting = [made(0, 1)]
    rig.wait(10 * FILL_IN_S)
    assert consumer.ids() == []


def test_when_one_carrier_is_served_again_its_lanes_are_read_once_more_and_left_alone(rig):
    consumer, _ = consume(rig)
    rig.queue.consumer.fill_in_for(1, True)
    rig.rows.waiting = [made(0, 1)]
    rig.queue.consumer.fill_in_for(1, False)
    rig.turn()
    assert consumer.ids() == [made(0, 1)]
    asked = len(rig.rows.asked)
    rig.wait(10 * FILL_IN_S)
    assert len(rig.rows.asked) == asked


def test_bodies_of_a_lane_that_was_deleted_stay_with_the_consumer_and_not_with_the_channel(rig):
    consumer, subscription = consume(rig, prefetch=1)
    rig.queue.publish(1, FAST, named(0, 300))
    rig.turn()
    rig.broker.delete(LANE)
    rig.turn()
    assert (consumer.ids(), rig.into.unacked) == (named(0, 100), [])
    subscription.cancel()
    rig.turn()
    assert rig.into.unacked == []
