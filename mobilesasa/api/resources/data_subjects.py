"""Persons behind contacts: all that was between a team and one of them, what is known of one, and forgetting one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final, Literal, NotRequired, TypedDict

import attrs
from twisted.web.iweb import IRequest

from mobilesasa.api.answers import answer, instant
from mobilesasa.api.auth import Caller
from mobilesasa.api.errors import bad_field, problem
from mobilesasa.api.idempotency import Replying
from mobilesasa.api.ports import Node
from mobilesasa.api.ports.messages import Entry, Progress
from mobilesasa.api.requests import Said, parse, parse_query
from mobilesasa.api.resources.contact_shapes import (
    ContactShown,
    ErasureShown,
    contact_shown,
    curl,
    erasure_shown,
)
from mobilesasa.api.resources.hiding import Hiding
from mobilesasa.api.resources.inbound import InboundShown, inbound_shown
from mobilesasa.api.resources.shown import MessageShown, message_shown
from mobilesasa.api.resources.suppressions import SuppressionShown, suppression_shown
from mobilesasa.api.resources.survey_answers import SurveyResponse, response_shown
from mobilesasa.api.routes import route
from mobilesasa.contacts.timeline import KINDS, BadPosition, Kind, Position, newest, read_position
from mobilesasa.core.errors import NotAllowed
from mobilesasa.core.filters import MessageFilter
from mobilesasa.core.ids import made_at_ms
from mobilesasa.core.model import Priced
from mobilesasa.core.scopes import Role, opens
from mobilesasa.sms.numbers import BadNumber, normalise

SCOPES = ("contacts",)
EXPORTED = 5000  # messages of one direction that one answer holds; the timeline has the others
_SUPPRESSIONS = 100  # of one phone, one a sender at most
#: The scope that opens the things of a kind, beside that of contacts.
_SCOPE_OF_KIND: Final[Mapping[Kind, str]] = {"message": "messages", "inbound": "messages", "survey_response": "surveys"}
_LATEST = "ffffffff-ffff-ffff-ffff-ffffffffffff"  # above all uuids

_ERASE = """{
    "phone": "+254712345678"
  }"""

#: A thing of a timeline, and what is shown of it.
_Thing = tuple[Position, dict[str, Any]]


@attrs.frozen(kw_only=True)
class ListTimeline:
    """Which part of a timeline is wanted."""

    kind: Annotated[Kind | None, Said("Only things of this kind", example="message")] = None
    page_size: Annotated[int, Said("Results per page", minimum=1, maximum=100)] = 20
    before: Annotated[str | None, Said("Goes on behind a page: its `next`, with the same kind")] = None


@attrs.frozen(kw_only=True)
class ErasePerson:
    """A person who is to be forgotten."""

    phone: Annotated[
        str, Said("The contact's phone number, to make sure that the right one is meant", example="+254712345678")
    ]
    suppress: Annotated[bool, Said("Also send nothing to the number from now on, even if it is imported again")] = True


class TimelineItem(TypedDict):
    """Something between the team and a person; what it is stands under the name of its kind."""

    kind: Kind
    at: Annotated[str, Said("When, UTC", example="2026-05-11T09:00:00Z")]
    uuid: Annotated[str, Said("Names the thing among those of its kind")]
    message: NotRequired[Annotated[MessageShown, Said("A message to the person")]]
    inbound: NotRequired[Annotated[InboundShown, Said("A message from the person")]]
    suppression: NotRequired[Annotated[SuppressionShown, Said("What keeps the person from getting messages")]]
    survey_response: NotRequired[Annotated[SurveyResponse, Said("What the person answered to a survey")]]


class Timeline(TypedDict):
    """What was between the team and a person, newest first."""

    items: list[TimelineItem]
    kinds: Annotated[
        list[Literal["message", "inbound", "suppression", "survey_response"]],
        Said("The kinds that were looked for: without the scope messages no messages, without surveys no responses"),
    ]
    next: Annotated[str | None, Said("What `before` is for the next page; null: there is none")]


class PersonExport(TypedDict):
    """All that is known of a person."""

    contact: ContactShown
    suppressions: list[SuppressionShown]
    messages: Annotated[list[MessageShown], Said("To the person, newest first")]
    inbound: Annotated[list[InboundShown], Said("From the person, newest first")]
    survey_responses: Annotated[list[SurveyResponse], Said("What the person answered to surveys, newest first")]
    complete: Annotated[
        bool, Said("Whether all of it is here: the newest 5,000 messages of each direction, and responses, are")
    ]
    exported_at: Annotated[str, Said("When this was put together, UTC", example="2026-05-11T09:00:00Z")]


class DataSubjects:
    """The persons behind the contacts of the team that asks."""

    def __init__(self, node: Node) -> None:
        """Keep what is asked."""
        self._contacts = node.contacts
        self._history = node.history
        self._inbox = node.inbox
        self._suppressions = node.suppressions
        self._surveys = node.surveys
        self._erasures = node.erasures
        self._directory = node.directory
        self._hiding = Hiding(node.directory)
        self._now_ms = node.now_ms

    @route(
        "GET",
        "/contacts/{uuid}/timeline",
        scopes=SCOPES,
        query=ListTimeline,
        answers=Timeline,
        refusals=(400, 404),
        curl=curl("GET", "/contacts/contact-uuid/timeline"),
    )
    async def show_timeline(self, request: IRequest, caller: Caller, uuid: str) -> bytes:
        """Show all that was between you and a person, newest first.

        Messages to the phone of the contact and from it, what keeps it from getting more, and what the person answered to
        surveys, at the moment when they began, in one list. Messages are shown to those who have the scope messages as well,
        responses to those who have surveys.
        """
        asked = parse_query(ListTimeline, request)
        kinds = _kinds(caller, asked.kind)
        behind = None if asked.before is None else _behind(asked.before)
        contact = await self._contacts.find(caller.team.id, uuid)
        things: dict[Position, dict[str, Any]] = {}
        for kind in kinds:
            things |= dict(await self._things(kind, caller, contact.phone, behind, asked.page_size + 1))
        order = newest(things, asked.page_size + 1)
        here = order[: asked.page_size]
        items = [
            {"kind": each.kind, "at": instant(each.at_ms), "uuid": each.id, each.kind: things[each]} for each in here
        ]
        return answer(
            request, {"items": items, "kinds": kinds, "next": str(here[-1]) if len(order) > len(here) else None}
        )

    @route(
        "GET",
        "/contacts/{uuid}/export",
        scopes=SCOPES,
        answers=PersonExport,
        refusals=(404,),
        curl=curl("GET", "/contacts/contact-uuid/export"),
    )
    async def export_person(self, request: IRequest, caller: Caller, uuid: str) -> bytes:
        """Get all that is known of a person, as they may ask for it.

        Messages, what they answered to surveys, and what keeps them from getting messages. The caller needs the scope messages
        as well.
        """
        if not opens(caller.scopes, ("messages",), reads=True):
            raise problem("missing_scope", "an export of a person holds messages, so it needs the scope messages too")
        contact = await self._contacts.find(caller.team.id, uuid)
        found = [
            [thing for _, thing in await self._things(kind, caller, contact.phone, None, EXPORTED + 1)]
            for kind in KINDS
        ]
        messages, inbound, suppressions, responses = found
        exported = {
            "contact": contact_shown(contact, caller.scopes),
            "suppressions": suppressions,
            "messages": messages[:EXPORTED],
            "inbound": inbound[:EXPORTED],
            "survey_responses": responses[:EXPORTED],
            "complete": all(len(each) <= EXPORTED for each in (messages, inbound, responses)),
            "exported_at": instant(self._now_ms()),
        }
        return answer(request, exported)

    @route(
        "POST",
        "/contacts/{uuid}/erase",
        scopes=SCOPES,
        body=ErasePerson,
        answers=ErasureShown,
        refusals=(400, 404),
        curl=curl("POST", "/contacts/contact-uuid/erase", _ERASE),
        idempotent=True,
    )
    async def erase_person(self, request: IRequest, caller: Caller, uuid: str) -> bytes:
        """Have a person forgotten, for good.

        The contact, its attributes and its places in groups are gone with the answer. The texts of messages to and from
        the phone go within a minute, those that wait for a carrier when they have gone out; the number itself goes from
        them 72 hours after their end, for so long receipts are told by it. Messages and units stay counted. A suppression
        of the number stays, and one is made unless `suppress` is false: it is what keeps the person from being written to
        again. Works for a contact that was deleted, too. Of people, owners and admins of the team alone may do this.
        """
        asked = parse(ErasePerson, request)
        if caller.role not in (None, Role.OWNER, Role.ADMIN):
            raise NotAllowed("only an owner or an admin of the team may have a person forgotten")
        try:
            phone = normalise(asked.phone, caller.team.country)
        except BadNumber as bad:
            raise bad_field("phone", str(bad)) from bad
        reply = Replying(request, caller, erasure_shown)
        await self._erasures.begin(caller.by, caller.team.id, uuid, phone, suppress=asked.suppress, kept=reply)
        if asked.suppress:
            self._directory.suppressing.add(caller.team.id)  # from now on, not only when the directory is read again
        return reply.octets

    @route(
        "GET",
        "/contacts/erasures/{uuid}",
        scopes=SCOPES,
        answers=ErasureShown,
        refusals=(404,),
        curl=curl("GET", "/contacts/erasures/erasure-uuid"),
    )
    async def get_erasure(self, request: IRequest, caller: Caller, uuid: str) -> bytes:
        """Get how far the forgetting of a person has come."""
        return answer(request, erasure_shown(await self._erasures.find(caller.team.id, uuid)))

    async def _things(
        self, kind: Kind, caller: Caller, phone: str, behind: Position | None, limit: int
    ) -> Sequence[_Thing]:
        """Return the next things of a kind, newest first."""
        team_id = caller.team.id
        if kind == "suppression":
            return await self._stops(team_id, phone, behind)
        below = None if behind is None else behind.id_before(kind)
        if kind == "survey_response":
            given = await self._surveys.responses_of(team_id, phone, below or _LATEST, limit)
            return [(Position(made_at_ms(each.uuid), kind, each.uuid), {**response_shown(each)}) for each in given]
        if kind == "inbound":
            heard = await self._inbox.page(team_id, limit=limit, offset=0, source=phone, before=below)
            return [(Position(made_at_ms(each.id), kind, each.id), {**inbound_shown(each)}) for each in heard]
        told = await self._history.page(team_id, MessageFilter(recipient=phone, before=below), limit=limit)
        return [(_position(entry), {**self._shown(caller, *entry)}) for entry in told.entries]

    def _shown(self, caller: Caller, message: Priced, progress: Progress) -> MessageShown:
        shown = message_shown(message, progress)
        self._hiding.hide_text(caller, shown)
        return shown

    async def _stops(self, team_id: int, phone: str, behind: Position | None) -> Sequence[_Thing]:
        found = await self._suppressions.page(team_id, limit=_SUPPRESSIONS, offset=0, recipient=phone)
        things: list[_Thing] = [
            (Position(each.at_ms, "suppression", each.uuid), {**suppression_shown(each)}) for each in found
        ]
        return [(at, shown) for at, shown in things if behind is None or at.comes_after(behind)]


def _kinds(caller: Caller, asked: Kind | None) -> list[Kind]:
    """Return the kinds that are looked for.

    Raises:
        Problem: 403, the one that was asked for is not for this caller.
    """
    seen = [kind for kind in KINDS if _sees(caller, kind)]
    if asked is not None and asked not in seen:
        what = "responses to surveys" if asked == "survey_response" else "messages"
        raise problem("missing_scope", f"{what} of a timeline are for those with the scope {_SCOPE_OF_KIND[asked]}")
    return [kind for kind in seen if asked in (None, kind)]


def _sees(caller: Caller, kind: Kind) -> bool:
    scope = _SCOPE_OF_KIND.get(kind)
    return scope is None or opens(caller.scopes, (scope,), reads=True)


def _position(entry: Entry) -> Position:
    message, _ = entry
    return Position(made_at_ms(message.id), "message", message.id)


def _behind(text: str) -> Position:
    try:
        return read_position(text)
    except BadPosition as bad:
        raise bad_field("before", str(bad)) from bad
