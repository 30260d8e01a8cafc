"""Routes, rules, prices, costs, networks, keywords and the operator's suppressions, for the API of administrators.

Each call is one transaction of the pool. The command does the same with the same functions of the modules named here.
"""

from __future__ import annotations

from collections.abc import Mapping

import attrs

from mobilesasa.core.actors import Actor
from mobilesasa.core.administration import Cost, KeywordRecord, NamedRule, NewRule
from mobilesasa.core.idempotency import Reply
from mobilesasa.core.teams import RouteRecord
from mobilesasa.store import carriers, costs, keywords, networks, prices, rules, suppressions
from mobilesasa.store.database import Database, Txn
from mobilesasa.store.idempotency import run_replying
from mobilesasa.store.suppressions import Suppression


@attrs.frozen
class Routes:
    """Which messages go to which carriers."""

    _database: Database

    async def routes(self) -> list[tuple[RouteRecord, str]]:
        """Return the routes with the names of their carriers."""
        return await self._database.run("routes.list", carriers.list_routes)

    async def add_route(self, by: Actor, prefix: str, carrier: str, priority: int, reply: Reply) -> bytes:
        """Make a route, and return the reply; see `carriers.add_route`."""

        def work(txn: Txn) -> RouteRecord:
            return carriers.add_route(txn, by, prefix, carrier, priority)

        return await run_replying(self._database, reply, "routes.add", work)

    async def set_priority(self, by: Actor, prefix: str, carrier: str, priority: int) -> RouteRecord:
        """Put a route before or behind others; see `carriers.set_priority`."""
        return await self._database.run("routes.change", carriers.set_priority, by, prefix, carrier, priority)

    async def remove_route(self, by: Actor, prefix: str, carrier: str) -> RouteRecord:
        """Take a route away; see `carriers.remove_route`."""
        return (await self._database.run("routes.remove", carriers.remove_route, by, prefix, carrier))[0]

    async def rules(self) -> list[NamedRule]:
        """Return the rules by priority."""
        return await self._database.run("rules.list", rules.list_rules)

    async def rule(self, rule_id: int) -> NamedRule:
        """Return one; see `rules.find_rule`."""
        return await self._database.run("rules.find", rules.find_rule, rule_id)

    async def add_rule(self, by: Actor, new: NewRule, reply: Reply) -> bytes:
        """Make a rule, and return the reply; see `rules.add_rule`."""
        return await run_replying(self._database, reply, "rules.add", lambda txn: rules.add_rule(txn, by, new))

    async def change_rule(self, by: Actor, rule_id: int, new: NewRule) -> NamedRule:
        """Put another rule in the place of one; see `rules.change_rule`."""
        return await self._database.run("rules.change", rules.change_rule, by, rule_id, new)

    async def remove_rule(self, by: Actor, rule_id: int) -> NamedRule:
        """Take a rule away; see `rules.remove_rule`."""
        return await self._database.run("rules.remove", rules.remove_rule, by, rule_id)


@attrs.frozen
class Prices:
    """What teams pay, and what the operator pays."""

    _database: Database

    async def prices(self) -> dict[str, int]:
        """Return units by prefix."""
        return await self._database.run("prices.list", prices.list_prices)

    async def replace(self, by: Actor, given: Mapping[str, int]) -> None:
        """Put a whole table in place; see `prices.replace_prices`."""
        await self._database.run("prices.replace", prices.replace_prices, by, given)

    async def set_price(self, by: Actor, prefix: str, units: int) -> None:
        """Set one; see `prices.set_price`."""
        await self._database.run("prices.set", prices.set_price, by, prefix, units)

    async def remove_price(self, by: Actor, prefix: str) -> int:
        """Take one away and return what it was; see `prices.remove_price`."""
        return await self._database.run("prices.remove", prices.remove_price, by, prefix)

    async def costs(self, carrier: str | None) -> list[Cost]:
        """Return what parts cost at a carrier or at all; see `costs.list_costs`."""
        return await self._database.run("costs.list", costs.list_costs, carrier)

    async def set_cost(self, by: Actor, carrier: str, prefix: str, cost_micro: int) -> Cost:
        """Set one; see `costs.set_cost`."""
        return await self._database.run("costs.set", costs.set_cost, by, carrier, prefix, cost_micro)

    async def remove_cost(self, by: Actor, carrier: str, prefix: str) -> Cost:
        """Take one away; see `costs.remove_cost`."""
        return await self._database.run("costs.remove", costs.remove_cost, by, carrier, prefix)


@attrs.frozen
class Numbers:
    """Networks of numbers, keywords of short codes, and whom the operator suppresses."""

    _database: Database

    async def networks(self) -> tuple[dict[str, str], dict[str, str]]:
        """Return what the operator says of prefixes, and of codes."""

        def work(txn: Txn) -> tuple[dict[str, str], dict[str, str]]:
            return dict(networks.list_prefixes(txn)), dict(networks.list_codes(txn))

        return await self._database.run("networks.list", work)

    async def set_network(self, by: Actor, key: str, network: str, *, of_prefix: bool) -> None:
        """Say which network a prefix or a code is; see `networks.set_prefix` and `networks.set_code`."""
        function = networks.set_prefix if of_prefix else networks.set_code
        await self._database.run("networks.set", function, by, key, network)

    async def remove_network(self, by: Actor, key: str, *, of_prefix: bool) -> str:
        """Take that back and return what it was."""
        function = networks.remove_prefix if of_prefix else networks.remove_code
        return await self._database.run("networks.remove", function, by, key)

    async def keywords(self, code: str | None) -> list[KeywordRecord]:
        """Return the keywords of a short code or of all."""
        return await self._database.run("keywords.list", keywords.list_keywords, code)

    async def add_keyword(self, by: Actor, code: str, keyword: str, team: str, reply: Reply) -> bytes:
        """Give a keyword to a team, and return the reply; see `keywords.add`."""
        return await run_replying(
            self._database, reply, "keywords.add", lambda txn: keywords.add(txn, by, code, keyword, team)
        )

    async def remove_keyword(self, by: Actor, code: str, keyword: str) -> KeywordRecord:
        """Take a keyword from its team; see `keywords.remove`."""
        return await self._database.run("keywords.remove", keywords.remove, by, code, keyword)

    async def suppress(self, by: Actor, team_id: int, recipient: str, sender: str, reply: Reply) -> bytes:
        """Suppress somebody in the operator's name, which the team cannot undo, and return the reply."""

        def work(txn: Txn) -> Suppression:
            return suppressions.add(txn, by, team_id, recipient, sender, "operator")

        return await run_replying(self._database, reply, "suppressions.add", work)

    async def restore(self, by: Actor, team_id: int, uuid: str) -> Suppression:
        """Take any suppression of a team away and return what it was; see `suppressions.take_away`."""
        return await self._database.run("suppressions.take_away", suppressions.take_away, by, team_id, uuid, True)
