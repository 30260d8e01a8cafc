"""Receipts whose id is written otherwise than in the answer (field notes, section 2): which message is meant, and what that teaches.

As long as the form of a carrier's ids is not known, each receipt is looked up under all that its id may mean, and where
several are known the one decides that went to the number of the receipt, then the one that was sent nearest to the
receipt's date of submission. What goes to the right number confirms a form, and so does what fits in one way alone if
nothing speaks against it; when `ENOUGH` have, the directory tells it to the carrier, and nothing of this is done any
more for what fits.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any, Final

import attrs

from mobilesasa.core.doubts import NEAR_MS, same_number
from mobilesasa.core.model import Report
from mobilesasa.store.database import Txn
from mobilesasa.store.rows import as_json

#: How often a form is confirmed until it is believed (`store.directory`), and how much that can outweigh.
ENOUGH: Final = 10
MOST: Final = 50

CANDIDATES = """
SELECT asked.n, recipient, (extract(epoch FROM sent_at) * 1000)::bigint
FROM json_to_recordset(%(refs)s) AS asked (n integer, carrier_id integer, ref text), LATERAL (
    SELECT message_id, sent_at FROM awaiting WHERE carrier_id = asked.carrier_id AND ref = asked.ref OFFSET 0
) AS waits, LATERAL (
    SELECT recipient FROM message WHERE id = waits.message_id OFFSET 0
) AS about
"""

# The form that most confirm wins: what contradicts the one that is believed takes away from it.
LEARN = """
INSERT INTO carrier_id_form AS known (carrier_id, form, confirmed)
SELECT carrier.id, told.form, least(told.times, %(most)s) FROM json_to_recordset(%(forms)s) AS told (
    carrier_id integer, form text, times integer) JOIN carrier ON carrier.id = told.carrier_id
ON CONFLICT (carrier_id) DO UPDATE SET
    form = CASE WHEN known.confirmed > excluded.confirmed THEN known.form ELSE excluded.form END,
    confirmed = CASE WHEN known.form = excluded.form THEN least(known.confirmed + excluded.confirmed, %(most)s)
                     ELSE abs(known.confirmed - excluded.confirmed) END
"""


@attrs.frozen
class _Candidate:
    """An id that a receipt may mean, and the message that has it."""

    ref: str
    place: int  # among the spellings
    recipient: str
    sent_at_ms: int


def find(txn: Txn, missed: Sequence[tuple[int, Report]]) -> dict[int, Report]:
    """Return those reports, by their numbers, whose message is known by another spelling of the id, with that as `ref`.

    Of a report that is unsure its own spelling is one of them.
    """
    asked: list[tuple[int, Report, int, str]] = []
    for n, heard in missed:
        own = (heard.ref,) if heard.unsure else ()
        asked += [(n, heard, place, ref) for place, ref in enumerate((*own, *heard.other_refs))]
    if not asked:
        return {}
    rows = [{"n": at, "carrier_id": heard.carrier_id, "ref": ref} for at, (_, heard, _, ref) in enumerate(asked)]
    txn.execute(CANDIDATES, {"refs": as_json(rows)})
    candidates: dict[int, list[_Candidate]] = {}
    for at, recipient, sent_at_ms in txn.fetchall():
        n, _, place, ref = asked[at]
        candidates.setdefault(n, []).append(_Candidate(ref, place, recipient, sent_at_ms))
    found: dict[int, Report] = {}
    learned: Counter[tuple[int, str]] = Counter()
    for n, heard in missed:
        if n not in candidates:
            continue
        chosen = min(candidates[n], key=lambda each: _unlikeliness(each, heard))
        found[n] = attrs.evolve(heard, ref=chosen.ref, spell=None, unsure=False)
        is_alone = len(candidates[n]) == 1 and (not heard.recipient or chosen.ref == heard.ref)
        sure = is_alone or same_number(chosen.recipient, heard.recipient)
        form = heard.form(chosen.ref) if sure and heard.form is not None else ""
        if form:
            learned[heard.carrier_id, form] += 1
    if learned:
        _learn(txn, learned)
    return found


def _unlikeliness(candidate: _Candidate, heard: Report) -> tuple[bool, int, int]:
    """Return what is least for the message that is meant: the right number, the nearest time, the likeliest spelling."""
    other_number = bool(heard.recipient) and not same_number(candidate.recipient, heard.recipient)
    apart_ms = 0 if heard.submitted_at_ms is None else abs(candidate.sent_at_ms - heard.submitted_at_ms)
    return other_number, apart_ms // NEAR_MS, candidate.place  # within `NEAR_MS` dates are as good as each other


def _learn(txn: Txn, learned: Counter[tuple[int, str]]) -> None:
    """Write down what was confirmed most of each carrier, in the order of their ids."""
    best: dict[int, dict[str, Any]] = {}
    for (carrier_id, form), times in learned.most_common():
        best.setdefault(carrier_id, {"carrier_id": carrier_id, "form": form, "times": times})
    rows = [best[carrier_id] for carrier_id in sorted(best)]
    txn.execute(LEARN, {"forms": as_json(rows), "most": MOST})
