"""The HTTP calls of carriers, kept as they came, so that people can look and a repetition is known.

A call is written down before what it brings, and marked when that is written down too. So one that comes again after
a crash between the two is done again, and one that comes again otherwise is only answered.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from twisted.internet.defer import Deferred

from mobilesasa.core.callbacks import KeptCallback
from mobilesasa.core.model import MessageId
from mobilesasa.store.database import Txn
from mobilesasa.store.intake import uuids
from mobilesasa.store.rows import as_json
from mobilesasa.store.writer import Work, Writer

KEEP = """
WITH came AS MATERIALIZED (
    SELECT n, id, carrier_id, about, decode(key, 'hex') AS key, peer, method, decode(query, 'hex') AS query, content_type,
           decode(body, 'hex') AS body, items
    FROM json_to_recordset(%(calls)s) AS came (
        n integer, id uuid, carrier_id integer, about text, key text, peer text, method text, query text, content_type text,
        body text, items integer)
), kept AS (
    INSERT INTO callback (id, carrier_id, about, key, peer, method, query, content_type, body, items)
    SELECT id, carrier_id, about, key, peer, method, query, content_type, body, items FROM came ORDER BY n
    ON CONFLICT DO NOTHING RETURNING id
)
SELECT n, came.id, false FROM came JOIN kept USING (id) UNION ALL
SELECT n, callback.id, callback.is_done FROM came JOIN callback USING (carrier_id, about, key)
"""

DONE = "UPDATE callback SET is_done = true WHERE id = ANY(%(ids)s::uuid[])"

FORGET = """
DELETE FROM callback WHERE id IN (
    SELECT id FROM callback WHERE id < first_id_at(now() - make_interval(days => %(days)s)) ORDER BY id LIMIT %(limit)s)
"""


def keep(txn: Txn, batch: Sequence[KeptCallback]) -> list[tuple[MessageId, bool]]:
    """Keep calls; returns of each the id under which it is kept, and whether what it brings is written down already.

    Of one that comes twice in a batch the first is kept. Safe to repeat.
    """
    txn.execute(KEEP, {"calls": as_json([_row(n, call) for n, call in enumerate(batch)])})
    found = {n: (kept_id, is_done) for n, kept_id, is_done in txn.fetchall()}
    first: dict[tuple[int, str, bytes], MessageId] = {}
    results: list[tuple[MessageId, bool]] = []
    for n, call in enumerate(batch):
        result = found.get(n)
        if call.key is not None:
            kept_id = first.setdefault((call.carrier_id, call.about, call.key), result[0] if result else call.id)
            result = result or (kept_id, False)
        results.append(result or (call.id, False))
    return results


def done(txn: Txn, ids: Sequence[MessageId]) -> list[None]:
    """Note that what calls brought is written down."""
    txn.execute(DONE, {"ids": uuids(ids)})
    return [None] * len(ids)


def forget(txn: Txn, days: int, limit: int) -> int:
    """Drop calls that were kept for so long, of at most `limit`; returns how many."""
    txn.execute(FORGET, {"days": days, "limit": limit})
    return txn.rowcount


def _row(n: int, call: KeptCallback) -> dict[str, Any]:
    return {
        "n": n,
        "id": call.id,
        "carrier_id": call.carrier_id,
        "about": call.about.value,
        "key": None if call.key is None else call.key.hex(),
        "peer": call.peer,
        "method": call.method,
        "query": call.query.hex(),
        "content_type": call.content_type,
        "body": call.body.hex(),
        "items": call.items,
    }


KEEPING: Work[KeptCallback, tuple[MessageId, bool]] = Work("keep callbacks", keep)
FINISHING: Work[MessageId, None] = Work("finish callbacks", done)


class StoredCallbacks:
    """The calls of carriers in the store; each call of ours shares a commit with whatever else is waiting."""

    def __init__(self, writer: Writer) -> None:
        """Write by this writer."""
        self._writer = writer

    def keep(self, batch: Sequence[KeptCallback]) -> Deferred[list[tuple[MessageId, bool]]]:
        """Keep calls; see the function `keep`."""
        return self._writer.write(KEEPING, batch)

    def done(self, ids: Sequence[MessageId]) -> Deferred[list[None]]:
        """Note that what calls brought is written down."""
        return self._writer.write(FINISHING, ids)
