"""Keeps the sums that reports are made of: a round every few seconds, on the one node that has the chores."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final, Protocol

import orjson
import phonenumbers
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger

from mobilesasa.core.reporting import Pass
from mobilesasa.jobs.child import ChildBroke, start

PLANS_FIRST_S: Final = 30.0  # after the start, when there is less to do
PLANS_EVERY_S: Final = 300.0
AGAIN_S: Final = 2.0  # of a round, spent on quarters that are counted again; the rest waits for the next round

Range = tuple[str, str, str]  # where it begins, its country, its network


class Sums(Protocol):
    """The sums that the store keeps."""

    async def count(self) -> Pass:
        """Add up some of what has happened."""

    async def plans(self) -> tuple[str, Mapping[str, str]]:
        """Return by which numbering plans messages are counted, and the operator's own networks by prefix."""

    async def install(self, name: str, ranges: Sequence[Range]) -> None:
        """Count by these ranges from now on."""


class Counting:
    """Adds up what has happened to messages.

    Args:
        sums: the store.
        clock: says how long a round takes.
        read_plans: returns the ranges of the numbering plans with the operator's networks laid over them.
    """

    log = Logger()

    def __init__(
        self, sums: Sums, clock: IReactorTime, read_plans: Callable[[Mapping[str, str]], Awaitable[Sequence[Range]]]
    ) -> None:
        """Do nothing yet."""
        self._sums = sums
        self._clock = clock
        self._read_plans = read_plans
        self._plans_at_s = clock.seconds() + PLANS_FIRST_S

    async def once(self) -> None:
        """Add up all that has happened, and count again what must be, for so long as a round may take."""
        now_s = self._clock.seconds()
        if now_s >= self._plans_at_s:
            self._plans_at_s = now_s + PLANS_EVERY_S
            await self._look_at_plans()
        until_s = self._clock.seconds() + AGAIN_S
        done = await self._sums.count()
        while not done.is_done and not (done.again and self._clock.seconds() >= until_s):
            done = await self._sums.count()

    async def _look_at_plans(self) -> None:
        """Bring the plans up to date: a release may bring others, and the operator may have named a network."""
        installed, operator = await self._sums.plans()
        name = plans_name(operator)
        if installed == name:
            return
        try:
            ranges = await self._read_plans(operator)
        except ChildBroke as broke:
            self.log.error("the numbering plans were not read, reports go on with the old ones: {broke}", broke=broke)
            return
        await self._sums.install(name, ranges)
        self.log.info("reports tell networks by {count} ranges of numbers", count=len(ranges))


def plans_name(operator: Mapping[str, str]) -> str:
    """Return what names these numbering plans: other ones have another name."""
    said = orjson.dumps(dict(operator), option=orjson.OPT_SORT_KEYS)
    return f"{phonenumbers.__version__} {hashlib.sha256(said).hexdigest()[:16]}"


def plans_reader(reactor: Any) -> Callable[[Mapping[str, str]], Awaitable[Sequence[Range]]]:
    """Return what reads the numbering plans in a child."""

    async def read(operator: Mapping[str, str]) -> Sequence[Range]:
        child = start(reactor, "mobilesasa.jobs.number_plans", {"operator": dict(operator)})
        found: list[Range] = []
        while (line := await child.line()) is not None:
            found.extend((first, country, network) for first, country, network in orjson.loads(line))
        return found

    return read
