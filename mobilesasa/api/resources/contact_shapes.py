"""What a team says of contacts and sees of them; the same shape wherever a contact is shown."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Annotated, Literal, NotRequired, TypedDict

import attrs

from mobilesasa.api.answers import instant, instant_or_none
from mobilesasa.api.errors import FieldProblem, bad_fields
from mobilesasa.api.requests import ABSENT, Absent, Said
from mobilesasa.contacts.fields import TEXTS, WrongAttributes, WrongValue, read_attributes
from mobilesasa.contacts.model import Contact, Erasure, Scalar
from mobilesasa.core.scopes import opens
from mobilesasa.sms.numbers import BadNumber, normalise, shown

UUID = "01978a3e-0000-4c21-9a3b-0c5d7e8f9a10"
_Attribute = str | int | float | bool
_AttributeOrNone = str | int | float | bool | None


@attrs.frozen(kw_only=True)
class ChangeContact:
    """What of a contact is to change."""

    phone: Annotated[
        str | Absent, Said("Phone number in E.164 format; it cannot be taken away", example="+254712345678")
    ] = ABSENT
    first_name: Annotated[str | Absent | None, Said("First name, up to 100 characters", example="Jane")] = attrs.field(
        default=ABSENT, repr=False
    )
    last_name: Annotated[str | Absent | None, Said("Last name, up to 100 characters", example="Doe")] = attrs.field(
        default=ABSENT, repr=False
    )
    email: Annotated[str | Absent | None, Said("Email address", example="jane@example.com")] = attrs.field(
        default=ABSENT, repr=False
    )
    notes: Annotated[
        str | Absent | None,
        Said("Free-text notes about the contact, up to 5,000 characters", example="Prefers Swahili"),
    ] = attrs.field(default=ABSENT, repr=False)
    attributes: Annotated[
        dict[str, _AttributeOrNone] | Absent | None,
        Said(
            "Your own fields, up to 50: texts, numbers, true or false by names of a-z, 0-9 and _; null takes one away",
            example={"county": "Nairobi", "points": 120},
        ),
    ] = attrs.field(default=ABSENT, repr=False)


@attrs.frozen(kw_only=True)
class CreateContact(ChangeContact):
    """Somebody whom the team writes to."""

    phone: Annotated[
        str,
        Said(
            "Phone number in E.164 format; national numbers are read in the team's country",
            example="+254712345678",
            if_array="send one request for each contact, or import a file",
        ),
    ]


@attrs.frozen
class Read:
    """A request's fields as they are kept: those that it named."""

    phone: str | None
    texts: Mapping[str, str | None]
    attributes: Mapping[str, Scalar | None] | None  # None: none are left


def read(asked: ChangeContact, country: str) -> Read:
    """Return what a request says of a contact.

    Raises:
        Problem: 400, with every field that cannot be kept.
    """
    wrong: list[FieldProblem] = []
    phone = None
    if not isinstance(asked.phone, Absent):
        try:
            phone = normalise(asked.phone, country)
        except BadNumber as bad:
            wrong.append(FieldProblem("phone", str(bad)))
    texts: dict[str, str | None] = {}
    for name, read_text in TEXTS.items():
        given = getattr(asked, name)
        if given is not ABSENT:
            try:
                texts[name] = read_text(given or "")
            except WrongValue as bad:
                wrong.append(FieldProblem(name, str(bad)))
    attributes: Mapping[str, Scalar | None] | None = {}
    try:
        if not isinstance(asked.attributes, Absent):
            attributes = None if asked.attributes is None else read_attributes(asked.attributes)
    except WrongAttributes as bad:
        wrong += [FieldProblem(f"attributes[{name}]", fault) for name, fault in bad.faults.items()]
    if wrong:
        raise bad_fields(wrong)
    return Read(phone, texts, attributes)


class GroupNamed(TypedDict):
    """A group that a contact is in."""

    uuid: Annotated[str, Said("Names the group")]
    name: Annotated[str, Said("Its name", example="VIP Customers")]


