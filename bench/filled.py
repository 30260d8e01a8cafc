"""A node whose store is full of messages.

A node in a temporary folder gets a team, whose messages are then written into its database by SQL, a month's partition
at a time, and a tenth as many of what else a team has (`bench.beside`). With `--state FOLDER` the filled store stays
there and is used again, by all benchmarks that want one.
"""

from __future__ import annotations

import argparse
import contextlib
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg2

from bench import beside, processes
from bench.node import TEAM, Node

CHUNK = 100_000  # messages in one statement
TABLES = ("message", "message_failed", "inbound", "contact", "group_member", "ledger", "ledger_mark")
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


def arguments(parser: argparse.ArgumentParser, what: str) -> None:
    """Add what the command line may say of the store, and how often each of so many things is asked for."""
    parser.add_argument("--messages", type=int, default=1_000_000, metavar="N", help="that are stored (1,000,000)")
    parser.add_argument("--times", type=int, default=50, metavar="N", help=f"each {what} is asked for (50)")
    parser.add_argument("--state", type=Path, metavar="FOLDER", help="keep the store there, and use it again")


@contextlib.contextmanager
def filled(state: Path | None, messages: int) -> Iterator[tuple[Node, str]]:
    """Run a node over so many messages of one team.

    Args:
        state: where its store is, or is to stay; None: it is gone at the end.
        messages: how many there are at least.

    Returns:
        The node, with the team's token, and the DSN of its database.
    """
    with _folder_for(state) as folder, contextlib.ExitStack() as stack:
        node = Node(folder)
        stack.callback(node.stop)
        kept = folder / "token"
        node.token = kept.read_text() if kept.exists() else ""
        if node.token:
            node.wait()
        else:
            node.make_ready(processes.free_ports(1)[0], 1, 10)
            kept.write_text(node.token)
        dsn = node.dsn()
        _fill(dsn, messages)
        yield node, dsn


def _fill(dsn: str, messages: int) -> None:
    """Write so many messages into an empty store; one that has them is left as it is."""
    with contextlib.closing(psycopg2.connect(dsn)) as connection, connection.cursor() as txn:
        txn.execute("SET synchronous_commit = off")
        txn.execute(TEAM_ID, {"code": TEAM})
        ((team,),) = txn.fetchall()
        beside.fill(connection, team, max(messages // 10, 1))
        txn.execute(COUNT, {"messages": messages})
        if txn.fetchone() == (messages,):
            return
        txn.execute(PARTITIONS)
        for first in range(1, messages + 1, CHUNK):
            last = min(first + CHUNK - 1, messages)
            shape = {"first": first, "last": last, "messages": messages, "team": team, "sender": TEAM}
            txn.execute(FILL, shape | {"campaign": CAMPAIGN})
            connection.commit()
            print(f"\r{last:,} of {messages:,} messages", end="", file=sys.stderr, flush=True)
        print(file=sys.stderr)
        connection.autocommit = True
        for (
            name
        ) in TABLES:  # only now, when no transaction is older than what is new and keeps it from being seen by all
            txn.execute(f"VACUUM ANALYZE {name}")


@contextlib.contextmanager
def _folder_for(state: Path | None) -> Iterator[Path]:
    """Return where the node lives; a folder that was not asked for is gone at the end."""
    if state is not None:
        state.mkdir(parents=True, exist_ok=True)
        yield state
        return
    folder = Path(tempfile.mkdtemp(prefix="mobilesasa-bench-"))
    folder.chmod(0o711)  # so that the database's own user comes through when we are root
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
