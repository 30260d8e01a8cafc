"""An HTTP carrier on a clock, before a wire on which nothing happens by itself; and what its shapes were recorded with."""

import itertools

import attrs
import orjson
from twisted.internet.defer import Deferred, succeed

from mobilesasa.carriers.http.account import parse_account
from mobilesasa.carriers.http.answers import HttpAnswer
from mobilesasa.carriers.http.carrier import HttpCarrier
from mobilesasa.carriers.http.wire import Unanswered
from mobilesasa.core.model import Report, State
from mobilesasa.core.teams import CarrierRecord
from tests.carriers.rig import CARRIER_ID, Rig

SECRET = "a-long-enough-secret"


@attrs.define(eq=False)
class Exchange:
    """A request that waits for its answer."""

    request: object
    answered: Deferred

    def say(self, body=b"", status=200, **headers) -> None:
        octets = body if isinstance(body, bytes) else body.encode() if isinstance(body, str) else orjson.dumps(body)
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        self.answered.callback(HttpAnswer(status, given, octets))

    def fail(self, why: Exception) -> None:
        self.answered.errback(why)


class FakeWire:
    def __init__(self) -> None:
        self.asked = []
        self.closed = False

    def ask(self, request):
        answered = Deferred(lambda deferred: deferred.errback(Unanswered("cancelled")))
        self.asked.append(Exchange(request, answered))
        return answered

    def take(self):
        """What was asked since the last look."""
        taken, self.asked = self.asked, []
        return taken

    def close(self):
        self.closed = True
        return succeed(None)


class HttpRig(Rig):
    """Each part is a request of its own, unless `request.long` is said to be `whole`."""

    def __init__(self, holds=False, **options) -> None:
        super().__init__()
        given = {"base_url": "https://api.test/send", "window": 10, "request.long": "split", "request.udh.x": "1"}
        given |= {name.replace("__", "."): value for name, value in options.items()}
        self.record = CarrierRecord(CARRIER_ID, "upstream", "http", options=given)
        self.wire = FakeWire()
        self.carrier = HttpCarrier(self.record, parse_account(given), self.world, self.wire, holds)
        self._ids = itertools.count(1)

    def start(self) -> None:
        self.carrier.start(self.listener)

    def settle(self) -> None:
        for exchange in self.wire.take():
            exchange.say({"id": f"h{next(self._ids)}", "status": "accepted"})
        self.clock.advance(0)

    def answer(self, *args, **more) -> None:
        """Answer the one request that waits, and let the outcome be told."""
        (exchange,) = self.wire.take()
        exchange.say(*args, **more)
        self.clock.advance(0)

    def outcome(self, message):
        (outcome,) = self.listener.of(message)
        return outcome

    def bring_receipts(self) -> None:
        refs = [ref for _, outcome in self.listener.outcomes for ref in outcome.refs if ref]
        self.listener.reported([Report(CARRIER_ID, ref, State.DELIVERED) for ref in refs], lambda: None)

    def finish(self, stopped) -> None:
        assert stopped.called
        assert self.wire.closed
