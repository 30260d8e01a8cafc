"""Times as SMPP writes them, absolute and relative (§7.1.1)."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mobilesasa.smpp.times import LONGEST, BadTime, read_time, write_relative, write_time

NOW = datetime(2026, 5, 11, 9, 0, tzinfo=UTC)
NAIROBI = timezone(timedelta(hours=3))


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("260511090000000+", NOW),
        ("260511090000700+", NOW + timedelta(milliseconds=700)),
        ("260511120000012+", NOW),  # 12 quarter hours ahead of UTC
        ("260511040000020-", NOW),  # 20 behind
        ("260511090000000-", NOW),
        ("991231235959900+", datetime(2099, 12, 31, 23, 59, 59, 900_000, tzinfo=UTC)),
        ("000101000000048+", datetime(1999, 12, 31, 12, tzinfo=UTC)),
    ],
)
def test_an_absolute_time_is_a_moment_in_utc(text: str, moment: datetime):
    read = read_time(text, NOW)
    assert read == moment
    assert read is not None
    assert read.tzinfo is UTC


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("000000000000000R", NOW),
        ("000001000000000R", NOW + timedelta(days=1)),
        ("000000013005000R", NOW + timedelta(hours=1, minutes=30, seconds=5)),
        ("020610233429000R", datetime(2028, 11, 22, 8, 34, 29, tzinfo=UTC)),  # the specification's example
        ("000700000000000R", datetime(2026, 12, 11, 9, tzinfo=UTC)),
        ("000800000000000R", datetime(2027, 1, 11, 9, tzinfo=UTC)),
    ],
)
def test_a_relative_time_counts_from_now(text: str, moment: datetime):
    assert read_time(text, NOW) == moment
    assert read_time(text, NOW.astimezone(NAIROBI)) == moment


def test_a_month_later_than_the_31st_is_the_last_of_that_month():
    assert read_time("000100000000000R", datetime(2027, 1, 31, tzinfo=UTC)) == datetime(2027, 2, 28, tzinfo=UTC)


def test_no_text_is_no_time():
    assert read_time("", NOW) is None


@pytest.mark.parametrize(
    "text",
    [
        "0",
        "260511090000",
        "260511090000000",
        "260511090000000Z",
        "260511090000000+0",
        " 60511090000000+",
        "261311090000000+",
        "260230090000000+",
        "260511240000000+",
        "260511090000049+",
        "26051109000000\u0660+",
        "tomorrow morning",
    ],
)
def test_what_is_no_time_is_refused(text: str):
    with pytest.raises(BadTime):
        read_time(text, NOW)


def test_a_moment_beyond_the_calendar_is_refused():
    with pytest.raises(BadTime):
        read_time("990000000000000R", datetime(9950, 1, 1, tzinfo=UTC))
    with pytest.raises(BadTime):
        read_time("000002000000000R", datetime(9999, 12, 31, tzinfo=UTC))


def test_a_moment_is_written_in_utc_to_the_tenth():
    moment = datetime(2026, 5, 11, 12, 0, 0, 799_999, tzinfo=NAIROBI)
    assert write_time(moment) == "260511090000700+"


@pytest.mark.parametrize(
    "moment", [NOW.replace(tzinfo=None), datetime(1999, 12, 31, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)]
)
def test_a_moment_without_a_zone_or_two_digits_is_refused(moment: datetime):
    with pytest.raises(BadTime):
        write_time(moment)


@given(st.datetimes(datetime(2000, 1, 2), datetime(2099, 12, 30), timezones=st.just(NAIROBI)))  # noqa: DTZ001
def test_an_absolute_time_is_read_as_it_was_written(moment: datetime):
    tenth = moment.replace(microsecond=moment.microsecond // 100_000 * 100_000)
    assert read_time(write_time(moment), NOW) == tenth


@given(st.integers(0, int(LONGEST.total_seconds())))
def test_a_relative_time_is_read_as_it_was_written(seconds: int):
    span = timedelta(seconds=seconds)
    assert read_time(write_relative(span), NOW) == NOW + span


@pytest.mark.parametrize("span", [timedelta(seconds=-1), timedelta(days=100)])
def test_a_duration_that_has_no_digits_is_refused(span: timedelta):
    with pytest.raises(BadTime):
        write_relative(span)
