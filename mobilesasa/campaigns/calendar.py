"""When a series makes its next campaign: every day, on days of the week or of the month, by the clock of the team.

Clocks are put forward and back. A time that a day does not have is the next moment that there is; of a time that a day
has twice, the first counts.
"""

from __future__ import annotations

import calendar
import re
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from mobilesasa.campaigns.model import Repeat

TIMES_MAX: Final = 10_000

_AT = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]\Z")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}\Z")
_EVERY: Final = ("day", "week", "month")
_DAYS: Final = 35  # from yesterday on: every repetition comes within them
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def check_repeat(repeat: Repeat, today: date | None = None) -> None:
    """Make sure that a repetition can be kept to.

    Args:
        repeat: what a team asked for.
        today: the team's date; a last day before it is refused.

    Raises:
        ValueError: says all that is wrong, each with its name.
    """
    wrong = [*_wrong_days(repeat), *_wrong_end(repeat, today)]
    if not _AT.match(repeat.at):
        wrong.insert(0, "at must be a time such as 09:30")
    if wrong:
        raise ValueError("; ".join(wrong))


def next_at(repeat: Repeat, after_ms: int, zone: ZoneInfo, made: int) -> int | None:
    """Return when the next campaign is due, in milliseconds since the epoch; None when there is none any more.

    Args:
        repeat: as `check_repeat` lets it pass.
        after_ms: the moment behind which it is.
        zone: the team's.
        made: how many campaigns there have been.
    """
    if repeat.times is not None and made >= repeat.times:
        return None
    at = time.fromisoformat(repeat.at)
    until = date.max if repeat.until is None else date.fromisoformat(repeat.until)
    # The day before as well: where a whole day was left out, its time is on the next.
    first = (_EPOCH + timedelta(milliseconds=after_ms)).astimezone(zone).date() - timedelta(days=1)
    for ahead in range(_DAYS):
        day = first + timedelta(days=ahead)
        if day > until:
            return None
        if _is_due(repeat, day):
            moment_ms = _moment_ms(day, at, zone)
            if moment_ms > after_ms:
                return moment_ms
    return None


def _is_due(repeat: Repeat, day: date) -> bool:
    if repeat.every == "week":
        return day.isoweekday() in repeat.weekdays
    if repeat.every == "month":
        last = calendar.monthrange(day.year, day.month)[1]
        return day.day in repeat.days or (day.day == last and any(wanted > last for wanted in repeat.days))
    return True


def _moment_ms(day: date, at: time, zone: ZoneInfo) -> int:
    """Return the first moment at which clocks show a time of a day or, where they leave it out, a later one."""
    wanted = datetime.combine(day, at)
    moment = wanted.replace(tzinfo=zone, fold=0).astimezone(UTC)
    if moment.astimezone(zone).replace(tzinfo=None) != wanted:
        moment = _end_of_gap(wanted, zone)
    return (moment - _EPOCH) // timedelta(milliseconds=1)


def _end_of_gap(wanted: datetime, zone: ZoneInfo) -> datetime:
    """Return the moment at which clocks were put forward beyond a time: between where it is by the two offsets."""
    before = wanted.replace(tzinfo=zone, fold=1).astimezone(UTC)
    after = wanted.replace(tzinfo=zone, fold=0).astimezone(UTC)
    while after - before > timedelta(seconds=1):
        middle = before + (after - before) // 2
        if middle.astimezone(zone).replace(tzinfo=None) > wanted:
            after = middle
        else:
            before = middle
    return after.replace(microsecond=0)


def _wrong_days(repeat: Repeat) -> list[str]:
    wrong = []
    if repeat.every not in _EVERY:
        wrong.append("every must be day, week or month")
    for name, given, every, last in (
        ("weekdays", repeat.weekdays, "week", 7),
        ("days", repeat.days, "month", 31),
    ):
        if repeat.every != every:
            if given:
                wrong.append(f"{name} are for every {every} alone")
        elif not given:
            wrong.append(f"{name} must name at least one day")
        elif any(not 1 <= day <= last for day in given):
            wrong.append(f"{name} must be numbers from 1 to {last}")
        elif len(set(given)) < len(given):
            wrong.append(f"{name} must name each day once")
    return wrong


def _wrong_end(repeat: Repeat, today: date | None) -> list[str]:
    wrong = []
    if repeat.until is not None:
        until = _date(repeat.until)
        if until is None:
            wrong.append("until must be a date such as 2026-12-31")
        elif today is not None and until < today:
            wrong.append("until must not be in the past")
    if repeat.times is not None and not 1 <= repeat.times <= TIMES_MAX:
        wrong.append(f"times must be from 1 to {TIMES_MAX}")
    return wrong


def _date(text: str) -> date | None:
    if not _DATE.match(text):
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
