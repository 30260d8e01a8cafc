"""What the store has and no hint named: read when a lane begins to be consumed, and looked for after that."""

import pytest
from twisted.internet.task import Clock

from mobilesasa.core.lanes import Delivery
from mobilesasa.queue.missed import AHEAD_S, OVERDUE_S, PAGE, RETRY_S, Missed
from tests.queue.contract import BULK, FAST, Consumer
from tests.queue.rig import NOW_MS, made
from tests.queue.rows import Rows


class Rig:
    def __init__(self) -> None:
        self.clock = Clock()
        self.rows = Rows()
        self.consumer = Consumer()
        self.missed = self.of_lane(FAST)

    def of_lane(self, lane):
        return Missed(self.clock, self.now_ms, self.rows.refill, 1, lane, self.consumer.take)

    def now_ms(self):
        return NOW_MS + round(1000 * self.clock.seconds())

    def turn(self):
        self.clock.pump([0] * 5)

    def carry(self):
        """Finish what is in hand."""
        done = self.consumer.ids()
        self.rows.waiting = [each for each in self.rows.waiting if each not in set(done)]
        self.consumer.ack_all()
        self.turn()
        return done


@pytest.fixture
def rig() -> Rig:
    return Rig()


def test_all_that_waits_is_read_whatever_its_age(rig):
    rig.rows.waiting = [made(3600, 1), made(1, 2), made(0, 3)]
    rig.missed.read_all()
    assert rig.consumer.bodies == []  # not from within
    rig.turn()
    assert rig.consumer.ids() == rig.rows.waiting
    assert {(body.carrier_id, body.lane) for body in rig.consumer.bodies} == {(1, FAST)}


def test_a_page_is_done_before_the_next_is_read(rig):
    rig.rows.waiting = [made(60 * 60, number) for number in range(2 * PAGE + 10)]
    rig.missed.read_all()
    rig.turn()
    assert len(rig.consumer.ids()) == PAGE
    assert max(len(body.ids) for body in rig.consumer.bodies) == 100
    for body in rig.consumer.bodies[:-1]:
        body.ack()
    rig.turn()
    assert rig.rows.of_lane(FAST) == 1
    rig.consumer.bodies.pop().ack()
    rig.consumer.bodies.clear()
    rig.turn()
    assert rig.consumer.ids() == rig.rows.waiting[PAGE : 2 * PAGE]
    rig.carry()
    assert len(rig.carry()) == 10
    assert rig.rows.of_lane(FAST) == 3
    assert rig.clock.getDelayedCalls() == []


def test_the_reading_ends_at_what_was_accepted_after_it_began(rig):
    old = [made(10, number) for number in range(PAGE)]
    rig.rows.waiting = [*old, *(made(1 - AHEAD_S, number) for number in range(PAGE))]
    rig.missed.read_all()
    rig.turn()
    assert rig.carry() == old
    assert rig.carry() == []
    assert rig.rows.of_lane(FAST) == 3  # the last one behind all that a clock which is right could have made


@pytest.mark.parametrize("how", [{"to_the_end": True}, {"at_once": True}])
def test_what_a_clock_made_that_is_ahead_is_read_with_what_is_overdue(rig, how):
    rig.rows.waiting = [made(3600, 1), made(2 - AHEAD_S, 2), made(-3600, 3)]
    rig.missed.look(**how)
    rig.turn()
    assert rig.carry() == [made(3600, 1), made(-3600, 3)]
    assert rig.rows.of_lane(FAST) == 1


def test_it_is_read_to_its_end_whatever_is_fresh_before_it(rig):
    ahead = [made(-3600, number) for number in range(PAGE + 5)]
    rig.rows.waiting = [made(3600, 1), *(made(0, number) for number in range(PAGE + 5)), *ahead]
    rig.missed.look(to_the_end=True)
    rig.turn()
    assert rig.carry() == [made(3600, 1)]
    assert rig.carry() + rig.carry() == ahead
    assert rig.rows.of_lane(FAST) == 3
    assert rig.clock.getDelayedCalls() == []


def test_a_consumer_that_begins_reads_it_too(rig):
    rig.rows.waiting = [made(-3600, 1)]
    rig.missed.read_all()
    rig.turn()
    assert rig.carry() == [made(-3600, 1)]


def test_a_look_brings_a_page_of_what_has_waited_for_a_minute(rig):
    rig.rows.waiting = [made(OVERDUE_S + 1, 1), made(OVERDUE_S - 1, 2)]
    rig.missed.look()
    rig.turn()
    assert rig.carry() == [made(OVERDUE_S + 1, 1)]
    rig.clock.advance(2)
    rig.missed.look()
    rig.turn()
    assert rig.carry() == [made(OVERDUE_S - 1, 2)]


def test_a_look_brings_one_page_at_most(rig):
    rig.rows.waiting = [made(3600, number) for number in range(PAGE + 5)]
    rig.missed.look()
    rig.turn()
    assert len(rig.carry()) == PAGE
    assert rig.rows.of_lane(FAST) == 1


