"""Contacts of teams: made, changed, deleted, one of a phone at a time (decisions 48-51). Their lists are in `contact_lists`.

What is written into the trail of a contact are the names of its fields and not what is in them: the trail is for ever,
and a person may ask to be forgotten (`erasures`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import attrs
import orjson
from psycopg2 import errors

from mobilesasa.contacts.fields import WrongValue, merged
from mobilesasa.contacts.model import Contact, Details, Scalar
from mobilesasa.core.actors import Actor
from mobilesasa.core.errors import AlreadyExists, BadValue
from mobilesasa.core.idempotency import Kept
from mobilesasa.core.ids import canonical
from mobilesasa.store.database import Database, Txn, row_of_uuid
from mobilesasa.store.idempotency import run_once
from mobilesasa.store.trail import note

#: What `read` reads, from `contact`.
COLUMNS: Final = """contact.uuid, phone, first_name, last_name, email, notes, attributes,
    (extract(epoch FROM contact.created_at) * 1000)::bigint, (extract(epoch FROM contact.updated_at) * 1000)::bigint,
    EXISTS (SELECT FROM suppression WHERE suppression.team_id = contact.team_id AND recipient = phone)"""

CREATE = """
INSERT INTO contact (uuid, team_id, phone, first_name, last_name, email, notes, attributes, created_at, updated_at)
VALUES (%(uuid)s, %(team_id)s, %(phone)s, %(first_name)s, %(last_name)s, %(email)s, %(notes)s, %(attributes)s,
        to_timestamp(%(at_ms)s / 1000.0), to_timestamp(%(at_ms)s / 1000.0))
ON CONFLICT (team_id, phone) WHERE deleted_at IS NULL DO NOTHING
"""

OF_PHONE = "SELECT uuid FROM contact WHERE team_id = %(team_id)s AND phone = %(phone)s AND deleted_at IS NULL"

FIND = f"SELECT {COLUMNS} FROM contact WHERE uuid = %(uuid)s AND team_id = %(team_id)s AND deleted_at IS NULL"

GROUPS = """
SELECT contact_group.uuid, name FROM contact
JOIN group_member ON contact_id = contact.id JOIN contact_group ON contact_group.id = group_id
WHERE contact.uuid = %(uuid)s AND contact.team_id = %(team_id)s AND contact_group.team_id = %(team_id)s
ORDER BY folded
"""

LOCK = f"{FIND} FOR NO KEY UPDATE OF contact"

CHANGE = """
UPDATE contact SET phone = %(phone)s, first_name = %(first_name)s, last_name = %(last_name)s, email = %(email)s,
                   notes = %(notes)s, attributes = %(attributes)s, updated_at = now()
