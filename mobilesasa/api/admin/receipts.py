"""Receipts from carriers that fit no message: an operator looks at them, tries them once more, or says whose they are."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Final, Literal, TypedDict

import attrs
from twisted.web.iweb import IRequest

from mobilesasa.api.answers import answer, instant, instant_or_none
from mobilesasa.api.auth import Caller
from mobilesasa.api.errors import FieldProblem, Problem, problem
from mobilesasa.api.idempotency import Replying
from mobilesasa.api.pages import ListPage, answer_page
from mobilesasa.api.ports import Node
from mobilesasa.api.ports.platform import Match, Parked
from mobilesasa.api.requests import Said, parse, parse_query
from mobilesasa.api.routes import route
from mobilesasa.core.errors import NotFound
from mobilesasa.core.ids import canonical, from_smpp_id
from mobilesasa.core.scopes import PLATFORM

REPLAYED_MAX: Final = 10_000  # receipts that one call looks at
_LARGEST: Final = 2**63 - 1  # of a number in the tray
_DIGITS: Final = 19  # of what is longer, some would be larger
_DEEPER: Final = "receipts; ask for those of one carrier, or replay them first"

_LIST = """curl "https://api.yourdomain.com/api/v1/admin/receipts/unmatched?page=1&page_size=20" \\
  -H "Authorization: Bearer mbs_operator_token_here\""""
_REPLAY = """curl -X POST https://api.yourdomain.com/api/v1/admin/receipts/unmatched/replay \\
  -H "Authorization: Bearer mbs_operator_token_here" \\
  -H "Content-Type: application/json" \\
  -d '{"carrier": "carrier-name"}'"""
_MATCH = """curl -X POST https://api.yourdomain.com/api/v1/admin/receipts/unmatched/receipt-id/match \\
  -H "Authorization: Bearer mbs_operator_token_here" \\
  -H "Content-Type: application/json" \\
  -d '{"message": "msg-uuid"}'"""


@attrs.frozen(kw_only=True)
class ListUnmatched(ListPage):
    """Which receipts are listed."""

    carrier: Annotated[str | None, Said("Only those of this carrier", example="savanna")] = None


@attrs.frozen(kw_only=True)
class MatchReceipt:
    """Whose a receipt is: a message's, or the part's that has an id of the carrier's."""

    message: Annotated[
        str | None,
        Said("The message: its uuid, or its message_id of SMPP", example="01978a3e-5c00-7d21-9a3b-0c5d7e8f9a10"),
    ] = None
    part: Annotated[
        int | None, Said("Which part of it; needed when several wait for a receipt", minimum=1, maximum=255)
    ] = None
    carrier_message_id: Annotated[str | None, Said("Instead of a message: the id that the carrier's answer had")] = None


@attrs.frozen(kw_only=True)
class ReplayUnmatched:
    """Which receipts are tried once more."""

    carrier: Annotated[str | None, Said("Only those of this carrier", example="savanna")] = None
    after: Annotated[int, Said("`next` of the call before", minimum=0, maximum=_LARGEST)] = 0


class UnmatchedShown(TypedDict):
    """A receipt whose message nobody knows."""

    id: Annotated[int, Said("Names the receipt", example=17)]
    carrier: Annotated[str, Said("Whose it is", example="savanna")]
    carrier_message_id: Annotated[str, Said("The id that it has", example="1a2b3c4d")]
    status: Annotated[Literal["delivered", "failed"], Said("What it says")]
    failure_reason: Annotated[str | None, Said("Why it failed: one of the public words", example="undelivered")]
    failure_code: Annotated[str | None, Said("The carrier's own code")]
    to: Annotated[str | None, Said("Whom it is about, as it writes the number", example="254712345678")]
    network: Annotated[str | None, Said("Where the phone was, MCC and MNC, where it says so", example="63902")]
    done_at: Annotated[str | None, Said("When the message ended, as it says; UTC")]
    came_at: Annotated[str, Said("When it came, UTC", example="2026-05-11T09:00:00Z")]


class UnmatchedPage(TypedDict):
    """A page of receipts whose message nobody knows."""

    items: list[UnmatchedShown]
    page: Annotated[int, Said("Page number", example=1)]
    page_size: Annotated[int, Said("Results per page", example=20)]
    total: Annotated[int, Said("Receipts on all pages", example=1)]
    pages: Annotated[int, Said("Pages there are", example=1)]
    total_is_estimate: Annotated[bool, Said("Whether `total` is an estimate; only above 10,000")]


class MatchedShown(TypedDict):
    """A receipt that was settled, and for which part."""

    id: Annotated[int, Said("Named the receipt", example=17)]
    message: Annotated[str, Said("The message's uuid")]
    part: Annotated[int, Said("Which part of it", example=1)]
    carrier_message_id: Annotated[str, Said("The carrier's id of the part")]
    status: Annotated[Literal["delivered", "failed"], Said("What the receipt says of the part")]


class ReplayedShown(TypedDict):
    """What a second look has found."""

    looked_at: Annotated[int, Said("Receipts that were looked at", example=120)]
    matched: Annotated[int, Said("Those that fitted a message now, and are settled", example=2)]
    next: Annotated[int | None, Said("Where the next call goes on, as `after`; null when all were looked at")]


