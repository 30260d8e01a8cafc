"""The bound SMPP sessions of all nodes: their places among those of their teams (decision 96, I10).

A node takes a place before it answers a bind and gives it back when the session is gone. What it could not give back,
because the database was away or because it died, is found when somebody looks (`reconcile`).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import attrs

from mobilesasa.core.sessions import LiveSession
from mobilesasa.store.database import Database, Txn, one_row
from mobilesasa.store.holds import What
from mobilesasa.store.living import LIVING, SETTLING_S
from mobilesasa.store.rows import as_json

CHANNEL: Final = "probe"  # nodes listen there for teams whose sessions are to give a sign of life

# Before the count, in a statement of its own: the next one sees what whoever had the lock before us has committed.
ONE_AT_A_TIME = "SELECT pg_advisory_xact_lock(hashtext('mobilesasa places'), %(team_id)s)"

TAKE = (
    "WITH"
    + LIVING
    + """
INSERT INTO smpp_session (session_id, run, team_id, node, shown)
SELECT %(session_id)s, %(run)s, %(team_id)s, %(node)s, shown
FROM json_to_recordset(%(shown)s) AS given (shown jsonb) WHERE %(most)s > (
    SELECT count(*) FROM smpp_session WHERE team_id = %(team_id)s AND session_id <> %(session_id)s
      AND (run = %(run)s OR run IN (SELECT run FROM living)))
ON CONFLICT (session_id) DO UPDATE SET since = now() RETURNING session_id
"""
)

LEAVE = "DELETE FROM smpp_session WHERE session_id = ANY(%(session_ids)s)"

CALL = (
    "WITH"
    + LIVING
    + """
SELECT pg_notify('probe', %(team_id)s || ' ' || %(run)s) WHERE EXISTS (
    SELECT FROM smpp_session WHERE team_id = %(team_id)s AND run <> %(run)s AND run IN (SELECT run FROM living))
"""
)

# A row that is younger than the last look may be of a session that asked for its place after this one was begun.
RECONCILE = (
    "WITH"
    + LIVING
    + """, gone AS (
    DELETE FROM smpp_session WHERE run = %(run)s AND since <= %(looked_at)s AND session_id <> ALL(%(session_ids)s)
), dead AS (
    DELETE FROM smpp_session WHERE run <> %(run)s AND run NOT IN (SELECT run FROM living)
      AND run NOT IN (SELECT id FROM node_run WHERE ended_at IS NULL)
), back AS (
    INSERT INTO smpp_session (session_id, run, team_id, node, shown)
    SELECT session_id, %(run)s, team_id, %(node)s, shown
    FROM json_to_recordset(%(held)s) AS held (session_id text, team_id integer, shown jsonb)
    ON CONFLICT DO NOTHING
)
SELECT now()
"""
)

ALL = (
    "WITH"
    + LIVING
    + """
SELECT session_id, node, team_id, shown FROM smpp_session WHERE run IN (SELECT run FROM living) ORDER BY since, session_id
"""
)


@attrs.frozen
class Elsewhere:
    """A session as any node knows it."""

    session_id: str
    node: str
    team_id: int
    shown: Mapping[str, str]


@attrs.frozen
class Here:
    """The process that asks: its run, the name of its node, and how long a server must be up before its locks count."""

    run: int
    node: str
    settling_s: float = SETTLING_S

    def given(self, **more: object) -> dict[str, Any]:
        """Return the parameters of a statement."""
        return {
            "run": self.run, "node": self.node, "run_lock": What.RUN, "settling_s": self.settling_s, **more,
        }  # fmt: skip


def take(txn: Txn, here: Here, session: LiveSession, most: int) -> bool:
    """Take a place for a session, if its team has fewer than `most` over all living nodes; one that it has stays its own."""
    shown = as_json([{"shown": dict(session.shown)}])
    given = here.given(session_id=session.session_id, team_id=session.team_id, shown=shown, most=most)
    txn.execute(ONE_AT_A_TIME, given)
    txn.execute(TAKE, given)
    return txn.fetchone() is not None


def leave(txn: Txn, session_ids: Collection[str]) -> None:
    """Give places back."""
    txn.execute(LEAVE, {"session_ids": list(session_ids)})


def call(txn: Txn, here: Here, team_id: int) -> bool:
    """Have the other nodes probe a team's sessions; returns whether any has some."""
    txn.execute(CALL, here.given(team_id=team_id))
    return txn.fetchone() is not None


def reconcile(
    txn: Txn, here: Here, asking: Collection[str], held: Sequence[LiveSession], looked_at: datetime | None
) -> datetime:
    """Make the rows agree with what there is, and drop those of processes that are dead; returns when.

    Args:
        txn: the transaction; it may run twice.
        here: who looks.
        asking: sessions whose places are being asked for.
        held: the sessions of this process that have places; a row that is missing is put back.
        looked_at: when this process looked the last time; None: never.
    """
    rows = [{"session_id": each.session_id, "team_id": each.team_id, "shown": dict(each.shown)} for each in held]
    ids = [*asking, *(each.session_id for each in held)]
    txn.execute(RECONCILE, here.given(session_ids=ids, held=as_json(rows), looked_at=looked_at))
    at: datetime = one_row(txn)[0]
    return at


def all_sessions(txn: Txn, settling_s: float = SETTLING_S) -> list[Elsewhere]:
    """Return the sessions of all nodes that live, oldest first."""
    txn.execute(ALL, {"run_lock": What.RUN, "settling_s": settling_s})
    return [Elsewhere(*row) for row in txn.fetchall()]


class StoredPlaces:
    """The places as the SMPP server needs them: implements `smsc.places.Book`. All of it raises `StoreAway`.

    Args:
        database: the pool.
        here: this process.
    """

    def __init__(self, database: Database, here: Here) -> None:
        """Look at nothing yet."""
        self._database = database
        self._here = here
        self._looked_at: datetime | None = None

    async def take(self, session: LiveSession, most: int) -> bool:
        """See `take`."""
        return await self._database.run("sessions.take", take, self._here, session, most)

    async def leave(self, session_ids: Collection[str]) -> None:
        """See `leave`."""
        await self._database.run("sessions.leave", leave, session_ids)

    async def call(self, team_id: int) -> bool:
        """See `call`."""
        return await self._database.run("sessions.call", call, self._here, team_id)

    async def reconcile(self, asking: Collection[str], held: Sequence[LiveSession]) -> None:
        """See `reconcile`; one at a time."""
        before = self._looked_at
        self._looked_at = await self._database.run("sessions.reconcile", reconcile, self._here, asking, held, before)
