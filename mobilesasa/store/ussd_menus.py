"""Menus of teams: drafts that are changed, and versions that are published and never change (decision 84)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import orjson

from mobilesasa.core.actors import Actor
from mobilesasa.core.callable_urls import Reach
from mobilesasa.core.errors import BadDefinition, BadValue, BadWebhookUrl, Fault, MenuChanged, MenuInUse, NotFound
from mobilesasa.core.ids import canonical
from mobilesasa.store import paging, trail
from mobilesasa.store.database import Txn, one_row, row_of_uuid
from mobilesasa.ussd.checking import Known, check
from mobilesasa.ussd.reading import menu_json, read_menu
from mobilesasa.ussd.views import MENUS_MAX, MenuRecord, Publishing, VersionRecord
from mobilesasa.ussd.visits import facts_of

MISSING: Final = "there is no such USSD menu"

_DIALS: Final = """array(
    SELECT '*' || digits || CASE extension WHEN '' THEN '' ELSE '*' || extension END || '#'
    FROM ussd_extension JOIN ussd_code ON ussd_code.id = code_id
    WHERE menu_id = ussd_menu.id AND ussd_extension.status = 'approved' ORDER BY digits, extension)"""

_COLUMNS: Final = f"""ussd_menu.uuid, name, draft ->> 'language', (SELECT count(*) FROM json_object_keys(draft -> 'screens')), revision,
    ussd_menu.version, published.definition IS NULL OR draft::jsonb <> published.definition::jsonb,
    (extract(epoch FROM created_at) * 1000)::bigint, (extract(epoch FROM updated_at) * 1000)::bigint,
    (extract(epoch FROM published_at) * 1000)::bigint, {_DIALS}"""

_FROM: Final = """ussd_menu LEFT JOIN ussd_menu_version AS published
    ON published.menu_id = ussd_menu.id AND published.version = ussd_menu.version"""

FIND = f"SELECT {_COLUMNS}, draft FROM {_FROM} WHERE uuid = %(uuid)s AND team_id = %(team_id)s"

LOCK = "SELECT id, revision, version, draft FROM ussd_menu WHERE uuid = %(uuid)s AND team_id = %(team_id)s FOR UPDATE"

_WANTED: Final = """
WHERE team_id = %(team_id)s AND (%(search)s IS NULL OR position(lower(%(search)s) in lower(name)) > 0)
"""

PAGE = f"SELECT {_COLUMNS}, NULL FROM {_FROM} {_WANTED} ORDER BY ussd_menu.id DESC LIMIT %(limit)s OFFSET %(offset)s"

COUNT = f"SELECT count(*), count(*) FROM (SELECT FROM ussd_menu {_WANTED} LIMIT %(limit)s) AS newest"

ESTIMATE = f"EXPLAIN (FORMAT JSON) SELECT FROM ussd_menu {_WANTED}"

HOW_MANY = "SELECT count(*) FROM ussd_menu WHERE team_id = %(team_id)s"

INSERT = """
INSERT INTO ussd_menu (uuid, team_id, name, draft, secret, created_at, updated_at)
VALUES (%(uuid)s, %(team_id)s, %(name)s, %(draft)s, %(secret)s, to_timestamp(%(at_s)s), to_timestamp(%(at_s)s))
"""

CHANGE = """
UPDATE ussd_menu SET name = %(name)s, draft = %(draft)s, revision = revision + 1, updated_at = to_timestamp(%(at_s)s) WHERE id = %(id)s
"""

USED_BY = """
SELECT digits, extension FROM ussd_extension JOIN ussd_code ON ussd_code.id = code_id
WHERE menu_id = %(id)s AND ussd_extension.status <> 'rejected' ORDER BY ussd_extension.id LIMIT 1
"""

# Sessions under way find no menu at their next step; what its screens counted goes with it.
DELETE = """
WITH counted AS (DELETE FROM ussd_screen WHERE menu_id = %(id)s)
DELETE FROM ussd_menu WHERE id = %(id)s
"""

UNLINK = "UPDATE ussd_extension SET menu_id = NULL WHERE menu_id = %(id)s AND status = 'rejected'"

PUBLISH = """
INSERT INTO ussd_menu_version (menu_id, version, definition, note, published_at, published_by)
SELECT id, coalesce(version, 0) + 1, draft, %(note)s, to_timestamp(%(at_s)s), coalesce(
    (SELECT name FROM token WHERE uuid = %(by)s::uuid), (SELECT name FROM app_user WHERE uuid = %(by)s::uuid), %(by_name)s)
