import pytest

from mobilesasa.notify.refusals import Refusals
from tests.fakes.spool import notice


def notices(*ids):
    return [notice(n) for n in ids]


@pytest.fixture
def refusals():
    return Refusals(limit=1)


def test_the_first_is_kept_and_of_twenty_more_the_id_is_noted(refusals):
    kept = refusals.put_off(notices(*range(1, 31)), now_s=0.0)
    assert kept == {1.0: notices(1)}
    assert (refusals.kept, refusals.remembered, refusals.is_full) == (1, 21, True)


def test_what_is_kept_is_held_back_until_it_is_due(refusals):
    refusals.put_off(notices(1), now_s=0.0)
    assert refusals.hold_back(1, now_s=999.0)
    assert refusals.due(notices(1)) == notices(1)
    assert not refusals.hold_back(1, now_s=999.0)


def test_what_is_noted_is_held_back_for_its_delay(refusals):
    refusals.put_off(notices(1, 2), now_s=0.0)
    assert refusals.hold_back(2, now_s=0.9)
    assert not refusals.hold_back(2, now_s=1.0)


def test_what_was_noted_is_put_off_for_twice_as_long_the_next_time(refusals):
    refusals.put_off(notices(1, 2), now_s=0.0)
    assert not refusals.hold_back(2, now_s=1.0)
    refusals.put_off(notices(2), now_s=1.0)
    assert refusals.hold_back(2, now_s=2.9)


def test_what_is_not_remembered_is_not_held_back(refusals):
    refusals.put_off(notices(*range(1, 31)), now_s=0.0)
    assert not refusals.hold_back(30, now_s=0.0)


def test_what_was_taken_is_forgotten(refusals):
    refusals.put_off(notices(1, 2, 3), now_s=0.0)
    refusals.forget([1, 2, 99])
    assert (refusals.kept, refusals.remembered) == (0, 1)
    assert refusals.due(notices(1)) == []
    assert not refusals.hold_back(2, now_s=0.0)


def test_what_no_reading_shows_for_a_quarter_of_an_hour_after_its_time_is_forgotten(refusals):
    refusals.put_off(notices(1, 2), now_s=0.0)
    refusals.forget_stale(now_s=901.0)
    assert refusals.remembered == 2
    refusals.forget_stale(now_s=901.1)
    assert refusals.remembered == 1
