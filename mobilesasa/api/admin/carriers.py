"""The carriers of the platform as an operator sees them: how each stands, what it took, how long it takes."""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypedDict

from twisted.web.iweb import IRequest

from mobilesasa.api.answers import answer
from mobilesasa.api.auth import Caller
from mobilesasa.api.ports import Node
from mobilesasa.api.requests import Said
from mobilesasa.api.routes import route
from mobilesasa.core.errors import NotFound
from mobilesasa.core.scopes import PLATFORM

_LIST = """curl https://api.yourdomain.com/api/v1/admin/carriers \\
  -H "Authorization: Bearer mbs_operator_token_here\""""
_ONE = """curl https://api.yourdomain.com/api/v1/admin/carriers/carrier-name \\
  -H "Authorization: Bearer mbs_operator_token_here\""""


class LatencyShown(TypedDict):
    """How long something took since the node started, from a histogram: each bound is that of a bucket."""

    count: Annotated[int, Said("How many were measured")]
    mean_s: Annotated[float | None, Said("Their mean, seconds; null when there is none")]
    p50_s: Annotated[float | None, Said("Half of them took no longer than this; null beyond the last bucket")]
    p99_s: Annotated[float | None, Said("99 of 100 took no longer than this; null beyond the last bucket")]


class FailedShown(TypedDict):
    """Messages that a carrier did not deliver, by why."""

    refused: Annotated[int, Said("It refused them; another carrier may have taken them then")]
    expired_unsent: Annotated[int, Said("They expired while they waited for it here")]
    undelivered: Annotated[int, Said("It reported parts that did not reach the handset")]
    expired: Annotated[int, Said("It reported parts that expired with it")]
    rejected: Annotated[int, Said("It took parts and refused them afterwards")]


class CarrierShown(TypedDict):
    """A carrier. What is counted begins at nothing when the node starts."""

    name: Annotated[str, Said("Its name", example="savanna")]
    kind: Annotated[str, Said("What it speaks: smpp, http, or sandbox", example="smpp")]
    enabled: Annotated[bool, Said("Whether it may take messages")]
    state: Annotated[
        Literal["up", "throttled", "trying", "down", "disabled"],
        Said("How it stands; `trying`: it was down, and a few messages find out whether it still is", example="up"),
    ]
    why: Annotated[str | None, Said("The trouble, in words")]
    down_s: Annotated[int, Said("For how long there has been a trouble, seconds")]
    window: Annotated[int, Said("Parts that may be under way at once")]
    parts_under_way: Annotated[int, Said("Parts on the wire, or being written down")]
    sent: Annotated[int, Said("Messages that it took")]
    uncertain: Annotated[int, Said("Messages without an answer, which it may have")]
    postponed: Annotated[int, Said("Times that a message was put off")]
    rerouted: Annotated[int, Said("Messages that went on to another carrier, for whatever reason")]
    failed: FailedShown
    delivered: Annotated[int, Said("Parts that it reported delivered")]
    delivery_ratio: Annotated[float | None, Said("Those as a share of all final receipts; null without any")]
    receipt_wait_s: Annotated[int, Said("For how long it has sent no receipt although some are due, seconds")]
    submit_latency: Annotated[LatencyShown, Said("From the hand-over of a message to its answer")]
    receipt_latency: Annotated[LatencyShown, Said("From its taking a part to the end, by the dates in its receipts")]
    options: Annotated[dict[str, Any], Said("What is set for it; secrets are masked")]
    details: Annotated[dict[str, Any], Said("What its kind tells of itself beside these")]


class CarrierList(TypedDict):
    """The carriers of the platform."""

    items: list[CarrierShown]


class PlatformCarriers:
    """Shows the carriers to operators."""

    def __init__(self, node: Node) -> None:
        """Keep what is asked."""
        self._carriers = node.carriers

    @route("GET", "/admin/carriers", scopes=(PLATFORM,), answers=CarrierList, curl=_LIST, formerly="/carriers")
    async def list_carriers(self, request: IRequest, caller: Caller) -> bytes:
        """List the carriers.

        For operators: their tokens come from the command. The order is that of the names. How a carrier stands, and
        what is counted, is what the node says that has its binds.
        """
        return answer(request, {"items": await self._carriers.carriers()})

    @route(
        "GET",
        "/admin/carriers/{name}",
        scopes=(PLATFORM,),
        answers=CarrierShown,
        refusals=(404,),
        curl=_ONE,
        formerly="/carriers/{name}",
    )
    async def one_carrier(self, request: IRequest, caller: Caller, name: str) -> bytes:
        """Get a carrier.

        The same as in the list.
        """
        found = await self._carriers.carrier(name)
        if found is None:
            raise NotFound(f"there is no carrier {name!r}")
        return answer(request, found)
