"""Our requests that wait for an answer, and how long they have waited.

Time in which we do not read counts for no answer: it may lie in the socket.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mobilesasa.smpp.session import LIMIT_REQUESTS, Session
from mobilesasa.smpp.window import Window


class Requests:
    """The unanswered requests of one link.

    Args:
        session: is told of those that are given up.
        timeout_s: until one is given up; 0: never.
    """

    def __init__(self, session: Session, timeout_s: float) -> None:
        """Begin with none."""
        self._session = session
        self._timeout_s = timeout_s
        self._window: Window[Any] = Window(LIMIT_REQUESTS, timeout_s or float("inf"))
        self._read_since_s = 0.0

    def __len__(self) -> int:
        return len(self._window)

    def put(self, sequences: Sequence[int], contexts: Sequence[Any], now_s: float) -> None:
        """Note what is being sent by its sequence numbers, each with its context."""
        self._window.put_all(sequences, contexts, now_s)

    def take(self, sequence: int) -> Any | None:
        """Remove the request that an answer names and return its context; None for one that is not here."""
        return self._window.take(sequence)

    def drain(self) -> list[Any]:
        """Remove all and return their contexts, oldest first: the connection is gone."""
        return [context for _, context in self._window.drain()]

    def read_again(self, now_s: float) -> None:
        """Learn that we read from now on, and did not before."""
        self._read_since_s = now_s

    def waited_s(self, now_s: float) -> float:
        """Return how long the oldest has waited while we read: 0.0 when nothing waits."""
        oldest_at_s = self._window.oldest_at_s
        return 0.0 if oldest_at_s is None else now_s - max(oldest_at_s, self._read_since_s)

    def due_at_s(self) -> float | None:
        """Return when the oldest is to be given up; None when nothing is."""
        oldest_at_s = self._window.oldest_at_s
        if oldest_at_s is None or not self._timeout_s:
            return None
        return max(oldest_at_s, self._read_since_s) + self._timeout_s

    def give_up(self, now_s: float) -> list[Any]:
        """Remove what is overdue and return the contexts, oldest first; an answer is too late from now on."""
        overdue = self._window.expired(now_s) if self.waited_s(now_s) >= self._window.timeout_s else []
        for sequence, _ in overdue:
            self._session.forget(sequence)
        return [context for _, context in overdue]
