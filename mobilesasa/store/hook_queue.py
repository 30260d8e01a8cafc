"""The queues of endpoints: what is to be told now, and what came of it.

An endpoint's queue is the rows of `webhook_delivery` whose `next_at` is set; nothing is claimed there. One node at a time
has an endpoint, by a lock on its slot (`store.holds`), and knows in memory what it has under way. When it dies, the rows are
as they were, and another node tells them again, under the same id.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, Final

import attrs

from mobilesasa.core.actors import NODE
from mobilesasa.core.hooks import FAILING_DAYS, RECEIVED, Delivery, DeliveryState, Endpoint, HookEvent, Outcome
from mobilesasa.core.inbound import Inbound
from mobilesasa.core.model import MessageId, Priced
from mobilesasa.store import inbound, trail
from mobilesasa.store.database import Database, Txn, one_row
from mobilesasa.store.intake import uuids
from mobilesasa.store.message_rows import COLUMNS, message_of
from mobilesasa.store.rows import as_json

SLOTS: Final = 16  # endpoints are spread over nodes by their id's remainder: few locks, however many endpoints
COUNTED: Final = 10_000  # of what waits for one endpoint so much is counted

DUE = """
SELECT webhook.id FROM webhook, LATERAL (
    SELECT FROM webhook_delivery WHERE webhook_id = webhook.id AND next_at <= now() ORDER BY next_at LIMIT 1) AS waiting
WHERE enabled AND webhook.id %% %(slots)s = ANY(%(held)s) ORDER BY webhook.id
"""

ENDPOINT = """
SELECT id, uuid, team_id, url, secret, CASE WHEN old_secret_until > now() THEN old_secret END, include_text
FROM webhook WHERE id = %(webhook_id)s AND enabled
"""

TAKE = """
SELECT waiting.id, attempts, event_id, webhook_event.event, data, subject FROM (
    SELECT id, attempts, event_id, next_at FROM webhook_delivery WHERE webhook_id = %(webhook_id)s AND next_at <= now()
    ORDER BY next_at, id LIMIT %(limit)s
) AS waiting, LATERAL (SELECT event, data, subject FROM webhook_event WHERE id = waiting.event_id OFFSET 0) AS webhook_event
ORDER BY next_at, waiting.id
"""

SENT = COLUMNS + "WHERE id = ANY(%(ids)s::uuid[])"

SETTLE = """
UPDATE webhook_delivery SET
    state = hit.state, attempts = attempts + 1, next_at = now() + make_interval(secs => hit.wait_s), tried_at = now(),
    status = hit.status, error = hit.error, answer = hit.answer, latency_ms = hit.latency_ms
FROM (
    SELECT settled.*, place FROM json_to_recordset(%(settled)s) AS settled (
        id bigint, state smallint, wait_s float8, status smallint, error text, answer text, latency_ms integer), LATERAL (
        SELECT ctid AS place FROM webhook_delivery WHERE webhook_id = %(webhook_id)s AND id = settled.id OFFSET 0) AS found
) AS hit WHERE webhook_delivery.ctid = place
"""

SUCCEEDED = "UPDATE webhook SET failing_since = NULL WHERE id = %(webhook_id)s AND failing_since IS NOT NULL"

FAILED = "UPDATE webhook SET failing_since = now() WHERE id = %(webhook_id)s AND failing_since IS NULL"

DISABLE = """
UPDATE webhook SET enabled = false, disabled_at = now(), disabled_reason = CASE WHEN %(gone)s THEN 'gone' ELSE 'failing' END
WHERE id = %(webhook_id)s AND enabled AND (%(gone)s OR failing_since < now() - make_interval(days => %(days)s))
RETURNING uuid, team_id, disabled_reason
"""

# What waits for endpoints of these slots, and since when the oldest of it, in seconds.
WAITING = """
SELECT coalesce(sum(waiting), 0)::bigint, coalesce(max(oldest_s), 0)::float8 FROM webhook, LATERAL (
    SELECT count(*) AS waiting, extract(epoch FROM now() - min(since)) AS oldest_s FROM (
        SELECT since FROM webhook_delivery WHERE webhook_id = webhook.id AND next_at IS NOT NULL
        ORDER BY next_at LIMIT %(limit)s) AS first
) AS each WHERE enabled AND webhook.id %% %(slots)s = ANY(%(held)s)
"""

# The log of an endpoint that is deleted goes whole. Events go behind all that names them.
FORGET_DELIVERIES = """
DELETE FROM webhook_delivery USING (
    SELECT place FROM webhook, LATERAL (
        SELECT ctid AS place FROM webhook_delivery WHERE webhook_id = webhook.id AND event_id <=
            CASE WHEN deleted_at IS NULL THEN first_id_at(now() - make_interval(days => %(days)s))
                 ELSE 'ffffffff-ffff-ffff-ffff-ffffffffffff' END
        ORDER BY event_id LIMIT %(limit)s) AS old
    LIMIT %(limit)s
) AS hit WHERE webhook_delivery.ctid = place
"""

FORGET_EVENTS = """
DELETE FROM webhook_event WHERE id IN (
    SELECT id FROM webhook_event WHERE id < first_id_at(now() - make_interval(days => %(days)s)) ORDER BY id LIMIT %(limit)s)
