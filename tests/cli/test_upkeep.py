"""`mobilesasa audit`, `migrate`, `config check`, `version`, and the way to the store."""

import json
import os
import platform
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner

from mobilesasa.cli.access import operator
from mobilesasa.cli.main import COMMANDS, main
from mobilesasa.store import migrate
from mobilesasa.store.audit import CHECKS
from mobilesasa.store.database import connect
from mobilesasa.store.embedded import EmbeddedPostgres
from tests.cli.conftest import url_of


def test_the_audit_of_a_clean_store_is_status_0(run, ask):
    ask("team", "create", "--code", "ACME", "--units", 5)
    found = ask("audit")
    assert found["clean"] is True
    assert [check["name"] for check in found["checks"]] == [name for name, _, _ in CHECKS]
    assert found["checks"][0] == {
        "name": "balance",
        "sentence": "the balance of each team is the sum of its entries in the ledger",
        "checked": 1,
        "wrong": 0,
        "examples": [],
    }
    assert "the store is clean" in run("audit").stdout


def test_the_audit_of_a_store_with_a_wrong_sum_is_status_1(run, ask, database_dsn):
    ask("team", "create", "--code", "ACME", "--units", 5)
    with closing(connect(database_dsn, "test")) as opened, opened.cursor() as cursor:
        cursor.execute("UPDATE team SET balance = 6")
        opened.commit()
    found = ask("audit", status=1)
    assert (found["clean"], found["checks"][0]["wrong"]) == (False, 1)
    assert found["checks"][0]["examples"] == ["ACME: balance 6, entries 5"]
    result = run("audit")
    assert result.exit_code == 1
    assert "balance: ACME: balance 6, entries 5" in result.stdout
    assert "the store is not clean" in result.stdout


def test_migrate_runs_what_is_left_and_then_nothing(empty_dsn, run):
    url = url_of(empty_dsn)
    files = [migration.file for migration in migrate.load() if migration.phase == "pre"]
    first = run("migrate", "--phase", "pre", "--json", MOBILESASA_DATABASE_URL=url)
    assert (first.exit_code, json.loads(first.stdout)) == (0, {"phase": "pre", "applied": files})
    run("migrate", MOBILESASA_DATABASE_URL=url)
    again = run("migrate", MOBILESASA_DATABASE_URL=url)
    assert (again.exit_code, again.stdout) == (0, "the schema is up to date\n")


def test_a_database_without_the_schema_is_named_and_left_alone(empty_dsn, run):
    result = run("team", "list", MOBILESASA_DATABASE_URL=url_of(empty_dsn))
    assert (result.exit_code, result.stdout) == (1, "")
    assert "run `mobilesasa migrate`" in result.stderr
    assert migrate.pending(empty_dsn) == migrate.load()


def test_a_database_that_is_not_there_is_one_line_that_says_what_to_do(run, tmp_path):
    url = f"postgresql://nobody@/nothing?host={tmp_path}"
    result = run("team", "list", MOBILESASA_DATABASE_URL=url)
    assert (result.exit_code, result.stdout) == (1, "")
    (line,) = result.stderr.splitlines()
    assert line.startswith("Error: the database is not available: ")
    assert "database_url" in line


def test_settings_are_shown_with_their_sources(run, ask):
    found = ask("config", "check")["settings"]
    by_name = {setting["name"]: setting for setting in found}
    assert by_name["database_url"]["source"] == "MOBILESASA_DATABASE_URL"
    assert list(by_name["http_port"]) == ["name", "value", "source", "doc"]
    assert (by_name["http_port"]["value"], by_name["http_port"]["source"]) == ("8080", "default")
    assert "smpp.window" in run("config", "check").stdout


def test_a_file_of_settings_and_a_state_folder_can_be_named(run, tmp_path):
    Path("mine.toml").write_text("http_port = 1234\n")
    result = run("--config", "mine.toml", "--state-dir", str(tmp_path / "s"), "config", "check", "--json")
    values = {setting["name"]: setting["value"] for setting in json.loads(result.stdout)["settings"]}
    assert (values["http_port"], values["state_dir"]) == ("1234", str(tmp_path / "s"))


def test_all_wrong_settings_are_named_at_once(run):
    result = run("config", "check", MOBILESASA_HTTP_PORT="x", MOBILESASA_ROLES="cook")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "MOBILESASA_HTTP_PORT" in result.stderr
    assert "MOBILESASA_ROLES" in result.stderr


def test_the_version_is_that_of_the_package(run, ask):
    found = ask("version")
    assert list(found) == ["version", "python"]
    assert found["python"] == platform.python_version()
    assert found["version"] in run("version").stdout


def test_help_names_every_command(run):
    result = run("--help")
    assert result.exit_code == 0
    assert [name for name in COMMANDS if f"\n  {name} " not in result.stdout] == []


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself(run, name):
    assert run(name, "--help").exit_code == 0


def test_the_embedded_database_is_started_for_a_command_and_stopped_after_it(open_folder):
    state = open_folder / "state of a command"
    server = EmbeddedPostgres(state)

    def call(*words: str):
        return CliRunner().invoke(main, [*words, "--json"], env={"MOBILESASA_STATE_DIR": str(state)})

    made = call("team", "create", "--code", "ACME")
    assert (made.exit_code, json.loads(made.stdout)["code"]) == (0, "ACME")
    assert made.stderr == f"starting the database of {state} for this command\n"
    assert server.running() is None
    server.start()  # as a node does
    try:
        found = call("team", "list")
        assert (found.exit_code, found.stderr) == (0, "")
        assert [team["code"] for team in json.loads(found.stdout)["teams"]] == ["ACME"]
        assert server.running() is not None
    finally:
        server.stop()


def test_decision_28_the_trail_lists_who_changed_what(ask, run):
    made = ask("team", "create", "--code", "ACME", "--units", 10)
    ask("units", "add", "--team", "ACME", 5, "--note", "Invoice 7")
    ask("carrier", "add", "upstream", "--kind", "sandbox")
    newest, *older = ask("trail")["changes"]
    assert (newest["action"], newest["team"], newest["by"]["kind"]) == ("carrier.create", None, "operator")
    assert newest["by"]["name"]
    assert (older[0]["action"], older[0]["after"]) == ("units.add", {"units": 5, "balance": 15, "note": "Invoice 7"})
    found = ask("trail", "--team", "ACME", "--action", "token.create", "--by", "operator", "--limit", 1)
    assert (found["total"], [each["after"]["name"] for each in found["changes"]]) == (1, ["first token"])
    assert ask("trail", "--actor", made["team_uuid"], "--from", "2026-01-01T00:00:00Z")["changes"] == []
    shown = run("trail", "--subject", "ACME", "--to", "2100-01-01T00:00:00Z").stdout
    assert "units.add" in shown
    assert "no uuid" in run("trail", "--actor", "jane").stderr


def test_behind_sudo_the_trail_names_who_called_it(ask, run):
    assert run("team", "create", "--code", "ACME", SUDO_USER="jane").exit_code == 0
    assert {each["by"]["name"] for each in ask("trail")["changes"]} == {"jane"}


def test_an_account_without_a_name_goes_by_its_number(monkeypatch):
    def nobody(uid):
        raise KeyError(uid)

    monkeypatch.setattr("pwd.getpwuid", nobody)
    monkeypatch.delenv("SUDO_USER", raising=False)
    assert operator().name == str(os.getuid())
