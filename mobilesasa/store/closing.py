"""Messages that waited until their hours ended: they go out when the next ones begin, and expire later by the quiet ones.

`pending.closes_at` says when a message of a promotional sender goes out no more; whoever claims messages passes over it
then. Here it gets its next hours, by the rules that hold now. Until that is done it does not expire, if its time was to end
in quiet hours. What was put off, or is paused, is looked at when it would go out again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import attrs

from mobilesasa.core.hours import Window
from mobilesasa.core.model import Lane, MessageId, Place
from mobilesasa.store.database import Database, Txn
from mobilesasa.store.rows import as_json

BATCH = 2000
IN_HAND_MOST = 10_000

# Locked in the order of ids and never waited for, so whoever else has one of them is passed over until the next time.
CLOSED = """
WITH closed AS MATERIALIZED (
    SELECT message_id, closes_at FROM pending
    WHERE closes_at <= now() AND closes_at < expires_at AND claimed_by IS NULL AND (due_at IS NULL OR due_at <= now())
    ORDER BY closes_at LIMIT %(limit)s FOR UPDATE SKIP LOCKED
)
SELECT id, team_id, sender, recipient, (extract(epoch FROM closes_at) * 1000)::bigint, (extract(epoch FROM now()) * 1000)::bigint
FROM closed, LATERAL (SELECT id, team_id, sender, recipient FROM message WHERE id = message_id OFFSET 0) AS about
ORDER BY id
"""

# What may go out at once has no `opens_at`; for what no rules hold any more, there is no `closes_at` either.
MOVE = """
WITH asked AS MATERIALIZED (
    SELECT *, 1 AS one FROM json_to_recordset(%(messages)s) AS asked (id uuid, opens_at float8, closes_at float8, quiet_s float8)
), moved AS (
    UPDATE pending SET due_at = to_timestamp(opens_at), closes_at = to_timestamp(asked.closes_at),
                       expires_at = expires_at + make_interval(secs => quiet_s)
    FROM asked WHERE message_id = id AND one = 1
    RETURNING id, one, quiet_s, opens_at, carrier_id, lane
), shown AS (
    UPDATE message SET due_at = coalesce(to_timestamp(opens_at), due_at), expires_at = expires_at + make_interval(secs => quiet_s)
    FROM moved WHERE message.id = moved.id AND one = 1
)
SELECT id, carrier_id, lane FROM moved WHERE opens_at IS NULL ORDER BY id
"""

IN_HAND = """
SELECT message_id FROM pending WHERE closes_at <= now() AND claimed_by = %(run)s LIMIT %(limit)s
"""


@attrs.frozen
class Closed:
    """A message whose hours have ended before it went out."""

    id: MessageId
    team_id: int
    sender: str  # the name
    recipient: str  # E.164 without the plus
    closed_at_ms: int
    now_ms: int  # by the clock that says whether they have ended


#: Gives the hours that are open now for a message, or the next ones; None: no rules hold for it.
Ask = Callable[[Closed], Window | None]


def move(txn: Txn, ask: Ask, limit: int = BATCH) -> tuple[int, list[Place]]:
    """Give messages whose hours have ended the next ones.

    Args:
        txn: the transaction; it may run twice.
        ask: the rules.
        limit: how many messages.

    Returns:
        How many there were, and those of them that go out now.
    """
    txn.execute(CLOSED, {"limit": limit})
    closed = [Closed(*row) for row in txn.fetchall()]
    if not closed:
        return 0, []
    txn.execute(MOVE, {"messages": as_json([_moved(each, ask(each)) for each in closed])})
    return len(closed), [(message_id, carrier_id, Lane(lane)) for message_id, carrier_id, lane in txn.fetchall()]


def in_hand(txn: Txn, run: int, limit: int = IN_HAND_MOST) -> list[MessageId]:
    """Return messages that a process has claimed and whose hours have ended since."""
    txn.execute(IN_HAND, {"run": run, "limit": limit})
    return [message_id for (message_id,) in txn.fetchall()]


def _moved(closed: Closed, window: Window | None) -> dict[str, Any]:
    if window is None:
        return {"id": closed.id, "quiet_s": 0.0}
    quiet_ms = max(0, window.opens_at_ms - closed.closed_at_ms)
    opens_at = window.opens_at_ms / 1000 if window.opens_at_ms > closed.now_ms else None
    return {"id": closed.id, "opens_at": opens_at, "closes_at": window.closes_at_ms / 1000, "quiet_s": quiet_ms / 1000}


@attrs.frozen
class Closing:
    """Moves what has waited too long, for the sweeper.

    Args:
        database: the pool.
        run: this process's `node_run.id`.
        ask: the rules.
    """

    _database: Database
    _run: int
    _ask: Ask

    async def move(self) -> tuple[int, Sequence[Place]]:
        """Give messages whose hours have ended the next ones; return how many, up to `BATCH`, and what goes out now."""
        return await self._database.run("closing.move", move, self._ask)

    async def in_hand(self) -> frozenset[MessageId]:
        """Return what this process has claimed and must not give to a carrier any more."""
        return frozenset(await self._database.run("closing.in_hand", in_hand, self._run))
