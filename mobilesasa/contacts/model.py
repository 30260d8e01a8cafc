"""Contacts and groups as values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, TypeAlias

import attrs

from mobilesasa.contacts.search import EVERYBODY, Search

#: What an attribute may hold.
Scalar: TypeAlias = str | int | float | bool
#: How a list of contacts is ordered: by when they were made, or by their names, and by phone where they have none.
Order: TypeAlias = Literal["newest", "oldest", "name"]


@attrs.frozen
class Details:
    """What a team says of a contact beside the phone, each field as `contacts.fields` lets it be."""

    first_name: str | None = attrs.field(default=None, repr=False)
    last_name: str | None = attrs.field(default=None, repr=False)
    email: str | None = attrs.field(default=None, repr=False)
    notes: str | None = attrs.field(default=None, repr=False)
    attributes: Mapping[str, Scalar] = attrs.field(factory=dict, repr=False)


@attrs.frozen
class Contact:
    """Somebody whom a team writes to."""

    uuid: str
    phone: str  # E.164 without the plus
    details: Details
    created_at_ms: int
    updated_at_ms: int
    suppressed: bool = False  # whether they get no messages of at least one sender
    groups: tuple[tuple[str, str], ...] = ()  # uuid and name; only where one contact is looked at


@attrs.frozen
class Wanted:
    """Which contacts of a team are meant: those of which all of this holds."""

    team_id: int
    search: Search = EVERYBODY
    group: str | None = None  # the uuid of one that they are in
    attribute: tuple[str, str] | None = None  # its name, and its value as it is written
    suppressed: bool | None = None


@attrs.frozen
class Group:
    """Contacts that a team keeps together."""

    uuid: str
    name: str
    description: str | None
    members: int
    created_at_ms: int
    updated_at_ms: int


@attrs.frozen
class Added:
    """What became of somebody who was to be put into a group."""

    contact: Contact
    created: bool  # nobody of the team's had the phone
    added: bool  # else they were in the group already


@attrs.frozen
class Erasure:
    """A person whom a team was asked to forget, and how far that has come."""

    uuid: str
    requested_at_ms: int
    finished_at_ms: int | None
    messages: int  # to the person, whose number is gone from them
    inbound: int  # from the person
