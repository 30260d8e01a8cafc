"""A carrier in the process, for trying things out: it takes every message and reports what the number asks for.

| number | what becomes of the message |
|---|---|
| +254700000001 | delivered |
| +254700000002 | undelivered |
| +254700000003 | expired |
| +254700000004 | rejected |
| +254700000005 | delivered, with a late receipt |
| +254700000006 | delivered, and the receipt comes twice |
| +254700000007 | a temporary error at the first attempt, then delivered |
| +254700000008 | delivered, and answered: the phone sends the same text back, where the sender is a number |
| any other | delivered |

Nothing is kept but in memory. So the id of a part says by itself when which receipt is due, and a process that starts
is handed the ids which still wait for theirs (`resume`).
"""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from itertools import count
from typing import Final

import attrs
from twisted.internet.defer import Deferred, succeed
from twisted.internet.interfaces import IDelayedCall
from twisted.logger import Logger

from mobilesasa.carriers.options import within
from mobilesasa.carriers.port import World
from mobilesasa.core.inbound import InboundPart, digits_of
from mobilesasa.core.model import Coding, Failure, Later, Outbound, Outcome, Report, Sent, State
from mobilesasa.core.ports import CarrierListener
from mobilesasa.core.teams import CarrierRecord
from mobilesasa.sms.alphabet import encode_ucs2, gsm_octets

#: Receipts are given in turns this far apart, so that many of them share one.
TURN_MS: Final = 50
#: The most receipts of one turn.
TURN_LIMIT: Final = 1000
#: Until a message from a phone that could not be kept is brought again.
AGAIN_S: Final = 1.0


@attrs.frozen(kw_only=True)
class SandboxOptions:
    """How the sandbox behaves."""

    delay_s: float = attrs.field(default=1.0, validator=within(0, 3600))  # until the receipt
    late_delay_s: float = attrs.field(default=30.0, validator=within(0, 86400))  # until a late one
    window: int = attrs.field(default=2000, validator=within(1, 100_000))  # parts under way, receipts not written down


@attrs.frozen
class Fate:
    """What becomes of a message: the receipt, when, and how often."""

    letter: str  # in the ids
    state: State = State.DELIVERED
    failure: Failure | None = None
    error: str = ""
    late: bool = False
    times: int = 1
    refusals: int = 0  # attempts that meet a temporary error first
    answers: bool = False  # the phone sends the text back


DELIVERED: Final = Fate("d")
#: What the magic numbers ask for.
FATES: Final = {
    "254700000001": DELIVERED,
    "254700000002": Fate("u", State.FAILED, Failure.UNDELIVERED, "2"),
    "254700000003": Fate("e", State.FAILED, Failure.EXPIRED, "3"),
    "254700000004": Fate("r", State.FAILED, Failure.REJECTED, "4"),
    "254700000005": Fate("l", late=True),
    "254700000006": Fate("t", times=2),
    "254700000007": Fate("g", refusals=1),
    "254700000008": Fate("m", answers=True),
}
_BY_LETTER: Final = {fate.letter: fate for fate in (DELIVERED, *FATES.values())}
_TEMPORARY: Final = Later(1.0, "the sandbox has a temporary error for this number", "temporary")


