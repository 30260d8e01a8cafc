"""The tray of receipts whose message nobody knows, as an operator looks into it (`store.reports` puts them there).

Most leave it by themselves: the answer to the submit comes, and takes what waits under its id (`store.outcomes`). What
is left there has an id that is written otherwise than all that was believed of its carrier, or is of no message of ours.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

import attrs

from mobilesasa.core.model import Notice, Report
from mobilesasa.store.database import Txn
from mobilesasa.store.replays import CHANNEL
from mobilesasa.store.reports import report, report_of
from mobilesasa.store.rows import as_json

CHUNK: Final = 500  # receipts tried in one transaction

SHOW = """
SELECT parked.id, coalesce(carrier.name, parked.carrier_id::text), parked.report,
       (extract(epoch FROM parked.at) * 1000)::bigint
FROM parked_report AS parked LEFT JOIN carrier ON carrier.id = parked.carrier_id
WHERE %(carrier_id)s::integer IS NULL OR parked.carrier_id = %(carrier_id)s
ORDER BY parked.id DESC LIMIT %(limit)s
"""

COUNT = "SELECT count(*) FROM parked_report WHERE %(carrier_id)s::integer IS NULL OR carrier_id = %(carrier_id)s"

NEXT = """
SELECT id, report, coalesce(spellings, '{}') FROM parked_report
WHERE id > %(after)s AND (%(carrier_id)s::integer IS NULL OR carrier_id = %(carrier_id)s)
ORDER BY id LIMIT %(limit)s FOR UPDATE SKIP LOCKED
"""

# As with receipts that the answer finds, one that came an hour before its message was sent is of an earlier use of the id.
TAKE_FITTING = """
DELETE FROM parked_report WHERE id IN (
    SELECT asked.id FROM json_to_recordset(%(rows)s) AS asked (id bigint, carrier_id integer, refs json), LATERAL (
        SELECT at FROM parked_report WHERE id = asked.id OFFSET 0) AS kept, LATERAL (
        SELECT FROM json_array_elements_text(asked.refs) AS spelt (ref), LATERAL (
            SELECT sent_at FROM awaiting WHERE carrier_id = asked.carrier_id AND ref = spelt.ref OFFSET 0) AS waits
        WHERE waits.sent_at < kept.at + interval '1 hour' LIMIT 1) AS found)
RETURNING id
"""

TELL = "SELECT pg_notify(%(channel)s, team::text) FROM unnest(%(teams)s) AS team"


@attrs.frozen
class Parked:
    """A receipt that waits for its message."""

    id: int
    carrier: str  # its name, or its number when it is gone
    report: Report
    at_ms: int  # when it came, since the epoch


@attrs.frozen
class Retry:
    """How far a second look at parked receipts has come."""

    carrier_id: int | None = None  # None: of all carriers
    after: int = 0
    looked_at: int = 0
    matched: int = 0
    done: bool = False


def show(txn: Txn, carrier_id: int | None, limit: int) -> tuple[int, list[Parked]]:
    """Return how many receipts are parked, of one carrier or of all, and the newest of them."""
    known = {"carrier_id": carrier_id, "limit": limit}
    txn.execute(SHOW, known)
    found = [Parked(id_, name, report_of(kept), at_ms) for id_, name, kept, at_ms in txn.fetchall()]
    txn.execute(COUNT, known)
    ((count,),) = txn.fetchall()
    return count, found


def go_on(txn: Txn, retry: Retry, spell: Callable[[str], tuple[str, ...]], limit: int = CHUNK) -> Retry:
    """Settle those of the next parked receipts that fit a message now; call it until it is `done`.

    Each is looked up under the id that it has and under all that `spell` makes of it. What fits nothing stays as it is, as
    old as it is.
    """
    txn.execute(NEXT, {"after": retry.after, "carrier_id": retry.carrier_id, "limit": limit})
    looked_at = [(id_, report_of(kept), spellings) for id_, kept, spellings in txn.fetchall()]
    refs = {
        id_: tuple(dict.fromkeys((heard.ref, *spellings, *spell(heard.ref)))) for id_, heard, spellings in looked_at
    }
    rows = [{"id": id_, "carrier_id": heard.carrier_id, "refs": refs[id_]} for id_, heard, _ in looked_at]
    txn.execute(TAKE_FITTING, {"rows": as_json(rows)})
    fitting = {id_ for (id_,) in txn.fetchall()}
    again = [_once_more(heard, refs[id_]) for id_, heard, _ in looked_at if id_ in fitting]
    if again:
        _tell(txn, report(txn, again))
    return attrs.evolve(
        retry,
        after=max(refs, default=retry.after),
        looked_at=retry.looked_at + len(looked_at),
        matched=retry.matched + len(fitting),
        done=len(looked_at) < limit,
    )


def _once_more(heard: Report, refs: tuple[str, ...]) -> Report:
    """Return a receipt that is as good under each of its ids, and that is not parked again."""
    return attrs.evolve(heard, spell=lambda _: refs, unsure=True, repeated=True)


def _tell(txn: Txn, notices: Sequence[Notice | None]) -> None:
    """Tell the outboxes whom something was spooled for."""
    teams: list[Any] = sorted({notice.team_id for notice in notices if notice is not None})
    if teams:
        txn.execute(TELL, {"channel": CHANNEL, "teams": teams})
