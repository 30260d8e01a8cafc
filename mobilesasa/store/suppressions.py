"""Who wants no messages of a team, or gets none for another reason.

There may be millions, so no process keeps them in memory: a message of a team that has any is looked up in the
transaction that would take it. Teams that have none, which `team.suppresses` says, pay nothing for that.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import attrs

from mobilesasa.core.actors import Actor
from mobilesasa.core.errors import BadValue, NotFound, Suppressed
from mobilesasa.core.idempotency import Kept
from mobilesasa.core.ids import canonical
from mobilesasa.core.model import MessageId, Priced, Report
from mobilesasa.core.optouts import OptOut, Reason, refusal
from mobilesasa.sms.numbers import masked
from mobilesasa.store import hooks, paging, trail
from mobilesasa.store.database import Database, Txn, one_row
from mobilesasa.store.idempotency import run_once
from mobilesasa.store.rows import as_json

_COLUMNS = "uuid, team_id, recipient, sender, reason, source_id, (extract(epoch FROM at) * 1000)::bigint"

# Who is suppressed already stays so, for the reason of the first time; the operator's outlives all others.
ADD = f"""
INSERT INTO suppression (uuid, team_id, recipient, sender, reason, source_id)
VALUES (coalesce(%(uuid)s::uuid, gen_random_uuid()), %(team_id)s, %(recipient)s, %(sender)s, %(reason)s, %(source_id)s)
ON CONFLICT (team_id, recipient, sender) DO UPDATE SET reason = 'operator'
WHERE excluded.reason = 'operator' AND suppression.reason <> 'operator'
RETURNING {_COLUMNS}
"""

# The row of a team is touched, and its nodes are told, only the first time.
MARK = "UPDATE team SET suppresses = true WHERE id = ANY(%(teams)s) AND NOT suppresses"

# Who wants messages of one sender again wants what all of them were stopped for, too.
RESTORE = """
DELETE FROM suppression WHERE team_id = %(team_id)s AND recipient = %(recipient)s AND reason <> 'operator'
AND (%(sender)s = '' OR sender IN ('', %(sender)s))
"""

# Of each message one row by the index of recipients: no other is left to a planner that knows the table badly.
REFUSED = """
SELECT n, reason FROM json_to_recordset(%(asked)s) AS asked (n integer, team_id integer, recipient text, sender text), LATERAL (
    SELECT reason FROM suppression
    WHERE (team_id, recipient) = (asked.team_id, asked.recipient) AND suppression.sender || '' IN ('', asked.sender) LIMIT 1
) AS found
"""

_BLACKLIST = f"""
INSERT INTO suppression (team_id, recipient, sender, reason, source_id)
SELECT DISTINCT ON (team_id, recipient, sender) team_id, recipient, sender, 'blacklisted', id FROM about
ORDER BY team_id, recipient, sender, id
ON CONFLICT (team_id, recipient, sender) DO NOTHING RETURNING {_COLUMNS}
"""

REPORTED = (
    """
WITH about AS (
    SELECT about.* FROM json_to_recordset(%(reports)s) AS heard (carrier_id integer, ref text), LATERAL (
        SELECT message_id FROM awaiting WHERE carrier_id = heard.carrier_id AND ref = heard.ref OFFSET 0
    ) AS waits, LATERAL (SELECT id, team_id, recipient, sender FROM message WHERE id = waits.message_id OFFSET 0) AS about
)"""
    + _BLACKLIST
)

REFUSED_BY_CARRIER = (
    """
WITH about AS (
    SELECT about.* FROM unnest(%(ids)s::uuid[]) AS asked, LATERAL (
        SELECT id, team_id, recipient, sender FROM message WHERE id = asked OFFSET 0) AS about
)"""
    + _BLACKLIST
)

_WANTED = """
FROM suppression WHERE team_id = %(team_id)s AND (%(recipient)s IS NULL OR recipient = %(recipient)s)
  AND (%(sender)s IS NULL OR sender = %(sender)s)
