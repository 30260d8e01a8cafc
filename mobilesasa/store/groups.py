"""Groups of contacts: made, changed and removed, and who is in them (decisions 58-62).

The row of a group is locked by whoever changes who is in it, for its count of members changes with them; so two who add
to one group come one after the other, and a group that is gone takes nobody in.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, TypeAlias, cast

import attrs
from psycopg2 import errors

from mobilesasa.contacts.fields import folded
from mobilesasa.contacts.model import Added, Contact, Group
from mobilesasa.core.actors import Actor
from mobilesasa.core.errors import AlreadyExists, InUse, NotFound
from mobilesasa.core.idempotency import Kept, Mark
from mobilesasa.store import contacts, paging
from mobilesasa.store.database import Database, Txn, row_of_uuid
from mobilesasa.store.idempotency import run_once, run_once_telling
from mobilesasa.store.trail import note

_COLUMNS: Final = """uuid, name, description, members,
    (extract(epoch FROM created_at) * 1000)::bigint, (extract(epoch FROM updated_at) * 1000)::bigint"""

CREATE = """
INSERT INTO contact_group (uuid, team_id, name, folded, description, created_at, updated_at)
VALUES (%(uuid)s, %(team_id)s, %(name)s, %(folded)s, %(description)s,
        to_timestamp(%(at_ms)s / 1000.0), to_timestamp(%(at_ms)s / 1000.0))
ON CONFLICT (team_id, folded) DO NOTHING
"""

OF_NAME = "SELECT uuid FROM contact_group WHERE team_id = %(team_id)s AND folded = %(folded)s"

FIND = f"SELECT {_COLUMNS} FROM contact_group WHERE uuid = %(uuid)s AND team_id = %(team_id)s"

LOCK = "SELECT id FROM contact_group WHERE uuid = %(uuid)s AND team_id = %(team_id)s FOR NO KEY UPDATE"

CHANGE = f"""
UPDATE contact_group SET name = %(name)s, folded = %(folded)s, description = %(description)s, updated_at = now()
WHERE id = %(id)s RETURNING {_COLUMNS}
"""

DELETE = """
WITH members AS (DELETE FROM group_member WHERE group_id = %(id)s)
DELETE FROM contact_group WHERE id = %(id)s
"""

_WANTED = """
FROM contact_group WHERE team_id = %(team_id)s AND (%(search)s IS NULL OR position(%(search)s in folded) > 0)
  AND (%(before_id)s IS NULL OR id < %(before_id)s)
