"""Answers that clients asked for and do not read: kept in memory for so long, and only so much of them together (I7).

How to think about it: an answer may have a megabyte, and who does not read it costs us that until the connection is cut for its
silence. A thousand of those are a gigabyte. So what waits is added up, and when it is too much who has let us wait longest
is cut at once.
"""

from __future__ import annotations

from typing import Final, Protocol

UNREAD_OCTETS: Final = 32 * 1_048_576


class Unreading(Protocol):
    """A connection whose client does not read."""

    def cut(self) -> None:
        """End it now, with what waits for it."""


class Unread:
    """What waits for clients.

    Args:
        most_octets: for all of them.

    Attributes:
        octets: How much it is.
    """

    def __init__(self, most_octets: int = UNREAD_OCTETS) -> None:
        """Begin with nothing."""
        self.octets = 0
        self._most_octets = most_octets
        self._waiting: dict[Unreading, int] = {}  # the longest first

    def wait(self, connection: Unreading, octets: int) -> None:
        """Note that so much waits for a client in all; if it is too much together, cut who waits longest."""
        self.octets += octets - self._waiting.get(connection, 0)
        self._waiting[connection] = octets
        while self.octets > self._most_octets:
            longest = next(iter(self._waiting))
            self.over(longest)
            longest.cut()

    def over(self, connection: Unreading) -> None:
        """Note that nothing waits for a client any more."""
        self.octets -= self._waiting.pop(connection, 0)
