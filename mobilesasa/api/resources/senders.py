"""Sender names: those a team has, the request for one, and the default (decisions 33-36, 88)."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Literal, TypedDict

import attrs
from twisted.web.iweb import IRequest

from mobilesasa.api.answers import answer, instant, instant_or_none
from mobilesasa.api.auth import Caller
from mobilesasa.api.idempotency import Replying
from mobilesasa.api.pages import ListPage, answer_page
from mobilesasa.api.ports import Node
from mobilesasa.api.ports.senders import Sender
from mobilesasa.api.requests import Said, parse, parse_query
from mobilesasa.api.routes import route
from mobilesasa.core.scopes import TEAM
from mobilesasa.core.sender_names import NewSender
from mobilesasa.core.senders import SenderClass, SenderStatus

#: Who sends has to know the names, and who asks for one too.
SCOPES = ("messages", "campaigns", TEAM)
_DEEPER = "senders"

_LIST = """curl https://api.yourdomain.com/api/v1/sender-ids \\
  -H "Authorization: Bearer mbs_your_token_here\""""
_GET = """curl https://api.yourdomain.com/api/v1/sender-ids/sender-uuid \\
  -H "Authorization: Bearer mbs_your_token_here\""""
_REQUEST = """curl -X POST https://api.yourdomain.com/api/v1/sender-ids \\
  -H "Authorization: Bearer mbs_your_token_here" \\
  -H "Content-Type: application/json" \\
  -d '{
    "name": "MYAPP",
    "sender_class": "transactional",
    "networks": ["Safaricom"],
    "note": "Our shop, registered as MYAPP Ltd"
  }'"""
_WITHDRAW = """curl -X DELETE https://api.yourdomain.com/api/v1/sender-ids/sender-uuid \\
  -H "Authorization: Bearer mbs_your_token_here\""""
_DEFAULT = """curl -X PUT https://api.yourdomain.com/api/v1/sender-ids/default \\
  -H "Authorization: Bearer mbs_your_token_here" \\
  -H "Content-Type: application/json" \\
  -d '{"sender_id": "MYAPP"}'"""


@attrs.frozen(kw_only=True)
class ListSenders(ListPage):
    """Which senders are listed."""

    status: Annotated[
        Literal["pending", "approved", "rejected", "suspended"] | None,
        Said("Only those that stand there", example="approved"),
    ] = None


@attrs.frozen(kw_only=True)
class RequestSender:
    """A sender name that is asked for."""

    name: Annotated[
        str,
        Said(
            "Up to 11 letters, digits, blanks and - _ . & with a letter among them, or up to 15 digits", example="MYAPP"
        ),
    ]
    sender_class: Annotated[
        Literal["transactional", "promotional", "otp"], Said("What it is for; otp: one-time passwords")
    ] = "transactional"
    countries: Annotated[
        list[str] | None, Said("For which countries, ISO 3166-1; the team's own if omitted", example=("KE",))
    ] = None
    networks: Annotated[
        list[str] | None,
        Said("For which networks, by name or MCC and MNC; all if omitted", example=("Safaricom",)),
    ] = None
    note: Annotated[str | None, Said("What the operator should know", example="Our shop, registered as MYAPP Ltd")] = (
        None
    )
    document_uuid: Annotated[
        str | None, Said("A file of the team that shows that you may use the name, by its uuid")
    ] = None

    def sender(self) -> NewSender:
        """Return what is asked for as the store takes it."""
        return NewSender(
            name=self.name,
            sender_class=SenderClass(self.sender_class),
            countries=self.countries or (),
            networks=self.networks or (),
            note=self.note or "",
            document_uuid=self.document_uuid,
        )


@attrs.frozen(kw_only=True)
class SetDefaultSender:
    """What messages go out from that name no sender."""

    sender_id: Annotated[str | None, Said("Sender name or its uuid; null: there is no default", example="MYAPP")]


class SenderShown(TypedDict):
    """A sender name, and what was said about it."""

    uuid: Annotated[str, Said("Names the sender", example="5e1c1bb0-5c00-4d21-9a3b-0c5d7e8f9a10")]
    name: Annotated[str, Said("As the recipient sees it; carriers regard case", example="MYAPP")]
    status: Annotated[
        Literal["pending", "approved", "rejected", "suspended"],
        Said("Only an approved one can be used", example="approved"),
    ]
    sender_class: Annotated[Literal["transactional", "promotional", "otp"], Said("What it is for")]
    is_default: Annotated[bool, Said("Whether it is used when a message names none")]
    countries: Annotated[list[str], Said("For which it was asked; none: the team's own", example=("KE",))]
    asked_networks: Annotated[list[str], Said("For which it was asked; none: all", example=("Safaricom",))]
    networks: Annotated[list[str], Said("That it is approved for; none: all", example=("Safaricom",))]
    note: Annotated[str, Said("What was said when it was asked for")]
    document_uuid: Annotated[str | None, Said("The file that was named then")]
    reason: Annotated[str, Said("Why it was rejected or suspended")]
    created_at: Annotated[str, Said("UTC", example="2026-05-11T09:00:00Z")]
    decided_at: Annotated[str | None, Said("UTC; null: not yet", example="2026-05-11T09:00:00Z")]


