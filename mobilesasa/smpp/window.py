"""The requests of one direction that are still without an answer."""

from collections.abc import Sequence
from itertools import repeat
from typing import Generic, TypeVar

import attrs

T = TypeVar("T")


class WindowFull(Exception):
    """There are as many unanswered requests as the window allows; wait for an answer."""


@attrs.define
class Window(Generic[T]):
    """Unanswered requests by sequence number, each with whatever the sender wants back with the answer.

    The order is the order of sending, so what is oldest is found at once; every operation takes the same small time
    however many requests there are. The clock is the caller's: moments are seconds that never go back.

    >>> window = Window(limit=2, timeout_s=30.0)
    >>> window.put(1, "first", now_s=0.0); window.put(2, "second", now_s=10.0)
    >>> window.room, window.take(2), window.take(2)
    (0, 'second', None)
    >>> window.expired(now_s=30.0)
    [(1, 'first')]
    """

    limit: int
    timeout_s: float
    _sent: dict[int, tuple[T, float]] = attrs.field(factory=dict, init=False, repr=False)

    def __len__(self) -> int:
        return len(self._sent)

    def __contains__(self, sequence: int) -> bool:
        return sequence in self._sent

    @property
    def room(self) -> int:
        """How many more requests may be sent now."""
        return self.limit - len(self._sent)

    @property
    def oldest_at_s(self) -> float | None:
        """When the oldest unanswered request was sent, None when there is none."""
        for _, sent_at_s in self._sent.values():
            return sent_at_s
        return None

    def put(self, sequence: int, context: T, now_s: float) -> None:
        """Note a request that is being sent.

        Raises:
            WindowFull: There is no room.
            ValueError: A request with this sequence number is unanswered.
        """
        self.put_all((sequence,), (context,), now_s)

    def put_all(self, sequences: Sequence[int], contexts: Sequence[T], now_s: float) -> None:
        """Note requests that are being sent in one write, each with its context.

        Raises:
            WindowFull: There is no room for all of them; none is noted.
            ValueError: A request with one of the sequence numbers is unanswered; none is noted.
        """
        if len(self._sent) + len(sequences) > self.limit:
            raise WindowFull(f"{self.limit} requests are unanswered")
        if not self._sent.keys().isdisjoint(sequences):
            unanswered = min(self._sent.keys() & set(sequences))
            raise ValueError(f"sequence number {unanswered} is unanswered")
        self._sent.update(zip(sequences, zip(contexts, repeat(now_s)), strict=True))

    def take(self, sequence: int) -> T | None:
        """Remove the request that an answer names and return its context; None for one that is not here."""
        entry = self._sent.pop(sequence, None)
        return None if entry is None else entry[0]

    def expired(self, now_s: float) -> list[tuple[int, T]]:
        """Remove and return, oldest first, what has been unanswered for `timeout_s` or longer, by sequence number."""
        gone: list[tuple[int, T]] = []
        for sequence, (context, sent_at_s) in self._sent.items():
            if now_s - sent_at_s < self.timeout_s:
                break
            gone.append((sequence, context))
        for sequence, _ in gone:
            del self._sent[sequence]
        return gone

    def drain(self) -> list[tuple[int, T]]:
        """Remove and return everything, oldest first: the connection is gone."""
        gone = [(sequence, context) for sequence, (context, _) in self._sent.items()]
        self._sent.clear()
        return gone
