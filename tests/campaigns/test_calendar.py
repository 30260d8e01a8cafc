"""When a series makes its next campaign: by the clock of the team, which is put forward and back."""

import calendar
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mobilesasa.campaigns.calendar import check_repeat, next_at
from mobilesasa.campaigns.model import Repeat

NAIROBI = ZoneInfo("Africa/Nairobi")
BERLIN = ZoneInfo("Europe/Berlin")
NEW_YORK = ZoneInfo("America/New_York")
MINUTE_MS = 60_000

times = st.builds("{:02}:{:02}".format, st.integers(0, 23), st.integers(0, 59))
nightly = st.builds("{:02}:{:02}".format, st.integers(0, 4), st.sampled_from([0, 1, 29, 30, 59]))
repeats = st.one_of(
    st.builds(Repeat, every=st.just("day"), at=times | nightly),
    st.builds(
        Repeat, every=st.just("week"), at=times | nightly, weekdays=st.sets(st.integers(1, 7), min_size=1).map(tuple)
    ),
    st.builds(
        Repeat, every=st.just("month"), at=times | nightly, days=st.sets(st.integers(1, 31), min_size=1).map(tuple)
    ),
)


def ms(zone: ZoneInfo, text: str, fold: int = 0) -> int:
    """The moment at which clocks of a zone show a time, the first of two unless it says otherwise."""
    return round(datetime.fromisoformat(text).replace(tzinfo=zone, fold=fold).timestamp() * 1000)


def shown(zone: ZoneInfo, moment_ms: int | None) -> str | None:
    return None if moment_ms is None else datetime.fromtimestamp(moment_ms / 1000, zone).isoformat(timespec="minutes")


def following(repeat: Repeat, zone: ZoneInfo, text: str, made: int = 0) -> str | None:
    return shown(zone, next_at(repeat, ms(zone, text), zone, made))


@lru_cache
def days_of(zone: ZoneInfo, year: int, month: int) -> dict[date, tuple[int, list[int]]]:
    """For each day around a month: its first minute, and what its clocks show from then on, minute by minute."""
    days: dict[date, tuple[int, list[int]]] = {}
    moment = datetime(year, month, 1, tzinfo=UTC) - timedelta(days=2)
    for _ in range(36 * 1440):
        local = moment.astimezone(zone)
        _, minutes = days.setdefault(local.date(), (round(moment.timestamp()) * 1000, []))
        minutes.append(local.hour * 60 + local.minute)
        moment += timedelta(minutes=1)
    return days


def by_force(repeat: Repeat, after_ms: int, zone: ZoneInfo, year: int, month: int) -> int | None:
    """The same by looking at every minute of a month."""
    hours, minutes = map(int, repeat.at.split(":"))
    for day, (start_ms, shown_minutes) in sorted(days_of(zone, year, month).items())[1:-1]:
        last = calendar.monthrange(day.year, day.month)[1]
        due = {
            "day": True,
            "week": day.isoweekday() in repeat.weekdays,
            "month": day.day in {min(wanted, last) for wanted in repeat.days},
        }
        place = next((n for n, minute in enumerate(shown_minutes) if minute >= hours * 60 + minutes), None)
        if due[repeat.every] and place is not None and start_ms + place * MINUTE_MS > after_ms:
            return start_ms + place * MINUTE_MS
    return None


@settings(max_examples=150, deadline=None)
@given(
    repeats,
    st.sampled_from([NAIROBI, BERLIN, NEW_YORK]),
    st.sampled_from([(2024, 2), (2025, 2), (2026, 3), (2026, 10), (2026, 11)]),
    st.integers(0, 27 * 1440),
    st.integers(0, MINUTE_MS),
)
def test_the_next_time_is_the_first_at_which_clocks_show_it(repeat, zone, month, minute, rest_ms):
    first = ms(zone, f"{month[0]}-{month[1]:02}-01T00:00")
    after_ms = first + minute * MINUTE_MS + rest_ms
    expected = by_force(repeat, after_ms, zone, *month)
    found = next_at(repeat, after_ms, zone, 0)
    assert found is not None
    assert found > after_ms
    if expected is not None:
        assert shown(zone, found) == shown(zone, expected)


def test_a_time_that_clocks_leave_out_is_the_next_that_there_is():
    daily = Repeat(every="day", at="02:30")
    assert following(daily, BERLIN, "2026-03-28T02:30") == "2026-03-29T03:00+02:00"
    assert following(daily, BERLIN, "2026-03-29T03:00") == "2026-03-30T02:30+02:00"
    assert following(daily, NEW_YORK, "2026-03-07T12:00") == "2026-03-08T03:00-04:00"


def test_of_a_time_that_clocks_show_twice_the_first_counts():
    daily = Repeat(every="day", at="02:30")
    assert following(daily, BERLIN, "2026-10-24T12:00") == "2026-10-25T02:30+02:00"
    between = ms(BERLIN, "2026-10-25T02:15", fold=1)
    assert shown(BERLIN, next_at(daily, between, BERLIN, 0)) == "2026-10-26T02:30+01:00"


