"""Reports and exports over very many messages: `python -m bench.reports --messages 10000000 --state FOLDER`.

The messages of a filled store are counted as after an upgrade, which is timed; then each report is asked
for over one connection, and one export is written and fetched.
"""

from __future__ import annotations

import argparse
import contextlib
import time
from collections.abc import Sequence

import orjson

from bench import ending
from bench.asker import Asker
from bench.figures import spread_cells, table
from bench.filled import arguments, filled
from mobilesasa.store import rollups
from mobilesasa.store.database import Txn, connect, in_transaction

MARK = "INSERT INTO rollup_stale (team_id, quarter) SELECT DISTINCT team_id, quarter_of(id) FROM message ON CONFLICT DO NOTHING"
LEFT = "SELECT count(*), (SELECT count(*) FROM rollup) FROM rollup_stale"
REPORTS = {
    "today": "/reports/summary",
    "180 days": "/reports/summary?date_from={first}",
    "180 days, by day": "/reports/messages?group_by=day&date_from={first}",
    "180 days, by network": "/reports/messages?group_by=network&date_from={first}",
    "180 days, by sender, one network": "/reports/messages?group_by=sender&network=Safaricom&date_from={first}",
    "30 days, by hour": "/reports/messages?group_by=hour&date_from={month}",
    "180 days, delivery": "/reports/delivery?date_from={first}",
    "180 days, usage": "/reports/usage?date_from={first}",
}


def count_all(dsn: str) -> str:
    """Count all messages from the beginning; return how long that took."""
    opened = connect(dsn, "bench", statement_timeout_s=0)
    with contextlib.closing(opened):
        in_transaction(opened, lambda txn: txn.execute(MARK))
        quarters, _ = in_transaction(opened, _left)
        begun_s = time.perf_counter()
        while in_transaction(opened, _left)[0]:
            in_transaction(opened, rollups.count)
        took_s = time.perf_counter() - begun_s
        _, sums = in_transaction(opened, _left)
    return f"{quarters:,} quarters counted in {took_s:.1f} s, {sums:,} rows of sums"


def _left(txn: Txn) -> tuple[int, int]:
    txn.execute(LEFT)
    ((quarters, sums),) = txn.fetchall()
    return quarters, sums


def measure(asker: Asker, times: int) -> str:
    """Return the percentiles of each report as a table."""
    days = {
        name: time.strftime("%Y-%m-%d", time.gmtime(time.time() - n * 86_400))
        for name, n in (("first", 180), ("month", 30))
    }
    rows = [
        [name, *spread_cells([asker.timed(path.format(**days))[0] for _ in range(times)])]
        for name, path in REPORTS.items()
    ]
    return table(("report", "p50 ms", "p99 ms", "max ms"), rows)


def export(asker: Asker, form: str) -> str:
    """Have all messages written into a file and fetch it; return how long that took."""
    begun_s = time.perf_counter()
    uuid = asker.ask("/exports", orjson.dumps({"kind": "messages", "format": form}))["uuid"]
    while (found := asker.ask(f"/exports/{uuid}"))["status"] not in ("completed", "failed"):
        time.sleep(0.2)
    written_s = time.perf_counter() - begun_s
    if found["status"] == "failed":
        return f"{form}: failed after {written_s:.1f} s: {found['error']}"
    begun_s = time.perf_counter()
    octets = len(asker.octets(f"/exports/{uuid}/file"))
    fetched_s = time.perf_counter() - begun_s
    speed = found["rows"] / written_s
    return f"{form}: {found['rows']:,} rows in {written_s:.1f} s ({speed:,.0f} rows/s), {octets / 1e6:.0f} MB fetched in {fetched_s:.1f} s"


def main(argv: Sequence[str] | None = None) -> None:
    """Fill a store, count it, ask for reports, write exports, and print how long all of it took."""
    parser = argparse.ArgumentParser(prog="python -m bench.reports", description=__doc__)
    arguments(parser, "report")
    parser.add_argument("--formats", default="csv,xlsx", help="of exports (csv,xlsx)")
    asked = parser.parse_args(argv)
    with filled(asked.state, asked.messages) as (node, dsn):
        print(f"{asked.messages:,} messages of one team\n{count_all(dsn)}\n")
        asker = Asker(node.http_port, node.token)
        print(measure(asker, asked.times))
        for form in filter(None, asked.formats.split(",")):
            print(export(asker, form))


if __name__ == "__main__":
    ending.run(main)
