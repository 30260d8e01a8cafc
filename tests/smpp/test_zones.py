"""The zone of a carrier's dates."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mobilesasa.smpp.zones import ENOUGH, REMEMBERED, ZoneGuess


@given(st.integers(-48, 56), st.lists(st.integers(-60, 300), min_size=ENOUGH, max_size=30))
def test_receipts_that_come_within_minutes_tell_their_zone(quarters: int, delays_s: list[int]):
    guess = ZoneGuess(0)
    for delay_s in delays_s:
        guess.learn(900 * quarters - delay_s)
    assert guess.offset_min == 15 * quarters


def test_a_few_receipts_tell_nothing():
    guess = ZoneGuess(0)
    assert not any(guess.learn(10_800) for _ in range(ENOUGH - 1))
    assert guess.offset_min == 0
    assert guess.learn(10_800)
    assert guess.offset_min == 180


def test_receipts_that_do_not_agree_tell_nothing():
    guess = ZoneGuess(60)
    assert not any(guess.learn(-1800 * n) for n in range(REMEMBERED))
    assert guess.offset_min == 60


def test_a_change_of_the_clocks_is_followed():
    guess = ZoneGuess(60)
    for _ in range(REMEMBERED):
        guess.learn(3600)
    for _ in range(REMEMBERED):
        guess.learn(7200)
    assert guess.offset_min == 120


@pytest.mark.parametrize("ahead_s", [15 * 3600, -15 * 3600, -9e7])
def test_a_date_of_no_zone_is_passed_over(ahead_s: float):
    guess = ZoneGuess(0)
    assert not any(guess.learn(ahead_s) for _ in range(20))
    assert guess.offset_min == 0


def test_one_late_receipt_among_many_changes_nothing():
    guess = ZoneGuess(0)
    for _ in range(ENOUGH):
        guess.learn(0)
    assert not guess.learn(-7200)
