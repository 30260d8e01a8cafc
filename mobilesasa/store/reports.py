"""Receipts from carriers, matched to the parts that wait for them.

The row in `awaiting` goes when its part is delivered, and is marked when its part failed: so a receipt counts once,
however often it comes, and a late "delivered" still finds a failed part (for 72 h). The message moves when the last of
its parts is reported, and forward only (I5); the team's notice is spooled in the same commit.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import attrs

from mobilesasa.core.model import Failure, Notice, Report, State
from mobilesasa.core.networks import sightings
from mobilesasa.store import doubts, hooks, networks, notices, second_ways, spellings, steps, suppressions
from mobilesasa.store.database import Txn, one_row
from mobilesasa.store.notices import HOOKED, NOTICES
from mobilesasa.store.plans import Planned
from mobilesasa.store.rows import as_json
from mobilesasa.store.writer import Work

# How to join a batch with a table of ours: each row of the batch looks its row up by index (`OFFSET 0` keeps the planner
# from turning the look-up into a join), and the row is then taken by its place (ctid). A plain join is planned from the
# table's statistics, and those of a queue-like table are wrong most of the time: it was seen to be scanned whole.

DELIVERED = Planned(
    """
WITH heard AS MATERIALIZED (
    SELECT * FROM json_to_recordset(%(reports)s) AS heard (
        n integer, carrier_id integer, ref text, done_at float8, error text)
), gone AS (
    DELETE FROM awaiting USING (
        SELECT heard.*, place FROM heard, LATERAL (
            SELECT ctid AS place FROM awaiting WHERE carrier_id = heard.carrier_id AND ref = heard.ref OFFSET 0) AS found
    ) AS hit WHERE awaiting.ctid = place
    RETURNING hit.n, message_id, part, failed, hit.done_at, hit.error
), each AS MATERIALIZED (
    SELECT message_id, 1 AS one, count(*) FILTER (WHERE NOT failed) AS closed, count(*) FILTER (WHERE failed) AS mended,
           array_agg(part::text) FILTER (WHERE failed) AS mended_parts,
           max(done_at) AS done_at, max(error) AS error
    FROM gone GROUP BY message_id ORDER BY max(n)  -- so teams are told in the order in which receipts came
), moved AS (
    UPDATE message SET
        open_parts = open_parts - closed, failed_parts = failed_parts - mended,
        state = CASE WHEN open_parts = closed AND failed_parts = mended THEN 30
                     WHEN open_parts = closed THEN 40 ELSE state END,
        failure = CASE WHEN open_parts = closed AND failed_parts = mended THEN NULL ELSE failure END,
        reason = CASE WHEN open_parts = closed AND failed_parts = mended THEN NULL WHEN mended = 0 THEN reason
                      ELSE array_to_string(ARRAY(  -- what was said of a part that has arrived after all
                          SELECT said FROM unnest(string_to_array(reason, '; ')) AS said
                          WHERE split_part(said, ' ', 2) <> ALL (mended_parts)), '; ') END,
        error = CASE WHEN failed_parts = mended THEN coalesce(nullif(each.error, ''), message.error) ELSE message.error END,
        done_at = greatest(coalesce(to_timestamp(each.done_at), now()), sent_at)
    FROM each WHERE message.id = each.message_id AND one = 1
    RETURNING message.*, closed, mended
), counted AS (
    INSERT INTO rollup_change (kind, ids)
    SELECT CASE mended WHEN 0 THEN state ELSE 0 END AS kind, array_agg(id) FROM moved WHERE open_parts <= 0 GROUP BY kind
), due AS (
    SELECT * FROM moved WHERE origin = 2 AND open_parts = 0
    AND ((state = 30 AND wish IN (1, 3)) OR (state = 40 AND closed > 0 AND wish IN (1, 2)))
)"""
    + NOTICES
    + """
