"""What waits to be published: bounded, in order, and nobody waits behind another carrier."""

import pytest

from mobilesasa.queue.outgoing import Outgoing
from tests.queue.contract import BULK, FAST, named

ALL = frozenset(range(1, 10))


@pytest.fixture
def outgoing() -> Outgoing:
    return Outgoing(bound=1000)


def ids(bodies):
    return [each for body in bodies for each in body.ids]


def test_what_was_added_is_taken_in_bodies_of_a_hundred(outgoing):
    outgoing.add(1, FAST, named(0, 150))
    outgoing.add(1, FAST, named(150, 230))
    bodies = outgoing.take(10, ALL)
    assert [len(body.ids) for body in bodies] == [100, 100, 30]
    assert ids(bodies) == named(0, 230)
    assert not outgoing


def test_no_more_is_taken_than_is_asked_for(outgoing):
    outgoing.add(1, FAST, named(0, 500))
    assert ids(outgoing.take(2, ALL)) == named(0, 200)
    assert outgoing.take(0, ALL) == []
    assert outgoing.take(-1, ALL) == []
    assert ids(outgoing.take(9, ALL)) == named(200, 500)


def test_carriers_take_turns(outgoing):
    outgoing.add(1, FAST, named(0, 500))
    outgoing.add(2, FAST, named(500, 700))
    assert [body.carrier_id for body in outgoing.take(3, ALL)] == [1, 2, 1]
    assert [body.carrier_id for body in outgoing.take(9, ALL)] == [2, 1, 1, 1]


def test_bulk_goes_when_nothing_else_is_left(outgoing):
    outgoing.add(1, BULK, named(0, 100))
    outgoing.add(2, FAST, named(100, 300))
    assert [body.lane for body in outgoing.take(9, ALL)] == [FAST, FAST, BULK]


def test_a_carrier_that_is_not_ready_keeps_its_place_and_holds_up_nobody(outgoing):
    outgoing.add(1, FAST, named(0, 1))
    outgoing.add(2, FAST, named(1, 2))
    assert [body.carrier_id for body in outgoing.take(9, {2})] == [2]
    assert outgoing.carriers() == {1}
    assert ids(outgoing.take(9, ALL)) == named(0, 1)


def test_what_is_put_back_goes_first_in_its_order(outgoing):
    outgoing.add(1, FAST, named(0, 300))
    bodies = outgoing.take(2, ALL)
    outgoing.add(1, FAST, named(300, 301))
    outgoing.put_back(bodies)
    assert ids(outgoing.take(9, ALL)) == named(0, 301)


def test_what_was_all_taken_and_put_back_is_taken_again(outgoing):
    outgoing.add(1, FAST, named(0, 3))
    outgoing.put_back(outgoing.take(9, ALL))
    assert ids(outgoing.take(9, ALL)) == named(0, 3)


def test_what_is_taken_counts_until_it_is_confirmed(outgoing):
    outgoing.add(1, FAST, named(0, 250))
    outgoing.add(1, BULK, named(250, 260))
    bodies = outgoing.take(1, ALL)
    assert (outgoing.waiting, outgoing.of_lane(1, FAST), outgoing.of_lane(1, BULK)) == (260, 250, 10)
    outgoing.confirmed(bodies)
    assert (outgoing.waiting, outgoing.of_lane(1, FAST), outgoing.of_lane(2, FAST)) == (160, 150, 0)


def test_what_does_not_fit_is_counted_and_not_kept(outgoing):
    outgoing.add(1, FAST, named(0, 990))
    outgoing.add(2, FAST, named(990, 1010))
    outgoing.add(2, FAST, named(1010, 1011))
    assert (outgoing.waiting, outgoing.dropped) == (1000, 11)
    assert ids(outgoing.take(99, {2})) == named(990, 1000)
