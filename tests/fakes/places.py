"""The places of sessions of several nodes, in memory (`smsc.places.Book`)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

import attrs
from twisted.internet.defer import Deferred

from mobilesasa.core.errors import StoreAway
from mobilesasa.core.sessions import LiveSession


@attrs.define(eq=False)
class FakeRows:
    """What all nodes share: who has which place, and who hears calls."""

    places: dict[str, tuple[int, LiveSession]] = attrs.field(factory=dict)  # the run of the node, by session id
    told: dict[int, Callable[[str], None]] = attrs.field(factory=dict)  # by run

    def of(self, run: int) -> list[str]:
        return [session_id for session_id, (owner, _) in self.places.items() if owner == run]


@attrs.define(eq=False)
class FakePlaceBook:
    """One node's way to the rows; it can be away, fail, or be slow."""

    rows: FakeRows
    run: int
    raises: Exception | None = None
    only: str | None = None  # what raises; None: all of it
    slow: Deferred[None] | None = None
    done: list[tuple[str, object]] = attrs.field(factory=list)
    _known: set[str] = attrs.field(factory=set)

    async def take(self, session: LiveSession, most: int) -> bool:
        await self._asked("take", session.session_id)
        others = [s for name, (_, s) in self.rows.places.items() if name != session.session_id]
        if sum(each.team_id == session.team_id for each in others) >= most:
            return False
        self.rows.places[session.session_id] = (self.run, session)
        return True

    async def leave(self, session_ids: Collection[str]) -> None:
        await self._asked("leave", list(session_ids))
        for session_id in session_ids:
            self.rows.places.pop(session_id, None)

    async def call(self, team_id: int) -> bool:
        await self._asked("call", team_id)
        elsewhere = any(run != self.run and each.team_id == team_id for run, each in self.rows.places.values())
        for told in self.rows.told.values() if elsewhere else ():
            told(f"{team_id} {self.run}")
        return elsewhere

    async def reconcile(self, asking: Collection[str], held: Sequence[LiveSession]) -> None:
        await self._asked("reconcile", sorted(each.session_id for each in held))
        there = {each.session_id: each for each in held}
        for session_id in self._known & set(self.rows.of(self.run)) - {*asking, *there}:
            del self.rows.places[session_id]
        for session_id, each in there.items():
            self.rows.places.setdefault(session_id, (self.run, each))
        self._known = set(self.rows.of(self.run))

    async def _asked(self, what: str, of: object) -> None:
        self.done.append((what, of))
        if self.slow is not None:
            waiting: Deferred[None] = Deferred()
            self.slow.addCallback(lambda _: waiting.callback(None))
            await waiting
        if self.raises is not None and self.only in (None, what):
            raise self.raises


AWAY = StoreAway("it is away")
