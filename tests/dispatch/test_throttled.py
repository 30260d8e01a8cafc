"""A carrier that throttles: bulk retreats, and what is transactional goes before it."""

import pytest
from twisted.internet.defer import Deferred

from mobilesasa.dispatch.retreat import REST_S
from tests.dispatch.rig import BULK, FAST, Rig


@pytest.fixture
def rig() -> Rig:
    return Rig(window=10)


def lanes(rig: Rig, before: int) -> list:
    """The lanes of what went out after the first so many."""
    return [message.lane for batch in rig.carrier.submitted for message in batch][before:]


def drained(rig: Rig, seconds: float, step_s: float = 0.02) -> int:
    """How many messages go out in that time to a carrier that answers at once."""
    before = len(rig.carrier.ids)
    for _ in range(round(seconds / step_s)):
        rig.clock.advance(step_s)
        rig.carrier.answer_all()
    return len(rig.carrier.ids) - before


def test_bulk_rests_while_what_is_transactional_goes(rig):
    rig.deliver(40, BULK)
    rig.carrier.answer(5)
    rig.dispatcher.throttled()
    rig.carrier.answer_all()
    before = len(rig.carrier.ids)
    rig.deliver(3, FAST)
    assert lanes(rig, before) == [FAST] * 3
    rig.carrier.answer_all()
    rig.clock.advance(0.9 * REST_S)
    assert lanes(rig, before) == [FAST] * 3
    rig.clock.advance(1)
    assert lanes(rig, before)[3:4] == [BULK]


def test_then_bulk_goes_at_half_of_what_was_too_much_and_nobody_has_to_wake_it(rig):
    rig.deliver(500, BULK)
    for _ in range(10):  # a hundred in a second
        rig.carrier.answer_all()
    rig.dispatcher.throttled()
    rig.carrier.answer_all()
    assert drained(rig, REST_S) <= 1
    assert drained(rig, 1.0) == pytest.approx(55, abs=6)


def test_while_it_retreats_bulk_leaves_half_of_the_window_free(rig):
    rig.deliver(500, BULK)
    for _ in range(100):
        rig.carrier.answer_all()
        rig.deliver(10, BULK)
    rig.dispatcher.throttled()
    rig.carrier.answer_all()
    for _ in range(100):
        rig.clock.advance(0.02)
    assert len(rig.carrier.on_wire) == 5
    before = len(rig.carrier.ids)
    rig.deliver(20, FAST)
    assert lanes(rig, before) == [FAST] * 5


def test_a_window_of_one_is_bulks_too():
    rig = Rig(window=1)
    rig.deliver(20, BULK)
    rig.carrier.answer_all()
    rig.dispatcher.throttled()
    rig.carrier.answer_all()
    assert drained(rig, 5) >= 3


def test_a_carrier_that_never_throttles_sets_no_timer(rig):
    rig.deliver(50, BULK)
    rig.deliver(50, FAST)
    rig.carrier.answer(5)
    assert rig.clock.getDelayedCalls() == []


def test_stopping_ends_the_wait(rig):
    rig.deliver(40, BULK)
    rig.carrier.answer_all()
    rig.dispatcher.throttled()
    rig.carrier.answer_all()
    assert len(rig.clock.getDelayedCalls()) == 1
    stopped = Deferred.fromCoroutine(rig.dispatcher.stop(10))
    assert stopped.called
    assert rig.clock.getDelayedCalls() == []
    rig.dispatcher.throttled()  # it may say so to the last


def test_another_throttle_while_bulk_waits_leaves_one_timer(rig):
    rig.deliver(40, BULK)
    rig.carrier.answer_all()
    rig.dispatcher.throttled()
    rig.carrier.answer_all()
    rig.clock.advance(0.5)
    rig.dispatcher.throttled()
    rig.deliver(1, BULK)
    assert len(rig.clock.getDelayedCalls()) == 1
    assert drained(rig, 3) > 5
