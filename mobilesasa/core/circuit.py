"""Whether a carrier is in trouble, judged by what is seen of it from outside.

How to think about it:

    up ──a trouble──▶ down ──reachable, and the time for a try has come──▶ trying ──it takes one──▶ up
                       ▲                                                      │
                       └────────────── it fails again, or is silent ──────────┘

A trouble is: not connected for a while; silent, with messages on the wire; failing one after the other, with none
taken between, many times or for long; or, where that counts, reporting nothing of what it takes. What is about a
message alone (a refusal) is none. While a carrier is tried only a few messages go out. It comes back with the first
message that it takes or refuses, so a carrier that flaps is not believed at each bind; and one that reported nothing
with the first receipt.

A carrier that asks for patience is not down but `THROTTLED`, until it has not asked for a while.
"""

from __future__ import annotations

import enum
from typing import Final

import attrs

from mobilesasa.core.routing import Standing

UNBOUND_S: Final = 5.0  # a carrier that is away for a shorter time is not in trouble
SILENT_S: Final = 15.0  # on the wire without any answer
FAILURES: Final = 20  # one after the other …
FAILING_S: Final = 3.0  # … over so long at least
FEW_FAILURES: Final = 2  # or so few, over `SILENT_S`: with little to send it fails as seldom as its messages come again
FORGOTTEN_S: Final = 120.0  # a failure that so long no other followed says nothing of the next one
RESTED_S: Final = 5.0  # since it last asked for patience
SETTLED_S: Final = 1.0  # a carrier that is connected again is tried after this
RETRY_FIRST_S: Final = 10.0  # one that fails is tried after this, twice as long each time …
RETRY_MOST_S: Final = 60.0  # … up to this
TRY_S: Final = 5.0  # how long a try may be without an answer
TRIES: Final = 5  # messages that go out in a try
UNHEARD_PARTS: Final = 20  # that were taken since the last receipt, and wait for theirs
NO_RECEIPTS: Final = "it sends no receipts"


@attrs.frozen(kw_only=True)
class Seen:
    """What is seen of a carrier at one moment; counts only grow."""

    connected: bool = True
    patient: bool = False  # it has asked for patience
    taken: int = 0  # messages that it took
    failed: int = 0  # messages that met a passing error, or no answer
    refused: int = 0  # messages that it answered with a refusal: it lives
    handed: int = 0  # messages that were handed to it
    on_wire: int = 0  # parts without an answer
    parts_taken: int = 0  # parts whose receipts it owes since; stays 0 where none are asked for
    receipts: int = 0  # receipts of any kind that came


class Phase(enum.StrEnum):
    """Where the circuit is."""

    UP = "up"
    DOWN = "down"
    TRYING = "trying"


