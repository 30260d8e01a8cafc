"""A token bucket over the clock that is handed in: so many parts a second, and a tenth of a second's worth at once."""

from __future__ import annotations

from collections.abc import Callable

BURST_S = 0.1


class Bucket:
    """Lets `rate_per_s` through, 0 for no limit.

    The burst is small: a carrier that counts by the second refuses one who saves up for it.
    """

    def __init__(self, rate_per_s: float, seconds: Callable[[], float]) -> None:
        """Start full."""
        self.rate_per_s = rate_per_s
        self._seconds = seconds
        self._most = max(1.0, rate_per_s * BURST_S)
        self._tokens = self._most
        self._at_s = seconds()

    def available(self) -> int | None:
        """Return how many may go now; None for as many as one likes."""
        if not self.rate_per_s:
            return None
        now_s = self._seconds()
        self._tokens = min(self._most, self._tokens + (now_s - self._at_s) * self.rate_per_s)
        self._at_s = now_s
        return int(self._tokens + 1e-9)

    def spend(self, count: int) -> None:
        """Note that so many went."""
        if self.rate_per_s:
            self._tokens -= count

    def wait_s(self) -> float:
        """Return in how many seconds a worthwhile number may go: half a burst, or the next one."""
        wanted = max(1.0, self._most / 2)
        return max(0.0, (wanted - self._tokens) / self.rate_per_s) if self.rate_per_s else 0.0
