"""A stored message with all that is known of it, and the resend of a failed one; for the API all that it asks (`History`)."""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from mobilesasa.core.errors import AlreadyResent, NotFailed, NotFound
from mobilesasa.core.filters import MessageFilter
from mobilesasa.core.groups import WINDOW_MS, part_of
from mobilesasa.core.idempotency import Kept
from mobilesasa.core.ids import first_id_at, made_at_ms
from mobilesasa.core.model import Failure, MessageId, Priced, State
from mobilesasa.store import message_lists
from mobilesasa.store.database import Database, Txn
from mobilesasa.store.idempotency import run_once
from mobilesasa.store.intake import accept_one
from mobilesasa.store.message_lists import Found
from mobilesasa.store.message_rows import COLUMNS, ON_THE_WAY, Progress, message_of, progress_of

NEIGHBOURHOOD = 510  # parts that are looked at on either side of one: two messages of the most parts there can be

FIND = COLUMNS + "WHERE id = %(id)s AND team_id = %(team_id)s"

# Parts that teams split themselves, near one of them in time; those nearest to it, where there are very many.
NEIGHBOURS = (
    "("
    + COLUMNS
    + """WHERE team_id = %(team_id)s AND recipient = %(recipient)s AND sender = %(sender)s AND udh IS NOT NULL
  AND id >= %(first)s AND id <= %(id)s ORDER BY id DESC LIMIT %(limit)s)
UNION ALL ("""
    + COLUMNS
    + """WHERE team_id = %(team_id)s AND recipient = %(recipient)s AND sender = %(sender)s AND udh IS NOT NULL
  AND id > %(id)s AND id < %(end)s ORDER BY id LIMIT %(limit)s)"""
)

# Only parts whose receipt is open, or failed and may still be mended, stand in `awaiting`.
AWAITED = """
SELECT part, split_part(ref, '~', 1), failed FROM awaiting
WHERE carrier_id = %(carrier_id)s AND ref = ANY(%(refs)s) AND message_id = %(id)s
"""

ATTEMPTS = "SELECT attempts FROM pending WHERE message_id = %(id)s"

EVENTS = """
SELECT (extract(epoch FROM at) * 1000)::bigint, kind, attempt, carrier_id, code, reason
FROM message_event WHERE message_id = %(id)s ORDER BY at
"""

# A resend is younger than what it resends, which leaves out the older partitions.
RESENT_AS = "SELECT id FROM message WHERE resent_from = %(id)s AND id > %(id)s ORDER BY id DESC LIMIT 1"

LOCK = "SELECT state FROM message WHERE id = %(id)s AND team_id = %(team_id)s FOR UPDATE"

LIVE_RESEND = "SELECT FROM message WHERE resent_from = %(id)s AND id > %(id)s AND state <> 40 LIMIT 1"


@attrs.frozen
class Event:
    """A delay or a refusal on a message's way."""

    at_ms: int
    kind: str
    attempt: int
    carrier_id: int | None
    code: str
    reason: str


@attrs.frozen
class Story:
    """All that is known of one message."""

    message: Priced
    progress: Progress
    attempts: int
    parts: tuple[tuple[str | None, State], ...]  # the carrier's id of each part, and where it stands
    events: tuple[Event, ...]
    resent_as: MessageId | None
    neighbours: tuple[tuple[Priced, Progress], ...] = ()  # of a part: the parts about it, itself among them


def find(txn: Txn, team_id: int, message_id: MessageId) -> Story | None:
    """Return all that is known of a message of the team; None when there is none, also when it is another team's."""
    txn.execute(FIND, {"id": message_id, "team_id": team_id})
    row = txn.fetchone()
    if row is None:
        return None
    message, progress = message_of(row), progress_of(row)
    attempts, failed_parts, refs = row[ON_THE_WAY]
    txn.execute(ATTEMPTS, {"id": message_id})
    pending = txn.fetchone()
    txn.execute(EVENTS, {"id": message_id})
    events = tuple(Event(*event) for event in txn.fetchall())
    txn.execute(RESENT_AS, {"id": message_id})
    child = txn.fetchone()
    return Story(
        message=message,
        progress=progress,
        attempts=max(attempts, pending[0]) if pending else attempts,
        parts=_parts(txn, message, progress, (refs or "").split(), failed_parts),
        events=events,
        resent_as=child[0] if child else None,
        neighbours=_neighbours(txn, message),
    )


