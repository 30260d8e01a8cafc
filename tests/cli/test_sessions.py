"""`mobilesasa smpp sessions`, `trace` and `kick`, with a node that is a thread of the test's."""

import contextlib
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from mobilesasa.core.sessions import LiveSession
from mobilesasa.store import questions
from mobilesasa.store import sessions as places
from mobilesasa.store.database import connect
from tests.store.given import rows
from tests.store.processes import Process

SESSION = {
    "id": "n-1-1", "team": "ACME", "address": "192.0.2.1:40000", "bind_type": "transceiver", "port": "tls",
    "tls": {"version": "TLSv1.3", "cipher": "X"}, "bound_since": "2026-05-11T09:00:00Z", "submits_per_s": 12.0,
    "submits_per_s_10": 11.5, "submits_per_s_limit": 50, "window_in": 3, "window_in_limit": 100, "window_out": 1,
    "window_out_limit": 10, "counts": {"receipts": 7},
    "last_error": {"at": "2026-05-11T09:00:00Z", "status": "ESME_RINVDSTADR", "reason": "no such number"},
}  # fmt: skip
REFUSED = {
    "at": "2026-05-11T09:00:00Z", "address": "192.0.2.9", "system_id": "ACME", "status": "ESME_RINVPASWD",
    "reason": "your client cuts the password to 8 characters", "times": 2,
}  # fmt: skip
LINE = {
    "at": "2026-05-11T09:00:00.000Z", "direction": "in", "command": "submit_sm", "status": "ESME_ROK", "sequence": 7,
    "fields": {"source_addr": "TextBlast", "esm_class": 0, "short_message": "5 octets"}, "tlvs": {"user_message_reference": 9},
    "note": "odd",
}  # fmt: skip
SAYS = {
    "smpp.sessions": lambda args: {"sessions": [SESSION], "refused_binds": [REFUSED]},
    "smpp.trace": lambda args: [LINE] if args["session"] == "n-1-1" else None,
    "smpp.kick": lambda args: args["session"] if args["session"] == "n-1-1" else None,
}


@pytest.fixture
def asked() -> list[Any]:
    """What nodes were asked."""
    return []


@pytest.fixture
def node(database_dsn: str, asked: list[Any]) -> Iterator[Callable[..., None]]:
    """Start a node that answers a number of questions."""
    threads: list[threading.Thread] = []
    processes: list[Process] = []

    def answer(ready: threading.Event, count: int, says: dict[str, Callable[[Any], Any]]) -> None:
        with contextlib.closing(connect(database_dsn, "a node")) as opened:
            opened.autocommit = True
            with opened.cursor() as cursor:
                cursor.execute("LISTEN question")
                ready.set()
                while count:
                    cursor.execute("SELECT 1")
                    for told in opened.notifies:
                        question = questions.find(cursor, int(told.payload))
                        asked.append(question)
                        questions.answer(cursor, int(told.payload), "n", says[question.kind](question.args))
                        count -= 1
                    opened.notifies.clear()

    def start(count: int = 1, says: dict[str, Callable[[Any], Any]] = SAYS) -> None:
        processes.append(Process(database_dsn, "n"))
        ready = threading.Event()
        threads.append(threading.Thread(target=answer, args=(ready, count, says), daemon=True))
        threads[0].start()
        assert ready.wait(10)

    yield start
    for thread in threads:
        thread.join(10)
    for process in processes:
        process.holder.close()


def test_sessions_and_refused_binds_are_one_object(ask, node):
    node()
    assert ask("smpp", "sessions") == {"sessions": [SESSION], "refused_binds": [REFUSED], "nodes": ["n"], "silent": []}


def test_sessions_are_a_table_for_people(run, node):
    node()
    said = run("smpp", "sessions").stdout
    row = "n-1-1 ACME 192.0.2.1:40000 TRX TLSv1.3 2026-05-11T09:00:00Z 12 (11.5) 50 3/100 in, 1/10 out 7"
    assert row in " ".join(said.split())
    assert "ESME_RINVDSTADR: no such number" in said
    assert "your client cuts the password to 8 characters" in said


