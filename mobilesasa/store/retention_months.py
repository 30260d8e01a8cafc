"""Months of messages: which there are, what still needs one, and the two short transactions in which one goes.

How to think about it: nothing is copied, and nothing is removed row by row. A month is a partition of `message`:

    message ──take_away──▶ message_leaving ──drop──▶ sums in message_gone

`take_away` detaches the partition, for which it needs `message` for itself. It asks for that only when nobody has been
looking at the table for long, waits a tenth of a second, and else tries again later: whoever wants to write meanwhile is held up
for no longer than that. From its commit on the messages are found no more, and nothing changes them. What hangs on them is
then removed in batches (`store.retention_rows`), and `drop` adds them up and drops the table, which nobody else uses.
Months go in order, so that all before one moment is gone. Since they leave only when nothing needs them, and what could need
them is bounded by days, what is looked at before the lock is had still holds behind it; what is cheap is looked at again.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import attrs
from psycopg2 import errors

from mobilesasa.core.actors import Actor
from mobilesasa.core.ids import first_id_at
from mobilesasa.core.reporting import QUARTER_MS
from mobilesasa.core.retention import Hold, Month, Need, Standing
from mobilesasa.store import trail
from mobilesasa.store.database import Txn, one_row

PATIENCE_MS: Final = 100  # for a lock, in which those who come later wait behind us
LONG_S: Final = 0.5  # who has looked at a table for so long may go on for minutes
COUNTED: Final = 1000  # of what holds a month up
STRAYS: Final = 1000  # messages outside of all months that one transaction removes

ALONE = "SELECT pg_try_advisory_xact_lock(hashtext('mobilesasa retention'))"

UNHURRIED = "SET LOCAL statement_timeout = '10min'"

HURRIED = f"SET LOCAL lock_timeout = {PATIENCE_MS}; SET LOCAL statement_timeout = '5s'"

# A month is named in its table, and cut off at full months before this one.
_MONTHS: Final = """
SELECT to_date(substr(relname, 9), 'YYYY_MM') AS month, pg_class.oid, greatest(reltuples, 0)::bigint AS messages
FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid
WHERE inhparent = {}::regclass AND relname ~ '^message_[0-9]{{4}}_[0-9]{{2}}$'
"""
_MS: Final = "(extract(epoch FROM {}) * 1000)::bigint"
_BEHIND: Final = "(month + interval '1 month') AT TIME ZONE 'UTC'"
_GOES: Final = "(month + make_interval(months => %(keep_months)s + 1)) AT TIME ZONE 'UTC'"

LEAVING = f"""
SELECT to_char(month, 'YYYY-MM'), {_MS.format("month::timestamp AT TIME ZONE 'UTC'")}, {_MS.format(_BEHIND)}
FROM ({_MONTHS.format("'message_leaving'")}) AS leaving ORDER BY month LIMIT 1
"""

NEXT_DUE = f"""
SELECT to_char(month, 'YYYY-MM'), {_MS.format("month::timestamp AT TIME ZONE 'UTC'")}, {_MS.format(_BEHIND)}
FROM ({_MONTHS.format("'message'")}) AS there WHERE {_GOES} <= now() ORDER BY month LIMIT 1
"""

CUT = f"""
SELECT {_MS.format("(date_trunc('month', now() AT TIME ZONE 'UTC') - make_interval(months => %(keep_months)s)) AT TIME ZONE 'UTC'")}
"""

ANY_STRAYS = "SELECT EXISTS (SELECT FROM message_other WHERE id < %(end)s::uuid)"

# Sizes are those of the tables that are there, and of those that are gone what they were.
LIST = f"""
SELECT to_char(month, 'YYYY-MM'), there.oid IS NOT NULL, leaving.oid IS NOT NULL,
       coalesce(there.messages, leaving.messages, known.messages),
       coalesce(pg_total_relation_size(coalesce(there.oid, leaving.oid)), known.octets),
       {_MS.format(_GOES)}, {_GOES} <= now(), {_MS.format("gone_at")}, coalesce(inbound, 0),
       {_MS.format("month::timestamp AT TIME ZONE 'UTC'")}, {_MS.format(_BEHIND)}
