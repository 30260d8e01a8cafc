"""The rounds about what teams pay with and what opens their doors: low balances, marks of ledgers, uses of tokens."""

from __future__ import annotations

from typing import Final

import attrs

from mobilesasa.core.uses import TokenUses
from mobilesasa.store import balances, ledger, token_uses
from mobilesasa.store.database import Database

BALANCES_INTERVAL_S: Final = 60.0
MARKS_INTERVAL_S: Final = 300.0
USES_INTERVAL_S: Final = 60.0
STEPS_A_ROUND: Final = 400  # of 25,600 entries a team: a ledger of years gets its marks in some rounds


@attrs.frozen
class Books:
    """What is to be done about them again and again."""

    _database: Database
    _uses: TokenUses

    async def look_at_balances(self) -> None:
        """Tell teams whose units run low; one node does so for all."""
        await self._database.run("balances.look", balances.look)

    async def mark_ledgers(self) -> None:
        """Write marks into ledgers; one node does so for all."""
        for _ in range(STEPS_A_ROUND):
            if not await self._database.run("ledger.mark", ledger.mark):
                return

    async def write_uses(self) -> None:
        """Write down when tokens opened something here; each node does so for itself."""
        await token_uses.write_gathered(self._database, self._uses)
