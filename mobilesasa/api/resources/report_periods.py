"""Which days a report is about: as they are written in a query, and in the zone of the team (decision 86)."""

from __future__ import annotations

import datetime as dt
import re
from typing import Final, Protocol
from zoneinfo import ZoneInfo

import attrs

from mobilesasa.api.answers import instant
from mobilesasa.api.errors import bad_field
from mobilesasa.api.ports.reports import Standing
from mobilesasa.api.times import BadInstant, read_instant
from mobilesasa.core.errors import BadValue
from mobilesasa.core.reporting import QUARTER_MS, Period, bounded, date_of, day_at, zone_of
from mobilesasa.sms.zones import zone_of_country

_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}\Z", re.ASCII)
_FIRST: Final = 1_420_070_400_000  # 2015-01-01: before it nothing was sent
_LAST: Final = 4_102_444_800_000  # 2100-01-01
_WRITTEN: Final = "must be a day such as 2026-05-11, or a time in ISO 8601 with a zone"


class Dated(Protocol):
    """A query that names days."""

    @property
    def date_from(self) -> str | None: ...
    @property
    def date_to(self) -> str | None: ...
    @property
    def zone(self) -> str | None: ...


@attrs.frozen
class Days:
    """The period of a report, in a zone, and the period that it is compared with."""

    period: Period
    before: Period
    zone: ZoneInfo

    def shown(self, at_ms: int) -> str:
        """Return a moment as the clocks of the zone show it, with its offset."""
        return dt.datetime.fromtimestamp(at_ms / 1000, self.zone).isoformat(timespec="seconds")


def days_of(asked: Dated, standing: Standing, now_ms: int) -> Days:
    """Return which days are meant; today where nothing is said. What has not come yet is not compared with anything.

    Raises:
        Problem: 400, a date or the zone is not well written, or there are too many days.
    """
    zone = zone_in(asked.zone, standing)
    first = moment_of(asked.date_from, "date_from", zone, is_end=False)
    last = moment_of(asked.date_to, "date_to", zone, is_end=True)
    today = date_of(now_ms, zone)
    if last is None:
        last = day_at(today + dt.timedelta(days=1), zone)
    if first is None:
        first = day_at(date_of(last - 1, zone), zone)
    try:
        period = bounded(Period(first, last))
    except BadValue as bad:
        raise bad_field("date_to", str(bad)) from bad
    return Days(period, _before(period, zone, now_ms), zone)


def zone_in(asked: str | None, standing: Standing) -> ZoneInfo:
    """Return the zone that is asked for, or else the team's.

    Raises:
        Problem: 400, there is none of that name.
    """
    try:
        return zone_of(asked or standing.zone or zone_of_country(standing.country))
    except BadValue as bad:
        raise bad_field("zone", str(bad)) from bad


def moment_of(written: str | None, field: str, zone: ZoneInfo, *, is_end: bool) -> int | None:
    """Return what is written in a field: a day, of which the beginning or the end is meant, or a moment.

    Raises:
        Problem: 400.
    """
    if written is None:
        return None
    try:
        if _DAY.match(written):
            day = dt.date.fromisoformat(written) + dt.timedelta(days=is_end)
            at_ms = day_at(day, zone)
        else:
            at_ms = read_instant(written)
    except (BadInstant, ValueError, OverflowError):
        raise bad_field(field, _WRITTEN) from None
    if not _FIRST <= at_ms <= _LAST:
        raise bad_field(field, "must be from 2015 to 2099")
    return at_ms


def _before(period: Period, zone: ZoneInfo, now_ms: int) -> Period:
    """Return as many days before, by the calendar where the period is whole days; no more of them than have passed."""
    passed_ms = min(period.to_ms, max(period.from_ms, -(-now_ms // QUARTER_MS) * QUARTER_MS)) - period.from_ms
    first, last = date_of(period.from_ms, zone), date_of(period.to_ms, zone)
    if (day_at(first, zone), day_at(last, zone)) == (period.from_ms, period.to_ms):
        begins = day_at(first - (last - first), zone)
    else:
        begins = period.before.from_ms
    return Period(begins, min(begins + passed_ms, period.from_ms)) if passed_ms else Period(begins, period.from_ms)


def counted_at(standing: Standing) -> str | None:
    """Return until when all is counted, as it is shown."""
    return None if standing.counted_at_ms is None else instant(standing.counted_at_ms)
