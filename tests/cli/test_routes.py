"""`mobilesasa route` with rules and reasons, `network`, and `carrier cost`; plain routes are in `test_carriers`."""

import pytest


@pytest.fixture(autouse=True)
def _configured(ask):
    ask("team", "create", "--code", "ACME", "--sender", "INFO")
    for name in ("one", "two"):
        ask("carrier", "add", name, "--kind", "sandbox")


def added(ask, *words):
    return ask("route", "add", *words)


def test_a_rule_is_added_listed_and_removed(ask, run):
    route = added(ask, "--prefix", "", "--carrier", "one")
    words = "--team acme --sender INFO --class otp --network Safaricom --lane bulk --origin smpp --coding ucs2 --prefix +254 --priority 7"
    made = added(ask, *words.split(), "--carrier", "one:70", "--carrier", "two:30")
    assert made == {
        "rule": made["rule"],
        "priority": 7,
        "prefix": "254",
        "team": "ACME",
        "sender": "INFO",
        "class": "otp",
        "network": "Safaricom",
        "lane": "bulk",
        "origin": "smpp",
        "coding": "ucs2",
        "policy": "weighted",
        "carriers": [{"name": "one", "weight": 70}, {"name": "two", "weight": 30}],
    }
    assert ask("route", "list") == {"routes": [route], "rules": [made]}
    shown = run("route", "list").stdout
    assert (
        "prefix 254, team ACME, sender INFO, class otp, network Safaricom, lane bulk, origin smpp, coding ucs2" in shown
    )
    assert "one:70, two:30" in shown
    assert "all others" in shown
    assert ask("route", "remove", "--rule", made["rule"]) == made
    assert ask("route", "list") == {"routes": [route]}


@pytest.mark.parametrize(
    ("words", "policy"),
    [
        (["--prefix", "", "--carrier", "one", "--carrier", "two"], "failover"),
        (["--team", "ACME", "--carrier", "one"], "failover"),
        (["--prefix", "254", "--carrier", "one", "--policy", "least_cost"], "least_cost"),
        (["--prefix", "254", "--carrier", "one", "--carrier", "two", "--policy", "weighted"], "weighted"),
    ],
)
def test_what_is_more_than_a_prefix_and_a_carrier_is_a_rule(ask, words, policy):
    made = added(ask, *words)
    assert (made["policy"], made["priority"]) == (policy, 100)


def test_a_rule_that_asks_for_nothing_says_so(run):
    assert "nothing" in run("route", "add", "--prefix", "", "--carrier", "one", "--carrier", "two").stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["add", "--carrier", "one"], "say --prefix ('' for all others)"),
        (["add", "--prefix", ""], "Missing option '--carrier'"),
        (["add", "--prefix", "", "--carrier", "one:x"], "a weight is a whole number, as in one:70"),
        (["add", "--prefix", "", "--carrier", "one:5", "--policy", "failover"], "weights go with --policy weighted"),
        (["add", "--prefix", "", "--carrier", "one", "--lane", "slow"], "'slow' is not one of"),
        (["remove"], "say either --prefix, for a route, or --rule"),
        (["remove", "--prefix", "", "--rule", "1"], "say either --prefix, for a route, or --rule"),
        (["remove", "--rule", "1", "--carrier", "one"], "--carrier is of routes"),
    ],
)
def test_wrong_usage_is_status_2(run, words, said):
    result = run("route", *words)
    assert (result.exit_code, result.stdout) == (2, "")
    assert said in result.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["route", "remove", "--rule", "99"], "there is no rule 99"),
        (["route", "add", "--team", "NOBODY", "--carrier", "one"], "there is no team"),
        (["route", "explain", "--to", "0712345678", "--team", "NOBODY"], "there is no team NOBODY"),
        (["route", "explain", "--to", "12", "--team", "ACME"], "2 digits are too few"),
        (["network", "remove", "--prefix", "254"], "there is no network of the prefix 254"),
        (["network", "set", "--code", "1", "--network", "X"], "a network's code is MCC and MNC"),
        (["carrier", "cost", "remove", "one", "--prefix", ""], "one has no cost for all others"),
    ],
)
def test_what_is_refused_is_one_line_and_status_1(run, words, said):
    result = run(*words)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith(f"Error: {said}")


