"""Receipts for parts that are taken for sent without an answer (`core.doubts` says whose one is).

Such a part waits under a name of ours, a tilde and its message's id (`store.outcomes`). They are looked at only for
receipts that fit nothing else, so where every receipt fits nothing is asked. The part that is found gets the carrier's id
from its receipt, as if the answer had come: whatever is reported under it later finds the part.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any, Final

from mobilesasa.core.doubts import DAY_MS, NEAR_MS, Doubt, matches, says_enough
from mobilesasa.core.ids import first_id_at
from mobilesasa.core.model import Report
from mobilesasa.store.database import Txn
from mobilesasa.store.intake import uuids
from mobilesasa.store.rows import as_json

#: Above so many parts in doubt within reach of one carrier nothing is matched: they are more than a look may cost.
LOOKED_AT_MOST: Final = 5000

# The names of these parts stand together in the primary key, by the time at which their messages were made.
IN_DOUBT = """
SELECT asked.carrier_id, ref, message_id, (extract(epoch FROM sent_at) * 1000)::bigint
FROM json_to_recordset(%(asked)s) AS asked (carrier_id integer, since text, until text), LATERAL (
    SELECT ref, message_id, sent_at FROM awaiting
    WHERE carrier_id = asked.carrier_id AND ref >= asked.since AND ref < asked.until AND NOT failed
    LIMIT %(limit)s) AS waits
WHERE starts_with(ref, '~')
"""

RECIPIENTS = """
SELECT asked.id, recipient FROM unnest(%(ids)s::uuid[]) AS asked (id), LATERAL (
    SELECT recipient FROM message WHERE id = asked.id OFFSET 0) AS about
"""

# A message of the same team to the same number that the carrier has in hand may have a receipt that is ahead of its answer;
# and as long as nobody knows how the carrier writes its ids, the receipt may be of any that waits for one.
RIVALS = """
SELECT asked.n FROM json_to_recordset(%(asked)s) AS asked (n integer, id uuid, since uuid, unsure boolean), LATERAL (
    SELECT team_id, recipient, carrier_id FROM message WHERE id = asked.id OFFSET 0) AS about, LATERAL (
    SELECT FROM message AS other
    WHERE other.team_id = about.team_id AND other.recipient = about.recipient AND other.id > asked.since
      AND other.id <> asked.id AND other.carrier_id = about.carrier_id
      AND ((other.state = 10 AND coalesce(other.due_at <= now(), true)) OR (asked.unsure AND other.state = 20))
    LIMIT 1) AS rival
"""

# Nothing comes back of a part that has its id, or whose receipt is settled, meanwhile.
NAME = """
WITH named AS (
    UPDATE awaiting SET ref = hit.given FROM (
        SELECT told.ref AS given, place FROM json_to_recordset(%(told)s) AS told (carrier_id integer, name text, ref text), LATERAL (
            SELECT ctid AS place FROM awaiting WHERE carrier_id = told.carrier_id AND ref = told.name AND NOT failed OFFSET 0) AS found
        WHERE NOT EXISTS (SELECT FROM awaiting WHERE carrier_id = told.carrier_id AND ref = told.ref)
    ) AS hit WHERE awaiting.ctid = place
    RETURNING carrier_id, ref, message_id
), each AS (
    SELECT message_id, string_agg(ref, ' ') AS given FROM named GROUP BY message_id
), shown AS (
    UPDATE message SET refs = concat_ws(' ', refs, given) FROM each WHERE message.id = each.message_id
)
SELECT carrier_id, ref FROM named
"""


def find(txn: Txn, missed: Sequence[tuple[int, Report]]) -> set[int]:
    """Give the parts in doubt that reports are of their ids; return the numbers of these reports, which settle now."""
    asked = {n: heard for n, heard in missed if says_enough(heard) and " " not in heard.ref}
    if not asked:
        return set()
    found = matches(asked, _in_doubt(txn, list(asked.values())))
    if not found:
        return set()
    rivals = [_rival(n, doubt, asked[n]) for n, doubt in found.items()]
    txn.execute(RIVALS, {"asked": as_json(rivals)})
    contested = {n for (n,) in txn.fetchall()}
    told = [
        {"carrier_id": doubt.carrier_id, "name": doubt.ref, "ref": asked[n].ref}
        for n, doubt in found.items()
        if n not in contested
    ]
    txn.execute(NAME, {"told": as_json(told)})
    named = set(txn.fetchall())
    return {n for n, heard in asked.items() if (heard.carrier_id, heard.ref) in named}


def _in_doubt(txn: Txn, reports: Sequence[Report]) -> list[Doubt]:
    """Return the parts in doubt of the carriers of these reports, made not long before what they are about was submitted."""
    times_ms: dict[int, list[int]] = {}
    for heard in reports:
        times_ms.setdefault(heard.carrier_id, []).append(heard.submitted_at_ms or 0)
    rows = [
        {"carrier_id": carrier_id, "since": _name(min(each) - DAY_MS), "until": _name(max(each) + NEAR_MS + 1)}
        for carrier_id, each in times_ms.items()
    ]
    txn.execute(IN_DOUBT, {"asked": as_json(rows), "limit": LOOKED_AT_MOST + 1})
    found = txn.fetchall()
    number = Counter(row[0] for row in found)
    found = [row for row in found if number[row[0]] <= LOOKED_AT_MOST]
    if not found:
        return []
    txn.execute(RECIPIENTS, {"ids": uuids({row[2] for row in found})})
    recipients = dict(txn.fetchall())
    return [
        Doubt(carrier_id, ref, message_id, recipients[message_id], at_ms)
        for carrier_id, ref, message_id, at_ms in found
        if message_id in recipients
    ]


def _name(at_ms: int) -> str:
    return f"~{first_id_at(max(0, at_ms))}"


def _rival(n: int, doubt: Doubt, heard: Report) -> dict[str, Any]:
    since = first_id_at(max(0, (heard.submitted_at_ms or 0) - DAY_MS))
    return {"n": n, "id": doubt.message_id, "since": since, "unsure": heard.unsure}
