"""Asking the store until it answers: what a carrier has said must not be forgotten while the store is away."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from twisted.internet.interfaces import IReactorTime
from twisted.internet.task import deferLater
from twisted.logger import Logger

from mobilesasa.core.errors import StoreAway

T = TypeVar("T")
S = TypeVar("S")
RETRY_S = 1.0
SAID_EVERY = 30  # tries


async def insist(clock: IReactorTime, log: Logger, ask: Callable[[Sequence[T]], Awaitable[S]], items: Sequence[T]) -> S:
    """Return what the store answers, asking again each second while it is away.

    A failure that is our own defect is logged, and asked about again as well: what it holds up stays in sight, and
    nothing that a carrier has said is dropped.
    """
    tries = 0
    while True:
        try:
            return await ask(items)
        except StoreAway as error:
            if tries % SAID_EVERY == 0:
                log.warn("waiting for the store with {count} items: {error}", count=len(items), error=error)
        except Exception:  # noqa: BLE001 - an edge: see above
            log.failure("the store could not take {count} items; they are tried again", count=len(items))
        tries += 1
        await deferLater(clock, RETRY_S)
