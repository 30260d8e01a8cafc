"""The submits of one session: each socket turn becomes one batch for the gateway and one write of answers.

How to think about it: a turn is a list of requests with a place for the answer to each. What can be answered at once
(refused, throttled) is put in its place; the rest goes to the gateway as one batch, and several turns may be under
way. Answers leave in the order in which the requests came, so a turn waits for those before it. Nothing is made for a
single message: no Deferred, no delayed call.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from typing import Protocol

import attrs
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger
from twisted.python.failure import Failure

from mobilesasa.core.errors import Overloaded, Refused
from mobilesasa.core.ids import smpp_id
from mobilesasa.core.model import Submission
from mobilesasa.core.ports import Verdict
from mobilesasa.smpp.pdus import GenericNack, Pdu, SubmitSm, SubmitSmResp
from mobilesasa.smpp.statuses import Status
from mobilesasa.smpp.tlvs import NO_TLVS
from mobilesasa.smppnet.protocol import Link
from mobilesasa.smsc.limits import Bucket, Limits
from mobilesasa.smsc.statuses import BadSubmit, refused
from mobilesasa.smsc.submit import parts_to_pay, read_submit


class Accepting(Protocol):
    """The one door, `core.gateway.Gateway`, as sessions need it."""

    async def accept(self, batch: Sequence[Submission]) -> list[Verdict]:
        """Answer for each submission in its place, after the commit."""


@attrs.define
class Counts:
    """What the sessions of a node have seen, for whoever shows it."""

    submits: int = 0
    accepted: int = 0
    refused: int = 0
    throttled: int = 0
    failed: int = 0  # answered ESME_RSYSERR
    binds: int = 0
    binds_refused: int = 0


@attrs.define(eq=False)
class _Turn:
    requests: list[Pdu]
    answers: list[Pdu | None]
    places: list[int] = attrs.field(factory=list)  # of those that went to the gateway
    done: bool = False


class Turns:
    """The submits of one bound session.

    Args:
        gateway: takes the messages.
        link: where the answers go.
        team_id: whose messages they are.
        takes_tlvs: whether the peer speaks SMPP 3.4.
        bucket: the session's rate.
        limits: window and parts.
        clock: for the rate.
        now_ms: for times in PDUs, milliseconds since the epoch.
        counts: what is counted of it.
        idle: called when the last turn under way has been answered.
    """

    log = Logger()

    def __init__(
        self,
        gateway: Accepting,
        link: Link,
        team_id: int,
        takes_tlvs: bool,
        bucket: Bucket,
        limits: Limits,
        clock: IReactorTime,
        now_ms: Callable[[], int],
        counts: Counts,
        idle: Callable[[], None],
    ) -> None:
        """Start with nothing under way."""
        self._gateway = gateway
        self._link = link
        self._team_id = team_id
        self._takes_tlvs = takes_tlvs
        self._bucket = bucket
        self._limits = limits
        self._clock = clock
        self._now_ms = now_ms
        self._counts = counts
        self._idle = idle
        self._under_way: deque[_Turn] = deque()
        self._failing = False
        self.paused = False

    def __len__(self) -> int:
        return len(self._under_way)

    def take(self, requests: list[Pdu]) -> None:
        """Take the requests of one socket turn; each is answered, now or after the commit."""
        turn = _Turn(requests, [None] * len(requests))
        asked = self._read(turn)
        self._under_way.append(turn)
        if asked:
            deferred = Deferred.fromCoroutine(self._gateway.accept(asked))
            deferred.addCallbacks(self._accepted, self._failed, callbackArgs=(turn,), errbackArgs=(turn,))
            deferred.addErrback(
                lambda failure: self.log.failure("answering team {team_id}", failure, team_id=self._team_id)
            )
        else:
            turn.done = True
            self._flush()
        if not self.paused and self._link.session.unanswered >= self._limits.window:
            self.paused = True
            self._link.pause_reading()

    def _read(self, turn: _Turn) -> list[Submission]:
        """Answer what can be answered at once, and return the rest."""
        now_ms, team_id, bucket, answers = self._now_ms(), self._team_id, self._bucket, turn.answers
        asked: list[Submission] = []
        bucket.refill(self._clock.seconds())
        for place, request in enumerate(turn.requests):
            if type(request) is not SubmitSm:
                answers[place] = GenericNack(sequence=request.sequence, status=Status.ESME_RINVCMDID)
                continue
            cost = 1 if request.tlvs is NO_TLVS else parts_to_pay(request, self._limits.max_parts)
            if not bucket.take(cost):
                self._counts.throttled += 1
                answers[place] = SubmitSmResp(sequence=request.sequence, status=Status.ESME_RTHROTTLED)
                continue
            try:
                asked.append(read_submit(request, team_id, now_ms))
            except BadSubmit as bad:
                self._counts.refused += 1
                answers[place] = refused(request.sequence, bad, self._takes_tlvs)
            except Exception:  # noqa: BLE001 - an edge: whatever a PDU may be, its line stays up
                self._counts.failed += 1
                self.log.failure("a submit_sm of team {team_id} could not be read", team_id=team_id)
                answers[place] = SubmitSmResp(sequence=request.sequence, status=Status.ESME_RSYSERR)
            else:
                turn.places.append(place)
        self._counts.submits += len(turn.requests)
        return asked

    def _accepted(self, verdicts: list[Verdict], turn: _Turn) -> None:
        counts, answers, requests = self._counts, turn.answers, turn.requests
        for place, verdict in zip(turn.places, verdicts, strict=True):
            sequence = requests[place].sequence
            if isinstance(verdict, Refused):
                counts.refused += 1
                answers[place] = refused(sequence, verdict, self._takes_tlvs)
            else:
                counts.accepted += 1
                answers[place] = SubmitSmResp(sequence=sequence, message_id=smpp_id(verdict.id))
        self._failing = False
        turn.done = True
        self._flush()

    def _failed(self, failure: Failure, turn: _Turn) -> None:
        """Answer a batch of which nothing was kept; an edge: whatever it was, the peer gets its answers."""
        if failure.check(Overloaded) is not None:
            status = Status.ESME_RMSGQFUL
            self._counts.refused += len(turn.places)
        else:
            status = Status.ESME_RSYSERR
            self._counts.failed += len(turn.places)
            if not self._failing:  # once, and not for every batch while a database is away
                self.log.failure("a batch of team {team_id} was not accepted", failure, team_id=self._team_id)
            self._failing = True
        for place in turn.places:
            turn.answers[place] = SubmitSmResp(sequence=turn.requests[place].sequence, status=status)
        turn.done = True
        self._flush()

    def _flush(self) -> None:
        """Write the answers of all turns at the head that are complete."""
        under_way = self._under_way
        ready: list[Pdu] = []
        while under_way and under_way[0].done:
            ready += [answer for answer in under_way.popleft().answers if answer is not None]
        if ready:
            self._link.send(ready)
        if self.paused and self._link.session.unanswered < self._limits.window / 2:
            self.paused = False
            self._link.resume_reading()
        if not under_way:
            self._idle()
