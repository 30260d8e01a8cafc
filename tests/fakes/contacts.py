"""Contacts, groups and erasures of teams, in memory, for the API."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import attrs

from mobilesasa.contacts.fields import folded, merged
from mobilesasa.contacts.model import Added, Contact, Details, Erasure, Group, Order, Scalar, Wanted
from mobilesasa.core.actors import Actor
from mobilesasa.core.errors import AlreadyExists, BadValue, InUse, NotFound
from mobilesasa.core.idempotency import Kept, Mark
from mobilesasa.store.contact_lists import Page
from tests.fakes.keys import FakeKeys

NINE_MS = 1_778_490_000_000  # 2026-05-11T09:00:00Z


@attrs.define
class People:
    """What the fakes below have in common, by team and uuid."""

    keys: FakeKeys
    contacts: dict[tuple[int, str], Contact] = attrs.field(factory=dict)
    groups: dict[tuple[int, str], Group] = attrs.field(factory=dict)
    members: dict[str, list[str]] = attrs.field(factory=dict)  # uuids of contacts by that of the group
    by: list[tuple[Actor, str]] = attrs.field(factory=list)  # who did what

    def did(self, by: Actor, what: str, kept: Kept | None = None) -> None:
        """Remember a change, and the reply to its call."""
        if kept is not None:
            self.keys.check(kept)
            self.keys.keep(kept)
        self.by.append((by, what))

    def give(self, phone: str = "254712345678", team_id: int = 1, **details: Any) -> Contact:
        """Let a team have a contact."""
        uuid = f"c0000000-0000-4000-8000-{len(self.contacts):012}"
        made = Contact(uuid, phone, Details(**details), NINE_MS, NINE_MS)
        self.contacts[team_id, uuid] = made
        return made

    def give_group(self, name: str = "VIP Customers", team_id: int = 1, *contacts: Contact) -> Group:
        """Let a team have a group with these contacts."""
        uuid = f"90000000-0000-4000-8000-{len(self.groups):012}"
        self.groups[team_id, uuid] = Group(uuid, name, None, 0, NINE_MS, NINE_MS)
        self.members[uuid] = [contact.uuid for contact in contacts]
        return self.group(team_id, uuid)

    def contact(self, team_id: int, uuid: str) -> Contact:
        """Return a contact of the team."""
        if (team_id, uuid) not in self.contacts:
            raise NotFound("there is no such contact")
        return self.contacts[team_id, uuid]

    def group(self, team_id: int, uuid: str) -> Group:
        """Return a group of the team."""
        if (team_id, uuid) not in self.groups:
            raise NotFound("there is no such group")
        return attrs.evolve(self.groups[team_id, uuid], members=len(self.members[uuid]))

    def of_phone(self, team_id: int, phone: str) -> Contact | None:
        """Return the team's contact of a phone."""
        return next((each for (team, _), each in self.contacts.items() if (team, each.phone) == (team_id, phone)), None)

    def refuse_taken(self, team_id: int, contact: Contact) -> None:
        """Refuse a second contact of a phone."""
        there = self.of_phone(team_id, contact.phone)
        if there is not None and there.uuid != contact.uuid:
            raise AlreadyExists("the team has a contact with this phone already", there.uuid)


@attrs.define
class FakeContacts:
    people: People

    async def create(self, by: Actor, team_id: int, contact: Contact, kept: Kept | None) -> None:
        self.people.refuse_taken(team_id, contact)
        self.people.did(by, "contact.create", kept)
        self.people.contacts[team_id, contact.uuid] = contact

    async def find(self, team_id: int, uuid: str) -> Contact:
        found = self.people.contact(team_id, uuid)
        groups = [self.people.group(team_id, group) for group, there in self.people.members.items() if uuid in there]
        return attrs.evolve(found, groups=tuple((group.uuid, group.name) for group in groups))

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
        was = self.people.contact(team_id, uuid)
        details = attrs.evolve(was.details, **texts, attributes=merged(was.details.attributes, attributes))  # type: ignore[arg-type]
        becomes = attrs.evolve(was, phone=phone or was.phone, details=details)
        self.people.refuse_taken(team_id, becomes)
        self.people.did(by, "contact.update")
        self.people.contacts[team_id, uuid] = becomes
        return await self.find(team_id, uuid)

    async def delete(self, by: Actor, team_id: int, uuid: str) -> Contact:
        was = self.people.contact(team_id, uuid)
        await self.delete_many(by, team_id, [uuid])
        return was

    async def delete_many(self, by: Actor, team_id: int, uuids: Sequence[str]) -> Sequence[str]:
        gone = [uuid.lower() for uuid in uuids if self.people.contacts.pop((team_id, uuid.lower()), None)]
        self.people.did(by, "contact.delete")
        for members in self.people.members.values():
            members[:] = [uuid for uuid in members if uuid not in gone]
        return gone

    async def attributes(self, team_id: int) -> Sequence[str]:
        kept = [each.details.attributes for (team, _), each in self.people.contacts.items() if team == team_id]
        return sorted({name for attributes in kept for name in attributes})


