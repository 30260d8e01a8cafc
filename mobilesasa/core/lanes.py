"""What the node needs of a queue, whichever backend it has; `tests/queue/contract.py` holds every backend to it.

A lane is a carrier and a `core.model.Lane`. Bodies name up to 100 messages. A body is delivered in order, to one
consumer, and again if it was not acknowledged when the consumer went; a consumer holds at most `prefetch` of them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

import attrs

from mobilesasa.core.model import Lane, MessageId

IDS_A_BODY = 100


@attrs.define(eq=False)
class Delivery:
    """One body in a consumer's hand; exactly one of `ack` and `nack` is called, once."""

    carrier_id: int
    lane: Lane
    ids: Sequence[MessageId]
    _done: Callable[[Delivery, bool], None] = attrs.field(repr=False)

    def ack(self) -> None:
        """Say that every message of it is written down; it never comes again."""
        self._done(self, True)

    def nack(self) -> None:
        """Hand it back; it comes again first."""
        self._done(self, False)


class Subscription(Protocol):
    """A consumer's hold on a carrier's two lanes."""

    def cancel(self) -> None:
        """Stop the deliveries; bodies that were not acknowledged go back, in order."""


class Queue(Protocol):
    """A backend."""

    def publish(self, carrier_id: int, lane: Lane, ids: Sequence[MessageId]) -> None:
        """Hint that these rows wait. Never fails and never blocks."""

    def consume(self, carrier_id: int, deliver: Callable[[Delivery], None], prefetch: int) -> Subscription:
        """Have the bodies of both lanes of a carrier delivered, `prefetch` unacknowledged ones a lane at most."""

    def look_again(self, at_once: bool = False) -> None:
        """Suppose that hints were lost, and bring what the store has and no consumer holds.

        Args:
            at_once: however fresh it is; else what is so old that its hint should have come.
        """

    def depth(self, carrier_id: int, lane: Lane) -> int:
        """Return how many messages this queue holds for a lane, in no hand; the store may hold more."""
