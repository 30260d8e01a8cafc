"""What carriers answered, written down: taken, later, or never (with the refund)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import attrs

from mobilesasa.core.model import (
    Failure,
    Later,
    MessageId,
    Never,
    Notice,
    Outcome,
    Place,
    Report,
    Sent,
    Settled,
    Settlement,
    Step,
)
from mobilesasa.core.optouts import names_a_blacklist
from mobilesasa.store import failover, hooks, second_ways, steps, suppressions
from mobilesasa.store.database import Txn, one_row
from mobilesasa.store.intake import uuids
from mobilesasa.store.notices import HOOKED, NOTICES, notices
from mobilesasa.store.plans import Planned
from mobilesasa.store.reports import report, report_of
from mobilesasa.store.rows import as_json
from mobilesasa.store.writer import Work

# Says how many of the carrier's ids were new, and whether any receipt waits for the id of its message, in whatever spelling;
# first of all, which waited of them, if some of those were sent already. The places go first, as in `second_ways`.
# A message whose parts the carrier took as one (`ids` is 1) waits for one receipt.
SENT = Planned(
    """
WITH sent AS MATERIALIZED (
    SELECT *, 1 AS one FROM json_to_recordset(%(messages)s) AS sent (
        id uuid, carrier_id integer, attempt smallint, at float8, refs text, ids smallint)
), gone AS (
    DELETE FROM pending WHERE message_id = ANY(%(ids)s::uuid[]) RETURNING message_id, carrier_id
), moved AS (
    UPDATE message SET state = 20, carrier_id = sent.carrier_id, attempts = attempt, sent_at = to_timestamp(at),
                       refs = nullif(concat_ws(' ', message.refs, nullif(sent.refs, '')), ''),
                       open_parts = least(open_parts, nullif(sent.ids, 0))
    FROM sent WHERE message.id = sent.id AND state = 10 AND one = 1  -- `store.plans` says why
    RETURNING message.id, team_id
), waits AS (
    INSERT INTO awaiting (carrier_id, ref, message_id, part, sent_at)
    SELECT carrier_id, ref, id, part, to_timestamp(at)
    FROM json_to_recordset(%(parts)s) AS parts (carrier_id integer, ref text, id uuid, part smallint, at float8)
    ON CONFLICT (carrier_id, ref) DO NOTHING RETURNING 1
), counted AS (  -- again, where it was another carrier's by now: the one that took it was slow to say so
    INSERT INTO rollup_change (kind, ids)
    SELECT 20, array_agg(id) FROM moved HAVING count(*) > 0 UNION ALL
    SELECT 0, array_agg(message_id) FROM gone JOIN sent ON sent.id = message_id AND sent.carrier_id <> gone.carrier_id
    HAVING count(*) > 0
)
SELECT CASE WHEN (SELECT count(*) FROM gone) > (SELECT count(*) FROM moved) THEN (SELECT array_agg(message_id)::text FROM gone) END,
       (SELECT count(*) FROM moved), (SELECT count(*) FROM waits), EXISTS (SELECT FROM parked_report),
       EXISTS (SELECT FROM parked_report WHERE spellings IS NOT NULL AND at > now() - interval '1 hour'),
       (SELECT array_agg(id::text) FROM moved WHERE team_id IN """
    + hooks.HOOKED_TEAMS
    + ")"
)

# One that an earlier carrier took, which then reported a failure, is sent already (`second_ways`); what that carrier said of it
# is over. What this one says of parts that it took in an earlier attempt stays.
SENT_ON = """
WITH moved AS (
    UPDATE message SET carrier_id = sent.carrier_id, attempts = attempt, sent_at = to_timestamp(at),
                       refs = nullif(concat_ws(' ', message.refs, nullif(sent.refs, '')), ''),
                       open_parts = least(open_parts, nullif(sent.ids, 0)),
                       failure = CASE WHEN failed_parts > 0 THEN failure END, error = CASE WHEN failed_parts > 0 THEN error END
    FROM json_to_recordset(%(messages)s) AS sent (
        id uuid, carrier_id integer, attempt smallint, at float8, refs text, ids smallint)
    WHERE message.id = ANY(%(gone)s::uuid[]) AND message.id = sent.id AND state = 20 AND attempts < attempt
    RETURNING message.id
), counted AS (
    INSERT INTO rollup_change (kind, ids) SELECT 0, array_agg(id) FROM moved HAVING count(*) > 0
)
SELECT FROM moved
"""

# A carrier that uses an id again means the newer message. The older one keeps its row, under a name that never matches.
DISPLACE = """
UPDATE awaiting SET ref = awaiting.ref || '~' || awaiting.message_id FROM (
    SELECT parts.id, place FROM json_to_recordset(%(parts)s) AS parts (carrier_id integer, ref text, id uuid), LATERAL (
        SELECT ctid AS place FROM awaiting WHERE carrier_id = parts.carrier_id AND ref = parts.ref OFFSET 0) AS found
) AS hit WHERE awaiting.ctid = place AND awaiting.message_id <> hit.id
"""

UNPARK = """
DELETE FROM parked_report USING (
    SELECT place FROM json_to_recordset(%(parts)s) AS parts (carrier_id integer, ref text), LATERAL (
        SELECT ctid AS place FROM parked_report WHERE carrier_id = parts.carrier_id AND ref = parts.ref
        AND at > now() - interval '1 hour' OFFSET 0) AS found  -- an older one is of an earlier use of the id
) AS hit WHERE parked_report.ctid = place
RETURNING parked_report.report
"""

UNPARK_SPELT = """
DELETE FROM parked_report USING (
    SELECT place, parts.ref FROM json_to_recordset(%(parts)s) AS parts (carrier_id integer, ref text), LATERAL (
        SELECT ctid AS place FROM parked_report WHERE spellings @> ARRAY[parts.ref] AND carrier_id = parts.carrier_id
        AND at > now() - interval '1 hour' OFFSET 0) AS found
) AS hit WHERE parked_report.ctid = place
RETURNING parked_report.report, hit.ref
"""

# Only the hand that has the message puts it off, and only once: this may be repeated, or come after the claim was lost.
LATER = """
WITH put_off AS MATERIALIZED (
    SELECT * FROM json_to_recordset(%(messages)s) AS put_off (
        id uuid, carrier_id integer, attempt smallint, delay_s float8, taken integer, refs text, code text, reason text, kind text)
), back AS (
    UPDATE pending SET claimed_by = NULL, due_at = now() + make_interval(secs => delay_s), sent_parts = sent_parts | taken,
                       doubted = doubted OR kind = 'uncertain'
    FROM put_off WHERE message_id = ANY(%(ids)s::uuid[]) AND message_id = put_off.id AND claimed_by IS NOT NULL AND attempts = attempt
    RETURNING put_off.*
), told AS (
    INSERT INTO message_event (message_id, attempt, carrier_id, kind, code, reason)
    SELECT id, attempt, carrier_id, kind, code, reason FROM back
)
UPDATE message SET refs = concat_ws(' ', message.refs, back.refs) FROM back
WHERE message.id = back.id AND back.refs <> ''
"""

# Units come back for the parts that no carrier took; of a message that one took whole and then reported as failed, for none,
# and its failure is that one. The row in `pending` goes once, so the refund is made once. Ids are NULL where no part was taken,
# and empty where the carrier that took one gives none. What comes for the parts that one did take changes nothing any more: the
# message has failed, and its team is told so once. The teams' rows are locked in the order of their ids, as charges do.
NEVER = (
    """
WITH ended AS MATERIALIZED (
    SELECT * FROM json_to_recordset(%(messages)s) AS ended (
        id uuid, carrier_id integer, attempt smallint, taken integer, refs text, failure text, code text, reason text)
), gone AS (
    DELETE FROM pending USING ended WHERE message_id = ANY(%(ids)s::uuid[]) AND message_id = ended.id
      AND attempts = attempt  -- else another process, to whom this one was dead, has it by now
    RETURNING pending.message_id, pending.team_id, pending.price_units, pending.carrier_id AS placed_at, ended.*,
              bit_count((sent_parts | ended.taken)::bit(32)) AS taken_parts
), moved AS (
    UPDATE message SET state = 40, carrier_id = gone.carrier_id, attempts = gone.attempt, done_at = now(),
                       failure = CASE WHEN sent_at IS NULL THEN gone.failure ELSE coalesce(message.failure, gone.failure) END,
                       error = CASE WHEN sent_at IS NULL THEN gone.code ELSE error END,
                       reason = CASE WHEN sent_at IS NULL THEN gone.reason ELSE message.reason END,
                       open_parts = 0, failed_parts = parts,
                       refs = nullif(concat_ws(' ', message.refs, nullif(gone.refs, '')), CASE taken_parts WHEN 0 THEN '' END)
    FROM gone WHERE message.id = gone.message_id
    RETURNING message.*, gone.taken_parts, gone.placed_at
), counted AS (
    INSERT INTO rollup_change (kind, ids)
    SELECT CASE carrier_id WHEN placed_at THEN state ELSE 0 END AS kind, array_agg(id) FROM moved GROUP BY kind
), closed AS (
    UPDATE awaiting SET failed = true FROM (
        SELECT place FROM moved, awaited_names(refs, id, parts) AS name, LATERAL (
            SELECT ctid AS place FROM awaiting WHERE carrier_id = moved.carrier_id AND ref = name AND message_id = id OFFSET 0) AS found
        WHERE taken_parts > 0
    ) AS hit WHERE awaiting.ctid = place
), events AS (
    INSERT INTO message_event (message_id, attempt, carrier_id, kind, code, reason)
    SELECT id, attempt, carrier_id, CASE failure WHEN 'cancelled' THEN failure ELSE 'refused' END, code, reason FROM gone
), back AS (
    SELECT id, team_id, campaign_uuid, (price_units::bigint * (parts - taken_parts) / parts) AS units FROM moved WHERE sent_at IS NULL
), entry AS (
    INSERT INTO ledger (team_id, kind, units, messages, message_id, campaign_uuid)
    SELECT team_id, 'refund', units, 1, id, campaign_uuid FROM back WHERE units > 0 RETURNING team_id, units
), payee AS MATERIALIZED (
    SELECT id FROM team WHERE id IN (SELECT team_id FROM back WHERE units > 0) ORDER BY id FOR UPDATE
), credit AS (
    UPDATE team SET balance = balance + total.units
    FROM (SELECT payee.id, sum(units) AS units FROM payee JOIN entry ON team_id = payee.id GROUP BY payee.id) AS total
    WHERE team.id = total.id
), due AS (
    SELECT * FROM moved WHERE origin = 2 AND wish IN (1, 2)
)"""
    + NOTICES
    + "SELECT * FROM told UNION ALL"
    + HOOKED
)


# Of what is taken for sent without an answer.
UNCERTAIN = """
INSERT INTO message_event (message_id, attempt, carrier_id, kind, code, reason)
SELECT id, attempt, carrier_id, 'uncertain', 'uncertain', %(reason)s
FROM json_to_recordset(%(messages)s) AS doubted (id uuid, carrier_id integer, attempt smallint)
"""

TAKEN_FOR_SENT = "no answer came, so the carrier may have it: it is taken for sent, and not sent again"

OVERDUE = """
SELECT message_id, carrier_id, attempts FROM pending
WHERE expires_at <= now() AND claimed_by IS NULL AND coalesce(closes_at >= expires_at, true)  -- else `store.closing` comes first
ORDER BY message_id LIMIT %(limit)s FOR UPDATE SKIP LOCKED
"""

IN_HAND = """
SELECT message_id, attempts FROM pending WHERE message_id = ANY(%(ids)s::uuid[]) AND claimed_by IS NOT NULL
"""

NOTHING_FOLLOWS = Settled()


@attrs.define(eq=False)
class _Sorted:
    """The rows of a batch, by what becomes of them."""

    sent: list[dict[str, Any]] = attrs.field(factory=list)
    later: list[dict[str, Any]] = attrs.field(factory=list)
    never: list[dict[str, Any]] = attrs.field(factory=list)
    leaving: list[dict[str, Any]] = attrs.field(
        factory=list
    )  # what another carrier may take; else one of the two before
    doubted: list[dict[str, Any]] = attrs.field(factory=list)  # of `sent`: taken for sent
    ways: list[dict[str, Any]] = attrs.field(factory=list)  # of `sent`: may leave the carrier again
    parts: list[dict[str, Any]] = attrs.field(factory=list)
    stepped: dict[MessageId, float | None] = attrs.field(factory=dict)
    may_be_late: bool = False  # some of `parts` may be of messages for which they count no more

    def add(self, item: Settlement) -> None:
        """Sort one answer."""
        outcome = item.outcome
        if outcome.refs:
            self.parts.extend(_parts(item))
        if isinstance(outcome, Sent):
            self._add_sent(item, outcome)
            return
        self.may_be_late = self.may_be_late or bool(outcome.refs)
        row = _row(item) | _why(outcome)
        if isinstance(outcome, Later):
            row |= {"delay_s": outcome.delay_s, "kind": "uncertain" if outcome.uncertain else "postponed"}
            leaves = outcome.uncertain and item.avoided is not None and not row["taken"]
            (self.leaving if leaves else self.later).append(row | {"avoided": item.avoided} if leaves else row)
        else:
            row["failure"] = outcome.failure
            (self.leaving if outcome.elsewhere and not row["taken"] else self.never).append(row)

    def _add_sent(self, item: Settlement, outcome: Sent) -> None:
        self.sent.append(_row(item))
        if outcome.uncertain:
            self.doubted.append(_row(item))
        elif item.has_steps:
            self.stepped[item.message_id] = item.at_ms / 1000
        if item.second_way_s:
            self.ways.append({"id": item.message_id, "until": item.at_ms / 1000 + item.second_way_s})

    def stay(self, moved: Mapping[MessageId, Place]) -> None:
        """Put what did not leave where it belongs."""
        for row in self.leaving:
            if row["id"] not in moved:
                (self.never if "failure" in row else self.later).append(row)


def settle(txn: Txn, batch: Sequence[Settlement]) -> list[Settled]:
    """Write down what carriers answered."""
    rows = _Sorted()
    for item in batch:
        rows.add(item)
    if rows.ways:  # while they wait still
        second_ways.keep(txn, rows.ways)
    early = _write_sent(txn, rows) if rows.sent or rows.parts else []
    if rows.doubted:
        txn.execute(UNCERTAIN, {"messages": as_json(rows.doubted), "reason": TAKEN_FOR_SENT})
    moved: dict[MessageId, Place] = failover.reroute(txn, rows.leaving) if rows.leaving else {}
    rows.stay(moved)
    if rows.later:
        txn.execute(LATER, {"messages": as_json(rows.later), "ids": _ids(rows.later)})
    owed = _write_never(txn, rows.never) if rows.never else []
    if rows.may_be_late:
        attempts = {item.message_id: item.attempt for item in batch}
        second_ways.take_too_late(txn, [part | {"attempt": attempts[part["id"]]} for part in rows.parts])
    if early:
        owed += [notice for notice in report(txn, early) if notice is not None]
    if rows.stepped:  # behind the early ones: of what has ended already no step is told
        owed += steps.take(txn, Step.ACCEPTED, rows.stepped)
    return _follows(batch, owed, moved)


def _write_never(txn: Txn, never: list[dict[str, Any]]) -> list[Notice]:
    """Write down what will not be sent; return what teams are owed for it."""
    suppressions.not_taken(txn, [row["id"] for row in never if names_a_blacklist(row["reason"], row["code"])])
    txn.execute(NEVER, {"messages": as_json(never), "ids": _ids(never)})
    owed = notices(txn)
    steps.overtake(txn, owed)
    return owed


def _follows(batch: Sequence[Settlement], owed: Sequence[Notice], moved: dict[MessageId, Place]) -> list[Settled]:
    if not owed and not moved:
        return [NOTHING_FOLLOWS] * len(batch)
    by_message: dict[MessageId, tuple[Notice, ...]] = {}
    for notice in owed:
        by_message[notice.message_id] = (*by_message.get(notice.message_id, ()), notice)
    return [
        Settled(by_message.get(item.message_id, ()), moved.get(item.message_id))
        if item.message_id in by_message or item.message_id in moved
        else NOTHING_FOLLOWS
        for item in batch
    ]


def _write_sent(txn: Txn, rows: _Sorted) -> list[Report]:
    """Write down what was taken and the carrier's ids of the parts; return the receipts that came before them."""
    parts = rows.parts
    _tell_apart(parts)
    given = {"messages": as_json(rows.sent), "ids": _ids(rows.sent), "parts": as_json(parts)}
    txn.execute(SENT, given)
    gone, moved, new, any_parked, any_spelt, hooked = one_row(txn)
    if gone is not None:
        txn.execute(SENT_ON, given | {"gone": gone})
        moved += txn.rowcount
    if new < len(parts):
        txn.execute(DISPLACE, given)
        txn.execute(SENT, given)
    rows.may_be_late = rows.may_be_late or moved < len(rows.sent)
    if hooked:
        hooks.messages(txn, hooked)
    if not any_parked:
        return []
    txn.execute(UNPARK, given)
    early = [report_of(kept) for (kept,) in txn.fetchall()]
    if any_spelt:
        txn.execute(UNPARK_SPELT, given)
        early += [report_of({**kept, "ref": ref}) for kept, ref in txn.fetchall()]
    return early


def _ids(rows: list[dict[str, Any]]) -> str:
    return uuids(row["id"] for row in rows)


def _tell_apart(parts: list[dict[str, Any]]) -> None:
    """Leave an id that a carrier gave twice in one batch to the newest part; the others keep a name that never matches."""
    given: set[tuple[int, str]] = set()
    for part in reversed(parts):
        key = (part["carrier_id"], part["ref"])
        if key in given:
            part["ref"] += f"~{part['id']}~{part['part']}"
        given.add(key)


def expire_some(txn: Txn, limit: int) -> tuple[int, list[Notice]]:
    """End up to `limit` messages that no carrier took in time: refunded and failed. Returns how many, and the notices."""
    txn.execute(OVERDUE, {"limit": limit})
    over = Never(Failure.EXPIRED_UNSENT, "the validity period ended before a carrier took the message")
    batch = [Settlement(message_id, carrier, tries, 0, over) for message_id, carrier, tries in txn.fetchall()]
    return len(batch), [notice for settled in settle(txn, batch) for notice in settled.notices] if batch else []


def _parts(item: Settlement) -> list[dict[str, Any]]:
    return [
        {
            "carrier_id": item.carrier_id,
            "ref": ref or f"~{item.message_id}~{part}",
            "id": item.message_id,
            "part": part,
            "at": item.at_ms / 1000,
        }
        for part, ref in enumerate(item.outcome.refs, 1)
        if ref is not None
    ]


def _joined(outcome: Outcome) -> str:
    return " ".join(ref for ref in outcome.refs if ref)


def _row(item: Settlement) -> dict[str, Any]:
    return {
        "id": item.message_id,
        "carrier_id": item.carrier_id,
        "attempt": item.attempt,
        "at": item.at_ms / 1000,
        "refs": _joined(item.outcome),
        "ids": len(item.outcome.refs),
    }


def _why(outcome: Later | Never) -> dict[str, Any]:
    return {
        "taken": sum(1 << n for n, ref in enumerate(outcome.refs) if ref is not None),
        "code": outcome.code,
        "reason": outcome.reason,
    }


def settle_again(txn: Txn, batch: Sequence[Settlement]) -> list[Settled]:
    """Settle a batch whose COMMIT may have happened: only what is in hand still. Its notices are in the spool."""
    txn.execute(IN_HAND, {"ids": uuids(item.message_id for item in batch)})
    in_hand = set(txn.fetchall())
    left = [item for item in batch if (item.message_id, item.attempt) in in_hand]
    follows = iter(settle(txn, left) if left else ())
    return [next(follows) if (item.message_id, item.attempt) in in_hand else NOTHING_FOLLOWS for item in batch]


SETTLING: Work[Settlement, Settled] = Work("settle", settle, settle_again, lambda _: NOTHING_FOLLOWS)
