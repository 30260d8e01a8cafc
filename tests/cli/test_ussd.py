"""`mobilesasa ussd`: codes, extensions, gateways, and dialling in the terminal."""

import json
import uuid

import psycopg2
import pytest

from mobilesasa.core.actors import NODE
from mobilesasa.core.callable_urls import Reach
from mobilesasa.core.signing import secret_of
from mobilesasa.store import teams, ussd_extensions, ussd_menus
from mobilesasa.store.database import connect, in_transaction
from mobilesasa.ussd.reading import menu_json, read_menu
from mobilesasa.ussd.views import Answering, NewExtension, Publishing
from tests.fakes.ussd_menu import MENU

URL = "https://acme.example/ussd"
NOW_MS = 1_778_490_000_000


@pytest.fixture(autouse=True)
def _team(ask):
    ask("team", "create", "--code", "ACME", "--sender", "MYAPP")
    ask("ussd", "code", "add", "384", "--type", "shared", "--network", "Safaricom")


@pytest.fixture
def store(database_dsn):
    """Runs a store function on the database of the command."""
    opened = connect(database_dsn, "test", statement_timeout_s=0)
    yield lambda function, *args: in_transaction(opened, function, *args)
    opened.close()


def give(store, dialled="7", **answering):
    """Let ACME have an extension, and somebody answer there."""
    new = NewExtension(code="384", extension=dialled, answering=Answering(**answering))
    return store(lambda txn: ussd_extensions.add(txn, NODE, teams.find_team_id(txn, "ACME"), str(uuid.uuid4()), new))


def publish(store, definition=MENU):
    """Let ACME have a menu that is published, and return its uuid."""
    named = str(uuid.uuid4())

    def work(txn):
        team_id, written = teams.find_team_id(txn, "ACME"), menu_json(read_menu(definition))
        ussd_menus.create(txn, NODE, team_id, named, written, secret_of(b"x" * 32), NOW_MS)
        ussd_menus.publish(txn, NODE, team_id, named, Publishing(), Reach(), NOW_MS)

    store(work)
    return named


# Codes


def test_codes_are_made_listed_changed_and_removed(ask, run):
    (code,) = ask("ussd", "code", "list")["codes"]
    assert (code["code"], code["type"], code["status"], code["networks"]) == (
        "384",
        "shared",
        "approved",
        ["Safaricom"],
    )
    assert "Safaricom" in run("ussd", "code", "list").stdout
    changed = ask("ussd", "code", "set", "*384#", "--status", "suspended", "--note", "Unpaid")
    assert changed == {**code, "status": "suspended", "note": "Unpaid"}
    changed = ask("ussd", "code", "set", "384", "--type", "dedicated", "--network", "Airtel")
    assert (changed["type"], changed["networks"], changed["note"]) == ("dedicated", ["Airtel"], "Unpaid")
    assert ask("ussd", "code", "add", "500", "--type", "dedicated", "--pending")["status"] == "pending"
    assert ask("ussd", "code", "remove", "384")["code"] == "384"
    assert [each["code"] for each in ask("ussd", "code", "list")["codes"]] == ["500"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["code", "add", "384", "--type", "shared"], "384"),
        (["code", "add", "ussd", "--type", "shared"], "digits"),
        (["code", "remove", "999"], "no USSD code 999"),
        (["extension", "add", "*999*7#", "--team", "ACME"], "999"),
        (["extension", "add", "384", "--team", "ACME"], "*384*7#"),
        (["extension", "add", "*384#", "--team", "ACME"], "shared"),
        (["extension", "approve", "*384*7#", "--team", "ACME"], "no extension *384*7#"),
        (["gateway", "add", "a b", "--dialect", "bonga"], "letters"),
        (["gateway", "add", "ok", "--dialect", "bonga", "--set", "colour=red"], "colour"),
        (["gateway", "remove", "ok"], "no USSD gateway"),
        (["dial", "384"], "*384*7#"),
        (["dial", "*384*7#", "--msisdn", "12"], "too few"),
    ],
)
def test_what_cannot_be_is_refused_in_a_line(run, words, said):
    result = run("ussd", *words)
    assert (result.exit_code, result.stderr.count("\n")) == (1, 1), result.output
    assert said in result.stderr


# Extensions


def test_an_extension_is_given_and_decided_by_what_is_dialled(ask, run):
    given = ask("ussd", "extension", "add", "*384*7#", "--team", "ACME")
    assert (given["dial"], given["team"], given["status"], given["answers"]) == ("*384*7#", "ACME", "approved", None)
    suspended = ask("ussd", "extension", "suspend", "*384*7#", "--team", "acme", "--reason", "Unpaid")
    assert (suspended["status"], suspended["reason"]) == ("suspended", "Unpaid")
    assert ask("ussd", "extension", "list", "--status", "suspended")["extensions"] == [suspended]
    assert ask("ussd", "extension", "approve", "*384*7#", "--team", "ACME")["status"] == "approved"
    assert ask("ussd", "extension", "reject", "*384*7#", "--team", "ACME", "--reason", "No")["status"] == "rejected"
    assert ask("ussd", "extension", "add", "*384*7#", "--team", "ACME")["status"] == "approved"
    assert ask("ussd", "extension", "suspend", "*384*7#", "--team", "ACME")["uuid"] != given["uuid"]
    listed = ask("ussd", "extension", "list", "--team", "ACME", "--code", "384")["extensions"]
    assert [each["status"] for each in listed] == ["suspended", "rejected"]
    assert "*384*7#" in run("ussd", "extension", "list").stdout


# Gateways


