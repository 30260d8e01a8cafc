"""Webhooks of a node, over its real store and real calls: from what happens to what the endpoint hears, and the test of one."""

from collections.abc import AsyncIterator
from types import SimpleNamespace

import pytest
from pytest_twisted import async_yield_fixture, ensureDeferred
from twisted.internet import reactor
from twisted.internet.defer import Deferred, DeferredList, maybeDeferred
from twisted.web.resource import Resource
from twisted.web.server import Site

from mobilesasa.core.actors import Actor, ActorKind
from mobilesasa.core.errors import AccessEnded, BadWebhookUrl, NotFound, TooManyJobs
from mobilesasa.core.hooks import DeliveryState, WebhookTerms
from mobilesasa.node.hooks import HookTests, make_hooks
from mobilesasa.settings import Settings
from mobilesasa.settings.model import Webhooks as WebhookSettings
from mobilesasa.store import hooks
from mobilesasa.store.database import Database, connect, in_transaction
from mobilesasa.store.hooks import CHANNEL
from mobilesasa.store.listen import Listener
from mobilesasa.store.webhooks import Webhooks
from tests.store.given import NOW_MS, add_team, new_id

HOST = "127.0.0.1"
BY = Actor(ActorKind.OPERATOR, name="ops")
NOBODY_S = Actor(ActorKind.TOKEN, uuid="6f1c1bb0-5c00-4d21-9a3b-0c5d7e8f9a11")
UUID = "6f1c1bb0-5c00-4d21-9a3b-0c5d7e8f9a10"


class Receiver(Resource):
    isLeaf = True

    def __init__(self) -> None:
        super().__init__()
        self.heard: list[bytes] = []
        self.next: Deferred[None] = Deferred()

    def render_POST(self, request) -> bytes:
        self.heard.append(request.content.read())
        told, self.next = self.next, Deferred()
        told.callback(None)
        return b"thanks"


class Rig:
    """A store with a team and an endpoint that listens."""

    def __init__(self, dsn: str) -> None:
        self.receiver = Receiver()
        self.port = reactor.listenTCP(0, Site(self.receiver), interface=HOST)
        number = self.port.getHost().port
        self.url = f"http://{HOST}:{number}/"
        self.database = Database(reactor, dsn)
        self.webhooks = Webhooks(self.database, lambda: UUID, lambda count: bytes(count), lambda: NOW_MS)
        terms = WebhookSettings(ports=(number,), private_networks=("127.0.0.0/8",))
        self.hooks = make_hooks(
            SimpleNamespace(reactor=reactor, settings=Settings(webhooks=terms), database=self.database)
        )
        self.tests = HookTests(self.hooks, self.webhooks, new_id)
        self.listener = Listener(reactor, dsn, [CHANNEL], lambda _, payload: self.hooks.told(payload), lambda: None)
        self.dsn = dsn
        self.team = self.written(add_team)

    def written(self, function, *args):
        opened = connect(self.dsn, "tests")
        try:
            return in_transaction(opened, function, *args)
        finally:
            opened.close()

    async def make(self):
        made, self.secret = await self.webhooks.create(
            BY, self.team, WebhookTerms(self.url, "", ("*",), include_text=False)
        )
        return made


@async_yield_fixture
async def rig(database_dsn: str) -> AsyncIterator[Rig]:
    made = Rig(database_dsn)
    await made.database.start()
    await made.listener.start()
    yield made
    await made.hooks.stop()
    made.listener.stop()
    await made.database.close()
    await maybeDeferred(made.port.stopListening)


@ensureDeferred
async def test_what_happens_is_told_as_soon_as_it_is_committed(rig):
    await rig.make()
    rig.hooks.sender.hold(frozenset(range(16)))
    rig.hooks.sender.start()
    heard = rig.receiver.next
    rig.written(hooks.emit, rig.team, "balance.low", {"available": 3})
    await heard
    assert b'"type":"balance.low"' in rig.receiver.heard[0]
    assert b'"data":{"available":3}' in rig.receiver.heard[0]


@ensureDeferred
async def test_a_test_calls_at_once_and_is_in_the_log(rig):
    await rig.make()
    logged = await rig.tests.ping(BY, rig.team, UUID)
    assert (logged.event, logged.state, logged.status, logged.answer) == (
        "ping",
        DeliveryState.DELIVERED,
        200,
        "thanks",
    )
    assert b'"type":"ping"' in rig.receiver.heard[0]
    (listed,) = await rig.webhooks.deliveries(rig.team, UUID, limit=9, offset=0, state=None, event="ping")
    assert listed == logged
    assert await rig.webhooks.count_deliveries(rig.team, UUID, state=DeliveryState.FAILED, event=None) == (0, False)


@ensureDeferred
async def test_who_may_no_more_calls_nothing(rig):
    await rig.make()
    with pytest.raises(AccessEnded):
        await rig.tests.ping(NOBODY_S, rig.team, UUID)
    assert rig.receiver.heard == []


@ensureDeferred
async def test_the_node_says_what_it_calls(rig):
    rig.tests.check(rig.url)
    with pytest.raises(BadWebhookUrl):
        rig.tests.check("http://10.0.0.1/")
    with pytest.raises(BadWebhookUrl):
        rig.tests.check("https://example.com/")  # not this port


@ensureDeferred
async def test_a_webhook_lives_in_the_store(rig):
    made = await rig.make()
    (listed,) = await rig.webhooks.of_team(rig.team)
    assert listed == await rig.webhooks.find(rig.team, UUID)
    assert (listed.uuid, listed.url, listed.events) == (made.uuid, made.url, made.events)
    secret = await rig.webhooks.rotate(BY, rig.team, UUID)
    endpoint = await rig.webhooks.endpoint(BY, rig.team, UUID)
    assert endpoint.secrets == (secret, rig.secret)
    changed = await rig.webhooks.update(BY, rig.team, UUID, lambda terms: WebhookTerms(rig.url, "x", ("optout",), True))
    assert (changed.description, changed.events, changed.include_text) == ("x", ("optout",), True)
    await rig.webhooks.delete(BY, rig.team, UUID)
    with pytest.raises(NotFound):
        await rig.webhooks.find(rig.team, UUID)


@ensureDeferred
async def test_what_was_told_can_be_told_again(rig):
    await rig.make()
    logged = await rig.tests.ping(BY, rig.team, UUID)
    again = await rig.webhooks.redeliver(BY, rig.team, UUID, logged.event_id)
    assert again.state is DeliveryState.WAITING
    assert (await rig.webhooks.delivery(rig.team, UUID, logged.event_id))[1].data["message"]
    assert await rig.webhooks.replay(BY, rig.team, UUID, 0, NOW_MS + 86_400_000, all_states=True) == 0  # it waits
    heard = rig.receiver.next
    rig.hooks.sender.hold(frozenset(range(16)))
    rig.hooks.sender.start()
    await heard
    assert rig.receiver.heard[0] == rig.receiver.heard[1]


@ensureDeferred
async def test_a_webhook_is_tested_once_at_a_time(rig):
    await rig.make()
    first = Deferred.fromCoroutine(rig.tests.ping(BY, rig.team, UUID))
    second = Deferred.fromCoroutine(rig.tests.ping(BY, rig.team, UUID))
    ended = await DeferredList([first, second], consumeErrors=True)
    assert sorted(succeeded for succeeded, _ in ended) == [False, True]
    refused = next(failure for succeeded, failure in ended if not succeeded)
    assert refused.check(TooManyJobs)
    assert (await rig.tests.ping(BY, rig.team, UUID)).status == 200
