"""Where short links lead, for the door that answers them: asked of the store in lists, and remembered for a while.

However many links are followed at once, one question is on its way to the store, so a crowd that follows a campaign takes
one connection of the pool. Who asks meanwhile waits for the next question, up to a number of them (I7).
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Final

import attrs
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger
from twisted.python.failure import Failure

from mobilesasa.campaigns.clicks import Clicks, Led
from mobilesasa.core.errors import Overloaded
from mobilesasa.store import campaign_links
from mobilesasa.store.database import Database

WRITE_INTERVAL_S: Final = 1.0
CODES_MAX: Final = 500  # in one question
WAITING_MAX: Final = 5000  # codes; more are refused
KEPT_MAX: Final = 10_000
KEPT_S: Final = 300.0  # a person who was forgotten, or a campaign that was, is so long remembered here at most


@attrs.define(eq=False)
class LinkBook:
    """Finds where codes lead, and gathers who followed them.

    Args:
        database: the pool.
        clock: tells how old an answer is.
        clicks: what was followed and is not written yet.
    """

    _database: Database
    _clock: IReactorTime
    _clicks: Clicks = attrs.field(factory=Clicks)
    _kept: OrderedDict[str, tuple[float, Led]] = attrs.field(factory=OrderedDict, init=False)
    _waiting: dict[str, list[Deferred[Led | None]]] = attrs.field(factory=dict, init=False)
    _asking: bool = attrs.field(default=False, init=False)

    log = Logger()

    async def find(self, code: str) -> Led | None:
        """Return where the links of a recipient lead; None: nobody has that code.

        Raises:
            StoreAway: it cannot be known now.
            Overloaded: so many wait already.
        """
        kept = self._kept.get(code)
        if kept is not None and kept[0] > self._clock.seconds():
            return kept[1]
        if code not in self._waiting and len(self._waiting) >= WAITING_MAX:
            raise Overloaded("too many links are followed at this moment; try again soon")
        answered: Deferred[Led | None] = Deferred()
        self._waiting.setdefault(code, []).append(answered)
        if not self._asking:
            self._asking = True
            asked = Deferred.fromCoroutine(self._ask())
            asked.addErrback(lambda failure: self.log.failure("short links could not be looked for", failure))
        return await answered

    def followed(self, led: Led, link_n: int, preview: bool, at_ms: int) -> None:
        """Count that a link was followed, or looked at by a program."""
        self._clicks.seen(led, link_n, preview, at_ms)

    async def write(self) -> None:
        """Write down what was followed."""
        await campaign_links.write_gathered(self._database, self._clicks)

    async def _ask(self) -> None:
        """Ask for what waits, list after list, until nothing does."""
        try:
            while self._waiting:
                codes = list(self._waiting)[:CODES_MAX]
                waiting = {code: self._waiting.pop(code) for code in codes}
                await self._answer(waiting)
        finally:
            self._asking = False

    async def _answer(self, waiting: dict[str, list[Deferred[Led | None]]]) -> None:
        try:
            found = await self._database.run("campaign_links.find", campaign_links.find, list(waiting))
        except Exception:  # noqa: BLE001 - whoever waits is told what it was, and their edge logs it
            broken = Failure()
            _tell(waiting, lambda _: broken)
        else:
            self._keep(found)
            _tell(waiting, found.get)

    def _keep(self, found: dict[str, Led]) -> None:
        until_s = self._clock.seconds() + KEPT_S
        for code, led in found.items():
            self._kept.pop(code, None)
            self._kept[code] = (until_s, led)
        while len(self._kept) > KEPT_MAX:
            self._kept.popitem(last=False)


def _tell(waiting: dict[str, list[Deferred[Led | None]]], answer: Callable[[str], Led | Failure | None]) -> None:
    for code, deferreds in waiting.items():
        for each in deferreds:
            each.callback(answer(code))
