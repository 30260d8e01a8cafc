"""How long things took, in buckets that are fixed, so that those of several nodes can be added up."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from itertools import accumulate
from typing import Final

#: From the hand-over to a carrier to its answer; what waits longer than a minute ran into a timeout.
ANSWER_BOUNDS_S: Final = (0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 30.0, 60.0)
#: From a carrier's taking to the end, by the dates in its receipts: whole seconds at best, with some carriers minutes.
RECEIPT_BOUNDS_S: Final = (1.0, 5.0, 30.0, 60.0, 300.0, 3600.0, 21600.0, 86400.0)


class Latency:
    """Counts durations by how long they were.

    Args:
        bounds_s: the longest duration of each bucket, rising; one bucket more takes what is longer.
    """

    def __init__(self, bounds_s: tuple[float, ...]) -> None:
        """Start with nothing counted."""
        self._bounds_s = bounds_s
        self._counts = [0] * (len(bounds_s) + 1)
        self.total_s = 0.0

    def add(self, durations_s: Iterable[float]) -> None:
        """Count what one turn brought. What a clock that was set back made negative counts as nothing."""
        bounds_s, counts, total_s = self._bounds_s, self._counts, self.total_s
        for took_s in durations_s:
            counts[bisect_left(bounds_s, took_s)] += 1
            if took_s > 0:
                total_s += took_s
        self.total_s = total_s

    def buckets(self) -> Iterator[tuple[str, int]]:
        """Give each bound as Prometheus writes it, and how many were no longer than that; the last has all."""
        bounds = (*map(str, self._bounds_s), "+Inf")
        return zip(bounds, accumulate(self._counts), strict=True)
