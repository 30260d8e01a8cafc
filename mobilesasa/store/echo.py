"""What a node says to itself by PostgreSQL: heard again, it has been told of all that was committed before it was said."""

from __future__ import annotations

from typing import Final

from mobilesasa.store.database import Txn

CHANNEL: Final = "echo"

SAY = "SELECT pg_notify(%(channel)s, %(words)s)"


def say(txn: Txn, words: str) -> None:
    """Say something to all who listen."""
    txn.execute(SAY, {"channel": CHANNEL, "words": words})
