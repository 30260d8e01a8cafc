"""What a command asks of the nodes that run, and what they answer.

A command is a process of its own: it writes its question down, the nodes are told by NOTIFY, and each writes its answer
down, of which the command is told in the same way. A row lives for some minutes.
"""

from __future__ import annotations

import select
import time
from collections.abc import Mapping
from typing import Any, Final

import attrs
import orjson

from mobilesasa.store.database import Connection, Txn, in_transaction, one_row
from mobilesasa.store.holds import What
from mobilesasa.store.living import LIVING, SETTLING_S

CHANNEL: Final = "question"  # nodes listen there for the ids of questions
ANSWER_CHANNEL: Final = "answer"  # whoever asks listens there for the ids of questions that were answered

ASK = """
WITH asked AS (INSERT INTO node_question (kind, args) VALUES (%(kind)s, %(args)s::jsonb) RETURNING id)
SELECT id, pg_notify('question', id::text) FROM asked
"""

# While the locks say nothing yet, those that were seen of late.
ALIVE = (
    "WITH"
    + LIVING
    + """
SELECT DISTINCT node FROM node_run WHERE ended_at IS NULL AND id IN (SELECT run FROM living)
  AND (EXISTS (SELECT FROM settled) OR seen_at > now() - make_interval(secs => %(lease_s)s)) ORDER BY node
"""
)

LISTEN = "LISTEN answer"

# A node that was away is not to do what somebody wanted long ago and has given up.
FIND = (
    "SELECT kind, args FROM node_question WHERE id = %(id)s AND asked_at > now() - make_interval(secs => %(fresh_s)s)"
)

ANSWER = """
WITH answered AS (
    INSERT INTO node_answer (question_id, node, answer) SELECT id, %(node)s, %(answer)s::jsonb
    FROM node_question WHERE id = %(id)s
    ON CONFLICT DO NOTHING RETURNING question_id
)
SELECT pg_notify('answer', question_id::text) FROM answered
"""

ANSWERS = "SELECT node, answer FROM node_answer WHERE question_id = %(id)s ORDER BY node"

FORGET = "DELETE FROM node_question WHERE asked_at < now() - interval '10 minutes'"


@attrs.frozen
class Question:
    """What is asked; if the arguments name `nodes`, those alone are asked."""

    kind: str
    args: Mapping[str, Any]

    def is_for(self, node: str) -> bool:
        """Say whether a node is asked."""
        return node in self.args.get("nodes", (node,))


@attrs.frozen
class Heard:
    """What came of a question: the nodes that were asked, and the answers by node of those that gave one."""

    nodes: tuple[str, ...]
    answers: Mapping[str, Any]

    @property
    def silent(self) -> list[str]:
        """The nodes that were asked and did not answer in time."""
        return [node for node in self.nodes if node not in self.answers]


def ask(txn: Txn, question: Question) -> int:
    """Write a question down, and tell the nodes at the commit; returns its id."""
    txn.execute(ASK, {"kind": question.kind, "args": orjson.dumps(question.args).decode()})
    asked: int = one_row(txn)[0]
    return asked


def alive(txn: Txn, lease_s: float, settling_s: float = SETTLING_S) -> list[str]:
    """Return the names of the nodes that live; see `store.living`."""
    txn.execute(ALIVE, {"lease_s": lease_s, "run_lock": What.RUN, "settling_s": settling_s})
    return [node for (node,) in txn.fetchall()]


def begin(txn: Txn, question: Question, lease_s: float) -> tuple[list[str], int]:
    """Ask; return the names of the nodes that are asked and live, and the question's id."""
    return [node for node in alive(txn, lease_s) if question.is_for(node)], ask(txn, question)


def find(txn: Txn, question_id: int, fresh_s: float = 10.0) -> Question | None:
    """Return a question that is not older than some seconds."""
    txn.execute(FIND, {"id": question_id, "fresh_s": fresh_s})
    row = txn.fetchone()
    return None if row is None else Question(*row)


def answer(txn: Txn, question_id: int, node: str, said: object) -> None:
    """Write down what a node answers, as JSON, and tell who asked at the commit; a second answer changes nothing."""
    txn.execute(ANSWER, {"id": question_id, "node": node, "answer": orjson.dumps(said).decode()})


def answers(txn: Txn, question_id: int) -> dict[str, Any]:
    """Return the answers to a question by node."""
    txn.execute(ANSWERS, {"id": question_id})
    return dict(txn.fetchall())


def forget(txn: Txn) -> None:
    """Drop questions older than ten minutes, with their answers."""
    txn.execute(FORGET)


def ask_nodes(opened: Connection, question: Question, lease_s: float, patience_s: float) -> Heard:
    """Ask all nodes that run, and wait until each has answered or the patience is over; blocks.

    Args:
        opened: a connection of our own: it listens from now on.
        question: what is asked.
        lease_s: a node that was not seen for so long, and holds nothing, is not waited for.
        patience_s: how long to wait.
    """
    in_transaction(opened, lambda txn: txn.execute(LISTEN))
    nodes, question_id = in_transaction(opened, begin, question, lease_s)
    until_s = time.monotonic() + patience_s
    while True:
        opened.notifies.clear()
        given = in_transaction(opened, answers, question_id)
        left_s = until_s - time.monotonic()
        if left_s <= 0 or given.keys() >= set(nodes):
            return Heard(tuple(nodes), given)
        opened.poll()
        if not opened.notifies:  # one that came while we looked is read already, and would not wake us
            select.select([opened], [], [], left_s)
