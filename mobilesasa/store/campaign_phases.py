"""What holds a campaign, lets it go on, and ends it, with the units that it did not use (decisions 69-72).

How to think about it: few of a campaign's messages wait for carriers at a time, so to stop it is to stop making more (its phase),
and to hold what waits. That is done by the time at which a message is due, which a claim looks at under its lock. What a
carrier has been handed goes on. A campaign that is cancelled takes back what waits, in pieces, as single messages are taken
back: its units come back by refunds. What was reserved and never became a message comes back at once, as 'release'.
One that is completed, all of it queued, can be held and taken back as well as long as any of its messages waits.
"""

from __future__ import annotations

from typing import Final

from mobilesasa.campaigns.model import ACTIVE, Campaign, PausedBy, Phase
from mobilesasa.core.actors import Actor
from mobilesasa.core.errors import CampaignEnded, NotSending
from mobilesasa.core.model import Failure, Never, Settlement
from mobilesasa.store import campaigns
from mobilesasa.store.campaign_events import tell
from mobilesasa.store.database import Txn, one_row
from mobilesasa.store.outcomes import settle
from mobilesasa.store.trail import note

CHANNEL: Final = "campaign"  # told the id of a campaign that has something to be done
TAKEN_BACK_AT_ONCE: Final = 500  # messages in one transaction, for the team's row is locked in it

WAKE = "SELECT pg_notify(%(channel)s, %(id)s::text)"

# Not what a carrier took, and that is to go to another. Messages are looked up one by one.
WAITS: Final = """EXISTS (
    SELECT FROM pending WHERE campaign_id = campaign.id AND (SELECT state FROM message WHERE message.id = message_id) = 10)"""

PAUSE = f"""
UPDATE campaign SET phase = CASE phase WHEN 'completed' THEN phase ELSE 'paused' END, paused_by = %(by)s, paused_reason = %(reason)s,
                    updated_at = now()
WHERE id = %(id)s AND (phase IN ('scheduled', 'sending') OR (phase = 'completed' AND paused_by IS NULL AND {WAITS}))
"""

HAS_WAITING = f"SELECT {WAITS} FROM campaign WHERE id = %(id)s"

# What is being claimed at this moment is in hand. Meanwhile no hours end for what is held, so nobody looks at it again and again.
HOLD = """
WITH held AS (
    SELECT message_id FROM pending
    WHERE campaign_id = %(id)s AND claimed_by IS NULL AND (due_at IS NULL OR due_at < '2100-01-01') FOR UPDATE SKIP LOCKED
)
UPDATE pending SET due_at = '2100-01-01', closes_at = CASE WHEN closes_at IS NOT NULL THEN 'infinity'::timestamptz END
FROM held WHERE pending.message_id = held.message_id
"""

# One that has not begun waits for its time. The sweeper names what is due to the queue.
RESUME = """
UPDATE campaign SET paused_by = NULL, paused_reason = NULL, updated_at = now(),
    phase = CASE WHEN phase = 'completed' THEN phase WHEN started_at IS NULL THEN 'scheduled' ELSE 'sending' END
WHERE id = %(id)s AND phase IN ('paused', 'completed')
"""

PAUSED = "SELECT id FROM campaign WHERE paused_by IS NOT NULL AND phase IN ('paused', 'completed') ORDER BY id"

# Of one that is completed, when what was held has expired.
NOTHING_HELD = f"""
UPDATE campaign SET paused_by = NULL, paused_reason = NULL WHERE paused_by IS NOT NULL AND phase = 'completed' AND NOT {WAITS}
"""

# What rules hold for may be quiet now: `store.closing` looks at it before it goes out.
LET_GO = """
UPDATE pending SET due_at = now(), closes_at = CASE WHEN closes_at IS NOT NULL THEN now() END
WHERE campaign_id = %(id)s AND due_at = '2100-01-01'
"""

END = """
WITH ended AS (
    UPDATE campaign SET phase = %(phase)s, finished_at = now(), updated_at = now(), paused_by = NULL, paused_reason = NULL,
                        next_at = NULL, released_units = reserved_units - captured_units
    WHERE id = %(id)s AND phase IN ('draft', 'scheduled', 'sending', 'paused')
    RETURNING team_id, uuid, released_units, recipients - queued AS unused
), entry AS (
    INSERT INTO ledger (team_id, kind, units, messages, campaign_uuid)
    SELECT team_id, 'release', released_units, unused, uuid FROM ended WHERE released_units > 0
), credit AS (
    UPDATE team SET balance = balance + released_units FROM ended WHERE team.id = ended.team_id AND released_units > 0
)
SELECT released_units FROM ended
"""

