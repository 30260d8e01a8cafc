"""Durations in buckets."""

from hypothesis import given
from hypothesis import strategies as st

from mobilesasa.dispatch.latency import ANSWER_BOUNDS_S, Latency


def test_a_duration_is_in_its_bound_s_bucket_and_in_all_wider_ones():
    latency = Latency((0.1, 1.0))
    latency.add([0.1, 0.11, 1.0])
    latency.add([1.01])
    assert list(latency.buckets()) == [("0.1", 1), ("1.0", 3), ("+Inf", 4)]
    assert round(latency.total_s, 6) == 2.22


def test_a_clock_that_was_set_back_never_lowers_the_total():
    latency = Latency((0.1, 1.0))
    latency.add([2.0, -5.0])
    assert list(latency.buckets()) == [("0.1", 1), ("1.0", 1), ("+Inf", 2)]
    assert latency.total_s == 2.0


@given(st.lists(st.floats(0, 1e6), max_size=20))
def test_each_bucket_holds_what_is_no_longer_than_its_bound(durations_s):
    latency = Latency(ANSWER_BOUNDS_S)
    latency.add(durations_s)
    expected = [sum(took_s <= bound_s for took_s in durations_s) for bound_s in (*ANSWER_BOUNDS_S, float("inf"))]
    assert [count for _, count in latency.buckets()] == expected
