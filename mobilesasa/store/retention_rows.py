"""What goes with a month of messages, and messages from phones: in batches, each a transaction of its own.

What is said here of messages has been true for long when it is read: their month leaves when nothing can move them any more.
"""

from __future__ import annotations

from typing import Final

from mobilesasa.core.actors import Actor
from mobilesasa.store import trail
from mobilesasa.store.database import Txn
from mobilesasa.store.retention_months import Span

#: Where the next look at recipients of campaigns begins: campaign and recipient.
Place = tuple[int, int]
FIRST: Final[Place] = (0, 0)

# The next recipients, in the order of their campaigns. Of a campaign that ended long ago they are gone.
KEEP_STATES = """
WITH looked AS MATERIALIZED (
    SELECT campaign_id, n, message_id, ended_state FROM (
        SELECT campaign_id, n, message_id, ended_state FROM campaign_recipient
        WHERE campaign_id = %(campaign)s AND n > %(n)s ORDER BY n LIMIT %(limit)s
    ) AS rest
    UNION ALL
    SELECT campaign_id, n, message_id, ended_state FROM (
        SELECT campaign_id, n, message_id, ended_state FROM campaign_recipient
        WHERE campaign_id > %(campaign)s ORDER BY campaign_id, n LIMIT %(limit)s
    ) AS others
    ORDER BY campaign_id, n LIMIT %(limit)s
), kept AS (
    UPDATE campaign_recipient SET ended_state = about.state FROM (
        SELECT campaign_id, n, message.state FROM looked, LATERAL (
            SELECT state FROM message WHERE id = message_id OFFSET 0) AS message
        WHERE message_id < %(end)s::uuid AND ended_state IS DISTINCT FROM message.state
    ) AS about WHERE campaign_recipient.campaign_id = about.campaign_id AND campaign_recipient.n = about.n
)
SELECT campaign_id, n FROM looked ORDER BY campaign_id DESC, n DESC LIMIT 1
"""

_BY_MESSAGE: Final = """
DELETE FROM {0} WHERE ctid = ANY(ARRAY(SELECT ctid FROM {0} WHERE message_id < %(end)s::uuid ORDER BY message_id LIMIT %(limit)s))
"""
FORGET_EVENTS = _BY_MESSAGE.format("message_event")
FORGET_HELD = _BY_MESSAGE.format("text_held")

# Their index is by team.
FORGET_FAILED = """
DELETE FROM message_failed WHERE (team_id, message_id) IN (
    SELECT team.id, message_id FROM team, LATERAL (
        SELECT message_id FROM message_failed WHERE team_id = team.id AND message_id < %(end)s::uuid
        ORDER BY message_id LIMIT %(limit)s) AS failed LIMIT %(limit)s)
"""

# What a team has yet to be told stays until it has been, or is forgotten.
FORGET_INBOUND = """
WITH went AS (
    DELETE FROM inbound WHERE id IN (
        SELECT id FROM inbound WHERE id < %(end)s::uuid AND NOT EXISTS (SELECT FROM spool WHERE message_id = inbound.id AND state = 50)
        ORDER BY id LIMIT %(limit)s)
    RETURNING id
)
INSERT INTO message_month AS known (month, inbound)
SELECT date_trunc('month', to_timestamp(quarter_of(id) * 900.0) AT TIME ZONE 'UTC')::date AS month, count(*) FROM went GROUP BY month
ON CONFLICT (month) DO UPDATE SET inbound = known.inbound + excluded.inbound
"""

ANY_INBOUND = """
SELECT EXISTS (SELECT FROM inbound WHERE id < %(end)s::uuid AND NOT EXISTS (
    SELECT FROM spool WHERE message_id = inbound.id AND state = 50))
"""

TOLD = """
UPDATE message_month SET inbound_told = inbound FROM (SELECT month, inbound_told AS before FROM message_month) AS known
WHERE message_month.month = known.month AND inbound > inbound_told
RETURNING to_char(message_month.month, 'YYYY-MM'), inbound - before
"""


def keep_states(txn: Txn, span: Span, place: Place, limit: int) -> Place | None:
    """Write down what became of the messages of campaigns' recipients before those messages go.

    Returns behind which recipient to go on; None when there are no more.
    """
    txn.execute(KEEP_STATES, span.given | {"campaign": place[0], "n": place[1], "limit": limit})
    row = txn.fetchone()
    if row is None:
        return None
    last: Place = (row[0], row[1])
    return last


def forget(txn: Txn, span: Span, limit: int) -> bool:
    """Remove what is known of messages that are gone beside their rows; returns whether there may be more."""
    given = span.given | {"limit": limit}
    more = False
    for statement in (FORGET_EVENTS, FORGET_FAILED, FORGET_HELD):
        txn.execute(statement, given)
        more = more or txn.rowcount == limit
    return more


def forget_inbound(txn: Txn, by: Actor, span: Span, limit: int) -> bool:
    """Remove messages from phones; returns whether there may be more. The last time the trail is told how many went."""
    given = span.given | {"limit": limit}
    txn.execute(FORGET_INBOUND, given)
    txn.execute(ANY_INBOUND, given)
    if txn.fetchone() == (True,):
        return True
    txn.execute(TOLD)
    for month, count in sorted(txn.fetchall()):
        trail.note(txn, by, "inbound.drop", month, team_id=None, after={"messages": count})
    return False
