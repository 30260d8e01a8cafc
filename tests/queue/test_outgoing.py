"""What waits to be published: bounded, in order, and nobody waits behind another carrier."""

import pytest

from mobilesasa.queue.outgoing import LANE_WINDOW, REFUSALS, Outgoing
from tests.queue.contract import BULK, FAST, named

ALL = frozenset(range(1, 10))
NOW_S = 5.0


@pytest.fixture
def outgoing() -> Outgoing:
    return Outgoing(bound=1000)


def ids(bodies):
    return [each for body in bodies for each in body.ids]


def test_what_was_added_is_taken_in_bodies_of_a_hundred(outgoing):
    outgoing.add(1, FAST, named(0, 150))
    outgoing.add(1, FAST, named(150, 230))
    bodies = outgoing.take(10, ALL, NOW_S)
    assert [len(body.ids) for body in bodies] == [100, 100, 30]
    assert ids(bodies) == named(0, 230)
    assert not outgoing


def test_no_more_is_taken_than_is_asked_for(outgoing):
    outgoing.add(1, FAST, named(0, 500))
    assert ids(outgoing.take(2, ALL, NOW_S)) == named(0, 200)
    assert outgoing.take(0, ALL, NOW_S) == []
    assert outgoing.take(-1, ALL, NOW_S) == []
    assert ids(outgoing.take(9, ALL, NOW_S)) == named(200, 500)


def test_carriers_take_turns(outgoing):
    outgoing.add(1, FAST, named(0, 500))
    outgoing.add(2, FAST, named(500, 700))
    assert [body.carrier_id for body in outgoing.take(3, ALL, NOW_S)] == [1, 2, 1]
    assert [body.carrier_id for body in outgoing.take(9, ALL, NOW_S)] == [2, 1, 1, 1]


def test_bulk_goes_when_nothing_else_is_left(outgoing):
    outgoing.add(1, BULK, named(0, 100))
    outgoing.add(2, FAST, named(100, 300))
    assert [body.lane for body in outgoing.take(9, ALL, NOW_S)] == [FAST, FAST, BULK]


def test_a_carrier_that_is_not_ready_keeps_its_place_and_holds_up_nobody(outgoing):
    outgoing.add(1, FAST, named(0, 1))
    outgoing.add(2, FAST, named(1, 2))
    assert [body.carrier_id for body in outgoing.take(9, {2}, NOW_S)] == [2]
    assert outgoing.carriers() == {1}
    assert ids(outgoing.take(9, ALL, NOW_S)) == named(0, 1)


def test_what_is_put_back_goes_first_in_its_order(outgoing):
    outgoing.add(1, FAST, named(0, 300))
    bodies = outgoing.take(2, ALL, NOW_S)
    outgoing.add(1, FAST, named(300, 301))
    outgoing.put_back(bodies)
    assert ids(outgoing.take(9, ALL, NOW_S)) == named(0, 301)


def test_what_was_all_taken_and_put_back_is_taken_again(outgoing):
    outgoing.add(1, FAST, named(0, 3))
    outgoing.put_back(outgoing.take(9, ALL, NOW_S))
    assert ids(outgoing.take(9, ALL, NOW_S)) == named(0, 3)


def test_what_is_taken_counts_until_it_is_confirmed(outgoing):
    outgoing.add(1, FAST, named(0, 250))
    outgoing.add(1, BULK, named(250, 260))
    bodies = outgoing.take(1, ALL, NOW_S)
    assert (outgoing.waiting, outgoing.of_lane(1, FAST), outgoing.of_lane(1, BULK)) == (260, 250, 10)
    outgoing.confirmed(bodies, NOW_S)
    assert (outgoing.waiting, outgoing.of_lane(1, FAST), outgoing.of_lane(2, FAST)) == (160, 150, 0)


def test_what_does_not_fit_is_counted_and_not_kept(outgoing):
    outgoing.add(1, FAST, named(0, 990))
    outgoing.add(2, FAST, named(990, 1010))
    outgoing.add(2, FAST, named(1010, 1011))
    assert (outgoing.waiting, outgoing.dropped) == (1000, 11)
    assert ids(outgoing.take(99, {2}, NOW_S)) == named(990, 1000)


# Of a lane that RabbitMQ refuses


def refused(outgoing, times=REFUSALS, carrier_id=1):
    """Have a lane refused so many times."""
    for _ in range(times):
        bodies = outgoing.take(99, {carrier_id}, NOW_S)
        outgoing.put_back(bodies)
        outgoing.refuse(bodies)


