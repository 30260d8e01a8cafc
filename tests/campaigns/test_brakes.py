"""When a campaign stops by itself."""

import attrs
import pytest

from mobilesasa.campaigns.brakes import Sums, braked, has_brakes
from mobilesasa.campaigns.model import Options, PausedBy

OPTIONS = Options(stop_failures_percent=50, stop_complaints_percent=5, brake_after=200)


def sums(ended: int = 0, failed: int = 0, sent: int = 0, complaints: int = 0) -> Sums:
    return Sums(ended=ended, failed=failed, sent=sent, complaints=complaints)


@pytest.mark.parametrize(
    "so_far",
    [
        sums(),
        sums(ended=199, failed=199, sent=199, complaints=199),
        sums(ended=200, failed=100, sent=200, complaints=10),
        sums(ended=100_000, failed=50_000, sent=100_000, complaints=5_000),
    ],
)
def test_a_campaign_goes_on_where_few_have_ended_or_enough_went_well(so_far):
    assert braked(OPTIONS, so_far) is None


def test_a_campaign_stops_when_too_many_fail():
    assert braked(OPTIONS, sums(ended=1000, failed=612)) == (
        PausedBy.FAILURES,
        "612 of the 1,000 messages that have ended failed (61.2 %); this campaign stops above 50 %",
    )


def test_a_campaign_stops_when_too_many_want_no_more_though_nothing_is_known_to_have_ended():
    assert braked(OPTIONS, sums(sent=2000, complaints=101)) == (
        PausedBy.COMPLAINTS,
        "101 of the 2,000 people it was sent to want no more (5.1 %); this campaign stops above 5 %",
    )


def test_what_is_told_is_always_above_the_limit():
    brake = braked(OPTIONS, sums(ended=100_000, failed=50_001))
    assert brake is not None
    assert "(50.1 %)" in brake[1]


def test_a_brake_can_be_switched_off():
    off = Options(stop_failures_percent=None, stop_complaints_percent=None)
    assert braked(off, sums(ended=1000, failed=1000, sent=1000, complaints=1000)) is None


def test_a_limit_of_nothing_stops_at_the_first_and_not_before():
    strict = Options(stop_failures_percent=0, brake_after=0)
    assert braked(strict, sums()) is None
    assert braked(strict, sums(ended=3)) is None
    assert braked(strict, sums(ended=3, failed=1)) is not None


def test_refusals_are_measured_by_what_carriers_answered_and_not_by_what_has_ended():
    sums = Sums(ended=200, failed=200, sent=4_000, complaints=0, refused=200)
    assert braked(Options(), sums) is None
    paused = braked(Options(), attrs.evolve(sums, sent=199))
    assert paused == (
        PausedBy.FAILURES,
        "200 of the 399 messages that carriers took or refused failed (50.2 %); this campaign stops above 50 %",
    )


def test_what_was_not_delivered_is_measured_by_what_is_known_of():
    sums = Sums(ended=500, failed=380, sent=9_000, complaints=0, refused=100)
    assert braked(Options(), sums) == (
        PausedBy.FAILURES,
        "280 of the 400 messages that have ended failed (70 %); this campaign stops above 50 %",
    )


def test_refused_and_not_delivered_count_together():
    assert braked(Options(), Sums(ended=1_000, failed=640, sent=600, complaints=0, refused=400)) is not None


def test_only_who_may_be_stopped_by_something_has_brakes():
    assert has_brakes(Options())
    assert has_brakes(Options(stop_failures_percent=None))
    assert not has_brakes(Options(stop_failures_percent=None, stop_complaints_percent=None))
