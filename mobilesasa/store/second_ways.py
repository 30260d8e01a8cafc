"""Messages that go on to the next carrier when the one that took them reports that they failed.

How to think about it: the ways that are left stand in `second_way` from the answer on, and go with the receipt that settles
the message. So a row there says that no part has arrived, and that no failure was the recipient's:

    taken ──all parts failed, in time──▶ waits for the next carrier ──▶ taken …
      │                                      │
      └── a part arrived, or failed for      └── none is left to take it: it fails, as the receipt had said
          a reason that stays: no second way

A message that goes on stays `sent`, for what its team was told goes forward only (I5); it keeps its id, its charge and its
deadline. The ids under which the carrier that it left may still report are kept in `left_behind`. When that carrier says of
all parts that they were delivered after all, the message is delivered: it waits for no other carrier any more, and what
another one has already is not waited for.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from mobilesasa.core.model import MessageId, Notice, Report, State
from mobilesasa.store.database import Txn, one_row
from mobilesasa.store.notices import NOTICES, notices
from mobilesasa.store.rows import as_json

KEEP = """
INSERT INTO second_way (message_id, fallbacks, until)
SELECT id, fallbacks, to_timestamp(until) FROM json_to_recordset(%(taken)s) AS taken (id uuid, until float8), LATERAL (
    SELECT fallbacks FROM pending WHERE message_id = taken.id AND fallbacks IS NOT NULL OFFSET 0) AS waits
ON CONFLICT (message_id) DO NOTHING
"""

CLOSE = """
DELETE FROM second_way USING (
    SELECT place FROM json_to_recordset(%(reports)s) AS heard (carrier_id integer, ref text), LATERAL (
        SELECT message_id FROM awaiting WHERE carrier_id = heard.carrier_id AND ref = heard.ref OFFSET 0) AS waits, LATERAL (
        SELECT ctid AS place FROM second_way WHERE message_id = waits.message_id OFFSET 0) AS found
) AS hit WHERE second_way.ctid = place
"""

# Whoever deletes the row in `second_way` decides; all else follows from it. It goes too where there is no way any more: then
# the receipt is a failure like any other. The time has come at once (`due_at`), so the sweeper names it to its queue,
# whichever process wrote the receipt down.
GO_ON = """
WITH heard AS MATERIALIZED (
    SELECT * FROM json_to_recordset(%(reports)s) AS heard (n integer, carrier_id integer, ref text, error text, failure text)
), hit AS MATERIALIZED (
    SELECT heard.*, message_id, place FROM heard, LATERAL (
        SELECT message_id, ctid AS place FROM awaiting
        WHERE carrier_id = heard.carrier_id AND ref = heard.ref AND NOT failed OFFSET 0) AS waits
), ended AS MATERIALIZED (
    SELECT each.*, way.*, given FROM (
        SELECT message_id, carrier_id, count(*) AS closed, max(error) AS said, min(failure) AS failed_by
        FROM hit GROUP BY message_id, carrier_id
    ) AS each, LATERAL (
        SELECT ctid AS place, fallbacks, until FROM second_way WHERE message_id = each.message_id OFFSET 0) AS way, LATERAL (
        SELECT refs AS given FROM message WHERE id = each.message_id AND state = 20 AND open_parts = closed OFFSET 0) AS about
), gone AS (
    DELETE FROM second_way USING ended WHERE second_way.ctid = ended.place RETURNING ended.*
), way AS MATERIALIZED (
    SELECT gone.message_id AS went, carrier_id AS behind, closed, said, failed_by, given, ways FROM gone, LATERAL (
        SELECT array_agg(carrier.id ORDER BY n) AS ways FROM unnest(fallbacks) WITH ORDINALITY AS fallback (id, n)
        JOIN carrier ON carrier.id = fallback.id WHERE enabled AND carrier.id <> gone.carrier_id
    ) AS open WHERE ways IS NOT NULL AND until > now()
), moved AS (
    UPDATE message SET carrier_id = ways[1], open_parts = parts, failed_parts = 0, refs = NULL,
                       failure = failed_by, error = said  -- what its team is told if no other carrier takes it
    FROM way WHERE message.id = went AND state = 20 AND open_parts = closed AND expires_at > now()
    RETURNING way.*, team_id, lane, price_units, expires_at, attempts, parts
), waiting AS (
    INSERT INTO pending (message_id, team_id, carrier_id, lane, price_units, expires_at, due_at, attempts, fallbacks)
    SELECT went, team_id, ways[1], lane, price_units, expires_at, now(), attempts, nullif(ways[2:], '{}') FROM moved
), no_more AS (
    DELETE FROM awaiting USING (
        SELECT place FROM hit JOIN moved ON went = message_id
        UNION SELECT place FROM moved, awaited_names(given, went, parts) AS name, LATERAL (
            SELECT ctid AS place FROM awaiting WHERE carrier_id = behind AND ref = name AND message_id = went OFFSET 0) AS found
    ) AS known WHERE awaiting.ctid = place
    RETURNING awaiting.*
), kept AS (
    INSERT INTO left_behind (carrier_id, ref, message_id, part, sent_at)
    SELECT carrier_id, ref, message_id, part, sent_at FROM no_more
    ON CONFLICT (carrier_id, ref) DO UPDATE SET
        message_id = excluded.message_id, part = excluded.part, sent_at = excluded.sent_at, arrived = false
), told AS (
    INSERT INTO message_event (message_id, attempt, carrier_id, kind, code, reason)
    SELECT went, attempts, behind, 'rerouted', coalesce(said, ''), 'its receipt says ' || failed_by FROM moved
)
SELECT n FROM hit JOIN moved ON went = message_id
"""

HEARD = """
UPDATE left_behind SET arrived = arrived OR delivered FROM (
    SELECT heard.*, place FROM json_to_recordset(%(reports)s) AS heard (n integer, carrier_id integer, ref text, delivered boolean),
    LATERAL (SELECT ctid AS place FROM left_behind WHERE carrier_id = heard.carrier_id AND ref = heard.ref OFFSET 0) AS found
) AS hit WHERE left_behind.ctid = place
RETURNING n, message_id, delivered
"""

# The names of the carrier that delivered it come back. What the last one has is left behind in its turn.
ARRIVED = (
    """
