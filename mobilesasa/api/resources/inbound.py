"""Messages from phones: list and look at (decision 124)."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Literal, TypedDict

import attrs
from twisted.web.iweb import IRequest

from mobilesasa.api.answers import answer, instant
from mobilesasa.api.auth import Caller
from mobilesasa.api.pages import ListPage, answer_page
from mobilesasa.api.ports import Node
from mobilesasa.api.requests import Said, parse_query
from mobilesasa.api.resources.message_bodies import id_in_query
from mobilesasa.api.resources.shown import ENCODINGS, Encoding
from mobilesasa.api.routes import route
from mobilesasa.core.errors import NotFound
from mobilesasa.core.ids import canonical
from mobilesasa.core.inbound import Inbound, digits_of
from mobilesasa.sms.numbers import BadNumber, normalise_fast, shown

_LONGEST_CODE = 6  # digits; what is longer is shown with a plus

_LIST = """curl "https://api.yourdomain.com/api/v1/inbound?page=1&page_size=20" \\
  -H "Authorization: Bearer mbs_your_token_here\""""
_GET = """curl https://api.yourdomain.com/api/v1/inbound/inbound-uuid \\
  -H "Authorization: Bearer mbs_your_token_here\""""

_DEEPER = "messages; go on with before=, the uuid of the last message that you have"


@attrs.frozen(kw_only=True)
class ListInbound(ListPage):
    """Which messages from phones are listed."""

    phone: Annotated[str | None, Said("Only messages from this phone number", example="+254712345678")] = None
    code: Annotated[str | None, Said("Only messages to this short code or number", example="22384")] = None
    before: Annotated[
        str | None, Said("Only messages older than the one of this uuid; the way to go back further than pages do")
    ] = None


class InboundShown(TypedDict):
    """A message from a phone."""

    uuid: Annotated[str, Said("Names the message", example="01978a3e-5c00-7d21-9a3b-0c5d7e8f9a10")]
    phone: Annotated[str, Said("Who sent it, E.164 where it is a number", example="+254712345678")]
    code: Annotated[str, Said("The short code or number it was sent to", example="22384")]
    message: Annotated[str | None, Said("The text; empty for a binary message, null when it is no longer kept")]
    body_hex: Annotated[str | None, Said("The octets of a binary message")]
    encoding: Annotated[Encoding, Said("The alphabet", example="gsm7")]
    parts: Annotated[int, Said("Parts that came", example=1)]
    missing_parts: Annotated[int, Said("Parts that never came", example=0)]
    opt_out: Annotated[
        Literal["stop", "start"] | None,
        Said("Whether it says STOP or START and no more: then the suppressions of the sender follow it"),
    ]
    received_at: Annotated[str, Said("When its first part came, UTC", example="2026-05-11T09:00:00Z")]


class InboundPage(TypedDict):
    """A page of messages from phones."""

    items: list[InboundShown]
    page: Annotated[int, Said("Page number", example=1)]
    page_size: Annotated[int, Said("Results per page", example=20)]
    total: Annotated[int, Said("Messages on all pages", example=1)]
    pages: Annotated[int, Said("Pages there are", example=1)]
    total_is_estimate: Annotated[bool, Said("Whether `total` is an estimate; only above 10,000")]


class FromPhones:
    """The messages from phones to the team that asks."""

    def __init__(self, node: Node) -> None:
        """Keep what is asked."""
        self._inbox = node.inbox

    @route(
        "GET",
        "/inbound",
        scopes=("messages",),
        query=ListInbound,
        answers=InboundPage,
        refusals=(400,),
        curl=_LIST,
    )
    async def list_inbound(self, request: IRequest, caller: Caller) -> bytes:
        """List messages from phones, newest first.

        Those to the short codes and numbers of the team, or that begin with a keyword of it. A page past the end is
        empty. `total` is exact up to 10,000; above that it is an estimate, and `total_is_estimate` is true.
        """
        asked = parse_query(ListInbound, request)
        team_id = caller.team.id
        before = None if asked.before is None else id_in_query(asked.before)
        source = None if asked.phone is None else _kept_number(asked.phone, caller.team.country)
        destination = None if asked.code is None else digits_of(asked.code) or asked.code
        count = partial(self._inbox.count, team_id, source=source, destination=destination, before=before)
        read = partial(self._inbox.page, team_id, source=source, destination=destination, before=before)
        return await answer_page(request, asked, count, read, inbound_shown, _DEEPER)

    @route("GET", "/inbound/{uuid}", scopes=("messages",), answers=InboundShown, refusals=(404,), curl=_GET)
    async def get_inbound(self, request: IRequest, caller: Caller, uuid: str) -> bytes:
        """Get a message from a phone."""
        message_id = canonical(uuid)
        found = None if message_id is None else await self._inbox.find(caller.team.id, message_id)
        if found is None:
            raise NotFound("there is no such message")
        return answer(request, inbound_shown(found))


def inbound_shown(inbound: Inbound) -> InboundShown:
    """Return a message from a phone as its team sees it."""
    is_gone = inbound.text is None and inbound.body is None
    return {
        "uuid": inbound.id,
        "phone": _shown(inbound.source),
        "code": _shown(inbound.destination),
        "message": None if is_gone else inbound.text or "",
        "body_hex": None if inbound.body is None else inbound.body.hex(),
        "encoding": ENCODINGS[inbound.coding],
        "parts": inbound.parts,
        "missing_parts": inbound.missing,
        "opt_out": _word(inbound.opt_out),
        "received_at": instant(inbound.received_at_ms),
    }


def _word(opt_out: str | None) -> Literal["stop", "start"] | None:
    return "stop" if opt_out == "stop" else "start" if opt_out == "start" else None


def _shown(address: str) -> str:
    """Return a number with its plus, and what is a short code or a name as it is."""
    return shown(address) if address.isdigit() and len(address) > _LONGEST_CODE else address


def _kept_number(phone: str, country: str) -> str:
    """Return a number as messages from it are kept; what is no number may be the name of a service."""
    try:
        return normalise_fast(phone, country)
    except BadNumber:
        return digits_of(phone) or phone