FROM message_month AS known FULL JOIN ({_MONTHS.format("'message'")}) AS there USING (month)
FULL JOIN ({_MONTHS.format("'message_leaving'")}) AS leaving USING (month)
ORDER BY month DESC
"""

# What a month is needed for, cheapest first; the last two go through what is large under load.
_SOME: Final = "SELECT {}, (SELECT count(*) FROM (SELECT FROM {} LIMIT %(counted)s) AS found)"
_UNDER_WAY: Final = "export JOIN job ON job.id = job_id WHERE state IN ('pending', 'running')"
_CHEAP: Final = (
    (Need.WAITING, "pending WHERE message_id < %(end)s::uuid"),
    (
        Need.WAYS,
        """(SELECT message_id FROM second_way UNION ALL SELECT message_id FROM left_behind) AS way
           WHERE message_id < %(end)s::uuid""",
    ),
    (
        Need.CAMPAIGNS,
        "campaign WHERE phase IN ('scheduled', 'sending', 'paused') AND started_at < to_timestamp(%(end_ms)s / 1000.0)",
    ),
    (
        Need.EXPORTS,
        f"{_UNDER_WAY} AND (export.kind = 'recipients' OR export.kind = 'messages' AND (asked->>'from_ms')::bigint < %(end_ms)s)",
    ),
    (Need.SUMS, "rollup_stale WHERE quarter < %(end_quarter)s"),
)
_DEAR: Final = (
    (Need.RECEIPTS, "awaiting WHERE message_id < %(end)s::uuid"),
    (Need.OWED, "spool WHERE message_id < %(end)s::uuid AND state < 50"),
    (Need.SUMS, "rollup_change, unnest(ids) AS id WHERE id < %(end)s::uuid"),
)
NEEDED_CHEAP = " UNION ALL ".join(_SOME.format(f"'{what}'", rows) for what, rows in _CHEAP)
NEEDED = " UNION ALL ".join(_SOME.format(f"'{what}'", rows) for what, rows in (*_CHEAP, *_DEAR))

# No index tells a state, so this reads the month; it is asked for last. The bounds are written out, so that they name the partition.
UNFINISHED = """
SELECT count(*) FROM (
    SELECT FROM message WHERE id >= %(first)s::uuid AND id < %(end)s::uuid AND state = 10 LIMIT %(counted)s) AS found
"""

INBOUND_EXPORTED = f"""
SELECT EXISTS (SELECT FROM {_UNDER_WAY} AND export.kind = 'inbound' AND (asked->>'from_ms')::bigint < %(end_ms)s)
"""

# Who looks at a table for long: an audit, a dump, a count of many. Of a session that is not ours to see nothing is known.
LOOKED_AT = """
SELECT count(*) FROM pg_locks JOIN pg_stat_activity USING (pid)
WHERE locktype = 'relation' AND database = (SELECT oid FROM pg_database WHERE datname = current_database()) AND granted
  AND relation IN (to_regclass(%(parent)s), to_regclass('message_other'), to_regclass('message_' || replace(%(month)s, '-', '_')))
  AND pid <> pg_backend_pid() AND coalesce(xact_start < clock_timestamp() - make_interval(secs => %(long_s)s), true)
"""

LOCK_MESSAGES = "LOCK TABLE ONLY message IN ACCESS EXCLUSIVE MODE"

LOCK_LEAVING = "LOCK TABLE message_leaving IN ACCESS EXCLUSIVE MODE"

TAKE_AWAY = "SELECT take_message_month_away(to_date(%(month)s, 'YYYY-MM'))"

LEFT = """
INSERT INTO message_month AS known (month, left_at) VALUES (to_date(%(month)s, 'YYYY-MM'), now())
ON CONFLICT (month) DO UPDATE SET left_at = coalesce(known.left_at, excluded.left_at), gone_at = NULL
"""

# Refunds are those of the ledger; an entry from after the month is named, so that it can be looked at by itself.
_ADD_UP: Final = """
INSERT INTO message_gone AS known (team_id, month, charge_id, messages, units, refunded_units)
SELECT went.team_id, {month} AS month,
       CASE WHEN entry.kind = 'charge' AND entry.at < ({month} + interval '1 month') AT TIME ZONE 'UTC' THEN 0
            ELSE went.charge_id END AS charge,
       count(*), sum(went.price_units), coalesce(sum(refund.units), 0)
FROM {went} AS went LEFT JOIN ledger AS entry ON entry.id = went.charge_id
LEFT JOIN ledger AS refund ON refund.message_id = went.id AND refund.kind = 'refund'
GROUP BY went.team_id, month, charge
ON CONFLICT (team_id, month, charge_id) DO UPDATE SET messages = known.messages + excluded.messages,
    units = known.units + excluded.units, refunded_units = known.refunded_units + excluded.refunded_units
