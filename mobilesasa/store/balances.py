"""Who is told that its units run low, once for each time that they fall below its mark (decision 87)."""

from __future__ import annotations

from mobilesasa.store import hooks
from mobilesasa.store.database import Txn

# What is no longer low is forgotten, so that the next fall is told again. Rows of teams are locked in the order of ids, as
# accepting messages does.
RECOVERED = """
WITH recovered AS (
    SELECT id FROM team WHERE low_since IS NOT NULL AND (low_balance_units IS NULL OR balance >= low_balance_units)
    ORDER BY id FOR NO KEY UPDATE
)
UPDATE team SET low_since = NULL FROM recovered WHERE team.id = recovered.id
"""

FALLEN = """
WITH fallen AS (
    SELECT id FROM team WHERE low_since IS NULL AND low_balance_units IS NOT NULL AND balance < low_balance_units
    ORDER BY id FOR NO KEY UPDATE
)
UPDATE team SET low_since = now() FROM fallen WHERE team.id = fallen.id RETURNING team.id, balance, low_balance_units
"""


def look(txn: Txn) -> int:
    """Tell the teams whose units have fallen below their mark since the last look; returns how many."""
    txn.execute(RECOVERED)
    txn.execute(FALLEN)
    fallen = txn.fetchall()
    for team_id, balance, low_balance_units in fallen:
        hooks.emit(txn, team_id, "balance.low", {"available": balance, "low_balance_units": low_balance_units})
    return len(fallen)