class ContactShown(TypedDict):
    """A contact."""

    uuid: Annotated[str, Said("Names the contact", example=UUID)]
    phone: Annotated[str, Said("Phone number, E.164", example="+254712345678")]
    first_name: Annotated[str | None, Said("First name", example="Jane")]
    last_name: Annotated[str | None, Said("Last name", example="Doe")]
    email: Annotated[str | None, Said("Email address", example="jane@example.com")]
    notes: Annotated[str | None, Said("Free-text notes", example="Prefers Swahili")]
    attributes: Annotated[dict[str, _Attribute], Said("Your own fields", example={"county": "Nairobi", "points": 120})]
    suppressed: Annotated[bool, Said("Whether they get no messages of at least one of your senders: see /suppressions")]
    created_at: Annotated[str, Said("When it was made, UTC", example="2026-05-11T09:00:00Z")]
    updated_at: Annotated[str, Said("When it was changed last, UTC", example="2026-05-11T09:00:00Z")]
    groups: NotRequired[
        Annotated[
            list[GroupNamed], Said("The groups that it is in; only of a single contact, and with the scope groups")
        ]
    ]


class ContactPage(TypedDict):
    """A page of contacts."""

    items: list[ContactShown]
    page: Annotated[int, Said("Page number", example=1)]
    page_size: Annotated[int, Said("Results per page", example=20)]
    total: Annotated[int, Said("Contacts on all pages", example=1)]
    pages: Annotated[int, Said("Pages there are", example=1)]
    total_is_estimate: Annotated[bool, Said("Whether `total` is an estimate: above 10,000, of a search above 1,000")]
    next_cursor: Annotated[str | None, Said("What `cursor` is for the next page; null: there is none")]


class ContactInGroup(TypedDict):
    """A contact, as far as those see it who know groups alone (decision 62)."""

    uuid: Annotated[str, Said("Names the contact", example=UUID)]
    phone: Annotated[str, Said("Phone number, E.164", example="+254712345678")]
    first_name: Annotated[str | None, Said("First name", example="Jane")]
    last_name: Annotated[str | None, Said("Last name", example="Doe")]
    suppressed: Annotated[bool, Said("Whether they get no messages of at least one of your senders: see /suppressions")]


class ErasureShown(TypedDict):
    """A person who is being forgotten."""

    uuid: Annotated[str, Said("Names the erasure")]
    status: Annotated[
        Literal["running", "completed"], Said("Whether anything is left of the person", example="running")
    ]
    messages: Annotated[int, Said("Messages to the person, whose number is gone from them", example=0)]
    inbound: Annotated[int, Said("Messages from the person, whose number is gone from them", example=0)]
    requested_at: Annotated[str, Said("When it was asked for, UTC", example="2026-05-11T09:00:00Z")]
    finished_at: Annotated[str | None, Said("When nothing was left, UTC")]


def contact_shown(contact: Contact, scopes: Collection[str] = ()) -> ContactShown:
    """Return a contact as its team sees it; with its groups for those whose scopes open these."""
    details = contact.details
    made: ContactShown = {
        "uuid": contact.uuid,
        "phone": shown(contact.phone),
        "first_name": details.first_name,
        "last_name": details.last_name,
        "email": details.email,
        "notes": details.notes,
        "attributes": dict(details.attributes),
        "suppressed": contact.suppressed,
        "created_at": instant(contact.created_at_ms),
        "updated_at": instant(contact.updated_at_ms),
    }
    if opens(scopes, ("groups",), reads=True):
        made["groups"] = [{"uuid": uuid, "name": name} for uuid, name in contact.groups]
    return made


def contact_in_group(contact: Contact) -> ContactInGroup:
    """Return a contact for those who know groups alone."""
    return {
        "uuid": contact.uuid,
        "phone": shown(contact.phone),
        "first_name": contact.details.first_name,
        "last_name": contact.details.last_name,
        "suppressed": contact.suppressed,
    }


def erasure_shown(erasure: Erasure) -> ErasureShown:
    """Return how far an erasure has come."""
    return {
        "uuid": erasure.uuid,
        "status": "running" if erasure.finished_at_ms is None else "completed",
        "messages": erasure.messages,
        "inbound": erasure.inbound,
        "requested_at": instant(erasure.requested_at_ms),
        "finished_at": instant_or_none(erasure.finished_at_ms),
    }


def curl(method: str, path: str, body: str = "") -> str:
    """Return an example as the reference writes them."""
    asked = "" if method == "GET" else f"-X {method} "
    address = f'"https://api.yourdomain.com/api/v1{path}"' if "?" in path or "%" in path else (
        f"https://api.yourdomain.com/api/v1{path}"
    )  # fmt: skip
    line = f'curl {asked}{address} \\\n  -H "Authorization: Bearer mbs_your_token_here"'
    if not body:
        return line
    return f"{line} \\\n  -H \"Content-Type: application/json\" \\\n  -d '{body}'"
