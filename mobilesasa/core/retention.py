"""What is known of the months of messages: which are kept, which go, and what holds one up."""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

import attrs


class Standing(enum.StrEnum):
    """Where a month stands."""

    KEPT = "kept"  # its time has not come
    DUE = "due"  # nothing holds it up: the next round removes it
    HELD = "held"  # its time has come, and something still needs it
    LEAVING = "leaving"  # its messages are found no more, and are being removed
    GONE = "gone"


class Need(enum.StrEnum):
    """What still needs messages of a month."""

    WAITING = "waiting"
    RECEIPTS = "receipts"
    WAYS = "ways"
    OWED = "owed"
    CAMPAIGNS = "campaigns"
    EXPORTS = "exports"
    SUMS = "sums"
    UNFINISHED = "unfinished"
    OLDER = "older"


#: The same in words, behind a number of them.
NEEDS: Final[Mapping[Need, str]] = MappingProxyType(
    {
        Need.WAITING: "messages that wait for a carrier",
        Need.RECEIPTS: "parts whose receipts may still come",
        Need.WAYS: "messages that may go on to another carrier, or have left one that may still report",
        Need.OWED: "receipts that teams have not fetched",
        Need.CAMPAIGNS: "campaigns that have not ended",
        Need.EXPORTS: "exports that are under way",
        Need.SUMS: "changes that are not counted for reports yet",
        Need.UNFINISHED: "messages that are queued and wait for no carrier: mobilesasa audit names them",
        Need.OLDER: "older months that are not gone",
    }
)


@attrs.frozen
class Hold:
    """Something that holds a month up."""

    what: Need
    count: int  # at most 1,000 are counted

    def __str__(self) -> str:
        return f"{self.count} {NEEDS[self.what]}"


@attrs.frozen
class Month:
    """A month of messages, by the time (UTC) at which they were accepted."""

    month: str  # 2026-05
    standing: Standing
    messages: int  # an estimate while they are there
    octets: int  # that they take, or took, with their indexes
    goes_at_ms: int | None  # from when on it may go; None: never, or it has gone
    held_by: Sequence[Hold] = ()
    gone_at_ms: int | None = None
    inbound_removed: int = 0  # messages from phones
