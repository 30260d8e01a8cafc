"""`mobilesasa carrier` and `route`."""

import pytest


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