WHERE uuid = %(uuid)s AND team_id = %(team_id)s AND deleted_at IS NULL
"""

DELETE = """
UPDATE contact SET deleted_at = now(), updated_at = now()
WHERE team_id = %(team_id)s AND uuid = ANY(%(uuids)s::uuid[]) AND deleted_at IS NULL RETURNING id, uuid
"""

# By a statement of its own, which sees into which groups they were put while the one before waited for their rows.
LEAVE_GROUPS = "DELETE FROM group_member WHERE contact_id = ANY(%(ids)s)"

ATTRIBUTES = "SELECT name FROM contact_attribute WHERE team_id = %(team_id)s ORDER BY name"


@attrs.frozen
class Change:
    """What of a contact is to change: a field that is not named stays."""

    phone: str | None = None
    texts: Mapping[str, str | None] = attrs.field(factory=dict, repr=False)  # of `contacts.fields.TEXTS`; None: nothing
    attributes: Mapping[str, Scalar | None] | None = attrs.field(factory=dict, repr=False)  # None: none are left


def create(txn: Txn, by: Actor, team_id: int, contact: Contact) -> None:
    """Keep a contact that the team does not have.

    Raises:
        AlreadyExists: it has one of this phone; the refusal has its uuid (decision 48).
        AccessEnded: the caller's token was revoked meanwhile.
    """
    details = contact.details
    named = [name for name, value in attrs.asdict(details).items() if value]
    note(txn, by, "contact.create", contact.uuid, team_id=team_id, after={"fields": ["phone", *named]})
    txn.execute(CREATE, _row(team_id, contact) | {"at_ms": contact.created_at_ms})
    if txn.rowcount == 0:
        raise taken(txn, team_id, contact.phone)


def find(txn: Txn, team_id: int, uuid: str) -> Contact:
    """Return a contact of the team with its groups.

    Raises:
        NotFound: the team has none of that uuid.
    """
    found = _found(txn, FIND, team_id, uuid)
    txn.execute(GROUPS, {"team_id": team_id, "uuid": found.uuid})
    return attrs.evolve(found, groups=tuple(txn.fetchall()))


def change(txn: Txn, by: Actor, team_id: int, uuid: str, asked: Change) -> Contact:
    """Change what is named of a contact, and return what it is then (decision 50).

    Raises:
        NotFound: the team has none of that uuid.
        AlreadyExists: another contact has the phone.
        BadValue: it would have too many attributes.
        AccessEnded: the caller's token was revoked meanwhile.
    """
    was = _found(txn, LOCK, team_id, uuid)
    try:
        attributes = merged(was.details.attributes, asked.attributes)
    except WrongValue as wrong:
        raise BadValue(f"attributes {wrong}") from wrong
    details = attrs.evolve(was.details, **asked.texts, attributes=attributes)
    becomes = attrs.evolve(was, phone=asked.phone or was.phone, details=details)
    changed = _differences(was, becomes)
    if changed:
        note(txn, by, "contact.update", was.uuid, team_id=team_id, after={"fields": changed})
        _write(txn, team_id, becomes)
    return find(txn, team_id, uuid)


def _write(txn: Txn, team_id: int, contact: Contact) -> None:
    txn.execute("SAVEPOINT changing")
    try:
        txn.execute(CHANGE, _row(team_id, contact))
    except errors.UniqueViolation as clash:
        txn.execute("ROLLBACK TO SAVEPOINT changing")
        raise taken(txn, team_id, contact.phone) from clash


def delete(txn: Txn, by: Actor, team_id: int, uuids: Sequence[str]) -> list[str]:
    """Delete contacts; return the uuids of those that there were.

    They leave their groups, their messages stay, and their phones may have other contacts (decision 51).

    Raises:
        AccessEnded: the caller's token was revoked meanwhile.
    """
    known = sorted({found for found in map(canonical, uuids) if found is not None})
    subject = known[0] if len(known) == 1 else ""
    note(txn, by, "contact.delete", subject, team_id=team_id, after={"contacts": known})
    txn.execute(DELETE, {"team_id": team_id, "uuids": known})
    gone = txn.fetchall()
    txn.execute(LEAVE_GROUPS, {"ids": [contact_id for contact_id, _ in gone]})
    return [uuid for _, uuid in gone]


def delete_one(txn: Txn, by: Actor, team_id: int, uuid: str) -> Contact:
    """Delete a contact and return what it was.

    Raises:
        NotFound: the team has none of that uuid.
        AccessEnded: the caller's token was revoked meanwhile.
    """
    was = _found(txn, LOCK, team_id, uuid)
    delete(txn, by, team_id, [was.uuid])
    return was


def attributes(txn: Txn, team_id: int) -> list[str]:
    """Return the names of the attributes that contacts of the team have, or once had."""
    txn.execute(ATTRIBUTES, {"team_id": team_id})
    return [name for (name,) in txn.fetchall()]


def taken(txn: Txn, team_id: int, phone: str) -> AlreadyExists:
    """Return the refusal of a phone that a contact of the team has, with the uuid of that."""
    txn.execute(OF_PHONE, {"team_id": team_id, "phone": phone})
    row = txn.fetchone()
    return AlreadyExists("the team has a contact with this phone already", None if row is None else row[0])


def read(row: Sequence[Any]) -> Contact:
    """Return the contact of a row of `COLUMNS`."""
    uuid, phone, first_name, last_name, email, notes, attributes, created_at_ms, updated_at_ms, suppressed = row
    details = Details(first_name, last_name, email, notes, attributes)
    return Contact(uuid, phone, details, created_at_ms, updated_at_ms, suppressed)


def _found(txn: Txn, statement: str, team_id: int, uuid: str) -> Contact:
    return read(row_of_uuid(txn, statement, uuid, "there is no such contact", team_id=team_id))


def _differences(was: Contact, becomes: Contact) -> list[str]:
    before, after = attrs.asdict(was.details), attrs.asdict(becomes.details)
    phone = ["phone"] if was.phone != becomes.phone else []
    return [*phone, *(name for name in after if before[name] != after[name])]


def _row(team_id: int, contact: Contact) -> dict[str, Any]:
    row = attrs.asdict(contact.details) | {"team_id": team_id, "uuid": contact.uuid, "phone": contact.phone}
    return row | {"attributes": orjson.dumps(contact.details.attributes).decode()}


@attrs.frozen
class Contacts:
    """The contacts of teams, for the API; each call is one transaction of the pool. Lists are `contact_lists`'."""

    _database: Database

    async def create(self, by: Actor, team_id: int, contact: Contact, kept: Kept | None) -> None:
        """Keep a contact that the team does not have."""
        await run_once(self._database, kept, "contacts.create", create, by, team_id, contact)

    async def find(self, team_id: int, uuid: str) -> Contact:
        """Return a contact of the team with its groups."""
        return await self._database.run("contacts.find", find, team_id, uuid)

    async def change(
        self,
        by: Actor,
        team_id: int,
        uuid: str,
        *,
        phone: str | None,
        texts: Mapping[str, str | None],
        attributes: Mapping[str, Scalar | None] | None,
    ) -> Contact:
        """Change what is named of a contact, and return what it is then."""
        asked = Change(phone, texts, attributes)
        return await self._database.run("contacts.change", change, by, team_id, uuid, asked)

    async def delete(self, by: Actor, team_id: int, uuid: str) -> Contact:
        """Delete a contact and return what it was."""
        return await self._database.run("contacts.delete", delete_one, by, team_id, uuid)

    async def delete_many(self, by: Actor, team_id: int, uuids: Sequence[str]) -> Sequence[str]:
        """Delete contacts; return the uuids of those that there were."""
        return await self._database.run("contacts.delete_many", delete, by, team_id, uuids)

    async def attributes(self, team_id: int) -> Sequence[str]:
        """Return the names of the attributes that contacts of the team have, or once had."""
        return await self._database.run("contacts.attributes", attributes, team_id)
