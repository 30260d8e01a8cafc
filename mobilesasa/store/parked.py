"""The tray of receipts whose message nobody knows, as an operator looks into it (`store.reports` puts them there).

Most leave it by themselves: the answer to the submit comes, and takes what waits under its id (`store.outcomes`). What
is left there has an id that is written otherwise than all that was believed of its carrier, or is of no message of ours.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

import attrs

from mobilesasa.core.actors import Actor
from mobilesasa.core.errors import BadValue, NotFound
from mobilesasa.core.idempotency import Kept
from mobilesasa.core.model import MessageId, Notice, Report, State
from mobilesasa.store import doubts, paging, trail
from mobilesasa.store.database import Database, Txn
from mobilesasa.store.idempotency import run_once
from mobilesasa.store.replays import CHANNEL
from mobilesasa.store.reports import report, report_of
from mobilesasa.store.rows import as_json

CHUNK: Final = 500  # receipts tried in one transaction

SHOW = """
SELECT parked.id, coalesce(carrier.name, parked.carrier_id::text), parked.report,
       (extract(epoch FROM parked.at) * 1000)::bigint
FROM parked_report AS parked LEFT JOIN carrier ON carrier.id = parked.carrier_id
WHERE %(carrier_id)s::integer IS NULL OR parked.carrier_id = %(carrier_id)s
ORDER BY parked.id DESC LIMIT %(limit)s OFFSET %(offset)s
"""

_WANTED = "FROM parked_report WHERE %(carrier_id)s::integer IS NULL OR carrier_id = %(carrier_id)s"

COUNT = f"SELECT count(*) {_WANTED}"

COUNT_SOME = f"SELECT count(*), count(*) FROM (SELECT {_WANTED} LIMIT %(limit)s) AS newest"

ESTIMATE = f"EXPLAIN (FORMAT JSON) SELECT {_WANTED}"

NEXT = """
SELECT id, report, coalesce(spellings, '{}') FROM parked_report
WHERE id > %(after)s AND (%(carrier_id)s::integer IS NULL OR carrier_id = %(carrier_id)s)
  AND (%(only)s::bigint IS NULL OR id = %(only)s) AND (%(upto)s::bigint IS NULL OR id <= %(upto)s)
ORDER BY id LIMIT %(limit)s FOR UPDATE SKIP LOCKED
"""

# As with receipts that the answer finds, one that came an hour before its message was sent is of an earlier use of the id.
TAKE_FITTING = """
DELETE FROM parked_report WHERE id IN (
    SELECT asked.id FROM json_to_recordset(%(rows)s) AS asked (id bigint, carrier_id integer, refs json), LATERAL (
        SELECT at FROM parked_report WHERE id = asked.id OFFSET 0) AS kept, LATERAL (
        SELECT FROM json_array_elements_text(asked.refs) AS spelt (ref), LATERAL (
            SELECT sent_at FROM awaiting WHERE carrier_id = asked.carrier_id AND ref = spelt.ref OFFSET 0) AS waits
        WHERE waits.sent_at < kept.at + interval '1 hour' LIMIT 1) AS found)
RETURNING id
"""

FIND = "SELECT carrier_id, report FROM parked_report WHERE id = %(id)s"

TAKE_SOME = "DELETE FROM parked_report WHERE id = ANY(%(ids)s)"

# The parts that may be meant: of a message, also those without an id of the carrier's, or the one of such an id.
PARTS_OF_MESSAGE = """
SELECT waits.ref, waits.message_id, waits.part, waits.failed FROM message
JOIN LATERAL awaited_names(message.refs, message.id, parts) AS each (ref) ON true
JOIN LATERAL (
    SELECT * FROM awaiting WHERE carrier_id = %(carrier_id)s AND ref = each.ref AND message_id = message.id OFFSET 0
) AS waits ON true
WHERE message.id = %(message_id)s ORDER BY waits.part
"""

PART_OF_REF = """
SELECT ref, message_id, part, failed FROM awaiting WHERE carrier_id = %(carrier_id)s AND ref = %(ref)s
"""

IS_THERE = "SELECT EXISTS (SELECT FROM message WHERE id = %(message_id)s)"

TAKE = "DELETE FROM parked_report WHERE id = %(id)s"

LOCK_PART = "SELECT failed FROM awaiting WHERE carrier_id = %(carrier_id)s AND ref = %(ref)s FOR UPDATE"

TELL = "SELECT pg_notify(%(channel)s, team::text) FROM unnest(%(teams)s) AS team"


@attrs.frozen
class Parked:
    """A receipt that waits for its message."""

    id: int
    carrier: str  # its name, or its number when it is gone
    report: Report
    at_ms: int  # when it came, since the epoch


@attrs.frozen
class Retry:
    """How far a second look at parked receipts has come."""

    carrier_id: int | None = None  # None: of all carriers
    after: int = 0
    only: int | None = None  # this one alone
    upto: int | None = None  # none behind this one
    looked_at: int = 0
    matched: int = 0
    done: bool = False


@attrs.frozen
class Wanted:
    """Whose a receipt is, as an operator says it: the message's, or the part's that has an id of the carrier's."""

    message_id: MessageId | None = None
    part: int | None = None  # from 1; None where one part alone waits
    ref: str | None = None