RECALL = f"""
UPDATE campaign SET recalled_at = now(), paused_by = NULL, paused_reason = NULL, updated_at = now()
WHERE id = %(id)s AND phase = 'completed' AND {WAITS}
"""

WAS_RECALLED = "SELECT recalled_at IS NOT NULL FROM campaign WHERE id = %(id)s"

# Not one that a carrier took, and that is to go to another. Looked for campaign by campaign, for all that waits may be much, and
# locked in the order of ids, as whoever takes messages back does.
WAITING = """
WITH cancelled AS MATERIALIZED (
    SELECT id FROM campaign WHERE (phase = 'cancelled' OR recalled_at IS NOT NULL) AND (%(id)s IS NULL OR id = %(id)s)
      AND finished_at > now() - interval '7 days'
), found AS MATERIALIZED (
    SELECT waits.message_id FROM cancelled, LATERAL (
        SELECT message_id FROM pending WHERE campaign_id = cancelled.id AND claimed_by IS NULL AND sent_parts = 0
          AND EXISTS (SELECT FROM message WHERE message.id = message_id AND state = 10) LIMIT %(limit)s
    ) AS waits LIMIT %(limit)s
)
SELECT pending.message_id, carrier_id, attempts FROM found JOIN pending ON pending.message_id = found.message_id
WHERE claimed_by IS NULL AND sent_parts = 0 ORDER BY pending.message_id FOR UPDATE OF pending SKIP LOCKED
"""

_CANCELLED: Final = Never(Failure.CANCELLED, "its campaign was cancelled")


def pause(txn: Txn, by: Actor, team_id: int, uuid: str) -> Campaign:
    """Hold a campaign that is being sent, that waits for its time, or of which messages wait; one that is held stays so.

    Raises:
        NotFound: the team has none of that uuid.
        NotSending: it was not sent, or nothing of it waits any more.
        CampaignBusy: it is being sent at this moment.
        AccessEnded: the caller's token was revoked meanwhile.
    """
    found = _holdable(txn, team_id, uuid, "paused")
    if is_held(found):
        return found
    note(txn, by, "campaign.pause", found.uuid, team_id=team_id, before={"phase": found.phase})
    if not pause_by(txn, found.id, PausedBy.TEAM, None):
        raise _nothing_waits()
    return campaigns.find(txn, team_id, found.uuid)


def pause_by(txn: Txn, campaign_id: int, by: PausedBy, reason: str | None) -> bool:
    """Hold a campaign, and its messages that wait for carriers; False where there is nothing to be held.

    Args:
        txn: the transaction.
        campaign_id: of the campaign.
        by: who or what holds it.
        reason: in words.
    """
    txn.execute(PAUSE, {"id": campaign_id, "by": by, "reason": reason})
    if not txn.rowcount:
        return False
    hold(txn, campaign_id)
    wake(txn, campaign_id)
    return True


def hold(txn: Txn, campaign_id: int) -> int:
    """Hold those messages of a paused campaign that wait for carriers; returns how many.

    To be called again while it is paused: what a carrier had in hand and gave back waits again.
    """
    txn.execute(HOLD, {"id": campaign_id})
    return txn.rowcount


def hold_all(txn: Txn) -> None:
    """Hold what carriers gave back of all campaigns that are held."""
    txn.execute(NOTHING_HELD)
    txn.execute(PAUSED)
    for (campaign_id,) in txn.fetchall():
        hold(txn, campaign_id)


def resume(txn: Txn, by: Actor, team_id: int, uuid: str) -> Campaign:
    """Let a campaign go on; one that goes on already does.

    Raises:
        NotFound: the team has none of that uuid.
        NotSending: it was not sent, or nothing of it waits any more.
        CampaignBusy: it is being sent at this moment.
        AccessEnded: the caller's token was revoked meanwhile.
    """
    found = _holdable(txn, team_id, uuid, "resumed")
    if not is_held(found):
        if found.phase is Phase.COMPLETED and not _has_waiting(txn, found):
            raise _nothing_waits()
        return found
    note(txn, by, "campaign.resume", found.uuid, team_id=team_id, before={"paused_by": found.paused_by})
    txn.execute(RESUME, {"id": found.id})
    txn.execute(LET_GO, {"id": found.id})
    wake(txn, found.id)
    return campaigns.find(txn, team_id, found.uuid)


