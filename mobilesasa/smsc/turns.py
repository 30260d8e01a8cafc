"""The requests of one session: each socket turn becomes one batch for the gateway and one write of answers.

How to think about it: a turn is a list of requests with a place for the answer to each. What can be answered at once
(refused, throttled) is put in its place. The rest gives submissions, one for each destination, which go to the gateway
as one batch; and what is altered (query_sm, cancel_sm, replace_sm) goes to the store as one batch when all before it is
answered. Several turns may be under way, but for those *alone* (`pieces`), which wait for the turns before them and hold
those behind them. Answers leave in the order in which the requests came, so a turn waits for those before it. Nothing is
made for a single message: no Deferred, no delayed call.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import attrs
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger
from twisted.python.failure import Failure

from mobilesasa.core.alterations import Alteration, Altered
from mobilesasa.core.errors import Overloaded, Refused, StoreAway
from mobilesasa.core.ids import smpp_id
from mobilesasa.core.model import MessageId, Submission
from mobilesasa.core.ports import Verdict
from mobilesasa.core.terms import SmppTerms
from mobilesasa.smpp.pdus import (
    DataSm,
    DataSmResp,
    GenericNack,
    Pdu,
    SubmitMulti,
    SubmitSm,
    SubmitSmResp,
    answer,
    response_class,
)
from mobilesasa.smpp.statuses import Status
from mobilesasa.smpp.tlvs import NO_TLVS
from mobilesasa.smppnet.protocol import Link
from mobilesasa.smsc.binds import Unanswered
from mobilesasa.smsc.figures import Counts
from mobilesasa.smsc.limits import Bucket, Limits
from mobilesasa.smsc.operations import OPERATIONS, Accepting, Operations, answer_operation, read_operation
from mobilesasa.smsc.other_submits import answer_multi, multi_to_pay, read_data, read_multi
from mobilesasa.smsc.pieces import Piece, cut
from mobilesasa.smsc.statuses import BadSubmit, refused
from mobilesasa.smsc.submit import UssdSubmit, parts_to_pay, read_submit
from mobilesasa.smsc.ussd_sessions import UssdSessions

#: Requests that are one message: how each is read, and what answers it.
READERS: Final[Mapping[type[Pdu], Callable[[Any, int, int, SmppTerms], Submission]]] = {
    SubmitSm: read_submit,
    DataSm: read_data,
}
_RESPONSES: Final[Mapping[type[Pdu], type[SubmitSmResp] | type[DataSmResp]]] = {
    SubmitSm: SubmitSmResp,
    DataSm: DataSmResp,
}


@attrs.define(eq=False)
class _Turn:
    requests: list[Any]
    answers: list[Pdu | None]
    alone: bool = False
    places: list[int] = attrs.field(factory=list)  # of the requests whose submissions went to the gateway
    alterations: list[Alteration] = attrs.field(factory=list)
    altering: list[int] = attrs.field(factory=list)  # the places of those requests
    operations: int = 0  # the requests that submit nothing
    at_head: Deferred[None] | None = None  # fires when all before it is answered
    done: bool = False
    stored: list[MessageId] = attrs.field(factory=list)  # by the gateway, while their answers wait


class Turns:
    """The requests of one bound session.

    Args:
        gateway: takes the messages.
        operations: what is done with messages that were handed in before; None: nothing is.
        link: where the answers go.
        team_id: whose messages they are.
        takes_tlvs: whether the peer speaks SMPP 3.4.
        bucket: the session's rate.
        terms: the session's; what acts on them reads them each time, for they may change.
        limits: the most parts of a message.
        clock: for the rate.
        now_ms: for times in PDUs, milliseconds since the epoch.
        counts: what is counted of it.
        unanswered: told of messages that are stored before their submits can be answered (decision 114).
        idle: called when the last turn under way has been answered.
        ussd: the sessions of USSD that the team answers; None: there are none.
    """

    log = Logger()

    def __init__(
        self,
        gateway: Accepting,
        operations: Operations | None,
        link: Link,
        team_id: int,
        takes_tlvs: bool,
        bucket: Bucket,
        terms: SmppTerms,
        limits: Limits,
        clock: IReactorTime,
        now_ms: Callable[[], int],
        counts: Counts,
        unanswered: Unanswered,
        idle: Callable[[], None],
        ussd: UssdSessions | None = None,
    ) -> None:
        """Start with nothing under way."""
        self._gateway = gateway
        self._operations = operations
        self._link = link
        self._team_id = team_id
        self._takes_tlvs = takes_tlvs
        self._bucket = bucket
        self._operations_bucket = Bucket(terms.session_tps, clock.seconds())
        self.terms = terms
        self._limits = limits
        self._clock = clock
        self._now_ms = now_ms
        self._counts = counts
        self._unanswered = unanswered
        self._idle = idle
        self._ussd = ussd
        self._under_way: deque[_Turn] = deque()
        self._held: deque[_Turn] = deque()  # of those, what has not begun
        self._one_is_alone = False
        self._failing = False
        self.paused = False

    def __len__(self) -> int:
        return len(self._under_way)

    def take(self, requests: list[Pdu]) -> None:
        """Take the requests of one socket turn; each is answered, now or after the commit."""
        for piece in cut(requests) if self._operations is not None else (Piece(requests),):
            turn = _Turn(piece.requests, [None] * len(piece.requests), piece.alone)
            self._under_way.append(turn)
            if self._held or not self._may_begin(turn):
                self._held.append(turn)
            else:
                self._begin(turn)
        if not self.paused and self._link.session.unanswered >= self.terms.window:
            self.paused = True
            self._link.pause_reading()

    def _may_begin(self, turn: _Turn) -> bool:
        return not self._one_is_alone and (not turn.alone or self._under_way[0] is turn)

    def _begin(self, turn: _Turn) -> None:
        self._one_is_alone = turn.alone
        asked = self._read(turn)
        if self._operations is not None and (turn.alterations or (turn.alone and asked)):
            work = Deferred.fromCoroutine(self._carry_out(self._operations, turn, asked))
        elif asked:
            work = self._submit(turn, Deferred.fromCoroutine(self._gateway.accept(asked)))
            work.addCallback(self._end, turn)
        else:
            self._end(None, turn)
            return
        work.addErrback(self._broken, turn)

    def _end(self, _: Any, turn: _Turn) -> None:
        turn.done = True
        if turn.alone:
            self._one_is_alone = False
        self._flush()

    async def _carry_out(self, operations: Operations, turn: _Turn, asked: list[Submission]) -> None:
        """Do all that a turn asks beside plain submits; what is altered waits for all that was asked before."""
        if asked and not turn.alone:
            await self._submit(turn, Deferred.fromCoroutine(self._gateway.accept(asked)))
        if self._under_way[0] is not turn:
            turn.at_head = Deferred()
            await turn.at_head
        done = await self._alter(operations, turn) if turn.alterations else ()
        if asked and turn.alone:
            replacing = operations.replace_or_accept(self._gateway, self._team_id, asked)
            await self._submit(turn, Deferred.fromCoroutine(replacing))
        self._end(None, turn)
        operations.tell(done)

    # What is submitted

    def _read(self, turn: _Turn) -> list[Submission]:
        """Answer what can be answered at once, and return the rest."""
        now_ms, team_id, terms, bucket = self._now_ms(), self._team_id, self.terms, self._bucket
        asked: list[Submission] = []
        bucket.refill(self._clock.seconds())
        for place, request in enumerate(turn.requests):
            read = READERS.get(type(request))
            try:
                if read is None:
                    self._read_other(turn, place, request, asked)
                    continue
                cost = 1 if request.tlvs is NO_TLVS else parts_to_pay(request, self._limits.max_parts)
                if not bucket.take(cost):
                    self._throttle(turn, place)
                    continue
                asked.append(read(request, team_id, now_ms, terms))
            except UssdSubmit as ussd:
                turn.operations += 1  # it is no message
                turn.answers[place] = self._replied(request, ussd)
            except (BadSubmit, Refused) as bad:
                self._counts.refuse(self._clock.seconds(), bad)
                turn.answers[place] = self._refused(request, bad)
            except Exception:  # noqa: BLE001 - an edge: whatever a PDU may be, its line stays up
                self._counts.failed += 1
                self.log.failure("a request of team {team_id} could not be read", team_id=team_id)
                turn.answers[place] = answer(request, Status.ESME_RSYSERR)
            else:
                turn.places.append(place)
        self._counts.submits += len(turn.requests) - turn.operations
        return asked

    def _read_other(self, turn: _Turn, place: int, request: Pdu, asked: list[Submission]) -> None:
        """Read what is not one message: several, or something to be done with those that were handed in before."""
        if isinstance(request, SubmitMulti):
            if not self._bucket.take(multi_to_pay(request, self._limits.max_parts)):
                self._throttle(turn, place)
                return
            several = read_multi(request, self._team_id, self._now_ms(), self.terms)
            asked += several
            turn.places += [place] * len(several)
            if not several:
                turn.answers[place] = answer_multi(request, (), self._takes_tlvs)
        elif self._operations is not None and type(request) in OPERATIONS:
            self._read_operation(self._operations, turn, place, request)
        else:
            self._link.patience.waste(1)
            turn.answers[place] = GenericNack(sequence=request.sequence, status=Status.ESME_RINVCMDID)

    def _replied(self, request: Pdu, ussd: UssdSubmit) -> Pdu:
        """Answer what is a reply in a USSD session."""
        response, bad = _RESPONSES.get(type(request)), BadSubmit(ussd.status, ussd.info)
        if self._ussd is not None and response is not None:
            try:
                return response(sequence=request.sequence, message_id=self._ussd.replied(self._team_id, ussd.reply))
            except BadSubmit as wrong:
                bad = wrong
        self._counts.refuse(self._clock.seconds(), bad)
        return self._refused(request, bad)

    def _submit(self, turn: _Turn, verdicts: Deferred[list[Verdict]]) -> Deferred[None]:
        return verdicts.addCallbacks(self._accepted, self._failed, callbackArgs=(turn,), errbackArgs=(turn,))

    def _accepted(self, verdicts: list[Verdict], turn: _Turn) -> None:
        counts, answers, requests = self._counts, turn.answers, turn.requests
        several: dict[int, list[Verdict]] = {}
        for place, verdict in zip(turn.places, verdicts, strict=True):
            request = requests[place]
            response = _RESPONSES.get(type(request))
            if response is None:
                several.setdefault(place, []).append(verdict)
            elif isinstance(verdict, Refused):
                counts.refuse(self._clock.seconds(), verdict)
                answers[place] = self._refused(request, verdict)
            else:
                counts.accepted += 1
                answers[place] = response(sequence=request.sequence, message_id=smpp_id(verdict.id))
        for place, of_place in several.items():
            self._count_several(of_place)
            answers[place] = answer_multi(requests[place], of_place, self._takes_tlvs)
        self._failing = False
        if self._under_way[0] is not turn or turn.alterations:
            turn.stored = [verdict.id for verdict in verdicts if not isinstance(verdict, Refused)]
            self._unanswered.hold(turn.stored)

    def _count_several(self, verdicts: Sequence[Verdict]) -> None:
        for verdict in verdicts:
            if isinstance(verdict, Refused):
                self._counts.refuse(self._clock.seconds(), verdict)
            else:
                self._counts.accepted += 1

    def _failed(self, failure: Failure, turn: _Turn) -> None:
        """Answer a batch of which nothing was kept; an edge: whatever it was, the peer gets its answers."""
        if failure.check(Overloaded) is not None:
            status = Status.ESME_RMSGQFUL
            self._counts.refused += len(turn.places)
        else:
            status = Status.ESME_RSYSERR
            self._counts.failed += len(turn.places)
            self._log_failing(failure)
        self._counts.last = (self._clock.seconds(), status)
        for place in turn.places:
            turn.answers[place] = answer(turn.requests[place], status)

    # What is altered

    def _read_operation(self, operations: Operations, turn: _Turn, place: int, request: Pdu) -> None:
        """Read a query_sm, cancel_sm or replace_sm; a session may send as many in a second as submits, beside them."""
        turn.operations += 1
        bucket = self._operations_bucket
        bucket.set_rate(self.terms.session_tps)
        bucket.refill(self._clock.seconds())
        asker = operations.asker(self._team_id, self._now_ms(), self.terms)
        if not bucket.take():
            self._link.patience.waste(1)
            turn.answers[place] = answer(request, Status.ESME_RTHROTTLED)
            return
        try:
            turn.alterations.append(read_operation(request, asker))
        except (BadSubmit, Refused) as bad:
            turn.answers[place] = self._refused(request, bad)
        else:
            turn.altering.append(place)

    def _alter(self, operations: Operations, turn: _Turn) -> Deferred[Sequence[Altered]]:
        done = Deferred.fromCoroutine(operations.carry_out(self._team_id, turn.alterations))
        return done.addCallbacks(self._altered, self._not_altered, callbackArgs=(turn,), errbackArgs=(turn,))

    def _altered(self, done: Sequence[Altered], turn: _Turn) -> Sequence[Altered]:
        for place, altered in zip(turn.altering, done, strict=True):
            turn.answers[place] = answer_operation(turn.requests[place], altered, self._takes_tlvs)
        self._failing = False
        return done

    def _not_altered(self, failure: Failure, turn: _Turn) -> Sequence[Altered]:
        """Answer operations that may not have been carried out; an edge, as `_failed`."""
        self._log_failing(failure)
        for place in turn.altering:
            turn.answers[place] = answer(turn.requests[place], Status.ESME_RSYSERR)
        return ()

    # The answers

    def _refused(self, request: Pdu, refusal: BadSubmit | Refused) -> Pdu:
        return refused(request.sequence, refusal, self._takes_tlvs, response_class(request.command_id))

    def _broken(self, failure: Failure, turn: _Turn) -> None:
        """End a turn in which a defect of ours came up, so that those behind it go on; an edge."""
        self.log.failure("answering team {team_id}", failure, team_id=self._team_id)
        if not turn.done:
            self._counts.failed += turn.answers.count(None)
            turn.answers = [
                answer(request, Status.ESME_RSYSERR) if given is None else given
                for request, given in zip(turn.requests, turn.answers, strict=True)
            ]
            self._end(None, turn)

    def _throttle(self, turn: _Turn, place: int) -> None:
        self._link.patience.waste(1)
        self._counts.throttle(self._clock.seconds())
        turn.answers[place] = answer(turn.requests[place], Status.ESME_RTHROTTLED)

    def _log_failing(self, failure: Failure) -> None:
        if self._failing:  # once, and not for every batch while a database is away
            return
        if failure.check(StoreAway):
            self.log.warn(
                "a batch of team {team_id} was not accepted: {error}", team_id=self._team_id, error=failure.value
            )
        else:
            self.log.failure("a batch of team {team_id} was not accepted", failure, team_id=self._team_id)
        self._failing = True

    def _flush(self) -> None:
        """Write the answers of all turns at the head that are complete, and begin what waited for that."""
        under_way = self._under_way
        ready: list[Pdu] = []
        stored: list[MessageId] = []
        while under_way and under_way[0].done:
            turn = under_way.popleft()
            ready += [answer for answer in turn.answers if answer is not None]
            stored += turn.stored
        if ready:
            self._link.send(ready)
        if stored:
            self._unanswered.let_go(self._team_id, stored)
        if self.paused and self._link.session.unanswered < self.terms.window / 2:
            self.paused = False
            self._link.resume_reading()
        if not under_way:
            self._idle()
            return
        waiting, under_way[0].at_head = under_way[0].at_head, None
        if waiting is not None:
            waiting.callback(None)
        while self._held and self._may_begin(self._held[0]):
            self._begin(self._held.popleft())
