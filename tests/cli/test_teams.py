"""`mobilesasa team`, `units`, `sender` and `token`."""

import re
from contextlib import closing

import pytest

from mobilesasa.core.actors import NODE
from mobilesasa.core.sender_names import NewSender
from mobilesasa.store import documents, senders
from mobilesasa.store import teams as store_teams
from mobilesasa.store.database import connect, in_transaction
from mobilesasa.store.documents import Document

UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
TOKEN = re.compile(r"mbs_[0-9A-Za-z]{32}")
TIME = re.compile(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ")


@pytest.fixture
def acme(ask):
    return ask("team", "create", "--code", "acme", "--units", 100, "--sender", "Acme", "--sender", "20880")


def refused(result, status=1):
    """The one line that says why; nothing on standard output."""
    assert (result.exit_code, result.stdout) == (status, "")
    lines = result.stderr.splitlines()
    assert status == 2 or len(lines) == 1
    return lines[-1].removeprefix("Error: ")


def test_creating_a_team_answers_with_its_uuid_code_senders_and_token(acme):
    assert list(acme) == ["team_uuid", "code", "senders", "token"]
    assert acme["code"] == "ACME"
    assert [list(sender) for sender in acme["senders"]] == [["uuid", "name"]] * 2
    assert [sender["name"] for sender in acme["senders"]] == ["Acme", "20880"]
    assert TOKEN.fullmatch(acme["token"])
    assert all(UUID.fullmatch(uuid) for uuid in (acme["team_uuid"], *(sender["uuid"] for sender in acme["senders"])))


def test_a_team_is_shown_with_all_that_is_set_for_it(ask, acme):
    shown = ask("team", "show", "acme")
    assert TIME.fullmatch(shown.pop("created_at"))
    assert [(sender.pop("name"), sender.pop("status")) for sender in shown["senders"]] == [
        ("20880", "approved"),
        ("Acme", "approved"),
    ]
    assert shown == {
        "team_uuid": acme["team_uuid"],
        "code": "ACME",
        "name": "ACME",
        "country": "KE",
        "balance": 100,
        "default_sender": "Acme",
        "max_sessions": None,
        "session_tps": None,
        "text_days": None,
        "low_balance_units": None,
        "smpp": {},
        "smpp_any_address": False,
        "tlvs": {},
        "suspended": False,
        "senders": [{"uuid": sender["uuid"]} for sender in reversed(acme["senders"])],
    }


def test_a_team_is_told_below_so_many_units_or_never(ask, acme):
    assert ask("team", "set", "ACME", "--low-balance", 50)["low_balance_units"] == 50
    assert ask("team", "set", "ACME", "--name", "Acme Ltd")["low_balance_units"] == 50
    assert ask("team", "set", "ACME", "--low-balance", "default")["low_balance_units"] is None


def test_a_mark_of_no_units_is_none(run, acme):
    assert "low_balance_units is a whole number from 1 to" in refused(run("team", "set", "ACME", "--low-balance", 0))


def test_teams_are_listed(ask, acme):
    ask("team", "create", "--code", "B", "--name", "Bee", "--country", "ug")
    teams = ask("team", "list")["teams"]
    assert [(team["code"], team["name"], team["country"], team["balance"]) for team in teams] == [
        ("ACME", "ACME", "KE", 100),
        ("B", "Bee", "UG", 0),
    ]


def test_a_team_is_changed_in_what_is_named(ask, acme):
    ask("team", "set", "--code", "ACME", "--max-sessions", 2, "--session-tps", 0, "--suspended", "--name", "Acme Ltd")
    changed = ask("team", "set", "ACME", "--default-sender", "20880", "--max-sessions", "default", "--country", "TZ")
    assert (changed["max_sessions"], changed["session_tps"], changed["suspended"]) == (None, 0, True)
    assert (changed["name"], changed["default_sender"], changed["country"]) == ("Acme Ltd", "20880", "TZ")
    assert ask("team", "set", "ACME", "--suspended", "no")["suspended"] is False


def test_texts_are_kept_for_a_team_s_own_days_for_ever_or_by_the_node_s_setting(ask, acme):
    asked = ("30", "0", "default")
    assert [ask("team", "set", "ACME", "--text-days", days)["text_days"] for days in asked] == [30, 0, None]


def test_units_are_added_and_taken(ask, acme):
    assert ask("units", "add", "--team", "acme", 50, "--note", "invoice") == {
        "code": "ACME",
        "units": 50,
        "balance": 150,
    }
    assert ask("units", "add", "--team", "ACME", -150) == {"code": "ACME", "units": -150, "balance": 0}


def test_a_sender_is_added_approved_rejected_and_suspended(ask, acme):
    added = ask("sender", "add", "--team", "ACME", "New")
    assert (added["name"], added["status"], added["class"]) == ("New", "pending", "transactional")
    assert [each["name"] for each in ask("sender", "list", "--status", "pending")["senders"]] == ["New"]
    approved = ask("sender", "approve", "--team", "ACME", "New", "--network", "Safaricom", "--class", "otp")
    assert (approved["status"], approved["networks"], approved["class"]) == ("approved", ["Safaricom"], "otp")
    rejected = ask("sender", "reject", "--team", "ACME", "New", "--reason", "another's mark")
    assert (rejected["status"], rejected["reason"]) == ("rejected", "another's mark")
    assert ask("sender", "suspend", "--team", "ACME", "New")["status"] == "suspended"
    assert ask("sender", "add", "--team", "ACME", "--name", "More", "--approved")["status"] == "approved"
    senders = ask("sender", "list", "--team", "ACME")["senders"]
    assert [sender["name"] for sender in senders] == ["More", "New", "20880", "Acme"]


def test_a_rejection_says_why(run, acme):
    ask_again = run("sender", "reject", "--team", "ACME", "Acme")
    assert ask_again.exit_code == 2
    assert "--reason" in ask_again.stderr
    assert "needs a reason" in refused(run("sender", "reject", "--team", "ACME", "Acme", "--reason", " "))


def test_vendor_tlvs_of_teams_and_senders_are_set_and_taken_away(ask, acme):
    assert ask("team", "set", "ACME", "--tlv", "0x1400=110123", "--tlv", "5121=7")["tlvs"] == {
        "0x1400": "110123",
        "0x1401": "7",
    }
    assert ask("team", "set", "ACME", "--tlv", "0x1401=")["tlvs"] == {"0x1400": "110123"}
    assert ask("sender", "set", "Acme", "--team", "ACME", "--tlv", "0x1400=99")["tlvs"] == {"0x1400": "99"}
    assert ask("team", "show", "ACME")["name"] == "ACME"


def test_an_operator_s_token_is_made_by_the_command(ask, run, acme):
    made = ask("token", "create", "--team", "ACME", "--name", "console", "--scopes", "platform")
    assert TOKEN.fullmatch(made["raw_token"])
    assert ask("token", "list", "--team", "ACME")["tokens"][1]["scopes"] == ["platform"]
    wrong = run("token", "create", "--team", "ACME", "--name", "console", "--scopes", "platforms")
    assert "'platforms' is no scope; there are messages" in refused(wrong)


def test_a_token_is_made_listed_and_revoked(ask, acme):
    made = ask(
        "token",
        "create",
        "--team",
        "ACME",
        "--name",
        "shop",
        "--scopes",
        "messages, reports",
        "--expires",
        "2099-01-01T03:00+03:00",
    )
    assert list(made) == ["uuid", "raw_token"]
    assert TOKEN.fullmatch(made["raw_token"])
    revoked = ask("token", "revoke", made["uuid"])
    assert revoked["uuid"] == made["uuid"]
    assert TIME.fullmatch(revoked["revoked_at"])
    assert ask("token", "revoke", "--uuid", made["uuid"]) == revoked
    first, shop = ask("token", "list", "--team", "ACME")["tokens"]
    assert (first["status"], first["expires_at"], first["revoked_at"]) == ("active", None, None)
    assert TIME.fullmatch(shop.pop("created_at"))
    assert shop == {
        "uuid": made["uuid"],
        "team": "ACME",
        "name": "shop",
        "prefix": made["raw_token"][:8],
        "scopes": ["messages", "reports"],
        "smpp": {},
        "expires_at": "2099-01-01T00:00:00Z",
        "revoked_at": revoked["revoked_at"],
        "status": "revoked",
    }
    assert len(ask("token", "list")["tokens"]) == 2


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("team create --code acme", "there is a team ACME already"),
        ("team create --code A-B", "a team's code is 1 to 15 characters of A-Z and 0-9; 'A-B' is not"),
        ("team create --code X --country XX", "a country is its two letters, such as KE; 'XX' is none"),
        ("team create --code X --sender A@B", "a sender is 1 to 11 letters"),
        ("team create --code X --units -1", "a team begins with 0 to"),
        ("team show NOBODY", "there is no team 'NOBODY'"),
        ("team set NOBODY --suspended yes", "there is no team 'NOBODY'"),
        ("team set ACME --default-sender Theirs", "the team has no sender 'Theirs'"),
        ("team set ACME --text-days 3651", "text_days is a whole number from 0 to 3650, not 3651"),
        ("units add --team NOBODY 5", "there is no team 'NOBODY'"),
        ("units add --team ACME -101", "team ACME has 100 units; 101 cannot be taken"),
        ("units add --team ACME 0", "units are a whole number, not 0"),
        ("sender add --team ACME Acme", "the team has a sender 'Acme' already"),
        ("sender approve --team ACME acme", "the team has no sender 'acme'; capitals and small letters differ"),
        ("sender list --team NOBODY", "there is no team 'NOBODY'"),
        ("token create --team ACME --name n --scopes sms", "'sms' is no scope; there are messages, "),
        ("token create --team ACME --name n --scopes ,", "a token needs a scope"),
        (
            "token create --team ACME --name n --scopes ussd --expires 2020-01-01T00:00:00Z",
            "the token would have expired already",
        ),
        ("token revoke 018f6f2a-0000-7000-8000-000000000000", "there is no token"),
        ("token list --team NOBODY", "there is no team 'NOBODY'"),
    ],
)
def test_what_is_refused_is_one_line_and_status_1(run, acme, words, said):
    assert refused(run(*words.split())).startswith(said)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("team create", "Missing option '--code'"),
        ("team show", "say CODE once, by its place or as --code"),
        ("team show ACME --code ACME", "say CODE once"),
        ("team set ACME --max-sessions -1", "'-1' is neither a whole number nor `default`"),
        ("team set ACME --session-tps many", "neither a whole number nor"),
        ("token create --team ACME --name n --scopes ussd --expires 2099-01-01T00:00:00", "has no zone"),
        ("token create --team ACME --name n --scopes ussd --expires soon", "'soon' is no time of ISO 8601"),
        ("units add --team ACME many", "'many' is not a valid integer"),
        ("units add --team ACME 5 --nte x", "unexpected extra argument"),
        ("no-such-noun", "No such command"),
    ],
)
def test_wrong_usage_is_status_2(run, acme, words, said):
    assert said in refused(run(*words.split()), status=2)