def _neighbours(txn: Txn, message: Priced) -> tuple[tuple[Priced, Progress], ...]:
    """Return the parts that the team sent to the same number from the same sender within five minutes of this one."""
    if part_of(message) is None:
        return ()
    at_ms = made_at_ms(message.id)
    parameters = {
        "team_id": message.team_id,
        "recipient": message.recipient,
        "sender": message.sender,
        "id": message.id,
    }
    bounds = {
        "first": first_id_at(at_ms - WINDOW_MS),
        "end": first_id_at(at_ms + WINDOW_MS + 1),
        "limit": NEIGHBOURHOOD,
    }
    txn.execute(NEIGHBOURS, parameters | bounds)
    return tuple((message_of(row), progress_of(row)) for row in txn.fetchall())


def resend(txn: Txn, team_id: int, failed_id: MessageId, again: Priced) -> None:
    """Store and charge a failed message anew.

    The failed row is locked, so of two resends at once the second sees the first (decision 41).

    Raises:
        NotFound: the team has no such message.
        NotFailed: it has not failed, or no longer.
        AlreadyResent: a resend of it has not failed.
        InsufficientUnits: the team cannot pay for it.
        Suppressed: the recipient is not to get it.
    """
    txn.execute(LOCK, {"id": failed_id, "team_id": team_id})
    row = txn.fetchone()
    if row is None:
        raise NotFound("there is no such message")
    if row[0] != State.FAILED:
        raise NotFailed(f"the message is {State(row[0]).shown}; only a failed one can be resent")
    txn.execute(LIVE_RESEND, {"id": failed_id})
    if txn.fetchone() is not None:
        raise AlreadyResent("a resend of this message is on its way or has arrived")
    accept_one(txn, again)


def _parts(
    txn: Txn, message: Priced, progress: Progress, refs: Sequence[str], failed_parts: int
) -> tuple[tuple[str | None, State], ...]:
    """Return the carrier's id and the state of each part.

    A part that is in `awaiting` is there under its number. What is no longer there has arrived, unless the message
    says that more parts failed than are known: failed ones are kept for 72 h.
    """
    awaited: dict[int, tuple[str | None, State]] = {}
    if refs:
        spellings = [*refs, *(f"{ref}~{message.id}" for ref in refs)]
        txn.execute(AWAITED, {"carrier_id": message.carrier_id, "refs": spellings, "id": message.id})
        awaited = {part: (ref, State.FAILED if failed else State.SENT) for part, ref, failed in txn.fetchall()}
    failed_known = sum(state is State.FAILED for _, state in awaited.values())
    closed = _closed_state(progress, refs, failed_parts > failed_known)
    shown = {ref for ref, _ in awaited.values()}
    others = iter([ref for ref in refs if ref not in shown])
    found: list[tuple[str | None, State]] = []
    for number in range(1, message.parts + 1):
        if number in awaited:
            found.append(awaited[number])
            continue
        ref = next(others, None)
        found.append((ref, closed if ref else progress.state))  # without an id, as the whole
    return tuple(found)


def _closed_state(progress: Progress, refs: Sequence[str], some_failed_long_ago: bool) -> State:
    """Return the state of parts that a carrier took and that wait for no receipt."""
    if not refs or progress.state is State.DELIVERED:
        return progress.state
    if progress.failure is Failure.NO_RECEIPT:
        return State.SENT
    return State.FAILED if some_failed_long_ago else State.DELIVERED


@attrs.frozen
class History:
    """The stored messages, for the API; each call is one transaction of the pool."""

    _database: Database

    async def find(self, team_id: int, message_id: MessageId) -> Story | None:
        """Return all that is known of a message of the team, or None."""
        return await self._database.run("messages.find", find, team_id, message_id)

    async def page(self, team_id: int, wanted: MessageFilter, *, limit: int, offset: int = 0) -> Found:
        """Return messages of the team, newest first, and where the list goes on."""
        return await self._database.run("messages.page", message_lists.page, team_id, wanted, limit, offset)

    async def count(self, team_id: int, wanted: MessageFilter) -> tuple[int, bool]:
        """Return how many messages there are, and whether that is an estimate."""
        return await self._database.run("messages.count", message_lists.count, team_id, wanted)

    async def resend(self, team_id: int, failed_id: MessageId, again: Priced, kept: Kept | None = None) -> None:
        """Store and charge a failed message anew, if it may be resent and there is no resend of it yet."""
        await run_once(self._database, kept, "messages.resend", resend, team_id, failed_id, again)
