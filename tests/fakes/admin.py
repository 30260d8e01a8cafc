"""What the administrators of the platform work with, in memory: what there is is kept, and who changed it."""

import itertools
from collections.abc import Mapping, Sequence
from typing import Any

import attrs

from mobilesasa.api.ports.admin import Desk
from mobilesasa.core.actors import Actor
from mobilesasa.core.administration import (
    KEEP,
    Cost,
    KeywordRecord,
    NamedRule,
    NewRule,
    NewTeam,
    NodeRecord,
    TeamChange,
    TeamRecord,
    UserChange,
    UserRecord,
)
from mobilesasa.core.errors import AlreadyExists, BadValue, NotFound, QueueAway
from mobilesasa.core.idempotency import Kept, Reply
from mobilesasa.core.retention import Hold, Month, Need, Standing
from mobilesasa.core.routing import Rule, Target
from mobilesasa.core.scopes import Role
from mobilesasa.core.teams import CarrierRecord, RouteRecord
from mobilesasa.node.queues import Dead, LaneDepth
from mobilesasa.store.audit import Finding
from mobilesasa.store.suppressions import Suppression
from tests.fakes.keys import FakeKeys
from tests.fakes.spool import NINE_MS


class FakeDesk:
    """All of it: one store, and who changed it."""

    def __init__(self, keys: FakeKeys) -> None:
        self.actors: list[Actor] = []
        self._keys = keys
        self._numbers = itertools.count(1)
        self.teams: dict[str, TeamRecord] = {}
        self.users: dict[str, UserRecord] = {}
        self.routes: dict[tuple[str, str], RouteRecord] = {}
        self.rules: dict[int, NamedRule] = {}
        self.prices: dict[str, int] = {}
        self.costs: dict[tuple[str, str], Cost] = {}
        self.networks: tuple[dict[str, str], dict[str, str]] = ({}, {"63902": "Safaricom"})
        self.keywords: dict[tuple[str, str], KeywordRecord] = {}
        self.suppressed: dict[str, Suppression] = {}
        self.carriers: dict[str, CarrierRecord] = {}
        self.dead = [Dead("lane.1", "delivered in vain too often", NINE_MS, ["an id"], "")]
        self.away = False
        self.nodes = [
            NodeRecord(7, "n1", "0.1.0", ("api",), NINE_MS, NINE_MS, None, True, False, ("savanna",), 2, True, 16)
        ]
        self.findings = [Finding("balance", "it holds", 12, 0)]
        self.months = [
            Month("2026-05", Standing.KEPT, 1200, 983_040, NINE_MS),
            Month("2026-04", Standing.HELD, 1100, 901_120, NINE_MS, (Hold(Need.WAITING, 3),)),
            Month("2026-03", Standing.GONE, 1000, 819_200, None, (), NINE_MS, 17),
        ]

    def desk(self) -> Desk:
        """Return it as the API has it."""
        return Desk(
            teams=FakeTeams(self),
            users=FakeUsers(self),
            routes=FakeRoutes(self),
            prices=FakePrices(self),
            numbers=FakeNumbers(self),
            carriers=FakeCarrierChanges(self),
            queues=FakeQueues(self),
            nodes=FakeNodes(self),
            sums=FakeSums(self),
            retention=FakeRetention(self),
        )

    def uuid(self) -> str:
        return f"ad000000-0000-4000-8000-{next(self._numbers):012}"

    def reply(self, reply: Reply, made: object) -> bytes:
        """Return the reply, kept under the key of its call."""
        octets = reply.of(made)
        if reply.mark is not None:
            self._keys.check(Kept(reply.mark, octets))
            self._keys.keep(Kept(reply.mark, octets))
        return octets

    def give_team(self, code: str = "NEWCO", **more: Any) -> TeamRecord:
        """Let there be a team."""
        given: dict[str, Any] = {
            "id": 9, "uuid": self.uuid(), "code": code, "name": code, "country": "KE", "balance_units": 0,
            "default_sender": None, "max_sessions": None, "session_tps": None, "text_days": None, "suspended": False,
            "created_at_ms": NINE_MS, "smpp": {}, "smpp_any_address": False, **more,
        }  # fmt: skip
        made = TeamRecord(**given)
        self.teams[made.uuid] = made
        return made

    def give_user(self, email: str = "ann@example.com", **more: Any) -> UserRecord:
        """Let there be a user."""
        given = {"name": "Ann", "platform_admin": False, "disabled": False, "has_password": True, "teams": {}, **more}
        made = UserRecord(uuid=self.uuid(), email=email, created_at_ms=NINE_MS, last_login_ms=None, **given)
        self.users[made.uuid] = made
        return made