"""

PAGE = f"SELECT id, {_COLUMNS} {_WANTED} ORDER BY id DESC LIMIT %(limit)s OFFSET %(offset)s"

COUNT = f"SELECT count(*), count(*) FROM (SELECT {_WANTED} LIMIT %(limit)s) AS newest"

ESTIMATE = f"EXPLAIN (FORMAT JSON) SELECT {_WANTED}"

# Whom nobody of the team's has, becomes a contact with a phone and no more (decision 60).
MAKE_CONTACTS = """
INSERT INTO contact (uuid, team_id, phone)
SELECT uuid::uuid, %(team_id)s, phone FROM unnest(%(uuids)s::text[], %(phones)s::text[]) AS new (uuid, phone) ORDER BY phone
ON CONFLICT (team_id, phone) WHERE deleted_at IS NULL DO NOTHING RETURNING uuid
"""

# Locked, so that whoever deletes one of them waits, and then takes it out of this group, too.
CONTACTS = f"""
SELECT contact.id, {contacts.COLUMNS} FROM contact
WHERE team_id = %(team_id)s AND phone = ANY(%(phones)s) AND deleted_at IS NULL ORDER BY id FOR SHARE OF contact
"""

ADD = """
INSERT INTO group_member (group_id, contact_id, team_id)
SELECT %(group_id)s, contact_id, %(team_id)s FROM unnest(%(ids)s::bigint[]) AS contact_id
ON CONFLICT DO NOTHING RETURNING contact_id
"""

REMOVE = f"""
WITH gone AS (
    DELETE FROM group_member USING contact
    WHERE group_id = %(group_id)s AND contact.id = contact_id AND contact.team_id = %(team_id)s
      AND phone = ANY(%(phones)s) AND deleted_at IS NULL
    RETURNING contact_id
)
SELECT {contacts.COLUMNS} FROM contact WHERE id IN (SELECT contact_id FROM gone)
"""

#: Says what works with a group (its id) right now, so that it cannot go; None where nothing does.
InUseBy: TypeAlias = Callable[[Txn, int], str | None]


def create(txn: Txn, by: Actor, team_id: int, group: Group) -> None:
    """Keep a group that the team does not have.

    Raises:
        AlreadyExists: it has one of this name, whatever the case; the refusal has its uuid (decision 58).
        AccessEnded: the caller's token was revoked meanwhile.
    """
    after = {"name": group.name, "description": group.description}
    note(txn, by, "group.create", group.uuid, team_id=team_id, after=after)
    row = _row(group.name, group.description) | {"uuid": group.uuid, "at_ms": group.created_at_ms}
    txn.execute(CREATE, row | {"team_id": team_id})
    if txn.rowcount == 0:
        raise _taken(txn, team_id, group.name)


def find(txn: Txn, team_id: int, uuid: str) -> Group:
    """Return a group of the team.

    Raises:
        NotFound: the team has none of that uuid.
    """
    return Group(*row_of_uuid(txn, FIND, uuid, "there is no such group", team_id=team_id))


def change(txn: Txn, by: Actor, team_id: int, uuid: str, fields: Mapping[str, str | None]) -> Group:
    """Change a group's name, its description or both, and return what it is then.

    Raises:
        NotFound: the team has none of that uuid.
        AlreadyExists: another group has the name.
        AccessEnded: the caller's token was revoked meanwhile.
    """
    group_id = lock(txn, team_id, uuid)
    was = find(txn, team_id, uuid)
    becomes = attrs.evolve(was, **cast(dict[str, Any], fields))
    changed = [name for name in fields if getattr(was, name) != getattr(becomes, name)]
    if not changed:
        return was
    before, after = ({name: getattr(each, name) for name in changed} for each in (was, becomes))
    note(txn, by, "group.update", was.uuid, team_id=team_id, before=before, after=after)
    txn.execute("SAVEPOINT changing")
    try:
        txn.execute(CHANGE, _row(becomes.name, becomes.description) | {"id": group_id})
    except errors.UniqueViolation as clash:
        txn.execute("ROLLBACK TO SAVEPOINT changing")
        raise _taken(txn, team_id, becomes.name) from clash
    return Group(*txn.fetchall()[0])


def delete(txn: Txn, by: Actor, team_id: int, uuid: str, in_use: Sequence[InUseBy] = ()) -> Group:
    """Remove a group and return what it was; its contacts stay.

    Raises:
        NotFound: the team has none of that uuid.
        InUse: something works with it (decision 59).
        AccessEnded: the caller's token was revoked meanwhile.
    """
    group_id = lock(txn, team_id, uuid)
    was = find(txn, team_id, uuid)
    for user in in_use:
        using = user(txn, group_id)
        if using is not None:
            raise InUse(f"the group is in use by {using}")
    before = {"name": was.name, "description": was.description, "members": was.members}
    note(txn, by, "group.delete", was.uuid, team_id=team_id, before=before)
    txn.execute(DELETE, {"id": group_id})
    return was


def page(
    txn: Txn, team_id: int, search: str | None, limit: int, offset: int, after: str | None
) -> tuple[list[Group], str | None]:
    """Return groups, newest first, and the key of the last one when there are more behind it.

    Raises:
        BadValue: `after` is not such a key.
    """
    before_id = None if after is None else paging.key_id(after)[0]
    given = {"team_id": team_id, "search": _searched(search), "before_id": before_id}
    txn.execute(PAGE, given | {"limit": limit + 1, "offset": offset})
    rows = txn.fetchall()
    last = str(rows[limit - 1][0]) if len(rows) > limit else None
    return [Group(*row[1:]) for row in rows[:limit]], last


def count(txn: Txn, team_id: int, search: str | None) -> tuple[int, bool]:
    """Return how many groups there are, and whether that is an estimate."""
    given = {"team_id": team_id, "search": _searched(search), "before_id": None}
    return paging.count(txn, COUNT, ESTIMATE, given)


def add(
    txn: Txn, by: Actor, team_id: int, uuid: str, phones: Sequence[str], uuids: Sequence[str], all_new: bool = False
) -> list[Added]:
    """Put people into a group, by their phones; whom the team does not know becomes a contact (decision 60).

    Args:
        txn: the transaction.
        by: who does it.
        team_id: whose group.
        uuid: the group's.
        phones: E.164 without the plus, each once.
        uuids: of the contacts that may have to be made, one a phone.
        all_new: refuse if one of them is in the group already.

    Raises:
        NotFound: the team has no such group.
        AlreadyExists: `all_new`, and one was in it; the refusal has the contact's uuid.
        AccessEnded: the caller's token was revoked meanwhile.
    """
    group_id = lock(txn, team_id, uuid)
    note(txn, by, "group.add", uuid.lower(), team_id=team_id, after={"contacts": len(phones)})
    known: dict[str, tuple[int, Contact]] = {}
    created: set[str] = set()
    while len(known) < len(phones):  # again where a contact was deleted between the two statements
        txn.execute(MAKE_CONTACTS, {"team_id": team_id, "phones": list(phones), "uuids": list(uuids)})
        created |= {made for (made,) in txn.fetchall()}
        txn.execute(CONTACTS, {"team_id": team_id, "phones": list(phones)})
        known = {(found := contacts.read(row)).phone: (contact_id, found) for contact_id, *row in txn.fetchall()}
    txn.execute(ADD, {"group_id": group_id, "team_id": team_id, "ids": sorted(n for n, _ in known.values())})
    added = {contact_id for (contact_id,) in txn.fetchall()}
    done = [Added(found, found.uuid in created, n in added) for n, found in (known[phone] for phone in phones)]
    for each in done:
        if all_new and not each.added:
            raise AlreadyExists("the contact is in the group already", each.contact.uuid)
    return done


def remove(txn: Txn, by: Actor, team_id: int, uuid: str, phones: Sequence[str]) -> list[Contact]:
    """Take people out of a group by their phones; return those who were in it.

    Raises:
        NotFound: the team has no such group.
        AccessEnded: the caller's token was revoked meanwhile.
    """
    group_id = lock(txn, team_id, uuid)
    note(txn, by, "group.remove", uuid.lower(), team_id=team_id, after={"contacts": len(phones)})
    txn.execute(REMOVE, {"group_id": group_id, "team_id": team_id, "phones": list(phones)})
    return [contacts.read(row) for row in txn.fetchall()]


def remove_one(txn: Txn, by: Actor, team_id: int, uuid: str, phone: str) -> Contact:
    """Take somebody out of a group, and return the contact.

    Raises:
        NotFound: the team has no such group, or they are not in it (decision 61).
        AccessEnded: the caller's token was revoked meanwhile.
    """
    gone = remove(txn, by, team_id, uuid, [phone])
    if not gone:
        raise NotFound("there is nobody with this phone in the group")
    return gone[0]


def lock(txn: Txn, team_id: int, uuid: str) -> int:
    """Return the id of a group, which stays as it is until this transaction ends.

    Raises:
        NotFound: the team has none of that uuid.
    """
    return int(row_of_uuid(txn, LOCK, uuid, "there is no such group", team_id=team_id)[0])


def _taken(txn: Txn, team_id: int, name: str) -> AlreadyExists:
    txn.execute(OF_NAME, {"team_id": team_id, "folded": folded(name)})
    row = txn.fetchone()
    return AlreadyExists(f"the team has a group {name!r} already", None if row is None else row[0])


def _row(name: str, description: str | None) -> dict[str, Any]:
    return {"name": name, "folded": folded(name), "description": description}


def _searched(search: str | None) -> str | None:
    return None if search is None else folded(" ".join(search.split()))


@attrs.frozen
class Groups:
    """The groups of teams, for the API; each call is one transaction of the pool.

    Args:
        database: the pool.
        new_uuid: makes the uuids of contacts.
        in_use: what may work with a group, each asked before one goes.
    """

    _database: Database
    _new_uuid: Callable[[], str]
    _in_use: tuple[InUseBy, ...] = ()

    async def create(self, by: Actor, team_id: int, group: Group, kept: Kept | None) -> None:
        """Keep a group that the team does not have."""
        await run_once(self._database, kept, "groups.create", create, by, team_id, group)

    async def find(self, team_id: int, uuid: str) -> Group:
        """Return a group of the team."""
        return await self._database.run("groups.find", find, team_id, uuid)

    async def change(self, by: Actor, team_id: int, uuid: str, fields: Mapping[str, str | None]) -> Group:
        """Change a group's name, its description or both, and return what it is then."""
        return await self._database.run("groups.change", change, by, team_id, uuid, fields)

    async def delete(self, by: Actor, team_id: int, uuid: str) -> Group:
        """Remove a group and return what it was; its contacts stay."""
        return await self._database.run("groups.delete", delete, by, team_id, uuid, self._in_use)

    async def page(
        self, team_id: int, *, search: str | None, limit: int, offset: int, after: str | None
    ) -> tuple[Sequence[Group], str | None]:
        """Return groups, newest first, and the key of the last one when there are more behind it."""
        return await self._database.run("groups.page", page, team_id, search, limit, offset, after)

    async def count(self, team_id: int, *, search: str | None) -> tuple[int, bool]:
        """Return how many groups there are, and whether that is an estimate."""
        return await self._database.run("groups.count", count, team_id, search)

    async def add(
        self,
        by: Actor,
        team_id: int,
        uuid: str,
        phones: Sequence[str],
        *,
        all_new: bool,
        mark: Mark | None,
        told: Callable[[Sequence[Added]], bytes],
    ) -> bytes:
        """Put people into a group by their phones, and return the reply, which `told` makes on a thread of the pool."""
        uuids = [self._new_uuid() for _ in phones]

        def work(txn: Txn) -> tuple[bytes, bytes]:
            reply = told(add(txn, by, team_id, uuid, phones, uuids, all_new))
            return reply, reply

        if mark is None:
            reply, _ = await self._database.run("groups.add", work)
            return reply
        return await run_once_telling(self._database, mark, "groups.add", work)

    async def remove(self, by: Actor, team_id: int, uuid: str, phone: str) -> Contact:
        """Take somebody out of a group, and return the contact."""
        return await self._database.run("groups.remove", remove_one, by, team_id, uuid, phone)

    async def remove_many(self, by: Actor, team_id: int, uuid: str, phones: Sequence[str]) -> Sequence[Contact]:
        """Take people out of a group; return those who were in it."""
        return await self._database.run("groups.remove_many", remove, by, team_id, uuid, phones)
