"""What happens in a round: pure, and the same on every machine for the same seed and round.

Only `Random.random` is asked, whose numbers are promised to stay what they are from one Python to the next; `Random.choice` and
`shuffle` are not. The first fault of a round is dealt in turns, so that fifty rounds have each kind several times; the others are drawn.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from random import Random
from typing import Final, TypeVar

import attrs

_T = TypeVar("_T")

NODES: Final = ("node-1", "node-2")
CARRIERS: Final = ("one", "two", "three")
LINKS: Final = tuple(f"{what}-{n}" for what in ("database", "broker", "sessions", "http") for n in (1, 2))
BACK, STAYS = "and back", "until all is settled"  # of a clock
TRIES: Final = 40  # to find a fault a place, before the round does without it
APART_S: Final = 0.5  # between two faults of one thing
TOGETHER: Final = 0.35  # how often a fault begins with another one, or while what that one struck is coming back


class Fault(StrEnum):
    """What is done to something, for a time, and then undone."""

    KILL_NODE = "kill a node"  # SIGKILL, and started again
    KILL_BROKER = "kill RabbitMQ"
    KILL_DATABASE = "kill PostgreSQL"  # the postmaster and all that it has forked
    FREEZE_NODE = "freeze a node"  # SIGSTOP and SIGCONT
    FREEZE_BROKER = "freeze RabbitMQ"
    FREEZE_DATABASE = "freeze PostgreSQL"
    FREEZE_CARRIER = "freeze a carrier"
    FLAP_CARRIER = "flap a carrier"  # cut off and let in again several times
    SLOW_CARRIER = "slow a carrier down"  # each answer comes late, so that windows are full
    CUT = "cut a connection"  # reset, or refused, or silent with the other end gone, or held
    FILL_DISK = "fill a disk"
    STEP_CLOCK = "step a clock"


@attrs.frozen
class Shape:
    """How a kind of fault is drawn.

    Attributes:
        targets: what it may strike.
        least_s, most_s: how long it lasts.
        amounts: of what, by the kind: milliseconds, times, seconds; one is drawn.
        ways: how; one is drawn.
    """

    targets: Sequence[str]
    least_s: float
    most_s: float
    amounts: Sequence[int] = (0,)
    ways: Sequence[str] = ("",)


SHAPES: Final[Mapping[Fault, Shape]] = {
    Fault.KILL_NODE: Shape(NODES, 0.2, 6.0),
    Fault.KILL_BROKER: Shape(("broker",), 0.2, 5.0),
    Fault.KILL_DATABASE: Shape(("database",), 0.1, 5.0),
    Fault.FREEZE_NODE: Shape(NODES, 0.5, 14.0),
    Fault.FREEZE_BROKER: Shape(("broker",), 0.5, 8.0),
    Fault.FREEZE_DATABASE: Shape(("database",), 0.5, 12.0),
    Fault.FREEZE_CARRIER: Shape(CARRIERS, 1.0, 8.0),
    Fault.FLAP_CARRIER: Shape(CARRIERS, 1.0, 6.0, amounts=(2, 3, 5, 8)),
    Fault.SLOW_CARRIER: Shape(CARRIERS, 2.0, 8.0, amounts=(20, 100, 400)),
    Fault.CUT: Shape((*LINKS, *CARRIERS), 0.2, 10.0, ways=("reset", "half-open", "refuse", "freeze")),
    Fault.FILL_DISK: Shape(("database", "broker"), 2.0, 8.0),
    Fault.STEP_CLOCK: Shape(
        (*NODES, "database"), 1.0, 6.0, amounts=(-3600, -300, -30, -5, 5, 30, 300, 3600), ways=(BACK, STAYS)
    ),
}
KINDS: Final = tuple(SHAPES)
# What is one thing to two faults at once: a frozen carrier is not cut, a killed node's clock is not set.
_THING: Final[Mapping[Fault, str]] = {
    Fault.SLOW_CARRIER: "carrier",
    Fault.CUT: "link",
    Fault.STEP_CLOCK: "clock",
    Fault.FILL_DISK: "disk",
}


@attrs.frozen
class Event:
    """One fault of a round.

    Attributes:
        at_s: when it begins, in seconds of the round.
        for_s: how long it lasts.
        target: what it strikes.
        amount, way: as its `Shape` says.
    """

    at_s: float
    for_s: float
    fault: Fault
    target: str
    amount: int = 0
    way: str = ""

    @property
    def until_s(self) -> float:
        """When it is undone."""
        return round(self.at_s + self.for_s, 2)

    def __str__(self) -> str:
        """Say it in a few words, with its moments."""
        more = f" {self.way}" if self.way else ""
        amounts = {Fault.SLOW_CARRIER: " by {} ms", Fault.FLAP_CARRIER: " {} times", Fault.STEP_CLOCK: " by {:+} s"}
        more += amounts.get(self.fault, "").format(self.amount)
        return f"{self.fault} ({self.target}{more}) at {self.at_s:g} for {self.for_s:g} s"


@attrs.frozen
class Round:
    """What happens in one round."""

    seed: int
    number: int
    events: tuple[Event, ...]


def plan(seed: int, number: int, seconds: float, kinds: Sequence[Fault] = KINDS) -> Round:
    """Return what happens in a round.

    Args:
        seed: of the run.
        number: of the round, from 1.
        seconds: of load; every fault begins within them.
        kinds: that may occur.
    """
    draw = Random(f"{seed}.{number}")
    many = (1, 1, 2, 2, 2, 3, 3, 4)[int(draw.random() * 8)]
    events: list[Event] = []
    for n in range(many):
        fault = _dealt(seed, number, kinds) if n == 0 else _one(draw, kinds)
        for _ in range(TRIES):
            event = _drawn(draw, fault, seconds, events)
            if not any(_clash(event, other) for other in events):
                events.append(event)
                break
    return Round(seed, number, tuple(sorted(events, key=lambda event: event.at_s)))


def _dealt(seed: int, number: int, kinds: Sequence[Fault]) -> Fault:
    """Return the first fault of a round: all kinds in an order of the seed's, then all in another one."""
    turn, place = divmod(number - 1, len(kinds))
    draw = Random(f"{seed} turn {turn}")
    return [kind for _, kind in sorted((draw.random(), kind) for kind in kinds)][place]


