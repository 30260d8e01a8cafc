"""Replies kept under the keys of their calls for 24 h, each written in the transaction of what its call did.

How to think about it: the row of a key is its lock. Who inserts it does the work; who comes while that transaction is
under way waits for its end on the unique index, and then finds the reply, or, if it was undone, does the work itself.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Concatenate, ParamSpec

import attrs
from twisted.internet.task import deferLater

from mobilesasa.core.idempotency import Kept, Mark, Repeated
from mobilesasa.store.database import Database, OutcomeUnknown, StoreUnavailable, Txn, one_row

P = ParamSpec("P")

DOUBT_TRIES = 30  # to find out whether a COMMIT happened whose answer was lost: a database is back within 15 s,
DOUBT_PAUSE_S = 0.5  # or the caller is told that nobody knows

# What is older than 24 h counts as forgotten before the sweeper comes by.
ADD = """
INSERT INTO idempotency_key (team_id, route, key, body_hash, reply)
VALUES (%(team_id)s, %(route)s, %(key)s, %(body_hash)s, %(reply)s)
ON CONFLICT (team_id, route, key) DO UPDATE SET body_hash = excluded.body_hash, reply = excluded.reply, at = now()
WHERE idempotency_key.at <= now() - interval '24 hours'
"""

FIND = """
SELECT body_hash, reply FROM idempotency_key
WHERE team_id = %(team_id)s AND route = %(route)s AND key = %(key)s
"""

FIND_FRESH = FIND + "AND at > now() - interval '24 hours'"

# The age is asked for again outside, for a row that was taken anew while this waited for its lock.
FORGET = """
DELETE FROM idempotency_key WHERE (team_id, route, key) IN (
    SELECT team_id, route, key FROM idempotency_key WHERE at <= now() - interval '24 hours' ORDER BY at LIMIT %(limit)s)
AND at <= now() - interval '24 hours'
"""


def find(txn: Txn, mark: Mark) -> Kept | None:
    """Return what is kept under a mark's key, which may be of another body; None when there is nothing."""
    txn.execute(FIND_FRESH, attrs.asdict(mark))
    row = txn.fetchone()
    return None if row is None else _kept(mark, row)


def once(
    txn: Txn, kept: Kept, function: Callable[Concatenate[Txn, P], None], *args: P.args, **kwargs: P.kwargs
) -> None:
    """Keep a reply and do what it tells of, both or neither.

    Raises:
        Repeated: there is a reply under the key already; nothing was done.
        Exception: what `function` raises.
    """
    mark = kept.mark
    txn.execute(ADD, attrs.asdict(mark) | {"reply": kept.reply})
    if txn.rowcount == 0:  # the row is locked now, so it is still there
        txn.execute(FIND, attrs.asdict(mark))
        raise Repeated(_kept(mark, one_row(txn)))
    function(txn, *args, **kwargs)


def forget(txn: Txn, limit: int) -> int:
    """Drop replies older than 24 h; returns how many."""
    txn.execute(FORGET, {"limit": limit})
    return txn.rowcount


async def run_once(
    database: Database,
    kept: Kept | None,
    name: str,
    function: Callable[Concatenate[Txn, P], None],
    *args: P.args,
    **kwargs: P.kwargs,
) -> None:
    """Run a store function as `Database.run` does, together with the key that its caller gave, if any.

    A COMMIT whose answer was lost is found out about by running it again: the new transaction waits until the old one
    has ended one way or the other. Without a key there is nothing to tell by, and the doubt is the caller's.

    Raises:
        Repeated: there is a reply under the key already; nothing was done.
        StoreUnavailable: as by `Database.run`.
        OutcomeUnknown: it may have been done, and the store stayed away for as long as we asked.
    """
    if kept is None:
        await database.run(name, function, *args, **kwargs)
        return

    def work(txn: Txn) -> None:
        once(txn, kept, function, *args, **kwargs)

    try:
        await database.run(name, work)
    except OutcomeUnknown as doubt:
        await _find_out(database, kept, name, work, doubt)


async def _find_out(
    database: Database, kept: Kept, name: str, work: Callable[[Txn], None], doubt: OutcomeUnknown
) -> None:
    for _ in range(DOUBT_TRIES):
        try:
            await database.run(name, work)
        except Repeated as repeated:
            if repeated.kept != kept:
                raise
        except StoreUnavailable:
            await deferLater(database.clock, DOUBT_PAUSE_S)
            continue
        return
    raise doubt


@attrs.frozen
class Keys:
    """What is kept, for the API."""

    _database: Database

    async def find(self, mark: Mark) -> Kept | None:
        """Return what is kept under a mark's key, which may be of another body; None when there is nothing."""
        return await self._database.run("idempotency.find", find, mark)


def _kept(mark: Mark, row: tuple[Any, ...]) -> Kept:
    body_hash, reply = row
    return Kept(attrs.evolve(mark, body_hash=bytes(body_hash)), bytes(reply))
