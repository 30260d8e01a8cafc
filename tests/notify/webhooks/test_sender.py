"""The lanes of webhooks: in order, a few at once, and a dead one holds up nobody."""

from itertools import pairwise

import pytest
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock

from mobilesasa.core.errors import StoreAway
from mobilesasa.core.hooks import Outcome
from mobilesasa.notify.webhooks.sender import (
    LANES,
    LOOK_S,
    MEASURE_S,
    REST_MAX_S,
    REST_S,
    RESTS_AFTER,
    STOP_S,
    TIDY_S,
    Sender,
)
from tests.fakes.hook_queue import BROKEN, TAKEN, FakeEndpoints, FakeHookQueue

SLOTS = 4
ALL = frozenset(range(SLOTS))
HOOK, OTHER = 1, 2


class Rig:
    def __init__(self, in_flight=3):
        self.clock = Clock()
        self.queue = FakeHookQueue(self.clock, SLOTS)
        self.endpoints = FakeEndpoints()
        self.sender = Sender(
            self.queue, self.endpoints, self.render, self.clock, lambda: 0.5, in_flight, slots=SLOTS, log_days=30
        )
        self.kept = True

    def render(self, what, include_text):
        return what.id.encode() if self.kept else None

    def start(self, held=ALL):
        self.sender.hold(held)
        self.sender.start()
        return self

    def add(self, webhook_id, *subjects):
        made = self.queue.add(webhook_id, *subjects)
        self.sender.told(webhook_id)
        return made

    def called(self, webhook_id=HOOK):
        return [event for to, event in self.endpoints.calls if to == webhook_id]

    def states(self):
        return [row.state for row in self.queue.rows]


@pytest.fixture
def rig():
    return Rig().start()


def events(*numbers):
    return [f"event {n}" for n in numbers]


def test_what_is_told_of_goes_at_once(rig):
    rig.add(HOOK)
    assert (rig.called(), rig.states()) == (events(1), ["delivered"])
    assert (rig.sender.figures.delivered, rig.sender.figures.failed) == (1, 0)


def test_the_body_is_what_is_made_of_the_event(rig):
    rig.add(HOOK)
    assert rig.endpoints.bodies == [b"event 1"]


def test_what_waits_at_the_start_is_found(rig):
    rig = Rig()
    rig.queue.add(HOOK, None, None)
    rig.start()
    assert rig.states() == ["delivered", "delivered"]


def test_all_that_waits_goes_in_order_a_few_at_once(rig):
    rig.queue.add(HOOK, *[None] * 10)
    rig.sender.told(HOOK)
    assert rig.called() == events(*range(1, 11))
    assert rig.states() == ["delivered"] * 10


def test_no_more_than_so_many_are_under_way_and_the_next_wait_for_them(rig):
    first = Deferred()
    rig.endpoints.answers[HOOK] = [first, TAKEN]
    rig.queue.add(HOOK, *[None] * 7)
    rig.sender.told(HOOK)
    assert rig.called() == events(1, 2, 3)
    first.callback(TAKEN)
    assert rig.called() == events(*range(1, 8))


def test_events_of_one_message_are_never_under_way_together(rig):
    sent = Deferred()
    rig.endpoints.answers[HOOK] = [sent, TAKEN]
    rig.add(HOOK, "message", "message", "other")
    assert rig.called() == events(1, 3)
    sent.callback(TAKEN)
    assert rig.called() == events(1, 3, 2)


def test_an_endpoint_that_does_not_answer_holds_up_no_other(rig):
    rig.endpoints.answers[HOOK] = [Deferred()]
    rig.add(HOOK)
    rig.add(OTHER)
    assert (rig.called(HOOK), rig.called(OTHER)) == (events(1), events(2))
    assert rig.states() == ["waiting", "delivered"]


def test_endpoints_in_trouble_take_no_place_of_those_that_are_well():
    rig = Rig(in_flight=1).start()
    troubled = [n for n in range(2 * LANES) if n != HOOK]
    for n in troubled:
        rig.endpoints.answers[n] = [BROKEN, Deferred()]
        rig.add(n, None)
    rig.clock.advance(5)  # their second call hangs
    rig.clock.advance(LOOK_S)
    rig.add(HOOK)
    assert rig.called(HOOK) == [f"event {len(troubled) + 1}"]


def test_what_failed_is_told_again_when_its_time_has_come(rig):
    rig.endpoints.answers[HOOK] = [BROKEN, TAKEN]
    rig.add(HOOK)
    assert (rig.states(), rig.sender.figures.failed) == (["waiting"], 1)
    rig.clock.pump([LOOK_S, LOOK_S])
    assert (rig.called(), rig.states()) == (events(1, 1), ["delivered"])