"""

FORGET_ENDPOINTS = """
DELETE FROM webhook WHERE deleted_at IS NOT NULL
AND NOT EXISTS (SELECT FROM webhook_delivery WHERE webhook_id = webhook.id)
"""


@attrs.frozen
class Settling:
    """What came of telling one event, and when it is told again (None: never)."""

    delivery_id: int
    outcome: Outcome
    wait_s: float | None

    def row(self) -> dict[str, Any]:
        """Return it as the statement names it."""
        outcome = self.outcome
        over = DeliveryState.DELIVERED if outcome.is_taken else DeliveryState.FAILED
        return {
            "id": self.delivery_id,
            "state": int(over if self.wait_s is None else DeliveryState.WAITING),
            "wait_s": self.wait_s,
            "status": outcome.status,
            "error": outcome.error or None,
            "answer": outcome.answer or None,
            "latency_ms": outcome.latency_ms,
        }


def due(txn: Txn, held: Collection[int]) -> list[int]:
    """Return the endpoints of these slots that have something to hear now."""
    txn.execute(DUE, {"held": sorted(held), "slots": SLOTS})
    return [webhook_id for (webhook_id,) in txn.fetchall()]


def take(txn: Txn, webhook_id: int, limit: int) -> tuple[Endpoint, list[Delivery]] | None:
    """Return an endpoint and the first that it is to hear now, in order; None when it is disabled or deleted."""
    txn.execute(ENDPOINT, {"webhook_id": webhook_id})
    row = txn.fetchone()
    if row is None:
        return None
    txn.execute(TAKE, {"webhook_id": webhook_id, "limit": limit})
    rows = txn.fetchall()
    events = tell(txn, [found[2:] for found in rows])
    return endpoint_of(row), [
        Delivery(delivery_id, attempts, what) for (delivery_id, attempts, *_), what in zip(rows, events, strict=True)
    ]


def endpoint_of(row: Sequence[Any]) -> Endpoint:
    """Read the columns of `ENDPOINT`."""
    webhook_id, uuid, team_id, url, secret, old_secret, include_text = row
    secrets = (secret,) if old_secret is None else (secret, old_secret)
    return Endpoint(webhook_id, uuid, team_id, url, secrets, include_text)


def tell(txn: Txn, rows: Sequence[Sequence[Any]]) -> list[HookEvent]:
    """Return events (id, event, data, subject) with the messages that they are about, as far as these are kept."""
    came = {subject for _, event, _, subject in rows if event == RECEIVED}
    gone = {subject for _, event, _, subject in rows if event.startswith("message.")} - came
    sent: dict[MessageId, Priced] = {}
    if gone:
        txn.execute(SENT, {"ids": uuids(gone)})
        sent = {row[0]: message_of(row) for row in txn.fetchall()}
    from_phones: dict[MessageId, Inbound] = inbound.read(txn, came) if came else {}
    return [
        HookEvent(
            id=event_id,
            event=event,
            data=data,
            subject=subject,
            message=sent.get(subject) if subject in gone else None,
            inbound=from_phones.get(subject) if event == RECEIVED else None,
        )
        for event_id, event, data, subject in rows
    ]


def settle(txn: Txn, webhook_id: int, batch: Sequence[Settling]) -> str | None:
    """Write down what came of a round of calls to one endpoint; one that failed for days, or is gone, is disabled.

    Returns why the endpoint was disabled just now, or None.
    """
    known: dict[str, Any] = {"webhook_id": webhook_id}
    txn.execute(SETTLE, known | {"settled": as_json([each.row() for each in batch])})
    gone = any(each.outcome.is_gone for each in batch)
    if any(each.outcome.is_taken for each in batch):
        txn.execute(SUCCEEDED, known)
    else:
        txn.execute(FAILED, known)
    txn.execute(DISABLE, known | {"gone": gone, "days": FAILING_DAYS})
    row = txn.fetchone()
    if row is None:
        return None
    uuid, team_id, reason = row
    trail.note(txn, NODE, "webhook.disable", uuid, team_id=team_id, after={"reason": reason})
    return str(reason)


def waiting(txn: Txn, held: Collection[int]) -> tuple[int, float]:
    """Return how many deliveries wait for the endpoints of these slots, and for how long the oldest has, in seconds."""
    txn.execute(WAITING, {"held": sorted(held), "slots": SLOTS, "limit": COUNTED})
    count, oldest_s = one_row(txn)
    return count, oldest_s


def forget(txn: Txn, days: int, limit: int) -> bool:
    """Drop what is older than the log is kept, `limit` rows of each kind at most; returns whether there may be more."""
    old = {"days": days, "limit": limit}
    txn.execute(FORGET_DELIVERIES, old)
    more = txn.rowcount == limit
    if not more:
        txn.execute(FORGET_EVENTS, old)
        more = txn.rowcount == limit
    txn.execute(FORGET_ENDPOINTS)
    return more


@attrs.frozen
class HookQueue:
    """The queues, for the node's own calls; each method is one transaction of the pool."""

    _database: Database

    async def due(self, held: Collection[int]) -> Sequence[int]:
        """Return the endpoints of these slots that have something to hear now."""
        return await self._database.run("hooks.due", due, held)

    async def take(self, webhook_id: int, limit: int) -> tuple[Endpoint, Sequence[Delivery]] | None:
        """Return an endpoint and what it is to hear first; None when it is disabled or deleted."""
        return await self._database.run("hooks.take", take, webhook_id, limit)

    async def settle(self, webhook_id: int, batch: Sequence[tuple[int, Outcome, float | None]]) -> str | None:
        """Write down outcomes by the ids of the deliveries, and when each is told again; returns why it is disabled now."""
        return await self._database.run("hooks.settle", settle, webhook_id, [Settling(*each) for each in batch])

    async def waiting(self, held: Collection[int]) -> tuple[int, float]:
        """Return how many deliveries wait for the endpoints of these slots, and for how long the oldest has, in seconds."""
        return await self._database.run("hooks.waiting", waiting, held)

    async def forget(self, days: int, limit: int) -> bool:
        """Drop what is old; returns whether there may be more."""
        return await self._database.run("hooks.forget", forget, days, limit)
