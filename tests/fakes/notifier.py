"""Remembers what teams are owed."""

from collections.abc import Sequence

from mobilesasa.core.model import Notice


class FakeNotifier:
    """Keeps every notice that it was handed."""

    def __init__(self) -> None:
        self.owed: list[Notice] = []

    def owe(self, notices: Sequence[Notice]) -> None:
        self.owed += notices
