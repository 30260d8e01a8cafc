"""What a node and its database are at one moment: memory, files, threads, tables, WAL, and what `/metrics` says."""

from __future__ import annotations

import contextlib
import os
import urllib.request
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

import attrs
import psycopg2.extensions

from bench import processes
from bench.node import Node
from bench.soak.judging import MB, Table

# Partitions count as the table they are of. The counts are those that PostgreSQL keeps for autovacuum.
TABLES = """
SELECT coalesce(whole.relname, part.relname), sum(n_live_tup)::bigint, sum(pg_total_relation_size(part.oid))::bigint,
       sum(n_dead_tup)::bigint
FROM pg_stat_user_tables AS seen JOIN pg_class AS part ON part.oid = seen.relid
LEFT JOIN pg_inherits ON inhrelid = part.oid LEFT JOIN pg_class AS whole ON whole.oid = inhparent
GROUP BY 1
"""

BOOKS = """
SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::bigint, xact_commit, deadlocks
FROM pg_stat_database WHERE datname = current_database()
"""


@attrs.frozen
class Database:
    """What PostgreSQL says of itself."""

    tables: Mapping[str, Table]
    wal_octets: int  # written since it was made
    commits: int
    deadlocks: int


def database(connection: psycopg2.extensions.connection) -> Database:
    """Look at the database; `connection` commits by itself."""
    with contextlib.closing(connection.cursor()) as txn:
        txn.execute(TABLES)
        tables = {name: Table(rows, octets, dead) for name, rows, octets, dead in txn.fetchall()}
        txn.execute(BOOKS)
        ((wal, commits, deadlocks),) = txn.fetchall()
    return Database(tables, wal, commits, deadlocks)


def files_of(pid: int) -> int:
    """Return how many files a process has open."""
    return len(os.listdir(f"/proc/{pid}/fd"))


def threads_of(pid: int) -> int:
    """Return how many threads a process has."""
    return len(os.listdir(f"/proc/{pid}/task"))


def family_mb(pid: int) -> float:
    """Return the memory that a process and its children have to themselves, in MB: nothing that two of them share."""
    octets = 0
    for each in [pid, *_children(pid)]:
        with contextlib.suppress(OSError):  # it may end while we look
            for line in Path(f"/proc/{each}/smaps_rollup").read_text().splitlines():
                if line.startswith("Pss_Anon:"):
                    octets += int(line.split()[1]) * 1024
    return round(octets / MB, 1)


def _children(pid: int) -> list[int]:
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError, IndexError):
                if int((entry / "stat").read_text().rpartition(")")[2].split()[1]) == pid:
                    found.append(int(entry.name))
    return found


def metrics(node: Node) -> dict[str, float]:
    """Return what `/metrics` says, summed over labels."""
    address = f"http://127.0.0.1:{node.http_port}/metrics"
    with urllib.request.urlopen(address, timeout=30) as answer:
        return summed(answer.read().decode())


def summed(text: str) -> dict[str, float]:
    """Return the samples of a page of Prometheus by name, summed over labels."""
    found: dict[str, float] = defaultdict(float)
    for line in text.splitlines():
        if line and not line.startswith("#"):
            name, _, value = line.rpartition(" ")
            found[name.partition("{")[0]] += float(value)
    return dict(found)


def memory_mb(node: Node) -> tuple[float, float]:
    """Return the memory of gateway and PostgreSQL."""
    return processes.memory_mb(node.pid), family_mb(node.postmaster)
