"""Notices: put into the spool by the statement that brings them about, and read from its rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from mobilesasa.core.ids import made_at_ms
from mobilesasa.core.model import Failure, MessageId, Notice, State, Step
from mobilesasa.store import hooks
from mobilesasa.store.database import Txn

# Ends every statement that spools notices. Before it stands `due`: the messages (all columns) whose team is owed one.
NOTICES: Final = """, owed AS MATERIALIZED (
    SELECT nextval(pg_get_serial_sequence('spool', 'id')) AS spool_id, due.* FROM due
), spooled AS (
    INSERT INTO spool (id, team_id, message_id, state, failure, error, done_at) OVERRIDING SYSTEM VALUE
    SELECT spool_id, team_id, id, state, failure, coalesce(error, ''), done_at FROM owed
), told AS (
    SELECT spool_id, team_id, id, sender, recipient, state, failure, coalesce(error, '') AS error, parts,
           (extract(epoch FROM done_at) * 1000)::bigint AS done_at_ms, options
    FROM owed
)
"""

# Behind the rows of `told`: those of `moved` that have come to their end, and whose team has a webhook, without a spool id.
HOOKED: Final = (
    """
SELECT NULL::bigint, team_id, id, NULL::text, NULL::text, state, NULL::text, NULL::text, NULL::smallint, NULL::bigint, NULL::jsonb
FROM moved
WHERE open_parts = 0 AND state >= 30 AND team_id IN """
    + hooks.HOOKED_TEAMS
    + " "
)

#: What `spool.state` means.
STATES: Final[Mapping[int, State | Step]] = {
    int(state): state for state in (Step.ACCEPTED, Step.ENROUTE, State.DELIVERED, State.FAILED)
}


def notices(txn: Txn) -> list[Notice]:
    """Read the rows of a statement that ended with `NOTICES`, and tell webhooks of those that came by `HOOKED`."""
    return read(txn, txn.fetchall())


def read(txn: Txn, rows: Sequence[tuple[Any, ...]]) -> list[Notice]:
    """Read rows with the columns of `told`; what came by `HOOKED` is told to webhooks."""
    hooked = [row[2] for row in rows if row[0] is None]
    if hooked:
        hooks.messages(txn, hooked)
    return [notice_of(row) for row in rows if row[0] is not None]


def notice_of(row: tuple[Any, ...]) -> Notice:
    """Read a row with the columns of `told`."""
    message_id: MessageId = row[2]
    return Notice(
        spool_id=row[0],
        team_id=row[1],
        message_id=message_id,
        sender=row[3],
        recipient=row[4],
        state=STATES[row[5]],
        failure=Failure(row[6]) if row[6] else None,
        error=row[7],
        parts=row[8],
        submitted_at_ms=made_at_ms(message_id),
        done_at_ms=row[9],
        options=row[10],
    )
