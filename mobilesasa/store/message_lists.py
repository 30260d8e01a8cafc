"""Lists of a team's messages, newest first, however many are stored.

How to think about it: a list is read from the end of an index, which is that of the number, of the team's own reference
or of the campaign where one of these is asked for, and else that of the team. Sender and state are looked at in the
rows, for an index on a sender would cost every message more than it saves, and one on a state, which changes, a lot more.
So that a rare sender does not make a list read all that there is, a list looks at so many messages at most, and says
where it stopped. Failed messages have a table of their own, and what waits for a carrier stands in `pending`: both are
few, and found wherever they are. A total is counted as far as that is cheap; beyond that the planner's estimate must do.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import attrs

from mobilesasa.core.filters import MessageFilter
from mobilesasa.core.ids import first_id_at
from mobilesasa.core.model import MessageId, Priced, State
from mobilesasa.store import paging
from mobilesasa.store.database import Txn
from mobilesasa.store.intake import uuids
from mobilesasa.store.message_rows import COLUMNS, Progress, message_of, progress_of

#: Messages whose sender and state are looked at for one page: some 15 ms.
LOOKED_AT: Final = 25_000

# What is None is written into the statement as NULL, so the planner drops the condition.
_WITHIN = """
    AND (%(before)s IS NULL OR id < %(before)s::uuid) AND (%(since)s IS NULL OR id >= %(since)s::uuid)
    AND (%(message_id)s IS NULL OR id = %(message_id)s::uuid)
"""
_BY_INDEX = (
    """
WHERE team_id = %(team_id)s AND (%(recipient)s IS NULL OR recipient = %(recipient)s)
    AND (%(client_reference)s IS NULL OR client_reference = %(client_reference)s)
    AND (%(campaign_uuid)s IS NULL OR campaign_uuid = %(campaign_uuid)s::uuid)"""
    + _WITHIN
)
_IN_ROWS = """(%(sender)s IS NULL OR sender = %(sender)s) AND (%(state)s IS NULL OR state = %(state)s)"""
_LOOKED = "(SELECT id, sender, state FROM message" + _BY_INDEX + "ORDER BY id DESC LIMIT %(looked)s) AS looked"

PAGE_IDS = "SELECT id FROM " + _LOOKED + " WHERE " + _IN_ROWS + " ORDER BY id DESC LIMIT %(limit)s OFFSET %(offset)s"

LAST_LOOKED = "SELECT id FROM message" + _BY_INDEX + "ORDER BY id DESC LIMIT 1 OFFSET %(looked)s - 1"

FAILED_IDS = (
    """
SELECT message_id FROM (SELECT team_id, message_id, message_id AS id, sender FROM message_failed) AS failed
WHERE team_id = %(team_id)s AND (%(sender)s IS NULL OR sender = %(sender)s)"""
    + _WITHIN
    + "ORDER BY message_id DESC LIMIT %(limit)s OFFSET %(offset)s"
)

WAITING_IDS = (
    """
