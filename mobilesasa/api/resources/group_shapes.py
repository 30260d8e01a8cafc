"""What a team says of groups and sees of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal, NotRequired, TypedDict

import attrs

from mobilesasa.api.answers import instant
from mobilesasa.api.errors import FieldProblem, bad_fields
from mobilesasa.api.pages import ListPage
from mobilesasa.api.requests import ABSENT, Absent, Said
from mobilesasa.api.resources.contact_shapes import ContactInGroup
from mobilesasa.contacts.fields import WrongValue, read_description, read_group_name
from mobilesasa.contacts.model import Group, Order
from mobilesasa.sms.numbers import BadNumber, normalise


@attrs.frozen(kw_only=True)
class ListGroups(ListPage):
    """Which groups are listed."""

    search: Annotated[str | None, Said("Only those with this in their names, in any case", "vip", longest=100)] = None
    cursor: Annotated[
        str | None, Said("Goes on behind a page: its `next_cursor`, with the same filters; `page` is not regarded then")
    ] = None


@attrs.frozen(kw_only=True)
class ChangeGroup:
    """What of a group is to change."""

    name: Annotated[str | Absent, Said("Group name; it cannot be taken away", example="VIP Customers")] = ABSENT
    description: Annotated[
        str | Absent | None, Said("Optional description, up to 1,000 characters", example="High-value customer segment")
    ] = ABSENT


@attrs.frozen(kw_only=True)
class CreateGroup(ChangeGroup):
    """Contacts that are to be kept together."""

    name: Annotated[
        str, Said("Group name, up to 100 characters (must be unique within your team)", example="VIP Customers")
    ]


@attrs.frozen(kw_only=True)
class ListMembers(ListPage):
    """Which contacts of a group are listed, and in which order."""

    search: Annotated[str | None, Said("Filter by name or phone, as in the list of contacts", "John", longest=100)] = (
        None
    )
    sort: Annotated[Order, Said("The newest contacts first, the oldest first, or by name")] = "newest"
    suppressed: Annotated[
        bool | None, Said("Only those who get no messages of at least one of your senders, or only all others")
    ] = None
    cursor: Annotated[
        str | None, Said("Goes on behind a page: its `next_cursor`, with the same filters; `page` is not regarded then")
    ] = None


@attrs.frozen(kw_only=True)
class AddContacts:
    """Who is to be put into a group: one, or several at once."""

    phone: Annotated[
        str | None, Said("Phone number; whom you do not have becomes a contact", example="+254712345678")
    ] = None
    phones: Annotated[list[str] | None, Said("Instead: several phone numbers, up to 1,000", most=1000)] = None


@attrs.frozen(kw_only=True)
class RemoveContacts:
    """Who is to be taken out of a group."""

    phones: Annotated[list[str], Said("Phone numbers, up to 1,000", example=["+254712345678"], most=1000)]


class ContactGroup(TypedDict):
    """A group of contacts."""

    uuid: Annotated[str, Said("Names the group")]
    name: Annotated[str, Said("Its name", example="VIP Customers")]
    description: Annotated[str | None, Said("What is said of it", example="High-value customer segment")]
    contact_count: Annotated[int, Said("Contacts in it", example=2847)]
    created_at: Annotated[str, Said("When it was made, UTC", example="2026-05-11T09:00:00Z")]
    updated_at: Annotated[str, Said("When its name or description changed last, UTC", example="2026-05-11T09:00:00Z")]


class ContactGroupPage(TypedDict):
    """A page of groups."""

    items: list[ContactGroup]
    page: Annotated[int, Said("Page number", example=1)]
    page_size: Annotated[int, Said("Results per page", example=20)]
    total: Annotated[int, Said("Groups on all pages", example=1)]
    pages: Annotated[int, Said("Pages there are", example=1)]
    total_is_estimate: Annotated[bool, Said("Whether `total` is an estimate; only above 10,000")]
    next_cursor: Annotated[str | None, Said("What `cursor` is for the next page; null: there is none")]


class ContactInGroupPage(TypedDict):
    """A page of contacts in a group."""

    items: list[ContactInGroup]
    page: Annotated[int, Said("Page number", example=1)]
    page_size: Annotated[int, Said("Results per page", example=20)]
    total: Annotated[int, Said("Contacts on all pages", example=1)]
    pages: Annotated[int, Said("Pages there are", example=1)]
    total_is_estimate: Annotated[bool, Said("Whether `total` is an estimate; only of a search above 1,000")]
    next_cursor: Annotated[str | None, Said("What `cursor` is for the next page; null: there is none")]


class ContactAdded(ContactInGroup):
    """Somebody who was put into a group."""

    created: Annotated[bool, Said("Whether a contact was made for the phone", example=False)]


class AddingOutcome(TypedDict):
    """What became of one of several who were to be put into a group."""

    phone: Annotated[str, Said("The phone as you wrote it", example="+254712345678")]
    outcome: Annotated[
        Literal["added", "created", "already_member", "invalid"],
        Said("Put in; put in with a contact that was made for it; was in it; or is no phone that takes messages"),
    ]
    contact: Annotated[ContactInGroup | None, Said("Who it is; null of what is no phone")]
    error: NotRequired[Annotated[str, Said("What is wrong with the phone")]]


class ContactsAdded(TypedDict):
    """What became of several who were to be put into a group."""

    added: Annotated[int, Said("How many are in it now who were not before", example=2)]
    items: Annotated[list[AddingOutcome], Said("Each, in the order in which you named them")]


class ContactsRemoved(TypedDict):
    """What became of several who were to be taken out of a group."""

    removed: Annotated[int, Said("How many were taken out", example=1)]
    not_found: Annotated[list[str], Said("The phones, as you wrote them, of which nobody was in it")]


def group_shown(group: Group) -> ContactGroup:
    """Return a group as its team sees it."""
    return {
        "uuid": group.uuid,
        "name": group.name,
        "description": group.description,
        "contact_count": group.members,
        "created_at": instant(group.created_at_ms),
        "updated_at": instant(group.updated_at_ms),
    }


def fields_of_group(asked: ChangeGroup) -> Mapping[str, str | None]:
    """Return the fields of a group that a request names, as they are kept.

    Raises:
        Problem: 400, with every field that cannot be kept.
    """
    read: dict[str, str | None] = {}
    wrong: list[FieldProblem] = []
    readers: dict[str, Any] = {"name": read_group_name, "description": read_description}
    for name, reader in readers.items():
        given = getattr(asked, name)
        if given is not ABSENT:
            try:
                read[name] = reader(given or "")
            except WrongValue as bad:
                wrong.append(FieldProblem(name, str(bad)))
    if wrong:
        raise bad_fields(wrong)
    return read


def numbers_of(written: Sequence[str], country: str) -> list[str | BadNumber]:
    """Return what each phone is in full, or what is wrong with it."""
    numbers: list[str | BadNumber] = []
    for each in written:
        try:
            numbers.append(normalise(each, country))
        except BadNumber as bad:
            numbers.append(bad)
    return numbers
