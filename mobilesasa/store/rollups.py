"""Counting messages for reports: rollups by the quarter of an hour, kept by one node for all.

How to think about it: the statements that move messages note which ones they moved (`rollup_change`, a row a commit), so
they pay next to nothing for reports. Some seconds later `count` takes those rows away, looks the messages up and adds what
has happened to them to the sums, all in one transaction: so each change counts once, whenever the node dies. Most of what
can happen to a message only adds to sums: accepted, sent, delivered, failed, given up. What does not (it goes on to another
carrier, or arrives after all) is noted with kind 0, and its whole quarter is counted again from the messages.

Both kinds of counting can only be mixed because they see the same: the transaction is REPEATABLE READ, so a quarter is
counted again from just those messages whose changes were taken away with it, and what happens meanwhile is noted behind it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import attrs
import orjson

from mobilesasa.core.ids import first_id_at
from mobilesasa.core.reporting import DELIVERED_CLASSES_MS, QUARTER_MS, SENT_CLASSES_MS, Pass
from mobilesasa.store import networks
from mobilesasa.store.database import Database, Txn, one_row

CHANGES = 2000  # commits whose changes one transaction takes
DAY: Final = 96  # quarters that are counted again together, where they have few messages
DAY_MESSAGES: Final = 50_000  # which are many

_DIMENSIONS: Final = "team_id, quarter, sender, network_id, carrier_id, lane, origin, campaign"
_COUNTS: Final = (
    "accepted", "parts", "units", "sent", "delivered", "failed", "undelivered", "expired", "rejected", "refused", "expired_unsent",
    "cancelled", "failed_unsent", "unreported",
)  # fmt: skip
_CLASSES: Final = {"sent_within": len(SENT_CLASSES_MS) + 1, "delivered_within": len(DELIVERED_CLASSES_MS) + 1}
_COLUMNS: Final = f"{_DIMENSIONS}, {', '.join((*_COUNTS, *_CLASSES))}"


def _class_of(since: str, until: str, bounds_ms: Sequence[int]) -> str:
    return (
        f"width_bucket(extract(epoch FROM {until} - {since}) * 1000, ARRAY[{','.join(map(str, bounds_ms))}]::numeric[])"
    )


def _counted_by(classes: str, count: int, of: str) -> str:
    each = (f"coalesce(sum({of}) FILTER (WHERE {classes} = {n}), 0)" for n in range(count))
    return f"ARRAY[{', '.join(each)}]::integer[]"


# Before it stands `counted`: messages, with what is to be counted of each. They are summed up by class first, so that few rows
# are looked at for each class.
_SUMS: Final = f"""
), classed AS (
    SELECT {_DIMENSIONS}, count(*) FILTER (WHERE is_accepted) AS accepted, coalesce(sum(parts) FILTER (WHERE is_accepted), 0) AS parts,
           coalesce(sum(price_units) FILTER (WHERE is_accepted), 0) AS units, count(*) FILTER (WHERE is_sent) AS sent,
           count(*) FILTER (WHERE is_delivered) AS delivered, count(*) FILTER (WHERE is_failed) AS failed,
           count(*) FILTER (WHERE is_failed AND failure = 'undelivered') AS undelivered,
           count(*) FILTER (WHERE is_failed AND failure = 'expired') AS expired,
           count(*) FILTER (WHERE is_failed AND failure = 'rejected') AS rejected,
           count(*) FILTER (WHERE is_failed AND failure = 'refused') AS refused,
           count(*) FILTER (WHERE is_failed AND failure = 'expired_unsent') AS expired_unsent,
           count(*) FILTER (WHERE is_failed AND failure = 'cancelled') AS cancelled,
           count(*) FILTER (WHERE is_failed AND sent_at IS NULL) AS failed_unsent,
           count(*) FILTER (WHERE is_unreported) AS unreported, sent_class, delivered_class
    FROM (
        SELECT counted.*, network_id, coalesce(campaign_uuid, '00000000-0000-0000-0000-000000000000') AS campaign,
               CASE WHEN is_sent THEN {_class_of("to_timestamp(made_ms / 1000.0)", "sent_at", SENT_CLASSES_MS)} END AS sent_class,
               CASE WHEN is_delivered THEN {_class_of("sent_at", "done_at", DELIVERED_CLASSES_MS)} END AS delivered_class
        FROM counted, LATERAL (
            SELECT network_id FROM network_range WHERE first <= recipient COLLATE "C" ORDER BY first DESC LIMIT 1) AS network
    ) AS each GROUP BY {_DIMENSIONS}, sent_class, delivered_class
), summed AS (
    SELECT {_DIMENSIONS}, {", ".join(f"sum({name}) AS {name}" for name in _COUNTS)},
           {_counted_by("sent_class", _CLASSES["sent_within"], "sent")} AS sent_within,
           {_counted_by("delivered_class", _CLASSES["delivered_within"], "delivered")} AS delivered_within
    FROM classed GROUP BY {_DIMENSIONS}
"""

_MADE_MS: Final = "('x' || left(translate(message.id::text, '-', ''), 12))::bit(48)::bigint"

# Messages are looked up one by one (`OFFSET 0` keeps the planner from joining the tables whole). A message that is no longer
# stored counts no more: its quarter stays as it was.
ADD: Final = f"""
WITH taken AS (
    DELETE FROM rollup_change WHERE ctid = ANY(ARRAY(SELECT ctid FROM rollup_change LIMIT %(limit)s)) RETURNING kind, ids
), happened AS MATERIALIZED (
    SELECT id, bool_or(kind = 10) AS is_accepted, bool_or(kind = 20) AS is_sent, bool_or(kind = 30) AS is_delivered,
           bool_or(kind = 40) AS is_failed, bool_or(kind = 50) AS is_unreported, bool_or(kind = 0) AS is_unclear
    FROM (SELECT kind, unnest(ids) AS id FROM taken) AS change GROUP BY id ORDER BY id
), counted AS MATERIALIZED (
    SELECT happened.*, message.*, (made_ms / {QUARTER_MS})::integer AS quarter FROM happened, LATERAL (
        SELECT team_id, sender, recipient, carrier_id, lane, origin, parts, price_units, failure, sent_at, done_at, campaign_uuid,
               {_MADE_MS} AS made_ms
        FROM message WHERE id = happened.id OFFSET 0) AS message
), unclear AS (
    INSERT INTO rollup_stale (team_id, quarter) SELECT DISTINCT team_id, quarter FROM counted WHERE is_unclear
    ON CONFLICT DO NOTHING
{_SUMS}
), added AS (
    INSERT INTO rollup ({_COLUMNS}) SELECT {_COLUMNS} FROM summed
    ON CONFLICT ({_DIMENSIONS}) DO UPDATE SET
        {", ".join(f"{name} = rollup.{name} + excluded.{name}" for name in _COUNTS)},
        {", ".join(f"{name} = counts_added(rollup.{name}, excluded.{name})" for name in _CLASSES)}
)
SELECT count(*) FROM taken
"""

# What was counted of messages that are no longer stored stays as it is.
CLEAR: Final = """
DELETE FROM rollup WHERE team_id = %(team_id)s AND quarter >= %(quarter)s AND quarter < %(behind)s
AND EXISTS (SELECT FROM message WHERE team_id = %(team_id)s AND id >= first_id_at(to_timestamp(quarter * 900.0))
            AND id < first_id_at(to_timestamp((quarter + 1) * 900.0)))
"""

# The bounds are written out, so that they name their partitions.
COUNT_AGAIN: Final = f"""
WITH counted AS (
    SELECT id, team_id, sender, recipient, carrier_id, lane, origin, parts, price_units, failure, sent_at, done_at, campaign_uuid,
           {_MADE_MS} AS made_ms, ({_MADE_MS} / {QUARTER_MS})::integer AS quarter, true AS is_accepted,
           sent_at IS NOT NULL AS is_sent, state = 30 AS is_delivered, state = 40 AS is_failed,
           state = 20 AND open_parts = 0 AS is_unreported
    FROM message WHERE team_id = %(team_id)s AND id >= %(first)s::uuid AND id < %(end)s::uuid
{_SUMS}
)
INSERT INTO rollup ({_COLUMNS}) SELECT {_COLUMNS} FROM summed
"""

NEXT_STALE = "SELECT team_id, quarter FROM rollup_stale ORDER BY since, quarter DESC, team_id LIMIT 1"

HOW_MANY = """
SELECT count(*) FROM (
    SELECT FROM message WHERE team_id = %(team_id)s AND id >= %(first)s::uuid AND id < %(end)s::uuid LIMIT %(limit)s) AS found
"""

NO_LONGER_STALE = (
    "DELETE FROM rollup_stale WHERE team_id = %(team_id)s AND quarter >= %(quarter)s AND quarter < %(behind)s"
)

COUNTED = "UPDATE rollup_state SET counted_at = now()"

PLANS = "SELECT plans FROM rollup_state"

INSTALL = """
WITH given AS MATERIALIZED (
    SELECT value->>0 AS first, value->>1 AS country, value->>2 AS network FROM json_array_elements(%(ranges)s::json)
), made AS (
    INSERT INTO rollup_network (country, network) SELECT DISTINCT country, network FROM given ON CONFLICT DO NOTHING
    RETURNING id, country, network
), known AS (
    SELECT id, country, network FROM made UNION ALL SELECT id, country, network FROM rollup_network
)
INSERT INTO network_range (first, network_id) SELECT first, id FROM given JOIN known USING (country, network)
"""

FORGET_RANGES = "DELETE FROM network_range"

# Networks that were not known may be now.
UNKNOWN = """
INSERT INTO rollup_stale (team_id, quarter) SELECT DISTINCT team_id, quarter FROM rollup WHERE network_id = 0 AND accepted > 0
ON CONFLICT DO NOTHING
"""

INSTALLED = "UPDATE rollup_state SET plans = %(plans)s"

ALONE = "SELECT pg_try_advisory_xact_lock(hashtext('mobilesasa rollups'))"


def count(txn: Txn, limit: int = CHANGES) -> Pass:
    """Add what has happened to the sums; when all of it is added, count the oldest stale quarter again, or its day.

    A transaction of its own, at its beginning. Where another process is counting it does nothing.
    """
    txn.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
    txn.execute("SET LOCAL statement_timeout = '10min'")
    txn.execute(ALONE)
    if one_row(txn) != (True,):
        return Pass(0, again=False, is_done=True)
    return count_here(txn, limit)


def count_here(txn: Txn, limit: int = CHANGES) -> Pass:
    """Do what `count` does, in a transaction in which nothing changes but by itself."""
    txn.execute(ADD, {"limit": limit})
    (changes,) = one_row(txn)
    if changes == limit:
        return Pass(changes, again=False, is_done=False)
    again = _count_again(txn)
    if not again:
        txn.execute(COUNTED)
    return Pass(changes, again, is_done=not again)


def _count_again(txn: Txn) -> bool:
    txn.execute(NEXT_STALE)
    row = txn.fetchone()
    if row is None:
        return False
    team_id, quarter = row
    meant = _quarters(team_id, quarter // DAY * DAY, DAY)
    txn.execute(HOW_MANY, {**meant, "limit": DAY_MESSAGES})
    if one_row(txn)[0] == DAY_MESSAGES:
        meant = _quarters(team_id, quarter, 1)
    for statement in (NO_LONGER_STALE, CLEAR, COUNT_AGAIN):
        txn.execute(statement, meant)
    return True


def _quarters(team_id: int, quarter: int, count: int) -> dict[str, Any]:
    behind = quarter + count
    bounds = {"first": first_id_at(quarter * QUARTER_MS), "end": first_id_at(behind * QUARTER_MS)}
    return {"team_id": team_id, "quarter": quarter, "behind": behind, **bounds}


def plans(txn: Txn) -> tuple[str, dict[str, str]]:
    """Return by which numbering plans messages are counted (empty: none yet), and the operator's own networks by prefix."""
    txn.execute(PLANS)
    (named,) = one_row(txn)
    return named, dict(networks.list_prefixes(txn))


def install(txn: Txn, name: str, ranges: Sequence[tuple[str, str, str]]) -> None:
    """Count by these ranges from now on: where each begins, its country and its network.

    What was counted by others stays as it is, but where no network was known.

    Args:
        txn: the transaction.
        name: of the plans, as `plans` gives it from now on.
        ranges: in order, the first from no digits on.
    """
    txn.execute(FORGET_RANGES)
    txn.execute(INSTALL, {"ranges": orjson.dumps(ranges).decode()})
    txn.execute(INSTALLED, {"plans": name})
    txn.execute(UNKNOWN)


@attrs.frozen
class Rollups:
    """The sums, for who keeps them; each call is one transaction of the pool."""

    _database: Database

    async def count(self) -> Pass:
        """Add up some of what has happened."""
        return await self._database.run("rollups.count", count)

    async def plans(self) -> tuple[str, Mapping[str, str]]:
        """Return by which numbering plans messages are counted, and the operator's own networks by prefix."""
        return await self._database.run("rollups.plans", plans)

    async def install(self, name: str, ranges: Sequence[tuple[str, str, str]]) -> None:
        """Count by these ranges from now on."""
        await self._database.run("rollups.install", install, name, ranges)
