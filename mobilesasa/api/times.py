"""Times that come in: ISO 8601 with a zone (RFC 3339), as the reference writes them or with any offset (decision 6)."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import NewType

#: Milliseconds since the epoch, as the type of a request's field: `Annotated[Instant | None, Said("When …")]`.
Instant = NewType("Instant", int)

# A blank before the offset is a plus that was not percent-encoded in a query string.
_WRITTEN = re.compile(
    r"(\d{4}-\d{2}-\d{2})[Tt ](\d{2}:\d{2}(?::\d{2})?)(?:[.,](\d{1,9}))?(?:([Zz])|([ +-])(\d{2}):?(\d{2}))?\Z",
    re.ASCII,
)
_EXAMPLE = "such as 2026-05-11T09:00:00Z or 2026-05-11T12:00:00+03:00"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LAST_MS = (int((datetime.max.replace(tzinfo=UTC) - _EPOCH).total_seconds()) + 1) * 1000 - 1  # of the year 9999
_DAY_MIN = 1440
_HOUR_MIN = 60


class BadInstant(ValueError):
    """A text is no time, or one without a zone; the words say what it must be."""


def read_instant(text: str) -> Instant:
    """Return a time as milliseconds since the epoch.

    Args:
        text: date and time of day with `Z` or an offset; finer than milliseconds is cut off.

    Raises:
        BadInstant: it is not written so, names no moment that there is, has no zone, or lies outside of 1970 to 9999.
    """
    written = _WRITTEN.match(text)
    if written is None:
        raise BadInstant(f"must be a time in ISO 8601 with a zone, {_EXAMPLE}")
    day, time, fraction, zulu, sign, hours, minutes = written.groups()
    if zulu is None and sign is None:
        raise BadInstant(f"must have a zone, {_EXAMPLE}")
    try:
        moment = datetime.fromisoformat(f"{day}T{time}+00:00")
    except ValueError:
        raise BadInstant(f"must be a moment that there is, {_EXAMPLE}") from None
    at_ms = round((moment - _EPOCH).total_seconds()) * 1000 + int(f"{fraction or '':0<3}"[:3])
    east_min = 0 if zulu else int(hours) * _HOUR_MIN + int(minutes)
    if east_min >= _DAY_MIN or (not zulu and int(minutes) >= _HOUR_MIN):
        raise BadInstant(f"must have an offset that there is, {_EXAMPLE}")
    at_ms -= (-east_min if sign == "-" else east_min) * 60_000
    if not 0 <= at_ms <= _LAST_MS:
        raise BadInstant("must lie in the years 1970 to 9999, UTC")
    return Instant(at_ms)
