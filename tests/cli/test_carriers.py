"""`mobilesasa carrier` and `route`."""

import pytest

from mobilesasa.cli.access import Node
from mobilesasa.store.questions import Heard


@pytest.fixture
def two(ask):
    ask(
        "carrier",
        "add",
        "Safari",
        "--kind",
        "smpp",
        "--host",
        "smsc.example",
        "--system-id",
        "us",
        "--password",
        "hidden",
    )
    ask("carrier", "add", "sandbox", "--kind", "sandbox")


def test_an_smpp_carrier_is_added_with_its_options(ask, database_dsn, txn):
    words = "--kind smpp --host smsc.example --port 2777 --system-id us --password hidden --bind txrx --binds 2 --window 50 --tps 0"
    made = ask("carrier", "add", "safari", *words.split(), "--option", "system_type=VMA")
    assert made == {
        "name": "safari",
        "kind": "smpp",
        "enabled": True,
        "options": {
            "host": "smsc.example",
            "port": 2777,
            "system_id": "us",
            "password": "***",
            "bind": "txrx",
            "binds": 2,
            "window": 50,
            "tps": 0,
            "system_type": "VMA",
        },
    }


def test_carriers_are_listed_enabled_and_disabled_without_their_passwords(run, ask, two):
    assert ask("carrier", "disable", "safari")["enabled"] is False
    carriers = ask("carrier", "list")["carriers"]
    assert [(carrier["name"], carrier["enabled"]) for carrier in carriers] == [("safari", False), ("sandbox", True)]
    assert ask("carrier", "enable", "--name", "SAFARI")["enabled"] is True
    assert "hidden" not in run("carrier", "list").stdout + run("carrier", "list", "--json").stdout


def test_an_http_carrier_is_added_from_a_preset_and_gets_a_secret_for_its_callbacks(run, ask, txn):
    words = "--kind http --preset africastalking --option username=acme --option api_key=hidden"
    public = ["--option", "public_url=https://sms.example.com"]
    made = ask("carrier", "add", "Savanna", *words.split(), *public, "--option", "request.headers.X-Own=yes")
    options = made["options"]
    assert options.pop("callback_secret") == "***"
    assert options == {
        "preset": "africastalking",
        "username": "acme",
        "api_key": "***",
        "public_url": "https://sms.example.com",
        "request": {"headers": {"X-Own": "***"}},
    }
    shown = ask("carrier", "show", "savanna")
    assert list(shown["callbacks"]) == ["receipts", "inbound"]
    base, _, secret = shown["callbacks"]["receipts"].rpartition("/")
    assert base == "https://sms.example.com/carriers/savanna/receipts"
    assert len(secret) == 32
    listed = run("carrier", "list").stdout + run("carrier", "show", "savanna").stdout
    assert "hidden" not in listed
    assert shown["callbacks"]["inbound"] in listed


@pytest.mark.parametrize("name", ["options.json", "options.toml"])
def test_options_come_from_a_file_too_and_those_of_the_command_line_go_before(ask, tmp_path, name):
    texts = {
        "options.json": '{"base_url": "https://api.test", "token": "hidden", "window": 5, "receipts": {"status": "state"}}',
        "options.toml": 'base_url = "https://api.test"\ntoken = "hidden"\nwindow = 5\n[receipts]\nstatus = "state"\n',
    }
    (tmp_path / name).write_text(texts[name])
    made = ask("carrier", "add", "own", "--kind", "http", "--options-file", tmp_path / name, "--window", 7)
    assert made["options"]["receipts"] == {"status": "state"}
    assert (made["options"]["window"], made["options"]["token"]) == (7, "***")


def test_a_carrier_of_another_kind_is_shown_without_callbacks(ask, two):
    assert "callbacks" not in ask("carrier", "show", "SAFARI")


def test_how_a_carrier_stands_is_shown_where_a_node_runs_and_left_out_where_none_does(ask, run, two, monkeypatch):
    assert ask("carrier", "show", "safari")["standing"] == {}
    standing = {
        "state": "down",
        "why": "it is not connected",
        "sent": 7,
        "held": 0,
        "carrier": {"bound": 0, "binds": 2},
    }
    heard = Heard(("node-1",), {"node-1": {"safari": standing}, "node-2": {}})
    monkeypatch.setattr(Node, "ask_any", lambda *_, **__: heard)  # no node runs beside a test of commands
    assert ask("carrier", "show", "safari")["standing"] == {"node-1": standing}
    shown = run("carrier", "show", "safari").stdout
    assert "node-1: state" in shown
    assert "it is not connected" in shown


