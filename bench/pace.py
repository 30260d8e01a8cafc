"""When each message of a load is due: as soon as there is room (closed loop), or at its own moment (open loop).

A message is known by its place in the load, 0 and up. In an open loop its latency counts from the moment it was due,
so the time that it waited for room, or for a generator that was late, is in the figure.
"""

from __future__ import annotations

import attrs


@attrs.define
class Pace:
    """The moments of one load.

    Attributes:
        begin_s: when it begins, on the monotonic clock.
        seconds: how long messages are given out.
        rate_per_s: 0 for a closed loop.
        most: no more messages than these.
        given: how many were given out.
    """

    begin_s: float
    seconds: float
    rate_per_s: float
    most: int
    given: int = 0

    def due(self, room: int, now_s: float) -> range:
        """Give out the messages that are due now, at most `room`."""
        if self.rate_per_s:
            whole = min(int(self.seconds * self.rate_per_s), int((now_s - self.begin_s) * self.rate_per_s) + 1)
            last = min(self.given + room, whole, self.most)
        elif now_s - self.begin_s < self.seconds:
            last = min(self.given + room, self.most)
        else:
            last = self.given
        found = range(self.given, max(self.given, last))
        self.given = found.stop
        return found

    def intended_s(self, place: int, now_s: float) -> float:
        """Return the moment from which the latency of a message counts."""
        return self.begin_s + place / self.rate_per_s if self.rate_per_s else now_s

    def over(self, now_s: float) -> bool:
        """Say whether no message will be given out any more."""
        if self.given >= self.most:
            return True
        if self.rate_per_s:
            return self.given >= int(self.seconds * self.rate_per_s)
        return now_s - self.begin_s >= self.seconds

    def wait_s(self, now_s: float, longest_s: float) -> float:
        """Return how long to wait for the next message that is due, when nothing else happens."""
        if not self.rate_per_s or self.over(now_s):
            return longest_s
        return min(max(0.0, self.begin_s + self.given / self.rate_per_s - now_s), longest_s)
