"""Groups: contacts that are kept together, for campaigns (the reference's section Groups; decisions 58-62)."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Literal

import attrs
from twisted.web.iweb import IRequest

from mobilesasa.api.answers import answer, replay, success
from mobilesasa.api.auth import Caller
from mobilesasa.api.errors import bad_field
from mobilesasa.api.pages import answer_page_on, cursor_of
from mobilesasa.api.ports import Node
from mobilesasa.api.requests import parse, parse_query
from mobilesasa.api.resources.contact_shapes import ContactInGroup, contact_in_group, curl
from mobilesasa.api.resources.contacts import listed, search_of
from mobilesasa.api.resources.group_shapes import (
    AddContacts,
    AddingOutcome,
    ChangeGroup,
    ContactAdded,
    ContactGroup,
    ContactGroupPage,
    ContactInGroupPage,
    ContactsAdded,
    ContactsRemoved,
    CreateGroup,
    ListGroups,
    ListMembers,
    RemoveContacts,
    fields_of_group,
    group_shown,
    numbers_of,
)
from mobilesasa.api.routes import route
from mobilesasa.contacts.model import Added, Group, Wanted
from mobilesasa.core.errors import NotFound
from mobilesasa.sms.numbers import BadNumber, normalise

SCOPES = ("groups",)
_DEEPER = "groups; go on with cursor="

_PHONE = '{ "phone": "+254712345678" }'
_PHONES = '{ "phones": ["+254712345678", "+254722000111"] }'


class Groups:
    """The groups of the team that asks; another team's are not there (decision 8)."""

    def __init__(self, node: Node) -> None:
        """Keep what is asked."""
        self._groups = node.groups
        self._lists = node.contact_lists
        self._new_uuid = node.new_uuid
        self._now_ms = node.now_ms

    @route(
        "GET",
        "/groups",
        scopes=SCOPES,
        query=ListGroups,
        answers=ContactGroupPage,
        refusals=(400,),
        curl=curl("GET", "/groups"),
    )
    async def list_groups(self, request: IRequest, caller: Caller) -> bytes:
        """List groups, newest first."""
        asked = parse_query(ListGroups, request)
        team_id, cursor = caller.team.id, cursor_of(request, asked.cursor)
        after = None if cursor is None else cursor.after

        async def read(*, limit: int, offset: int) -> tuple[list[ContactGroup], str | None]:
            found, last = await self._groups.page(team_id, search=asked.search, limit=limit, offset=offset, after=after)
            return [group_shown(each) for each in found], last

        count = partial(self._groups.count, team_id, search=asked.search)
        return await answer_page_on(request, asked, cursor, count, read, _DEEPER)

    @route(
        "POST",
        "/groups",
        scopes=SCOPES,
        body=CreateGroup,
        answers=ContactGroup,
        refusals=(400, 409),
        curl=curl("POST", "/groups", '{ "name": "VIP Customers", "description": "High-value customer segment" }'),
        idempotent=True,
    )
    async def create_group(self, request: IRequest, caller: Caller) -> bytes:
        """Create a group.

        Blanks about a name and its case do not tell groups apart: where the team has one of that name, 409 names it in
        `uuid`.
        """
        asked = fields_of_group(parse(CreateGroup, request))
        now_ms = self._now_ms()
        made = Group(self._new_uuid(), asked["name"] or "", asked.get("description"), 0, now_ms, now_ms)
        reply = answer(request, group_shown(made))
        await self._groups.create(caller.by, caller.team.id, made, caller.kept(reply))
        return reply

    @route(
        "GET",
        "/groups/{uuid}",
        scopes=SCOPES,
        answers=ContactGroup,
        refusals=(404,),
        curl=curl("GET", "/groups/group-uuid"),
    )
    async def get_group(self, request: IRequest, caller: Caller, uuid: str) -> bytes:
        """Get a group."""
        return answer(request, group_shown(await self._groups.find(caller.team.id, uuid)))

    @route(
        "PUT",
        "/groups/{uuid}",
        scopes=SCOPES,
        body=ChangeGroup,
        answers=ContactGroup,
        refusals=(400, 404, 409),
        curl=curl("PUT", "/groups/group-uuid", '{ "name": "VIP Customers 2026" }'),
    )
    async def update_group(self, request: IRequest, caller: Caller, uuid: str) -> bytes:
        """Update a group.

        Only what is given changes: a field that is left out stays, null or an empty text clears the description.
        """
        asked = fields_of_group(parse(ChangeGroup, request))
        return answer(request, group_shown(await self._groups.change(caller.by, caller.team.id, uuid, asked)))

    @route(
        "DELETE",
        "/groups/{uuid}",
        scopes=SCOPES,
        answers=ContactGroup,
        refusals=(404, 409),
        curl=curl("DELETE", "/groups/group-uuid"),
    )
    async def delete_group(self, request: IRequest, caller: Caller, uuid: str) -> bytes:
        """Delete a group; its contacts stay.

        One that a campaign is being sent to is 409 `in_use`.
        """
        return answer(request, group_shown(await self._groups.delete(caller.by, caller.team.id, uuid)))

    @route(
        "GET",
        "/groups/{uuid}/contacts",
        scopes=SCOPES,
        query=ListMembers,
        answers=ContactInGroupPage,
        refusals=(400, 404),
        curl=curl("GET", "/groups/group-uuid/contacts"),
    )
    async def list_group_contacts(self, request: IRequest, caller: Caller, uuid: str) -> bytes:
        """List all contacts in the group."""
        asked = parse_query(ListMembers, request)
        search = search_of(asked.search, caller)
        wanted = Wanted(caller.team.id, search, group=uuid, suppressed=asked.suppressed)
        return await listed(self._lists, request, asked, wanted, contact_in_group)

    @route(
        "POST",
        "/groups/{uuid}/contacts",
        scopes=SCOPES,
        body=AddContacts,
        answers=ContactAdded | ContactsAdded,
        refusals=(400, 404, 409),
        curl=curl("POST", "/groups/group-uuid/contacts", _PHONE),
        idempotent=True,
    )
    async def add_to_group(self, request: IRequest, caller: Caller, uuid: str) -> bytes:
        """Add a contact to the group.

        Whom the team does not have becomes a contact with a phone alone. With `phone`, somebody who is in the group
        already is 409, and `uuid` names the contact; with `phones` each has its outcome, and the answer is 200.
        """
        asked = parse(AddContacts, request)
        if (asked.phone is None) == (asked.phones is None):
            raise bad_field("phone", "or phones is needed, and not both")
        if asked.phones is not None:
            return replay(request, await self._add_several(caller, uuid, asked.phones))
        try:
            phone = normalise(asked.phone or "", caller.team.country)
        except BadNumber as bad:
            raise bad_field("phone", str(bad)) from bad
        octets = await self._groups.add(
            caller.by, caller.team.id, uuid, [phone], all_new=True, mark=caller.mark, told=_told_of_one
        )
        return replay(request, octets)

    @route(
        "POST",
        "/groups/{uuid}/contacts/remove",
        scopes=SCOPES,
        body=RemoveContacts,
        answers=ContactsRemoved,
        refusals=(400, 404),
        curl=curl("POST", "/groups/group-uuid/contacts/remove", _PHONES),
    )
    async def remove_several_from_group(self, request: IRequest, caller: Caller, uuid: str) -> bytes:
        """Remove up to 1,000 contacts from the group.

        Phones of which nobody is in it are named, and are no error: a call that is repeated does no harm.
        """
        asked = parse(RemoveContacts, request)
        numbers = numbers_of(asked.phones, caller.team.country)
        phones = [number for number in dict.fromkeys(numbers) if not isinstance(number, BadNumber)]
        gone = await self._groups.remove_many(caller.by, caller.team.id, uuid, phones)
        out = {contact.phone for contact in gone}
        pairs = dict(zip(asked.phones, numbers, strict=True))
        missing = [written for written, number in pairs.items() if number not in out]
        return answer(request, {"removed": len(out), "not_found": missing})

    @route(
        "DELETE",
        "/groups/{uuid}/contacts/{phone}",
        scopes=SCOPES,
        answers=ContactInGroup,
        refusals=(404,),
        curl=curl("DELETE", "/groups/group-uuid/contacts/%2B254712345678"),
    )
    async def remove_from_group(self, request: IRequest, caller: Caller, uuid: str, phone: str) -> bytes:
        """Remove a contact from the group by phone number.

        The number may be written in any way that is read elsewhere; the contact itself stays.
        """
        try:
            number = normalise(phone, caller.team.country)
        except BadNumber:
            raise NotFound("there is nobody with this phone in the group") from None
        return answer(request, contact_in_group(await self._groups.remove(caller.by, caller.team.id, uuid, number)))

    async def _add_several(self, caller: Caller, uuid: str, written: Sequence[str]) -> bytes:
        numbers = numbers_of(written, caller.team.country)
        phones = [number for number in dict.fromkeys(numbers) if not isinstance(number, BadNumber)]

        def told(done: Sequence[Added]) -> bytes:
            by_phone = dict(zip(phones, done, strict=True))
            items = []
            for text, number in zip(written, numbers, strict=True):
                if isinstance(number, BadNumber):
                    items.append(AddingOutcome(phone=text, outcome="invalid", contact=None, error=str(number)))
                    continue
                items.append(_outcome(text, by_phone[number]))
                by_phone[number] = attrs.evolve(by_phone[number], added=False)  # a second time it is in it
            return success({"added": sum(each.added for each in done), "items": items})

        return await self._groups.add(
            caller.by, caller.team.id, uuid, phones, all_new=False, mark=caller.mark, told=told
        )


def _told_of_one(done: Sequence[Added]) -> bytes:
    (one,) = done
    return success({**contact_in_group(one.contact), "created": one.created})


def _outcome(written: str, done: Added) -> AddingOutcome:
    outcome: Literal["added", "created", "already_member"] = "already_member"
    if done.added:
        outcome = "created" if done.created else "added"
    return {"phone": written, "outcome": outcome, "contact": contact_in_group(done.contact)}