@attrs.frozen
class Match:
    """A parked receipt, and the part for which it is settled."""

    id: int
    message_id: MessageId
    part: int
    report: Report  # with the carrier's id of the part


def show(txn: Txn, carrier_id: int | None, limit: int) -> tuple[int, list[Parked]]:
    """Return how many receipts are parked, of one carrier or of all, and the newest of them."""
    txn.execute(COUNT, {"carrier_id": carrier_id})
    ((number,),) = txn.fetchall()
    return number, page(txn, carrier_id, limit)


def page(txn: Txn, carrier_id: int | None, limit: int, offset: int = 0) -> list[Parked]:
    """Return receipts that are parked, of one carrier or of all, newest first, without the newest `offset` of them."""
    txn.execute(SHOW, {"carrier_id": carrier_id, "limit": limit, "offset": offset})
    return [Parked(id_, name, report_of(kept), at_ms) for id_, name, kept, at_ms in txn.fetchall()]


def count(txn: Txn, carrier_id: int | None, counted: int = paging.COUNTED) -> tuple[int, bool]:
    """Return how many receipts are parked, of one carrier or of all, and whether that is an estimate."""
    return paging.count(txn, COUNT_SOME, ESTIMATE, {"carrier_id": carrier_id}, counted)


def go_on(txn: Txn, retry: Retry, spell: Callable[[str], tuple[str, ...]], limit: int = CHUNK) -> Retry:
    """Settle those of the next parked receipts that fit a message now; call it until it is `done`.

    Each is looked up under the id that it has and under all that `spell` makes of it, and then by number and time among
    the parts in doubt. What fits nothing stays as it is, as old as it is.
    """
    wanted = {name: getattr(retry, name) for name in ("after", "carrier_id", "only", "upto")} | {"limit": limit}
    txn.execute(NEXT, wanted)
    looked_at = [(id_, report_of(kept), spellings) for id_, kept, spellings in txn.fetchall()]
    refs = {
        id_: tuple(dict.fromkeys((heard.ref, *spellings, *spell(heard.ref)))) for id_, heard, spellings in looked_at
    }
    rows = [{"id": id_, "carrier_id": heard.carrier_id, "refs": refs[id_]} for id_, heard, _ in looked_at]
    txn.execute(TAKE_FITTING, {"rows": as_json(rows)})
    fitting = {id_ for (id_,) in txn.fetchall()}
    again = [_once_more(heard, refs[id_]) for id_, heard, _ in looked_at if id_ in fitting]
    rest = [(id_, attrs.evolve(heard, unsure=bool(known))) for id_, heard, known in looked_at if id_ not in fitting]
    doubted = doubts.find(txn, rest)
    if doubted:
        txn.execute(TAKE_SOME, {"ids": list(doubted)})
        again += [attrs.evolve(heard, unsure=False, repeated=True) for id_, heard in rest if id_ in doubted]
    if again:
        _tell(txn, report(txn, again))
    return attrs.evolve(
        retry,
        after=max(refs, default=retry.after),
        looked_at=retry.looked_at + len(looked_at),
        matched=retry.matched + len(fitting) + len(doubted),
        done=len(looked_at) < limit,
    )


def find_match(txn: Txn, parked_id: int, wanted: Wanted) -> Match:
    """Return the part that a parked receipt is to be settled for; nothing is changed yet.

    Raises:
        NotFound: there is no such receipt, or no such message.
        BadValue: the part waits for no receipt of this carrier, or several do and none was named.
    """
    txn.execute(FIND, {"id": parked_id})
    row = txn.fetchone()
    if row is None:
        raise _gone(parked_id)
    heard = report_of(row[1])
    known = {"carrier_id": row[0], "message_id": wanted.message_id, "ref": wanted.ref}
    txn.execute(PARTS_OF_MESSAGE if wanted.ref is None else PART_OF_REF, known)
    waiting = [each for each in txn.fetchall() if _takes(heard, failed=each[3])]
    fitting = [each for each in waiting if wanted.part in (None, each[2])]
    if len(fitting) > 1:
        numbers = ", ".join(str(part) for _, _, part, _ in fitting)
        raise BadValue(f"the parts {numbers} of the message wait for receipts; say which is meant")
    if not fitting:
        raise _unfit(txn, wanted)
    ((ref, message_id, part, _),) = fitting
    return Match(parked_id, message_id, part, attrs.evolve(heard, carrier_id=row[0], ref=ref, repeated=True))