def _drawn(draw: Random, fault: Fault, seconds: float, before: Sequence[Event]) -> Event:
    """Draw the moments and the target of a fault."""
    shape = SHAPES[fault]
    at_s, for_s = 0.5 + draw.random() * (seconds - 0.5), _between(draw, shape.least_s, shape.most_s)
    if before and draw.random() < TOGETHER:
        other = before[-1]
        at_s = (other.at_s, other.until_s + draw.random() * 2)[draw.random() < 0.5]
    at_s = min(at_s, seconds)
    return Event(
        round(at_s, 2),
        round(for_s, 2),
        fault,
        _one(draw, shape.targets),
        _one(draw, shape.amounts),
        _one(draw, shape.ways),
    )


def _between(draw: Random, least: float, most: float) -> float:
    """Draw a duration; half of them are in the lower quarter."""
    return least + (most - least) * draw.random() ** 2


def _one(draw: Random, several: Sequence[_T]) -> _T:
    return several[int(draw.random() * len(several))]


def _clash(event: Event, other: Event) -> bool:
    """Say whether two faults would strike one thing at the same time."""
    apart = event.at_s > other.until_s + APART_S or other.at_s > event.until_s + APART_S
    return not apart and _thing(event) == _thing(other)


def _thing(event: Event) -> str:
    if event.fault is Fault.CUT and event.target in CARRIERS:
        return f"carrier {event.target}"
    return f"{_THING.get(event.fault, 'process' if event.fault not in _OF_CARRIERS else 'carrier')} {event.target}"


_OF_CARRIERS: Final = (Fault.FREEZE_CARRIER, Fault.FLAP_CARRIER)
