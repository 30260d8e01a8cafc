"""How long messages are kept: the months there are and were, and what holds one up, for the platform's administrators."""

from __future__ import annotations

from typing import Annotated, Literal, TypedDict, cast

from twisted.web.iweb import IRequest

from mobilesasa.api.answers import answer, instant_or_none
from mobilesasa.api.auth import Caller
from mobilesasa.api.ports import Node
from mobilesasa.api.requests import Said
from mobilesasa.api.routes import route
from mobilesasa.core.retention import NEEDS, Month
from mobilesasa.core.scopes import PLATFORM


class HoldShown(TypedDict):
    """Something that holds a month up."""

    what: Annotated[
        Literal["waiting", "receipts", "ways", "owed", "campaigns", "exports", "sums", "unfinished", "older"],
        Said("What it is", example="receipts"),
    ]
    count: Annotated[int, Said("How many of them; at most 1,000 of a kind are counted", example=3)]
    sentence: Annotated[str, Said("The same in words", example="parts whose receipts may still come")]


class MonthShown(TypedDict):
    """A month of messages, by the time (UTC) at which they were accepted."""

    month: Annotated[str, Said("Year and month", example="2026-04")]
    standing: Annotated[
        Literal["kept", "due", "held", "leaving", "gone"],
        Said(
            "`due`: it goes within minutes; `held`: something still needs it; `leaving`: its messages are found no more"
        ),
    ]
    messages: Annotated[int, Said("That there are, an estimate, or were", example=1_200_000)]
    octets: Annotated[int, Said("That they take, or took, with their indexes", example=983_040_000)]
    goes_at: Annotated[str | None, Said("From when on it may go, UTC; null: never, or it has gone")]
    held_by: list[HoldShown]
    gone_at: Annotated[str | None, Said("When it had been removed, UTC")]
    inbound_removed: Annotated[int, Said("Messages from phones of that month that were removed", example=0)]


class RetentionShown(TypedDict):
    """The months, newest first."""

    keep_months: Annotated[
        int, Said("Full months for which messages are kept behind that of their acceptance; 0: for ever")
    ]
    items: list[MonthShown]


class PlatformRetention:
    """The months of messages, for administrators."""

    def __init__(self, node: Node) -> None:
        """Keep what is asked."""
        self._retention = node.desk.retention

    @route("GET", "/admin/retention", scopes=(PLATFORM,), answers=RetentionShown)
    async def retention(self, request: IRequest, caller: Caller) -> bytes:
        """List the months of messages: how large each is, when it goes, and what holds it up.

        A month goes by itself when its time has come and nothing needs it any more (`messages.keep_months`); the trail says when.
        """
        found = await self._retention.months()
        return answer(
            request, {"keep_months": self._retention.keep_months, "items": [month_shown(each) for each in found]}
        )


def month_shown(found: Month) -> MonthShown:
    """Return a month as an administrator sees it."""
    return {
        "month": found.month,
        "standing": found.standing.value,
        "messages": found.messages,
        "octets": found.octets,
        "goes_at": instant_or_none(found.goes_at_ms),
        "held_by": [
            cast(HoldShown, {"what": each.what.value, "count": each.count, "sentence": NEEDS[each.what]})
            for each in found.held_by
        ],
        "gone_at": instant_or_none(found.gone_at_ms),
        "inbound_removed": found.inbound_removed,
    }