def found(things: Mapping[Any, Any], key: Any) -> Any:
    if key not in things:
        raise NotFound(f"there is no {key!r}")
    return things[key]


@attrs.frozen
class FakeTeams:
    kept: FakeDesk

    async def page(self, search: str | None, suspended: bool | None, *, limit: int, offset: int) -> list[TeamRecord]:
        return self._wanted(search, suspended)[offset : offset + limit]

    async def count(self, search: str | None, suspended: bool | None) -> tuple[int, bool]:
        return len(self._wanted(search, suspended)), False

    async def team(self, uuid: str) -> TeamRecord:
        team: TeamRecord = found(self.kept.teams, uuid)
        return team

    async def create(self, by: Actor, new: NewTeam, reply: Reply) -> bytes:
        self.kept.actors.append(by)
        if any(each.code == new.code for each in self.kept.teams.values()):
            raise AlreadyExists(f"there is a team {new.code} already")
        return self.kept.reply(reply, self.kept.give_team(new.code, name=new.name or new.code, balance_units=new.units))

    async def change(self, by: Actor, uuid: str, change: TeamChange) -> TeamRecord:
        self.kept.actors.append(by)
        given = {name: value for name, value in attrs.asdict(change).items() if value not in (None, KEEP, {})}
        if change.zone is None:
            given["zone"] = None
        self.kept.teams[uuid] = attrs.evolve(await self.team(uuid), **given)
        return self.kept.teams[uuid]

    async def add_units(self, by: Actor, uuid: str, units: int, note: str | None, reply: Reply) -> bytes:
        self.kept.actors.append(by)
        balance = (await self.team(uuid)).balance_units + units
        if balance < 0:
            raise BadValue("more than there are")
        self.kept.teams[uuid] = attrs.evolve(self.kept.teams[uuid], balance_units=balance)
        return self.kept.reply(reply, balance)

    def _wanted(self, search: str | None, suspended: bool | None) -> list[TeamRecord]:
        teams = [each for each in self.kept.teams.values() if search is None or search.upper() in each.code]
        return [each for each in teams[::-1] if suspended in (None, each.suspended)]


@attrs.frozen
class FakeUsers:
    kept: FakeDesk

    async def page(self, search: str | None, team_code: str | None, *, limit: int, offset: int) -> list[UserRecord]:
        return self._wanted(search, team_code)[offset : offset + limit]

    async def count(self, search: str | None, team_code: str | None) -> tuple[int, bool]:
        return len(self._wanted(search, team_code)), False

    async def user(self, uuid: str) -> UserRecord:
        user: UserRecord = found(self.kept.users, uuid)
        return user

    async def create(
        self, by: Actor, email: str, name: str | None, platform_admin: bool, team_code: str | None, role: Role
    ) -> tuple[UserRecord, str]:
        self.kept.actors.append(by)
        if any(each.email == email for each in self.kept.users.values()):
            raise AlreadyExists(f"there is a user {email} already")
        teams = {} if team_code is None else {team_code: role.value}
        made = self.kept.give_user(
            email, name=name or email, platform_admin=platform_admin, has_password=False, teams=teams
        )
        return made, "mbl_new"

    async def change(self, by: Actor, uuid: str, wanted: UserChange) -> UserRecord:
        given = {name: value for name, value in attrs.asdict(wanted).items() if value is not None}
        return await self._change(by, uuid, **given)

    async def new_link(self, by: Actor, uuid: str) -> tuple[UserRecord, str]:
        return await self._change(by, uuid), "mbl_again"

    async def grant(self, by: Actor, uuid: str, team_code: str, role: Role) -> UserRecord:
        return await self._change(by, uuid, teams={team_code: role.value})

    async def revoke(self, by: Actor, uuid: str, team_code: str) -> UserRecord:
        found((await self.user(uuid)).teams, team_code)
        return await self._change(by, uuid, teams={})

    async def _change(self, by: Actor, uuid: str, **given: Any) -> UserRecord:
        self.kept.actors.append(by)
        self.kept.users[uuid] = attrs.evolve(await self.user(uuid), **given)
        return self.kept.users[uuid]

    def _wanted(self, search: str | None, team_code: str | None) -> list[UserRecord]:
        users = [each for each in self.kept.users.values() if search is None or search in each.email]
        return [each for each in users[::-1] if team_code is None or team_code in each.teams]


