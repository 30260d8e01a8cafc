"""Removing months of messages whose time is over: step by step, each one transaction, so that whoever dies, another goes on.

    look ─▶ states ─▶ strays ─▶ leave ─▶ clean ─▶ drop ─▶ look … ─▶ inbound ─▶ done
      └──────────── a month has left already ───────▶┘

A step finds in the store what there is to do, and keeps nothing in memory but where it is: to begin again at `look` is always
right. What a month is needed for, and how it goes, is `store.retention_months`.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping, Sequence
from typing import Final

import attrs
from twisted.internet.task import deferLater
from twisted.logger import Logger

from mobilesasa.core.actors import NODE, Actor
from mobilesasa.core.retention import Hold, Month
from mobilesasa.store import retention_months as months
from mobilesasa.store import retention_rows as rows
from mobilesasa.store.database import Connection, Database, Txn, in_transaction
from mobilesasa.store.retention_months import InUse, Span
from mobilesasa.store.retention_rows import FIRST, Place

INTERVAL_S: Final = 300.0
BATCH: Final = 2000  # rows that a step removes
TRIES: Final = 5  # at a table that is in use, in one round
PAUSE_S: Final = 2.0  # between them


class Stage(enum.Enum):
    """What is done next."""

    LOOK = enum.auto()
    STATES = enum.auto()
    STRAYS = enum.auto()
    LEAVE = enum.auto()
    CLEAN = enum.auto()
    DROP = enum.auto()
    INBOUND = enum.auto()
    DONE = enum.auto()


@attrs.frozen
class Round:
    """How far a round has come.

    Attributes:
        keep_months: full months for which messages are kept behind that of their acceptance; 0: for ever.
        by: who removes them, for the trail.
        stage: what is done next.
        span: the month that is on its way out.
        is_month: whether it has a table of its own; else it is a matter of strays.
        place: how far the recipients of campaigns have been looked at.
        batch: rows that a step removes.
        told: what came of the last step, in words; empty: nothing that anybody would ask about.
        held: why the next month is not removed, in words; empty: nothing holds one up.
        dropped: the months that this round has dropped.
    """

    keep_months: int
    by: Actor = NODE
    stage: Stage = Stage.LOOK
    span: Span | None = None
    is_month: bool = True
    place: Place = FIRST
    batch: int = BATCH
    told: str = ""
    held: str = ""
    dropped: tuple[str, ...] = ()

    def to(self, stage: Stage, told: str = "") -> Round:
        """Return it with another thing to do next."""
        return attrs.evolve(self, stage=stage, told=told)

    @property
    def at(self) -> Span:
        """The month that is on its way out."""
        if self.span is None:
            raise LookupError(f"{self.stage} has no month")
        return self.span


def go_on(txn: Txn, now: Round) -> Round:
    """Do the next step of a round.

    Raises:
        InUse: it must be tried again later; nothing was done.
    """
    return _STEPS[now.stage](txn, now)


def _look(txn: Txn, now: Round) -> Round:
    left = months.leaving(txn)
    if left is not None:
        return attrs.evolve(now, span=left, stage=Stage.CLEAN, told="")
    if not now.keep_months:
        return now.to(Stage.DONE)
    found = months.next_due(txn, now.keep_months)
    span = found or months.cut(txn, now.keep_months)
    if found is None and not months.any_strays(txn, span):
        return now.to(Stage.INBOUND)
    held = months.needed(txn, span)
    if held:
        return _held_up(now, f"of {span.month}" if span.month else "in no month", held)
    return attrs.evolve(now, span=span, is_month=found is not None, place=FIRST, stage=Stage.STATES, told="")


def _states(txn: Txn, now: Round) -> Round:
    place = rows.keep_states(txn, now.at, now.place, now.batch)
    return now.to(Stage.STRAYS) if place is None else attrs.evolve(now, place=place, told="")


def _strays(txn: Txn, now: Round) -> Round:
    if months.remove_strays(txn, now.by, now.at, now.batch) == now.batch:
        return now.to(Stage.STRAYS)
    return now.to(Stage.LEAVE if now.is_month else Stage.CLEAN)


def _leave(txn: Txn, now: Round) -> Round:
    held = months.take_away(txn, now.at)
    return _held_up(now, f"of {now.at.month}", held) if held else now.to(Stage.CLEAN)


def _clean(txn: Txn, now: Round) -> Round:
    if rows.forget(txn, now.at, now.batch):
        return now.to(Stage.CLEAN)
    return now.to(Stage.DROP if now.is_month else Stage.LOOK)


def _drop(txn: Txn, now: Round) -> Round:
    messages, octets = months.drop(txn, now.by, now.at)
    told = f"the messages of {now.at.month} are removed: {messages}, with {octets} octets"
    return attrs.evolve(now, stage=Stage.LOOK, told=told, dropped=(*now.dropped, now.at.month))


def _inbound(txn: Txn, now: Round) -> Round:
    span = months.cut(txn, now.keep_months)
    if months.inbound_exported(txn, span):
        return now.to(Stage.DONE)
    return now.to(Stage.INBOUND if rows.forget_inbound(txn, now.by, span, now.batch) else Stage.DONE)


_STEPS: Final[Mapping[Stage, Callable[[Txn, Round], Round]]] = {
    Stage.LOOK: _look,
    Stage.STATES: _states,
    Stage.STRAYS: _strays,
    Stage.LEAVE: _leave,
    Stage.CLEAN: _clean,
    Stage.DROP: _drop,
    Stage.INBOUND: _inbound,
    Stage.DONE: lambda _, now: now,
}


def _held_up(now: Round, what: str, held: Sequence[Hold]) -> Round:
    told = f"the messages {what} are not removed: {'; '.join(map(str, held))}"
    return attrs.evolve(now, stage=Stage.INBOUND, told=told, held=told)


def run(opened: Connection, begun: Round, pause: Callable[[float], object], tell: Callable[[str], object]) -> Round:
    """Do a whole round on a connection of one's own; blocks.

    Args:
        opened: the connection.
        begun: the round.
        pause: waits so many seconds, when the table is in use.
        tell: is told what came of it, in words.

    Raises:
        InUse: somebody else uses the messages, or removes them, for longer than we try.
    """
    now, tries = begun, 0
    while now.stage is not Stage.DONE:
        try:
            now, tries = in_transaction(opened, go_on, now), 0
        except InUse:
            tries += 1
            if tries == TRIES:
                raise
            pause(PAUSE_S)
            continue
        if now.told:
            tell(now.told)
    return now


class Retention:
    """The rounds of a node; one node does them for all.

    Args:
        database: the pool.
        keep_months: full months for which messages are kept behind that of their acceptance; 0: for ever.
    """

    log = Logger()

    def __init__(self, database: Database, keep_months: int) -> None:
        """Do nothing yet."""
        self._database = database
        self._keep_months = keep_months
        self._stopping = False
        self._said = ""  # why a month is held up, which is told once

    def stop(self) -> None:
        """End the round that is under way behind its step."""
        self._stopping = True

    async def once(self) -> None:
        """Do a round, as far as the table is not in use; what is left is the next one's."""
        now, tries = Round(self._keep_months), 0
        while now.stage is not Stage.DONE and not self._stopping:
            try:
                now, tries = await self._database.run("retention.go_on", go_on, now), 0
            except InUse as busy:
                tries += 1
                if tries == TRIES:
                    now = attrs.evolve(now, held=f"months that are over are removed later: {busy}")
                    break
                await deferLater(self._database.clock, PAUSE_S)
                continue
            if now.told and not now.held:
                self.log.info("{told}", told=now.told)
        if now.held and now.held != self._said:
            self.log.info("{held}", held=now.held)
        self._said = now.held


@attrs.frozen
class Months:
    """The months, for the API; each call is one transaction of the pool."""

    _database: Database
    keep_months: int

    async def months(self) -> Sequence[Month]:
        """Return the months there are and were, newest first."""
        return await self._database.run("retention.months", months.months, self.keep_months)
