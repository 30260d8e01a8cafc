"""The ledger as a team reads it: its entries, newest first, with the balance behind each.

How to think about it: an entry says what it changed, not what was left, for it is written by the statement that charges
hundreds of messages. The balance behind an entry is the sum up to it. So that this is a short sum, every `EVERY` entries of
a team have a mark, which a round of the sweeper writes: the balance behind one entry, once all entries before it must have
been committed or never will be. What is newer than that is counted down from what the team has now. The number of an entry is
given to it within its transaction, so numbers are in the order of time but for the length of a transaction; that is also why a
mark tells where the entries of a time begin.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import attrs

from mobilesasa.core.errors import NotFound
from mobilesasa.core.filters import LedgerFilter, LedgerKind
from mobilesasa.store import paging
from mobilesasa.store.database import Database, Txn

EVERY: Final = 256  # entries of a team from one mark to the next
MARKS_MAX: Final = 100  # of a team that are written at once
SETTLED_S: Final = 300  # no statement takes so long: what is older than this has been committed, or never will be

# Where the entries of a time begin and end, as far as marks can say. A message names the entry that paid for it.
_WANTED = """
FROM ledger WHERE team_id = %(team_id)s AND (%(kind)s::text IS NULL OR kind = %(kind)s)
  AND (%(before)s::bigint IS NULL OR id < %(before)s) AND (%(campaign_uuid)s::uuid IS NULL OR campaign_uuid = %(campaign_uuid)s)
  AND (%(message_id)s::uuid IS NULL OR id = ANY (ARRAY(
        SELECT charge_id FROM message WHERE id = %(message_id)s AND team_id = %(team_id)s
        UNION ALL SELECT id FROM ledger WHERE message_id = %(message_id)s AND kind = 'refund')))
  AND (%(from_s)s::float8 IS NULL OR (at >= to_timestamp(%(from_s)s) AND id > coalesce((
        SELECT ledger_id FROM ledger_mark WHERE team_id = %(team_id)s AND at < to_timestamp(%(from_s)s - %(settled_s)s)
        ORDER BY at DESC, ledger_id DESC LIMIT 1), 0)))
  AND (%(to_s)s::float8 IS NULL OR (at < to_timestamp(%(to_s)s) AND id <= coalesce((
        SELECT ledger_id FROM ledger_mark WHERE team_id = %(team_id)s AND at > to_timestamp(%(to_s)s + %(settled_s)s)
        ORDER BY at, ledger_id LIMIT 1), 9223372036854775807)))
"""

_MARK = """LATERAL (
    SELECT ledger_id, balance FROM ledger_mark WHERE team_id = %(team_id)s AND ledger_id <= entry.id
    ORDER BY ledger_id DESC LIMIT 1
) AS mark"""

_SUM = "(SELECT coalesce(sum(units), 0) FROM ledger WHERE team_id = %(team_id)s AND id > {} AND id <= {})"

# What no mark covers yet may be all that a busy team was charged in ten minutes. So the balance behind the newest entry of the page is
# counted from the mark below it or down from what the team has now, whichever is nearer, and that of each other one from its mark or
# down from the newest.
PAGE = f"""
WITH entry AS MATERIALIZED (
    SELECT id, kind, units, messages, message_id, campaign_uuid, note, at {_WANTED} ORDER BY id DESC LIMIT %(limit)s OFFSET %(offset)s
), now AS MATERIALIZED (
    SELECT balance, (SELECT max(id) FROM ledger WHERE team_id = %(team_id)s) AS id FROM team WHERE id = %(team_id)s
), newest AS MATERIALIZED (
    SELECT entry.id, CASE WHEN now.id - entry.id <= entry.id - coalesce(mark.ledger_id, 0)
                          THEN now.balance - {_SUM.format("entry.id", "now.id")}
                          ELSE coalesce(mark.balance, 0) + {_SUM.format("coalesce(mark.ledger_id, 0)", "entry.id")} END AS balance
    FROM (SELECT max(id) AS id FROM entry) AS entry CROSS JOIN now LEFT JOIN {_MARK} ON true
)
SELECT entry.id, kind, units, messages, message_id, campaign_uuid, note, (extract(epoch FROM at) * 1000)::bigint,
       (CASE WHEN newest.id - entry.id <= entry.id - coalesce(mark.ledger_id, 0)
             THEN newest.balance - {_SUM.format("entry.id", "newest.id")}
             ELSE coalesce(mark.balance, 0) + {_SUM.format("coalesce(mark.ledger_id, 0)", "entry.id")} END)::bigint
