"""What this node holds among all that run on a store, looked after once a second.

How to think about it: for each kind of thing (`store.holds.What`) somebody says which of them this node would do, and is
told which of them it may. A lock that is free is taken; one that was lost with the connection is asked for again, and only
when another node has it by then is it given up. A look that fails changes nothing for a while, for most often the database
is away for all alike, and comes back. After `GIVE_UP_S` a node that has others beside it supposes that it alone is cut off:
it does nothing more of what others may do by now, until a look succeeds.

What may be done by any node (`spread`) is not grabbed by the first that looks: the more a node has, the longer it leaves
what is free to others, up to three seconds.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping
from functools import partial
from typing import Any, Final

import attrs
from twisted.internet.defer import Deferred, DeferredLock
from twisted.internet.interfaces import IReactorTime
from twisted.internet.task import LoopingCall
from twisted.logger import Logger

from mobilesasa.core.errors import StoreAway
from mobilesasa.node.opening import OpenStore, StoreTaken
from mobilesasa.store.holds import What

LOOK_S: Final = 1.0
GIVE_UP_S: Final = 8.0  # before others take what a lost connection held for a dead process's (`store.living.MISSING_S`)
PATIENCE_S: Final = 3.0  # a node takes what is free for so long, however much it has
PATIENCE_EACH_S: Final = 1.0  # … for each that it has

#: Calls a function that blocks, on a thread.
Aside = Callable[..., Awaitable[Any]]


@attrs.define(eq=False)
class _Wish:
    what: What
    wanted: Callable[[], Collection[int]]
    told: Callable[[frozenset[int]], None]
    spread: bool
    held: frozenset[int] = frozenset()  # the locks that we have, as far as we know
    says: frozenset[int] = frozenset()  # what was told
    again: bool = False  # they went with the connection, and must be taken again
    free_since_s: dict[int, float] = attrs.field(factory=dict)


class Holds:
    """Looks after what one node holds.

    Args:
        store: where the locks are.
        clock: keeps the rounds.
        aside: runs what blocks.
        taken: called when the store is another node's.

    Attributes:
        revived: called when the connection was lost and is there again; others may have been, too.
    """

    log = Logger()

    def __init__(self, store: OpenStore, clock: IReactorTime, aside: Aside, taken: Callable[[], None]) -> None:
        """Hold nothing yet."""
        self._store = store
        self._clock = clock
        self._aside = aside
        self._taken = taken
        self.revived: Callable[[], None] = _nothing
        self._wishes: list[_Wish] = []
        self._one_at_a_time = DeferredLock()
        self._call = LoopingCall(self._round)
        self._call.clock = clock
        self._count = LoopingCall(self._second)
        self._count.clock = clock
        self._ended: list[Deferred[LoopingCall]] = []
        self._blind_s = 0.0  # since the last look that succeeded; a process that is stopped counts nothing
        self._away = False
        self._stopped = False

    def wish(
        self,
        what: What,
        wanted: Callable[[], Collection[int]],
        told: Callable[[frozenset[int]], None],
        spread: bool = False,
    ) -> None:
        """Look after a kind of thing: `wanted` says which this node would do, `told` hears of each change of what it may."""
        self._wishes.append(_Wish(what, wanted, told, spread and self._store.shared))

    def start(self) -> None:
        """Begin, with a look at once."""
        self._ended = [self._call.start(LOOK_S), self._count.start(LOOK_S, now=False)]

    async def stop(self) -> None:
        """Look no more; what is held stays so until the store is closed."""
        self._stopped = True
        for call in (self._call, self._count):
            if call.running:
                call.stop()
        for ended in self._ended:
            await ended
        await self._one_at_a_time.run(lambda: None)

    def look_soon(self, what: What) -> None:
        """Look now, because what is wanted of this kind has changed."""
        for wish in self._wishes:
            if wish.what is what and not self._stopped:
                work = Deferred.fromCoroutine(self._in_turn(partial(self._look_at, wish)))
                work.addErrback(lambda failure: self.log.failure("taking {what}", failure, what=what.value))

    def _second(self) -> None:
        """Count how long nothing is known, and give up what others may have by now."""
        self._blind_s += LOOK_S
        if self._store.shared and self._blind_s == GIVE_UP_S:
            self.log.warn(
                "this node has not reached the database for {seconds:g} s: others may do its work", seconds=GIVE_UP_S
            )
            self._tell_all()

    def _round(self) -> Deferred[None]:
        return Deferred.fromCoroutine(self._in_turn(self._look))

    async def _in_turn(self, work: Callable[[], Awaitable[None]]) -> None:
        await self._one_at_a_time.acquire()
        try:
            if not self._stopped:
                await work()
        except StoreAway as error:
            if not self._away:
                self.log.warn("the database is away: {error}", error=error)
            self._away = True
        except StoreTaken as error:
            self.log.critical("this node stops: {why}", why=error)
            self._stopped = True
            self._taken()
        except Exception:  # noqa: BLE001 - an edge: one bad look must not end the looks
            self.log.failure("what this node holds could not be looked after")
        else:
            self._away = False
        finally:
            self._one_at_a_time.release()

    async def _look(self) -> None:
        if await self._aside(self._store.revive):
            self.log.warn("the hold on the database was lost, and is ours again")
            for wish in self._wishes:
                wish.again = True
            self.revived()
        for wish in self._wishes:
            await self._look_at(wish)
        blind, self._blind_s = self._blind_s >= GIVE_UP_S, 0.0
        if blind:
            self._tell_all()

    async def _look_at(self, wish: _Wish) -> None:
        wanted = frozenset(wish.wanted())
        if wish.again:
            wish.held = await self._take(wish, wish.held & wanted)
            wish.again = False
            self._tell(wish)
        if dropped := wish.held - wanted:
            wish.held &= wanted
            self._tell(wish)
            await self._aside(self._store.let_go, wish.what, dropped)
        missing = wanted - wish.held
        if missing and wish.spread:
            missing = self._ripe(wish, missing - await self._aside(self._store.held_by_any, wish.what))
        if missing:
            wish.held |= await self._take(wish, missing)
            self._tell(wish)

    async def _take(self, wish: _Wish, ids: Collection[int]) -> frozenset[int]:
        return frozenset(await self._aside(self._store.take, wish.what, sorted(ids))) if ids else frozenset()

    def _ripe(self, wish: _Wish, free: Collection[int]) -> frozenset[int]:
        """Return what was free for long enough to be taken by a node that holds as much as this one."""
        now_s = self._clock.seconds()
        wish.free_since_s = {each: wish.free_since_s.get(each, now_s) for each in free}
        return ripe({each: now_s - since_s for each, since_s in wish.free_since_s.items()}, len(wish.held))

    def _tell_all(self) -> None:
        for wish in self._wishes:
            self._tell(wish)

    def _tell(self, wish: _Wish) -> None:
        """Say what may be done now, if that has changed."""
        blind = self._store.shared and self._blind_s >= GIVE_UP_S
        may: frozenset[int] = frozenset() if blind else wish.held
        if may != wish.says:
            wish.says = may
            wish.told(may)


def ripe(free_s: Mapping[int, float], held: int) -> frozenset[int]:
    """Return which of those that have been free for so long a node takes that holds so many already."""
    taken: set[int] = set()
    for each, for_s in sorted(free_s.items(), key=lambda item: (-item[1], item[0])):
        if for_s >= min(PATIENCE_S, PATIENCE_EACH_S * (held + len(taken))):
            taken.add(each)
    return frozenset(taken)


def _nothing() -> None:
    """Be called in place of those who would hear more."""