@attrs.define(eq=False)
class Circuit:
    """The judgement of one carrier.

    Args:
        receipt_alarm_s: it is in trouble when `UNHEARD_PARTS` parts have waited for so long since the last receipt; 0: never.

    Attributes:
        phase: see the module.
        why: the trouble in words; empty while there is none.
        down_since_s: when the trouble began, None while it is up.
    """

    receipt_alarm_s: float = 0.0
    phase: Phase = attrs.field(default=Phase.UP, init=False)
    why: str = attrs.field(default="", init=False)
    down_since_s: float | None = attrs.field(default=None, init=False)
    _before: Seen = attrs.field(factory=Seen, init=False)
    _unbound_since_s: float | None = attrs.field(default=None, init=False)
    _waiting_since_s: float | None = attrs.field(default=None, init=False)  # for an answer of any kind
    _failing_since_s: float | None = attrs.field(default=None, init=False)
    _failed_at_s: float = attrs.field(default=0.0, init=False)
    _unheard: int = attrs.field(default=0, init=False)  # parts taken since the last receipt
    _unheard_since_s: float | None = attrs.field(default=None, init=False)  # when the first of them was
    _many_since_s: float | None = attrs.field(default=None, init=False)  # when they became `UNHEARD_PARTS`
    _failures: int = attrs.field(default=0, init=False)
    _patient_at_s: float | None = attrs.field(default=None, init=False)
    _retry_s: float = attrs.field(default=RETRY_FIRST_S, init=False)
    _retry_at_s: float = attrs.field(default=0.0, init=False)
    _tried_since_s: float | None = attrs.field(default=None, init=False)  # when the first message of a try went out

    def see(self, seen: Seen, now_s: float) -> None:
        """Judge anew; called about once a second."""
        took = seen.taken > self._before.taken
        if self.phase is Phase.TRYING:  # then a refusal says as much: it reads what it gets
            took = took or seen.refused > self._before.refused
        failed = seen.failed > self._before.failed
        heard = seen.receipts > self._before.receipts
        self._note(seen, now_s)
        self._note_receipts(seen, heard, now_s)
        trouble = self._trouble(now_s)
        if trouble is None and (took or (heard and self.why == NO_RECEIPTS)):
            self._rise()
        elif self.phase is Phase.UP and trouble is not None:
            self._fall(*trouble, now_s)
        elif self.phase is Phase.DOWN:
            self._while_down(trouble, now_s)
        elif self.phase is Phase.TRYING:
            self._while_trying(trouble, failed, seen.handed > self._before.handed, now_s)
        self._before = seen

    def standing(self, now_s: float) -> Standing:
        """Return how well it takes messages, for the choice between carriers."""
        if self.phase is Phase.DOWN:
            return Standing.DOWN
        rests = self._patient_at_s is not None and now_s - self._patient_at_s < RESTED_S
        return Standing.THROTTLED if rests else Standing.UP

    def down_s(self, now_s: float) -> float:
        """Return for how long it has been in trouble, 0 while it is up."""
        return 0.0 if self.down_since_s is None else now_s - self.down_since_s

    def unheard_s(self, now_s: float) -> float:
        """Return for how long the oldest part that was taken since the last receipt has waited for its own; 0: none does."""
        return 0.0 if self._unheard_since_s is None else now_s - self._unheard_since_s

    def _note_receipts(self, seen: Seen, heard: bool, now_s: float) -> None:
        """Count what was taken since the last receipt. While it is not connected none can come, so that begins anew."""
        took = seen.parts_taken - self._before.parts_taken
        if heard or not seen.connected:
            self._unheard, self._unheard_since_s, self._many_since_s = 0, None, None
        elif took > 0:
            self._unheard += took
            if self._unheard_since_s is None:
                self._unheard_since_s = now_s
            if self._many_since_s is None and self._unheard >= UNHEARD_PARTS:
                self._many_since_s = now_s

    def _note(self, seen: Seen, now_s: float) -> None:
        before = self._before
        if seen.connected:
            self._unbound_since_s = None
        elif self._unbound_since_s is None:
            self._unbound_since_s = now_s
        if seen.patient:
            self._patient_at_s = now_s
        answers = (seen.taken, seen.failed, seen.refused)
        if answers != (before.taken, before.failed, before.refused) or seen.on_wire == 0:
            self._waiting_since_s = None
        elif self._waiting_since_s is None:
            self._waiting_since_s = now_s
        if seen.taken > before.taken:
            self._failures, self._failing_since_s = 0, None
        elif seen.failed > before.failed:
            if self._failing_since_s is None or now_s - self._failed_at_s > FORGOTTEN_S:
                self._failures, self._failing_since_s = 0, now_s
            self._failures += seen.failed - before.failed
            self._failed_at_s = now_s

    def _trouble(self, now_s: float) -> tuple[str, float] | None:
        """Return what is wrong and since when."""
        unbound, waiting, failing = self._unbound_since_s, self._waiting_since_s, self._failing_since_s
        if unbound is not None and now_s - unbound >= UNBOUND_S:
            return "it is not connected", unbound
        if waiting is not None and now_s - waiting >= SILENT_S:
            return "it does not answer", waiting
        if failing is not None and self._fails_too_often(now_s - failing):
            return f"it failed {self._failures} times, one after the other", failing
        many = self._many_since_s
        if many is not None and 0 < self.receipt_alarm_s <= now_s - many:
            return NO_RECEIPTS, many
        return None

    def _fails_too_often(self, failing_s: float) -> bool:
        many = self._failures >= FAILURES and failing_s >= FAILING_S
        return many or (self._failures >= FEW_FAILURES and failing_s >= SILENT_S)

    def _rise(self) -> None:
        self.phase, self.why, self.down_since_s = Phase.UP, "", None
        self._retry_s = RETRY_FIRST_S

    def _fall(self, why: str, since_s: float, now_s: float) -> None:
        self.phase, self.why = Phase.DOWN, why
        self.down_since_s = since_s if self.down_since_s is None else self.down_since_s
        self._retry_at_s = now_s + self._retry_s
        self._retry_s = min(2 * self._retry_s, RETRY_MOST_S)
        self._failures, self._failing_since_s = 0, None

    def _while_down(self, trouble: tuple[str, float] | None, now_s: float) -> None:
        if self._unbound_since_s is not None or self._waiting_since_s is not None:
            self.why = self.why if trouble is None else trouble[0]
            if self._unbound_since_s is not None:  # it is tried as soon as it is there again
                self._retry_at_s, self._retry_s = now_s + SETTLED_S, RETRY_FIRST_S
        elif now_s >= self._retry_at_s:
            self.phase, self._tried_since_s = Phase.TRYING, None
            self._failures, self._failing_since_s = 0, None

    def _while_trying(self, trouble: tuple[str, float] | None, failed: bool, handed: bool, now_s: float) -> None:
        if handed and self._tried_since_s is None:
            self._tried_since_s = now_s
        late = self._tried_since_s is not None and now_s - self._tried_since_s >= TRY_S
        if failed or self._unbound_since_s is not None:
            self._fall(self.why, now_s, now_s)
        elif late and self._waiting_since_s is not None:
            self._fall("it does not answer", now_s, now_s)
        elif late and trouble is not None:
            self._fall(trouble[0], now_s, now_s)
