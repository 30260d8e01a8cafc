"""How two lanes share what room there is: bulk takes what transactional leaves, never less than a tenth."""

from __future__ import annotations

BULK_SHARE = 0.1


class Shares:
    """Keeps account, in parts, of what bulk is owed, so that a tenth holds also when room comes one part at a time.

    The account is kept only while both lanes wait: what a lane takes when it is alone costs the other nothing.
    """

    def __init__(self) -> None:
        """Owe nothing."""
        self._owed_parts = 0.0

    def bulk_next(self, transactional_waits: bool, bulk_waits: bool) -> bool:
        """Say whether the next message is bulk's; if it does not fit, the room is kept for it."""
        return bulk_waits and (not transactional_waits or self._owed_parts >= 1.0)

    def took(self, parts: int, bulk: bool) -> None:
        """Learn that a message of so many parts was taken while both lanes waited."""
        self._owed_parts += BULK_SHARE * parts - (parts if bulk else 0)
