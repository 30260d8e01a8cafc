"""Asking for messages, taking them back and rewriting them, while they wait for a carrier.

A message is altered under the lock of its row in `pending`, and only when nobody has it in hand and no carrier took a
part of it. A claim that comes at the same moment waits for that lock, and what it does then depends on the row that it
finds, while the text is the one of its own snapshot. So a row that is taken back is deleted, and the row of a message
that says something else now is deleted and made anew: the claim finds nothing in either case, and the message is named
to its queue again.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import Any, Final

import attrs

from mobilesasa.core.actors import Actor
from mobilesasa.core.alterations import (
    Alteration,
    Altered,
    Cancel,
    CancelAll,
    Held,
    Obstacle,
    Query,
    Reached,
    Replace,
    ReplaceLike,
    Rewritten,
    Unreadable,
    service_type_of,
)
from mobilesasa.core.ids import made_at_ms
from mobilesasa.core.model import INTERMEDIATE, Failure, Lane, MessageId, Never, Settlement, State
from mobilesasa.store import trail
from mobilesasa.store.database import Database, Txn
from mobilesasa.store.intake import uuids
from mobilesasa.store.outcomes import settle
from mobilesasa.store.rows import as_json

CANCELLED_AT_ONCE = 10_000  # messages that one request takes back, oldest first; whoever has more asks again

REACHED = """
SELECT id, sender, state, failure, (extract(epoch FROM done_at) * 1000)::bigint
FROM message WHERE id = ANY(%(ids)s::uuid[]) AND team_id = %(team_id)s
"""

# In the order of ids, so that two who take back the same messages do not wait for each other.
LOCK_WAITING = """
SELECT message_id, carrier_id, attempts FROM pending
WHERE message_id = ANY(%(ids)s::uuid[]) AND team_id = %(team_id)s AND claimed_by IS NULL AND sent_parts = 0
  AND EXISTS (SELECT FROM message WHERE id = message_id AND state = 10)  -- not one that a carrier took, and another one is to
ORDER BY message_id FOR UPDATE
"""

QUEUED_TO = """
SELECT id FROM message
WHERE team_id = %(team_id)s AND recipient = %(recipient)s AND sender = %(sender)s AND state = 10
  AND (%(service_type)s = '' OR options->>'service_type' = %(service_type)s)
ORDER BY id LIMIT %(limit)s
"""

LIKE = """
SELECT message.id FROM message JOIN pending ON message_id = message.id
WHERE message.team_id = %(team_id)s AND recipient = %(recipient)s AND sender = %(sender)s AND state = 10 AND origin = 2
  AND parts = 1 AND udh IS NULL AND coalesce(options->>'service_type', '') = %(service_type)s
  AND claimed_by IS NULL AND sent_parts = 0
ORDER BY message.id DESC LIMIT 1 FOR UPDATE OF pending
"""

# What another process than our own has, and as far as the store knows no carrier.
HELD = """
SELECT message_id, node FROM pending JOIN node_run ON node_run.id = claimed_by
WHERE message_id = ANY(%(ids)s::uuid[]) AND team_id = %(team_id)s AND claimed_by <> %(run)s AND sent_parts = 0
  AND EXISTS (SELECT FROM message WHERE id = message_id AND state = 10)
ORDER BY message_id
"""

HELD_LIKE = """
SELECT message.id, node FROM message JOIN pending ON message_id = message.id JOIN node_run ON node_run.id = claimed_by
WHERE message.team_id = %(team_id)s AND recipient = %(recipient)s AND sender = %(sender)s AND state = 10 AND origin = 2
  AND parts = 1 AND udh IS NULL AND coalesce(options->>'service_type', '') = %(service_type)s
  AND claimed_by <> %(run)s AND sent_parts = 0
ORDER BY message.id DESC LIMIT 1
"""

WRITTEN = """
SELECT parts = 1 AND udh IS NULL, coding, options, (extract(epoch FROM pending.due_at) * 1000)::bigint,
       (extract(epoch FROM message.due_at) * 1000)::bigint, (extract(epoch FROM message.expires_at) * 1000)::bigint,
       closes_at IS NOT NULL
