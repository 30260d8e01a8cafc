"""`mobilesasa smpp password`, `passwords`, `revoke` and `unlock`, and the terms of teams and tokens."""

import re

import pytest

PASSWORD = re.compile(r"[1-9A-HJ-NP-Za-km-z]{8}")


@pytest.fixture
def acme(ask):
    return ask("team", "create", "--code", "ACME")


def said(result, status=1):
    assert (result.exit_code, result.stdout) == (status, "")
    return result.stderr.splitlines()[-1].removeprefix("Error: ")


def test_a_password_is_made_and_listed_without_its_text(ask, acme):
    made = ask("smpp", "password", "--team", "acme", "--allow", "192.0.2.1", "--allow", "198.51.100.0/24")
    assert list(made) == ["password", "uuid", "token_uuid", "allowed"]
    assert PASSWORD.fullmatch(made["password"])
    assert made["allowed"] == ["192.0.2.1/32", "198.51.100.0/24"]
    (shown,) = ask("smpp", "passwords", "--team", "ACME")["passwords"]
    assert (shown["uuid"], shown["status"], shown["failed"]) == (made["uuid"], "active", 0)
    assert made["password"] not in str(shown)


def test_the_operator_says_from_where_or_that_it_is_anywhere(run, ask, acme):
    assert "named addresses" in said(run("smpp", "password", "--team", "ACME"))
    assert said(run("smpp", "password", "--team", "ACME", "--any-address", "--allow", "192.0.2.1"), 2)
    assert ask("smpp", "password", "--team", "ACME", "--any-address")["allowed"] == []
    assert ask("team", "set", "ACME", "--smpp-any-address", "yes")["smpp_any_address"] is True
    assert ask("smpp", "password", "--team", "ACME")["allowed"] == []


def test_it_is_beside_the_token_that_is_named(ask, acme):
    uuid = ask("token", "create", "--team", "ACME", "--name", "two", "--scopes", "messages")["uuid"]
    made = ask("smpp", "password", "--team", "ACME", "--token", uuid, "--any-address")
    assert made["token_uuid"] == uuid


def test_one_is_revoked(run, ask, acme):
    uuid = ask("smpp", "password", "--team", "ACME", "--any-address")["uuid"]
    revoked = ask("smpp", "revoke", uuid)
    assert revoked == ask("smpp", "revoke", "--uuid", uuid)
    assert ask("smpp", "passwords", "--team", "ACME")["passwords"][0]["revoked_at"] == revoked["revoked_at"]
    assert "no SMPP password" in said(run("smpp", "revoke", acme["team_uuid"]))


def test_what_is_not_locked_is_not_unlocked(run, ask, acme):
    uuid = ask("smpp", "password", "--team", "ACME", "--any-address")["uuid"]
    assert ask("smpp", "unlock", uuid) == ask("smpp", "unlock", "--team", "ACME") == {"passwords": []}
    assert said(run("smpp", "unlock"), 2)
    assert said(run("smpp", "unlock", uuid, "--team", "ACME"), 2)


def test_people_see_the_password_once(run, acme):
    shown = run("smpp", "password", "--team", "ACME", "--any-address").stdout
    assert PASSWORD.search(shown.partition("password, shown this once")[2])


def test_the_terms_of_a_team_are_set_shown_and_left_to_the_node_again(run, ask, acme):
    assert ask("team", "show", "ACME")["smpp"] == {}
    ask("team", "set", "ACME", "--smpp", "window=7", "--smpp", "latin1=yes", "--smpp", "session_tps=9")
    changed = ask("team", "set", "ACME", "--smpp", "latin1=default", "--smpp", "enquire_link_s=15.5")
    assert changed["smpp"] == {"window": 7, "enquire_link_s": 15.5}
    assert (changed["session_tps"], changed["max_sessions"]) == (9, None)
    assert ask("team", "set", "ACME", "--smpp", "session_tps=default")["session_tps"] is None
    assert "window=7" in run("team", "show", "ACME").stdout


def test_all_wrong_terms_are_named_at_once_and_none_is_set(run, ask, acme):
    wrong = said(
        run("team", "set", "ACME", "--smpp", "window=0", "--smpp", "colour=red", "--smpp", "latin1=9", "--name", "X")
    )
    assert all(name in wrong for name in ("window: must be", "colour: cannot be set", "latin1: must be yes or no"))
    shown = ask("team", "show", "ACME")
    assert (shown["smpp"], shown["name"]) == ({}, "ACME")
    assert "name=value" in said(run("team", "set", "ACME", "--smpp", "window"), 2)
    assert "session_tps is set twice" in said(
        run("team", "set", "ACME", "--session-tps", "5", "--smpp", "session_tps=6")
    )
    assert "colour" in said(run("team", "set", "ACME", "--smpp", "colour=default"))


def test_the_terms_of_a_token_are_set_when_it_is_made_and_later(run, ask, acme):
    words = ("token", "create", "--team", "ACME", "--name", "n", "--scopes", "messages")
    uuid = ask(*words, "--smpp", "session_tps=5", "--smpp", "receipt_offset_min=180")["uuid"]
    changed = ask("token", "set", uuid, "--smpp", "session_tps=default", "--smpp", "window=3")
    assert changed["smpp"] == {"window": 3, "receipt_offset_min": 180}
    (shown,) = [each for each in ask("token", "list", "--team", "ACME")["tokens"] if each["uuid"] == uuid]
    assert shown["smpp"] == changed["smpp"]
    assert "max_sessions: cannot be set here" in said(run("token", "set", uuid, "--smpp", "max_sessions=3"))
    assert "max_sessions" in said(run(*words, "--smpp", "max_sessions=3"))
    assert "there is no token" in said(run("token", "set", acme["team_uuid"], "--smpp", "window=3"))
    assert "there is no token" in said(run("token", "set", "nonsense", "--smpp", "window=3"))
