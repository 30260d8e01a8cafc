"""Lists over very many messages: `python -m bench.millions --messages 10000000`.

A node in a temporary folder gets a team, whose messages are then written into its database by SQL, a month's partition
at a time. Then each list is asked for over one connection, and the percentiles of the answers are printed. With
`--state FOLDER` the filled store stays there and is used again, by this and by other benchmarks.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import attrs
import orjson
import psycopg2

from bench import processes
from bench.figures import spread_ms, table
from bench.node import TEAM, Node
from mobilesasa.store.embedded import EmbeddedPostgres

CHUNK = 100_000  # messages in one statement
CAMPAIGN = "0197a000-0000-7000-8000-000000000001"
PARTITIONS = "SELECT make_message_partitions(now() - interval '6 months', 8)"
COUNT = "SELECT count(*) FROM (SELECT FROM message LIMIT %(messages)s) AS found"
TEAM_ID = "SELECT id FROM team WHERE code = %(code)s"

# The oldest first, over half a year. Of a hundred, 95 are delivered, 3 have failed and 2 are sent; the oldest hundredth is
# from a sender that is used no more, the first ten thousand are the only ones that wait for a receipt for ever.
FILL = """
WITH made AS MATERIALIZED (
    SELECT n, floor(extract(epoch FROM now() - interval '180 days' * (1 - n::float8 / %(messages)s)) * 1000)::bigint AS ms,
           CASE WHEN n %% 100 < 95 THEN 30 WHEN n %% 100 < 98 THEN 40 ELSE 20 END AS state
    FROM generate_series(%(first)s::bigint, %(last)s::bigint) AS n
), named AS MATERIALIZED (
    SELECT *, (lpad(to_hex(ms), 12, '0') || '7' || lpad(to_hex(n %% 4096), 3, '0') || '8' || substr(md5(n::text), 1, 15))::uuid AS id
    FROM made
), gone AS (
    INSERT INTO message_failed SELECT %(team)s, id, CASE WHEN n > %(messages)s / 100 THEN %(sender)s ELSE 'OLDNAME' END
    FROM named WHERE state = 40
)
INSERT INTO message (id, team_id, charge_id, carrier_id, price_units, state, lane, origin, wish, coding, parts, open_parts,
                     attempts, expires_at, sent_at, done_at, sender, recipient, text, failure, client_reference, campaign_uuid)
SELECT id, %(team)s, 0, 1, 1, state, 0, 1, 0, 0, 1, CASE state WHEN 20 THEN 1 ELSE 0 END,
       1, to_timestamp(ms / 1000.0) + interval '1 day', to_timestamp(ms / 1000.0 + 0.1),
       CASE WHEN state > 20 THEN to_timestamp(ms / 1000.0 + 2) END,
       CASE WHEN n > %(messages)s / 100 THEN %(sender)s ELSE 'OLDNAME' END,
       '2547' || lpad((n * 7919 %% 100000)::text, 8, '0'), 'Your parcel ' || n || ' is on its way to you.',
       CASE state WHEN 40 THEN 'undelivered' END,
       CASE WHEN n %% 10 = 0 THEN 'order-' || n END, CASE WHEN n %% 3 = 0 THEN %(campaign)s::uuid END