WITH heard AS MATERIALIZED (
    SELECT * FROM json_to_recordset(%(arrived)s) AS heard (id uuid, carrier_id integer, done_at float8, error text)
), whole AS MATERIALIZED (
    SELECT heard.*, said, last_carrier_id, last_refs FROM heard, LATERAL (
        SELECT string_agg(ref, ' ' ORDER BY part) AS said FROM left_behind
        WHERE message_id = heard.id AND left_behind.carrier_id = heard.carrier_id HAVING bool_and(arrived)) AS about, LATERAL (
        SELECT carrier_id AS last_carrier_id, refs AS last_refs FROM message WHERE id = heard.id OFFSET 0) AS last
), moved AS (
    UPDATE message SET state = 30, carrier_id = whole.carrier_id, refs = said, open_parts = 0, failed_parts = 0,
                       failure = NULL, reason = NULL, error = nullif(whole.error, ''),
                       done_at = greatest(coalesce(to_timestamp(whole.done_at), now()), sent_at)
    FROM whole WHERE message.id = whole.id AND state <> 30
    RETURNING message.*, last_carrier_id, last_refs
), waits_no_more AS (
    DELETE FROM pending USING moved WHERE message_id = moved.id
), goes_nowhere AS (
    DELETE FROM second_way USING moved WHERE message_id = moved.id
), no_more AS (
    DELETE FROM awaiting USING (
        SELECT place FROM moved, awaited_names(last_refs, moved.id, parts) AS name, LATERAL (
            SELECT ctid AS place FROM awaiting
            WHERE carrier_id = last_carrier_id AND ref = name AND message_id = moved.id OFFSET 0) AS found
    ) AS known WHERE awaiting.ctid = place
    RETURNING awaiting.*
), kept AS (
    INSERT INTO left_behind (carrier_id, ref, message_id, part, sent_at)
    SELECT carrier_id, ref, message_id, part, sent_at FROM no_more
    ON CONFLICT (carrier_id, ref) DO NOTHING
), due AS (
    SELECT * FROM moved WHERE origin = 2 AND wish IN (1, 3)
)"""
    + NOTICES
    + """
