"""Reports, read from the sums that `store.rollups` keeps, so that it does not matter how many messages are stored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import attrs

from mobilesasa.core.reporting import (
    DELIVERED_CLASSES_MS,
    QUARTER_MS,
    SENT_CLASSES_MS,
    Figures,
    Group,
    Latencies,
    Period,
    Usage,
    Wanted,
)
from mobilesasa.store.database import Database, Txn, one_row

GROUPS_MAX: Final = 1000  # that a report lists

_FIGURES: Final = tuple(field.name for field in attrs.fields(Figures))
_SUMS: Final = ", ".join(f"coalesce(sum({name}), 0)::bigint" for name in _FIGURES)

_MEANT: Final = """
FROM rollup JOIN rollup_network ON rollup_network.id = network_id
WHERE team_id = %(team_id)s AND quarter >= %(begin)s AND quarter < %(end)s
  AND (%(sender)s::text IS NULL OR sender = %(sender)s) AND (%(network)s::text IS NULL OR network = %(network)s)
  AND (%(country)s::text IS NULL OR country = %(country)s) AND (%(carrier_id)s::integer IS NULL OR carrier_id = %(carrier_id)s)
  AND (%(campaign)s::uuid IS NULL OR campaign = %(campaign)s)
"""

TOTAL: Final = f"SELECT {_SUMS} {_MEANT}"


def _by(key: str, country: str = "''", order: str = "sum(accepted) DESC, 1, 2") -> str:
    return f"SELECT {key}, {country}, {_SUMS} {_MEANT} GROUP BY 1, 2 ORDER BY {order} LIMIT {GROUPS_MAX}"


#: How messages are put together, by what is common to them. The spans are those of `starts`, counted from 0.
GROUPED: Final[Mapping[str, str]] = {
    "span": _by("width_bucket(quarter, %(starts)s::integer[]) - 1", order="1"),
    "sender": _by("sender"),
    "network": _by("network", "country"),
    "carrier": _by("carrier_id"),
    "campaign": _by("nullif(campaign, '00000000-0000-0000-0000-000000000000')::text"),
}


def _classes(column: str, bounds_ms: Sequence[int]) -> str:
    each = (f"coalesce(sum({column}[{n}]), 0)" for n in range(1, len(bounds_ms) + 2))
    return f"ARRAY[{', '.join(each)}]::bigint[]"


LATENCIES: Final = (
    f"SELECT {_classes('sent_within', SENT_CLASSES_MS)}, {_classes('delivered_within', DELIVERED_CLASSES_MS)} {_MEANT}"
)

# Charges are those of the messages themselves, for the ledger has an entry for each commit; the other kinds have few. Messages of
# campaigns are counted with the others, and paid for by what those reserve.
USAGE: Final = """
SELECT 'charge', width_bucket(quarter, %(starts)s::integer[]) - 1 AS span,
       -coalesce(sum(units) FILTER (WHERE campaign = '00000000-0000-0000-0000-000000000000'), 0)::bigint, sum(accepted)::bigint
FROM rollup WHERE team_id = %(team_id)s AND quarter >= %(begin)s AND quarter < %(end)s GROUP BY span
UNION ALL
SELECT kind, width_bucket((extract(epoch FROM at) * 1000)::bigint / %(quarter_ms)s, %(starts)s::bigint[]) - 1 AS span,
       sum(units)::bigint, count(*)
FROM ledger WHERE team_id = %(team_id)s AND kind <> 'charge'
  AND at >= to_timestamp(%(begin)s::bigint * %(quarter_ms)s / 1000) AND at < to_timestamp(%(end)s::bigint * %(quarter_ms)s / 1000)
GROUP BY kind, span
ORDER BY span, 1
"""

STANDING: Final = """
SELECT zone, country, (SELECT (extract(epoch FROM counted_at) * 1000)::bigint FROM rollup_state),
       EXISTS (SELECT FROM rollup_stale WHERE team_id = %(team_id)s)
FROM team WHERE id = %(team_id)s
"""


@attrs.frozen
class Standing:
    """How far the sums of a team are."""

    zone: str | None  # in which its days begin and end; None: that of its country
    country: str
    counted_at_ms: int | None  # what happened until then is in the sums; None: nothing is known yet
    is_recounting: bool  # some of its quarters are being counted again


def standing(txn: Txn, team_id: int) -> Standing:
    """Return how far the sums of a team are, and in which zone its days are."""
    txn.execute(STANDING, {"team_id": team_id})
    return Standing(*one_row(txn))


def total(txn: Txn, wanted: Wanted) -> Figures:
    """Return the sums of all messages that are meant."""
    txn.execute(TOTAL, _given(wanted))
    return Figures(**dict(zip(_FIGURES, one_row(txn), strict=True)))


def grouped(txn: Txn, wanted: Wanted, by: str, starts_ms: Sequence[int] = ()) -> list[Group]:
    """Return sums by what messages have in common, a key of `GROUPED`: the largest first, spans in order and without the empty ones.

    Args:
        txn: the transaction.
        wanted: which messages.
        by: what is common.
        starts_ms: where spans begin.
    """
    txn.execute(GROUPED[by], _given(wanted, starts_ms))
    return [
        Group(key=key, country=country, figures=Figures(**dict(zip(_FIGURES, sums, strict=True))))
        for key, country, *sums in txn.fetchall()
    ]


def latencies(txn: Txn, wanted: Wanted) -> Latencies:
    """Return how long messages took."""
    txn.execute(LATENCIES, _given(wanted))
    sent, delivered = one_row(txn)
    return Latencies(sent_within=tuple(sent), delivered_within=tuple(delivered))


def usage(txn: Txn, team_id: int, period: Period, starts_ms: Sequence[int]) -> list[Usage]:
    """Return the units of a team by the ledger's kinds and by span, in order."""
    txn.execute(USAGE, {**_given(Wanted(team_id=team_id, period=period), starts_ms), "quarter_ms": QUARTER_MS})
    return [Usage(*row) for row in txn.fetchall()]


def _given(wanted: Wanted, starts_ms: Sequence[int] = ()) -> dict[str, Any]:
    begin, end = wanted.period.quarters
    values = attrs.asdict(wanted, recurse=False)
    del values["period"]
    return {**values, "begin": begin, "end": end, "starts": [at_ms // QUARTER_MS for at_ms in starts_ms]}


@attrs.frozen
class Reports:
    """The reports of teams, for the API; each call is one transaction of the pool."""

    _database: Database

    async def standing(self, team_id: int) -> Standing:
        """Return how far the sums of a team are, and in which zone its days are."""
        return await self._database.run("figures.standing", standing, team_id)

    async def total(self, wanted: Wanted) -> Figures:
        """Return the sums of all messages that are meant."""
        return await self._database.run("figures.total", total, wanted)

    async def grouped(self, wanted: Wanted, by: str, starts_ms: Sequence[int] = ()) -> Sequence[Group]:
        """Return sums by what messages have in common: `span`, `sender`, `network`, `carrier`, `campaign`."""
        return await self._database.run("figures.grouped", grouped, wanted, by, starts_ms)

    async def latencies(self, wanted: Wanted) -> Latencies:
        """Return how long messages took."""
        return await self._database.run("figures.latencies", latencies, wanted)

    async def usage(self, team_id: int, period: Period, starts_ms: Sequence[int]) -> Sequence[Usage]:
        """Return the units of a team by the ledger's kinds and by span."""
        return await self._database.run("figures.usage", usage, team_id, period, starts_ms)
