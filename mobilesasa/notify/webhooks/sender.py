"""Brings events to endpoints: a lane for each endpoint that has something to hear, so that a dead one holds up nobody.

How to think about it: the queue is in the store, and the lane works it off in rounds: it takes the first that are due, calls
the endpoint for a few of them at once (never for two of one message), writes down what came of it, and begins again until
nothing is due. So a round never overtakes the one before it. After some rounds in which nothing was taken the lane *rests*:
it tries one event at a time, and waits longer each time. Lanes in trouble wait for each other, and never for a place among
those that are well.

A node works off the endpoints of the slots that it holds (`hold`). It is woken by what the store tells (`told`), and looks by
itself every few seconds for calls whose time has come again.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Sequence
from typing import Any, Final, Protocol

import attrs
from twisted.internet.defer import Deferred, DeferredList, DeferredSemaphore, gatherResults
from twisted.internet.interfaces import IReactorTime
from twisted.internet.task import LoopingCall
from twisted.logger import Logger
from twisted.python.failure import Failure

from mobilesasa.core.errors import StoreAway
from mobilesasa.core.hooks import Delivery, Endpoint, HookEvent, Outcome, wait_s

LOOK_S: Final = 3.0  # how often calls whose time has come are looked for
MEASURE_S: Final = 15.0  # how often what waits is counted
TIDY_S: Final = 3600.0
TIDY_ROWS: Final = 5000
LANES: Final = 200  # that are at work at once, and as many of those in trouble
RESTS_AFTER: Final = 3  # rounds without a success
REST_S: Final = 5.0  # at first; twice as long each time
REST_MAX_S: Final = 60.0
STOP_S: Final = 5.0  # what is under way may take so long at the end


class Queue(Protocol):
    """The queues, in the store."""

    async def due(self, held: Collection[int]) -> Sequence[int]:
        """Return the endpoints of these slots that have something to hear now."""

    async def take(self, webhook_id: int, limit: int) -> tuple[Endpoint, Sequence[Delivery]] | None:
        """Return an endpoint and what it is to hear first; None when it is disabled or deleted."""

    async def settle(self, webhook_id: int, batch: Sequence[tuple[int, Outcome, float | None]]) -> str | None:
        """Write down outcomes by the ids of the deliveries, and when each is told again; returns why it is disabled now."""

    async def waiting(self, held: Collection[int]) -> tuple[int, float]:
        """Return how many deliveries wait in these slots, and for how long the oldest has, in seconds."""

    async def forget(self, days: int, limit: int) -> bool:
        """Drop what is old; returns whether there may be more."""


class Caller(Protocol):
    """Calls endpoints."""

    async def call(self, endpoint: Endpoint, event_id: str, body: bytes) -> Outcome:
        """Tell an endpoint of an event."""


#: Makes the body of an event for an endpoint; None when what it is about is no longer kept.
Render = Callable[[HookEvent, bool], bytes | None]


@attrs.define
class Figures:
    """What was done since the start, and what waits."""

    delivered: int = 0
    failed: int = 0  # calls; most are made again
    given_up: int = 0
    disabled: int = 0  # endpoints
    waiting: int = 0
    oldest_s: float = 0.0


@attrs.define(eq=False)
class _Lane:
    webhook_id: int
    work: Deferred[None] | None = None
    again: bool = False  # told while at work
    failures: int = 0  # rounds on end without a success
    rests_until_s: float = 0.0


class Sender:
    """Works off the queues of the endpoints whose slots this node holds.

    Args:
        queue: in the store.
        caller: calls endpoints.
        render: makes bodies.
        clock: keeps time.
        chance: gives a number from 0 to 1, for the times of retries.
        in_flight: calls of one endpoint at once.
        slots: into how many endpoints are spread, by their id's remainder.
        log_days: how long deliveries are kept.

    Attributes:
        figures: for metrics.
    """

    log = Logger()

    def __init__(
        self,
        queue: Queue,
        caller: Caller,
        render: Render,
        clock: IReactorTime,
        chance: Callable[[], float],
        in_flight: int,
        slots: int,
        log_days: int,
    ) -> None:
        """Hold nothing yet."""
        self.figures = Figures()
        self._queue = queue
        self._caller = caller
        self._render = render
        self._clock = clock
        self._chance = chance
        self._in_flight = in_flight
        self._slots = slots
        self._log_days = log_days
        self._held: frozenset[int] = frozenset()
        self._lanes: dict[int, _Lane] = {}
        self._well = DeferredSemaphore(LANES)
        self._troubled = DeferredSemaphore(LANES)
        self._calls = [
            LoopingCall(lambda work=work: Deferred.fromCoroutine(self._once(work)))
            for work in (self._look, self._measure, self._tidy)
        ]
        self._ended: list[Deferred[LoopingCall]] = []
        self._looks: set[Deferred[None]] = set()
        self._stopped = False

    def start(self) -> None:
        """Begin to look for what is due."""
        for call, every_s in zip(self._calls, (LOOK_S, MEASURE_S, TIDY_S), strict=True):
            call.clock = self._clock
            self._ended.append(call.start(every_s))

    async def stop(self) -> None:
        """Begin nothing more; what does not end in time is told again by whoever holds its slot next."""
        self._stopped = True
        for call in self._calls:
            if call.running:
                call.stop()
        works = [lane.work for lane in self._lanes.values() if lane.work is not None]
        giving_up = self._clock.callLater(STOP_S, _cancel, works)
        ends: list[Deferred[Any]] = [*works, *self._looks, *self._ended]
        await DeferredList(ends)
        if giving_up.active():
            giving_up.cancel()

    def hold(self, slots: frozenset[int]) -> None:
        """Work off the endpoints of these slots from now on."""
        new, self._held = slots - self._held, slots
        for lane in [lane for lane in self._lanes.values() if lane.webhook_id % self._slots not in slots]:
            if lane.work is None:
                del self._lanes[lane.webhook_id]
        if new and not self._stopped and self._ended:
            look = Deferred.fromCoroutine(self._once(self._look))
            self._looks.add(look)
            look.addBoth(lambda _: self._looks.discard(look))

    def told(self, webhook_id: int) -> None:
        """Hear that an endpoint has something to hear."""
        if self._stopped or webhook_id % self._slots not in self._held:
            return
        lane = self._lanes.setdefault(webhook_id, _Lane(webhook_id))
        if lane.work is not None:
            lane.again = True
        elif lane.rests_until_s <= self._clock.seconds():
            lane.again = False
            lane.work = Deferred.fromCoroutine(self._work_off(lane))
            lane.work.addErrback(self._failed, lane).addBoth(self._over, lane)

    async def _once(self, work: Callable[[], Awaitable[None]]) -> None:
        try:
            await work()
        except StoreAway as away:
            self.log.debug("webhooks wait for the database: {away}", away=away)
        except Exception:  # noqa: BLE001 - an edge: one bad look must not end the looks
            self.log.failure("webhooks could not be looked after")

    async def _look(self) -> None:
        held = self._held
        if held:
            for webhook_id in await self._queue.due(held):
                self.told(webhook_id)

    async def _measure(self) -> None:
        held = self._held
        self.figures.waiting, self.figures.oldest_s = await self._queue.waiting(held) if held else (0, 0.0)

    async def _tidy(self) -> None:
        while 0 in self._held and not self._stopped and await self._queue.forget(self._log_days, TIDY_ROWS):
            pass

    async def _work_off(self, lane: _Lane) -> None:
        more = True
        while more and not self._stopped and lane.webhook_id % self._slots in self._held:
            place = self._troubled if lane.failures else self._well
            await place.acquire()
            try:
                more = await self._round(lane)
            finally:
                place.release()

    async def _round(self, lane: _Lane) -> bool:
        """Make one round; returns whether there may be more to do now."""
        lane.again = False
        found = await self._queue.take(lane.webhook_id, 1 if lane.failures >= RESTS_AFTER else self._in_flight)
        if found is None or not found[1]:
            return lane.again
        endpoint, deliveries = found
        chosen = _one_a_subject(deliveries)
        works = [Deferred.fromCoroutine(self._tell(endpoint, each)) for each in chosen]
        outcomes = await gatherResults(works, consumeErrors=True)
        batch = [(each.id, *came) for each, came in zip(chosen, outcomes, strict=True)]
        reason = await self._queue.settle(lane.webhook_id, batch)
        self._count(batch)
        if reason is not None:
            self.figures.disabled += 1
            self.log.warn("the webhook {webhook} is disabled: {reason}", webhook=endpoint.uuid, reason=reason)
        return self._rest(lane, [outcome for outcome, _ in outcomes])

    async def _tell(self, endpoint: Endpoint, delivery: Delivery) -> tuple[Outcome, float | None]:
        body = self._render(delivery.what, endpoint.include_text)
        if body is None:
            return Outcome(error="what it is about is no longer kept"), None
        outcome = await self._caller.call(endpoint, delivery.what.id, body)
        if outcome.is_taken:
            return outcome, None
        return outcome, wait_s(delivery.attempts + 1, outcome, self._chance())

    def _count(self, batch: Sequence[tuple[int, Outcome, float | None]]) -> None:
        for _, outcome, again_s in batch:
            if outcome.is_taken:
                self.figures.delivered += 1
            else:
                self.figures.failed += 1
                self.figures.given_up += again_s is None

    def _rest(self, lane: _Lane, outcomes: Sequence[Outcome]) -> bool:
        """Let a lane rest that has no success; returns whether it goes on now."""
        now_s = self._clock.seconds()
        if any(outcome.is_taken for outcome in outcomes):
            lane.failures = 0
        else:
            lane.failures += 1
        asked_s = max(outcome.asks_to_wait_s for outcome in outcomes)
        tired_s = REST_S * 2 ** (lane.failures - RESTS_AFTER) if lane.failures >= RESTS_AFTER else 0.0
        lane.rests_until_s = now_s + max(asked_s, min(tired_s, REST_MAX_S))
        return lane.rests_until_s <= now_s

    def _failed(self, failure: Failure, lane: _Lane) -> None:
        if failure.check(StoreAway):
            self.log.warn("the webhook {webhook_id} waits for the database", webhook_id=lane.webhook_id)
        elif not self._stopped:
            self.log.failure("the webhook {webhook_id} could not be told", failure, webhook_id=lane.webhook_id)

    def _over(self, _: object, lane: _Lane) -> None:
        lane.work = None
        if not lane.failures and lane.rests_until_s <= self._clock.seconds():
            self._lanes.pop(lane.webhook_id, None)


def _cancel(works: Sequence[Deferred[None]]) -> None:
    for work in works:
        work.cancel()


def _one_a_subject(deliveries: Sequence[Delivery]) -> list[Delivery]:
    """Return the first of each subject: what happens to one message is told in order."""
    chosen: dict[str, Delivery] = {}
    for each in deliveries:
        chosen.setdefault(each.what.subject or each.what.id, each)
    return list(chosen.values())
