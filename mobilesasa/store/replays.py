"""Receipts put into the spool once more: what a team has lost is told again, by the span in which its messages ended.

There is no index on when a message ended, for every message would pay for it. So the team's messages are looked at in
the order of their ids, a chunk a transaction, from as far before the span as one may take to end.
"""

from __future__ import annotations

from typing import Final

import attrs

from mobilesasa.core.model import MessageId
from mobilesasa.store.database import Txn, one_row

CHANNEL: Final = "spool"  # told of a team's id when something was put into its spool that no outbox knows of
CHUNK: Final = 10_000  # messages looked at in one transaction
#: How long a message may take to end: scheduled for 7 days, valid for 7, and its receipt 3 days late.
REACH_MS: Final = (7 + 7 + 3) * 24 * 3_600_000

_LOCK = "SET LOCAL enable_nestloop = off; SELECT pg_advisory_xact_lock(hashtext('receipts replay'), %(team_id)s)"

# The spool as it is now is read once a chunk and hashed (no nested loops): so nothing that is owed is put there twice.
_REPLAY = """
WITH looked_at AS MATERIALIZED (
    SELECT id, origin, wish, state, failure, error, open_parts,
           coalesce(done_at, sent_at + make_interval(hours => %(receipt_h)s)) AS done_at
    FROM message WHERE team_id = %(team_id)s AND id > %(after)s::uuid AND id < %(before)s::uuid
    ORDER BY id LIMIT %(limit)s
), ended AS (
    SELECT id, CASE state WHEN 30 THEN 30 ELSE 40 END AS state,
           CASE state WHEN 30 THEN NULL WHEN 20 THEN 'no_receipt' ELSE failure END AS failure,
           CASE state WHEN 20 THEN '' ELSE coalesce(error, '') END AS error, done_at
    FROM looked_at
    WHERE origin = 2 AND open_parts = 0 AND state >= 20
      AND CASE state WHEN 30 THEN wish IN (1, 3) ELSE wish IN (1, 2) END
      AND done_at >= to_timestamp(%(from_s)s) AND done_at < to_timestamp(%(to_s)s)
), owed AS MATERIALIZED (
    SELECT message_id, state FROM spool WHERE team_id = %(team_id)s AND state >= 30
), again AS (
    INSERT INTO spool (team_id, message_id, state, failure, error, done_at)
    SELECT %(team_id)s, id, state, failure, error, done_at FROM ended
    WHERE NOT EXISTS (SELECT FROM owed WHERE owed.message_id = ended.id AND owed.state = ended.state) ORDER BY id
    RETURNING 1
)
SELECT (SELECT id FROM looked_at ORDER BY id DESC LIMIT 1), (SELECT count(*) FROM looked_at), (SELECT count(*) FROM again)
"""

_TELL = "SELECT pg_notify(%(channel)s, %(team_id)s::text)"


@attrs.frozen
class Replay:
    """How far a replay of the final receipts of a team has come.

    Attributes:
        team_id: the team.
        from_ms, to_ms: when its messages ended: from then on, and before then; since the epoch.
        receipt_h: how long a receipt is waited for, which says when a message without one has ended.
        after: the last message that was looked at.
        looked_at, replayed: how many messages, and receipts put into the spool.
        done: whether there is nothing more to look at.
    """

    team_id: int
    from_ms: int
    to_ms: int
    receipt_h: int
    after: MessageId = attrs.field()
    looked_at: int = 0
    replayed: int = 0
    done: bool = False

    @after.default
    def _begin(self) -> MessageId:
        return _first_id(max(0, self.from_ms - REACH_MS))


def go_on(txn: Txn, replay: Replay, limit: int = CHUNK) -> Replay:
    """Look at the next messages of a replay, `limit` at most, and spool their final receipts, as each was wished for.

    What is in the spool still is not put there again, and the outboxes are told. Call it until it is `done`, each time
    in a transaction of its own.
    """
    known = {"team_id": replay.team_id}
    txn.execute(_LOCK, known)
    given = {
        "after": replay.after,
        "before": _first_id(replay.to_ms),
        "from_s": replay.from_ms / 1000,
        "to_s": replay.to_ms / 1000,
        "receipt_h": replay.receipt_h,
        "limit": limit,
    }
    txn.execute(_REPLAY, known | given)
    last, looked_at, replayed = one_row(txn)
    if replayed:
        txn.execute(_TELL, known | {"channel": CHANNEL})
    return attrs.evolve(
        replay,
        after=last or replay.after,
        looked_at=replay.looked_at + looked_at,
        replayed=replay.replayed + replayed,
        done=looked_at < limit,
    )


def _first_id(at_ms: int) -> MessageId:
    """Return what no id of that moment is below (a UUIDv7 begins with its milliseconds)."""
    digits = f"{at_ms:012x}"
    return f"{digits[:8]}-{digits[8:]}-0000-0000-000000000000"
