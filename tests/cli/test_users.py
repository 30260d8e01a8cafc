"""`mobilesasa user`."""

import json

import pytest
from click.testing import CliRunner

from mobilesasa.cli.main import main
from tests.cli.conftest import url_of

EMAIL = "jane@acme.example"


@pytest.fixture
def acme(ask):
    return ask("team", "create", "--code", "ACME")


@pytest.fixture
def jane(ask, acme):
    return ask("user", "create", EMAIL, "--name", "Jane Doe", "--team", "acme")


def refused(result, status=1):
    """The one line that says why; nothing on standard output."""
    assert (result.exit_code, result.stdout) == (status, "")
    return result.stderr.splitlines()[-1].removeprefix("Error: ")


def test_a_user_is_made_with_a_password_that_is_shown_once(ask, jane):
    assert (jane["email"], jane["name"], jane["teams"]) == (EMAIL, "Jane Doe", {"ACME": "owner"})
    assert len(jane.pop("password")) == 20
    assert ask("user", "list")["users"] == [jane]


def test_a_password_can_be_given_on_standard_input_and_is_not_shown_then(database_dsn):
    def call(typed):
        environ = {"MOBILESASA_DATABASE_URL": url_of(database_dsn)}
        words = ["user", "create", EMAIL, "--password-stdin", "--json"]
        return CliRunner().invoke(main, words, env=environ, input=typed, prog_name="mobilesasa")

    assert "10 to 200 characters" in refused(call("short\n"))
    made = json.loads(call("a long enough one\n").stdout)
    assert made["has_password"]
    assert "password" not in made


def test_a_user_who_is_there_already_is_not_made_again(run, jane):
    assert refused(run("user", "create", EMAIL.upper())) == f"there is a user {EMAIL} already"


def test_a_user_is_not_made_for_a_team_that_is_not_there(run, ask):
    assert refused(run("user", "create", EMAIL, "--team", "NOSUCH")) == "there is no team 'NOSUCH'"
    assert ask("user", "list") == {"users": []}


def test_a_role_is_one_of_four(run, jane):
    assert "'boss' is not one of 'owner', 'admin', 'operator', 'viewer'" in refused(
        run("user", "grant", EMAIL, "--team", "ACME", "--role", "boss"), 2
    )


def test_roles_are_granted_and_revoked(ask, run, jane):
    ask("team", "create", "--code", "B")
    granted = ask("user", "grant", EMAIL, "--team", "b", "--role", "viewer")
    assert granted["teams"] == {"ACME": "owner", "B": "viewer"}
    assert [each["email"] for each in ask("user", "list", "--team", "B")["users"]] == [EMAIL]
    assert ask("user", "revoke", EMAIL, "--team", "ACME")["teams"] == {"B": "viewer"}
    assert "is not in team ACME" in refused(run("user", "revoke", EMAIL, "--team", "ACME"))


def test_a_user_is_disabled_and_enabled(ask, jane):
    assert ask("user", "disable", EMAIL)["disabled"]
    assert not ask("user", "enable", EMAIL)["disabled"]


def test_a_new_password_or_a_link_is_shown_once(ask, run, jane):
    again = ask("user", "password", EMAIL)["password"]
    assert (len(again), again == jane["password"]) == (20, False)
    assert ask("user", "password", EMAIL, "--link")["link_token"].startswith("mbl_")
    assert "say either" in refused(run("user", "password", EMAIL, "--link", "--password-stdin"), 2)


def test_an_administrator_of_the_platform_is_made_and_unmade(ask, jane):
    assert ask("user", "platform-admin", EMAIL)["platform_admin"]
    assert not ask("user", "platform-admin", EMAIL, "--no")["platform_admin"]
    assert ask("user", "create", "root@platform.example", "--platform-admin")["teams"] == {}


def test_a_new_key_signs_from_now_on(ask):
    assert ask("user", "new-key")["kid"] != ask("user", "new-key")["kid"]


def test_people_read_tables_and_cards(run, jane):
    assert EMAIL in run("user", "list").stdout
    assert "password, shown this once" in run("user", "password", EMAIL).stdout
    assert "link_token, shown this once" in run("user", "password", EMAIL, "--link").stdout
