"""Contacts: the people whom a team writes to (the reference's section Contacts; decisions 48-52)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, TypedDict

import attrs
from twisted.web.iweb import IRequest

from mobilesasa.api.answers import answer
from mobilesasa.api.auth import Caller
from mobilesasa.api.errors import bad_field
from mobilesasa.api.pages import ListPage, answer_page_on, cursor_of
from mobilesasa.api.ports import Node
from mobilesasa.api.ports.contacts import ContactLists
from mobilesasa.api.requests import Said, parse, parse_query
from mobilesasa.api.resources.contact_shapes import (
    ChangeContact,
    ContactPage,
    ContactShown,
    CreateContact,
    contact_shown,
    curl,
    read,
)
from mobilesasa.api.resources.group_shapes import ListMembers
from mobilesasa.api.routes import route
from mobilesasa.contacts.model import Contact, Details, Order, Wanted
from mobilesasa.contacts.search import Search, read_search

SCOPES = ("contacts",)
_DEEPER = "contacts; go on with cursor="

_FIELDS = """{
    "phone": "+254712345678",
    "first_name": "Jane",
    "last_name": "Doe",
    "email": "jane@example.com"
  }"""


@attrs.frozen(kw_only=True)
class ListContacts(ListPage):
    """Which contacts are listed, and in which order."""

    search: Annotated[
        str | None,
        Said(
            "Filter by name or phone: parts of names in any order and case, or digits of a number", "John", longest=100
        ),
    ] = None
    sort: Annotated[
        Order, Said("The newest first, the oldest first, or by name (by phone where there is none)", example="newest")
    ] = "newest"
    group: Annotated[str | None, Said("Only those in the group of this uuid", example="group-uuid")] = None
    attribute: Annotated[
        str | None, Said("Only those with this attribute: its name, a colon, its value", "county:Nairobi", longest=600)
    ] = None
    suppressed: Annotated[
        bool | None, Said("Only those who get no messages of at least one of your senders, or only all others")
    ] = None
    cursor: Annotated[
        str | None, Said("Goes on behind a page: its `next_cursor`, with the same filters; `page` is not regarded then")
    ] = None

    def wanted(self, caller: Caller) -> Wanted:
        """Return which contacts are meant.

        Raises:
            Problem: 400, for an attribute that cannot be.
        """
        name, colon, value = (self.attribute or "").partition(":")
        if self.attribute is not None and not (name and colon):
            raise bad_field("attribute", "must be a name, a colon and a value")
        search = search_of(self.search, caller)
        return Wanted(caller.team.id, search, self.group, (name, value) if colon else None, self.suppressed)


@attrs.frozen(kw_only=True)
class DeleteContacts:
    """Contacts that are to be deleted."""

    uuids: Annotated[list[str], Said("Their uuids, up to 1,000", example=["contact-uuid"], most=1000)]


class ContactsDeleted(TypedDict):
    """What became of contacts that were to be deleted."""

    deleted: Annotated[int, Said("How many were deleted", example=2)]
    not_found: Annotated[list[str], Said("The uuids of which there was no contact")]


class AttributeList(TypedDict):
    """The names of attributes."""

    items: Annotated[list[str], Said("By name", example=["county", "points"])]


class Contacts:
    """The contacts of the team that asks; another team's are not there (decision 8)."""

    def __init__(self, node: Node) -> None:
        """Keep what is asked."""
        self._contacts = node.contacts
        self._lists = node.contact_lists
        self._suppressions = node.suppressions
        self._new_uuid = node.new_uuid
        self._now_ms = node.now_ms

    @route(
        "GET",
        "/contacts",
        scopes=SCOPES,
        query=ListContacts,
        answers=ContactPage,
        refusals=(400, 404),
        curl=curl("GET", "/contacts?search=John&page_size=50"),
    )
    async def list_contacts(self, request: IRequest, caller: Caller) -> bytes:
        """List contacts.

        `search` finds parts of names, so that "doe ja" finds Jane Doe, and digits of phones: "0712 345" and
        "+254712345" are how a number begins, "345678" stands anywhere in it. A page past the end is empty. `total` is exact up to 10,000,
        of a search or another filter up to 1,000; above that it is an estimate, and `total_is_estimate` is true. For words of
        one or two letters alone, and for `suppressed=false`, a call looks at 10,000 contacts, at 2,500 in a group: a page may be
        short, or empty, although `next_cursor` goes on.
        """
        asked = parse_query(ListContacts, request)
        return await listed(self._lists, request, asked, asked.wanted(caller), contact_shown)

    @route(
        "POST",
        "/contacts",
        scopes=SCOPES,
        body=CreateContact,
        answers=ContactShown,
        refusals=(400, 409),
        curl=curl("POST", "/contacts", _FIELDS),
        idempotent=True,
    )
    async def create_contact(self, request: IRequest, caller: Caller) -> bytes:
        """Create a contact.

        A team has one contact of a phone, however the phone is written: where there is one, 409 names it in `uuid`.
        """
        asked = read(parse(CreateContact, request), caller.team.country)
        now_ms = self._now_ms()
        attributes = {name: value for name, value in (asked.attributes or {}).items() if value is not None}
        details = Details(**asked.texts, attributes=attributes)
        phone = asked.phone or ""
        stopped, _ = await self._suppressions.count(caller.team.id, recipient=phone)  # outlives a contact (decision 51)
        made = Contact(self._new_uuid(), phone, details, now_ms, now_ms, suppressed=stopped > 0)
        reply = answer(request, contact_shown(made))
        await self._contacts.create(caller.by, caller.team.id, made, caller.kept(reply))
        return reply

    @route(
        "GET",
        "/contacts/attributes",
        scopes=SCOPES,
        answers=AttributeList,
        curl=curl("GET", "/contacts/attributes"),
    )
    async def list_attributes(self, request: IRequest, caller: Caller) -> bytes:
        """List the names of attributes that contacts of the team have, or once had."""
        return answer(request, {"items": list(await self._contacts.attributes(caller.team.id))})

    @route(
        "POST",
        "/contacts/bulk-delete",
        scopes=SCOPES,
        body=DeleteContacts,
        answers=ContactsDeleted,
        refusals=(400,),
        curl=curl("POST", "/contacts/bulk-delete", '{ "uuids": ["contact-uuid"] }'),
    )
    async def delete_contacts(self, request: IRequest, caller: Caller) -> bytes:
        """Delete up to 1,000 contacts.

        Those that are not there are named, and are no error: a call that is repeated does no harm.
        """
        asked = parse(DeleteContacts, request)
        gone = set(await self._contacts.delete_many(caller.by, caller.team.id, asked.uuids))
        missing = [uuid for uuid in dict.fromkeys(asked.uuids) if uuid.lower() not in gone]
        return answer(request, {"deleted": len(gone), "not_found": missing})

    @route(
        "GET",
        "/contacts/{uuid}",
        scopes=SCOPES,
        answers=ContactShown,
        refusals=(404,),
        curl=curl("GET", "/contacts/contact-uuid"),
    )
    async def get_contact(self, request: IRequest, caller: Caller, uuid: str) -> bytes:
        """Get a contact, with the groups that it is in for those who have the scope groups as well."""
        return answer(request, contact_shown(await self._contacts.find(caller.team.id, uuid), caller.scopes))

    @route(
        "PUT",
        "/contacts/{uuid}",
        scopes=SCOPES,
        body=ChangeContact,
        answers=ContactShown,
        refusals=(400, 404, 409),
        curl=curl("PUT", "/contacts/contact-uuid", '{ "last_name": "Wanjiku", "notes": null }'),
    )
    async def update_contact(self, request: IRequest, caller: Caller, uuid: str) -> bytes:
        """Update a contact.

        Only what is given changes: a field that is left out stays, null or an empty text clears it. Of `attributes` those
        that are given are set, and null takes one away; `"attributes": null` takes all away. A phone that another contact
        has is 409.
        """
        asked = read(parse(ChangeContact, request), caller.team.country)
        changed = await self._contacts.change(
            caller.by, caller.team.id, uuid, phone=asked.phone, texts=asked.texts, attributes=asked.attributes
        )
        return answer(request, contact_shown(changed, caller.scopes))

    @route(
        "DELETE",
        "/contacts/{uuid}",
        scopes=SCOPES,
        answers=ContactShown,
        refusals=(404,),
        curl=curl("DELETE", "/contacts/contact-uuid"),
    )
    async def delete_contact(self, request: IRequest, caller: Caller, uuid: str) -> bytes:
        """Delete a contact.

        It leaves its groups; its messages stay, and so does a suppression of its phone. The phone may have a new contact
        afterwards, with a uuid of its own. To have a person forgotten, use `erase`.
        """
        return answer(request, contact_shown(await self._contacts.delete(caller.by, caller.team.id, uuid)))


def search_of(text: str | None, caller: Caller) -> Search:
    """Return what a search looks for."""
    return read_search(text or "", caller.team.country)


async def listed(
    lists: ContactLists,
    request: IRequest,
    asked: ListContacts | ListMembers,
    wanted: Wanted,
    shown: Callable[[Contact], Any],
) -> bytes:
    """Return the answer that has a page of contacts.

    Args:
        lists: where they are.
        request: asks for them.
        asked: which page, in which order.
        wanted: which contacts.
        shown: one of them as the caller sees it.

    Raises:
        Problem: 400, for the cursor or a page that is too deep.
        NotFound: the team has no such group.
    """
    cursor = cursor_of(request, asked.cursor)
    after = None if cursor is None else cursor.after
    known: int | None = None  # how many there are, where the page found out

    async def read(*, limit: int, offset: int) -> tuple[list[Any], str | None]:
        nonlocal known
        found = await lists.page(wanted, asked.sort, limit=limit, offset=offset, after=after)
        known = found.total
        return [shown(each) for each in found.contacts], found.last

    async def count() -> tuple[int, bool]:
        return await lists.count(wanted) if known is None else (known, False)

    return await answer_page_on(request, asked, cursor, count, read, _DEEPER)
