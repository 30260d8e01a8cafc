"""USSD as the API, the desk and the node ask for it: on the pool and by the writer, and each call done once."""

import secrets

import attrs
import pytest
import pytest_twisted
from twisted.internet import reactor

from mobilesasa.core.actors import NODE
from mobilesasa.core.errors import NotFound
from mobilesasa.core.idempotency import Mark, Repeated, Reply
from mobilesasa.core.ussd import Kind, UssdEvent
from mobilesasa.store import ussd_directory, ussd_keeping
from mobilesasa.store.database import Database, connect, in_transaction
from mobilesasa.store.ussd_actions import Means, StoredActions
from mobilesasa.store.ussd_keeping import Keeping
from mobilesasa.store.ussd_service import Ussd, make_ussd
from mobilesasa.store.ussd_steps import Steps
from mobilesasa.store.writer import Writer
from mobilesasa.ussd.directory import CurrentDirectory
from mobilesasa.ussd.model import AddToGroup
from mobilesasa.ussd.paging import WIDE
from mobilesasa.ussd.views import (
    Answering,
    CodeKind,
    CodeStatus,
    ExtensionStatus,
    NewCode,
    NewExtension,
    NewGateway,
    Publishing,
    SessionStatus,
    WantedSessions,
)
from mobilesasa.ussd.visits import Asked
from tests.store.given import NOW_MS, add_team, new_id, one
from tests.store.people import give_group
from tests.store.ussd import PHONE, REACH, SIMPLE, uuid

_drop = ussd_keeping.drop


def told(found):
    return found.uuid.encode()


@attrs.define
class Rig:
    """The service over a store of the test's own, and a team."""

    service: Ussd
    database: Database
    writer: Writer
    opened: object
    team: int
    code: str

    def reply(self, key=None):
        mark = None if key is None else Mark(self.team, "POST /x", key, b"h" * 32)
        return Reply(mark, told)

    async def dialled(self):
        """Have a menu answer at *384*7#, and return the steps of sessions."""
        service = self.service
        code = NewCode(code="384", kind=CodeKind.SHARED)
        await service.desk.add_code(NODE, uuid(), code, self.reply())
        menu = (await service.menus.create(NODE, self.team, uuid(), SIMPLE, NOW_MS, self.reply())).decode()
        await service.menus.publish(NODE, self.team, menu, Publishing(), NOW_MS, self.reply())
        new = NewExtension(code="384", extension="7", answering=Answering(menu_uuid=menu))
        await service.desk.add_extension(NODE, self.code, uuid(), new, self.reply())
        directory = CurrentDirectory()
        directory.replace(*await self.database.run("load", ussd_directory.load, ()))
        return menu, directory, Steps(self.writer, directory, self.database)


@pytest_twisted.async_yield_fixture
async def rig(database_dsn):
    database = Database(reactor, database_dsn, answers=(NotFound,))
    await database.start()
    writer = Writer(reactor, lambda: connect(database_dsn, "ussd"))
    writer.start()
    opened = connect(database_dsn, "tests")
    team = in_transaction(opened, add_team, 10)
    code = in_transaction(opened, one, "SELECT code FROM team WHERE id = %(id)s", id=team)
    service = make_ussd(database, REACH, secrets.token_bytes, secrets.token_urlsafe)
    yield Rig(service, database, writer, opened, team, code)
    opened.close()
    await writer.stop()
    await database.close()


def asked(directory, text=None):
    kind = Kind.START if text is None else Kind.INPUT
    event = UssdEvent("acme", "S1", PHONE, "384", "*384*7#", kind, input=text or "")
    return Asked(event, new_id(), NOW_MS + (0 if text is None else 5000), directory.now.answers(event), WIDE)


@pytest_twisted.ensureDeferred
async def test_steps_share_a_commit_and_are_seen_by_the_team(rig):
    menu, directory, steps = await rig.dialled()
    (taken,) = await steps.take([asked(directory)])
    assert taken.reply.text.startswith("Hi there")
    (taken,) = await steps.take([asked(directory, "1")])
    assert (taken.reply.text, steps.waiting) == ("8 to 6", 0)
    sessions = rig.service.sessions
    wanted = WantedSessions(team_id=rig.team)
    (session,), _ = await sessions.page(wanted, limit=10, offset=0, after=None)
    assert await sessions.find(rig.team, session.uuid) == session
    assert await sessions.count(wanted) == (1, False)
    today = await rig.database.run("day", one, "SELECT (now() AT TIME ZONE 'UTC')::date::text")
    counts = await rig.service.menus.drop_off(rig.team, menu, None, today, today)
    assert [(each.screen, each.shown, each.left) for each in counts] == [("hours", 1, 0), ("main", 1, 0)]
    uuid_, secret = await steps.signed(directory.known_menus[0][0])
    assert (uuid_, secret.startswith("whsec_")) == (menu, True)


@pytest_twisted.ensureDeferred
async def test_a_call_that_comes_twice_is_done_once(rig):
    code = NewCode(code="384", kind=CodeKind.SHARED)
    await rig.service.desk.add_code(NODE, uuid(), code, rig.reply("k"))
    with pytest.raises(Repeated):
        await rig.service.desk.add_code(NODE, uuid(), code, rig.reply("k"))