def cancel(txn: Txn, by: Actor, team_id: int, uuid: str) -> Campaign:
    """End a campaign, and give back what it has not used; one that was cancelled stays so.

    Its messages that wait for carriers are then taken back by `take_back`. One that is completed stays so.

    Raises:
        NotFound: the team has none of that uuid.
        CampaignEnded: all of it was queued, and nothing of it waits any more.
        CampaignBusy: it is being sent at this moment.
        AccessEnded: the caller's token was revoked meanwhile.
    """
    found = campaigns.lock(txn, team_id, uuid)
    if found.phase is Phase.CANCELLED:
        return found
    if found.phase is Phase.COMPLETED and _was_recalled(txn, found):
        return found
    before = {"phase": found.phase, "queued": found.queued}
    note(txn, by, "campaign.cancel", found.uuid, team_id=team_id, before=before)
    if found.phase is Phase.COMPLETED:
        _recall(txn, found)
    else:
        end(txn, found.id, Phase.CANCELLED)
    if found.armed_at_ms is not None:
        tell(txn, "campaign.cancelled", team_id, found.uuid)
    wake(txn, found.id)
    return campaigns.find(txn, team_id, found.uuid)


def end(txn: Txn, campaign_id: int, phase: Phase) -> int:
    """End a campaign and give its team back what it reserved and did not use; returns so many units.

    A second time nothing happens. The team's row is locked from here to the end of the transaction.
    """
    txn.execute(END, {"id": campaign_id, "phase": phase})
    return sum(released for (released,) in txn.fetchall())


def take_back(txn: Txn, campaign_id: int | None = None, limit: int = TAKEN_BACK_AT_ONCE) -> int:
    """Take back messages of campaigns that were cancelled, also when completed, that wait for carriers; returns how many.

    To be called again until there are none. What is in hand stays there; of that, what a carrier does not take waits again.

    Args:
        txn: the transaction.
        campaign_id: of one campaign; None: of all that were cancelled lately.
        limit: how many at most.
    """
    txn.execute(WAITING, {"id": campaign_id, "limit": limit})
    ended = [Settlement(message_id, carrier_id, n, 0, _CANCELLED) for message_id, carrier_id, n in txn.fetchall()]
    if ended:
        settle(txn, ended)
    return len(ended)


def wake(txn: Txn, campaign_id: int) -> None:
    """Tell the machine that sends campaigns of one that has something to be done, when this is committed."""
    txn.execute(WAKE, {"channel": CHANNEL, "id": campaign_id})


def _holdable(txn: Txn, team_id: int, uuid: str, done: str) -> Campaign:
    found = campaigns.lock(txn, team_id, uuid)
    if found.phase not in (*ACTIVE, Phase.COMPLETED):
        raise NotSending(f"the campaign is {found.phase.value}; only one that is sent and not over can be {done}")
    return found


def is_held(campaign: Campaign) -> bool:
    """Say whether a campaign is paused, or was when all of it was queued, so that what waits of it does not go out."""
    return campaign.phase is Phase.PAUSED or (campaign.phase is Phase.COMPLETED and campaign.paused_by is not None)


def _has_waiting(txn: Txn, campaign: Campaign) -> bool:
    txn.execute(HAS_WAITING, {"id": campaign.id})
    return bool(one_row(txn)[0])


def _was_recalled(txn: Txn, campaign: Campaign) -> bool:
    txn.execute(WAS_RECALLED, {"id": campaign.id})
    return bool(one_row(txn)[0])


def _recall(txn: Txn, campaign: Campaign) -> None:
    """Have what waits of a completed campaign taken back."""
    txn.execute(RECALL, {"id": campaign.id})
    if not txn.rowcount:
        raise CampaignEnded(
            "the campaign is completed, and none of its messages waits any more; copy it to send it again"
        )


def _nothing_waits() -> NotSending:
    return NotSending("the campaign is completed, and none of its messages waits any more; copy it to send it again")
