"""The connections to RabbitMQ for all that a node has there: one publishes, one consumes, and now and then one tries.

Two, for RabbitMQ stops to read from a connection that publishes while its alarm is on; acknowledgements on the same one
would wait as well, and what would free its memory could not be taken away.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

import attrs
from twisted.internet.defer import Deferred, gatherResults
from twisted.internet.interfaces import IReactorTime
from twisted.internet.task import LoopingCall
from twisted.logger import Logger

from mobilesasa.queue import topology
from mobilesasa.queue.amqp.channel import Channel, Outcome
from mobilesasa.queue.amqp.connection import Connection
from mobilesasa.queue.amqp.errors import ChannelLost
from mobilesasa.queue.amqp.url import AmqpUrl
from mobilesasa.queue.depths import EVERY_S, Depths
from mobilesasa.queue.events import TeamEvents, Told
from mobilesasa.queue.outgoing import Body
from mobilesasa.queue.publisher import SILENT_S, Counts
from mobilesasa.queue.rabbit import RabbitQueue
from mobilesasa.queue.trial import Trial

DRAIN_S: Final = 3.0

Connect = Callable[..., Connection]


@attrs.frozen
class Standing:
    """How it stands with RabbitMQ, for `/readyz` and the metrics.

    Attributes:
        up: whether both connections are.
        state: the same in words.
        since_ms: since when it is up or away, in milliseconds since the epoch.
        blocked: why RabbitMQ takes nothing (an alarm of its memory or disk); empty when it does.
        waiting: messages named here that RabbitMQ has not confirmed; of these at most `bound`.
        dropped: messages whose hint did not fit, ever.
        unconfirmed: bodies published and not confirmed.
        counts: what became of bodies, ever.
        dead: bodies among the dead letters, as last looked at; None when nobody has looked.
    """

    up: bool
    state: str
    since_ms: int
    blocked: str
    waiting: int
    bound: int
    dropped: int
    unconfirmed: int
    counts: Counts
    dead: int | None


class RabbitLink:
    """Stays connected, and tells the queue and the events of it.

    Args:
        clock: the reactor.
        now_ms: milliseconds since the epoch.
        url: where RabbitMQ is.
        node: this node's name, which RabbitMQ shows.
        queue: the lanes.
        events: the events of teams.
        carriers: returns the carriers whose lanes are declared at every connect; others follow when they are used.
        connect: makes a connection, as `Connection` does.
    """

    log = Logger()

    def __init__(
        self,
        clock: IReactorTime,
        now_ms: Callable[[], int],
        url: AmqpUrl,
        node: str,
        queue: RabbitQueue,
        events: TeamEvents,
        carriers: Callable[[], Iterable[int]],
        connect: Connect = Connection,
    ) -> None:
        """Do nothing yet.

        Raises:
            BadUrl: the file of authorities that the URL names cannot be read.
        """
        self._clock = clock
        self._now_ms = now_ms
        self._queue = queue
        self._events = events
        self._carriers = carriers
        self._out = connect(clock, url, f"mobilesasa {node} out", self._out_up, self._out_down)
        self._out.unblocked = self._unblocked
        self._in = connect(clock, url, f"mobilesasa {node} in", self._in_up, self._in_down)
        self._trial = Trial(queue.aside, lambda up, down: connect(clock, url, f"mobilesasa {node} trial", up, down))
        self._depths = Depths(self._in.aside)
        self._ups: set[str] = set()
        self._since_ms = now_ms()
        self._dead: int | None = None
        self._started = False
        self._round = LoopingCall(self._look_once)
        self._round.clock = clock
        self._rounds_end: Deferred[LoopingCall] | None = None

    def start(self) -> None:
        """Connect, now and whenever a connection breaks."""
        self._started = True
        self._fill_in()
        self._out.startService()
        self._in.startService()
        self._rounds_end = self._round.start(EVERY_S, now=False)

    async def stop(self, within_s: float = DRAIN_S) -> None:
        """Disconnect, after what waits is published and confirmed, or after a while; the rest is in the store."""
        self._started = False
        self._queue.consumer.stop()
        if self._rounds_end is not None:
            self._round.stop()
            await self._rounds_end
            self._rounds_end = None
        drained = Deferred.fromCoroutine(self._queue.drain())
        drained.addTimeout(within_s, self._clock, onTimeoutCancel=lambda *_: None)
        await drained
        await gatherResults([self._out.stopService(), self._in.stopService(), self._trial.stop()])

    def standing(self) -> Standing:
        """Say how it stands."""
        publisher = self._queue.publisher
        out, into = self._out.state, self._in.state
        return Standing(
            up=len(self._ups) == 2,
            state=out if out == into else f"publishing {out}; consuming {into}",
            since_ms=self._since_ms,
            blocked=self._out.blocked,
            waiting=publisher.outgoing.waiting,
            bound=publisher.outgoing.bound,
            dropped=publisher.outgoing.dropped,
            unconfirmed=publisher.unconfirmed,
            counts=attrs.evolve(publisher.counts),
            dead=self._dead,
        )

    async def aside(self) -> Channel:
        """Return a channel of its own for looking at queues, whose failure hurts no other; close it after use.

        Raises:
            ChannelLost: RabbitMQ is away.
        """
        return await self._in.aside()

    async def _out_up(self, channel: Channel) -> None:
        channel.settled = self._settled
        await topology.declare(channel)
        self._events.publishing_came_up(channel, self._is_blocked)
        await self._queue.publisher.came_up(channel, self._carriers(), self._is_blocked)
        self._went("out", up=True)

    def _out_down(self, _why: str) -> None:
        self._went("out", up=False)
        self._events.publishing_went_down()
        self._queue.publisher.went_down()

    async def _in_up(self, channel: Channel) -> None:
        await topology.declare(channel)
        await self._events.consuming_came_up(channel)
        await self._queue.consumer.came_up(channel)
        self._went("in", up=True)

    def _in_down(self, _why: str) -> None:
        self._went("in", up=False)
        self._events.consuming_went_down()
        self._queue.consumer.went_down()

    def _went(self, which: str, up: bool) -> None:
        was_up = len(self._ups) == 2
        self._ups = self._ups | {which} if up else self._ups - {which}
        if was_up is not (len(self._ups) == 2):
            self._since_ms = self._now_ms()
        self._fill_in()
        self._try()

    def _fill_in(self) -> None:
        """Have the lanes read from the store as long as hints do not get through; an alarm is noticed with the next look."""
        away = len(self._ups) < 2 or self._out.is_blocked
        self._queue.consumer.fill_in(away and self._started)

    def _end_silence(self) -> None:
        """Set the carrier aside that holds up what is published, and go on without it."""
        carrier_id = self._queue.publisher.silent()
        if carrier_id is not None:
            why = f"RabbitMQ has not confirmed what is for carrier {carrier_id} for {SILENT_S:.0f} s"
            self._queue.aside.put(carrier_id, ChannelLost(why))
            self._out.begin_again(why)

    def _try(self) -> None:
        """Try the carriers that are aside, when all else is well."""
        if self._started and len(self._ups) == 2:
            self._trial.begin()

    def _is_blocked(self) -> bool:
        return self._out.is_blocked

    def _unblocked(self) -> None:
        self._fill_in()
        self._events.unblocked()
        self._queue.publisher.unblocked()

    def _settled(self, contexts: Sequence[Any], outcome: Outcome) -> None:
        bodies = [each for each in contexts if isinstance(each, Body)]
        events = [each for each in contexts if isinstance(each, Told)]
        if bodies:
            self._queue.publisher.settled(bodies, outcome)
        if events:
            self._events.settled(events, outcome)

    def _look_once(self) -> Deferred[None]:
        looked = Deferred.fromCoroutine(self._look())
        looked.addErrback(lambda failure: self.log.failure("looking after the lanes", failure))
        return looked

    async def _look(self) -> None:
        """See how deep the lanes are, and let go of what is in hand for too long."""
        self._fill_in()
        self._queue.consumer.rest_stale()
        self._end_silence()
        self._try()
        if self._in.channel is None:
            return
        try:
            found = await self._depths.of_lanes(self._queue.publisher.declared)
            dead = await self._depths.of_dead()
        except ChannelLost as error:
            self.log.debug("the depths are not known: {error}", error=error)
            return
        self._queue.ready = {place: depth.ready for place, depth in found.items()}
        self._dead = None if dead is None else dead.ready
