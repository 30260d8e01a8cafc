"""What administrators use by the API, over a real PostgreSQL: each call is a transaction, and each reply is kept with it."""

import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
import pytest_twisted
from twisted.internet import reactor
from twisted.internet.threads import deferToThread

from mobilesasa.api.ports.admin import Desk
from mobilesasa.carriers.masking import MASK
from mobilesasa.core.actors import NODE
from mobilesasa.core.administration import NewRule, NewTeam, TeamChange, UserChange
from mobilesasa.core.errors import BadValue, NotFound
from mobilesasa.core.idempotency import Mark, Repeated, Reply
from mobilesasa.core.scopes import Role
from mobilesasa.core.teams import CurrentDirectory
from mobilesasa.node.desk import make_desk
from mobilesasa.node.queues import LaneQueues
from mobilesasa.queue.memory import MemoryQueue
from mobilesasa.store import carriers
from mobilesasa.store.database import Database


def new_uuid() -> str:
    return str(uuid.uuid4())


def code() -> str:
    return f"D{uuid.uuid4().hex[:10].upper()}"


@asynccontextmanager
async def opened(dsn: str) -> AsyncIterator[tuple[Desk, Database]]:
    database = Database(reactor, dsn)
    await database.start()
    queue = MemoryQueue(reactor, lambda *_: None)  # type: ignore[arg-type,return-value]
    try:
        yield (
            make_desk(database, dsn, LaneQueues(CurrentDirectory(), queue, database), deferToThread, new_uuid),
            database,
        )
    finally:
        await database.close()


def reply(key: str | None = None) -> Reply:
    mark = None if key is None else Mark(1, "POST /admin", key, b"\1" * 32)
    return Reply(mark, lambda made: str(made).encode())


@pytest_twisted.ensureDeferred
async def test_a_team_is_made_once_under_a_key_changed_and_given_units(database_dsn):
    async with opened(database_dsn) as (desk, _):
        name, key = code(), new_uuid()
        made = await desk.teams.create(NODE, NewTeam(name, units=5), reply(key))
        with pytest.raises(Repeated) as again:
            await desk.teams.create(NODE, NewTeam(name, units=5), reply(key))
        assert again.value.kept.reply == made
        (team,) = await desk.teams.page(name, None, limit=10, offset=0)
        assert (await desk.teams.count(name, None), team.balance_units) == ((1, False), 5)
        assert (await desk.teams.change(NODE, team.uuid, TeamChange(suspended=True))).suspended
        assert await desk.teams.add_units(NODE, team.uuid, -5, "back", reply()) == b"0"
        with pytest.raises(BadValue):
            await desk.teams.add_units(NODE, team.uuid, -1, None, reply())
        assert (await desk.teams.team(team.uuid)).balance_units == 0


@pytest_twisted.ensureDeferred
async def test_a_user_is_made_changed_granted_and_revoked(database_dsn):
    async with opened(database_dsn) as (desk, _):
        team, email = code(), f"{uuid.uuid4().hex}@example.com"
        await desk.teams.create(NODE, NewTeam(team), reply())
        made, token = await desk.users.create(NODE, email, None, False, team, Role.OWNER)
        assert (made.teams, made.has_password, token[:4]) == ({team: "owner"}, False, "mbl_")
        alone, _ = await desk.users.create(NODE, f"x{email}", "X", True, None, Role.OWNER)
        assert (alone.teams, alone.platform_admin) == ({}, True)
        assert await desk.users.user(made.uuid) == made
        assert await desk.users.page(None, team, limit=10, offset=0) == [made]
        assert await desk.users.count(email, None) == (2, False)
        assert (await desk.users.change(NODE, made.uuid, UserChange(disabled=True))).disabled
        assert (await desk.users.new_link(NODE, made.uuid))[1] != token
        assert (await desk.users.grant(NODE, made.uuid, team, Role.VIEWER)).teams == {team: "viewer"}
        assert (await desk.users.revoke(NODE, made.uuid, team)).teams == {}
        with pytest.raises(NotFound):
            await desk.users.count(None, "NOSUCH")


