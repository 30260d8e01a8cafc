"""What teams pay, and what the operator pays at carriers, by prefix (decision 38)."""

from __future__ import annotations

import re
from typing import Annotated, Final, TypedDict

import attrs
from twisted.web.iweb import IRequest

from mobilesasa.api.admin.lists import prefix_of
from mobilesasa.api.answers import answer
from mobilesasa.api.auth import Caller
from mobilesasa.api.ports import Node
from mobilesasa.api.requests import Said, parse, parse_query
from mobilesasa.api.routes import route
from mobilesasa.core.administration import Cost
from mobilesasa.core.errors import NotFound
from mobilesasa.core.scopes import PLATFORM

_PREFIX = re.compile(r"(?:[1-9][0-9]{0,14})?\Z", re.ASCII)
_PREFIX_DOC: Final = "Digits that numbers begin with, country code first; empty: all others"
_COST_DOC: Final = "Of one part, in millionths of the operator's money: 350000 is 0.35"

_LIST = """curl https://api.yourdomain.com/api/v1/admin/prices \\
  -H "Authorization: Bearer mbs_operator_token_here\""""
_SET = """curl -X PUT https://api.yourdomain.com/api/v1/admin/prices/255 \\
  -H "Authorization: Bearer mbs_operator_token_here" \\
  -H "Content-Type: application/json" \\
  -d '{"units": 3}'"""


@attrs.frozen(kw_only=True)
class ReplacePrices:
    """A whole table of prices."""

    prices: Annotated[
        dict[str, int],
        Said("Units of a part by prefix; the empty prefix is for all others, 1 if left out", example={"255": 3, "": 1}),
    ]


@attrs.frozen(kw_only=True)
class SetPrice:
    """What a part costs a team."""

    units: Annotated[int, Said("Of one part", minimum=1, maximum=1_000_000, example=3)]


@attrs.frozen(kw_only=True)
class ListCosts:
    """Which costs are listed."""

    carrier: Annotated[str | None, Said("Only those at this carrier", example="savanna")] = None


@attrs.frozen(kw_only=True)
class SetCost:
    """What a part costs the operator."""

    cost_micro: Annotated[int, Said(_COST_DOC, minimum=0, maximum=10**15, example=350_000)]


class PriceShown(TypedDict):
    """What a part costs a team."""

    prefix: Annotated[str, Said(_PREFIX_DOC, example="255")]
    units: Annotated[int, Said("Of one part", example=3)]


class PriceList(TypedDict):
    """All prices."""

    items: list[PriceShown]


class CostShown(TypedDict):
    """What a part costs the operator at a carrier."""

    carrier: Annotated[str, Said("Its name", example="savanna")]
    prefix: Annotated[str, Said(_PREFIX_DOC, example="254")]
    cost_micro: Annotated[int, Said(_COST_DOC, example=350_000)]


class CostList(TypedDict):
    """All costs."""

    items: list[CostShown]


class PlatformPrices:
    """Prices and costs, for administrators."""

    def __init__(self, node: Node) -> None:
        """Keep what is asked."""
        self._prices = node.desk.prices

    @route("GET", "/admin/prices", scopes=(PLATFORM,), answers=PriceList, curl=_LIST)
    async def list_prices(self, request: IRequest, caller: Caller) -> bytes:
        """List the prices by prefix.

        Of the prefixes of a number the longest counts; where there is none, a part is one unit.
        """
        return await self._list(request)

    @route("PUT", "/admin/prices", scopes=(PLATFORM,), body=ReplacePrices, answers=PriceList, refusals=(400,))
    async def replace_prices(self, request: IRequest, caller: Caller) -> bytes:
        """Put a whole table of prices in the place of the one there is, at once."""
        await self._prices.replace(caller.by, parse(ReplacePrices, request).prices)
        return await self._list(request)

    @route(
        "PUT",
        "/admin/prices/{prefix}",
        scopes=(PLATFORM,),
        body=SetPrice,
        answers=PriceShown,
        refusals=(400, 404),
        curl=_SET,
    )
    async def set_price(self, request: IRequest, caller: Caller, prefix: str) -> bytes:
        """Set the price of a prefix; `default` stands for all others.

        It holds for what is accepted from then on, at every node within a second.
        """
        asked, digits = parse(SetPrice, request), checked_prefix(prefix)
        await self._prices.set_price(caller.by, digits, asked.units)
        return answer(request, {"prefix": digits, "units": asked.units})

    @route("DELETE", "/admin/prices/{prefix}", scopes=(PLATFORM,), answers=PriceShown, refusals=(404,))
    async def remove_price(self, request: IRequest, caller: Caller, prefix: str) -> bytes:
        """Take the price of a prefix away; the next shorter one counts then."""
        digits = prefix_of(prefix)
        return answer(request, {"prefix": digits, "units": await self._prices.remove_price(caller.by, digits)})

    @route("GET", "/admin/costs", scopes=(PLATFORM,), query=ListCosts, answers=CostList, refusals=(400, 404))
    async def list_costs(self, request: IRequest, caller: Caller) -> bytes:
        """List what parts cost the operator, by carrier and prefix, for rules that ask for the least cost."""
        asked = parse_query(ListCosts, request)
        found = await self._prices.costs(asked.carrier)
        return answer(request, {"items": [_cost_shown(each) for each in found]})

    @route(
        "PUT",
        "/admin/carriers/{name}/costs/{prefix}",
        scopes=(PLATFORM,),
        body=SetCost,
        answers=CostShown,
        refusals=(400, 404),
    )
    async def set_cost(self, request: IRequest, caller: Caller, name: str, prefix: str) -> bytes:
        """Set what a part to a prefix costs at a carrier; `default` stands for all others."""
        asked, digits = parse(SetCost, request), checked_prefix(prefix)
        return answer(request, _cost_shown(await self._prices.set_cost(caller.by, name, digits, asked.cost_micro)))

    @route("DELETE", "/admin/carriers/{name}/costs/{prefix}", scopes=(PLATFORM,), answers=CostShown, refusals=(404,))
    async def remove_cost(self, request: IRequest, caller: Caller, name: str, prefix: str) -> bytes:
        """Forget what a part to a prefix costs at a carrier."""
        return answer(request, _cost_shown(await self._prices.remove_cost(caller.by, name, prefix_of(prefix))))

    async def _list(self, request: IRequest) -> bytes:
        found = await self._prices.prices()
        return answer(request, {"items": [{"prefix": prefix, "units": units} for prefix, units in found.items()]})


def checked_prefix(written: str) -> str:
    """Return the prefix that a path names.

    Raises:
        NotFound: it is none.
    """
    prefix = prefix_of(written)
    if not _PREFIX.match(prefix):
        raise NotFound(f"a prefix is 1 to 15 digits, country code first, or default; {written!r} is none")
    return prefix


def _cost_shown(found: Cost) -> CostShown:
    return {"carrier": found.carrier, "prefix": found.prefix, "cost_micro": found.cost_micro}
