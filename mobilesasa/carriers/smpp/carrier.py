"""An SMPP carrier: messages over its binds, answers into outcomes.

How to think about it: a message is in one of three places.

    waiting ──a bind with a free window──▶ its backlog ──window and rate──▶ on the wire ──answer──▶ outcome
       ▲                                        │ ▲                             │ │
       └───────── the bind is lost ─────────────┴─┼─────────────────────────────┘ │
                                                  └── asked to slow down ─────────┘

`room` is so small that as a rule nothing waits. Whoever gives more (a message of more parts than the window) finds it
waiting in order. What was on the wire when a bind broke may have arrived or not; it is at most a window. As the operator
chose, it is sent again or taken for sent; what was sent again and is lost again is taken for sent in any case (I3).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Final

from twisted.internet.defer import Deferred, gatherResults
from twisted.internet.interfaces import IDelayedCall, IStreamClientEndpoint
from twisted.logger import Logger

from mobilesasa.carriers.bucket import Bucket
from mobilesasa.carriers.port import World
from mobilesasa.carriers.smpp.binds import CarrierBind
from mobilesasa.carriers.smpp.content import NotSayable
from mobilesasa.carriers.smpp.jobs import Job, Part
from mobilesasa.carriers.smpp.options import BindMode, SmppOptions
from mobilesasa.carriers.smpp.parts import PartWriter
from mobilesasa.carriers.smpp.receipts import ReceiptReader
from mobilesasa.carriers.smpp.resting import Resting
from mobilesasa.carriers.smpp.ussd import UssdOut, UssdWire
from mobilesasa.carriers.smpp.verdicts import Judge, Verdict
from mobilesasa.core.model import Failure, Later, MessageId, Never, Outbound
from mobilesasa.core.ports import CarrierListener
from mobilesasa.core.teams import CarrierRecord
from mobilesasa.smpp.pdus import Bind, BindReceiver, BindTransceiver, BindTransmitter, Pdu, SubmitSmResp
from mobilesasa.smpp.statuses import Status
from mobilesasa.smppnet.client import Client
from mobilesasa.smppnet.protocol import Link

#: How long what waits is kept while no bind is up; then it goes back to the queue.
KEEP_S: Final = 30.0
#: How many messages that went back to the queue are remembered for an answer that was lost (I7).
REMEMBERED: Final = 10_000
_RATE_TICK_S: Final = 0.02  # the shortest wait for the rate
_STOPPING: Final = Later(1.0, "the node is stopping", "stopping")
_UNBOUND: Final = Later(1.0, "the carrier is not connected", "unbound")
_UNANSWERED: Final = Later(1.0, "the connection was lost before the carrier answered", "unanswered")


class SmppCarrier:
    """The port `Carrier` over SMPP.

    Attributes:
        parts_sent, parts_taken, throttled, unanswered: How many parts were written, accepted, refused for being too
            many, and left without an answer.
    """

    log = Logger()
    resumes = False

    def __init__(
        self,
        record: CarrierRecord,
        options: SmppOptions,
        world: World,
        endpoint: IStreamClientEndpoint,
        keep_s: float = KEEP_S,
    ) -> None:
        """Make the binds; nothing connects before `start`. `keep_s` is in the place of `KEEP_S`."""
        self.name = record.name
        self.parts_sent = self.parts_taken = self.throttled = self.unanswered = 0
        self._options = options
        self._keep_s = keep_s
        self._world = world
        self._writer = PartWriter(options, world.now_ms, world.directory)
        self._judge = Judge(options.errors)
        self._ussd = UssdWire(record.name, options.ussd_dialect, world, lambda: self._pump([]))
        self._reader = ReceiptReader(record.name, record.id, options, world, self._ussd)
        self._bucket = Bucket(options.tps, world.reactor.seconds)
        self._binds = [self._bind(kind, endpoint) for _ in range(options.binds) for kind in _KINDS[options.bind]]
        self._senders = [bind for bind in self._binds if bind.sends]
        self._waiting: deque[Job] = deque()
        self._jobs = 0
        self._doubted: dict[MessageId, set[int]] = {}  # of messages that went back to the queue; the oldest first
        self._rate_call: IDelayedCall | None = None
        self._keep_call: IDelayedCall | None = None
        self._resting = Resting(world.reactor, self._rested)
        self._listener: CarrierListener | None = None
        self._stopping = False

    def _bind(self, kind: type[Bind], endpoint: IStreamClientEndpoint) -> CarrierBind:
        options, world = self._options, self._world
        bind = CarrierBind(kind is not BindReceiver, options.window, options.response_timeout_s, self, world.reactor)
        asked = kind(
            system_id=options.system_id,
            password=options.password,
            system_type=options.system_type,
            interface_version=options.interface_version,
            addr_ton=options.bind_ton,
            addr_npi=options.bind_npi,
            address_range=options.address_range,
        )
        bind.client = Client(self.name, endpoint, asked, bind, world.reactor, options.timers, world.random.random)
        return bind

    # The port

    @property
    def window(self) -> int:
        """See `Carrier`."""
        return self._options.window * self._options.binds

    def room(self) -> int:
        """See `Carrier`."""
        if self._stopping:
            return 0
        held = sum([len(job.todo) for job in self._waiting]) + len(self._resting)
        free = sum([bind.free for bind in self._senders]) - held
        allowed = self._bucket.available()
        if allowed is not None and free > 0:
            held = sum([len(bind.backlog) for bind in self._senders])
            if allowed - held < free:
                self._wait_for_the_rate()
                free = allowed - held
        return max(0, free)

    def submit(self, batch: Sequence[Outbound]) -> None:
        """See `Carrier`."""
        finished: list[Job] = []
        for message in batch:
            job = self._job(message)
            if job.open:
                self._waiting.append(job)
            else:
                finished.append(job)
        self._pump(finished)

    def _job(self, message: Outbound) -> Job:
        self._jobs += 1
        try:
            pdus = self._writer.parts(message)
        except ValueError as bad:  # of the alphabet or the parts: the gateway would have refused it
            job = Job(message, self._jobs, [])
            job.setback = Never(Failure.REFUSED, str(bad), elsewhere=isinstance(bad, NotSayable))
            return job
        doubted = self._doubted.pop(message.id, None)
        if doubted is None:  # what another carrier left unanswered
            doubted = set(range(len(pdus))) if message.is_doubted else set()
        return Job(message, self._jobs, pdus, doubted)

    def start(self, listener: CarrierListener) -> None:
        """See `RunningCarrier`."""
        self._listener = listener
        for bind in self._binds:
            bind.client.start()

    def stop(self) -> Deferred[None]:
        """See `RunningCarrier`: what is on the wire is waited for as long as an unbind takes."""
        self._stopping = True
        for call in (self._rate_call, self._keep_call):
            if call is not None and call.active():
                call.cancel()
        for bind in self._senders:
            self._recall(list(bind.backlog))
            bind.backlog.clear()
        self._recall(self._resting.take())
        self._give_back(_STOPPING)
        stopped: Deferred[None] = gatherResults([bind.client.stop() for bind in self._binds]).addCallback(
            lambda _: None
        )
        return stopped

    def resume(self, refs: Sequence[str]) -> None:
        """See `RunningCarrier`: the carrier itself remembers."""

    def standing(self) -> dict[str, object]:
        """See `RunningCarrier`."""
        troubles = dict.fromkeys(bind.client.trouble for bind in self._binds if bind.client.trouble)
        return {
            "binds": len(self._binds),
            "bound": sum(bind.client.is_up for bind in self._binds),
            "connected": any(bind.client.is_up for bind in self._senders),
            "paused": sum(bind.paused for bind in self._binds),
            "parts_sent": self.parts_sent,
            "parts_taken": self.parts_taken,
            "throttled": self.throttled,
            "unanswered": self.unanswered,
            "receipts": self._reader.receipts,
            "malformed_receipts": self._reader.malformed,
            "disagreeing_receipts": self._reader.disagreeing,
            "id_form": self._reader.id_form,
            "inbound": self._reader.inbound,
            "inbound_turned_away": self._reader.turned_away,
            **self._ussd.standing(),
            "trouble": "; ".join(troubles),
        }

    # On the way out

    def _pump(self, finished: list[Job]) -> None:
        """Bring what waits to the binds, write what windows and rate allow, and tell the outcomes."""
        allowed = self._bucket.available()
        now_ms = self._world.now_ms()
        if self._ussd.waiting:
            self._bucket.spend(self._ussd.flush(self._senders, allowed))
            allowed = self._bucket.available()
        if self._waiting:
            self._share_out()
        for bind in self._senders:
            if bind.backlog:
                count = bind.flush(allowed, now_ms, finished)
                self.parts_sent += count
                self._bucket.spend(count)
                allowed = None if allowed is None else allowed - count
        if allowed is not None and allowed <= 0 and (self._ussd.waiting or any(b.backlog for b in self._senders)):
            self._wait_for_the_rate()
        if self._waiting:
            self._keep_for_a_while()
        self._tell(finished)

    def _share_out(self) -> None:
        """Give each message that waits to the bind with the most room, as long as one has any."""
        free = {bind: bind.free for bind in self._senders}
        while self._waiting:
            bind = max(free, key=free.__getitem__)
            if free[bind] <= 0:
                break
            job = self._waiting.popleft()
            free[bind] -= len(job.todo)
            bind.take(job)

    def _tell(self, finished: list[Job]) -> None:
        for job in finished:
            if job.doubted and isinstance(job.setback, Later):
                self._doubted[job.message.id] = job.doubted
                if len(self._doubted) > REMEMBERED:
                    del self._doubted[next(iter(self._doubted))]
        if finished and self._listener is not None:
            self._listener.settled([(job.message, job.outcome()) for job in finished])

    def _tell_room(self) -> None:
        if self._listener is not None and not self._stopping:
            self._listener.room_changed()

    def _wait_for_the_rate(self) -> None:
        if self._rate_call is None:
            wait_s = max(_RATE_TICK_S, self._bucket.wait_s())
            self._rate_call = self._world.reactor.callLater(wait_s, self._rate_allows)

    def _rate_allows(self) -> None:
        self._rate_call = None
        self._pump([])
        self._tell_room()

    def _recall(self, parts: list[Part]) -> None:
        """Take parts back from a bind, in front of what waits, in order."""
        jobs: dict[int, Job] = {job.number: job for job in self._waiting}
        for job, part in parts:
            job.todo = sorted((*job.todo, part))
            jobs[job.number] = job
        self._waiting = deque(sorted(jobs.values(), key=lambda job: (job.message.lane, job.number)))

    def _keep_for_a_while(self) -> None:
        if self._keep_call is None and not any(bind.client.is_up for bind in self._senders):
            self._keep_call = self._world.reactor.callLater(self._keep_s, self._kept_long_enough)

    def _kept_long_enough(self) -> None:
        self._keep_call = None
        if not any(bind.client.is_up for bind in self._senders):
            self._give_back(_UNBOUND)

    def _give_back(self, why: Later) -> None:
        """Answer for all that waits; of a message whose other parts are under way, when they are answered."""
        finished: list[Job] = []
        while self._waiting:
            job = self._waiting.popleft()
            for _ in job.todo:
                job.not_taken(why)
            job.todo = []
            if job.open == 0:
                finished.append(job)
        self._tell(finished)

    # What the binds call

    def bind_up(self, bind: CarrierBind) -> None:
        """See `Owner`."""
        if bind.sends:
            self._pump([])
            self._tell_room()

    def bind_rested(self, bind: CarrierBind) -> None:
        """See `Owner`."""
        self._pump([])
        self._tell_room()

    def bind_down(self, bind: CarrierBind) -> None:
        """See `Owner`: what it had in hand goes to the other binds, or waits; from a carrier in trouble it goes back."""
        self._recall(list(bind.backlog))
        bind.backlog.clear()
        if self._stopping or (self._listener is not None and self._listener.in_trouble):
            self._recall(self._resting.take())
            self._give_back(_UNANSWERED)
        elif not any(other.ready for other in self._senders):
            self._recall(self._resting.take())
        self._pump([])

    def bind_answered(self, bind: CarrierBind, answers: list[tuple[Part, Pdu]]) -> None:
        """See `Owner`."""
        finished: list[Job] = []
        refused_for_now: list[Part] = []
        taken = 0
        for part, response in answers:
            job, number = part
            status = response.status
            if status == 0 and isinstance(response, SubmitSmResp):
                job.taken(number, response.message_id.strip())
                taken += 1
            elif self._judge.verdict(status) is Verdict.THROTTLE:
                refused_for_now.append(part)
                continue
            else:
                status = status or Status.ESME_RUNKNOWNERR  # a generic_nack without a status
                job.not_taken(self._judge.setback(status, job.message.attempt, self._world.random.random()))
            if job.open == 0:
                finished.append(job)
        if taken:
            self.parts_taken += taken
            bind.speed_up()
        if refused_for_now:
            self.throttled += len(refused_for_now)
            self._slow_down(bind, refused_for_now)
        self._pump(finished)
        if refused_for_now and self._listener is not None:
            self._listener.throttled()
        self._tell_room()

    def _slow_down(self, bind: CarrierBind, parts: list[Part]) -> None:
        if self._stopping:
            self._recall(parts)
            self._give_back(_STOPPING)
        else:
            bind.put_back(parts)
            bind.slow_down()

    def bind_unanswered(self, bind: CarrierBind, parts: list[Part]) -> None:
        """See `Owner`: the carrier may have taken them or not, and each is sent once again at most."""
        again: list[Part] = []
        finished: list[Job] = []
        for job, number in parts:
            if self._options.resend_unanswered and number not in job.doubted:
                job.doubted.add(number)
                again.append((job, number))
                continue
            job.taken_for_sent(number)
            if job.open == 0:
                finished.append(job)
        self.unanswered += len(parts)
        self.log.warn(
            "{name}: the connection was lost with {count} parts unanswered: "
            "{again} are to be sent again, {sent} are taken for sent",
            name=self.name,
            count=len(parts),
            again=len(again),
            sent=len(parts) - len(again),
        )
        self._resting.add(again)
        self._tell(finished)

    def _rested(self) -> None:
        self._recall(self._resting.take())
        self._pump([])

    def bind_received(self, link: Link, requests: list[Pdu]) -> None:
        """See `Owner`."""
        if self._listener is not None:
            self._reader.take(link, requests, self._listener)

    def bind_replied(self, answers: list[tuple[UssdOut, Pdu]]) -> None:
        """See `Owner`."""
        for out, response in answers:
            self._ussd.answered(out, response, self._judge.verdict(response.status) is Verdict.THROTTLE)

    def bind_unreplied(self, count: int) -> None:
        """See `Owner`."""
        self._ussd.lost(count)


_KINDS: Final[dict[BindMode, tuple[type[Bind], ...]]] = {
    BindMode.TRX: (BindTransceiver,),
    BindMode.TXRX: (BindTransmitter, BindReceiver),
}
