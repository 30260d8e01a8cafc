"""Questions of commands to the nodes: asked, answered and forgotten."""

import contextlib
import threading

import pytest

from mobilesasa.store import questions
from mobilesasa.store.database import connect, in_transaction
from mobilesasa.store.questions import Heard, Question
from tests.store.given import add_run, count, one
from tests.store.processes import Process

TRACE = Question("smpp.trace", {"session": "n-1-1"})


@pytest.fixture
def opened(database_dsn: str):
    with contextlib.closing(connect(database_dsn, "a command")) as connection:
        yield connection


def test_a_question_is_found_by_its_id(txn):
    assert questions.find(txn, questions.ask(txn, TRACE)) == TRACE
    assert questions.find(txn, 0) is None


def test_a_question_that_is_old_is_not_found(txn):
    question_id = questions.ask(txn, TRACE)
    txn.execute("UPDATE node_question SET asked_at = now() - interval '11 seconds'")
    assert questions.find(txn, question_id) is None


def test_answers_are_kept_by_node_and_the_first_of_a_node_stands(txn):
    question_id = questions.ask(txn, TRACE)
    questions.answer(txn, question_id, "a", {"n": 1})
    questions.answer(txn, question_id, "a", {"n": 2})
    questions.answer(txn, question_id, "b", None)
    assert questions.answers(txn, question_id) == {"a": {"n": 1}, "b": None}


def test_an_answer_to_a_question_that_is_forgotten_is_dropped(txn):
    questions.answer(txn, 0, "a", {})
    assert questions.answers(txn, 0) == {}


def test_what_is_older_than_ten_minutes_is_forgotten_with_its_answers(txn):
    old = questions.ask(txn, TRACE)
    questions.answer(txn, old, "a", {})
    txn.execute("UPDATE node_question SET asked_at = now() - interval '11 minutes'")
    young = questions.ask(txn, TRACE)
    questions.forget(txn)
    assert one(txn, "SELECT id FROM node_question") == young
    assert count(txn, "node_answer") == 0


def test_a_node_lives_while_it_holds_its_run(opened, database_dsn):
    process = Process(database_dsn)
    alive = "SELECT node FROM node_run WHERE id = %(run)s"
    assert in_transaction(opened, questions.alive, 60, 0) == [process.do(one, alive, run=process.run)]
    process.kill()
    assert in_transaction(opened, questions.alive, 60, 0) == []


def test_while_no_connection_is_old_a_node_lives_that_was_seen_of_late_and_has_not_ended(txn):
    add_run(txn, "a")
    add_run(txn, "b")
    add_run(txn, "c")
    txn.execute("UPDATE node_run SET ended_at = now() WHERE node = 'b'")
    txn.execute("UPDATE node_run SET seen_at = now() - interval '61 seconds' WHERE node = 'c'")
    assert [node for node in questions.alive(txn, 60, 3600) if node in "abc"] == ["a"]


def test_where_no_node_runs_nobody_is_waited_for(opened):
    assert questions.ask_nodes(opened, TRACE, 60, 60) == Heard((), {})


def test_a_node_that_does_not_answer_is_waited_for_no_longer_than_the_patience(opened, database_dsn):
    deaf = Process(database_dsn, "deaf")
    heard = questions.ask_nodes(opened, TRACE, 60, 0.02)
    assert (heard.nodes, heard.answers, heard.silent) == (("deaf",), {}, ["deaf"])
    deaf.kill()


def test_an_answer_ends_the_waiting(opened, database_dsn):
    quick = Process(database_dsn, "quick")
    listening = threading.Event()

    def answer_it() -> None:
        with contextlib.closing(connect(database_dsn, "a node")) as node:
            node.autocommit = True
            with node.cursor() as cursor:
                cursor.execute("LISTEN question")
                listening.set()
                while not node.notifies:
                    cursor.execute("SELECT 1")
                question_id = int(node.notifies[0].payload)
                asked = questions.find(cursor, question_id)
                questions.answer(cursor, question_id, "quick", dict(asked.args) if asked else None)

    thread = threading.Thread(target=answer_it)
    thread.start()
    assert listening.wait(10)
    heard = questions.ask_nodes(opened, TRACE, 60, 10)
    thread.join(10)
    assert (heard.answers, heard.silent) == ({"quick": {"session": "n-1-1"}}, [])
    quick.kill()