@attrs.frozen
class FakeRoutes:
    kept: FakeDesk

    async def routes(self) -> list[tuple[RouteRecord, str]]:
        return [(each, name) for (_, name), each in self.kept.routes.items()]

    async def add_route(self, by: Actor, prefix: str, carrier: str, priority: int, reply: Reply) -> bytes:
        self.kept.actors.append(by)
        made = self.kept.routes[prefix, carrier] = RouteRecord(prefix, 1, priority)
        return self.kept.reply(reply, made)

    async def set_priority(self, by: Actor, prefix: str, carrier: str, priority: int) -> RouteRecord:
        self.kept.actors.append(by)
        found(self.kept.routes, (prefix, carrier))
        self.kept.routes[prefix, carrier] = RouteRecord(prefix, 1, priority)
        return self.kept.routes[prefix, carrier]

    async def remove_route(self, by: Actor, prefix: str, carrier: str) -> RouteRecord:
        self.kept.actors.append(by)
        found(self.kept.routes, (prefix, carrier))
        return self.kept.routes.pop((prefix, carrier))

    async def rules(self) -> list[NamedRule]:
        return list(self.kept.rules.values())

    async def rule(self, rule_id: int) -> NamedRule:
        rule: NamedRule = found(self.kept.rules, rule_id)
        return rule

    async def add_rule(self, by: Actor, new: NewRule, reply: Reply) -> bytes:
        self.kept.actors.append(by)
        return self.kept.reply(reply, self._made(len(self.kept.rules) + 1, new))

    async def change_rule(self, by: Actor, rule_id: int, new: NewRule) -> NamedRule:
        self.kept.actors.append(by)
        await self.rule(rule_id)
        return self._made(rule_id, new)

    async def remove_rule(self, by: Actor, rule_id: int) -> NamedRule:
        self.kept.actors.append(by)
        await self.rule(rule_id)
        return self.kept.rules.pop(rule_id)

    def _made(self, rule_id: int, new: NewRule) -> NamedRule:
        given = attrs.asdict(new, recurse=False, filter=attrs.filters.exclude("targets", "team"))
        targets = tuple(Target(n, weight) for n, (_, weight) in enumerate(new.targets, start=1))
        rule = Rule(id=rule_id, targets=targets, **given)
        self.kept.rules[rule_id] = NamedRule(rule, new.team, tuple(name for name, _ in new.targets))
        return self.kept.rules[rule_id]


@attrs.frozen
class FakePrices:
    kept: FakeDesk

    async def prices(self) -> Mapping[str, int]:
        return dict(sorted(self.kept.prices.items()))

    async def replace(self, by: Actor, given: Mapping[str, int]) -> None:
        self.kept.actors.append(by)
        self.kept.prices = dict(given)

    async def set_price(self, by: Actor, prefix: str, units: int) -> None:
        self.kept.actors.append(by)
        self.kept.prices[prefix] = units

    async def remove_price(self, by: Actor, prefix: str) -> int:
        self.kept.actors.append(by)
        found(self.kept.prices, prefix)
        return self.kept.prices.pop(prefix)

    async def costs(self, carrier: str | None) -> list[Cost]:
        return [each for each in self.kept.costs.values() if carrier in (None, each.carrier)]

    async def set_cost(self, by: Actor, carrier: str, prefix: str, cost_micro: int) -> Cost:
        self.kept.actors.append(by)
        if carrier != "savanna":
            raise NotFound(f"there is no carrier {carrier!r}")
        made = self.kept.costs[carrier, prefix] = Cost(carrier, prefix, cost_micro)
        return made

    async def remove_cost(self, by: Actor, carrier: str, prefix: str) -> Cost:
        self.kept.actors.append(by)
        found(self.kept.costs, (carrier, prefix))
        return self.kept.costs.pop((carrier, prefix))


