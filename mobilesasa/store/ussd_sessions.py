"""USSD sessions as teams see them: who dialled what, how far they came, and how it ended. What was typed is not shown."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from mobilesasa.core.errors import BadValue
from mobilesasa.core.ids import canonical, first_id_at
from mobilesasa.store import paging
from mobilesasa.store.database import Txn, row_of_uuid
from mobilesasa.ussd.views import SessionRecord, SessionStatus, WantedSessions

MISSING: Final = "there is no such USSD session"
_NONE: Final = "00000000-0000-0000-0000-000000000000"  # names nothing

# What its actions could not do is in their rows, and in its own when those have gone (`ussd_keeping`).
_SELECT: Final = """
SELECT ussd_session.id, gateway, msisdn, network, code, ussd_session.extension,
       (SELECT uuid FROM ussd_extension WHERE ussd_extension.id = extension_id),
       (SELECT uuid FROM ussd_menu WHERE ussd_menu.id = menu_id), version, screen, steps, coalesce(outcome, 'live'),
       (extract(epoch FROM started_at) * 1000)::bigint, (extract(epoch FROM last_at) * 1000)::bigint,
       (extract(epoch FROM ended_at) * 1000)::bigint, concat_ws('; ', nullif(trouble, ''), (
           SELECT string_agg(concat(kind, CASE WHEN due_at IS NULL THEN ' was given up: ' ELSE ' is tried again: ' END, problem), '; '
                             ORDER BY n)
           FROM ussd_action WHERE session_id = ussd_session.id AND problem IS NOT NULL))
FROM ussd_session
"""

FIND = f"{_SELECT} WHERE ussd_session.id = %(uuid)s AND team_id = %(team_id)s"

_WANTED: Final = """
WHERE team_id = %(team_id)s AND (%(msisdn)s::text IS NULL OR msisdn = %(msisdn)s)
  AND (%(live)s::boolean IS NULL OR (ended_at IS NULL) = %(live)s)
  AND (%(outcome)s::text IS NULL OR coalesce(outcome, 'live') = %(outcome)s)
  AND (%(extension)s::uuid IS NULL OR extension_id = (
       SELECT wanted.id FROM ussd_extension AS wanted WHERE wanted.uuid = %(extension)s AND wanted.team_id = %(team_id)s))
  AND (%(menu)s::uuid IS NULL OR menu_id = (
       SELECT wanted.id FROM ussd_menu AS wanted WHERE wanted.uuid = %(menu)s AND wanted.team_id = %(team_id)s))
  AND (%(troubled)s::boolean IS NULL OR %(troubled)s = (trouble <> '' OR EXISTS (
       SELECT FROM ussd_action WHERE session_id = ussd_session.id AND problem IS NOT NULL)))
  AND (%(from_id)s::uuid IS NULL OR ussd_session.id >= %(from_id)s) AND (%(until_id)s::uuid IS NULL OR ussd_session.id < %(until_id)s)
"""

PAGE = f"{_SELECT} {_WANTED} ORDER BY ussd_session.id DESC LIMIT %(limit)s OFFSET %(offset)s"

COUNT = f"SELECT count(*), count(*) FROM (SELECT FROM ussd_session {_WANTED} LIMIT %(limit)s) AS newest"

ESTIMATE = f"EXPLAIN (FORMAT JSON) SELECT FROM ussd_session {_WANTED}"


def page(
    txn: Txn, wanted: WantedSessions, limit: int, offset: int, after: str | None
) -> tuple[list[SessionRecord], str | None]:
    """Return sessions, newest first, and the key of the last one where there are more behind it.

    Raises:
        BadValue: `after` is not such a key.
    """
    meant = _meant(wanted)
    if after is not None:
        known = canonical(after)
        if known is None:
            raise BadValue("the cursor is not one of this list")
        meant["until_id"] = known if meant["until_id"] is None else min(known, meant["until_id"])
    txn.execute(PAGE, meant | {"limit": limit + 1, "offset": offset})
    found = list(map(_record, txn.fetchall()))
    return found[:limit], found[limit - 1].uuid if len(found) > limit else None


def count(txn: Txn, wanted: WantedSessions) -> tuple[int, bool]:
    """Return how many sessions there are, and whether that is an estimate."""
    return paging.count(txn, COUNT, ESTIMATE, _meant(wanted))


def find(txn: Txn, team_id: int, uuid: str) -> SessionRecord:
    """Return a session with the team; `NotFound` when there is none of that uuid."""
    return _record(row_of_uuid(txn, FIND, uuid, MISSING, team_id=team_id))


def _meant(wanted: WantedSessions) -> dict[str, Any]:
    outcome = None if wanted.status is None else wanted.status.value  # of what is live there is none in the store
    named = {"extension": wanted.extension_uuid, "menu": wanted.menu_uuid}
    return {
        "team_id": wanted.team_id,
        "msisdn": wanted.msisdn,
        "live": True
        if wanted.live is None and wanted.status is SessionStatus.LIVE
        else wanted.live,  # there is an index of them
        "outcome": outcome,
        "troubled": wanted.troubled,
        "from_id": None if wanted.from_ms is None else first_id_at(wanted.from_ms),
        "until_id": None if wanted.until_ms is None else first_id_at(wanted.until_ms),
        **{name: None if uuid is None else canonical(uuid) or _NONE for name, uuid in named.items()},
    }


def _record(row: Sequence[Any]) -> SessionRecord:
    return SessionRecord(
        uuid=row[0], gateway=row[1], msisdn=row[2], network=row[3], code=row[4], extension=row[5], extension_uuid=row[6],
        menu_uuid=row[7], version=row[8], screen=row[9], steps=row[10], status=SessionStatus(row[11]),
        started_at_ms=row[12], last_at_ms=row[13], ended_at_ms=row[14], trouble=row[15],
    )  # fmt: skip
