"""OAuth 2.0 over real sockets: an endpoint that gives tokens, an API that wants them, and a token that is withdrawn."""

import base64
import random
from contextlib import asynccontextmanager
from urllib.parse import parse_qs

import attrs
import orjson
from pytest_twisted import ensureDeferred
from twisted.internet import reactor
from twisted.internet.defer import Deferred, maybeDeferred
from twisted.web.resource import Resource
from twisted.web.server import Site

from mobilesasa.carriers.port import World
from mobilesasa.carriers.registry import make
from mobilesasa.core.model import Later, Sent
from mobilesasa.core.teams import CarrierRecord
from tests.carriers.rig import CARRIER_ID, START_MS, Rig

HOST = "127.0.0.1"


@attrs.define(eq=False)
class Aggregator:
    """Gives tokens t1, t2 … to whoever knows the secret, and takes messages with those that are good."""

    secret: str = "hush"
    fetches: list = attrs.field(factory=list)
    good: set = attrs.field(factory=set)
    bearers: list = attrs.field(factory=list)

    def root(self):
        root = Resource()
        root.putChild(b"token", _Page(self.give))
        root.putChild(b"send", _Page(self.take))
        return root

    def give(self, request):
        self.fetches.append(parse_qs(request.content.read().decode()))
        pair = base64.b64encode(f"us:{self.secret}".encode())
        if request.getHeader("Authorization") != f"Basic {pair.decode()}":
            return 401, {"error": "invalid_client"}
        self.good.add(f"t{len(self.fetches)}")
        return 200, {"access_token": f"t{len(self.fetches)}", "token_type": "bearer", "expires_in": 3600}

    def take(self, request):
        bearer = request.getHeader("Authorization")
        self.bearers.append(bearer)
        if bearer.removeprefix("Bearer ") not in self.good:
            return 401, {"error": "expired"}
        return 200, {"id": orjson.loads(request.content.read())["id"], "status": "accepted"}


class _Page(Resource):
    isLeaf = True

    def __init__(self, answer):
        super().__init__()
        self._answer = answer

    def render_POST(self, request):
        status, body = self._answer(request)
        request.setResponseCode(status)
        return orjson.dumps(body)


class Listener:
    """Hears outcomes; `all` fires when so many have come."""

    in_trouble = False

    def __init__(self):
        self.outcomes = []
        self._wanted = (0, Deferred())

    def settled(self, outcomes):
        self.outcomes.extend(outcomes)
        count, done = self._wanted
        if len(self.outcomes) >= count and not done.called:
            done.callback(None)

    def room_changed(self):
        pass

    def throttled(self):
        pass

    def all(self, count):
        self._wanted = (count, Deferred())
        return self._wanted[1]


@asynccontextmanager
async def running(aggregator, known="hush"):
    """A carrier as an operator sets it up, over a server on a port of its own."""
    port = reactor.listenTCP(0, Site(aggregator.root()), interface=HOST)
    base = f"http://{HOST}:{port.getHost().port}"
    options = {
        "base_url": f"{base}/send", "keep_s": 0, "secret.client": known, "request.auth.kind": "oauth2",
        "request.auth.token_url": f"{base}/token", "request.auth.client_id": "us",
        "request.auth.client_secret": "{secret.client}", "request.auth.scope": "sms",
    }  # fmt: skip
    world = World(reactor, lambda: START_MS, random.Random(5))
    carrier, listener = make(CarrierRecord(CARRIER_ID, "savanna", "http", options=options), world), Listener()
    carrier.start(listener)
    try:
        yield carrier, listener
    finally:
        await carrier.stop()
        await maybeDeferred(port.stopListening)


@ensureDeferred
async def test_messages_go_out_with_one_token_and_with_another_when_that_is_withdrawn():
    aggregator, rig = Aggregator(), Rig()
    async with running(aggregator) as (carrier, listener):
        first = listener.all(20)
        carrier.submit([rig.message() for _ in range(20)])
        await first
        assert aggregator.fetches == [{"grant_type": ["client_credentials"], "scope": ["sms"]}]
        assert aggregator.bearers == ["Bearer t1"] * 20
        aggregator.good.clear()
        second = listener.all(40)
        carrier.submit([rig.message() for _ in range(20)])
        await second
    assert len(aggregator.fetches) == 2
    assert aggregator.bearers[-1] == "Bearer t2"
    assert {type(outcome) for _, outcome in listener.outcomes} == {Sent}


@ensureDeferred
async def test_a_wrong_secret_puts_messages_off_and_is_a_trouble_in_words():
    aggregator, rig = Aggregator(), Rig()
    async with running(aggregator, "not it") as (carrier, listener):
        done = listener.all(5)
        carrier.submit([rig.message() for _ in range(5)])
        await done
        trouble = carrier.standing()["trouble"]
    assert trouble == "token_refused: the token endpoint answered 401: invalid_client"
    assert {(type(outcome), outcome.code) for _, outcome in listener.outcomes} == {(Later, "token_refused")}
    assert (len(aggregator.fetches), aggregator.bearers) == (1, [])
