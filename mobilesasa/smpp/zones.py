"""The zone of the dates in a carrier's receipts, guessed from when they come.

How to think about it: a receipt is written when the message is done, and most come within seconds. So the difference
between its date, read as UTC, and the time of day when it came is the zone, in quarters of an hour; those that came
late differ from each other, and those that did not agree. It is believed when enough agree.
"""

from __future__ import annotations

from collections import Counter, deque
from typing import Final

#: How many receipts are looked at, how many of them are enough, and what share must agree.
REMEMBERED: Final = 50
ENOUGH: Final = 10
SHARE: Final = 0.7
_QUARTER_S: Final = 900
_FARTHEST_QUARTERS: Final = 14 * 4  # UTC-12 to UTC+14


class ZoneGuess:
    """Learns the zone of one carrier; `offset_min` is minutes east of UTC, what it was told before it knows."""

    def __init__(self, offset_min: int) -> None:
        """Begin with what is believed so far."""
        self.offset_min = offset_min
        self._seen: deque[int] = deque(maxlen=REMEMBERED)

    def learn(self, ahead_s: float) -> bool:
        """Take by how many seconds a date, read as UTC, is ahead of when it came; say whether the zone is another now."""
        quarters = round(ahead_s / _QUARTER_S)
        if abs(quarters) > _FARTHEST_QUARTERS:
            return False
        self._seen.append(quarters)
        if len(self._seen) < ENOUGH or 15 * quarters == self.offset_min:
            return False
        ((likeliest, count),) = Counter(self._seen).most_common(1)
        if count < SHARE * len(self._seen) or 15 * likeliest == self.offset_min:
            return False
        self.offset_min = 15 * likeliest
        return True
