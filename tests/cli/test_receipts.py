"""`mobilesasa receipts replay|unmatched|match`."""

import io
import select
import sys
from contextlib import closing
from datetime import UTC, datetime

import attrs
import pytest

from mobilesasa.cli.receipts import show_progress
from mobilesasa.core.ids import smpp_id
from mobilesasa.store.database import connect, in_transaction
from mobilesasa.store.replays import CHANNEL, Replay
from tests.store.given import NOW_MS, delivered, failed, sent, told

FROM = f"{datetime.fromtimestamp(NOW_MS / 1000 - 60, UTC):%Y-%m-%dT%H:%M:%SZ}"
TO = f"{datetime.fromtimestamp(NOW_MS / 1000 + 60, UTC):%Y-%m-%dT%H:%M:%SZ}"


@pytest.fixture
def opened(ask, database_dsn):
    """A connection to a store in which ACME has three delivered messages and has taken their receipts."""
    ask("team", "create", "--code", "ACME", "--units", 50)

    def deliver(txn):
        txn.execute("SELECT id FROM team WHERE code = 'ACME'")
        (team,) = txn.fetchone()
        for ref in "abc":
            sent(txn, team, ref)
        told(txn, *map(delivered, "abc"))
        txn.execute("DELETE FROM spool")

    with closing(connect(database_dsn, "test")) as opened:
        in_transaction(opened, deliver)
        yield opened


def notified(opened):
    """What the connection is told; PostgreSQL tells it a moment after the commit."""
    select.select([opened], [], [], 10)
    opened.poll()
    return [(each.channel, each.payload) for each in opened.notifies]


def replay(ask, code="ACME", from_=FROM, to=TO):
    return ask("receipts", "replay", "--team", code, "--from", from_, "--to", to)


def test_the_receipts_of_a_span_are_put_into_the_spool_again(ask, opened):
    assert replay(ask, "acme") == {"team": "ACME", "from": FROM, "to": TO, "replayed": 3}
    assert in_transaction(opened, _spooled) == 3


def test_a_second_replay_doubles_nothing_that_is_not_taken(ask, opened):
    replay(ask)
    assert replay(ask)["replayed"] == 0
    assert in_transaction(opened, _spooled) == 3


def test_the_nodes_are_told_which_team_is_owed_something(ask, opened):
    with opened.cursor() as cursor:
        cursor.execute(f"LISTEN {CHANNEL}")
        cursor.execute("SELECT id FROM team WHERE code = 'ACME'")
        (team,) = cursor.fetchone()
    opened.commit()
    replay(ask)
    assert notified(opened) == [(CHANNEL, str(team))]


def test_nobody_is_told_of_nothing(ask, opened):
    with opened.cursor() as cursor:
        cursor.execute(f"LISTEN {CHANNEL}")
    opened.commit()
    assert replay(ask, from_="2026-01-01T00:00:00+03:00", to="2026-01-02T00:00:00+03:00")["replayed"] == 0
    opened.poll()
    assert opened.notifies == []


@pytest.mark.parametrize(
    ("from_", "to", "says"),
    [
        ("yesterday", TO, "'yesterday' is no time of ISO 8601"),
        ("2026-05-11T09:00:00", TO, "has no zone"),
        (TO, FROM, "must be before --to"),
        (FROM, FROM, "must be before --to"),
    ],
    ids=["no time", "no zone", "backwards", "empty"],
)
def test_a_span_that_is_none_is_refused_in_words(run, from_, to, says):
    result = run("receipts", "replay", "--team", "ACME", "--from", from_, "--to", to)
    assert (result.exit_code, result.stdout) == (2, "")
    assert says in " ".join(result.stderr.split())


def test_a_team_that_is_not_there_is_refused_in_words(run):
    result = run("receipts", "replay", "--team", "NOBODY", "--from", FROM, "--to", TO)
    assert result.exit_code == 1
    assert "NOBODY" in result.stderr


def test_people_see_how_many_there_were(run, opened):
    result = run("receipts", "replay", "--team", "ACME", "--from", FROM, "--to", TO)
    assert (result.exit_code, result.stderr) == (0, "")
    assert "replayed  3" in result.stdout


def test_on_a_terminal_one_line_says_how_far_it_is(monkeypatch):
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    monkeypatch.setattr(sys, "stderr", Terminal())  # the runner's is none
    state = Replay(1, 0, 1, 72)
    show_progress(attrs.evolve(state, looked_at=10_000, replayed=7))
    show_progress(attrs.evolve(state, looked_at=10_003, replayed=9, done=True))
    assert sys.stderr.getvalue() == (
        "\r10,000 messages looked at, 7 receipts to send again\r10,003 messages looked at, 9 receipts to send again\n"
    )


def _spooled(txn):
    txn.execute("SELECT count(*) FROM spool")
    return txn.fetchone()[0]


