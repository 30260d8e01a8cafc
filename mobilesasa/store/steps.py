"""Intermediate receipts: the steps of a message on its way, for teams that asked for them (decision 107, I5).

A message keeps in its options the last step that was told of it, so each is told once and they only go forward; of a
message that has ended none is told any more, and those still in the spool go when its final receipt comes. All of this
is done for messages that have the option, and for the others nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mobilesasa.core.model import MessageId, Notice, Report, Step
from mobilesasa.store.database import Txn
from mobilesasa.store.notices import NOTICES, notices
from mobilesasa.store.rows import as_json

TAKE = (
    """
WITH stepped AS MATERIALIZED (
    SELECT * FROM json_to_recordset(%(stepped)s) AS stepped (id uuid, at float8)
), moved AS (
    UPDATE message SET options = jsonb_set(options, '{intermediate}', to_jsonb(%(step)s::integer))
    FROM stepped WHERE message.id = ANY(%(ids)s::uuid[]) AND message.id = stepped.id AND origin = 2 AND state = 20
    AND (options->>'intermediate')::integer < %(step)s
    RETURNING message.*, stepped.at
), due AS (
    SELECT id, team_id, %(step)s::smallint AS state, NULL::text AS failure, ''::text AS error,
           coalesce(to_timestamp(at), now()) AS done_at, sender, recipient, parts, options
    FROM moved
)"""
    + NOTICES
    + """
SELECT * FROM told ORDER BY spool_id
"""
)

HEARD = """
SELECT heard.n, waits.message_id, about.wanted FROM json_to_recordset(%(reports)s) AS heard (n integer, carrier_id integer, ref text),
LATERAL (
    SELECT message_id FROM awaiting WHERE carrier_id = heard.carrier_id AND ref = heard.ref AND NOT failed OFFSET 0
) AS waits, LATERAL (
    SELECT coalesce((options->>'intermediate')::integer < %(step)s, false) AS wanted FROM message
    WHERE id = waits.message_id OFFSET 0
) AS about
"""

OVERTAKE = """
DELETE FROM spool USING (
    SELECT place FROM json_to_recordset(%(ended)s) AS ended (message_id uuid), LATERAL (
        SELECT ctid AS place FROM spool WHERE message_id = ended.message_id AND state < 30 OFFSET 0) AS found
) AS hit WHERE spool.ctid = place
"""

# What was closed without a notice in hand, when receipts are given up.
OVERTAKE_ALL = """
DELETE FROM spool USING message
WHERE spool.state < 30 AND message.id = spool.message_id AND (message.state <> 20 OR message.open_parts = 0)
"""


def take(txn: Txn, step: Step, stepped: Mapping[MessageId, float | None]) -> list[Notice]:
    """Say when messages have come so far (seconds since the epoch, None: now); return what their teams are owed for it.

    Of a message whose team did not ask, that has come as far already or that has ended, nothing is said.
    """
    rows = [{"id": message_id, "at": at_s} for message_id, at_s in stepped.items()]
    ids = "{" + ",".join(stepped) + "}"
    txn.execute(TAKE, {"stepped": as_json(rows), "ids": ids, "step": int(step)})
    return notices(txn)


def heard(txn: Txn, reports: Sequence[tuple[int, Report]]) -> dict[int, Notice]:
    """Take a carrier's intermediate reports; return what teams are owed, by the numbers of the reports."""
    known = _known(txn, [(n, report.carrier_id, report.ref) for n, report in reports])
    other = [(n, report.carrier_id, ref) for n, report in reports if n not in known for ref in report.other_refs]
    if other:
        known |= _known(txn, other)
    by_message: dict[MessageId, tuple[int, float | None]] = {}
    for n, report in reports:
        message_id, wanted = known.get(n, ("", False))
        if wanted:
            by_message[message_id] = (n, None if report.done_at_ms is None else report.done_at_ms / 1000)
    if not by_message:
        return {}
    owed = take(txn, Step.ENROUTE, {message_id: at_s for message_id, (_, at_s) in by_message.items()})
    return {by_message[notice.message_id][0]: notice for notice in owed}


def _known(txn: Txn, refs: Sequence[tuple[int, int, str]]) -> dict[int, tuple[MessageId, bool]]:
    """Return the message of each report whose part waits, and whether its team wants to hear of it."""
    rows: list[dict[str, Any]] = [{"n": n, "carrier_id": carrier_id, "ref": ref} for n, carrier_id, ref in refs]
    txn.execute(HEARD, {"reports": as_json(rows), "step": int(Step.ENROUTE)})
    return {n: (message_id, wanted) for n, message_id, wanted in txn.fetchall()}


def overtake(txn: Txn, ended: Sequence[Notice]) -> None:
    """Take from the spool the steps of messages whose final notice is given."""
    rows = [{"message_id": notice.message_id} for notice in ended if notice.has_steps]
    if rows:
        txn.execute(OVERTAKE, {"ended": as_json(rows)})


def overtake_all(txn: Txn) -> int:
    """Take from the spool the steps of all messages that have ended; returns how many there were."""
    txn.execute(OVERTAKE_ALL)
    return txn.rowcount
