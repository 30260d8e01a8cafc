"""The spool: what a team is owed, receipts and messages from phones, kept until one of its binds has taken it (decision 115)."""

from __future__ import annotations

from collections.abc import Sequence

from mobilesasa.core.inbound import Owed
from mobilesasa.store import inbound
from mobilesasa.store.database import Txn
from mobilesasa.store.notices import notice_of
from mobilesasa.store.plans import Planned
from mobilesasa.store.rows import as_json
from mobilesasa.store.writer import Work, always
from mobilesasa.values import hot_value

ACKNOWLEDGE = Planned("""
DELETE FROM spool USING (
    SELECT place FROM json_to_recordset(%(rows)s) AS told (t integer, i bigint), LATERAL (
        SELECT ctid AS place FROM spool WHERE team_id = told.t AND id = told.i OFFSET 0) AS found
) AS hit WHERE spool.ctid = place
""")

# Each notice looks its message up by index, and the index gives the order: what the planner would guess of a queue-like
# table is wrong most of the time. With bitmaps it sorted all that a team is owed for every chunk (38 ms for 12).
IN_ORDER = "SET LOCAL enable_bitmapscan = off; SET LOCAL enable_sort = off;"
OWED = """
SELECT owed.id, owed.team_id, owed.message_id, sender, recipient, owed.state, owed.failure, owed.error, parts,
       (extract(epoch FROM owed.done_at) * 1000)::bigint, options, part
FROM (
    SELECT * FROM spool WHERE team_id = %(team_id)s AND id > %(after)s ORDER BY id LIMIT %(limit)s
) AS owed LEFT JOIN LATERAL (
    SELECT sender, recipient, parts, options FROM message WHERE id = owed.message_id OFFSET 0
) AS about ON true ORDER BY owed.id
"""

_SENDER, _STATE = 3, 5  # their columns

FORGET = "DELETE FROM spool WHERE at < now() - make_interval(hours => %(hours)s)"


@hot_value
class Acknowledgement:
    """A bind of the team has taken this notice."""

    team_id: int
    spool_id: int


def acknowledge(txn: Txn, batch: Sequence[Acknowledgement]) -> list[None]:
    """Forget notices that were taken."""
    rows = [{"t": told.team_id, "i": told.spool_id} for told in batch]
    txn.execute(ACKNOWLEDGE, {"rows": as_json(rows)})
    return [None] * len(batch)


def owed(txn: Txn, team_id: int, after: int, limit: int) -> list[Owed]:
    """Return what a team is owed, oldest first, from behind a spool id: receipts, and messages from phones."""
    txn.execute(IN_ORDER + OWED, {"team_id": team_id, "after": after, "limit": limit})
    rows = txn.fetchall()
    from_phones = inbound.deliveries_of(txn, [row for row in rows if row[_STATE] == inbound.SPOOLED])
    found: list[Owed] = []
    for row in rows:
        if row[_STATE] != inbound.SPOOLED:
            if row[_SENDER] is not None:  # the month of the message is gone
                found.append(notice_of(row))
        elif row[0] in from_phones:
            found.append(from_phones[row[0]])
    return found


def forget(txn: Txn, hours: int) -> int:
    """Drop notices that nobody fetched for so long; returns how many."""
    txn.execute(FORGET, {"hours": hours})
    return txn.rowcount


ACKNOWLEDGING: Work[Acknowledgement, None] = Work(
    "acknowledge", acknowledge, None, lambda _: None, alone=always, patient=True
)