@attrs.define
class FakeContactLists:
    people: People
    asked: list[tuple[Wanted, Order]] = attrs.field(factory=list)
    more: int | None = None  # what an estimate says instead of the count
    total: int | None = None  # what a page says of the list

    async def page(self, wanted: Wanted, order: Order, *, limit: int, offset: int, after: str | None = None) -> Page:
        self.asked.append((wanted, order))
        found = self._wanted(wanted)[:: 1 if order == "oldest" else -1]
        begins = offset if after is None else [each.uuid for each in found].index(after) + 1
        piece = found[begins : begins + limit]
        return Page(tuple(piece), piece[-1].uuid if begins + limit < len(found) else None, self.total)

    async def count(self, wanted: Wanted) -> tuple[int, bool]:
        return (len(self._wanted(wanted)), False) if self.more is None else (self.more, True)

    def _wanted(self, wanted: Wanted) -> list[Contact]:
        found = [each for (team, _), each in self.people.contacts.items() if team == wanted.team_id]
        if wanted.group is not None:
            self.people.group(wanted.team_id, wanted.group)
            found = [each for each in found if each.uuid in self.people.members[wanted.group]]
        for pattern in wanted.search.patterns:
            found = [each for each in found if pattern.strip("%").lower() in _searched(each)]
        return [each for each in found if each.phone.startswith(wanted.search.prefix or "")]


def _searched(contact: Contact) -> str:
    return f"{contact.details.first_name} {contact.details.last_name} {contact.phone}".lower()


@attrs.define
class FakeGroups:
    people: People
    in_use: str | None = None  # by what each group is in use

    async def create(self, by: Actor, team_id: int, group: Group, kept: Kept | None) -> None:
        self._refuse_taken(team_id, group)
        self.people.did(by, "group.create", kept)
        self.people.groups[team_id, group.uuid] = group
        self.people.members[group.uuid] = []

    async def find(self, team_id: int, uuid: str) -> Group:
        return self.people.group(team_id, uuid)

    async def change(self, by: Actor, team_id: int, uuid: str, fields: Mapping[str, str | None]) -> Group:
        becomes = attrs.evolve(self.people.group(team_id, uuid), **fields)  # type: ignore[arg-type]
        self._refuse_taken(team_id, becomes)
        self.people.did(by, "group.update")
        self.people.groups[team_id, uuid] = becomes
        return becomes

    async def delete(self, by: Actor, team_id: int, uuid: str) -> Group:
        was = self.people.group(team_id, uuid)
        if self.in_use is not None:
            raise InUse(f"the group is in use by {self.in_use}")
        self.people.did(by, "group.delete")
        del self.people.groups[team_id, uuid], self.people.members[uuid]
        return was

    async def page(
        self, team_id: int, *, search: str | None, limit: int, offset: int, after: str | None
    ) -> tuple[Sequence[Group], str | None]:
        found = self._wanted(team_id, search)
        begins = offset if after is None else [each.uuid for each in found].index(after) + 1
        piece = found[begins : begins + limit]
        return piece, piece[-1].uuid if begins + limit < len(found) else None

    async def count(self, team_id: int, *, search: str | None) -> tuple[int, bool]:
        return len(self._wanted(team_id, search)), False

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
        self.people.group(team_id, uuid)
        members = self.people.members[uuid]
        done = []
        for phone in phones:
            there = self.people.of_phone(team_id, phone)
            contact = there or self.people.give(phone, team_id)
            done.append(Added(contact, there is None, contact.uuid not in members))
            if all_new and contact.uuid in members:
                raise AlreadyExists("the contact is in the group already", contact.uuid)
            members += [contact.uuid] if contact.uuid not in members else []
        reply = told(done)
        self.people.did(by, "group.add", None if mark is None else Kept(mark, reply))
        return reply

    async def remove(self, by: Actor, team_id: int, uuid: str, phone: str) -> Contact:
        gone = await self.remove_many(by, team_id, uuid, [phone])
        if not gone:
            raise NotFound("there is nobody with this phone in the group")
        return gone[0]

    async def remove_many(self, by: Actor, team_id: int, uuid: str, phones: Sequence[str]) -> Sequence[Contact]:
        self.people.group(team_id, uuid)
        members = self.people.members[uuid]
        gone = [self.people.contact(team_id, each) for each in members]
        gone = [each for each in gone if each.phone in phones]
        members[:] = [each for each in members if each not in [contact.uuid for contact in gone]]
        self.people.did(by, "group.remove")
        return gone

    def _wanted(self, team_id: int, search: str | None) -> list[Group]:
        found = [self.people.group(team_id, uuid) for team, uuid in self.people.groups if team == team_id]
        return [each for each in found if folded(search or "") in folded(each.name)][::-1]

    def _refuse_taken(self, team_id: int, group: Group) -> None:
        for (team, uuid), there in self.people.groups.items():
            if team == team_id and uuid != group.uuid and folded(there.name) == folded(group.name):
                raise AlreadyExists(f"the team has a group {group.name!r} already", uuid)


@attrs.define
class FakeErasures:
    people: People
    begun: dict[tuple[int, str], Erasure] = attrs.field(factory=dict)
    suppressed: list[str] = attrs.field(factory=list)

    async def begin(
        self,
        by: Actor,
        team_id: int,
        contact_uuid: str,
        phone: str,
        *,
        suppress: bool,
        kept: Callable[[Erasure], Kept | None],
    ) -> None:
        if self.people.contact(team_id, contact_uuid).phone != phone:
            raise BadValue("phone is not that of this contact, so nothing was erased")
        made = Erasure(f"e0000000-0000-4000-8000-{len(self.begun):012}", NINE_MS, None, 0, 0)
        self.people.did(by, "contact.erase", kept(made))
        self.begun[team_id, made.uuid] = made
        del self.people.contacts[team_id, contact_uuid]
        self.suppressed += [phone] if suppress else []

    async def find(self, team_id: int, uuid: str) -> Erasure:
        if (team_id, uuid) not in self.begun:
            raise NotFound("there is no such erasure")
        return self.begun[team_id, uuid]
