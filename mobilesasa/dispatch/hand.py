"""What a dispatcher has in hand: bodies of its queue, and the messages of its lanes that no carrier has yet."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

import attrs

from mobilesasa.core.lanes import Delivery
from mobilesasa.core.model import MessageId, Outbound


@attrs.define(eq=False)
class Body:
    """A queue body of which some messages are still in hand."""

    delivery: Delivery
    left: int


@attrs.define(eq=False)
class LaneInHand:
    """One lane: what was heard of, how many are being claimed, and what waits for room."""

    heard: deque[MessageId] = attrs.field(factory=deque)
    claiming: int = 0
    ready: deque[Outbound] = attrs.field(factory=deque)

    def take_out(self, wanted: Callable[[Outbound], bool]) -> list[Outbound]:
        """Take out of `ready` what is wanted; the rest keeps its order."""
        taken = [message for message in self.ready if wanted(message)]
        if taken:
            kept = [message for message in self.ready if not wanted(message)]
            self.ready.clear()  # and not another deque: whoever feeds the carrier has this one
            self.ready.extend(kept)
        return taken


@attrs.frozen
class Quota:
    """How many messages may go out, from the moment when so many had been handed out."""

    messages: int
    handed_before: int

    def left(self, handed: int) -> int:
        """Return how many may still go out."""
        return self.messages - (handed - self.handed_before)
