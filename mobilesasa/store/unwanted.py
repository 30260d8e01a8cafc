"""What waits for people who have come to want no more: it is taken back, as by their team, with the refund.

How to think about it: nobody's message is stored once they are suppressed, so only what was stored before is looked for, of the
senders that they want no more of. What goes out within a moment is left (it is in the lane of single messages, or a carrier has
it in hand): bulk messages are what waits, for carriers, for hours, or in a campaign that is paused. Each suppression is looked
at soon after it was made, and again while something of it is in hand or may have been under way to the store at that time.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import attrs

from mobilesasa.core.model import Failure, Never, Notice, Settlement
from mobilesasa.store.database import Database, Txn
from mobilesasa.store.intake import uuids
from mobilesasa.store.outcomes import settle
from mobilesasa.store.rows import as_json

BATCH: Final = 200  # people of one transaction

NEW = """
SELECT team_id, id, recipient, sender FROM suppression WHERE look_at <= now() ORDER BY look_at LIMIT %(limit)s
"""

# One by one, by the index of recipients: the planner is left no other way.
WAITING = """
SELECT asked.id, waits.message_id FROM json_to_recordset(%(asked)s) AS asked (
    team_id integer, id bigint, recipient text, sender text), LATERAL (
    SELECT id FROM message WHERE team_id = asked.team_id AND recipient = asked.recipient AND state = 10 AND lane = 1
      AND asked.sender IN ('', message.sender) OFFSET 0
) AS message, LATERAL (SELECT message_id FROM pending WHERE message_id = message.id AND sent_parts = 0 OFFSET 0) AS waits
"""

# In the order of ids, as whoever takes messages back; what somebody else has at this moment is looked for again.
LOCK_FREE = """
SELECT message_id, carrier_id, attempts FROM pending
WHERE message_id = ANY(%(ids)s::uuid[]) AND claimed_by IS NULL AND sent_parts = 0 ORDER BY message_id FOR UPDATE SKIP LOCKED
"""

# A message that was being stored when its recipient was suppressed is there a minute later, or never.
LOOKED = """
UPDATE suppression SET look_at = CASE WHEN asked.waits THEN now() + interval '5 seconds'
                                      WHEN at > now() - interval '1 minute' THEN now() + interval '1 minute' END
FROM json_to_recordset(%(asked)s) AS asked (team_id integer, id bigint, waits boolean)
WHERE suppression.team_id = asked.team_id AND suppression.id = asked.id
"""

_WANTS_NO_MORE: Final = Never(Failure.CANCELLED, "its recipient wants no more messages")


def take_back(txn: Txn, limit: int = BATCH) -> tuple[int, list[Notice]]:
    """Take back what waits for those who were suppressed lately.

    Args:
        txn: the transaction.
        limit: how many suppressions are looked at.

    Returns:
        How many were looked at, and the notices that teams are owed.
    """
    txn.execute(NEW, {"limit": limit})
    asked = [dict(zip(("team_id", "id", "recipient", "sender"), row, strict=True)) for row in txn.fetchall()]
    if not asked:
        return 0, []
    txn.execute(WAITING, {"asked": as_json(asked)})
    waiting: list[tuple[Any, Any]] = txn.fetchall()
    notices = _end(txn, {message_id for _, message_id in waiting}) if waiting else []
    waited_for = {suppression for suppression, _ in waiting}
    looked = [{"team_id": each["team_id"], "id": each["id"], "waits": each["id"] in waited_for} for each in asked]
    txn.execute(LOOKED, {"asked": as_json(looked)})
    return len(asked), notices


def _end(txn: Txn, ids: set[str]) -> list[Notice]:
    txn.execute(LOCK_FREE, {"ids": uuids(ids)})
    ended = [Settlement(message_id, carrier_id, n, 0, _WANTS_NO_MORE) for message_id, carrier_id, n in txn.fetchall()]
    return [notice for settled in settle(txn, ended) for notice in settled.notices] if ended else []


@attrs.frozen
class Unwanted:
    """Takes back what nobody wants any more, for the rounds; each call is one transaction of the pool."""

    _database: Database

    async def take_back(self) -> tuple[int, Sequence[Notice]]:
        """Look at some of those who were suppressed lately; return how many, up to `BATCH`, and the notices for teams."""
        return await self._database.run("unwanted.take_back", take_back)
