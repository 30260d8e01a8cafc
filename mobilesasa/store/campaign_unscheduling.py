"""What was sent and has not begun becomes a draft again: its snapshot goes, and the units of all of it are the team's.

The entries of the ledger stay: what was reserved, and a release of as much. This takes as long as there are recipients: it
runs on `store.aside`.
"""

from __future__ import annotations

from mobilesasa.campaigns.model import Campaign, Phase
from mobilesasa.core.actors import Actor
from mobilesasa.core.errors import NotScheduled
from mobilesasa.store import campaign_phases, campaigns
from mobilesasa.store.database import Txn
from mobilesasa.store.trail import note

FORGET_RECIPIENTS = "DELETE FROM campaign_recipient WHERE campaign_id = %(id)s"

FORGET_LINKS = "DELETE FROM campaign_link WHERE campaign_id = %(id)s"

# The team's row is locked from here to the end of the transaction.
RELEASE = """
WITH entry AS (
    INSERT INTO ledger (team_id, kind, units, messages, campaign_uuid)
    SELECT team_id, 'release', reserved_units, recipients, uuid FROM campaign WHERE id = %(id)s AND reserved_units > 0
)
UPDATE team SET balance = balance + reserved_units FROM campaign
WHERE campaign.id = %(id)s AND team.id = team_id AND reserved_units > 0
"""

BACK = """
UPDATE campaign SET phase = 'draft', text = NULL, rows = 0, recipients = 0, skipped = 0, reserve_id = NULL, reserved_units = 0,
    armed_at = NULL, next_at = NULL, made = 0, looked_upto = NULL, paused_by = NULL, paused_reason = NULL, braked_sums = NULL,
    updated_at = now()
WHERE id = %(id)s
"""


def unschedule(txn: Txn, by: Actor, team_id: int, uuid: str) -> Campaign:
    """Make a draft of what waits for its time, also while it is paused; return it.

    Raises:
        NotFound: the team has none of that uuid.
        NotScheduled: it was not sent, or has begun.
        CampaignBusy: it is being sent at this moment.
        AccessEnded: the caller's token was revoked meanwhile.
    """
    found = campaigns.lock(txn, team_id, uuid)
    if not can_be_unscheduled(found):
        raise NotScheduled(f"the campaign is {found.phase.value}; only one that waits for its time can become a draft")
    before = {"phase": found.phase, "recipients": found.recipients, "units": found.reserved_units}
    note(txn, by, "campaign.unschedule", found.uuid, team_id=team_id, before=before)
    named = {"id": found.id}
    txn.execute(FORGET_RECIPIENTS, named)
    txn.execute(FORGET_LINKS, named)
    txn.execute(RELEASE, named)
    txn.execute(BACK, named)
    campaign_phases.wake(txn, found.id)
    return campaigns.find(txn, team_id, found.uuid)


def can_be_unscheduled(campaign: Campaign) -> bool:
    """Whether it was sent, and nothing of it has begun."""
    has_begun = campaign.started_at_ms is not None
    return campaign.phase is Phase.SCHEDULED or (campaign.phase is Phase.PAUSED and not has_begun)
