"""A way to the database beside the pool, for the few things that take long by nature: a campaign's recipients (decision 65).

How to think about it: whoever calls the API waits for the pool, whose threads are few and whose statements end within
seconds. Deciding who gets a campaign reads and writes a million rows in one transaction. It has threads and connections of
its own, so it holds up nobody, and there are only a few. Teams take turns on them (`store.turns`): what goes through many
people has two, and one is left for what goes through few.

Python lets one thread work at a time. While something goes through people here, threads are made to change over sooner than is
usual, so that calls and messages are not held up by it either.
"""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, Final, TypeVar

import attrs
from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

from mobilesasa.store.database import Database, StoreUnavailable
from mobilesasa.store.turns import Turn, Turns

T = TypeVar("T")

AT_ONCE: Final = 3
FEW_PEOPLE: Final = 20_000  # that are gone through within two seconds or so
SLOW_S: Final = 60.0
SWITCH_S: Final = 0.0005  # between threads that have work, while something is under way here


class _Switching:
    """Keeps threads changing over sooner while something is under way."""

    def __init__(self) -> None:
        """Change nothing yet."""
        self._under_way = 0
        self._usual_s = 0.0

    def begin(self) -> None:
        if self._under_way == 0:
            self._usual_s = sys.getswitchinterval()
            sys.setswitchinterval(min(SWITCH_S, self._usual_s))
        self._under_way += 1

    def end(self) -> None:
        self._under_way -= 1
        if self._under_way == 0:
            sys.setswitchinterval(self._usual_s)


_SWITCHING: Final = _Switching()  # the interval is the whole process's


@attrs.define(eq=False)
class Aside(Database):
    """Runs store functions as `Database` does, a few at once, each for as long as it takes."""

    _application_name: str = "mobilesasa aside"
    _threads_max: int = AT_ONCE
    _statement_timeout_s: float = 0.0
    _slow_s: float = SLOW_S
    _turns: Turns = attrs.field(factory=partial(Turns, AT_ONCE), init=False, repr=False)
    _waiting: dict[Turn, Deferred[None]] = attrs.field(factory=dict, init=False, repr=False)

    async def in_turn(
        self, team_id: int, people: int, work: Callable[[], Awaitable[T]], *, is_patient: bool = False
    ) -> T:
        """Do what goes through people when it is the team's turn, and return what it returns.

        Who is cancelled while waiting leaves the queue; what has begun goes on to its end.

        Args:
            team_id: whose it is.
            people: how many it goes through, about.
            work: calls `run`, here, one thing after the other.
            is_patient: it waits however many of the team's do.

        Raises:
            TooManyJobs: enough of the team's wait.
            StoreUnavailable: this is closed.
        """
        turn = self._turns.ask(team_id, people > FEW_PEOPLE, is_patient=is_patient)
        waiting: Deferred[None] = Deferred()
        self._waiting[turn] = waiting
        self._begin()
        try:
            await waiting
        except BaseException:
            if self._waiting.pop(turn, None) is not None:
                self._turns.leave(turn)
            raise
        told: Deferred[T] = Deferred(lambda _: None)  # nothing of the work is cancelled with this
        Deferred.fromCoroutine(_awaited(work)).addBoth(self._ended, turn, told)
        return await told

    async def close(self) -> None:
        """Begin nothing more, and wait until all work in hand is done, then close the connections."""
        waiting, self._waiting = self._waiting, {}
        for turn, each in waiting.items():
            self._turns.leave(turn)
            each.errback(StoreUnavailable("the node is stopping"))
        await super().close()

    def _begin(self) -> None:
        while (turn := self._turns.begin()) is not None:
            _SWITCHING.begin()
            self._waiting.pop(turn).callback(None)

    def _ended(self, result: Any, turn: Turn, told: Deferred[Any]) -> None:
        self._turns.end(turn)
        _SWITCHING.end()
        self._begin()
        if not told.called:
            told.callback(result)
        elif isinstance(result, Failure) and result.check(*self._answers) is None:
            self.log.failure("what was done aside failed after its caller had left", result)


async def _awaited(work: Callable[[], Awaitable[T]]) -> T:
    return await work()
