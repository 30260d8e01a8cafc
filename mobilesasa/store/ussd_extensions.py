"""Extensions: what people dial of a service code, whose it is, and who answers there (decision 83).

A team asks for one, and the operator decides. Of an extension one team has it at a time: while it is approved or suspended
nobody else can have it, whoever had asked for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import attrs
from psycopg2 import errors

from mobilesasa.core.actors import Actor
from mobilesasa.core.errors import BadValue, ExtensionTaken, NotPublished
from mobilesasa.core.ids import canonical
from mobilesasa.store import paging, trail
from mobilesasa.store.database import Txn, one_row, row_of_uuid
from mobilesasa.ussd.dialling import checked_new_extension, checked_on, checked_words
from mobilesasa.ussd.views import (
    REQUESTS_MAX,
    Answering,
    CodeKind,
    CodeStatus,
    ExtensionRecord,
    ExtensionStatus,
    NewExtension,
    dial_of,
)

MISSING: Final = "there is no such USSD extension"

_SELECT: Final = """
SELECT ussd_extension.uuid, team.code, ussd_code.uuid, digits, extension, ussd_extension.status, ussd_menu.uuid, callback_url,
       ussd_extension.smpp,
       ussd_menu.name, ussd_extension.note, ussd_extension.reason, (extract(epoch FROM ussd_extension.created_at) * 1000)::bigint,
       (extract(epoch FROM ussd_extension.decided_at) * 1000)::bigint, ussd_code.status,
       ARRAY(SELECT other.extension FROM ussd_extension AS other
             WHERE other.code_id = ussd_extension.code_id AND other.status IN ('approved', 'suspended')
               AND other.team_id <> ussd_extension.team_id
               AND (starts_with(other.extension, ussd_extension.extension || '*')
                    OR starts_with(ussd_extension.extension, other.extension || '*')) ORDER BY other.extension),
       ussd_extension.team_id
FROM ussd_extension JOIN ussd_code ON ussd_code.id = code_id JOIN team ON team.id = ussd_extension.team_id
LEFT JOIN ussd_menu ON ussd_menu.id = menu_id
"""

FIND = f"{_SELECT} WHERE ussd_extension.uuid = %(uuid)s AND (%(team_id)s::integer IS NULL OR ussd_extension.team_id = %(team_id)s)"

LOCK = f"{FIND} FOR UPDATE OF ussd_extension"

_WANTED: Final = """
WHERE (%(team_id)s::integer IS NULL OR ussd_extension.team_id = %(team_id)s)
  AND (%(status)s::text IS NULL OR ussd_extension.status = %(status)s)
  AND (%(code)s::text IS NULL OR code_id = (SELECT id FROM ussd_code WHERE digits = %(code)s))
"""

PAGE = f"{_SELECT} {_WANTED} ORDER BY ussd_extension.id DESC LIMIT %(limit)s OFFSET %(offset)s"

COUNT = f"SELECT count(*), count(*) FROM (SELECT FROM ussd_extension {_WANTED} LIMIT %(limit)s) AS newest"

ESTIMATE = f"EXPLAIN (FORMAT JSON) SELECT FROM ussd_extension {_WANTED}"

# Locked, so that its kind stays what it is while an extension is put on it.
CODE = "SELECT id, kind, status FROM ussd_code WHERE digits = %(code)s FOR SHARE"

MENU = "SELECT id, version FROM ussd_menu WHERE uuid = %(uuid)s AND team_id = %(team_id)s FOR SHARE"

WAITING = "SELECT count(*) FROM ussd_extension WHERE team_id = %(team_id)s AND status = 'requested'"

INSERT = """
INSERT INTO ussd_extension (uuid, code_id, team_id, extension, status, menu_id, callback_url, smpp, note, decided_at)
SELECT %(uuid)s, %(code_id)s, %(team_id)s, %(extension)s, %(status)s, %(menu_id)s, %(callback_url)s, %(smpp)s, %(note)s,
       CASE WHEN %(status)s = 'approved' THEN now() END
