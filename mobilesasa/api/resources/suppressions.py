"""Suppressions: who gets no messages of the team (decisions 51, 57)."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Literal, TypedDict

import attrs
from twisted.web.iweb import IRequest

from mobilesasa.api.answers import answer, instant
from mobilesasa.api.auth import Caller
from mobilesasa.api.errors import FieldProblem, problem
from mobilesasa.api.idempotency import Replying
from mobilesasa.api.pages import ListPage, answer_page, paged
from mobilesasa.api.ports import Node
from mobilesasa.api.ports.phones import Suppression
from mobilesasa.api.requests import Said, parse, parse_query
from mobilesasa.api.routes import route
from mobilesasa.core.errors import SenderNotApproved
from mobilesasa.core.optouts import ALL_SENDERS
from mobilesasa.sms.numbers import BadNumber, normalise, normalise_fast, shown

SCOPES = ("messages", "contacts")
_DEEPER = "suppressions; ask for those of a phone or a sender"

_LIST = """curl "https://api.yourdomain.com/api/v1/suppressions?page=1&page_size=20" \\
  -H "Authorization: Bearer mbs_your_token_here\""""
_ADD = """curl -X POST https://api.yourdomain.com/api/v1/suppressions \\
  -H "Authorization: Bearer mbs_your_token_here" \\
  -H "Content-Type: application/json" \\
  -d '{
    "phone": "+254712345678",
    "sender_id": "MYAPP"
  }'"""
_REMOVE = """curl -X DELETE https://api.yourdomain.com/api/v1/suppressions/suppression-uuid \\
  -H "Authorization: Bearer mbs_your_token_here\""""


@attrs.frozen(kw_only=True)
class ListSuppressions(ListPage):
    """Which suppressions are listed."""

    phone: Annotated[str | None, Said("Only those of this phone number", example="+254712345678")] = None
    sender: Annotated[str | None, Said("Only those for this sender, by name or uuid", example="MYAPP")] = None


@attrs.frozen(kw_only=True)
class Suppress:
    """Somebody who is to get no more messages."""

    phone: Annotated[str, Said("Phone number, as a recipient is written", example="+254712345678")]
    sender_id: Annotated[
        str | None, Said("Sender name or its uuid; all of your senders if omitted", example="MYAPP")
    ] = None


class SuppressionShown(TypedDict):
    """Somebody who gets no messages of one sender, or of all."""

    uuid: Annotated[str, Said("Names the suppression", example="6f1c1bb0-5c00-4d21-9a3b-0c5d7e8f9a10")]
    phone: Annotated[str, Said("Who, E.164", example="+254712345678")]
    sender_id: Annotated[str | None, Said("The name of the sender; null: all of the team's", example="MYAPP")]
    reason: Annotated[
        Literal["stop", "api", "operator", "blacklisted"],
        Said("Their STOP, your call, the operator, or a carrier's receipt that names a blacklist", example="stop"),
    ]
    source: Annotated[
        str | None, Said("The message from the phone that said STOP, or your message that met the blacklist: its uuid")
    ]
    created_at: Annotated[str, Said("Since when, UTC", example="2026-05-11T09:00:00Z")]


class SuppressionPage(TypedDict):
    """A page of suppressions."""

    items: list[SuppressionShown]
    page: Annotated[int, Said("Page number", example=1)]
    page_size: Annotated[int, Said("Results per page", example=20)]
    total: Annotated[int, Said("Suppressions on all pages", example=1)]
    pages: Annotated[int, Said("Pages there are", example=1)]
    total_is_estimate: Annotated[bool, Said("Whether `total` is an estimate; only above 10,000")]


class Suppressions:
    """The suppressions of the team that asks."""

    def __init__(self, node: Node) -> None:
        """Keep what is asked."""
        self._suppressions = node.suppressions
        self._directory = node.directory

    @route(
        "GET",
        "/suppressions",
        scopes=SCOPES,
        query=ListSuppressions,
        answers=SuppressionPage,
        refusals=(400,),
        curl=_LIST,
    )
    async def list_suppressions(self, request: IRequest, caller: Caller) -> bytes:
        """List who gets no messages of the team, newest first.

        A page past the end is empty. `total` is exact up to 10,000; above that it is an estimate, and
        `total_is_estimate` is true.
        """
        asked = parse_query(ListSuppressions, request)
        team_id = caller.team.id
        recipient = None
        sender = None if asked.sender is None else self._sender(team_id, asked.sender) or asked.sender
        if asked.phone is not None:
            try:
                recipient = normalise_fast(asked.phone, caller.team.country)
            except BadNumber:
                return answer(request, paged(asked, 0))  # nobody has such a number
        count = partial(self._suppressions.count, team_id, recipient=recipient, sender=sender)
        read = partial(self._suppressions.page, team_id, recipient=recipient, sender=sender)
        return await answer_page(request, asked, count, read, suppression_shown, _DEEPER)

    @route(
        "POST",
        "/suppressions",
        scopes=SCOPES,
        body=Suppress,
        answers=SuppressionShown,
        refusals=(400,),
        curl=_ADD,
        idempotent=True,
    )
    async def suppress(self, request: IRequest, caller: Caller) -> bytes:
        """Suppress a phone number.

        Messages to it are refused with `suppressed` from now on, by REST and SMPP. Those that were accepted before go on,
        but for bulk messages that no carrier has (of batches, campaigns and promotional senders): these are taken back. A
        number that is suppressed already stays so, and the answer is what there is.
        """
        asked = parse(Suppress, request)
        team = caller.team
        try:
            recipient = normalise(asked.phone, team.country)
        except BadNumber as bad:
            raise problem("bad_request", str(bad), [FieldProblem("phone", str(bad))]) from bad
        sender = ALL_SENDERS if asked.sender_id is None else self._sender(team.id, asked.sender_id)
        if sender is None:
            raise SenderNotApproved(f"the team has no sender {asked.sender_id!r}")
        reply = Replying(request, caller, suppression_shown)
        await self._suppressions.add(caller.by, team.id, recipient, sender, reply)
        self._directory.suppressing.add(team.id)  # from now on, not only when the directory is read again
        return reply.octets

    @route(
        "DELETE",
        "/suppressions/{uuid}",
        scopes=SCOPES,
        answers=SuppressionShown,
        refusals=(400, 404),
        curl=_REMOVE,
    )
    async def remove_suppression(self, request: IRequest, caller: Caller, uuid: str) -> bytes:
        """Take a suppression away.

        Do so only when the person asked for it: the message that said STOP stays in the list of messages from phones.
        What the operator has suppressed stays: 400.
        """
        return answer(request, suppression_shown(await self._suppressions.take_away(caller.by, caller.team.id, uuid)))

    def _sender(self, team_id: int, asked: str) -> str | None:
        """Return the name of the team's sender of this name or uuid, whatever its status."""
        found = self._directory.now.sender_meant(team_id, asked)
        return None if found is None else found.name


def suppression_shown(found: Suppression) -> SuppressionShown:
    """Return a suppression as its team sees it."""
    return {
        "uuid": found.uuid,
        "phone": shown(found.recipient),
        "sender_id": found.sender or None,
        "reason": found.reason,
        "source": found.source_id,
        "created_at": instant(found.at_ms),
    }
