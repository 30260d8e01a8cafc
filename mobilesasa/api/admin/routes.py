"""Routes and rules: which messages go to which carriers, and why."""

from __future__ import annotations

from typing import Final

from twisted.web.iweb import IRequest

from mobilesasa.api.admin.lists import prefix_of, team_of_code
from mobilesasa.api.admin.rule_shapes import (
    ChangeRoute,
    CreateRoute,
    ExplainAnyRoute,
    RouteList,
    RouteShown,
    RuleList,
    WriteRule,
    WrittenRule,
    route_of,
    rule_of,
)
from mobilesasa.api.answers import answer, replay, success
from mobilesasa.api.auth import Caller
from mobilesasa.api.ports import Node
from mobilesasa.api.requests import parse, parse_query
from mobilesasa.api.resources.routing import RouteExplained, route_shown
from mobilesasa.api.routes import route
from mobilesasa.core.errors import NotFound
from mobilesasa.core.explaining import explain
from mobilesasa.core.idempotency import Reply
from mobilesasa.core.scopes import PLATFORM

_DIGITS: Final = 9  # of the number of a rule: a longer one is none

_ADD_RULE = """curl -X POST https://api.yourdomain.com/api/v1/admin/rules \\
  -H "Authorization: Bearer mbs_operator_token_here" \\
  -H "Content-Type: application/json" \\
  -d '{"sender_class": "otp", "priority": 10, "carriers": [{"name": "savanna"}]}'"""
_EXPLAIN = """curl "https://api.yourdomain.com/api/v1/admin/routes/explain?team=ACME2024&to=%2B254712345678" \\
  -H "Authorization: Bearer mbs_operator_token_here\""""


class PlatformRoutes:
    """Routes and rules, for administrators."""

    def __init__(self, node: Node) -> None:
        """Keep what is asked."""
        self._routes = node.desk.routes
        self._directory = node.directory
        self._gateway = node.gateway

    @route("GET", "/admin/routes", scopes=(PLATFORM,), answers=RouteList)
    async def list_routes(self, request: IRequest, caller: Caller) -> bytes:
        """List the routes: the smallest of rules, a prefix and its carriers.

        The longest prefix decides, among the rules of priority 100 and behind those that ask for more than a prefix.
        """
        found = await self._routes.routes()
        return answer(request, {"items": [route_of(each, name) for each, name in found]})

    @route(
        "POST",
        "/admin/routes",
        scopes=(PLATFORM,),
        body=CreateRoute,
        answers=RouteShown,
        refusals=(400, 404, 409),
        idempotent=True,
    )
    async def create_route(self, request: IRequest, caller: Caller) -> bytes:
        """Send the numbers of a prefix to a carrier."""
        asked = parse(CreateRoute, request)
        reply = Reply(caller.mark, lambda made: success(route_of(made, asked.carrier)))
        prefix = asked.prefix.removeprefix("+")
        return replay(request, await self._routes.add_route(caller.by, prefix, asked.carrier, asked.priority, reply))

    @route(
        "GET",
        "/admin/routes/explain",
        scopes=(PLATFORM,),
        query=ExplainAnyRoute,
        answers=RouteExplained,
        refusals=(400, 403, 404),
        curl=_EXPLAIN,
    )
    async def explain_any_route(self, request: IRequest, caller: Caller) -> bytes:
        """Explain where a message of a team would go.

        Nothing is sent and nothing is charged. As `GET /routes/explain`, with what a team is not told: the rules for others,
        and what carriers cost.
        """
        asked = parse_query(ExplainAnyRoute, request)
        known, live = self._directory.now, self._directory.live
        team_id = team_of_code(known, asked.team).id
        gateway = self._gateway
        found = explain(known, live, asked.submission(team_id), gateway.limits.max_parts, gateway.rules, frank=True)
        return answer(request, route_shown(found))

    @route(
        "PUT",
        "/admin/routes/{prefix}/{carrier}",
        scopes=(PLATFORM,),
        body=ChangeRoute,
        answers=RouteShown,
        refusals=(400, 404),
    )
    async def change_route(self, request: IRequest, caller: Caller, prefix: str, carrier: str) -> bytes:
        """Put a route before or behind the others of its prefix; `default` stands for the empty one."""
        asked = parse(ChangeRoute, request)
        found = await self._routes.set_priority(caller.by, prefix_of(prefix), carrier, asked.priority)
        return answer(request, route_of(found, carrier))

    @route("DELETE", "/admin/routes/{prefix}/{carrier}", scopes=(PLATFORM,), answers=RouteShown, refusals=(404,))
    async def remove_route(self, request: IRequest, caller: Caller, prefix: str, carrier: str) -> bytes:
        """Take a route away; what has been accepted still goes where it was to go."""
        found = await self._routes.remove_route(caller.by, prefix_of(prefix), carrier)
        return answer(request, route_of(found, carrier))

    @route("GET", "/admin/rules", scopes=(PLATFORM,), answers=RuleList)
    async def list_rules(self, request: IRequest, caller: Caller) -> bytes:
        """List the rules, by priority and age.

        Of one priority those that ask for more than a prefix are looked at first, then the longest prefix; the first that
        fits decides.
        """
        return answer(request, {"items": [rule_of(each) for each in await self._routes.rules()]})

    @route("GET", "/admin/rules/{rule}", scopes=(PLATFORM,), answers=WrittenRule, refusals=(404,))
    async def one_rule(self, request: IRequest, caller: Caller, rule: str) -> bytes:
        """Get a rule."""
        return answer(request, rule_of(await self._routes.rule(_number(rule))))

    @route(
        "POST",
        "/admin/rules",
        scopes=(PLATFORM,),
        body=WriteRule,
        answers=WrittenRule,
        refusals=(400, 404, 409),
        curl=_ADD_RULE,
        idempotent=True,
    )
    async def create_rule(self, request: IRequest, caller: Caller) -> bytes:
        """Make a rule; it holds for what is accepted from then on, at every node within a second."""
        reply = Reply(caller.mark, lambda made: success(rule_of(made)))
        return replay(request, await self._routes.add_rule(caller.by, parse(WriteRule, request).rule(), reply))

    @route(
        "PUT",
        "/admin/rules/{rule}",
        scopes=(PLATFORM,),
        body=WriteRule,
        answers=WrittenRule,
        refusals=(400, 404, 409),
    )
    async def change_rule(self, request: IRequest, caller: Caller, rule: str) -> bytes:
        """Put another rule in the place of one, under its number: what is left out is not asked for any more."""
        new = parse(WriteRule, request).rule()
        return answer(request, rule_of(await self._routes.change_rule(caller.by, _number(rule), new)))

    @route("DELETE", "/admin/rules/{rule}", scopes=(PLATFORM,), answers=WrittenRule, refusals=(404,))
    async def remove_rule(self, request: IRequest, caller: Caller, rule: str) -> bytes:
        """Take a rule away; what has been accepted still goes where it was to go."""
        return answer(request, rule_of(await self._routes.remove_rule(caller.by, _number(rule))))


def _number(written: str) -> int:
    if len(written) <= _DIGITS and written.isascii() and written.isdigit():
        return int(written)
    raise NotFound(f"there is no rule {written!r}")