SELECT id FROM message JOIN pending ON pending.message_id = id
WHERE pending.team_id = %(team_id)s AND state = 10 AND (%(sender)s IS NULL OR sender = %(sender)s)"""
    + _WITHIN
    + "ORDER BY id DESC LIMIT %(limit)s OFFSET %(offset)s"
)

BY_IDS = COLUMNS + "WHERE id = ANY(%(ids)s::uuid[]) ORDER BY id DESC"

COUNT = (
    "SELECT count(*), count(*) FILTER (WHERE "
    + _IN_ROWS
    + ") FROM (SELECT sender, state FROM message"
    + _BY_INDEX
    + "ORDER BY id DESC LIMIT %(limit)s) AS newest"
)

COUNT_FAILED = (
    "SELECT count(*), count(*) FROM (SELECT FROM ("
    "SELECT team_id, message_id AS id, sender FROM message_failed) AS failed "
    "WHERE team_id = %(team_id)s AND (%(sender)s IS NULL OR sender = %(sender)s)"
    + _WITHIN
    + "LIMIT %(limit)s) AS newest"
)

# A campaign is one team's: the planner, which does not know, would take the team's share of what it has.
ESTIMATE = (
    "EXPLAIN (FORMAT JSON) SELECT FROM message"
    + _BY_INDEX.replace("team_id = %(team_id)s", "(%(campaign_uuid)s IS NOT NULL OR team_id = %(team_id)s)")
    + "AND "
    + _IN_ROWS
)


@attrs.frozen
class Found:
    """A part of a list."""

    entries: Sequence[tuple[Priced, Progress]]
    more: MessageId | None  # behind which message the list goes on; None: this is its end


def page(txn: Txn, team_id: int, wanted: MessageFilter, limit: int, offset: int = 0, looked: int = LOOKED_AT) -> Found:
    """Return messages, newest first, without the newest `offset` of them.

    Args:
        txn: a transaction.
        team_id: whose.
        wanted: which of them.
        limit: how many at most.
        offset: how many of the newest are left out.
        looked: at how many messages behind those it looks for a sender or a state; there may be fewer than `limit` then,
            although the list goes on.
    """
    ids, more = _ids(txn, _parameters(team_id, wanted), wanted, limit, offset, looked)
    if not ids:
        return Found((), more)
    txn.execute(BY_IDS, {"ids": uuids(ids)})  # the ids written out name their partitions
    return Found([(message_of(row), progress_of(row)) for row in txn.fetchall()], more)


def count(txn: Txn, team_id: int, wanted: MessageFilter, counted: int = paging.COUNTED) -> tuple[int, bool]:
    """Return how many messages there are, and whether that is an estimate.

    It is one where there are more than `counted`, or where sender or state of more than so many had to be looked at.
    """
    asked = _parameters(team_id, wanted)
    return paging.count(txn, COUNT_FAILED if _is_of_failed(wanted) else COUNT, ESTIMATE, asked, counted)


def _ids(
    txn: Txn, asked: dict[str, Any], wanted: MessageFilter, limit: int, offset: int, looked: int
) -> tuple[list[MessageId], MessageId | None]:
    """Return the ids of a page, and behind which message the list goes on."""
    span = {"limit": limit + 1, "offset": offset}
    if _is_of_failed(wanted):
        return _cut(_read(txn, FAILED_IDS, asked | span), limit)
    if not _is_in_rows(wanted):
        return _cut(_read(txn, PAGE_IDS, asked | span | {"looked": offset + limit + 1}), limit)
    depth = {"looked": offset + looked}
    found = _read(txn, PAGE_IDS, asked | span | depth)
    if len(found) > limit:
        return _cut(found, limit)
    last = _read(txn, LAST_LOOKED, asked | depth)
    if last and wanted.state is State.QUEUED and _is_of_all(wanted):
        return _cut(_read(txn, WAITING_IDS, asked | span), limit)
    return found, last[0] if last else None


def _read(txn: Txn, statement: str, parameters: dict[str, Any]) -> list[MessageId]:
    txn.execute(statement, parameters)
    return [message_id for (message_id,) in txn.fetchall()]


def _cut(found: list[MessageId], limit: int) -> tuple[list[MessageId], MessageId | None]:
    """Leave out the one that was read to see whether there are more."""
    return found[:limit], found[limit - 1] if len(found) > limit else None


def _is_of_all(wanted: MessageFilter) -> bool:
    """Say whether no index but the team's own leads to what is wanted."""
    return wanted.recipient is wanted.client_reference is wanted.campaign_uuid is None


def _is_in_rows(wanted: MessageFilter) -> bool:
    """Say whether rows must be looked at, for no index tells it."""
    return wanted.sender is not None or wanted.state is not None


def _is_of_failed(wanted: MessageFilter) -> bool:
    return wanted.state is State.FAILED and _is_of_all(wanted)


def _parameters(team_id: int, wanted: MessageFilter) -> dict[str, Any]:
    """Return what the statements name."""
    bounds = [] if wanted.to_ms is None else [first_id_at(wanted.to_ms)]
    bounds += [] if wanted.before is None else [wanted.before]
    return {
        "team_id": team_id,
        "recipient": wanted.recipient,
        "state": None if wanted.state is None else int(wanted.state),
        "sender": wanted.sender,
        "campaign_uuid": wanted.campaign_uuid,
        "client_reference": wanted.client_reference,
        "message_id": wanted.message_id,
        "since": None if wanted.from_ms is None else first_id_at(wanted.from_ms),
        "before": min(bounds, default=None),  # as text they sort as ids do
    }
