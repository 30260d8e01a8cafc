"""Replies kept under the keys of their calls for 24 h, each written in the transaction of what its call did.

How to think about it: the row of a key is its lock. Who inserts it does the work; who comes while that transaction is
under way waits for its end on the unique index, and then finds the reply, or, if it was undone, does the work itself. A long
reply, which that of a batch is, is packed: PostgreSQL takes it in a tenth of the time, and a day of them in less room.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Concatenate, Final, ParamSpec, TypeVar

import attrs
from twisted.internet.task import deferLater

from mobilesasa.core.idempotency import Kept, Mark, MarkName, Repeated, Reply
from mobilesasa.store.database import Database, OutcomeUnknown, StoreUnavailable, Txn, one_row
from mobilesasa.store.plans import Planned
from mobilesasa.store.rows import as_json

P = ParamSpec("P")
T = TypeVar("T")

PACKED_FROM: Final = 16_384  # octets of a reply
_LEVEL: Final = 1  # the quickest
REWRITTEN: Final = 100  # replies that are looked into at a time
_PACKED: Final = b"\x78\x01"  # what zlib begins with at that level (RFC 1950 §2.2), and no JSON does
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
TELL = """
UPDATE idempotency_key SET reply = %(reply)s WHERE team_id = %(team_id)s AND route = %(route)s AND key = %(key)s
"""

DROP = "DELETE FROM idempotency_key WHERE team_id = %(team_id)s AND route = %(route)s AND key = %(key)s"

# Of many calls, in the order in which all nodes take the locks of keys.
ADD_MANY = Planned("""
INSERT INTO idempotency_key (team_id, route, key, body_hash, reply)
SELECT team_id, route, key, decode(body_hash, 'hex'), decode(reply, 'hex')
FROM json_to_recordset(%(kept)s) AS kept (team_id integer, route text, key text, body_hash text, reply text)
ORDER BY team_id, route, key
ON CONFLICT (team_id, route, key) DO UPDATE SET body_hash = excluded.body_hash, reply = excluded.reply, at = now()
WHERE idempotency_key.at <= now() - interval '24 hours'
RETURNING team_id, route, key
""")

DROP_MANY = """
DELETE FROM idempotency_key
USING json_to_recordset(%(marks)s) AS mark (team_id integer, route text, key text)
WHERE (idempotency_key.team_id, idempotency_key.route, idempotency_key.key) = (mark.team_id, mark.route, mark.key)
"""

# What is packed is looked into here. In the order of the primary key.
HOLDING = """
SELECT route, key, reply FROM idempotency_key
WHERE team_id = %(team_id)s AND (route, key) > (%(route)s, %(key)s) AND at <= %(until)s
  AND (position(%(octets)s IN reply) > 0 OR substring(reply FROM 1 FOR 2) = %(packed)s)