@pytest_twisted.ensureDeferred
async def test_menus_and_extensions_are_asked_for(rig):
    menu, _, _ = await rig.dialled()
    menus, extensions, desk = rig.service.menus, rig.service.extensions, rig.service.desk
    assert (await menus.find(rig.team, menu)).version == 1
    assert (await menus.change(NODE, rig.team, menu, SIMPLE, None, NOW_MS)).revision == 2
    assert len(await menus.page(rig.team, None, limit=10, offset=0)) == 1
    assert await menus.count(rig.team, None) == (1, False)
    assert await menus.faults(rig.team, SIMPLE) == ()
    assert len(await menus.versions(rig.team, menu, limit=10, offset=0)) == 1
    assert await menus.count_versions(rig.team, menu) == (1, False)
    assert (await menus.version(rig.team, menu, 1)).definition is not None
    assert (await menus.rotate(NODE, rig.team, menu)).startswith("whsec_")
    assert await menus.person(rig.team, PHONE) == {}
    (mine,) = await extensions.page(rig.team, ExtensionStatus.APPROVED, limit=10, offset=0)
    assert await extensions.find(rig.team, mine.uuid) == mine
    assert await extensions.count(rig.team, None) == (1, False)
    assert len(await extensions.codes(rig.team)) == 1
    asked_for = (
        await extensions.request(NODE, rig.team, uuid(), NewExtension(code="384", extension="8"), rig.reply())
    ).decode()
    assert (await desk.decide(NODE, asked_for, ExtensionStatus.REJECTED, "No")).reason == "No"
    assert len(await desk.extensions(None, None, "384", limit=10, offset=0)) == 2
    assert await desk.count_extensions(None, None, None) == (2, False)
    assert (await desk.extension(mine.uuid)).team_code == rig.code
    assert (await extensions.change(NODE, rig.team, mine.uuid, Answering())).answering == Answering()
    assert (await extensions.delete(NODE, rig.team, mine.uuid)).uuid == mine.uuid
    assert (await menus.delete(NODE, rig.team, menu)).uuid == menu


@pytest_twisted.ensureDeferred
async def test_codes_and_gateways_are_kept(rig):
    desk = rig.service.desk
    made = (await desk.add_code(NODE, uuid(), NewCode(code="384", kind=CodeKind.SHARED), rig.reply())).decode()
    wanted = NewCode(code="384", kind=CodeKind.SHARED, status=CodeStatus.SUSPENDED)
    assert (await desk.change_code(NODE, made, wanted)).status is CodeStatus.SUSPENDED
    assert [each.uuid for each in await desk.codes()] == [(await desk.code(made)).uuid]
    assert (await desk.remove_code(NODE, made)).code == "384"
    gateway, secret = await desk.add_gateway(NODE, uuid(), NewGateway(name="acme", dialect="bonga"))
    assert secret.startswith(gateway.secret_prefix)
    assert (await desk.rotate_gateway(NODE, gateway.uuid))[1] != secret
    assert (
        await desk.change_gateway(NODE, gateway.uuid, NewGateway(name="acme", dialect="airtel"))
    ).dialect == "airtel"
    assert len(await desk.gateways()) == 1
    assert (await desk.gateway(gateway.uuid)).name == "acme"
    assert (await desk.remove_gateway(NODE, gateway.uuid)).name == "acme"


@pytest_twisted.ensureDeferred
async def test_actions_are_found_done_and_given_up(rig):
    group = in_transaction(rig.opened, give_group, rig.team).uuid
    actions = StoredActions(rig.database, Means(None, uuid, lambda: NOW_MS))
    doing = {
        "name": "Do",
        "start": "a",
        "screens": {"a": {"kind": "end", "text": "x", "actions": [{"kind": "add_to_group", "group": group}]}},
    }
    _, directory, steps = await rig.dialled()
    menu = (await rig.service.menus.create(NODE, rig.team, uuid(), doing, NOW_MS, rig.reply())).decode()
    await rig.service.menus.publish(NODE, rig.team, menu, Publishing(), NOW_MS, rig.reply())
    (mine,) = await rig.service.extensions.page(rig.team, None, limit=10, offset=0)
    await rig.service.extensions.change(NODE, rig.team, mine.uuid, Answering(menu_uuid=menu))
    directory.replace(*await rig.database.run("load", ussd_directory.load, directory.known_menus))
    (taken,) = await steps.take([asked(directory)])
    (act,) = taken.does
    assert isinstance(act.action, AddToGroup)
    assert await actions.due(10) == []
    assert (await actions.do([(act, None)])).troubles == ()
    assert await actions.claim([act]) == []
    assert await actions.called(act, None) == ()
    assert [each.problem for each in await actions.give_up(act, "no")] == ["no"]
    assert (await actions.signed(act.menu_id))[0] == menu


@pytest_twisted.ensureDeferred
async def test_the_rounds_go_on_until_nothing_is_left(rig, monkeypatch):
    _, directory, steps = await rig.dialled()
    for n in range(3):
        each = asked(directory)
        event = attrs.evolve(each.event, msisdn=f"25470000000{n}")
        await steps.take([attrs.evolve(each, event=event, id=new_id(), at_ms=NOW_MS - 7_200_000)])
    monkeypatch.setattr(ussd_keeping, "BATCH", 1)  # of what one transaction does, so that three are many
    monkeypatch.setattr(ussd_keeping, "drop", lambda txn: _drop(txn, 1))
    keeping = Keeping(rig.database)
    await keeping.drop()
    wanted = WantedSessions(team_id=rig.team, status=SessionStatus.DROPPED)
    assert await rig.service.sessions.count(wanted) == (3, False)


@pytest_twisted.ensureDeferred
async def test_the_rounds_that_keep_sessions_in_bounds_find_nothing_to_do(rig):
    keeping = Keeping(rig.database)
    assert [await work() for work in (keeping.drop, keeping.fade, keeping.forget)] == [None, None, None]