def test_a_look_to_the_end_goes_on_page_by_page_through_all_that_is_overdue(rig):
    old = [made(3600, number) for number in range(2 * PAGE + 5)]
    rig.rows.waiting = [*old, made(OVERDUE_S - 1)]
    rig.missed.look(to_the_end=True)
    rig.turn()
    assert [len(rig.carry()) for _ in range(4)] == [PAGE, PAGE, 5, 0]
    assert rig.rows.waiting == [made(OVERDUE_S - 1)]
    assert rig.rows.of_lane(FAST) == 3
    rig.missed.look(to_the_end=True)  # from the oldest again
    rig.turn()
    assert rig.rows.asked[-1] == (1, FAST, None, PAGE)


def test_a_look_to_the_end_goes_on_where_it_was_when_the_store_is_back(rig):
    rig.rows.waiting = [made(3600, number) for number in range(PAGE + 5)]
    rig.missed.look(to_the_end=True)
    rig.turn()
    rig.rows.away = True
    rig.carry()
    rig.rows.away = False
    rig.clock.advance(RETRY_S)
    rig.turn()
    assert len(rig.carry()) == 5


def test_a_look_at_once_brings_what_is_fresh_too(rig):
    rig.rows.waiting = [made(3600, 1), made(0, 2)]
    rig.missed.look(at_once=True)
    rig.turn()
    assert rig.carry() == [made(3600, 1), made(0, 2)]
    assert rig.rows.of_lane(FAST) == 1


def test_a_look_at_once_while_a_page_is_in_hand_reads_all_behind_it(rig):
    rig.rows.waiting = [made(3600, 1), made(0, 2)]
    rig.missed.look()
    rig.turn()
    rig.missed.look(at_once=True)
    assert rig.carry() == [made(3600, 1)]
    assert rig.carry() == [made(0, 2)]
    assert rig.clock.getDelayedCalls() == []


def test_nobody_looks_while_a_page_is_in_hand(rig):
    rig.rows.waiting = [made(3600, 1)]
    rig.missed.look()
    rig.turn()
    rig.missed.look()
    rig.turn()
    assert rig.rows.of_lane(FAST) == 1
    rig.carry()
    rig.missed.look()
    rig.turn()
    assert rig.rows.of_lane(FAST) == 2


def test_who_asks_for_everything_while_a_page_is_in_hand_gets_it_after_that(rig):
    rig.rows.waiting = [made(3600, 1), made(1, 2)]
    rig.missed.look()
    rig.turn()
    rig.missed.read_all()
    rig.turn()
    assert rig.carry() == [made(3600, 1)]
    assert rig.carry() == [made(1, 2)]


def test_what_is_handed_back_comes_again(rig):
    rig.rows.waiting = [made(3600, 1)]
    rig.missed.read_all()
    rig.turn()
    rig.consumer.bodies.pop().nack()
    assert rig.consumer.bodies == []
    rig.turn()
    assert rig.carry() == [made(3600, 1)]


def test_a_store_that_is_away_is_asked_again_for_everything(rig):
    rig.rows.away = True
    rig.rows.waiting = [made(3600, 1)]
    rig.missed.read_all()
    rig.turn()
    rig.rows.away = False
    rig.clock.advance(RETRY_S)
    rig.turn()
    assert rig.carry() == [made(3600, 1)]


def test_a_look_that_failed_is_left_to_the_next(rig):
    rig.rows.away = True
    rig.missed.look()
    rig.turn()
    rig.clock.advance(RETRY_S)
    rig.turn()
    assert rig.rows.of_lane(FAST) == 1
    rig.missed.look()
    assert rig.rows.of_lane(FAST) == 2
    rig.clock.advance(RETRY_S)


def test_who_closed_is_delivered_nothing_more(rig):
    rig.rows.held = []
    rig.rows.waiting = [made(3600, 1)]
    rig.missed.read_all()
    rig.missed.close()
    rig.rows.held.pop().callback(None)
    rig.turn()
    assert rig.consumer.bodies == []
    assert rig.rows.of_lane(FAST) == 1


def test_who_closes_between_two_bodies_gets_one(rig):
    rig.rows.waiting = [made(3600, number) for number in range(200)]
    taken: list[Delivery] = []

    def take(delivery: Delivery) -> None:
        taken.append(delivery)
        missed.close()

    missed = Missed(rig.clock, rig.now_ms, rig.rows.refill, 1, FAST, take)
    missed.read_all()
    rig.turn()
    assert len(taken) == 1
    taken[0].ack()
    taken[0].nack()
    rig.turn()
    assert (len(taken), rig.rows.of_lane(FAST)) == (1, 1)


def test_who_closes_after_handing_back_is_not_delivered_to(rig):
    rig.rows.waiting = [made(3600, 1)]
    rig.missed.read_all()
    rig.turn()
    rig.consumer.bodies.pop().nack()
    rig.missed.close()
    rig.turn()
    assert rig.consumer.bodies == []


def test_a_store_that_fails_after_the_consumer_has_gone_is_not_asked_again(rig):
    rig.rows.held = []
    rig.rows.away = True
    rig.missed.read_all()
    rig.missed.close()
    rig.rows.held.pop().callback(None)
    rig.clock.advance(RETRY_S)
    rig.turn()
    assert rig.rows.of_lane(FAST) == 1


def test_lanes_are_read_apart(rig):
    rig.of_lane(BULK).read_all()
    rig.turn()
    assert rig.rows.asked == [(1, BULK, None, PAGE)]