FROM ussd_menu WHERE id = %(id)s RETURNING version
"""

NOW_IS = "UPDATE ussd_menu SET version = %(version)s WHERE id = %(id)s"

ROTATE = "UPDATE ussd_menu SET secret = %(secret)s WHERE id = %(id)s"

SIGNED = "SELECT uuid, secret FROM ussd_menu WHERE id = %(id)s"

_VERSION: Final = """
SELECT version, note, (extract(epoch FROM published_at) * 1000)::bigint, published_by, {} FROM ussd_menu_version
WHERE menu_id = (SELECT id FROM ussd_menu WHERE uuid = %(uuid)s AND team_id = %(team_id)s)
"""

VERSIONS = _VERSION.format("NULL") + " ORDER BY version DESC LIMIT %(limit)s OFFSET %(offset)s"

VERSION = _VERSION.format("definition") + " AND version = %(version)s"

HOW_MANY_VERSIONS = """
SELECT count(*) FROM ussd_menu_version WHERE menu_id = (SELECT id FROM ussd_menu WHERE uuid = %(uuid)s AND team_id = %(team_id)s)
"""

# What actions of a menu may name, and the country whose numbers are read.
TARGETS = """
SELECT array(SELECT name FROM sender WHERE team_id = %(team_id)s AND status = 'approved'),
       array(SELECT uuid::text FROM sender WHERE team_id = %(team_id)s AND status = 'approved'),
       array(SELECT uuid::text FROM survey WHERE team_id = %(team_id)s AND status = 'live'),
       array(SELECT uuid::text FROM contact_group WHERE team_id = %(team_id)s),
       array(SELECT name FROM contact_attribute WHERE team_id = %(team_id)s)
"""

PERSON = """
SELECT first_name, last_name, attributes FROM contact WHERE team_id = %(team_id)s AND phone = %(msisdn)s AND deleted_at IS NULL
"""

DROP_OFF = """
SELECT screen, day::text, sum(shown)::bigint, sum("left")::bigint FROM ussd_screen
WHERE menu_id = (SELECT id FROM ussd_menu WHERE uuid = %(uuid)s AND team_id = %(team_id)s)
  AND day BETWEEN %(from_day)s::date AND %(until_day)s::date AND (%(version)s::integer IS NULL OR version = %(version)s)
