"""The processes that take messages, as an operator looks at them: what each is, and what it holds.

What one holds is told by the locks of the connection that holds the lock of its run; see `store.holds`.
"""

from __future__ import annotations

from typing import Final

import attrs
import orjson

from mobilesasa.core.administration import NodeRecord
from mobilesasa.store.database import Database, Txn
from mobilesasa.store.holds import What

KEPT_DAYS: Final = 30  # processes that have ended
SHOWN: Final = 100  # processes, the living ones first

LIST = """
WITH held AS MATERIALIZED (
    SELECT pid, classid::bigint AS class, objid::bigint AS id FROM pg_locks
    WHERE locktype = 'advisory' AND objsubid = 2 AND granted
      AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
), what AS (
    SELECT name, hashtext(lock)::bigint & 4294967295 AS class FROM json_each_text(%(locks)s) AS each (name, lock)
), holds AS MATERIALIZED (SELECT pid, id, name FROM held JOIN what USING (class)), runs AS (
    SELECT node_run.*, (SELECT pid FROM holds WHERE name = 'RUN' AND holds.id = node_run.id LIMIT 1) AS pid FROM node_run
)
SELECT id, node, version, roles, (extract(epoch FROM started_at) * 1000)::bigint, (extract(epoch FROM seen_at) * 1000)::bigint,
       (extract(epoch FROM ended_at) * 1000)::bigint, pid IS NOT NULL, pid IS NULL AND (lost OR ended_at IS NULL),
       ARRAY(SELECT carrier.name FROM holds JOIN carrier ON carrier.id = holds.id
             WHERE holds.name = 'CARRIER' AND holds.pid = runs.pid ORDER BY carrier.name),
       (SELECT count(*) FROM holds WHERE name = 'DESK' AND holds.pid = runs.pid),
       EXISTS (SELECT FROM holds WHERE name = 'JOBS' AND holds.pid = runs.pid),
       (SELECT count(*) FROM holds WHERE name = 'HOOKS' AND holds.pid = runs.pid)
FROM runs WHERE pid IS NOT NULL OR coalesce(ended_at, seen_at) > now() - interval '1 day'
ORDER BY pid IS NULL, started_at DESC, id DESC LIMIT %(limit)s
"""

DESCRIBE = "UPDATE node_run SET version = %(version)s, roles = %(roles)s WHERE id = %(run)s"

OLD = "SELECT id FROM node_run WHERE ended_at < now() - make_interval(days => %(days)s) ORDER BY id LIMIT %(limit)s"

# One that has messages in hand is still needed.
FORGET = """
DELETE FROM node_run WHERE id = ANY(%(ids)s) AND ended_at < now() - make_interval(days => %(days)s)
  AND NOT EXISTS (SELECT FROM pending WHERE claimed_by = node_run.id)
"""


def list_nodes(txn: Txn) -> list[NodeRecord]:
    """Return the processes that live, and those that ended or were seen within the last day, newest first."""
    locks = orjson.dumps({what.name: what.value for what in What}).decode()
    txn.execute(LIST, {"locks": locks, "limit": SHOWN})
    return [NodeRecord(*row) for row in txn.fetchall()]


def describe(txn: Txn, run: int, version: str, roles: tuple[str, ...]) -> None:
    """Write down what a process is."""
    txn.execute(DESCRIBE, {"run": run, "version": version, "roles": list(roles)})


def forget(txn: Txn, days: int, limit: int) -> int:
    """Drop processes that ended so long ago; returns how many."""
    txn.execute(OLD, {"days": days, "limit": limit})
    ids = [run for (run,) in txn.fetchall()]
    if not ids:
        return 0
    txn.execute(FORGET, {"days": days, "ids": ids})
    return txn.rowcount


@attrs.frozen
class Nodes:
    """The same for the API."""

    _database: Database

    async def nodes(self) -> list[NodeRecord]:
        """Return the processes; see `list_nodes`."""
        return await self._database.run("nodes.list", list_nodes)
