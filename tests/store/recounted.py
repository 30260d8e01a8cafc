"""The same sums as `store.rollups` keeps, made the simple way: by looking at every message that is stored."""

from bisect import bisect_right
from collections import Counter, defaultdict
from typing import Any

from mobilesasa.core.ids import made_at_ms
from mobilesasa.core.reporting import DELIVERED_CLASSES_MS, QUARTER_MS, SENT_CLASSES_MS
from mobilesasa.store import rollups
from mobilesasa.store.database import Txn
from tests.store.given import rows

NO_CAMPAIGN = "00000000-0000-0000-0000-000000000000"
RANGES = [
    ("", "", ""),
    ("254", "KE", ""),
    ("2547", "KE", "Safaricom"),
    ("2548", "KE", ""),
    ("255", "TZ", "Vodacom"),
    ("256", "", ""),
]

KEPT = "SELECT rollup.*, country, network FROM rollup JOIN rollup_network ON network_id = id"
STORED = """
SELECT id, team_id, sender, recipient, carrier_id, lane, origin, campaign_uuid, parts, price_units, state, open_parts, failure,
       (extract(epoch FROM sent_at) * 1000)::float8 AS sent_ms, (extract(epoch FROM done_at) * 1000)::float8 AS done_ms
FROM message
"""


def count_up(txn: Txn) -> int:
    """Count until nothing is left; returns in how many passes."""
    passes = 1
    while not rollups.count_here(txn, 3).is_done:
        passes += 1
    return passes


def kept(txn: Txn) -> dict[tuple[Any, ...], dict[str, Any]]:
    """Return the sums that are kept, by what they are of; those of nothing left out."""
    found = {}
    for row in _named(txn, KEPT):
        key = tuple(
            row.pop(name) for name in ("team_id", "quarter", "sender", "carrier_id", "lane", "origin", "campaign")
        )
        row.pop("network_id")
        where = (row.pop("country"), row.pop("network"))
        row["sent_within"] = {n: count for n, count in enumerate(row["sent_within"]) if count}
        row["delivered_within"] = {n: count for n, count in enumerate(row["delivered_within"]) if count}
        counts = {name: value for name, value in row.items() if value}
        if counts:
            found[(*key, *where)] = counts
    return found


def recounted(txn: Txn) -> dict[tuple[Any, ...], dict[str, Any]]:
    """Return what the sums should be."""
    found: dict[tuple[Any, ...], Counter[str]] = defaultdict(Counter)
    sent: dict[tuple[Any, ...], Counter[int]] = defaultdict(Counter)
    delivered: dict[tuple[Any, ...], Counter[int]] = defaultdict(Counter)
    for row in _named(txn, STORED):
        made_ms = made_at_ms(row["id"])
        country, network = next(each[1:] for each in reversed(RANGES) if each[0] <= row["recipient"])
        key = (row["team_id"], made_ms // QUARTER_MS, row["sender"], row["carrier_id"], row["lane"], row["origin"],
               row["campaign_uuid"] or NO_CAMPAIGN, country, network)  # fmt: skip
        counts = found[key]
        counts.update(accepted=1, parts=row["parts"], units=row["price_units"])
        if row["sent_ms"] is not None:
            counts["sent"] += 1
            sent[key][bisect_right(SENT_CLASSES_MS, row["sent_ms"] - made_ms)] += 1
        if row["state"] == 20 and row["open_parts"] == 0:
            counts["unreported"] += 1
        if row["state"] == 30:
            counts["delivered"] += 1
            delivered[key][bisect_right(DELIVERED_CLASSES_MS, row["done_ms"] - row["sent_ms"])] += 1
        if row["state"] == 40:
            counts["failed"] += 1
            counts["failed_unsent"] += row["sent_ms"] is None
            if row["failure"] != "no_receipt":
                counts[row["failure"]] += 1
    return {
        key: {name: count for name, count in counts.items() if count}
        | {
            name: dict(classes[key])
            for name, classes in (("sent_within", sent), ("delivered_within", delivered))
            if classes[key]
        }
        for key, counts in found.items()
    }


def _named(txn: Txn, statement: str) -> list[dict[str, Any]]:
    found = rows(txn, statement)
    assert txn.description is not None
    names = [column.name for column in txn.description]
    return [dict(zip(names, row, strict=True)) for row in found]