"""

PAGE = f"SELECT {_COLUMNS} {_WANTED} ORDER BY id DESC LIMIT %(limit)s OFFSET %(offset)s"

COUNT = f"SELECT count(*), count(*) FROM (SELECT {_WANTED} LIMIT %(limit)s) AS newest"

ESTIMATE = f"EXPLAIN (FORMAT JSON) SELECT {_WANTED}"

FIND = f"""
SELECT {_COLUMNS} FROM suppression
WHERE team_id = %(team_id)s AND recipient = %(recipient)s AND sender = %(sender)s
"""

TAKE_AWAY = f"""
DELETE FROM suppression WHERE uuid = %(uuid)s AND team_id = %(team_id)s AND (%(by_operator)s OR reason <> 'operator')
RETURNING {_COLUMNS}
"""

THERE = "SELECT EXISTS (SELECT FROM suppression WHERE uuid = %(uuid)s AND team_id = %(team_id)s)"


@attrs.frozen
class Suppression:
    """Messages of a team that somebody does not get."""

    uuid: str
    team_id: int
    recipient: str  # E.164 without the plus
    sender: str  # a name, or `ALL_SENDERS`
    reason: Reason
    source_id: MessageId | None  # the message from the phone that said so, or the message that was not taken
    at_ms: int


@attrs.frozen
class Wanted:
    """Which suppressions of a team are meant."""

    team_id: int
    recipient: str | None = None
    sender: str | None = None  # `ALL_SENDERS`: only those


def add(
    txn: Txn, by: Actor, team_id: int, recipient: str, sender: str, reason: Reason, uuid: str | None = None
) -> Suppression:
    """Suppress somebody for one sender of a team or all of them; a second time changes nothing.

    Returns the suppression as it is kept, which may be that of an earlier time.

    Raises:
        AccessEnded: whoever suppresses them no longer may.
    """
    changed = _add(txn, team_id, recipient, sender, reason, uuid)  # locks the row, so it is still there
    txn.execute(FIND, {"team_id": team_id, "recipient": recipient, "sender": sender})
    kept = Suppression(*one_row(txn))
    if changed:
        trail.note(txn, by, "suppression.create", kept.uuid, team_id=team_id, after=_told(kept))
    else:
        trail.allow(txn, by)
    return kept


def follow(txn: Txn, opt_out: OptOut, inbound_id: MessageId) -> None:
    """Do what the owner of a phone wants."""
    for team_id, sender in opt_out.scopes:
        if opt_out.stops:
            _add(txn, team_id, opt_out.recipient, sender, "stop", source_id=inbound_id)
        else:
            txn.execute(RESTORE, {"team_id": team_id, "recipient": opt_out.recipient, "sender": sender})


def heard(txn: Txn, reports: Sequence[Report]) -> None:
    """Suppress those of whom receipts say that they are on the carrier's blacklist; before the receipts are settled."""
    if reports:
        rows = [{"carrier_id": each.carrier_id, "ref": each.ref} for each in reports]
        txn.execute(REPORTED, {"reports": as_json(rows)})
        _added(txn)


def not_taken(txn: Txn, ids: Sequence[MessageId]) -> None:
    """Suppress those whom a carrier refused for its blacklist, by the ids of the messages to them."""
    if ids:
        txn.execute(REFUSED_BY_CARRIER, {"ids": list(ids)})
        _added(txn)


def refusals(txn: Txn, batch: Sequence[Priced]) -> dict[MessageId, Suppressed]:
    """Return the refusals of those messages whose recipient is suppressed; asks for teams that suppress alone."""
    asked = [message for message in batch if message.suppressible]
    if not asked:
        return {}
    rows = [
        {"n": n, "team_id": message.team_id, "recipient": message.recipient, "sender": message.sender}
        for n, message in enumerate(asked)
    ]
    txn.execute(REFUSED, {"asked": as_json(rows)})
    return {asked[n].id: refusal(reason, asked[n].sender) for n, reason in txn.fetchall()}


def page(txn: Txn, wanted: Wanted, limit: int, offset: int) -> list[Suppression]:
    """Return suppressions, newest first, without the newest `offset` of them."""
    txn.execute(PAGE, {**attrs.asdict(wanted), "limit": limit, "offset": offset})
    return [Suppression(*row) for row in txn.fetchall()]


def count(txn: Txn, wanted: Wanted, counted: int = paging.COUNTED) -> tuple[int, bool]:
    """Return how many suppressions there are, and whether that is an estimate."""
    return paging.count(txn, COUNT, ESTIMATE, attrs.asdict(wanted), counted)


def find(txn: Txn, team_id: int, recipient: str, sender: str) -> Suppression | None:
    """Return the suppression of somebody for just this sender, or for just all of them."""
    txn.execute(FIND, {"team_id": team_id, "recipient": recipient, "sender": sender})
    row = txn.fetchone()
    return None if row is None else Suppression(*row)