FROM message JOIN pending ON message_id = id WHERE id = %(id)s
"""

REWRITE = """
UPDATE message SET text = %(text)s, body = decode(%(body)s, 'hex'), coding = %(coding)s, wish = %(wish)s,
                   options = %(options)s::jsonb, due_at = to_timestamp(%(due_at)s), expires_at = to_timestamp(%(expires_at)s)
WHERE id = %(id)s
"""

PLACE_TAKEN = """
DELETE FROM pending WHERE message_id = %(id)s
RETURNING message_id, team_id, carrier_id, lane, price_units, attempts, fallbacks, doubted, campaign_id
"""

PLACE_AGAIN = """
INSERT INTO pending (message_id, team_id, carrier_id, lane, price_units, attempts, fallbacks, doubted, campaign_id, expires_at,
                     due_at, closes_at)
VALUES (%(id)s, %(team_id)s, %(carrier_id)s, %(lane)s, %(price_units)s, %(attempts)s, %(fallbacks)s, %(doubted)s,
        %(campaign_id)s, to_timestamp(%(expires_at)s), to_timestamp(%(due_at)s), to_timestamp(%(closes_at)s))
"""

TOLD = "INSERT INTO message_event (message_id, attempt, kind) VALUES (%(id)s, %(attempts)s, 'replaced')"

_TAKEN_BACK: Final = Never(Failure.CANCELLED, "the team took it back")


def alter(
    txn: Txn, team_id: int, batch: Sequence[Alteration], run: int | None = None, by: Actor | None = None
) -> list[Altered]:
    """Carry out a team's alterations in order; those of one kind that follow each other go together.

    A message of another team is unknown. Safe to repeat: what was taken back is refunded and told once.

    Args:
        txn: a transaction.
        team_id: whose they are.
        batch: what is asked.
        run: this process, if others are to be named for what they have in hand.
        by: who asks, if that must still be allowed.

    Raises:
        AccessEnded: it is not; nothing was altered.
    """
    if by is not None:
        trail.allow(txn, by)
    done: list[Altered] = []
    for kind, group in itertools.groupby(batch, type):
        done += _KINDS[kind](txn, team_id, list(group), run)
    return done


def _query(txn: Txn, team_id: int, batch: Sequence[Query], _: int | None) -> list[Altered]:
    known = _reached(txn, team_id, [asked.message_id for asked in batch])
    return [_seen(known.get(asked.message_id), asked.sender) for asked in batch]


def _cancel(txn: Txn, team_id: int, batch: Sequence[Cancel], run: int | None) -> list[Altered]:
    known = _reached(txn, team_id, [asked.message_id for asked in batch])
    seen = [_seen(known.get(asked.message_id), asked.sender) for asked in batch]
    ids = [asked.message_id for asked, found in zip(batch, seen, strict=True) if found.obstacle is None]
    taken = take_back(txn, team_id, ids)
    left = _reached(txn, team_id, [message_id for message_id in ids if message_id not in taken])
    held = {one.message_id: one for one in _held(txn, team_id, list(left), run)}
    done: list[Altered] = []
    for asked, found in zip(batch, seen, strict=True):
        if found.obstacle is not None:
            done.append(Altered(found.obstacle))
        elif asked.message_id in left and left[asked.message_id][1].failure is not Failure.CANCELLED:
            known_held = held.get(asked.message_id)
            done.append(Altered(Obstacle.IN_HAND, held=() if known_held is None else (known_held,)))
        else:
            done.append(taken.pop(asked.message_id, Altered()))
    return done


def _cancel_all(txn: Txn, team_id: int, batch: Sequence[CancelAll], run: int | None) -> list[Altered]:
    return [_cancel_like(txn, team_id, asked, run) for asked in batch]


def _cancel_like(txn: Txn, team_id: int, asked: CancelAll, run: int | None) -> Altered:
    txn.execute(QUEUED_TO, attrs.asdict(asked) | {"team_id": team_id, "limit": CANCELLED_AT_ONCE})
    ids = [message_id for (message_id,) in txn.fetchall()]
    if not ids:
        return Altered(Obstacle.NONE_WAITS)
    taken = take_back(txn, team_id, ids)
    held = _held(txn, team_id, [message_id for message_id in ids if message_id not in taken], run)
    if not taken:
        return Altered(Obstacle.IN_HAND, held=held)
    return Altered(notices=tuple(notice for each in taken.values() for notice in each.notices), held=held)


def take_back(txn: Txn, team_id: int, ids: Sequence[MessageId]) -> dict[MessageId, Altered]:
    """End what waits of these, with the refund and the receipt that is owed; return it by id."""
    if not ids:
        return {}
    txn.execute(LOCK_WAITING, {"ids": uuids(ids), "team_id": team_id})
    ended = [Settlement(message_id, carrier_id, n, 0, _TAKEN_BACK) for message_id, carrier_id, n in txn.fetchall()]
    settled = settle(txn, ended) if ended else []
    return {item.message_id: Altered(notices=each.notices) for item, each in zip(ended, settled, strict=True)}


def _held(txn: Txn, team_id: int, ids: Sequence[MessageId], run: int | None) -> tuple[Held, ...]:
    """Return what other processes have of these, as far as it has not begun to go out."""
    if run is None or not ids:
        return ()
    txn.execute(HELD, {"ids": uuids(ids), "team_id": team_id, "run": run})
    return tuple(Held(*row) for row in txn.fetchall())


def _replace(txn: Txn, team_id: int, batch: Sequence[Replace], run: int | None) -> list[Altered]:
    return [_replace_one(txn, team_id, asked, run) for asked in batch]


def _replace_one(txn: Txn, team_id: int, asked: Replace, run: int | None) -> Altered:
    seen = _seen(_reached(txn, team_id, [asked.message_id]).get(asked.message_id), asked.sender)
    if seen.obstacle is not None:
        return Altered(seen.obstacle)
    txn.execute(LOCK_WAITING, {"ids": uuids([asked.message_id]), "team_id": team_id})
    if not txn.fetchall():
        return Altered(Obstacle.IN_HAND, held=_held(txn, team_id, [asked.message_id], run))
    txn.execute(WRITTEN, {"id": asked.message_id})
    ((single, coding, options, waits_until_ms, due_at_ms, expires_at_ms, ruled),) = txn.fetchall()
    content = asked.contents[(options or {}).get("data_coding", coding)]
    if not single:
        return Altered(Obstacle.NOT_SINGLE)
    if ruled:  # its text, and when it goes out, are as the one door made them
        return Altered(Obstacle.RULED)
    if isinstance(content, Unreadable):
        return Altered(content)
    if asked.due_at_ms is not None:
        valid_ms = expires_at_ms - (due_at_ms or made_at_ms(asked.message_id))
        waits_until_ms = due_at_ms = asked.due_at_ms or None
        expires_at_ms = max(expires_at_ms, (due_at_ms or 0) + valid_ms)
    if asked.expires_at_ms is not None:
        expires_at_ms = asked.expires_at_ms
    if due_at_ms is not None and expires_at_ms <= due_at_ms:
        return Altered(Obstacle.EXPIRES_FIRST)
    kept = {name: value for name, value in (options or {}).items() if name != INTERMEDIATE}
    options = kept | ({INTERMEDIATE: 0} if asked.steps else {})
    return _rewrite(txn, asked.message_id, content, asked.wish, options, waits_until_ms, due_at_ms, expires_at_ms)


def _replace_like(txn: Txn, team_id: int, batch: Sequence[ReplaceLike], run: int | None) -> list[Altered]:
    done: list[Altered] = []
    for asked in batch:
        new = asked.message
        wanted = {"recipient": new.recipient, "sender": new.sender, "service_type": service_type_of(new.options)}
        txn.execute(LIKE, wanted | {"team_id": team_id})
        found = txn.fetchone()
        if found is None:
            done.append(Altered(Obstacle.NONE_WAITS, held=_held_like(txn, team_id, wanted, run)))
            continue
        content = Rewritten(new.text, new.body, new.coding)
        due_at_ms = new.due_at_ms
        done.append(
            _rewrite(
                txn, found[0], content, new.wish, new.options, due_at_ms, due_at_ms, new.expires_at_ms, new.closes_at_ms
            ),
        )
    return done


def _held_like(txn: Txn, team_id: int, wanted: dict[str, str], run: int | None) -> tuple[Held, ...]:
    if run is None:
        return ()
    txn.execute(HELD_LIKE, {**wanted, "team_id": team_id, "run": run})
    return tuple(Held(*row) for row in txn.fetchall())


def _rewrite(
    txn: Txn,
    message_id: MessageId,
    content: Rewritten,
    wish: int,
    options: dict[str, Any] | None,
    waits_until_ms: int | None,
    due_at_ms: int | None,
    expires_at_ms: int,
    closes_at_ms: int | None = None,
) -> Altered:
    """Write new content into a message whose place is locked, and give it a place of its own."""
    rewritten = {
        "id": message_id,
        "text": content.text,
        "body": None if content.body is None else content.body.hex(),
        "coding": int(content.coding),
        "wish": int(wish),
        "options": as_json([options])[1:-1] if options else None,
        "due_at": _seconds(due_at_ms),
        "expires_at": _seconds(expires_at_ms),
    }
    txn.execute(REWRITE, rewritten)
    txn.execute(PLACE_TAKEN, {"id": message_id})
    ((_, team_id, carrier_id, lane, price_units, attempts, fallbacks, doubted, campaign_id),) = txn.fetchall()
    place = {"id": message_id, "team_id": team_id, "carrier_id": carrier_id, "lane": lane, "attempts": attempts}
    times = {
        "due_at": _seconds(waits_until_ms),
        "expires_at": _seconds(expires_at_ms),
        "closes_at": _seconds(closes_at_ms),
    }
    kept = {"price_units": price_units, "fallbacks": fallbacks, "doubted": doubted, "campaign_id": campaign_id}
    txn.execute(PLACE_AGAIN, place | times | kept)
    txn.execute(TOLD, place)
    waiting = (message_id, carrier_id, Lane(lane)) if waits_until_ms is None else None
    return Altered(message_id=message_id, place=waiting)


def _reached(txn: Txn, team_id: int, ids: Sequence[MessageId]) -> dict[MessageId, tuple[str, Reached]]:
    """Return sender and whereabouts of those messages that are the team's."""
    if not ids:
        return {}
    txn.execute(REACHED, {"ids": uuids(ids), "team_id": team_id})
    return {
        message_id: (sender, Reached(State(state), Failure(failure) if failure else None, done_at_ms))
        for message_id, sender, state, failure, done_at_ms in txn.fetchall()
    }


