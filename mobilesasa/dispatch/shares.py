"""How two lanes share what room there is: bulk takes what transactional leaves, never less than a tenth."""

from __future__ import annotations

BULK_SHARE = 0.1
_CREDIT_MAX = 20.0


class Shares:
    """Keeps account of what bulk is owed, so that a tenth holds also when room comes one at a time."""

    def __init__(self) -> None:
        """Owe nothing."""
        self._owed = 0.0

    def split(self, room: int, transactional: int, bulk: int) -> tuple[int, int]:
        """Return how many of each lane to take, for so much room and so many waiting."""
        owed = min(int(self._owed), bulk, room)
        from_transactional = min(transactional, room - owed)
        from_bulk = min(bulk, room - from_transactional)
        if bulk:
            earned = self._owed + BULK_SHARE * (from_transactional + from_bulk) - from_bulk
            self._owed = min(max(earned, 0.0), _CREDIT_MAX)
        return from_transactional, from_bulk
