"""What a carrier is given, and what it is while it runs."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import Any, Protocol

import attrs
from twisted.internet.defer import Deferred

from mobilesasa.core.ports import Carrier, CarrierListener
from mobilesasa.core.teams import CurrentDirectory
from mobilesasa.core.ussd import Desk


@attrs.frozen
class World:
    """What carriers need from outside.

    Attributes:
        reactor: Clock and connections (`IReactorTime`, and `IReactorTCP` with names for carriers that connect).
        now_ms: Milliseconds since the epoch.
        random: Spreads waits and makes ids; a `random.SystemRandom` will do.
        directory: The current picture of teams, senders and carriers.
        ussd: Answers USSD that comes over SMPP; None: none is taken.
    """

    reactor: Any
    now_ms: Callable[[], int]
    random: random.Random
    directory: CurrentDirectory = attrs.field(factory=CurrentDirectory)
    ussd: Desk | None = None


class RunningCarrier(Carrier, Protocol):
    """A carrier with a life. Nothing happens before `start`.

    Attributes:
        resumes: Whether `resume` wants the ids whose receipts are still awaited, once, after `start`.
    """

    resumes: bool

    def start(self, listener: CarrierListener) -> None:
        """Connect, and tell this listener everything."""

    def stop(self) -> Deferred[None]:
        """Answer for everything in hand (`Later` for what no carrier has), disconnect; fires when that is done."""

    def resume(self, refs: Sequence[str]) -> None:
        """Take up the receipts of messages that an earlier process sent."""

    def standing(self) -> dict[str, object]:
        """Return what an operator would ask about, as a flat JSON object: binds, counts, the trouble in words."""
