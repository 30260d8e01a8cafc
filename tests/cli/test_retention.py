"""`mobilesasa retention`: what it shows, what it removes, and what it says of what is held up."""

import contextlib

import pytest

from mobilesasa.cli import retention
from mobilesasa.store.database import connect, in_transaction
from tests.store.given import add_team, count, rows
from tests.store.months import at, ended, make_months, name, old
from tests.store.recounted import count_up


@pytest.fixture
def store(database_dsn):
    """A store with messages in months that are over; runs store functions on it."""
    opened = connect(database_dsn, "tests")

    def do(function, *args):
        return in_transaction(opened, function, *args)

    do(make_months)
    team = do(add_team)
    for months in (4, 3, 0):
        do(ended, team, at(months))
    do(count_up)
    do.team = team
    do.dsn = database_dsn
    yield do
    opened.close()


def by_month(found):
    return {each["month"]: each for each in found["months"]}


def test_the_months_are_shown_and_by_default_all_are_kept(store, ask):
    found = ask("retention", "show")
    assert found["keep_months"] == 0
    assert {each["standing"] for each in found["months"]} == {"kept"}
    assert {each["goes_at"] for each in found["months"]} == {None}
    assert by_month(found)[name(4)]["octets"] > 0


def test_a_dry_run_lists_what_would_go_and_removes_nothing(store, ask):
    found = ask("retention", "run", "--keep-months", 3, "--dry-run")
    assert [(each["month"], each["standing"]) for each in found["months"]] == [(name(n), "due") for n in (4, 5, 6)]
    assert store(count, "message") == 3


def test_a_run_removes_the_months_that_are_over_and_says_so(store, run, ask):
    result = run("retention", "run", MOBILESASA_MESSAGES_KEEP_MONTHS="3")
    assert result.exit_code == 0
    assert f"the messages of {name(4)} are removed: 1, with " in result.stdout
    assert store(count, "message") == 2
    assert ask("retention", "run", "--keep-months", 3) == {"keep_months": 3, "dropped": [], "told": [], "held": None}
    assert by_month(ask("retention", "show", "--keep-months", 3))[name(4)]["standing"] == "gone"
    ((kind, who),) = set(store(rows, "SELECT actor, actor_name FROM trail WHERE action = 'messages.drop'"))
    assert (kind, who == "node") == ("operator", False)
    assert "there is nothing to remove" in run("retention", "run", "--keep-months", 3).stdout


def test_what_holds_a_month_up_is_said_and_status_1(store, run, ask):
    store(old, store.team, at(4))
    found = ask("retention", "run", "--keep-months", 3, status=1)
    assert (
        found["held"]
        == f"the messages of {name(4)} are not removed: 1 messages that wait for a carrier; 1 changes that are not counted for reports yet"
    )
    assert found["dropped"] == [name(6), name(5)]
    shown = by_month(ask("retention", "show", "--keep-months", 3))[name(4)]
    assert [(each["what"], each["count"]) for each in shown["held_by"]] == [("waiting", 1), ("sums", 1)]
    assert "messages that wait for a carrier" in run("retention", "show", "--keep-months", 3).stdout


def test_a_table_in_use_is_told_in_a_line(store, run, monkeypatch):
    monkeypatch.setattr(retention.time, "sleep", lambda _: None)  # it would wait for whoever holds the table
    with contextlib.closing(connect(store.dsn, "holder")) as holder, holder.cursor() as txn:
        txn.execute("SELECT count(*) FROM message")
        txn.execute("SELECT pg_sleep(0.6)")
        result = run("retention", "run", "--keep-months", 3)
    assert result.exit_code == 1
    assert "looks at the messages for long" in result.stderr
    assert result.stderr.count("\n") == 1