FROM entry CROSS JOIN newest LEFT JOIN {_MARK} ON true
ORDER BY entry.id DESC
"""

COUNT = f"SELECT count(*), count(*) FROM (SELECT {_WANTED} LIMIT %(limit)s) AS newest"

ESTIMATE = f"EXPLAIN (FORMAT JSON) SELECT {_WANTED}"

# The next marks of each team that has entries enough behind its last one. Teams are few; the entries looked at are bounded.
MARK = """
INSERT INTO ledger_mark (team_id, ledger_id, at, balance)
SELECT team.id, next.id, next.at, coalesce(mark.balance, 0) + next.units
FROM team LEFT JOIN LATERAL (
    SELECT ledger_id, balance FROM ledger_mark WHERE team_id = team.id ORDER BY ledger_id DESC LIMIT 1
) AS mark ON true, LATERAL (
    SELECT id, max(at) OVER rising AS at, sum(units) OVER rising AS units, row_number() OVER rising AS n FROM (
        SELECT id, at, units FROM ledger WHERE team_id = team.id AND id > coalesce(mark.ledger_id, 0)
        ORDER BY id LIMIT %(limit)s
    ) AS behind WINDOW rising AS (ORDER BY id)
) AS next
WHERE n %% %(every)s = 0 AND next.at < now() - make_interval(secs => %(settled_s)s)
ON CONFLICT DO NOTHING
"""


STANDING = """
SELECT balance, (SELECT coalesce(sum(price_units), 0)::bigint FROM pending WHERE team_id = team.id) + (
    SELECT coalesce(sum(reserved_units - captured_units), 0)::bigint FROM campaign
    WHERE team_id = team.id AND phase IN ('scheduled', 'sending', 'paused')), low_balance_units
FROM team WHERE id = %(team_id)s
"""


@attrs.frozen
class Standing:
    """A team's units at this moment."""

    available_units: int
    reserved_units: int  # of messages that no carrier has taken yet, and of recipients of campaigns that have none yet
    low_balance_units: int | None  # below which the team is told


@attrs.frozen
class Entry:
    """What changed a team's balance."""

    id: int
    kind: LedgerKind
    units: int  # what it gave, or took where it is negative
    messages: int  # how many messages a charge covers, or a campaign's units are or were for
    message_id: str | None  # of a refund
    campaign_uuid: str | None  # of what a campaign reserved, gave back, or got back for a message
    note: str | None  # of a top-up or adjustment
    at_ms: int
    balance_units: int  # behind it


def standing(txn: Txn, team_id: int) -> Standing:
    """Return what a team can spend, and what is reserved.

    Raises:
        NotFound: there is no such team.
    """
    txn.execute(STANDING, {"team_id": team_id})
    row = txn.fetchone()
    if row is None:
        raise NotFound("there is no such team")
    return Standing(*row)


def page(txn: Txn, wanted: LedgerFilter, limit: int, offset: int) -> list[Entry]:
    """Return entries, newest first, without the newest `offset` of them."""
    txn.execute(PAGE, {**_parameters(wanted), "limit": limit, "offset": offset})
    return [Entry(*row) for row in txn.fetchall()]


def count(txn: Txn, wanted: LedgerFilter, counted: int = paging.COUNTED) -> tuple[int, bool]:
    """Return how many entries there are, and whether that is an estimate."""
    return paging.count(txn, COUNT, ESTIMATE, _parameters(wanted), counted)


def mark(txn: Txn, every: int = EVERY, settled_s: float = SETTLED_S, most: int = MARKS_MAX) -> int:
    """Write the next marks of each team that has entries enough; returns how many, to be called again until it is none."""
    txn.execute(MARK, {"every": every, "settled_s": settled_s, "limit": every * most})
    return txn.rowcount


def _parameters(wanted: LedgerFilter) -> dict[str, Any]:
    return {
        "team_id": wanted.team_id,
        "kind": wanted.kind,
        "campaign_uuid": wanted.campaign_uuid,
        "message_id": wanted.message_id,
        "before": wanted.before,
        "from_s": None if wanted.from_ms is None else wanted.from_ms / 1000,
        "to_s": None if wanted.to_ms is None else wanted.to_ms / 1000,
        "settled_s": SETTLED_S,
    }


@attrs.frozen
class Ledger:
    """The ledgers of teams, for the API; each call is one transaction of the pool."""

    _database: Database

    async def standing(self, team_id: int) -> Standing:
        """Return what a team has; see `standing`."""
        return await self._database.run("ledger.standing", standing, team_id)

    async def page(self, wanted: LedgerFilter, *, limit: int, offset: int) -> Sequence[Entry]:
        """Return entries, newest first."""
        return await self._database.run("ledger.page", page, wanted, limit, offset)

    async def count(self, wanted: LedgerFilter) -> tuple[int, bool]:
        """Return how many entries there are, and whether that is an estimate."""
        return await self._database.run("ledger.count", count, wanted)
