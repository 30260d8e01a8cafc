"""How much a peer may make a server do for nothing.

How to think about it: some PDUs bring nothing and still cost us a look and mostly an answer: enquiries, what is refused
or throttled, answers to nothing. 64 kB of them, one read of the socket, are 4,000 PDUs and some 20 ms in which no other
session is served. So they are paid for from a bucket, and who has emptied it is not read for as long as the bucket
takes to fill again: its octets wait in its own socket. Until it has mended its ways what it sends is taken in small
pieces, so that patience ends in the midst of a read too. A peer that has not bound is no customer yet; it is taken in
pieces from the first octet, and dropped after a few such PDUs.
"""

from __future__ import annotations

from typing import Final

#: At most 256 PDUs, some 2 ms.
PIECE_OCTETS: Final = 4096
#: How many PDUs that bring nothing a peer may send that has not bound, before it is dropped.
STRANGER_PDUS: Final = 20
RATE_PER_S: Final = 100  # far above what any client needs: enquiries are sent every few seconds
BURST: Final = 1000
HOLD_MAX_S: Final = 5.0  # a peer that mends its ways is heard soon, and well before a request of its own is overdue


class Patience:
    """What is borne of one link.

    Args:
        now_s: the moment the bucket is full, in seconds of the link's clock.

    Attributes:
        wasted: PDUs that brought nothing and are not paid for yet.
        holds_until_s: Until when the peer is not read; None while it is.
        is_at_its_end: Whether the peer has not bound and is to be dropped.
    """

    __slots__ = ("_at_s", "_burst", "_level", "_rate_per_s", "_strange", "holds_until_s", "is_at_its_end", "wasted")

    def __init__(self, now_s: float) -> None:
        """Start full."""
        self.wasted = 0
        self.holds_until_s: float | None = None
        self.is_at_its_end = False
        self._rate_per_s = float(RATE_PER_S)
        self._burst = self._level = float(BURST)
        self._at_s = now_s
        self._strange = 0

    @property
    def holds(self) -> bool:
        """Whether the peer is not read for a while."""
        return self.holds_until_s is not None

    def is_tried(self, now_s: float) -> bool:
        """Whether a good part of the bucket was spent of late."""
        return self._level + (now_s - self._at_s) * self._rate_per_s < self._burst / 2

    def grant(self, rate_per_s: int) -> None:
        """Bear as many PDUs in a second as this, and never fewer than anybody's."""
        self._rate_per_s = float(max(RATE_PER_S, rate_per_s))
        self._burst = float(max(BURST, rate_per_s))

    def waste(self, count: int) -> None:
        """Note PDUs that bring nothing, such as requests that were throttled."""
        self.wasted += count

    def settle(self, now_s: float, bound: bool) -> None:
        """Pay for what was wasted, and say what comes of it: nothing mostly, `holds_until_s` or `is_at_its_end`."""
        wasted, self.wasted = self.wasted, 0
        if not bound:
            self._strange += wasted
            self.is_at_its_end = self._strange > STRANGER_PDUS
        level = min(self._burst, self._level + (now_s - self._at_s) * self._rate_per_s) - wasted
        self._level = max(level, -HOLD_MAX_S * self._rate_per_s)
        self._at_s = now_s
        if self._level < 0:
            self.holds_until_s = now_s - self._level / self._rate_per_s

    def is_regained(self, now_s: float) -> bool:
        """Say whether the peer is to be read again from this moment on."""
        if self.holds_until_s is None or now_s < self.holds_until_s:
            return False
        self.holds_until_s = None
        return True
