"""Conducts surveys, on the one node that has the chores.

How to think about it: the rows are the truth. What phones say waits in the store, with who was invited and who is to be reminded; a
round lets it move conversations, in transactions that also store what is said to them, and then names that to the queue. Rounds
come at every hint of the store and every few seconds, and follow each other at once while there is more to do. Answers go before
all else: between two chunks of anything, what has come meanwhile is heard. A node may be killed at any line: the next round,
here or elsewhere, finds everything as it was or done.

One thing that cannot be done, by a defect of ours, holds up no other: where a chunk fails, its pieces are done one by one, and the one
that fails again is left alone for a while.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Protocol

from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger

from mobilesasa.core.errors import StoreAway
from mobilesasa.core.model import Priced
from mobilesasa.jobs.rounds import Rounds
from mobilesasa.surveys.turns import Done, Turn

CHUNK: Final = 500  # of one transaction
LOOK_S: Final = 5.0  # between rounds, where nobody hints


class Store(Protocol):
    """The conversations, and what is to move them."""

    async def look(self) -> frozenset[Turn]:
        """Return what there is to do."""

    async def do(self, turn: Turn, limit: int) -> Done:
        """Do so much of one kind at most."""

    async def put_off(self, turn: Turn) -> str | None:
        """Leave what comes first of one kind alone for a while; return its id, None where there is none or it was given up."""


class Door(Protocol):
    """The queue behind the rules for messages: `core.gateway.Gateway`."""

    def hint(self, stored: Sequence[Priced]) -> None:
        """Name stored messages to the queues of their carriers."""


class Machine:
    """Conducts surveys.

    Args:
        store: the conversations.
        door: names messages to the queue.
        clock: keeps the rounds.
    """

    log = Logger()

    def __init__(self, store: Store, door: Door, clock: IReactorTime) -> None:
        """Do nothing yet."""
        self._store = store
        self._door = door
        self._limits = dict.fromkeys(Turn, CHUNK)
        self._rounds = Rounds("surveys", self._round, LOOK_S, clock)

    def start(self) -> None:
        """Be ready; nothing is done before `do_jobs`."""
        self._rounds.start()

    def do_jobs(self, ours: bool) -> None:
        """Conduct surveys from now on, or leave that to another node."""
        self._rounds.do_jobs(ours)

    def look(self) -> None:
        """Look soon what there is to do; called when it may have changed."""
        self._rounds.look()

    async def stop(self) -> None:
        """Begin nothing more; returns when what is in hand is written down."""
        await self._rounds.stop()

    async def _round(self, _: bool) -> float:
        return 0.0 if await self._look_and_do() else LOOK_S

    async def _look_and_do(self) -> bool:
        """Do a chunk of each kind, and of answers all; returns whether there may be more."""
        due = await self._store.look()
        more = False
        for turn in Turn:
            while turn in due and self._rounds.may_go_on:
                is_full = await self._chunk(turn)
                if turn is not Turn.HEAR or not is_full:
                    more = more or is_full
                    break
        return more

    async def _chunk(self, turn: Turn) -> bool:
        """Do a chunk; returns whether there may be more of its kind."""
        limit = self._limits[turn]
        try:
            done = await self._store.do(turn, limit)
        except StoreAway:
            raise
        except Exception:  # noqa: BLE001 - an edge: see the module
            self.log.failure("surveys: {turn} failed for {limit} at once", turn=turn.value, limit=limit)
            await self._single_out(turn, limit)
            return True
        self._door.hint(done.stored)
        if done.count < limit:
            self._limits[turn] = CHUNK
        return done.count == limit

    async def _single_out(self, turn: Turn, limit: int) -> None:
        """Do the pieces of a chunk that failed one by one, and leave one alone that failed by itself."""
        if limit > 1:
            self._limits[turn] = 1
            return
        name = await self._store.put_off(turn)
        self.log.error(
            "surveys: {turn} of {name} is left alone for a while", turn=turn.value, name=name or "one given up"
        )
        self._limits[turn] = CHUNK
