"""What a bind that is lost left unanswered, while others are up: those may have broken in the same moment.

Each part is sent once more and no oftener, so it must not go to a bind that is as dead as the one before, of which nobody knows
yet. After a second that is known, or it broke by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from twisted.internet.interfaces import IDelayedCall, IReactorTime

from mobilesasa.carriers.smpp.jobs import Part

REST_S: Final = 1.0


class Resting:
    """Such parts.

    Args:
        clock: measures their rest.
        rested: called when it is over.
    """

    def __init__(self, clock: IReactorTime, rested: Callable[[], None]) -> None:
        """Begin with none."""
        self._clock = clock
        self._rested = rested
        self._parts: list[Part] = []
        self._call: IDelayedCall | None = None

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self._parts)

    def add(self, parts: Sequence[Part]) -> None:
        """Let some rest; `rested` is called a second after the first of them."""
        self._parts += parts
        if self._parts and self._call is None:
            self._call = self._clock.callLater(REST_S, self._rested)

    def take(self) -> list[Part]:
        """Take all of them back."""
        if self._call is not None and self._call.active():
            self._call.cancel()
        self._call = None
        taken, self._parts = self._parts, []
        return taken
