"""The log of an endpoint: what it was told, what came of it, and telling it again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import attrs

from mobilesasa.core.actors import Actor
from mobilesasa.core.errors import NotFound, WebhookDisabled
from mobilesasa.core.hooks import PING, DeliveryState, HookEvent, Outcome
from mobilesasa.core.ids import canonical, first_id_at
from mobilesasa.store import hook_queue, hooks, paging, trail
from mobilesasa.store.database import Txn, one_row, row_of_uuid
from mobilesasa.store.rows import as_json

REPLAYED_MAX: Final = 10_000  # deliveries that one call queues again
TESTS_KEPT: Final = 50  # of an endpoint, the newest (I7)
TESTS_DROPPED: Final = 1_000  # with one test, of those beyond

_MEANT = """
FROM webhook_delivery WHERE webhook_id = %(webhook_id)s AND (%(state)s IS NULL OR state = %(state)s)
  AND (%(event)s IS NULL OR event = %(event)s)
"""

_COLUMNS = """event_id, event, state, attempts, (extract(epoch FROM next_at) * 1000)::bigint,
       (extract(epoch FROM tried_at) * 1000)::bigint, status, error, answer, latency_ms"""

PAGE = f"SELECT {_COLUMNS} {_MEANT} ORDER BY id DESC LIMIT %(limit)s OFFSET %(offset)s"

COUNT = f"SELECT count(*), count(*) FROM (SELECT {_MEANT} LIMIT %(limit)s) AS newest"

ESTIMATE = f"EXPLAIN (FORMAT JSON) SELECT {_MEANT}"

FIND = f"""
SELECT {_COLUMNS}, data, subject FROM webhook_delivery, LATERAL (
    SELECT data, subject FROM webhook_event WHERE id = event_id OFFSET 0) AS what
WHERE webhook_id = %(webhook_id)s AND event_id = %(event_id)s
"""

ENDPOINT = "SELECT id, enabled FROM webhook WHERE uuid = %(uuid)s AND team_id = %(team_id)s AND deleted_at IS NULL"

REDELIVER = """
UPDATE webhook_delivery SET state = 10, attempts = 0, since = now(), next_at = now()
WHERE webhook_id = %(webhook_id)s AND event_id = %(event_id)s
"""

# Oldest first, in the order in which they happened.
REPLAY = """
WITH again AS (
    UPDATE webhook_delivery SET state = 10, attempts = 0, since = now(), next_at = now()
    WHERE webhook_id = %(webhook_id)s AND event_id IN (
        SELECT event_id FROM webhook_delivery
        WHERE webhook_id = %(webhook_id)s AND event_id >= %(first)s AND event_id < %(end)s AND state = ANY(%(states)s)
        ORDER BY event_id LIMIT %(limit)s
    ) AND state = ANY(%(states)s) RETURNING 1
)
SELECT count(*) FROM again
"""

NOTIFY = "SELECT pg_notify(%(channel)s, %(webhook_id)s::text)"

TESTED = """
WITH what AS (
    INSERT INTO webhook_event (id, team_id, event, data) VALUES (%(event_id)s, %(team_id)s, %(event)s, %(data)s::jsonb)
)
INSERT INTO webhook_delivery (webhook_id, event_id, event, state, attempts, next_at, tried_at, status, error, answer, latency_ms)
VALUES (%(webhook_id)s, %(event_id)s, %(event)s, %(state)s, 1, NULL, now(), %(status)s, %(error)s, %(answer)s, %(latency_ms)s)
"""

# What a test told is told to no other endpoint, so it goes with it.
DROP_TESTS = """
WITH old AS (
    DELETE FROM webhook_delivery WHERE webhook_id = %(webhook_id)s AND id IN (
        SELECT id FROM webhook_delivery WHERE webhook_id = %(webhook_id)s AND event = %(event)s
        ORDER BY id DESC LIMIT %(limit)s OFFSET %(kept)s
    ) RETURNING event_id
)
DELETE FROM webhook_event WHERE id IN (SELECT event_id FROM old)
"""


@attrs.frozen
class Logged:
    """What came of telling an endpoint one event."""

    event_id: str
    event: str
    state: DeliveryState
    attempts: int
    next_at_ms: int | None
    tried_at_ms: int | None
    status: int | None
    error: str | None
    answer: str | None
    latency_ms: int | None


@attrs.frozen
class Meant:
    """Which deliveries of a team's endpoint are meant."""

    team_id: int
    webhook_uuid: str
    state: DeliveryState | None = None
    event: str | None = None


@attrs.frozen
class Span:
    """What is told again: events that happened from then on and before then, in milliseconds since the epoch."""

    from_ms: int
    to_ms: int
    all_states: bool = False  # delivered ones too; else those that failed


def page(txn: Txn, meant: Meant, limit: int, offset: int) -> list[Logged]:
    """Return deliveries, newest first, without the newest `offset` of them.

    Raises:
        NotFound: the team has no such endpoint.
    """
    txn.execute(PAGE, _given(txn, meant) | {"limit": limit, "offset": offset})
    return [_logged(row) for row in txn.fetchall()]