@pytest_twisted.ensureDeferred
async def test_carriers_are_checked_masked_and_changed(database_dsn):
    async with opened(database_dsn) as (desk, database):
        name = f"d{uuid.uuid4().hex[:10]}"
        options = {"host": "127.0.0.1", "port": 2775, "system_id": "us", "password": "secret"}
        made = await desk.carriers.add(
            NODE, name, "smpp", options, Reply(None, lambda record: repr(record.options).encode())
        )
        assert b"secret" not in made
        with pytest.raises(BadValue, match="nonsense"):
            await desk.carriers.add(NODE, f"{name}2", "smpp", {**options, "nonsense": 1}, reply())
        changed = await desk.carriers.change(NODE, name, {"window": 20, "password": MASK}, False)
        assert (changed.enabled, changed.options["window"], changed.options["password"]) == (False, 20, MASK)
        kept = await database.run("find", carriers.find_carrier, name)
        assert kept.options == {**options, "window": 20}
        assert (await desk.carriers.change(NODE, name, {"window": None}, None)).options.keys() == options.keys()
        assert not (await desk.carriers.change(NODE, name, None, False)).enabled
        with pytest.raises(BadValue):
            await desk.carriers.change(NODE, name, {"port": "none"}, None)
        assert await desk.carriers.callbacks(name) == {}
        await ways(desk, name)


async def ways(desk: Desk, carrier: str) -> None:
    """Routes, rules, prices and costs over a carrier."""
    await desk.routes.add_route(NODE, "2547", carrier, 100, reply())
    assert (await desk.routes.set_priority(NODE, "2547", carrier, 7)).priority == 7
    assert ("2547", carrier) in [(each.prefix, name) for each, name in await desk.routes.routes()]
    assert (await desk.routes.remove_route(NODE, "2547", carrier)).prefix == "2547"
    new = NewRule(targets=[(carrier, 1)], sender=carrier)
    await desk.routes.add_rule(NODE, new, reply())
    rule_id = next(each.rule.id for each in await desk.routes.rules() if each.rule.sender == carrier)
    changed = await desk.routes.change_rule(NODE, rule_id, NewRule(targets=[(carrier, 2)], sender=carrier, prefix="1"))
    assert await desk.routes.rule(rule_id) == await desk.routes.remove_rule(NODE, rule_id) == changed
    await desk.prices.replace(NODE, {})
    await desk.prices.set_price(NODE, "255", 3)
    assert await desk.prices.prices() == {"255": 3}
    assert await desk.prices.remove_price(NODE, "255") == 3
    cost = await desk.prices.set_cost(NODE, carrier, "254", 1)
    assert await desk.prices.costs(carrier) == [cost]
    assert await desk.prices.remove_cost(NODE, carrier, "254") == cost


@pytest_twisted.ensureDeferred
async def test_networks_keywords_and_suppressions_are_set_and_taken_back(database_dsn):
    async with opened(database_dsn) as (desk, _):
        numbers, team = desk.numbers, code()
        await desk.teams.create(NODE, NewTeam(team), reply())
        team_id = (await desk.teams.page(team, None, limit=1, offset=0))[0].id
        await numbers.set_network(NODE, "25479", "Ours", of_prefix=True)
        await numbers.set_network(NODE, "63998", "Ours", of_prefix=False)
        prefixes, codes = await numbers.networks()
        assert (prefixes["25479"], codes["63998"]) == ("Ours", "Ours")
        assert await numbers.remove_network(NODE, "25479", of_prefix=True) == "Ours"
        assert await numbers.remove_network(NODE, "63998", of_prefix=False) == "Ours"
        await numbers.add_keyword(NODE, "99887", "Win", team, reply())
        (kept,) = await numbers.keywords("99887")
        assert await numbers.remove_keyword(NODE, "99887", "win") == kept
        uuids: list[str] = []

        def told(made: Any) -> bytes:
            uuids.append(made.uuid)
            return b""

        await numbers.suppress(NODE, team_id, "254700000001", "", Reply(None, told))
        assert (await numbers.restore(NODE, team_id, uuids[0])).reason == "operator"
        with pytest.raises(NotFound):
            await numbers.restore(NODE, team_id, uuids[0])


@pytest_twisted.ensureDeferred
async def test_who_asks_for_the_sums_while_they_are_checked_is_told_the_same(database_dsn):
    async with opened(database_dsn) as (desk, _):
        assert await desk.nodes.nodes() is not None
        first, second = (pytest_twisted.defer.ensureDeferred(desk.sums.findings()) for _ in range(2))
        found = await first
        assert await second is found
        assert {each.name for each in found} > {"balance", "charges"}
        assert [each.name for each in await desk.sums.findings()] == [each.name for each in found]