class PlatformReceipts:
    """The tray of receipts that fit no message, for operators."""

    def __init__(self, node: Node) -> None:
        """Keep what is asked."""
        self._tray = node.tray
        self._directory = node.directory

    @route(
        "GET",
        "/admin/receipts/unmatched",
        formerly="/receipts/unmatched",
        scopes=(PLATFORM,),
        query=ListUnmatched,
        answers=UnmatchedPage,
        refusals=(400,),
        curl=_LIST,
    )
    async def list_unmatched(self, request: IRequest, caller: Caller) -> bytes:
        """List the receipts that fit no message, newest first.

        For operators. Most leave the list by themselves, when the answer to their submit comes; the others are forgotten
        after 72 hours, if nothing else is set.
        """
        asked = parse_query(ListUnmatched, request)
        carrier_id = self._carrier_id(asked.carrier)
        count, read = partial(self._tray.count, carrier_id), partial(self._tray.page, carrier_id)
        return await answer_page(request, asked, count, read, unmatched_shown, _DEEPER)

    @route(
        "POST",
        "/admin/receipts/unmatched/replay",
        formerly="/receipts/unmatched/replay",
        scopes=(PLATFORM,),
        body=ReplayUnmatched,
        answers=ReplayedShown,
        refusals=(400,),
        curl=_REPLAY,
    )
    async def replay_unmatched(self, request: IRequest, caller: Caller) -> bytes:
        """Look for the messages of all receipts in the list once more.

        In every spelling of their ids, oldest first; what fits is settled, the others stay as old as they are. One call
        looks at 10,000, and `next` says where to go on. To repeat a call does no harm.
        """
        asked = parse(ReplayUnmatched, request)
        found = await self._tray.retry(caller.by, self._carrier_id(asked.carrier), asked.after, REPLAYED_MAX)
        following = None if found.done else found.after
        return answer(request, {"looked_at": found.looked_at, "matched": found.matched, "next": following})

    @route(
        "POST",
        "/admin/receipts/unmatched/{receipt}/replay",
        formerly="/receipts/unmatched/{receipt}/replay",
        scopes=(PLATFORM,),
        answers=ReplayedShown,
        refusals=(404,),
    )
    async def replay_one(self, request: IRequest, caller: Caller, receipt: str) -> bytes:
        """Look for the message of one receipt once more.

        `matched` is 1 when it was found and the receipt is settled, and then it is in the list no longer.
        """
        matched = await self._tray.retry_one(caller.by, _number(receipt))
        return answer(request, {"looked_at": 1, "matched": int(matched), "next": None})

    @route(
        "POST",
        "/admin/receipts/unmatched/{receipt}/match",
        formerly="/receipts/unmatched/{receipt}/match",
        scopes=(PLATFORM,),
        body=MatchReceipt,
        answers=MatchedShown,
        refusals=(400, 404),
        curl=_MATCH,
        idempotent=True,
    )
    async def match_receipt(self, request: IRequest, caller: Caller, receipt: str) -> bytes:
        """Say whose a receipt is.

        It is settled as if it had come with the right id: the message moves, and its team is told. The message must
        have gone by the carrier of the receipt, and wait for one; of a message of several parts `part` says which.
        """
        asked = parse(MatchReceipt, request)
        _check(asked)
        reply = Replying(request, caller, matched_shown)
        await self._tray.match(
            caller.by,
            _number(receipt),
            reply,
            message_id=None if asked.message is None else canonical(asked.message) or from_smpp_id(asked.message),
            part=asked.part,
            ref=asked.carrier_message_id,
        )
        return reply.octets

    def _carrier_id(self, name: str | None) -> int | None:
        if name is None:
            return None
        for carrier in self._directory.now.carriers.values():
            if carrier.name == name.lower():
                return carrier.id
        raise _wrong("carrier", f"there is no carrier {name!r}")


def unmatched_shown(found: Parked) -> UnmatchedShown:
    """Return a receipt in the tray as an operator sees it."""
    heard = found.report
    return {
        "id": found.id,
        "carrier": found.carrier,
        "carrier_message_id": heard.ref,
        "status": _status(heard.state.shown),
        "failure_reason": None if heard.failure is None else heard.failure.value,
        "failure_code": heard.error or None,
        "to": heard.recipient or None,
        "network": heard.network,
        "done_at": instant_or_none(heard.done_at_ms),
        "came_at": instant(found.at_ms),
    }


def matched_shown(found: Match) -> MatchedShown:
    """Return what a receipt was settled for."""
    return {
        "id": found.id,
        "message": found.message_id,
        "part": found.part,
        "carrier_message_id": found.report.ref,
        "status": _status(found.report.state.shown),
    }


def _status(word: str) -> Literal["delivered", "failed"]:
    return "delivered" if word == "delivered" else "failed"


def _check(asked: MatchReceipt) -> None:
    if (asked.message is None) is (asked.carrier_message_id is None):
        raise _wrong("message", "either message or carrier_message_id is needed")
    if asked.message is None:
        if asked.part is not None:
            raise _wrong("part", "is said of a message, and the carrier's id names one part")
    elif canonical(asked.message) is None and from_smpp_id(asked.message) is None:
        raise _wrong("message", "must be the uuid of a message")


def _wrong(field: str, message: str) -> Problem:
    return problem("bad_request", f"{field}: {message}", [FieldProblem(field, message)])


def _number(written: str) -> int:
    if len(written) < _DIGITS and written.isascii() and written.isdigit():
        return int(written)
    raise NotFound("there is no such receipt in the list")
