"""Figures, days in zones, and how long things took."""

import datetime as dt
from bisect import bisect_right

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mobilesasa.core.errors import BadValue
from mobilesasa.core.reporting import (
    DAYS_MAX,
    DELIVERED_CLASSES_MS,
    HOURS_MAX,
    QUARTER_MS,
    Figures,
    Period,
    bounded,
    by_status,
    change,
    date_of,
    day_at,
    quantile,
    spans_of,
    zone_of,
)

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
NAIROBI = zone_of("Africa/Nairobi")
KATHMANDU = zone_of("Asia/Kathmandu")
NEW_YORK = zone_of("America/New_York")
MAY_11 = 1_778_457_600_000  # 2026-05-11T00:00:00Z


def test_messages_are_queued_underway_delivered_or_failed():
    found = Figures(accepted=10, sent=7, delivered=4, failed=3, failed_unsent=1)
    assert (found.queued, found.underway, found.delivered, found.failed) == (2, 1, 4, 3)
    assert found.queued + found.underway + found.delivered + found.failed == found.accepted


def test_what_is_delivered_is_a_share_of_what_was_sent():
    assert Figures(accepted=10, sent=8, delivered=6).delivery_ratio == 0.75
    assert Figures(accepted=10).delivery_ratio is None


def test_figures_by_status_add_up():
    found = Figures(accepted=10, sent=7, delivered=4, failed=3, failed_unsent=1, undelivered=2, refused=1, unreported=1)
    groups = by_status(found)
    assert {name: each.accepted for name, each in groups.items()} == {
        "queued": 2,
        "sent": 1,
        "delivered": 4,
        "failed": 3,
    }
    assert (groups["failed"].undelivered, groups["failed"].sent, groups["sent"].unreported) == (2, 2, 1)


def test_a_zone_that_is_not_there_is_refused():
    for name in ("Africa/Nowhere", "../etc/passwd", "", "Africa", "\0"):
        with pytest.raises(BadValue, match="no time zone"):
            zone_of(name)


@pytest.mark.parametrize("zone", [NAIROBI, KATHMANDU, NEW_YORK])
def test_a_day_is_whole_quarters_of_an_hour(zone):
    at_ms = day_at(dt.date(2026, 5, 11), zone)
    assert at_ms % QUARTER_MS == 0
    assert date_of(at_ms, zone) == dt.date(2026, 5, 11)
    assert date_of(at_ms - 1, zone) == dt.date(2026, 5, 10)


def test_days_begin_when_clocks_of_the_zone_say_so():
    assert day_at(dt.date(2026, 5, 11), NAIROBI) == MAY_11 - 3 * HOUR_MS
    assert day_at(dt.date(2026, 5, 11), KATHMANDU) == MAY_11 - 5 * HOUR_MS - 45 * 60_000


def days(first, last, zone):
    """Return the period of some days, the last included."""
    return bounded(Period(day_at(first, zone), day_at(last + dt.timedelta(days=1), zone)))


def test_the_day_on_which_clocks_go_forward_has_23_hours():
    period = days(dt.date(2026, 3, 8), dt.date(2026, 3, 8), NEW_YORK)
    assert period.to_ms - period.from_ms == 23 * HOUR_MS
    assert len(spans_of(period, NEW_YORK, "hour")) == 23


def test_the_last_day_is_in_the_period():
    period = days(dt.date(2026, 5, 1), dt.date(2026, 5, 31), NAIROBI)
    starts = spans_of(period, NAIROBI, "day")
    assert [date_of(at_ms, NAIROBI).day for at_ms in starts] == [*range(1, 32)]
    assert period.before.to_ms == period.from_ms
    assert period.before.from_ms == period.from_ms - 31 * DAY_MS


def test_days_that_are_none_are_refused():
    with pytest.raises(BadValue, match="not behind"):
        bounded(Period(MAY_11, MAY_11))
    with pytest.raises(BadValue, match=f"{DAYS_MAX} days"):
        days(dt.date(2024, 1, 1), dt.date(2026, 1, 1), NAIROBI)


def test_a_period_takes_the_quarters_that_it_begins_and_ends_in():
    assert bounded(Period(MAY_11 + 1, MAY_11 + QUARTER_MS + 1)) == Period(MAY_11, MAY_11 + 2 * QUARTER_MS)
    assert Period(MAY_11, MAY_11 + 2 * QUARTER_MS).quarters == (MAY_11 // QUARTER_MS, MAY_11 // QUARTER_MS + 2)


def test_hours_are_those_of_the_clock():
    starts = spans_of(Period(MAY_11, MAY_11 + 2 * HOUR_MS), KATHMANDU, "hour")
    minutes = [dt.datetime.fromtimestamp(at_ms / 1000, KATHMANDU).minute for at_ms in starts]
    assert minutes == [45, 0, 0]


def test_a_part_of_a_day_is_a_span_of_its_own():
    starts = spans_of(Period(MAY_11, MAY_11 + DAY_MS), NAIROBI, "day")
    assert [str(date_of(at_ms, NAIROBI)) for at_ms in starts] == ["2026-05-11", "2026-05-12"]


def test_too_many_hours_are_refused():
    with pytest.raises(BadValue, match="31 days"):
        spans_of(Period(MAY_11, MAY_11 + (HOURS_MAX + 1) * HOUR_MS), NAIROBI, "hour")


def test_of_no_messages_there_is_no_quantile():
    assert quantile([0] * (len(DELIVERED_CLASSES_MS) + 1), DELIVERED_CLASSES_MS, 0.5) is None


def test_quantiles_lie_within_their_class():
    counts = [0] * (len(DELIVERED_CLASSES_MS) + 1)
    counts[1], counts[4] = 90, 10
    assert quantile(counts, DELIVERED_CLASSES_MS, 0.5) == 778
    assert quantile(counts, DELIVERED_CLASSES_MS, 0.9) == 1000
    assert quantile(counts, DELIVERED_CLASSES_MS, 0.95) == 4000
    counts[-1] = 1
    assert quantile(counts, DELIVERED_CLASSES_MS, 1.0) == 259_200_000


@settings(max_examples=100)
@given(st.lists(st.integers(0, 100_000_000), min_size=1, max_size=50), st.floats(0.01, 1))
def test_a_quantile_is_in_the_class_of_a_message_that_took_so_long(took, share):
    counts = [0] * (len(DELIVERED_CLASSES_MS) + 1)
    for each in took:
        counts[bisect_right(DELIVERED_CLASSES_MS, each)] += 1
    exact = sorted(took)[max(0, -(-round(share * len(took) * 10**9) // 10**9) - 1)]
    place = bisect_right(DELIVERED_CLASSES_MS, exact)
    found = quantile(counts, DELIVERED_CLASSES_MS, share)
    assert found is not None
    assert (0, *DELIVERED_CLASSES_MS)[place] <= found <= (*DELIVERED_CLASSES_MS, 259_200_000)[place]


def test_growth_is_a_share_of_what_there_was():
    assert change(125, 100) == 0.25
    assert change(90, 100) == -0.1
    assert change(1, 0) is None
    assert change(None, 1) is None
    assert change(1, None) is None