def test_others_go_on_while_one_waits_for_its_time(rig):
    rig.endpoints.answers[HOOK] = [BROKEN, TAKEN]
    rig.add(HOOK)
    rig.add(HOOK)
    assert rig.states() == ["waiting", "delivered"]


def test_what_fails_for_good_is_given_up(rig):
    rig.endpoints.answers[HOOK] = [BROKEN]
    (row,) = rig.queue.add(HOOK)
    row.attempts = 9
    rig.sender.told(HOOK)
    assert (rig.states(), rig.sender.figures.given_up) == (["failed"], 1)


def test_what_is_no_longer_kept_is_given_up_without_a_call(rig):
    rig.kept = False
    rig.add(HOOK)
    assert (rig.called(), rig.states()) == ([], ["failed"])


def test_an_endpoint_that_answers_410_is_called_no_more(rig):
    rig.endpoints.answers[HOOK] = [Outcome(status=410)]
    rig.queue.add(HOOK, *[None] * 9)
    rig.sender.told(HOOK)
    assert rig.called() == events(1, 2, 3)
    assert (rig.sender.figures.disabled, rig.states()[:4]) == (1, ["failed", "failed", "failed", "waiting"])


def test_a_dead_endpoint_is_tried_with_one_event_at_a_time_ever_more_seldom(rig):
    rig.endpoints.answers[HOOK] = [BROKEN]
    rig.queue.add(HOOK, *[None] * 30)
    rig.sender.told(HOOK)
    assert len(rig.called()) == RESTS_AFTER * 3  # rounds of three
    tried = []
    for _ in range(200):
        before = len(rig.called())
        rig.clock.advance(1)
        if len(rig.called()) > before:
            tried.append((rig.clock.seconds(), len(rig.called()) - before))
    assert {calls for _, calls in tried} == {1}
    waits = [after - before for (before, _), (after, _) in pairwise(tried)]
    assert waits == sorted(waits)
    assert REST_S <= tried[0][0] <= REST_S + LOOK_S
    assert REST_MAX_S <= waits[-1] <= REST_MAX_S + LOOK_S


def test_events_that_come_meanwhile_do_not_wake_it(rig):
    rig.endpoints.answers[HOOK] = [BROKEN]
    rig.queue.add(HOOK, *[None] * 30)
    rig.sender.told(HOOK)
    calls = len(rig.called())
    rig.add(HOOK)
    assert len(rig.called()) == calls


def test_an_endpoint_that_lives_again_gets_all_at_once(rig):
    rig.endpoints.answers[HOOK] = [*[BROKEN] * 9, TAKEN]
    rig.queue.add(HOOK, *[None] * 30)
    rig.sender.told(HOOK)
    rig.clock.pump([LOOK_S] * 200)
    assert rig.states() == ["delivered"] * 30


def test_an_endpoint_that_asks_for_time_is_left_alone_so_long(rig):
    rig.endpoints.answers[HOOK] = [Outcome(status=429, retry_after_s=60.0), TAKEN]
    rig.add(HOOK)
    rig.add(HOOK)
    rig.clock.pump([LOOK_S] * 19)
    assert rig.called() == events(1)
    rig.clock.pump([LOOK_S] * 2)
    assert sorted(rig.called()) == events(1, 1, 2)


def test_what_is_told_of_during_a_round_is_not_forgotten(rig):
    first = Deferred()
    rig.endpoints.answers[HOOK] = [first, TAKEN]
    rig.add(HOOK)
    rig.add(HOOK)
    rig.add(HOOK)
    assert rig.called() == events(1)
    first.callback(TAKEN)
    assert rig.called() == events(1, 2, 3)


def test_a_node_calls_only_for_slots_that_it_holds():
    rig = Rig().start(held=frozenset({HOOK}))
    rig.add(HOOK)
    rig.add(OTHER)
    rig.clock.advance(LOOK_S)
    assert (rig.called(HOOK), rig.called(OTHER)) == (events(1), [])


def test_a_slot_that_it_gets_is_looked_after_at_once():
    rig = Rig().start(held=frozenset({HOOK}))
    rig.add(OTHER)
    rig.sender.hold(ALL)
    assert rig.called(OTHER) == events(1)


def test_a_slot_that_it_loses_is_left_after_the_round(rig):
    first = Deferred()
    rig.endpoints.answers[HOOK] = [first, TAKEN]
    rig.queue.add(HOOK, *[None] * 9)
    rig.sender.told(HOOK)
    rig.sender.hold(frozenset())
    first.callback(TAKEN)
    assert rig.called() == events(1, 2, 3)
    assert rig.states()[:3] == ["delivered"] * 3


