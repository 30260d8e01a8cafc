"""How bulk retreats from a carrier that throttles: halved at once, regained slowly, free where nothing limits it."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mobilesasa.dispatch.retreat import REGAIN_S, REST_S, Retreat

TICK_S = 0.02


def throttled(retreat: Retreat, answered: int, now_s: float = 1000.0) -> float:
    """A carrier that had answered so many in this second throttles; gives when bulk has rested."""
    retreat.answered(answered, now_s)
    assert retreat.throttled(now_s)
    return now_s + REST_S


def sent(retreat: Retreat, begin_s: float, seconds: float, most: int = 10**9) -> int:
    """How many parts of bulk go out when there is always more, `most` a tick."""
    count = 0
    for tick in range(round(seconds / TICK_S)):
        allowed = retreat.room(begin_s + tick * TICK_S)
        parts = most if allowed is None else min(allowed, most)
        retreat.spend(parts)
        count += parts
    return count


def test_a_carrier_that_never_throttles_limits_nothing():
    retreat = Retreat()
    for second in range(100):
        retreat.answered(5000, float(second))
        assert retreat.room(float(second)) is None
    assert retreat.wait_s(100.0) == 0


def test_bulk_rests_and_then_has_half_of_what_the_carrier_answered_in_a_second():
    retreat = Retreat()
    begin_s = throttled(retreat, 1000)
    assert retreat.rate_per_s == 500
    assert retreat.room(begin_s - 0.01) == 0
    assert sent(retreat, begin_s, 0.5) == pytest.approx(250, rel=0.1)


def test_the_second_before_counts_where_the_new_one_has_just_begun():
    retreat = Retreat()
    retreat.answered(800, 1000.5)
    throttled(retreat, 5, 1001.01)
    assert retreat.rate_per_s == 400


def test_answers_that_come_while_bulk_rests_for_the_first_time_count_too():
    retreat = Retreat()
    begin_s = throttled(retreat, 100)
    retreat.answered(100, begin_s - 0.9)
    retreat.room(begin_s)
    assert retreat.rate_per_s == 100
    retreat.spend(1)
    retreat.answered(500, begin_s + 0.1)
    retreat.room(begin_s + 0.1)
    assert retreat.rate_per_s == pytest.approx(100, rel=0.1)


def test_a_second_long_ago_says_nothing():
    retreat = Retreat()
    retreat.answered(800, 1000.5)
    throttled(retreat, 20, 1002.5)
    assert retreat.rate_per_s == 10


def test_what_was_under_way_is_throttled_without_another_retreat():
    retreat = Retreat()
    begin_s = throttled(retreat, 1000)
    assert not retreat.throttled(begin_s - 0.5)
    assert retreat.rate_per_s == 500


def test_what_the_wire_still_held_is_throttled_without_another_retreat_and_bulk_rests_on():
    retreat = Retreat()
    begin_s = throttled(retreat, 1000)
    assert not retreat.throttled(begin_s)
    assert retreat.rate_per_s == 500
    assert retreat.room(begin_s + 0.9 * REST_S) == 0
    assert retreat.room(begin_s + 1.1 * REST_S) > 0


def test_a_throttle_after_the_rest_halves_again_and_never_below_a_tenth_of_what_the_carrier_answered():
    retreat = Retreat()
    now_s = throttled(retreat, 1000)
    rates = []
    for _ in range(5):
        retreat.spend(1)
        assert retreat.throttled(now_s)
        rates.append(retreat.rate_per_s)
        now_s += REST_S
    assert rates == [250, 125, 100, 100, 100]


def test_a_carrier_that_took_nothing_gets_one_a_second():
    retreat = Retreat()
    assert retreat.throttled(1000.0)
    assert retreat.rate_per_s == 1
    assert sent(retreat, 1001.0, 5) in (4, 5)


def test_it_is_regained_quickly_up_to_a_little_below_what_was_too_much_and_slowly_about_there():
    retreat = Retreat()
    begin_s = throttled(retreat, 1000)
    rates = []
    for quarter in range(6):
        sent(retreat, begin_s + quarter * REGAIN_S / 4, REGAIN_S / 4)
        rates.append(retreat.rate_per_s)
    assert rates == pytest.approx([760, 894, 943, 950, 957, 1006], rel=0.01)


def test_in_the_end_nothing_limits_it():
    retreat = Retreat()
    begin_s = throttled(retreat, 100)
    sent(retreat, begin_s, 4 * REGAIN_S, 10)
    assert (retreat.rate_per_s, retreat.room(begin_s + 100)) == (None, None)


def test_bulk_that_asks_for_a_tenth_regains_a_tenth_as_fast_and_idle_bulk_nothing():
    retreat = Retreat()
    begin_s = throttled(retreat, 1000)
    sent(retreat, begin_s, REGAIN_S, 1)  # 50 a second
    assert retreat.rate_per_s == pytest.approx(616, rel=0.02)
    retreat.room(begin_s + 3600)
    assert retreat.rate_per_s == pytest.approx(616, rel=0.02)


def test_the_wait_is_the_rest_and_then_until_it_is_worth_while():
    retreat = Retreat()
    begin_s = throttled(retreat, 1000)
    assert retreat.wait_s(begin_s - REST_S) == pytest.approx(REST_S + 0.02)
    retreat.room(begin_s + 0.01)
    assert retreat.wait_s(begin_s + 0.01) == pytest.approx(0.01, rel=0.01)
    retreat.room(begin_s + 1)
    assert retreat.wait_s(begin_s + 1) == 0


def test_a_clock_that_is_set_back_holds_nothing_up():
    retreat = Retreat()
    throttled(retreat, 1000)
    retreat.room(900.0)
    assert retreat.room(900.1) > 0


def test_a_wide_message_is_paid_off_before_the_next():
    retreat = Retreat()
    begin_s = throttled(retreat, 10)  # then 5 a second
    assert retreat.room(begin_s + 0.3) == 1
    retreat.spend(3)
    assert retreat.room(begin_s + 0.6) == 0
    assert retreat.room(begin_s + 1.3) == 1


@pytest.mark.parametrize("urgent_per_s", [0, 10, 300])
def test_a_carrier_of_a_thousand_a_second_is_nearly_full_and_seldom_throttles(urgent_per_s):
    retreat = Retreat()
    in_second, second, bulk, throttles = 0, 0, 0, 0
    owed = 0.0
    for tick in range(round(120 / TICK_S)):
        now_s = 1000 + tick * TICK_S
        if int(now_s) != second:
            second, in_second = int(now_s), 0
        allowed = retreat.room(now_s)
        wanted = 100 if allowed is None else min(100, allowed)
        retreat.spend(wanted)
        owed += urgent_per_s * TICK_S
        urgent, owed = int(owed), owed - int(owed)
        taken = min(urgent + wanted, max(0, 1000 - in_second))
        in_second += urgent + wanted
        retreat.answered(taken, now_s)
        bulk += max(0, taken - urgent)
        if taken < urgent + wanted:
            throttles += retreat.throttled(now_s)
    assert bulk / 120 > 0.8 * (1000 - urgent_per_s)
    assert throttles <= 7


@given(st.lists(st.tuples(st.floats(0, 3), st.integers(0, 3000), st.booleans()), max_size=60))
def test_bulk_always_has_a_tenth_of_what_the_carrier_answered_when_it_throttled_last(turns):
    retreat = Retreat()
    now_s = 1000.0
    for pause_s, answered, throttles in turns:
        now_s += pause_s
        retreat.answered(answered, now_s)
        if throttles:
            retreat.throttled(now_s)
        allowed = retreat.room(now_s)
        assert (allowed is None) == (retreat.rate_per_s is None)
        if retreat.rate_per_s is not None:
            assert retreat.rate_per_s >= 1
            assert 0 <= retreat.wait_s(now_s) <= REST_S + 1
            retreat.spend(allowed)


def test_the_curve_never_falls_while_nothing_is_throttled():
    retreat = Retreat()
    begin_s = throttled(retreat, 400)
    rates = []
    while retreat.rate_per_s is not None:
        rates.append(retreat.rate_per_s)
        sent(retreat, begin_s + len(rates), 1)
    assert all(one <= other for one, other in itertools.pairwise(rates))
