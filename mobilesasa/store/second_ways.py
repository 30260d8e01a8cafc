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

Several processes hear of one message, and write its answer down, at once. What follows from all of its parts is decided
under its lock, and by a statement that begins after the lock is had, so that it sees what the one before has done:
`pending` first, then `message`, each in the order of ids, as those do who write answers down.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from operator import itemgetter
from typing import Any

from mobilesasa.core.model import MessageId, Notice, Report, State
from mobilesasa.store.database import Txn, one_row
from mobilesasa.store.intake import uuids
from mobilesasa.store.notices import HOOKED, NOTICES, notices
from mobilesasa.store.plans import Planned
from mobilesasa.store.rows import as_json

# Whether a message has a way is settled when its last part is taken; a late receipt may end its waiting until then.
KEEP = """
INSERT INTO second_way (message_id, fallbacks, until)
SELECT id, fallbacks, to_timestamp(until) FROM json_to_recordset(%(taken)s) AS taken (id uuid, until float8), LATERAL (
    SELECT fallbacks FROM pending WHERE message_id = taken.id AND fallbacks IS NOT NULL OFFSET 0 FOR UPDATE) AS waits
ON CONFLICT (message_id) DO NOTHING
"""

# The messages, and which of them may go on, or were taken in part and may do so when their carrier has the rest.
CONCERNED = Planned("""
SELECT n, message_id, EXISTS (SELECT FROM second_way WHERE second_way.message_id = waits.message_id OFFSET 0)
                      OR EXISTS (SELECT FROM pending WHERE pending.message_id = waits.message_id OFFSET 0)
FROM json_to_recordset(%(reports)s) AS heard (n integer, carrier_id integer, ref text), LATERAL (
    SELECT message_id FROM awaiting WHERE carrier_id = heard.carrier_id AND ref = heard.ref OFFSET 0) AS waits
""")

LOCK_PLACES = "SELECT FROM pending WHERE message_id = ANY(%(ids)s::uuid[]) ORDER BY message_id FOR UPDATE"

LOCK_MESSAGES = "SELECT FROM message WHERE id = ANY(%(ids)s::uuid[]) ORDER BY id FOR UPDATE"

CLOSE = """
WITH shut AS MATERIALIZED (
    SELECT DISTINCT message_id FROM json_to_recordset(%(reports)s) AS heard (carrier_id integer, ref text), LATERAL (
        SELECT message_id FROM awaiting WHERE carrier_id = heard.carrier_id AND ref = heard.ref OFFSET 0) AS waits
), in_part AS (
    UPDATE pending SET fallbacks = NULL FROM (
        SELECT place FROM shut, LATERAL (
            SELECT ctid AS place FROM pending WHERE message_id = shut.message_id AND fallbacks IS NOT NULL OFFSET 0) AS found
    ) AS hit WHERE pending.ctid = place
)
DELETE FROM second_way USING (
    SELECT place FROM shut, LATERAL (
        SELECT ctid AS place FROM second_way WHERE message_id = shut.message_id OFFSET 0) AS found
) AS hit WHERE second_way.ctid = place
"""

# Whoever deletes the row in `second_way` decides; all else follows from it. It goes too where there is no way any more: then
# the receipt is a failure like any other. The time has come at once (`due_at`), so the sweeper names it to its queue,
# whichever process wrote the receipt down. What is of the bulk lane is looked at by `store.closing` first, for the hours may
# have ended in which it may go out.
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
                       failure = failed_by, error = said, reason = NULL  -- what its team is told if no other carrier takes it
    FROM way WHERE message.id = went AND state = 20 AND open_parts = closed AND expires_at > now()
    RETURNING way.*, team_id, lane, price_units, expires_at, attempts, parts
), counted AS (
    INSERT INTO rollup_change (kind, ids) SELECT 0, array_agg(went) FROM moved HAVING count(*) > 0
), waiting AS (
    INSERT INTO pending (message_id, team_id, carrier_id, lane, price_units, expires_at, due_at, closes_at, attempts, fallbacks)
    SELECT went, team_id, ways[1], lane, price_units, expires_at, now(), CASE lane WHEN 1 THEN now() END, attempts,
           nullif(ways[2:], '{}')
    FROM moved
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

ANY_LEFT_BEHIND = "SELECT EXISTS (SELECT FROM left_behind)"

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
), counted AS (
    INSERT INTO rollup_change (kind, ids) SELECT 0, array_agg(id) FROM moved HAVING count(*) > 0
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
    + "SELECT * FROM told UNION ALL"
    + HOOKED
)

