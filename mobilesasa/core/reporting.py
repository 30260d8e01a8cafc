"""Reports: messages counted by what they have in common, the days that they are counted in, and how long they took.

Messages are counted by the quarter of an hour in which they were accepted, UTC. Zones differ from UTC by whole quarters, so
days and hours of any zone are whole quarters too, and a report is a sum of them. A message stands in the day in which it was
accepted, whenever it was delivered, so the figures of a day go on changing until the last receipt.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import accumulate
from typing import Final, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import attrs

from mobilesasa.core.errors import BadValue
from mobilesasa.core.filters import LedgerKind

QUARTER_S: Final = 900
QUARTER_MS: Final = QUARTER_S * 1000
DAYS_MAX: Final = 400  # of one report: a year, and what it is compared with
HOURS_MAX: Final = 31 * 24

#: Where the classes of a latency begin, milliseconds; the first class is what is below the first.
SENT_CLASSES_MS: Final = (
    20,
    50,
    100,
    200,
    500,
    1000,
    2000,
    5000,
    10_000,
    30_000,
    60_000,
    300_000,
    900_000,
    3_600_000,
    21_600_000,
)
DELIVERED_CLASSES_MS: Final = (500, 1000, 2000, 3000, 5000, 10_000, 20_000, 30_000, 60_000, 120_000, 300_000, 900_000, 3_600_000,
                               10_800_000, 43_200_000)  # fmt: skip

#: The last class has no end; what is in it is taken for this.
_LONGEST_MS: Final = 259_200_000

Span = Literal["day", "hour"]
GroupBy = Literal["day", "hour", "sender", "network", "status", "campaign", "carrier"]

#: The figures that are reasons of failures.
REASONS: Final = ("undelivered", "expired", "rejected", "refused", "expired_unsent", "cancelled")


@attrs.frozen(kw_only=True)
class Figures:
    """What became of messages, each counted in the quarter in which it was accepted."""

    accepted: int = 0
    parts: int = 0
    units: int = 0
    sent: int = 0  # a carrier took them
    delivered: int = 0
    failed: int = 0
    undelivered: int = 0  # these and the next ones are the reasons of `failed`
    expired: int = 0
    rejected: int = 0
    refused: int = 0
    expired_unsent: int = 0
    cancelled: int = 0
    failed_unsent: int = 0  # of `failed`: no carrier took them
    unreported: int = 0  # sent, and their receipts were given up

    @property
    def queued(self) -> int:
        """Messages that no carrier has taken yet."""
        return max(0, self.accepted - self.sent - self.failed_unsent)

    @property
    def underway(self) -> int:
        """Messages that a carrier took, and of which nothing final is known; those that nothing is expected of are among them."""
        return max(0, self.sent - self.delivered - (self.failed - self.failed_unsent))

    @property
    def delivery_ratio(self) -> float | None:
        """Delivered messages among those that a carrier took; None when it took none."""
        return round(self.delivered / self.sent, 4) if self.sent else None


@attrs.frozen(kw_only=True)
class Latencies:
    """How many messages took how long, by the classes above: one count more than there are bounds."""

    sent_within: Sequence[int] = (0,) * (len(SENT_CLASSES_MS) + 1)
    delivered_within: Sequence[int] = (0,) * (len(DELIVERED_CLASSES_MS) + 1)


@attrs.frozen(kw_only=True)
class Wanted:
    """Which messages a report is about."""

    team_id: int
    period: Period
    sender: str | None = None
    network: str | None = None
    country: str | None = None  # ISO 3166-1
    carrier_id: int | None = None
    campaign: str | None = None  # its uuid


@attrs.frozen(kw_only=True)
class Group:
    """Messages that have something in common, counted."""

    key: (
        str | int | None
    )  # the n-th span, the name of a sender or network, the id of a carrier, the uuid of a campaign or None
    country: str = ""  # of a network
    figures: Figures


@attrs.frozen
class Usage:
    """Units that came and went on one day, by the kinds of the ledger; what a charge takes is below nothing."""

    kind: LedgerKind
    span: int  # the n-th
    units: int  # of charges without those of campaigns
    entries: int  # of charges and refunds: messages, those of campaigns among them


#: What the units of each kind of the ledger are called in a report, in its order; those that were taken are shown above nothing.
USED_AS: Final[Mapping[LedgerKind, str]] = {
    "charge": "charged",
    "refund": "refunded",
    "reserve": "reserved",
    "release": "released",
    "topup": "topped_up",
    "adjustment": "adjusted",
}
_TAKEN: Final = ("charge", "reserve")


def used(found: Iterable[Usage], span: int | None = None) -> dict[str, int]:
    """Return the units of one span, or of all, by what they are called, and how many `messages` were charged."""
    units = dict.fromkeys((*USED_AS.values(), "messages"), 0)
    for each in found:
        if span in (None, each.span):
            units[USED_AS[each.kind]] += -each.units if each.kind in _TAKEN else each.units
            units["messages"] += each.entries if each.kind == "charge" else 0
    return units


@attrs.frozen
class Pass:
    """What one transaction of counting has done."""

    changes: int  # commits whose changes were added
    again: bool  # whether a quarter was counted again
    is_done: bool  # whether nothing was left


@attrs.frozen
class Period:
    """From one moment to another, whole quarters: the end is not in it."""

    from_ms: int
    to_ms: int

    @property
    def quarters(self) -> tuple[int, int]:
        """The first quarter, and the one behind the last."""
        return self.from_ms // QUARTER_MS, self.to_ms // QUARTER_MS

    @property
    def before(self) -> Period:
        """As long a period that ends where this one begins."""
        return Period(2 * self.from_ms - self.to_ms, self.from_ms)


def zone_of(name: str) -> ZoneInfo:
    """Return a zone by its name in the tz database.

    Raises:
        BadValue: there is none of that name.
    """
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise BadValue(f"{name[:40]!r} is no time zone; write it like Africa/Nairobi") from None


def day_at(day: dt.date, zone: ZoneInfo) -> int:
    """Return when a day begins in a zone, milliseconds since the epoch; where clocks leave midnight out, when it would have been."""
    begins = dt.datetime(day.year, day.month, day.day, tzinfo=zone)
    return _whole(round(begins.timestamp() * 1000))


def date_of(at_ms: int, zone: ZoneInfo) -> dt.date:
    """Return which day a moment is in, in a zone."""
    return dt.datetime.fromtimestamp(at_ms / 1000, zone).date()


def bounded(period: Period) -> Period:
    """Return a period in whole quarters, those that it begins or ends within included.

    Raises:
        BadValue: it is empty, or longer than `DAYS_MAX`.
    """
    whole = Period(_whole(period.from_ms), -_whole(-period.to_ms))
    if whole.to_ms <= whole.from_ms:
        raise BadValue("the end is not behind the beginning")
    if whole.to_ms - whole.from_ms > (DAYS_MAX + 1) * 86_400_000:
        raise BadValue(f"a report is about {DAYS_MAX} days at most")
    return whole


def spans_of(period: Period, zone: ZoneInfo, span: Span) -> list[int]:
    """Return when the days or hours of a period begin in a zone, milliseconds; the first is the period's own beginning.

    Raises:
        BadValue: the period has more than `HOURS_MAX` hours, and hours are asked for.
    """
    if span == "hour" and period.to_ms - period.from_ms > HOURS_MAX * 3_600_000:
        raise BadValue(f"by the hour a report is about {HOURS_MAX // 24} days at most")
    later = _days(period, zone) if span == "day" else _hours(period, zone)
    return [period.from_ms, *(at_ms for at_ms in later if period.from_ms < at_ms < period.to_ms)]


def _days(period: Period, zone: ZoneInfo) -> Iterator[int]:
    day, last = date_of(period.from_ms, zone), date_of(period.to_ms, zone)
    while day < last:
        day += dt.timedelta(days=1)
        yield day_at(day, zone)


def _hours(period: Period, zone: ZoneInfo) -> Iterator[int]:
    """Hours of the clock: of a zone that is half an hour off they begin at half past."""
    at_ms = period.from_ms
    minutes = dt.datetime.fromtimestamp(at_ms / 1000, zone).minute
    first = at_ms - minutes * 60_000
    yield from range(_whole(first), period.to_ms, 3_600_000)


def quantile(counts: Sequence[int], bounds_ms: Sequence[int], share: float) -> int | None:
    """Return how long so large a share of messages took at most, milliseconds, as the classes know it; None of no messages.

    Within a class messages are taken to be spread evenly.
    """
    total = sum(counts)
    if not total:
        return None
    wanted = share * total
    starts, ends = (0, *bounds_ms), (*bounds_ms, _LONGEST_MS)
    for count, below, start, end in zip(counts, accumulate(counts, initial=0), starts, ends, strict=False):
        if count and below + count >= wanted:
            return round(start + (end - start) * max(0.0, wanted - below) / count)
    raise AssertionError("the shares of all classes are the whole")  # pragma: no cover - a sum is the sum of its parts


def by_status(found: Figures) -> dict[str, Figures]:
    """Return the figures of messages by the status in which they are; parts and units are not counted by it."""
    reasons = {name: getattr(found, name) for name in REASONS}
    failed = {"failed": found.failed, "sent": found.failed - found.failed_unsent, "failed_unsent": found.failed_unsent}
    return {
        "queued": Figures(accepted=found.queued),
        "sent": Figures(accepted=found.underway, sent=found.underway, unreported=found.unreported),
        "delivered": Figures(accepted=found.delivered, sent=found.delivered, delivered=found.delivered),
        "failed": Figures(accepted=found.failed, **failed, **reasons),
    }


def change(now: float | None, before: float | None) -> float | None:
    """Return by what share a figure has grown, 0.25 for a quarter; None where there was nothing to grow from."""
    if now is None or not before:
        return None
    return round((now - before) / before, 4)


def _whole(at_ms: int) -> int:
    return at_ms // QUARTER_MS * QUARTER_MS
