"""Receipts that missed their answer by a moment: looked up once more, when nothing of that moment is under way.

Two nodes can write at once: one the answer to a submit with the carrier's id, the other the receipt of that id. Neither
transaction sees the other, so the receipt is parked although its message is known. A transaction lasts no longer than its
statements may; what was parked longer ago than that and fits a message now is settled here. Each receipt is looked at once.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from mobilesasa.store import parked
from mobilesasa.store.database import Database, Txn, one_row
from mobilesasa.store.parked import Retry

#: Of those that were parked before this process began, the newest so many are looked at.
FORMER: Final = 10_000
MARGIN_S: Final = 5.0  # beyond the time that a statement may take

BEGIN = """
SELECT coalesce(min(id) - 1, 0) FROM (SELECT id FROM parked_report ORDER BY id DESC LIMIT %(former)s) AS newest
"""

UPTO = """
SELECT coalesce(max(id), %(after)s) FROM parked_report
WHERE id > %(after)s AND at < now() - make_interval(secs => %(settled_s)s)
"""


def begin(txn: Txn, former: int = FORMER) -> int:
    """Return the number in the tray behind which a new process begins to look."""
    txn.execute(BEGIN, {"former": former})
    return int(one_row(txn)[0])


def upto(txn: Txn, after: int, settled_s: float) -> int:
    """Return the last number behind `after` that was parked so many seconds ago; `after` itself when there is none."""
    txn.execute(UPTO, {"after": after, "settled_s": settled_s})
    return int(one_row(txn)[0])


class Lingering:
    """Goes through the tray, each receipt once.

    Args:
        database: where the tray is.
        spell: gives an id's other spellings.
        statement_timeout_s: how long a statement may take.
    """

    def __init__(self, database: Database, spell: Callable[[str], tuple[str, ...]], statement_timeout_s: float) -> None:
        """Know nothing yet."""
        self._database = database
        self._spell = spell
        self._settled_s = statement_timeout_s + MARGIN_S
        self._after: int | None = None

    async def look(self) -> int:
        """Settle what fits a message now; return how many did."""
        if self._after is None:
            self._after = await self._database.run("lingering.begin", begin)
        last = await self._database.run("lingering.upto", upto, self._after, self._settled_s)
        state = Retry(after=self._after, upto=last)
        while state.after < last and not state.done:
            state = await self._database.run("parked.go_on", parked.go_on, state, self._spell)
        self._after = last
        return state.matched