def test_a_gateway_is_made_with_an_address_that_is_shown_once(ask, run):
    ask("ussd", "gateway", "add", "coast", "--dialect", "dmark")
    made = ask("ussd", "gateway", "add", "Savanna", "--dialect", "africastalking", "--set", "network=Safaricom")
    assert made["path"] == f"/ussd/savanna/{made['secret']}"
    assert made["options"] == {"network": "Safaricom"}
    _, listed = ask("ussd", "gateway", "list")["gateways"]
    assert made["secret"].startswith(listed["secret"].removesuffix("…"))
    assert made["secret"] not in json.dumps(listed)
    words = ("--dialect", "bonga", "--disabled", "--set", "network=", "--set", "screen_septets=160")
    changed = ask("ussd", "gateway", "set", "savanna", *words)
    assert (changed["dialect"], changed["enabled"], changed["options"]) == ("bonga", False, {"screen_septets": "160"})
    assert ask("ussd", "gateway", "set", "savanna", "--enabled")["enabled"] is True
    again = ask("ussd", "gateway", "rotate", "savanna")
    assert again["secret"] != made["secret"]
    assert "savanna" in run("ussd", "gateway", "list").stdout
    assert ask("ussd", "gateway", "remove", "savanna")["name"] == "savanna"
    assert [each["name"] for each in ask("ussd", "gateway", "list")["gateways"]] == ["coast"]


# Dialling


def test_a_menu_is_walked_through_in_the_terminal(run, store, database_dsn):
    give(store, menu_uuid=publish(store))
    result = run("ussd", "dial", "*384*7#", "--msisdn", "0712345678", typed="2\nmany\n0722000111\n")
    assert result.exit_code == 0, result.output
    assert "Hello there, welcome to Acme.\n1 Opening hours\n2 Call me back\n3 Balance\n> " in result.stdout
    assert result.stdout.count("Your number:") == 2
    assert "(not done: send_sms to='254712345678', sender_id='MYAPP', text='We call you.')" in result.stdout
    assert result.stdout.endswith("Thank you, we call 254722000111.\n(the session has ended)\n")
    assert counted(database_dsn, "ussd_session") == counted(database_dsn, "ussd_action") == 0


def test_what_is_dialled_behind_the_extension_is_an_answer_and_the_end_of_the_input_hangs_up(run, store):
    give(store, menu_uuid=publish(store))
    assert "Your number:" in run("ussd", "dial", "*384*7*2#", typed="").stdout
    assert run("ussd", "dial", "*384*7#", typed="").stdout.endswith("(hung up)\n")


def test_what_nobody_answers_is_told(run):
    assert "*384*9# is not in use." in run("ussd", "dial", "*384*9#").stdout


@pytest.mark.parametrize(
    ("answering", "typed", "shown"),
    [
        ({"callback_url": URL}, "CON Hi\n1\nEND Bye\n", ["Hi", "Bye"]),
        ({"callback_url": URL}, "no such word\n", ["Sorry"]),
        ({"smpp": True}, "END Bye\n", ["a program on a bind", "Bye"]),
        ({"smpp": True}, "", ["Sorry"]),
    ],
)
def test_whoever_dials_says_what_a_team_answers_itself(run, store, answering, typed, shown):
    give(store, **answering)
    result = run("ussd", "dial", "*384*7#", typed=typed)
    assert result.exit_code == 0, result.output
    assert all(each in result.stdout for each in shown)
    assert result.stdout.endswith("(the session has ended)\n")


@pytest.mark.parametrize(
    ("typed", "shown"), [("3\nKES 1,200\n", "KES 1,200"), ("3\nEND Bye\n", "Bye"), ("3\n", "Sorry")]
)
def test_whoever_dials_says_what_an_address_of_a_menu_answers(run, store, typed, shown):
    give(store, menu_uuid=publish(store))
    result = run("ussd", "dial", "*384*7#", typed=typed)
    assert "(https://acme.example/balance would be asked" in result.stdout
    assert shown in result.stdout


def test_a_live_session_is_kept_and_counted_and_what_it_does_waits_for_a_node(run, store, database_dsn):
    give(store, menu_uuid=publish(store))
    result = run("ussd", "dial", "*384*7#", "--live", "--network", "Safaricom", typed="2\n0722000111\n")
    assert result.exit_code == 0, result.output
    assert "(a node does: send_sms" in result.stdout
    assert (
        counted(database_dsn, "ussd_session", "gateway = 'terminal' AND outcome = 'ended' AND network = 'Safaricom'")
        == 1
    )
    assert counted(database_dsn, "ussd_action") == 1
    assert counted(database_dsn, "ussd_screen") == 3


def test_a_live_session_takes_what_an_address_is_said_to_answer(run, store, database_dsn):
    give(store, menu_uuid=publish(store))
    result = run("ussd", "dial", "*384*7#", "--live", typed="3\nKES 1,200\n")
    assert "KES 1,200" in result.stdout
    assert counted(database_dsn, "ussd_session", "outcome = 'ended' AND steps = 2") == 1


def test_who_hangs_up_a_live_session_has_aborted_it(run, store, database_dsn):
    give(store, menu_uuid=publish(store))
    run("ussd", "dial", "*384*7#", "--live", typed="")
    assert counted(database_dsn, "ussd_session", "outcome = 'aborted'") == 1


def counted(dsn: str, table: str, where: str = "true") -> int:
    """How many rows a table has."""
    with psycopg2.connect(dsn) as opened, opened.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {table} WHERE {where}")  # noqa: S608 - our own words
        (found,) = cursor.fetchone()
    opened.close()
    return int(found)
