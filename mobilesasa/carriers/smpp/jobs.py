"""A message in hand: which of its parts are still to be sent, and the one outcome that the answers add up to."""

from __future__ import annotations

from typing import Final

import attrs

from mobilesasa.core.model import Failure, Later, Never, Outbound, Outcome, Sent
from mobilesasa.smpp.pdus import SubmitSm

EXPIRED: Final = Never(Failure.EXPIRED_UNSENT, "the validity period ended before the carrier took the message")


@attrs.define(eq=False)
class Job:
    """One message on its way.

    Attributes:
        number: Jobs are numbered as they come; of a lane the smaller number goes first.
        pdus: One a part.
        todo: Parts that no bind has in hand, ascending; 0 is the first.
        open: How many parts have no final answer yet.
        refs: The carrier's ids, None for what it has not taken in this attempt.
        setback: Why not all parts were taken; a `Never` outweighs a `Later`.
        doubted: Parts whose answer was lost once. They may have arrived, so each is sent once more and no oftener.
        uncertain: Whether a part without an answer was taken for sent.
    """

    message: Outbound
    number: int
    pdus: list[SubmitSm] = attrs.field(repr=False)
    todo: list[int] = attrs.field(init=False)
    open: int = attrs.field(init=False)
    refs: list[str | None] = attrs.field(init=False)
    setback: Later | Never | None = attrs.field(default=None, init=False)
    doubted: set[int] = attrs.field(factory=set)
    uncertain: bool = attrs.field(default=False, init=False)

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

    def taken_for_sent(self, part: int) -> None:
        """Note that a part stays without an answer and is not sent again: the carrier may have it."""
        self.uncertain = True
        self.taken(part, "")

    def not_taken(self, setback: Later | Never) -> None:
        """Note that a part was not taken and will not be sent in this attempt."""
        if self.setback is None or (isinstance(setback, Never) and not self.is_over):
            self.setback = setback
        self.open -= 1

    def drop(self, part: int, setback: Never) -> None:
        """Note that a part is of no use any more; one that may have arrived is taken for sent."""
        if part in self.doubted:
            self.taken_for_sent(part)
        else:
            self.not_taken(setback)

    def outcome(self) -> Outcome:
        """Return what became of the message, once no part is open."""
        refs = tuple(self.refs)
        if self.setback is None:
            return Sent(refs, self.uncertain)
        doubt = self.uncertain or any(self.refs[part] is None for part in self.doubted)
        if isinstance(self.setback, Later) and doubt:
            return attrs.evolve(self.setback, refs=refs, uncertain=True)
        return attrs.evolve(self.setback, refs=refs)


Part = tuple[Job, int]


def order(part: Part) -> tuple[int, int, int]:
    """Return the place of a part among all: bulk last, then by message, then by part."""
    job, number = part
    return job.message.lane, job.number, number