@pytest.mark.parametrize(
    "words",
    [
        "team create --code X --units 5 --sender X",
        "team show ACME",
        "team list",
        "team set ACME --suspended",
        "units add --team ACME 5",
        "sender add --team ACME X",
        "sender list --team ACME",
        "sender suspend --team ACME Acme",
        "token create --team ACME --name X --scopes ussd",
        "token list",
    ],
)
def test_without_json_people_get_a_table(run, acme, words):
    result = run(*words.split())
    assert (result.exit_code, result.stderr) == (0, "")
    assert not result.stdout.startswith("{")
    assert re.search(r"ACME|Acme|\bX\b", result.stdout)


def test_what_people_see_of_a_new_token_is_whole(run, acme):
    result = run("token", "create", "--team", "ACME", "--name", "shop [red]", "--scopes", "messages")
    assert TOKEN.search(result.stdout)
    assert "shop [red]" in result.stdout


def test_the_document_of_a_request_is_written_down(ask, run, acme, database_dsn, tmp_path):
    octets = b"%PDF-" + bytes(300_000)
    with closing(connect(database_dsn, "given")) as opened:
        team = in_transaction(opened, store_teams.find_team_id, "ACME")
        uuid = "d0c00000-0000-4000-8000-000000000001"
        in_transaction(opened, documents.keep, NODE, team, Document(uuid, "a.pdf", "application/pdf", octets))
        new = NewSender(name="MYAPP", document_uuid=uuid)
        in_transaction(opened, senders.request, NODE, team, new, "5e000000-0000-4000-8000-000000000001")
    told = ask("sender", "document", "MYAPP", "--team", "ACME", "--to", tmp_path / "it.pdf")
    assert (told["name"], told["content_type"], told["octets"]) == ("a.pdf", "application/pdf", len(octets))
    assert (tmp_path / "it.pdf").read_bytes() == octets
    assert "no document came" in refused(run("sender", "document", "Acme", "--team", "ACME", "--to", tmp_path / "x"))
