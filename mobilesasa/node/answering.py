"""Answers what commands ask of this node: they are processes of their own, and the store passes it on."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

from twisted.internet.defer import Deferred
from twisted.logger import Logger

from mobilesasa.core.errors import StoreAway
from mobilesasa.store import questions
from mobilesasa.store.database import Database

Answerer = Callable[[Mapping[str, Any]], object]


class Answering:
    """Reads each question that the store tells of, and writes down what the part that it is for answers.

    Args:
        database: where the questions are.
        node: the name of this node.
        answerers: by the kind of question, what turns its arguments into JSON, at once or when it is awaited; None is an
            answer too.
    """

    log = Logger()

    def __init__(self, database: Database, node: str, answerers: Mapping[str, Answerer]) -> None:
        self._database = database
        self._node = node
        self._answerers = dict(answerers)

    def asked(self, payload: str) -> None:
        """Learn of a question by its id."""
        work = Deferred.fromCoroutine(self._answer(int(payload)))
        work.addErrback(lambda failure: self.log.failure("answering question {question}", failure, question=payload))

    async def _answer(self, question_id: int) -> None:
        try:
            question = await self._database.run("questions.find", questions.find, question_id)
            answerer = None if question is None else self._answerers.get(question.kind)
            if question is None or answerer is None or not question.is_for(self._node):
                return  # too old, of a newer release (whoever asked says that we did not answer), or for others
            said = answerer(question.args)
            if inspect.isawaitable(said):
                said = await said
            await self._database.run("questions.answer", questions.answer, question_id, self._node, said)
        except StoreAway as error:
            self.log.warn("question {question} is not answered: {error}", question=question_id, error=error)