def take_away(txn: Txn, by: Actor, team_id: int, uuid: str, by_operator: bool = False) -> Suppression:
    """Take a suppression of the team away and return what it was.

    Raises:
        NotFound: the team has none of that uuid.
        BadValue: it is the operator's, and this is not the operator.
        AccessEnded: whoever takes it away no longer may.
    """
    known = canonical(uuid)
    if known is not None:
        txn.execute(TAKE_AWAY, {"team_id": team_id, "uuid": known, "by_operator": by_operator})
        row = txn.fetchone()
        if row is not None:
            was = Suppression(*row)
            trail.note(txn, by, "suppression.remove", was.uuid, team_id=team_id, before=_told(was))
            return was
        txn.execute(THERE, {"team_id": team_id, "uuid": known})
        if txn.fetchall() == [(True,)]:
            raise BadValue("the suppression is the operator's, who alone can take it away")
    raise NotFound(f"there is no suppression {uuid!r}")


def _add(
    txn: Txn,
    team_id: int,
    recipient: str,
    sender: str,
    reason: Reason,
    uuid: str | None = None,
    source_id: MessageId | None = None,
) -> bool:
    """Keep a suppression; return whether that changed anything."""
    given: dict[str, Any] = {"team_id": team_id, "recipient": recipient, "sender": sender, "reason": reason}
    txn.execute(ADD, {**given, "uuid": uuid, "source_id": source_id})
    return _added(txn)


def _told(found: Suppression) -> dict[str, str | None]:
    """Return of a suppression what the trail tells: who it is cannot be told, for nothing is ever taken from the trail."""
    return {"phone": masked(found.recipient), "sender": found.sender or None, "reason": found.reason}


def _added(txn: Txn) -> bool:
    """Mark the teams of the suppressions that a statement has just written, and tell their webhooks."""
    added = [Suppression(*row) for row in txn.fetchall()]
    if added:
        txn.execute(MARK, {"teams": sorted({each.team_id for each in added})})
    for each in added:
        hooks.emit(txn, each.team_id, "optout", attrs.asdict(each), subject=each.source_id)
    return bool(added)


def _add_as(txn: Txn, by: Actor, wanted: Suppression) -> None:
    """Keep a suppression under its uuid, which its team was told.

    Raises:
        OtherUuid: there is one already, under another uuid.
    """
    kept = add(txn, by, wanted.team_id, wanted.recipient, wanted.sender, wanted.reason, wanted.uuid)
    if kept.uuid != wanted.uuid:
        raise OtherUuid


class OtherUuid(Exception):
    """Somebody is suppressed already, which another transaction wrote."""


@attrs.frozen
class Suppressions:
    """The suppressions of teams, for the API; each call is one transaction of the pool."""

    _database: Database
    _new_uuid: Callable[[], str]
    _now_ms: Callable[[], int]

    async def page(
        self, team_id: int, *, limit: int, offset: int, recipient: str | None = None, sender: str | None = None
    ) -> Sequence[Suppression]:
        """Return suppressions of the team, newest first."""
        return await self._database.run("suppressions.page", page, Wanted(team_id, recipient, sender), limit, offset)

    async def count(self, team_id: int, *, recipient: str | None = None, sender: str | None = None) -> tuple[int, bool]:
        """Return how many there are, and whether that is an estimate."""
        return await self._database.run("suppressions.count", count, Wanted(team_id, recipient, sender))

    async def add(
        self, by: Actor, team_id: int, recipient: str, sender: str, kept: Callable[[Suppression], Kept | None]
    ) -> Suppression:
        """Suppress somebody; a second time changes nothing, and returns what there is.

        Args:
            by: who does.
            team_id: whose messages.
            recipient: E.164 without the plus.
            sender: a name, or `ALL_SENDERS`.
            kept: gives the reply to the call, to be kept in the same commit.

        Raises:
            Repeated: the call has been done before; nothing was done now.
        """
        while True:
            there = await self._database.run("suppressions.find", find, team_id, recipient, sender)
            made = there or Suppression(self._new_uuid(), team_id, recipient, sender, "api", None, self._now_ms())
            try:
                await run_once(self._database, kept(made), "suppressions.add", _add_as, by, made)
            except OtherUuid:  # another call was faster, and is found now
                continue
            return made

    async def take_away(self, by: Actor, team_id: int, uuid: str) -> Suppression:
        """Take one away and return what it was.

        Raises:
            NotFound: the team has none of that uuid.
            BadValue: it is the operator's.
        """
        return await self._database.run("suppressions.take_away", take_away, by, team_id, uuid)
