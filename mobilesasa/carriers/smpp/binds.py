"""One bind to a carrier: its window, what waits for the window, and its pauses.

All parts of a message go over one bind, in order. A bind that is told to slow down (ESME_RTHROTTLED, ESME_RMSGQFUL)
pauses, and sends first what was refused; the order is that of the messages, those of the bulk lane last. What is
transactional is tried again soon: a short pause stops everything, and a longer one the bulk lane alone.

A part without an answer stays on its link, in its place in the window: on a link that lives it is never sent again, and
its answer counts however late it comes. When `response_timeout_s` is over that is said; after `PATIENCE` times as
long the bind is made anew, and what is unanswered then goes the way of every lost connection.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from itertools import chain
from typing import Any, Final, Protocol

from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.logger import Logger

from mobilesasa.carriers.smpp.jobs import EXPIRED, Job, Part, order
from mobilesasa.carriers.smpp.ussd import UssdOut
from mobilesasa.core.model import Failure, Lane, Never
from mobilesasa.smpp.errors import Unencodable
from mobilesasa.smpp.pdus import Pdu
from mobilesasa.smppnet.client import Client
from mobilesasa.smppnet.protocol import Link

#: How many times `response_timeout_s` a part may be unanswered until its link is ended.
PATIENCE: Final = 5
PAUSE_FIRST_S: Final = 1.0
PAUSE_LIMIT_S: Final = 30.0
TRY_FIRST_S: Final = 0.1  # the pause of what is transactional
TRY_LIMIT_S: Final = 3.0
_LOOK_S: Final = 0.05  # the shortest wait for what is overdue


class Owner(Protocol):
    """The carrier, as its binds need it."""

    def bind_up(self, bind: CarrierBind) -> None:
        """A bind can be used."""

    def bind_down(self, bind: CarrierBind) -> None:
        """A bind is gone, with a backlog perhaps."""

    def bind_rested(self, bind: CarrierBind) -> None:
        """A pause is over, for the bulk lane or for the other."""

    def bind_answered(self, bind: CarrierBind, answers: list[tuple[Part, Pdu]]) -> None:
        """The carrier answered parts, in one turn."""

    def bind_unanswered(self, bind: CarrierBind, parts: list[Part]) -> None:
        """The connection is lost, and nobody knows what became of these parts; `bind_down` follows."""

    def bind_received(self, link: Link, requests: list[Pdu]) -> None:
        """The carrier sent something, in one turn."""

    def bind_replied(self, answers: list[tuple[UssdOut, Pdu]]) -> None:
        """The carrier answered replies of USSD, in one turn."""

    def bind_unreplied(self, count: int) -> None:
        """The connection is lost, and so many replies of USSD are without an answer."""


class CarrierBind:
    """A transceiver, transmitter or receiver; it is the user of its client.

    Attributes:
        sends: Whether it may submit.
        backlog: Parts that this bind has in hand and has not written, in order.
        client: Set by whoever makes both.
    """

    log = Logger()
    client: Client

    def __init__(self, sends: bool, window: int, response_timeout_s: float, owner: Owner, clock: IReactorTime) -> None:
        """Start unbound."""
        self.sends = sends
        self.backlog: deque[Part] = deque()
        self._window = window
        self._response_timeout_s = response_timeout_s
        self._owner = owner
        self._clock = clock
        self._link: Link | None = None
        self._pause: IDelayedCall | None = None  # of the bulk lane
        self._pause_s = PAUSE_FIRST_S
        self._try: IDelayedCall | None = None  # until then nothing goes
        self._try_s = TRY_FIRST_S
        self._look: IDelayedCall | None = None
        self._said_overdue = False
        self._replies = 0  # of USSD, that are not answered

    @property
    def link(self) -> Link | None:
        """Its connection, while there is one."""
        return self._link

    @property
    def is_bound(self) -> bool:
        """Whether the bind stands."""
        return self._link is not None and self._link.is_bound

    @property
    def ready(self) -> bool:
        """Whether something can be written now, at least of what is transactional."""
        return self.sends and self._try is None and self.is_bound

    @property
    def free(self) -> int:
        """How many more parts fit the window, the backlog taken into account."""
        if not self.ready or self._link is None:
            return 0
        return max(0, self._window - self._link.outstanding - len(self.backlog))

    @property
    def paused(self) -> bool:
        """Whether the carrier asked us to slow down."""
        return self._pause is not None

    def take(self, job: Job) -> None:
        """Put all that is left of a message into the backlog, in its place."""
        parts = [(job, part) for part in job.todo]
        job.todo = []
        if self.backlog and order(parts[0]) < order(self.backlog[-1]):
            self.put_back(parts)
        else:
            self.backlog.extend(parts)

    def put_back(self, parts: Iterable[Part]) -> None:
        """Put parts that the carrier did not take into the backlog, each in its place."""
        self.backlog = deque(sorted(chain(parts, self.backlog), key=order))

    def flush(self, allowed: int | None, now_ms: int, finished: list[Job]) -> int:
        """Write what the window and the rate allow, in one write; return how many parts that is.

        Parts that need not be sent any more are dropped; messages that are complete by it are added to `finished`.
        """
        link = self._link
        if not self.backlog or not self.ready or link is None:
            return 0
        room = self._window - link.outstanding
        room = room if allowed is None else min(room, allowed)
        parts: list[Part] = []
        while self.backlog and len(parts) < room:
            if self._pause is not None and self.backlog[0][0].message.lane is Lane.BULK:
                break
            job, number = self.backlog.popleft()
            if job.is_over or job.message.expires_at_ms <= now_ms:
                _drop(job, number, job.setback if isinstance(job.setback, Never) else EXPIRED, finished)
            else:
                parts.append((job, number))
        if parts:
            self._write(link, parts, finished)
        return len(parts)

    def reply(self, out: UssdOut) -> bool:
        """Write a reply of USSD, before all that is in the backlog; False when the window is full or the bind cannot send."""
        link = self._link
        if link is None or not self.ready or link.outstanding >= self._window:
            return False
        try:
            link.request([out.pdu], [out])
        except Unencodable as bad:  # an address that the carrier itself gave
            self.log.warn("{name}: a USSD reply cannot be written: {bad}", name=self.client.name, bad=bad)
            return True
        self._replies += 1
        return True

    def _write(self, link: Link, parts: list[Part], finished: list[Job]) -> None:
        try:
            link.request([job.pdus[number] for job, number in parts], parts)
        except Unencodable as bad:
            if len(parts) == 1:  # this is the one
                _drop(*parts[0], Never(Failure.REFUSED, f"the message cannot be written: {bad}"), finished)
                return
            for part in parts:
                self._write(link, [part], finished)

    def slow_down(self) -> None:
        """Pause, longer each time until the carrier takes something again."""
        if self._link is None:
            return
        if self._pause is None:
            self.log.info("{name}: asked to slow down: {pause_s:g} s", name=self.client.name, pause_s=self._pause_s)
            self._pause = self._clock.callLater(self._pause_s, self._rested)
            self._pause_s = min(2 * self._pause_s, PAUSE_LIMIT_S)
        if self._try is None:
            self._try = self._clock.callLater(self._try_s, self._tries)
            self._try_s = min(2 * self._try_s, TRY_LIMIT_S)

    def speed_up(self) -> None:
        """Note that the carrier takes parts: the next pauses are short ones."""
        if self._pause is None:
            self._pause_s = PAUSE_FIRST_S
        if self._try is None:
            self._try_s = TRY_FIRST_S

    def _rested(self) -> None:
        self._pause = None
        self._owner.bind_rested(self)

    def _tries(self) -> None:
        self._try = None
        self._owner.bind_rested(self)

    def _look_later(self, wait_s: float) -> None:
        self._look = self._clock.callLater(wait_s, self._look_for_the_overdue)

    def _look_for_the_overdue(self) -> None:
        """See how long the oldest part has waited, and look again when it could be overdue, or too much so."""
        self._look = None
        link, timeout_s = self._link, self._response_timeout_s
        if link is None or not link.is_bound:
            return
        waited_s, limit_s = link.waited_s, PATIENCE * timeout_s
        if waited_s >= limit_s:
            link.unbind(f"a part was unanswered for {limit_s:g} s")
        elif waited_s >= timeout_s:
            if not self._said_overdue:
                self._said_overdue = True
                self.log.warn(
                    "{name}: {count} parts are unanswered, the oldest for {timeout_s:g} s; waiting on",
                    name=self.client.name,
                    count=link.outstanding,
                    timeout_s=timeout_s,
                )
            self._look_later(max(_LOOK_S, min(timeout_s, limit_s - waited_s)))
        else:
            self._said_overdue = False
            self._look_later(max(_LOOK_S, timeout_s - waited_s))

    # What the client calls

    def up(self, link: Link) -> None:
        """See `ClientUser`."""
        self._link = link
        self._said_overdue = False
        if self.sends:
            self._look_later(self._response_timeout_s)
        self._owner.bind_up(self)

    def down(self, link: Link, reason: str) -> None:
        """See `ClientUser`."""
        self._link = None
        self._pause_s, self._try_s = PAUSE_FIRST_S, TRY_FIRST_S
        for call in (self._pause, self._try, self._look):
            if call is not None:
                call.cancel()
        self._pause = self._try = self._look = None
        self._owner.bind_down(self)

    def received(self, link: Link, requests: list[Pdu]) -> None:
        """See `ClientUser`."""
        self._owner.bind_received(link, requests)

    def answered(self, link: Link, answers: list[tuple[Any, Pdu]]) -> None:
        """See `ClientUser`."""
        if self._replies:
            replied = [each for each in answers if isinstance(each[0], UssdOut)]
            self._replies -= len(replied)
            self._owner.bind_replied(replied)
            answers = [each for each in answers if not isinstance(each[0], UssdOut)]
        self._owner.bind_answered(self, answers)

    def unanswered(self, link: Link, contexts: list[Any]) -> None:
        """See `ClientUser`."""
        if self._replies:
            self._owner.bind_unreplied(self._replies)
            self._replies = 0
            contexts = [each for each in contexts if not isinstance(each, UssdOut)]
        if contexts:
            self._owner.bind_unanswered(self, contexts)


def _drop(job: Job, part: int, setback: Never, finished: list[Job]) -> None:
    job.drop(part, setback)
    if job.open == 0:
        finished.append(job)
