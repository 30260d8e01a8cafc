"""Longest-prefix match, by which routes, prices, costs and networks are found."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Generic, TypeVar

T = TypeVar("T")


class PrefixTable(Generic[T]):
    """Longest-prefix match of a number's digits; the empty prefix is the default."""

    def __init__(self, rows: Mapping[str, T]) -> None:
        """Keep the rows by prefix."""
        self._rows = dict(rows)
        self._lengths = sorted({len(prefix) for prefix in rows}, reverse=True)

    def find(self, number: str) -> T | None:
        """Return what stands at the longest prefix of the number, or None."""
        for length in self._lengths:
            found = self._rows.get(number[:length])
            if found is not None:
                return found
        return None

    def find_prefix(self, number: str) -> str | None:
        """Return the longest prefix of the number at which something stands, or None."""
        return next((number[:length] for length in self._lengths if number[:length] in self._rows), None)
