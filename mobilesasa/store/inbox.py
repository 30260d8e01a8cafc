"""Messages from phones as their team sees them: lists, from the end of an index, and one by its id."""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from mobilesasa.core.inbound import Inbound
from mobilesasa.core.model import MessageId
from mobilesasa.store import paging
from mobilesasa.store.database import Database, Txn
from mobilesasa.store.inbound import read

# What is None is written into the statement as NULL, so the planner drops the condition.
_WANTED = """
FROM inbound WHERE team_id = %(team_id)s AND (%(source)s IS NULL OR source = %(source)s)
  AND (%(destination)s IS NULL OR destination = %(destination)s) AND (%(before)s IS NULL OR id < %(before)s::uuid)
"""

PAGE_IDS = f"SELECT id {_WANTED} ORDER BY id DESC LIMIT %(limit)s OFFSET %(offset)s"

COUNT = f"SELECT count(*), count(*) FROM (SELECT {_WANTED} LIMIT %(limit)s) AS newest"

ESTIMATE = f"EXPLAIN (FORMAT JSON) SELECT {_WANTED}"


@attrs.frozen
class Wanted:
    """Which messages from phones are meant."""

    team_id: int
    source: str | None = None  # as it is kept
    destination: str | None = None
    before: MessageId | None = None  # only older ones


def page(txn: Txn, wanted: Wanted, limit: int, offset: int) -> list[Inbound]:
    """Return messages, newest first, without the newest `offset` of them."""
    txn.execute(PAGE_IDS, {**attrs.asdict(wanted), "limit": limit, "offset": offset})
    ids = [message_id for (message_id,) in txn.fetchall()]
    found = read(txn, ids) if ids else {}
    return [found[message_id] for message_id in ids]


def count(txn: Txn, wanted: Wanted, counted: int = paging.COUNTED) -> tuple[int, bool]:
    """Return how many messages there are, and whether that is an estimate."""
    return paging.count(txn, COUNT, ESTIMATE, attrs.asdict(wanted), counted)


def find(txn: Txn, team_id: int, message_id: MessageId) -> Inbound | None:
    """Return a message of the team; None when there is none, also when it is another team's."""
    found = read(txn, [message_id]).get(message_id)
    return found if found is not None and found.team_id == team_id else None


@attrs.frozen
class Inbox:
    """The messages from phones, for the API; each call is one transaction of the pool."""

    _database: Database

    async def find(self, team_id: int, message_id: MessageId) -> Inbound | None:
        """Return a message of the team, or None."""
        return await self._database.run("inbox.find", find, team_id, message_id)

    async def page(
        self,
        team_id: int,
        *,
        limit: int,
        offset: int,
        source: str | None = None,
        destination: str | None = None,
        before: MessageId | None = None,
    ) -> Sequence[Inbound]:
        """Return messages of the team, newest first."""
        wanted = Wanted(team_id, source, destination, before)
        return await self._database.run("inbox.page", page, wanted, limit, offset)

    async def count(
        self,
        team_id: int,
        *,
        source: str | None = None,
        destination: str | None = None,
        before: MessageId | None = None,
    ) -> tuple[int, bool]:
        """Return how many messages there are, and whether that is an estimate."""
        return await self._database.run("inbox.count", count, Wanted(team_id, source, destination, before))