def test_a_message_s_way_is_explained(ask, run):
    added(ask, "--prefix", "", "--carrier", "one")
    added(ask, "--prefix", "255", "--carrier", "one")
    rule = added(ask, "--team", "ACME", "--network", "Airtel", "--carrier", "two", "--carrier", "one")["rule"]
    found = ask("route", "explain", "--to", "0712345678", "--team", "acme", "--text", "Habari")
    assert found == {
        "to": "254712345678",
        "sender": "INFO",
        "class": "transactional",
        "lane": "transactional",
        "origin": "api",
        "coding": "gsm7",
        "parts": 1,
        "price_units": 1,
        "network": {"name": "Safaricom", "source": "phonenumbers", "prefix": "25471"},
        "network_why": "Safaricom: the numbering plan says so of prefix 25471; the number may have moved",
        "rules": [
            {"rule": f"rule {rule}", "matched": False, "why": "it is for network Airtel, and this is Safaricom"},
            {"rule": "the default route", "matched": True, "why": "it takes what nothing else does"},
        ],
        "other_routes": 1,
        "carriers": ["one"],
        "why": ["one is the only carrier"],
    }
    shown = run("route", "explain", "--to", "0733000000", "--team", "ACME", "--lane", "bulk", "--origin", "smpp").stdout
    assert "it fits by team, network" in shown
    assert "two, one" in shown


def test_an_explanation_knows_what_receipts_said(ask, txn, database_dsn):
    import psycopg2

    with psycopg2.connect(database_dsn) as opened, opened.cursor() as cursor:
        cursor.execute("INSERT INTO number_network VALUES (1, '254712345678', '63903')")
    opened.close()
    added(ask, "--prefix", "", "--carrier", "one")
    found = ask("route", "explain", "--to", "0712345678", "--team", "ACME")
    assert found["network"] == {"name": "Airtel", "source": "learned", "prefix": "254712345678"}


def test_a_message_that_nobody_takes_is_explained_with_status_1(ask, run):
    found = ask("route", "explain", "--to", "0712345678", "--team", "ACME", "--sender", "INFO", status=1)
    assert (found["rules"], found["carriers"]) == ([], [])
    assert "no_route" in run("route", "explain", "--to", "0712345678", "--team", "ACME").stdout


def test_networks_are_set_listed_and_removed(ask, run):
    assert ask("network", "set", "--prefix", "+25478", "--network", "Ours") == {"prefix": "25478", "network": "Ours"}
    assert ask("network", "set", "--code", "63999", "--network", "Ours") == {"code": "63999", "network": "Ours"}
    ours = {"prefix": "25478", "network": "Ours", "source": "operator"}
    found = ask("network", "list")
    assert found["networks"] == [ours]
    assert {"code": "63999", "network": "Ours"} in found["codes"]
    below = ask("network", "list", "--prefix", "2547")["networks"]
    assert ours in below
    assert {"prefix": "25471", "network": "Safaricom", "source": "phonenumbers"} in below
    assert "prefix 25478" in run("network", "list").stdout
    assert ask("network", "remove", "--prefix", "25478") == {"prefix": "25478", "network": "Ours"}
    assert ask("network", "remove", "--code", "63999") == {"code": "63999", "network": "Ours"}
    assert run("network", "remove").exit_code == run("network", "set", "--network", "X").exit_code == 2


def test_costs_are_set_listed_and_removed(ask, run):
    made = ask("carrier", "cost", "set", "ONE", "--prefix", "+254", "--cost", "0.35")
    assert made == {"carrier": "one", "prefix": "254", "cost": "0.35"}
    other = ask("carrier", "cost", "set", "two", "--prefix", "", "--cost", "0.000001")
    assert ask("carrier", "cost", "list") == {"costs": [made, other]}
    assert ask("carrier", "cost", "list", "--carrier", "two") == {"costs": [other]}
    assert "all others" in run("carrier", "cost", "list").stdout
    assert "all others" in run("carrier", "cost", "set", "two", "--prefix", "", "--cost", "2").stdout
    assert ask("carrier", "cost", "remove", "one", "--prefix", "254") == made


@pytest.mark.parametrize(
    ("cost", "said"), [("free", "is no amount"), ("nan", "is no amount"), ("0.0000001", "more than six")]
)
def test_what_is_no_cost_is_wrong_usage(run, cost, said):
    result = run("carrier", "cost", "set", "one", "--prefix", "", "--cost", cost)
    assert result.exit_code == 2
    assert said in result.stderr