def test_a_lane_that_rests_is_forgotten_with_its_slot(rig):
    rig.endpoints.answers[HOOK] = [*[BROKEN] * 9, TAKEN]
    rig.queue.add(HOOK, *[None] * 9)
    rig.sender.told(HOOK)
    rig.sender.hold(frozenset())
    rig.queue.add(HOOK)
    rig.sender.hold(ALL)
    assert rig.called()[-1] == "event 10"


def test_a_death_between_the_answer_and_its_note_makes_the_call_again_under_the_same_id(rig):
    rig.queue.blocking = Deferred()  # the node dies while it writes
    rig.add(HOOK)
    successor = Sender(
        rig.queue, rig.endpoints, rig.render, rig.clock, lambda: 0.5, in_flight=3, slots=SLOTS, log_days=30
    )
    rig.queue.blocking = None
    successor.hold(ALL)
    successor.start()
    assert rig.called() == events(1, 1)


def test_while_the_database_is_away_nothing_is_lost(rig):
    rig.queue.failing = StoreAway("gone for a while")
    rig.add(HOOK)
    rig.clock.pump([LOOK_S] * 3)
    rig.queue.failing = None
    rig.clock.advance(LOOK_S)
    assert rig.states() == ["delivered"]


def test_an_outcome_that_could_not_be_written_is_told_again(rig):
    rig.endpoints.answers[HOOK] = [first := Deferred(), TAKEN]
    rig.add(HOOK)
    rig.queue.failing = StoreAway("gone for a while")
    first.callback(TAKEN)
    rig.queue.failing = None
    rig.clock.advance(LOOK_S)
    assert (rig.called(), rig.states()) == (events(1, 1), ["delivered"])


def test_a_defect_in_one_lane_is_logged_and_ends_no_other(rig, flush_logged):
    rig.endpoints.answers[HOOK] = [first := Deferred()]
    rig.add(HOOK)
    first.errback(ZeroDivisionError())
    rig.add(OTHER)
    assert rig.called(OTHER) == events(2)
    assert flush_logged()


def test_a_defect_in_a_look_does_not_end_the_looks(rig, flush_logged):
    rig.queue.failing = ZeroDivisionError()
    rig.clock.advance(LOOK_S)
    assert flush_logged(ZeroDivisionError)
    rig.queue.failing = None
    rig.queue.add(HOOK)
    rig.clock.advance(LOOK_S)
    assert rig.states() == ["delivered"]


def test_the_stop_waits_for_what_is_under_way_and_begins_nothing(rig):
    rig.endpoints.answers[HOOK] = [first := Deferred(), TAKEN]
    rig.queue.add(HOOK, *[None] * 9)
    rig.sender.told(HOOK)
    stopping = Deferred.fromCoroutine(rig.sender.stop())
    assert not stopping.called
    first.callback(TAKEN)
    assert stopping.called
    assert (rig.called(), rig.states()[:3]) == (events(1, 2, 3), ["delivered"] * 3)
    assert rig.clock.getDelayedCalls() == []


def test_the_stop_waits_only_so_long_and_what_hung_is_told_again_later(rig):
    rig.endpoints.answers[HOOK] = [Deferred()]
    rig.add(HOOK)
    stopping = Deferred.fromCoroutine(rig.sender.stop())
    rig.clock.advance(STOP_S)
    assert stopping.called
    assert rig.states() == ["waiting"]


def test_after_the_stop_nothing_wakes_it(rig):
    Deferred.fromCoroutine(rig.sender.stop())
    rig.add(HOOK)
    rig.sender.hold(frozenset())
    rig.sender.hold(ALL)
    assert rig.called() == []


def test_one_node_forgets_what_is_old_once_an_hour(rig):
    rig.queue.forgets = [True, False]
    rig.clock.advance(TIDY_S)
    assert rig.queue.forgotten == [30, 30, 30]  # once at the start
    other = Rig().start(held=frozenset({1, 2, 3}))
    other.clock.advance(TIDY_S)
    assert other.queue.forgotten == []


def test_metrics_say_what_waits_and_nothing_where_no_slot_is_held(rig):
    rig.endpoints.answers[HOOK] = [Deferred()]
    rig.add(HOOK)
    rig.clock.advance(MEASURE_S)
    assert (rig.sender.figures.waiting, rig.sender.figures.oldest_s) == (1, 7.0)
    rig.sender.hold(frozenset())
    rig.clock.advance(MEASURE_S)
    assert (rig.sender.figures.waiting, rig.sender.figures.oldest_s) == (0, 0.0)
