"""Reports and exports over very many messages: `python -m bench.reports --messages 10000000 --state FOLDER`.

The store is that of `bench.millions`. Its messages are counted as after an upgrade, which is timed; then each report is asked
for over one connection, and one export is written and fetched.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import orjson

from bench import processes
from bench.figures import spread_ms, table
from bench.millions import fill, folder_for
from bench.node import Node
from mobilesasa.store import rollups
from mobilesasa.store.database import Txn, connect, in_transaction
from mobilesasa.store.embedded import EmbeddedPostgres

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


class Asker:
    """One connection to the API, kept alive."""

    def __init__(self, port: int, token: str) -> None:
        """Open it."""
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=600)
        self._headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}

    def octets(self, path: str, body: dict[str, Any] | None = None) -> bytes:
        """Return the body of an answer."""
        method = "GET" if body is None else "POST"
        given = None if body is None else orjson.dumps(body)
        self._connection.request(method, f"/api/v1{path}", given, self._headers)
        answer = self._connection.getresponse()
        octets = answer.read()
        if answer.status != 200:
            raise processes.Broken(f"{path}: {answer.status} {octets[:200]!r}")
        return octets

    def ask(self, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return the data of an answer."""
        found: dict[str, Any] = orjson.loads(self.octets(path, body))["data"]
        return found


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
    rows = []
    for name, path in REPORTS.items():
        took_s = []
        for _ in range(times):
            begun_s = time.perf_counter()
            asker.octets(path.format(**days))
            took_s.append(time.perf_counter() - begun_s)
        spread = spread_ms(took_s)
        rows.append([name, *(f"{spread[each]:.1f}" if each in spread else "" for each in ("p50", "p99", "max"))])
    return table(("report", "p50 ms", "p99 ms", "max ms"), rows)


def export(asker: Asker, form: str) -> str:
    """Have all messages written into a file and fetch it; return how long that took."""
    begun_s = time.perf_counter()
    uuid = asker.ask("/exports", {"kind": "messages", "format": form})["uuid"]
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
    parser.add_argument("--messages", type=int, default=1_000_000, metavar="N", help="that are stored (1,000,000)")
    parser.add_argument("--times", type=int, default=50, metavar="N", help="each report is asked for (50)")
    parser.add_argument("--state", type=Path, metavar="FOLDER", help="keep the store there, and use it again")
    parser.add_argument("--formats", default="csv,xlsx", help="of exports (csv,xlsx)")
    asked = parser.parse_args(argv)
    with folder_for(asked.state) as folder, contextlib.ExitStack() as stack:
        node = Node(folder)
        stack.callback(node.stop)
        kept = folder / "token"
        node.token = kept.read_text() if kept.exists() else ""
        if node.token:
            node.wait()
        else:
            node.make_ready(processes.free_ports(1)[0], 1, 10)
            kept.write_text(node.token)
        dsn = EmbeddedPostgres(folder / "state").running()
        if dsn is None:
            raise processes.Broken("the node has no embedded database")
        fill(dsn, asked.messages)
        print(f"{asked.messages:,} messages of one team\n{count_all(dsn)}\n")
        asker = Asker(node.http_port, node.token)
        print(measure(asker, asked.times))
        for form in filter(None, asked.formats.split(",")):
            print(export(asker, form))


if __name__ == "__main__":
    main()