def test_routes_are_added_listed_and_removed(ask, two):
    default = ask("route", "add", "--prefix", "", "--carrier", "sandbox")
    assert default == {"prefix": "", "carrier": "sandbox", "priority": 100}
    kenya = ask("route", "add", "--prefix", "+254", "--carrier", "Safari", "--priority", 5)
    assert kenya == {"prefix": "254", "carrier": "safari", "priority": 5}
    assert ask("route", "list") == {"routes": [default, kenya]}
    assert ask("route", "remove", "--prefix", "") == default
    assert ask("route", "remove", "--prefix", "254", "--carrier", "SAFARI") == kenya
    assert ask("route", "list") == {"routes": []}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["carrier", "add", "safari", "--kind", "sandbox"], "there is a carrier safari already"),
        (["carrier", "add", "a b", "--kind", "sandbox"], "a carrier's name is"),
        (["carrier", "add", "x", "--kind", "fax"], "kind: must be one of"),
        (
            ["carrier", "add", "x", "--kind", "smpp", "--port", "0"],
            "host: is needed; port: must be from 1 to 65535; system_id: is needed",
        ),
        (["carrier", "add", "x", "--kind", "sandbox", "--host", "h"], "host: there is no such option"),
        (
            ["carrier", "add", "x", "--kind", "http", "--preset", "vonage", "--option", "answer.x=1"],
            "answer: there is no x",
        ),
        (
            ["carrier", "add", "x", "--kind", "http", "--preset", "clickatell", "--option", "request.url={no}"],
            "api_key: is needed",
        ),
        (["carrier", "show", "nobody"], "there is no carrier 'nobody'"),
        (["carrier", "enable", "nobody"], "there is no carrier 'nobody'"),
        (["carrier", "disable", "nobody"], "there is no carrier 'nobody'"),
        (["route", "add", "--prefix", "25x", "--carrier", "safari"], "a prefix is up to 15 digits"),
        (["route", "add", "--prefix", "1", "--carrier", "nobody"], "there is no carrier 'nobody'"),
        (["route", "remove", "--prefix", "1"], "prefix 1 leads to no carrier"),
    ],
)
def test_what_is_refused_is_one_line_and_status_1(run, two, words, said):
    result = run(*words)
    assert (result.exit_code, result.stdout) == (1, "")
    (line,) = result.stderr.splitlines()
    assert line.startswith(f"Error: {said}")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["carrier", "add", "x"], "Missing option '--kind'"),
        (["carrier", "add", "x", "--kind", "smpp", "--option", "nothing"], "as NAME=VALUE"),
        (["carrier", "add", "x", "--kind", "smpp", "--port", "1", "--option", "port=2"], "say it once"),
        (["carrier", "add", "x", "--kind", "smpp", "--bind", "rx"], "'rx' is not one of"),
        (["carrier", "add", "x", "--kind", "http", "--options-file", "nowhere.json"], "--options-file nowhere.json"),
    ],
)
def test_wrong_usage_is_status_2(run, words, said):
    result = run(*words)
    assert (result.exit_code, result.stdout) == (2, "")
    assert said in result.stderr


def test_without_json_people_get_a_table(run, two):
    assert "host=smsc.example" in run("carrier", "list").stdout
    assert "sandbox" in run("carrier", "disable", "sandbox").stdout
    assert "all others" in run("route", "add", "--prefix", "", "--carrier", "sandbox").stdout
    assert "all others" in run("route", "list").stdout


def test_options_of_a_carrier_are_changed_and_taken_away(ask, run):
    options = ["--host", "a.example", "--port", "2775", "--system-id", "us", "--password", "secret", "--window", "5"]
    ask("carrier", "add", "upstream", "--kind", "smpp", *options)
    made = ask("carrier", "set", "upstream", "--option", "window=", "--option", "host=b.example")
    assert (made["options"]["host"], made["options"]["password"]) == ("b.example", "***")
    assert "window" not in made["options"]
    assert run("carrier", "set", "upstream", "--option", "port=none").exit_code == 1
