"""What teams want to be told of, written down in the transaction in which it happens (decision 89).

An event is kept once and queued for every endpoint of the team that wants it; of a team without endpoints nothing is kept.
The nodes that call endpoints (`notify.webhooks`) are told on `CHANNEL` of each endpoint that has something to hear.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any, Final

from mobilesasa.core.model import MessageId
from mobilesasa.store.database import Txn
from mobilesasa.store.rows import as_json

CHANNEL: Final = "hooks"  # told the id of an endpoint that has something to hear

# In a statement that moves messages: those of teams that have an endpoint. The table is small, and empty where nobody has one.
HOOKED_TEAMS: Final = "(SELECT team_id FROM webhook WHERE enabled)"

# Ends a list of common table expressions of which `happened` (event_id, team_id, event, subject, data) is the last.
_QUEUE: Final = """, wanted AS MATERIALIZED (
    SELECT happened.*, webhook.id AS webhook_id FROM happened JOIN webhook ON webhook.team_id = happened.team_id AND enabled
    AND (happened.event = ANY(events) OR '*' = ANY(events))
), kept AS (
    INSERT INTO webhook_event (id, team_id, event, subject, data)
    SELECT DISTINCT ON (event_id) event_id, team_id, event, subject, data FROM wanted
), queued AS (
    INSERT INTO webhook_delivery (webhook_id, event_id, event) SELECT webhook_id, event_id, event FROM wanted ORDER BY n
)
SELECT count(pg_notify(%(channel)s, webhook_id::text)) FROM (SELECT DISTINCT webhook_id FROM wanted) AS told
"""

EMIT = (
    """
WITH happened AS MATERIALIZED (
    SELECT 1 AS n, hook_event_id() AS event_id, %(team_id)s::integer AS team_id, %(event)s::text AS event, %(subject)s::uuid AS subject,
           %(data)s::jsonb AS data
    WHERE %(team_id)s IN """
    + HOOKED_TEAMS
    + """
)"""
    + _QUEUE
)

# As the messages stand now, in the transaction that has just moved them.
MESSAGES = (
    """
WITH happened AS MATERIALIZED (
    SELECT row_number() OVER (ORDER BY id) AS n, hook_event_id() AS event_id, team_id,
           CASE state WHEN 20 THEN 'message.sent' WHEN 30 THEN 'message.delivered' ELSE 'message.failed' END AS event, id AS subject,
           jsonb_build_object('state', state, 'failure', failure, 'reason', reason, 'error', error,
                              'sent_at_ms', (extract(epoch FROM sent_at) * 1000)::bigint,
                              'done_at_ms', (extract(epoch FROM done_at) * 1000)::bigint) AS data
    FROM message WHERE id = ANY(%(ids)s::uuid[]) AND state >= 20
)"""
    + _QUEUE
)

INBOUND = (
    """
WITH happened AS MATERIALIZED (
    SELECT row_number() OVER (ORDER BY id) AS n, hook_event_id() AS event_id, team_id, 'message.received'::text AS event, id AS subject,
           '{}'::jsonb AS data
    FROM inbound WHERE id = ANY(%(ids)s::uuid[]) AND team_id IS NOT NULL
)"""
    + _QUEUE
)


def emit(txn: Txn, team_id: int, event: str, data: Mapping[str, Any], subject: str | None = None) -> None:
    """Queue an event for each endpoint of the team that wants it, in the transaction of what happened.

    Args:
        txn: of what happened.
        team_id: whom it concerns.
        event: its name, of `core.hooks.EVENTS`.
        data: what is told, as the API shows it: no texts of messages.
        subject: the uuid of what it is about; events of one subject are told one after the other.
    """
    given = {"team_id": team_id, "event": event, "data": as_json([dict(data)])[1:-1], "subject": subject}
    txn.execute(EMIT, given | {"channel": CHANNEL})


def messages(txn: Txn, ids: Iterable[MessageId]) -> None:
    """Queue what has just become of messages: sent, delivered or failed, as their rows say."""
    txn.execute(MESSAGES, {"ids": _array(ids), "channel": CHANNEL})


def received(txn: Txn, ids: Collection[MessageId]) -> None:
    """Queue messages from phones that have just been stored; as a rule there are none of teams with a webhook."""
    if ids:
        txn.execute(INBOUND, {"ids": _array(ids), "channel": CHANNEL})


def _array(ids: Iterable[MessageId]) -> str:
    return "{" + ",".join(ids) + "}"
