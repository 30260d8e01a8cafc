"""Asking all nodes from within one of them, without blocking; `store.questions` has the rows and the statements."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import orjson
from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

from mobilesasa.store.database import Database
from mobilesasa.store.questions import Heard, Question, answers, ask, begin

PATIENCE_S: Final = 1.5


class Asking:
    """Asks all nodes that live, this one included, and waits a little for their answers.

    Args:
        database: where questions and answers are.
        lease_s: a node that was not seen for so long, and holds nothing, is not waited for.
        patience_s: how long to wait.
    """

    def __init__(self, database: Database, lease_s: float, patience_s: float = PATIENCE_S) -> None:
        """Ask nothing yet."""
        self._database = database
        self._lease_s = lease_s
        self._patience_s = patience_s
        self._under_way: dict[bytes, list[Deferred[Heard]]] = {}  # by what is asked
        self._woken: dict[int, Deferred[None]] = {}  # by question

    def ask(self, question: Question, of_one: bool = False) -> Deferred[Heard]:
        """Ask; those who ask the same at the same time share the answers, so that a poll costs the nodes no more.

        Args:
            question: what is asked.
            of_one: whether the first answer that is not null is enough.

        Raises:
            StoreAway: nobody can be asked.
        """
        key = orjson.dumps((question.kind, question.args), option=orjson.OPT_SORT_KEYS)
        waiting = self._under_way.setdefault(key, [])
        heard: Deferred[Heard] = Deferred()
        waiting.append(heard)
        if len(waiting) == 1:
            Deferred.fromCoroutine(self._ask(question, of_one)).addBoth(self._tell, key)
        return heard

    async def tell(self, question: Question) -> None:
        """Ask, and wait for no answer.

        Raises:
            StoreAway: nobody can be asked.
        """
        await self._database.run("questions.ask", ask, question)

    def answered(self, payload: str) -> None:
        """Learn that a question was answered, by its id; it may be one that somebody else has asked."""
        woken = self._woken.get(int(payload))
        if woken is not None and not woken.called:
            woken.callback(None)

    async def _ask(self, question: Question, of_one: bool) -> Heard:
        nodes, question_id = await self._database.run("questions.begin", begin, question, self._lease_s)
        patience = self._database.clock.callLater(self._patience_s, self.answered, str(question_id))
        try:
            while True:
                woken = self._woken[question_id] = Deferred()  # before the look, so that no answer is missed
                over = not patience.active()
                given = await self._database.run("questions.answers", answers, question_id)
                if over or given.keys() >= set(nodes) or (of_one and _any(given)):
                    return Heard(tuple(nodes), given)
                await woken
        finally:
            self._woken.pop(question_id, None)
            if patience.active():
                patience.cancel()

    def _tell(self, result: Heard | Failure, key: bytes) -> None:
        for heard in self._under_way.pop(key):
            heard.callback(result)


def _any(given: Mapping[str, Any]) -> bool:
    return any(answer is not None for answer in given.values())