def test_nobody_bound_is_said_in_words(run, node):
    node(says={"smpp.sessions": lambda args: {"sessions": [], "refused_binds": []}})
    assert run("smpp", "sessions").stdout == "nobody is bound\n"


def test_one_team_is_asked_for_by_its_code(run, ask, node, asked):
    run("team", "create", "--code", "ACME")
    node()
    ask("smpp", "sessions", "--team", "acme")
    assert asked[0].args == {"team": "ACME"}


def test_a_team_that_is_not_there_is_an_error(run):
    result = run("smpp", "sessions", "--team", "NOBODY")
    assert result.exit_code == 1
    assert "NOBODY" in result.stderr


def test_a_trace_is_one_object_and_a_table_for_people(run, ask, node):
    node(2)
    assert ask("smpp", "trace", "n-1-1") == {"session": "n-1-1", "trace": [LINE]}
    said = " ".join(run("smpp", "trace", "n-1-1").stdout.split())
    words = "source_addr=TextBlast short_message=5 octets user_message_reference=9 odd"
    assert f"2026-05-11T09:00:00.000Z → submit_sm 7 ESME_ROK {words}" in said


def test_a_session_is_kicked_and_the_trail_says_by_whom(run, ask, node, database_dsn):
    node(2)
    assert ask("smpp", "kick", "n-1-1") == {"kicked": "n-1-1"}
    assert run("smpp", "kick", "--session", "n-1-1").stdout == "n-1-1 is asked to go\n"
    with contextlib.closing(connect(database_dsn, "after")) as opened, opened.cursor() as txn:
        said = rows(txn, "SELECT actor, subject, team_id FROM trail WHERE action = 'smpp_session.unbind'")
    assert said == [("operator", "n-1-1", None)] * 2


@pytest.mark.parametrize("command", ["trace", "kick"])
def test_a_session_that_no_node_has_is_an_error(run, node, command):
    node()
    result = run("smpp", command, "n-9-9", "--json")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == "Error: there is no live session n-9-9\n"


@pytest.mark.parametrize("words", [("sessions",), ("trace", "n-1-1"), ("kick", "n-1-1")])
def test_where_no_node_runs_that_is_the_error(run, words):
    result = run("smpp", *words, "--json")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == "Error: no node is running on this store; start one, and ask again\n"


@pytest.fixture
def deaf(database_dsn: str) -> Iterator[Process]:
    """A node that runs and answers nothing."""
    made = Process(database_dsn, "deaf")
    yield made
    made.holder.close()


def test_a_node_that_does_not_answer_is_named(run, deaf, monkeypatch):
    monkeypatch.setattr("mobilesasa.cli.access.PATIENCE_S", 0.02)  # a node that is deaf is waited for as long
    result = run("smpp", "sessions")
    assert (result.exit_code, result.stderr) == (1, "Error: deaf did not answer within 0.02 s\n")


def test_a_node_that_stays_silent_beside_one_that_answers_is_named(run, ask, node, deaf, monkeypatch):
    monkeypatch.setattr("mobilesasa.cli.access.PATIENCE_S", 0.3)
    node(2)
    assert "deaf did not answer" in run("smpp", "sessions").stdout
    assert run("smpp", "kick", "n-9-9").stderr == "Error: there is no live session n-9-9; deaf did not answer\n"


@pytest.mark.parametrize("team", ["ACME", None])
def test_what_a_silent_node_wrote_down_of_its_sessions_is_told(run, node, deaf, monkeypatch, team):
    monkeypatch.setattr("mobilesasa.cli.access.PATIENCE_S", 0.3)
    for code in ("ACME", "RIVAL"):
        run("team", "create", "--code", code)
        shown = {"team": code, "address": "192.0.2.1", "bind_type": "transceiver"}
        deaf.do(places.take, places.Here(deaf.run, "deaf"), LiveSession(f"deaf-1-{code}", 1, shown), 5)
    node()
    said = run("smpp", "sessions", *(["--team", team] if team else [])).stdout
    others = "" if team else ", RIVAL from 192.0.2.1 (TRX)"
    assert f"deaf did not answer; bound to it: ACME from 192.0.2.1 (TRX){others}" in " ".join(said.split())
