"""Letting go of texts: so many days after a message was accepted its text and octets are removed, and the rest stays.

A team's messages are gone through in the order of their ids, up to a mark that is kept, so that no row is looked at
twice. What waits for a carrier needs its text: such a message is put down in `text_held` and comes later. What is removed
cannot be had again, so a team whose texts are to be kept for ever is left alone, whatever was put down before.

The days end at full hours, so that a team is looked at once an hour, however often the sweeper comes by.
"""

from __future__ import annotations

from mobilesasa.store.database import Txn
from mobilesasa.store.intake import uuids

TEAMS = 100  # that one transaction looks at

OVERDUE = """
SELECT team_id, after::text, cut::text FROM (
    SELECT team.id AS team_id, coalesce(upto, '00000000-0000-0000-0000-000000000000') AS after,
           first_id_at(date_trunc('hour', now()) - make_interval(days => coalesce(text_days, %(default_days)s))) AS cut
    FROM team LEFT JOIN text_mark ON text_mark.team_id = team.id
    WHERE coalesce(text_days, %(default_days)s) > 0
) AS kept
WHERE after < cut ORDER BY team_id LIMIT %(limit)s
"""

# The bounds are written out, so that they name their partitions.
CHUNK_END = """
SELECT id FROM message WHERE team_id = %(team_id)s AND id > %(after)s::uuid AND id <= %(cut)s::uuid
ORDER BY id OFFSET %(limit)s - 1 LIMIT 1
"""

# One snapshot for both: what it sees waiting is held, however soon it has gone out.
REMOVE = """
WITH held AS (
    INSERT INTO text_held (message_id, team_id)
    SELECT id, team_id FROM message
    WHERE team_id = %(team_id)s AND id > %(after)s::uuid AND id <= %(upto)s::uuid AND state = 10
    ON CONFLICT DO NOTHING
), mark AS (
    INSERT INTO text_mark AS old (team_id, upto) VALUES (%(team_id)s, %(upto)s)
    ON CONFLICT (team_id) DO UPDATE SET upto = greatest(old.upto, excluded.upto)
)
UPDATE message SET text = NULL, body = NULL, udh = NULL
WHERE team_id = %(team_id)s AND id > %(after)s::uuid AND id <= %(upto)s::uuid AND state <> 10
"""

NO_LONGER_WAITING = """
SELECT message_id FROM text_held JOIN team ON team.id = team_id
WHERE coalesce(text_days, %(default_days)s) > 0
  AND NOT EXISTS (SELECT FROM pending WHERE pending.message_id = text_held.message_id)
LIMIT %(limit)s
"""

REMOVE_HELD = """
WITH freed AS (DELETE FROM text_held WHERE message_id = ANY(%(ids)s::uuid[]))
UPDATE message SET text = NULL, body = NULL, udh = NULL WHERE id = ANY(%(ids)s::uuid[])
"""


def let_go(txn: Txn, default_days: int, limit: int) -> bool:
    """Remove texts that were kept long enough, of at most `limit` messages; returns whether there may be more.

    Args:
        txn: the transaction; it may run twice.
        default_days: how long, for a team that says nothing itself; 0 for ever.
        limit: bounds what one transaction changes.
    """
    txn.execute(NO_LONGER_WAITING, {"default_days": default_days, "limit": limit})
    ids = [message_id for (message_id,) in txn.fetchall()]
    if ids:
        txn.execute(REMOVE_HELD, {"ids": uuids(ids)})
    left = limit - len(ids)
    txn.execute(OVERDUE, {"default_days": default_days, "limit": TEAMS})
    overdue = txn.fetchall()
    for team_id, after, cut in overdue:
        if left <= 0:
            return True
        left -= _of_team(txn, team_id, after, cut, left)
    return left <= 0 or len(overdue) == TEAMS


def _of_team(txn: Txn, team_id: int, after: str, cut: str, limit: int) -> int:
    """Remove the texts of a team's next messages; returns how many there were at most."""
    chunk = {"team_id": team_id, "after": after}
    txn.execute(CHUNK_END, chunk | {"cut": cut, "limit": limit})
    row = txn.fetchone()
    txn.execute(REMOVE, chunk | {"upto": cut if row is None else row[0]})
    return limit if row is not None else txn.rowcount