def count(txn: Txn, meant: Meant, counted: int = paging.COUNTED) -> tuple[int, bool]:
    """Return how many deliveries there are, and whether that is an estimate.

    Raises:
        NotFound: the team has no such endpoint.
    """
    return paging.count(txn, COUNT, ESTIMATE, _given(txn, meant), counted)


def find(txn: Txn, team_id: int, webhook_uuid: str, event_uuid: str) -> tuple[Logged, HookEvent]:
    """Return a delivery with what it tells.

    Raises:
        NotFound: there is none.
    """
    webhook_id, _ = endpoint(txn, team_id, webhook_uuid)
    event_id = canonical(event_uuid)
    txn.execute(FIND, {"webhook_id": webhook_id, "event_id": event_id})
    row = txn.fetchone()
    if row is None:
        raise NotFound(f"there is no delivery {event_uuid!r}")
    *logged, data, subject = row
    (what,) = hook_queue.tell(txn, [(row[0], row[1], data, subject)])
    return _logged(logged), what


def redeliver(txn: Txn, by: Actor, team_id: int, webhook_uuid: str, event_uuid: str) -> Logged:
    """Queue a delivery again, whatever came of it; it is told under the same id.

    Raises:
        NotFound: there is none.
        WebhookDisabled: its endpoint is not told anything.
        AccessEnded: who asks no longer may.
    """
    event_id = canonical(event_uuid)
    trail.note(
        txn, by, "webhook.redeliver", canonical(webhook_uuid) or "", team_id=team_id, after={"delivery": event_id}
    )
    webhook_id = _enabled(txn, team_id, webhook_uuid)
    txn.execute(REDELIVER, {"webhook_id": webhook_id, "event_id": event_id})
    if txn.rowcount == 0:
        raise NotFound(f"there is no delivery {event_uuid!r}")
    notify(txn, webhook_id)
    return find(txn, team_id, webhook_uuid, event_uuid)[0]


def replay(txn: Txn, by: Actor, team_id: int, webhook_uuid: str, span: Span) -> int:
    """Queue deliveries of a span again, oldest first, `REPLAYED_MAX` at most; returns how many.

    Raises:
        NotFound: the team has no such endpoint.
        WebhookDisabled: it is not told anything.
        AccessEnded: who asks no longer may.
    """
    trail.note(txn, by, "webhook.replay", canonical(webhook_uuid) or "", team_id=team_id, after=attrs.asdict(span))
    webhook_id = _enabled(txn, team_id, webhook_uuid)
    states = [DeliveryState.FAILED, *([DeliveryState.DELIVERED] if span.all_states else [])]
    bounds = {"first": first_id_at(span.from_ms), "end": first_id_at(span.to_ms), "limit": REPLAYED_MAX}
    txn.execute(REPLAY, {"webhook_id": webhook_id, "states": [int(state) for state in states]} | bounds)
    queued: int = one_row(txn)[0]
    if queued:
        notify(txn, webhook_id)
    return queued


def tested(txn: Txn, team_id: int, webhook_uuid: str, event_id: str, data: dict[str, Any], outcome: Outcome) -> Logged:
    """Write a test into the log; it is told once, whatever comes of it. The oldest beyond `TESTS_KEPT` go.

    Raises:
        NotFound: the endpoint is no more.
    """
    webhook_id, _ = endpoint(txn, team_id, webhook_uuid)
    state = DeliveryState.DELIVERED if outcome.is_taken else DeliveryState.FAILED
    known = {"webhook_id": webhook_id, "team_id": team_id, "event_id": event_id, "event": PING, "state": int(state)}
    came = {"status": outcome.status, "error": outcome.error or None, "latency_ms": outcome.latency_ms}
    given = {"data": as_json([data])[1:-1], "answer": outcome.answer or None}
    txn.execute(TESTED, known | came | given)
    bounds = {"kept": TESTS_KEPT, "limit": TESTS_DROPPED}
    txn.execute(DROP_TESTS, {"webhook_id": webhook_id, "event": PING} | bounds)
    return find(txn, team_id, webhook_uuid, event_id)[0]


def notify(txn: Txn, webhook_id: int) -> None:
    """Tell the nodes that an endpoint has something to hear."""
    txn.execute(NOTIFY, {"channel": hooks.CHANNEL, "webhook_id": webhook_id})


def endpoint(txn: Txn, team_id: int, uuid: str) -> tuple[int, bool]:
    """Return the number of a team's endpoint, and whether it is enabled.

    Raises:
        NotFound: the team has none of that uuid.
    """
    webhook_id, enabled = row_of_uuid(txn, ENDPOINT, uuid, f"there is no webhook {uuid!r}", team_id=team_id)
    return webhook_id, enabled


def _enabled(txn: Txn, team_id: int, uuid: str) -> int:
    webhook_id, enabled = endpoint(txn, team_id, uuid)
    if not enabled:
        raise WebhookDisabled("the webhook is disabled; enable it first")
    return webhook_id


def _given(txn: Txn, meant: Meant) -> dict[str, Any]:
    webhook_id, _ = endpoint(txn, meant.team_id, meant.webhook_uuid)
    return {
        "webhook_id": webhook_id,
        "state": None if meant.state is None else int(meant.state),
        "event": meant.event,
    }


def _logged(row: Sequence[Any]) -> Logged:
    event_id, event, state, *rest = row
    return Logged(event_id, event, DeliveryState(state), *rest)