SELECT * FROM told
"""
)

# What another carrier takes of a message that has arrived meanwhile.
TOO_LATE = """
WITH no_more AS (
    DELETE FROM awaiting USING (
        SELECT place FROM json_to_recordset(%(parts)s) AS parts (carrier_id integer, ref text, id uuid), LATERAL (
            SELECT FROM message WHERE id = parts.id AND state = 30 OFFSET 0) AS ended, LATERAL (
            SELECT ctid AS place FROM awaiting
            WHERE carrier_id = parts.carrier_id AND ref = parts.ref AND message_id = parts.id OFFSET 0) AS found
    ) AS hit WHERE awaiting.ctid = place
    RETURNING awaiting.*
)
INSERT INTO left_behind (carrier_id, ref, message_id, part, sent_at)
SELECT carrier_id, ref, message_id, part, sent_at FROM no_more
ON CONFLICT (carrier_id, ref) DO NOTHING
"""

TIDY = """
WITH overdue AS (
    DELETE FROM second_way WHERE message_id IN (SELECT message_id FROM second_way WHERE until < now() LIMIT %(limit)s) RETURNING 1
), old AS (
    DELETE FROM left_behind WHERE (carrier_id, ref) IN (
        SELECT carrier_id, ref FROM left_behind WHERE sent_at < now() - make_interval(hours => %(hours)s) LIMIT %(limit)s)
    RETURNING 1
)
SELECT greatest((SELECT count(*) FROM overdue), (SELECT count(*) FROM old))
"""


def keep(txn: Txn, taken: Sequence[dict[str, Any]]) -> None:
    """Note the ways that messages still have, each with `id` and `until` (seconds); before they leave `pending`."""
    txn.execute(KEEP, {"taken": as_json(taken)})


def go_on(txn: Txn, finals: Sequence[tuple[int, Report]]) -> set[int]:
    """Let messages of which all has failed go on; return the numbers of the reports that are settled by that.

    Looks only at reports of carriers with the policy (`Report.second_way`), and before they settle anything. A failure that
    the same batch takes back is settled too.
    """
    closing = [_ref(heard) for _, heard in finals if heard.second_way is False or heard.state is State.DELIVERED]
    if closing:
        txn.execute(CLOSE, {"reports": as_json(closing)})
    arrived = {(heard.carrier_id, heard.ref) for _, heard in finals if heard.state is State.DELIVERED}
    failed = {(heard.carrier_id, heard.ref): (n, heard) for n, heard in finals if _may(heard)}
    asked = {key: pair for key, pair in failed.items() if key not in arrived}
    gone = failed.keys() & arrived
    if asked:
        gone |= _leave(txn, asked)
    return {n for n, heard in finals if _may(heard) and (heard.carrier_id, heard.ref) in gone}


def _leave(txn: Txn, asked: Mapping[tuple[int, str], tuple[int, Report]]) -> set[tuple[int, str]]:
    rows = [_ref(heard) | {"n": n, "error": heard.error, "failure": heard.failure} for n, heard in asked.values()]
    txn.execute(GO_ON, {"reports": as_json(rows)})
    settled = {n for (n,) in txn.fetchall()}
    return {key for key, (n, _) in asked.items() if n in settled}


def hear(txn: Txn, missed: Sequence[tuple[int, Report]], owed: dict[int, Notice]) -> list[tuple[int, Report]]:
    """Take late reports of carriers that their messages have left; return those that are of none such.

    What teams are owed for it goes into `owed`, by the numbers of the reports.
    """
    by_number = dict(missed)
    rows = [
        _ref(heard) | {"n": n, "ref": ref, "delivered": heard.state is State.DELIVERED}
        for n, heard in {(heard.carrier_id, heard.ref, heard.state): (n, heard) for n, heard in missed}.values()
        for ref in dict.fromkeys((heard.ref, *heard.other_refs))
    ]
    txn.execute(HEARD, {"reports": as_json(rows)})
    found = txn.fetchall()
    arrived = {message_id: n for n, message_id, delivered in found if delivered}
    if arrived:
        txn.execute(ARRIVED, {"arrived": as_json([_arrival(key, by_number[n]) for key, n in arrived.items()])})
        owed.update({arrived[notice.message_id]: notice for notice in notices(txn)})
    known = {(by_number[n].carrier_id, by_number[n].ref, by_number[n].state) for n, _, _ in found}
    return [(n, heard) for n, heard in missed if (heard.carrier_id, heard.ref, heard.state) not in known]


def take_too_late(txn: Txn, parts: Iterable[dict[str, Any]]) -> None:
    """Wait for no receipts of parts whose message has arrived by another carrier while this one took them."""
    txn.execute(TOO_LATE, {"parts": as_json(list(parts))})


def tidy(txn: Txn, hours: int, limit: int) -> int:
    """Forget ways whose time is over, and ids that were left behind for so long; returns how many of what was more."""
    txn.execute(TIDY, {"hours": hours, "limit": limit})
    count: int = one_row(txn)[0]
    return count


def _may(heard: Report) -> bool:
    return heard.second_way is True and heard.state is State.FAILED


def _ref(heard: Report) -> dict[str, Any]:
    return {"carrier_id": heard.carrier_id, "ref": heard.ref}


def _arrival(message_id: MessageId, heard: Report) -> dict[str, Any]:
    row: dict[str, Any] = {"id": message_id, "carrier_id": heard.carrier_id, "error": heard.error}
    return row if heard.done_at_ms is None else row | {"done_at": heard.done_at_ms / 1000}
