"""How bulk retreats from a carrier that asks for fewer: halved at once, regained slowly, so that little is refused.

How to think about it: as long as the carrier never throttles, bulk has no rate of its own. When it does, the rate is half
of what was too much, and grows along a cubic curve (RFC 9438 §4.2): quickly to a little below what was too much, flat
about there, then quickly again, until nothing limits it.

    rate ▲  too much . . . . . . . . ╱ . . . free
         │              ╭───────────╯
         │          ╭──╯
         │  half ───╯
         └──────────┼──────────┼──────────▶ time in which bulk asked for all that it was given
                    0      REGAIN_S

For `REST_S` after it was throttled bulk rests altogether: what is transactional and was refused is tried again before.
"""

from __future__ import annotations

from typing import Final

from mobilesasa.dispatch.shares import BULK_SHARE

REST_S: Final = 1.5  # after a throttle; what a bind holds back is tried, and answered, before
AIM: Final = 0.95  # of what was too much
REGAIN_S: Final = 15.0  # until the rate is there
FREE_AT: Final = 4.0  # times what was too much: that cannot have been the carrier's rate
BURST_S: Final = 0.04  # so much of a second may go at once


class Retreat:
    """The rate of one carrier's bulk lane, in parts.

    Never less than a tenth of the most that the carrier answered in a second since it began to throttle, nor than one a second.

    Attributes:
        rate_per_s: what bulk may have now; None: as much as there is room for.
    """

    def __init__(self) -> None:
        """Limit nothing."""
        self.rate_per_s: float | None = None
        self._too_much = 0.0
        self._most = 0  # answered in a second
        self._asked_s = 0.0  # since it was throttled: how long bulk asked for all that it was given
        self._throttled_at_s = float("-inf")
        self._tokens = 0.0
        self._spent = False  # anything since the last rest
        self._measures = False  # what the carrier answers in a second: from the first throttle until bulk goes on
        self._at_s = 0.0
        self._second = 0
        self._in_second = self._in_last = 0

    def answered(self, parts: int, now_s: float) -> None:
        """Learn that the carrier answered so many parts, of any lane, and did not throttle them."""
        second = int(now_s)
        if second != self._second:
            self._in_last = self._in_second if second == self._second + 1 else 0
            self._second, self._in_second = second, 0
        self._in_second += parts
        if self._measures:
            self._note_most()

    def throttled(self, now_s: float) -> bool:
        """Learn that the carrier throttled; return whether bulk retreats.

        It does not for what was under way. While no more of bulk has gone out it only rests on: what is refused then are
        those that the carrier's wire still held.
        """
        if self._rests_s(now_s) > 0:
            return False
        if self.rate_per_s is not None and not self._spent:
            self._rest(now_s)
            return False
        self.answered(0, now_s)
        if self.rate_per_s is None:
            self._measures, self._too_much, self._most = True, 1.0, self._in_last
        else:
            self._too_much = self.rate_per_s
        self._note_most()
        self._asked_s = 0.0
        self._rest(now_s)
        self.rate_per_s = self._now_per_s()
        return True

    def room(self, now_s: float) -> int | None:
        """Return how many parts of bulk may go out now; None for as many as there is room for."""
        if self.rate_per_s is None:
            return None
        if self._rests_s(now_s) > 0:
            return 0
        passed_s, self._at_s = max(0.0, now_s - self._at_s), now_s
        most = max(1.0, self.rate_per_s * BURST_S)
        self._asked_s += min(passed_s, max(0.0, most - self._tokens) / self.rate_per_s)
        self._tokens = min(most, self._tokens + passed_s * self.rate_per_s)
        self.rate_per_s = self._now_per_s()
        if self.rate_per_s >= FREE_AT * self._too_much:
            self.rate_per_s = None
            return None
        return max(0, int(self._tokens + 1e-9))

    def spend(self, parts: int) -> None:
        """Note that so many parts of bulk went out."""
        self._tokens -= parts
        self._spent, self._measures = True, False

    def wait_s(self, now_s: float) -> float:
        """Return in how many seconds a worthwhile number may go: half a burst, or the next one."""
        if self.rate_per_s is None:
            return 0.0
        wanted = max(1.0, self.rate_per_s * BURST_S / 2)
        return self._rests_s(now_s) + max(0.0, wanted - self._tokens) / self.rate_per_s

    def _note_most(self) -> None:
        self._most = max(self._most, self._in_second, self._in_last)
        if self._measures:
            self._too_much = max(self._too_much, float(self._most))

    def _rest(self, now_s: float) -> None:
        self._throttled_at_s, self._at_s = now_s, now_s + REST_S
        self._tokens, self._spent = 0.0, False

    def _rests_s(self, now_s: float) -> float:
        since_s = now_s - self._throttled_at_s
        return REST_S - since_s if 0 <= since_s < REST_S else 0.0  # less than 0: the clock was set back

    def _now_per_s(self) -> float:
        half, aim = 0.5 * self._too_much, AIM * self._too_much
        grown = aim + (aim - half) * ((self._asked_s - REGAIN_S) / REGAIN_S) ** 3
        return max(1.0, BULK_SHARE * self._most, grown)
