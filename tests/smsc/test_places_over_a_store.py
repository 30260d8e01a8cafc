"""Two SMPP servers over one real database: a team's sessions are counted together (decision 96, I10)."""

import contextlib
from collections.abc import AsyncIterator

import pytest_twisted
from twisted.internet import reactor
from twisted.internet.defer import DeferredList, DeferredQueue

from mobilesasa.smpp.pdus import BindTransceiver
from mobilesasa.smpp.statuses import Status
from mobilesasa.smsc.places import ELSEWHERE_S
from mobilesasa.store import claims
from mobilesasa.store.database import Database, connect, in_transaction
from mobilesasa.store.listen import Listener
from mobilesasa.store.sessions import CHANNEL, Here, StoredPlaces
from tests.smsc.rig import ACME, Rig
from tests.store.given import rows
from tests.store.processes import Process

BIND = BindTransceiver(system_id="ACME", password=ACME)
PATIENCE_S = 20.0


class Node:
    """A server with links that are driven by hand, with its own clock; all that goes to the database is real."""

    def __init__(self, dsn: str) -> None:
        self.process = Process(dsn)
        self.database = Database(reactor, dsn, "pool")
        self.rig = Rig()
        book = StoredPlaces(self.database, Here(self.process.run, "a node", settling_s=0))
        self.places = self.rig.share(book, self.process.run)
        self.listener = Listener(reactor, dsn, [CHANNEL], self.told, lambda: None)
        self.calls: DeferredQueue[str] = DeferredQueue()  # of other nodes

    async def start(self) -> None:
        await self.database.start()
        await self.listener.start()

    async def stop(self) -> None:
        await self.places.stop()
        self.listener.stop()
        await self.database.close()
        self.process.holder.close()

    def told(self, channel: str, payload: str) -> None:
        self.places.called(payload)
        if payload.split()[1] != str(self.process.run):
            self.calls.put(payload)

    async def quiet(self) -> None:
        """Return when the database has nothing more to do for this node."""
        while self.database._in_hand:
            await DeferredList(list(self.database._in_hand))

    async def asking(self):
        """A connection that has asked to be bound; what the database says to that has been heard."""
        esme = self.rig.connect()
        esme.send(BIND)
        await self.quiet()
        return esme

    async def bound(self, count):
        esmes = [await self.asking() for _ in range(count)]
        assert [statuses(esme) for esme in esmes] == [[0]] * count
        return esmes

    def kept(self):
        """The rows of this node; it may be dead."""
        of_run = "SELECT session_id FROM smpp_session WHERE run = %(run)s"
        with contextlib.closing(connect(self.process.dsn, "tests")) as opened:
            return in_transaction(opened, rows, of_run, run=self.process.run)


def statuses(esme):
    return [each.status for each in esme.heard()]


@pytest_twisted.async_yield_fixture
async def nodes(database_dsn: str) -> AsyncIterator[list[Node]]:
    made = [Node(database_dsn), Node(database_dsn)]
    for node in made:
        await node.start()
    yield made
    for node in made:
        await node.stop()


async def probed(here, there, *esmes):
    """Let one node hear the other's call, and time go by at both until it is known who is silent."""
    await there.calls.get().addTimeout(PATIENCE_S, reactor)
    for node in (there, here):
        await pass_by(node, *esmes)


async def pass_by(node, *esmes):
    for _ in range(round(ELSEWHERE_S * 10) + 1):
        node.rig.clock.advance(0.1)
        for esme in esmes:
            esme.heard()
    await node.quiet()


@pytest_twisted.ensureDeferred
async def test_the_sixth_session_is_refused_though_three_are_on_each_node_and_whichever_it_comes_to(nodes):
    for here, there in (nodes, nodes[::-1]):
        living = [*await here.bound(3), *await there.bound(2)]
        sixth = await here.asking()
        assert statuses(sixth) == []
        await probed(here, there, *living)
        assert statuses(sixth) == [Status.ESME_RBINDFAIL]
        for esme in living:
            assert not esme.closed
            esme.drop()
        for node in nodes:
            await node.quiet()
            assert node.kept() == []


@pytest_twisted.ensureDeferred
async def test_binds_that_come_to_both_nodes_at_once_get_five_places(nodes):
    esmes = [(node, node.rig.connect()) for _ in range(5) for node in nodes]
    for _, esme in esmes:
        esme.send(BIND)
    for node in nodes:
        await node.quiet()
    assert sum(len(node.rig.binds) for node in nodes) == 5
    assert sum(len(node.kept()) for node in nodes) == 5
    for node in nodes:
        await pass_by(node, *(esme for _, esme in esmes))
    assert sum(len(node.kept()) for node in nodes) == 5


@pytest_twisted.ensureDeferred
async def test_the_places_of_a_killed_node_are_free_at_once(nodes):
    here, there = nodes
    await there.bound(5)
    there.process.kill()
    await here.bound(5)
    here.process.do(claims.free, [there.process.run], 0)
    here.places.start()
    await here.quiet()
    assert there.kept() == []


@pytest_twisted.ensureDeferred
async def test_dead_sessions_on_the_other_node_do_not_lock_out_a_reconnect(nodes):
    here, there = nodes
    dead = await there.bound(5)
    for esme in dead:
        esme.alive = False
    new = await here.asking()
    await probed(here, there, *dead)
    assert statuses(new) == [0]
    assert (len(here.kept()), there.kept()) == (1, [])