RETURNING messages
"""
ADD_UP = _ADD_UP.format(month="to_date(%(month)s, 'YYYY-MM')", went="message_leaving")

# Messages of a clock that was wrong, or of a month that had no table of its own: they go in batches, into the sums of their months.
STRAYS_GO = f"""
WITH went AS (
    DELETE FROM message_other WHERE id = ANY(ARRAY(
        SELECT id FROM message_other WHERE id < %(end)s::uuid ORDER BY id LIMIT %(limit)s))
    RETURNING id, team_id, charge_id, price_units
), months AS (
    SELECT date_trunc('month', to_timestamp(quarter_of(id) * 900.0) AT TIME ZONE 'UTC')::date AS month, count(*) AS messages
    FROM went GROUP BY 1
), known AS (
    INSERT INTO message_month AS known (month, left_at, gone_at, messages) SELECT month, now(), now(), messages FROM months
    ON CONFLICT (month) DO UPDATE SET messages = known.messages + excluded.messages
), summed AS (
    {_ADD_UP.format(month="date_trunc('month', to_timestamp(quarter_of(went.id) * 900.0) AT TIME ZONE 'UTC')::date", went="went")}
)
SELECT to_char(month, 'YYYY-MM'), messages FROM months WHERE (SELECT count(*) FROM summed) >= 0 ORDER BY month
"""

TOTAL = """
SELECT coalesce(sum(messages), 0)::bigint, coalesce(sum(units), 0)::bigint FROM message_gone
WHERE month = to_date(%(month)s, 'YYYY-MM')
"""

SIZE = "SELECT pg_total_relation_size(to_regclass('message_' || replace(%(month)s, '-', '_')))"

DROP = "SELECT drop_message_month(to_date(%(month)s, 'YYYY-MM'))"

GONE = """
UPDATE message_month SET gone_at = now(), messages = %(messages)s, octets = octets + %(octets)s
WHERE month = to_date(%(month)s, 'YYYY-MM')
"""


class InUse(Exception):
    """The table is being looked at, or another process removes months: nothing was done, and it is to be tried again later."""


@attrs.frozen
class Span:
    """A month, and its bounds in milliseconds since the epoch."""

    month: str  # 2026-05
    first_ms: int
    end_ms: int

    @property
    def given(self) -> dict[str, Any]:
        """What the statements name."""
        return {
            "month": self.month,
            "end_ms": self.end_ms,
            "end_quarter": self.end_ms // QUARTER_MS,
            "first": first_id_at(self.first_ms),
            "end": first_id_at(self.end_ms),
            "counted": COUNTED,
        }


def months(txn: Txn, keep_months: int, whole: bool = False) -> list[Month]:
    """Return the months there are and were, newest first, with what holds up those whose time has come.

    Args:
        txn: the transaction.
        keep_months: full months behind that of the message; 0: all are kept.
        whole: whether all messages of a month that is due are looked at too, as they are before it leaves.
    """
    txn.execute(LIST, {"keep_months": keep_months})
    found: list[Month] = []
    blocked = 0
    for month, there, leaving, messages, octets, goes_ms, over, gone_ms, inbound, first_ms, end_ms in reversed(
        txn.fetchall()
    ):
        held: list[Hold] = []
        if not there and not leaving:
            standing = Standing.GONE if gone_ms is not None else Standing.KEPT
        elif leaving:
            standing = Standing.LEAVING
        elif not keep_months or not over:
            standing = Standing.KEPT
        else:
            span = Span(month, first_ms, end_ms)
            held = needed(txn, span) if whole else _needed(txn, span, NEEDED)
            held += [Hold(Need.OLDER, blocked)] if blocked else []
            standing = Standing.HELD if held else Standing.DUE
            blocked += bool(held)
        goes_at_ms = goes_ms if keep_months and there else None
        found.append(Month(month, standing, messages, octets, goes_at_ms, held, gone_ms, inbound))
    return found[::-1]


def leaving(txn: Txn) -> Span | None:
    """Return the month that has left and is still to be removed."""
    txn.execute(LEAVING)
    row = txn.fetchone()
    return None if row is None else Span(*row)


def next_due(txn: Txn, keep_months: int) -> Span | None:
    """Return the oldest month whose time has come."""
    txn.execute(NEXT_DUE, {"keep_months": keep_months})
    row = txn.fetchone()
    return None if row is None else Span(*row)


def cut(txn: Txn, keep_months: int) -> Span:
    """Return all that is before the months that are kept; its end is that of the last month that goes."""
    txn.execute(CUT, {"keep_months": keep_months})
    return Span("", 0, one_row(txn)[0])


def any_strays(txn: Txn, span: Span) -> bool:
    """Say whether there are messages from before the end of a span that are in no month."""
    txn.execute(ANY_STRAYS, span.given)
    found: bool = one_row(txn)[0]
    return found


def needed(txn: Txn, span: Span) -> list[Hold]:
    """Return what still needs messages from before the end of a month; where nothing else does, the month is read whole."""
    found = _needed(txn, span, NEEDED)
    if found:
        return found
    txn.execute(UNHURRIED)
    txn.execute(UNFINISHED, span.given)
    (unfinished,) = one_row(txn)
    return [Hold(Need.UNFINISHED, unfinished)] if unfinished else []


def inbound_exported(txn: Txn, span: Span) -> bool:
    """Say whether an export of messages from phones is under way that may have some from before the end of a span."""
    txn.execute(INBOUND_EXPORTED, span.given)
    found: bool = one_row(txn)[0]
    return found


def take_away(txn: Txn, span: Span) -> Sequence[Hold]:
    """Let a month leave; returns what needs it, and then nothing is done.

    Raises:
        InUse: not now; the transaction is to be given up.
    """
    _alone(txn)
    if leaving(txn) is not None:
        raise InUse("another month is being removed")
    held = _needed(txn, span, NEEDED)
    if held:
        return held
    _lock(txn, span, "message", LOCK_MESSAGES)
    held = _needed(txn, span, NEEDED_CHEAP)
    if held:
        return held
    try:
        txn.execute(TAKE_AWAY, span.given)
    except errors.LockNotAvailable as error:
        raise InUse("the month is in use") from error
    txn.execute(LEFT, span.given)
    return ()


def remove_strays(txn: Txn, by: Actor, span: Span, limit: int = STRAYS) -> int:
    """Remove messages from before the end of a span that are in no month; returns how many of them."""
    _alone(txn)
    txn.execute(STRAYS_GO, span.given | {"limit": limit})
    found = txn.fetchall()
    for month, messages in found:
        trail.note(txn, by, "messages.drop", month, team_id=None, after={"messages": messages})
    return sum(messages for _, messages in found)


def drop(txn: Txn, by: Actor, span: Span) -> tuple[int, int]:
    """Add a month that has left to the sums, and drop its table; returns how many messages it had, and octets.

    Raises:
        InUse: not now; the transaction is to be given up.
    """
    _alone(txn)
    if leaving(txn) != span:
        raise InUse("another process has removed it")
    _look(txn, span, "message_leaving")
    txn.execute(UNHURRIED)
    txn.execute(TOTAL, span.given)
    before, units_before = one_row(txn)
    txn.execute(ADD_UP, span.given)
    txn.execute(TOTAL, span.given)
    messages, units = one_row(txn)
    txn.execute(SIZE, span.given)
    (octets,) = one_row(txn)
    _lock(txn, span, "message_leaving", LOCK_LEAVING)
    txn.execute(DROP, span.given)
    txn.execute(GONE, span.given | {"messages": messages, "octets": octets})
    told = {"messages": messages - before, "units": units - units_before, "octets": octets}
    trail.note(txn, by, "messages.drop", span.month, team_id=None, after=told)
    return messages - before, octets


def _needed(txn: Txn, span: Span, statement: str) -> list[Hold]:
    txn.execute(statement, span.given)
    counts: dict[Need, int] = {}
    for what, count in txn.fetchall():
        counts[Need(what)] = counts.get(Need(what), 0) + count
    return [Hold(what, count) for what, count in counts.items() if count]


def _alone(txn: Txn) -> None:
    txn.execute(ALONE)
    if one_row(txn) != (True,):
        raise InUse("another process removes months")


def _look(txn: Txn, span: Span, parent: str) -> None:
    txn.execute(LOOKED_AT, {"month": span.month, "parent": parent, "long_s": LONG_S})
    (count,) = one_row(txn)
    if count:
        raise InUse("somebody looks at the messages for long, such as an audit or a dump")


def _lock(txn: Txn, span: Span, parent: str, statement: str) -> None:
    """Have a table for oneself, or give up before anybody has to wait for long."""
    _look(txn, span, parent)
    txn.execute(HURRIED)
    try:
        txn.execute(statement)
    except errors.LockNotAvailable as error:
        raise InUse("the messages are in use") from error