FROM named
"""


@attrs.frozen
class Question:
    """A list that is asked for."""

    name: str
    query: dict[str, str]


def questions(messages: int, newest: str) -> list[Question]:
    """Return what is asked of a store with so many messages."""
    phone, middle = "+254700000000", {"before": newest}
    rare = {"sender": "OLDNAME"}
    return [
        Question("newest", {}),
        Question("100 a page", {"page_size": "100"}),
        Question("page 1,000", {"page": "1000"}),
        Question("phone", {"phone": phone}),
        *(Question(f"status {word}", {"status": word}) for word in ("queued", "sent", "delivered", "failed")),
        Question("sender", {"sender": TEAM}),
        Question("sender of long ago", rare),
        Question("sender of long ago, failed", rare | {"status": "failed"}),
        Question("reference", {"client_reference": f"order-{messages // 20 * 10}"}),
        Question("reference that is not there", {"client_reference": "nothing"}),
        Question("campaign", {"campaign_uuid": CAMPAIGN}),
        Question("campaign, failed", {"campaign_uuid": CAMPAIGN, "status": "failed"}),
        Question("a day", _day(90)),
        Question("a day, failed", _day(90) | {"status": "failed"}),
        Question("a day, sent, phone", _day(90) | {"status": "sent", "phone": phone}),
        Question("before the newest", middle),
    ]


def _day(days_ago: int) -> dict[str, str]:
    begin_s = time.time() - days_ago * 86_400
    return {name: _written(at_s) for name, at_s in (("created_from", begin_s), ("created_to", begin_s + 86_400))}


def _written(at_s: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at_s))


def fill(dsn: str, messages: int) -> None:
    """Write so many messages into an empty store; one that has them is left as it is."""
    with contextlib.closing(psycopg2.connect(dsn)) as connection, connection.cursor() as txn:
        txn.execute(COUNT, {"messages": messages})
        if txn.fetchone() == (messages,):
            return
        txn.execute(PARTITIONS)
        txn.execute(TEAM_ID, {"code": TEAM})
        ((team,),) = txn.fetchall()
        txn.execute("SET synchronous_commit = off")
        for first in range(1, messages + 1, CHUNK):
            last = min(first + CHUNK - 1, messages)
            shape = {"first": first, "last": last, "messages": messages, "team": team, "sender": TEAM}
            txn.execute(FILL, shape | {"campaign": CAMPAIGN})
            connection.commit()
            print(f"\r{last:,} of {messages:,} messages", end="", file=sys.stderr, flush=True)
        print(file=sys.stderr)
        connection.autocommit = True
        for name in ("message", "message_failed"):
            txn.execute(f"VACUUM ANALYZE {name}")


class Asker:
    """One connection to the API, kept alive."""

    def __init__(self, port: int, token: str) -> None:
        """Open it."""
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self._headers = {"Authorization": f"Bearer {token}"}

    def ask(self, query: dict[str, str]) -> tuple[float, dict[str, Any]]:
        """Return how long a list took, in seconds, and what it is."""
        begun_s = time.perf_counter()
        self._connection.request("GET", f"/api/v1/messages?{urlencode(query)}", headers=self._headers)
        answer = self._connection.getresponse()
        octets = answer.read()
        took_s = time.perf_counter() - begun_s
        body = orjson.loads(octets)
        if answer.status != 200:
            raise processes.Broken(f"{query}: {answer.status} {body}")
        return took_s, body["data"]

    def follow(self, query: dict[str, str], pages: int) -> list[float]:
        """Return how long each page took that the cursor leads to."""
        times: list[float] = []
        took_s, data = self.ask(query)
        while data["next_cursor"] is not None and len(times) < pages:
            took_s, data = self.ask(query | {"cursor": data["next_cursor"]})
            times.append(took_s)
        return times


def measure(asker: Asker, messages: int, times: int) -> str:
    """Return the percentiles of each list as a table."""
    _, newest = asker.ask({"page_size": "1"})
    rows = []
    for question in questions(messages, newest["items"][0]["uuid"]):
        found = [asker.ask(question.query) for _ in range(times)]
        data = found[-1][1]
        total = f"{'about ' if data['total_is_estimate'] else ''}{data['total']:,}"
        rows.append(_row(question.name, [took_s for took_s, _ in found], len(data["items"]), total))
    for name, query in (
        ("newest", {}),
        ("status sent", {"status": "sent"}),
        ("sender of long ago", {"sender": "OLDNAME"}),
    ):
        rows.append(_row(f"{name}, by cursor", asker.follow(query, times), 0, ""))
    return table(("list", "p50 ms", "p99 ms", "max ms", "items", "total"), rows)


def _row(name: str, took_s: list[float], items: int, total: str) -> list[str]:
    spread = spread_ms(took_s)
    shown = [f"{spread[each]:.1f}" if each in spread else "" for each in ("p50", "p99", "max")]
    return [name, *shown, str(items or ""), total]


@contextlib.contextmanager
def folder_for(state: Path | None) -> Iterator[Path]:
    """Return where the node lives; a folder that was not asked for is gone at the end."""
    if state is not None:
        state.mkdir(parents=True, exist_ok=True)
        yield state
        return
    folder = Path(tempfile.mkdtemp(prefix="mobilesasa-millions-"))
    folder.chmod(0o711)  # so that the database's own user comes through when we are root
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def arguments() -> argparse.ArgumentParser:
    """Return what the command line may say."""
    parser = argparse.ArgumentParser(prog="python -m bench.millions", description=__doc__)
    parser.add_argument("--messages", type=int, default=1_000_000, metavar="N", help="that are stored (1,000,000)")
    parser.add_argument("--times", type=int, default=50, metavar="N", help="each list is asked for (50)")
    parser.add_argument("--state", type=Path, metavar="FOLDER", help="keep the store there, and use it again")
    return parser


def main(argv: Sequence[str] | None = None) -> None:
    """Fill a store, ask for its lists, and print how long they took."""
    asked = arguments().parse_args(argv)
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
        print(f"{asked.messages:,} messages of one team, each list asked for {asked.times} times\n")
        print(measure(Asker(node.http_port, node.token), asked.messages, asked.times))


if __name__ == "__main__":
    main()