@pytest.fixture
def tray(ask, opened):
    """The id of a carrier that has told of two messages that nobody knows; one of them is known in another spelling."""
    for name in ("first", "upstream"):
        ask("carrier", "add", name, "--kind", "sandbox")
    with opened.cursor() as cursor:
        cursor.execute("SELECT id FROM carrier WHERE name = 'upstream'")
        (carrier,) = cursor.fetchone()
        cursor.execute("SELECT id FROM team WHERE code = 'ACME'")
        (team,) = cursor.fetchone()
    opened.commit()

    def tell(txn):
        sent(txn, team, "ff")
        told(txn, delivered("255"))
        told(txn, failed("77", carrier_id=carrier, error="042"))

    in_transaction(opened, tell)
    return carrier


def test_receipts_that_fit_no_message_are_listed(ask, tray):
    found = ask("receipts", "unmatched")
    assert found["unmatched"] == 2
    newest = found["receipts"][0]
    assert 0 <= newest.pop("age_s") < 60
    assert newest.pop("came_at").endswith("Z")
    assert newest.pop("number") > found["receipts"][1]["number"]
    assert newest == {
        "carrier": "upstream", "id": "77", "state": "failed", "failure": "undelivered", "error": "042"
    }  # fmt: skip
    assert [each["id"] for each in ask("receipts", "unmatched", "--carrier", "Upstream")["receipts"]] == ["77"]
    assert [each["id"] for each in ask("receipts", "unmatched", "--limit", 1)["receipts"]] == ["77"]


def test_those_that_fit_in_another_spelling_are_settled_and_their_team_is_told(ask, opened, tray):
    with opened.cursor() as cursor:
        cursor.execute(f"LISTEN {CHANNEL}")
    opened.commit()
    assert ask("receipts", "unmatched", "--retry", "--carrier", "upstream")["matched"] == 0
    found = ask("receipts", "unmatched", "--retry")
    assert (found["looked_at"], found["matched"], found["unmatched"]) == (2, 1, 1)
    assert in_transaction(opened, _spooled) == 1
    assert [channel for channel, _ in notified(opened)] == [CHANNEL]


def test_people_see_how_old_an_unmatched_receipt_is(run, tray):
    result = run("receipts", "unmatched")
    assert (result.exit_code, result.stderr) == (0, "")
    assert "unmatched  2" in result.stdout
    assert "undelivered" in result.stdout


def test_a_carrier_that_is_not_there_has_no_unmatched_receipts(run):
    result = run("receipts", "unmatched", "--carrier", "nobody")
    assert result.exit_code == 1
    assert "nobody" in result.stderr


@pytest.fixture
def waiting(ask, opened, tray):
    """A message that waits for its receipt, the number of one in the list, and the one that tells of it."""
    made = in_transaction(opened, lambda txn: sent(txn, _team(txn), "ours"))
    in_transaction(opened, lambda txn: told(txn, delivered("theirs")))
    return made, str(ask("receipts", "unmatched")["receipts"][0]["number"])


def _team(txn):
    txn.execute("SELECT id FROM team WHERE code = 'ACME'")
    return txn.fetchone()[0]


def test_a_receipt_is_settled_for_a_message_that_is_named(ask, run, waiting):
    message_id, number = waiting
    assert ask("receipts", "match", number, "--message", message_id) == {
        "number": int(number), "message": message_id, "part": 1, "id": "ours", "state": "delivered",
    }  # fmt: skip
    assert [each["id"] for each in ask("receipts", "unmatched")["receipts"]] == ["77", "255"]
    again = run("receipts", "match", number, "--message", message_id)
    assert (again.exit_code, again.stdout) == (1, "")
    assert f"there is no receipt {number} in the list" in again.stderr


def test_a_receipt_is_settled_for_a_carrier_s_id_and_its_team_is_told(ask, opened, waiting):
    with opened.cursor() as cursor:
        cursor.execute(f"LISTEN {CHANNEL}")
    opened.commit()
    message_id, number = waiting
    assert ask("receipts", "match", "--number", number, "--carrier-id", "ours")["message"] == message_id
    assert [channel for channel, _ in notified(opened)] == [CHANNEL]


def test_a_message_can_be_named_as_smpp_shows_it_with_its_part(ask, waiting):
    message_id, number = waiting
    asked = ("--message", smpp_id(message_id), "--part", 1)
    assert ask("receipts", "match", number, *asked)["message"] == message_id


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("17",), "say --message or --carrier-id"),
        (("17", "--message", "x", "--carrier-id", "y"), "say --message or --carrier-id"),
        (("17", "--carrier-id", "y", "--part", "1"), "--part goes with --message"),
        (("17", "--message", "x"), "'x' is no uuid of a message"),
        (("x", "--carrier-id", "y"), "'x' is no number of the list"),
        (("9" * 19, "--carrier-id", "y"), "is no number of the list"),
    ],
)
def test_a_match_that_says_nothing_or_too_much_is_refused_in_words(run, words, says):
    result = run("receipts", "match", *words)
    assert (result.exit_code, result.stdout) == (2, "")
    assert says in " ".join(result.stderr.split())
