"""The hours of a week in which something may be done, in a zone, daylight saving time and midnight regarded."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Final, TypeAlias
from zoneinfo import ZoneInfo

import attrs

MINUTES_A_DAY: Final = 24 * 60
_BEFORE = timedelta(days=1)  # what began yesterday may go on past midnight
_DAYS_AHEAD: Final = 8  # a week and a day: a window of the same weekday is among them

#: From … until before, minutes from midnight on the wall clock; an end past midnight is more than a day.
Span: TypeAlias = tuple[int, int]


@attrs.frozen
class Window:
    """From when until before when it may be done, milliseconds since the epoch."""

    opens_at_ms: int
    closes_at_ms: int


class Hours:
    """The hours of each day of the week.

    Windows that overlap or meet are one. A time on the wall clock that does not exist, for clocks go forward over it, is the
    next that does; one that comes twice, for they go back, is the first. Hours without any end close after a week and a day,
    and are open again at once.

    Args:
        zone: whose wall clock it is.
        days: the spans of Monday to Sunday, seven; at least one of them has one.

    Raises:
        ValueError: they are never open, or are not those of seven days.
    """

    def __init__(self, zone: ZoneInfo, days: Sequence[Sequence[Span]]) -> None:
        """Keep them."""
        if len(days) != 7 or not any(days):
            raise ValueError("hours are those of seven days, and on one of them at least there are some")
        self.zone = zone
        self.days = tuple(tuple(sorted(spans)) for spans in days)
        self._last = (0, Window(0, 0))  # the last answer, and from when on it is the answer

    def window(self, at_ms: int) -> Window:
        """Return the window that is open at a moment, or else the next one."""
        since_ms, window = self._last
        if not since_ms <= at_ms < window.closes_at_ms:
            since_ms, window = self._found(at_ms)
            self._last = (since_ms, window)  # one value, as several threads may ask
        return window

    def _found(self, at_ms: int) -> tuple[int, Window]:
        since_ms = at_ms
        for window in self._around(datetime.fromtimestamp(at_ms / 1000, self.zone).date()):
            if window.closes_at_ms > at_ms:
                return since_ms, window
            since_ms = window.closes_at_ms
        raise AssertionError(f"no window opens within a week of {at_ms}")  # pragma: no cover - one opens each week

    def _around(self, today: date) -> list[Window]:
        """Return the windows from the day before until a week later, in order, those that meet joined."""
        joined: list[Window] = []
        for number in range(_DAYS_AHEAD + 1):
            day = today - _BEFORE + timedelta(days=number)
            for opens, closes in self.days[day.weekday()]:
                window = Window(self._moment_ms(day, opens), self._moment_ms(day, closes))
                if joined and window.opens_at_ms <= joined[-1].closes_at_ms:
                    closes_at_ms = max(joined[-1].closes_at_ms, window.closes_at_ms)
                    joined[-1] = attrs.evolve(joined[-1], closes_at_ms=closes_at_ms)
                elif window.closes_at_ms > window.opens_at_ms:  # not within an hour that is left out
                    joined.append(window)
        return joined

    def _moment_ms(self, day: date, minutes: int) -> int:
        wall = datetime.combine(day, time(), self.zone) + timedelta(minutes=minutes)
        while datetime.fromtimestamp(wall.timestamp(), self.zone) != wall:  # compared as the wall shows them
            wall += timedelta(minutes=1)
        return round(wall.timestamp()) * 1000