ORDER BY route, key LIMIT %(limit)s
"""

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
    txn.execute(ADD, attrs.asdict(mark) | {"reply": _packed(kept.reply)})
    if txn.rowcount == 0:  # the row is locked now, so it is still there
        txn.execute(FIND, attrs.asdict(mark))
        raise Repeated(_kept(mark, one_row(txn)))
    function(txn, *args, **kwargs)


def add_many(txn: Txn, many: Sequence[Kept]) -> dict[MarkName, Kept]:
    """Keep the replies of many calls, each under a key of its own; return what was kept before under those that had one.

    Who comes while another transaction holds one of the keys waits for its end.
    """
    rows = [
        attrs.asdict(kept.mark) | {"body_hash": kept.mark.body_hash.hex(), "reply": _packed(kept.reply).hex()}
        for kept in many
    ]
    txn.execute(ADD_MANY, {"kept": as_json(rows)})
    added = {(team_id, route, key) for team_id, route, key in txn.fetchall()}
    before: dict[MarkName, Kept] = {}
    for kept in many:
        if kept.mark.name not in added:  # the row is locked now, so it is still there
            txn.execute(FIND, attrs.asdict(kept.mark))
            before[kept.mark.name] = _kept(kept.mark, one_row(txn))
    return before


def drop_many(txn: Txn, marks: Sequence[Mark]) -> None:
    """Take back keys under which nothing was done after all."""
    if marks:
        rows = [{"team_id": mark.team_id, "route": mark.route, "key": mark.key} for mark in marks]
        txn.execute(DROP_MANY, {"marks": as_json(rows)})


def once_telling(txn: Txn, mark: Mark, function: Callable[[Txn], bytes | None]) -> None:
    """Do something and keep the reply that it returns, both or neither; with None there is nothing to keep.

    Raises:
        Repeated: there is a reply under the key already; nothing was done.
        Exception: what `function` raises.
    """
    name = attrs.asdict(mark)
    once(txn, Kept(mark, b""), lambda _: None)  # the row of the key is its lock
    reply = function(txn)
    if reply is None:
        txn.execute(DROP, name)
    else:
        txn.execute(TELL, name | {"reply": _packed(reply)})


def rewrite(txn: Txn, team_id: int, octets: bytes, until: datetime, change: Callable[[bytes], bytes]) -> None:
    """Change all replies kept for a team up to a moment that hold some octets."""
    given = {"team_id": team_id, "octets": octets, "until": until, "packed": _PACKED, "limit": REWRITTEN}
    place: dict[str, Any] = {"route": "", "key": ""}
    while True:
        txn.execute(HOLDING, given | place)
        found = txn.fetchall()
        for route, key, kept in found:
            place = {"route": route, "key": key}
            reply = _unpacked(kept)
            if octets in reply:
                txn.execute(TELL, {"team_id": team_id, **place, "reply": _packed(change(reply))})
        if len(found) < REWRITTEN:
            return


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

    await _run_sure(database, name, work, lambda found: found == kept)


async def run_once_telling(
    database: Database, mark: Mark, name: str, function: Callable[[Txn], tuple[T, bytes | None]]
) -> T:
    """Run a store function as `run_once` does, whose reply is known only when it is done.

    Args:
        database: where it runs.
        mark: of the call.
        name: of what is done, for the log.
        function: returns what came of it, and the reply to keep; None: nothing was done, and nothing is kept.

    Raises:
        As `run_once`.
    """
    done: list[tuple[T, bytes | None]] = []

    def tell(txn: Txn) -> bytes | None:
        done.append(function(txn))
        return done[-1][1]

    await _run_sure(
        database,
        name,
        lambda txn: once_telling(txn, mark, tell),
        lambda found: found.mark == mark and any(reply == found.reply for _, reply in done),
    )
    return done[-1][0]


async def run_replying(database: Database, reply: Reply, name: str, function: Callable[[Txn], object]) -> bytes:
    """Run a store function and return the reply of its call, kept in the same commit where the call has a mark.

    Raises:
        As `run_once`.
    """
    if reply.mark is None:
        return reply.of(await database.run(name, function))

    def work(txn: Txn) -> tuple[bytes, bytes]:
        octets = reply.of(function(txn))
        return octets, octets

    return await run_once_telling(database, reply.mark, name, work)


async def _run_sure(
    database: Database, name: str, work: Callable[[Txn], None], is_ours: Callable[[Kept], bool]
) -> None:
    """Run it, and once more where nobody knows whether it was done; `is_ours` knows its own reply."""
    try:
        await database.run(name, work)
    except OutcomeUnknown as doubt:
        await _find_out(database, name, work, is_ours, doubt)


async def _find_out(
    database: Database,
    name: str,
    work: Callable[[Txn], None],
    is_ours: Callable[[Kept], bool],
    doubt: OutcomeUnknown,
) -> None:
    for _ in range(DOUBT_TRIES):
        try:
            await database.run(name, work)
        except Repeated as repeated:
            if not is_ours(repeated.kept):
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
    return Kept(attrs.evolve(mark, body_hash=bytes(body_hash)), _unpacked(reply))


def _unpacked(kept: bytes | memoryview) -> bytes:
    octets = bytes(kept)
    return zlib.decompress(octets) if octets.startswith(_PACKED) else octets


def _packed(reply: bytes) -> bytes:
    return zlib.compress(reply, _LEVEL) if len(reply) >= PACKED_FROM else reply