def test_a_day_that_was_left_out_is_made_up_for_at_the_beginning_of_the_next():
    apia = ZoneInfo("Pacific/Apia")  # had no 30 December 2011
    daily = Repeat(every="day", at="09:00")
    assert following(daily, apia, "2011-12-29T09:00") == "2011-12-31T00:00+14:00"
    assert following(daily, apia, "2011-12-31T00:00") == "2011-12-31T09:00+14:00"


def test_a_day_that_a_month_does_not_have_is_its_last():
    monthly = Repeat(every="month", at="10:00", days=(30, 31))
    assert following(monthly, NAIROBI, "2026-01-31T10:00") == "2026-02-28T10:00+03:00"
    assert following(monthly, NAIROBI, "2026-02-28T10:00") == "2026-03-30T10:00+03:00"
    assert following(monthly, NAIROBI, "2028-01-31T10:00") == "2028-02-29T10:00+03:00"
    assert following(monthly, NAIROBI, "2026-04-30T09:59") == "2026-04-30T10:00+03:00"
    assert following(monthly, NAIROBI, "2026-04-30T10:00") == "2026-05-30T10:00+03:00"


def test_days_of_the_week_are_counted_from_monday():
    weekly = Repeat(every="week", at="10:00", weekdays=(1, 7))
    assert following(weekly, NAIROBI, "2026-11-23T09:00") == "2026-11-23T10:00+03:00"  # a Monday
    assert following(weekly, NAIROBI, "2026-11-23T10:00") == "2026-11-29T10:00+03:00"


def test_nothing_follows_the_last_day():
    daily = Repeat(every="day", at="10:00", until="2026-11-24")
    assert following(daily, NAIROBI, "2026-11-24T09:59") == "2026-11-24T10:00+03:00"
    assert following(daily, NAIROBI, "2026-11-24T10:00") is None


def test_nothing_follows_when_there_have_been_enough():
    daily = Repeat(every="day", at="10:00", times=3)
    assert following(daily, NAIROBI, "2026-11-24T09:59", made=2) == "2026-11-24T10:00+03:00"
    assert following(daily, NAIROBI, "2026-11-24T09:59", made=3) is None


def test_a_repetition_without_days_never_comes():
    assert following(Repeat(every="week", at="10:00"), NAIROBI, "2026-11-24T09:59") is None


@pytest.mark.parametrize(
    "repeat",
    [
        Repeat(every="day", at="00:00"),
        Repeat(every="week", at="23:59", weekdays=(1, 2, 3, 4, 5, 6, 7)),
        Repeat(every="month", at="09:30", days=(31,), until="2026-12-31", times=12),
        Repeat(every="day", at="00:00", until="2026-11-23"),
    ],
)
def test_a_repetition_that_can_be_kept_to_is_taken(repeat):
    check_repeat(repeat, date(2026, 11, 23))


@pytest.mark.parametrize(
    ("repeat", "wrong"),
    [
        (Repeat(every="day", at="9:30"), "at must be a time such as 09:30"),
        (Repeat(every="day", at="24:00"), "at must be a time such as 09:30"),
        (Repeat(every="day", at="09:30\n"), "at must be a time such as 09:30"),
        (Repeat(every="year", at="09:30"), "every must be day, week or month"),
        (Repeat(every="week", at="09:30"), "weekdays must name at least one day"),
        (Repeat(every="week", at="09:30", weekdays=(0, 1)), "weekdays must be numbers from 1 to 7"),
        (Repeat(every="week", at="09:30", weekdays=(1, 1)), "weekdays must name each day once"),
        (Repeat(every="week", at="09:30", weekdays=(1,), days=(1,)), "days are for every month alone"),
        (Repeat(every="month", at="09:30"), "days must name at least one day"),
        (Repeat(every="month", at="09:30", days=(32,)), "days must be numbers from 1 to 31"),
        (Repeat(every="day", at="09:30", weekdays=(1,)), "weekdays are for every week alone"),
        (Repeat(every="day", at="09:30", until="tomorrow"), "until must be a date such as 2026-12-31"),
        (Repeat(every="day", at="09:30", until="20261231"), "until must be a date such as 2026-12-31"),
        (Repeat(every="day", at="09:30", until="2026-02-30"), "until must be a date such as 2026-12-31"),
        (Repeat(every="day", at="09:30", until="2026-11-22"), "until must not be in the past"),
        (Repeat(every="day", at="09:30", times=0), "times must be from 1 to 10000"),
        (Repeat(every="day", at="x", times=0), "at must be a time such as 09:30; times must be from 1 to 10000"),
    ],
)
def test_what_is_wrong_with_a_repetition_is_named(repeat, wrong):
    with pytest.raises(ValueError, match=wrong):
        check_repeat(repeat, date(2026, 11, 23))