GROUP BY screen, day ORDER BY day, screen
"""


def page(txn: Txn, team_id: int, search: str | None, limit: int, offset: int) -> list[MenuRecord]:
    """Return menus of a team with a text in their names, newest first, without their definitions."""
    txn.execute(PAGE, {"team_id": team_id, "search": search, "limit": limit, "offset": offset})
    return list(map(_record, txn.fetchall()))


def count(txn: Txn, team_id: int, search: str | None) -> tuple[int, bool]:
    """Return how many there are, and whether that is an estimate."""
    return paging.count(txn, COUNT, ESTIMATE, {"team_id": team_id, "search": search})


def find(txn: Txn, team_id: int, uuid: str) -> MenuRecord:
    """Return a menu of the team; `NotFound` when it has none of that uuid."""
    return _record(row_of_uuid(txn, FIND, uuid, MISSING, team_id=team_id))


def create(
    txn: Txn, by: Actor, team_id: int, uuid: str, definition: Mapping[str, Any], secret: str, at_ms: int
) -> MenuRecord:
    """Keep a menu.

    Raises:
        BadDefinition: it cannot be read.
        BadValue: the team has too many.
        AccessEnded: who asks no longer may.
    """
    given = _drafted(definition)
    trail.note(txn, by, "ussd_menu.create", uuid, team_id=team_id, after={"name": given["name"]})
    txn.execute(HOW_MANY, {"team_id": team_id})
    if one_row(txn)[0] >= MENUS_MAX:
        raise BadValue(f"the team has {MENUS_MAX} menus already; delete one")
    txn.execute(INSERT, given | {"uuid": uuid, "team_id": team_id, "secret": secret, "at_s": at_ms / 1000})
    return find(txn, team_id, uuid)


def change(
    txn: Txn, by: Actor, team_id: int, uuid: str, definition: Mapping[str, Any], revision: int | None, at_ms: int
) -> MenuRecord:
    """Let the draft say something else; what is published stays as it is.

    Raises:
        NotFound: the team has no such menu.
        BadDefinition: it cannot be read.
        MenuChanged: a revision is given, and the draft has another.
        AccessEnded: who asks no longer may.
    """
    given = _drafted(definition)
    menu_id, has, _, was = row_of_uuid(txn, LOCK, uuid, MISSING, team_id=team_id)
    _check_revision(txn, team_id, uuid, has, revision)
    before, after = trail.differences({"name": was.get("name")}, {"name": given["name"]})
    trail.note(
        txn, by, "ussd_menu.update", _known(uuid), team_id=team_id, before=before, after=after | {"revision": has + 1}
    )
    txn.execute(CHANGE, given | {"id": menu_id, "at_s": at_ms / 1000})
    return find(txn, team_id, uuid)


def delete(txn: Txn, by: Actor, team_id: int, uuid: str) -> MenuRecord:
    """Remove a menu with its versions, and return what it was.

    Raises:
        NotFound: the team has no such menu.
        MenuInUse: it answers at an extension, or is to.
        AccessEnded: who asks no longer may.
    """
    menu_id = row_of_uuid(txn, LOCK, uuid, MISSING, team_id=team_id)[0]
    was = find(txn, team_id, uuid)
    trail.note(txn, by, "ussd_menu.delete", was.uuid, team_id=team_id, before={"name": was.name})
    txn.execute(USED_BY, {"id": menu_id})
    for code, extension in txn.fetchall():
        dial = f"*{code}*{extension}#" if extension else f"*{code}#"
        raise MenuInUse(f"the menu answers at {dial}; let something else answer there first")
    txn.execute(UNLINK, {"id": menu_id})
    txn.execute(DELETE, {"id": menu_id})
    return was


def publish(txn: Txn, by: Actor, team_id: int, uuid: str, said: Publishing, reach: Reach, at_ms: int) -> MenuRecord:
    """Make a version of the draft, which answers from now on; none where the draft is the version that answers.

    Raises:
        NotFound: the team has no such menu.
        BadDefinition: the draft has faults.
        MenuChanged: a revision is given, and the draft has another.
        AccessEnded: who asks no longer may.
    """
    menu_id, has, _, draft = row_of_uuid(txn, LOCK, uuid, MISSING, team_id=team_id)
    _check_revision(txn, team_id, uuid, has, said.revision)
    was = find(txn, team_id, uuid)
    if not was.changed:
        return was
    trail.note(txn, by, "ussd_menu.publish", _known(uuid), team_id=team_id, after={"note": said.note})
    found = faults(txn, team_id, draft, reach)
    if found:
        raise BadDefinition(found)
    given = {"id": menu_id, "note": said.note, "at_s": at_ms / 1000, "by": by.uuid, "by_name": by.name}
    txn.execute(PUBLISH, given)
    txn.execute(NOW_IS, {"id": menu_id, "version": one_row(txn)[0]})
    return find(txn, team_id, uuid)


def rotate(txn: Txn, by: Actor, team_id: int, uuid: str, secret: str) -> None:
    """Give a menu a new secret for the calls of its webhooks.

    Raises:
        NotFound: the team has no such menu.
        AccessEnded: who asks no longer may.
    """
    menu_id = row_of_uuid(txn, LOCK, uuid, MISSING, team_id=team_id)[0]
    trail.note(txn, by, "ussd_menu.rotate", _known(uuid), team_id=team_id)
    txn.execute(ROTATE, {"id": menu_id, "secret": secret})


def signed(txn: Txn, menu_id: int) -> tuple[str, str] | None:
    """Return a menu's uuid, and the secret with which calls of its webhooks are signed; None: it is gone."""
    txn.execute(SIGNED, {"id": menu_id})
    row: tuple[str, str] | None = txn.fetchone()
    return row