def _seen(known: tuple[str, Reached] | None, sender: str) -> Altered:
    if known is None:
        return Altered(Obstacle.UNKNOWN)
    if sender and sender != known[0]:
        return Altered(Obstacle.OTHER_SENDER)
    return Altered(reached=known[1])


def _seconds(at_ms: int | None) -> float | None:
    return None if at_ms is None else at_ms / 1000


_KINDS: Final[dict[type, Callable[[Txn, int, Sequence[Any], int | None], list[Altered]]]] = {
    Query: _query,
    Cancel: _cancel,
    CancelAll: _cancel_all,
    Replace: _replace,
    ReplaceLike: _replace_like,
}


@attrs.frozen
class StoredAlterations:
    """Implements `core.alterations.Alterations`; each call is one transaction of the pool.

    Args:
        database: the pool.
        run: this process's `node_run.id`, where there are others that may have messages in hand.
    """

    _database: Database
    _run: int | None = None

    async def alter(self, team_id: int, batch: Sequence[Alteration], by: Actor | None = None) -> Sequence[Altered]:
        """See the port.

        Raises:
            AccessEnded: nothing was altered.
            StoreUnavailable: nothing was altered, unless it is an `OutcomeUnknown`.
        """
        return await self._database.run("alterations.alter", alter, team_id, batch, self._run, by)
