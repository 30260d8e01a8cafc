"""Locks that say which node does what.

How to think about it: they are PostgreSQL's advisory locks of a session, so they are held as long as one connection lives,
and the death of a process, of whatever kind, frees them at once. A pooler that shares connections between clients breaks
them. They say who may begin; what was claimed is told by the rows.
"""

from __future__ import annotations

import enum
from collections.abc import Collection, Iterable

from mobilesasa.store.database import Txn


class What(enum.StrEnum):
    """What is held; the number that stands beside it says which of them."""

    RUN = "mobilesasa run"  # that a process lives, by its run
    CARRIER = "mobilesasa carrier"  # a carrier's binds, by its id
    DESK = "mobilesasa desk"  # bringing receipts and messages from phones to a team, by its id
    JOBS = "mobilesasa jobs"  # the chores that one node does for all
    HOOKS = "mobilesasa hooks"  # calling the webhooks of a slot, by its number (`store.hook_queue.SLOTS`)


# One node alone where the queue is in memory; any number of them, and none of the former, where it is RabbitMQ's.
STORE_ALONE = "SELECT pg_try_advisory_lock(hashtext('mobilesasa'), hashtext('node'))"
STORE_SHARED = "SELECT pg_try_advisory_lock_shared(hashtext('mobilesasa'), hashtext('node'))"
NAME = "SELECT pg_try_advisory_lock(hashtext('mobilesasa node'), hashtext(%(node)s))"

TAKE = "SELECT id FROM unnest(%(ids)s::integer[]) AS id WHERE pg_try_advisory_lock(hashtext(%(what)s), id)"
LET_GO = "SELECT pg_advisory_unlock(hashtext(%(what)s), id) FROM unnest(%(ids)s::integer[]) AS id"
HELD_BY_ANY = """
SELECT objid::bigint::integer FROM pg_locks
WHERE locktype = 'advisory' AND objsubid = 2 AND granted AND classid::bigint = (hashtext(%(what)s)::bigint & 4294967295)
  AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""


def hold_store(txn: Txn, shared: bool) -> bool:
    """Hold the store for as long as this connection lives; False when another process keeps us from it.

    Args:
        txn: of the connection that holds.
        shared: with other nodes.
    """
    txn.execute(STORE_SHARED if shared else STORE_ALONE)
    return txn.fetchone() == (True,)


def hold_name(txn: Txn, node: str) -> bool:
    """Be the one process of this name for as long as this connection lives; False when another is."""
    txn.execute(NAME, {"node": node})
    return txn.fetchone() == (True,)


def take(txn: Txn, what: What, ids: Collection[int]) -> set[int]:
    """Hold what nobody else holds; return which of them we got. What we hold already must not be asked for."""
    txn.execute(TAKE, {"what": what, "ids": list(ids)})
    return _ids(txn)


def let_go(txn: Txn, what: What, ids: Iterable[int]) -> None:
    """Hold these no more."""
    txn.execute(LET_GO, {"what": what, "ids": list(ids)})


def held_by_any(txn: Txn, what: What) -> set[int]:
    """Return which are held, by whomever."""
    txn.execute(HELD_BY_ANY, {"what": what})
    return _ids(txn)


def _ids(txn: Txn) -> set[int]:
    return {held for (held,) in txn.fetchall()}