def faults(txn: Txn, team_id: int, definition: Mapping[str, Any], reach: Reach) -> Sequence[Fault]:
    """Return all that is in the way of publishing a definition.

    Raises:
        BadDefinition: it cannot be read.
    """
    txn.execute(TARGETS, {"team_id": team_id})
    names, uuids, surveys, groups, attributes = map(frozenset, one_row(txn))

    def url_fault(url: str) -> str | None:
        try:
            reach.check(url)
        except BadWebhookUrl as bad:
            return str(bad)
        return None

    known = Known(senders=names | uuids, surveys=surveys, groups=groups, attributes=attributes, url_fault=url_fault)
    return check(read_menu(definition), known)


def versions(txn: Txn, team_id: int, uuid: str, limit: int, offset: int) -> list[VersionRecord]:
    """Return the versions of a menu, newest first, without their definitions; `NotFound` when the team has no such menu."""
    found = find(txn, team_id, uuid).uuid
    txn.execute(VERSIONS, {"team_id": team_id, "uuid": found, "limit": limit, "offset": offset})
    return [_version(found, row) for row in txn.fetchall()]


def count_versions(txn: Txn, team_id: int, uuid: str) -> tuple[int, bool]:
    """Return how many there are, and False."""
    txn.execute(HOW_MANY_VERSIONS, {"team_id": team_id, "uuid": canonical(uuid)})
    return one_row(txn)[0], False


def version(txn: Txn, team_id: int, uuid: str, number: int) -> VersionRecord:
    """Return one; `NotFound` when there is none."""
    return _version(
        _known(uuid), row_of_uuid(txn, VERSION, uuid, "there is no such version", team_id=team_id, version=number)
    )


def person(txn: Txn, team_id: int, msisdn: str) -> Mapping[str, str]:
    """Return what the team's contact of a number says; empty where there is none."""
    txn.execute(PERSON, {"team_id": team_id, "msisdn": msisdn})
    row = txn.fetchone()
    return {} if row is None else facts_of(*row)


def drop_off(
    txn: Txn, team_id: int, uuid: str, number: int | None, from_day: str, until_day: str
) -> list[tuple[str, str, int, int]]:
    """Return screen, day, how often it was shown, and how often it was left; `NotFound` when the team has no such menu."""
    known = canonical(uuid)
    if known is None:
        raise NotFound(MISSING)
    find(txn, team_id, known)
    given = {"team_id": team_id, "uuid": known, "version": number, "from_day": from_day, "until_day": until_day}
    txn.execute(DROP_OFF, given)
    return list(txn.fetchall())


def _drafted(definition: Mapping[str, Any]) -> dict[str, Any]:
    menu = read_menu(definition)
    return {"name": menu.name, "draft": orjson.dumps(menu_json(menu)).decode()}


def _check_revision(txn: Txn, team_id: int, uuid: str, has: int, revision: int | None) -> None:
    """Refuse what somebody does with a draft that they have not seen.

    Raises:
        MenuChanged: a revision is given, and the draft has another; with who changed it.
    """
    if revision is not None and revision != has:
        last = trail.last_change(txn, team_id, _known(uuid), "ussd_menu.update", has)
        raise MenuChanged(f"the draft is at revision {has} by now, not at {revision}; read it, and try again", last)


def _known(uuid: str) -> str:
    return uuid.lower()


def _version(uuid: str, row: Sequence[Any]) -> VersionRecord:
    number, note, published_at_ms, published_by, definition = row
    return VersionRecord(
        menu_uuid=uuid, version=number, definition=definition, note=note, published_at_ms=published_at_ms,
        published_by=published_by,
    )  # fmt: skip


def _record(row: Sequence[Any]) -> MenuRecord:
    return MenuRecord(
        uuid=row[0], name=row[1], language=row[2] or "en", screens=row[3], revision=row[4], version=row[5],
        changed=row[6], created_at_ms=row[7], updated_at_ms=row[8], published_at_ms=row[9], dials=tuple(row[10]),
        definition=row[11],
    )  # fmt: skip
