"""A message in hand: which of its parts are still to be sent, and the one outcome that the answers add up to."""

from __future__ import annotations

from typing import Final

import attrs

from mobilesasa.core.model import Failure, Later, Never, Outbound, Outcome, Sent
from mobilesasa.smpp.pdus import SubmitSm
from mobilesasa.smpp.statuses import Status, is_temporary, text_of

_LATER_FIRST_S: Final = 2.0
_LATER_LIMIT_S: Final = 300.0

EXPIRED: Final = Never(Failure.EXPIRED_UNSENT, "the validity period ended before the carrier took the message")


@attrs.define(eq=False)
class Job:
    """One message on its way.

    Attributes:
        number: Jobs are numbered as they come; a smaller number goes first.
        pdus: One a part.
        todo: Parts that no bind has in hand, ascending; 0 is the first.
        open: How many parts have no final answer yet.
        refs: The carrier's ids, None for what it has not taken in this attempt.
        setback: Why not all parts were taken; a `Never` outweighs a `Later`.
        doubted: Parts whose answer was lost once. They may have arrived, so each is sent once more and no oftener.
    """

    message: Outbound
    number: int
    pdus: list[SubmitSm] = attrs.field(repr=False)
    todo: list[int] = attrs.field(init=False)
    open: int = attrs.field(init=False)
    refs: list[str | None] = attrs.field(init=False)
    setback: Later | Never | None = attrs.field(default=None, init=False)
    doubted: set[int] = attrs.field(factory=set)

    def __attrs_post_init__(self) -> None:
        sent = self.message.sent_parts
        self.todo = [n for n in range(len(self.pdus)) if not sent >> n & 1]
        self.open = len(self.todo)
        self.refs = [None] * len(self.pdus)

    @property
    def is_over(self) -> bool:
        """Whether it is no use to send what is left: the carrier refused a part, or the time is over."""
        return isinstance(self.setback, Never)

    def taken(self, part: int, ref: str) -> None:
        """Note that the carrier took a part; `ref` may be empty."""
        self.refs[part] = ref
        self.open -= 1

    def not_taken(self, setback: Later | Never) -> None:
        """Note that a part was not taken and will not be sent in this attempt."""
        if self.setback is None or (isinstance(setback, Never) and not self.is_over):
            self.setback = setback
        self.open -= 1

    def drop(self, part: int, setback: Never) -> None:
        """Note that a part is of no use any more; one that may have arrived is taken for sent."""
        if part in self.doubted:
            self.taken(part, "")
        else:
            self.not_taken(setback)

    def outcome(self) -> Outcome:
        """Return what became of the message, once no part is open."""
        refs = tuple(self.refs)
        return Sent(refs) if self.setback is None else attrs.evolve(self.setback, refs=refs)


Part = tuple[Job, int]


def order(part: Part) -> tuple[int, int]:
    """Return the place of a part among all: by message, then by part."""
    return part[0].number, part[1]


def setback_of(status: int, attempt: int, random: float) -> Later | Never:
    """Return what a command_status other than ESME_ROK means for the message."""
    try:
        code = Status(status).name
    except ValueError:
        code = f"0x{status:08X}"
    if is_temporary(status):
        return Later(delay_s(attempt, random), text_of(status), code)
    return Never(Failure.REFUSED, text_of(status), code)


def delay_s(attempt: int, random: float) -> float:
    """Return how long to wait after so many attempts (1 or more), in seconds; `random` (0 to 1) spreads it."""
    longest_s: float = min(_LATER_LIMIT_S, _LATER_FIRST_S * 2 ** min(attempt - 1, 16))
    return round(longest_s * (1 - 0.25 * random), 3)
