"""Tells the webhooks of a team what became of a campaign."""

from __future__ import annotations

from mobilesasa.campaigns.telling import told
from mobilesasa.store import campaigns, hooks
from mobilesasa.store.database import Txn


def tell(txn: Txn, event: str, team_id: int, uuid: str) -> None:
    """Queue an event about a campaign of the team as it stands now, in the transaction of what happened.

    Args:
        txn: of what happened.
        event: its name, of `core.hooks.EVENTS`.
        team_id: whose it is.
        uuid: of the campaign.
    """
    hooks.emit(txn, team_id, event, told(campaigns.find(txn, team_id, uuid)), subject=uuid)
