"""Sender names of all teams, and the decisions about them (decision 36)."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Literal

import attrs
from twisted.web.iweb import IRequest

from mobilesasa.api.admin.lists import PageShown, team_of_code
from mobilesasa.api.answers import answer
from mobilesasa.api.auth import Caller
from mobilesasa.api.pages import ListPage, answer_page
from mobilesasa.api.ports import Node
from mobilesasa.api.ports.senders import Sender
from mobilesasa.api.requests import Said, parse, parse_query
from mobilesasa.api.resources.senders import SenderShown, sender_shown
from mobilesasa.api.routes import route
from mobilesasa.core.scopes import PLATFORM
from mobilesasa.core.senders import SenderClass, SenderStatus

ClassWord = Literal["transactional", "promotional", "otp"]
_DEEPER = "senders; ask for those that stand somewhere"

_LIST = """curl "https://api.yourdomain.com/api/v1/admin/sender-ids?status=pending" \\
  -H "Authorization: Bearer mbs_operator_token_here\""""
_APPROVE = """curl -X POST https://api.yourdomain.com/api/v1/admin/sender-ids/sender-uuid/approve \\
  -H "Authorization: Bearer mbs_operator_token_here" \\
  -H "Content-Type: application/json" \\
  -d '{"networks": ["Safaricom"], "sender_class": "transactional"}'"""


@attrs.frozen(kw_only=True)
class ListAllSenders(ListPage):
    """Which senders are listed."""

    status: Annotated[
        Literal["pending", "approved", "rejected", "suspended"] | None,
        Said("Only those that stand there", example="pending"),
    ] = None
    team: Annotated[str | None, Said("Only those of the team of this code")] = None


@attrs.frozen(kw_only=True)
class ApproveSender:
    """For what a sender is approved."""

    networks: Annotated[
        list[str] | None,
        Said("For these networks, none: all; those that were asked for if omitted", example=("Safaricom",)),
    ] = None
    sender_class: Annotated[ClassWord | None, Said("What it is for; what was asked for if omitted")] = None


@attrs.frozen(kw_only=True)
class RejectSender:
    """Why a sender is rejected."""

    reason: Annotated[str, Said("The team is shown it", example="The name is another company's")]


@attrs.frozen(kw_only=True)
class SuspendSender:
    """Why a sender is suspended."""

    reason: Annotated[str | None, Said("The team is shown it", example="Complaints of recipients")] = None


class PlatformSender(SenderShown):
    """A sender name, and whose it is."""

    team: Annotated[str, Said("The team's code", example="ACME2024")]


class PlatformSenderPage(PageShown):
    """A page of sender names."""

    items: list[PlatformSender]


class PlatformSenders:
    """The senders of all teams, for administrators."""

    def __init__(self, node: Node) -> None:
        """Keep what is asked."""
        self._senders = node.senders
        self._directory = node.directory

    @route(
        "GET",
        "/admin/sender-ids",
        scopes=(PLATFORM,),
        query=ListAllSenders,
        answers=PlatformSenderPage,
        refusals=(400, 404),
        curl=_LIST,
    )
    async def list_all_senders(self, request: IRequest, caller: Caller) -> bytes:
        """List the sender names of all teams, newest first; with `status=pending` those that wait for a decision."""
        asked = parse_query(ListAllSenders, request)
        team_id = None if asked.team is None else team_of_code(self._directory.now, asked.team).id
        status = None if asked.status is None else SenderStatus(asked.status)
        count, read = partial(self._senders.count, team_id, status), partial(self._senders.page, team_id, status)
        return await answer_page(request, asked, count, read, _shown, _DEEPER)

    @route(
        "POST",
        "/admin/sender-ids/{uuid}/approve",
        scopes=(PLATFORM,),
        body=ApproveSender,
        answers=PlatformSender,
        refusals=(400, 404),
        curl=_APPROVE,
    )
    async def approve_sender(self, request: IRequest, caller: Caller, uuid: str) -> bytes:
        """Let a team use a sender name, for all networks or some; it holds at every node within a second."""
        asked = parse(ApproveSender, request)
        chosen = None if asked.sender_class is None else SenderClass(asked.sender_class)
        found = await self._senders.decide(caller.by, uuid, SenderStatus.APPROVED, "", asked.networks, chosen)
        return answer(request, _shown(found))

    @route(
        "POST",
        "/admin/sender-ids/{uuid}/reject",
        scopes=(PLATFORM,),
        body=RejectSender,
        answers=PlatformSender,
        refusals=(400, 404),
    )
    async def reject_sender(self, request: IRequest, caller: Caller, uuid: str) -> bytes:
        """Turn a sender name down."""
        reason = parse(RejectSender, request).reason
        return answer(request, _shown(await self._senders.decide(caller.by, uuid, SenderStatus.REJECTED, reason)))

    @route(
        "POST",
        "/admin/sender-ids/{uuid}/suspend",
        scopes=(PLATFORM,),
        body=SuspendSender,
        answers=PlatformSender,
        refusals=(400, 404),
    )
    async def suspend_sender(self, request: IRequest, caller: Caller, uuid: str) -> bytes:
        """Let a team use a sender name no more; approve it again to let it go on."""
        reason = parse(SuspendSender, request).reason or ""
        return answer(request, _shown(await self._senders.decide(caller.by, uuid, SenderStatus.SUSPENDED, reason)))


def _shown(found: Sender) -> PlatformSender:
    return {**sender_shown(found), "team": found.team_code}
