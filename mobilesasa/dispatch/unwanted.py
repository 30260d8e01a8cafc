"""Has what waits for people who want no more taken back, soon after they have said so."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Protocol

from mobilesasa.core.model import Notice
from mobilesasa.core.ports import Notifier

INTERVAL_S: Final = 2.0


class Store(Protocol):
    """The messages that wait."""

    async def take_back(self) -> tuple[int, Sequence[Notice]]:
        """Look at some of those who were suppressed lately; return how many, and the notices for teams."""


class Unwanted:
    """Does the round.

    Args:
        store: the messages.
        notifier: told of messages that were taken back.
    """

    def __init__(self, store: Store, notifier: Notifier) -> None:
        self._store = store
        self._notifier = notifier

    async def look(self) -> None:
        """Take back what waits for all who were suppressed lately."""
        looked = 1
        while looked:
            looked, notices = await self._store.take_back()
            self._notifier.owe(notices)
