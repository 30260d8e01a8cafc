"""Rules of routing on a real PostgreSQL: kept, read back, and decided by as the directory is loaded."""

import secrets
import shutil
from contextlib import closing
from pathlib import Path
from typing import Any

import attrs
import psycopg2
import pytest

from mobilesasa.core.actors import NODE
from mobilesasa.core.administration import NamedRule, NewRule, NewTeam
from mobilesasa.core.errors import AlreadyExists, BadValue, NotFound
from mobilesasa.core.model import Coding, Lane, Origin
from mobilesasa.core.routing import Facts, Live, Policy, Rule, Target
from mobilesasa.core.teams import RouteRecord
from mobilesasa.store import carriers, costs, directory, migrate, networks, rules, teams, tokens
from mobilesasa.store.database import Txn, connect, in_transaction

FACTS = Facts(1, "INFO", "254712345678", Lane.TRANSACTIONAL, Origin.API, Coding.GSM7, "id")
ROUTING = "0013_pre_routing.sql"


@pytest.fixture
def ids(txn: Txn) -> dict[str, int]:
    return {name: carriers.add_carrier(txn, NODE, name, "sandbox", {}).id for name in ("one", "two", "three")}


def team(txn: Txn) -> int:
    return teams.create_team(txn, NODE, NewTeam("ACME"), tokens.make_raw_token(secrets.randbelow)).team.id


def new(*names: str, **asked: Any) -> NewRule:
    return NewRule(**{"targets": [(name, 1) for name in names or ("one",)], **asked})


def chosen(txn: Txn, **facts: Any) -> tuple[int, ...]:
    return directory.load(txn).router.choose(attrs.evolve(FACTS, **facts), Live())


def test_a_rule_is_kept_with_all_that_it_asks_for(txn: Txn, ids: dict[str, int]) -> None:
    team_id = team(txn)
    asked = {
        "priority": 5, "prefix": "254", "network": "Safaricom", "sender": "INFO", "sender_class": "otp", "lane": Lane.BULK,
        "origin": Origin.SMPP, "coding": Coding.UCS2, "policy": Policy.WEIGHTED,
    }  # fmt: skip
    made = rules.add_rule(txn, NODE, NewRule(targets=[("Two", 70), ("one", 0)], team="acme", **asked))
    targets = (Target(ids["two"], 70), Target(ids["one"], 0))
    assert made == NamedRule(Rule(id=made.rule.id, targets=targets, team_id=team_id, **asked), "ACME", ("two", "one"))
    assert rules.list_rules(txn) == [made]
    assert directory.load(txn).router.ways[0].rule == made.rule


def test_a_rule_that_asks_for_nothing_is_a_prefix_alone(txn: Txn, ids: dict[str, int]) -> None:
    made = rules.add_rule(txn, NODE, new("two"))
    assert made == NamedRule(Rule(id=made.rule.id, targets=(Target(ids["two"]),)), None, ("two",))


def test_rules_and_routes_decide_together(txn: Txn, ids: dict[str, int]) -> None:
    carriers.add_route(txn, NODE, "", "one")
    carriers.add_route(txn, NODE, "", "three", 5)
    team_id = team(txn)
    rules.add_rule(txn, NODE, new("two", "one", team="ACME"))
    assert chosen(txn) == (ids["three"], ids["one"])
    assert chosen(txn, team_id=team_id) == (ids["two"], ids["one"])


def test_rules_are_listed_by_priority(txn: Txn, ids: dict[str, int]) -> None:
    made = [rules.add_rule(txn, NODE, new(priority=priority)) for priority in (20, 10)]
    assert rules.list_rules(txn) == made[::-1]


def test_a_rule_is_removed_with_its_carriers(txn: Txn, ids: dict[str, int]) -> None:
    made = rules.add_rule(txn, NODE, new("one", "two"))
    assert rules.remove_rule(txn, NODE, made.rule.id) == made
    assert rules.list_rules(txn) == []
    with pytest.raises(NotFound, match=f"there is no rule {made.rule.id}"):
        rules.remove_rule(txn, NODE, made.rule.id)


@pytest.mark.parametrize(
    "asked", [{}, {"prefix": "254", "network": "Airtel"}, {"sender": "INFO", "lane": Lane.TRANSACTIONAL}]
)
def test_two_rules_of_one_priority_cannot_ask_for_the_same(txn: Txn, ids: dict[str, int], asked: Any) -> None:
    rules.add_rule(txn, NODE, new("one", **asked))
    with pytest.raises(AlreadyExists, match="a rule of this priority asks for the same already"):
        rules.add_rule(txn, NODE, new("two", policy=Policy.LEAST_COST, **asked))
    assert rules.add_rule(txn, NODE, new("two", priority=7, **asked))


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"prefix": "25x"}, "a prefix is up to 15 digits"),
        ({"priority": -1}, "a priority is"),
        ({"targets": []}, "a rule names 1 to 10 carriers, not 0"),
        ({"targets": [("one", 1)] * 11}, "a rule names 1 to 10 carriers, not 11"),
        ({"targets": [("one", 1), ("ONE", 2)]}, "each of its carriers once"),
        ({"targets": [("one", -1)]}, "that of one is not"),
        ({"targets": [("one", rules.WEIGHT_MAX + 1)]}, "that of one is not"),
        ({"network": ""}, "a network's name has characters"),
        ({"sender": "a\nb"}, "a sender's name has characters"),
    ],
)
def test_what_cannot_be_a_rule_is_refused(txn: Txn, ids: dict[str, int], asked: Any, said: str) -> None:
    with pytest.raises(BadValue, match=said):
        rules.add_rule(txn, NODE, new(**asked))