def settle(txn: Txn, by: Actor, match: Match) -> None:
    """Settle a parked receipt for a part, as if it had come with the right id; it leaves the tray.

    Raises:
        NotFound: the receipt is not there any more.
        BadValue: the part does not wait any more.
        AccessEnded: whoever settles it no longer may.
    """
    after = {"message": match.message_id, "part": match.part}
    trail.note(txn, by, "receipt.match", str(match.id), team_id=None, after=after)
    txn.execute(TAKE, {"id": match.id})
    if txn.rowcount == 0:
        raise _gone(match.id)
    heard = match.report
    txn.execute(LOCK_PART, {"carrier_id": heard.carrier_id, "ref": heard.ref})
    row = txn.fetchone()
    if row is None or not _takes(heard, failed=row[0]):
        raise _waits_not()
    _tell(txn, report(txn, [heard]))


def match_now(txn: Txn, by: Actor, parked_id: int, wanted: Wanted) -> Match:
    """Find the part that a parked receipt is for and settle it; raises as `find_match`."""
    match = find_match(txn, parked_id, wanted)
    settle(txn, by, match)
    return match


def begin_again(txn: Txn, by: Actor, retry: Retry) -> None:
    """Write down that somebody has parked receipts looked at once more; see `go_on`.

    Raises:
        AccessEnded: they no longer may.
    """
    asked = {"carrier": retry.carrier_id, "after": retry.after or None, "receipt": retry.only}
    after = {name: value for name, value in asked.items() if value is not None}
    trail.note(txn, by, "receipt.replay", "", team_id=None, after=after)


def _takes(heard: Report, *, failed: bool) -> bool:
    """Say whether a part still takes a receipt: one that failed takes a late "delivered" alone."""
    return not failed or heard.state is State.DELIVERED


def _unfit(txn: Txn, wanted: Wanted) -> NotFound | BadValue:
    if wanted.ref is None:
        txn.execute(IS_THERE, {"message_id": wanted.message_id})
        ((there,),) = txn.fetchall()
        if not there:
            return NotFound("there is no such message")
    return _waits_not()


def _waits_not() -> BadValue:
    return BadValue("no part that is meant waits for such a receipt of this carrier")


def _gone(parked_id: int) -> NotFound:
    return NotFound(f"there is no receipt {parked_id} in the list")


def _once_more(heard: Report, refs: tuple[str, ...]) -> Report:
    """Return a receipt that is as good under each of its ids, and that is not parked again."""
    return attrs.evolve(heard, spell=lambda _: refs, unsure=True, repeated=True)


def _tell(txn: Txn, notices: Sequence[Notice | None]) -> None:
    """Tell the outboxes whom something was spooled for."""
    teams: list[Any] = sorted({notice.team_id for notice in notices if notice is not None})
    if teams:
        txn.execute(TELL, {"channel": CHANNEL, "teams": teams})


@attrs.frozen
class Tray:
    """The parked receipts, for the API; each call is a transaction of the pool, `retry` one a chunk."""

    _database: Database
    _spell: Callable[[str], tuple[str, ...]]  # gives an id's other spellings

    async def page(self, carrier_id: int | None, limit: int, offset: int) -> Sequence[Parked]:
        """See `api.ports.platform.Tray`."""
        return await self._database.run("parked.page", page, carrier_id, limit, offset)

    async def count(self, carrier_id: int | None) -> tuple[int, bool]:
        """See `api.ports.platform.Tray`."""
        return await self._database.run("parked.count", count, carrier_id)

    async def match(
        self,
        by: Actor,
        parked_id: int,
        kept: Callable[[Match], Kept | None],
        *,
        message_id: MessageId | None = None,
        part: int | None = None,
        ref: str | None = None,
    ) -> Match:
        """See `api.ports.platform.Tray`: the reply is known before the commit, which looks whether all is still so."""
        wanted = Wanted(message_id, part, ref)
        found = await self._database.run("parked.find_match", find_match, parked_id, wanted)
        await run_once(self._database, kept(found), "parked.settle", settle, by, found)
        return found

    async def retry(self, by: Actor, carrier_id: int | None, after: int, limit: int) -> Retry:
        """See `api.ports.platform.Tray`."""
        state = Retry(carrier_id, after)
        await self._database.run("parked.begin_again", begin_again, by, state)
        while not state.done and state.looked_at < limit:
            chunk = min(CHUNK, limit - state.looked_at)
            state = await self._database.run("parked.go_on", go_on, state, self._spell, chunk)
        return state

    async def retry_one(self, by: Actor, parked_id: int) -> bool:
        """See `api.ports.platform.Tray`."""
        state = Retry(only=parked_id)
        await self._database.run("parked.begin_again", begin_again, by, state)
        state = await self._database.run("parked.go_on", go_on, state, self._spell)
        if state.looked_at == 0:
            raise _gone(parked_id)
        return state.matched == 1
