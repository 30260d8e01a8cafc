"""An HTTP carrier: a request a message (or a part), answers into outcomes.

How to think about it: `room` is the window and the rate, so what is handed over is asked at once. The answers of one turn
of the reactor are told together. A message is settled when the last of its requests is answered.

    submit ──▶ requests on the wire ──answer──▶ Sent | Later | Never
                        └──no answer, or one that says nothing──▶ Later, uncertain

A carrier that asks for patience (429 and the like) is left alone for as long as it says.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import attrs
from twisted.internet.defer import CancelledError, Deferred, DeferredList
from twisted.internet.interfaces import IDelayedCall
from twisted.internet.task import deferLater
from twisted.logger import Logger

from mobilesasa.carriers.bucket import Bucket
from mobilesasa.carriers.http.account import HttpAccount
from mobilesasa.carriers.http.answers import AnswerReader, Meaning, Verdict
from mobilesasa.carriers.http.requests import Asked, CannotCarry, RequestWriter
from mobilesasa.carriers.http.tokens import TAKES_NOTHING, Asker, AuthorizedWire
from mobilesasa.carriers.http.wire import NotAsked, Unanswered
from mobilesasa.carriers.port import World
from mobilesasa.core.model import Failure, Lane, Later, Never, Outbound, Outcome, Sent
from mobilesasa.core.ports import CarrierListener
from mobilesasa.core.teams import CarrierRecord

#: The wait before the second attempt; it doubles with each further one, up to `LATER_MOST_S`.
LATER_FIRST_S: Final = 1.0
LATER_MOST_S: Final = 300.0
#: What is wrong with the account is said as an error once in so many seconds.
ALARM_EVERY_S: Final = 60.0
UNCERTAIN: Final = "uncertain"
TOO_MANY: Final = 429  # RFC 6585 §4
#: What is transactional is asked for again after these waits where it was too many.
TRIES_S: Final = (0.1, 0.2, 0.4)
_RATE_TICK_S: Final = 0.02  # the shortest wait for the rate
_ACCOUNT: Final = frozenset({"http_401", "http_402", "http_403"})


@attrs.define(eq=False)
class _Job:
    """A message in hand."""

    message: Outbound
    left: int  # requests without an answer
    refs: list[str | None]
    is_whole: bool
    setback: Later | Never | None = None
    uncertain: bool = False  # a part without an answer is taken for sent

    def set_back(self, setback: Later | Never) -> None:
        """Note what went wrong; what is final weighs more, and doubt more than none."""
        held = self.setback
        weight = (isinstance(setback, Never), isinstance(setback, Later) and setback.uncertain)
        if held is None or weight > (isinstance(held, Never), isinstance(held, Later) and held.uncertain):
            self.setback = setback

    def outcome(self) -> Outcome:
        """Return what became of the message, once nothing is left."""
        refs = () if self.is_whole and not any(self.refs) else tuple(self.refs)
        if isinstance(self.setback, Later):
            return attrs.evolve(
                self.setback,
                refs=() if self.is_whole else refs,
                uncertain=self.setback.uncertain or self.uncertain,
            )
        if self.setback is not None:
            return attrs.evolve(self.setback, refs=() if self.is_whole else refs)
        return Sent(tuple(self.refs) if self.uncertain else refs, self.uncertain)


class HttpCarrier:
    """The port `Carrier` over HTTP.

    Attributes:
        parts_sent, parts_taken, throttled, unanswered: How many parts were asked for, accepted, put off, and left in doubt.
    """

    log = Logger()
    resumes = False

    def __init__(
        self, record: CarrierRecord, account: HttpAccount, world: World, wire: Asker, holds: bool = False
    ) -> None:
        """Ask nothing before `start`. With `holds`, what stays without an answer is taken for sent, not asked again."""
        self.name = record.name
        self.parts_sent = self.parts_taken = self.throttled = self.unanswered = 0
        self._window = account.options.window
        self._world = world
        asked = account.token_asked()
        self._wire = wire if asked is None else AuthorizedWire(wire, asked, world.reactor)
        self._writer = RequestWriter(account.spec, account.fields_for(record.name), world.now_ms)
        self._answers = AnswerReader(account.spec.answer)
        self._bucket = Bucket(account.options.tps, world.reactor.seconds)
        self._under_way = 0  # parts without an outcome
        self._exchanges: dict[Deferred[None], None] = {}  # in the order in which they were begun
        self._outcomes: list[tuple[Outbound, Outcome]] = []
        self._outcome_call: IDelayedCall | None = None
        self._room_call: IDelayedCall | None = None
        self._patient_until_s = 0.0
        self._alarmed_at_s = -ALARM_EVERY_S
        self._trouble = ""
        self._listener: CarrierListener | None = None
        self._stopping = False
        self._holds = holds

    # The port

    @property
    def window(self) -> int:
        """See `Carrier`."""
        return self._window

    def room(self) -> int:
        """See `Carrier`."""
        if self._listener is None or self._stopping:
            return 0
        free = self._window - self._under_way
        if free <= 0:
            return 0
        patience_s = self._patient_until_s - self._world.reactor.seconds()
        if patience_s > 0:
            self._come_back(patience_s)
            return 0
        allowed = self._bucket.available()
        if allowed is not None and allowed < free:
            self._come_back(max(_RATE_TICK_S, self._bucket.wait_s()))
            return max(0, allowed)
        return free

    def submit(self, batch: Sequence[Outbound]) -> None:
        """See `Carrier`."""
        for message in batch:
            self._under_way += message.parts
            try:
                asked = self._writer.requests(message)
            except CannotCarry as lacking:
                self._finish(message, Never(Failure.REFUSED, str(lacking), "cannot_carry", elsewhere=True))
                continue
            except ValueError as bad:  # of the alphabet or the parts: the gateway would have refused it
                self._finish(message, Never(Failure.REFUSED, str(bad)))
                continue
            is_whole = any(each.part is None for each in asked)
            job = _Job(message, len(asked), [None] * (1 if is_whole else message.parts), is_whole)
            if not asked:
                self._finish(message, job.outcome())
            for each in asked:
                self._ask(job, each)

    def start(self, listener: CarrierListener) -> None:
        """See `RunningCarrier`."""
        self._listener = listener

    def stop(self) -> Deferred[None]:
        """See `RunningCarrier`: what is asked still is not waited for, and is in doubt."""
        self._stopping = True
        return Deferred.fromCoroutine(self._stop())

    async def _stop(self) -> None:
        exchanges = list(self._exchanges)
        for exchange in exchanges:
            exchange.cancel()
        if exchanges:
            await DeferredList(exchanges)
        if self._outcome_call is not None:
            self._outcome_call.cancel()
            self._tell()
        if self._room_call is not None:
            self._room_call.cancel()
            self._room_call = None
        self._listener = None
        await self._wire.close()

    def resume(self, refs: Sequence[str]) -> None:
        """See `RunningCarrier`: the carrier itself remembers."""

    def standing(self) -> dict[str, object]:
        """See `RunningCarrier`."""
        return {
            "requests": len(self._exchanges),
            "parts_sent": self.parts_sent,
            "parts_taken": self.parts_taken,
            "throttled": self.throttled,
            "unanswered": self.unanswered,
            "trouble": self._trouble,
        }

    # On the way out

    def _ask(self, job: _Job, asked: Asked) -> None:
        parts = job.message.parts if asked.part is None else 1
        self.parts_sent += parts
        self._bucket.spend(1)
        exchange = Deferred.fromCoroutine(self._exchange(job, asked, parts))
        if not exchange.called:
            self._exchanges[exchange] = None
            exchange.addBoth(self._exchanged, exchange)
        exchange.addErrback(lambda failure: self.log.failure("an answer of {name}", failure, name=self.name))

    def _exchanged(self, result: object, exchange: Deferred[None]) -> object:
        self._exchanges.pop(exchange, None)
        return result

    async def _exchange(self, job: _Job, asked: Asked, parts: int) -> None:
        message = job.message
        try:
            verdict = await self._verdict(job, asked, parts)
        except NotAsked as why:
            if why.of_account:
                self._alarm(f"{why.code}: {why}")
            else:
                self._in_trouble(str(why))
            job.set_back(Later(self._delay_s(message), why.told or str(why), why.code))
        except Unanswered as why:
            self._in_trouble(str(why))
            self._doubt(job, asked, str(why), parts)
        else:
            self._take(job, asked, verdict, parts)
        job.left -= 1
        if job.left == 0:
            self._finish(message, job.outcome())

    async def _verdict(self, job: _Job, asked: Asked, parts: int) -> Verdict:
        """Ask; where that was too many, ask for what is transactional again, before bulk goes on."""
        tries_s = list(TRIES_S) if job.message.lane is Lane.TRANSACTIONAL else []
        while True:
            answer = await self._wire.ask(asked.request)
            now_ms = self._world.now_ms()
            verdict = self._answers.read(answer, asked.ref, now_ms)
            if answer.status != TOO_MANY or self._listener is None:
                return verdict
            self._listener.throttled()
            said_when = verdict.meaning is not Meaning.LATER or verdict.retry_after_s is not None
            if said_when or not tries_s or now_ms + 1000 * tries_s[0] >= job.message.expires_at_ms:
                return verdict
            try:
                await deferLater(self._world.reactor, tries_s.pop(0))
            except CancelledError:  # we are stopping
                return verdict
            self.throttled += parts
            self.parts_sent += parts
            self._bucket.spend(1)

    def _take(self, job: _Job, asked: Asked, verdict: Verdict, parts: int) -> None:
        match verdict.meaning:
            case Meaning.SENT:
                self.parts_taken += parts
                self._trouble = ""
                self._keep_refs(job, asked, verdict.refs)
            case Meaning.UNCERTAIN:
                self._doubt(job, asked, verdict.reason, parts)
            case Meaning.LATER:
                self.throttled += parts
                wait_s = verdict.retry_after_s
                if wait_s is not None:
                    self._patient_until_s = max(self._patient_until_s, self._world.reactor.seconds() + wait_s)
                delay_s = self._delay_s(job.message)
                job.set_back(Later(delay_s if wait_s is None else wait_s, verdict.reason, verdict.code))
            case Meaning.NEVER | Meaning.ELSEWHERE:
                is_elsewhere, is_account = verdict.meaning is Meaning.ELSEWHERE, verdict.code in _ACCOUNT
                told = TAKES_NOTHING if is_account else verdict.reason
                job.set_back(Never(Failure.REFUSED, told, verdict.code, elsewhere=is_elsewhere))
                if is_account:
                    self._alarm(f"{verdict.code}: {verdict.reason}")

    def _keep_refs(self, job: _Job, asked: Asked, refs: tuple[str, ...]) -> None:
        if asked.part is not None:
            job.refs[asked.part - 1] = refs[0]
        else:  # of a message that it cut into more parts than we would, the receipts of the first ones count
            job.refs = list(refs[: job.message.parts])

    def _doubt(self, job: _Job, asked: Asked, why: str, parts: int) -> None:
        self.unanswered += parts
        if self._holds or job.message.is_doubted:
            job.uncertain = True  # a receipt finds it where the carrier reports by our id, and by no other
            self._keep_refs(job, asked, (asked.ref if self._answers.is_ours else "",))
            return
        job.set_back(Later(self._delay_s(job.message), why, UNCERTAIN, uncertain=True))

    def _delay_s(self, message: Outbound) -> float:
        longest_s = min(LATER_MOST_S, LATER_FIRST_S * 2 ** min(message.attempt - 1, 16))
        return float(round(longest_s * (1 - 0.25 * self._world.random.random()), 3))

    def _in_trouble(self, why: str) -> None:
        if self._trouble != why and not self._stopping:
            self.log.warn("{name}: {why}", name=self.name, why=why)
        self._trouble = why

    def _alarm(self, trouble: str) -> None:
        """Say loudly that the carrier does not want us: credentials, money, permission."""
        self._trouble = trouble
        now_s = self._world.reactor.seconds()
        if now_s - self._alarmed_at_s >= ALARM_EVERY_S:
            self._alarmed_at_s = now_s
            self.log.error("{name} refuses everything: {trouble}", name=self.name, trouble=self._trouble)

    # Outcomes

    def _finish(self, message: Outbound, outcome: Outcome) -> None:
        self._outcomes.append((message, outcome))
        if self._outcome_call is None:
            self._outcome_call = self._world.reactor.callLater(0, self._tell)

    def _tell(self) -> None:
        self._outcome_call = None
        outcomes, self._outcomes = self._outcomes, []
        self._under_way -= sum([message.parts for message, _ in outcomes])
        if self._listener is not None:
            self._listener.settled(outcomes)
            if not self._stopping:
                self._listener.room_changed()

    def _come_back(self, wait_s: float) -> None:
        if self._room_call is None:
            self._room_call = self._world.reactor.callLater(wait_s, self._look_again)

    def _look_again(self) -> None:
        self._room_call = None
        if self._listener is not None and not self._stopping:
            self._listener.room_changed()