@pytest.mark.parametrize("asked", [{"team": "NOBODY"}, {"targets": [("nobody", 1)]}])
def test_a_rule_of_what_is_not_there_is_not_found(txn: Txn, ids: dict[str, int], asked: Any) -> None:
    with pytest.raises(NotFound):
        rules.add_rule(txn, NODE, new(**asked))


def test_networks_and_costs_are_in_the_directory(txn: Txn, ids: dict[str, int]) -> None:
    networks.set_prefix(txn, NODE, "25471", "Ours")
    networks.set_code(txn, NODE, "63999", "Theirs")
    costs.set_cost(txn, NODE, "two", "254", 280_000)
    costs.set_cost(txn, NODE, "one", "", 300_000)
    rules.add_rule(txn, NODE, new("one", "two", network="Ours", policy=Policy.LEAST_COST))
    rules.add_rule(txn, NODE, new("three", network="63999"))
    assert chosen(txn) == (ids["two"], ids["one"])
    live = Live()
    live.learned.put(FACTS.number, "63999")
    assert directory.load(txn).router.choose(FACTS, live) == (ids["three"],)


def test_routes_of_before_decide_as_they_did_and_their_others_follow(empty_dsn: str, tmp_path: Path) -> None:
    before = tmp_path / "before"
    before.mkdir()
    for migration in migrate.load():
        if migration.file < ROUTING:
            shutil.copy(Path(migrate.__file__).parent / "migrations" / migration.file, before)
    migrate.apply(empty_dsn, folder=before)
    with closing(psycopg2.connect(empty_dsn)) as opened, opened, opened.cursor() as cursor:
        cursor.execute("INSERT INTO carrier (name, kind) VALUES ('a', 'sandbox'), ('b', 'sandbox'), ('c', 'sandbox')")
        cursor.execute(
            "INSERT INTO route (prefix, carrier_id, priority) VALUES ('', 1, 1), ('254', 2, 50), ('254', 3, 20)"
        )
    migrate.apply(empty_dsn)
    with closing(connect(empty_dsn, "test")) as opened:
        known = in_transaction(opened, directory.load)
        assert in_transaction(opened, carriers.list_routes) == [
            (RouteRecord("", 1, 1), "a"),
            (RouteRecord("254", 3, 20), "c"),
            (RouteRecord("254", 2, 50), "b"),
        ]
    assert known.router.choose(FACTS, Live()) == (3, 2)
    assert known.router.choose(attrs.evolve(FACTS, number="255700000000"), Live()) == (1,)


def test_decision_36_a_rule_decides_by_the_class_of_the_sender(txn: Txn, ids: dict[str, int]) -> None:
    carriers.add_route(txn, NODE, "", "one")
    rules.add_rule(txn, NODE, new("two", sender_class="promotional"))
    rules.add_rule(txn, NODE, new("three", sender_class="otp"))
    classes = ("transactional", "promotional", "otp")
    assert [chosen(txn, sender_class=each) for each in classes] == [(ids["one"],), (ids["two"],), (ids["three"],)]
    with pytest.raises(BadValue, match="a class is one of"):
        rules.add_rule(txn, NODE, new("two", sender_class="spam"))


def test_another_rule_is_put_in_the_place_of_one(txn: Txn, ids: dict[str, int]) -> None:
    made = rules.add_rule(txn, NODE, new("one", "two", prefix="254", network="Airtel"))
    changed = rules.change_rule(txn, NODE, made.rule.id, new("three", sender_class="otp", priority=7))
    assert changed == NamedRule(
        Rule(id=made.rule.id, targets=(Target(ids["three"]),), sender_class="otp", priority=7), None, ("three",)
    )
    assert rules.list_rules(txn) == [changed]
    assert rules.change_rule(txn, NODE, made.rule.id, new("one", sender_class="otp", priority=7)).carriers == ("one",)


def test_a_rule_does_not_become_the_same_as_another(txn: Txn, ids: dict[str, int]) -> None:
    rules.add_rule(txn, NODE, new("one", network="Airtel"))
    other = rules.add_rule(txn, NODE, new("two", network="Safaricom"))
    with pytest.raises(AlreadyExists):
        rules.change_rule(txn, NODE, other.rule.id, new("two", network="Airtel"))
    with pytest.raises(NotFound):
        rules.change_rule(txn, NODE, other.rule.id + 1, new("two"))
