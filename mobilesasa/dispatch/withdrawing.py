"""Withdrawing over several nodes: what the others have claimed ahead for their carriers goes back into the store.

How to think about it: the store has said which node has what. That node alone is asked, by a question; it puts back what
no carrier has, answers when the store has it, and claims none of it until it hears that the alteration is done, or by
itself after `WITHDRAWN_S`. Messages are named by their ids, so it goes on to claim all others. Whoever asks holds nothing
back meanwhile, and whoever is asked waits for nobody else: two nodes that ask each other at once do not wait for each
other. An answer that does not come costs the patience of whoever asks, and the alteration is then tried all the same.
"""

from __future__ import annotations

import itertools
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final, TypeVar

from twisted.internet.defer import Deferred, DeferredList
from twisted.logger import Logger

from mobilesasa.core.alterations import Concerned, Held
from mobilesasa.core.errors import StoreAway
from mobilesasa.dispatch.fleet import Fleet
from mobilesasa.dispatch.hand import Withdrawal

WITHDRAW: Final = "dispatch.withdraw"  # the kinds of questions
RESUME: Final = "dispatch.resume"

T = TypeVar("T")


class SharedWithdrawing:
    """Asks other nodes to withdraw, and does so here for them; implements `core.alterations.WithdrawingElsewhere`.

    Args:
        fleet: the carriers of this node.
        run: this process's `node_run.id`, so that the name of a withdrawal is never used twice.
        ask: asks the nodes that the arguments name; returns which of them did not answer in time.
        tell: asks them and waits for no answer.
    """

    log = Logger()

    def __init__(
        self,
        fleet: Fleet,
        run: int,
        ask: Callable[[str, Mapping[str, Any]], Awaitable[Sequence[str]]],
        tell: Callable[[str, Mapping[str, Any]], Awaitable[None]],
    ) -> None:
        self._fleet = fleet
        self._run = run
        self._ask = ask
        self._tell = tell
        self._numbers = itertools.count(1)
        self._for_others: dict[str, list[Withdrawal]] = {}

    async def withdraw(self, team_id: int, held: Sequence[Held], meanwhile: Callable[[], Awaitable[T]]) -> T:
        """See the port."""
        about = {"nodes": sorted({each.node for each in held}), "withdrawal": f"{self._run}-{next(self._numbers)}"}
        try:
            silent = await self._ask(WITHDRAW, {**about, "team": team_id, "ids": [each.message_id for each in held]})
            if silent:
                self.log.warn(
                    "{nodes} did not say in time that messages of team {team_id} are withdrawn",
                    nodes=", ".join(silent),
                    team_id=team_id,
                )
        except StoreAway as error:
            self.log.warn(
                "nobody was asked to withdraw messages of team {team_id}: {error}", team_id=team_id, error=error
            )
        try:
            return await meanwhile()
        finally:
            Deferred.fromCoroutine(self._resume(about)).addErrback(
                lambda failure: self.log.failure("telling {nodes} to go on", failure, nodes=about["nodes"])
            )

    async def _resume(self, about: Mapping[str, Any]) -> None:
        try:
            await self._tell(RESUME, about)
        except StoreAway as error:
            self.log.warn("{nodes} will go on by themselves: {error}", nodes=about["nodes"], error=error)

    async def tell_withdrawn(self, args: Mapping[str, Any]) -> bool:
        """Answer another node: what it names and no carrier has is in the store, and stays there for now."""
        withdrawals = self._fleet.put_back(Concerned(args["team"], frozenset(args["ids"])))
        kept = {name: each for name, each in self._for_others.items() if not all(one.over for one in each)}
        self._for_others = {**kept, args["withdrawal"]: withdrawals}  # before the wait: whoever gave up may say so
        await DeferredList([each.out for each in withdrawals])
        return True

    def tell_resumed(self, args: Mapping[str, Any]) -> None:
        """Hear from another node that it is done, or has given up."""
        for withdrawal in self._for_others.pop(args["withdrawal"], ()):
            withdrawal.end()