class SandboxCarrier:
    """The port `Carrier` without a wire.

    Ids look like `sb-19a2f3c4d5e-d-7f3a9c1b-2a`: when the receipt is due (milliseconds since the epoch, hexadecimal),
    which one, the run of the process, a number.
    """

    log = Logger()
    resumes = True

    def __init__(self, record: CarrierRecord, options: SandboxOptions, world: World) -> None:
        """Draw the mark of this run; nothing happens before `start`."""
        self.name = record.name
        self.parts_taken = self.receipts = 0
        self._carrier_id = record.id
        self._options = options
        self._world = world
        self._run = f"{world.random.getrandbits(32):08x}"
        self._numbers = count(1)
        self._outcomes: list[tuple[Outbound, Outcome]] = []
        self._outcome_call: IDelayedCall | None = None
        self._under_way = 0  # parts without an outcome
        self._due: list[tuple[int, int, Report]] = []  # a heap: milliseconds, a number to break ties
        self._receipt_call: IDelayedCall | None = None
        self._turn_ms = 0  # when it comes
        self._unwritten = 0  # receipts that were given and not acknowledged
        self._answers: list[InboundPart] = []  # of phones, which nobody has kept yet
        self._answer_call: IDelayedCall | None = None
        self._listener: CarrierListener | None = None

    # The port

    @property
    def window(self) -> int:
        """See `Carrier`."""
        return self._options.window

    def room(self) -> int:
        """See `Carrier`."""
        if self._listener is None:
            return 0
        return max(0, self._options.window - self._under_way - self._unwritten)

    def submit(self, batch: Sequence[Outbound]) -> None:
        """See `Carrier`: the outcomes come in the next turn of the reactor."""
        now_ms = self._world.now_ms()
        for message in batch:
            self._outcomes.append((message, self._take(message, now_ms)))
            self._under_way += message.parts
        if self._outcomes and self._outcome_call is None:
            self._outcome_call = self._world.reactor.callLater(0, self._settle)

    def _take(self, message: Outbound, now_ms: int) -> Outcome:
        fate = FATES.get(message.recipient, DELIVERED)
        if message.attempt <= fate.refusals:
            return _TEMPORARY
        delay_s = self._options.late_delay_s if fate.late else self._options.delay_s
        due_ms = now_ms + int(1000 * delay_s)
        refs: list[str | None] = []
        for part in range(message.parts):
            if message.sent_parts >> part & 1:
                refs.append(None)
                continue
            ref = f"sb-{due_ms:x}-{fate.letter}-{self._run}-{next(self._numbers):x}"
            self._owe(ref, fate, due_ms)
            refs.append(ref)
        if fate.answers and digits_of(message.sender):
            self._answers.append(_answer_of(message, self._carrier_id, now_ms))
        return Sent(tuple(refs))

    def start(self, listener: CarrierListener) -> None:
        """See `RunningCarrier`."""
        self._listener = listener

    def stop(self) -> Deferred[None]:
        """See `RunningCarrier`: receipts that are not due yet are found again by their ids."""
        if self._outcome_call is not None:
            self._outcome_call.cancel()
            self._settle()
        for call in (self._receipt_call, self._answer_call):
            if call is not None:
                call.cancel()
        self._receipt_call = self._answer_call = None
        self._due.clear()
        self._listener = None
        return succeed(None)

    def resume(self, refs: Sequence[str]) -> None:
        """See `RunningCarrier`: what was due while nobody ran comes now; ids of this run are known already."""
        taken_up = 0
        for ref in refs:
            mark, _, rest = ref.partition("-")
            due, _, rest = rest.partition("-")
            letter, _, run = rest.partition("-")
            fate = _BY_LETTER.get(letter)
            if mark != "sb" or fate is None or run.startswith(self._run):
                continue
            try:
                due_ms = int(due, 16)
            except ValueError:
                continue
            self._owe(ref, fate, due_ms)
            taken_up += 1
        if taken_up:
            self.log.info("{name}: {count} receipts of an earlier run taken up", name=self.name, count=taken_up)

    def standing(self) -> dict[str, object]:
        """See `RunningCarrier`."""
        return {
            "parts_taken": self.parts_taken,
            "receipts": self.receipts,
            "receipts_due": len(self._due),
            "trouble": "",
        }

    # Outcomes

    def _settle(self) -> None:
        self._outcome_call = None
        outcomes, self._outcomes = self._outcomes, []
        for message, outcome in outcomes:
            self._under_way -= message.parts
            self.parts_taken += sum([ref is not None for ref in outcome.refs])
        if self._listener is not None:
            self._listener.settled(outcomes)
            self._listener.room_changed()
            self._bring_answers()

    # Messages from phones

    def _bring_answers(self) -> None:
        self._answer_call = None
        parts, self._answers = self._answers, []
        if parts and self._listener is not None:
            self._listener.received_from_phones(parts, lambda kept: self._answers_kept(parts, kept))

    def _answers_kept(self, parts: Sequence[InboundPart], kept: Sequence[bool]) -> None:
        """Bring again what was not kept, in a while."""
        self._answers += [part for part, is_kept in zip(parts, kept, strict=True) if not is_kept]
        if self._answers and self._answer_call is None and self._listener is not None:
            self._answer_call = self._world.reactor.callLater(AGAIN_S, self._bring_answers)

    # Receipts

    def _owe(self, ref: str, fate: Fate, due_ms: int) -> None:
        if self._listener is None:
            return
        report = Report(self._carrier_id, ref, fate.state, fate.failure, fate.error, due_ms)
        for _ in range(fate.times):
            heapq.heappush(self._due, (due_ms, next(self._numbers), report))
        if self._receipt_call is None or due_ms < self._turn_ms - TURN_MS:
            self._wake()

    def _wake(self) -> None:
        """Come back at the end of the turn in which the first receipt is due."""
        now_ms = self._world.now_ms()
        self._turn_ms = max(self._due[0][0], now_ms) // TURN_MS * TURN_MS + TURN_MS
        if self._receipt_call is not None:
            self._receipt_call.cancel()
        self._receipt_call = self._world.reactor.callLater((self._turn_ms - now_ms) / 1000, self._report)

    def _report(self) -> None:
        self._receipt_call = None
        now_ms = self._world.now_ms()
        reports: list[Report] = []
        while self._due and self._due[0][0] <= now_ms and len(reports) < TURN_LIMIT:
            reports.append(heapq.heappop(self._due)[2])
        if self._due:
            self._wake()
        if reports and self._listener is not None:
            self.receipts += len(reports)
            self._unwritten += len(reports)
            self._listener.reported(reports, lambda: self._written(len(reports)))

    def _written(self, reports: int) -> None:
        full = not self.room()
        self._unwritten -= reports
        if full and self._listener is not None:
            self._listener.room_changed()


def _answer_of(message: Outbound, carrier_id: int, now_ms: int) -> InboundPart:
    """Return what a phone sends back: the same message, whole."""
    text = message.text
    septets = None if text is None else gsm_octets(text)
    if text is None:
        coding, octets = Coding.BINARY, message.body or b""
    elif septets is None:
        coding, octets = Coding.UCS2, encode_ucs2(text)
    else:
        coding, octets = Coding.GSM7, septets
    return InboundPart(carrier_id, message.recipient, digits_of(message.sender), coding, octets, now_ms)
