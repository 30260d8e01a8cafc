"""Messages that go on to another carrier: refused or left unanswered by one, or waiting for one that is in trouble.

The row in `pending` is the truth: it names the carrier that a message waits for, and in `fallbacks` those that may still
have it. One statement moves both, so a message is always at one carrier, whenever a process dies; the charge, the id and
the deadline stay what they were. A message of which a carrier has taken a part stays with that carrier.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import attrs

from mobilesasa.core.model import Lane, MessageId, Place
from mobilesasa.store.database import Txn
from mobilesasa.store.intake import uuids
from mobilesasa.store.rows import as_json

# Only the hand that has the message moves it, and only once. A carrier that has refused is not among those that are left; one
# that has not answered (`avoided` is given) is the last of them, and those that are in trouble too are avoided.
REROUTE = """
WITH leaving AS MATERIALIZED (
    SELECT * FROM json_to_recordset(%(messages)s) AS leaving (
        id uuid, carrier_id integer, attempt smallint, code text, reason text, avoided integer[])
), way AS MATERIALIZED (
    SELECT leaving.*, ways FROM leaving, LATERAL (
        SELECT fallbacks FROM pending WHERE message_id = leaving.id AND fallbacks IS NOT NULL OFFSET 0
    ) AS waits, LATERAL (
        SELECT array_agg(carrier.id ORDER BY coalesce(carrier.id = ANY(avoided), false), n) AS ways
        FROM unnest(fallbacks) WITH ORDINALITY AS fallback (id, n) JOIN carrier ON carrier.id = fallback.id
        WHERE enabled AND carrier.id <> leaving.carrier_id
    ) AS open WHERE ways IS NOT NULL AND ways[1] <> ALL (coalesce(avoided, '{}'))
), moved AS (
    UPDATE pending SET claimed_by = NULL, due_at = NULL, carrier_id = ways[1], doubted = doubted OR avoided IS NOT NULL,
        fallbacks = nullif(ways[2:] || CASE WHEN avoided IS NOT NULL THEN ARRAY[way.carrier_id] ELSE '{}' END, '{}')
    FROM way WHERE message_id = ANY(%(ids)s::uuid[]) AND message_id = way.id AND claimed_by IS NOT NULL
        AND attempts = attempt AND sent_parts = 0 AND expires_at > now()
    RETURNING way.*, lane
), shown AS (
    UPDATE message SET carrier_id = ways[1] FROM moved WHERE message.id = moved.id
), counted AS (
    INSERT INTO rollup_change (kind, ids) SELECT 0, array_agg(id) FROM moved HAVING count(*) > 0
), told AS (
    INSERT INTO message_event (message_id, attempt, carrier_id, kind, code, reason)
    SELECT id, attempt, carrier_id, kind, code, reason FROM moved, LATERAL (
        SELECT 'uncertain' AS kind WHERE avoided IS NOT NULL UNION ALL SELECT 'rerouted') AS happened
)
SELECT id, ways[1], lane FROM moved
"""

# Scheduled messages wait for their time where they are; so do those that wait for the end of quiet hours, and paused ones. The carrier
# that is left has not refused them: it is the last resort.
MOVE_ON = """
WITH stuck AS MATERIALIZED (
    SELECT message_id, fallbacks FROM pending
    WHERE carrier_id = %(carrier_id)s AND fallbacks IS NOT NULL AND message_id > %(after)s
      AND claimed_by IS NULL AND sent_parts = 0 AND expires_at > now()
      AND (due_at IS NULL OR (attempts > 0 AND closes_at IS NULL AND due_at < '2100-01-01'))
    ORDER BY message_id LIMIT %(limit)s FOR UPDATE SKIP LOCKED
), way AS MATERIALIZED (
    SELECT message_id AS id, ways[1] AS next, ways[2:] || %(carrier_id)s::integer AS rest FROM stuck, LATERAL (
        SELECT array_agg(carrier.id ORDER BY carrier.id = ANY(%(avoided)s::integer[]), n) AS ways
        FROM unnest(fallbacks) WITH ORDINALITY AS fallback (id, n) JOIN carrier ON carrier.id = fallback.id
        WHERE enabled AND carrier.id <> %(carrier_id)s
    ) AS open WHERE ways IS NOT NULL AND ways[1] <> ALL (%(avoided)s::integer[])
), moved AS (
    UPDATE pending SET due_at = NULL, carrier_id = next, fallbacks = rest
    FROM way WHERE message_id = way.id RETURNING way.id, next, attempts, lane
), shown AS (
    UPDATE message SET carrier_id = next FROM moved WHERE message.id = moved.id
), counted AS (
    INSERT INTO rollup_change (kind, ids) SELECT 0, array_agg(id) FROM moved HAVING count(*) > 0
), told AS (
    INSERT INTO message_event (message_id, attempt, carrier_id, kind, reason)
    SELECT id, attempts, %(carrier_id)s, 'rerouted', %(reason)s FROM moved
)
SELECT message_id, next, lane FROM stuck LEFT JOIN moved ON id = message_id ORDER BY message_id
"""


@attrs.frozen
class Chunk:
    """What one statement found: where messages wait now, and the id behind which to go on, None after the last."""

    places: tuple[Place, ...]
    last: MessageId | None


def reroute(txn: Txn, leaving: Sequence[dict[str, Any]]) -> dict[MessageId, Place]:
    """Let messages that a carrier refused or left unanswered go on to the next; return those that do, with where they wait now.

    Those that are left out have no other carrier, or no time, or a part with the carrier already: they fail, or stay.
    """
    txn.execute(REROUTE, {"messages": as_json(leaving), "ids": uuids(row["id"] for row in leaving)})
    return {message_id: (message_id, carrier_id, Lane(lane)) for message_id, carrier_id, lane in txn.fetchall()}


def move_on(txn: Txn, carrier_id: int, avoided: Collection[int], reason: str, after: MessageId, limit: int) -> Chunk:
    """Let what waits for a carrier go on to others, oldest first; what is in a hand, or has no other carrier, stays.

    Args:
        txn: the transaction; it may run twice.
        carrier_id: the carrier.
        avoided: carriers that are in trouble too.
        reason: in words, for the story of each message.
        after: the id behind which to begin.
        limit: messages looked at.
    """
    given = {"carrier_id": carrier_id, "avoided": list(avoided), "reason": reason, "after": after, "limit": limit}
    txn.execute(MOVE_ON, given)
    found = txn.fetchall()
    places = [(message_id, next_id, Lane(lane)) for message_id, next_id, lane in found if next_id is not None]
    return Chunk(tuple(places), found[-1][0] if len(found) == limit else None)