class SenderPage(TypedDict):
    """A page of sender names."""

    items: list[SenderShown]
    page: Annotated[int, Said("Page number", example=1)]
    page_size: Annotated[int, Said("Results per page", example=20)]
    total: Annotated[int, Said("Senders on all pages", example=1)]
    pages: Annotated[int, Said("Pages there are", example=1)]
    total_is_estimate: Annotated[bool, Said("Whether `total` is an estimate; only above 10,000")]


class DefaultSender(TypedDict):
    """What messages go out from that name no sender."""

    sender: SenderShown | None


class SenderIds:
    """The sender names of the team that asks; another team's are not there (decision 8)."""

    def __init__(self, node: Node) -> None:
        """Keep what is asked."""
        self._senders = node.senders

    @route("GET", "/sender-ids", scopes=SCOPES, query=ListSenders, answers=SenderPage, refusals=(400,), curl=_LIST)
    async def sender_ids(self, request: IRequest, caller: Caller) -> bytes:
        """List the team's sender names, newest first.

        Only approved ones can be used; carriers regard case.
        """
        asked = parse_query(ListSenders, request)
        team_id, status = caller.team.id, None if asked.status is None else SenderStatus(asked.status)
        count, read = partial(self._senders.count, team_id, status), partial(self._senders.page, team_id, status)
        return await answer_page(request, asked, count, read, sender_shown, _DEEPER)

    @route("GET", "/sender-ids/{uuid}", scopes=SCOPES, answers=SenderShown, refusals=(404,), curl=_GET)
    async def sender_id(self, request: IRequest, caller: Caller, uuid: str) -> bytes:
        """Get a sender name."""
        return answer(request, sender_shown(await self._senders.find(uuid, caller.team.id)))

    @route(
        "POST",
        "/sender-ids",
        scopes=(TEAM,),
        body=RequestSender,
        answers=SenderShown,
        refusals=(400, 409),
        curl=_REQUEST,
        idempotent=True,
    )
    async def request_sender_id(self, request: IRequest, caller: Caller) -> bytes:
        """Ask for a sender name.

        It is `pending` until the operator approves it, for all networks or for some, or rejects it with a reason. One that
        was rejected can be deleted and asked for again.
        """
        asked = parse(RequestSender, request)
        reply = Replying(request, caller, sender_shown)
        await self._senders.request(caller.by, caller.team.id, asked.sender(), reply)
        return reply.octets

    @route(
        "PUT",
        "/sender-ids/default",
        scopes=(TEAM,),
        body=SetDefaultSender,
        answers=DefaultSender,
        refusals=(400,),
        curl=_DEFAULT,
    )
    async def set_default_sender_id(self, request: IRequest, caller: Caller) -> bytes:
        """Set the team's default sender name.

        Messages that name no sender go out from it; without one they are refused. Only an approved one can be it.
        """
        asked = parse(SetDefaultSender, request)
        found = await self._senders.set_default(caller.by, caller.team.id, asked.sender_id)
        return answer(request, {"sender": None if found is None else sender_shown(found)})

    @route("DELETE", "/sender-ids/{uuid}", scopes=(TEAM,), answers=SenderShown, refusals=(404, 409), curl=_WITHDRAW)
    async def withdraw_sender_id(self, request: IRequest, caller: Caller, uuid: str) -> bytes:
        """Take back the request for a sender name.

        Only while it is `pending`, or when it was rejected; the answer is what it was.
        """
        return answer(request, sender_shown(await self._senders.withdraw(caller.by, caller.team.id, uuid)))


def sender_shown(found: Sender) -> SenderShown:
    """Return a sender name as its team sees it."""
    return {
        "uuid": found.uuid,
        "name": found.name,
        "status": found.status.value,
        "sender_class": found.sender_class.value,
        "is_default": found.is_default,
        "countries": list(found.countries),
        "asked_networks": list(found.asked_networks),
        "networks": list(found.networks),
        "note": found.note,
        "document_uuid": found.document_uuid,
        "reason": found.reason,
        "created_at": instant(found.created_at_ms),
        "decided_at": instant_or_none(found.decided_at_ms),
    }
