"""The hours of a week: which window is open or comes next, over midnight, on quiet days, and when clocks are changed."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mobilesasa.core.hours import MINUTES_A_DAY, Hours, Window

NAIROBI, BERLIN, NEW_YORK = ZoneInfo("Africa/Nairobi"), ZoneInfo("Europe/Berlin"), ZoneInfo("America/New_York")
DAY = (8 * 60, 18 * 60)


def ms(text: str) -> int:
    return round(datetime.fromisoformat(text).timestamp() * 1000)


def said(window: Window, zone: ZoneInfo) -> tuple[str, str]:
    """A window as the wall clock shows it."""
    opens, closes = (datetime.fromtimestamp(at / 1000, zone) for at in (window.opens_at_ms, window.closes_at_ms))
    return f"{opens:%a %d %H:%M}", f"{closes:%a %d %H:%M}"


def every_day(zone: ZoneInfo, *spans: tuple[int, int]) -> Hours:
    return Hours(zone, [spans] * 7)


@pytest.mark.parametrize(
    ("at", "opens", "closes"),
    [
        ("2026-11-23T07:59:59.999+03:00", "Mon 23 08:00", "Mon 23 18:00"),
        ("2026-11-23T08:00+03:00", "Mon 23 08:00", "Mon 23 18:00"),
        ("2026-11-23T17:59:59.999+03:00", "Mon 23 08:00", "Mon 23 18:00"),
        ("2026-11-23T18:00+03:00", "Tue 24 08:00", "Tue 24 18:00"),
        ("2026-11-23T23:30+03:00", "Tue 24 08:00", "Tue 24 18:00"),
    ],
)
def test_a_window_is_open_from_its_first_moment_until_before_its_last(at, opens, closes):
    assert said(every_day(NAIROBI, DAY).window(ms(at)), NAIROBI) == (opens, closes)


@pytest.mark.parametrize(
    ("at", "opens", "closes"),
    [
        ("2026-11-28T17:00+03:00", "Sat 28 08:00", "Sat 28 18:00"),
        ("2026-11-28T19:00+03:00", "Mon 30 08:00", "Mon 30 18:00"),
        ("2026-11-29T12:00+03:00", "Mon 30 08:00", "Mon 30 18:00"),
    ],
)
def test_a_day_without_hours_is_passed_over(at, opens, closes):
    assert said(Hours(NAIROBI, [[DAY]] * 6 + [[]]).window(ms(at)), NAIROBI) == (opens, closes)


def test_the_only_window_of_a_week_comes_a_week_later_when_it_has_ended():
    hours = Hours(NAIROBI, [[DAY], [], [], [], [], [], []])
    assert said(hours.window(ms("2026-11-23T18:00+03:00")), NAIROBI) == ("Mon 30 08:00", "Mon 30 18:00")


@pytest.mark.parametrize("at", ["2026-11-23T21:00+03:00", "2026-11-24T01:00+03:00"])
def test_a_window_may_end_after_midnight(at):
    hours = every_day(NAIROBI, (20 * 60, MINUTES_A_DAY + 6 * 60))
    assert said(hours.window(ms(at)), NAIROBI) == ("Mon 23 20:00", "Tue 24 06:00")
    assert said(hours.window(ms("2026-11-24T06:00+03:00")), NAIROBI) == ("Tue 24 20:00", "Wed 25 06:00")


def test_windows_that_meet_or_overlap_are_one():
    hours = Hours(NAIROBI, [[(14 * 60, 16 * 60), (15 * 60, MINUTES_A_DAY)], [(0, 60), (30, 50)], [], [], [], [], []])
    assert said(hours.window(ms("2026-11-23T14:30+03:00")), NAIROBI) == ("Mon 23 14:00", "Tue 24 01:00")


def test_hours_without_an_end_are_open_whenever_they_are_asked():
    hours = every_day(NAIROBI, (0, MINUTES_A_DAY))
    for day in range(1, 29):
        at_ms = ms(f"2026-11-{day:02}T23:59:59+03:00")
        window = hours.window(at_ms)
        assert window.opens_at_ms <= at_ms < window.closes_at_ms


def test_hours_are_those_of_the_wall_clock_in_summer_and_in_winter():
    hours = every_day(BERLIN, DAY)
    assert hours.window(ms("2026-07-01T00:00+00:00")).opens_at_ms == ms("2026-07-01T06:00+00:00")
    assert hours.window(ms("2026-12-01T00:00+00:00")).opens_at_ms == ms("2026-12-01T07:00+00:00")


def test_a_time_over_which_clocks_go_forward_is_the_next_that_exists():
    hours = every_day(BERLIN, (2 * 60 + 30, 4 * 60))  # 02:00 to 03:00 is left out on 29 March 2026
    assert hours.window(ms("2026-03-29T00:00+01:00")) == Window(
        ms("2026-03-29T03:00+02:00"), ms("2026-03-29T04:00+02:00")
    )


def test_a_window_within_an_hour_that_is_left_out_is_none():
    hours = every_day(BERLIN, (2 * 60 + 10, 2 * 60 + 50))
    window = hours.window(ms("2026-03-29T00:00+01:00"))
    assert window == Window(ms("2026-03-30T02:10+02:00"), ms("2026-03-30T02:50+02:00"))


def test_a_time_that_comes_twice_is_the_first():
    hours = every_day(NEW_YORK, (60 + 30, 6 * 60))  # 01:00 to 02:00 comes twice on 1 November 2026
    window = hours.window(ms("2026-11-01T00:00-04:00"))
    assert window == Window(ms("2026-11-01T01:30-04:00"), ms("2026-11-01T06:00-05:00"))
    assert every_day(NEW_YORK, (0, 90)).window(ms("2026-11-01T00:30-04:00")).closes_at_ms == ms(
        "2026-11-01T01:30-04:00"
    )


@pytest.mark.parametrize("days", [[[DAY]] * 6, [[]] * 7, []])
def test_hours_that_are_never_open_are_none(days):
    with pytest.raises(ValueError, match="seven days"):
        Hours(NAIROBI, days)


spans = st.tuples(st.integers(0, MINUTES_A_DAY - 1), st.integers(1, MINUTES_A_DAY)).map(lambda s: (s[0], s[0] + s[1]))
weeks = st.lists(st.lists(spans, max_size=2), min_size=7, max_size=7).filter(any)
moments = st.integers(ms("2026-01-01T00:00+00:00"), ms("2027-12-31T00:00+00:00"))


@settings(max_examples=100)
@given(st.sampled_from([NAIROBI, BERLIN, NEW_YORK]), weeks, moments, moments)
def test_asked_after_another_moment_the_answer_is_that_of_hours_that_were_never_asked(zone, days, first_ms, then_ms):
    hours = Hours(zone, days)
    hours.window(first_ms)
    found = hours.window(then_ms)
    assert found == Hours(zone, days).window(then_ms)
    assert found.closes_at_ms > then_ms


@settings(max_examples=100)
@given(weeks, moments)
def test_what_the_wall_clock_says_of_a_moment_and_what_is_answered_agree(days, at_ms):
    at = datetime.fromtimestamp(at_ms / 1000, UTC)  # a zone whose clocks are never changed
    minutes, before = at.hour * 60 + at.minute, (at.weekday() - 1) % 7
    spans = [*days[at.weekday()], *((opens - MINUTES_A_DAY, closes - MINUTES_A_DAY) for opens, closes in days[before])]
    assert (Hours(ZoneInfo("UTC"), days).window(at_ms).opens_at_ms <= at_ms) == any(a <= minutes < b for a, b in spans)
