"""The times of SMPP 3.4, absolute or relative (§7.1.1).

Both are sixteen characters, `YYMMDDhhmmsstnnp`: `t` is tenths of a second, `nn` the distance from UTC in quarter hours, `p`
is `+` or `-`, or `R` for a relative time.
"""

import re
from calendar import monthrange
from datetime import UTC, datetime, timedelta
from typing import Final

_TIME = re.compile(r"(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d)(\d\d)([-+R])", re.ASCII)
_QUARTER = timedelta(minutes=15)
_MOST_QUARTERS = 48  # §7.1.1.1
#: The longest relative time that is written: days have two digits, and months have no fixed length.
LONGEST: Final = timedelta(days=99, hours=23, minutes=59, seconds=59)


class BadTime(ValueError):
    """A text that is no time of SMPP, or a time that cannot be written as one."""


def read_time(text: str, now: datetime) -> datetime | None:
    """Return the moment a schedule_delivery_time, validity_period or final_date means, in UTC; None for an empty one.

    A year is one of 2000 to 2099. Relative years and months are those of the calendar, from `now` on; a day that the
    month does not have becomes its last.

    Args:
        text: The field as it came.
        now: What a relative time counts from; aware.

    Raises:
        BadTime: The text is neither of the two forms, or no such moment exists.
    """
    if not text:
        return None
    match = _TIME.fullmatch(text)
    if match is None:
        raise BadTime("not a time of 16 characters YYMMDDhhmmsstnnp")
    year, month, day, hour, minute, second, tenth, quarters = map(int, match.groups()[:8])
    sign = match[9]
    try:
        if sign == "R":
            span = timedelta(days=day, hours=hour, minutes=minute, seconds=second)
            return _months_later(now.astimezone(UTC), 12 * year + month) + span
        if quarters > _MOST_QUARTERS:
            raise BadTime("more than 48 quarter hours from UTC")
        local = datetime(2000 + year, month, day, hour, minute, second, 100_000 * tenth, tzinfo=UTC)
    except (ValueError, OverflowError) as error:
        raise BadTime(f"no such time: {error}") from error
    return local - quarters * _QUARTER if sign == "+" else local + quarters * _QUARTER


def _months_later(moment: datetime, months: int) -> datetime:
    years, month = divmod(moment.month - 1 + months, 12)
    year = moment.year + years
    return moment.replace(year=year, month=month + 1, day=min(moment.day, monthrange(year, month + 1)[1]))


def write_time(moment: datetime) -> str:
    """Return a moment as an absolute time in UTC, to the tenth of a second (what is finer is cut).

    Raises:
        BadTime: The moment is naive, or its year is not 2000 to 2099.
    """
    if moment.tzinfo is None:
        raise BadTime("a time without a zone")
    utc = moment.astimezone(UTC)
    if not 2000 <= utc.year <= 2099:
        raise BadTime(f"the year {utc.year} has no two digits")
    return f"{utc:%y%m%d%H%M%S}{utc.microsecond // 100_000}00+"


def write_relative(span: timedelta) -> str:
    """Return a duration as a relative time, in whole seconds (what is finer is cut).

    Raises:
        BadTime: The duration is negative or longer than `LONGEST`.
    """
    if not timedelta() <= span < LONGEST + timedelta(seconds=1):
        raise BadTime("a duration that is negative or of 100 days or more")
    minutes, second = divmod(span.seconds, 60)
    hour, minute = divmod(minutes, 60)
    return f"0000{span.days:02}{hour:02}{minute:02}{second:02}000R"