def test_of_a_lane_no_more_than_its_window_are_out_and_the_others_have_the_rest():
    outgoing = Outgoing(bound=100_000)
    outgoing.add(1, FAST, named(0, 100 * LANE_WINDOW + 300))
    outgoing.add(2, FAST, named(0, 300))
    bodies = outgoing.take(500, ALL, NOW_S)
    assert [sum(body.carrier_id == each for body in bodies) for each in (1, 2)] == [LANE_WINDOW, 3]
    outgoing.confirmed(bodies[:1], NOW_S)
    assert [body.carrier_id for body in outgoing.take(500, ALL, NOW_S)] == [1]


def test_a_lane_that_was_refused_tries_one_body_at_a_time(outgoing):
    outgoing.add(1, FAST, named(0, 500))
    refused(outgoing, 1)
    bodies = outgoing.take(9, ALL, NOW_S)
    assert ids(bodies) == named(0, 100)
    assert outgoing.take(9, ALL, NOW_S) == []
    assert outgoing.confirmed(bodies, NOW_S) == {1}
    assert ids(outgoing.take(9, ALL, NOW_S)) == named(100, 500)


def test_a_lane_that_is_refused_again_and_again_keeps_the_oldest_of_its_share(outgoing):
    outgoing.add(1, FAST, named(0, 500))
    refused(outgoing, REFUSALS - 1)
    assert (outgoing.waiting, outgoing.refused) == (500, set())
    refused(outgoing, 1)
    assert (outgoing.waiting, outgoing.dropped, outgoing.refused) == (50, 450, {1})
    outgoing.add(1, FAST, named(500, 600))
    outgoing.add(1, BULK, named(600, 700))
    assert (outgoing.of_lane(1, FAST), outgoing.of_lane(1, BULK)) == (50, 100)
    assert ids(outgoing.take(1, ALL, NOW_S)) == named(0, 50)


def test_who_is_refused_is_told_the_first_time(outgoing):
    outgoing.add(1, FAST, named(0, 300))
    outgoing.add(2, FAST, named(300, 400))
    bodies = outgoing.take(9, ALL, NOW_S)
    outgoing.put_back(bodies)
    assert outgoing.refuse(bodies) == {1, 2}
    assert outgoing.refuse(bodies) == set()


def test_a_carrier_is_well_when_no_lane_of_it_is_refused(outgoing):
    outgoing.add(1, FAST, named(0, 3))
    outgoing.add(1, BULK, named(3, 6))
    refused(outgoing)
    fast, bulk = outgoing.take(9, ALL, NOW_S)
    assert outgoing.confirmed([fast], NOW_S) == set()
    assert outgoing.refused == {1}
    assert outgoing.confirmed([bulk], NOW_S) == {1}
    assert outgoing.refused == set()


def test_the_carrier_for_which_a_confirm_is_owed_for_the_longest_time_is_silent(outgoing):
    assert outgoing.silent(NOW_S) is None
    outgoing.add(2, FAST, named(0, 100))
    outgoing.add(1, FAST, named(100, 300))
    (second,), first = outgoing.take(1, {2}, NOW_S), outgoing.take(9, ALL, NOW_S)
    assert outgoing.silent(NOW_S - 0.1) is None
    assert outgoing.silent(NOW_S) == 2
    outgoing.confirmed([second], NOW_S + 5)
    assert outgoing.silent(NOW_S + 5) == 1
    outgoing.confirmed(first[:1], NOW_S + 20)
    assert outgoing.silent(NOW_S + 19) is None
    outgoing.put_back(first[1:])
    assert outgoing.silent(NOW_S + 99) is None


def test_of_a_carrier_that_is_aside_nothing_is_taken_and_all_is_kept_for_it_may_be_chance(outgoing):
    outgoing.add(1, FAST, named(0, 300))
    outgoing.lay_aside(1, True, unserved=False)
    assert (outgoing.of_lane(1, FAST), outgoing.refused, outgoing.take(9, ALL, NOW_S)) == (300, set(), [])


def test_of_a_carrier_that_is_not_served_nothing_is_taken_and_a_share_is_kept(outgoing):
    outgoing.add(1, FAST, named(0, 300))
    outgoing.add(2, FAST, named(300, 310))
    bodies = outgoing.take(1, {1}, NOW_S)
    outgoing.lay_aside(1, True, unserved=True)
    assert (outgoing.of_lane(1, FAST), outgoing.dropped, outgoing.refused) == (100, 200, {1})
    outgoing.add(1, BULK, named(310, 400))
    outgoing.put_back(bodies)
    assert ids(outgoing.take(9, ALL, NOW_S)) == named(300, 310)
    outgoing.lay_aside(1, False, unserved=False)
    assert outgoing.refused == set()
    assert ids(outgoing.take(9, ALL, NOW_S)) == [*named(0, 100), *named(310, 360)]


def test_a_share_is_a_message_at_least():
    outgoing = Outgoing(bound=3)
    outgoing.add(1, FAST, named(0, 3))
    refused(outgoing)
    assert ids(outgoing.take(9, ALL, NOW_S)) == named(0, 1)