# What a carrier took of a message that has arrived meanwhile; or in an attempt that counts no more, because the process that
# made it was taken for dead and another one sends the message: such a copy may lack parts, and nothing is concluded from it.
TOO_LATE = """
WITH no_more AS (
    DELETE FROM awaiting USING (
        SELECT place, state FROM json_to_recordset(%(parts)s) AS parts (
            carrier_id integer, ref text, id uuid, part smallint, attempt smallint),
        LATERAL (SELECT state, attempts FROM message WHERE id = parts.id OFFSET 0) AS about, LATERAL (
            SELECT ctid AS place FROM awaiting WHERE carrier_id = parts.carrier_id AND ref = parts.ref AND message_id = parts.id
            AND (state = 30 OR NOT failed) OFFSET 0) AS found
        WHERE state = 30 OR ((state, attempts) <> (20, attempt) AND NOT EXISTS (
            SELECT FROM pending WHERE message_id = parts.id AND pending.attempts = attempt AND sent_parts >> part - 1 & 1 = 1 OFFSET 0))
    ) AS hit WHERE awaiting.ctid = place
    RETURNING awaiting.*, hit.state
)
INSERT INTO left_behind (carrier_id, ref, message_id, part, sent_at)
SELECT carrier_id, ref, message_id, part, sent_at FROM no_more WHERE state = 30
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
    txn.execute(KEEP, {"taken": as_json(sorted(taken, key=itemgetter("id")))})


def go_on(txn: Txn, finals: Sequence[tuple[int, Report]]) -> tuple[set[int], set[int]]:
    """Let messages of which all has failed go on.

    Looks only at reports of carriers with the policy (`Report.second_way`), and before they settle anything.

    Returns:
        The numbers of the reports that are settled by that (a failure that the same batch takes back is settled too), and of
        those whose part was not found. Nothing must be settled for the latter before they were looked at once more: it may
        be there by now, with a way that was not looked at.
    """
    seen, concerned = _look(txn, finals)
    found = [(n, heard) for n, heard in finals if n in seen]
    if concerned:
        _lock(txn, concerned)
    closing = [_ref(heard) for _, heard in found if heard.second_way is False or heard.state is State.DELIVERED]
    if closing and concerned:
        txn.execute(CLOSE, {"reports": as_json(closing)})
    arrived = {(heard.carrier_id, heard.ref) for _, heard in finals if heard.state is State.DELIVERED}
    failed = {(heard.carrier_id, heard.ref): (n, heard) for n, heard in found if _may(heard)}
    asked = {key: pair for key, pair in failed.items() if key not in arrived}
    gone = failed.keys() & arrived
    if asked and concerned:
        gone |= _leave(txn, asked)
    settled = {n for n, heard in found if _may(heard) and (heard.carrier_id, heard.ref) in gone}
    return settled, {n for n, _ in finals} - seen


def _look(txn: Txn, finals: Sequence[tuple[int, Report]]) -> tuple[set[int], set[MessageId]]:
    """Return the numbers of the reports whose part is found, and the messages that may go on, or may come to."""
    txn.execute(CONCERNED, {"reports": as_json([_ref(heard) | {"n": n} for n, heard in finals])})
    rows = txn.fetchall()
    return {n for n, _, _ in rows}, {message_id for _, message_id, may in rows if may}


def _lock(txn: Txn, ids: Iterable[MessageId]) -> None:
    asked = {"ids": uuids(ids)}
    txn.execute(LOCK_PLACES, asked)
    txn.execute(LOCK_MESSAGES, asked)


def _leave(txn: Txn, asked: Mapping[tuple[int, str], tuple[int, Report]]) -> set[tuple[int, str]]:
    rows = [_ref(heard) | {"n": n, "error": heard.error, "failure": heard.failure} for n, heard in asked.values()]
    txn.execute(GO_ON, {"reports": as_json(rows)})
    settled = {n for (n,) in txn.fetchall()}
    return {key for key, (n, _) in asked.items() if n in settled}


def any_left_behind(txn: Txn) -> bool:
    """Say whether any message has left a carrier that may still report."""
    txn.execute(ANY_LEFT_BEHIND)
    found: bool = one_row(txn)[0]
    return found


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
        _lock(txn, arrived)
        txn.execute(ARRIVED, {"arrived": as_json([_arrival(key, by_number[n]) for key, n in arrived.items()])})
        owed.update({arrived[notice.message_id]: notice for notice in notices(txn)})
    known = {(by_number[n].carrier_id, by_number[n].ref, by_number[n].state) for n, _, _ in found}
    return [(n, heard) for n, heard in missed if (heard.carrier_id, heard.ref, heard.state) not in known]


def take_too_late(txn: Txn, parts: Iterable[dict[str, Any]]) -> None:
    """Wait for no receipts of parts that count no more: the message has arrived meanwhile, or was sent by another process.

    Each part with `carrier_id`, `ref`, `id` and the `attempt` that it was taken in; when all else of the answer is written.
    """
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