@attrs.frozen
class FakeNumbers:
    kept: FakeDesk

    async def networks(self) -> tuple[dict[str, str], dict[str, str]]:
        return self.kept.networks

    async def set_network(self, by: Actor, key: str, network: str, *, of_prefix: bool) -> None:
        self.kept.actors.append(by)
        self.kept.networks[not of_prefix][key] = network

    async def remove_network(self, by: Actor, key: str, *, of_prefix: bool) -> str:
        self.kept.actors.append(by)
        found(self.kept.networks[not of_prefix], key)
        return self.kept.networks[not of_prefix].pop(key)

    async def keywords(self, code: str | None) -> list[KeywordRecord]:
        return [each for each in self.kept.keywords.values() if code in (None, each.code)]

    async def add_keyword(self, by: Actor, code: str, keyword: str, team: str, reply: Reply) -> bytes:
        self.kept.actors.append(by)
        made = self.kept.keywords[code, keyword.lower()] = KeywordRecord(code, keyword.lower(), team)
        return self.kept.reply(reply, made)

    async def remove_keyword(self, by: Actor, code: str, keyword: str) -> KeywordRecord:
        self.kept.actors.append(by)
        found(self.kept.keywords, (code, keyword))
        return self.kept.keywords.pop((code, keyword))

    async def suppress(self, by: Actor, team_id: int, recipient: str, sender: str, reply: Reply) -> bytes:
        self.kept.actors.append(by)
        made = Suppression(self.kept.uuid(), team_id, recipient, sender, "operator", None, NINE_MS)
        self.kept.suppressed[made.uuid] = made
        return self.kept.reply(reply, made)

    async def restore(self, by: Actor, team_id: int, uuid: str) -> Suppression:
        self.kept.actors.append(by)
        found(self.kept.suppressed, uuid)
        return self.kept.suppressed.pop(uuid)


@attrs.frozen
class FakeCarrierChanges:
    kept: FakeDesk

    async def add(self, by: Actor, name: str, kind: str, options: Mapping[str, Any], reply: Reply) -> bytes:
        self.kept.actors.append(by)
        made = self.kept.carriers[name] = CarrierRecord(1, name, kind, True, options)
        return self.kept.reply(reply, made)

    async def change(
        self, by: Actor, name: str, options: Mapping[str, Any] | None, enabled: bool | None
    ) -> CarrierRecord:
        self.kept.actors.append(by)
        record = found(self.kept.carriers, name)
        now = record.enabled if enabled is None else enabled
        made: CarrierRecord = attrs.evolve(record, enabled=now, options={**record.options, **(options or {})})
        self.kept.carriers[name] = made
        return made

    async def callbacks(self, name: str) -> Mapping[str, str]:
        return {"receipts": f"https://gw.example/carriers/{found(self.kept.carriers, name).name}/receipts/secret"}


@attrs.frozen
class FakeQueues:
    kept: FakeDesk
    kind: str = "memory"

    async def depth(self) -> tuple[Sequence[LaneDepth], int]:
        self._check()
        return [LaneDepth("savanna", "bulk", 5, None, None)], len(self.kept.dead)

    async def dead(self, limit: int) -> Sequence[Dead]:
        self._check()
        return self.kept.dead[:limit]

    async def requeue(self, by: Actor, count: int) -> tuple[int, int, int]:
        self.kept.actors.append(by)
        self._check()
        gone, self.kept.dead = self.kept.dead[:count], self.kept.dead[count:]
        return len(gone), sum(len(each.ids) for each in gone), 0

    def _check(self) -> None:
        if self.kept.away:
            raise QueueAway("RabbitMQ cannot be asked: it is away")


@attrs.frozen
class FakeNodes:
    kept: FakeDesk

    async def nodes(self) -> Sequence[NodeRecord]:
        return self.kept.nodes


@attrs.frozen
class FakeRetention:
    kept: FakeDesk
    keep_months: int = 13

    async def months(self) -> Sequence[Month]:
        return self.kept.months


@attrs.frozen
class FakeSums:
    kept: FakeDesk

    async def findings(self) -> Sequence[Finding]:
        return self.kept.findings
