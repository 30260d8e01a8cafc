"""What a dispatcher has in hand: bodies of its queue, the messages of its lanes that no carrier has yet, and withdrawals."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Set
from typing import Final

import attrs
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime

from mobilesasa.core.alterations import Concerned
from mobilesasa.core.lanes import Delivery
from mobilesasa.core.model import MessageId, Outbound

WITHDRAWN_S: Final = 2.0  # so long at most something is not claimed because a team alters its messages


@attrs.define(eq=False)
class Body:
    """A queue body of which some messages are still in hand."""

    delivery: Delivery
    left: int


@attrs.define(eq=False)
class LaneInHand:
    """One lane: what was heard of, what is being claimed, and what waits for room."""

    heard: deque[MessageId] = attrs.field(factory=deque)
    claiming: list[MessageId] = attrs.field(factory=list)
    ready: deque[Outbound] = attrs.field(factory=deque)

    def next(self, most: int, kept_out: Set[MessageId]) -> list[MessageId]:
        """Take out of `heard` what is to be claimed next; what is kept out of the hand stays where it is."""
        if not kept_out:
            return [self.heard.popleft() for _ in range(min(most, len(self.heard)))]
        taken: list[MessageId] = []
        passed: list[MessageId] = []
        while self.heard and len(taken) < most:
            message_id = self.heard.popleft()
            (passed if message_id in kept_out else taken).append(message_id)
        self.heard.extendleft(reversed(passed))
        return taken

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


class Withdrawal:
    """What leaves a dispatcher's hand and is kept out of it, until `end`, which comes by itself after `WITHDRAWN_S`.

    Args:
        wanted: what it is.
        clock: for the end that comes by itself.
        ended: is told at the end.

    Attributes:
        wanted: what it is.
        out: fires when the store has all of it that no carrier has, and at the end at the latest.
        over: whether it has ended.
    """

    def __init__(self, wanted: Concerned, clock: IReactorTime, ended: Callable[[Withdrawal], None]) -> None:
        self.wanted = wanted
        self.out: Deferred[None] = Deferred()
        self._ended = ended
        self._end_by_itself = clock.callLater(WITHDRAWN_S, self.end)
        self.over = False

    def moved(self, moving: Set[MessageId]) -> None:
        """Learn what is on its way between the store and the hand now."""
        concerned = moving if self.wanted.ways else moving & self.wanted.ids
        if not concerned and not self.out.called:
            self.out.callback(None)

    def end(self) -> None:
        """Let it be claimed again; once is enough."""
        if self.over:
            return
        self.over = True
        if self._end_by_itself.active():
            self._end_by_itself.cancel()
        self._ended(self)
        self.moved(frozenset())
