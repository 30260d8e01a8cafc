from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mobilesasa.api.times import BadInstant, read_instant

NINE_MS = 1_778_490_000_000  # 2026-05-11T09:00:00Z


@pytest.mark.parametrize(
    ("text", "at_ms"),
    [
        ("2026-05-11T09:00:00Z", NINE_MS),
        ("2026-05-11t09:00:00z", NINE_MS),
        ("2026-05-11T12:00:00+03:00", NINE_MS),
        ("2026-05-11T12:00:00 03:00", NINE_MS),
        ("2026-05-11 12:00+0300", NINE_MS),
        ("2026-05-11T03:30:00-05:30", NINE_MS),
        ("2026-05-11T09:00:00.25Z", NINE_MS + 250),
        ("2026-05-11T09:00:00.1239999Z", NINE_MS + 123),
        ("2026-05-11T09:00:00,001Z", NINE_MS + 1),
        ("2026-05-11T09:00:00-00:00", NINE_MS),
        ("1970-01-01T00:00:00Z", 0),
        ("9999-12-31T23:59:59.999Z", 253_402_300_799_999),
    ],
)
def test_a_time_with_a_zone_is_read(text, at_ms):
    assert read_instant(text) == at_ms


@pytest.mark.parametrize("text", ["2026-05-11T09:00:00", "2026-05-11 09:00", "2026-05-11T09:00:00.5"])
def test_decision_6_a_time_without_a_zone_is_refused_and_says_so(text):
    with pytest.raises(BadInstant, match="must have a zone"):
        read_instant(text)


@pytest.mark.parametrize(
    "text",
    [
        "", "now", "2026-05-11", "1778490000", "2026-5-11T09:00:00Z", "2026-02-30T09:00:00Z", "2026-05-11T24:00:01Z",
        "2026-05-11T09:60:00Z", "0000-01-01T00:00:00Z", "2026-05-11T09:00:00+24:00", "2026-05-11T09:00:00+01:60",
        "2026-05-11T09:00:00Z\n", "２０２６-05-11T09:00:00Z",
    ],
)  # fmt: skip
def test_what_is_no_time_is_refused(text):
    with pytest.raises(BadInstant, match="such as 2026-05-11T09:00:00Z"):
        read_instant(text)


@pytest.mark.parametrize(
    "text",
    ["1969-12-31T23:59:59.999Z", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "1970-01-01T00:00:00+00:01"],
)
def test_a_time_that_no_id_and_no_answer_can_hold_is_refused(text):
    with pytest.raises(BadInstant, match="must lie in the years 1970 to 9999"):
        read_instant(text)


@given(st.datetimes(datetime(1970, 1, 2), datetime(9999, 12, 30), timezones=st.timezones()))  # noqa: DTZ001 - as it wants them
def test_whatever_python_writes_is_read_as_the_same_moment(moment):
    offset = moment.utcoffset()
    if offset is None or offset.total_seconds() % 60:
        return
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    assert read_instant(moment.isoformat()) == (moment - epoch) // (datetime.resolution * 1000)