WHERE NOT EXISTS (SELECT FROM ussd_extension WHERE code_id = %(code_id)s AND extension = %(extension)s
                  AND status IN ('approved', 'suspended'))
ON CONFLICT DO NOTHING
"""

CHANGE = """
UPDATE ussd_extension SET menu_id = %(menu_id)s, callback_url = %(callback_url)s, smpp = %(smpp)s WHERE uuid = %(uuid)s
"""

DECIDE = """
UPDATE ussd_extension SET status = %(status)s, reason = %(reason)s, decided_at = now() WHERE uuid = %(uuid)s
"""

DELETE = "DELETE FROM ussd_extension WHERE uuid = %(uuid)s"


def page(
    txn: Txn, team_id: int | None, status: ExtensionStatus | None, code: str | None, limit: int, offset: int
) -> list[ExtensionRecord]:
    """Return extensions of a team or of all, of a status and on a code (digits), newest first."""
    txn.execute(PAGE, _meant(team_id, status, code) | {"limit": limit, "offset": offset})
    return list(map(_record, txn.fetchall()))


def count(txn: Txn, team_id: int | None, status: ExtensionStatus | None, code: str | None = None) -> tuple[int, bool]:
    """Return how many there are, and whether that is an estimate."""
    return paging.count(txn, COUNT, ESTIMATE, _meant(team_id, status, code))


def find(txn: Txn, uuid: str, team_id: int | None = None) -> ExtensionRecord:
    """Return one, of the team if one is named; `NotFound` when there is none."""
    return _record(row_of_uuid(txn, FIND, uuid, MISSING, team_id=team_id))


def request(txn: Txn, by: Actor, team_id: int, uuid: str, given: NewExtension) -> ExtensionRecord:
    """Keep the request of a team for an extension.

    Raises:
        BadValue: there is no such code or menu, the extension cannot be of the code, or too many requests wait.
        ExtensionTaken: somebody has it, or this team has asked for it.
        NotPublished: the menu has no version.
        AccessEnded: who asks no longer may.
    """
    txn.execute(WAITING, {"team_id": team_id})
    if one_row(txn)[0] >= REQUESTS_MAX:
        raise BadValue(f"{REQUESTS_MAX} requests of the team wait already; let some be decided, or take them back")
    return _add(txn, by, team_id, uuid, given, ExtensionStatus.REQUESTED)


def add(txn: Txn, by: Actor, team_id: int, uuid: str, given: NewExtension) -> ExtensionRecord:
    """Give a team an extension, approved at once; raises as `request`."""
    return _add(txn, by, team_id, uuid, given, ExtensionStatus.APPROVED)


def change(txn: Txn, by: Actor, team_id: int, uuid: str, answering: Answering) -> ExtensionRecord:
    """Have somebody else answer at an extension.

    Raises:
        NotFound: the team has no such extension.
        BadValue: it has no such menu.
        NotPublished: the menu has no version.
        AccessEnded: who asks no longer may.
    """
    was = _record(row_of_uuid(txn, LOCK, uuid, MISSING, team_id=team_id))
    before, after = trail.differences(attrs.asdict(was.answering), attrs.asdict(answering))
    trail.note(txn, by, "ussd_extension.update", was.uuid, team_id=team_id, before=before, after=after)
    txn.execute(CHANGE, _answering(txn, team_id, answering) | {"uuid": was.uuid})
    return find(txn, uuid, team_id)


def delete(txn: Txn, by: Actor, team_id: int, uuid: str) -> ExtensionRecord:
    """Take back a request, or give an extension up, and return what it was; `NotFound` when the team has none."""
    was = _record(row_of_uuid(txn, LOCK, uuid, MISSING, team_id=team_id))
    trail.note(txn, by, "ussd_extension.delete", was.uuid, team_id=team_id, before=_told(was))
    txn.execute(DELETE, {"uuid": was.uuid})
    return was


def decide(txn: Txn, by: Actor, uuid: str, status: ExtensionStatus, reason: str) -> ExtensionRecord:
    """Approve, reject or suspend an extension, which may be decided again.

    Raises:
        NotFound: there is none.
        BadValue: the reason is too long, or a request is what it was before it was decided.
        ExtensionTaken: another team has it by now.
    """
    if status is ExtensionStatus.REQUESTED:
        raise BadValue("a request is decided by approving, rejecting or suspending it")
    words = checked_words(reason, "a reason")
    row = row_of_uuid(txn, LOCK, uuid, MISSING, team_id=None)
    was = _record(row)
    before, after = {"status": was.status.value}, {"status": status.value, "reason": words}
    trail.note(txn, by, "ussd_extension.decide", was.uuid, team_id=row[-1], before=before, after=after)
    txn.execute("SAVEPOINT deciding")
    try:
        txn.execute(DECIDE, {"uuid": was.uuid, "status": status.value, "reason": words})
    except errors.UniqueViolation as clash:
        txn.execute("ROLLBACK TO SAVEPOINT deciding")
        dial = dial_of(was.code, was.extension)
        raise ExtensionTaken(
            f"another team has {dial} by now; reject this request, or take {dial} from that team first"
        ) from clash
    return find(txn, uuid)


def _add(txn: Txn, by: Actor, team_id: int, uuid: str, given: NewExtension, status: ExtensionStatus) -> ExtensionRecord:
    new = checked_new_extension(given)
    txn.execute(CODE, {"code": new.code})
    found = txn.fetchone()
    if found is None or (status is ExtensionStatus.REQUESTED and found[2] != "approved"):
        raise BadValue(f"there is no USSD code {new.code} that an extension can be had of")
    extension = checked_on(CodeKind(found[1]), new.extension)
    after = {"dial": dial_of(new.code, extension), "status": status.value, **attrs.asdict(new.answering)}
    trail.note(txn, by, "ussd_extension.create", uuid, team_id=team_id, after=after)
    row = {"uuid": uuid, "code_id": found[0], "team_id": team_id, "extension": extension, "status": status.value}
    txn.execute(INSERT, row | {"note": new.note} | _answering(txn, team_id, new.answering))
    if not txn.rowcount:
        raise _taken(new.code, extension)
    return find(txn, uuid, team_id)


def _answering(txn: Txn, team_id: int, answering: Answering) -> dict[str, Any]:
    menu_id = None
    if answering.menu_uuid is not None:
        txn.execute(MENU, {"uuid": canonical(answering.menu_uuid), "team_id": team_id})
        found = txn.fetchone()
        if found is None:
            raise BadValue(f"the team has no menu {answering.menu_uuid!r}")
        menu_id, version = found
        if version is None:
            raise NotPublished("the menu was never published; publish it, and then let it answer")
    return {"menu_id": menu_id, "callback_url": answering.callback_url, "smpp": answering.smpp}


def _taken(code: str, extension: str) -> ExtensionTaken:
    return ExtensionTaken(f"{dial_of(code, extension)} is taken, or was asked for already; choose another extension")


def _told(was: ExtensionRecord) -> dict[str, Any]:
    return {"dial": dial_of(was.code, was.extension), "status": was.status.value, **attrs.asdict(was.answering)}


def _meant(team_id: int | None, status: ExtensionStatus | None, code: str | None) -> dict[str, Any]:
    return {"team_id": team_id, "status": None if status is None else status.value, "code": code}


def _record(row: Sequence[Any]) -> ExtensionRecord:
    return ExtensionRecord(
        uuid=row[0], team_code=row[1], code_uuid=row[2], code=row[3], extension=row[4], status=ExtensionStatus(row[5]),
        answering=Answering(menu_uuid=row[6], callback_url=row[7], smpp=row[8]), menu_name=row[9], note=row[10],
        reason=row[11], created_at_ms=row[12], decided_at_ms=row[13], code_status=CodeStatus(row[14]),
        near=[dial_of(row[3], extension) for extension in row[15]],
    )  # fmt: skip