SELECT NULL::integer AS n, told.* FROM told UNION ALL
SELECT n, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL FROM gone UNION ALL
SELECT NULL, ended.* FROM ("""
    + HOOKED
    + "AND (state = 30 OR closed > 0)) AS ended"
)

FAILED = Planned(
    """
WITH heard AS MATERIALIZED (
    SELECT * FROM json_to_recordset(%(reports)s) AS heard (
        n integer, carrier_id integer, ref text, done_at float8, error text, failure text)
), hit AS (
    UPDATE awaiting SET failed = true FROM (
        SELECT heard.*, place FROM heard, LATERAL (
            SELECT ctid AS place FROM awaiting WHERE carrier_id = heard.carrier_id AND ref = heard.ref OFFSET 0) AS found
    ) AS hit WHERE awaiting.ctid = place AND NOT awaiting.failed
    RETURNING hit.n, message_id, part, hit.done_at, hit.error, hit.failure
), each AS MATERIALIZED (
    SELECT message_id, 1 AS one, count(*) AS closed, max(done_at) AS done_at, max(error) AS error, min(failure) AS failure,
           string_agg(concat('part ', part, ' failed: ', failure, ', error ' || nullif(error, '')), '; ' ORDER BY part) AS which
    FROM hit GROUP BY message_id ORDER BY max(n)
), moved AS (
    UPDATE message SET
        open_parts = open_parts - closed, failed_parts = failed_parts + closed,
        state = CASE WHEN open_parts = closed THEN 40 ELSE state END,
        failure = each.failure, error = each.error,
        reason = CASE WHEN strpos(refs, ' ') > 0 THEN concat_ws('; ', reason, which) ELSE reason END,  -- of several parts
        done_at = greatest(coalesce(to_timestamp(each.done_at), now()), sent_at)
    FROM each WHERE message.id = each.message_id AND one = 1
    RETURNING message.*
), counted AS (
    INSERT INTO rollup_change (kind, ids) SELECT state AS kind, array_agg(id) FROM moved WHERE open_parts = 0 GROUP BY kind
), due AS (
    SELECT * FROM moved WHERE origin = 2 AND open_parts = 0 AND state = 40 AND wish IN (1, 2)
)"""
    + NOTICES
    + """
SELECT NULL::integer AS n, told.* FROM told UNION ALL
SELECT n, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL FROM hit UNION ALL
SELECT NULL, ended.* FROM ("""
    + HOOKED
    + ") AS ended"
)

AWAITED = "SELECT ref FROM awaiting WHERE carrier_id = %(carrier_id)s AND NOT failed ORDER BY sent_at"

KNOWN = """
SELECT asked.n FROM json_to_recordset(%(reports)s) AS asked (n integer, carrier_id integer, ref text), LATERAL (
    SELECT FROM awaiting WHERE carrier_id = asked.carrier_id AND ref = asked.ref OFFSET 0) AS found
"""

# What goes to the team beside the receipt: as the carrier's has it, else as the team had sent it.
KEEP_TLVS = """
UPDATE message SET options = coalesce(options, '{}') || jsonb_build_object('receipt_tlvs', back.tlvs) FROM (
    SELECT message_id, (
        SELECT jsonb_object_agg(key, given) FROM (
            SELECT key, coalesce(value, options->'tlvs'->>key) AS given FROM json_each_text(heard.tlvs)
        ) AS tlv WHERE given IS NOT NULL) AS tlvs
    FROM json_to_recordset(%(reports)s) AS heard (carrier_id integer, ref text, tlvs json), LATERAL (
        SELECT message_id FROM awaiting WHERE carrier_id = heard.carrier_id AND ref = heard.ref OFFSET 0
    ) AS waits, LATERAL (SELECT options FROM message WHERE id = waits.message_id OFFSET 0) AS about
) AS back WHERE message.id = back.message_id AND back.tlvs IS NOT NULL
"""

# What a message has left behind at a carrier is known; nothing follows from it.
PARK = """
INSERT INTO parked_report (carrier_id, ref, report, spellings)
SELECT carrier_id, ref, report, spellings
FROM json_to_recordset(%(reports)s) AS parked (carrier_id integer, ref text, report json, spellings text[])
WHERE NOT EXISTS (
    SELECT FROM left_behind WHERE left_behind.carrier_id = parked.carrier_id AND left_behind.ref = parked.ref OFFSET 0)
"""

FORGET_PARKED = """
DELETE FROM parked_report WHERE id IN (
    SELECT id FROM parked_report WHERE at < now() - make_interval(hours => %(hours)s) ORDER BY id LIMIT %(limit)s)
"""

# No receipt came in time: the message stays `sent`, and an ESME that waits for its receipt is told EXPIRED (decision 111).
GIVE_UP = (
    """
WITH late AS (
    DELETE FROM awaiting WHERE (carrier_id, ref) IN (
        SELECT carrier_id, ref FROM awaiting WHERE sent_at < now() - make_interval(hours => %(hours)s) LIMIT %(limit)s)
    RETURNING message_id, failed
), each AS (
    SELECT message_id, count(*) AS closed FROM late WHERE NOT failed GROUP BY message_id
), moved AS (
    UPDATE message SET
        open_parts = open_parts - closed,
        state = CASE WHEN open_parts = closed AND failed_parts > 0 THEN 40 ELSE state END,
        failure = coalesce(failure, 'no_receipt'), reason = coalesce(reason, 'the carrier never reported')
    FROM each WHERE message.id = each.message_id AND state < 40
    RETURNING message.*
), counted AS (
    INSERT INTO rollup_change (kind, ids)
    SELECT CASE state WHEN 40 THEN 40 WHEN 20 THEN 50 ELSE 0 END AS kind, array_agg(id) FROM moved WHERE open_parts = 0 GROUP BY kind
), spooled AS (
    INSERT INTO spool (team_id, message_id, state, failure, error, done_at)
    SELECT team_id, id, 40, 'no_receipt', '', now() FROM moved WHERE open_parts = 0 AND origin = 2 AND wish IN (1, 2)
    RETURNING id
)
SELECT (SELECT count(*) FROM late), (SELECT count(*) FROM spooled),
       (SELECT array_agg(id::text) FROM moved WHERE open_parts = 0 AND state = 40 AND team_id IN """
    + hooks.HOOKED_TEAMS
    + ")"
)


def awaited(txn: Txn, carrier_id: int) -> list[str]:
    """Return the ids whose receipts a carrier still owes."""
    txn.execute(AWAITED, {"carrier_id": carrier_id})
    return [ref for (ref,) in txn.fetchall()]


def report(txn: Txn, batch: Sequence[Report]) -> list[Notice | None]:
    """Settle receipts; what fits no part is parked, unless it is intermediate. Returns the notice that each one brought about, if it did.

    Safe to repeat: a part is closed once.
    """
    finals = [(n, heard) for n, heard in enumerate(batch) if heard.state in (State.DELIVERED, State.FAILED)]
    owed: dict[int, Notice] = {}
    networks.learn(txn, sightings(batch))
    missed = _settle(txn, [pair for pair in finals if not pair[1].unsure], owed)
    if missed:
        known = _known(txn, [heard for _, heard in missed])
        found = [missed[place] for place in sorted(known) if missed[place][1].second_way is not None]
        missed = [pair for place, pair in enumerate(missed) if place not in known]
        if found:  # the answer may have come between two looks
            _settle(txn, found, owed)
    missed += [pair for pair in finals if pair[1].unsure]
    if missed:
        missed = _by_spelling(txn, missed, owed)
    if missed and second_ways.any_left_behind(txn):
        missed = second_ways.hear(txn, missed, owed)
    missed = _in_doubt(txn, [(n, heard) for n, heard in missed if not heard.repeated], owed)
    if missed:
        rows = [{"carrier_id": h.carrier_id, "ref": h.ref, "report": _kept(h), **_spelled(h)} for _, h in missed]
        txn.execute(PARK, {"reports": as_json(rows)})
    steps.overtake(txn, list(owed.values()))
    if len(finals) < len(batch):  # behind the finals: of what has ended no step is told
        owed |= steps.heard(txn, [(n, heard) for n, heard in enumerate(batch) if heard.state is State.SENT])
    return [owed.get(n) for n in range(len(batch))]


def _settle(txn: Txn, finals: list[tuple[int, Report]], owed: dict[int, Notice]) -> list[tuple[int, Report]]:
    """Settle by the id as the carrier wrote it; return what fitted nothing."""
    missed: list[tuple[int, Report]] = []
    back = [heard for _, heard in finals if heard.tlvs]
    if back:
        rows = [{"carrier_id": heard.carrier_id, "ref": heard.ref, "tlvs": heard.tlvs} for heard in back]
        txn.execute(KEEP_TLVS, {"reports": as_json(rows)})
    suppressions.heard(txn, [heard for _, heard in finals if heard.blacklisted])
    of_policy = [pair for pair in finals if pair[1].second_way is not None]
    if of_policy:
        gone_on, unseen = second_ways.go_on(txn, of_policy)
        missed = [pair for pair in of_policy if pair[0] in unseen]
        finals = [pair for pair in finals if pair[0] not in gone_on | unseen]
    for state, statement in ((State.FAILED, FAILED), (State.DELIVERED, DELIVERED)):
        of_state = {(heard.carrier_id, heard.ref): (n, heard) for n, heard in finals if heard.state is state}
        if not of_state:
            continue
        txn.execute(statement, {"reports": as_json([_row(n, heard) for n, heard in of_state.values()])})
        found = txn.fetchall()
        hit = {row[0] for row in found if row[0] is not None}
        # Which report of a message brought the notice does not matter: any that hit stands for it.
        told = notices.read(txn, [row[1:] for row in found if row[0] is None])
        owed.update(zip(sorted(hit), told, strict=False))
        missed.extend(pair for pair in of_state.values() if pair[0] not in hit)
    return missed


def _by_spelling(txn: Txn, missed: list[tuple[int, Report]], owed: dict[int, Notice]) -> list[tuple[int, Report]]:
    """Settle by the same ids in their other spellings (field notes, section 2); return what fits nothing at all."""
    found = spellings.find(txn, missed)
    _settle(txn, list(found.items()), owed)
    return [(n, heard) for n, heard in missed if n not in found]


def _in_doubt(txn: Txn, missed: list[tuple[int, Report]], owed: dict[int, Notice]) -> list[tuple[int, Report]]:
    """Settle what is of parts that were taken for sent without an answer (`store.doubts`); return what is of none."""
    found = doubts.find(txn, missed)
    _settle(txn, [pair for pair in missed if pair[0] in found], owed)
    return [pair for pair in missed if pair[0] not in found]


def _known(txn: Txn, reports: Sequence[Report]) -> set[int]:
    """Return the places of those reports whose part waits, or has failed already."""
    rows = [{"n": n, "carrier_id": heard.carrier_id, "ref": heard.ref} for n, heard in enumerate(reports)]
    txn.execute(KNOWN, {"reports": as_json(rows)})
    return {n for (n,) in txn.fetchall()}


def give_up(txn: Txn, hours: int, limit: int) -> tuple[int, int]:
    """Close parts whose receipt is overdue by hours since they were sent. Returns how many, and how many notices."""
    txn.execute(GIVE_UP, {"hours": hours, "limit": limit})
    closed, told, hooked = one_row(txn)
    if hooked:
        hooks.messages(txn, hooked)
    if closed:
        steps.overtake_all(txn)
    return closed, told


def forget_parked(txn: Txn, hours: int, limit: int) -> int:
    """Drop receipts for ids that nobody has known for so long; returns how many."""
    txn.execute(FORGET_PARKED, {"hours": hours, "limit": limit})
    return txn.rowcount


def _row(n: int, heard: Report) -> dict[str, Any]:
    row: dict[str, Any] = {"n": n, "carrier_id": heard.carrier_id, "ref": heard.ref, "error": heard.error}
    if heard.done_at_ms is not None:
        row["done_at"] = heard.done_at_ms / 1000
    if heard.failure is not None:
        row["failure"] = heard.failure
    return row


def _spelled(heard: Report) -> dict[str, Any]:
    """Return the other ids that the answer may have, where that is not known of the carrier."""
    return {"spellings": heard.other_refs} if heard.unsure and heard.other_refs else {}


def _kept(heard: Report) -> dict[str, Any]:
    return {
        "carrier_id": heard.carrier_id,
        "ref": heard.ref,
        "state": int(heard.state),
        "failure": heard.failure,
        "error": heard.error,
        "done_at_ms": heard.done_at_ms,
        **({"recipient": heard.recipient} if heard.recipient else {}),
        **({"submitted_at_ms": heard.submitted_at_ms} if heard.submitted_at_ms is not None else {}),
        **({"network": heard.network} if heard.network else {}),
        **({"tlvs": heard.tlvs} if heard.tlvs else {}),
        **({"blacklisted": True} if heard.blacklisted else {}),
        **({"second_way": heard.second_way} if heard.second_way is not None else {}),
    }


def report_of(kept: dict[str, Any]) -> Report:
    """Read a parked report."""
    failure = Failure(kept["failure"]) if kept["failure"] else None
    return Report(
        kept["carrier_id"],
        kept["ref"],
        State(kept["state"]),
        failure,
        kept["error"],
        kept["done_at_ms"],
        recipient=kept.get("recipient", ""),
        submitted_at_ms=kept.get("submitted_at_ms"),
        network=kept.get("network"),
        tlvs=kept.get("tlvs"),
        blacklisted=kept.get("blacklisted", False),
        second_way=kept.get("second_way"),
    )


def report_again(txn: Txn, batch: Sequence[Report]) -> list[Notice | None]:
    """Settle a batch whose COMMIT may have happened: what fits nothing now may have been settled then, and is not parked."""
    return report(txn, [attrs.evolve(heard, repeated=True) for heard in batch])


REPORTING: Work[Report, Notice | None] = Work("report", report, report_again, lambda _: None, patient=True)
