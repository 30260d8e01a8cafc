"""Whose turn it is, where few things can be done at once, each takes long, and no team is to wait for another's many.

How to think about it: what is asked for waits in a queue of its team, one for long things and one for short ones. Of a queue
one thing is done at a time, and queues take turns. Long things have all places but one, so that what is short soon
finds one. Whoever asks for more than a few things at once is told so, rather than left waiting.
"""

from __future__ import annotations

from collections import deque
from typing import Final, TypeAlias

import attrs

from mobilesasa.core.errors import TooManyJobs

LONG_WAITING: Final = 3  # of a team, beside the one that is being done
SHORT_WAITING: Final = 50

_Queue: TypeAlias = tuple[int, bool]


@attrs.frozen(eq=False)
class Turn:
    """A place in a queue; each is another.

    Attributes:
        team_id: whose it is.
        is_long: whether it takes long.
    """

    team_id: int
    is_long: bool

    @property
    def queue(self) -> _Queue:
        """The queue that it is of."""
        return self.team_id, self.is_long


class Turns:
    """The queues of all teams.

    Args:
        places: so many things are done at once; two at least.
    """

    def __init__(self, places: int) -> None:
        """Let nobody wait."""
        self._places = places
        self._waiting: dict[_Queue, deque[Turn]] = {}  # in the order in which queues are looked at
        self._begun: set[_Queue] = set()

    def ask(self, team_id: int, is_long: bool, *, is_patient: bool = False) -> Turn:
        """Put something into its queue.

        Args:
            team_id: whose it is.
            is_long: whether it takes long.
            is_patient: it waits however many there are.

        Raises:
            TooManyJobs: enough of the team wait.
        """
        turn = Turn(team_id, is_long)
        queue = self._waiting.get(turn.queue, ())
        if not is_patient and len(queue) >= (LONG_WAITING if is_long else SHORT_WAITING):
            raise TooManyJobs(
                f"{len(queue)} campaigns of yours are waiting to be sent or estimated already; let some of these end first"
            )
        self._waiting.setdefault(turn.queue, deque()).append(turn)
        return turn

    def begin(self) -> Turn | None:
        """Return what is to be begun now; None: nothing. To be called until there is nothing."""
        if len(self._begun) >= self._places:
            return None
        are_long_left = sum(is_long for _, is_long in self._begun) < self._places - 1
        for queue in self._waiting:
            if queue not in self._begun and (are_long_left or not queue[1]):
                turn = self._waiting[queue].popleft()
                rest = self._waiting.pop(queue)
                if rest:
                    self._waiting[queue] = rest  # behind all others
                self._begun.add(queue)
                return turn
        return None

    def end(self, turn: Turn) -> None:
        """Give back the place of what was begun."""
        self._begun.discard(turn.queue)

    def leave(self, turn: Turn) -> None:
        """Let what has not begun wait no more."""
        rest = self._waiting.get(turn.queue)
        if rest is not None and turn in rest:
            rest.remove(turn)
            if not rest:
                del self._waiting[turn.queue]
